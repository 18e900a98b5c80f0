//! The sides of all polygons, matched with each other.

use rayon::prelude::*;

use super::{Defect, DefectKind};
use crate::lattice::{Point, Polygon};

/// One side of one polygon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Side {
    /// Both ends, the lower first.
    pub(super) ends: (Point, Point),
    /// Whether the polygon lies on the left of the ends taken in order.
    pub(super) forward: bool,
    /// Rank of the polygon.
    pub(super) polygon: u32,
}

impl Side {
    /// A key that sorts sides as they compare, in one number for both ends and one for the rest.
    fn key(&self) -> (u128, u64) {
        // A flipped sign bit makes signed numbers sort as unsigned ones.
        let bits = |v: i32| u128::from(v as u32 ^ (1 << 31));
        let (a, b) = self.ends;
        let ends = [a.x, a.y, b.x, b.y].into_iter().fold(0, |key, v| (key << 32) | bits(v));
        (ends, (u64::from(self.forward) << 32) | u64::from(self.polygon))
    }
}

/// All sides, those with the same ends next to each other.
pub(super) struct Seams(Vec<Side>);

/// A side that only one polygon has: where the coverage ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SingleSide {
    pub(super) ends: (Point, Point),
    pub(super) forward: bool,
}

impl Seams {
    /// Sorts the sides; a ring that turns the wrong way counts as turned round.
    pub(super) fn of(polygons: &[Polygon]) -> Self {
        let mut sides: Vec<Side> = polygons
            .par_iter()
            .zip(0_u32..polygons.len() as u32)
            .flat_map_iter(|(polygon, rank)| {
                polygon.rings().enumerate().flat_map(move |(ring_idx, ring)| {
                    let is_right_way = (ring.twice_area() > 0) == (ring_idx == 0);
                    ring.segments().filter(|(p, q)| p != q).map(move |(p, q)| Side {
                        ends: (p.min(q), p.max(q)),
                        forward: (p < q) == is_right_way,
                        polygon: rank,
                    })
                })
            })
            .collect();
        sides.par_sort_unstable_by_key(Side::key);
        Self(sides)
    }

    /// Groups of sides with the same ends.
    fn groups(&self) -> impl Iterator<Item = &[Side]> {
        self.0.chunk_by(|s, t| s.ends == t.ends)
    }

    /// The sides without partner, or `None` when some side is shared otherwise than by one polygon
    /// on each side.
    pub(super) fn single_sides(&self) -> Option<Vec<SingleSide>> {
        let mut single = Vec::new();
        for group in self.groups() {
            match *group {
                [side] => single.push(SingleSide { ends: side.ends, forward: side.forward }),
                [s, t] if s.forward != t.forward && s.polygon != t.polygon => {}
                _ => return None,
            }
        }
        Some(single)
    }

    /// All sides but those shared by exactly one polygon on each side.
    pub(super) fn unpaired(&self) -> Vec<Side> {
        let paired = |group: &[Side]| matches!(group, [s, t] if s.forward != t.forward);
        self.groups().filter(|group| !paired(group)).flatten().copied().collect()
    }

    /// The pairs of polygons, lower rank first, on both sides of some side, that `is_wanted`; each
    /// once, with the lowest end of their lowest common side.
    pub(super) fn pairs(&self, is_wanted: impl Fn(u32, u32) -> bool) -> Vec<((u32, u32), Point)> {
        let mut pairs = Vec::new();
        for group in self.groups() {
            let (left, right): (Vec<&Side>, Vec<&Side>) =
                group.iter().partition(|side| side.forward);
            for (p, q) in left.iter().flat_map(|l| right.iter().map(|r| (l.polygon, r.polygon))) {
                if p != q && is_wanted(p, q) {
                    pairs.push(((p.min(q), p.max(q)), group[0].ends.0));
                }
            }
        }
        pairs.sort_unstable();
        pairs.dedup_by_key(|pair| pair.0);
        pairs
    }

    /// The sides shorter than `length` steps, each once with all its polygons, placed in its middle.
    pub(super) fn short_sides(&self, length: u32) -> Vec<Defect> {
        let limit = u64::from(length).pow(2);
        let is_short = |(a, b): (Point, Point)| {
            let (dx, dy) = (u64::from(a.x.abs_diff(b.x)), u64::from(a.y.abs_diff(b.y)));
            dx < u64::from(length) && dy < u64::from(length) && dx * dx + dy * dy < limit
        };
        let short = self.groups().filter(|group| is_short(group[0].ends));
        let defect = |group: &[Side]| {
            let mut polygons: Vec<u32> = group.iter().map(|side| side.polygon).collect();
            polygons.sort_unstable();
            polygons.dedup();
            let (a, b) = group[0].ends;
            let place = Point::new(a.x.midpoint(b.x), a.y.midpoint(b.y));
            Defect { kind: DefectKind::MicroSegment, place, polygons, twice_area: 0 }
        };
        short.map(defect).collect()
    }
}
