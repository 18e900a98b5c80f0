//! What is done to the polygons of a file so that they make a coverage, and what it costs.
//!
//! Every place is given to at most one polygon, every polygon is valid and in one piece, and
//! neighbours share their corners. The rules: a polygon covers what its rings enclose an odd
//! number of times; ground that several polygons cover goes to the one with the **lowest id**;
//! crossings and T-junctions are noded by snap rounding on the 1 cm lattice; a gap stays a gap.
//! Nothing disappears silently: each key of [`key`] has a count, a first place, and the exact area
//! it lost, invented or reassigned, and these account for the whole difference between the areas of
//! the polygons read and of the polygons kept ([`Repairs::check`]).

mod accounts;
mod duplicates;
pub mod key;
mod merge;
mod rebuild;
pub mod table;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;

use kernels::arrangement::ArrangementError;
use kernels::coverage::{self, Defect, DefectKind, Limits};
use kernels::lattice::{Point, Polygon, Ring, area_m2};

use crate::error::Error;
use crate::tally::Tally;
use crate::vintage::Vintage;

pub use accounts::{Repair, RepairRow, Repairs};
pub use key::Effect;
pub use merge::merge;

/// Mean width (twice the area by the perimeter) under which a polygon is reported as a sliver.
///
/// A tenth of the narrowest object of the product, 5 m for roads (OCS GE capture rules).
pub const SLIVER_WIDTH_M: f64 = 0.5;

/// Makes a coverage of a vintage read from `path`; `tally` holds, and gets, all that was wrong.
///
/// When the polygons are a coverage already, gaps apart, they are left as they are and no
/// arrangement is made. Otherwise the polygons stay in the order of the file, the pieces of a
/// polygon that falls apart follow each other, the largest first; the others get a suffix `/2`.
///
/// # Errors
/// A coordinate beyond the lattice, or more boundaries than can be counted; the accounts do not
/// balance, which is a defect of this program.
pub fn repair(vintage: Vintage, path: &Path, tally: &Tally) -> Result<(Vintage, Repairs), Error> {
    let mut repairs = Repairs::new(path, &tally.flaws());
    repairs.twice_area_read = vintage.polygons.iter().map(Polygon::twice_area).sum();
    let mut vintage = duplicates::drop_twins(vintage, &mut repairs, tally);
    let defects = defects_of(&vintage.polygons)?;
    report(&vintage, &defects, &mut repairs, tally);
    if defects.iter().any(|defect| !is_harmless(defect.kind)) {
        vintage = rebuild::rebuild(&vintage, &defects, &mut repairs, tally)?;
    }
    report_slivers(&vintage, &mut repairs, tally);
    repairs.twice_area_kept = vintage.polygons.iter().map(Polygon::twice_area).sum();
    repairs.check()?;
    Ok((vintage, repairs))
}

fn defects_of(polygons: &[Polygon]) -> Result<Vec<Defect>, ArrangementError> {
    coverage::check(polygons, None, Limits::default())
}

/// Whether polygons with this defect are a coverage all the same.
fn is_harmless(kind: DefectKind) -> bool {
    matches!(kind, DefectKind::Gap | DefectKind::MicroObject | DefectKind::MicroSegment)
}

/// Counts each defect under its key, with the ids of its polygons.
fn report(vintage: &Vintage, defects: &[Defect], repairs: &mut Repairs, tally: &Tally) {
    const SHOWN_MAX: usize = 4;
    // The lobes of a bow tie may cancel out: it has no area by its corners, but is not dropped.
    let crossed: BTreeSet<u32> = defects
        .iter()
        .filter(|defect| defect.kind == DefectKind::SelfIntersection)
        .flat_map(|defect| defect.polygons.iter().copied())
        .collect();
    let is_lobed = |defect: &&Defect| {
        defect.kind == DefectKind::ZeroArea && defect.polygons.iter().all(|p| crossed.contains(p))
    };
    for defect in defects.iter().filter(|defect| !is_lobed(defect)) {
        let ids = defect.polygons.iter().take(SHOWN_MAX);
        let ids = ids.map(|&rank| format!("`{}`", vintage.objects[rank as usize].id));
        let note = ids.collect::<Vec<_>>().join(", ");
        repairs.count(tally, defect.kind.key(), defect.place, defect.twice_area, note);
    }
}

fn report_slivers(vintage: &Vintage, repairs: &mut Repairs, tally: &Tally) {
    for (polygon, object) in vintage.polygons.iter().zip(&vintage.objects) {
        let (area, perimeter_m) = (polygon.twice_area(), perimeter_m(polygon));
        if area > 0 && 2.0 * area_m2(area) < SLIVER_WIDTH_M * perimeter_m {
            let place = anchor(polygon);
            repairs.count(tally, key::SLIVER, place, area, format!("`{}`", object.id));
        }
    }
}

/// Length of all rings, in metres.
fn perimeter_m(polygon: &Polygon) -> f64 {
    let length = |(a, b): (Point, Point)| {
        let (dx, dy) = (f64::from(b.x) - f64::from(a.x), f64::from(b.y) - f64::from(a.y));
        dx.hypot(dy) / 100.0
    };
    polygon.rings().flat_map(Ring::segments).map(length).sum()
}

/// The first corner of a polygon, in the order of [`Point`].
fn anchor(polygon: &Polygon) -> Point {
    polygon.rings().flat_map(|ring| &ring.0).min().copied().unwrap_or_default()
}
