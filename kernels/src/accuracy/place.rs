//! Places drawn at random, every one with the same chance: in a polygon, and in a set of them.

use crate::arrangement::interior_point;
use crate::lattice::{Point, Polygon, cross};
use crate::random::SplitMix64;

/// Places tried before a polygon is taken to hold no lattice point.
const TRIES_MAX: u32 = 1 << 20;
/// Sides for which one more band of rows is made.
const SIDES_PER_BAND: usize = 16;
/// Most bands of rows.
const BANDS_MAX: usize = 4096;

/// Draws `n` places from the ground of some polygons, with replacement: the polygon by its exact
/// area, then the place within it. Gives the rank of the polygon and the place.
///
/// Polygons without area are never drawn; nothing is when all are so.
///
/// # Panics
/// When the areas add up to 2^64 half square centimetres, which is more than the Earth has.
pub fn draw_places(polygons: &[&Polygon], n: u64, stream: &mut SplitMix64) -> Vec<(usize, Point)> {
    let mut total = 0_u64;
    let ends: Vec<u64> = polygons
        .iter()
        .map(|polygon| {
            let area = u64::try_from(polygon.twice_area().max(0)).expect("an area on the Earth");
            total = total.checked_add(area).expect("areas on the Earth");
            total
        })
        .collect();
    if total == 0 {
        return Vec::new();
    }
    // One after the other: the stream is what makes the draw the same everywhere.
    let draw = |_| {
        let at = stream.below(total);
        let rank = ends.partition_point(|&end| end <= at);
        (rank, random_place(polygons[rank], stream))
    };
    (0..n).map(draw).collect()
}

/// A lattice point of a polygon's ground ([`Polygon::holds`]), each with the same chance.
///
/// Tries places of the bounding box until one is inside. A sliver that holds no lattice point gives
/// the corner nearest to a point inside it.
pub fn random_place(polygon: &Polygon, stream: &mut SplitMix64) -> Point {
    let Some((low, high)) = polygon.bounds() else { return Point::default() };
    let bands = Bands::of(polygon, low, high);
    let width = |low: i32, high: i32| (i64::from(high) - i64::from(low) + 1).unsigned_abs();
    let (cols, rows) = (width(low.x, high.x), width(low.y, high.y));
    for _ in 0..TRIES_MAX {
        let row = stream.below(rows);
        let col = stream.below(cols);
        let step = |from: i32, by: u64| (i64::from(from) + by.cast_signed()) as i32;
        let place = Point::new(step(low.x, col), step(low.y, row));
        if bands.holds(place) {
            return place;
        }
    }
    let inside = interior_point(polygon).and_then(|(x, y)| Point::from_metres(x, y));
    inside.unwrap_or(low)
}

/// The sides of a polygon by bands of rows, so that a place is asked of few of them.
struct Bands {
    low_y: i32,
    /// Rows of a band.
    rows: i64,
    sides: Vec<Vec<(Point, Point)>>,
}

impl Bands {
    fn of(polygon: &Polygon, low: Point, high: Point) -> Self {
        let sides: Vec<_> = polygon.rings().flat_map(crate::lattice::Ring::segments).collect();
        let n = (sides.len() / SIDES_PER_BAND).clamp(1, BANDS_MAX);
        let rows = (i64::from(high.y) - i64::from(low.y)) / n as i64 + 1;
        let mut bands = vec![Vec::new(); n];
        let band = |y: i32| ((i64::from(y) - i64::from(low.y)) / rows) as usize;
        for (a, b) in sides {
            let side = if a.y <= b.y { (a, b) } else { (b, a) };
            for touched in &mut bands[band(side.0.y)..=band(side.1.y)] {
                touched.push(side);
            }
        }
        Self { low_y: low.y, rows, sides: bands }
    }

    /// [`Polygon::holds`], for a place within the bounds.
    fn holds(&self, p: Point) -> bool {
        let band = ((i64::from(p.y) - i64::from(self.low_y)) / self.rows) as usize;
        let crossed = |&&(low, high): &&(Point, Point)| {
            low.y <= p.y && p.y < high.y && cross(low, high, p) <= 0
        };
        self.sides[band].iter().filter(crossed).count() % 2 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lattice::Ring;

    fn ring(corners: &[(i32, i32)]) -> Ring {
        Ring(corners.iter().map(|&(x, y)| Point::new(x, y)).collect())
    }

    /// A comb of 40 teeth with a hole, of 160 sides.
    fn comb() -> Polygon {
        let mut corners = vec![(0, 0), (4000, 0)];
        for tooth in (0..40).rev() {
            let x = tooth * 100;
            corners.extend([(x + 50, 1000 + tooth), (x + 50, 500), (x, 500 - tooth % 3), (x, 900)]);
        }
        corners.dedup();
        let hole = ring(&[(1000, 100), (1000, 300), (2000, 300), (2000, 100)]);
        Polygon { exterior: ring(&corners), holes: vec![hole] }
    }

    #[test]
    fn bands_say_what_the_polygon_says() {
        let polygon = comb();
        let (low, high) = polygon.bounds().unwrap();
        let bands = Bands::of(&polygon, low, high);
        assert!(bands.sides.len() > 5);
        for y in (low.y..=high.y).step_by(7) {
            for x in (low.x..=high.x).step_by(13) {
                let p = Point::new(x, y);
                assert_eq!(bands.holds(p), polygon.holds(p), "{p:?}");
            }
        }
    }

    #[test]
    fn every_place_is_inside_and_halves_of_the_ground_get_half_of_the_places() {
        let square = |x: i32| ring(&[(x, 0), (x + 100, 0), (x + 100, 100), (x, 100)]);
        let l_shape = Polygon {
            exterior: ring(&[(0, 0), (300, 0), (300, 100), (100, 100), (100, 300), (0, 300)]),
            holes: Vec::new(),
        };
        let far = Polygon { exterior: square(10_000), holes: Vec::new() };
        let flat = Polygon { exterior: ring(&[(0, 0), (10, 0), (20, 0)]), holes: Vec::new() };
        let drawn = draw_places(&[&flat, &l_shape, &far], 6_000, &mut SplitMix64::new(5));
        assert!(drawn.iter().all(|&(rank, p)| [&flat, &l_shape, &far][rank].holds(p)));
        let share = |holds: &dyn Fn(&(usize, Point)) -> bool| {
            drawn.iter().filter(|place| holds(place)).count() as f64 / 6_000.0
        };
        // Areas: 5/6 and 1/6; the arm of the L that goes up is 2 of its 5 squares.
        assert!((share(&|p| p.0 == 1) - 5.0 / 6.0).abs() < 0.02);
        assert!((share(&|p| p.0 == 1 && p.1.y >= 100) - 2.0 / 6.0).abs() < 0.025);
        assert!((share(&|p| p.0 == 2 && p.1.x >= 10_050) - 1.0 / 12.0).abs() < 0.015);
    }

    #[test]
    fn a_sliver_without_a_lattice_point_still_gives_a_place_near_it() {
        let sliver = Polygon { exterior: ring(&[(0, 0), (1000, 1), (500, 1)]), holes: Vec::new() };
        let place = random_place(&sliver, &mut SplitMix64::new(1));
        assert!((0..=1000).contains(&place.x) && (0..=1).contains(&place.y), "{place:?}");
        assert_eq!(draw_places(&[], 3, &mut SplitMix64::new(1)), []);
    }
}
