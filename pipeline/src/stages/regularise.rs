//! Regularise: the capture rules on cells, and the zone construite that the units depend on.

use std::collections::{BTreeMap, BTreeSet};

use kernels::built_zone::of_couples;
use kernels::label::label_plane;
use kernels::plane::Plane;
use kernels::regularise::{
    Candidate, CaptureRule, Captured, CellMasks, CoupleUnits, Exemption, capture,
};
use nomenclature::{Couple, Dimension};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::drift::{Drift, drifts};
use crate::error::Error;
use crate::proof::Measures;
use crate::stage_report::StageReport;

/// Draws the zone construite, then applies the capture rules to what changed: new isolated
/// buildings are enlarged, changes narrower than their width go back to the prior, changed regions
/// below their unit are merged; roads and rail are not cut.
///
/// # Errors
/// A working file is damaged, or a region stays below its unit without a listed reason.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let frame = cube::frame(ctx)?;
    let decided = cube::read_runs(ctx, Quantity::Decided, |cell: u16| cell)?;
    let prior = cube::read_runs(ctx, Quantity::start(ctx.config), |cell: u16| cell)?;
    let rules = &ctx.config.capture;
    let zone = of_couples(&decided, rules, frame.grid.cell);
    let changed = decided.zip(&prior, |decided, prior| decided != prior);
    let locked = kept(ctx, &changed)?;
    let units = CoupleUnits::new(rules, &ctx.config.nomenclature, frame.grid.cell);
    ctx.check_cancelled()?;
    // From scratch there is nothing to go back to, and every cell may be altered.
    let edited = (!ctx.config.scratch).then_some((&prior, &changed));
    let (prior, changed) = edited.unzip();
    let masks = CellMasks { locked: Some(&locked), changed, zone: Some(&zone) };
    let regular = capture(&decided, &masks, prior, &units);
    check_locked(&decided, &regular.codes, &locked)?;
    let network = check_network(&regular)?;
    let n_regions = check_units(&regular.codes, &zone, &units, &regular.exemptions)?;
    let moved: u64 = regular.moved.values().sum();
    Ok(StageReport::default()
        .output(cube::publish_runs(ctx, Quantity::Regular, frame, &regular.codes, |cell| cell)?)
        .output(cube::publish_runs(ctx, Quantity::BuiltZone, frame, &zone, u8::from)?)
        .figure("cells_moved", moved)
        .figure("cells_moved_by_couple", by_couple(ctx, &regular.moved))
        .figure(
            "area_by_couple",
            area_by_couple(ctx, &decided, &regular, frame.grid.cell_area_m2()),
        )
        .figure("buildings_enlarged", regular.enlarged.n_buildings)
        .figure("buildings_enlarged_cells", regular.enlarged.n_cells)
        .figure("narrow_cells_given", regular.n_narrow_cells)
        .figure("cells_merged", regular.n_merged_cells)
        .figure("rounds", regular.n_rounds)
        .figure("cells_locked", locked.n_true())
        .figure("regions_exempt", regular.exemptions.len())
        .proof(network)
        .proof(Measures::MinimumUnit {
            regions: n_regions as u64,
            listed: regular.exemptions.len() as u64,
        }))
}

/// The cells that may not be altered: the prior's ossature and what was corrected in it, where the
/// update left them as they were.
fn kept(ctx: &Context, changed: &Plane<bool>) -> Result<Plane<bool>, Error> {
    let quantity = Quantity::start_object(ctx.config);
    let mut ranks = cube::noted(ctx, quantity, cube::OSSATURE)?;
    ranks.extend(cube::noted(ctx, quantity, cube::CORRECTED)?);
    let objects = cube::read_runs(ctx, quantity, |object: u32| object)?;
    Ok(locked(&objects, &ranks, changed))
}

/// The unchanged cells of some objects.
///
/// What somebody corrected is certain. The skeleton of main roads and surface rail is drawn from
/// another source than the imagery, so no rule on shapes gives its cells away. What the update
/// changed on it is no ossature any more but a change like others: the rules may give it back or
/// leave it.
///
/// * `objects`: 1 + rank of the object of each cell, 0 for none; `ranks`: those of the objects.
fn locked(objects: &Plane<u32>, ranks: &BTreeSet<u64>, changed: &Plane<bool>) -> Plane<bool> {
    objects.zip(changed, |object, is_changed| !is_changed && cube::is_noted(ranks, object))
}

/// No locked cell has another code than before.
fn check_locked(
    before: &Plane<u16>,
    after: &Plane<u16>,
    locked: &Plane<bool>,
) -> Result<(), Error> {
    let moved = before.zip(after, |before, after| before != after);
    let altered = moved.zip(locked, |is_moved, is_locked| is_moved && is_locked).n_true();
    if altered > 0 {
        let details = format!("{altered} cells of ossature or of corrections were altered");
        return Err(Error::invariant("locked_cells", details));
    }
    Ok(())
}

/// Counts the regions and checks that those below their unit are the ones listed, place by place.
fn check_units(
    codes: &Plane<u16>,
    zone: &Plane<bool>,
    units: &CoupleUnits<'_>,
    exemptions: &[Exemption],
) -> Result<usize, Error> {
    let labels = label_plane(codes);
    let in_zone = labels.count(zone);
    let below = labels.regions.iter().zip(in_zone).filter(|(region, n_zone_cells)| {
        let (value, n_cells) = (region.value, region.n_cells);
        n_cells < units.min_cells(&Candidate { value, n_cells, n_zone_cells: *n_zone_cells })
    });
    // Both in order of their first cell.
    let below: Vec<_> = below.map(|(region, _)| region.first).collect();
    let listed: Vec<_> = exemptions.iter().map(|exemption| exemption.first).collect();
    if below == listed {
        return Ok(labels.regions.len());
    }
    let n_same = below.iter().zip(&listed).take_while(|(below, listed)| below == listed).count();
    let place = |places: &[(u32, u32)]| {
        let place = places.get(n_same);
        place.map_or("nowhere".to_owned(), |(row, col)| format!("at row {row}, column {col}"))
    };
    let details = format!(
        "{} regions are below their unit, {} are listed; the first that differ are {} and {}",
        below.len(),
        listed.len(),
        place(&below),
        place(&listed)
    );
    Err(Error::invariant("minimum_unit", details))
}

/// The capture rules came to an end, and left no more pieces of roads and rail than there were.
fn check_network(regular: &Captured) -> Result<Measures, Error> {
    if !regular.is_settled {
        let details = format!("they still change cells after {} rounds", regular.n_rounds);
        return Err(Error::invariant("capture_rules_settle", details));
    }
    let (before, after) = regular.n_network_pieces;
    let measures =
        Measures::NetworkNotCut { pieces_before: before as u64, pieces_after: after as u64 };
    if after > before {
        return Err(Error::invariant(measures.name(), measures.to_string()));
    }
    Ok(measures)
}

/// The codes of a couple.
fn text(ctx: &Context, cell: u16) -> String {
    let couple = Couple::from_cell(cell);
    let code = |dimension, id| ctx.config.nomenclature.code(dimension, id);
    format!("{}/{}", code(Dimension::Cover, couple.cs), code(Dimension::Usage, couple.us))
}

/// What the couples that the rules moved had, have, lost and won, and all couples together, in m2.
fn area_by_couple(
    ctx: &Context,
    decided: &Plane<u16>,
    regular: &Captured,
    cell_area_m2: f64,
) -> Map<String, Value> {
    let (by_code, total) = drifts(decided.n_cells_by_value(), &regular.moved);
    let areas = |drift: &Drift| {
        let [before, after, lost, won] = [drift.n_before, drift.n_after, drift.n_lost, drift.n_won]
            .map(|n| n as f64 * cell_area_m2);
        json!({ "before_m2": before, "after_m2": after, "lost_m2": lost, "won_m2": won })
    };
    let moved = by_code.iter().filter(|(_, drift)| drift.n_lost + drift.n_won > 0);
    let lines = moved.map(|(&code, drift)| (text(ctx, code), areas(drift)));
    lines.chain([("total".to_owned(), areas(&total))]).collect()
}

/// Cells that went from one couple to another, by the two couples.
fn by_couple(ctx: &Context, moved: &BTreeMap<(u16, u16), u64>) -> Map<String, Value> {
    moved
        .iter()
        .map(|(&(from, to), &cells)| {
            (format!("{} -> {}", text(ctx, from), text(ctx, to)), json!(cells))
        })
        .collect()
}

#[cfg(test)]
mod tests;
