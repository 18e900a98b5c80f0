//! Regularise: minimum mapping units on cells, and the zone construite that they depend on.

use kernels::built_zone::{BuiltZoneRule, built_zone};
use kernels::lattice::STEPS_PER_METRE;
use kernels::regularise::{Candidate, CaptureRule, CellMasks, regularise};
use ndarray::Array2;
use nomenclature::{CaptureUnits, Couple, Dimension, Nomenclature};
use serde_json::{Map, json};

use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::error::Error;
use crate::stage_report::StageReport;

/// Half of the distance under which buildings are joined in the zone construite, in metres.
///
/// With the margin: the dilation of 50 m and erosion of 25 m by which urban patches ("tache
/// urbaine") are usually drawn in France. IGN does not publish its own figures.
const ZONE_CLOSING_M: u32 = 25;
/// Margin around the joined buildings, in metres.
const ZONE_MARGIN_M: u32 = 25;

/// Minimum units of the capture rules, in cells.
pub(super) struct CellUnits<'a> {
    pub(super) capture: &'a CaptureUnits,
    pub(super) nomenclature: &'a Nomenclature,
    pub(super) cell_area_m2: f64,
}

impl CaptureRule for CellUnits<'_> {
    fn min_cells(&self, candidate: &Candidate) -> u64 {
        let in_zone = 2 * candidate.n_zone_cells >= candidate.n_cells;
        let unit_m2 = self.capture.min_area_m2(Couple::from_cell(candidate.value), in_zone);
        (unit_m2 / self.cell_area_m2).ceil() as u64
    }

    fn distance(&self, from: u16, to: u16) -> u32 {
        let (from, to) = (Couple::from_cell(from), Couple::from_cell(to));
        self.nomenclature.semantic_distance(Dimension::Cover, from.cs, to.cs)
            + self.nomenclature.semantic_distance(Dimension::Usage, from.us, to.us)
    }
}

/// Draws the zone construite, then merges changed regions below their unit.
///
/// # Errors
/// A working file is damaged, or a region stays below its unit without a listed reason.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let frame = cube::frame(ctx)?;
    let decided = cube::read_plane::<u16>(ctx, Quantity::Decided)?;
    let prior = cube::read_plane::<u16>(ctx, Quantity::Prior)?;
    let capture = &ctx.config.capture;
    let built = decided.mapv(|cell| capture.is_built(Couple::from_cell(cell).cs));
    let cells_per_metre = f64::from(STEPS_PER_METRE) / f64::from(frame.grid.cell);
    let cells = |metres: u32| (f64::from(metres) * cells_per_metre).round() as u32;
    let rule =
        BuiltZoneRule { closing_radius: cells(ZONE_CLOSING_M), margin: cells(ZONE_MARGIN_M) };
    let mut zone = built_zone(built.view(), rule);
    zone.zip_mut_with(&decided, |inside, &cell| *inside &= cell != 0);
    let changed = Array2::from_shape_fn(decided.raw_dim(), |at| decided[at] != prior[at]);
    let units = CellUnits {
        capture,
        nomenclature: &ctx.config.nomenclature,
        cell_area_m2: frame.grid.cell_area_m2(),
    };
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
    units: &CellUnits<'_>,
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
