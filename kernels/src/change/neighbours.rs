//! Which sides of a displaced boundary lie against each changed piece.

use nomenclature::Couple;

use crate::lattice::{Point, Ring, length_m};

use super::Piece;

/// What was found against a changed piece.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sides {
    /// Ground that already had the piece's newer couple in the older vintage.
    pub(super) old: bool,
    /// Ground that still has the piece's older couple in the newer vintage.
    pub(super) new: bool,
    /// Length of the boundary shared with either, in metres.
    pub(super) displaced_m: f64,
}

/// A vertex or a segment and the piece it belongs to.
type Entry<K> = (K, u32);

/// One [`Sides`] per piece; those of unchanged pieces are empty.
///
/// `is_alike` tells whether a couple of the older vintage and one of the newer may be the same.
pub(super) fn sides(pieces: &[Piece<'_>], is_alike: &dyn Fn(Couple, Couple) -> bool) -> Vec<Sides> {
    let mut sides = vec![Sides::default(); pieces.len()];
    let corners = changed_corners(pieces);
    for group in entries(pieces, &corners).chunk_by(|a, b| a.0 == b.0) {
        for (i, old, new) in pairs(pieces, group, is_alike) {
            sides[i].old |= old;
            sides[i].new |= new;
        }
    }
    for group in segments(pieces, &corners).chunk_by(|a, b| a.0 == b.0) {
        let (a, b) = group[0].0;
        let length_m = length_m(a, b);
        for (i, old, new) in pairs(pieces, group, is_alike) {
            sides[i].displaced_m += if old || new { length_m } else { 0.0 };
        }
    }
    sides
}

/// Each changed piece of a group with each other piece of it: its rank, and whether the other is the
/// older and the newer side of a displaced boundary.
fn pairs<K>(
    pieces: &[Piece<'_>],
    group: &[Entry<K>],
    is_alike: &dyn Fn(Couple, Couple) -> bool,
) -> impl Iterator<Item = (usize, bool, bool)> {
    let ranks = group.iter().map(|&(_, i)| i as usize);
    let changed = ranks.clone().filter(|&i| pieces[i].before != pieces[i].after);
    changed.flat_map(move |i| {
        let others = ranks.clone().filter(move |&j| j != i);
        others.map(move |j| {
            let (piece, other) = (&pieces[i], &pieces[j]);
            (i, is_alike(other.before, piece.after), is_alike(piece.before, other.after))
        })
    })
}

/// Corners of changed pieces, sorted: only there can evidence lie.
fn changed_corners(pieces: &[Piece<'_>]) -> Vec<Point> {
    let changed = pieces.iter().filter(|p| p.before != p.after);
    let rings = changed.flat_map(|p| p.polygon.rings());
    let mut corners: Vec<Point> = rings.flat_map(|r| r.0.iter().copied()).collect();
    corners.sort_unstable();
    corners.dedup();
    corners
}

fn entries(pieces: &[Piece<'_>], corners: &[Point]) -> Vec<Entry<Point>> {
    let mut entries: Vec<Entry<Point>> = Vec::with_capacity(corners.len());
    for (i, piece) in pieces.iter().enumerate() {
        let points = piece.polygon.rings().flat_map(|r| &r.0);
        let shared = points.filter(|p| corners.binary_search(p).is_ok());
        entries.extend(shared.map(|&p| (p, i as u32)));
    }
    entries.sort_unstable();
    entries.dedup();
    entries
}

fn segments(pieces: &[Piece<'_>], corners: &[Point]) -> Vec<Entry<(Point, Point)>> {
    let known = |p: &Point| corners.binary_search(p).is_ok();
    let mut entries = Vec::with_capacity(corners.len());
    for (i, piece) in pieces.iter().enumerate() {
        let all = piece.polygon.rings().flat_map(Ring::segments);
        let shared = all.filter(|(a, b)| known(a) && known(b));
        entries.extend(shared.map(|(a, b)| ((a.min(b), a.max(b)), i as u32)));
    }
    entries.sort_unstable();
    entries
}
