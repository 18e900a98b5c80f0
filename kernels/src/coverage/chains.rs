//! The sides of one polygon in a tree of boxes, which finds the sides that meet.
//!
//! Rings are cut into chains that go one way on one axis: a chain cannot meet itself, so only
//! different chains whose boxes meet are compared. The boxes are packed in the order of a Z curve
//! (G. Morton, 1966), eight to a box above.

use super::is_on;
use crate::lattice::{Point, Polygon, cross};

/// Sides of a chain at most.
const SIDES_MAX: usize = 12;

/// Boxes in a box.
const FAN: usize = 8;

/// Both ends of a side or box, the lower first.
type Ends = (Point, Point);

/// A box, its rim included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) low: Point,
    pub(super) high: Point,
}

impl Extent {
    fn of(a: Point, b: Point) -> Self {
        Self {
            low: Point::new(a.x.min(b.x), a.y.min(b.y)),
            high: Point::new(a.x.max(b.x), a.y.max(b.y)),
        }
    }

    fn with(self, other: Self) -> Self {
        Self {
            low: Point::new(self.low.x.min(other.low.x), self.low.y.min(other.low.y)),
            high: Point::new(self.high.x.max(other.high.x), self.high.y.max(other.high.y)),
        }
    }

    /// Whether the boxes share a point.
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "comparing all four at once is faster than three branches that nobody can predict"
    )]
    pub(super) fn meets(&self, other: &Self) -> bool {
        (self.low.x <= other.high.x)
            & (other.low.x <= self.high.x)
            & (self.low.y <= other.high.y)
            & (other.low.y <= self.high.y)
    }

    /// Whether the box lies at the height of the point, not wholly to its east.
    fn is_met_westwards(&self, p: Point) -> bool {
        self.low.x <= p.x && self.low.y <= p.y && p.y <= self.high.y
    }
}

/// Some sides of a ring that follow each other: `start..end`, counted from its first corner.
#[derive(Debug, Clone, Copy)]
struct Chain {
    ring: u32,
    start: u32,
    end: u32,
    extent: Extent,
}

/// A point that two rings, given by their ranks, both have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Touch {
    pub(super) place: Point,
    pub(super) rings: (u32, u32),
}

/// Where the rings of a polygon meet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Meetings {
    /// Places where they meet as they must not, sorted.
    pub(super) faults: Vec<Point>,
    /// Points where different rings touch, in no order and maybe several times.
    pub(super) touches: Vec<Touch>,
}

/// The chains of a polygon and the boxes around them.
pub(super) struct Chains<'a> {
    /// The corners of each ring.
    rings: Vec<&'a [Point]>,
    cuts: Vec<Chain>,
    /// The boxes of the chains, then those around eight of them, and so on; eight at most on top.
    levels: Vec<Vec<Extent>>,
}

impl<'a> Chains<'a> {
    /// Cuts the rings of a polygon: of three corners or more each, without a repeat or spike.
    pub(super) fn of(polygon: &'a Polygon) -> Self {
        let rings: Vec<&[Point]> = polygon.rings().map(|ring| &ring.0[..]).collect();
        let n_sides: usize = rings.iter().map(|ring| ring.len()).sum();
        let mut chains = Vec::with_capacity(n_sides / 2 + 1);
        for (points, ring) in rings.iter().zip(0..) {
            cut(points, ring, &mut chains);
        }
        if chains.len() > FAN {
            chains.sort_by_cached_key(|chain| z_order(chain.extent));
        }
        let mut levels: Vec<Vec<Extent>> = vec![chains.iter().map(|chain| chain.extent).collect()];
        while levels[levels.len() - 1].len() > FAN {
            let below = &levels[levels.len() - 1];
            let around = |boxes: &[Extent]| boxes[1..].iter().fold(boxes[0], |e, b| e.with(*b));
            levels.push(below.chunks(FAN).map(around).collect());
        }
        Self { rings, cuts: chains, levels }
    }

    /// Compares all sides that come near each other.
    pub(super) fn meetings(&self) -> Meetings {
        let mut found = Meetings::default();
        self.for_each_near_pair(|c, d| self.compare(c, d, &mut found));
        found.faults.sort_unstable();
        found.faults.dedup();
        found
    }

    /// Visits every pair of different chains whose boxes meet, each once.
    fn for_each_near_pair(&self, mut visit: impl FnMut(Chain, Chain)) {
        let top = self.levels.len() - 1;
        let all = 0..self.levels[top].len();
        let mut open = Vec::new();
        self.push_near(top, all.clone(), all, &mut open);
        while let Some((level, i, j)) = open.pop() {
            if level == 0 {
                visit(self.cuts[i], self.cuts[j]);
            } else {
                let n = self.levels[level - 1].len();
                let own = |i: usize| FAN * i..(FAN * (i + 1)).min(n);
                self.push_near(level - 1, own(i), own(j), &mut open);
            }
        }
    }

    /// Adds the pairs of boxes of a level that meet; a chain is not paired with itself.
    fn push_near(
        &self,
        level: usize,
        left: std::ops::Range<usize>,
        right: std::ops::Range<usize>,
        open: &mut Vec<(usize, usize, usize)>,
    ) {
        let boxes = &self.levels[level];
        for i in left {
            let from = right.start.max(i + usize::from(level == 0));
            for j in from..right.end {
                if boxes[i].meets(&boxes[j]) {
                    open.push((level, i, j));
                }
            }
        }
    }

    /// Compares the sides of two chains.
    fn compare(&self, c: Chain, d: Chain, found: &mut Meetings) {
        let (own, other) = (self.rings[c.ring as usize], self.rings[d.ring as usize]);
        for i in c.start as usize..c.end as usize {
            let s = side(own, i);
            let extent = Extent::of(s.0, s.1);
            if !extent.meets(&d.extent) {
                continue;
            }
            for j in d.start as usize..d.end as usize {
                let t = side(other, j);
                if !extent.meets(&Extent::of(t.0, t.1)) {
                    continue;
                }
                // Neighbours have their corner in common, and without spikes nothing else.
                let apart = i.abs_diff(j);
                if c.ring == d.ring && (apart == 1 || apart == own.len() - 1) {
                    continue;
                }
                match meeting(s.min(t), s.max(t)) {
                    Meeting::Apart => {}
                    Meeting::Touch(place) if c.ring != d.ring => {
                        found.touches.push(Touch { place, rings: (c.ring, d.ring) });
                    }
                    Meeting::Touch(place) | Meeting::Fault(place) => found.faults.push(place),
                }
            }
        }
    }

    /// The rings, but for `but`, that hold the point inside (even-odd), sorted; and those that have
    /// it on their line.
    pub(super) fn around(&self, p: Point, but: u32) -> (Vec<u32>, Vec<u32>) {
        let (mut crossed, mut on) = (Vec::new(), Vec::new());
        let top = self.levels.len() - 1;
        let mut open: Vec<(usize, usize)> = (0..self.levels[top].len()).map(|i| (top, i)).collect();
        while let Some((level, i)) = open.pop() {
            if !self.levels[level][i].is_met_westwards(p) {
                continue;
            }
            if level > 0 {
                let end = (FAN * (i + 1)).min(self.levels[level - 1].len());
                open.extend((FAN * i..end).map(|child| (level - 1, child)));
            } else if self.cuts[i].ring != but {
                self.cross_westwards(self.cuts[i], p, &mut crossed, &mut on);
            }
        }
        crossed.sort_unstable();
        let odd = crossed.chunk_by(|a, b| a == b).filter(|own| own.len() % 2 == 1);
        (odd.map(|own| own[0]).collect(), on)
    }

    /// Adds the ring of a chain once for each of its sides that lies west of the point, at its
    /// height, and to `on` when the point is on one.
    fn cross_westwards(&self, chain: Chain, p: Point, crossed: &mut Vec<u32>, on: &mut Vec<u32>) {
        let points = self.rings[chain.ring as usize];
        for i in chain.start as usize..chain.end as usize {
            let (a, b) = side(points, i);
            if is_on((a, b), p) {
                on.push(chain.ring);
            }
            let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
            if low.y <= p.y && p.y < high.y && cross(low, high, p) < 0 {
                crossed.push(chain.ring);
            }
        }
    }
}

/// A side of a ring, its lower end first.
pub(super) fn side(points: &[Point], i: usize) -> Ends {
    let (p, q) = (points[i], points[if i + 1 == points.len() { 0 } else { i + 1 }]);
    (p.min(q), p.max(q))
}

/// Cuts a ring into chains, each going east, west, north or south throughout.
fn cut(points: &[Point], ring: u32, chains: &mut Vec<Chain>) {
    let Some(&last) = points.last() else { return };
    let (mut start, mut ways) = (0, 0);
    let mut extent = Extent::of(points[0], points[0]);
    let mut p = points[0];
    let following = points[1..].iter().chain([&points[0]]);
    debug_assert_ne!(last, points[0], "a ring is not closed by a repeated corner");
    for (i, &q) in following.enumerate() {
        let own = ways_of(p, q);
        if i > start && (ways & own == 0 || i - start == SIDES_MAX) {
            chains.push(Chain { ring, start: start as u32, end: i as u32, extent });
            (start, ways, extent) = (i, own, Extent::of(p, q));
        } else {
            ways = if i == start { own } else { ways & own };
            extent = extent.with(Extent::of(q, q));
        }
        p = q;
    }
    chains.push(Chain { ring, start: start as u32, end: points.len() as u32, extent });
}

/// Of the four ways east, west, north and south, one bit each, those that a side does not go
/// against.
fn ways_of(p: Point, q: Point) -> u8 {
    u8::from(p.x <= q.x)
        | u8::from(p.x >= q.x) << 1
        | u8::from(p.y <= q.y) << 2
        | u8::from(p.y >= q.y) << 3
}

/// The place of the middle of a box on a Z curve.
fn z_order(extent: Extent) -> u64 {
    let spread = |low: i32, high: i32| {
        let mut bits = u64::from(low.midpoint(high).cast_unsigned() ^ (1 << 31));
        for (shift, mask) in [
            (16, 0x0000_ffff_0000_ffff),
            (8, 0x00ff_00ff_00ff_00ff),
            (4, 0x0f0f_0f0f_0f0f_0f0f),
            (2, 0x3333_3333_3333_3333),
            (1, 0x5555_5555_5555_5555),
        ] {
            bits = (bits | (bits << shift)) & mask;
        }
        bits
    };
    spread(extent.low.x, extent.high.x) | spread(extent.low.y, extent.high.y) << 1
}

/// How two sides meet.
pub(super) enum Meeting {
    Apart,
    /// In one point that is an end of one of them.
    Touch(Point),
    /// They cross, or have more than a point in common.
    Fault(Point),
}

/// How two sides meet, the lower one first.
pub(super) fn meeting((a, b): Ends, (c, d): Ends) -> Meeting {
    let (of_c, of_d) = (cross(a, b, c).signum(), cross(a, b, d).signum());
    if of_c * of_d > 0 {
        return Meeting::Apart;
    }
    let (of_a, of_b) = (cross(c, d, a).signum(), cross(c, d, b).signum());
    if of_a * of_b > 0 {
        return Meeting::Apart;
    }
    if of_c * of_d < 0 && of_a * of_b < 0 {
        return Meeting::Fault(c);
    }
    let ends = [(of_c, (a, b), c), (of_d, (a, b), d), (of_a, (c, d), a), (of_b, (c, d), b)];
    let mut shared = ends.iter().filter(|(turn, line, p)| *turn == 0 && is_on(*line, *p));
    let Some(&(.., first)) = shared.next() else { return Meeting::Apart };
    let (mut lowest, mut is_one) = (first, true);
    for &(.., p) in shared {
        is_one &= p == first;
        lowest = lowest.min(p);
    }
    if is_one { Meeting::Touch(lowest) } else { Meeting::Fault(lowest) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lattice::Ring;

    /// Faults and touches of all pairs of sides, each compared with each.
    fn naive(polygon: &Polygon) -> Meetings {
        let rings: Vec<&[Point]> = polygon.rings().map(|ring| &ring.0[..]).collect();
        let sides = rings.iter().zip(0_u32..).flat_map(|(points, ring)| {
            (0..points.len()).map(move |i| (side(points, i), ring, i, points.len()))
        });
        let sides: Vec<_> = sides.collect();
        let mut found = Meetings::default();
        for (rank, &(s, ring, i, n)) in sides.iter().enumerate() {
            for &(t, other, j, _) in &sides[rank + 1..] {
                let follow = ring == other && [1, n - 1].contains(&i.abs_diff(j));
                match meeting(s.min(t), s.max(t)) {
                    _ if follow => {}
                    Meeting::Apart => {}
                    Meeting::Touch(place) if ring != other => {
                        found.touches.push(Touch { place, rings: (ring, other) });
                    }
                    Meeting::Touch(place) | Meeting::Fault(place) => found.faults.push(place),
                }
            }
        }
        found.faults.sort_unstable();
        found.faults.dedup();
        found
    }

    /// Touches sorted, with the rings of each in order.
    fn in_order(touches: &[Touch]) -> Vec<Touch> {
        let sorted = |t: &Touch| Touch {
            place: t.place,
            rings: (t.rings.0.min(t.rings.1), t.rings.0.max(t.rings.1)),
        };
        let mut touches: Vec<Touch> = touches.iter().map(sorted).collect();
        touches.sort_unstable();
        touches
    }

    /// Rings of three corners or more, without repeats and spikes.
    fn rings(corners: &[Vec<(i32, i32)>]) -> Vec<Ring> {
        let ring = |c: &Vec<(i32, i32)>| Ring(c.iter().map(|&(x, y)| Point::new(x, y)).collect());
        corners.iter().map(ring).filter(|r| super::super::rings::bad_corner(r).is_none()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn the_tree_finds_what_comparing_all_sides_finds(
            corners in prop::collection::vec(
                prop::collection::vec((-25_i32..25, -25_i32..25), 3..60), 1..12),
        ) {
            let mut rings = rings(&corners);
            prop_assume!(!rings.is_empty());
            let polygon = Polygon { exterior: rings.remove(0), holes: rings };
            let (found, wanted) = (Chains::of(&polygon).meetings(), naive(&polygon));
            prop_assert_eq!(found.faults, wanted.faults);
            prop_assert_eq!(in_order(&found.touches), in_order(&wanted.touches));
        }

        #[test]
        fn a_point_is_in_the_rings_that_hold_it(
            corners in prop::collection::vec(
                prop::collection::vec((-9_i32..9, -9_i32..9), 3..30), 1..12),
            p in (-10_i32..10, -10_i32..10),
        ) {
            let mut rings = rings(&corners);
            prop_assume!(!rings.is_empty());
            let polygon = Polygon { exterior: rings.remove(0), holes: rings };
            let p = Point::new(p.0, p.1);
            let (inside, on) = Chains::of(&polygon).around(p, 1);
            for (ring, rank) in polygon.rings().zip(0_u32..).filter(|(_, rank)| *rank != 1) {
                let told = if on.contains(&rank) { None } else { Some(inside.contains(&rank)) };
                prop_assert_eq!(told, super::super::rings::side_of(ring, p), "ring {}", rank);
            }
        }
    }
}
