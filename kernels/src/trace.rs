//! From a class raster to a coverage of shared arcs: the exact, noded outline of every region.
//!
//! The corners of the cells are the places; a side between two cells of different code is a piece
//! of boundary. A corner where three or four such sides meet is a node. From every node each side
//! is followed to the next node; what is left are the outlines without a node, and each of these
//! surrounds one region (or one piece of nodata), at whose first cell it is picked up. Every walk
//! depends on the raster alone, so bands and threads only decide who walks, never what is found.
//!
//! Unlike GDAL's polygonizer, a node is a vertex of all the faces around it, also of the one whose
//! side runs straight through (the "T" junction): the result is a valid coverage. Corners are found by sweeping the runs of two rows
//! at a time (see `sweep`), so time and memory grow with the boundaries, not with the cells.

use std::ops::Range;

use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::arcs::{ArcCoverage, ArcEnds, ArcPoints, Sides, assemble};
use crate::grid::Grid;
use crate::label::{Labels, label};

mod proof;
mod sweep;

pub use proof::first_difference;
use sweep::{Corners, Stop};

/// Rows of corners swept by one task; only a matter of speed.
const BAND_ROWS: usize = 256;

/// Nodes whose arcs are followed by one task; only a matter of speed.
const BAND_NODES: usize = 4096;

/// Regions whose outline is tried by one task; only a matter of speed.
const BAND_REGIONS: usize = 4096;

/// A corner of the cells: the north-west corner of cell `(row, col)`, one past the end included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Corner {
    row: u32,
    col: u32,
}

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
    trace_labels(&label(codes), grid)
}

/// [`trace`], for a raster that is already labelled.
///
/// Time and memory grow with the runs, not with the cells.
///
/// # Panics
/// As [`trace`].
pub fn trace_labels(labels: &Labels, grid: &Grid) -> ArcCoverage {
    trace_in_bands(labels, grid, BAND_ROWS)
}

/// Arcs found by one task.
#[derive(Default)]
struct Found {
    arcs: ArcPoints,
    sides: Vec<Sides>,
    /// Empty for arcs without a node.
    ends: Vec<ArcEnds>,
}

/// [`trace_labels`] with a chosen number of rows per task.
fn trace_in_bands(labels: &Labels, grid: &Grid, band_rows: usize) -> ArcCoverage {
    assert_eq!(labels.dim(), (grid.rows, grid.cols), "the raster has the grid's shape");
    let tracer = Tracer { corners: Corners::of(labels, band_rows), labels, grid };
    let n_nodes = tracer.corners.nodes().len();
    let between_nodes: Vec<Found> = (0..n_nodes.div_ceil(BAND_NODES))
        .into_par_iter()
        .map(|band| tracer.arcs_from(band * BAND_NODES..((band + 1) * BAND_NODES).min(n_nodes)))
        .collect();
    let mut firsts: Vec<(u32, u32)> = labels.regions.iter().map(|region| region.first).collect();
    firsts.extend(&labels.voids);
    let loops: Vec<Found> =
        firsts.par_chunks(BAND_REGIONS).map(|firsts| tracer.loops_at(firsts)).collect();
    drop(tracer);
    join(between_nodes, loops, (n_nodes, labels))
}

/// Puts everything together, arcs between nodes first.
fn join(
    between_nodes: Vec<Found>,
    loops: Vec<Found>,
    (n_nodes, labels): (usize, &Labels),
) -> ArcCoverage {
    let mut arcs = ArcPoints::default();
    let mut sides = Vec::new();
    let mut ends = Vec::new();
    for found in between_nodes.into_iter().chain(loops) {
        arcs.append(&found.arcs);
        sides.extend_from_slice(&found.sides);
        ends.extend(found.ends.into_iter().map(Some));
        ends.resize(sides.len(), None);
    }
    assert!(sides.len() < 1 << 31, "fewer than 2^31 arcs: cut the raster first");
    assemble(arcs, sides, ends, n_nodes, &labels.regions)
}

/// What the walks read.
struct Tracer<'a> {
    corners: Corners,
    labels: &'a Labels,
    grid: &'a Grid,
}

impl Tracer<'_> {
    /// Follows the arcs that start at some of the nodes.
    fn arcs_from(&self, nodes: Range<usize>) -> Found {
        let mut found = Found::default();
        let mut turns = Vec::new();
        for start in nodes {
            let node = &self.corners.nodes()[start];
            for departure in 0..4 {
                let beside = [departure, departure + 1].map(|quarter| node.around[quarter % 4]);
                if beside[0] == beside[1] {
                    continue;
                }
                let departure = departure as u8;
                let Stop::Node { rank: end, arrival } =
                    self.corners.follow_node(start, departure, &mut turns)
                else {
                    unreachable!("what leaves a node ends at one")
                };
                // Both ends find the arc; it starts at the earlier one.
                if (start, departure) < (end, (arrival + 2) % 4) {
                    let last = self.corners.nodes()[end].at;
                    let [left, right] = beside;
                    found.sides.push(Sides { left, right, is_loop: false });
                    self.push(&mut found, (node.at, last), &turns);
                    let (start, end) = (start as u32, end as u32);
                    found.ends.push(ArcEnds { start, departure, end, arrival });
                }
            }
        }
        found
    }

    /// Finds the outlines without a node that begin at the given first cells, which they surround.
    fn loops_at(&self, firsts: &[(u32, u32)]) -> Found {
        let mut found = Found::default();
        let mut turns = Vec::new();
        for &(row, col) in firsts {
            let at = Corner { row, col };
            let Some(start) = self.corners.turn_to_south_east(at) else { continue };
            // A piece of nodata open to the outside begins at no outline of its own: the outline
            // beside it has an earlier corner elsewhere.
            if let Stop::Start = self.corners.follow_turn(start, &mut turns) {
                let (row, col) = (i64::from(row), i64::from(col));
                let [left, right] = [col, col - 1].map(|col| self.labels.region_at(row, col));
                found.sides.push(Sides { left, right, is_loop: true });
                self.push(&mut found, (at, at), &turns);
            }
        }
        found
    }

    /// Adds the points of an arc that was followed; `turns` is what lies between its ends.
    fn push(&self, found: &mut Found, (first, last): (Corner, Corner), turns: &[Corner]) {
        let place = |corner: Corner| self.grid.corner(corner.row as usize, corner.col as usize);
        let corners = std::iter::once(first).chain(turns.iter().copied()).chain([last]);
        found.arcs.push(corners.map(place));
    }
}

#[cfg(test)]
pub(crate) mod tests;
