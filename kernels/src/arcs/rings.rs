//! Assembles faces: joins directed arcs into rings, and gives each face its rings.

use super::{HalfArc, NO_FACE, Sides};

/// For each half-arc the one that follows it on the ring of the face on its left.
pub(crate) struct Successors(Vec<HalfArc>);

impl Successors {
    /// Every arc is a ring, which holds for those that meet no node.
    pub(crate) fn new(n_arcs: usize) -> Self {
        Self((0..2 * n_arcs as u32).map(HalfArc).collect())
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
    pub(super) starts: Vec<usize>,
    /// The rings of face `i` are `of_face[i]..of_face[i + 1]`.
    pub(super) of_face: Vec<u32>,
}

impl Rings {
    /// Walks all rings.
    ///
    /// * `sides`: the faces beside each arc.
    /// * `swept`: what each arc adds to the area of a ring on its left.
    pub(crate) fn of(
        successors: Successors,
        sides: &[Sides],
        swept: &[i64],
        n_faces: usize,
    ) -> Self {
        let walked = Walked::of(successors, sides, swept);
        let of_face = walked.starts_by_face(n_faces);
        let order = walked.order(&of_face);
        let mut halves = Vec::with_capacity(walked.halves.len());
        let mut starts = Vec::with_capacity(order.len() + 1);
        starts.push(0);
        for ring in order {
            halves.extend_from_slice(walked.ring(ring as usize));
            starts.push(halves.len());
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
    /// Whether the face is around it.
    is_hole: bool,
}

impl Walked {
    fn of(successors: Successors, sides: &[Sides], swept: &[i64]) -> Self {
        let Successors(mut next) = successors;
        let (mut halves, mut rings) = (Vec::with_capacity(next.len()), Vec::new());
        let faces = sides.iter().flat_map(|sides| [sides.left, sides.right]);
        for (first, face) in faces.enumerate() {
            if next[first] == HalfArc::NONE || face == NO_FACE {
                continue;
            }
            let (mut half, mut area) = (HalfArc(first as u32), 0_i64);
            loop {
                // What was walked has no successor any more.
                let after = std::mem::replace(&mut next[half.0 as usize], HalfArc::NONE);
                if after == HalfArc::NONE {
                    break;
                }
                halves.push(half);
                let part = swept[half.arc()];
                area =
                    area.wrapping_add(if half.is_reversed() { part.wrapping_neg() } else { part });
                half = after;
            }
            rings.push(WalkedRing { end: halves.len() as u32, face, is_hole: area < 0 });
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
    fn order(&self, starts_by_face: &[u32]) -> Vec<u32> {
        let mut order = vec![0; self.rings.len()];
        let mut next_hole: Vec<u32> = starts_by_face.iter().map(|start| start + 1).collect();
        for (rank, ring) in (0..).zip(&self.rings) {
            let face = ring.face as usize;
            if ring.is_hole {
                order[next_hole[face] as usize] = rank;
                next_hole[face] += 1;
            } else {
                order[starts_by_face[face] as usize] = rank;
            }
        }
        order
    }
}
