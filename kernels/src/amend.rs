//! Corrections applied to a coverage: other codes, new outlines, objects joined, cut or added.
//!
//! The result covers exactly the ground that the coverage covers. Ground that no correction touches
//! keeps its very corners; an outline that stops at lines of the coverage is drawn onto them, as a
//! change is (see [`crate::splice`]). Only the polygons near an outline are arranged again, so the
//! cost is that of the corrections, not of the department.

use nomenclature::Couple;

use crate::arrangement::{ArrangementError, LayerMask, arrange};
use crate::boxes::{Corners, grown, near};
use crate::lattice::{Point, Polygon};

use crate::splice::{same_outline, snap};

mod plot;

use plot::{Owner, Plot};

/// Share of an object, in thousandths, from which an outline means all of it: what is left over would
/// be a sliver along its limit.
const WHOLE_PERMILLE: i128 = 950;

/// What a correction does, on the objects of a coverage by rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Whole objects have other codes.
    Recode(Vec<u32>),
    /// The ground of an outline has other codes, as far as it is of these objects; of any object
    /// when none is named. An object that lies nearly all inside is meant as a whole.
    RecodePart {
        /// The objects, or none.
        within: Vec<u32>,
        /// The ground.
        outline: Polygon,
    },
    /// An object has another outline: it takes the ground inside from its neighbours, and each
    /// place that it gives up goes to the neighbour with the longest border there.
    Redraw {
        /// The object.
        object: u32,
        /// Its new outline.
        outline: Polygon,
    },
    /// Objects are one: the first of them.
    Merge(Vec<u32>),
    /// An object was missing.
    Insert(Polygon),
}

impl Act {
    fn outline(&self) -> Option<&Polygon> {
        match self {
            Self::RecodePart { outline, .. }
            | Self::Redraw { outline, .. }
            | Self::Insert(outline) => Some(outline),
            Self::Recode(_) | Self::Merge(_) => None,
        }
    }

    /// The objects whose outlines, and those of their neighbours, may change.
    fn reshaped(&self) -> &[u32] {
        match self {
            Self::Redraw { object, .. } => std::slice::from_ref(object),
            Self::Merge(objects) => objects,
            Self::Recode(_) | Self::RecodePart { .. } | Self::Insert(_) => &[],
        }
    }
}

/// A correction to apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// What it does.
    pub act: Act,
    /// The codes of its ground; nodata in a dimension: as it was.
    pub couple: Couple,
}

/// A polygon of the corrected coverage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amended {
    /// Its outline; `None` when it is that of the object `from`, corner for corner.
    pub outline: Option<Polygon>,
    /// Its couple.
    pub couple: Couple,
    /// The object with the largest part of its ground before.
    pub from: u32,
    /// Whether it is that object still: the largest part of it, and not another's.
    pub is_object: bool,
    /// Ranks of the amendments that changed a part of it, ascending.
    pub by: Vec<u32>,
}

/// A corrected coverage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Corrected {
    /// The polygons, by object, then the object itself before its parts, then by place.
    pub polygons: Vec<Amended>,
    /// What each amendment changed: twice the area, in square lattice steps. 0: all was so already,
    /// or its ground lies outside the coverage.
    pub changed: Vec<i128>,
    /// Ground that was given up and that no neighbour could take; it stays with its object.
    pub unclaimed_twice_area: i128,
    /// The ground of the coverage, counted once: twice its area, in square lattice steps.
    pub covered_twice_area: i128,
}

/// Applies amendments, in their order, to a coverage.
///
/// * `prior`, `couples`: the polygons and their couples, rank by rank; objects are named by rank.
/// * `snap`: outlines nearer than this to a line of the coverage are drawn onto it, in lattice
///   steps.
///
/// Where amendments meet, the later one holds, dimension by dimension. An object of
/// [`Act::Insert`] with nodata in a dimension has there what the ground had.
///
/// # Errors
/// Those of [`arrange`].
pub fn amend(
    prior: &[Polygon],
    couples: &[Couple],
    amendments: &[Amendment],
    snap: i32,
) -> Result<Corrected, ArrangementError> {
    let chosen = near(prior, &boxes_of(prior, amendments, snap));
    let subset: Vec<Polygon> = chosen.iter().map(|&rank| prior[rank as usize].clone()).collect();
    let outlines: Vec<&Polygon> = amendments.iter().filter_map(|a| a.act.outline()).collect();
    let drawn = snap::onto(&subset, &outlines, snap);
    let plane = arrange(&[&subset, &drawn])?;
    let mut plot = Plot::new(&plane, &chosen, prior, couples);
    let mut drawn_rank = 0;
    for (rank, amendment) in (0..).zip(amendments) {
        plot.apply(rank, amendment, drawn_rank);
        drawn_rank += u32::from(amendment.act.outline().is_some());
    }
    let (keys, key_of_face) = plot.keys();
    let pieces = plane.dissolve(&key_of_face, LayerMask::ALL);
    let mut polygons: Vec<Amended> = pieces
        .into_iter()
        .map(|piece| {
            let (owner, couple) = keys[piece.key as usize];
            let from = plot.origin(&piece.faces, owner);
            let is_same = same_outline(&piece.polygon, &prior[from as usize]);
            let by = plot.changed_by(&piece.faces, owner);
            Amended {
                outline: (!is_same).then_some(piece.polygon),
                couple,
                from,
                is_object: owner == Owner::Object(from),
                by,
            }
        })
        .collect();
    polygons.extend(plot.elsewhere());
    name_objects(&mut polygons, prior);
    Ok(Corrected {
        polygons,
        covered_twice_area: plot.covered(),
        changed: plot.changed,
        unclaimed_twice_area: plot.unclaimed,
    })
}

/// Where the coverage may get other lines.
fn boxes_of(prior: &[Polygon], amendments: &[Amendment], snap: i32) -> Vec<Corners> {
    let reshaped = amendments.iter().flat_map(|a| a.act.reshaped());
    let objects = reshaped.filter_map(|&rank| prior[rank as usize].bounds());
    let outlines = amendments.iter().filter_map(|a| a.act.outline()?.bounds());
    // Beyond the drawing, a line within half a step of a new corner bends.
    objects.chain(outlines).map(|extent| grown(extent, snap + 1)).collect()
}

/// Sorts the polygons and leaves the name of each object to the largest part of it.
fn name_objects(polygons: &mut [Amended], prior: &[Polygon]) {
    let twice_area = |p: &Amended| match &p.outline {
        Some(outline) => outline.twice_area(),
        None => prior[p.from as usize].twice_area(),
    };
    let lowest = |p: &Amended| -> Option<Point> {
        p.outline.as_ref().and_then(|outline| outline.exterior.0.first().copied())
    };
    polygons.sort_by_cached_key(|p| (p.from, !p.is_object, -twice_area(p), lowest(p)));
    let mut named = None;
    for polygon in polygons {
        polygon.is_object &= named != Some(polygon.from);
        if polygon.is_object {
            named = Some(polygon.from);
        }
    }
}

#[cfg(test)]
mod tests;
