//! Drawing outlines onto the lines of a coverage.

use rustc_hash::FxHashMap;

use crate::lattice::{Point, Polygon, Ring};

/// Side of an index bucket, in lattice steps.
const BUCKET: i32 = 1024;

/// The corners and segments of the prior near the outlines, by bucket.
struct Lines {
    corners: FxHashMap<(i32, i32), Vec<Point>>,
    segments: FxHashMap<(i32, i32), Vec<(Point, Point)>>,
}

/// The outlines with every corner within `snap` steps of a prior line moved onto it, and
/// the prior's corners within `snap` steps of a changed segment inserted into it.
///
/// A corner goes to the nearest prior corner, else to the nearest point of a prior segment. The
/// move of a point depends on the point alone, and a segment is treated in one direction whatever
/// ring it belongs to, so outlines that share a line go on sharing it.
pub(crate) fn onto(prior: &[Polygon], outlines: &[&Polygon], snap: i32) -> Vec<Polygon> {
    let lines = Lines::near(prior, outlines, snap);
    outlines
        .iter()
        .map(|outline| Polygon {
            exterior: lines.redraw(&outline.exterior, snap),
            holes: outline.holes.iter().map(|hole| lines.redraw(hole, snap)).collect(),
        })
        .collect()
}

/// The buckets that the box around two points touches, grown by `margin` steps.
fn buckets(a: Point, b: Point, margin: i32) -> impl Iterator<Item = (i32, i32)> {
    let range = |u: i32, v: i32| {
        (u.min(v) - margin).div_euclid(BUCKET)..=(u.max(v) + margin).div_euclid(BUCKET)
    };
    let ys = range(a.y, b.y);
    range(a.x, b.x).flat_map(move |x| ys.clone().map(move |y| (x, y)))
}

/// Squared distance from `p` to the segment `a b` and the parameter of its foot, in [0, 1].
fn foot(p: Point, a: Point, b: Point) -> (f64, f64) {
    let (ux, uy) = (f64::from(b.x - a.x), f64::from(b.y - a.y));
    let (vx, vy) = (f64::from(p.x - a.x), f64::from(p.y - a.y));
    let t = ((vx * ux + vy * uy) / (ux * ux + uy * uy)).clamp(0.0, 1.0);
    let (dx, dy) = (vx - t * ux, vy - t * uy);
    (dx * dx + dy * dy, t)
}

impl Lines {
    fn near(prior: &[Polygon], outlines: &[&Polygon], snap: i32) -> Self {
        let mut lines = Self { corners: FxHashMap::default(), segments: FxHashMap::default() };
        for ring in outlines.iter().flat_map(|outline| outline.rings()) {
            for (a, b) in ring.segments() {
                for key in buckets(a, b, snap) {
                    lines.corners.entry(key).or_default();
                }
            }
        }
        for ring in prior.iter().flat_map(Polygon::rings) {
            for (a, b) in ring.segments().filter(|(a, b)| a != b) {
                let (low, high) = (a.min(b), a.max(b));
                for key in buckets(low, high, 0) {
                    if lines.corners.contains_key(&key) {
                        lines.segments.entry(key).or_default().push((low, high));
                    }
                }
                let key = (a.x.div_euclid(BUCKET), a.y.div_euclid(BUCKET));
                if let Some(corners) = lines.corners.get_mut(&key) {
                    corners.push(a);
                }
            }
        }
        for corners in lines.corners.values_mut() {
            corners.sort_unstable();
            corners.dedup();
        }
        for segments in lines.segments.values_mut() {
            segments.sort_unstable();
            segments.dedup();
        }
        lines
    }

    fn redraw(&self, ring: &Ring, snap: i32) -> Ring {
        let mut points = Vec::with_capacity(ring.0.len());
        for (a, b) in ring.segments() {
            points.push(self.moved(a, snap));
            let mut between = self.corners_along(a.min(b), a.max(b), snap);
            if a > b {
                between.reverse();
            }
            points.extend(between);
        }
        points.dedup();
        while points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        Ring(points)
    }

    /// Where a corner goes: the nearest prior corner, else the nearest prior segment, else itself.
    fn moved(&self, p: Point, snap: i32) -> Point {
        let reach = f64::from(snap) * f64::from(snap);
        let nearest = |candidates: &mut dyn Iterator<Item = (f64, Point)>| {
            candidates
                .filter(|(squared, _)| *squared <= reach)
                .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
                .map(|(_, q)| q)
        };
        let mut corners = buckets(p, p, snap)
            .filter_map(|key| self.corners.get(&key))
            .flatten()
            .map(|&q| (squared_distance(p, q), q));
        if let Some(corner) = nearest(&mut corners) {
            return corner;
        }
        let mut feet = buckets(p, p, snap).filter_map(|key| self.segments.get(&key)).flatten().map(
            |&(a, b)| {
                let (squared, t) = foot(p, a, b);
                (squared, between(a, b, t))
            },
        );
        nearest(&mut feet).unwrap_or(p)
    }

    /// Prior corners within reach of the inside of a segment, in its order.
    fn corners_along(&self, a: Point, b: Point, snap: i32) -> Vec<Point> {
        if a == b {
            return Vec::new();
        }
        let reach = f64::from(snap) * f64::from(snap);
        let mut along: Vec<(f64, Point)> = buckets(a, b, snap)
            .filter_map(|key| self.corners.get(&key))
            .flatten()
            .filter_map(|&q| {
                let (squared, t) = foot(q, a, b);
                (squared <= reach && t > 0.0 && t < 1.0).then_some((t, q))
            })
            .collect();
        along.sort_by(|u, v| u.0.total_cmp(&v.0).then(u.1.cmp(&v.1)));
        along.dedup();
        along.into_iter().map(|(_, q)| q).collect()
    }
}

fn squared_distance(p: Point, q: Point) -> f64 {
    let (dx, dy) = (f64::from(p.x - q.x), f64::from(p.y - q.y));
    dx * dx + dy * dy
}

/// The lattice point nearest to the place at parameter `t` of the segment `a b`.
fn between(a: Point, b: Point, t: f64) -> Point {
    let at = |u: i32, v: i32| u + (f64::from(v - u) * t + 0.5).floor() as i32;
    Point::new(at(a.x, b.x), at(a.y, b.y))
}
