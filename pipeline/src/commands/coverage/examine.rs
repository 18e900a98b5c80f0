//! Everything that is wrong with a layer, by its features.

use kernels::coverage::{Defect, DefectKind, Shape, check, unmerged};

use super::finding::{BELOW_UNIT, Drawing, Finding};
use super::ground;
use super::rules::{Question, Rules};
use super::sheet::Sheet;
use super::units;
use crate::error::Error;
use crate::vintage::locate::Product;

/// Adds to the findings of a layer what its polygons tell, and sorts them all.
///
/// Gaps are looked for in layers that cover their territory, and in any layer when an outline is
/// given: changes and zones leave ground out by their nature.
///
/// # Errors
/// The outline or the zone cannot be read; a coordinate beyond the lattice, or more boundaries than
/// can be counted.
pub(super) fn examine(sheet: &mut Sheet, rules: &Rules, question: &Question) -> Result<(), Error> {
    let outline = rules.outline.as_deref();
    let outline = outline.map(|path| ground::read(path, Product::Any, sheet.epsg)).transpose()?;
    let mut defects = check(&sheet.polygons, outline.as_deref(), question.limits)?;
    if outline.is_none() && !sheet.is_whole() {
        defects.retain(|defect| defect.kind != DefectKind::Gap);
    }
    defects.extend(unmerged(&sheet.polygons, &sheet.keys));
    let mut found: Vec<Finding> =
        defects.into_iter().map(|defect| finding(sheet, defect)).collect();
    found.extend(below_units(sheet, rules, question)?);
    sheet.findings.append(&mut found);
    sheet.findings.sort_unstable();
    Ok(())
}

/// A defect of the polygons, told by their features.
fn finding(sheet: &Sheet, defect: Defect) -> Finding {
    let drawing = match defect.shape {
        Shape::Place => Drawing::Place,
        Shape::Lines(lines) => Drawing::Lines(lines),
        Shape::Ground(polygon) => Drawing::Ground(polygon),
        Shape::Whole => defect.polygons.first().map_or(Drawing::Place, |&p| Drawing::Polygon(p)),
    };
    Finding {
        key: defect.kind.key(),
        place: Some(defect.place),
        features: owners(sheet, &defect.polygons),
        twice_area: defect.twice_area,
        column: None,
        value: None,
        drawing,
    }
}

/// The polygons below their unit, when units are asked for and the layer has couples.
fn below_units(sheet: &Sheet, rules: &Rules, question: &Question) -> Result<Vec<Finding>, Error> {
    let Some(capture) = question.units.as_ref().filter(|_| has_units(sheet)) else {
        return Ok(Vec::new());
    };
    let zone = rules.zone.as_deref();
    let zone = zone.map(|path| ground::read(path, Product::BuiltZone, sheet.epsg)).transpose()?;
    let below = units::below(&sheet.polygons, &sheet.couples, capture, zone.as_deref())?;
    let finding = |(rank, twice_area): (u32, i128)| Finding {
        key: BELOW_UNIT,
        place: sheet.polygons[rank as usize].exterior.0.iter().min().copied(),
        features: owners(sheet, &[rank]),
        twice_area,
        column: None,
        value: None,
        drawing: Drawing::Polygon(rank),
    };
    Ok(below.into_iter().map(finding).collect())
}

/// Whether minimum units are for this layer: one cover and one usage, and not a map of changes.
pub(super) fn has_units(sheet: &Sheet) -> bool {
    sheet.layout.has_couple() && sheet.is_whole()
}

/// The features of these polygons, each once.
fn owners(sheet: &Sheet, polygons: &[u32]) -> Vec<u32> {
    let mut owners: Vec<u32> = polygons.iter().map(|&rank| sheet.owners[rank as usize]).collect();
    owners.dedup();
    owners
}
