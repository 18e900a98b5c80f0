//! The distinct boundary segments of all layers, each with the polygons it bounds.

use super::{ArrangementError, counted, order};
use crate::lattice::{Point, Polygon, Ring};

/// Distinct undirected segments, sorted, with the polygons whose inside changes across each.
///
/// Shared arcs and arcs unchanged between vintages are bit-identical, so they become one segment
/// here, before any geometry is computed.
pub(super) struct Segments {
    /// Both ends of each segment, the lower first; sorted, distinct.
    pub(super) ends: Vec<(Point, Point)>,
    /// The polygons of each segment.
    pub(super) toggles: Toggles,
}

/// Per segment or edge, the sorted global ranks of the polygons it bounds an odd number of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Toggles {
    start: Vec<u32>,
    polygons: Vec<u32>,
}

impl Toggles {
    /// An empty table with room for `n` segments.
    pub(super) fn with_capacity(n: usize) -> Self {
        let mut start = Vec::with_capacity(n + 1);
        start.push(0);
        Self { start, polygons: Vec::with_capacity(2 * n) }
    }

    /// The polygons of segment `i`.
    pub(super) fn of(&self, i: usize) -> &[u32] {
        &self.polygons[self.start[i] as usize..self.start[i + 1] as usize]
    }

    /// Appends a segment whose polygons are `sorted`, equal neighbours cancelling in pairs; returns
    /// whether any polygon was left, else nothing is appended.
    pub(super) fn push(&mut self, sorted: impl IntoIterator<Item = u32>) -> bool {
        let first = self.polygons.len();
        for polygon in sorted {
            if self.polygons.len() > first && self.polygons.last() == Some(&polygon) {
                self.polygons.pop();
            } else {
                self.polygons.push(polygon);
            }
        }
        let kept = self.polygons.len() > first;
        if kept {
            self.start.push(self.polygons.len() as u32);
        }
        kept
    }

    /// Number of polygon entries.
    pub(super) fn n_entries(&self) -> usize {
        self.polygons.len()
    }
}

impl Segments {
    /// The given distinct sorted segments, all bounding polygon 0.
    pub(super) fn of_one_polygon(ends: Vec<(Point, Point)>) -> Result<Self, ArrangementError> {
        let n = counted("segments", ends.len())?;
        let toggles = Toggles { start: (0..=n).collect(), polygons: vec![0; ends.len()] };
        Ok(Self { ends, toggles })
    }

    /// Collects the segments of all rings; those that bound the same polygon twice cancel.
    pub(super) fn of_layers(
        layers: &[&[Polygon]],
        first_of_layer: &[u32],
    ) -> Result<Self, ArrangementError> {
        // All layers one after the other number their polygons from the first one's first.
        let polygons = layers.iter().copied().flatten();
        let n_sides = polygons.clone().flat_map(Polygon::rings).map(|ring| ring.0.len()).sum();
        counted("ring segments", n_sides)?;
        let sides = polygons.zip(first_of_layer[0]..).flat_map(|(polygon, owner)| {
            let sides = polygon.rings().flat_map(Ring::segments).filter(|(a, b)| a != b);
            sides.map(move |(a, b)| (a.min(b), a.max(b), owner))
        });
        let sides = order::sorted(sides, |s| s.0.x, |s| (order::rank(s.0), order::rank(s.1), s.2));
        let mut ends = Vec::new();
        let mut toggles = Toggles::with_capacity(sides.len() / 2);
        for same in sides.chunk_by(|s, t| (s.0, s.1) == (t.0, t.1)) {
            if toggles.push(same.iter().map(|s| s.2)) {
                ends.push((same[0].0, same[0].1));
            }
        }
        Ok(Self { ends, toggles })
    }
}
