//! Orthophotos of one year, looked at window by window.

use kernels::grid::{Grid, Window};
use ndarray::Array3;

use crate::error::Error;
use crate::io::cube::CubeArray;

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
        let Some(window) = around(&rows, &cols) else { return Ok(image) };
        for band in 0..3 {
            let plane = self.cells.read_plane(band, window)?;
            for (row, &from) in rows.iter().enumerate() {
                let Some(from) = from else { continue };
                for (col, &at) in cols.iter().enumerate() {
                    let Some(at) = at else { continue };
                    image[[row, col, band]] = plane[[from - window.row, at - window.col]];
                }
            }
        }
        Ok(image)
    }
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
