//! Snap rounding: crossings become lattice points, and segments bend to the points they pass.
//!
//! Hot points are all segment ends and all crossings rounded to the nearest lattice point (halves
//! up). Every segment is replaced by the chain of the hot points whose half-open unit square
//! `[x - 1/2, x + 1/2) x [y - 1/2, y + 1/2)` it meets. The chains then meet only at hot points.
//!
//! An edge through the centre of a hot square would come from a segment through that square (the
//! square is convex), so no edge passes through a point without being broken there.
//!
//! A bent chain may itself come within half a step of a further hot point; it is then bent again
//! (D. Halperin and E. Packer, *Iterated snap rounding*, 2002), so that rounding a result once more
//! changes nothing.

use rayon::prelude::*;

use super::blocks::{Blocks, Cell, refine};
use super::segments::{Segments, Toggles};
use super::{ArrangementError, counted, order};
use crate::lattice::{Point, cross};

/// Fully noded boundaries.
pub(super) struct Noded {
    /// Both ends of each edge, the lower first; sorted, distinct.
    pub(super) ends: Vec<(Point, Point)>,
    /// The polygons of each edge; never empty.
    pub(super) toggles: Toggles,
    /// For each edge, the layers whose segments along it have its lower, its upper end as corner.
    pub(super) layers: Vec<[u32; 2]>,
    /// Further places that are corners of the given layers.
    pub(super) corners: Vec<(Point, u32)>,
}

/// A part of a broken segment, between two neighbouring hot points.
#[derive(Clone, Copy, Default)]
struct Piece {
    a: Point,
    b: Point,
    segment: u32,
}

/// Nodes the segments; `block_shift` sets the side of the search blocks.
pub(super) fn round(
    segments: &Segments,
    first_of_layer: &[u32],
    block_shift: Option<u32>,
) -> Result<Noded, ArrangementError> {
    let blocks = Blocks::build(&segments.ends, block_shift)?;
    let crossings = crossings(&segments.ends, &blocks);
    let hot = HotPoints::gather(&segments.ends, &blocks, &crossings);
    let bends = hits(&segments.ends, &blocks, &hot);
    let pieces = bend(&segments.ends, &bends, &blocks, &hot)?;
    let broken: Vec<u32> = bends.chunk_by(|h, k| h.0 == k.0).map(|chain| chain[0].0).collect();
    drop((blocks, hot, bends));
    let layers_of = |polygons: &[u32]| {
        polygons
            .iter()
            .fold(0, |mask, p| mask | 1 << (first_of_layer.partition_point(|first| first <= p) - 1))
    };
    merge(segments, &broken, &pieces, layers_of)
}

/// The rounded proper crossings, and the hot points strictly inside the chain of each segment.
pub(super) fn crossings_and_hits(
    ends: &[(Point, Point)],
    block_shift: Option<u32>,
) -> Result<super::CrossingsAndHits, ArrangementError> {
    let blocks = Blocks::build(ends, block_shift)?;
    let crossings = crossings(ends, &blocks);
    let hits = hits(ends, &blocks, &HotPoints::gather(ends, &blocks, &crossings));
    Ok((crossings, hits))
}

/// All proper crossings of two segments, rounded; sorted, distinct.
fn crossings(ends: &[(Point, Point)], blocks: &Blocks) -> Vec<Point> {
    let mut found: Vec<Point> = blocks
        .runs()
        .flat_map_iter(|run| {
            let (mut found, mut local) = (Vec::new(), Vec::new());
            let mut leaf = |cell, segments: &[u32], _: &[Point]| {
                local.clear();
                local.extend(segments.iter().map(|&s| ends[s as usize]));
                cross_pairs(cell, &local, &mut found);
            };
            for block in run {
                refine(ends, blocks.cell(block), blocks.segments(block), &[], &mut leaf);
            }
            found
        })
        .collect();
    found = order::sorted(found.iter().copied(), |p| p.x, |&p| order::rank(p));
    found.dedup();
    found
}

/// Appends the rounded crossings of all pairs of the given segments, which are sorted.
///
/// A cell of a single lattice point needs no more than one crossing: any other rounds to it too.
fn cross_pairs(cell: Cell, local: &[(Point, Point)], found: &mut Vec<Point>) {
    let only = Point::new(cell.x as i32, cell.y as i32);
    if cell.size == 1 && local.iter().any(|&(a, b)| a == only || b == only) {
        return;
    }
    for (i, &s) in local.iter().enumerate() {
        for &t in local[i + 1..].iter().take_while(|t| t.0.x <= s.1.x) {
            let Some(p) = rounded_crossing(s, t) else { continue };
            found.push(p);
            if cell.size == 1 && p == only {
                return;
            }
        }
    }
}

/// Denominators below it need no more than 64 bits in [`rounded_crossing`].
const SMALL: u128 = 1 << 30;

/// The crossing of two segments that properly cross, rounded to the lattice (halves up).
fn rounded_crossing((a, b): (Point, Point), (c, d): (Point, Point)) -> Option<Point> {
    let apart =
        a.x.max(c.x) > b.x.min(d.x) || a.y.min(b.y) > c.y.max(d.y) || c.y.min(d.y) > a.y.max(b.y);
    if apart {
        return None;
    }
    let (side_c, side_d) = (cross(a, b, c).signum(), cross(a, b, d).signum());
    if side_c * side_d >= 0 {
        return None;
    }
    let (from_a, from_b) = (cross(c, d, a), cross(c, d, b));
    if from_a.signum() * from_b.signum() >= 0 {
        return None;
    }
    // They have opposite signs, and their share is the same whatever that of the denominator.
    let (num, den) = (from_a.unsigned_abs(), u128::from(from_a.abs_diff(from_b)));
    let at = |from: i32, to: i32| {
        let run = i64::from(to) - i64::from(from);
        if den < SMALL {
            // `num <= den` and `run < 2^31`, so nothing here reaches 2^62.
            let (num, den) = (num as i64, den as i64);
            return from + (2 * num * run + den).div_euclid(2 * den) as i32;
        }
        let (num, den) = (i128::from(num), den.cast_signed());
        from + (2 * num * i128::from(run) + den).div_euclid(2 * den) as i32
    };
    Some(Point::new(at(a.x, b.x), at(a.y, b.y)))
}

/// Whether the closed segment meets the half-open unit square around the lattice point.
///
/// The square `[-1/2, 1/2)` is met when `[-1/2, 1/2 - e]` is for an infinitely small `e`; the
/// segment's bounds must then hold the point, and the corners must not all lie on one side.
fn passes((a, b): (Point, Point), p: Point) -> bool {
    if p.x < a.x || p.x > b.x || p.y < a.y.min(b.y) || p.y > a.y.max(b.y) {
        return false;
    }
    let (dx, dy) = (i64::from(b.x) - i64::from(a.x), i64::from(b.y) - i64::from(a.y));
    // Both products have one sign because the point is within the bounds: below 2^62, doubled 2^63.
    let side = 2 * cross(a, b, p);
    let reach = dx + dy.abs();
    // `side` is positive when the point lies on the left: then the corner on its right decides.
    if dy > 0 {
        (side > -reach || (side == -reach && dx == 0)) && side < reach
    } else {
        side > -reach && side <= reach
    }
}

/// All hot points, grouped by block, sorted and distinct.
struct HotPoints {
    /// First point of each block, and the number of points at the end.
    start: Vec<u32>,
    points: Vec<Point>,
}

impl HotPoints {
    /// Gathers segment ends and crossings.
    fn gather(ends: &[(Point, Point)], blocks: &Blocks, crossings: &[Point]) -> Self {
        let all = || ends.iter().flat_map(|&(a, b)| [a, b]).chain(crossings.iter().copied());
        let mut next = vec![0_u32; blocks.len() + 1];
        for p in all() {
            next[blocks.block_of(p) + 1] += 1;
        }
        for block in 0..blocks.len() {
            next[block + 1] += next[block];
        }
        let sizes = next.clone();
        let mut points = vec![Point::default(); 2 * ends.len() + crossings.len()];
        for p in all() {
            let slot = &mut next[blocks.block_of(p)];
            points[*slot as usize] = p;
            *slot += 1;
        }
        let mut start = Vec::with_capacity(sizes.len());
        let mut n_kept = 0;
        for window in sizes.windows(2) {
            let (from, to) = (window[0] as usize, window[1] as usize);
            points[from..to].sort_unstable();
            start.push(n_kept as u32);
            for i in from..to {
                if i == from || points[i] != points[i - 1] {
                    points[n_kept] = points[i];
                    n_kept += 1;
                }
            }
        }
        start.push(n_kept as u32);
        points.truncate(n_kept);
        Self { start, points }
    }

    /// The hot points of a block.
    fn of(&self, block: usize) -> &[Point] {
        &self.points[self.start[block] as usize..self.start[block + 1] as usize]
    }
}

/// The hot points strictly inside the chain of each segment, sorted by segment, then along it.
fn hits(ends: &[(Point, Point)], blocks: &Blocks, hot: &HotPoints) -> Vec<(u32, Point)> {
    let found: Vec<(u32, Point)> = blocks
        .runs()
        .flat_map_iter(|run| {
            let mut hits = Vec::new();
            let mut leaf = |_, segments: &[u32], points: &[Point]| {
                for &s in segments {
                    let (a, b) = ends[s as usize];
                    let inner = |p: &&Point| passes((a, b), **p) && **p != a && **p != b;
                    let first = points.partition_point(|p| p.x < a.x);
                    let near = points[first..].iter().take_while(|p| p.x <= b.x);
                    hits.extend(near.filter(inner).map(|&p| (s, p)));
                }
            };
            for block in run.filter(|&block| !blocks.segments(block).is_empty()) {
                let (segments, points) = (blocks.segments(block), hot.of(block));
                refine(ends, blocks.cell(block), segments, points, &mut leaf);
            }
            hits
        })
        .collect();
    along(ends, &found)
}

/// The hits sorted by segment, then along it.
fn along(ends: &[(Point, Point)], found: &[(u32, Point)]) -> Vec<(u32, Point)> {
    let mut next = vec![0_usize; ends.len() + 1];
    for &(s, _) in found {
        next[s as usize + 1] += 1;
    }
    for s in 0..ends.len() {
        next[s + 1] += next[s];
    }
    let mut hits = vec![(0, Point::default()); found.len()];
    for &hit in found {
        let slot = &mut next[hit.0 as usize];
        hits[*slot] = hit;
        *slot += 1;
    }
    // A segment is monotone on both axes, so its squares come in the order of their coordinates.
    for chain in hits.chunk_by_mut(|h, k| h.0 == k.0).filter(|chain| chain.len() > 1) {
        let (a, b) = ends[chain[0].0 as usize];
        chain.sort_unstable_by_key(|&(_, p)| (p.x, if b.y < a.y { -p.y } else { p.y }));
    }
    hits
}

/// The final pieces of all broken segments, sorted: bent until no piece meets a further hot square.
///
/// It ends because the bounds of a piece are strictly within those of what it replaces.
fn bend(
    ends: &[(Point, Point)],
    first_hits: &[(u32, Point)],
    blocks: &Blocks,
    hot: &HotPoints,
) -> Result<Vec<Piece>, ArrangementError> {
    let mut settled = Vec::new();
    let mut fresh = Vec::with_capacity(2 * first_hits.len());
    for chain in first_hits.chunk_by(|h, k| h.0 == k.0) {
        let (a, b) = ends[chain[0].0 as usize];
        link(Piece { a, b, segment: chain[0].0 }, chain, &mut fresh);
    }
    while !fresh.is_empty() {
        let fresh_ends: Vec<(Point, Point)> = fresh.iter().map(|p| (p.a, p.b)).collect();
        let hits = hits(&fresh_ends, &blocks.of_others(&fresh_ends)?, hot);
        let mut chains = hits.chunk_by(|h, k| h.0 == k.0).peekable();
        let mut again = Vec::new();
        for (&piece, rank) in fresh.iter().zip(0_u32..) {
            match chains.next_if(|chain| chain[0].0 == rank) {
                Some(chain) => link(piece, chain, &mut again),
                None => settled.push(piece),
            }
        }
        fresh = again;
    }
    counted("pieces of segments", settled.len())?;
    let key = |p: &Piece| (order::rank(p.a), order::rank(p.b), p.segment);
    Ok(order::sorted(settled.iter().copied(), |p| p.a.x, key))
}

/// Appends the pieces of the chain that replaces `whole`.
fn link(whole: Piece, chain: &[(u32, Point)], pieces: &mut Vec<Piece>) {
    let mut from = whole.a;
    for to in chain.iter().map(|&(_, p)| p).chain([whole.b]) {
        pieces.push(Piece { a: from.min(to), b: from.max(to), segment: whole.segment });
        from = to;
    }
}

/// Joins unbroken segments and pieces into distinct edges; polygons met twice cancel.
fn merge(
    segments: &Segments,
    broken: &[u32],
    pieces: &[Piece],
    layers_of: impl Fn(&[u32]) -> u32,
) -> Result<Noded, ArrangementError> {
    let mut is_broken = vec![false; segments.ends.len()];
    for &segment in broken {
        is_broken[segment as usize] = true;
    }
    let n_edges = segments.ends.len() + pieces.len();
    counted("edges", n_edges)?;
    let whole = segments.ends.iter().zip(0_u32..).filter(|&(_, s)| !is_broken[s as usize]);
    let mut whole = whole.map(|(&(a, b), segment)| Piece { a, b, segment }).peekable();
    let mut parts = pieces.iter().copied().peekable();
    let mut noded = Noded {
        ends: Vec::with_capacity(n_edges),
        toggles: Toggles::with_capacity(n_edges),
        layers: Vec::with_capacity(n_edges),
        corners: Vec::new(),
    };
    let mut polygons = Vec::new();
    loop {
        let next = match (whole.peek(), parts.peek()) {
            (Some(w), Some(p)) => (w.a, w.b).min((p.a, p.b)),
            (Some(q), None) | (None, Some(q)) => (q.a, q.b),
            (None, None) => return Ok(noded),
        };
        polygons.clear();
        let mut masks = [0; 2];
        if let Some(w) = whole.next_if(|w| (w.a, w.b) == next) {
            polygons.extend_from_slice(segments.toggles.of(w.segment as usize));
            masks = [layers_of(&polygons); 2];
        }
        let n_whole = polygons.len();
        while let Some(p) = parts.next_if(|p| (p.a, p.b) == next) {
            let own = segments.toggles.of(p.segment as usize);
            let (a, b) = segments.ends[p.segment as usize];
            for (end, mask) in [p.a, p.b].into_iter().zip(&mut masks) {
                if end == a || end == b {
                    *mask |= layers_of(own);
                }
            }
            polygons.extend_from_slice(own);
        }
        if polygons.len() > n_whole {
            polygons.sort_unstable();
        }
        if noded.toggles.push(polygons.iter().copied()) {
            noded.ends.push(next);
            noded.layers.push(masks);
        } else {
            let corners = [(next.0, masks[0]), (next.1, masks[1])];
            noded.corners.extend(corners.into_iter().filter(|corner| corner.1 != 0));
        }
    }
}
