//! Coverages with a connected road network: parcels in city blocks, and roads that are one polygon
//! per sector, with a hole for each block inside.
//!
//! Real land cover is such: a few polygons of the network have some 17,000 corners and hundreds of
//! holes, and touch thousands of others.

use std::collections::BTreeMap;

use kernels::lattice::{Point, Polygon, Ring};

use crate::coverage::{INNER, SOUTH_WEST, draw, jitter};

/// Lattice steps along a parcel.
const PARCEL: i32 = 4000;

/// Lattice steps across a road.
const ROAD: i32 = 800;

/// Cells from one road to the next: the road itself, then the parcels of a block.
const PERIOD: i32 = 7;

/// Cells along a sector of the network: a square of 13 x 13 blocks.
const SECTOR: i32 = 13 * PERIOD;

/// Largest move of a corner on each axis: well under half a road.
const REACH: i32 = 100;

/// One arc in so many, and one merge of neighbouring parcels, differs in the second vintage.
const EDITED: u64 = 20;

/// One pair of neighbouring parcels in so many is one polygon.
const MERGED: u64 = 10;

/// A corner of the grid of cells, as (row, col).
type Corner = (i32, i32);

/// A polygon of the coverage: a sector of the network, or the parcels of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Roads(i32, i32),
    Parcel(i32, i32),
}

/// One vintage of `n x n` cells.
struct Vintage {
    n: i32,
    is_second: bool,
}

impl Vintage {
    /// A number of the corner or cell.
    fn id(&self, (row, col): Corner) -> u64 {
        (i64::from(row) * i64::from(self.n + 1) + i64::from(col)).cast_unsigned()
    }

    /// The polygon of a cell.
    fn owner(&self, (row, col): Corner) -> Owner {
        if row % PERIOD == 0 || col % PERIOD == 0 {
            return Owner::Roads(row / SECTOR, col / SECTOR);
        }
        // Parcels pair off along a row of a block: the second of a pair may belong to the first.
        let may_merge = (col % PERIOD) % 2 == 0;
        let id = self.id((row, col));
        let merged = draw([0, id, 20]).is_multiple_of(MERGED);
        let toggled = self.is_second && draw([1, id, 21]).is_multiple_of(EDITED);
        Owner::Parcel(row, col - i32::from(may_merge && merged != toggled))
    }

    /// The place of a corner, the same in both vintages.
    fn place(&self, corner: Corner) -> Point {
        let along = |i: i32| {
            let n_roads = (i + PERIOD - 1) / PERIOD;
            n_roads * ROAD + (i - n_roads) * PARCEL
        };
        let move_by = |axis| jitter(REACH, [0, self.id(corner), axis]);
        Point::new(
            SOUTH_WEST.x + along(corner.1) + move_by(2),
            SOUTH_WEST.y + along(corner.0) + move_by(3),
        )
    }

    /// The first corner of the line from one corner of the grid to a neighbour, and those inside.
    fn line(&self, from: Corner, to: Corner) -> Vec<Point> {
        let (low, high) = (from.min(to), from.max(to));
        let id = 2 * self.id(low) + u64::from(low.1 == high.1);
        let redrawn = self.is_second && draw([1, id, 1]).is_multiple_of(EDITED);
        let (a, b) = (self.place(low), self.place(high));
        let inner = |k: i32| {
            let at = |from: i32, to: i32, axis: u64| {
                let parts = [u64::from(redrawn), id, 4 + axis + 2 * u64::from(k.unsigned_abs())];
                from + (to - from) / (INNER + 1) * k + jitter(REACH, parts)
            };
            Point::new(at(a.x, b.x, 0), at(a.y, b.y, 1))
        };
        let inside = (1..=INNER).map(inner);
        if from < to {
            std::iter::once(a).chain(inside).collect()
        } else {
            std::iter::once(b).chain(inside.rev()).collect()
        }
    }

    /// For each polygon, where the boundary goes on from each of its corners, polygon on the left.
    fn borders(&self) -> BTreeMap<Owner, BTreeMap<Corner, Corner>> {
        let mut borders: BTreeMap<Owner, BTreeMap<Corner, Corner>> = BTreeMap::new();
        for row in 0..self.n {
            for col in 0..self.n {
                let own = self.owner((row, col));
                let around = [(row, col), (row, col + 1), (row + 1, col + 1), (row + 1, col)];
                let beyond = [(row - 1, col), (row, col + 1), (row + 1, col), (row, col - 1)];
                for side in 0..4 {
                    let (r, c) = beyond[side];
                    let inside = (0..self.n).contains(&r) && (0..self.n).contains(&c);
                    if !inside || self.owner((r, c)) != own {
                        let follows = borders.entry(own).or_default();
                        let earlier = follows.insert(around[side], around[(side + 1) % 4]);
                        assert!(earlier.is_none(), "the polygon of {own:?} pinches itself");
                    }
                }
            }
        }
        borders
    }

    /// Its polygons: the sectors of the network, then the parcels.
    fn polygons(&self) -> Vec<Polygon> {
        let of_border = |mut border: BTreeMap<Corner, Corner>| {
            let mut polygon = Polygon::default();
            while let Some((&start, _)) = border.first_key_value() {
                let (mut ring, mut from) = (Vec::new(), start);
                while let Some(to) = border.remove(&from) {
                    ring.extend(self.line(from, to));
                    from = to;
                }
                let ring = Ring(ring);
                if ring.twice_area() > 0 {
                    polygon.exterior = ring;
                } else {
                    polygon.holes.push(ring);
                }
            }
            polygon
        };
        self.borders().into_values().map(of_border).collect()
    }
}

/// Two vintages of `n x n` cells, roads included: in the second, one line in twenty between two
/// corners is redrawn, and one pair of parcels in twenty is split or merged.
pub fn pair(n: i32) -> [Vec<Polygon>; 2] {
    [false, true].map(|is_second| Vintage { n, is_second }.polygons())
}

#[cfg(test)]
mod tests {
    use kernels::arrangement::arrange;

    use super::*;

    #[test]
    fn a_network_has_huge_polygons_and_each_vintage_covers_its_ground_once() {
        let [before, after] = pair(100);
        let n_corners = |p: &Polygon| p.rings().map(|ring| ring.0.len()).sum::<usize>();
        assert!(before.iter().any(|p| n_corners(p) > 15_000 && p.holes.len() >= 144));
        assert_ne!(before.len(), after.len());
        let arranged = arrange(&[&before, &after]).expect("on the lattice");
        for face in 1..arranged.n_faces() as u32 {
            let n_covers = [0, 1].map(|layer| arranged.labels(face, layer).len());
            assert!(n_covers.iter().all(|&n| n <= 1), "face {face}: {n_covers:?}");
            // Outer lines that were redrawn leave slivers of one vintage alone.
            if n_covers != [1, 1] {
                assert!(arranged.twice_area(face) < 2 * i128::from(PARCEL * ROAD));
            }
        }
    }
}
