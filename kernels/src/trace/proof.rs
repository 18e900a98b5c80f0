//! The proof of a tracing: its polygons, burnt again, are the cells.

use std::ops::Range;

use rayon::prelude::*;

use crate::arcs::ArcCoverage;
use crate::grid::Grid;
use crate::label::{Labels, NO_REGION};
use crate::lattice::Point;
use crate::rasterise::spans;

/// Runs compared by one task; only a matter of speed and memory.
const STRIP_RUNS: usize = 1 << 20;

/// The first cell `(row, col)`, in reading order, that the polygons of a coverage do not give back.
///
/// * `coverage`: faces in the order of the regions of `labels`.
/// * `grid`: where the cells lie.
///
/// When the coverage has not as many faces as there are regions, no cell is given back.
/// `None` is the proof that `rasterise(trace(cells)) = cells`: the rings are burnt by the
/// rule of [`crate::rasterise::rasterise`] and compared run by run, a strip of rows at a time, so no
/// raster is made.
pub fn first_difference(
    coverage: &ArcCoverage,
    labels: &Labels,
    grid: &Grid,
) -> Option<(usize, usize)> {
    let strips = labels.strips(STRIP_RUNS);
    let mut faces_by_strip: Vec<Vec<u32>> = vec![Vec::new(); strips.len()];
    for (face, region) in labels.regions.iter().enumerate() {
        let bounds = region.bounds();
        let rows = bounds.row..bounds.row + bounds.rows;
        let first = strips.partition_point(|strip| strip.end <= rows.start);
        let meets = strips[first..].iter().take_while(|strip| strip.start < rows.end).count();
        faces_by_strip[first..first + meets].iter_mut().for_each(|faces| faces.push(face as u32));
    }
    if coverage.faces().len() != labels.regions.len() {
        return Some((0, 0));
    }
    let reaches: Vec<Reach> = (0..coverage.n_arcs())
        .into_par_iter()
        .map(|arc| Reach::of(coverage.arc(arc).points))
        .collect();
    let differences = strips.into_par_iter().zip(faces_by_strip);
    differences
        .filter_map(|(rows, faces)| in_strip((coverage, &reaches), labels, grid, (rows, &faces)))
        .min()
}

/// How far south and north an arc goes, in lattice steps.
struct Reach {
    south: i32,
    north: i32,
}

impl Reach {
    fn of(points: &[Point]) -> Self {
        let ys = || points.iter().map(|point| point.y);
        Self { south: ys().min().unwrap_or(0), north: ys().max().unwrap_or(0) }
    }

    /// Whether the arc comes near some rows.
    fn meets(&self, rows: &Range<usize>, grid: &Grid) -> bool {
        let north = grid.corner(rows.start, 0).y;
        let south = grid.corner(rows.end, 0).y;
        self.south <= north && self.north >= south
    }
}

/// The first difference in a strip of rows, of which these faces meet.
fn in_strip(
    (coverage, reaches): (&ArcCoverage, &[Reach]),
    labels: &Labels,
    grid: &Grid,
    (rows, faces): (Range<usize>, &[u32]),
) -> Option<(usize, usize)> {
    let mut burnt: Vec<(usize, Range<usize>, u32)> = Vec::new();
    for &face in faces {
        // A face may meet every strip: only its arcs near this one are walked.
        let sides = coverage
            .rings(face as usize)
            .flatten()
            .filter(|half| reaches[half.arc()].meets(&rows, grid))
            .flat_map(|half| coverage.arc(half.arc()).points.windows(2).map(|w| (w[0], w[1])));
        burnt.extend(spans(sides, rows.clone(), grid).map(|(row, cols)| (row, cols, face)));
    }
    burnt.sort_unstable_by_key(|(row, cols, face)| (*row, cols.start, *face));
    let mut expected = rows.flat_map(|row| {
        let runs = labels.runs(row).filter(|run| run.1 != NO_REGION);
        runs.map(move |(cols, region)| (row, cols, region))
    });
    let has_code = |region: u32| {
        let region = region as usize;
        coverage.faces()[region].value == labels.regions[region].value
    };
    for span in burnt {
        match expected.next() {
            Some(run) if run == span && has_code(run.2) => {}
            Some((row, cols, _)) => return Some((row, cols.start).min((span.0, span.1.start))),
            None => return Some((span.0, span.1.start)),
        }
    }
    expected.next().map(|(row, cols, _)| (row, cols.start))
}
