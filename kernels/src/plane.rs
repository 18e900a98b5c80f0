//! A raster held as runs of equal cells: its memory follows its content, not its cells.
//!
//! Rows are grouped in bands. A band is never altered once made, so planes that are equal there hold
//! it together: a copy of a plane costs nothing, and an edit only the bands that it touches.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::grid::Window;

mod cut;
mod edit;
mod row;

pub(crate) use cut::for_each_run;
pub use edit::{Edit, edits_between};
pub use row::Row;
pub(crate) use row::zip_rows;

/// Rows of a band; only a matter of speed.
const BAND_ROWS: usize = 128;

/// What a cell may hold: a small value that is compared as a whole.
pub trait CellValue: Copy + Ord + Send + Sync {}

impl<T: Copy + Ord + Send + Sync> CellValue for T {}

/// The runs of some rows; neighbouring runs of a row have different values.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Band<T> {
    /// Runs of row `r` are `row_starts[r]..row_starts[r + 1]`.
    row_starts: Vec<u32>,
    /// First column of each run.
    cols: Vec<u32>,
    values: Vec<T>,
}

impl<T: CellValue> Band<T> {
    fn new() -> Self {
        Self { row_starts: vec![0], cols: Vec::new(), values: Vec::new() }
    }

    /// Appends a run to the open row; one of the value before it is the same run.
    fn push(&mut self, col: usize, value: T) {
        let is_first = self.cols.len() == self.row_starts[self.row_starts.len() - 1] as usize;
        if is_first || self.values.last() != Some(&value) {
            self.cols.push(col as u32);
            self.values.push(value);
        }
    }

    fn end_row(&mut self) {
        self.row_starts.push(self.cols.len() as u32);
    }

    fn n_rows(&self) -> usize {
        self.row_starts.len() - 1
    }

    fn row(&self, row: usize, n_cols: usize) -> Row<'_, T> {
        let runs = self.row_starts[row] as usize..self.row_starts[row + 1] as usize;
        Row::new(&self.cols[runs.clone()], &self.values[runs], n_cols)
    }

    /// Gives back the room that no run needs.
    fn closed(mut self) -> Arc<Self> {
        self.cols.shrink_to_fit();
        self.values.shrink_to_fit();
        Arc::new(self)
    }
}

/// A raster of shape `(rows, cols)`, held as runs of equal cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plane<T> {
    n_rows: usize,
    n_cols: usize,
    bands: Vec<Arc<Band<T>>>,
}

impl<T: CellValue> Plane<T> {
    /// A plane that holds one value everywhere.
    pub fn filled((n_rows, n_cols): (usize, usize), value: T) -> Self {
        let band = |n_rows: usize| {
            let mut band = Band::new();
            for _ in 0..n_rows {
                if n_cols > 0 {
                    band.push(0, value);
                }
                band.end_row();
            }
            band.closed()
        };
        let mut bands = vec![band(BAND_ROWS.min(n_rows)); n_rows / BAND_ROWS];
        if n_rows % BAND_ROWS > 0 {
            bands.push(band(n_rows % BAND_ROWS));
        }
        Self { n_rows, n_cols, bands }
    }

    /// The plane of the runs of each row: first column and value, from west to east.
    pub(crate) fn of_runs<R: Iterator<Item = (usize, T)>>(
        (n_rows, n_cols): (usize, usize),
        runs: impl Fn(usize) -> R + Sync,
    ) -> Self {
        let band = |first: usize| {
            let mut band = Band::new();
            for row in first..(first + BAND_ROWS).min(n_rows) {
                runs(row).for_each(|(col, value)| band.push(col, value));
                band.end_row();
            }
            band.closed()
        };
        let starts: Vec<usize> = (0..n_rows).step_by(BAND_ROWS).collect();
        Self { n_rows, n_cols, bands: starts.into_par_iter().map(band).collect() }
    }

    /// The plane of an array of cells.
    pub fn of(cells: ArrayView2<'_, T>) -> Self {
        let mut plane = Self::with_cols(cells.ncols());
        plane.push(cells);
        plane
    }

    /// A plane without rows, to which strips are added.
    pub fn with_cols(n_cols: usize) -> Self {
        Self { n_rows: 0, n_cols, bands: Vec::new() }
    }

    /// Adds the next rows, of which nothing but the runs is kept.
    ///
    /// # Panics
    /// When the strip has another number of columns.
    pub fn push(&mut self, strip: ArrayView2<'_, T>) {
        assert_eq!(strip.ncols(), self.n_cols, "a strip is as wide as the plane");
        let n_open = self.n_rows % BAND_ROWS;
        let n_first = if n_open == 0 { 0 } else { (BAND_ROWS - n_open).min(strip.nrows()) };
        let (first, rest) = strip.split_at(ndarray::Axis(0), n_first);
        if let Some(open) = self.bands.last_mut().filter(|_| n_first > 0) {
            let open = Arc::make_mut(open);
            first.outer_iter().for_each(|row| push_cells(open, row));
        }
        self.n_rows += strip.nrows();
        self.bands.par_extend(
            rest.axis_chunks_iter(ndarray::Axis(0), BAND_ROWS).into_par_iter().map(|rows| {
                let mut band = Band::new();
                rows.outer_iter().for_each(|row| push_cells(&mut band, row));
                band.closed()
            }),
        );
    }

    /// The plane of square blocks of this side, which come as [`Window::blocks`] cuts them.
    ///
    /// # Panics
    /// When blocks are missing or of another shape.
    pub fn joined(dim: (usize, usize), side: usize, blocks: &[Self]) -> Self {
        let windows = Window::blocks(dim, side);
        assert_eq!(windows.len(), blocks.len(), "one block per window");
        let fits = |(window, block): (&Window, &Self)| block.dim() == (window.rows, window.cols);
        assert!(windows.iter().zip(blocks).all(fits), "a block has the shape of its window");
        let across = dim.1.div_ceil(side);
        Self::of_runs(dim, |row| {
            let beside = blocks[row / side * across..][..across].iter().enumerate();
            beside.flat_map(move |(rank, block)| {
                let runs = block.row(row % side).runs();
                runs.map(move |(cols, value)| (rank * side + cols.start, value))
            })
        })
    }

    /// Adds the rows of another plane.
    ///
    /// # Panics
    /// When it has another number of columns, or the rows so far do not fill their bands of 128.
    pub fn append(&mut self, below: Self) {
        assert_eq!(below.n_cols, self.n_cols, "planes below each other are as wide");
        assert!(self.n_rows.is_multiple_of(BAND_ROWS), "planes are appended at the end of a band");
        self.n_rows += below.n_rows;
        self.bands.extend(below.bands);
    }

    /// Number of rows and of columns.
    pub fn dim(&self) -> (usize, usize) {
        (self.n_rows, self.n_cols)
    }

    /// Number of runs.
    pub fn n_runs(&self) -> usize {
        self.bands.iter().map(|band| band.cols.len()).sum()
    }

    /// The runs of a row.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, row: usize) -> Row<'_, T> {
        self.bands[row / BAND_ROWS].row(row % BAND_ROWS, self.n_cols)
    }

    /// The value of a cell.
    ///
    /// # Panics
    /// When there is no such cell.
    pub fn get(&self, (row, col): (usize, usize)) -> T {
        assert!(col < self.n_cols, "column {col} of {}", self.n_cols);
        self.row(row).get(col)
    }

    /// The cells of a window of the plane.
    pub fn window(&self, window: Window) -> Array2<T> {
        let mut cells = Vec::with_capacity(window.n_cells());
        for row in window.row..window.row + window.rows {
            for (cols, value) in self.row(row).over(window.col..window.col + window.cols) {
                cells.resize(cells.len() + cols.len(), value);
            }
        }
        let shape = (window.rows, window.cols);
        Array2::from_shape_vec(shape, cells).expect("the runs of a row cover its columns")
    }

    /// All cells.
    pub fn to_array(&self) -> Array2<T> {
        self.window(Window { row: 0, col: 0, rows: self.n_rows, cols: self.n_cols })
    }

    /// Whether all cells of a window hold the same value.
    pub fn is_constant(&self, window: Window) -> bool {
        let cols = window.col..window.col + window.cols;
        let rows = (window.row..window.row + window.rows).map(|row| self.row(row));
        let mut runs = rows.flat_map(|row| row.over(cols.clone())).map(|run| run.1);
        let first = runs.next();
        runs.all(|value| Some(value) == first)
    }

    /// The plane of what `change` makes of each value.
    #[must_use]
    pub fn map<U: CellValue>(&self, change: impl Fn(T) -> U + Sync) -> Plane<U> {
        self.of_bands(|_, band| {
            let mut made = Band::new();
            for row in 0..band.n_rows() {
                for (cols, value) in band.row(row, self.n_cols).runs() {
                    made.push(cols.start, change(value));
                }
                made.end_row();
            }
            made
        })
    }

    /// The plane of what `join` makes of the values of two planes.
    ///
    /// # Panics
    /// When they have different shapes.
    #[must_use]
    pub fn zip<U: CellValue, V: CellValue>(
        &self,
        other: &Plane<U>,
        join: impl Fn(T, U) -> V + Sync,
    ) -> Plane<V> {
        assert_eq!(self.dim(), other.dim(), "planes of one raster have one shape");
        self.of_bands(|i, band| {
            let mut made = Band::new();
            for row in 0..band.n_rows() {
                let rows = (band.row(row, self.n_cols), other.bands[i].row(row, self.n_cols));
                zip_rows(rows.0, rows.1, |cols, a, b| made.push(cols.start, join(a, b)));
                made.end_row();
            }
            made
        })
    }

    /// Number of cells of each value.
    pub fn n_cells_by_value(&self) -> BTreeMap<T, u64> {
        let mut counts = BTreeMap::new();
        for (cols, value) in (0..self.n_rows).flat_map(|row| self.row(row).runs()) {
            *counts.entry(value).or_default() += cols.len() as u64;
        }
        counts
    }

    /// Number of cells that hold one value here and another there, by both values.
    ///
    /// # Panics
    /// When the planes have different shapes.
    pub fn differences(&self, other: &Self) -> BTreeMap<(T, T), u64> {
        assert_eq!(self.dim(), other.dim(), "planes of one raster have one shape");
        let mut counts = BTreeMap::new();
        for (a, b) in self.bands.iter().zip(&other.bands).filter(|(a, b)| !Arc::ptr_eq(a, b)) {
            for row in 0..a.n_rows() {
                zip_rows(a.row(row, self.n_cols), b.row(row, self.n_cols), |cols, a, b| {
                    if a != b {
                        *counts.entry((a, b)).or_default() += cols.len() as u64;
                    }
                });
            }
        }
        counts
    }

    /// The plane whose bands are made one by one of this one's.
    fn of_bands<U: CellValue>(&self, made: impl Fn(usize, &Band<T>) -> Band<U> + Sync) -> Plane<U> {
        let bands = self.bands.par_iter().enumerate();
        let bands = bands.map(|(i, band)| made(i, band).closed()).collect();
        Plane { n_rows: self.n_rows, n_cols: self.n_cols, bands }
    }
}

impl Plane<bool> {
    /// Whether a cell of a window is true.
    pub fn any(&self, window: Window) -> bool {
        let cols = window.col..window.col + window.cols;
        let mut rows = window.row..window.row + window.rows;
        rows.any(|row| self.row(row).over(cols.clone()).any(|run| run.1))
    }

    /// The smallest rectangle that holds the true cells of a window.
    pub fn bounds(&self, window: Window) -> Option<Window> {
        let cols = window.col..window.col + window.cols;
        let mut bounds: Option<(Range<usize>, Range<usize>)> = None;
        for row in window.row..window.row + window.rows {
            for (span, _) in self.row(row).over(cols.clone()).filter(|run| run.1) {
                let (rows, cols) = bounds.get_or_insert_with(|| (row..row + 1, span.clone()));
                rows.end = row + 1;
                *cols = cols.start.min(span.start)..cols.end.max(span.end);
            }
        }
        bounds.map(|(rows, cols)| Window {
            row: rows.start,
            col: cols.start,
            rows: rows.len(),
            cols: cols.len(),
        })
    }

    /// Number of true cells.
    pub fn n_true(&self) -> u64 {
        self.n_cells_by_value().get(&true).copied().unwrap_or(0)
    }
}

/// Cuts a row of cells into runs of a band.
fn push_cells<T: CellValue>(band: &mut Band<T>, row: ndarray::ArrayView1<'_, T>) {
    for_each_run(row, |col, value| band.push(col, value));
    band.end_row();
}

#[cfg(test)]
mod tests;
