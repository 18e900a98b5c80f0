//! From fine pixels to working cells: mean and spread of each band within a cell.
#![expect(clippy::inline_always, reason = "what is inlined is compiled again for wide vectors")]

use std::ops::Range;

use ndarray::{Array2, Array3, ArrayView2, ArrayView3, Axis, s};

use crate::deviation::deviation;
use crate::wide::{Loop, whole, whole_double, widest};

mod columns;
mod fives;

use columns::Adding;

/// What the spread is multiplied by before it is stored, so that small textures keep their detail.
pub const SPREAD_SCALE: f64 = 4.0;

/// Pixels of a cell up to which 32 bits are enough for its mean and spread.
const FEW: u32 = 32;

/// Sums of the pixels that fell in each cell of a block.
///
/// Windows of pixels are added picture by picture. A cell that holds a whole cell's worth of pixels
/// when a picture ends takes none from those that come later: where pictures overlap the first one
/// counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellSums {
    /// Pixels of a whole cell.
    whole: u32,
    /// Pixels counted, shape (rows, cols).
    count: Array2<u32>,
    /// Cells that take no more pixels.
    full: Array2<bool>,
    /// Sum of the values, shape (band, rows, cols).
    sum: Array3<u32>,
    /// Sum of the squares, shape (band, rows, cols).
    squares: Array3<u32>,
}

/// Pixels of a window as they lie in memory, line by line.
#[derive(Debug, Clone, Copy)]
pub struct Lines<'a> {
    /// Shape (plane, pixel rows, bytes of a row).
    planes: ArrayView3<'a, u8>,
    /// Bands of a pixel that a plane holds one after the other.
    step: usize,
}

impl<'a> Lines<'a> {
    /// Each band by itself, of shape (band, pixel rows, pixel cols), each row in one piece.
    pub fn by_band(pixels: ArrayView3<'a, u8>) -> Self {
        Self { planes: pixels, step: 1 }
    }

    /// The bands of each pixel together, of shape (pixel rows, pixel cols * `n_bands`), each row in one
    /// piece.
    pub fn by_pixel(pixels: ArrayView2<'a, u8>, n_bands: usize) -> Self {
        Self { planes: pixels.insert_axis(Axis(0)), step: n_bands }
    }

    /// The bands, pixel rows and pixel columns.
    fn dim(&self) -> (usize, usize, usize) {
        let (planes, rows, bytes) = self.planes.dim();
        (planes * self.step, rows, bytes / self.step)
    }
}

/// Why sums come as slices.
const OWN: &str = "an array of our own is in standard layout";

impl CellSums {
    /// No pixel yet in `rows x cols` cells of `n_bands` bands.
    ///
    /// * `whole`: the pixels with which a cell takes none from later pictures.
    pub fn new(n_bands: usize, (rows, cols): (usize, usize), whole: u32) -> Self {
        Self {
            whole,
            count: Array2::zeros((rows, cols)),
            full: Array2::from_elem((rows, cols), false),
            sum: Array3::zeros((n_bands, rows, cols)),
            squares: Array3::zeros((n_bands, rows, cols)),
        }
    }

    /// Bytes that the sums of one cell take.
    pub fn cell_bytes(n_bands: usize) -> usize {
        size_of::<u32>() + size_of::<bool>() + n_bands * 2 * size_of::<u32>()
    }

    /// Whether one of some cells would still take pixels.
    ///
    /// * `part`: rows and columns of the cells; `offset`: from the first cell here to the first of
    ///   them. Those that are not here take none.
    pub fn wants(&self, part: (usize, usize), offset: (isize, isize)) -> bool {
        let (rows, _) = common(self.full.nrows(), part.0, offset.0);
        let (cols, _) = common(self.full.ncols(), part.1, offset.1);
        self.full.slice(s![rows, cols]).iter().any(|full| !full)
    }

    /// Ends a picture.
    pub fn close(&mut self) {
        let whole = self.whole;
        self.full.zip_mut_with(&self.count, |full, &count| *full = count >= whole);
    }

    /// Adds a window of pixels of a picture; windows may divide a picture anywhere.
    ///
    /// * `pixels`: of the bands here, and maybe of others after them, which are left.
    /// * `valid`: 0 where a pixel holds no data, else 255; shape (pixel rows, pixel cols), each row in
    ///   one piece; `None` when all do.
    /// * `cell_row`, `cell_col`: the cell that each pixel row and column falls in; `None` outside
    ///   the block.
    ///
    /// A cell holds at most 65,536 pixels (the sums of squares fit `u32`).
    ///
    /// # Panics
    /// When the shapes disagree or the layout is another one.
    pub fn add(
        &mut self,
        pixels: Lines<'_>,
        valid: Option<ArrayView2<'_, u8>>,
        cell_row: &[Option<usize>],
        cell_col: &[Option<usize>],
    ) {
        let (n_bands, rows, cols) = pixels.dim();
        assert!(self.sum.dim().0 <= n_bands);
        assert_eq!((rows, cols), (cell_row.len(), cell_col.len()));
        assert!(valid.is_none_or(|valid| valid.dim() == (rows, cols)));
        // Views keep their lifetimes; these are as short as the loan of the sums.
        let pixels = Lines { planes: pixels.planes.reborrow(), ..pixels };
        let valid = valid.map(ArrayView2::reborrow);
        widest(Adding::new(self, pixels, valid, (cell_row, cell_col)));
    }

    /// Adds what a part of a picture leaves in its own cells.
    ///
    /// * `offset`: rows and columns from the first cell here to the first one there; cells that are
    ///   not in both are left.
    ///
    /// # Panics
    /// When the bands are of another number.
    pub fn merge(&mut self, part: &Self, offset: (isize, isize)) {
        assert_eq!(self.sum.dim().0, part.sum.dim().0);
        let ((n_rows, n_cols), (n_part_rows, n_part_cols)) = (self.count.dim(), part.count.dim());
        let (rows, part_rows) = common(n_rows, n_part_rows, offset.0);
        let (cols, part_cols) = common(n_cols, n_part_cols, offset.1);
        let full = self.full.as_slice().expect(OWN);
        let full: Vec<Option<&[bool]>> = rows
            .clone()
            .map(|row| &full[row * n_cols..][cols.clone()])
            .map(|full| full.contains(&true).then_some(full))
            .collect();
        let add = |to: &mut [u32], from: &[u32]| {
            let to = to.chunks_exact_mut(n_cols.max(1)).skip(rows.start);
            let from = from.chunks_exact(n_part_cols.max(1)).skip(part_rows.start);
            for ((to, from), full) in to.zip(from).zip(&full) {
                let cells = to[cols.clone()].iter_mut().zip(&from[part_cols.clone()]);
                match full {
                    None => cells.for_each(|(to, from)| *to += from),
                    Some(full) => cells.zip(*full).for_each(|((to, from), full)| {
                        *to += if *full { 0 } else { *from };
                    }),
                }
            }
        };
        add(self.count.as_slice_mut().expect(OWN), part.count.as_slice().expect(OWN));
        for (to, from) in [(&mut self.sum, &part.sum), (&mut self.squares, &part.squares)] {
            let to = to.as_slice_mut().expect(OWN).chunks_exact_mut((n_rows * n_cols).max(1));
            let from = from.as_slice().expect(OWN).chunks_exact((n_part_rows * n_part_cols).max(1));
            to.zip(from).for_each(|(to, from)| add(to, from));
        }
    }

    /// Number of pixels in each cell.
    pub fn count(&self) -> ArrayView2<'_, u32> {
        self.count.view()
    }

    /// Mean of a band in a cell, rounded to the nearest (halves up); `None` without a pixel.
    pub fn mean(&self, band: usize, row: usize, col: usize) -> Option<u8> {
        (self.count[[row, col]] > 0).then(|| self.mean_and_spread(band, row, col).0)
    }

    /// Mean of a band in a cell, rounded to the nearest (halves up), and its standard deviation
    /// times [`SPREAD_SCALE`], saturated at 255; both 0 in a cell without pixel.
    pub fn mean_and_spread(&self, band: usize, row: usize, col: usize) -> (u8, u8) {
        let at = [band, row, col];
        mean_and_spread(self.count[[row, col]], self.sum[at], self.squares[at])
    }

    /// Writes [`CellSums::mean_and_spread`] of a row of cells.
    ///
    /// # Panics
    /// When a slice is shorter than the row.
    pub fn write_row(&self, band: usize, row: usize, mean: &mut [u8], spread: &mut [u8]) {
        let cols = self.count.ncols();
        let (mean, spread) = (&mut mean[..cols], &mut spread[..cols]);
        let counts = self.count.row(row).to_slice().expect(OWN);
        let sums = self.sum.slice(s![band, row, ..]).to_slice().expect(OWN);
        let squares = self.squares.slice(s![band, row, ..]).to_slice().expect(OWN);
        widest(Writing { counts, sums, squares, mean, spread });
    }
}

/// A row of cells whose means and spreads are written.
struct Writing<'a> {
    counts: &'a [u32],
    sums: &'a [u32],
    squares: &'a [u32],
    mean: &'a mut [u8],
    spread: &'a mut [u8],
}

impl Loop for Writing<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        if self.counts.iter().all(|&n| n <= FEW) {
            self.write(mean_and_spread_of_few);
        } else {
            self.write(mean_and_spread);
        }
    }
}

impl Writing<'_> {
    #[inline(always)]
    fn write(self, of_cell: impl Fn(u32, u32, u32) -> (u8, u8)) {
        let cells = self.counts.iter().zip(self.sums).zip(self.squares);
        let written = self.mean.iter_mut().zip(self.spread);
        for (((&n, &sum), &squares), (mean, spread)) in cells.zip(written) {
            (*mean, *spread) = of_cell(n, sum, squares);
        }
    }
}

/// See [`CellSums::mean_and_spread`]. In floats, so that a row of cells becomes vectors: every term is
/// a whole number under 2^53, and a quotient of at most 65,536 pixels is further from the next whole
/// number than a float errs.
#[inline(always)]
fn mean_and_spread(n: u32, sum: u32, squares: u32) -> (u8, u8) {
    let (n, sum, squares) = (f64::from(n.max(1)), f64::from(sum), f64::from(squares));
    let mean = (2.0 * sum + n) / (2.0 * n);
    let variance = (n * squares - sum * sum) / (n * n);
    // Halves go up, as `f64::round` does with what is not negative.
    let spread = variance.sqrt() * SPREAD_SCALE + 0.5;
    (whole_double(mean, 0.0, 255.0) as u8, whole_double(spread, 0.0, 255.0) as u8)
}

/// [`mean_and_spread`] of at most [`FEW`] pixels, in half as many bits, with the same result.
#[inline(always)]
fn mean_and_spread_of_few(n: u32, sum: u32, squares: u32) -> (u8, u8) {
    let n = n.max(1);
    // Under 2^24, so exact; and a quotient is further from the next whole number than it errs.
    let mean = (2 * sum + n) as i32 as f32 / (2 * n) as i32 as f32;
    let halves = deviation(2 * SPREAD_SCALE as u32, n * squares - sum * sum, n);
    (whole(mean, 0.0, 255.0) as u8, halves.div_ceil(2).min(255) as u8)
}

/// The ranks that two runs of cells have in common, in each: the second begins `offset` after the
/// first.
fn common(n: usize, n_part: usize, offset: isize) -> (Range<usize>, Range<usize>) {
    let (n, n_part) = (n as isize, n_part as isize);
    let (start, end) = (offset.max(0), n.min(offset + n_part));
    if end <= start {
        return (0..0, 0..0);
    }
    (start as usize..end as usize, (start - offset) as usize..(end - offset) as usize)
}

#[cfg(test)]
mod tests;
