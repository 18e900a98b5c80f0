//! Checks that a coverage whose arcs do not cross is still the same coverage.
//!
//! Without crossings, a connected set of arcs is determined by the order in which the arcs leave
//! each node; what is left to check is that no arc has passed over an island, that is over another
//! connected set. Each set has a place that belongs to it before and after (a node, or a place deep
//! inside an outline without a node): it must stay on its side of every arc.

use std::ops::Range;

use rayon::prelude::*;

use super::{ArcCoverage, Point, vector};
use crate::lattice::cross;
use crate::union_find::UnionFind;

/// Cells along the side of a bucket of the index of places.
const BUCKET_CELLS: i32 = 16;

/// What must not change.
pub(super) struct Topology {
    /// The ends of arcs, by node: (node, arc, whether the arc starts there).
    ends: Vec<(Point, usize, bool)>,
    /// The ends of each node in `ends`.
    nodes: Vec<Range<usize>>,
    /// The place of each connected set, by bucket: (bucket, place, set).
    places: Vec<((i32, i32), Point, u32)>,
    /// The connected set of each arc.
    set_of_arc: Vec<u32>,
    bucket: i32,
}

impl Topology {
    /// Reads the topology of a traced coverage of cells of side `cell`.
    pub(super) fn of(traced: &ArcCoverage, cell: i32) -> Self {
        let mut ends: Vec<(Point, usize, bool)> = (0..traced.n_arcs())
            .filter(|&arc| !traced.arc(arc).is_loop)
            .flat_map(|arc| {
                let points = traced.arc(arc).points;
                [(points[0], arc, true), (points[points.len() - 1], arc, false)]
            })
            .collect();
        ends.sort_unstable();
        let mut sets = UnionFind::new(traced.n_arcs());
        let mut nodes = Vec::new();
        for node in ends.chunk_by(|x, y| x.0 == y.0) {
            let start = nodes.last().map_or(0, |last: &Range<usize>| last.end);
            nodes.push(start..start + node.len());
            for end in node {
                sets.union(node[0].1 as u32, end.1 as u32);
            }
        }
        let set_of_arc: Vec<u32> = (0..traced.n_arcs() as u32).map(|arc| sets.root(arc)).collect();
        let bucket = cell.saturating_mul(BUCKET_CELLS);
        let mut places: Vec<_> = (0..traced.n_arcs())
            .filter(|&arc| set_of_arc[arc] as usize == arc)
            .map(|arc| {
                let place = place_of(traced, arc, cell);
                (bucket_of(place, bucket), place, arc as u32)
            })
            .collect();
        places.sort_unstable();
        Self { ends, nodes, places, set_of_arc, bucket }
    }

    /// The arcs that have changed what must not change; only stale arcs are looked at.
    pub(super) fn broken(
        &self,
        traced: &ArcCoverage,
        now: &ArcCoverage,
        is_stale: &[bool],
        distance: i32,
    ) -> Vec<usize> {
        let turned = self.nodes.par_iter().flat_map_iter(|node| {
            let ends = &self.ends[node.clone()];
            let is_looked_at = ends.iter().any(|end| is_stale[end.1]);
            let is_turned = is_looked_at && order(ends, traced) != order(ends, now);
            ends.iter().filter(move |_| is_turned).map(|end| end.1)
        });
        let passed = (0..now.n_arcs())
            .into_par_iter()
            .filter(|&arc| is_stale[arc] && self.has_passed_over(traced, now, arc, distance));
        turned.chain(passed).collect()
    }

    /// Whether the place of a set is no longer on the side of an arc where it was.
    fn has_passed_over(
        &self,
        traced: &ArcCoverage,
        now: &ArcCoverage,
        arc: usize,
        distance: i32,
    ) -> bool {
        let (before, after) = (traced.arc(arc), now.arc(arc));
        if before.points == after.points {
            return false;
        }
        let mut near: Vec<Point> = Vec::new();
        for w in after.points.windows(2) {
            self.places_near(w[0], w[1], distance, |place, set| {
                // A node of the arc's own set lies on its arcs, and cannot be passed over.
                if after.is_loop || set != self.set_of_arc[arc] {
                    near.push(place);
                }
            });
        }
        near.sort_unstable();
        near.dedup();
        near.iter().any(|&place| is_odd(before.points, place) != is_odd(after.points, place))
    }

    /// Visits the places within a distance of the box of a segment.
    fn places_near(&self, a: Point, b: Point, distance: i32, mut visit: impl FnMut(Point, u32)) {
        let low = Point::new(a.x.min(b.x) - distance, a.y.min(b.y) - distance);
        let high = Point::new(a.x.max(b.x) + distance, a.y.max(b.y) + distance);
        let ((x0, y0), (x1, y1)) = (bucket_of(low, self.bucket), bucket_of(high, self.bucket));
        for x in x0..=x1 {
            let start = self.places.partition_point(|entry| entry.0 < (x, y0));
            for (at, place, set) in &self.places[start..] {
                if *at > (x, y1) {
                    break;
                }
                let is_inside =
                    (low.x..=high.x).contains(&place.x) && (low.y..=high.y).contains(&place.y);
                if is_inside {
                    visit(*place, *set);
                }
            }
        }
    }
}

/// A place that belongs to the connected set of an arc and stays where it is: its first node, or,
/// for an outline without a node, a place deep inside, which no lawful fit leaves outside.
fn place_of(traced: &ArcCoverage, arc: usize, cell: i32) -> Point {
    let arc = traced.arc(arc);
    if arc.is_loop { inside(arc.points, cell) } else { arc.points[0] }
}

/// The middle of the longest piece inside a closed staircase, along its middle row of cells.
fn inside(points: &[Point], cell: i32) -> Point {
    let (low, high) =
        points.iter().fold((i32::MAX, i32::MIN), |(low, high), p| (low.min(p.y), high.max(p.y)));
    let middle_row = (high - low) / cell.max(1) / 2;
    let y = low + middle_row * cell + cell / 2;
    let crosses = |w: &&[Point]| w[0].y.min(w[1].y) <= y && y < w[0].y.max(w[1].y);
    let mut sides: Vec<i32> = points.windows(2).filter(crosses).map(|w| w[0].x).collect();
    sides.sort_unstable();
    // The first of the longest; a closed line crosses every row of its cells twice at least.
    let pieces = sides.chunks_exact(2).map(|piece| (piece[0], piece[1]));
    let longest =
        pieces.reduce(|best, next| if next.1 - next.0 > best.1 - best.0 { next } else { best });
    let (west, east) = longest.unwrap_or((points[0].x, points[0].x));
    Point::new(west + (east - west) / 2, y)
}

/// The bucket of a place.
fn bucket_of(place: Point, bucket: i32) -> (i32, i32) {
    (place.x.div_euclid(bucket), place.y.div_euclid(bucket))
}

/// The ends around a node counter-clockwise, from the lowest one.
fn order(ends: &[(Point, usize, bool)], coverage: &ArcCoverage) -> Vec<(usize, bool)> {
    let mut around: Vec<((i64, i64), (usize, bool))> = ends
        .iter()
        .map(|&(node, arc, is_start)| {
            let points = coverage.arc(arc).points;
            let next = if is_start { points[1] } else { points[points.len() - 2] };
            (vector(node, next), (arc, is_start))
        })
        .collect();
    let is_lower = |(dx, dy): (i64, i64)| dy < 0 || (dy == 0 && dx < 0);
    around.sort_by(|(v, _), (w, _)| {
        let turn = |(vx, vy): (i64, i64), (wx, wy): (i64, i64)| vx * wy - vy * wx;
        is_lower(*v).cmp(&is_lower(*w)).then(0.cmp(&turn(*v, *w)))
    });
    let lowest = (0..around.len()).min_by_key(|&i| around[i].1).unwrap_or(0);
    around.rotate_left(lowest);
    around.into_iter().map(|(_, end)| end).collect()
}

/// Whether a ray from a place to the east crosses a line an odd number of times.
fn is_odd(points: &[Point], place: Point) -> bool {
    let crossed = points.windows(2).filter(|w| {
        let (low, high) = if w[0].y <= w[1].y { (w[0], w[1]) } else { (w[1], w[0]) };
        low.y <= place.y && place.y < high.y && cross(low, high, place) > 0
    });
    crossed.count() % 2 == 1
}
