//! Differences that are too small to be drawn at a zoom, as points: whoever looks for a change from
//! far away must still find it.

use std::collections::{BTreeMap, BTreeSet};

use kernels::arrangement::interior_point;
use kernels::lattice::{Point, Polygon};

use super::contents::Marked;
use super::mvt::{EXTENT, Layer};
use super::pmtiles::Address;

/// The name of the layer.
pub(super) const NAME: &str = "changements_points";

/// Side of the squares that have one point each, in steps: two pixels, so that no tile is full of
/// points that hide one another.
const SQUARE: i32 = 32;

/// A place of every difference.
#[derive(Debug)]
pub(super) struct Places {
    /// By rank, in steps of the finest zoom; none for what has no ground there.
    places: Vec<Option<Point>>,
    /// The finest zoom.
    finest: u8,
}

/// The points of one zoom, by tile: the place within the tile and the rank of the difference.
#[derive(Debug, Default)]
pub(super) struct Points(BTreeMap<(u32, u32), Vec<(Point, u32)>>);

impl Places {
    /// * `polygons`: those of the differences, in steps of the `finest` zoom.
    pub(super) fn new(polygons: &[Polygon], finest: u8) -> Self {
        let place = |polygon| interior_point(polygon).and_then(|(x, y)| Point::from_metres(x, y));
        Self { places: polygons.iter().map(place).collect(), finest }
    }

    /// The points of a zoom: of the differences that are not `drawn`, the first of each square.
    ///
    /// * `order`: ranks, the ones to keep first.
    pub(super) fn at(&self, zoom: u8, drawn: &BTreeSet<u32>, order: &[u32]) -> Points {
        let steps = 1 << (self.finest - zoom);
        let mut taken = BTreeSet::new();
        let mut points = Points::default();
        for &rank in order.iter().filter(|rank| !drawn.contains(rank)) {
            let Some(place) = self.places[rank as usize] else { continue };
            let (x, y) = (place.x.div_euclid(steps), place.y.div_euclid(steps));
            if !taken.insert((x.div_euclid(SQUARE), y.div_euclid(SQUARE))) {
                continue;
            }
            let side = EXTENT as i32;
            let tile = (x.div_euclid(side) as u32, y.div_euclid(side) as u32);
            let within = Point::new(x.rem_euclid(side), y.rem_euclid(side));
            points.0.entry(tile).or_default().push((within, rank));
        }
        points
    }
}

impl Points {
    /// The layer of a tile; nothing where nothing vanished.
    pub(super) fn layer(&self, address: Address, content: &Marked<'_>) -> Option<Vec<u8>> {
        let points = self.0.get(&(address.col, address.row))?;
        let mut layer = Layer::default();
        for &(place, rank) in points {
            layer.add_point(place, content.says(rank));
        }
        Some(layer.encoded(NAME))
    }

    /// The tiles that have some, by column and row.
    pub(super) fn tiles(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.0.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use kernels::lattice::Ring;

    use super::*;

    fn square(x: i32, y: i32, side: i32) -> Polygon {
        let corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)];
        let exterior = Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec());
        Polygon { exterior, holes: Vec::new() }
    }

    #[test]
    fn what_is_not_drawn_has_its_point_in_its_own_tile() {
        let polygons = [square(10, 10, 4), square(9_000, 10, 4), square(14, 14, 4)];
        let places = Places::new(&polygons, 14);
        let all = |points: &Points| -> Vec<((u32, u32), Vec<u32>)> {
            let ranks = |list: &Vec<(Point, u32)>| list.iter().map(|(_, rank)| *rank).collect();
            points.0.iter().map(|(tile, list)| (*tile, ranks(list))).collect()
        };
        let at_14 = places.at(14, &BTreeSet::new(), &[2, 0, 1]);
        assert_eq!(all(&at_14), [((0, 0), vec![2]), ((2, 0), vec![1])], "one of a square");
        let at_12 = places.at(12, &BTreeSet::from([1]), &[0, 1, 2]);
        assert_eq!(all(&at_12), [((0, 0), vec![0])]);
        let Some((place, _)) = at_14.0[&(2, 0)].first() else { panic!("a point") };
        assert!((808..=812).contains(&place.x) && (10..=14).contains(&place.y), "{place:?}");
    }
}
