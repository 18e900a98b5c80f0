//! Is one polygon valid by itself (OGC Simple Features, 6.1.11: rings simple, holes inside and
//! apart but for points, inside connected)?

use super::{Defect, DefectKind, Limits, is_on};
use crate::arrangement::{LayerMask, NO_KEY, arrange};
use crate::lattice::{Point, Polygon, Ring, cross};

/// A side of the polygon: its ends, the lower first, and where it stands.
struct Part {
    ends: (Point, Point),
    ring: usize,
    position: usize,
}

/// How two sides of a polygon meet.
enum Meeting {
    Apart,
    /// They share a point that both rings may have.
    Touch,
    /// They cross, overlap, or touch within one ring.
    Fault(Point),
}

/// Everything wrong with one polygon taken alone.
pub(super) fn defects(polygon: &Polygon, rank: u32, limits: Limits) -> Vec<Defect> {
    let mut found = Vec::new();
    let mut add = |kind, place, twice_area| {
        found.push(Defect { kind, place, polygons: vec![rank], twice_area });
    };
    let anchor = polygon.rings().flat_map(|r| &r.0).min().copied().unwrap_or_default();
    let bad_corners: Vec<Point> = polygon.rings().filter_map(bad_corner).collect();
    let is_flat = polygon.exterior.twice_area() == 0;
    if is_flat {
        add(DefectKind::ZeroArea, anchor, 0);
    }
    if !bad_corners.is_empty() {
        for place in bad_corners {
            add(DefectKind::InvalidRing, place, 0);
        }
        return found;
    }
    let (faults, touches) = meetings(polygon);
    let is_simple = faults.is_empty();
    for place in faults {
        add(DefectKind::SelfIntersection, place, 0);
    }
    if is_simple && !is_flat {
        let outside = stray_holes(polygon);
        let is_nested = outside.is_empty();
        for hole in outside {
            let place = polygon.holes[hole].0.iter().min().copied().unwrap_or_default();
            add(DefectKind::HoleOutside, place, polygon.holes[hole].twice_area().abs());
        }
        if is_nested && touches && !is_one_piece(polygon) {
            add(DefectKind::SelfIntersection, anchor, 0);
        }
        let area = net_area(polygon);
        if is_nested && area < limits.object_twice_area {
            add(DefectKind::MicroObject, anchor, area);
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
fn bad_corner(ring: &Ring) -> Option<Point> {
    let (points, n) = (&ring.0, ring.0.len());
    if n < 3 {
        return Some(points.first().copied().unwrap_or_default());
    }
    let is_bad = |i: usize| {
        let (before, p, after) = (points[(i + n - 1) % n], points[i], points[(i + 1) % n]);
        p == after || is_on((before, p), after) || is_on((p, after), before)
    };
    (0..n).find(|&i| is_bad(i)).map(|i| points[i])
}

/// Places where rings meet as they must not, and whether different rings touch.
///
/// Sweeps the sides by their western ends: only pairs that share an abscissa are compared.
fn meetings(polygon: &Polygon) -> (Vec<Point>, bool) {
    let mut parts: Vec<Part> = Vec::new();
    for (ring_idx, ring) in polygon.rings().enumerate() {
        parts.extend(ring.segments().enumerate().map(|(position, (p, q))| Part {
            ends: (p.min(q), p.max(q)),
            ring: ring_idx,
            position,
        }));
    }
    parts.sort_unstable_by_key(|part| part.ends);
    let lengths: Vec<usize> = polygon.rings().map(|ring| ring.0.len()).collect();
    let (mut faults, mut touches) = (Vec::new(), false);
    for (i, s) in parts.iter().enumerate() {
        for t in parts[i + 1..].iter().take_while(|t| t.ends.0.x <= s.ends.1.x) {
            let apart = s.ends.0.y.min(s.ends.1.y) > t.ends.0.y.max(t.ends.1.y)
                || t.ends.0.y.min(t.ends.1.y) > s.ends.0.y.max(s.ends.1.y);
            if apart {
                continue;
            }
            match meeting(s, t, lengths[s.ring]) {
                Meeting::Apart => {}
                Meeting::Touch => touches = true,
                Meeting::Fault(place) => faults.push(place),
            }
        }
    }
    faults.sort_unstable();
    faults.dedup();
    (faults, touches)
}

/// How two sides meet; `n` is the number of sides of the ring of `s`.
fn meeting(s: &Part, t: &Part, n: usize) -> Meeting {
    let ((a, b), (c, d)) = (s.ends, t.ends);
    let crosses = cross(a, b, c).signum() * cross(a, b, d).signum() < 0
        && cross(c, d, a).signum() * cross(c, d, b).signum() < 0;
    if crosses {
        return Meeting::Fault(c);
    }
    let mut shared: Vec<Point> = [c, d].into_iter().filter(|&p| is_on((a, b), p)).collect();
    shared.extend([a, b].into_iter().filter(|&p| is_on((c, d), p)));
    shared.sort_unstable();
    shared.dedup();
    let gap = s.position.abs_diff(t.position);
    let follow = s.ring == t.ring && (gap == 1 || gap == n - 1);
    match shared[..] {
        [] => Meeting::Apart,
        [_] if follow => Meeting::Apart,
        [_] if s.ring != t.ring => Meeting::Touch,
        [place, ..] => Meeting::Fault(place),
    }
}

/// Ranks of the holes that are not inside the exterior, or are inside another hole.
fn stray_holes(polygon: &Polygon) -> Vec<usize> {
    let holes = &polygon.holes;
    let is_stray = |&h: &usize| {
        lies_inside(&holes[h], &polygon.exterior) == Some(false)
            || (0..holes.len())
                .any(|other| other != h && lies_inside(&holes[h], &holes[other]) == Some(true))
    };
    (0..holes.len()).filter(is_stray).collect()
}

/// Whether the first corner of `inner` that is not on `outer` lies inside it; `None` when all are
/// on it.
fn lies_inside(inner: &Ring, outer: &Ring) -> Option<bool> {
    let bounds = |ring: &Ring| {
        let xs = || ring.0.iter().map(|p| p.x);
        let ys = || ring.0.iter().map(|p| p.y);
        (xs().min(), xs().max(), ys().min(), ys().max())
    };
    let (i, o) = (bounds(inner), bounds(outer));
    if i.0 < o.0 || i.1 > o.1 || i.2 < o.2 || i.3 > o.3 {
        return Some(false);
    }
    inner.0.iter().find_map(|&p| side_of(outer, p))
}

/// Whether a point is inside a ring (even-odd); `None` on its line.
fn side_of(ring: &Ring, p: Point) -> Option<bool> {
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

/// Whether a polygon whose rings touch has one connected inside, of the area its rings say.
///
/// Rounding may change the area by what is thinner than half a step, so by less than the perimeter.
fn is_one_piece(polygon: &Polygon) -> bool {
    let Ok(arrangement) = arrange(&[std::slice::from_ref(polygon)]) else { return false };
    let faces = 0..arrangement.n_faces() as u32;
    let key: Vec<u32> = faces.map(|f| arrangement.label(f, 0).unwrap_or(NO_KEY)).collect();
    let parts = arrangement.dissolve(&key, LayerMask::NONE);
    let sides = polygon.rings().flat_map(Ring::segments);
    let perimeter: i128 =
        sides.map(|(p, q)| i128::from(p.x.abs_diff(q.x)) + i128::from(p.y.abs_diff(q.y))).sum();
    parts.len() == 1 && (parts[0].polygon.twice_area() - net_area(polygon)).abs() <= perimeter
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
