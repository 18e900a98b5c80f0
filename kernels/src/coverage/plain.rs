//! Polygons that are plainly valid: one ring of few sides, proved simple by comparing all of them.
//!
//! Most polygons of a land cover are such, and for them no tree is worth its making. What is not
//! proved here may be valid all the same: [`super::rings`] judges it.

use super::chains::{Extent, Meeting, meeting, side};
use super::rings::bad_corner;
use crate::lattice::{Point, Polygon, cross};

/// Sides at most.
const SIDES_MAX: usize = 32;

/// Sides whose boxes are compared with another one at once.
const LANES: usize = 8;

/// Groups of so many sides.
const GROUPS: usize = SIDES_MAX / LANES;

/// How far corners may be from the first one, in lattice steps along an axis: sums of the areas of
/// the triangles between them stay within 64 bits. A power of two.
const REACH: u32 = 1 << 27;

/// The limits of the boxes of some sides; boxes of no side meet no other.
#[derive(Clone, Copy)]
struct Boxes {
    west: [i32; LANES],
    south: [i32; LANES],
    east: [i32; LANES],
    north: [i32; LANES],
}

/// Twice the area of a polygon, positive when it is counter-clockwise, once it is proved to be one
/// simple ring without repeats and spikes; `None` when this is not proved.
pub(super) fn proved_area(polygon: &Polygon) -> Option<i64> {
    let points = &polygon.exterior.0[..];
    if !polygon.holes.is_empty() || !(3..=SIDES_MAX).contains(&points.len()) {
        return None;
    }
    if bad_corner(&polygon.exterior).is_some() {
        return None;
    }
    if !is_narrow(points) || !is_simple(points) {
        return None;
    }
    Some(points.windows(2).map(|w| cross(points[0], w[0], w[1])).sum())
}

/// Whether all corners are near enough to the first one.
fn is_narrow(points: &[Point]) -> bool {
    let far = |from: i32, to: i32| from.abs_diff(to);
    let from = points[0];
    points.iter().fold(0, |bits, p| bits | far(from.x, p.x) | far(from.y, p.y)) < REACH
}

/// Whether no side meets another one but where it follows it.
fn is_simple(points: &[Point]) -> bool {
    let (groups, n) = (boxes_of(points), points.len());
    for i in 0..n.saturating_sub(2) {
        // The box of a side meets itself and those of the sides before and after it.
        let others = &groups[i / LANES..n.div_ceil(LANES)];
        let from = i / LANES * LANES;
        let expected = 2 + i32::from(i > from) + i32::from(i == 0);
        let own = groups[i / LANES].one(i % LANES);
        let mut met = [0; LANES];
        for group in others {
            group.count_meeting(own, &mut met);
        }
        if met.iter().sum::<i32>() <= expected {
            continue;
        }
        let s = side(points, i);
        for j in i + 2..n - usize::from(i == 0) {
            let is_near = groups[j / LANES].one(j % LANES).meets(&own);
            let t = side(points, j);
            if is_near && !matches!(meeting(s.min(t), s.max(t)), Meeting::Apart) {
                return false;
            }
        }
    }
    true
}
/// The boxes of the sides of a ring, group by group.
fn boxes_of(points: &[Point]) -> [Boxes; GROUPS] {
    let mut groups = [Boxes::NONE; GROUPS];
    let mut p = points[0];
    let following = points[1..].iter().chain([&points[0]]);
    for (i, &q) in following.enumerate() {
        let group = &mut groups[i / LANES];
        group.west[i % LANES] = p.x.min(q.x);
        group.south[i % LANES] = p.y.min(q.y);
        group.east[i % LANES] = p.x.max(q.x);
        group.north[i % LANES] = p.y.max(q.y);
        p = q;
    }
    groups
}

impl Boxes {
    const NONE: Self = Self {
        west: [i32::MAX; LANES],
        south: [i32::MAX; LANES],
        east: [i32::MIN; LANES],
        north: [i32::MIN; LANES],
    };

    fn one(&self, lane: usize) -> Extent {
        let [west, south] = [self.west[lane], self.south[lane]];
        let [east, north] = [self.east[lane], self.north[lane]];
        Extent { low: Point::new(west, south), high: Point::new(east, north) }
    }

    /// Counts in each lane whether its box meets another one.
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "comparisons without branches are done on several boxes at once"
    )]
    fn count_meeting(&self, own: Extent, met: &mut [i32; LANES]) {
        for (lane, met) in met.iter_mut().enumerate() {
            let is_met = (self.west[lane] <= own.high.x)
                & (own.low.x <= self.east[lane])
                & (self.south[lane] <= own.high.y)
                & (own.low.y <= self.north[lane]);
            *met += i32::from(is_met);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Limits, rings};
    use super::*;
    use crate::lattice::Ring;

    fn polygon(corners: &[(i32, i32)]) -> Polygon {
        let corners = corners.iter().map(|&(x, y)| Point::new(x, y)).collect();
        Polygon { exterior: Ring(corners), holes: Vec::new() }
    }

    #[test]
    fn the_area_has_the_sign_of_the_way_it_turns() {
        let mut corners = [(0, 0), (10, 0), (10, 10), (0, 10)];
        assert_eq!(proved_area(&polygon(&corners)), Some(200));
        corners.reverse();
        assert_eq!(proved_area(&polygon(&corners)), Some(-200));
    }

    #[test]
    fn rings_too_wide_too_long_or_with_holes_are_not_judged() {
        let wide = 1 << 28;
        assert_eq!(proved_area(&polygon(&[(0, 0), (wide, 0), (0, 5)])), None);
        let zigzag = (0..20).flat_map(|i| [(10 * i, 0), (10 * i + 5, 9)]).chain([(0, 50)]);
        assert_eq!(proved_area(&polygon(&zigzag.collect::<Vec<_>>())), None);
        let hole = polygon(&[(1, 1), (1, 2), (2, 2)]).exterior;
        let holed = Polygon { holes: vec![hole], ..polygon(&[(0, 0), (9, 0), (9, 9), (0, 9)]) };
        assert_eq!(proved_area(&holed), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn a_short_ring_is_proved_exactly_when_nothing_is_wrong_with_it(
            corners in prop::collection::vec((-7_i32..7, -7_i32..7), 0..12),
        ) {
            let polygon = polygon(&corners);
            let is_sound = rings::defects(&polygon, 0, Limits::default()).is_empty();
            let expected = is_sound.then(|| polygon.exterior.twice_area() as i64);
            prop_assert_eq!(proved_area(&polygon), expected);
        }

        #[test]
        fn a_star_of_any_length_is_proved_when_it_is_short(n in 3_usize..50, by in 0_usize..50) {
            let corner = |i: usize| {
                let turn = i as f64 * std::f64::consts::TAU / n as f64;
                let far = if i.is_multiple_of(2) { 9e4 } else { 5e4 };
                ((far * turn.cos()) as i32, (far * turn.sin()) as i32)
            };
            let mut corners: Vec<_> = (0..n).map(corner).collect();
            corners.rotate_left(by % n);
            let polygon = polygon(&corners);
            let area = proved_area(&polygon);
            prop_assert_eq!(area.is_some(), n <= SIDES_MAX);
            prop_assert!(area.is_none_or(|a| i128::from(a) == polygon.exterior.twice_area()));
        }
    }
}
