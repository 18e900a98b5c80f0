//! Finds arcs that cross or touch where they must not, exactly.

use rayon::prelude::*;

use super::{ArcCoverage, Point, vector};
use crate::lattice::cross;

/// Cells along the side of a bucket of the index.
const BUCKET_CELLS: i32 = 16;

/// One segment of an arc.
#[derive(Debug, Clone, Copy)]
struct Segment {
    a: Point,
    b: Point,
    arc: u32,
    /// Rank in the arc.
    rank: u32,
    /// Rank of the last segment of the arc.
    last: u32,
    is_stale: bool,
}

/// The arcs that cross or touch another, or themselves, elsewhere than at a shared node.
///
/// Only pairs with a stale arc are tested: the others passed before. Ascending, each arc once.
pub(super) fn find(coverage: &ArcCoverage, is_stale: &[bool], cell: i32) -> Vec<usize> {
    let side = i64::from(cell) * i64::from(BUCKET_CELLS);
    let mut entries: Vec<((i32, i32), Segment)> = (0..coverage.n_arcs())
        .into_par_iter()
        .flat_map_iter(|arc| {
            segments(coverage, arc, is_stale[arc])
                .flat_map(move |s| buckets(&s, side).map(move |at| (at, s)))
        })
        .collect();
    entries.par_sort_by_key(|(at, s)| (*at, s.arc, s.rank));
    let mut bad: Vec<usize> =
        entries.par_chunk_by(|x, y| x.0 == y.0).flat_map_iter(conflicts).collect();
    bad.sort_unstable();
    bad.dedup();
    bad
}

/// The segments of an arc.
fn segments(
    coverage: &ArcCoverage,
    arc: usize,
    is_stale: bool,
) -> impl Iterator<Item = Segment> + '_ {
    let points = coverage.arc(arc).points;
    let last = points.len() as u32 - 2;
    points.windows(2).enumerate().map(move |(rank, w)| Segment {
        a: w[0],
        b: w[1],
        arc: arc as u32,
        rank: rank as u32,
        last,
        is_stale,
    })
}

/// The buckets that the box of a segment meets.
fn buckets(s: &Segment, side: i64) -> impl Iterator<Item = (i32, i32)> + use<> {
    let at = |v: i32| (i64::from(v).div_euclid(side)) as i32;
    let (x0, x1) = (at(s.a.x.min(s.b.x)), at(s.a.x.max(s.b.x)));
    let (y0, y1) = (at(s.a.y.min(s.b.y)), at(s.a.y.max(s.b.y)));
    (x0..=x1).flat_map(move |x| (y0..=y1).map(move |y| (x, y)))
}

/// The arcs in conflict within one bucket.
fn conflicts(bucket: &[((i32, i32), Segment)]) -> Vec<usize> {
    let mut bad = Vec::new();
    for (i, (_, s)) in bucket.iter().enumerate() {
        for (_, t) in &bucket[i + 1..] {
            if (s.is_stale || t.is_stale) && boxes_meet(s, t) && is_conflict(s, t) {
                bad.extend([s.arc as usize, t.arc as usize]);
            }
        }
    }
    bad
}

/// Whether the boxes of two segments have a point in common.
fn boxes_meet(s: &Segment, t: &Segment) -> bool {
    s.a.x.min(s.b.x) <= t.a.x.max(t.b.x)
        && t.a.x.min(t.b.x) <= s.a.x.max(s.b.x)
        && s.a.y.min(s.b.y) <= t.a.y.max(t.b.y)
        && t.a.y.min(t.b.y) <= s.a.y.max(s.b.y)
}

/// Whether two segments have a point in common that they may not have.
fn is_conflict(s: &Segment, t: &Segment) -> bool {
    let shared = joints(s, t);
    match shared.as_slice() {
        [] => touch(s, t),
        // From a lawful joint, the two may not leave in the same direction.
        [joint] => {
            let far = |u: &Segment| if u.a == *joint { u.b } else { u.a };
            let (p, q) = (far(s), far(t));
            let ((px, py), (qx, qy)) = (vector(*joint, p), vector(*joint, q));
            cross(*joint, p, q) == 0 && px * qx + py * qy > 0
        }
        _ => true,
    }
}

/// The points that both segments have by right: consecutive in an arc, or ends at the same node.
fn joints(s: &Segment, t: &Segment) -> Vec<Point> {
    let mut joints = Vec::new();
    if s.arc == t.arc && s.rank.abs_diff(t.rank) == 1 {
        joints.push(if s.rank < t.rank { s.b } else { s.a });
    }
    for p in ends(s) {
        for q in ends(t) {
            if p == q && !joints.contains(&p) {
                joints.push(p);
            }
        }
    }
    joints
}

/// The ends of a segment that are ends of its arc.
fn ends(s: &Segment) -> impl Iterator<Item = Point> {
    let first = (s.rank == 0).then_some(s.a);
    let last = (s.rank == s.last).then_some(s.b);
    first.into_iter().chain(last)
}

/// Whether two closed segments have a point in common.
fn touch(s: &Segment, t: &Segment) -> bool {
    let sides =
        |p: Point, q: Point, u: &Segment| (cross(p, q, u.a).signum(), cross(p, q, u.b).signum());
    let (ta, tb) = sides(s.a, s.b, t);
    let (sa, sb) = sides(t.a, t.b, s);
    // Boxes meet, so collinear segments touch when all four signs are zero.
    ta * tb <= 0 && sa * sb <= 0
}
