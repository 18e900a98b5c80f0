//! From fine pixels to working cells: mean and spread of each band within a cell.
#![expect(clippy::inline_always, reason = "what is inlined is compiled again for wide vectors")]

use std::ops::Range;

use ndarray::{Array2, Array3, ArrayView2, ArrayView3};

use crate::wide::{Loop, widest};

/// What the spread is multiplied by before it is stored, so that small textures keep their detail.
pub const SPREAD_SCALE: f64 = 4.0;

/// Sums of the pixels that fell in each cell of a block.
///
/// Windows of pixels are added one after the other. A cell that holds a whole cell's worth of
/// pixels takes none from the windows that come later: where pictures overlap the first one counts.
#[derive(Debug, Clone)]
pub struct CellSums {
    /// Pixels of a whole cell.
    whole: u32,
    /// Pixels counted, shape (rows, cols).
    count: Array2<u32>,
    /// Sum of the values, shape (band, rows, cols).
    sum: Array3<u32>,
    /// Sum of the squares, shape (band, rows, cols).
    squares: Array3<u32>,
}

/// Lines of pixels that are summed at once: as many bytes as 16 bits hold the sum of.
const LINES_MAX: usize = 257;

/// Pixel columns that are summed at once: their sums stay in registers.
const COLS: usize = 16;

/// Sums down the pixel columns of one row of cells, of one band.
struct Columns {
    sum: Vec<u16>,
    squares: Vec<u32>,
}

impl CellSums {
    /// No pixel yet in `rows x cols` cells of `n_bands` bands.
    ///
    /// * `whole`: the pixels after which a cell takes none from later windows.
    pub fn new(n_bands: usize, (rows, cols): (usize, usize), whole: u32) -> Self {
        Self {
            whole,
            count: Array2::zeros((rows, cols)),
            sum: Array3::zeros((n_bands, rows, cols)),
            squares: Array3::zeros((n_bands, rows, cols)),
        }
    }

    /// Whether one of the cells that pixel rows and columns fall in would still take pixels.
    pub fn wants(&self, cell_row: &[Option<usize>], cell_col: &[Option<usize>]) -> bool {
        let cols = runs(cell_col);
        runs(cell_row)
            .iter()
            .any(|&(row, _)| cols.iter().any(|&(col, _)| self.count[[row, col]] < self.whole))
    }

    /// Adds a window of pixels.
    ///
    /// * `pixels`: shape (band, pixel rows, pixel cols), in standard layout.
    /// * `valid`: 0 where a pixel holds no data, else 255; shape (pixel rows, pixel cols), in
    ///   standard layout; `None` when all do.
    /// * `cell_row`, `cell_col`: the cell that each pixel row and column falls in; `None` outside
    ///   the block.
    ///
    /// A cell holds at most 65,536 pixels (the sums of squares fit `u32`).
    ///
    /// # Panics
    /// When the shapes disagree or the layout is another one.
    pub fn add(
        &mut self,
        pixels: ArrayView3<'_, u8>,
        valid: Option<ArrayView2<'_, u8>>,
        cell_row: &[Option<usize>],
        cell_col: &[Option<usize>],
    ) {
        let n_bands = self.sum.dim().0;
        assert_eq!(pixels.dim(), (n_bands, cell_row.len(), cell_col.len()));
        assert!(valid.is_none_or(|valid| valid.dim() == (cell_row.len(), cell_col.len())));
        widest(Adding { sums: self, pixels, valid, rows: runs(cell_row), cols: runs(cell_col) });
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
        let own = "sums are in standard layout";
        let counts = self.count.row(row).to_slice().expect(own);
        let sums = self.sum.slice(ndarray::s![band, row, ..]).to_slice().expect(own);
        let squares = self.squares.slice(ndarray::s![band, row, ..]).to_slice().expect(own);
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
        let cells = self.counts.iter().zip(self.sums).zip(self.squares);
        let written = self.mean.iter_mut().zip(self.spread);
        for (((&n, &sum), &squares), (mean, spread)) in cells.zip(written) {
            (*mean, *spread) = mean_and_spread(n, sum, squares);
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
    let spread = (variance.sqrt() * SPREAD_SCALE + 0.5).min(255.0);
    (mean as i32 as u8, spread as i32 as u8)
}

/// A window of pixels that is added to sums; rows and columns by the cell that they fall in.
struct Adding<'a> {
    sums: &'a mut CellSums,
    pixels: ArrayView3<'a, u8>,
    valid: Option<ArrayView2<'a, u8>>,
    rows: Vec<(usize, Range<usize>)>,
    cols: Vec<(usize, Range<usize>)>,
}

impl Loop for Adding<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Self { sums, pixels, valid, rows, cols } = self;
        let (n_bands, _, width) = pixels.dim();
        let mut columns = Columns { sum: vec![0; width], squares: vec![0; width] };
        for (row, lines) in rows {
            let open: Vec<&(usize, Range<usize>)> =
                cols.iter().filter(|&&(col, _)| sums.count[[row, col]] < sums.whole).collect();
            if open.is_empty() {
                continue;
            }
            let valid_line = |line: usize| valid.as_ref().map(|valid| line_of(valid.row(line)));
            for band in 0..n_bands {
                for start in lines.clone().step_by(LINES_MAX) {
                    let of_band = |line: usize| {
                        let pixels = line_of(pixels.slice(ndarray::s![band, line, ..]));
                        (pixels, valid_line(line))
                    };
                    columns.fill(start..lines.end.min(start + LINES_MAX), of_band);
                    let at = ndarray::s![band, row, ..];
                    let (mut sum, mut squares) =
                        (sums.sum.slice_mut(at), sums.squares.slice_mut(at));
                    for &&(col, ref run) in &open {
                        let (of_cell, of_squares) = columns.fold(run);
                        sum[col] += of_cell;
                        squares[col] += of_squares;
                    }
                }
            }
            for &&(col, ref run) in &open {
                let n = lines.clone().map(|line| match valid_line(line) {
                    None => run.len(),
                    Some(valid) => valid[run.clone()].iter().filter(|&&v| v != 0).count(),
                });
                sums.count[[row, col]] += n.sum::<usize>() as u32;
            }
        }
    }
}

impl Columns {
    /// Sums some lines of pixels; void ones count as zeros.
    ///
    /// * `line`: the pixels of a line, and which of them hold data.
    #[inline(always)]
    fn fill<'a>(
        &mut self,
        lines: Range<usize>,
        line: impl Fn(usize) -> (&'a [u8], Option<&'a [u8]>),
    ) {
        let lines: Vec<_> = lines.map(line).collect();
        let width = self.sum.len();
        let whole = width - width % COLS;
        for start in (0..whole).step_by(COLS) {
            self.fill_some::<COLS>(start, &lines);
        }
        for start in whole..width {
            self.fill_some::<1>(start, &lines);
        }
    }

    /// The sums of a run of columns.
    #[inline(always)]
    fn fold(&self, run: &Range<usize>) -> (u32, u32) {
        let (sum, squares) = (&self.sum[run.clone()], &self.squares[run.clone()]);
        // Cells of 1 m hold 5 pixels of 0.2 m: no loop, no jump.
        if let (&[a, b, c, d, e], &[i, j, k, l, m]) = (sum, squares) {
            let wide = u32::from;
            return (wide(a) + wide(b) + wide(c) + wide(d) + wide(e), i + j + k + l + m);
        }
        (sum.iter().map(|&sum| u32::from(sum)).sum(), squares.iter().sum())
    }

    /// [`Columns::fill`] of `N` columns.
    #[inline(always)]
    fn fill_some<const N: usize>(&mut self, start: usize, lines: &[(&[u8], Option<&[u8]>)]) {
        let (mut sum, mut squares) = ([0_u16; N], [0_u32; N]);
        let mut add = |pixels: [u8; N]| {
            for ((sum, squares), pixel) in sum.iter_mut().zip(&mut squares).zip(pixels) {
                *sum += u16::from(pixel);
                // In 16 bits the square of a byte fits, and the loop becomes vectors.
                *squares += u32::from(u16::from(pixel) * u16::from(pixel));
            }
        };
        let some = |line: &[u8]| -> [u8; N] {
            line[start..start + N].try_into().expect("a slice of this length")
        };
        for &(pixels, valid) in lines {
            let pixels = some(pixels);
            add(match valid.map(some) {
                None => pixels,
                Some(valid) => std::array::from_fn(|i| pixels[i] & valid[i]),
            });
        }
        self.sum[start..start + N].copy_from_slice(&sum);
        self.squares[start..start + N].copy_from_slice(&squares);
    }
}

fn line_of(line: ndarray::ArrayView1<'_, u8>) -> &[u8] {
    line.to_slice().expect("pixels come in standard layout")
}

/// Runs of pixels that fall in the same cell: the cell and the pixels.
fn runs(cell_of: &[Option<usize>]) -> Vec<(usize, Range<usize>)> {
    let mut start = 0;
    let mut found = Vec::new();
    for run in cell_of.chunk_by(|a, b| a == b) {
        let end = start + run.len();
        found.extend(run[0].map(|cell| (cell, start..end)));
        start = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn four_pixels_become_one_mean_and_one_spread() {
        let mut sums = CellSums::new(1, (1, 1), 4);
        let pixels = array![[[10, 20], [30, 40]]];
        sums.add(pixels.view(), None, &[Some(0), Some(0)], &[Some(0), Some(0)]);
        // The variance is 125, its root 11.18, times four 44.7.
        assert_eq!(sums.mean_and_spread(0, 0, 0), (25, 45));
        assert_eq!(sums.count()[[0, 0]], 4);
    }

    #[test]
    fn void_pixels_and_pixels_outside_the_block_count_nowhere() {
        let mut sums = CellSums::new(1, (1, 2), 9);
        let (pixels, valid) = (array![[[10, 20, 99]]], array![[255, 0, 255]]);
        sums.add(pixels.view(), Some(valid.view()), &[Some(0)], &[Some(0), Some(1), None]);
        assert_eq!(sums.mean_and_spread(0, 0, 0), (10, 0));
        assert_eq!(sums.mean_and_spread(0, 0, 1), (0, 0));
        assert_eq!(sums.count(), array![[1, 0]]);
    }

    #[test]
    fn of_two_pictures_of_a_cell_the_first_whole_one_counts() {
        let mut sums = CellSums::new(1, (1, 2), 2);
        let cols = [Some(0), Some(0), Some(1), Some(1)];
        let hole = array![[255, 255, 255, 0]];
        sums.add(array![[[1, 3, 7, 9]]].view(), Some(hole.view()), &[Some(0)], &cols);
        assert!(sums.wants(&[Some(0)], &cols) && !sums.wants(&[Some(0)], &cols[..2]));
        sums.add(array![[[200, 200, 3, 5]]].view(), None, &[Some(0)], &cols);
        // The second cell lacked a pixel, and takes both of the second picture.
        assert_eq!(sums.count(), array![[2, 3]]);
        assert_eq!(sums.mean_and_spread(0, 0, 0).0, 2);
        assert_eq!(sums.mean_and_spread(0, 0, 1).0, 5);
        assert!(!sums.wants(&[Some(0), None], &cols));
    }

    #[test]
    fn means_are_those_of_whole_numbers() {
        for n in [1_u32, 2, 3, 5, 24, 25, 30, 2_499, 65_536] {
            for sum in (0..=255 * n).step_by(1 + n as usize / 3).chain([255 * n]) {
                let expected = (2 * u64::from(sum) + u64::from(n)) / (2 * u64::from(n));
                let squares = (u64::from(sum).pow(2)).div_ceil(u64::from(n)) as u32;
                assert_eq!(u64::from(mean_and_spread(n, sum, squares).0), expected, "{sum} / {n}");
            }
        }
    }

    #[test]
    fn the_spread_saturates() {
        let mut sums = CellSums::new(1, (1, 1), 2);
        sums.add(array![[[0, 255]]].view(), None, &[Some(0)], &[Some(0), Some(0)]);
        assert_eq!(sums.mean_and_spread(0, 0, 0), (128, 255));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn sums_are_those_of_each_pixel_by_itself(
            values in prop::collection::vec(any::<u8>(), 2 * 7 * 9),
            void in prop::collection::vec(any::<bool>(), 7 * 9),
            shift in 0_usize..4,
        ) {
            let pixels = Array3::from_shape_vec((2, 7, 9), values).unwrap();
            let valid = Array2::from_shape_vec((7, 9), void).unwrap().mapv(|v| u8::from(v) * 255);
            let cell_of = |n: usize| -> Vec<Option<usize>> {
                (0..n).map(|i| (i + shift).checked_sub(2).map(|i| i / 3).filter(|&c| c < 2)).collect()
            };
            let (rows, cols) = (cell_of(7), cell_of(9));
            let mut sums = CellSums::new(2, (2, 2), u32::MAX);
            sums.add(pixels.view(), Some(valid.view()), &rows, &cols);
            let mut expected = CellSums::new(2, (2, 2), u32::MAX);
            for ((band, i, j), &pixel) in pixels.indexed_iter() {
                let (Some(row), Some(col)) = (rows[i], cols[j]) else { continue };
                if valid[[i, j]] == 0 { continue }
                expected.count[[row, col]] += u32::from(band == 0);
                expected.sum[[band, row, col]] += u32::from(pixel);
                expected.squares[[band, row, col]] += u32::from(pixel).pow(2);
            }
            prop_assert_eq!(&sums.count, &expected.count);
            prop_assert_eq!(&sums.sum, &expected.sum);
            prop_assert_eq!(&sums.squares, &expected.squares);
        }
    }
}
