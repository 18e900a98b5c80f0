//! The part of a polygon within an upright rectangle, for measures that look at a small place.

use crate::lattice::{Point, Polygon, Ring};

/// The part of a polygon between two corners of a rectangle, south-west and north-east.
///
/// Sutherland and Hodgman (1974): each ring is cut at the four sides in turn. Under the even-odd
/// rule the result covers what the polygon covers in the rectangle, but a ring that leaves it and
/// comes back runs along its side both ways, so the result is made to be measured and not to be
/// drawn. Cuts are rounded to the lattice. `None` when no ring enters.
pub fn clip(polygon: &Polygon, low: Point, high: Point) -> Option<Polygon> {
    let exterior = clip_ring(&polygon.exterior, low, high)?;
    let holes = polygon.holes.iter().filter_map(|hole| clip_ring(hole, low, high)).collect();
    Some(Polygon { exterior, holes })
}

fn clip_ring(ring: &Ring, low: Point, high: Point) -> Option<Ring> {
    // How far a point is inside each side; coordinates swap so that one cutter serves all.
    let sides: [fn(Point, Point, Point) -> i64; 4] = [
        |p, low, _| i64::from(p.x) - i64::from(low.x),
        |p, _, high| i64::from(high.x) - i64::from(p.x),
        |p, low, _| i64::from(p.y) - i64::from(low.y),
        |p, _, high| i64::from(high.y) - i64::from(p.y),
    ];
    let mut corners = ring.0.clone();
    for depth in sides {
        let depth = |p| depth(p, low, high);
        if corners.iter().all(|&p| depth(p) >= 0) {
            continue;
        }
        corners = cut(&corners, depth);
    }
    (corners.len() > 2).then_some(Ring(corners))
}

/// The corners on the side where `depth` is not negative, with the cuts in between.
fn cut(corners: &[Point], depth: impl Fn(Point) -> i64) -> Vec<Point> {
    let mut kept = Vec::new();
    let Some(mut before) = corners.last().copied() else { return kept };
    for &corner in corners {
        let (was, is) = (depth(before), depth(corner));
        if (was < 0) != (is < 0) {
            kept.push(between(before, corner, (was, is)));
        }
        if is >= 0 {
            kept.push(corner);
        }
        before = corner;
    }
    kept
}

/// The lattice point nearest to where `a -> b` meets the side.
fn between(a: Point, b: Point, (at_a, at_b): (i64, i64)) -> Point {
    let (part, whole) = (i128::from(at_a.abs()), i128::from(at_a.abs() + at_b.abs()));
    let along = |p: i32, q: i32| {
        let run = part * (i128::from(q) - i128::from(p));
        (i128::from(p) + (2 * run + whole).div_euclid(2 * whole)) as i32
    };
    Point::new(along(a.x, b.x), along(a.y, b.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(corners: &[(i32, i32)]) -> Ring {
        Ring(corners.iter().map(|&(x, y)| Point::new(x, y)).collect())
    }

    fn clipped(polygon: &Polygon, (west, south, east, north): (i32, i32, i32, i32)) -> i128 {
        let part = clip(polygon, Point::new(west, south), Point::new(east, north));
        part.map_or(0, |part| part.twice_area())
    }

    #[test]
    fn a_square_with_a_hole_is_measured_in_any_window() {
        let hole = ring(&[(40, 40), (40, 60), (60, 60), (60, 40)]);
        let exterior = ring(&[(0, 0), (100, 0), (100, 100), (0, 100)]);
        let polygon = Polygon { exterior, holes: vec![hole] };
        assert_eq!(clip(&polygon, Point::new(-5, -5), Point::new(200, 200)), Some(polygon.clone()));
        assert_eq!(clipped(&polygon, (50, 50, 80, 80)), 2 * (30 * 30 - 10 * 10));
        assert_eq!(clipped(&polygon, (45, 45, 55, 55)), 0);
        assert_eq!(clip(&polygon, Point::new(200, 0), Point::new(300, 100)), None);
    }

    #[test]
    fn a_ring_that_leaves_and_comes_back_covers_both_its_parts() {
        let comb =
            ring(&[(0, 0), (90, 0), (90, 50), (60, 50), (60, 20), (30, 20), (30, 50), (0, 50)]);
        let polygon = Polygon { exterior: comb, holes: Vec::new() };
        assert_eq!(clipped(&polygon, (0, 30, 90, 50)), 2 * (30 * 20 + 30 * 20));
    }

    #[test]
    fn a_slanted_side_is_cut_at_the_nearest_lattice_point() {
        let polygon = Polygon { exterior: ring(&[(0, 0), (30, 0), (0, 10)]), holes: Vec::new() };
        let part = clip(&polygon, Point::new(10, 0), Point::new(30, 10)).unwrap();
        assert_eq!(part.exterior, ring(&[(10, 0), (30, 0), (10, 7)]));
    }
}
