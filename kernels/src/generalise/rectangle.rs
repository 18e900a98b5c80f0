//! Fits a rectangle to a closed staircase, where one stands for it: most buildings are rectangles.
//!
//! The rectangle has the centroid of the staircase and its area, up to a few steps on its long sides:
//! never less. Of the directions of the sides of
//! the convex hull, where the smallest enclosing rectangle lies (Freeman & Shapira, "Determining
//! the minimum-area encasing rectangle for an arbitrary closed curve", Communications of the ACM
//! 18(7), 1975), and of the principal axis, the one is taken that the staircase deviates from
//! least. Only sums, products, quotients and square roots are used: the result is the same on every
//! machine.

use super::{Point, is_within};
use crate::lattice::cross;

/// The rectangle that stands for a closed staircase, as a closed line in its direction, or `None`
/// when no rectangle is near enough.
///
/// * `corners`: the staircase, none repeated, of cells of side `cell`.
///
/// Every corner of the staircase is within `distance`, and within a cell, of the rectangle: a
/// sampled rectangle never deviates more; every corner of the rectangle is within `distance` of the
/// staircase.
pub(super) fn rectangle(corners: &[Point], cell: i32, distance: i32) -> Option<Vec<Point>> {
    // Four corners are a rectangle already; less than six steps tell no direction.
    if corners.len() < 8 {
        return None;
    }
    let shape = Shape::of(corners)?;
    let hull = hull(corners);
    let sides = hull.iter().zip(hull.iter().cycle().skip(1));
    let of_hull =
        sides.map(|(a, b)| (f64::from(b.x) - f64::from(a.x), f64::from(b.y) - f64::from(a.y)));
    let directions = of_hull.chain([shape.principal_axis()]);
    let reach = distance.min(cell);
    let fitted = directions.filter_map(|direction| shape.encased(corners, direction));
    let near = fitted.filter_map(|ring| {
        let deviation = deviation(corners, &ring, reach)?;
        let stairs_are_near = ring.iter().all(|&corner| is_near(corner, corners, distance));
        stairs_are_near.then_some((deviation, ring))
    });
    // The first of the best.
    let best = near.reduce(|best, next| if next.0 < best.0 { next } else { best });
    best.map(|(_, mut ring)| {
        ring.push(ring[0]);
        ring
    })
}

/// Sums over the inside of a staircase, in steps from its first corner.
struct Shape {
    origin: Point,
    /// Twice the area, positive when counter-clockwise.
    twice_area: f64,
    centroid: (f64, f64),
    /// Central second moments: xx, xy, yy, per area.
    moments: (f64, f64, f64),
}

impl Shape {
    fn of(corners: &[Point]) -> Option<Self> {
        let origin = *corners.first()?;
        let (mut twice_area, mut first, mut second) = (0.0, (0.0, 0.0), (0.0, 0.0, 0.0));
        let local = |p: &Point| {
            (f64::from(p.x) - f64::from(origin.x), f64::from(p.y) - f64::from(origin.y))
        };
        for (a, b) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            let ((ax, ay), (bx, by)) = (local(a), local(b));
            let turn = ax * by - bx * ay;
            twice_area += turn;
            first.0 += (ax + bx) * turn;
            first.1 += (ay + by) * turn;
            second.0 += (ax * ax + ax * bx + bx * bx) * turn;
            second.1 += (ax * by + 2.0 * ax * ay + 2.0 * bx * by + bx * ay) * turn;
            second.2 += (ay * ay + ay * by + by * by) * turn;
        }
        if twice_area == 0.0 {
            return None;
        }
        let centroid = (first.0 / (3.0 * twice_area), first.1 / (3.0 * twice_area));
        let moments = (
            second.0 / (6.0 * twice_area) - centroid.0 * centroid.0,
            second.1 / (12.0 * twice_area) - centroid.0 * centroid.1,
            second.2 / (6.0 * twice_area) - centroid.1 * centroid.1,
        );
        Some(Self { origin, twice_area, centroid, moments })
    }

    /// The direction in which the shape is longest.
    fn principal_axis(&self) -> (f64, f64) {
        let (xx, xy, yy) = self.moments;
        let half = (xx - yy) / 2.0;
        let root = (half * half + xy * xy).sqrt();
        if half >= 0.0 { (half + root, xy) } else { (xy, root - half) }
    }

    /// The rectangle of the shape's area and centroid whose sides run in a direction and across,
    /// its proportions those of the enclosing one less an equal margin.
    fn encased(&self, corners: &[Point], (dx, dy): (f64, f64)) -> Option<Vec<Point>> {
        let length = (dx * dx + dy * dy).sqrt();
        if length == 0.0 {
            return None;
        }
        let (ux, uy) = (dx / length, dy / length);
        let extent = |along: (f64, f64)| {
            let at = |p: &Point| f64::from(p.x) * along.0 + f64::from(p.y) * along.1;
            let (low, high) = corners
                .iter()
                .map(at)
                .fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
            high - low
        };
        let (long, wide) = (extent((ux, uy)), extent((-uy, ux)));
        let area = self.twice_area.abs() / 2.0;
        let margin = ((long + wide) - ((long - wide) * (long - wide) + 4.0 * area).sqrt()) / 2.0;
        let (a, b) = ((long - margin) / 2.0, (wide - margin) / 2.0);
        if a <= 0.0 || b <= 0.0 {
            return None;
        }
        // Rounding to the lattice may cost a little; a building at its unit must keep it.
        let mut rings = (0..4).map(|steps| self.ring((ux, uy), (a + f64::from(steps), b)));
        rings.find(|ring| {
            let [p, q, r, s] = [0, 1, 2, 3].map(|k| ring[k]);
            (cross(p, q, r) + cross(p, r, s)).abs() as f64 >= self.twice_area.abs()
        })
    }

    /// The rectangle around the centroid with these half sides, on the lattice.
    fn ring(&self, (ux, uy): (f64, f64), (a, b): (f64, f64)) -> Vec<Point> {
        let turn = self.twice_area.signum();
        let corner = |(s, t): (f64, f64)| {
            let (along, across) = (s * a, t * turn * b);
            let x = self.centroid.0 + along * ux - across * uy;
            let y = self.centroid.1 + along * uy + across * ux;
            Point::new(self.origin.x + x.round() as i32, self.origin.y + y.round() as i32)
        };
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(corner).to_vec()
    }
}

/// The convex hull, counter-clockwise, without corners on its sides.
///
/// Andrew, "Another efficient algorithm for convex hulls in two dimensions", Information Processing
/// Letters 9(5), 1979.
fn hull(corners: &[Point]) -> Vec<Point> {
    let mut sorted = corners.to_vec();
    sorted.sort_unstable();
    let half = |points: &mut dyn Iterator<Item = &Point>| {
        let mut chain: Vec<Point> = Vec::new();
        for &p in points {
            while let [.., a, b] = chain[..]
                && cross(a, b, p) <= 0
            {
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        chain
    };
    let mut hull = half(&mut sorted.iter());
    hull.extend(half(&mut sorted.iter().rev()));
    hull
}

/// The smallest of a few distances that holds all corners, in tenths of `reach`; `None` beyond it.
fn deviation(corners: &[Point], ring: &[Point], reach: i32) -> Option<i32> {
    (1..=10).find(|tenths| corners.iter().all(|&c| is_near(c, ring, reach * tenths / 10)))
}

/// Whether a point lies within a distance of a closed line.
fn is_near(point: Point, ring: &[Point], distance: i32) -> bool {
    let mut sides = ring.iter().zip(ring.iter().cycle().skip(1));
    sides.any(|(&a, &b)| is_within(point, (a, b), distance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::tests::grid_of;
    use crate::trace::trace;
    use ndarray::Array2;

    const CELL: i32 = 100;

    /// The staircase of a shape on cells of 100 steps, by its cell centres.
    fn stairs(is_in: impl Fn(f64, f64) -> bool) -> Vec<Point> {
        let codes = Array2::from_shape_fn((60, 60), |(row, col)| {
            u16::from(is_in(col as f64 + 0.5 - 30.0, 30.0 - row as f64 - 0.5))
        });
        let polygon = trace(codes.view(), &grid_of(&codes)).polygon(0);
        let scale = |p: &Point| Point::new(p.x * CELL / 10, p.y * CELL / 10);
        polygon.exterior.0.iter().map(scale).collect()
    }

    /// A rectangle of `long` by `wide` cells whose long side runs in a direction.
    fn turned(long: f64, wide: f64, (dx, dy): (f64, f64)) -> Vec<Point> {
        let n = (dx * dx + dy * dy).sqrt();
        stairs(|x, y| {
            let (u, v) = ((x * dx + y * dy) / n, (y * dx - x * dy) / n);
            u.abs() <= long / 2.0 && v.abs() <= wide / 2.0
        })
    }

    #[test]
    fn a_turned_house_is_a_rectangle_of_its_area_in_its_direction() {
        for direction in [(3.0, 1.0), (1.0, 1.0), (5.0, -2.0), (1.0, 7.0)] {
            let corners = turned(16.0, 10.0, direction);
            let ring = rectangle(&corners, CELL, 150).expect("a rectangle stands for it");
            assert_eq!((ring.len(), ring[0]), (5, ring[4]));
            let side = |k: usize| {
                let d =
                    (f64::from(ring[k + 1].x - ring[k].x), f64::from(ring[k + 1].y - ring[k].y));
                (d, (d.0 * d.0 + d.1 * d.1).sqrt())
            };
            let ((a, long), (b, wide)) = (side(0), side(1));
            let cosine = (a.0 * b.0 + a.1 * b.1) / (long * wide);
            assert!(cosine.abs() < 0.002, "a right angle, got a cosine of {cosine}");
            let shape = Shape::of(&corners).unwrap();
            let drift = (long * wide / (shape.twice_area / 2.0).abs() - 1.0).abs();
            assert!(drift < 0.005, "the area, got {drift}");
            let (long, wide) = (long.max(wide), long.min(wide));
            assert!((long - 1600.0).abs() < 100.0 && (wide - 1000.0).abs() < 100.0);
        }
    }

    #[test]
    fn it_keeps_the_direction_of_the_staircase() {
        let mut corners = turned(16.0, 10.0, (3.0, 1.0));
        let area = |ring: &[Point]| Shape::of(ring).unwrap().twice_area;
        let ring = rectangle(&corners, CELL, 150).unwrap();
        assert!(area(&corners) > 0.0 && area(&ring[..4]) > 0.0);
        corners.reverse();
        let ring = rectangle(&corners, CELL, 150).unwrap();
        assert!(area(&corners) < 0.0 && area(&ring[..4]) < 0.0);
    }

    #[test]
    fn a_pond_and_an_l_are_no_rectangles() {
        assert_eq!(rectangle(&stairs(|x, y| x * x + y * y < 100.0), CELL, 150), None);
        let l = stairs(|x, y| {
            let (u, v) = ((2.0 * x + y) / 5_f64.sqrt(), (2.0 * y - x) / 5_f64.sqrt());
            u.abs() < 10.0 && v.abs() < 8.0 && !(u > 2.0 && v > 2.0)
        });
        assert_eq!(rectangle(&l, CELL, 150), None);
    }
}
