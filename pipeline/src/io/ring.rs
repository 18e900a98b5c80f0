//! What a ring of a file becomes on the lattice: closed, without repeated points, oriented, and
//! with a list of what was wrong.

use kernels::lattice::{Point, Ring, cross};

use super::issue::key;

/// Something wrong with a ring or a line: a key of [`key`], a place, and an area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// One of [`key`].
    pub key: &'static str,
    /// Where.
    pub place: Option<Point>,
    /// Twice the area concerned, in square lattice steps; 0 when there is none.
    pub twice_area: i128,
}

impl Flaw {
    fn at(key: &'static str, place: Option<Point>) -> Self {
        Self { key, place, twice_area: 0 }
    }
}

/// Rounds the points of a line (metres) to the lattice and drops those that repeat the one before.
///
/// # Errors
/// The flaw, when a coordinate is not finite or out of range.
pub fn line(points_m: &[(f64, f64)]) -> Result<Vec<Point>, Flaw> {
    let mut line: Vec<Point> = Vec::with_capacity(points_m.len());
    for &(x_m, y_m) in points_m {
        let Some(point) = Point::from_metres(x_m, y_m) else {
            let finite = x_m.is_finite() && y_m.is_finite();
            let key =
                if finite { key::COORDINATE_OUT_OF_RANGE } else { key::COORDINATE_NOT_FINITE };
            return Err(Flaw::at(key, line.last().copied()));
        };
        if line.last() != Some(&point) {
            line.push(point);
        }
    }
    Ok(line)
}

/// Makes a ring of the points of a file (metres), counter-clockwise when `is_exterior`.
///
/// `None` when nothing is left of it; every flaw is added to `flaws`.
pub fn ring(points_m: &[(f64, f64)], is_exterior: bool, flaws: &mut Vec<Flaw>) -> Option<Ring> {
    let mut points = match line(points_m) {
        Ok(points) => points,
        Err(flaw) => {
            flaws.push(flaw);
            return None;
        }
    };
    let place = points.first().copied();
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    } else if points.len() > 1 && points_m.first() != points_m.last() {
        flaws.push(Flaw::at(key::RING_UNCLOSED, place));
    }
    if points.len() < 3 || is_on_one_line(&points) {
        flaws.push(Flaw::at(key::RING_COLLAPSED, place));
        return None;
    }
    let mut ring = Ring(points);
    let area = ring.twice_area();
    if let Some((key, place)) = self_contact(&ring.0) {
        flaws.push(Flaw { key, place: Some(place), twice_area: area.abs() });
    }
    if (area < 0) == is_exterior && area != 0 {
        ring.0[1..].reverse();
    }
    Some(ring)
}

fn is_on_one_line(points: &[Point]) -> bool {
    let [first, other, rest @ ..] = points else { return true };
    rest.iter().all(|&p| cross(*first, *other, p) == 0)
}

/// The first contact of a ring with itself, other than between neighbours at their common point.
///
/// Segments are swept from west to east: only those whose extents overlap are compared.
fn self_contact(points: &[Point]) -> Option<(&'static str, Point)> {
    let n = points.len();
    let segment = |i: usize| (points[i], points[(i + 1) % n]);
    let mut order: Vec<(i32, u32)> = (0..n)
        .map(|i| {
            let (a, b) = segment(i);
            (a.x.min(b.x), i as u32)
        })
        .collect();
    order.sort_unstable();
    let mut touch = None;
    for (rank, &(_, i)) in order.iter().enumerate() {
        let i = i as usize;
        let (a, b) = segment(i);
        let east = a.x.max(b.x);
        let (low, high) = (a.y.min(b.y), a.y.max(b.y));
        for &(west, j) in &order[rank + 1..] {
            if west > east {
                break;
            }
            let j = j as usize;
            let (c, d) = segment(j);
            if c.y.max(d.y) < low || c.y.min(d.y) > high {
                continue;
            }
            match contact(n, (i, a, b), (j, c, d)) {
                Some((key, place)) if key == key::RING_SELF_INTERSECTION => {
                    return Some((key, place));
                }
                found => touch = touch.or(found),
            }
        }
    }
    touch
}

type Segment = (usize, Point, Point);

/// How two segments of a ring of `n` segments meet, apart from following each other.
fn contact(n: usize, (i, a, b): Segment, (j, c, d): Segment) -> Option<(&'static str, Point)> {
    if (i + 1) % n == j {
        // b == c: they overlap when d turns back over a -> b.
        return is_folded(a, b, d).then_some((key::RING_SELF_INTERSECTION, b));
    }
    if (j + 1) % n == i {
        return is_folded(c, d, b).then_some((key::RING_SELF_INTERSECTION, d));
    }
    let (c_side, d_side) = (cross(a, b, c).signum(), cross(a, b, d).signum());
    let (a_side, b_side) = (cross(c, d, a).signum(), cross(c, d, b).signum());
    if c_side * d_side < 0 && a_side * b_side < 0 {
        return Some((key::RING_SELF_INTERSECTION, crossing_point(a, b, c, d)));
    }
    let on = |p: Point, (from, to): (Point, Point), side: i64| {
        side == 0
            && (from.x.min(to.x)..=from.x.max(to.x)).contains(&p.x)
            && (from.y.min(to.y)..=from.y.max(to.y)).contains(&p.y)
    };
    let mut touching = [
        (c, on(c, (a, b), c_side)),
        (d, on(d, (a, b), d_side)),
        (a, on(a, (c, d), a_side)),
        (b, on(b, (c, d), b_side)),
    ]
    .into_iter()
    .filter_map(|(p, touches)| touches.then_some(p));
    let first = touching.next()?;
    let is_overlap = touching.any(|p| p != first);
    let key = if is_overlap { key::RING_SELF_INTERSECTION } else { key::RING_SELF_TOUCH };
    Some((key, first))
}

/// Whether `b -> c` goes back over `a -> b`.
fn is_folded(a: Point, b: Point, c: Point) -> bool {
    let (ux, uy) = (i64::from(a.x) - i64::from(b.x), i64::from(a.y) - i64::from(b.y));
    let (vx, vy) = (i64::from(c.x) - i64::from(b.x), i64::from(c.y) - i64::from(b.y));
    cross(a, b, c) == 0 && ux * vx + uy * vy > 0
}

/// The lattice point nearest to a proper crossing; only a place to look at.
fn crossing_point(a: Point, b: Point, c: Point, d: Point) -> Point {
    let (from, to) = (cross(c, d, a) as f64, cross(c, d, b) as f64);
    let t = from / (from - to);
    let along = |p: i32, q: i32| (f64::from(p) + t * (f64::from(q) - f64::from(p))).round() as i32;
    Point::new(along(a.x, b.x), along(a.y, b.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(points_m: &[(f64, f64)], is_exterior: bool) -> (Option<Ring>, Vec<&'static str>) {
        let mut flaws = Vec::new();
        let ring = ring(points_m, is_exterior, &mut flaws);
        (ring, flaws.iter().map(|flaw| flaw.key).collect())
    }

    const SQUARE: [(f64, f64); 5] = [(0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (2.0, 0.0), (0.0, 0.0)];

    fn points(list: &[(i32, i32)]) -> Ring {
        Ring(list.iter().map(|&(x, y)| Point::new(x, y)).collect())
    }

    #[test]
    fn an_exterior_turns_left_and_a_hole_right_from_the_same_first_point() {
        let left = points(&[(0, 0), (200, 0), (200, 200), (0, 200)]);
        let right = points(&[(0, 0), (0, 200), (200, 200), (200, 0)]);
        assert_eq!(read(&SQUARE, true), (Some(left), vec![]));
        assert_eq!(read(&SQUARE, false), (Some(right), vec![]));
    }

    #[test]
    fn repeated_points_go_and_an_open_ring_is_closed() {
        let open = [(0.0, 0.0), (2.0, 0.0), (2.0, 0.001), (2.0, 2.0), (0.0, 2.0)];
        let expected = points(&[(0, 0), (200, 0), (200, 200), (0, 200)]);
        assert_eq!(read(&open, true), (Some(expected), vec![key::RING_UNCLOSED]));
    }

    #[test]
    fn rings_without_area_are_dropped() {
        let spike = [(0.0, 0.0), (5.0, 5.0), (9.0, 9.0), (0.0, 0.0)];
        assert_eq!(read(&spike, true), (None, vec![key::RING_COLLAPSED]));
        let back_and_forth = [(0.0, 0.0), (5.0, 5.0), (9.0, 9.0), (3.0, 3.0), (0.0, 0.0)];
        assert_eq!(read(&back_and_forth, true), (None, vec![key::RING_COLLAPSED]));
        assert_eq!(read(&[(1.0, 1.0); 4], true), (None, vec![key::RING_COLLAPSED]));
        assert_eq!(read(&[], true), (None, vec![key::RING_COLLAPSED]));
    }

    #[test]
    fn hostile_coordinates_are_named() {
        for (bad, expected) in [
            (f64::NAN, key::COORDINATE_NOT_FINITE),
            (f64::INFINITY, key::COORDINATE_NOT_FINITE),
            (1e300, key::COORDINATE_OUT_OF_RANGE),
            (2e7, key::COORDINATE_OUT_OF_RANGE),
        ] {
            let points = [(0.0, 0.0), (2.0, 0.0), (2.0, bad), (0.0, 0.0)];
            assert_eq!(read(&points, true), (None, vec![expected]));
        }
    }

    #[test]
    fn a_bow_tie_passes_with_an_issue_even_when_its_lobes_cancel() {
        let tie = [(0.0, 0.0), (2.0, 2.0), (2.0, 0.0), (0.0, 2.0), (0.0, 0.0)];
        let (ring, flaws) = read(&tie, true);
        assert_eq!(flaws, [key::RING_SELF_INTERSECTION]);
        assert_eq!(ring.unwrap().0.len(), 4);
        let mut flaws = Vec::new();
        super::ring(&tie, true, &mut flaws);
        assert_eq!(flaws[0].place, Some(Point::new(100, 100)));
    }

    #[test]
    fn a_ring_that_touches_itself_is_told_from_one_that_crosses() {
        let eight = [(0.0, 0.0), (4.0, 0.0), (2.0, 2.0), (4.0, 4.0), (0.0, 4.0), (2.0, 2.0)];
        let closed: Vec<_> = eight.iter().chain([&eight[0]]).copied().collect();
        assert_eq!(read(&closed, true).1, [key::RING_SELF_TOUCH]);
        let spiked =
            [(0.0, 0.0), (4.0, 0.0), (6.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)];
        assert_eq!(read(&spiked, true).1, [key::RING_SELF_INTERSECTION]);
    }

    #[test]
    fn a_long_simple_ring_has_no_flaw() {
        let circle: Vec<_> = (0..=3600)
            .map(|i| {
                let angle = f64::from(i % 3600) * std::f64::consts::TAU / 3600.0;
                (1e6 + 500.0 * angle.cos(), 6e6 + 500.0 * angle.sin())
            })
            .collect();
        let (ring, flaws) = read(&circle, true);
        assert_eq!((ring.unwrap().0.len(), flaws.len()), (3600, 0));
    }
}
