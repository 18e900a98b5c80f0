//! Regions of a class raster: connected cells of equal code, found by runs.
//!
//! Rows are cut into runs of equal code; touching runs of neighbouring rows are joined by
//! union-find. Bands of rows are labelled side by side; afterwards the pieces of regions that they
//! hold are joined. A region is always named by its first run, so the numbering depends on the
//! raster alone, never on the bands or threads. Run-length labelling: He, Chao & Suzuki, "A run-based two-scan labeling
//! algorithm", IEEE Trans. Image Processing 17(5), 2008.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use crate::plane::{CellValue, Plane, Row, zip_rows};
use crate::union_find::UnionFind;

mod borders;
mod region;
mod runs;

pub use borders::{Border, Borders};
pub use region::Region;
use runs::{BandRuns, for_each_contact};

/// The code of cells that were not observed: they form no region.
pub const NODATA: u16 = 0;

/// The region index of nodata cells and of everything outside the raster.
pub const NO_REGION: u32 = u32::MAX;

/// Rows labelled by one task; only a matter of speed.
const BAND_ROWS: usize = 128;

/// Cells labelled by one task at most, where rows are long.
const BAND_CELLS: usize = 1 << 22;

/// Bands that a thread labels before they are put together; only a matter of memory.
const TASKS_PER_THREAD: usize = 4;

/// Cells painted at once; only a matter of speed.
const BRUSH: usize = 16;

/// Runs renamed by one task at least; only a matter of speed.
const MIN_RUNS: usize = 1 << 16;

/// The regions of a raster, and for each run of cells the region that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// The regions in order of their first cell.
    pub regions: Vec<Region>,
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

/// [`label`] of a plane: time and memory grow with its runs, not with its cells.
///
/// # Panics
/// As [`label`].
pub fn label_plane(codes: &Plane<u16>) -> Labels {
    let mut labeller = Labeller::new(codes.dim().1);
    labeller.push_plane(codes);
    labeller.finish()
}

/// [`label`] with a chosen number of rows per task.
fn label_in_bands(codes: ArrayView2<'_, u16>, band_rows: usize) -> Labels {
    let mut labeller = Labeller { band_rows, ..Labeller::new(codes.ncols()) };
    labeller.push(codes);
    labeller.finish()
}

/// Labels a raster that comes in strips of rows, of which none is kept.
///
/// Memory grows with the runs (eight bytes each) and the regions, whatever the cells; the result is
/// that of [`label`] on all strips together, however they are cut.
pub struct Labeller {
    row_starts: Vec<usize>,
    run_cols: Vec<u32>,
    /// The piece of each run.
    run_pieces: Vec<u32>,
    /// Connected cells of one band, in order of their first cell, those of nodata included.
    pieces: Vec<Region>,
    /// The pieces that touch over the limits of bands.
    sets: UnionFind,
    /// The bands at hand, whose memory is used again and again.
    bands: Vec<BandRuns>,
    n_cols: usize,
    band_rows: usize,
}

impl Labeller {
    /// For a raster of this many columns.
    pub fn new(n_cols: usize) -> Self {
        Self {
            row_starts: vec![0],
            run_cols: vec![],
            run_pieces: vec![],
            pieces: vec![],
            sets: UnionFind::new(0),
            bands: vec![],
            n_cols,
            band_rows: (BAND_CELLS / n_cols.max(1)).clamp(1, BAND_ROWS),
        }
    }

    /// Adds the next rows.
    ///
    /// # Panics
    /// When the strip has another number of columns, or the raster 2^32 - 1 runs or more.
    pub fn push(&mut self, strip: ArrayView2<'_, u16>) {
        assert_eq!(strip.ncols(), self.n_cols, "a strip is as wide as the raster");
        let bands = strip.axis_chunks_iter(Axis(0), self.band_rows.max(1)).collect();
        self.push_bands(bands, |band, rows: &ArrayView2<'_, u16>| band.read(*rows));
    }

    /// Adds the rows of a plane.
    fn push_plane(&mut self, plane: &Plane<u16>) {
        let (n_rows, side) = (plane.dim().0, self.band_rows.max(1));
        let bands = (0..n_rows).step_by(side).map(|row| row..(row + side).min(n_rows)).collect();
        self.push_bands(bands, |band, rows: &Range<usize>| {
            band.read_runs(rows.clone().map(|row| plane.row(row)));
        });
    }

    /// Adds bands of rows, which are read side by side.
    fn push_bands<R: Sync>(&mut self, rows: Vec<R>, read: impl Fn(&mut BandRuns, &R) + Sync) {
        let n_together = TASKS_PER_THREAD * rayon::current_num_threads();
        self.bands.resize_with(n_together, || BandRuns::new(self.n_cols));
        let mut bands = std::mem::take(&mut self.bands);
        for (group, some) in rows.chunks(n_together).enumerate() {
            let bands = &mut bands[..some.len()];
            bands.par_iter_mut().zip(some).for_each(|(band, rows)| read(band, rows));
            if group == 0 {
                self.reserve(bands, rows.len().div_ceil(n_together));
            }
            for band in &*bands {
                self.append(band);
            }
        }
        self.bands = bands;
    }

    /// Makes room for so many groups of bands like these, and somewhat more.
    fn reserve(&mut self, bands: &[BandRuns], n_groups: usize) {
        let room = |n: usize| n * n_groups + n * n_groups / 16;
        let n_runs = room(bands.iter().map(|band| band.cols.len()).sum());
        self.run_cols.reserve(n_runs);
        self.run_pieces.reserve(n_runs);
        self.pieces.reserve(room(bands.iter().map(|band| band.pieces.len()).sum()));
    }

    /// Appends the next band and joins it to the last row already held.
    fn append(&mut self, band: &BandRuns) {
        let (n_rows, n_runs, n_pieces) =
            (self.row_starts.len() - 1, self.run_cols.len(), self.pieces.len());
        let is_few = n_runs + band.cols.len() < u32::MAX as usize;
        assert!(is_few, "fewer than 2^32 - 1 runs: cut the raster first");
        self.row_starts.extend(band.row_starts[1..].iter().map(|&start| start + n_runs));
        self.run_cols.extend_from_slice(&band.cols);
        self.run_pieces.extend(band.sets.iter().map(|&piece| piece + n_pieces as u32));
        self.pieces.extend(band.pieces.iter().map(|piece| piece.below(n_rows)));
        self.sets.grow(self.pieces.len());
        if n_rows > 0 && self.row_starts.len() - 1 > n_rows {
            self.join_rows(n_rows);
        }
    }

    /// Joins the pieces of a row with those of the row above.
    fn join_rows(&mut self, row: usize) {
        let above = self.row_starts[row - 1]..self.row_starts[row];
        let below = self.row_starts[row]..self.row_starts[row + 1];
        let cols = (&self.run_cols[above.clone()], &self.run_cols[below.clone()]);
        let pieces = (&self.run_pieces[above], &self.run_pieces[below]);
        for_each_contact(cols, self.n_cols as u32, |i, j, _| {
            let (a, b) = (pieces.0[i], pieces.1[j]);
            if self.pieces[a as usize].value == self.pieces[b as usize].value {
                self.sets.union(a, b);
            }
        });
    }

    /// Number of runs of the strips so far.
    pub fn n_runs(&self) -> usize {
        self.run_cols.len()
    }

    /// Number of connected pieces of the bands so far: at least as many as there are regions.
    pub fn n_pieces(&self) -> usize {
        self.pieces.len()
    }

    /// Numbers the regions of all strips.
    pub fn finish(self) -> Labels {
        let Self { row_starts, run_cols, mut run_pieces, mut pieces, mut sets, n_cols, .. } = self;
        let mut names = Vec::with_capacity(pieces.len());
        let mut n_regions = 0;
        for i in 0..pieces.len() {
            let (piece, first) = (pieces[i], sets.root(i as u32) as usize);
            if piece.value == NODATA {
                names.push(NO_REGION);
            } else if first == i {
                // Its place is free: there are not more regions than pieces so far.
                pieces[n_regions] = piece;
                names.push(n_regions as u32);
                n_regions += 1;
            } else {
                let region = names[first];
                pieces[region as usize].unite(&piece);
                names.push(region);
            }
        }
        pieces.truncate(n_regions);
        run_pieces
            .par_iter_mut()
            .with_min_len(MIN_RUNS)
            .for_each(|run| *run = names[*run as usize]);
        Labels { regions: pieces, n_cols, row_starts, run_cols, run_regions: run_pieces }
    }
}

impl Labels {
    /// Shape of the raster, `(rows, cols)`.
    pub fn dim(&self) -> (usize, usize) {
        (self.row_starts.len() - 1, self.n_cols)
    }

    /// The regions alone; the runs are given up.
    pub(crate) fn into_regions(self) -> Vec<Region> {
        self.regions
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
        let mut band = BandRuns::new(self.n_cols);
        for row in 0..self.dim().0 {
            let code = |region| if region == NO_REGION { NODATA } else { code_of(region as usize) };
            let (cols, regions) = self.row_or_outside(row as i64);
            band.push_runs(cols.iter().copied().zip(regions.iter().map(|&region| code(region))));
            band.end_row();
        }
        band.name_pieces();
        let mut labeller = Labeller::new(self.n_cols);
        labeller.append(&band);
        labeller.finish()
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
        // Zeroed memory costs nothing before it is written.
        let mut cells = Array2::from_elem(self.dim(), V::default());
        let lines = cells.axis_iter_mut(Axis(0)).into_par_iter();
        lines.enumerate().for_each(|(row, line)| {
            let line = line.into_slice().expect("rows of a new array are contiguous");
            for (cols, region) in self.runs(row) {
                let value = if region == NO_REGION { V::default() } else { paint(region as usize) };
                // Most runs are short: a few cells too many at once, which the next runs repaint.
                match line[cols.start..].first_chunk_mut::<BRUSH>() {
                    Some(cells) if cols.len() <= BRUSH => *cells = [value; BRUSH],
                    _ => line[cols].fill(value),
                }
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
    pub fn count(&self, mask: &Plane<bool>) -> Vec<u64> {
        assert_eq!(mask.dim(), self.dim(), "the mask has the raster's shape");
        let mut counts = vec![0; self.regions.len()];
        for row in 0..self.dim().0 {
            zip_rows(self.row(row), mask.row(row), |cols, region, is_counted| {
                if is_counted && region != NO_REGION {
                    counts[region as usize] += cols.len() as u64;
                }
            });
        }
        counts
    }

    /// The plane of a value per region; nodata cells take `outside`.
    pub fn plane<V: CellValue>(&self, value: impl Fn(usize) -> V + Sync, outside: V) -> Plane<V> {
        let value = &value;
        Plane::of_runs(self.dim(), |row| {
            self.row(row).runs().map(move |(cols, region)| match region {
                NO_REGION => (cols.start, outside),
                region => (cols.start, value(region as usize)),
            })
        })
    }

    /// Row, columns and region of the runs of the regions wanted, in reading order.
    pub(crate) fn runs_where(
        &self,
        is_wanted: impl Fn(usize) -> bool + Copy,
    ) -> impl Iterator<Item = (usize, Range<usize>, usize)> {
        (0..self.dim().0).flat_map(move |row| {
            let runs =
                self.runs(row).filter(move |&(_, r)| r != NO_REGION && is_wanted(r as usize));
            runs.map(move |(cols, region)| (row, cols, region as usize))
        })
    }

    /// The runs of a row and their regions.
    pub(crate) fn row(&self, row: usize) -> Row<'_, u32> {
        let runs = self.row_starts[row]..self.row_starts[row + 1];
        Row::new(&self.run_cols[runs.clone()], &self.run_regions[runs], self.n_cols)
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
