//! Polygons that are in the file more than once.

use kernels::lattice::{Point, Polygon, Ring};
use rustc_hash::FxHashMap;

use super::{Repairs, anchor, key};
use crate::tally::Tally;
use crate::vintage::Vintage;

/// Keeps, of the polygons with the same rings, the one of lowest id; the order stays.
pub(super) fn drop_twins(vintage: Vintage, repairs: &mut Repairs, tally: &Tally) -> Vintage {
    let mut owner_of: FxHashMap<Vec<Vec<Point>>, usize> = FxHashMap::default();
    let mut is_kept = vec![true; vintage.n_polygons()];
    for (rank, polygon) in vintage.polygons.iter().enumerate() {
        let owner = owner_of.entry(canonical(polygon)).or_insert(rank);
        if *owner == rank {
            continue;
        }
        let id = |rank: usize| vintage.objects[rank].id.as_str();
        let (keeper, twin) = if id(rank) < id(*owner) { (rank, *owner) } else { (*owner, rank) };
        *owner = keeper;
        is_kept[twin] = false;
        let (place, area) = (anchor(polygon), polygon.twice_area());
        let note = format!("`{}`, `{}`", id(keeper), id(twin));
        if vintage.couples[keeper] != vintage.couples[twin] {
            repairs.count(tally, key::DUPLICATE_CONFLICT, place, area, note.clone());
        }
        repairs.count(tally, key::DUPLICATE, place, area, note);
        // The twin had the area that its own corners give; it is the keeper's as well.
        repairs.reassign(key::DUPLICATE, vintage.polygons[twin].twice_area());
    }
    drop(owner_of);
    if is_kept.iter().all(|&kept| kept) { vintage } else { keep(vintage, &is_kept) }
}

/// The polygons that `is_kept` names.
fn keep(vintage: Vintage, is_kept: &[bool]) -> Vintage {
    fn kept<T>(all: Vec<T>, is_kept: &[bool]) -> Vec<T> {
        all.into_iter().zip(is_kept).filter(|(_, kept)| **kept).map(|(item, _)| item).collect()
    }
    Vintage {
        year: vintage.year,
        polygons: kept(vintage.polygons, is_kept),
        couples: kept(vintage.couples, is_kept),
        objects: kept(vintage.objects, is_kept),
        origin: None,
    }
}

/// The rings, each from its lowest corner; the holes sorted.
///
/// Readers turn exteriors left and holes right, so equal polygons have equal forms, but for rings
/// that pass their lowest corner twice: those are overlaps.
fn canonical(polygon: &Polygon) -> Vec<Vec<Point>> {
    let turned = |ring: &Ring| {
        let mut points = ring.0.clone();
        let lowest = (0..points.len()).min_by_key(|&i| points[i]).unwrap_or(0);
        points.rotate_left(lowest);
        points
    };
    let mut rings: Vec<Vec<Point>> = polygon.rings().map(turned).collect();
    rings[1..].sort_unstable();
    rings
}
