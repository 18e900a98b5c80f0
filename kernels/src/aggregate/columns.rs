//! Pixels added to the sums of their cells, a row of cells at a time.
#![expect(clippy::inline_always, reason = "what is inlined is compiled again for wide vectors")]

use std::borrow::Cow;

use ndarray::{Array3, ArrayView1, ArrayView2, ArrayViewMut1, s};

use super::fives::{self, FIVE};
use super::{CellSums, Lines, OWN};
use crate::wide::Loop;

/// Lines of pixels that are summed at once: as many bytes as 16 bits hold the sum of.
const LINES_MAX: usize = 257;

/// Bytes of a line that are summed at once: their sums stay in registers.
const COLS: usize = 16;

/// Bands whose pixels are summed along a line at once.
const LANES: usize = 4;

/// Pixels of a line or column that fall in the same cell.
#[derive(Debug, Clone, Copy)]
struct Run {
    cell: usize,
    start: usize,
    len: usize,
}

/// Sums down the columns of bytes of one row of cells; [`LANES`] more than there are bytes.
struct Columns {
    sum: Vec<u16>,
    squares: Vec<u32>,
}

/// A window of pixels that is added to sums; rows and columns by the cell that they fall in.
pub(super) struct Adding<'a> {
    sums: &'a mut CellSums,
    pixels: Lines<'a>,
    valid: Option<ArrayView2<'a, u8>>,
    rows: Vec<Run>,
    cols: Vec<Run>,
}

impl<'a> Adding<'a> {
    /// See [`CellSums::add`].
    pub(super) fn new(
        sums: &'a mut CellSums,
        pixels: Lines<'a>,
        valid: Option<ArrayView2<'a, u8>>,
        (cell_row, cell_col): (&[Option<usize>], &[Option<usize>]),
    ) -> Self {
        Self { sums, pixels, valid, rows: runs(cell_row), cols: runs(cell_col) }
    }
}

impl Loop for Adding<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Self { sums, pixels, valid, rows, cols } = self;
        let step = pixels.step;
        let mut columns = Columns::new(pixels.planes.dim().2);
        // The same number of zeros leaves sums as they are.
        let masked = valid.map(|valid| masked(&pixels, valid));
        let planes = masked.as_ref().map_or(pixels.planes, |masked| masked.view());
        let (_, n_lines, _) = planes.dim();
        let lines: Vec<&[u8]> = planes.rows().into_iter().map(line_of).collect();
        for row in rows {
            let open = &*open(&cols, sums.full.row(row.cell));
            if open.is_empty() {
                continue;
            }
            let at = s![.., row.cell, ..];
            let (mut sum, mut squares) = (sums.sum.slice_mut(at), sums.squares.slice_mut(at));
            let mut cells: Vec<Sums<'_>> =
                sum.outer_iter_mut().map(own).zip(squares.outer_iter_mut().map(own)).collect();
            for (lines, of_plane) in lines.chunks(n_lines).zip(cells.chunks_mut(step)) {
                for some in lines[row.start..row.start + row.len].chunks(LINES_MAX) {
                    columns.fill(some);
                    for (rank, cells) in of_plane.chunks_mut(LANES).enumerate() {
                        // Compiled for the usual numbers of bands.
                        match step {
                            1 => columns.fold(1, open, 0, cells),
                            3 => columns.fold(3, open, 0, cells),
                            4 => columns.fold(4, open, 0, cells),
                            _ => columns.fold(step, open, rank * LANES, cells),
                        }
                    }
                }
            }
            let count = own(sums.count.row_mut(row.cell));
            for run in open {
                count[run.cell] += n_known(row, *run, valid) as u32;
            }
        }
    }
}

/// The runs whose cells still take pixels.
fn open<'a>(runs: &'a [Run], full: ArrayView1<'_, bool>) -> Cow<'a, [Run]> {
    if full.iter().any(|&full| full) {
        runs.iter().copied().filter(|run| !full[run.cell]).collect()
    } else {
        Cow::Borrowed(runs)
    }
}

/// The pixels of a cell that hold data.
fn n_known(rows: Run, cols: Run, valid: Option<ArrayView2<'_, u8>>) -> usize {
    let Some(valid) = valid else { return rows.len * cols.len };
    let [rows, cols] = [rows, cols].map(|run| run.start..run.start + run.len);
    valid.slice(s![rows, cols]).iter().filter(|&&valid| valid != 0).count()
}

/// Pixels with zeros in the place of those that hold no data.
#[inline(always)]
fn masked(pixels: &Lines<'_>, valid: ArrayView2<'_, u8>) -> Array3<u8> {
    let mut masked = pixels.planes.to_owned();
    for mut plane in masked.outer_iter_mut() {
        for (line, valid) in plane.rows_mut().into_iter().zip(valid.rows()) {
            let (line, valid) = (own(line), line_of(valid));
            // Compiled for the usual numbers of bands.
            match pixels.step {
                1 => mask(line, valid, 1),
                3 => mask(line, valid, 3),
                4 => mask(line, valid, 4),
                step => mask(line, valid, step),
            }
        }
    }
    masked
}

/// Puts zeros in the place of the pixels, of `step` bytes, that hold no data.
#[inline(always)]
fn mask(line: &mut [u8], valid: &[u8], step: usize) {
    for (pixel, &valid) in line.chunks_exact_mut(step).zip(valid) {
        for byte in pixel {
            *byte &= valid;
        }
    }
}

impl Columns {
    /// Room for the sums of `width` columns.
    fn new(width: usize) -> Self {
        Self { sum: vec![0; width + LANES], squares: vec![0; width + LANES] }
    }

    /// Sums some lines.
    #[inline(always)]
    fn fill(&mut self, lines: &[&[u8]]) {
        let Self { sum, squares } = self;
        let (fives, rest) = lines.as_chunks::<FIVE>();
        let done = fives.first().map_or(0, |&first| fives::put(first, sum, squares));
        sum[done..].fill(0);
        squares[done..].fill(0);
        for (rank, lines) in fives.iter().enumerate() {
            let from = if rank == 0 { done } else { 0 };
            add_lines(lines.map(|line| &line[from..]), &mut sum[from..], &mut squares[from..]);
        }
        for &line in rest {
            add_lines([line], sum, squares);
        }
    }

    /// Adds the sums of runs of pixels to those of their cells.
    ///
    /// * `step`: columns of a pixel.
    /// * `offset`: of the first of the bands in a pixel.
    /// * `cells`: of each of at most [`LANES`] bands, the sums and those of the squares.
    #[inline(always)]
    fn fold(&self, step: usize, runs: &[Run], offset: usize, cells: &mut [Sums<'_>]) {
        for run in runs {
            let first = run.start * step + offset;
            let end = first + run.len * step - step + LANES;
            let (sum, squares) = (&self.sum[first..end], &self.squares[first..end]);
            // As many pixels as usual: no loop, no jump.
            let (sum, squares) = if run.len == FIVE {
                (add_pixels(sum, step, FIVE), add_pixels(squares, step, FIVE))
            } else {
                (add_pixels(sum, step, run.len), add_pixels(squares, step, run.len))
            };
            for (lane, (of_sum, of_squares)) in cells.iter_mut().take(LANES).enumerate() {
                of_sum[run.cell] += sum[lane];
                of_squares[run.cell] += squares[lane];
            }
        }
    }
}

/// Sums of a row of cells, and of their squares.
type Sums<'a> = (&'a mut [u32], &'a mut [u32]);

/// The sums of [`LANES`] columns over some pixels of `step` columns.
#[inline(always)]
fn add_pixels<T: Copy + Into<u32>>(columns: &[T], step: usize, n_pixels: usize) -> [u32; LANES] {
    let mut sum = [0; LANES];
    for pixel in 0..n_pixels {
        for (lane, sum) in sum.iter_mut().enumerate() {
            *sum += columns[pixel * step + lane].into();
        }
    }
    sum
}

/// Adds `N` lines, of one length, to the sums of their columns.
#[inline(always)]
fn add_lines<const N: usize>(lines: [&[u8]; N], sum: &mut [u16], squares: &mut [u32]) {
    let n = lines[0].len();
    let lines = lines.map(|line| line[..n].as_chunks::<COLS>());
    let (sum, sum_rest) = sum[..n].as_chunks_mut::<COLS>();
    let (squares, squares_rest) = squares[..n].as_chunks_mut::<COLS>();
    let n = sum.len();
    let whole = lines.map(|(chunks, _)| &chunks[..n]);
    for (i, (sum, squares)) in sum.iter_mut().zip(squares).enumerate() {
        add_bytes(whole.map(|chunks| &chunks[i]), sum, squares);
    }
    for (i, (sum, squares)) in sum_rest.iter_mut().zip(squares_rest).enumerate() {
        add_bytes(
            lines.map(|(_, rest)| std::array::from_ref(&rest[i])),
            std::array::from_mut(sum),
            std::array::from_mut(squares),
        );
    }
}

/// Adds the bytes of `N` lines to their sums.
#[inline(always)]
fn add_bytes<const N: usize, const W: usize>(
    lines: [&[u8; W]; N],
    sum: &mut [u16; W],
    squares: &mut [u32; W],
) {
    for line in lines {
        for i in 0..W {
            let byte = u16::from(line[i]);
            sum[i] += byte;
            // In 16 bits the square of a byte fits, and the loop becomes vectors.
            squares[i] += u32::from(byte * byte);
        }
    }
}

/// A row of an array of our own.
fn own<T>(row: ArrayViewMut1<'_, T>) -> &mut [T] {
    row.into_slice().expect(OWN)
}

fn line_of(line: ArrayView1<'_, u8>) -> &[u8] {
    line.to_slice().expect("a row of pixels comes in one piece")
}

/// The runs of pixels that fall in the same cell.
fn runs(cell_of: &[Option<usize>]) -> Vec<Run> {
    let mut start = 0;
    let mut found = Vec::new();
    for run in cell_of.chunk_by(|a, b| a == b) {
        let len = run.len();
        found.extend(run[0].map(|cell| Run { cell, start, len }));
        start += len;
    }
    found
}
