//! One region: connected cells of equal code.

use std::ops::Range;

use crate::grid::Window;

/// One region: its cells touch by their sides and have the same code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Number of cells.
    pub n_cells: u64,
    /// Its first cell `(row, col)` in reading order.
    pub first: (u32, u32),
    /// The row after its last one.
    row_end: u32,
    /// Its columns.
    cols: (u32, u32),
    /// The code of its cells, never [`super::NODATA`].
    pub value: u16,
}

impl Region {
    /// The cells of one run.
    pub(super) fn of_run(value: u16, row: usize, cols: Range<u32>) -> Self {
        let n_cells = u64::from(cols.end - cols.start);
        let first = (row as u32, cols.start);
        Self { n_cells, first, row_end: row as u32 + 1, cols: (cols.start, cols.end), value }
    }

    /// Adds a run of a row that is not above the rows already seen.
    #[inline]
    pub(super) fn extend(&mut self, row: usize, cols: Range<u32>) {
        self.n_cells += u64::from(cols.end - cols.start);
        self.row_end = row as u32 + 1;
        self.cols = (self.cols.0.min(cols.start), self.cols.1.max(cols.end));
    }

    /// Adds the cells of a region whose first cell comes later.
    pub(super) fn unite(&mut self, other: &Self) {
        self.n_cells += other.n_cells;
        self.row_end = self.row_end.max(other.row_end);
        self.cols = (self.cols.0.min(other.cols.0), self.cols.1.max(other.cols.1));
    }

    /// The same cells so many rows further south.
    pub(super) fn below(&self, n_rows: usize) -> Self {
        let first = (self.first.0 + n_rows as u32, self.first.1);
        Self { first, row_end: self.row_end + n_rows as u32, ..*self }
    }

    /// The smallest rectangle of cells that holds it.
    pub fn bounds(&self) -> Window {
        let (row, col) = (self.first.0 as usize, self.cols.0 as usize);
        let (row_end, col_end) = (self.row_end as usize, self.cols.1 as usize);
        Window { row, col, rows: row_end - row, cols: col_end - col }
    }
}
