//! The sides of all polygons, matched with each other.
//!
//! Sides are dealt into narrow bands by the easting of their lower end, so that both sides of a
//! seam are in one band. A band is matched through a small table by the ends of its sides; it is
//! sorted only when some side is shared otherwise than by one polygon on each side.

use rayon::prelude::*;

use super::{Defect, DefectKind, Shape};
use crate::arrangement::order::{deal, rank};
use crate::lattice::{Point, Polygon, Ring};

/// Sides of a band, on average: they and their table fit in the processor's first cache.
const BAND: usize = 512;

/// In a slot of the table, with the place of a side: it has its partner.
const COUPLED: u32 = 1 << 31;

/// One side of one polygon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Side {
    /// Both ends, the lower first.
    pub(super) ends: (Point, Point),
    /// The rank of the polygon; the highest bit says that it lies on the left.
    owner: u32,
}

impl Side {
    /// The side from `p` to `q` of a polygon that lies on its left, or on its right.
    pub(super) fn new((p, q): (Point, Point), polygon: u32, is_left: bool) -> Self {
        let is_forward = (p < q) == is_left;
        Self { ends: (p.min(q), p.max(q)), owner: polygon | u32::from(is_forward) << 31 }
    }

    /// Whether the polygon lies on the left of the ends taken in order.
    pub(super) fn is_forward(self) -> bool {
        self.owner >> 31 == 1
    }

    /// Rank of the polygon.
    pub(super) fn polygon(self) -> u32 {
        self.owner & !(1 << 31)
    }

    /// A number that spreads the ends over `2^bits` slots.
    fn slot(self, bits: u32) -> usize {
        let (a, b) = (rank(self.ends.0), rank(self.ends.1));
        let mixed = (a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b).wrapping_mul(0xd6e8_feb8_6659_fd93);
        (mixed >> (64 - bits)) as usize
    }
}

/// All sides, dealt into bands.
pub(super) struct Seams {
    sides: Vec<Side>,
    /// How many sides each band has.
    sizes: Vec<usize>,
}

/// A side that only one polygon has: where the coverage ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SingleSide {
    pub(super) ends: (Point, Point),
    pub(super) forward: bool,
}

/// The ranks of two polygons, and the ends of a side that they share.
pub(super) type Border = ((u32, u32), (Point, Point));

/// Some side is not shared by exactly one polygon on each side.
struct Irregular;

impl Seams {
    /// Deals the sides; a ring that turns the wrong way counts as turned round.
    pub(super) fn of(polygons: &[Polygon]) -> Self {
        assert!(polygons.len() < 1 << 31, "more polygons than their ranks can count");
        let wrong = wrong_way(polygons);
        let sides = polygons.iter().zip(0_u32..).flat_map(|(polygon, owner)| {
            let wrong = &wrong;
            polygon.rings().zip(0_u32..).flat_map(move |(ring, ring_idx)| {
                let is_left = wrong.is_empty() || wrong.binary_search(&(owner, ring_idx)).is_err();
                let sides = ring.segments().filter(|(p, q)| p != q);
                sides.map(move |ends| Side::new(ends, owner, is_left))
            })
        });
        Self::dealt(sides)
    }

    /// Deals some sides of the polygons.
    pub(super) fn of_some(sides: &[Vec<Side>]) -> Self {
        Self::dealt(sides.iter().flatten().copied())
    }

    fn dealt(sides: impl Iterator<Item = Side> + Clone) -> Self {
        let (sides, sizes) = deal(sides, |side| side.ends.0.x, BAND);
        Self { sides, sizes }
    }

    /// The bands that hold a side.
    fn bands(&self) -> Vec<&[Side]> {
        let mut rest = &self.sides[..];
        let mut bands = Vec::with_capacity(self.sizes.len());
        for &size in &self.sizes {
            let (band, after) = rest.split_at(size);
            bands.extend((size > 0).then_some(band));
            rest = after;
        }
        bands
    }

    /// The sides without partner, sorted, or `None` when some side is shared otherwise than by one
    /// polygon on each side.
    pub(super) fn single_sides(&self) -> Option<Vec<SingleSide>> {
        let single_of = |table: &mut Vec<u32>, band: &[Side]| {
            let mut single = Vec::new();
            couple(band, table, |_, _| {}).ok()?;
            let slots = table.iter().filter(|&&slot| slot != 0 && slot & COUPLED == 0);
            single.extend(slots.map(|&slot| {
                let side = band[slot as usize - 1];
                SingleSide { ends: side.ends, forward: side.is_forward() }
            }));
            Some(single)
        };
        let by_band: Option<Vec<Vec<SingleSide>>> =
            self.bands().into_par_iter().map_init(Vec::new, single_of).collect();
        let mut single: Vec<SingleSide> = by_band?.into_iter().flatten().collect();
        single.par_sort_unstable_by_key(|side| (rank(side.ends.0), rank(side.ends.1)));
        Some(single)
    }

    /// All sides but those shared by exactly one polygon on each side, sorted.
    pub(super) fn unpaired(&self) -> Vec<Side> {
        let paired = |group: &[Side]| matches!(group, [s, t] if s.is_forward() != t.is_forward());
        let unpaired_of = |band: &[Side]| {
            let sorted = in_order(band);
            let groups = sorted.chunk_by(|s, t| s.ends == t.ends);
            groups.filter(|group| !paired(group)).flatten().copied().collect::<Vec<Side>>()
        };
        self.bands().into_par_iter().flat_map_iter(unpaired_of).collect()
    }

    /// The pairs of polygons, lower rank first, on both sides of some side, that `is_wanted`, with
    /// each side that they share; sorted.
    pub(super) fn pairs(&self, is_wanted: impl Fn(u32, u32) -> bool + Sync) -> Vec<Border> {
        let wanted = |s: &Side, t: &Side| {
            let (p, q) = (s.polygon(), t.polygon());
            (p != q && is_wanted(p, q)).then(|| ((p.min(q), p.max(q)), s.ends))
        };
        let pairs_of = |table: &mut Vec<u32>, band: &[Side]| {
            let mut pairs = Vec::new();
            if couple(band, table, |s, t| pairs.extend(wanted(s, t))).is_err() {
                pairs.clear();
                let sorted = in_order(band);
                for group in sorted.chunk_by(|s, t| s.ends == t.ends) {
                    let (right, left) = group.split_at(group.partition_point(|s| !s.is_forward()));
                    pairs.extend(
                        left.iter().flat_map(|l| right.iter().filter_map(|r| wanted(l, r))),
                    );
                }
            }
            pairs
        };
        let by_band: Vec<_> = self.bands().into_par_iter().map_init(Vec::new, pairs_of).collect();
        let mut pairs: Vec<_> = by_band.into_iter().flatten().collect();
        pairs.par_sort_unstable();
        pairs.dedup();
        pairs
    }
}

/// The sides shorter than `length` steps, each once with all its polygons, placed in its middle.
pub(super) fn short_sides(polygons: &[Polygon], length: u32) -> Vec<Defect> {
    let limit = u64::from(length).pow(2);
    let is_short = |&(a, b): &(Point, Point)| {
        let (dx, dy) = (u64::from(a.x.abs_diff(b.x)), u64::from(a.y.abs_diff(b.y)));
        a != b && dx < u64::from(length) && dy < u64::from(length) && dx * dx + dy * dy < limit
    };
    if length == 0 {
        return Vec::new();
    }
    let short_of = |(polygon, owner): (&Polygon, u32)| {
        let sides = polygon.rings().flat_map(Ring::segments).filter(is_short);
        sides.map(|ends| Side::new(ends, owner, true)).collect::<Vec<Side>>()
    };
    let ranks = 0..polygons.len() as u32;
    let mut short: Vec<Side> = polygons.par_iter().zip(ranks).flat_map_iter(short_of).collect();
    short.par_sort_unstable();
    let defect = |group: &[Side]| {
        let mut polygons: Vec<u32> = group.iter().map(|side| side.polygon()).collect();
        polygons.sort_unstable();
        polygons.dedup();
        let (a, b) = group[0].ends;
        let place = Point::new(a.x.midpoint(b.x), a.y.midpoint(b.y));
        let shape = Shape::Lines(vec![vec![a, b]]);
        Defect { kind: DefectKind::MicroSegment, place, polygons, twice_area: 0, shape }
    };
    short.chunk_by(|s, t| s.ends == t.ends).map(defect).collect()
}

/// The rings that turn the wrong way, as sorted ranks of polygon and ring: exteriors that are not
/// counter-clockwise, holes that are.
fn wrong_way(polygons: &[Polygon]) -> Vec<(u32, u32)> {
    let of_one = |(polygon, owner): (&Polygon, u32)| {
        let rings: Vec<(u32, u32)> = polygon
            .rings()
            .zip(0_u32..)
            .filter(|(ring, ring_idx)| (ring.twice_area() > 0) != (*ring_idx == 0))
            .map(|(_, ring_idx)| (owner, ring_idx))
            .collect();
        rings
    };
    polygons.par_iter().zip(0_u32..polygons.len() as u32).flat_map_iter(of_one).collect()
}

/// Gives each side of a band its partner, the side with the same ends of another polygon on the
/// other side, and visits each couple once.
///
/// `table` then holds for each side without partner its place in the band, from 1.
fn couple(
    band: &[Side],
    table: &mut Vec<u32>,
    mut visit: impl FnMut(&Side, &Side),
) -> Result<(), Irregular> {
    let bits = (2 * band.len()).next_power_of_two().trailing_zeros();
    table.clear();
    table.resize(1 << bits, 0);
    for (side, place) in band.iter().zip(1_u32..) {
        let mut slot = side.slot(bits);
        loop {
            let found = table[slot];
            if found == 0 {
                table[slot] = place;
                break;
            }
            let other = &band[(found & !COUPLED) as usize - 1];
            if other.ends == side.ends {
                let is_couple = found & COUPLED == 0
                    && other.is_forward() != side.is_forward()
                    && other.polygon() != side.polygon();
                if !is_couple {
                    return Err(Irregular);
                }
                table[slot] = found | COUPLED;
                visit(other, side);
                break;
            }
            slot = (slot + 1) & (table.len() - 1);
        }
    }
    Ok(())
}

/// A band sorted by ends, then by what lies on the right, then by rank.
fn in_order(band: &[Side]) -> Vec<Side> {
    let mut sorted = band.to_vec();
    sorted.sort_unstable();
    sorted
}
