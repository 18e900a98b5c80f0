//! Regions of a class raster: connected cells of equal code, found by runs.
//!
//! Rows are cut into runs of equal code; touching runs of neighbouring rows are joined by
//! union-find. Bands of rows are labelled side by side and their borders joined afterwards. A set
//! is always named by its first run, so the numbering depends on the raster alone, never on the
//! bands or threads. Run-length labelling: He, Chao & Suzuki, "A run-based two-scan labeling
//! algorithm", IEEE Trans. Image Processing 17(5), 2008.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use crate::grid::Window;

mod borders;
mod runs;

pub use borders::{Border, Borders};
use runs::RunSets;

/// The code of cells that were not observed: they form no region.
pub const NODATA: u16 = 0;

/// The region index of nodata cells and of everything outside the raster.
pub const NO_REGION: u32 = u32::MAX;

/// Rows labelled by one task; only a matter of speed.
const BAND_ROWS: usize = 256;

/// One region: its cells touch by their sides and have the same code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// The code of its cells, never [`NODATA`].
    pub value: u16,
    /// Its first cell `(row, col)` in reading order.
    pub first: (u32, u32),
    /// Number of cells.
    pub n_cells: u64,
    /// The smallest rectangle of cells that holds it.
    pub bounds: Window,
}

/// The regions of a raster, and for each run of cells the region that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// The regions in order of their first cell.
    pub regions: Vec<Region>,
    /// First cells of the 4-connected pieces of nodata, in reading order.
    pub voids: Vec<(u32, u32)>,
    n_cols: usize,
    /// Runs of row `r` are `row_starts[r]..row_starts[r + 1]`.
    row_starts: Vec<usize>,
    /// First column of each run.
    run_cols: Vec<u32>,
    /// Region of each run, or [`NO_REGION`].
    run_regions: Vec<u32>,
}

/// Finds the 4-connected regions of equal code of a class raster.
///
/// * `codes`: shape `(rows, cols)`; cells of code [`NODATA`] form no region.
///
/// Regions are numbered in order of their first cell, row by row; diagonal neighbours do not
/// touch. Time is linear in the cells, memory in the runs (eight bytes each).
///
/// # Panics
/// When the raster has 2^32 - 1 runs or more: cut such a raster first.
pub fn label(codes: ArrayView2<'_, u16>) -> Labels {
    label_in_bands(codes, BAND_ROWS)
}

/// [`label`] with a chosen number of rows per task.
fn label_in_bands(codes: ArrayView2<'_, u16>, band_rows: usize) -> Labels {
    let mut labeller = Labeller { band_rows, ..Labeller::new(codes.ncols()) };
    labeller.push(codes);
    labeller.finish()
}

/// Labels a raster that comes in strips of rows, of which none is kept.
///
/// Memory grows with the runs (ten bytes each), whatever the cells; the result is that of
/// [`label`] on all strips together, however they are cut.
pub struct Labeller {
    sets: RunSets,
    n_cols: usize,
    band_rows: usize,
}

impl Labeller {
    /// For a raster of this many columns.
    pub fn new(n_cols: usize) -> Self {
        Self { sets: RunSets::new(), n_cols, band_rows: BAND_ROWS }
    }

    /// Adds the next rows.
    ///
    /// # Panics
    /// When the strip has another number of columns, or the raster 2^32 - 1 runs or more.
    pub fn push(&mut self, strip: ArrayView2<'_, u16>) {
        assert_eq!(strip.ncols(), self.n_cols, "a strip is as wide as the raster");
        self.sets.push(strip, self.band_rows);
    }

    /// Number of runs of the strips so far.
    pub fn n_runs(&self) -> usize {
        self.sets.cols.len()
    }

    /// Numbers the regions of all strips.
    pub fn finish(mut self) -> Labels {
        self.sets.flatten();
        let RunSets { row_starts, cols, values, parents } = self.sets;
        let mut labels = Labels {
            regions: Vec::new(),
            voids: Vec::new(),
            n_cols: self.n_cols,
            row_starts,
            run_cols: cols,
            run_regions: parents,
        };
        for row in 0..labels.row_starts.len() - 1 {
            let runs = labels.row_starts[row]..labels.row_starts[row + 1];
            for (run, &value) in runs.clone().zip(&values[runs]) {
                labels.number(row, run, value);
            }
        }
        labels
    }
}

impl Region {
    /// Adds a run of a row that is not above the rows already seen.
    fn extend(&mut self, row: usize, cols: Range<usize>) {
        self.n_cells += cols.len() as u64;
        let bounds = &mut self.bounds;
        let end = (bounds.col + bounds.cols).max(cols.end);
        bounds.col = bounds.col.min(cols.start);
        bounds.cols = end - bounds.col;
        bounds.rows = row + 1 - bounds.row;
    }
}

impl Labels {
    /// Puts the region of a run in the place of its set's first run, which has been numbered.
    fn number(&mut self, row: usize, run: usize, value: u16) {
        let cols = self.run_span(row, run);
        let first_run = self.run_regions[run] as usize;
        let first = (row as u32, cols.start as u32);
        if value == NODATA {
            if first_run == run {
                self.voids.push(first);
            }
            self.run_regions[run] = NO_REGION;
        } else if first_run == run {
            self.run_regions[run] = self.regions.len() as u32;
            let bounds = Window { row, col: cols.start, rows: 1, cols: cols.len() };
            self.regions.push(Region { value, first, n_cells: cols.len() as u64, bounds });
        } else {
            let region = self.run_regions[first_run];
            self.run_regions[run] = region;
            self.regions[region as usize].extend(row, cols);
        }
    }

    /// Shape of the raster, `(rows, cols)`.
    pub fn dim(&self) -> (usize, usize) {
        (self.row_starts.len() - 1, self.n_cols)
    }

    /// Number of runs, those of nodata included.
    pub fn n_runs(&self) -> usize {
        self.run_cols.len()
    }

    /// The runs of a row from west to east: columns, and region or [`NO_REGION`].
    pub fn runs(&self, row: usize) -> impl Iterator<Item = (Range<usize>, u32)> + '_ {
        (self.row_starts[row]..self.row_starts[row + 1])
            .map(move |run| (self.run_span(row, run), self.run_regions[run]))
    }

    /// Cuts the rows in strips of about this many runs, at least one row each.
    pub(crate) fn strips(&self, n_runs: usize) -> Vec<Range<usize>> {
        let mut strips = Vec::new();
        let mut start = 0;
        for row in 1..self.row_starts.len() {
            let is_last = row + 1 == self.row_starts.len();
            if is_last || self.row_starts[row] - self.row_starts[start] >= n_runs {
                strips.push(start..row);
                start = row;
            }
        }
        strips
    }

    /// The same cells with another code in the place of each region's.
    ///
    /// Neighbours of equal code become one region; code 0 makes a region nodata.
    #[must_use]
    pub fn recoded(&self, code_of: impl Fn(usize) -> u16) -> Self {
        let mut sets = RunSets::new();
        for row in 0..self.dim().0 {
            let code = |region| if region == NO_REGION { NODATA } else { code_of(region as usize) };
            let (cols, regions) = self.row_or_outside(row as i64);
            sets.push_runs(cols.iter().copied().zip(regions.iter().map(|&region| code(region))));
            sets.join_last_row(self.n_cols);
        }
        Labeller { sets, n_cols: self.n_cols, band_rows: BAND_ROWS }.finish()
    }

    /// First column and region of each run of a row; nothing for a row outside the raster.
    pub(crate) fn row_or_outside(&self, row: i64) -> (&[u32], &[u32]) {
        let row = usize::try_from(row).unwrap_or(usize::MAX);
        match self.row_starts.get(row).zip(self.row_starts.get(row.wrapping_add(1))) {
            Some((&start, &end)) => (&self.run_cols[start..end], &self.run_regions[start..end]),
            None => (&[], &[]),
        }
    }

    /// The region of a cell, or [`NO_REGION`] for nodata and for cells outside the raster.
    pub fn region_at(&self, row: i64, col: i64) -> u32 {
        let (n_rows, n_cols) = self.dim();
        let (Ok(row), Ok(col)) = (usize::try_from(row), usize::try_from(col)) else {
            return NO_REGION;
        };
        if row >= n_rows || col >= n_cols {
            return NO_REGION;
        }
        let runs = self.row_starts[row]..self.row_starts[row + 1];
        let after = self.run_cols[runs.clone()].partition_point(|&start| start as usize <= col);
        self.run_regions[runs.start + after - 1]
    }

    /// Paints a raster from a value per region; nodata cells take `V::default()`.
    ///
    /// `paint` receives the region index.
    pub fn paint<V>(&self, paint: impl Fn(usize) -> V + Sync) -> Array2<V>
    where
        V: Copy + Default + Send + Sync,
    {
        let mut cells = Array2::default(self.dim());
        let lines = cells.axis_iter_mut(Axis(0)).into_par_iter();
        lines.enumerate().for_each(|(row, line)| {
            let line = line.into_slice().expect("rows of a new array are contiguous");
            for (cols, region) in self.runs(row).filter(|run| run.1 != NO_REGION) {
                line[cols].fill(paint(region as usize));
            }
        });
        cells
    }

    /// The label raster: 1 + region index on each cell, 0 on nodata.
    pub fn raster(&self) -> Array2<u32> {
        self.paint(|region| region as u32 + 1)
    }

    /// Which regions touch, and along how many cell sides.
    pub fn borders(&self) -> Borders {
        Borders::of(self)
    }

    /// Counts, for each region, the cells where a mask of the raster's shape is true.
    ///
    /// # Panics
    /// When the mask has another shape than the raster.
    pub fn count(&self, mask: ArrayView2<'_, bool>) -> Vec<u64> {
        assert_eq!(mask.dim(), self.dim(), "the mask has the raster's shape");
        let mut counts = vec![0; self.regions.len()];
        for (row, cells) in mask.outer_iter().enumerate() {
            for (cols, region) in self.runs(row).filter(|run| run.1 != NO_REGION) {
                counts[region as usize] += cols.filter(|&col| cells[col]).count() as u64;
            }
        }
        counts
    }

    /// Columns of a run of a row.
    fn run_span(&self, row: usize, run: usize) -> Range<usize> {
        let is_last = run + 1 == self.row_starts[row + 1];
        let end = if is_last { self.n_cols } else { self.run_cols[run + 1] as usize };
        self.run_cols[run] as usize..end
    }
}

#[cfg(test)]
pub(crate) mod tests;
