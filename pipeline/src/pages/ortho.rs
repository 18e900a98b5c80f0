//! Orthophotos of one year, looked at window by window.

use std::ops::Range;

use kernels::grid::{Grid, Window};
use ndarray::{Array3, ArrayViewMut3, Axis, s};

use crate::error::Error;
use crate::io::cube::{CubeArray, SHARD};

/// What lies beyond the photographs.
const VOID: u8 = 255;

/// The orthophoto of a run at one of its dates.
pub struct Ortho {
    /// The year.
    pub year: u16,
    /// Red, green and blue first, shape (band, row, col).
    pub cells: CubeArray<u8>,
}

impl Ortho {
    /// Red, green and blue on another grid, each from the cell that holds the middle; white where
    /// there is none. Shape (row, col, band).
    ///
    /// # Errors
    /// The array is damaged.
    pub(super) fn on(&self, grid: &Grid) -> Result<Array3<u8>, Error> {
        let own = self.cells.frame().grid;
        let middle = |at: usize| grid.cell * at as i32 + grid.cell / 2;
        let rows: Vec<_> =
            (0..grid.rows).map(|row| own.row_at(grid.origin.y - middle(row))).collect();
        let cols: Vec<_> =
            (0..grid.cols).map(|col| own.col_at(grid.origin.x + middle(col))).collect();
        let mut image = Array3::from_elem((grid.rows, grid.cols, 3), VOID);
        let Some(all) = around(&rows, &cols) else { return Ok(image) };
        // A map of a department shows few of its cells: one shard of them is held at a time.
        let shards = |from: usize, n: usize| (from / SHARD * SHARD..from + n).step_by(SHARD);
        for (north, west) in shards(all.row, all.rows)
            .flat_map(|north| shards(all.col, all.cols).map(move |west| (north, west)))
        {
            let row_range = within(&rows, north..north + SHARD);
            let col_range = within(&cols, west..west + SHARD);
            let part = image.slice_mut(s![row_range.clone(), col_range.clone(), ..]);
            self.fill(&rows[row_range], &cols[col_range], part)?;
        }
        Ok(image)
    }

    /// Fills a part of an image, whose rows and columns show these of the photograph.
    fn fill(
        &self,
        rows: &[Option<usize>],
        cols: &[Option<usize>],
        mut part: ArrayViewMut3<'_, u8>,
    ) -> Result<(), Error> {
        let Some(window) = around(rows, cols) else { return Ok(()) };
        for band in 0..3 {
            let plane = self.cells.read_plane(band, window)?;
            for ((row, col), cell) in part.index_axis_mut(Axis(2), band).indexed_iter_mut() {
                if let (Some(row), Some(col)) = (rows[row], cols[col]) {
                    *cell = plane[[row - window.row, col - window.col]];
                }
            }
        }
        Ok(())
    }
}

/// The places of the rows or columns that lie in a range; they never decrease.
fn within(of: &[Option<usize>], range: Range<usize>) -> Range<usize> {
    let is_in = |at: &Option<usize>| at.is_some_and(|at| range.contains(&at));
    let first = of.iter().position(is_in).unwrap_or(0);
    first..of.iter().rposition(is_in).map_or(first, |last| last + 1)
}

/// The window that holds these rows and columns; none when there is none of either.
fn around(rows: &[Option<usize>], cols: &[Option<usize>]) -> Option<Window> {
    let span = |of: &[Option<usize>]| {
        let known = || of.iter().flatten().copied();
        Some((known().min()?, known().max()? + 1))
    };
    let ((north, south), (west, east)) = (span(rows)?, span(cols)?);
    Some(Window { row: north, col: west, rows: south - north, cols: east - west })
}

#[cfg(test)]
mod tests {
    use kernels::lattice::Point;
    use serde_json::Map;

    use super::*;
    use crate::io::cube::Frame;

    #[test]
    fn a_coarse_map_over_two_shards_shows_each_place_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let origin = Point::new(65_000_000, 620_000_000);
        let own = Grid { origin, cell: 100, rows: 90, cols: SHARD + 70 };
        let seen = |band: usize, row: usize, col: usize| (band * 50 + row + col / 16) as u8;
        let frame = Frame { grid: own, epsg: 2154 };
        let cells =
            CubeArray::<u8>::create(folder.path(), frame, &["r", "g", "b"], &Map::new()).unwrap();
        for block in cells.blocks() {
            let shape = (3, block.rows, block.cols);
            let of_block = Array3::from_shape_fn(shape, |(band, row, col)| {
                seen(band, block.row + row, block.col + col)
            });
            cells.write(block, of_block).unwrap();
        }
        let ortho = Ortho { year: 2021, cells };
        // Begins west and north of the photographs and ends east of them.
        let west = Point::new(origin.x - 1_000, origin.y + 500);
        let map = Grid { origin: west, cell: 700, rows: 9, cols: SHARD / 7 + 20 };
        let image = ortho.on(&map).unwrap();
        assert!(image.iter().any(|&value| value == VOID) && image.iter().any(|&v| v < 20));
        for ((row, col, band), &value) in image.indexed_iter() {
            let (row, col) = (7 * row as i64 + 3 - 5, 7 * col as i64 + 3 - 10);
            let is_in = (0..90).contains(&row) && (0..own.cols as i64).contains(&col);
            let expected = if is_in { seen(band, row as usize, col as usize) } else { VOID };
            assert_eq!(value, expected, "{row} {col} {band}");
        }
    }
}
