//! Assembles faces: joins directed arcs into rings, and gives each face its rings.

use super::{HalfArc, NO_FACE, Sides};

/// For each half-arc the one that follows it on the ring of the face on its left.
#[derive(Default)]
pub(crate) struct Successors(Vec<HalfArc>);

impl Successors {
    /// Every arc is a ring, which holds for those that meet no node.
    pub(crate) fn new(n_arcs: usize) -> Self {
        Self((0..2 * n_arcs as u32).map(HalfArc).collect())
    }

    /// Nothing is known to follow.
    pub(crate) fn unknown(n_arcs: usize) -> Self {
        Self(vec![HalfArc::NONE; 2 * n_arcs])
    }

    /// Takes over what is known to follow in a part of the arcs.
    ///
    /// * `names`: what each arc of the part is here.
    pub(crate) fn adopt(&mut self, part: &Self, names: &[HalfArc]) {
        let name = |half: HalfArc| {
            let forward = names[half.arc()];
            if half.is_reversed() { forward.reversed() } else { forward }
        };
        for (&forward, next) in names.iter().zip(part.0.as_chunks::<2>().0) {
            for (half, &next) in [forward, forward.reversed()].into_iter().zip(next) {
                if next != HalfArc::NONE {
                    self.0[half.0 as usize] = name(next);
                }
            }
        }
    }

    /// Joins the arcs that meet at a node.
    ///
    /// * `around`: the regions around it: north-west, north-east, south-east, south-west.
    /// * `leaving`: the half-arcs that leave it to the north, east, south and west, or
    ///   [`HalfArc::NONE`].
    ///
    /// Where a face touches itself by a corner, the walk turns right, to the cell across: the
    /// ring keeps to one piece of what is not the face, so no ring passes a corner twice.
    pub(crate) fn meet(&mut self, around: [u32; 4], leaving: [HalfArc; 4]) {
        for (direction, half) in leaving.into_iter().enumerate() {
            if half == HalfArc::NONE {
                continue;
            }
            // What arrives on this side has its face on the other hand than what leaves.
            let face = around[(direction + 1) % 4];
            // To the right of where it came from, straight on, to the left.
            let mut turns = [3, 2, 1].into_iter().map(|turn| (direction + turn) % 4);
            let next = turns.find(|&turn| leaving[turn] != HalfArc::NONE && around[turn] == face);
            let next = next.expect("around a node, the border of a face goes on");
            self.0[half.reversed().0 as usize] = leaving[next];
        }
    }
}

/// The rings of all faces.
pub(crate) struct Rings {
    /// Those of a face are together, the exterior first.
    pub(super) halves: Vec<HalfArc>,
    /// The half-arcs of ring `i` are `starts[i]..starts[i + 1]`.
    pub(super) starts: Vec<u32>,
    /// The rings of face `i` are `of_face[i]..of_face[i + 1]`.
    pub(super) of_face: Vec<u32>,
}

impl Rings {
    /// Walks all rings.
    ///
    /// * `sides`: the faces beside each arc.
    /// * `tops`: how far north each arc goes.
    pub(crate) fn of(
        successors: Successors,
        sides: &[Sides],
        tops: &[i32],
        n_faces: usize,
    ) -> Self {
        let walked = Walked::of(successors, sides, tops);
        let of_face = walked.starts_by_face(n_faces);
        let order = walked.order(&of_face);
        let mut halves = Vec::with_capacity(walked.halves.len());
        let mut starts = Vec::with_capacity(order.len() + 1);
        starts.push(0);
        for ring in order {
            halves.extend_from_slice(walked.ring(ring as usize));
            starts.push(halves.len() as u32);
        }
        Self { halves, starts, of_face }
    }
}

/// The rings in the order of their lowest half-arc, with which each begins.
struct Walked {
    halves: Vec<HalfArc>,
    rings: Vec<WalkedRing>,
}

/// One ring.
struct WalkedRing {
    /// Where it ends in the list of half-arcs.
    end: u32,
    /// The face that it bounds.
    face: u32,
    /// How far north it goes, in lattice steps.
    top: i32,
}

impl Walked {
    fn of(successors: Successors, sides: &[Sides], tops: &[i32]) -> Self {
        let Successors(mut next) = successors;
        let (mut halves, mut rings) = (Vec::with_capacity(next.len()), Vec::new());
        let faces = sides.iter().flat_map(|sides| [sides.left, sides.right]);
        for (first, face) in faces.enumerate() {
            if next[first] == HalfArc::NONE || face == NO_FACE {
                continue;
            }
            let (mut half, mut top) = (HalfArc(first as u32), i32::MIN);
            loop {
                // What was walked has no successor any more.
                let after = std::mem::replace(&mut next[half.0 as usize], HalfArc::NONE);
                if after == HalfArc::NONE {
                    break;
                }
                halves.push(half);
                top = top.max(tops[half.arc()]);
                half = after;
            }
            rings.push(WalkedRing { end: halves.len() as u32, face, top });
        }
        Self { halves, rings }
    }

    fn ring(&self, ring: usize) -> &[HalfArc] {
        let start = if ring == 0 { 0 } else { self.rings[ring - 1].end };
        &self.halves[start as usize..self.rings[ring].end as usize]
    }

    /// Where the rings of each face start when they are sorted by face, and their number.
    fn starts_by_face(&self, n_faces: usize) -> Vec<u32> {
        let mut starts = vec![0; n_faces + 1];
        for ring in &self.rings {
            starts[ring.face as usize + 1] += 1;
        }
        for face in 0..n_faces {
            starts[face + 1] += starts[face];
        }
        starts
    }

    /// The rings by face: the exterior, then the holes in their order.
    ///
    /// Cells of the face lie north of each of its holes, so the exterior goes farthest north.
    fn order(&self, starts_by_face: &[u32]) -> Vec<u32> {
        let mut order = vec![u32::MAX; self.rings.len()];
        for (rank, ring) in (0..).zip(&self.rings) {
            let exterior = &mut order[starts_by_face[ring.face as usize] as usize];
            let is_farther = |other: &WalkedRing| ring.top > other.top;
            if self.rings.get(*exterior as usize).is_none_or(is_farther) {
                *exterior = rank;
            }
        }
        let mut next_hole: Vec<u32> = starts_by_face.iter().map(|start| start + 1).collect();
        for (rank, ring) in (0..).zip(&self.rings) {
            let face = ring.face as usize;
            if order[starts_by_face[face] as usize] != rank {
                order[next_hole[face] as usize] = rank;
                next_hole[face] += 1;
            }
        }
        order
    }
}
