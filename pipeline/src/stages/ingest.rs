//! Ingest: imagery, evidence and the prior vintage on one grid.
//!
//! Vector layers are held; cells are made block by block, so memory follows the size of a block and
//! the number of shapes, not the extent of the territory.

use kernels::placed::Placed;
use ndarray::{Array2, Array3, ArrayViewMut2, Axis};
use nomenclature::Couple;
use serde_json::{Map, Value, json};

use crate::config::{EvidenceKind, Prior};
use crate::context::Context;
use crate::cube::{self, Growing, Quantity};
use crate::date::Date;
use crate::error::Error;
use crate::io::cube::{Frame, SHARD};
use crate::land::Land;
use crate::stage_report::StageReport;
use crate::stages::prior::{self, Corrected};
use crate::survey::{Mosaics, Survey};

mod evidence;
mod images;
mod predictions;
mod strips;

use evidence::Shapes;

/// Puts every input on the working grid.
///
/// # Errors
/// An input cannot be read, or is not fit for the territory: see [`Survey::look`].
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let land = Land::read(config, ctx.tally)?;
    let read = |given: &Prior| prior::corrected(ctx, given, ctx.tally);
    let prior = config.prior.as_ref().map(read).transpose()?;
    let polygons = prior.as_ref().map(|prior| &prior.vintage.polygons[..]);
    let mosaics = Mosaics::open(config)?;
    let survey = Survey::look(config, &mosaics, &land, polygons)?;
    survey.say();
    survey.count_in(ctx.tally);
    cube::create(ctx, land.frame)?;
    let mut report = StageReport::default()
        .figure("cells", land.grid().n_cells())
        .figure("cells_in_territory", survey.cells_in_territory())
        .figure("coverage", survey.figures());
    for (date, given) in Date::of(config) {
        report = images::imagery(ctx, &land, &mosaics, (date, given), report)?;
        if let Some(given) = &given.heights {
            report = images::heights(ctx, &land, &mosaics, (date, given), report)?;
        }
    }
    let mut report = evidence(ctx, &land, report)?;
    if let Some(prior) = &prior {
        report = prior_on_cells(ctx, &land, prior, report)?;
    }
    for (date, _) in Date::of(config) {
        report = predictions::ingest(ctx, land.frame, &mosaics, date, report)?;
    }
    if config.scratch {
        report = bare(ctx, land.frame, report)?;
    }
    Ok(report)
}

/// Burns every evidence layer; a layer that is not given stays empty.
fn evidence(ctx: &Context, land: &Land, report: StageReport) -> Result<StageReport, Error> {
    let mut layers: Vec<(usize, Shapes)> = Vec::new();
    let mut natures = Map::new();
    let mut counts = Map::new();
    for (rank, kind) in EvidenceKind::ALL.into_iter().enumerate() {
        let Some(layer) = ctx.config.evidence.get(kind) else { continue };
        let shapes = Shapes::read(layer, land.frame, ctx.tally)?;
        natures.insert(kind.key().to_owned(), json!(shapes.natures));
        counts.insert(kind.key().to_owned(), json!(shapes.n_features));
        layers.push((rank, shapes));
    }
    let names = EvidenceKind::ALL.map(EvidenceKind::key);
    let notes = Map::from_iter([("natures".to_owned(), Value::Object(natures))]);
    let name = cube::publish(ctx, Quantity::Evidence, land.frame, (&names, notes), |window| {
        let mut cells = Array3::<u8>::zeros((names.len(), window.rows, window.cols));
        for (rank, shapes) in &layers {
            let mut plane: ArrayViewMut2<'_, u8> = cells.index_axis_mut(Axis(0), *rank);
            shapes.burn(window, &mut plane);
        }
        Ok(cells)
    })?;
    Ok(report.output(name).figure("evidence_features", counts))
}

/// What a vintage from scratch starts from: no couple and no object.
fn bare(ctx: &Context, frame: Frame, report: StageReport) -> Result<StageReport, Error> {
    let none = || (&[] as &[&str], Map::new());
    let (couples, objects) = (Quantity::Bare, Quantity::BareObject);
    Ok(report
        .output(cube::publish(ctx, couples, frame, none(), |w| {
            Ok(Array3::<u16>::zeros((1, w.rows, w.cols)))
        })?)
        .output(cube::publish(ctx, objects, frame, none(), |w| {
            Ok(Array3::<u32>::zeros((1, w.rows, w.cols)))
        })?))
}

/// Burns the prior's couples and objects, and notes which objects are ossature and which are as
/// somebody corrected them.
fn prior_on_cells(
    ctx: &Context,
    land: &Land,
    Corrected { vintage: prior, ranks: corrected }: &Corrected,
    report: StageReport,
) -> Result<StageReport, Error> {
    let is_ossature = |rank: &usize| prior.objects[*rank].ossature;
    let ossature: Vec<usize> = (0..prior.n_polygons()).filter(is_ossature).collect();
    let notes = [(cube::OSSATURE, json!(ossature)), (cube::CORRECTED, json!(corrected))];
    let notes = notes.map(|(name, ranks)| (name.to_owned(), ranks)).into_iter().collect();
    let objects = Growing::<u32>::new(ctx, Quantity::PriorObject, land.frame, (&[], notes))?;
    let couples = Growing::<u16>::new(ctx, Quantity::Prior, land.frame, (&[], Map::new()))?;
    let placed = Placed::polygons(&prior.polygons, land.grid(), SHARD);
    let covered = cube::in_blocks(ctx, land.grid(), |window| {
        let ranks: Array2<u32> = placed.rasterise(&prior.polygons, |rank| rank as u32 + 1, window);
        let of_object = ranks.mapv(|object| {
            let rank = object.checked_sub(1);
            rank.map_or(Couple::NODATA, |rank| prior.couples[rank as usize]).to_cell()
        });
        let covered = of_object.iter().filter(|&&cell| cell != 0).count();
        objects.write(window, ranks.insert_axis(Axis(0)))?;
        couples.write(window, of_object.insert_axis(Axis(0)))?;
        Ok(covered)
    })?;
    Ok(report
        .output(objects.publish(ctx)?)
        .output(couples.publish(ctx)?)
        .figure("prior_polygons", prior.n_polygons())
        .figure("prior_polygons_corrected", corrected.len())
        .figure("prior_cells", covered.into_iter().sum::<usize>()))
}
