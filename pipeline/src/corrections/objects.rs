//! The objects of a vintage that corrections are about: found by id, else by place.

use std::cmp::Reverse;
use std::sync::OnceLock;

use kernels::boxes::Boxes;
use kernels::lattice::Point;
use rustc_hash::FxHashMap;

use super::ID_SEPARATOR;
use super::ledger::Entry;
use crate::vintage::Vintage;

/// What separates the id of a feature from the rank of its part, in the ids of a [`Vintage`].
const PART_SEPARATOR: char = '#';

/// The objects of a vintage.
pub(super) struct Objects<'a> {
    /// The vintage.
    pub(super) vintage: &'a Vintage,
    /// Ranks of the polygons of each feature, ascending.
    of_id: FxHashMap<&'a str, Vec<u32>>,
    /// Their boxes, once one is looked for by its place.
    boxes: OnceLock<Boxes>,
}

impl<'a> Objects<'a> {
    /// The objects of a vintage.
    pub(super) fn of(vintage: &'a Vintage) -> Self {
        let mut of_id: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
        for (rank, object) in (0..).zip(&vintage.objects) {
            let id = object.id.split(PART_SEPARATOR).next().unwrap_or(&object.id);
            of_id.entry(id).or_default().push(rank);
        }
        Self { vintage, of_id, boxes: OnceLock::new() }
    }

    /// The polygons of the object of an id.
    pub(super) fn parts(&self, id: &str) -> Option<&[u32]> {
        self.of_id.get(id.trim()).map(Vec::as_slice)
    }

    /// The polygons of the object of a correction, of a merge the one that stays: by its id, else
    /// the one that holds its anchor.
    pub(super) fn find(&self, entry: &Entry) -> Option<Vec<u32>> {
        let ids = &entry.record.object_id;
        let first = ids.split(ID_SEPARATOR).next().unwrap_or(ids);
        if let Some(parts) = self.parts(first) {
            return Some(parts.to_vec());
        }
        let at = entry.record.anchor;
        self.at(at).map(|rank| vec![rank])
    }

    /// The first polygon that holds a point.
    pub(super) fn at(&self, point: Point) -> Option<u32> {
        let near = self.boxes().meeting((point, point)).into_iter();
        near.filter(|&rank| self.vintage.polygons[rank as usize].holds(point)).min()
    }

    /// The boxes of the polygons, by rank.
    pub(super) fn boxes(&self) -> &Boxes {
        self.boxes.get_or_init(|| {
            let nowhere = (Point::default(), Point::default());
            Boxes::new(self.vintage.polygons.iter().map(|p| p.bounds().unwrap_or(nowhere)))
        })
    }

    /// Of the parts of the object of a correction, the one that holds its anchor; else the largest,
    /// the first of equals.
    pub(super) fn nearest_part(&self, parts: &[u32], entry: &Entry) -> u32 {
        let polygon = |rank: u32| &self.vintage.polygons[rank as usize];
        let holding = parts.iter().find(|&&rank| polygon(rank).holds(entry.record.anchor));
        let largest =
            || parts.iter().max_by_key(|&&rank| (polygon(rank).twice_area(), Reverse(rank)));
        holding.or_else(largest).copied().expect("an object has a part")
    }
}
