//! Gives faces that are too small, or nobody's, to a neighbour.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::NOTHING;
use crate::arrangement::{Arrangement, Edge, NO_KEY, UNBOUNDED};
use crate::union_find::UnionFind;

/// A connected part of faces of one key.
struct Part {
    key: u32,
    twice_area: i128,
    /// Length of the border with each other part, as [`Edge::length_parts`] counts it.
    borders: BTreeMap<u32, u64>,
}

/// The key of each face once every part under an area belongs to a neighbour.
///
/// * `of_face`: key of each face; [`NO_KEY`] for faces that a neighbour must take.
///
/// The smallest part goes first (of equals the one of the lowest face), to the neighbour of the
/// longest border (of equals the lowest); to [`NOTHING`] only when it has no other, and the outside
/// takes nobody's faces alone. A part that has no neighbour at all stays.
pub(super) fn merged(plane: &Arrangement, of_face: Vec<u32>, twice_area_min: i128) -> Vec<u32> {
    // Face 0 is the unbounded one.
    if twice_area_min <= 0 && of_face[1..].iter().all(|&key| key != NO_KEY) {
        return of_face;
    }
    let (part_of, mut parts) = parts(plane, &of_face);
    let is_small = |part: &Part| part.key == NO_KEY || part.twice_area < twice_area_min;
    let mut waiting: BinaryHeap<Reverse<(i128, u32)>> = (0..)
        .zip(&parts)
        .filter(|(_, part)| is_small(part))
        .map(|(rank, part): (u32, &Part)| Reverse((part.twice_area, rank)))
        .collect();
    let mut into: Vec<u32> = (0..parts.len() as u32).collect();
    while let Some(Reverse((twice_area, rank))) = waiting.pop() {
        let part = &parts[rank as usize];
        let is_current = into[rank as usize] == rank && part.twice_area == twice_area;
        if !is_current || !is_small(part) {
            continue;
        }
        let Some(target) = neighbour(&parts, rank) else { continue };
        into[rank as usize] = target;
        join(&mut parts, rank, target);
        let grown = &parts[target as usize];
        if is_small(grown) {
            waiting.push(Reverse((grown.twice_area, target)));
        }
    }
    let key_of = |part: Option<u32>| {
        part.map_or(NO_KEY, |part| {
            let mut part = part;
            while into[part as usize] != part {
                part = into[part as usize];
            }
            parts[part as usize].key
        })
    };
    part_of.into_iter().map(key_of).collect()
}

/// The part of each face but the unbounded one, and the parts by lowest face.
fn parts(plane: &Arrangement, of_face: &[u32]) -> (Vec<Option<u32>>, Vec<Part>) {
    let mut sets = UnionFind::new(of_face.len());
    for Edge { left, right, .. } in plane.edges() {
        let (l, r) = (of_face[left as usize], of_face[right as usize]);
        if l == r && left != UNBOUNDED && right != UNBOUNDED {
            sets.union(left, right);
        }
    }
    let (part_of, n_parts) = sets.ranks(|face| face != UNBOUNDED);
    let mut parts: Vec<Part> = (0..n_parts)
        .map(|_| Part { key: NO_KEY, twice_area: 0, borders: BTreeMap::new() })
        .collect();
    for (face, part) in (0..).zip(&part_of) {
        if let Some(part) = part {
            let part = &mut parts[*part as usize];
            part.key = of_face[face as usize];
            part.twice_area += plane.twice_area(face);
        }
    }
    for edge in plane.edges() {
        if let (Some(l), Some(r)) = (part_of[edge.left as usize], part_of[edge.right as usize])
            && l != r
        {
            *parts[l as usize].borders.entry(r).or_default() += edge.length_parts();
            *parts[r as usize].borders.entry(l).or_default() += edge.length_parts();
        }
    }
    (part_of, parts)
}

/// The neighbour that takes a part.
fn neighbour(parts: &[Part], rank: u32) -> Option<u32> {
    let worth = |(&other, &length): (&u32, &u64)| {
        let is_ground = !matches!(parts[other as usize].key, NOTHING | NO_KEY);
        let is_owned = parts[other as usize].key != NO_KEY;
        (is_ground, is_owned, length, Reverse(other))
    };
    parts[rank as usize].borders.iter().max_by_key(|&entry| worth(entry)).map(|(&other, _)| other)
}

/// Makes a part one with another.
fn join(parts: &mut [Part], rank: u32, target: u32) {
    let borders = std::mem::take(&mut parts[rank as usize].borders);
    let twice_area = parts[rank as usize].twice_area;
    parts[target as usize].twice_area += twice_area;
    for (other, length) in borders {
        let of_other = &mut parts[other as usize].borders;
        of_other.remove(&rank);
        if other != target {
            *of_other.entry(target).or_default() += length;
            *parts[target as usize].borders.entry(other).or_default() += length;
        }
    }
}
