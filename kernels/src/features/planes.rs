//! Padded planes of a window, what is told cell by cell from them, and their integral images.
//!
//! Loops go along rows of one plane at a time, so that the compiler makes vectors of them. Small
//! whole numbers are divided as floats: a quotient of the numbers in use is at least 1 / 65,025
//! of itself away from the next whole number, and a float errs by 2^-24, so cutting it down gives
//! the quotient of the integers, on every machine.
#![expect(clippy::inline_always, reason = "what is inlined is compiled again for wide vectors")]

use ndarray::{ArrayView2, s};

use super::HALO;
use crate::deviation::deviation;
use crate::grid::Window;
use crate::wide::{whole, whole_double};

/// Cells of a window up to which 32 bits hold what its deviation is computed from.
const SMALL: u32 = 81;

/// One plane of a window and of [`HALO`] cells around it, edge cells repeated outside the block.
pub(super) struct Plane {
    cells: Vec<u8>,
    cols: usize,
}

impl Plane {
    pub(super) fn around(band: ArrayView2<'_, u8>, inner: Window) -> Self {
        let (block_rows, block_cols) = band.dim();
        let (rows, cols) = (inner.rows + 2 * HALO, inner.cols + 2 * HALO);
        let from = inner.col.saturating_sub(HALO);
        let to = (inner.col + inner.cols + HALO).min(block_cols);
        let left = (from + HALO) - inner.col;
        let right = left + to - from;
        let mut cells = vec![0; rows * cols];
        for (row, line) in cells.chunks_exact_mut(cols).enumerate() {
            let row = (inner.row + row).saturating_sub(HALO).min(block_rows - 1);
            let source = band.slice(s![row, from..to]);
            match source.to_slice() {
                Some(values) => line[left..right].copy_from_slice(values),
                None => line[left..right].iter_mut().zip(source).for_each(|(to, &from)| *to = from),
            }
            let (first, last) = (line[left], line[right - 1]);
            line[..left].fill(first);
            line[right..].fill(last);
        }
        Self { cells, cols }
    }

    /// A plane made of others of the same size, cell by cell.
    #[inline(always)]
    pub(super) fn of<const N: usize>(parts: [&Self; N], value: impl Fn([u8; N]) -> u8) -> Self {
        let n = parts[0].cells.len();
        let lines = parts.map(|part| &part.cells[..n]);
        let mut cells = vec![0; n];
        for (at, cell) in cells.iter_mut().enumerate() {
            *cell = value(lines.map(|line| line[at]));
        }
        Self { cells, cols: parts[0].cols }
    }

    /// The cells of a padded row that lie in the window.
    #[inline(always)]
    pub(super) fn inner(&self, row: usize) -> &[u8] {
        let start = row * self.cols + HALO;
        &self.cells[start..start + self.cols - 2 * HALO]
    }

    /// How much a plane changes across and down at the cells of a padded row, saturated.
    #[inline(always)]
    pub(super) fn gradient(&self, row: usize, out: &mut [u8]) {
        let n = out.len();
        let line = |start: usize| &self.cells[start..start + n];
        let at = row * self.cols + HALO;
        let (west, east) = (line(at - 1), line(at + 1));
        let (north, south) = (line(at - self.cols), line(at + self.cols));
        for i in 0..n {
            let sum = u16::from(east[i].abs_diff(west[i])) + u16::from(south[i].abs_diff(north[i]));
            out[i] = sum.min(255) as u8;
        }
    }
}

/// A normalised difference `(a - b) / (a + b)` on 1..=255, 128 for zero or for no light at all.
#[inline(always)]
pub(super) fn index(a: u8, b: u8) -> u8 {
    let (a, b) = (f32::from(a), f32::from(b));
    // Without light the numerator is zero as well.
    (128 + whole(127.0 * (a - b) / (a + b).max(1.0), -127.0, 127.0)) as u8
}

/// Saturation of the HSV model on 0..=255: the range of the colour over its greatest part.
#[inline(always)]
pub(super) fn saturation(red: u8, green: u8, blue: u8) -> u8 {
    let (low, high) = (red.min(green).min(blue), red.max(green).max(blue));
    whole(f32::from(high - low) * 255.0 / f32::from(high).max(1.0), 0.0, 255.0) as u8
}

/// The part of one colour in three on 0..=255; a third when there is no light.
#[inline(always)]
pub(super) fn share(part: u8, colours: [u8; 3]) -> u8 {
    let sum: u16 = colours.iter().map(|&v| u16::from(v)).sum();
    let share = whole(f32::from(part) * 255.0 / f32::from(sum.max(1)), 0.0, 255.0) as u8;
    if sum == 0 { 85 } else { share }
}

/// The mean of three bytes, cut down.
#[inline(always)]
pub(super) fn mean_of_three([a, b, c]: [u8; 3]) -> u8 {
    ((u16::from(a) + u16::from(b) + u16::from(c)) / 3) as u8
}

/// Sums and, where spreads are wanted, sums of squares from the corner. They wrap: a difference of
/// four corners is exact as long as the window itself stays under 2^31, which 27 x 27 bytes do.
pub(super) struct Integral {
    sums: Vec<u32>,
    squares: Vec<u32>,
    cols: usize,
}

impl Integral {
    /// Of a plane whose means and deviations are wanted.
    pub(super) fn of(plane: &Plane) -> Self {
        Self { squares: sums_of(plane, |v| v * v), ..Self::of_means(plane) }
    }

    /// Of a plane of which only means are wanted.
    pub(super) fn of_means(plane: &Plane) -> Self {
        Self { sums: sums_of(plane, |v| v), squares: Vec::new(), cols: plane.cols + 1 }
    }

    /// Means of the square windows of odd `SIDE` centred on the inner cells of a padded row, rounded.
    #[inline(always)]
    pub(super) fn means<const SIDE: usize>(&self, row: usize, mean: &mut [u8]) {
        let n = (SIDE * SIDE) as u32;
        let [a, b, c, d] = self.corners::<SIDE>(&self.sums, row, mean.len());
        for (i, mean) in mean.iter_mut().enumerate() {
            let sum = d[i].wrapping_sub(b[i]).wrapping_sub(c[i]).wrapping_add(a[i]);
            *mean = ((sum + n / 2) / n) as u8;
        }
    }

    /// Twice the standard deviations of the same windows, cut down.
    #[inline(always)]
    pub(super) fn deviations<const SIDE: usize>(&self, row: usize, deviations: &mut [u8]) {
        let n = (SIDE * SIDE) as u32;
        let sums = self.corners::<SIDE>(&self.sums, row, deviations.len());
        let squares = self.corners::<SIDE>(&self.squares, row, deviations.len());
        for (i, out) in deviations.iter_mut().enumerate() {
            let window = |[a, b, c, d]: [&[u32]; 4]| {
                d[i].wrapping_sub(b[i]).wrapping_sub(c[i]).wrapping_add(a[i])
            };
            let (sum, squares) = (window(sums), window(squares));
            *out = if n <= SMALL {
                deviation(2, n * squares - sum * sum, n) as u8
            } else {
                // Both under 2^31; a conversion with a sign is one instruction.
                let double = |v: u32| f64::from(v as i32);
                let (n, sum, squares) = (double(n), double(sum), double(squares));
                // Whole numbers under 2^53, so exact; and the square root of IEEE is exactly
                // rounded: this is the same on every machine.
                whole_double(2.0 * (n * squares - sum * sum).sqrt() / n, 0.0, 255.0) as u8
            };
        }
    }

    /// The four corners of the windows of a padded row: north-west, north-east, south-west,
    /// south-east.
    #[inline(always)]
    fn corners<'a, const SIDE: usize>(
        &self,
        sums: &'a [u32],
        row: usize,
        n: usize,
    ) -> [&'a [u32]; 4] {
        let left = HALO - SIDE / 2;
        let line = |row: usize, col: usize| {
            let start = row * self.cols + col;
            &sums[start..start + n]
        };
        let (top, bottom) = (row - SIDE / 2, row + SIDE / 2 + 1);
        [line(top, left), line(top, left + SIDE), line(bottom, left), line(bottom, left + SIDE)]
    }
}

/// Sums of a term of each cell from the corner, with a line and a column of zeros before them.
fn sums_of(plane: &Plane, term: impl Fn(u32) -> u32) -> Vec<u32> {
    let width = plane.cols + 1;
    let mut sums = vec![0_u32; (plane.cells.len() / plane.cols + 1) * width];
    for (row, line) in plane.cells.chunks_exact(plane.cols).enumerate() {
        let (above, below) = sums[row * width..].split_at_mut(width);
        let mut run = 0_u32;
        for ((below, &above), &value) in below[1..width].iter_mut().zip(&above[1..]).zip(line) {
            run = run.wrapping_add(term(u32::from(value)));
            *below = above.wrapping_add(run);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quotient_is_that_of_the_integers() {
        for a in 0..=255_u8 {
            for b in 0..=255_u8 {
                let (x, y) = (i32::from(a), i32::from(b));
                let expected = if x + y == 0 { 128 } else { 128 + 127 * (x - y) / (x + y) };
                assert_eq!(i32::from(index(a, b)), expected, "{a} {b}");
                let (low, high) = (x.min(y), x.max(y));
                let expected = if high == 0 { 0 } else { (high - low) * 255 / high };
                assert_eq!(i32::from(saturation(a, b, a)), expected, "{a} {b}");
                for c in [0, 1, 2, b / 2, 254, 255] {
                    let sum = x + y + i32::from(c);
                    let expected = if sum == 0 { 85 } else { x * 255 / sum };
                    assert_eq!(i32::from(share(a, [a, b, c])), expected, "{a} {b} {c}");
                }
            }
        }
    }

    #[test]
    fn a_padded_plane_repeats_its_edges() {
        let band = ndarray::array![[1, 2, 3], [4, 5, 6]];
        let plane = Plane::around(band.view(), Window { row: 1, col: 1, rows: 1, cols: 1 });
        let row = |row: usize| &plane.cells[row * plane.cols..(row + 1) * plane.cols];
        assert_eq!(row(HALO - 1)[HALO - 1..HALO + 2], [1, 2, 3]);
        assert_eq!((row(HALO)[0], row(HALO)[2 * HALO], plane.inner(HALO)), (4, 6, &[5][..]));
        assert_eq!((row(0), row(2 * HALO)), (row(HALO - 1), row(HALO)));
    }
}
