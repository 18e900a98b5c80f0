//! Assembles faces: joins directed arcs into rings, and rings into polygons with holes.

use super::{ArcCoverage, ArcPoints, Face, HalfArc, NO_FACE, Sides, starts, swept};
use crate::label::Region;

/// No arc leaves a node in a direction.
const NO_HALF: u32 = u32::MAX;

/// Where an arc leaves its first node and arrives at its last one.
///
/// Directions are those of the grid's sides: 0 north, 1 east, 2 south, 3 west.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ArcEnds {
    /// First node.
    pub(crate) start: u32,
    /// Direction in which the arc leaves it.
    pub(crate) departure: u8,
    /// Last node.
    pub(crate) end: u32,
    /// Direction in which the arc arrives there.
    pub(crate) arrival: u8,
}

/// The half-arcs that leave each node, by direction.
struct Nodes {
    ends: Vec<Option<ArcEnds>>,
    leaving: Vec<[u32; 4]>,
}

/// Builds the coverage from its arcs; `ends` is `None` for arcs that meet no node.
pub(crate) fn assemble(
    arcs: ArcPoints,
    sides: Vec<Sides>,
    ends: Vec<Option<ArcEnds>>,
    n_nodes: usize,
    regions: &[Region],
) -> ArcCoverage {
    let point_starts = starts(arcs.lengths.iter().map(|&n| n as usize));
    let nodes = Nodes::new(ends, n_nodes);
    let (halves, bounds) = walk_rings(&nodes, &sides);
    let areas: Vec<i128> =
        point_starts.windows(2).map(|w| swept(&arcs.points[w[0]..w[1]])).collect();
    let area_of = |ring: usize| -> i128 {
        let own = halves[bounds[ring]..bounds[ring + 1]].iter();
        own.map(|half| if half.is_reversed() { -areas[half.arc()] } else { areas[half.arc()] })
            .sum()
    };
    let slot_of = |ring: usize| {
        let face = left_of(halves[bounds[ring]], &sides) as usize;
        2 * face + usize::from(area_of(ring) < 0)
    };
    let slots: Vec<usize> = (0..bounds.len() - 1).map(slot_of).collect();
    let (order, slot_starts) = sorted(&slots, 2 * regions.len());
    let mut coverage = ArcCoverage {
        points: arcs.points,
        point_starts,
        sides,
        faces: Vec::with_capacity(regions.len()),
        ring_halves: Vec::with_capacity(halves.len()),
        ring_starts: Vec::with_capacity(bounds.len()),
    };
    coverage.ring_starts.push(0);
    for ring in order {
        coverage.ring_halves.extend_from_slice(&halves[bounds[ring]..bounds[ring + 1]]);
        coverage.ring_starts.push(coverage.ring_halves.len());
    }
    for (face, region) in regions.iter().enumerate() {
        let rings = slot_starts[2 * face]..slot_starts[2 * face + 2];
        let Region { value, n_cells, first, .. } = *region;
        coverage.faces.push(Face { value, n_cells, first, rings });
    }
    coverage
}

/// The ranks of some numbers under `n` in ascending order, equal ones by rank; and where each
/// number starts in that list, its length last.
fn sorted(numbers: &[usize], n: usize) -> (Vec<usize>, Vec<usize>) {
    let mut slot_starts = vec![0; n + 1];
    for &number in numbers {
        slot_starts[number + 1] += 1;
    }
    for number in 0..n {
        slot_starts[number + 1] += slot_starts[number];
    }
    let mut next = slot_starts.clone();
    let mut order = vec![0; numbers.len()];
    for (rank, &number) in numbers.iter().enumerate() {
        order[next[number]] = rank;
        next[number] += 1;
    }
    (order, slot_starts)
}

impl Nodes {
    fn new(ends: Vec<Option<ArcEnds>>, n_nodes: usize) -> Self {
        let mut leaving = vec![[NO_HALF; 4]; n_nodes];
        for (arc, ends) in ends.iter().enumerate() {
            let Some(ends) = ends else { continue };
            let forward = (arc as u32) << 1;
            leaving[ends.start as usize][usize::from(ends.departure)] = forward;
            leaving[ends.end as usize][usize::from(opposite(ends.arrival))] = forward | 1;
        }
        Self { ends, leaving }
    }

    /// The half-arc that continues the ring of the face on the left.
    ///
    /// Where the face touches itself by a corner, the walk turns right, to the cell across: the
    /// ring keeps to one piece of what is not the face, so no ring passes a corner twice.
    fn next(&self, half: HalfArc, sides: &[Sides]) -> HalfArc {
        let Some(ends) = self.ends[half.arc()] else { return half };
        let (node, heading) = if half.is_reversed() {
            (ends.start, opposite(ends.departure))
        } else {
            (ends.end, ends.arrival)
        };
        let face = left_of(half, sides);
        let turns = [heading + 1, heading, heading + 3].map(|turn| usize::from(turn % 4));
        let found = turns.into_iter().map(|turn| self.leaving[node as usize][turn]);
        found
            .filter(|&next| next != NO_HALF)
            .map(HalfArc)
            .find(|&next| left_of(next, sides) == face)
            .expect("around a node, the border of a face goes on")
    }
}

/// Walks every ring once; the half-arcs of ring `i` are `bounds[i]..bounds[i + 1]`.
fn walk_rings(nodes: &Nodes, sides: &[Sides]) -> (Vec<HalfArc>, Vec<usize>) {
    let mut is_done = vec![false; 2 * sides.len()];
    let (mut halves, mut bounds) = (Vec::with_capacity(2 * sides.len()), vec![0]);
    for first in (0..2 * sides.len() as u32).map(HalfArc) {
        if is_done[first.0 as usize] || left_of(first, sides) == NO_FACE {
            continue;
        }
        let mut half = first;
        while !is_done[half.0 as usize] {
            is_done[half.0 as usize] = true;
            halves.push(half);
            half = nodes.next(half, sides);
        }
        bounds.push(halves.len());
    }
    (halves, bounds)
}

/// The face on the left of a half-arc.
fn left_of(half: HalfArc, sides: &[Sides]) -> u32 {
    let sides = &sides[half.arc()];
    if half.is_reversed() { sides.right } else { sides.left }
}

/// The opposite direction.
fn opposite(direction: u8) -> u8 {
    (direction + 2) % 4
}
