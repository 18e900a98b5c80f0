//! The padded image of a window and the integral images of its planes.

use ndarray::ArrayView3;

use super::{HALO, N_BANDS, brightness};
use crate::grid::Window;

/// The cells of a window and of [`HALO`] cells around it, edge cells repeated outside the block.
pub(super) struct Padded<const N: usize> {
    pub(super) cells: Vec<[u8; N]>,
    pub(super) cols: usize,
}

impl<const N: usize> Padded<N> {
    pub(super) fn around(bands: &ArrayView3<'_, u8>, inner: Window) -> Self {
        let (_, block_rows, block_cols) = bands.dim();
        let clamp = |start: usize, offset: usize, end: usize| {
            (start + offset).saturating_sub(HALO).min(end - 1)
        };
        let (rows, cols) = (inner.rows + 2 * HALO, inner.cols + 2 * HALO);
        let mut cells = vec![[0; N]; rows * cols];
        for (row, line) in cells.chunks_exact_mut(cols).enumerate() {
            let row = clamp(inner.row, row, block_rows);
            for (col, cell) in line.iter_mut().enumerate() {
                let col = clamp(inner.col, col, block_cols);
                for (band, value) in cell.iter_mut().enumerate() {
                    *value = bands[[band, row, col]];
                }
            }
        }
        Self { cells, cols }
    }
}

impl Padded<N_BANDS> {
    /// Writes the features that need at most the next cell; `row` and `col` count from the
    /// padding's corner.
    pub(super) fn plain(&self, row: usize, col: usize, out: &mut [u8]) {
        let at = row * self.cols + col;
        let cell = self.cells[at];
        let [red, green, blue, nir, ..] = cell;
        out[..N_BANDS].copy_from_slice(&cell);
        out[8] = index(nir, red);
        out[9] = index(green, nir);
        out[10] = brightness(cell);
        out[11] = saturation(red, green, blue);
        out[12] = share(red, [red, green, blue]);
        out[13] = share(blue, [red, green, blue]);
        let light = |at: usize| i16::from(brightness(self.cells[at]));
        let across = (light(at + 1) - light(at - 1)).unsigned_abs();
        let down = (light(at + self.cols) - light(at - self.cols)).unsigned_abs();
        out[14] = (across + down).min(255) as u8;
    }
}

/// A normalised difference `(a - b) / (a + b)` on 1..=255, 128 for zero or for no light at all.
pub(super) fn index(a: u8, b: u8) -> u8 {
    let (a, b) = (i32::from(a), i32::from(b));
    if a + b == 0 { 128 } else { (128 + 127 * (a - b) / (a + b)) as u8 }
}

/// Saturation of the HSV model on 0..=255: the range of the colour over its greatest part.
fn saturation(red: u8, green: u8, blue: u8) -> u8 {
    let (low, high) = (red.min(green).min(blue), red.max(green).max(blue));
    if high == 0 { 0 } else { (u16::from(high - low) * 255 / u16::from(high)) as u8 }
}

/// The part of one colour in three on 0..=255; a third when there is no light.
fn share(part: u8, whole: [u8; 3]) -> u8 {
    let sum: u32 = whole.iter().map(|&v| u32::from(v)).sum();
    (u32::from(part) * 255).checked_div(sum).unwrap_or(85) as u8
}

/// Sums and sums of squares from the corner. They wrap: a difference of four corners is exact as
/// long as the window itself stays under 2^32, which 27 x 27 bytes do.
pub(super) struct Integral {
    sums: Vec<[u32; 2]>,
    cols: usize,
}

impl Integral {
    /// * `plane`: rows of `cols` values.
    pub(super) fn of(plane: &[u8], cols: usize) -> Self {
        let width = cols + 1;
        let mut sums = vec![[0_u32; 2]; (plane.len() / cols + 1) * width];
        for (row, line) in plane.chunks_exact(cols).enumerate() {
            let mut run = [0_u32; 2];
            for (col, &value) in line.iter().enumerate() {
                let value = u32::from(value);
                run = [run[0].wrapping_add(value), run[1].wrapping_add(value * value)];
                let above = sums[row * width + col + 1];
                sums[(row + 1) * width + col + 1] =
                    [above[0].wrapping_add(run[0]), above[1].wrapping_add(run[1])];
            }
        }
        Self { sums, cols: width }
    }

    /// Sum and sum of squares of the square window of odd `side` centred on a cell.
    fn window(&self, row: usize, col: usize, side: usize) -> [u32; 2] {
        let (top, left) = (row - side / 2, col - side / 2);
        let corner = |row: usize, col: usize| self.sums[row * self.cols + col];
        let (a, b) = (corner(top, left), corner(top, left + side));
        let (c, d) = (corner(top + side, left), corner(top + side, left + side));
        let part = |i: usize| d[i].wrapping_sub(b[i]).wrapping_sub(c[i]).wrapping_add(a[i]);
        [part(0), part(1)]
    }

    /// The mean of a window, rounded.
    pub(super) fn mean(&self, row: usize, col: usize, side: usize) -> u8 {
        let n = (side * side) as u32;
        ((self.window(row, col, side)[0] + n / 2) / n) as u8
    }

    /// The mean of a window, rounded, and twice its standard deviation, cut down and saturated.
    pub(super) fn mean_and_deviation(&self, row: usize, col: usize, side: usize) -> (u8, u8) {
        let n = (side * side) as u32;
        let [sum, squares] = self.window(row, col, side);
        let spread = u64::from(n) * u64::from(squares) - u64::from(sum) * u64::from(sum);
        // IEEE square root is exactly rounded, so this is the same on every machine.
        let deviation = 2.0 * (spread as f64).sqrt() / f64::from(n);
        (((sum + n / 2) / n) as u8, deviation.min(255.0) as u8)
    }
}
