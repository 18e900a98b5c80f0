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

/// Tasks that a thread does before what they found is put together; only a matter of memory.
const TASKS_PER_THREAD: usize = 4;

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
    let mut found = Found::default();
    add_all(&mut found, n_nodes.div_ceil(BAND_NODES), |band| {
        tracer.arcs_from(band * BAND_NODES..((band + 1) * BAND_NODES).min(n_nodes))
    });
    let mut firsts: Vec<(u32, u32)> = labels.regions.iter().map(|region| region.first).collect();
    firsts.extend(&labels.voids);
    let bands: Vec<&[(u32, u32)]> = firsts.chunks(BAND_REGIONS).collect();
    add_all(&mut found, bands.len(), |band| tracer.loops_at(bands[band]));
    drop(tracer);
    let Found { arcs, sides, ends } = found;
    assert!(sides.len() < 1 << 31, "fewer than 2^31 arcs: cut the raster first");
    let mut ends: Vec<Option<ArcEnds>> = ends.into_iter().map(Some).collect();
    ends.resize(sides.len(), None);
    assemble(arcs, sides, ends, n_nodes, &labels.regions)
}

/// Runs some tasks and puts together what they find, in order.
fn add_all(all: &mut Found, n_tasks: usize, task: impl Fn(usize) -> Found + Sync) {
    // A few tasks at a time: what they took is free again for the next ones.
    let n_together = TASKS_PER_THREAD * rayon::current_num_threads();
    for first in (0..n_tasks).step_by(n_together) {
        let tasks = first..n_tasks.min(first + n_together);
        let found: Vec<Found> = tasks.into_par_iter().map(&task).collect();
        for found in found {
            all.arcs.append(&found.arcs);
            all.sides.extend_from_slice(&found.sides);
            all.ends.extend_from_slice(&found.ends);
        }
    }
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
        // Directions of the task's nodes in which an arc from an earlier node arrived.
        let mut is_known = vec![[false; 4]; nodes.len()];
        for start in nodes.clone() {
            let node = &self.corners.nodes()[start];
            for departure in 0..4 {
                let beside = [departure, departure + 1].map(|quarter| node.around[quarter % 4]);
                if beside[0] == beside[1] || is_known[start - nodes.start][departure] {
                    continue;
                }
                let departure = departure as u8;
                let Stop::Node { rank: end, arrival } =
                    self.corners.follow_node(start, departure, &mut turns)
                else {
                    unreachable!("what leaves a node ends at one")
                };
                // Both ends may find the arc; it starts at the earlier one.
                let back = (arrival + 2) % 4;
                if (start, departure) < (end, back) {
                    if let Some(known) = is_known.get_mut(end - nodes.start) {
                        known[usize::from(back)] = true;
                    }
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
        let mut last: Option<(Corner, usize)> = None;
        for &(row, col) in firsts {
            let at = Corner { row, col };
            // The pieces of nodata come after the regions, in the order of reading again.
            let from = last.filter(|(corner, _)| *corner < at).map(|(_, rank)| rank);
            let rank = self.corners.turn_not_before(at, from);
            last = Some((at, rank));
            let Some(start) = self.corners.turn_to_south_east(at, rank) else { continue };
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
