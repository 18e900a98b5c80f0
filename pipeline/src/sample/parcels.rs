//! The plan of the land: convex parcels that share every corner, cut one from another by lines.

use rustc_hash::FxHashMap;

use super::ground::Place;
use super::noise::Dice;
use super::shape::{area_m2, distance, middle};

/// A straight cut of the plan: what separates parcels, and where roads run.
#[derive(Debug, Clone)]
pub struct Line {
    /// Corners along the cut, from one end to the other.
    pub corners: Vec<u32>,
    /// Side of the square as large as the land that was cut, in metres: the rank of the limit.
    pub side_m: f64,
}

/// Parcels which cover a square of the plan without gap or overlap.
#[derive(Debug, Clone, Default)]
pub struct Parcels {
    /// Every corner, by number.
    pub places: Vec<Place>,
    /// Corners of each parcel, counter-clockwise; a neighbour's corner on a side is a corner too.
    pub rings: Vec<Vec<u32>>,
    /// Every cut, from the first to the last.
    pub lines: Vec<Line>,
    /// Which parcel lies left of a directed side.
    pub left_of: FxHashMap<(u32, u32), u32>,
    line_of: FxHashMap<(u32, u32), u32>,
}

/// How a plan is cut: what the caller knows about the land.
pub struct Cutting<'a> {
    /// The seed of the plan.
    pub seed: u64,
    /// Wished area of a parcel around a place, in square metres.
    pub goal_m2: &'a dyn Fn(Place) -> f64,
    /// Places through which the first lines should pass.
    pub crossings: &'a [Place],
}

/// A cut nearer than this to a corner goes through the corner.
const SNAP_M: f64 = 9.0;

impl Parcels {
    /// Cuts the square from (`low`, `low`) to (`high`, `high`) into parcels.
    pub fn cut(low: f64, high: f64, cutting: &Cutting<'_>) -> Self {
        let mut plan = Self {
            places: vec![(low, low), (high, low), (high, high), (low, high)],
            rings: vec![vec![0, 1, 2, 3]],
            ..Self::default()
        };
        for i in 0..4_u32 {
            plan.left_of.insert((i, (i + 1) % 4), 0);
        }
        let mut stack = vec![0];
        let mut n_cuts = 0;
        while let Some(parcel) = stack.pop() {
            let outline = plan.outline(parcel);
            let mut dice = Dice::new(cutting.seed, 1, n_cuts);
            n_cuts += 1;
            let wished_m2 = (cutting.goal_m2)(middle(&outline)) * dice.between(0.75, 1.45);
            if area_m2(&outline) <= wished_m2 {
                continue;
            }
            let cut = (0..6).find_map(|_| plan.try_cut(parcel, &outline, cutting, &mut dice));
            if let Some(other) = cut {
                stack.push(other);
                stack.push(parcel);
            }
        }
        plan.sort_lines();
        plan
    }

    /// The corners of a parcel on the plan, counter-clockwise.
    pub fn outline(&self, parcel: usize) -> Vec<Place> {
        self.rings[parcel].iter().map(|&c| self.places[c as usize]).collect()
    }

    /// The directed sides of a parcel.
    pub fn sides(&self, parcel: usize) -> impl Iterator<Item = (u32, u32)> + '_ {
        let ring = &self.rings[parcel];
        (0..ring.len()).map(move |i| (ring[i], ring[(i + 1) % ring.len()]))
    }

    /// The parcels that share a side with a parcel, in the order of its sides.
    pub fn neighbours(&self, parcel: usize) -> impl Iterator<Item = usize> + '_ {
        self.sides(parcel).filter_map(|(a, b)| self.left_of.get(&(b, a)).map(|&p| p as usize))
    }

    fn try_cut(
        &mut self,
        parcel: usize,
        outline: &[Place],
        cutting: &Cutting<'_>,
        dice: &mut Dice,
    ) -> Option<usize> {
        let centre = middle_of_mass(outline);
        let (axis, length) = long_axis(outline, centre);
        let side_m = area_m2(outline).sqrt();
        let shift = dice.between(-0.13, 0.13) * length;
        let mut through = (centre.0 + axis.cos() * shift, centre.1 + axis.sin() * shift);
        if side_m > 500.0 {
            let near = cutting.crossings.iter().copied().find(|&c| {
                super::shape::is_inside(c, outline)
                    && along(c, centre, axis).abs() < 0.3 * length
                    && along(c, centre, axis).abs() > 0.0
            });
            through = near.unwrap_or(through);
        }
        let direction = axis + std::f64::consts::FRAC_PI_2 + dice.between(-0.11, 0.11);
        self.split(parcel, through, direction, side_m)
    }

    /// Cuts a parcel in two along a line; gives the number of the new parcel.
    fn split(
        &mut self,
        parcel: usize,
        through: Place,
        direction: f64,
        side_m: f64,
    ) -> Option<usize> {
        let ring = self.rings[parcel].clone();
        let n = ring.len();
        let normal = (-direction.sin(), direction.cos());
        let heights: Vec<f64> = ring
            .iter()
            .map(|&c| self.places[c as usize])
            .map(|p| normal.0 * (p.0 - through.0) + normal.1 * (p.1 - through.1))
            .collect();
        let crossed: Vec<usize> =
            (0..n).filter(|&i| (heights[i] >= 0.0) != (heights[(i + 1) % n] >= 0.0)).collect();
        let &[first, second] = crossed.as_slice() else { return None };
        let ends = [first, second].map(|i| {
            let (a, b) = (ring[i], ring[(i + 1) % n]);
            self.end_of_cut(a, b, heights[i] / (heights[i] - heights[(i + 1) % n]))
        });
        if ends_touch(&ring, ends[0], ends[1]) {
            return None;
        }
        let line = self.lines.len() as u32;
        self.lines.push(Line { corners: Vec::new(), side_m });
        let corners = ends.map(|end| self.corner_of(parcel, end));
        self.lines[line as usize].corners.extend(corners);
        self.line_of.insert(undirected(corners[0], corners[1]), line);
        Some(self.separate(parcel, corners))
    }

    /// Where a cut meets the side `a b`: an existing corner, or a new one.
    fn end_of_cut(&self, a: u32, b: u32, t: f64) -> End {
        let (pa, pb) = (self.places[a as usize], self.places[b as usize]);
        let place = (pa.0 + t * (pb.0 - pa.0), pa.1 + t * (pb.1 - pa.1));
        if distance(place, pa) < SNAP_M {
            End::Corner(a)
        } else if distance(place, pb) < SNAP_M {
            End::Corner(b)
        } else {
            End::Side(a, b, place)
        }
    }

    /// The corner of an end of cut, made and shared with the neighbour when it is new.
    fn corner_of(&mut self, parcel: usize, end: End) -> u32 {
        let (a, b, place) = match end {
            End::Corner(corner) => return corner,
            End::Side(a, b, place) => (a, b, place),
        };
        let corner = self.places.len() as u32;
        self.places.push(place);
        self.insert_after(parcel, a, corner, b);
        if let Some(&other) = self.left_of.get(&(b, a)) {
            self.insert_after(other as usize, b, corner, a);
        }
        if let Some(&line) = self.line_of.get(&undirected(a, b)) {
            self.lines[line as usize].corners.push(corner);
            self.line_of.insert(undirected(a, corner), line);
            self.line_of.insert(undirected(corner, b), line);
        }
        corner
    }

    fn insert_after(&mut self, parcel: usize, from: u32, corner: u32, to: u32) {
        let at = self.rings[parcel].iter().position(|&c| c == from).expect("a side of the parcel");
        self.rings[parcel].insert(at + 1, corner);
        self.left_of.remove(&(from, to));
        self.left_of.insert((from, corner), parcel as u32);
        self.left_of.insert((corner, to), parcel as u32);
    }

    /// Gives the part of a parcel right of the cut `ends` a number of its own.
    fn separate(&mut self, parcel: usize, ends: [u32; 2]) -> usize {
        let mut ring = std::mem::take(&mut self.rings[parcel]);
        let start = ring.iter().position(|&c| c == ends[0]).expect("the cut ends on the parcel");
        ring.rotate_left(start);
        let stop = ring.iter().position(|&c| c == ends[1]).expect("the cut ends on the parcel");
        let mut rest = ring.split_off(stop);
        ring.push(ends[1]);
        rest.push(ends[0]);
        let other = self.rings.len();
        self.rings[parcel] = ring;
        self.rings.push(rest);
        for owner in [parcel, other] {
            let sides: Vec<_> = self.sides(owner).collect();
            for side in sides {
                self.left_of.insert(side, owner as u32);
            }
        }
        other
    }

    /// Puts the corners of every line in order along the line.
    fn sort_lines(&mut self) {
        for line in &mut self.lines {
            let start = self.places[line.corners[0] as usize];
            let places = &self.places;
            line.corners.sort_by(|&a, &b| {
                let at = |c: u32| distance(places[c as usize], start);
                at(a).total_cmp(&at(b))
            });
        }
    }
}

/// Where a cut ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// On a corner that exists.
    Corner(u32),
    /// Inside a side, at a place.
    Side(u32, u32, Place),
}

/// Whether two ends lie on one side, so that nothing would be cut.
fn ends_touch(ring: &[u32], first: End, second: End) -> bool {
    let n = ring.len();
    let is_side =
        |a: u32, b: u32| (0..n).any(|i| undirected(ring[i], ring[(i + 1) % n]) == undirected(a, b));
    match (first, second) {
        (End::Corner(a), End::Corner(b)) => a == b || is_side(a, b),
        (End::Corner(c), End::Side(a, b, _)) | (End::Side(a, b, _), End::Corner(c)) => {
            c == a || c == b
        }
        (End::Side(..), End::Side(..)) => false,
    }
}

fn undirected(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

fn along(p: Place, origin: Place, axis: f64) -> f64 {
    (p.0 - origin.0) * axis.cos() + (p.1 - origin.1) * axis.sin()
}

/// The centre of mass of a polygon.
pub fn middle_of_mass(outline: &[Place]) -> Place {
    let n = outline.len();
    let origin = outline[0];
    let (mut x, mut y, mut twice) = (0.0, 0.0, 0.0);
    for i in 0..n {
        let (a, b) = (outline[i], outline[(i + 1) % n]);
        let (ax, ay) = (a.0 - origin.0, a.1 - origin.1);
        let (bx, by) = (b.0 - origin.0, b.1 - origin.1);
        let cross = ax * by - ay * bx;
        x += (ax + bx) * cross;
        y += (ay + by) * cross;
        twice += cross;
    }
    (origin.0 + x / (3.0 * twice), origin.1 + y / (3.0 * twice))
}

/// The direction of the longest side-to-side extent, among the directions of the sides, and the
/// extent along it.
fn long_axis(outline: &[Place], centre: Place) -> (f64, f64) {
    let n = outline.len();
    let extent = |axis: f64| {
        let (low, high) = outline
            .iter()
            .map(|&p| along(p, centre, axis))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        high - low
    };
    (0..n)
        .map(|i| {
            let (a, b) = (outline[i], outline[(i + 1) % n]);
            (b.1 - a.1).atan2(b.0 - a.0)
        })
        .map(|axis| (axis, extent(axis)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .expect("a parcel has sides")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parcels_cover_the_square_and_every_side_is_shared() {
        let goal_m2 = |_: Place| 12_000.0;
        let cutting = Cutting { seed: 3, goal_m2: &goal_m2, crossings: &[(400.0, 500.0)] };
        let plan = Parcels::cut(0.0, 1000.0, &cutting);
        assert!(plan.rings.len() > 50, "{} parcels", plan.rings.len());
        let total: f64 = (0..plan.rings.len()).map(|p| area_m2(&plan.outline(p))).sum();
        assert!((total - 1e6).abs() < 1e-3, "covers {total} m2");
        let on_limit = |c: u32| {
            let (x, y) = plan.places[c as usize];
            [x, y].iter().any(|&v| v <= 0.0 || v >= 1000.0)
        };
        for parcel in 0..plan.rings.len() {
            for (a, b) in plan.sides(parcel) {
                let shared = plan.left_of.contains_key(&(b, a));
                assert!(shared || (on_limit(a) && on_limit(b)), "side {a} {b} has no neighbour");
            }
        }
    }
}
