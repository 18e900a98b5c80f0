//! Sides of polygons that still wait for their neighbour.
//!
//! Polygons of a delivery follow each other in space, more or less: most sides meet their partner
//! soon. A side is kept only until then, so the table stays as small as the rim of what was read,
//! and in the processor's cache.

use super::seams::Side;
use crate::lattice::{Point, Ring};

/// Sides whose marks are made together, before the table is asked.
const BATCH: usize = 32;

/// Slots for each side that waits, at least: where sides seldom want the same slot, what comes next is
/// seldom guessed wrong by the processor.
const ROOM: usize = 8;

/// The mark of an empty slot.
const EMPTY: u32 = 0;

/// The sides without partner, in a table of open addressing with linear probing, where what is
/// taken out leaves no trace (D. Knuth, The Art of Computer Programming 3, 6.4, algorithm R).
pub(super) struct Frontier {
    /// Of each slot, the mark of its side: four bytes to look at instead of the side itself.
    marks: Vec<u32>,
    sides: Vec<Side>,
    n_waiting: usize,
    /// The table has `2^bits` slots; a side belongs in the one that the first bits of its mark tell.
    bits: u32,
    /// The sides of a batch with their marks.
    batch: [(u32, Side); BATCH],
}

/// Two polygons have a side in common and lie on the same side of it, or are one polygon.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clash;

impl Frontier {
    /// A frontier without sides.
    pub(super) fn new() -> Self {
        let bits = 12;
        let (marks, sides) = (vec![EMPTY; 1 << bits], vec![Side::default(); 1 << bits]);
        Self { marks, sides, n_waiting: 0, bits, batch: [(EMPTY, Side::default()); BATCH] }
    }

    /// Adds the sides of a ring of polygon `rank`, which lies on their left, or on their right; takes
    /// out those that have a partner: the side with the same ends of another polygon on the other
    /// side.
    pub(super) fn add(&mut self, ring: &Ring, rank: u32, is_left: bool) -> Result<(), Clash> {
        let Some(&last) = ring.0.last() else { return Ok(()) };
        let mut before = last;
        for points in ring.0.chunks(BATCH) {
            for (slot, &p) in self.batch.iter_mut().zip(points) {
                let side = Side::new((before, p), rank, is_left);
                *slot = (mark(side.ends), side);
                before = p;
            }
            for i in 0..points.len() {
                let (mark, side) = self.batch[i];
                self.match_or_keep(mark, side)?;
            }
        }
        Ok(())
    }

    fn match_or_keep(&mut self, mark: u32, side: Side) -> Result<(), Clash> {
        let mut at = self.home(mark);
        while self.marks[at] != EMPTY {
            if self.marks[at] == mark && self.sides[at].ends == side.ends {
                let found = self.sides[at];
                let is_couple =
                    found.is_forward() != side.is_forward() && found.polygon() != side.polygon();
                if is_couple {
                    self.take_out(at);
                }
                return if is_couple { Ok(()) } else { Err(Clash) };
            }
            at = self.after(at);
        }
        self.marks[at] = mark;
        self.sides[at] = side;
        self.n_waiting += 1;
        if ROOM * self.n_waiting > self.marks.len() {
            self.grow();
        }
        Ok(())
    }

    /// Takes out the sides that found no partner, in no order that means anything.
    pub(super) fn take_all(&mut self) -> Vec<Side> {
        let mut left = Vec::with_capacity(self.n_waiting);
        for (mark, side) in self.marks.iter_mut().zip(&self.sides).filter(|(m, _)| **m != EMPTY) {
            left.push(*side);
            *mark = EMPTY;
        }
        self.n_waiting = 0;
        left
    }

    fn home(&self, mark: u32) -> usize {
        (mark >> (u32::BITS - self.bits)) as usize
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.marks.len() - 1)
    }

    /// Empties a slot; sides further on move up to where they are looked for.
    fn take_out(&mut self, at: usize) {
        let mask = self.marks.len() - 1;
        let (mut hole, mut next) = (at, self.after(at));
        while self.marks[next] != EMPTY {
            let home = self.home(self.marks[next]);
            if next.wrapping_sub(home) & mask >= next.wrapping_sub(hole) & mask {
                self.marks[hole] = self.marks[next];
                self.sides[hole] = self.sides[next];
                hole = next;
            }
            next = self.after(next);
        }
        self.marks[hole] = EMPTY;
        self.n_waiting -= 1;
    }

    #[cold]
    fn grow(&mut self) {
        assert!(self.bits < u32::BITS, "sides are counted in 32 bits");
        self.bits += 1;
        // The batch in hand goes on afterwards.
        let marks = std::mem::replace(&mut self.marks, vec![EMPTY; 1 << self.bits]);
        let sides = std::mem::replace(&mut self.sides, vec![Side::default(); 1 << self.bits]);
        for (mark, side) in marks.into_iter().zip(sides) {
            if mark == EMPTY {
                continue;
            }
            let mut at = self.home(mark);
            while self.marks[at] != EMPTY {
                at = self.after(at);
            }
            (self.marks[at], self.sides[at]) = (mark, side);
        }
    }
}

/// A number that spreads the ends of sides, never [`EMPTY`].
fn mark((a, b): (Point, Point)) -> u32 {
    let bits = |p: Point| u64::from(p.x.cast_unsigned()) << 32 | u64::from(p.y.cast_unsigned());
    let mixed = bits(a).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ bits(b);
    (mixed.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32) as u32 | 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn ring(corners: &[(i32, i32)]) -> Ring {
        Ring(corners.iter().map(|&(x, y)| Point::new(x, y)).collect())
    }

    /// A cell of a lattice of squares, counter-clockwise.
    fn cell((x, y): (i32, i32)) -> Ring {
        ring(&[(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)])
    }

    #[test]
    fn neighbours_on_the_same_side_clash_and_so_does_a_polygon_with_itself() {
        let mut frontier = Frontier::new();
        assert_eq!(frontier.add(&cell((0, 0)), 0, true), Ok(()));
        assert_eq!(frontier.add(&cell((0, 0)), 1, true), Err(Clash));
        let mut frontier = Frontier::new();
        let there_and_back = ring(&[(0, 0), (5, 0)]);
        assert_eq!(frontier.add(&there_and_back, 0, true), Err(Clash));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_is_left_is_what_counting_all_sides_leaves(
            cells in prop::collection::btree_set((0_i32..60, 0_i32..60), 0..1500)
                .prop_map(Vec::from_iter).prop_shuffle(),
        ) {
            let mut frontier = Frontier::new();
            let mut counts = BTreeMap::new();
            for (rank, &at) in cells.iter().enumerate() {
                let ring = cell(at);
                prop_assert_eq!(frontier.add(&ring, rank as u32, true), Ok(()));
                for (p, q) in ring.segments() {
                    *counts.entry((p.min(q), p.max(q))).or_insert(0) += 1;
                }
            }
            let mut left: Vec<_> = frontier.take_all().iter().map(|side| side.ends).collect();
            left.sort_unstable();
            counts.retain(|_, n| *n == 1);
            prop_assert!(left.into_iter().eq(counts.into_keys()));
        }
    }
}
