//! The next vintage is the prior edited: changed regions cut into the prior's coverage.
//!
//! Where nothing changed, the prior's very vertices stay. Where something did, the outline of the
//! changed region is drawn onto the prior's lines within a tolerance, both are arranged together,
//! and what the cut leaves behind (slivers, remnants below their unit) is merged by a fixed rule.

use nomenclature::Couple;
use rustc_hash::FxHashMap;

use crate::arrangement::{Arrangement, ArrangementError, LayerMask, NO_KEY, arrange};
use crate::lattice::{Point, Polygon};

mod owners;
pub(crate) mod snap;

use owners::{Owner, Pieces};

/// A region whose couple differs from the prior's, drawn from cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRegion {
    /// The outline of the region.
    pub polygon: Polygon,
    /// The couple of the new vintage there.
    pub couple: Couple,
}

/// How changed regions meet the prior's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpliceRule {
    /// Outlines nearer than this to a prior line are drawn onto it, in lattice steps.
    pub snap: i32,
    /// Pieces of a smaller mean width (twice the area over the perimeter) are slivers, in steps.
    pub thin: i32,
}

/// What a polygon of the new vintage is to the prior.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kinship {
    /// The whole of one prior polygon with its code.
    Kept,
    /// What a cut left of one prior polygon, with its code.
    Cut,
    /// A region with a new code, and prior polygons of that code that it touches.
    New,
}

/// A polygon of the new vintage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spliced {
    /// Its outline.
    pub polygon: Polygon,
    /// Its couple.
    pub couple: Couple,
    /// What it is to the prior.
    pub kinship: Kinship,
    /// Rank of the prior polygon that holds the largest part of it.
    pub prior: u32,
}

/// The new coverage and what the cleaning did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Splice {
    /// The polygons, in the order of the prior then of place.
    pub polygons: Vec<Spliced>,
    /// Slivers and remnants that were merged into a neighbour.
    pub n_merged: usize,
    /// Their area, doubled, in square lattice steps.
    pub merged_twice_area: i128,
    /// Changed pieces given back to the prior (slivers, or regions below their unit once drawn).
    pub n_reverted: usize,
    /// The ground that the prior covers, counted once: twice its area, in square lattice steps.
    pub covered_twice_area: i128,
    /// Places of what the cut made and no neighbour could take: slivers and parts below their unit.
    pub unfit: Vec<Point>,
}

/// Cuts changed regions into the prior's coverage.
///
/// * `prior`, `couples`: the prior's polygons and their couples, rank by rank.
/// * `changed`: regions of new couple; where two overlap the first one holds.
/// * `unit`: twice the minimum area, in square lattice steps, of a couple at a place.
///
/// The result covers exactly what the prior covers: the parts of changed regions outside it are
/// dropped, and overlaps of the prior go to its first polygon. A prior polygon that no changed
/// region touches comes out vertex for vertex, even where it is below its unit.
///
/// # Errors
/// Those of [`arrange`].
pub fn splice(
    prior: &[Polygon],
    couples: &[Couple],
    changed: &[ChangedRegion],
    rule: SpliceRule,
    unit: impl Fn(Couple, Point) -> i128,
) -> Result<Splice, ArrangementError> {
    let outlines: Vec<&Polygon> = changed.iter().map(|region| &region.polygon).collect();
    let drawn = snap::onto(prior, &outlines, rule.snap);
    let plane = arrange(&[prior, &drawn])?;
    let mut pieces = Pieces::of(&plane, couples, changed);
    pieces.settle(rule.thin, &unit);
    let unfit = pieces.unfit_places(rule.thin, &unit);
    let groups = pieces.merged_groups();
    let face_key: Vec<u32> =
        pieces.of_face.iter().map(|p| p.map_or(NO_KEY, |p| groups[p as usize])).collect();
    let result = Splice {
        n_merged: pieces.n_merged,
        merged_twice_area: pieces.merged_twice_area,
        n_reverted: pieces.n_reverted,
        covered_twice_area: pieces.covered_twice_area(),
        unfit,
        polygons: drawn_groups(&plane, &pieces, &face_key, prior, couples),
    };
    Ok(result)
}

/// Draws each group of pieces as polygons and tells what it is to the prior.
fn drawn_groups(
    plane: &Arrangement,
    pieces: &Pieces,
    face_key: &[u32],
    prior: &[Polygon],
    couples: &[Couple],
) -> Vec<Spliced> {
    let members = pieces.members(face_key, plane);
    let mut polygons: Vec<Spliced> = plane
        .dissolve(face_key, LayerMask::ALL)
        .into_iter()
        .map(|dissolved| {
            let group = &members[&dissolved.key];
            let couple = match group.owner {
                Owner::Prior(p) => couples[p as usize],
                Owner::New(couple) => couple,
            };
            let kinship = match group.owner {
                Owner::New(_) => Kinship::New,
                Owner::Prior(_) if group.whole => Kinship::Kept,
                Owner::Prior(_) => Kinship::Cut,
            };
            let original = &prior[group.largest as usize];
            let unmoved = kinship == Kinship::Kept && same_outline(&dissolved.polygon, original);
            let polygon = if unmoved { original.clone() } else { dissolved.polygon };
            Spliced { polygon, couple, kinship, prior: group.largest }
        })
        .collect();
    polygons.sort_by_key(|s| (s.prior, s.kinship, s.polygon.exterior.0.iter().min().copied()));
    polygons
}

/// Whether two polygons have the same corners in the same cyclic order, ring by ring.
pub(crate) fn same_outline(a: &Polygon, b: &Polygon) -> bool {
    let canonical = |polygon: &Polygon| {
        let mut rings: Vec<Vec<Point>> = polygon.rings().map(|r| from_lowest(&r.0)).collect();
        rings.sort();
        rings
    };
    canonical(a) == canonical(b)
}

/// A ring started at its lowest corner.
fn from_lowest(ring: &[Point]) -> Vec<Point> {
    let mut ring = ring.to_vec();
    if let Some(start) = (0..ring.len()).min_by_key(|&i| ring[i]) {
        ring.rotate_left(start);
    }
    ring
}

/// What the polygons of one group of pieces share.
struct Group {
    owner: Owner,
    /// Whether the group is all of one prior polygon and nothing else.
    whole: bool,
    /// The prior polygon with the largest part of the group; the first one on equality.
    largest: u32,
}

impl Pieces {
    /// The group behind each dissolve key.
    fn members(&self, face_key: &[u32], plane: &Arrangement) -> FxHashMap<u32, Group> {
        let mut share = std::collections::BTreeMap::<(u32, u32), i128>::new();
        let mut owner: FxHashMap<u32, Owner> = FxHashMap::default();
        let mut prior_area: FxHashMap<u32, i128> = FxHashMap::default();
        for (face, piece) in self.of_face.iter().enumerate() {
            let Some(piece) = *piece else { continue };
            let area = plane.twice_area(face as u32);
            let prior = self.prior[piece as usize];
            *share.entry((face_key[face], prior)).or_default() += area;
            *prior_area.entry(prior).or_default() += area;
            // A group with any new piece is new; its prior pieces share its couple.
            let own = self.owner[piece as usize];
            owner
                .entry(face_key[face])
                .and_modify(|o| {
                    if matches!(own, Owner::New(_)) {
                        *o = own;
                    }
                })
                .or_insert(own);
        }
        let mut groups: FxHashMap<u32, Group> = FxHashMap::default();
        let mut best: FxHashMap<u32, i128> = FxHashMap::default();
        for (&(key, prior), &area) in &share {
            let whole = area == prior_area[&prior] && owner[&key] == Owner::Prior(prior);
            match groups.get_mut(&key) {
                None => {
                    groups.insert(key, Group { owner: owner[&key], whole, largest: prior });
                    best.insert(key, area);
                }
                Some(group) => {
                    group.whole = false;
                    if area > best[&key] {
                        group.largest = prior;
                        best.insert(key, area);
                    }
                }
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests;
