//! Generalises a traced coverage: takes the stair-steps off its arcs and fits the true edges.
//!
//! Every arc is fitted once, for both of its sides, between nodes that do not move. Then the whole
//! is checked exactly: no two arcs cross or touch but at nodes, arcs leave each node in the same
//! order as before, no arc has passed over an island, no face has changed its area by more than
//! the bound. The arcs of a failed check fall back to half the tolerance, then to their original
//! staircase, and the check is run again until nothing fails. The staircase cannot fail against
//! itself, so this ends, and the result is always a valid coverage with the same neighbours.

use rayon::prelude::*;

use crate::arcs::{ArcCoverage, ArcPoints, NO_FACE};
use crate::lattice::Point;

mod crossings;
mod fit;
mod rectangle;
mod spread;
mod topology;

pub use spread::Spread;

/// Arcs fitted by one task; only a matter of speed.
const BAND_ARCS: usize = 256;

/// How far a coverage may be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// The distance, in lattice steps, that no part of a staircase may be from its fitted arc.
    pub distance: i32,
    /// The part of a face's area, in thousandths, that it may win or lose.
    pub area_permille: u32,
    /// Whether arcs along nodata and the outside stay as they are.
    pub outline: Outline,
}

/// What becomes of the arcs along nodata and the outside of the raster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outline {
    /// They stay, and the total area of the coverage with them.
    Kept,
    /// They are generalised as all others.
    Generalised,
}

/// A generalised coverage and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generalised {
    /// The same faces and nodes with other arcs.
    pub coverage: ArcCoverage,
    /// Twice the area that each face has won, in square lattice steps.
    pub twice_drifts: Vec<i128>,
    /// Number of arcs fitted at the full tolerance, at half of it, and left as they were.
    pub n_arcs_by_level: [usize; N_LEVELS],
}

/// Full tolerance, half tolerance, untouched.
const N_LEVELS: usize = 3;

/// The level of arcs that stay as they are.
const UNTOUCHED: u8 = N_LEVELS as u8 - 1;

/// Fits the arcs of a traced coverage.
///
/// * `traced`: what [`crate::trace::trace`] made, from cells of side `cell` lattice steps.
/// * `tolerance`: under half a cell little is taken off; one cell removes the stair-steps of
///   straight edges of any direction.
///
/// Nodes stay where they are; corners between two sides of at least two cells are candidates for
/// vertices, so walls along the axes keep their right angles; islands for which a rectangle stands,
/// as most buildings, become one, of the same area. The fitted line of a straight part
/// is placed so that both sides keep their area (see `fit`). Deterministic: each arc is fitted
/// alone, and all arcs of a failed check fall back together.
pub fn generalise(traced: &ArcCoverage, cell: i32, tolerance: &Tolerance) -> Generalised {
    generalise_above(traced, cell, tolerance, |_| [0; 2])
}

/// [`generalise`], with faces that do not fall below their minimum units.
///
/// * `limits_of`: for the value of a face, the areas (doubled, in square lattice steps) that it
///   does not fall below when its cells reach them; 0 for none.
pub fn generalise_above(
    traced: &ArcCoverage,
    cell: i32,
    tolerance: &Tolerance,
    limits_of: impl Fn(u16) -> [i128; 2],
) -> Generalised {
    let mut levels: Vec<u8> = traced
        .arcs()
        .map(|arc| {
            let is_outline = arc.left == NO_FACE || arc.right == NO_FACE;
            let stays = is_outline && tolerance.outline == Outline::Kept;
            if stays || tolerance.distance <= 0 { UNTOUCHED } else { 0 }
        })
        .collect();
    let topology = topology::Topology::of(traced, cell);
    let areas_before = traced.twice_areas();
    let mut coverage = traced.clone();
    let mut is_stale = vec![true; levels.len()];
    loop {
        coverage = refit(traced, &coverage, cell, tolerance, (&levels, &is_stale));
        let mut failed = crossings::find(&coverage, &is_stale, cell);
        failed.extend(topology.broken(traced, &coverage, &is_stale, tolerance.distance));
        let areas = coverage.twice_areas();
        let is_beyond = |face: usize| {
            let (was, is) = (areas_before[face], areas[face]);
            let limits = limits_of(traced.faces()[face].value);
            1000 * (is - was).abs() > i128::from(tolerance.area_permille) * was
                || limits.iter().any(|&limit| is < limit && limit <= was)
        };
        failed.extend(arcs_of(&coverage, is_beyond));
        is_stale.fill(false);
        for arc in failed {
            if levels[arc] < UNTOUCHED && !is_stale[arc] {
                levels[arc] += 1;
                is_stale[arc] = true;
            }
        }
        if !is_stale.contains(&true) {
            break;
        }
    }
    let areas = coverage.twice_areas();
    let twice_drifts = areas.iter().zip(&areas_before).map(|(now, was)| now - was).collect();
    let mut n_arcs_by_level = [0; N_LEVELS];
    for level in levels {
        n_arcs_by_level[usize::from(level)] += 1;
    }
    Generalised { coverage, twice_drifts, n_arcs_by_level }
}

/// Fits the stale arcs at their level and takes the others over.
fn refit(
    traced: &ArcCoverage,
    last: &ArcCoverage,
    cell: i32,
    tolerance: &Tolerance,
    (levels, is_stale): (&[u8], &[bool]),
) -> ArcCoverage {
    let arcs: Vec<usize> = (0..levels.len()).collect();
    let parts: Vec<ArcPoints> = arcs
        .par_chunks(BAND_ARCS)
        .map(|arcs| {
            let mut fitted = ArcPoints::default();
            for &arc in arcs {
                let original = traced.arc(arc);
                if !is_stale[arc] {
                    fitted.push(last.arc(arc).points.iter().copied());
                } else if levels[arc] == UNTOUCHED {
                    fitted.push(original.points.iter().copied());
                } else {
                    let distance = tolerance.distance >> levels[arc];
                    fitted.push(fit::fit(original.points, original.is_loop, cell, distance));
                }
            }
            fitted
        })
        .collect();
    traced.with_points(parts)
}

/// The arcs of the faces whose area is not what it may be.
fn arcs_of(coverage: &ArcCoverage, is_beyond: impl Fn(usize) -> bool) -> Vec<usize> {
    let faces = (0..coverage.faces().len()).filter(|&face| is_beyond(face));
    faces
        .flat_map(|face| coverage.rings(face).flatten().map(|half| half.arc()).collect::<Vec<_>>())
        .collect()
}

/// Squared distance from a point to a segment, times the squared length of the segment (or times
/// one when it has none): exact, and comparable between points for the same segment.
pub(crate) fn scaled_distance(point: Point, a: Point, b: Point) -> i128 {
    let (px, py) = vector(a, point);
    let (dx, dy) = vector(a, b);
    let length_sq = i128::from(dx * dx + dy * dy);
    let along = px * dx + py * dy;
    if length_sq == 0 || along <= 0 {
        return i128::from(px * px + py * py) * length_sq.max(1);
    }
    if i128::from(along) >= length_sq {
        let (qx, qy) = vector(b, point);
        return i128::from(qx * qx + qy * qy) * length_sq;
    }
    let across = i128::from(px * dy - py * dx);
    across * across
}

/// Whether a point lies within a distance of a segment.
fn is_within(point: Point, (a, b): (Point, Point), distance: i32) -> bool {
    let (dx, dy) = vector(a, b);
    let length_sq = i128::from(dx * dx + dy * dy).max(1);
    let reach = i128::from(distance);
    scaled_distance(point, a, b) <= reach * reach * length_sq
}

/// The vector from one point to another, wide enough for products.
fn vector(from: Point, to: Point) -> (i64, i64) {
    (i64::from(to.x) - i64::from(from.x), i64::from(to.y) - i64::from(from.y))
}

#[cfg(test)]
mod tests;
