//! From the straight plan of a territory to the curved ground, then to the lattice.

use kernels::lattice::{Point, Ring, STEPS_PER_METRE};

use super::noise::surface;

/// A place of the plan or of the ground, in metres from the territory's south-west corner.
pub type Place = (f64, f64);

/// The smooth distortion that curves the plan's straight lines, and the anchor on the lattice.
#[derive(Debug, Clone, Copy)]
pub struct Ground {
    /// The territory's seed.
    pub seed: u64,
    /// South-west corner of the territory on the lattice.
    pub anchor: Point,
    /// Side of the territory, in metres.
    pub size_m: i32,
}

/// Longest straight piece of a curved line, in metres of plan.
const STEP_M: f64 = 14.0;

impl Ground {
    /// Where a place of the plan lies on the ground.
    pub fn bend(&self, (x, y): Place) -> Place {
        let slow = |seed: u64| 34.0 * surface(self.seed ^ seed, x / 480.0, y / 480.0);
        let quick = |seed: u64| 4.5 * surface(self.seed ^ seed, x / 110.0, y / 110.0);
        (x + slow(0xa1) + quick(0xa2), y + slow(0xb1) + quick(0xb2))
    }

    /// By how much the ground turns the plan at a place, in radians counter-clockwise.
    pub fn turn(&self, (x, y): Place) -> f64 {
        let (a, b) = (self.bend((x - 4.0, y)), self.bend((x + 4.0, y)));
        (b.1 - a.1).atan2(b.0 - a.0)
    }

    /// The lattice point of a place of the ground.
    ///
    /// # Panics
    /// When the place is far outside the projected plane, which no territory of at most 25 km is.
    pub fn point(&self, (x, y): Place) -> Point {
        let (x0, y0) = self.anchor.to_metres();
        Point::from_metres(x0 + x, y0 + y).expect("a territory lies well inside its CRS")
    }

    /// The places along a straight line of the plan, bent; the last place is left out.
    ///
    /// The same line walked backwards gives the same places, so that two neighbours share them.
    pub fn bend_line(&self, from: Place, to: Place) -> Vec<Place> {
        let (low, high) = if from <= to { (from, to) } else { (to, from) };
        let length = (high.0 - low.0).hypot(high.1 - low.1);
        let n = (length / STEP_M).ceil().max(1.0) as usize;
        let at = |i: usize| {
            let t = i as f64 / n as f64;
            if i == n { high } else { (low.0 + (high.0 - low.0) * t, low.1 + (high.1 - low.1) * t) }
        };
        let forward = from <= to;
        (0..n).map(|i| self.bend(at(if forward { i } else { n - i }))).collect()
    }

    /// The bent outline of a polygon of the plan.
    pub fn bend_outline(&self, corners: &[Place]) -> Vec<Place> {
        let n = corners.len();
        (0..n).flat_map(|i| self.bend_line(corners[i], corners[(i + 1) % n])).collect()
    }

    /// A closed line of the ground on the lattice, counter-clockwise, without repeated points;
    /// `None` when nothing is left of it.
    pub fn ring(&self, outline: &[Place]) -> Option<Ring> {
        let mut points: Vec<Point> = outline.iter().map(|&p| self.point(p)).collect();
        points.dedup();
        while points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        let mut ring = Ring(points);
        if ring.0.len() < 3 || ring.twice_area() == 0 {
            return None;
        }
        if ring.twice_area() < 0 {
            ring.0.reverse();
        }
        Some(ring)
    }

    /// The territory itself: an exact square.
    pub fn square(&self) -> Ring {
        let side = self.size_m * STEPS_PER_METRE;
        let Point { x, y } = self.anchor;
        Ring(vec![
            Point::new(x, y),
            Point::new(x + side, y),
            Point::new(x + side, y + side),
            Point::new(x, y + side),
        ])
    }

    /// Whether a place of the ground lies inside the territory, `margin_m` away from its limit.
    pub fn holds(&self, (x, y): Place, margin_m: f64) -> bool {
        let inside = |v: f64| v >= margin_m && v <= f64::from(self.size_m) - margin_m;
        inside(x) && inside(y)
    }
}
