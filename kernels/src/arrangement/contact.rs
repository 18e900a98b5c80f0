//! Who touches whom: contacts at points and lengths of shared borders.

use std::collections::BTreeMap;

use super::{Arrangement, Edge, NO_KEY};

/// Parts of a lattice step in which border lengths are summed, so that the sum is free of order.
const PARTS_PER_STEP: f64 = 65536.0;

impl Arrangement {
    /// The pairs of polygons of a layer that share at least one point, sorted, each once, the lower
    /// rank first; overlapping polygons count.
    pub fn touching(&self, layer: usize) -> Vec<(u32, u32)> {
        self.contacts(|face, out| out.extend_from_slice(self.labels(face, layer)))
    }

    /// The pairs of different classes of faces that share at least one point, sorted, each once,
    /// the lower class first.
    ///
    /// `class`: one entry per face; [`NO_KEY`] for faces without class.
    ///
    /// # Panics
    /// When there is not one class per face.
    pub fn vertex_contacts(&self, class: &[u32]) -> Vec<(u32, u32)> {
        assert_eq!(class.len(), self.n_faces(), "one class per face");
        self.contacts(|face, out| out.extend(Some(class[face as usize]).filter(|&c| c != NO_KEY)))
    }

    /// All pairs among what `push` tells of the faces around each node.
    fn contacts(&self, push: impl Fn(u32, &mut Vec<u32>)) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        let mut present = Vec::new();
        let mut settle = |present: &mut Vec<u32>| {
            present.sort_unstable();
            present.dedup();
            for (i, &p) in present.iter().enumerate() {
                pairs.extend(present[i + 1..].iter().map(|&q| (p, q)));
            }
            present.clear();
        };
        for sides in self.topology.faces.chunks_exact(2) {
            push(sides[0], &mut present);
            push(sides[1], &mut present);
            settle(&mut present);
        }
        // Up to three edges at a node, every two faces around it share an edge.
        for node in (0..self.topology.nodes.len()).filter(|&v| self.topology.spokes_of(v).len() > 3)
        {
            for &spoke in self.topology.spokes_of(node) {
                push(self.topology.faces[spoke as usize], &mut present);
            }
            settle(&mut present);
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    /// The length, in lattice steps, of the border that each two classes share, sorted by pair, the
    /// lower class first.
    ///
    /// `class`: one entry per face; [`NO_KEY`] for faces without class, which have no border here.
    /// Each edge counts to 1/65536 step, so the sum depends on no order.
    ///
    /// # Panics
    /// When there is not one class per face.
    pub fn borders(&self, class: &[u32]) -> Vec<((u32, u32), f64)> {
        assert_eq!(class.len(), self.n_faces(), "one class per face");
        let mut lengths: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for edge in self.edges() {
            let (l, r) = (class[edge.left as usize], class[edge.right as usize]);
            if l != r && l != NO_KEY && r != NO_KEY {
                *lengths.entry((l.min(r), l.max(r))).or_default() += edge.length_parts();
            }
        }
        lengths.into_iter().map(|(pair, sum)| (pair, sum as f64 / PARTS_PER_STEP)).collect()
    }
}

impl Edge {
    /// Its length in 1/65536 lattice step, rounded, so that sums depend on no order.
    pub(crate) fn length_parts(self) -> u64 {
        let (dx, dy) =
            (f64::from(self.b.x) - f64::from(self.a.x), f64::from(self.b.y) - f64::from(self.a.y));
        ((dx * dx + dy * dy).sqrt() * PARTS_PER_STEP).round() as u64
    }
}
