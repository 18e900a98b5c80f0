//! How high things stand above the ground, on working cells, as bytes.

use ndarray::{Array2, Array3, ArrayView2};

/// Bands of a height: its mean, then its spread within the cell.
pub const N_HEIGHT_BANDS: usize = 2;

/// Steps of the mean in a metre: a byte tells heights up to 63.5 m.
const STEPS_PER_M: f64 = 4.0;

/// Steps of the spread in a metre: a byte tells deviations up to 12.75 m.
const SPREAD_STEPS_PER_M: f64 = 20.0;

/// Least weight of the values under a cell whose height is known.
const LEAST_WEIGHT: f64 = 0.5;

/// Weighted values of a relief (a surface, or the ground) that fell in each cell of a block.
///
/// Values of one cell are added in one order, whatever the block, so sums are the same bytes.
#[derive(Debug, Clone)]
pub struct Relief {
    weight: Array2<f64>,
    sum: Array2<f64>,
    squares: Array2<f64>,
}

impl Relief {
    /// No value yet in `rows x cols` cells.
    pub fn new(rows: usize, cols: usize) -> Self {
        let zeros = || Array2::zeros((rows, cols));
        Self { weight: zeros(), sum: zeros(), squares: zeros() }
    }

    /// Adds a window of pixels no larger than the cells: each goes to the cell that holds its centre.
    ///
    /// * `pixels`: metres, NaN for no data; shape (pixel rows, pixel cols).
    /// * `cell_row`, `cell_col`: the cell of each pixel row and column; `None` outside the block.
    ///
    /// # Panics
    /// When the shapes disagree.
    pub fn add_pixels(
        &mut self,
        pixels: ArrayView2<'_, f32>,
        cell_row: &[Option<usize>],
        cell_col: &[Option<usize>],
    ) {
        assert_eq!(pixels.dim(), (cell_row.len(), cell_col.len()));
        for (line, row) in pixels.rows().into_iter().zip(cell_row) {
            let Some(row) = *row else { continue };
            for (&pixel, col) in line.iter().zip(cell_col) {
                let Some(col) = *col else { continue };
                self.add((row, col), pixel, 1.0);
            }
        }
    }

    /// Adds what pixels larger than the cells say at the centres of the cells: each centre listens
    /// to the four nearest pixels, as much as it is near them (bilinear interpolation).
    ///
    /// * `pixels`: metres, NaN for no data; shape (pixel rows, pixel cols).
    /// * `at_row`, `at_col`: where the centre of each cell row and column lies, in pixels counted
    ///   from the centre of the window's first one. Pixels outside the window say nothing.
    ///
    /// # Panics
    /// When there are more places than cells.
    pub fn add_between(&mut self, pixels: ArrayView2<'_, f32>, at_row: &[f64], at_col: &[f64]) {
        let (rows, cols) = pixels.dim();
        for (row, &y) in at_row.iter().enumerate() {
            for (i, down) in nearest_two(y, rows) {
                for (col, &x) in at_col.iter().enumerate() {
                    for (j, across) in nearest_two(x, cols) {
                        self.add((row, col), pixels[[i, j]], down * across);
                    }
                }
            }
        }
    }

    fn add(&mut self, at: (usize, usize), value: f32, weight: f64) {
        if value.is_nan() || weight == 0.0 {
            return;
        }
        let value = f64::from(value);
        self.weight[at] += weight;
        self.sum[at] += weight * value;
        self.squares[at] += weight * value * value;
    }

    /// Mean of a cell in metres; `None` where fewer than half a pixel's weight is known.
    pub fn mean_m(&self, at: (usize, usize)) -> Option<f64> {
        let weight = self.weight[at];
        (weight >= LEAST_WEIGHT).then(|| self.sum[at] / weight)
    }

    /// Standard deviation within a cell, in metres.
    fn deviation_m(&self, at: (usize, usize)) -> f64 {
        let mean = self.sum[at] / self.weight[at];
        (self.squares[at] / self.weight[at] - mean * mean).max(0.0).sqrt()
    }
}

/// The two pixels around a place and how much they count, those that exist.
fn nearest_two(at: f64, n: usize) -> impl Iterator<Item = (usize, f64)> {
    let before = at.floor();
    let share = at - before;
    [(before, 1.0 - share), (before + 1.0, share)]
        .into_iter()
        .filter(move |&(rank, _)| rank >= 0.0 && rank < n as f64)
        .map(|(rank, weight)| (rank as usize, weight))
}

/// Heights above the ground as bytes, of shape (2, rows, cols).
///
/// * `surface`: the top of what stands there; above the ground when `ground` is `None`.
/// * `ground`: the ground under it, of the same shape.
///
/// Band 0 is 0 where the height is unknown, else 1 + the mean height in quarters of a metre, from 0
/// to 63.5 m (below ground counts as 0). Band 1 is the standard deviation of the surface within the
/// cell in steps of 5 cm, up to 12.75 m.
///
/// # Panics
/// When the shapes disagree.
pub fn height_bytes(surface: &Relief, ground: Option<&Relief>) -> Array3<u8> {
    let (rows, cols) = surface.weight.dim();
    assert!(ground.is_none_or(|ground| ground.weight.dim() == (rows, cols)));
    let mut bytes = Array3::zeros((N_HEIGHT_BANDS, rows, cols));
    for (row, col) in ndarray::indices((rows, cols)) {
        let at = (row, col);
        let Some(top_m) = surface.mean_m(at) else { continue };
        let Some(ground_m) = ground.map_or(Some(0.0), |ground| ground.mean_m(at)) else { continue };
        let steps = ((top_m - ground_m).max(0.0) * STEPS_PER_M).round().min(254.0);
        let spread = (surface.deviation_m(at) * SPREAD_STEPS_PER_M).round().min(255.0);
        bytes[[0, row, col]] = 1 + steps as u8;
        bytes[[1, row, col]] = spread as u8;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_mean_of_the_pixels_of_a_cell_is_told_in_quarters_of_a_metre() {
        let mut surface = Relief::new(1, 2);
        let pixels = array![[2.0, 4.0, f32::NAN, f32::NAN], [2.0, 4.0, f32::NAN, -3.0]];
        let cols = [Some(0), Some(0), Some(1), Some(1)];
        surface.add_pixels(pixels.view(), &[Some(0), Some(0)], &cols);
        // 3 m is 12 quarters; a deviation of 1 m is 20 steps; below ground is ground.
        assert_eq!(height_bytes(&surface, None), array![[[13, 1]], [[20, 0]]]);
    }

    #[test]
    fn pixels_outside_the_block_and_void_ones_say_nothing() {
        let mut surface = Relief::new(1, 2);
        surface.add_pixels(array![[9.0, f32::NAN]].view(), &[Some(0)], &[None, Some(1)]);
        assert_eq!(height_bytes(&surface, None), array![[[0, 0]], [[0, 0]]]);
    }

    #[test]
    fn coarse_ground_is_interpolated_between_the_centres_of_its_pixels() {
        let mut surface = Relief::new(1, 3);
        surface.add_pixels(
            array![[110.0, 110.0, 110.0]].view(),
            &[Some(0)],
            &[Some(0), Some(1), Some(2)],
        );
        let mut ground = Relief::new(1, 3);
        // The ground rises from 100 to 104 m; cells at a quarter, at half, and beyond the last pixel.
        let pixels = array![[100.0, 104.0], [100.0, 104.0]];
        ground.add_between(pixels.view(), &[0.5], &[0.25, 0.5, 1.75]);
        let bytes = height_bytes(&surface, Some(&ground));
        // Beyond the last pixel only a quarter of the weight is known: no height.
        assert_eq!(bytes.index_axis(ndarray::Axis(0), 0), array![[1 + 36, 1 + 32, 0]]);
    }

    #[test]
    fn heights_saturate() {
        let mut surface = Relief::new(1, 1);
        surface.add_pixels(array![[900.0]].view(), &[Some(0)], &[Some(0)]);
        assert_eq!(height_bytes(&surface, None)[[0, 0, 0]], 255);
    }
}
