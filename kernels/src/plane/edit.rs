//! Changes of a plane: runs of cells that take another value.

use std::ops::Range;
use std::sync::Arc;

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::row::{Row, zip_rows};
use super::{BAND_ROWS, Band, CellValue, Plane};
use crate::grid::Window;

/// Some cells of a row that take a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit<T> {
    /// The row.
    pub row: u32,
    /// The first column.
    pub start: u32,
    /// The column after the last one.
    pub end: u32,
    /// What the cells take.
    pub value: T,
}

impl<T: CellValue> Edit<T> {
    /// Of some columns of a row.
    pub fn new(row: usize, cols: Range<usize>, value: T) -> Self {
        Self { row: row as u32, start: cols.start as u32, end: cols.end as u32, value }
    }

    /// The columns.
    pub fn cols(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The same cells with another value.
    #[must_use]
    pub fn with<U>(&self, value: U) -> Edit<U> {
        Edit { row: self.row, start: self.start, end: self.end, value }
    }
}

/// The edits that make the cells of a window what they are now.
///
/// * `was`, `now`: shape of the window.
///
/// # Panics
/// When the shapes differ.
pub fn edits_between<T: CellValue>(
    was: ArrayView2<'_, T>,
    now: ArrayView2<'_, T>,
    window: Window,
) -> Vec<Edit<T>> {
    assert_eq!(was.dim(), now.dim(), "what was and what is now have one shape");
    let mut edits: Vec<Edit<T>> = Vec::new();
    for (row, (was, now)) in (window.row..).zip(was.outer_iter().zip(now.outer_iter())) {
        for (col, (was, now)) in (window.col..).zip(was.iter().zip(now)) {
            if was == now {
                continue;
            }
            let here = Edit::new(row, col..col + 1, *now);
            match edits.last_mut() {
                Some(last)
                    if (last.row, last.end, last.value) == (here.row, here.start, here.value) =>
                {
                    last.end = here.end;
                }
                _ => edits.push(here),
            }
        }
    }
    edits
}

impl<T: CellValue> Plane<T> {
    /// The edits that make this plane another one.
    ///
    /// # Panics
    /// When the planes have different shapes.
    pub fn edits_to(&self, other: &Self) -> Vec<Edit<T>> {
        assert_eq!(self.dim(), other.dim(), "planes of one raster have one shape");
        let edits_of = |band: usize| {
            let (was, now) = (&self.bands[band], &other.bands[band]);
            let mut edits = Vec::new();
            let n_rows = if Arc::ptr_eq(was, now) { 0 } else { was.n_rows() };
            for row in 0..n_rows {
                let rows = (was.row(row, self.n_cols), now.row(row, self.n_cols));
                zip_rows(rows.0, rows.1, |cols, was, now| {
                    if was != now {
                        edits.push(Edit::new(band * BAND_ROWS + row, cols, now));
                    }
                });
            }
            edits
        };
        (0..self.bands.len()).into_par_iter().flat_map_iter(edits_of).collect()
    }

    /// The plane after some edits, of which no two concern the same cell.
    #[must_use]
    pub fn edited(&self, mut edits: Vec<Edit<T>>) -> Self {
        edits.par_sort_unstable();
        // Of two edits of one cell the later one would be dropped, or begin where the first one ends,
        // depending on the runs below: a rule that decides a cell twice is in error.
        debug_assert!(
            edits.windows(2).all(|w| (w[0].row, w[0].end) <= (w[1].row, w[1].start)),
            "two edits concern one cell"
        );
        let edits_of = |band: usize| {
            let first = edits.partition_point(|edit| (edit.row as usize) < band * BAND_ROWS);
            let end = edits.partition_point(|edit| (edit.row as usize) < (band + 1) * BAND_ROWS);
            &edits[first..end]
        };
        let bands = self.bands.par_iter().enumerate().map(|(i, band)| match edits_of(i) {
            [] => Arc::clone(band),
            edits => edited_band(band, edits, self.n_cols),
        });
        Self { bands: bands.collect(), ..*self }
    }
}

/// A band after its edits.
fn edited_band<T: CellValue>(band: &Band<T>, mut edits: &[Edit<T>], n_cols: usize) -> Arc<Band<T>> {
    let mut made = Band::new();
    for row in 0..band.n_rows() {
        let is_here = |edit: &Edit<T>| edit.row as usize % BAND_ROWS == row;
        let (here, rest) = edits.split_at(edits.partition_point(is_here));
        edits = rest;
        push_edited(&mut made, band.row(row, n_cols), here);
        made.end_row();
    }
    made.closed()
}

/// Appends the runs of a row, with its edits from west to east.
fn push_edited<T: CellValue>(made: &mut Band<T>, row: Row<'_, T>, edits: &[Edit<T>]) {
    let mut edits = edits.iter().peekable();
    for (cols, value) in row.runs() {
        let mut col = cols.start;
        while col < cols.end {
            match edits.peek() {
                Some(edit) if edit.cols().start <= col => {
                    made.push(col, edit.value);
                    col = edit.cols().end.min(cols.end);
                    if col == edit.cols().end {
                        edits.next();
                    }
                }
                next => {
                    made.push(col, value);
                    col = next.map_or(cols.end, |edit| edit.cols().start.min(cols.end));
                }
            }
        }
    }
}
