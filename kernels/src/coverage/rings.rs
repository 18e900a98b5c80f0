//! Is one polygon valid by itself (OGC Simple Features, 6.1.11: rings simple, holes inside and
//! apart but for points, inside connected)?

use super::chains::{Chains, Meetings, Touch};
use super::{Defect, DefectKind, Limits, Shape, is_on};
use crate::lattice::{Point, Polygon, Ring, cross};
use crate::union_find::UnionFind;

/// Everything wrong with one polygon taken alone.
pub(super) fn defects(polygon: &Polygon, rank: u32, limits: Limits) -> Vec<Defect> {
    let mut found = Vec::new();
    let mut add = |kind, place, twice_area, shape| {
        found.push(Defect { kind, place, polygons: vec![rank], twice_area, shape });
    };
    let anchor = polygon.rings().flat_map(|r| &r.0).min().copied().unwrap_or_default();
    let bad_corners: Vec<Point> = polygon.rings().filter_map(bad_corner).collect();
    let is_flat = polygon.exterior.twice_area() == 0;
    if is_flat {
        add(DefectKind::ZeroArea, anchor, 0, Shape::Place);
    }
    if !bad_corners.is_empty() {
        for place in bad_corners {
            add(DefectKind::InvalidRing, place, 0, Shape::Place);
        }
        return found;
    }
    let chains = Chains::of(polygon);
    let Meetings { faults, touches } = chains.meetings();
    let is_simple = faults.is_empty();
    for place in faults {
        add(DefectKind::SelfIntersection, place, 0, Shape::Place);
    }
    if is_simple && !is_flat {
        let outside = stray_holes(polygon, &chains);
        let is_nested = outside.is_empty();
        for hole in outside {
            let hole = &polygon.holes[hole];
            let place = hole.0.iter().min().copied().unwrap_or_default();
            let ground = Polygon { exterior: hole.clone(), holes: Vec::new() };
            let area = hole.twice_area().abs();
            add(DefectKind::HoleOutside, place, area, Shape::Ground(ground));
        }
        if is_nested && !is_one_piece(polygon, &touches) {
            add(DefectKind::SelfIntersection, anchor, 0, Shape::Place);
        }
        let area = net_area(polygon);
        if is_nested && area < limits.object_twice_area {
            add(DefectKind::MicroObject, anchor, area, Shape::Whole);
        }
    }
    found
}

/// Twice the area of the exterior less that of the holes, whatever way they turn.
fn net_area(polygon: &Polygon) -> i128 {
    polygon.exterior.twice_area().abs()
        - polygon.holes.iter().map(|hole| hole.twice_area().abs()).sum::<i128>()
}

/// The first corner that makes a ring no ring: too few corners, a repeat, a spike.
pub(super) fn bad_corner(ring: &Ring) -> Option<Point> {
    let points = &ring.0[..];
    let [.., last_but_one, last] = *points else { return Some(first_of(points)) };
    if points.len() < 3 {
        return Some(first_of(points));
    }
    let (mut before, mut p) = (last_but_one, last);
    let mut is_last_bad = false;
    for (i, &after) in points.iter().enumerate() {
        if is_turned_back(before, p, after) {
            // The first step judges the last corner.
            if i > 0 {
                return Some(p);
            }
            is_last_bad = true;
        }
        (before, p) = (p, after);
    }
    is_last_bad.then_some(last)
}

fn first_of(points: &[Point]) -> Point {
    points.first().copied().unwrap_or_default()
}

/// Whether a corner repeats the one before or after it, or the line turns straight back there.
fn is_turned_back(before: Point, p: Point, after: Point) -> bool {
    if cross(before, p, after) != 0 {
        return false;
    }
    let against = |from: i32, at: i32, to: i32| (from < at && to < at) || (from > at && to > at);
    p == before || p == after || against(before.x, p.x, after.x) || against(before.y, p.y, after.y)
}

/// Ranks of the holes that are not inside the exterior, or are inside another hole; of rings that
/// do not cross.
fn stray_holes(polygon: &Polygon, chains: &Chains<'_>) -> Vec<usize> {
    let rings: Vec<&Ring> = polygon.rings().collect();
    let is_stray = |rank: u32| {
        let hole = rings[rank as usize];
        // The exterior is ring 0, and a hole has its first corner on few other rings.
        let (inside, on) = chains.around(first_of(&hole.0), rank);
        let holds = |ring: u32| {
            if on.contains(&ring) {
                hole.0.iter().find_map(|&p| side_of(rings[ring as usize], p))
            } else {
                Some(inside.binary_search(&ring).is_ok())
            }
        };
        holds(0) == Some(false)
            || inside.iter().chain(&on).any(|&ring| ring != 0 && holds(ring) == Some(true))
    };
    (0..polygon.holes.len()).filter(|&hole| is_stray(hole as u32 + 1)).collect()
}

/// Whether a point is inside a ring (even-odd); `None` on its line.
pub(super) fn side_of(ring: &Ring, p: Point) -> Option<bool> {
    let mut inside = false;
    for (a, b) in ring.segments() {
        if is_on((a, b), p) {
            return None;
        }
        let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
        inside ^= low.y <= p.y && p.y < high.y && cross(low, high, p) > 0;
    }
    Some(inside)
}

/// Whether the inside of a polygon is connected, given where its rings touch.
///
/// Rings that are simple and do not cross part the inside exactly when one can go around from ring
/// to ring by different points: when rings and points, linked where they meet, are no forest.
fn is_one_piece(polygon: &Polygon, touches: &[Touch]) -> bool {
    let mut links: Vec<(Point, u32)> =
        touches.iter().flat_map(|t| [(t.place, t.rings.0), (t.place, t.rings.1)]).collect();
    links.sort_unstable();
    links.dedup();
    let n_rings = 1 + polygon.holes.len();
    let mut sets = UnionFind::new(n_rings + links.len());
    let mut is_forest = true;
    for (own, point) in links.chunk_by(|a, b| a.0 == b.0).zip(n_rings as u32..) {
        for &(_, ring) in own {
            is_forest &= sets.union(point, ring);
        }
    }
    is_forest
}

/// The rings of a polygon in a form that does not depend on how they are written: each from its
/// lowest corner, the exterior counter-clockwise, the holes clockwise and sorted.
pub(super) fn canonical(polygon: &Polygon) -> Vec<Vec<Point>> {
    let mut rings: Vec<Vec<Point>> = polygon
        .rings()
        .filter(|ring| !ring.0.is_empty())
        .enumerate()
        .map(|(ring_idx, ring)| {
            let mut points = ring.0.clone();
            if (ring.twice_area() > 0) != (ring_idx == 0) {
                points.reverse();
            }
            let lowest = (0..points.len()).min_by_key(|&i| points[i]).unwrap_or(0);
            points.rotate_left(lowest);
            points
        })
        .collect();
    if let Some(holes) = rings.get_mut(1..) {
        holes.sort_unstable();
    }
    rings
}
