//! From a class raster to a coverage of shared arcs: the exact, noded outline of every region.
//!
//! The corners of the cells are the places; a side between two cells of different code is a piece
//! of boundary. A corner where three or four such sides meet is a node. An arc goes from a node to
//! the next one, or around when it meets none; then it surrounds one region (or one piece of
//! nodata). Arcs come in the order in which their first corners are read, those with nodes first.
//!
//! Unlike GDAL's polygonizer, a node is a vertex of all the faces around it, also of the one whose
//! side runs straight through (the "T" junction): the result is a valid coverage.
//!
//! Bands of rows are swept (`sweep`) and their arcs followed (`band`) side by side, while what a
//! band holds is at hand; then the few arcs that cross the limits of bands are joined (`join`).
//! What is found depends on the raster alone; time and memory grow with the boundaries, not with
//! the cells.

use std::ops::Range;

use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::arcs::{ArcCoverage, Face, Lines, Rings};
use crate::grid::Grid;
use crate::label::{Labels, label};

mod band;
mod join;
mod proof;
mod sweep;

use band::Band;
use join::{Joined, Stretch, lists};
pub use proof::first_difference;
use sweep::Corners;

/// Runs of the rows traced by one task, whose corners then fit in a processor's own cache; only a
/// matter of speed.
const BAND_RUNS: usize = 1 << 17;

/// Traces the coverage of the 4-connected regions of equal code of a class raster.
///
/// * `codes`: shape `(rows, cols)`; cells of code 0 are nodata and become no face.
/// * `grid`: where the cells lie; same shape.
///
/// Faces come in order of their first cell, row by row. A face's area is exactly its number of
/// cells; diagonal neighbours are not joined; every ring is simple. Arcs hold corners only, no
/// point in the middle of a straight line but the nodes. Burning the polygons onto the grid
/// ([`crate::rasterise::rasterise`]) gives `codes` back.
///
/// # Panics
/// When the grid has another shape than the raster, or the raster 2^31 arcs or more.
pub fn trace(codes: ArrayView2<'_, u16>, grid: &Grid) -> ArcCoverage {
    let labels = label(codes);
    let outlines = Outlines::of(&labels, grid, labels.strips(BAND_RUNS));
    // The runs are not needed any more, and the faces take the place of the regions.
    outlines.coverage(labels.into_regions().into_iter().map(Face::from).collect())
}

/// [`trace`], for a raster that is already labelled.
///
/// Time and memory grow with the runs, not with the cells.
///
/// # Panics
/// As [`trace`].
pub fn trace_labels(labels: &Labels, grid: &Grid) -> ArcCoverage {
    trace_in_bands(labels, grid, labels.strips(BAND_RUNS))
}

/// [`trace_labels`] with a chosen number of rows per task.
fn trace_in_bands(labels: &Labels, grid: &Grid, bands: Vec<Range<usize>>) -> ArcCoverage {
    let faces = labels.regions.iter().copied().map(Face::from).collect();
    Outlines::of(labels, grid, bands).coverage(faces)
}

/// All boundaries of a raster, band by band.
struct Outlines {
    bands: Vec<Band>,
    joined: Joined,
}

impl Outlines {
    /// Sweeps the bands side by side and joins what they found.
    fn of(labels: &Labels, grid: &Grid, mut bands: Vec<Range<usize>>) -> Self {
        assert_eq!(labels.dim(), (grid.rows, grid.cols), "the raster has the grid's shape");
        // There is a row of corners more than there are of cells.
        if let Some(last) = bands.last_mut() {
            last.end += 1;
        }
        let bands = bands.into_par_iter().map_init(Corners::new, |corners, rows| {
            corners.read(labels, grid, rows);
            Band::of(corners)
        });
        let bands: Vec<Band> = bands.collect();
        let joined = Joined::of(&bands, labels, grid);
        Self { bands, joined }
    }

    /// Puts the arcs in their order and the rings together.
    fn coverage(self, faces: Vec<Face>) -> ArcCoverage {
        let Self { bands, joined } = self;
        let mut stretches = joined.arcs(&bands);
        let first_loop = stretches.iter().map(|stretch| stretch.arcs.len()).sum();
        stretches.extend(joined.loops(&bands));
        let n_arcs = stretches.iter().map(|stretch| stretch.arcs.len()).sum();
        assert!(n_arcs < 1 << 31, "fewer than 2^31 arcs: cut the raster first");
        let sides = of_all(&stretches, n_arcs, Lines::sides);
        let rings = || {
            let tops = of_all(&stretches, n_arcs, Lines::tops);
            Rings::of(joined.successors(&bands, n_arcs), &sides, &tops, faces.len())
        };
        let (spans, rings) = rayon::join(
            || {
                let mut spans = Vec::with_capacity(n_arcs);
                for stretch in &stretches {
                    spans.extend(stretch.spans());
                }
                spans
            },
            rings,
        );
        ArcCoverage::new((lists(bands, joined), spans), (sides, first_loop), rings, faces)
    }
}

/// What is known of each arc.
fn of_all<T: Copy>(stretches: &[Stretch<'_>], n_arcs: usize, what: fn(&Lines) -> &[T]) -> Vec<T> {
    let mut all = Vec::with_capacity(n_arcs);
    for stretch in stretches {
        all.extend_from_slice(&what(stretch.lines)[stretch.arcs.clone()]);
    }
    all
}

#[cfg(test)]
pub(crate) mod tests;
