//! Labels: which polygons of each layer cover each face.

use super::segments::Toggles;
use super::topology::Topology;
use super::{ArrangementError, FaceId, UNBOUNDED, counted};

/// For every face and layer, the sorted ranks of the polygons that cover it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Labels {
    n_layers: usize,
    /// First rank of each (face, layer), face by face, and the number of ranks at the end.
    start: Vec<u32>,
    ranks: Vec<u32>,
}

impl Labels {
    /// Walks from the unbounded face, which nothing covers, across every edge, which switches its
    /// polygons on or off.
    pub(super) fn spread(
        topology: &Topology,
        toggles: &Toggles,
        first_of_layer: &[u32],
    ) -> Result<Self, ArrangementError> {
        let n_faces = topology.n_faces();
        let mut covers = Covers::new(n_faces, toggles);
        covers.sweep(topology)?;
        covers.walk(topology)?;
        let mut labels = Self {
            n_layers: first_of_layer.len() - 1,
            start: Vec::with_capacity(n_faces * (first_of_layer.len() - 1) + 1),
            ranks: Vec::with_capacity(covers.pool.len()),
        };
        labels.start.push(0);
        for &(from, to) in &covers.of_face {
            let known =
                if from == UNKNOWN { &[] } else { &covers.pool[from as usize..to as usize] };
            labels.append(known, first_of_layer);
        }
        Ok(labels)
    }

    /// Adds the labels of the next face, given as sorted global ranks.
    fn append(&mut self, mut polygons: &[u32], first_of_layer: &[u32]) {
        for layer in first_of_layer.windows(2) {
            let n_here = polygons.partition_point(|&p| p < layer[1]);
            let (here, others) = polygons.split_at(n_here);
            self.ranks.extend(here.iter().map(|p| p - layer[0]));
            self.start.push(self.ranks.len() as u32);
            polygons = others;
        }
    }

    /// Number of layers.
    pub(super) fn n_layers(&self) -> usize {
        self.n_layers
    }

    /// The sorted ranks of the polygons of a layer that cover a face.
    pub(super) fn of(&self, face: FaceId, layer: usize) -> &[u32] {
        assert!(layer < self.n_layers, "layer {layer} of an arrangement of {}", self.n_layers);
        let slot = face as usize * self.n_layers + layer;
        &self.ranks[self.start[slot] as usize..self.start[slot + 1] as usize]
    }
}

/// Start of the cover of a face that is not known yet.
const UNKNOWN: u32 = u32::MAX;

/// The sorted global ranks that cover each face, as far as they are known.
struct Covers<'a> {
    toggles: &'a Toggles,
    /// Where the ranks of each face are in the pool.
    of_face: Vec<(u32, u32)>,
    pool: Vec<u32>,
}

impl<'a> Covers<'a> {
    /// Only the unbounded face is known: nothing covers it.
    fn new(n_faces: usize, toggles: &'a Toggles) -> Self {
        let mut of_face = vec![(UNKNOWN, UNKNOWN); n_faces];
        of_face[UNBOUNDED as usize] = (0, 0);
        Self { toggles, of_face, pool: Vec::with_capacity(toggles.n_entries()) }
    }

    /// Whether the cover of a face is known.
    fn knows(&self, face: FaceId) -> bool {
        self.of_face[face as usize].0 != UNKNOWN
    }

    /// Learns the cover of `to` from that of `from`, across an edge between them.
    fn cross(&mut self, from: FaceId, to: FaceId, edge: usize) -> Result<(), ArrangementError> {
        let held = self.of_face[from as usize];
        let first = self.pool.len() as u32;
        switch(&mut self.pool, held.0 as usize..held.1 as usize, self.toggles.of(edge));
        self.of_face[to as usize] = (first, counted("labels", self.pool.len())?);
        Ok(())
    }

    /// Crosses all edges once in their order, from west to east: nearly every face is reached.
    fn sweep(&mut self, topology: &Topology) -> Result<(), ArrangementError> {
        for (edge, sides) in topology.faces.chunks_exact(2).enumerate() {
            match (self.knows(sides[0]), self.knows(sides[1])) {
                (true, false) => self.cross(sides[0], sides[1], edge)?,
                (false, true) => self.cross(sides[1], sides[0], edge)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Walks from the known faces into the others until none is left.
    fn walk(&mut self, topology: &Topology) -> Result<(), ArrangementError> {
        let sides = topology.faces.chunks_exact(2);
        let mixed = sides.filter(|sides| self.knows(sides[0]) != self.knows(sides[1]));
        let mut waiting: Vec<FaceId> =
            mixed.map(|sides| if self.knows(sides[0]) { sides[0] } else { sides[1] }).collect();
        waiting.sort_unstable();
        waiting.dedup();
        while let Some(face) = waiting.pop() {
            for &start in topology.cycle_starts_of(face) {
                for h in topology.cycle(start) {
                    let other = topology.faces[(h ^ 1) as usize];
                    if !self.knows(other) {
                        self.cross(face, other, h as usize / 2)?;
                        waiting.push(other);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Appends to `pool` the sorted numbers that are in exactly one of `pool[held]` and `switched`.
fn switch(pool: &mut Vec<u32>, held: std::ops::Range<usize>, switched: &[u32]) {
    let mut i = held.start;
    let mut j = 0;
    while i < held.end || j < switched.len() {
        let old = (i < held.end).then(|| pool[i]);
        let new = switched.get(j).copied();
        match (old, new) {
            (Some(p), Some(q)) if p == q => {
                i += 1;
                j += 1;
            }
            (Some(p), q) if q.is_none_or(|q| p < q) => {
                pool.push(p);
                i += 1;
            }
            (_, Some(q)) => {
                pool.push(q);
                j += 1;
            }
            (_, None) => break,
        }
    }
}
