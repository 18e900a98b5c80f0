//! From fine pixels to working cells: mean and spread of each band within a cell.

use ndarray::{Array2, Array3, ArrayView2, ArrayView3};

/// What the spread is multiplied by before it is stored, so that small textures keep their detail.
pub const SPREAD_SCALE: f64 = 4.0;

/// Sums of the pixels that fell in each cell of a block.
#[derive(Debug, Clone)]
pub struct CellSums {
    /// Pixels counted, shape (rows, cols).
    count: Array2<u32>,
    /// Sum of the values, shape (band, rows, cols).
    sum: Array3<u32>,
    /// Sum of the squares, shape (band, rows, cols).
    squares: Array3<u32>,
}

impl CellSums {
    /// No pixel yet in `rows x cols` cells of `n_bands` bands.
    pub fn new(n_bands: usize, rows: usize, cols: usize) -> Self {
        Self {
            count: Array2::zeros((rows, cols)),
            sum: Array3::zeros((n_bands, rows, cols)),
            squares: Array3::zeros((n_bands, rows, cols)),
        }
    }

    /// Adds a window of pixels.
    ///
    /// * `pixels`: shape (band, pixel rows, pixel cols).
    /// * `valid`: 1 where a pixel holds data, shape (pixel rows, pixel cols).
    /// * `cell_row`, `cell_col`: the cell that each pixel row and column falls in; `None` outside
    ///   the block.
    ///
    /// A cell holds at most 65,536 pixels (the sums of squares fit `u32`).
    ///
    /// # Panics
    /// When the shapes disagree.
    pub fn add(
        &mut self,
        pixels: ArrayView3<'_, u8>,
        valid: ArrayView2<'_, u8>,
        cell_row: &[Option<usize>],
        cell_col: &[Option<usize>],
    ) {
        assert_eq!(pixels.dim(), (self.sum.dim().0, cell_row.len(), cell_col.len()));
        assert_eq!(valid.dim(), (cell_row.len(), cell_col.len()));
        for (i, row) in cell_row.iter().enumerate() {
            let Some(row) = *row else { continue };
            for (j, col) in cell_col.iter().enumerate() {
                let Some(col) = *col else { continue };
                self.count[[row, col]] += u32::from(valid[[i, j]] != 0);
            }
            for band in 0..pixels.dim().0 {
                for (j, col) in cell_col.iter().enumerate() {
                    let Some(col) = *col else { continue };
                    let value = u32::from(pixels[[band, i, j]]) * u32::from(valid[[i, j]] != 0);
                    self.sum[[band, row, col]] += value;
                    self.squares[[band, row, col]] += value * value;
                }
            }
        }
    }

    /// Number of pixels in each cell.
    pub fn count(&self) -> ArrayView2<'_, u32> {
        self.count.view()
    }

    /// Mean of a band in a cell, rounded to the nearest (halves up); `None` without a pixel.
    pub fn mean(&self, band: usize, row: usize, col: usize) -> Option<u8> {
        let n = u64::from(self.count[[row, col]]);
        (n > 0).then(|| ((2 * u64::from(self.sum[[band, row, col]]) + n) / (2 * n)) as u8)
    }

    /// Mean of a band in a cell, as [`CellSums::mean`], and its standard deviation times
    /// [`SPREAD_SCALE`], saturated at 255; both 0 in a cell without pixel.
    pub fn mean_and_spread(&self, band: usize, row: usize, col: usize) -> (u8, u8) {
        let Some(mean) = self.mean(band, row, col) else { return (0, 0) };
        let n = u64::from(self.count[[row, col]]);
        let sum = u64::from(self.sum[[band, row, col]]);
        let squares = u64::from(self.squares[[band, row, col]]);
        // n^2 times the variance, an exact integer.
        let variance = (n * squares - sum * sum) as f64 / (n * n) as f64;
        let spread = (variance.sqrt() * SPREAD_SCALE).round().min(255.0);
        (mean, spread as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn four_pixels_become_one_mean_and_one_spread() {
        let mut sums = CellSums::new(1, 1, 1);
        let pixels = array![[[10, 20], [30, 40]]];
        let valid = array![[1, 1], [1, 1]];
        sums.add(pixels.view(), valid.view(), &[Some(0), Some(0)], &[Some(0), Some(0)]);
        // The variance is 125, its root 11.18, times four 44.7.
        assert_eq!(sums.mean_and_spread(0, 0, 0), (25, 45));
        assert_eq!(sums.count()[[0, 0]], 4);
    }

    #[test]
    fn void_pixels_and_pixels_outside_the_block_count_nowhere() {
        let mut sums = CellSums::new(1, 1, 2);
        let pixels = array![[[10, 20, 99]]];
        let valid = array![[1, 0, 1]];
        sums.add(pixels.view(), valid.view(), &[Some(0)], &[Some(0), Some(1), None]);
        assert_eq!(sums.mean_and_spread(0, 0, 0), (10, 0));
        assert_eq!(sums.mean_and_spread(0, 0, 1), (0, 0));
        assert_eq!(sums.count(), array![[1, 0]]);
    }
}
