//! Shapes sorted by place, so that each block of a grid is burnt from the few that reach it.

use std::borrow::Borrow;

use ndarray::{Array2, ArrayViewMut2};

use crate::grid::{Grid, Window};
use crate::lattice::{Point, Polygon};
use crate::rasterise::{WideLine, burn, burn_lines};

/// Which shapes of a list may reach each square block of a grid.
///
/// It holds four bytes for each shape and block that meet, besides a few for each block: burning a
/// territory window by window takes the memory of a window, and gives the same cells.
#[derive(Debug, Clone)]
pub struct Placed {
    grid: Grid,
    side: usize,
    blocks_across: usize,
    /// Ranks of the shapes that meet each block, ascending.
    of_block: Vec<Vec<u32>>,
}

impl Placed {
    /// Sorts shapes into blocks of `side` cells by their boxes (south-west and north-east corners,
    /// `None` for a shape without a point).
    pub fn new(
        boxes: impl Iterator<Item = Option<(Point, Point)>>,
        grid: &Grid,
        side: usize,
    ) -> Self {
        let (blocks_down, blocks_across) = (grid.rows.div_ceil(side), grid.cols.div_ceil(side));
        let mut of_block = vec![Vec::new(); blocks_down * blocks_across];
        let step = i64::from(grid.cell) * side as i64;
        // The blocks between two distances from the north or west side of the grid.
        let range = |from: i64, to: i64, n: usize| {
            let start = from.div_euclid(step).max(0) as usize;
            let end = to.div_euclid(step) + 1;
            start..usize::try_from(end).unwrap_or(0).min(n)
        };
        let (west, north) = (i64::from(grid.origin.x), i64::from(grid.origin.y));
        for (rank, corners) in boxes.enumerate() {
            let Some((low, high)) = corners else { continue };
            let down = range(north - i64::from(high.y), north - i64::from(low.y), blocks_down);
            let across = range(i64::from(low.x) - west, i64::from(high.x) - west, blocks_across);
            for row in down {
                for col in across.clone() {
                    of_block[row * blocks_across + col].push(rank as u32);
                }
            }
        }
        Self { grid: *grid, side, blocks_across, of_block }
    }

    /// Sorts polygons.
    pub fn polygons<P: Borrow<Polygon>>(polygons: &[P], grid: &Grid, side: usize) -> Self {
        Self::new(polygons.iter().map(|polygon| polygon.borrow().bounds()), grid, side)
    }

    /// Sorts widened lines.
    pub fn lines(lines: &[WideLine], grid: &Grid, side: usize) -> Self {
        Self::new(lines.iter().map(WideLine::bounds), grid, side)
    }

    /// The ranks, ascending, of the shapes that may reach a window of the grid.
    pub fn near(&self, window: Window) -> Vec<usize> {
        let blocks = |start: usize, n: usize| start / self.side..(start + n).div_ceil(self.side);
        let mut ranks = Vec::new();
        for row in blocks(window.row, window.rows) {
            for col in blocks(window.col, window.cols) {
                let block = &self.of_block[row * self.blocks_across + col];
                ranks.extend(block.iter().map(|&rank| rank as usize));
            }
        }
        ranks.sort_unstable();
        ranks.dedup();
        ranks
    }

    /// [`crate::rasterise::rasterise`] on a window of the grid; `value` gives that of a polygon's rank.
    ///
    /// * `polygons`: those that were sorted.
    pub fn rasterise<P, V>(
        &self,
        polygons: &[P],
        value: impl Fn(usize) -> V,
        window: Window,
    ) -> Array2<V>
    where
        P: Borrow<Polygon> + Sync,
        V: Copy + Default + Send + Sync,
    {
        let ranks = self.near(window);
        let few: Vec<&Polygon> = ranks.iter().map(|&rank| polygons[rank].borrow()).collect();
        let values: Vec<V> = ranks.iter().map(|&rank| value(rank)).collect();
        let mut cells = Array2::default((window.rows, window.cols));
        burn(&mut cells.view_mut(), &few, &values, &self.grid.sub(window));
        cells
    }

    /// Burns lines over what a window holds, see [`crate::rasterise::rasterise_lines`]; `value`
    /// gives that of a line's rank.
    ///
    /// * `lines`: those that were sorted.
    pub fn burn_lines<V: Copy + Send + Sync>(
        &self,
        cells: &mut ArrayViewMut2<'_, V>,
        lines: &[WideLine],
        value: impl Fn(usize) -> V,
        window: Window,
    ) {
        let ranks = self.near(window);
        let few: Vec<&WideLine> = ranks.iter().map(|&rank| &lines[rank]).collect();
        let values: Vec<V> = ranks.iter().map(|&rank| value(rank)).collect();
        burn_lines(cells, &few, &values, &self.grid.sub(window));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lattice::Ring;
    use crate::rasterise::{rasterise, rasterise_lines};

    const GRID: Grid = Grid { origin: Point::new(-500, 700), cell: 100, rows: 13, cols: 11 };

    fn corner() -> impl Strategy<Value = Point> {
        (-900..1_000, -900..1_000).prop_map(|(x, y)| Point::new(x, y))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn windows_hold_the_cells_of_the_whole(
            corners in prop::collection::vec([corner(), corner(), corner(), corner()], 1..6),
            (side, step) in (1_usize..6, 1_usize..7),
        ) {
            let polygon = |c: &[Point; 4]| Polygon { exterior: Ring(c.to_vec()), holes: vec![] };
            let polygons: Vec<Polygon> = corners.iter().map(polygon).collect();
            let line = |c: &[Point; 4]| WideLine { points: c[..3].to_vec(), half_width: 70 };
            let lines: Vec<WideLine> = corners.iter().map(line).collect();
            let values: Vec<u8> = (1..=corners.len() as u8).collect();
            let of_polygons = rasterise(&polygons, &values, &GRID);
            let of_lines = rasterise_lines(&lines, &values, &GRID);
            let placed = Placed::polygons(&polygons, &GRID, side);
            let placed_lines = Placed::lines(&lines, &GRID, side);
            for window in GRID.blocks(step) {
                let rows = window.row..window.row + window.rows;
                let part = ndarray::s![rows, window.col..window.col + window.cols];
                let cells = placed.rasterise(&polygons, |rank| values[rank], window);
                prop_assert_eq!(cells, of_polygons.slice(part));
                let mut cells = Array2::zeros((window.rows, window.cols));
                let value = |rank: usize| values[rank];
                placed_lines.burn_lines(&mut cells.view_mut(), &lines, value, window);
                prop_assert_eq!(cells, of_lines.slice(part));
            }
        }
    }

    #[test]
    fn a_window_is_near_to_few_shapes() {
        let square = |x: i32, y: i32| {
            let corners = [(x, y), (x + 90, y), (x + 90, y + 90), (x, y + 90)];
            let ring = Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec());
            Polygon { exterior: ring, holes: Vec::new() }
        };
        let polygons = [square(-495, 605), square(505, -595), square(9_000, 9_000)];
        let placed = Placed::polygons(&polygons, &GRID, 4);
        let at = |row, col| placed.near(Window { row, col, rows: 1, cols: 1 });
        assert_eq!((at(0, 0), at(12, 10), at(6, 6)), (vec![0], vec![1], vec![]));
        assert_eq!(placed.near(GRID.window()), [0, 1]);
    }
}
