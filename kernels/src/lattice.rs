//! The 1 cm integer lattice on which every coordinate and every area of the project is exact.
//!
//! Coordinates are absolute centimetres in the department's projected CRS. Every French CRS fits
//! in `i32` (Lambert-93 northings stay under 7.2e8 cm, UTM southern northings under 1e9 cm), so a
//! point takes eight bytes and no local origin is ever needed.

use std::fmt;

/// Lattice steps in one metre.
pub const STEPS_PER_METRE: i32 = 100;

/// Square lattice steps in one square metre, doubled: the unit of [`Ring::twice_area`].
pub const TWICE_AREA_PER_M2: i128 = 2 * (STEPS_PER_METRE as i128) * (STEPS_PER_METRE as i128);

/// Largest absolute coordinate accepted: differences then fit in `i32`, cross products in `i64`.
pub const COORDINATE_MAX: i32 = (1 << 30) - 1;

/// A place on the 1 cm lattice; ordered by `x`, then `y`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Point {
    /// Easting, in centimetres.
    pub x: i32,
    /// Northing, in centimetres.
    pub y: i32,
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} {})", self.x, self.y)
    }
}

impl Point {
    /// A point from its coordinates in centimetres.
    pub const fn new(x: i32, y: i32) -> Self {
        Self { x, y }
    }

    /// The nearest lattice point to a place in metres (halves go up), or `None` when a coordinate
    /// is not finite or beyond [`COORDINATE_MAX`].
    pub fn from_metres(x_m: f64, y_m: f64) -> Option<Self> {
        let step = |v: f64| {
            let steps = (v * f64::from(STEPS_PER_METRE) + 0.5).floor();
            (steps.abs() <= f64::from(COORDINATE_MAX)).then_some(steps as i32)
        };
        Some(Self { x: step(x_m)?, y: step(y_m)? })
    }

    /// The place in metres.
    pub fn to_metres(self) -> (f64, f64) {
        let metres = |v: i32| f64::from(v) / f64::from(STEPS_PER_METRE);
        (metres(self.x), metres(self.y))
    }
}

/// Twice the signed area of the triangle `a b c`: positive when `c` lies left of `a -> b`.
pub fn cross(a: Point, b: Point, c: Point) -> i64 {
    let (abx, aby) = (i64::from(b.x) - i64::from(a.x), i64::from(b.y) - i64::from(a.y));
    let (acx, acy) = (i64::from(c.x) - i64::from(a.x), i64::from(c.y) - i64::from(a.y));
    abx * acy - aby * acx
}

/// A closed line given by its distinct corners; the closing corner is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Ring(pub Vec<Point>);

impl Ring {
    /// Twice the signed area in square lattice steps; positive when counter-clockwise.
    pub fn twice_area(&self) -> i128 {
        let points = &self.0;
        let Some(&origin) = points.first() else { return 0 };
        points.windows(2).map(|w| i128::from(cross(origin, w[0], w[1]))).sum()
    }

    /// The directed segments of the ring, the closing one included.
    pub fn segments(&self) -> impl Iterator<Item = (Point, Point)> + Clone + '_ {
        let following = self.0.iter().skip(1).chain(self.0.first());
        self.0.iter().copied().zip(following.copied())
    }
}

/// A polygon with holes: the exterior counter-clockwise, the holes clockwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Polygon {
    /// The outer ring.
    pub exterior: Ring,
    /// The inner rings.
    pub holes: Vec<Ring>,
}

impl Polygon {
    /// Twice the area in square lattice steps, holes taken off.
    pub fn twice_area(&self) -> i128 {
        self.rings().map(Ring::twice_area).sum()
    }

    /// The area in square metres, rounded once from the exact value.
    pub fn area_m2(&self) -> f64 {
        area_m2(self.twice_area())
    }

    /// The length of all rings in metres.
    pub fn perimeter_m(&self) -> f64 {
        self.rings().flat_map(Ring::segments).map(|(a, b)| length_m(a, b)).sum()
    }

    /// The exterior, then the holes.
    pub fn rings(&self) -> impl Iterator<Item = &Ring> + Clone + '_ {
        std::iter::once(&self.exterior).chain(&self.holes)
    }

    /// Whether a point lies inside, by the even-odd rule on all rings.
    ///
    /// A point on a side belongs to the polygon on its east, or on its north when the side is
    /// horizontal: in a coverage every point has one owner.
    pub fn holds(&self, p: Point) -> bool {
        let crossed = |&(a, b): &(Point, Point)| {
            let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
            low.y <= p.y && p.y < high.y && cross(low, high, p) <= 0
        };
        self.rings().flat_map(Ring::segments).filter(crossed).count() % 2 == 1
    }

    /// Whether one of its sides passes within `reach` lattice steps of a point, exactly.
    pub fn has_side_near(&self, p: Point, reach: u16) -> bool {
        let reach = i128::from(reach) * i128::from(reach);
        let dot = |from: Point, to: Point, end: Point| {
            let along = |a: i32, b: i32| i128::from(b) - i128::from(a);
            along(from.x, to.x) * along(from.x, end.x) + along(from.y, to.y) * along(from.y, end.y)
        };
        self.rings().flat_map(Ring::segments).any(|(a, b)| {
            let (along, length) = (dot(a, p, b), dot(a, b, b));
            if along <= 0 {
                dot(a, p, p) <= reach
            } else if along >= length {
                dot(b, p, p) <= reach
            } else {
                let area = i128::from(cross(a, b, p));
                area * area <= reach * length
            }
        })
    }

    /// The lowest and highest corner of the bounding box, or `None` when the polygon is empty.
    pub fn bounds(&self) -> Option<(Point, Point)> {
        let first = *self.exterior.0.first()?;
        Some(self.exterior.0.iter().fold((first, first), |(lo, hi), p| {
            (Point::new(lo.x.min(p.x), lo.y.min(p.y)), Point::new(hi.x.max(p.x), hi.y.max(p.y)))
        }))
    }
}

/// Length of a segment in metres.
pub fn length_m(a: Point, b: Point) -> f64 {
    let (dx, dy) = (f64::from(b.x) - f64::from(a.x), f64::from(b.y) - f64::from(a.y));
    dx.hypot(dy) / f64::from(STEPS_PER_METRE)
}

/// Square metres of a doubled area in square lattice steps, rounded once.
pub fn area_m2(twice_area: i128) -> f64 {
    twice_area as f64 / TWICE_AREA_PER_M2 as f64
}

/// Square metres as a doubled area in square lattice steps, to the nearest.
pub fn twice_area_of(area_m2: f64) -> i128 {
    (area_m2 * TWICE_AREA_PER_M2 as f64).round() as i128
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: i32, y: i32, side: i32) -> Polygon {
        let corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)];
        Polygon { exterior: Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec()), holes: vec![] }
    }

    #[test]
    fn places_in_metres_go_to_the_nearest_step_and_halves_go_up() {
        assert_eq!(Point::from_metres(0.125, -0.125), Some(Point::new(13, -12)));
        assert_eq!(Point::from_metres(f64::NAN, 0.0), None);
        assert_eq!(Point::from_metres(1e9, 0.0), None);
    }

    #[test]
    fn holes_are_taken_off_the_area() {
        let mut polygon = square(0, 0, 10);
        assert_eq!(polygon.twice_area(), 200);
        let mut hole = square(2, 2, 3).exterior;
        hole.0.reverse();
        polygon.holes.push(hole);
        assert_eq!(polygon.twice_area(), 182);
        assert!(polygon.holds(Point::new(1, 1)) && !polygon.holds(Point::new(3, 3)));
    }

    #[test]
    fn a_side_is_near_along_it_and_around_its_ends() {
        let polygon = square(0, 0, 10);
        for p in [(0, 5), (1, 5), (-1, 5), (-1, 0), (10, 11)] {
            assert!(polygon.has_side_near(Point::new(p.0, p.1), 1), "{p:?}");
        }
        for p in [(2, 5), (-2, 5), (-1, -1), (5, 5)] {
            assert!(!polygon.has_side_near(Point::new(p.0, p.1), 1), "{p:?}");
        }
        assert!(polygon.has_side_near(Point::new(-3, -4), 5));
    }

    #[test]
    fn a_point_on_a_shared_side_has_one_owner() {
        let (west, east) = (square(0, 0, 10), square(10, 0, 10));
        for y in 0..10 {
            let p = Point::new(10, y);
            assert!(!west.holds(p) && east.holds(p), "{p:?}");
        }
        assert!(west.holds(Point::new(0, 0)) && !west.holds(Point::new(0, 10)));
    }
}
