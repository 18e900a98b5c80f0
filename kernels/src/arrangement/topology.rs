//! Half-edges: which edge follows which around a face, and which face lies on which side.
//!
//! Half-edge `2 e` runs along edge `e` from its lower to its upper end, `2 e + 1` back; each has
//! its face on the left.

use rayon::prelude::*;

use super::rays::cycles_below;
use super::segments::Toggles;
use super::snap::Noded;
use super::{ArrangementError, FaceId, UNBOUNDED, counted, order};
use crate::lattice::{Point, cross};

/// No cycle yet.
const NONE: u32 = u32::MAX;

/// Nodes, edges, faces and their exact areas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Topology {
    /// Both ends of each edge, the lower first; sorted.
    pub(super) ends: Vec<(Point, Point)>,
    /// The place of each node; sorted.
    pub(super) nodes: Vec<Point>,
    /// For each node, the layers of which it is an original corner, one bit each.
    pub(super) corner_of: Vec<u32>,
    /// The node each half-edge starts from.
    pub(super) origins: Vec<u32>,
    /// First spoke of each node, and the number of half-edges at the end.
    pub(super) first_spoke: Vec<u32>,
    /// The half-edges that leave each node, counter-clockwise.
    pub(super) spokes: Vec<u32>,
    /// The half-edge that follows each half-edge around its face.
    pub(super) next: Vec<u32>,
    /// The face on the left of each half-edge.
    pub(super) faces: Vec<FaceId>,
    /// One half-edge of each boundary cycle, grouped by face.
    pub(super) cycle_starts: Vec<u32>,
    /// First cycle of each face, and the number of cycles at the end.
    pub(super) first_cycle: Vec<u32>,
    /// Twice the area of each face.
    pub(super) twice_areas: Vec<i128>,
}

/// A closed walk around one side of a face.
pub(super) struct Cycle {
    /// Its first half-edge.
    pub(super) start: u32,
    /// Twice its signed area: positive around a face, negative around a connected component.
    pub(super) twice_area: i128,
    /// Its lowest node in the order of [`Point`].
    pub(super) lowest: Point,
}

impl Topology {
    /// Links the edges; also gives back the polygons of each edge.
    pub(super) fn build(
        noded: Noded,
        block_shift: Option<u32>,
    ) -> Result<(Self, Toggles), ArrangementError> {
        let Noded { ends, toggles, layers, corners } = noded;
        counted("half-edges", 2 * ends.len())?;
        let (nodes, origins, mut spokes, first_spoke) = nodes(&ends);
        let corner_of = corner_masks(&nodes, &origins, &layers, &corners);
        sort_spokes(&ends, &first_spoke, &mut spokes);
        let next = follow(&first_spoke, &spokes);
        let (cycles, cycle_of) = cycles(&nodes, &origins, &next);
        let below = cycles_below(&ends, &cycles, &cycle_of, block_shift)?;
        let face_of_cycle = faces_of_cycles(&cycles, &below);
        let faces = cycle_of.into_iter().map(|cycle| face_of_cycle[cycle as usize]).collect();
        let (first_cycle, cycle_starts, twice_areas) = group(&cycles, &face_of_cycle);
        let topology = Self {
            ends,
            nodes,
            corner_of,
            origins,
            first_spoke,
            spokes,
            next,
            faces,
            cycle_starts,
            first_cycle,
            twice_areas,
        };
        Ok((topology, toggles))
    }

    /// Number of faces.
    pub(super) fn n_faces(&self) -> usize {
        self.twice_areas.len()
    }

    /// The half-edges that leave a node, counter-clockwise.
    pub(super) fn spokes_of(&self, node: usize) -> &[u32] {
        &self.spokes[self.first_spoke[node] as usize..self.first_spoke[node + 1] as usize]
    }

    /// One half-edge of each boundary cycle of a face.
    pub(super) fn cycle_starts_of(&self, face: FaceId) -> &[u32] {
        let f = face as usize;
        &self.cycle_starts[self.first_cycle[f] as usize..self.first_cycle[f + 1] as usize]
    }

    /// The half-edges of the cycle that starts with `start`, in order.
    pub(super) fn cycle(&self, start: u32) -> impl Iterator<Item = u32> + '_ {
        let following = move |&h: &u32| Some(self.next[h as usize]).filter(|&n| n != start);
        std::iter::successors(Some(start), following)
    }
}

/// The distinct ends of the edges; the node each half-edge starts from; the half-edges grouped by
/// that node, and the first of each node.
fn nodes(ends: &[(Point, Point)]) -> (Vec<Point>, Vec<u32>, Vec<u32>, Vec<u32>) {
    // The edges are sorted by their lower ends already.
    let upper = ends.iter().zip(0_u32..).map(|(&(_, b), e)| (b, 2 * e + 1));
    let upper = order::sorted(upper, |u| u.0.x, |&(p, h)| (order::rank(p), h));
    let mut upper = upper.into_iter().peekable();
    let mut lower = ends.iter().zip(0_u32..).map(|(&(a, _), e)| (a, 2 * e)).peekable();
    let mut nodes: Vec<Point> = Vec::new();
    let mut first_spoke = Vec::new();
    let mut origins = vec![0; 2 * ends.len()];
    let mut spokes = Vec::with_capacity(2 * ends.len());
    loop {
        let p = match (lower.peek(), upper.peek()) {
            (Some(l), Some(u)) => l.0.min(u.0),
            (Some(one), None) | (None, Some(one)) => one.0,
            (None, None) => break,
        };
        first_spoke.push(spokes.len() as u32);
        while let Some((_, h)) = upper.next_if(|u| u.0 == p) {
            origins[h as usize] = nodes.len() as u32;
            spokes.push(h);
        }
        while let Some((_, h)) = lower.next_if(|l| l.0 == p) {
            origins[h as usize] = nodes.len() as u32;
            spokes.push(h);
        }
        // The order of a fan of two; larger ones are sorted by direction.
        if let [.., g, h] = &mut spokes[first_spoke[nodes.len()] as usize..]
            && g > h
        {
            std::mem::swap(g, h);
        }
        nodes.push(p);
    }
    first_spoke.push(spokes.len() as u32);
    (nodes, origins, spokes, first_spoke)
}

/// For each node, the layers of which it is an original corner.
fn corner_masks(
    nodes: &[Point],
    origins: &[u32],
    layers: &[[u32; 2]],
    corners: &[(Point, u32)],
) -> Vec<u32> {
    let mut masks = vec![0; nodes.len()];
    for (ends, own) in origins.chunks_exact(2).zip(layers) {
        masks[ends[0] as usize] |= own[0];
        masks[ends[1] as usize] |= own[1];
    }
    for (p, mask) in corners {
        if let Ok(node) = nodes.binary_search(p) {
            masks[node] |= mask;
        }
    }
    masks
}

/// Sorts the half-edges that leave each node counter-clockwise, from due south excluded.
fn sort_spokes(ends: &[(Point, Point)], first_spoke: &[u32], spokes: &mut [u32]) {
    let mut fans = Vec::with_capacity(first_spoke.len());
    let mut rest = spokes;
    for window in first_spoke.windows(2) {
        let (fan, after) = rest.split_at_mut((window[1] - window[0]) as usize);
        // Two spokes are in cyclic order whichever comes first.
        if fan.len() > 2 {
            fans.push(fan);
        }
        rest = after;
    }
    fans.into_par_iter().for_each(|fan| {
        fan.sort_unstable_by(|&g, &h| {
            let ((centre, p), (_, q)) = (directed(ends, g), directed(ends, h));
            let west = |h: u32| h % 2 == 1;
            west(g).cmp(&west(h)).then_with(|| 0.cmp(&cross(centre, p, q)))
        });
    });
}

/// The start and end of a half-edge.
pub(super) fn directed(ends: &[(Point, Point)], h: u32) -> (Point, Point) {
    let (a, b) = ends[h as usize / 2];
    if h.is_multiple_of(2) { (a, b) } else { (b, a) }
}

/// The follower of each half-edge: at its end, the first spoke clockwise from its own way back.
fn follow(first_spoke: &[u32], spokes: &[u32]) -> Vec<u32> {
    let mut next = vec![0; spokes.len()];
    for window in first_spoke.windows(2) {
        let fan = &spokes[window[0] as usize..window[1] as usize];
        let mut clockwise = fan[fan.len() - 1];
        for &spoke in fan {
            next[(spoke ^ 1) as usize] = clockwise;
            clockwise = spoke;
        }
    }
    next
}

/// All boundary cycles in the order of their first half-edge, and the cycle of each half-edge.
fn cycles(nodes: &[Point], origins: &[u32], next: &[u32]) -> (Vec<Cycle>, Vec<u32>) {
    let mut cycles = Vec::new();
    let mut cycle_of = vec![NONE; next.len()];
    for start in 0..next.len() as u32 {
        if cycle_of[start as usize] != NONE {
            continue;
        }
        let id = cycles.len() as u32;
        let mut lowest = origins[start as usize];
        let origin = nodes[lowest as usize];
        let mut twice_area = 0_i128;
        let mut h = start;
        while cycle_of[h as usize] == NONE {
            cycle_of[h as usize] = id;
            let following = next[h as usize];
            let (from, to) = (origins[h as usize], origins[following as usize]);
            twice_area += i128::from(cross(origin, nodes[from as usize], nodes[to as usize]));
            lowest = lowest.min(from);
            h = following;
        }
        cycles.push(Cycle { start, twice_area, lowest: nodes[lowest as usize] });
    }
    (cycles, cycle_of)
}

/// The face of each cycle: a new one for each positive cycle, in order; for a negative one, that of
/// the cycle `below` it, or the unbounded face when there is none.
fn faces_of_cycles(cycles: &[Cycle], below: &[Option<u32>]) -> Vec<FaceId> {
    let mut next_face = UNBOUNDED;
    let mut faces: Vec<FaceId> = cycles
        .iter()
        .map(|cycle| {
            let inside = u32::from(cycle.twice_area > 0);
            next_face += inside;
            inside * next_face
        })
        .collect();
    // What lies below a component has a lower lowest node, so it is settled before.
    let mut outer: Vec<usize> = (0..cycles.len()).filter(|&c| cycles[c].twice_area <= 0).collect();
    outer.sort_unstable_by_key(|&c| cycles[c].lowest);
    for c in outer {
        faces[c] = below[c].map_or(UNBOUNDED, |under| faces[under as usize]);
    }
    faces
}

/// Groups the cycles by face and sums their areas: first cycle of each face, cycle starts, areas.
fn group(cycles: &[Cycle], face_of_cycle: &[FaceId]) -> (Vec<u32>, Vec<u32>, Vec<i128>) {
    let n_faces = 1 + face_of_cycle.iter().copied().max().unwrap_or(UNBOUNDED) as usize;
    let mut twice_areas = vec![0; n_faces];
    let mut first_cycle = vec![0_u32; n_faces + 1];
    for (cycle, &face) in cycles.iter().zip(face_of_cycle) {
        twice_areas[face as usize] += cycle.twice_area;
        first_cycle[face as usize + 1] += 1;
    }
    for face in 0..n_faces {
        first_cycle[face + 1] += first_cycle[face];
    }
    let mut slot = first_cycle.clone();
    let mut starts = vec![0; cycles.len()];
    for (cycle, &face) in cycles.iter().zip(face_of_cycle) {
        starts[slot[face as usize] as usize] = cycle.start;
        slot[face as usize] += 1;
    }
    (first_cycle, starts, twice_areas)
}
