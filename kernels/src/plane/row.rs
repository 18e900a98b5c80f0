//! The runs of one row of a plane.

use std::ops::Range;

use super::CellValue;

/// One row: its runs from west to east, which cover all its columns.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a, T> {
    /// First column of each run.
    cols: &'a [u32],
    values: &'a [T],
    n_cols: usize,
}

impl<'a, T: CellValue> Row<'a, T> {
    /// A row of runs that begin at these columns and have these values.
    pub(crate) fn new(cols: &'a [u32], values: &'a [T], n_cols: usize) -> Self {
        Self { cols, values, n_cols }
    }

    /// Columns and value of each run.
    pub fn runs(self) -> impl Iterator<Item = (Range<usize>, T)> + use<'a, T> {
        (0..self.cols.len()).map(move |run| (self.span(run), self.values[run]))
    }

    /// The runs over some columns, cut where these end.
    pub fn over(self, cols: Range<usize>) -> impl Iterator<Item = (Range<usize>, T)> + use<'a, T> {
        let first = if cols.is_empty() { self.cols.len() } else { self.run_at(cols.start) };
        (first..self.cols.len()).take_while(move |&run| (self.cols[run] as usize) < cols.end).map(
            move |run| {
                let span = self.span(run);
                (span.start.max(cols.start)..span.end.min(cols.end), self.values[run])
            },
        )
    }

    /// The value at a column of the row.
    pub(super) fn get(self, col: usize) -> T {
        self.values[self.run_at(col)]
    }

    /// First column and value of each run.
    pub(crate) fn parts(self) -> (&'a [u32], &'a [T]) {
        (self.cols, self.values)
    }

    fn run_at(self, col: usize) -> usize {
        self.cols.partition_point(|&start| start as usize <= col) - 1
    }

    fn span(self, run: usize) -> Range<usize> {
        let end = self.cols.get(run + 1).map_or(self.n_cols, |&next| next as usize);
        self.cols[run] as usize..end
    }
}

/// Visits the pieces of a row in which each of two rasters holds one value.
pub(crate) fn zip_rows<T: CellValue, U: CellValue>(
    a: Row<'_, T>,
    b: Row<'_, U>,
    mut visit: impl FnMut(Range<usize>, T, U),
) {
    let (mut i, mut j, mut col) = (0, 0, 0);
    while i < a.cols.len() && j < b.cols.len() {
        let (a_end, b_end) = (a.span(i).end, b.span(j).end);
        let end = a_end.min(b_end);
        visit(col..end, a.values[i], b.values[j]);
        col = end;
        i += usize::from(a_end == end);
        j += usize::from(b_end == end);
    }
}
