//! Thins the arcs that polygons share: what is done to an arc depends on the arc alone, so both of
//! its sides stay one line.

use rayon::prelude::*;

use crate::generalise::scaled_distance;
use crate::lattice::{Point, Polygon, Ring};

/// Polygons with fewer corners, by Douglas and Peucker (1973) on each arc between two nodes.
///
/// * `polygons`: they fit together corner for corner.
/// * `distance`: how far, in lattice steps, a new side may pass from the corners it replaces.
///
/// A node is a corner where more than two sides meet; nodes stay. Arcs may come to cross and rings
/// to collapse: what uses the result must put up with both.
pub fn thinned(polygons: &[Polygon], distance: i32) -> Vec<Polygon> {
    if distance <= 0 {
        return polygons.to_vec();
    }
    let nodes = nodes(polygons);
    let ring = |ring: &Ring| thin_ring(ring, &nodes, distance);
    polygons
        .par_iter()
        .map(|polygon| Polygon {
            exterior: ring(&polygon.exterior),
            holes: polygon.holes.iter().map(ring).filter(|ring| ring.0.len() > 2).collect(),
        })
        .collect()
}

/// The corners where more than two sides meet, sorted.
fn nodes(polygons: &[Polygon]) -> Vec<Point> {
    let sides = polygons.par_iter().flat_map_iter(|polygon| {
        let sides = polygon.rings().flat_map(Ring::segments);
        sides.flat_map(|(a, b)| [(a, b), (b, a)])
    });
    let mut spokes: Vec<(Point, Point)> = sides.collect();
    spokes.par_sort_unstable();
    spokes.dedup();
    let around = spokes.chunk_by(|one, other| one.0 == other.0);
    around.filter(|spokes| spokes.len() > 2).map(|spokes| spokes[0].0).collect()
}

fn thin_ring(ring: &Ring, nodes: &[Point], distance: i32) -> Ring {
    let corners = &ring.0;
    let is_node = |point: &Point| nodes.binary_search(point).is_ok();
    let Some(first) = corners.iter().position(is_node) else {
        return Ring(thin_loop(corners, distance));
    };
    let mut thinned = Vec::new();
    let mut arc = vec![corners[first]];
    for step in 1..=corners.len() {
        let corner = corners[(first + step) % corners.len()];
        arc.push(corner);
        if is_node(&corner) {
            thin_arc(&mut arc, distance);
            thinned.extend_from_slice(&arc[..arc.len() - 1]);
            arc.clear();
            arc.push(corner);
        }
    }
    Ring(thinned)
}

/// Thins a ring that meets no node: between its lowest corner and the one farthest from it.
fn thin_loop(corners: &[Point], distance: i32) -> Vec<Point> {
    let Some(lowest) = (0..corners.len()).min_by_key(|&i| corners[i]) else { return Vec::new() };
    let mut round = corners.to_vec();
    round.rotate_left(lowest);
    let squared = |p: &Point| {
        let (dx, dy) = (i64::from(p.x - round[0].x), i64::from(p.y - round[0].y));
        (dx * dx + dy * dy, *p)
    };
    let far = (0..round.len()).max_by_key(|&i| squared(&round[i])).unwrap_or(0);
    round.push(round[0]);
    let (mut out, mut back) = (round[..=far].to_vec(), round[far..].to_vec());
    thin_arc(&mut out, distance);
    thin_arc(&mut back, distance);
    out.pop();
    back.pop();
    out.extend(back);
    out
}

/// Thins an arc between its ends, the same in both directions.
fn thin_arc(arc: &mut Vec<Point>, distance: i32) {
    if arc.len() < 3 {
        return;
    }
    let is_turned = arc.iter().rev().lt(arc.iter());
    if is_turned {
        arc.reverse();
    }
    let mut stays = vec![false; arc.len()];
    stays[0] = true;
    stays[arc.len() - 1] = true;
    let mut waiting = vec![(0, arc.len() - 1)];
    while let Some((from, to)) = waiting.pop() {
        let away = |&i: &usize| scaled_distance(arc[i], arc[from], arc[to]);
        let Some(farthest) = (from + 1..to).rev().max_by_key(away) else { continue };
        if is_beyond(away(&farthest), (arc[from], arc[to]), distance) {
            stays[farthest] = true;
            waiting.extend([(from, farthest), (farthest, to)]);
        }
    }
    let mut rank = 0;
    arc.retain(|_| {
        rank += 1;
        stays[rank - 1]
    });
    if is_turned {
        arc.reverse();
    }
}

/// Whether a scaled distance to a side is more than a distance.
fn is_beyond(scaled: i128, (a, b): (Point, Point), distance: i32) -> bool {
    let (dx, dy) = (i128::from(b.x) - i128::from(a.x), i128::from(b.y) - i128::from(a.y));
    let length_sq = (dx * dx + dy * dy).max(1);
    scaled > i128::from(distance) * i128::from(distance) * length_sq
}
