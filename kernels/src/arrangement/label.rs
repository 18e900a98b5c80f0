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
        let mut covers = vec![None; n_faces];
        covers[UNBOUNDED as usize] = Some((0_usize, 0_usize));
        let mut pool: Vec<u32> = Vec::with_capacity(toggles.n_entries());
        let mut waiting = vec![UNBOUNDED];
        while let Some(face) = waiting.pop() {
            let (from, to) = covers[face as usize].unwrap_or((0, 0));
            for &start in topology.cycle_starts_of(face) {
                for h in topology.cycle(start) {
                    let other = topology.faces[(h ^ 1) as usize];
                    if covers[other as usize].is_some() {
                        continue;
                    }
                    let first = pool.len();
                    switch(&mut pool, from..to, toggles.of(h as usize / 2));
                    covers[other as usize] = Some((first, pool.len()));
                    waiting.push(other);
                }
            }
            counted("labels", pool.len())?;
        }
        let mut labels = Self {
            n_layers: first_of_layer.len() - 1,
            start: Vec::with_capacity(n_faces * (first_of_layer.len() - 1) + 1),
            ranks: Vec::with_capacity(pool.len()),
        };
        labels.start.push(0);
        for cover in covers {
            let (from, to) = cover.unwrap_or((0, 0));
            labels.append(&pool[from..to], first_of_layer);
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
