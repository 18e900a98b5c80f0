//! From a class raster to a coverage of shared arcs: the exact, noded outline of every region.
//!
//! The corners of the cells are the places; a side between two cells of different code is a piece
//! of boundary. A corner where three or four such sides meet is a node. From every node each side
//! is followed to the next node; what is left are the outlines without a node, and each of these
//! surrounds one region (or one piece of nodata), at whose first cell it is picked up. Every walk
//! depends on the raster alone, so bands and threads only decide who walks, never what is found.
//!
//! Unlike GDAL's polygonizer, a node is a vertex of all the faces around it, also of the one whose
//! side runs straight through (the "T" junction): the result is a valid coverage.

use std::ops::Range;

use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::arcs::{ArcCoverage, ArcEnds, ArcPoints, Sides, assemble};
use crate::grid::Grid;
use crate::label::{Labels, label};

mod walk;

use walk::{Corner, Stop, Walker};

/// Rows of corners searched by one task; only a matter of speed.
const BAND_ROWS: usize = 64;

/// Regions whose outline is tried by one task; only a matter of speed.
const BAND_REGIONS: usize = 1024;

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
    trace_labels(codes, &label(codes), grid)
}

/// [`trace`], for a raster that is already labelled.
///
/// # Panics
/// As [`trace`]; `labels` must be those of `codes`.
pub fn trace_labels(codes: ArrayView2<'_, u16>, labels: &Labels, grid: &Grid) -> ArcCoverage {
    trace_in_bands(codes, labels, grid, BAND_ROWS)
}

/// Arcs found by one task.
#[derive(Default)]
struct Found {
    arcs: ArcPoints,
    sides: Vec<Sides>,
    ends: Vec<OpenEnds>,
    /// The nodes met in the task's rows, in reading order.
    nodes: Vec<Corner>,
}

/// An arc's ends by place, before the nodes are numbered.
#[derive(Debug, Clone, Copy)]
struct OpenEnds {
    start: Corner,
    departure: u8,
    end: Corner,
    arrival: u8,
}

/// [`trace_labels`] with a chosen number of rows per task.
fn trace_in_bands(
    codes: ArrayView2<'_, u16>,
    labels: &Labels,
    grid: &Grid,
    band_rows: usize,
) -> ArcCoverage {
    assert_eq!(codes.dim(), (grid.rows, grid.cols), "the raster has the grid's shape");
    assert_eq!(codes.dim(), labels.dim(), "the labels are those of the raster");
    let tracer = Tracer { walker: Walker::new(codes), labels, grid };
    let n_corner_rows = grid.rows + 1;
    let bands: Vec<Found> = (0..n_corner_rows.div_ceil(band_rows))
        .into_par_iter()
        .map(|band| {
            let rows = band * band_rows..((band + 1) * band_rows).min(n_corner_rows);
            tracer.arcs_from_nodes(rows)
        })
        .collect();
    let mut firsts: Vec<(u32, u32)> = labels.regions.iter().map(|region| region.first).collect();
    firsts.extend(&labels.voids);
    let loops: Vec<Found> =
        firsts.par_chunks(BAND_REGIONS).map(|firsts| tracer.loops_at(firsts)).collect();
    join(&bands, &loops, labels)
}

/// Numbers the nodes and puts everything together, arcs between nodes first.
fn join(bands: &[Found], loops: &[Found], labels: &Labels) -> ArcCoverage {
    let nodes: Vec<Corner> = bands.iter().flat_map(|band| band.nodes.iter().copied()).collect();
    let index = |node: Corner| nodes.binary_search(&node).expect("an arc ends at a node") as u32;
    let mut arcs = ArcPoints::default();
    let mut sides = Vec::new();
    for found in bands.iter().chain(loops) {
        arcs.append(&found.arcs);
        sides.extend_from_slice(&found.sides);
    }
    assert!(sides.len() < 1 << 31, "fewer than 2^31 arcs: cut the raster first");
    let open: Vec<OpenEnds> = bands.iter().flat_map(|band| band.ends.iter().copied()).collect();
    let mut ends: Vec<Option<ArcEnds>> = open
        .into_par_iter()
        .map(|OpenEnds { start, departure, end, arrival }| {
            Some(ArcEnds { start: index(start), departure, end: index(end), arrival })
        })
        .collect();
    ends.resize(sides.len(), None);
    assemble(arcs, sides, ends, nodes.len(), &labels.regions)
}

/// What the walks read.
struct Tracer<'a> {
    walker: Walker<'a>,
    labels: &'a Labels,
    grid: &'a Grid,
}

impl Tracer<'_> {
    /// Finds the nodes on some rows of corners, and the arcs that start there.
    fn arcs_from_nodes(&self, rows: Range<usize>) -> Found {
        let mut found = Found::default();
        let mut turns = Vec::new();
        for row in rows {
            for col in columns_with_a_side(self.labels, row) {
                let start = Corner { row: row as u32, col };
                let directions = self.walker.directions(start);
                if directions.len() < 3 {
                    continue;
                }
                found.nodes.push(start);
                for departure in directions.iter() {
                    let stop = self.walker.walk(start, departure, &mut turns);
                    // Both ends find the arc; it starts at the earlier one.
                    if (start, departure) < (stop.corner, (stop.arrival + 2) % 4) {
                        self.add_to(&mut found, (start, departure), stop, &turns);
                    }
                }
            }
        }
        found
    }

    /// Finds the outlines without a node that begin at the given first cells, which they surround.
    fn loops_at(&self, firsts: &[(u32, u32)]) -> Found {
        const SOUTH: u8 = 2;
        let mut found = Found::default();
        let mut turns = Vec::new();
        for &(row, col) in firsts {
            let start = Corner { row, col };
            if !self.walker.directions(start).are_east_and_south() {
                continue;
            }
            let stop = self.walker.walk(start, SOUTH, &mut turns);
            // A piece of nodata open to the outside begins at no outline of its own: the outline
            // beside it has an earlier corner elsewhere.
            if !stop.is_node && turns.iter().all(|turn| *turn > start) {
                self.add_to(&mut found, (start, SOUTH), stop, &turns);
            }
        }
        found
    }

    /// Adds an arc that was walked.
    fn add_to(
        &self,
        found: &mut Found,
        (start, departure): (Corner, u8),
        stop: Stop,
        turns: &[Corner],
    ) {
        let place = |corner: Corner| self.grid.corner(corner.row as usize, corner.col as usize);
        let inner = turns.iter().copied();
        let corners = std::iter::once(start).chain(inner).chain(std::iter::once(stop.corner));
        found.arcs.push(corners.map(place));
        let beside = start.cells_beside(departure);
        let [left, right] = beside.map(|(row, col)| self.labels.region_at(row, col));
        let is_loop = !stop.is_node;
        found.sides.push(Sides { left, right, is_loop });
        if !is_loop {
            let (end, arrival) = (stop.corner, stop.arrival);
            found.ends.push(OpenEnds { start, departure, end, arrival });
        }
    }
}

/// Columns of a row of corners where a boundary may go north or south, ascending.
fn columns_with_a_side(labels: &Labels, row: usize) -> Vec<u32> {
    let (n_rows, n_cols) = labels.dim();
    let starts = |row: usize| labels.runs(row).map(|(cols, _)| cols.start as u32);
    let mut columns: Vec<u32> = Vec::new();
    if row > 0 {
        columns.extend(starts(row - 1));
    }
    if row < n_rows {
        columns.extend(starts(row));
    }
    columns.push(n_cols as u32);
    columns.sort_unstable();
    columns.dedup();
    columns
}

#[cfg(test)]
pub(crate) mod tests;
