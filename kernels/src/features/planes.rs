//! Padded planes of a window, what is told cell by cell from them, and their integral images.
//!
//! Loops go along rows of one plane at a time, so that the compiler makes vectors of them. Small
//! whole numbers are divided as floats: a quotient of the numbers in use is at least 1 / 65,025
//! of itself away from the next whole number, and a float errs by 2^-24, so cutting it down gives
//! the quotient of the integers, on every machine.
#![expect(clippy::inline_always, reason = "what is inlined is compiled again for wide vectors")]

use ndarray::{ArrayView2, s};

use super::HALO;
use crate::grid::Window;

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
    pub(super) fn of<const N: usize>(parts: [&Self; N], value: impl Fn([u8; N]) -> u8) -> Self {
        let n = parts[0].cells.len();
        let lines = parts.map(|part| &part.cells[..n]);
        let cells = (0..n).map(|at| value(lines.map(|line| line[at]))).collect();
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
    (128 + (127.0 * (a - b) / (a + b).max(1.0)) as i32) as u8
}

/// Saturation of the HSV model on 0..=255: the range of the colour over its greatest part.
#[inline(always)]
pub(super) fn saturation(red: u8, green: u8, blue: u8) -> u8 {
    let (low, high) = (red.min(green).min(blue), red.max(green).max(blue));
    (f32::from(high - low) * 255.0 / f32::from(high).max(1.0)) as u8
}

/// The part of one colour in three on 0..=255; a third when there is no light.
#[inline(always)]
pub(super) fn share(part: u8, whole: [u8; 3]) -> u8 {
    let sum: u16 = whole.iter().map(|&v| u16::from(v)).sum();
    let share = (f32::from(part) * 255.0 / f32::from(sum.max(1))) as u8;
    if sum == 0 { 85 } else { share }
}

/// The mean of three bytes, cut down.
pub(super) fn mean_of_three([a, b, c]: [u8; 3]) -> u8 {
    ((u16::from(a) + u16::from(b) + u16::from(c)) / 3) as u8
}

/// Sums and sums of squares from the corner. They wrap: a difference of four corners is exact as
/// long as the window itself stays under 2^31, which 27 x 27 bytes do.
pub(super) struct Integral {
    sums: Vec<u32>,
    squares: Vec<u32>,
    cols: usize,
}

impl Integral {
    pub(super) fn of(plane: &Plane) -> Self {
        let cols = plane.cols;
        let width = cols + 1;
        let size = (plane.cells.len() / cols + 1) * width;
        let (mut sums, mut squares) = (vec![0_u32; size], vec![0_u32; size]);
        for (row, line) in plane.cells.chunks_exact(cols).enumerate() {
            let (above, below) = sums[row * width..].split_at_mut(width);
            add_row(&above[1..], line, |v| v, &mut below[1..width]);
            let (above, below) = squares[row * width..].split_at_mut(width);
            add_row(&above[1..], line, |v| v * v, &mut below[1..width]);
        }
        Self { sums, squares, cols: width }
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

    /// Twice the standard deviations of the same windows, cut down and saturated.
    #[inline(always)]
    pub(super) fn deviations<const SIDE: usize>(&self, row: usize, deviation: &mut [u8]) {
        let n = f64::from((SIDE * SIDE) as u32);
        let sums = self.corners::<SIDE>(&self.sums, row, deviation.len());
        let squares = self.corners::<SIDE>(&self.squares, row, deviation.len());
        for (i, deviation) in deviation.iter_mut().enumerate() {
            let window = |[a, b, c, d]: [&[u32]; 4]| {
                let sum = d[i].wrapping_sub(b[i]).wrapping_sub(c[i]).wrapping_add(a[i]);
                // Under 2^31; a conversion with a sign is one instruction.
                f64::from(sum as i32)
            };
            let (sum, squares) = (window(sums), window(squares));
            // Whole numbers under 2^53, so exact; and the square root of IEEE is exactly rounded:
            // this is the same on every machine.
            let spread = n * squares - sum * sum;
            *deviation = (2.0 * spread.sqrt() / n).min(255.0) as i32 as u8;
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

fn add_row(above: &[u32], line: &[u8], term: impl Fn(u32) -> u32, below: &mut [u32]) {
    let mut run = 0_u32;
    for ((below, &above), &value) in below.iter_mut().zip(above).zip(line) {
        run = run.wrapping_add(term(u32::from(value)));
        *below = above.wrapping_add(run);
    }
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
