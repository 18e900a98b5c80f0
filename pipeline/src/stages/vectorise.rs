//! Vectorise: what changed is drawn and cut into the prior's polygons.

use kernels::generalise::{Outline, Spread, Tolerance, generalise_above};
use kernels::grid::Grid;
use kernels::label::label_plane;
use kernels::lattice::{Point, Polygon, area_m2, twice_area_of};
use kernels::plane::Plane;
use kernels::splice::{ChangedRegion, Kinship, SpliceRule, Spliced, splice};
use kernels::trace::{first_difference, trace_labels};
use nomenclature::{Couple, Dimension};

use crate::artefact::Draft;
use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::edited;
use crate::error::{Error, InputError};
use crate::io::record::{BuiltZoneRecord, Deliverable, OccupationRecord};
use crate::io::schema::{Names, Product};
use crate::proof::Measures;
use crate::stage_report::StageReport;
use crate::stages::{names, prior};
use crate::styles::{Legend, products};
use crate::tally::Tally;
use crate::territory::Communes;
use crate::vintage::Vintage;

/// Distance that a drawn outline may be from its staircase, in thousandths of a cell.
const TOLERANCE_MILLICELLS: i32 = 1_000;
/// Share of its area that a region may win or lose by the drawing, in thousandths.
const AREA_PERMILLE: u32 = 20;
/// Distance within which an outline is drawn onto a prior line, in thousandths of a cell.
const SNAP_MILLICELLS: i32 = 2_000;
/// Mean width under which a piece is a sliver, in thousandths of a cell.
const THIN_MILLICELLS: i32 = 3_000;

/// A part that the cut left below its unit and no neighbour could take.
const BELOW_UNIT: &str = "part_below_unit";

/// Makes the vintage's polygons and the zone construite.
///
/// # Errors
/// A working file is damaged, an invariant fails, or a deliverable cannot be written.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let grid = cube::grid(ctx)?;
    let regular = cube::read_runs(ctx, Quantity::Regular, |cell: u16| cell)?;
    let on_cells = cube::read_runs(ctx, Quantity::start(config), |cell: u16| cell)?;
    let zone = cube::read_runs(ctx, Quantity::BuiltZone, |cell: u8| u16::from(cell))?;
    let prior = start(ctx)?;
    let changed_cells = regular.zip(&on_cells, |now, then| if now == then { 0 } else { now });
    drop((regular, on_cells));
    let units_of = |cell: u16| {
        let couple = Couple::from_cell(cell);
        [true, false].map(|in_zone| twice_area_of(config.capture.min_area_m2(couple, in_zone)))
    };
    let (changed, spread) = draw(&changed_cells, &grid, units_of)?;
    ctx.check_cancelled()?;
    let steps = |millicells: i32| grid.cell * millicells / 1_000;
    let rule = SpliceRule { snap: steps(SNAP_MILLICELLS), thin: steps(THIN_MILLICELLS) };
    let unit = |couple: Couple, place: Point| {
        let in_zone = grid.cell_at(place).is_some_and(|at| zone.get(at) != 0);
        twice_area_of(config.capture.min_area_m2(couple, in_zone))
    };
    let spliced = splice(&prior.polygons, &prior.couples, &changed, rule, unit)?;
    check_codes(ctx, &prior, &spliced.polygons)?;
    for &place in &spliced.unfit {
        ctx.tally.count_at(BELOW_UNIT, place, 0, "");
    }
    let outlines: Vec<Polygon> = spliced.polygons.iter().map(|s| s.polygon.clone()).collect();
    let [area, coverage] = edited::laws(&prior.polygons, &outlines, spliced.covered_twice_area)?;
    let names = names(config);
    let occupation = write_occupation(ctx, &names, &prior, &spliced.polygons)?;
    let zones = write_zone(ctx, &names, &zone, &grid)?;
    let count = |kinship| spliced.polygons.iter().filter(|p| p.kinship == kinship).count();
    Ok(StageReport::default()
        .output(occupation)
        .output(zones)
        .figure("changed_cells", changed_cells.map(|cell| cell != 0).n_true())
        .figure("changed_regions", changed.len())
        .figure("drawing_drift_ppm_bound", 1_000 * AREA_PERMILLE)
        .figure("drawing_drift_ppm_max", spread.max_ppm)
        .figure("drawing_drift_ppm_p99", spread.p99_ppm)
        .figure("drawing_drift_ppm_mean", spread.mean_ppm)
        .figure("polygons", spliced.polygons.len())
        .figure("polygons_kept", count(Kinship::Kept))
        .figure("polygons_cut", count(Kinship::Cut))
        .figure("polygons_new", count(Kinship::New))
        .figure("pieces_merged", spliced.n_merged)
        .figure("pieces_merged_m2", area_m2(spliced.merged_twice_area))
        .figure("pieces_given_back", spliced.n_reverted)
        .figure("pieces_left_below_unit", spliced.unfit.len())
        .proof(Measures::CellsOfDrawing { regions: changed.len() as u64 })
        .proof(area)
        .proof(coverage))
}

/// The polygons that changes are cut into: the prior's, or from scratch the bare ground.
fn start(ctx: &Context) -> Result<Vintage, Error> {
    let config = ctx.config;
    // `ingest` has counted the flaws of both files.
    let unheard = Tally::default();
    match &config.prior {
        Some(prior) if !config.scratch => prior::read(ctx, prior, &unheard),
        _ => {
            let (layer, code) = (&config.territories.communes, config.department.code());
            Communes::read(layer, code, config.crs.0, &unheard)?.ground(config.vintage)
        }
    }
}

/// Traces regions of equal couple and fits their outlines, checking the tracing on the way.
///
/// * `units_of`: the areas that a region of a couple does not fall below.
///
/// The regions, and what the fit did to their areas.
fn draw(
    cells: &Plane<u16>,
    grid: &Grid,
    units_of: impl Fn(u16) -> [i128; 2],
) -> Result<(Vec<ChangedRegion>, Spread), Error> {
    let labels = label_plane(cells);
    let traced = trace_labels(&labels, grid);
    if let Some((row, col)) = first_difference(&traced, &labels, grid) {
        let details = format!("the drawing differs at row {row}, column {col}");
        return Err(Error::invariant("cells_of_drawing", details));
    }
    let tolerance = Tolerance {
        distance: grid.cell * TOLERANCE_MILLICELLS / 1_000,
        area_permille: AREA_PERMILLE,
        outline: Outline::Generalised,
    };
    let fitted = generalise_above(&traced, grid.cell, &tolerance, units_of);
    let (_, spread) = fitted.spreads();
    if spread.max_ppm > 1_000 * AREA_PERMILLE {
        let details = format!("{} ppm of a region, bound {AREA_PERMILLE} permille", spread.max_ppm);
        return Err(Error::invariant("polygon_drift_within_bound", details));
    }
    let regions =
        fitted.coverage.polygons().into_iter().zip(traced.faces()).map(|(polygon, face)| {
            ChangedRegion { polygon, couple: Couple::from_cell(face.value) }
        });
    Ok((regions.collect(), spread))
}

/// Every delivered polygon has a cover and a usage.
fn check_codes(ctx: &Context, prior: &Vintage, polygons: &[Spliced]) -> Result<(), Error> {
    let coded = |s: &&Spliced| s.couple.cs.is_nodata() || s.couple.us.is_nodata();
    let mut without = polygons.iter().filter(coded);
    let Some(first) = without.next() else { return Ok(()) };
    if ctx.config.scratch {
        let left: i128 = polygons.iter().filter(coded).map(|s| s.polygon.twice_area()).sum();
        return Err(InputError::new(&ctx.config.imagery.rvb[0], "ground without imagery")
            .got(format!("{} m2 of the communes, in {} places", area_m2(left), 1 + without.count()))
            .expected("imagery of every commune: from scratch nothing else tells the cover")
            .hint("add the missing tiles, or give a prior and run without `--scratch`")
            .into());
    }
    let object = &prior.objects[first.prior as usize];
    Err(InputError::new(&ctx.prior()?.layer.path, "polygons of the prior have no usable code")
        .feature(format!("`{}`", object.id))
        .got(format!("{} polygons whose cover or usage is empty or unknown", 1 + without.count()))
        .expected(format!("codes of `{}`", ctx.config.nomenclature.id()))
        .hint("the tally names them: correct their codes, or name the nomenclature they are in")
        .into())
}

fn write_occupation(
    ctx: &Context,
    names: &Names,
    prior: &Vintage,
    polygons: &[Spliced],
) -> Result<String, Error> {
    let draft = Draft::new(ctx.out(Product::Occupation.file_name(names)))?;
    let legend = Legend::of(&ctx.config.nomenclature);
    let mut layer = Deliverable::<OccupationRecord>::create(
        draft.temp(),
        names,
        &products::embedded(&legend, Product::Occupation, names),
    )?;
    for (rank, spliced) in polygons.iter().enumerate() {
        layer.add(&spliced.polygon, &record(ctx, names, prior, spliced, rank))?;
    }
    layer.finish()?;
    Ok(ctx.relative(&draft.publish()?.path))
}

/// What the vintage says of a polygon.
fn record(
    ctx: &Context,
    names: &Names,
    prior: &Vintage,
    spliced: &Spliced,
    rank: usize,
) -> OccupationRecord {
    let nomenclature = &ctx.config.nomenclature;
    let from = &prior.objects[spliced.prior as usize];
    let inherits =
        spliced.kinship != Kinship::New || prior.couples[spliced.prior as usize] == spliced.couple;
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    OccupationRecord {
        id: format!("{}_{}_{:07}", ctx.config.department.folder(), names.vintage, rank + 1),
        code_cs: nomenclature.code(Dimension::Cover, spliced.couple.cs).to_owned(),
        code_us: nomenclature.code(Dimension::Usage, spliced.couple.us).to_owned(),
        vintage: names.vintage,
        source: if inherits && !from.source.is_empty() {
            from.source.clone()
        } else {
            "millesime".to_owned()
        },
        is_ossature: inherits && from.ossature,
        id_origine: text(&from.id),
        code_or: if inherits { text(&from.code_or) } else { None },
    }
}

fn write_zone(
    ctx: &Context,
    names: &Names,
    zone: &Plane<u16>,
    grid: &Grid,
) -> Result<String, Error> {
    let (drawn, _) = draw(zone, grid, |_| [0; 2])?;
    let draft = Draft::new(ctx.out(Product::BuiltZone.file_name(names)))?;
    let legend = Legend::of(&ctx.config.nomenclature);
    let mut layer = Deliverable::<BuiltZoneRecord>::create(
        draft.temp(),
        names,
        &products::embedded(&legend, Product::BuiltZone, names),
    )?;
    for (rank, region) in drawn.iter().enumerate() {
        let id = format!("{}_{}_ZC{:05}", ctx.config.department.folder(), names.vintage, rank + 1);
        layer.add(&region.polygon, &BuiltZoneRecord { id, vintage: names.vintage })?;
    }
    layer.finish()?;
    Ok(ctx.relative(&draft.publish()?.path))
}
