//! Small planar geometry in metres: insets, ribbons, boxes, blobs, distances.

use std::f64::consts::TAU;

use super::ground::Place;
use super::noise::surface;

/// Signed area of a closed line, in square metres; positive when counter-clockwise.
pub fn area_m2(outline: &[Place]) -> f64 {
    let n = outline.len();
    (0..n)
        .map(|i| {
            let (a, b) = (outline[i], outline[(i + 1) % n]);
            a.0 * b.1 - b.0 * a.1
        })
        .sum::<f64>()
        / 2.0
}

/// The mean of the corners.
pub fn middle(outline: &[Place]) -> Place {
    let n = outline.len().max(1) as f64;
    let sum = outline.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
    (sum.0 / n, sum.1 / n)
}

/// Distance between two places.
pub fn distance(a: Place, b: Place) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// Distance from a place to a piece of straight line.
pub fn distance_to_segment(p: Place, a: Place, b: Place) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let square = dx * dx + dy * dy;
    let t = if square > 0.0 { ((p.0 - a.0) * dx + (p.1 - a.1) * dy) / square } else { 0.0 };
    let t = t.clamp(0.0, 1.0);
    distance(p, (a.0 + t * dx, a.1 + t * dy))
}

/// Distance from a place to an open line.
pub fn distance_to_line(p: Place, line: &[Place]) -> f64 {
    line.windows(2).map(|w| distance_to_segment(p, w[0], w[1])).fold(f64::INFINITY, f64::min)
}

/// Distance from a place to a closed line.
pub fn distance_to_outline(p: Place, outline: &[Place]) -> f64 {
    let n = outline.len();
    (0..n)
        .map(|i| distance_to_segment(p, outline[i], outline[(i + 1) % n]))
        .fold(f64::INFINITY, f64::min)
}

/// Whether a place lies inside a closed line (even-odd rule).
pub fn is_inside(p: Place, outline: &[Place]) -> bool {
    let n = outline.len();
    (0..n)
        .filter(|&i| {
            let (a, b) = (outline[i], outline[(i + 1) % n]);
            (a.1 > p.1) != (b.1 > p.1) && p.0 < a.0 + (p.1 - a.1) / (b.1 - a.1) * (b.0 - a.0)
        })
        .count()
        % 2
        == 1
}

/// A convex counter-clockwise polygon shrunk by `depth_m` on every side; `None` when nothing of
/// at least one square metre is left.
pub fn inset(convex: &[Place], depth_m: f64) -> Option<Vec<Place>> {
    let n = convex.len();
    let mut rest = convex.to_vec();
    for i in 0..n {
        let (a, b) = (convex[i], convex[(i + 1) % n]);
        let length = distance(a, b);
        if length < 1e-6 {
            continue;
        }
        let (nx, ny) = (-(b.1 - a.1) / length, (b.0 - a.0) / length);
        rest = clip(&rest, (nx, ny), nx * a.0 + ny * a.1 + depth_m);
    }
    (rest.len() >= 3 && area_m2(&rest) >= 1.0).then_some(rest)
}

/// The part of a convex polygon where `normal . p >= offset`.
fn clip(polygon: &[Place], normal: Place, offset: f64) -> Vec<Place> {
    let height = |p: Place| normal.0 * p.0 + normal.1 * p.1 - offset;
    let n = polygon.len();
    let mut kept = Vec::with_capacity(n + 1);
    for i in 0..n {
        let (a, b) = (polygon[i], polygon[(i + 1) % n]);
        let (ha, hb) = (height(a), height(b));
        if ha >= 0.0 {
            kept.push(a);
        }
        if (ha < 0.0) != (hb < 0.0) {
            let t = ha / (ha - hb);
            kept.push((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)));
        }
    }
    kept
}

/// The outline of an open line widened to `width_m`, its ends carried on by half the width.
///
/// Meant for gentle curves: the corners are mitred and no loop is removed.
pub fn ribbon(line: &[Place], width_m: f64) -> Vec<Place> {
    let half = width_m / 2.0;
    let n = line.len();
    if n < 2 {
        return Vec::new();
    }
    let direction = |a: Place, b: Place| {
        let length = distance(a, b).max(1e-9);
        ((b.0 - a.0) / length, (b.1 - a.1) / length)
    };
    let mut left = Vec::with_capacity(n);
    let mut right = Vec::with_capacity(n);
    for i in 0..n {
        let before = direction(line[i.max(1) - 1], line[i.max(1)]);
        let after = direction(line[i.min(n - 2)], line[i.min(n - 2) + 1]);
        let (tx, ty) = direction((0.0, 0.0), (before.0 + after.0, before.1 + after.1));
        let stretch = half / (tx * after.0 + ty * after.1).clamp(0.6, 1.0);
        let push = if i == 0 {
            -half
        } else if i == n - 1 {
            half
        } else {
            0.0
        };
        let (x, y) = (line[i].0 + tx * push, line[i].1 + ty * push);
        left.push((x - ty * stretch, y + tx * stretch));
        right.push((x + ty * stretch, y - tx * stretch));
    }
    right.extend(left.into_iter().rev());
    right
}

/// A rectangle of `length_m` along `heading` (radians) and `width_m` across, around a centre.
pub fn oriented_box(centre: Place, length_m: f64, width_m: f64, heading: f64) -> Vec<Place> {
    let (c, s) = (heading.cos(), heading.sin());
    let at = |u: f64, v: f64| (centre.0 + u * c - v * s, centre.1 + u * s + v * c);
    let (u, v) = (length_m / 2.0, width_m / 2.0);
    vec![at(-u, -v), at(u, -v), at(u, v), at(-u, v)]
}

/// A rounded irregular outline of mean radius `radius_m`.
pub fn blob(seed: u64, centre: Place, radius_m: f64) -> Vec<Place> {
    let n = ((TAU * radius_m / 9.0) as usize).clamp(14, 90);
    (0..n)
        .map(|i| {
            let angle = TAU * i as f64 / n as f64;
            let (c, s) = (angle.cos(), angle.sin());
            let radius = radius_m * (1.0 + 0.28 * surface(seed, 1.4 * c + 5.0, 1.4 * s + 5.0));
            (centre.0 + radius * c, centre.1 + radius * s)
        })
        .collect()
}
