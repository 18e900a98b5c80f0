//! Regularise: minimum mapping units on cells, and the zone construite that they depend on.

use kernels::built_zone::of_couples;
use kernels::regularise::{Candidate, CaptureRule, CellMasks, CoupleUnits, regularise};
use ndarray::Array2;
use nomenclature::{Couple, Dimension};
use serde_json::{Map, json};

use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::error::Error;
use crate::stage_report::StageReport;

/// Draws the zone construite, then merges changed regions below their unit.
///
/// # Errors
/// A working file is damaged, or a region stays below its unit without a listed reason.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let frame = cube::frame(ctx)?;
    let decided = cube::read_plane::<u16>(ctx, Quantity::Decided)?;
    let prior = cube::read_plane::<u16>(ctx, Quantity::Prior)?;
    let capture = &ctx.config.capture;
    let zone = of_couples(decided.view(), capture, frame.grid.cell);
    let changed = Array2::from_shape_fn(decided.raw_dim(), |at| decided[at] != prior[at]);
    let units = CoupleUnits::new(capture, &ctx.config.nomenclature, frame.grid.cell);
    ctx.check_cancelled()?;
    let masks = CellMasks { locked: None, changed: Some(changed.view()), zone: Some(zone.view()) };
    let regular = regularise(decided.view(), &masks, &units);
    let n_regions = check_units(&regular.codes, &zone, &units, regular.exemptions.len())?;
    let moved: u64 = regular.moved.values().sum();
    let zone_cells = zone.mapv(u8::from);
    Ok(StageReport::default()
        .output(cube::publish_plane(ctx, Quantity::Regular, frame, regular.codes.view())?)
        .output(cube::publish_plane(ctx, Quantity::BuiltZone, frame, zone_cells.view())?)
        .figure("cells_merged", moved)
        .figure("cells_merged_by_couple", by_couple(ctx, &regular.moved))
        .figure("regions_exempt", regular.exemptions.len())
        .proof(
            "minimum_unit",
            format!(
                "{n_regions} regions, 0 below their unit besides {} listed",
                regular.exemptions.len()
            ),
        ))
}

/// Counts the regions and checks that those below their unit are the ones listed.
fn check_units(
    codes: &Array2<u16>,
    zone: &Array2<bool>,
    units: &CoupleUnits<'_>,
    n_listed: usize,
) -> Result<usize, Error> {
    let labels = kernels::label::label(codes.view());
    let in_zone = labels.count(zone.view());
    let below = labels.regions.iter().zip(in_zone).filter(|(region, n_zone_cells)| {
        let (value, n_cells) = (region.value, region.n_cells);
        n_cells < units.min_cells(&Candidate { value, n_cells, n_zone_cells: *n_zone_cells })
    });
    match below.count() {
        n_below if n_below == n_listed => Ok(labels.regions.len()),
        n_below => Err(Error::invariant(
            "minimum_unit",
            format!("{n_below} regions are below their unit, {n_listed} are listed"),
        )),
    }
}

/// Cells that went from one couple to another, by the two couples.
fn by_couple(
    ctx: &Context,
    moved: &std::collections::BTreeMap<(u16, u16), u64>,
) -> Map<String, serde_json::Value> {
    let text = |cell: u16| {
        let couple = Couple::from_cell(cell);
        let code = |dimension, id| ctx.config.nomenclature.code(dimension, id);
        format!("{}/{}", code(Dimension::Cover, couple.cs), code(Dimension::Usage, couple.us))
    };
    moved
        .iter()
        .map(|(&(from, to), &cells)| (format!("{} -> {}", text(from), text(to)), json!(cells)))
        .collect()
}
