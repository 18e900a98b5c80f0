//! Dissolving: faces with the same key become simple polygons that fit together.

use rayon::prelude::*;

use super::topology::Topology;
use super::{Arrangement, FaceId, UNBOUNDED};
use crate::lattice::{Point, Polygon, Ring, cross};

/// The key, or class, of a face that belongs to nothing.
pub const NO_KEY: u32 = u32::MAX;

/// A set of layers of an arrangement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LayerMask(u32);

impl LayerMask {
    /// No layer.
    pub const NONE: Self = Self(0);

    /// Every layer.
    pub const ALL: Self = Self(u32::MAX);

    /// The given layers, by rank (below [`super::LAYERS_MAX`]).
    pub fn of(layers: &[usize]) -> Self {
        Self(layers.iter().fold(0, |mask, &layer| mask | 1 << layer))
    }
}

/// One polygon made of faces with the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dissolved {
    /// The key of all its faces.
    pub key: u32,
    /// Its shape: simple rings, exterior counter-clockwise, holes clockwise, each from its lowest
    /// point.
    pub polygon: Polygon,
    /// Its faces, in increasing order.
    pub faces: Vec<FaceId>,
}

impl Arrangement {
    /// Merges faces with equal keys that share an edge into simple polygons (never multipart).
    ///
    /// * `key`: one entry per face; faces with [`NO_KEY`] are dropped, as is the unbounded one.
    /// * `keep`: layers whose original corners stay in the result.
    ///
    /// Rings touch themselves and each other at points only, the inside of each polygon is
    /// connected. A node between two results is dropped only where it is exactly straight and no
    /// corner of a kept layer; nodes of three or more results stay on every side, so the results
    /// fit together corner for corner. The area of a result is that of its faces.
    ///
    /// The output is sorted by key, then by exterior ring.
    ///
    /// # Panics
    /// When there is not one key per face.
    pub fn dissolve(&self, key: &[u32], keep: LayerMask) -> Vec<Dissolved> {
        assert_eq!(key.len(), self.n_faces(), "one key per face");
        let outline = Outline::of(&self.topology, key, keep);
        let members = outline.members();
        let rings = outline.rings();
        let mut dissolved: Vec<Dissolved> = members
            .into_par_iter()
            .zip(rings)
            .map(|(faces, rings)| {
                let key = key[faces[0] as usize];
                Dissolved { key, polygon: assemble(rings), faces }
            })
            .collect();
        dissolved.par_sort_unstable_by(|p, q| {
            (p.key, &p.polygon.exterior.0).cmp(&(q.key, &q.polygon.exterior.0))
        });
        dissolved
    }
}

/// The boundaries that remain after dissolving.
struct Outline<'a> {
    topology: &'a Topology,
    keep: LayerMask,
    /// The part of each face, [`NO_KEY`] when it belongs to none; numbered by lowest face.
    part_of: Vec<u32>,
    n_parts: usize,
}

impl<'a> Outline<'a> {
    /// Finds the edge-connected parts of equal key.
    fn of(topology: &'a Topology, key: &[u32], keep: LayerMask) -> Self {
        let mut part_of = vec![NO_KEY; key.len()];
        let mut n_parts = 0;
        let mut waiting = Vec::new();
        for seed in 1..key.len() as u32 {
            let wanted = key[seed as usize];
            if wanted == NO_KEY || part_of[seed as usize] != NO_KEY {
                continue;
            }
            let part = n_parts;
            n_parts += 1;
            part_of[seed as usize] = part;
            waiting.push(seed);
            while let Some(face) = waiting.pop() {
                let starts = topology.cycle_starts_of(face);
                for h in starts.iter().flat_map(|&start| topology.cycle(start)) {
                    let other = topology.faces[(h ^ 1) as usize];
                    let free = other != UNBOUNDED && part_of[other as usize] == NO_KEY;
                    if free && key[other as usize] == wanted {
                        part_of[other as usize] = part;
                        waiting.push(other);
                    }
                }
            }
        }
        Self { topology, keep, part_of, n_parts: n_parts as usize }
    }

    /// The faces of each part.
    fn members(&self) -> Vec<Vec<FaceId>> {
        let mut members = vec![Vec::new(); self.n_parts];
        for (&part, face) in self.part_of.iter().zip(0..) {
            if part != NO_KEY {
                members[part as usize].push(face);
            }
        }
        members
    }

    /// The part on the left of a half-edge.
    fn part(&self, h: u32) -> u32 {
        self.part_of[self.topology.faces[h as usize] as usize]
    }

    /// Whether a half-edge separates two parts.
    fn is_border(&self, h: u32) -> bool {
        self.part(h) != self.part(h ^ 1)
    }

    /// The simple rings around each part.
    fn rings(&self) -> Vec<Vec<Ring>> {
        let mut rings = vec![Vec::new(); self.n_parts];
        let mut done = vec![false; self.topology.faces.len()];
        let mut depth_of_node = vec![NO_KEY; self.topology.nodes.len()];
        let mut walk = Vec::new();
        for start in 0..done.len() as u32 {
            let part = self.part(start);
            if done[start as usize] || part == NO_KEY || !self.is_border(start) {
                continue;
            }
            let mut h = start;
            while !done[h as usize] {
                done[h as usize] = true;
                walk.push(self.topology.origins[h as usize]);
                h = self.following(h);
            }
            self.cut(&mut walk, &mut depth_of_node, &mut rings[part as usize]);
        }
        rings
    }

    /// The next border half-edge around the same part.
    fn following(&self, h: u32) -> u32 {
        let mut next = self.topology.next[h as usize];
        while !self.is_border(next) {
            next = self.topology.next[(next ^ 1) as usize];
        }
        next
    }

    /// Cuts a closed walk into simple rings wherever it comes back to a node.
    fn cut(&self, walk: &mut Vec<u32>, depth_of_node: &mut [u32], rings: &mut Vec<Ring>) {
        let mut open: Vec<u32> = Vec::with_capacity(walk.len());
        for node in walk.drain(..) {
            let depth = depth_of_node[node as usize];
            if depth != NO_KEY {
                let ring: Vec<u32> = open.drain(depth as usize..).collect();
                for &inner in &ring {
                    depth_of_node[inner as usize] = NO_KEY;
                }
                rings.push(self.trim(&ring));
            }
            depth_of_node[node as usize] = open.len() as u32;
            open.push(node);
        }
        for &node in &open {
            depth_of_node[node as usize] = NO_KEY;
        }
        rings.push(self.trim(&open));
    }

    /// A ring without the nodes that neither side needs, from its lowest corner.
    fn trim(&self, ring: &[u32]) -> Ring {
        let n = ring.len();
        let place = |i: usize| self.topology.nodes[ring[i % n] as usize];
        let mut corners: Vec<Point> = (0..n)
            .filter(|&i| {
                cross(place(i + n - 1), place(i), place(i + 1)) != 0 || self.is_fixed(ring[i])
            })
            .map(place)
            .collect();
        let lowest = (0..corners.len()).min_by_key(|&i| corners[i]).unwrap_or(0);
        corners.rotate_left(lowest);
        Ring(corners)
    }

    /// Whether a node must stay even where it is straight.
    fn is_fixed(&self, node: u32) -> bool {
        let node = node as usize;
        self.topology.corner_of[node] & self.keep.0 != 0
            || self.topology.spokes_of(node).iter().filter(|&&h| self.is_border(h)).count() > 2
    }
}

/// The polygon of the rings of one part: the one that turns counter-clockwise is the exterior.
fn assemble(rings: Vec<Ring>) -> Polygon {
    let (mut outer, mut holes): (Vec<Ring>, Vec<Ring>) =
        rings.into_iter().partition(|ring| ring.twice_area() > 0);
    holes.sort_unstable_by(|r, s| r.0.cmp(&s.0));
    let exterior = outer.pop().expect("a bounded part has one exterior ring");
    debug_assert!(outer.is_empty(), "an edge-connected part has one exterior ring only");
    Polygon { exterior, holes }
}
