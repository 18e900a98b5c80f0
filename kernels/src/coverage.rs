//! Is a set of polygons a valid coverage: no gap, no overlap, every polygon valid, every corner
//! shared?
//!
//! Sound input is proved sound by matching sides alone: when every side that two polygons share
//! appears once in each direction, only the sides that appear once are left, and they bound the
//! union. A full arrangement is made only when this fails.

mod chains;
mod frontier;
mod lines;
mod plain;
mod rings;
mod seams;
mod survey;

#[cfg(test)]
mod tests;

use rayon::prelude::*;

use crate::arrangement::{
    Arrangement, ArrangementError, LayerMask, NO_KEY, UNBOUNDED, arrange, crossings_and_hits,
};
use crate::lattice::{Point, Polygon, cross};
use seams::{Seams, short_sides};
use survey::{Survey, survey};

/// What can be wrong in a coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DefectKind {
    /// Ground enclosed by the coverage, or inside the outline, that no polygon covers.
    Gap,
    /// Ground that two polygons or more cover.
    Overlap,
    /// Ground covered outside the outline.
    Outside,
    /// Polygons with the same rings.
    Duplicate,
    /// A ring that meets itself or crosses another ring of its polygon, or an inside in two pieces.
    SelfIntersection,
    /// A side with a neighbour's corner in its inside, or within half a step of it.
    UnmatchedEdge,
    /// A ring of fewer than three corners, with a repeated corner or with a spike.
    InvalidRing,
    /// A hole that is not inside the exterior, or is inside another hole.
    HoleOutside,
    /// A polygon without area.
    ZeroArea,
    /// A polygon smaller than the limit.
    MicroObject,
    /// A side shorter than the limit.
    MicroSegment,
    /// Two polygons of equal key that share a side; only [`unmerged`] tells it.
    Unmerged,
}

impl DefectKind {
    /// The stable key of the defect in tallies and files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Overlap => "overlap",
            Self::Outside => "outside_outline",
            Self::Duplicate => "duplicate_geometry",
            Self::SelfIntersection => "self_intersection",
            Self::UnmatchedEdge => "unmatched_edge",
            Self::InvalidRing => "invalid_ring",
            Self::HoleOutside => "hole_outside",
            Self::ZeroArea => "zero_area",
            Self::MicroObject => "micro_object",
            Self::MicroSegment => "micro_segment",
            Self::Unmerged => "neighbours_unmerged",
        }
    }
}

/// What shows a defect on a map.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Its place.
    Place,
    /// Lines: the side that lacks a corner, the side that is too short, the border not merged.
    Lines(Vec<Vec<Point>>),
    /// Ground: what is uncovered, covered twice or outside; the hole that is not inside.
    Ground(Polygon),
    /// The first of its polygons, as it is.
    Whole,
}

/// One defect, with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Defect {
    /// What is wrong.
    pub kind: DefectKind,
    /// Where: a corner of the defect; the middle of a micro-segment.
    pub place: Point,
    /// The polygons concerned, as sorted ranks; none for a gap.
    pub polygons: Vec<u32>,
    /// Twice the area of the defect in square lattice steps; 0 for points and sides.
    pub twice_area: i128,
    /// What to draw.
    pub shape: Shape,
}

/// Sizes under which objects and sides are reported; 0 reports none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Twice the area, in square lattice steps, under which a polygon is a micro-object.
    pub object_twice_area: i128,
    /// Length, in lattice steps, under which a side is a micro-segment.
    pub segment_length: u32,
}

/// Lists everything that keeps `polygons` from being a valid coverage, sorted by kind, then place.
///
/// * `polygons`: the coverage, in lattice steps; rings of any orientation.
/// * `outline`: what the coverage should fill exactly; without it, a gap is uncovered ground that
///   the coverage encloses, so a true hole of the territory counts as one.
///
/// Areas are those after snap rounding (exact when corners lie on sides or far from them). Polygons
/// that touch at points or are apart are no defect. The time grows like that of sorting the sides
/// for a clean coverage, like that of [`arrange`] otherwise.
///
/// # Errors
/// As [`arrange`].
pub fn check(
    polygons: &[Polygon],
    outline: Option<&[Polygon]>,
    limits: Limits,
) -> Result<Vec<Defect>, ArrangementError> {
    crate::arrangement::check_layers(&[polygons, outline.unwrap_or_default()])?;
    let Survey { mut defects, loose } = survey(polygons, limits);
    defects.extend(short_sides(polygons, limits.segment_length));
    let gaps = match (outline, loose) {
        (_, None) => None,
        (None, Some(loose)) => gaps_of_loose(&Seams::of_some(&loose))?,
        (Some(outline), Some(_)) => {
            let [own, wanted] = [polygons, outline].map(|list| Seams::of(list).single_sides());
            (own.is_some() && own == wanted).then(Vec::new)
        }
    };
    defects.extend(match gaps {
        Some(gaps) => gaps,
        None => all_misfits(polygons, outline)?,
    });
    defects.sort_unstable();
    Ok(defects)
}

/// Lists the pairs of polygons of equal key that share a side, sorted by place.
///
/// * `keys`: one per polygon, what they would be merged by; 0 is merged with nothing.
///
/// One defect for each pair, at the lowest end of their lowest common side, without an area; its
/// shape is their whole common border. Only
/// sides with the same two ends count, one polygon on each side of them: neighbours that meet at
/// points, or whose corners do not match, are not found ([`check`] finds the latter).
/// Source: capture rules of OCS GE, adjacent polygons with the same (CS, US) are merged.
///
/// # Panics
/// When there is not one key per polygon.
pub fn unmerged(polygons: &[Polygon], keys: &[u16]) -> Vec<Defect> {
    assert_eq!(keys.len(), polygons.len(), "one key per polygon");
    let mut defects: Vec<Defect> = Seams::of(polygons)
        .pairs(|p, q| keys[p as usize] != 0 && keys[p as usize] == keys[q as usize])
        .chunk_by(|s, t| s.0 == t.0)
        .map(|border| {
            let ((p, q), (place, _)) = border[0];
            let sides: Vec<(Point, Point)> = border.iter().map(|side| side.1).collect();
            Defect {
                kind: DefectKind::Unmerged,
                place,
                polygons: vec![p, q],
                twice_area: 0,
                shape: Shape::Lines(lines::joined(&sides)),
            }
        })
        .collect();
    defects.sort_unstable();
    defects
}

/// Gaps, overlaps, duplicates, unmatched edges and ground outside the outline, by an arrangement of
/// everything.
fn all_misfits(
    polygons: &[Polygon],
    outline: Option<&[Polygon]>,
) -> Result<Vec<Defect>, ArrangementError> {
    let mut defects = unmatched(&Seams::of(polygons))?;
    let twins = duplicates(polygons);
    let arrangement = arrange(&[polygons, outline.unwrap_or_default()])?;
    defects.extend(misfits(&arrangement, outline.is_some(), &twins));
    defects.extend(twins.into_iter().map(|twins| twin_defect(polygons, twins)));
    Ok(defects)
}

/// The gaps, when the sides left alone by matching prove that there is no other misfit; else
/// `None`.
///
/// Sum over the polygons of "covered by it" changes by one across each side that is left, and not
/// across those that were taken away in couples, one polygon on each side. So when the sides left
/// are noded and each has its polygon on the odd side, the sum is 0 or 1 everywhere: nothing
/// overlaps, and what is even and bounded is a gap.
fn gaps_of_loose(loose: &Seams) -> Result<Option<Vec<Defect>>, ArrangementError> {
    let Some(single) = loose.single_sides() else { return Ok(None) };
    let ends: Vec<(Point, Point)> = single.iter().map(|side| side.ends).collect();
    let union = Arrangement::of_chain(ends)?;
    let sides_hold = union.n_edges() == single.len()
        && union.edges().zip(&single).all(|(edge, side)| {
            let inner = if side.forward { edge.left } else { edge.right };
            (edge.a, edge.b) == side.ends && union.label(inner, 0).is_some()
        });
    if !sides_hold {
        return Ok(None);
    }
    let key = keys(&union, |f| union.label(f, 0).is_none().then_some(0));
    Ok(Some(areas(&union, &key, |_| (DefectKind::Gap, Vec::new()))))
}

/// One key per face: [`NO_KEY`] for the unbounded face and where `key` says nothing.
fn keys(arrangement: &Arrangement, key: impl Fn(u32) -> Option<u32>) -> Vec<u32> {
    (0..arrangement.n_faces() as u32)
        .map(|f| if f == UNBOUNDED { NO_KEY } else { key(f).unwrap_or(NO_KEY) })
        .collect()
}

/// One defect for each edge-connected part of equal key.
fn areas(
    arrangement: &Arrangement,
    key: &[u32],
    tell: impl Fn(u32) -> (DefectKind, Vec<u32>),
) -> Vec<Defect> {
    let parts = arrangement.dissolve(key, LayerMask::NONE);
    let defect = |part: crate::arrangement::Dissolved| {
        let (kind, polygons) = tell(part.faces[0]);
        let twice_area = part.polygon.twice_area();
        let place = part.polygon.exterior.0[0];
        Defect { kind, place, polygons, twice_area, shape: Shape::Ground(part.polygon) }
    };
    parts.into_iter().map(defect).collect()
}

/// Gaps, overlaps and ground outside the outline, from the full arrangement.
fn misfits(arrangement: &Arrangement, has_outline: bool, twins: &[Vec<u32>]) -> Vec<Defect> {
    let ranks = |f: u32| arrangement.labels(f, 0);
    let in_outline = |f: u32| !has_outline || !arrangement.labels(f, 1).is_empty();
    let gap = keys(arrangement, |f| (ranks(f).is_empty() && in_outline(f)).then_some(0));
    let mut defects = areas(arrangement, &gap, |_| (DefectKind::Gap, Vec::new()));
    // Groups of twins have no polygon in common: that of the first one holds all, or none does.
    let mut groups: Vec<(u32, &[u32])> =
        twins.iter().flat_map(|group| group.iter().map(|&rank| (rank, &group[..]))).collect();
    groups.sort_unstable();
    let is_twin = |set: &[u32]| {
        let group = groups.binary_search_by_key(&set[0], |&(rank, _)| rank);
        group.is_ok_and(|at| set.iter().all(|p| groups[at].1.binary_search(p).is_ok()))
    };
    // Faces covered by the same set of polygons share the key of the set.
    let mut sets: Vec<&[u32]> =
        (1..arrangement.n_faces() as u32).map(ranks).filter(|set| set.len() > 1).collect();
    sets.sort_unstable();
    sets.dedup();
    sets.retain(|set| !is_twin(set));
    let overlap = keys(arrangement, |f| sets.binary_search(&ranks(f)).ok().map(|s| s as u32));
    let tell = |f: u32| (DefectKind::Overlap, ranks(f).to_vec());
    defects.extend(areas(arrangement, &overlap, tell));
    let outside =
        keys(arrangement, |f| (!in_outline(f)).then(|| arrangement.label(f, 0)).flatten());
    let tell = |f: u32| (DefectKind::Outside, ranks(f).to_vec());
    defects.extend(areas(arrangement, &outside, tell));
    defects
}

/// Corners of a polygon that lie in the inside of a neighbour's side, or within half a step of it.
fn unmatched(seams: &Seams) -> Result<Vec<Defect>, ArrangementError> {
    let sides = seams.unpaired();
    let mut ends: Vec<(Point, Point)> = sides.iter().map(|s| s.ends).collect();
    ends.dedup();
    let (_, hits) = crossings_and_hits(&ends)?;
    let mut corners: Vec<(Point, u32)> =
        sides.iter().flat_map(|s| [(s.ends.0, s.polygon()), (s.ends.1, s.polygon())]).collect();
    corners.sort_unstable();
    corners.dedup();
    let owners_at = |p: Point| {
        let from = corners.partition_point(|c| c.0 < p);
        corners[from..].iter().take_while(move |c| c.0 == p).map(|c| c.1)
    };
    let mut defects = Vec::new();
    for (segment, p) in hits {
        let side = ends[segment as usize];
        let from = sides.partition_point(|s| s.ends < side);
        for owner in sides[from..].iter().take_while(|s| s.ends == side).map(|s| s.polygon()) {
            for other in owners_at(p).filter(|&other| other != owner) {
                defects.push(Defect {
                    kind: DefectKind::UnmatchedEdge,
                    place: p,
                    polygons: vec![owner.min(other), owner.max(other)],
                    twice_area: 0,
                    shape: Shape::Lines(vec![vec![side.0, side.1]]),
                });
            }
        }
    }
    defects.sort_unstable();
    // Of several sides at one corner the lowest is shown.
    defects.dedup_by(|d, first| (d.place, &d.polygons) == (first.place, &first.polygons));
    Ok(defects)
}

/// Groups of polygons with the same rings, as sorted ranks.
fn duplicates(polygons: &[Polygon]) -> Vec<Vec<u32>> {
    let mut shapes: Vec<(Vec<Vec<Point>>, u32)> = polygons
        .par_iter()
        .zip(0_u32..polygons.len() as u32)
        .map(|(polygon, rank)| (rings::canonical(polygon), rank))
        .collect();
    shapes.par_sort_unstable();
    let same = shapes.chunk_by(|s, t| s.0 == t.0).filter(|same| same.len() > 1);
    same.filter(|same| !same[0].0.is_empty())
        .map(|same| same.iter().map(|s| s.1).collect())
        .collect()
}

/// The defect of a group of duplicates.
fn twin_defect(polygons: &[Polygon], twins: Vec<u32>) -> Defect {
    let polygon = &polygons[twins[0] as usize];
    let place = polygon.exterior.0.iter().min().copied().unwrap_or_default();
    let twice_area = polygon.exterior.twice_area().abs()
        - polygon.holes.iter().map(|hole| hole.twice_area().abs()).sum::<i128>();
    let shape = Shape::Whole;
    Defect { kind: DefectKind::Duplicate, place, polygons: twins, twice_area, shape }
}

/// Whether the point lies on the closed segment.
fn is_on((a, b): (Point, Point), p: Point) -> bool {
    cross(a, b, p) == 0
        && (a.x.min(b.x)..=a.x.max(b.x)).contains(&p.x)
        && (a.y.min(b.y)..=a.y.max(b.y)).contains(&p.y)
}
