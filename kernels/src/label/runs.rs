//! Runs of equal code, joined into pieces of connected cells by union-find.

use ndarray::ArrayView2;

use super::Region;
use crate::plane::{Row, for_each_run};

/// The runs of some rows in reading order, and the pieces of connected cells that they form.
pub(super) struct BandRuns {
    /// Runs of row `r` are `row_starts[r]..row_starts[r + 1]`.
    pub(super) row_starts: Vec<usize>,
    /// First column of each run.
    pub(super) cols: Vec<u32>,
    /// Code of each run.
    values: Vec<u16>,
    /// While rows are added: an earlier run of the set of each run, or the run itself when it is
    /// the first. Then the piece of each run.
    pub(super) sets: Vec<u32>,
    /// The pieces in order of their first run, those of nodata included.
    pub(super) pieces: Vec<Region>,
    n_cols: u32,
}

impl BandRuns {
    /// Of no row yet, in a raster of this many columns.
    pub(super) fn new(n_cols: usize) -> Self {
        Self {
            row_starts: vec![0],
            cols: vec![],
            values: vec![],
            sets: vec![],
            pieces: vec![],
            n_cols: n_cols as u32,
        }
    }

    /// Reads a band of rows; what was held before is forgotten.
    pub(super) fn read(&mut self, band: ArrayView2<'_, u16>) {
        self.clear();
        for row in band.outer_iter() {
            for_each_run(row, |col, value| {
                self.cols.push(col as u32);
                self.values.push(value);
            });
            self.end_row();
        }
        self.name_pieces();
    }

    /// Reads a band of rows that are cut already; what was held before is forgotten.
    pub(super) fn read_runs<'a>(&mut self, rows: impl Iterator<Item = Row<'a, u16>>) {
        self.clear();
        for row in rows {
            let (cols, values) = row.parts();
            self.cols.extend_from_slice(cols);
            self.values.extend_from_slice(values);
            self.end_row();
        }
        self.name_pieces();
    }

    fn clear(&mut self) {
        self.row_starts.truncate(1);
        self.cols.clear();
        self.values.clear();
        self.sets.clear();
        self.pieces.clear();
    }

    /// Appends runs to the row that has not ended; neighbours of equal code become one.
    pub(super) fn push_runs(&mut self, runs: impl Iterator<Item = (u32, u16)>) {
        let row_start = self.sets.len();
        for (col, value) in runs {
            if self.cols.len() == row_start || self.values.last() != Some(&value) {
                self.cols.push(col);
                self.values.push(value);
            }
        }
    }

    /// Ends the row whose runs were appended and joins it to the row above.
    pub(super) fn end_row(&mut self) {
        let (row, n_runs) = (self.row_starts.len() - 1, self.cols.len());
        assert!(n_runs < u32::MAX as usize, "fewer than 2^32 - 1 runs: cut the raster first");
        let start = self.row_starts[row];
        self.sets.extend(start as u32..n_runs as u32);
        self.row_starts.push(n_runs);
        if row == 0 {
            return;
        }
        let (above, below) = (self.row_starts[row - 1]..start, start..n_runs);
        let cols = (&self.cols[above.clone()], &self.cols[below.clone()]);
        let values = (&self.values[above.clone()], &self.values[below.clone()]);
        let sets = &mut self.sets;
        for_each_contact(cols, self.n_cols, |i, j, _| {
            if values.0[i] == values.1[j] {
                let (i, j) = (above.start + i, below.start + j);
                if sets[j] == j as u32 {
                    // It touches no other yet: any earlier run of the set will do.
                    sets[j] = sets[i];
                } else if sets[j] != sets[i] {
                    union(sets, i as u32, j as u32);
                }
            }
        });
    }

    /// Ends the band: names the sets by the order of their first runs.
    pub(super) fn name_pieces(&mut self) {
        for (row, runs) in self.row_starts.windows(2).enumerate() {
            for run in runs[0]..runs[1] {
                let end = if run + 1 == runs[1] { self.n_cols } else { self.cols[run + 1] };
                let cols = self.cols[run]..end;
                let earlier = self.sets[run] as usize;
                self.sets[run] = if earlier == run {
                    self.pieces.push(Region::of_run(self.values[run], row, cols));
                    self.pieces.len() as u32 - 1
                } else {
                    // An earlier run has its piece already.
                    let piece = self.sets[earlier];
                    self.pieces[piece as usize].extend(row, cols);
                    piece
                };
            }
        }
    }
}

/// Visits the pairs of runs of two neighbouring rows that have columns in common, from the west:
/// the rank of both in their rows, and how many columns.
///
/// * `cols`: first columns of the runs above and of those below.
#[inline]
pub(super) fn for_each_contact(
    (above, below): (&[u32], &[u32]),
    n_cols: u32,
    mut visit: impl FnMut(usize, usize, u32),
) {
    let end = |cols: &[u32], run: usize| cols.get(run + 1).copied().unwrap_or(n_cols);
    let (mut i, mut j, mut col) = (0, 0, 0);
    let (mut above_end, mut below_end) = (end(above, 0), end(below, 0));
    while i < above.len() && j < below.len() {
        let until = above_end.min(below_end);
        visit(i, j, until - col);
        col = until;
        let (is_above, is_below) = (above_end <= below_end, below_end <= above_end);
        if is_above {
            i += 1;
            above_end = end(above, i);
        }
        if is_below {
            j += 1;
            below_end = end(below, j);
        }
    }
}

/// Joins two sets under the earlier first run.
#[inline]
fn union(parents: &mut [u32], a: u32, b: u32) {
    let (a, b) = (find(parents, a), find(parents, b));
    parents[a.max(b) as usize] = a.min(b);
}

/// The first run of a set; halves the path on the way.
#[inline]
fn find(parents: &mut [u32], mut run: u32) -> u32 {
    loop {
        let parent = parents[run as usize];
        if parent == run {
            return run;
        }
        let up = parents[parent as usize];
        parents[run as usize] = up;
        run = up;
    }
}
