//! Cells of the territory that share a fault: how many, and where.

use kernels::grid::{Grid, Window};
use kernels::lattice::Point;
use ndarray::Array2;
use ndarray::parallel::prelude::*;

use crate::land::Land;
use crate::mosaic::Tile;

/// Some cells of the territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Patch {
    /// How many.
    pub(super) cells: u64,
    /// South-west and north-east corners of the box around them.
    corners: Option<(Point, Point)>,
}

impl Patch {
    /// The cells of a block that lie in the territory and of whose mark `is_in` holds.
    ///
    /// * `inside`: 0 outside the territory; `marks`: both of the block's shape.
    pub(super) fn of(
        block: &Grid,
        inside: &Array2<u8>,
        marks: &Array2<u8>,
        is_in: impl Fn(u8) -> bool,
    ) -> Self {
        let mut cells = 0;
        let (mut first, mut last) = ((usize::MAX, usize::MAX), (0, 0));
        for (row, (inside, marks)) in inside.rows().into_iter().zip(marks.rows()).enumerate() {
            let own = "a row of cells comes in one piece";
            let line = inside.to_slice().expect(own).iter().zip(marks.to_slice().expect(own));
            let is_in = |(&cell, &mark): (&u8, &u8)| cell != 0 && is_in(mark);
            // Most rows have none: a loop without a jump tells.
            let n = line.clone().filter(|&at| is_in(at)).count();
            if n > 0
                && let (Some(west), Some(east)) =
                    (line.clone().position(is_in), line.clone().rposition(is_in))
            {
                cells += n as u64;
                first = (first.0.min(row), first.1.min(west));
                last = (row, last.1.max(east));
            }
        }
        let corners = (cells > 0).then(|| {
            let north_west = block.corner(first.0, first.1);
            let south_east = block.corner(last.0 + 1, last.1 + 1);
            (Point::new(north_west.x, south_east.y), Point::new(south_east.x, north_west.y))
        });
        Self { cells, corners }
    }

    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        let corners = match (self.corners, other.corners) {
            (Some((a, b)), Some((low, high))) => Some((
                Point::new(a.x.min(low.x), a.y.min(low.y)),
                Point::new(b.x.max(high.x), b.y.max(high.y)),
            )),
            (one, other) => one.or(other),
        };
        Self { cells: self.cells + other.cells, corners }
    }

    /// Their share of `n_inside` cells.
    pub(super) fn share(&self, n_inside: u64) -> f64 {
        self.cells as f64 / n_inside.max(1) as f64
    }

    /// The south-west corner of the box around them.
    pub(super) fn place(&self) -> Option<Point> {
        self.corners.map(|(low, _)| low)
    }

    /// `between 650000,6299000 and 652000,6300000 m`.
    pub(super) fn whereabouts(&self) -> String {
        let Some((low, high)) = self.corners else { return "nowhere".to_owned() };
        let (low, high) = (low.to_metres(), high.to_metres());
        format!("between {:.0},{:.0} and {:.0},{:.0} m", low.0, low.1, high.0, high.1)
    }
}

/// How many of the tiles lie over each cell of a block, at most 255.
pub(super) fn tiles_over<'a>(tiles: impl Iterator<Item = &'a Tile>, block: &Grid) -> Array2<u8> {
    let mut over = Array2::<u8>::zeros((block.rows, block.cols));
    for tile in tiles {
        let Some(Window { row, col, rows, cols }) = tile.cells_under(block) else { continue };
        over.slice_mut(ndarray::s![row..row + rows, col..col + cols])
            .mapv_inplace(|n| n.saturating_add(1));
    }
    over
}

/// The share of the territory under some tiles.
pub(super) fn share_under(land: &Land, tiles: &[&Tile]) -> f64 {
    let of_block = |window: Window| {
        let (block, inside) = (land.grid().sub(window), land.inside(window));
        let over = tiles_over(tiles.iter().copied(), &block);
        (
            Patch::of(&block, &inside, &over, |n| n > 0).cells,
            Patch::of(&block, &inside, &over, |_| true).cells,
        )
    };
    let sum = |a: (u64, u64), b: (u64, u64)| (a.0 + b.0, a.1 + b.1);
    let (under, all) = land.blocks().into_par_iter().map(of_block).reduce(|| (0, 0), sum);
    under as f64 / all.max(1) as f64
}
