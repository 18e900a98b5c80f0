//! Runs of equal code, joined into sets by union-find.

use ndarray::{ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

/// Cells compared at once when a row is cut.
const LANES: usize = 16;

/// All runs of a raster in reading order, each with the set that it belongs to.
pub(super) struct RunSets {
    /// Runs of row `r` are `row_starts[r]..row_starts[r + 1]`.
    pub(super) row_starts: Vec<usize>,
    /// First column of each run.
    pub(super) cols: Vec<u32>,
    /// Code of each run.
    pub(super) values: Vec<u16>,
    /// The first run of the set of each run.
    pub(super) parents: Vec<u32>,
}

/// The runs of a band of rows, joined within the band.
fn join_band(band: ArrayView2<'_, u16>) -> RunSets {
    let mut sets = RunSets::new();
    for row in band.outer_iter() {
        cut(row, &mut sets);
        sets.join_last_row(band.ncols());
    }
    sets
}

/// Appends the runs of one row.
fn cut(row: ArrayView1<'_, u16>, sets: &mut RunSets) {
    let owned;
    let row = if let Some(slice) = row.to_slice() {
        slice
    } else {
        owned = row.to_vec();
        &owned
    };
    let Some(&first) = row.first() else { return };
    sets.cols.push(0);
    sets.values.push(first);
    for_each_start(row, |col| {
        sets.cols.push(col as u32);
        sets.values.push(row[col]);
    });
}

/// Visits every cell of a row that differs from the one before it, in order.
#[inline]
pub(crate) fn for_each_start(row: &[u16], mut visit: impl FnMut(usize)) {
    let mut start = 1;
    // Sixteen neighbours are compared at once; a byte that is set is the start of a run.
    while let Some(here) = row.get(start..).and_then(<[u16]>::first_chunk::<LANES>) {
        let before = row[start - 1..].first_chunk::<LANES>().expect("one cell more to the west");
        let starts: [u8; LANES] = std::array::from_fn(|i| u8::from(here[i] != before[i]));
        let mut starts = u128::from_le_bytes(starts);
        while starts != 0 {
            visit(start + starts.trailing_zeros() as usize / 8);
            starts &= starts - 1;
        }
        start += LANES;
    }
    for col in start..row.len() {
        if row[col] != row[col - 1] {
            visit(col);
        }
    }
}

impl RunSets {
    /// Of a raster without rows.
    pub(super) fn new() -> Self {
        Self { row_starts: vec![0], cols: vec![], values: vec![], parents: vec![] }
    }

    /// Cuts the next rows in runs and joins those of equal code that touch by a side.
    pub(super) fn push(&mut self, strip: ArrayView2<'_, u16>, band_rows: usize) {
        let bands: Vec<Self> = strip
            .axis_chunks_iter(Axis(0), band_rows.max(1))
            .into_par_iter()
            .map(|band| join_band(band))
            .collect();
        let n_runs = self.cols.len() + bands.iter().map(|band| band.cols.len()).sum::<usize>();
        assert!(n_runs < u32::MAX as usize, "fewer than 2^32 - 1 runs: cut the raster first");
        for band in bands {
            self.append(&band, strip.ncols());
        }
    }

    /// Appends runs to the row that is not yet joined; neighbours of equal code become one.
    pub(super) fn push_runs(&mut self, runs: impl Iterator<Item = (u32, u16)>) {
        let row_start = self.parents.len();
        for (col, value) in runs {
            if self.cols.len() == row_start || self.values.last() != Some(&value) {
                self.cols.push(col);
                self.values.push(value);
            }
        }
    }

    /// Ends the row whose runs were appended and joins it to the row above.
    pub(super) fn join_last_row(&mut self, n_cols: usize) {
        let n_runs = self.cols.len();
        self.parents.extend(self.parents.len() as u32..n_runs as u32);
        self.row_starts.push(n_runs);
        let n_rows = self.row_starts.len() - 1;
        if n_rows > 1 {
            self.join_rows(n_rows - 2, n_cols);
        }
    }

    /// Appends the next band and joins it to the last row already held.
    fn append(&mut self, band: &RunSets, n_cols: usize) {
        let offset = self.cols.len();
        self.cols.extend_from_slice(&band.cols);
        self.values.extend_from_slice(&band.values);
        self.parents.extend(band.parents.iter().map(|&parent| parent + offset as u32));
        let n_rows_before = self.row_starts.len() - 1;
        self.row_starts.extend(band.row_starts[1..].iter().map(|&start| start + offset));
        if n_rows_before > 0 {
            self.join_rows(n_rows_before - 1, n_cols);
        }
    }

    /// Joins the runs of a row with those of the next one.
    fn join_rows(&mut self, row: usize, n_cols: usize) {
        let end = |sets: &Self, run: usize, row: usize| {
            if run + 1 == sets.row_starts[row + 1] { n_cols as u32 } else { sets.cols[run + 1] }
        };
        let (mut above, mut below) = (self.row_starts[row], self.row_starts[row + 1]);
        while above < self.row_starts[row + 1] && below < self.row_starts[row + 2] {
            if self.values[above] == self.values[below] {
                self.union(above as u32, below as u32);
            }
            let (above_end, below_end) = (end(self, above, row), end(self, below, row + 1));
            above += usize::from(above_end <= below_end);
            below += usize::from(below_end <= above_end);
        }
    }

    /// Joins two sets under the earlier first run.
    fn union(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        self.parents[a.max(b) as usize] = a.min(b);
    }

    /// The first run of a set; halves the path on the way.
    fn find(&mut self, mut run: u32) -> u32 {
        while self.parents[run as usize] != run {
            let parent = self.parents[run as usize];
            self.parents[run as usize] = self.parents[parent as usize];
            run = self.parents[run as usize];
        }
        run
    }

    /// Lets every run point at its first run directly.
    pub(super) fn flatten(&mut self) {
        for run in 0..self.parents.len() {
            // Parents come first, and theirs are already flat.
            self.parents[run] = self.parents[self.parents[run] as usize];
        }
    }
}
