//! Update: the cover and the usage of every cell, prior first.

use std::collections::BTreeMap;

use kernels::grid::{Grid, Window};
use kernels::lattice::STEPS_PER_METRE;
use kernels::trees::Model;
use kernels::update::{
    Block, Correction, Decision, Fusion, Proposal, Reason, Seen, Shares, Territory, Units, decide,
};
use kernels::usage::{
    Objects, UsageCells, UsageDecision, UsageError, assign_usage, refine_covers, refine_unchanged,
    spread_to_grounds, unite_footprints,
};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, Array3, ArrayView2, ArrayView3, s};
use nomenclature::evidence::{Layer, Natures};
use nomenclature::{ClassId, Couple, Dimension, UpdateTables, UsageTable};
use serde_json::{Map, Value, json};

use crate::artefact::publish_bytes;
use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::date::Date;
use crate::error::Error;
use crate::io::cube::{CubeArray, Frame};
use crate::model::ModelFile;
use crate::proof::{Measures, Move};
use crate::stage_report::StageReport;
use crate::stages::classify::{inside, model_path};

mod predictions;

use predictions::confusions;

/// The prior objects whose code looks wrong, among the working files.
pub(super) const CORRECTIONS: &str = "corrections.json";
/// Transitions named in the stage's report.
const TRANSITIONS_TOLD: usize = 12;
/// Square metres of a hectare.
const M2_PER_HA: f64 = 10_000.0;
/// Side of the blocks that are fused at once, in cells.
const SIDE: usize = 512;
/// A nature that a usage rule names, of which the evidence has a near namesake only.
const NATURE_MISSPELT: &str = "usage_rule_nature_misspelt";

/// Decides every cell.
///
/// # Errors
/// A working file is damaged, or the rules do not fit the nomenclature.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let frame = cube::frame(ctx)?;
    let (model, ground) = read_model(ctx)?;
    let natures = natures(ctx)?;
    // From scratch no transition is weighed, so any length of time will do.
    let before = config.prior.as_ref().map_or(config.vintage - 1, |prior| prior.vintage);
    let years = f64::from(config.vintage) - f64::from(before);
    let stated = config
        .update_rules
        .compile(&config.nomenclature, years, &natures)
        .map_err(|error| unfit("the update rules", &error))?;
    let learned = &model.shares();
    let of_model = (&model, Shares { learned, ground: &ground });
    let prior = cube::read_plane::<u16>(ctx, Quantity::start(config))?;
    let evidence = cube::read::<u8>(ctx, Quantity::Evidence)?;
    let known = Known { prior: prior.view(), evidence: evidence.view() };
    let mut tables = stated.clone();
    let mut decision = decided(ctx, frame, of_model, known, &tables)?;
    for _ in 0..config.update.estimations {
        let ways = decision.ways(known.prior);
        if ways.is_empty() {
            // From scratch there is no way to observe.
            break;
        }
        let worth = config.update.estimation_ha * M2_PER_HA / frame.grid.cell_area_m2();
        tables = stated.reestimated(&ways, worth);
        decision = decided(ctx, frame, of_model, known, &tables)?;
    }
    let report = publish(ctx, frame, &mut decision, known, (&natures, &tables))?;
    let corrections = publish_bytes(ctx.work(CORRECTIONS), &as_json(&decision.corrections)?)?;
    let by_reason: Map<_, _> =
        decision.cells.iter().map(|(reason, &n)| (reason.english().to_owned(), json!(n))).collect();
    Ok(report
        .output(ctx.relative(&corrections.path))
        .figure("cells_by_reason", by_reason)
        .figure("transitions", transitions(ctx, &stated, &tables))
        .figure("correction_candidates", decision.corrections.len()))
}

/// What the cells want and what becomes of it, with these tables.
fn decided(
    ctx: &Context,
    frame: Frame,
    (model, shares): (&Model, Shares<'_>),
    known: Known<'_>,
    tables: &UpdateTables,
) -> Result<Decision, Error> {
    let proposal = propose(ctx, frame, (model, shares), tables)?;
    ctx.check_cancelled()?;
    let decision = decide_cover(ctx, frame, &proposal, known, tables, model.classes().len())?;
    ctx.check_cancelled()?;
    Ok(decision)
}

/// The ways whose probability was estimated to be another one than stated, most changed first.
fn transitions(ctx: &Context, stated: &UpdateTables, tables: &UpdateTables) -> Value {
    let code = |id: ClassId| ctx.config.nomenclature.code(Dimension::Cover, id);
    let mut moved: Vec<_> = stated
        .stated()
        .map(|(from, to)| (from, to, stated.transition(from, to), tables.transition(from, to)))
        .filter(|&(_, _, before, after)| (after - before).abs() > 1e-9)
        .collect();
    let change = |&(_, _, before, after): &(ClassId, ClassId, f64, f64)| (after - before).abs();
    moved.sort_by(|a, b| change(b).total_cmp(&change(a)).then((a.0, a.1).cmp(&(b.0, b.1))));
    moved.truncate(TRANSITIONS_TOLD);
    let told = moved.into_iter().map(|(from, to, before, after)| {
        json!({ "from": code(from), "to": code(to), "stated": before, "estimated": after })
    });
    Value::Array(told.collect())
}

/// What was known of the cells before the imagery was looked at.
#[derive(Clone, Copy)]
struct Known<'a> {
    prior: ArrayView2<'a, u16>,
    evidence: ArrayView3<'a, u8>,
}

fn unfit(what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::usage(format!("{what} do not fit the nomenclature: {error}"))
}

fn as_json(corrections: &[Correction]) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(corrections).map_err(|error| Error::internal(error.to_string()))
}

/// The model, and the share of each of its classes on the ground.
fn read_model(ctx: &Context) -> Result<(Model, Vec<f64>), Error> {
    let path = model_path(ctx);
    let file = ModelFile::read(&path)?;
    let model = file.fitted(ctx.config, &path)?;
    let ground = file.ground_shares(model.classes(), &ctx.config.nomenclature);
    Ok((model, ground))
}

/// The natures of each evidence layer, as `ingest` left them beside the cells.
fn natures(ctx: &Context) -> Result<Natures, Error> {
    let notes = cube::open::<u8>(ctx, Quantity::Evidence)?.notes();
    let known = notes.get("natures").cloned().unwrap_or_default();
    let of_layer: BTreeMap<Layer, Vec<String>> = serde_json::from_value(known)
        .map_err(|error| Error::internal(format!("natures of the evidence: {error}")))?;
    Ok(Layer::ALL.map(|layer| of_layer.get(&layer).cloned().unwrap_or_default()))
}

/// What every cell wants, block by block.
fn propose(
    ctx: &Context,
    frame: Frame,
    (model, shares): (&Model, Shares<'_>),
    tables: &UpdateTables,
) -> Result<Proposal, Error> {
    let fusion = Fusion::new(tables, model.classes(), shares, &ctx.config.update)
        .map_err(|error| unfit("the update parameters", &error))?;
    let believed = |date| confusions(ctx, frame, date, model.classes());
    let cells = Cells::open(ctx)?;
    let before = if cells.before.is_some() { believed(Date::Before)? } else { Vec::new() };
    let fusion = fusion.with_predictions(&believed(Date::Now)?, &before);
    ctx.progress.start(frame.grid.n_cells() as u64, "cells");
    let parts: Vec<(Window, Proposal)> = frame
        .grid
        .blocks(SIDE)
        .into_par_iter()
        .map(|window| {
            ctx.check_cancelled()?;
            let part = cells.propose(&fusion, &frame.grid, window)?;
            ctx.progress.advance(window.n_cells() as u64);
            Ok((window, part))
        })
        .collect::<Result<_, Error>>()?;
    Ok(assembled(&frame.grid, &parts))
}

/// The arrays of the cube that a proposal reads.
struct Cells {
    now: SeenCells,
    before: Option<SeenCells>,
    evidence: CubeArray<u8>,
    prior: CubeArray<u16>,
}

impl Cells {
    fn open(ctx: &Context) -> Result<Self, Error> {
        let is_given = ctx.config.imagery_before().is_some() && !ctx.config.scratch;
        Ok(Self {
            now: SeenCells::open(ctx, Date::Now)?,
            before: is_given.then(|| SeenCells::open(ctx, Date::Before)).transpose()?,
            evidence: cube::open(ctx, Quantity::Evidence)?,
            prior: cube::open(ctx, Quantity::start(ctx.config))?,
        })
    }

    fn propose(&self, fusion: &Fusion, grid: &Grid, window: Window) -> Result<Proposal, Error> {
        let around = window.grown(fusion.halo(), grid);
        let now = self.now.read(around)?;
        let before = self.before.as_ref().map(|cells| cells.read(around)).transpose()?;
        let evidence = self.evidence.read(around)?;
        let prior = self.prior.read_plane(0, around)?;
        let predictions = now.predictions();
        let predictions_before = before.as_ref().map(SeenBlock::predictions).unwrap_or_default();
        let block = Block {
            seen: now.seen(&predictions),
            earlier: before.as_ref().map(|seen| seen.seen(&predictions_before)),
            evidence: evidence.view(),
            prior: prior.view(),
        };
        fusion
            .propose(&block, inside(window, around))
            .map_err(|error| Error::internal(error.to_string()))
    }
}

/// The arrays of the cube that tell what was seen at a date.
struct SeenCells {
    probability: CubeArray<u8>,
    imagery: CubeArray<u8>,
    valid: CubeArray<u8>,
    predictions: Vec<CubeArray<u8>>,
}

/// What was seen on a block.
struct SeenBlock {
    probability: Array3<u8>,
    imagery: Array3<u8>,
    valid: Array2<u8>,
    predictions: Vec<Array3<u8>>,
}

impl SeenCells {
    fn open(ctx: &Context, date: Date) -> Result<Self, Error> {
        let n_predictions = date.predictions(ctx.config).len();
        let prediction = |rank| cube::open(ctx, date.prediction(rank));
        Ok(Self {
            predictions: (0..n_predictions).map(prediction).collect::<Result<_, _>>()?,
            probability: cube::open(ctx, date.probability())?,
            imagery: cube::open(ctx, date.imagery())?,
            valid: cube::open(ctx, date.valid())?,
        })
    }

    fn read(&self, window: Window) -> Result<SeenBlock, Error> {
        let predictions = self.predictions.iter().map(|shares| shares.read(window));
        Ok(SeenBlock {
            predictions: predictions.collect::<Result<_, _>>()?,
            probability: self.probability.read(window)?,
            imagery: self.imagery.read(window)?,
            valid: self.valid.read_plane(0, window)?,
        })
    }
}

impl SeenBlock {
    fn predictions(&self) -> Vec<ArrayView3<'_, u8>> {
        self.predictions.iter().map(|shares| shares.view()).collect()
    }

    fn seen<'a>(&'a self, predictions: &'a [ArrayView3<'a, u8>]) -> Seen<'a> {
        Seen {
            predictions,
            probability: self.probability.view(),
            imagery: self.imagery.view(),
            valid: self.valid.view(),
        }
    }
}

/// The proposals of all blocks on the whole grid.
fn assembled(grid: &Grid, parts: &[(Window, Proposal)]) -> Proposal {
    fn plane<T: Clone + Default>(
        grid: &Grid,
        parts: &[(Window, Proposal)],
        of: impl Fn(&Proposal) -> &Array2<T>,
    ) -> Array2<T> {
        let mut whole = Array2::default((grid.rows, grid.cols));
        for (w, part) in parts {
            let rows = w.row..w.row + w.rows;
            whole.slice_mut(s![rows, w.col..w.col + w.cols]).assign(of(part));
        }
        whole
    }
    Proposal {
        best: plane(grid, parts, |p| &p.best),
        margin: plane(grid, parts, |p| &p.margin),
        certainty: plane(grid, parts, |p| &p.certainty),
        certainty_prior: plane(grid, parts, |p| &p.certainty_prior),
        support: plane(grid, parts, |p| &p.support),
        lead_before: plane(grid, parts, |p| &p.lead_before),
    }
}

fn decide_cover(
    ctx: &Context,
    frame: Frame,
    proposal: &Proposal,
    known: Known<'_>,
    tables: &UpdateTables,
    n_classes: usize,
) -> Result<Decision, Error> {
    let object = cube::read_plane::<u32>(ctx, Quantity::start_object(ctx.config))?;
    let valid = cube::read_plane::<u8>(ctx, Quantity::Valid)?;
    let territory = Territory {
        proposal,
        prior: known.prior,
        object: object.view(),
        valid: valid.view(),
        evidence: Some(known.evidence),
        locked: None,
    };
    // `regularise` draws the zone construite, enlarges isolated buildings, applies the units.
    let cell_area_m2 = frame.grid.cell_area_m2();
    let couple = |cs: ClassId| Couple { cs, us: ClassId::NODATA };
    let units = Units {
        least: &|cs| ctx.config.capture.least_area_m2(couple(cs)) / cell_area_m2,
        outside: &|cs| ctx.config.capture.min_area_m2(couple(cs), false) / cell_area_m2,
    };
    decide(&territory, tables, &ctx.config.update, n_classes, &units)
        .map_err(|error| Error::internal(error.to_string()))
}

/// Usages, and what gave them.
struct Usages {
    decision: UsageDecision,
    /// Cells of new buildings that took the usage of the rest.
    of_footprints: u64,
    /// Cells of open ground that took the usage of new buildings.
    of_grounds: u64,
}

/// The usage rules, ready for the natures of the evidence.
fn usage_table(ctx: &Context, natures: &Natures) -> Result<UsageTable, Error> {
    let rules = &ctx.config.usage_rules;
    for (layer, nature, nearest) in rules.unknown_natures(natures) {
        tracing::debug!(layer = layer.key(), nature, "a usage rule names an absent nature");
        // Absent is common; nearly the same name as one that is there is a slip of the pen.
        if nearest.is_some() {
            ctx.tally.count(NATURE_MISSPELT);
        }
    }
    rules
        .compile(&ctx.config.nomenclature, natures)
        .map_err(|error| unfit("the usage rules", &error))
}

fn usages(
    ctx: &Context,
    frame: Frame,
    cells: &UsageCells<'_>,
    (table, tables): (&UsageTable, &UpdateTables),
) -> Result<Usages, Error> {
    let internal = |error: UsageError| Error::internal(error.to_string());
    let mut decision = assign_usage(table, cells).map_err(internal)?;
    let mut of_footprints = 0;
    for footprint in tables.footprints() {
        of_footprints += unite_footprints(footprint, cells, &mut decision).map_err(internal)?;
    }
    let cells_per_metre = f64::from(STEPS_PER_METRE) / f64::from(frame.grid.cell);
    let of_grounds = match &table.grounds {
        Some(grounds) => {
            spread_to_grounds(grounds, cells, cells_per_metre, &mut decision).map_err(internal)?
        }
        None => 0,
    };
    if table.has_everywhere() {
        let object = cube::read_plane::<u32>(ctx, Quantity::PriorObject)?;
        let params = &ctx.config.update;
        let objects = Objects {
            object: object.view(),
            whole_share: params.whole_share,
            fringe_cells: params.fringe_cells,
        };
        refine_unchanged(table, cells, &objects, &mut decision).map_err(internal)?;
    }
    Ok(Usages { decision, of_footprints, of_grounds })
}

/// Gives finer covers and usages, and publishes couples, confidences and reasons.
fn publish(
    ctx: &Context,
    frame: Frame,
    decision: &mut Decision,
    Known { prior, evidence }: Known<'_>,
    (natures, tables): (&Natures, &UpdateTables),
) -> Result<StageReport, Error> {
    let table = usage_table(ctx, natures)?;
    let mut by_rule = refine_covers(&table, (prior, evidence), decision)
        .map_err(|error| Error::internal(error.to_string()))?;
    let cells = UsageCells { cover: decision.cover.view(), prior, evidence };
    let usages = usages(ctx, frame, &cells, (&table, tables))?;
    by_rule.iter_mut().zip(&usages.decision.cells).for_each(|(all, n)| *all += n);
    let decided = Array2::from_shape_fn(prior.raw_dim(), |at| {
        let us = ClassId(usages.decision.usage[at]);
        let couple = Couple { cs: ClassId(decision.cover[at]), us };
        if couple.cs.is_nodata() { 0 } else { couple.to_cell() }
    });
    let by_rule: Map<_, _> =
        table.rules.iter().zip(&by_rule).map(|(rule, &n)| (rule.name.clone(), json!(n))).collect();
    let changed = decided.iter().zip(&prior).filter(|(now, then)| now != then).count();
    Ok(StageReport::default()
        .output(cube::publish_plane(ctx, Quantity::Decided, frame, decided.view())?)
        .output(cube::publish_plane(ctx, Quantity::Confidence, frame, decision.confidence.view())?)
        .output(cube::publish_plane(ctx, Quantity::Reason, frame, decision.reason.view())?)
        .figure("cells_changed", changed)
        .figure("cells_by_usage_rule", by_rule)
        .figure("cells_of_footprints", usages.of_footprints)
        .figure("cells_of_grounds", usages.of_grounds)
        .proof(check_reasons(ctx, decision, prior)?))
}

/// A cell whose cover is not the prior's has a reason that says so, and the other way round.
fn check_reasons(
    ctx: &Context,
    decision: &Decision,
    prior: ArrayView2<'_, u16>,
) -> Result<Measures, Error> {
    let mut changed: BTreeMap<(u8, u8), u64> = BTreeMap::new();
    for (index, &cover) in decision.cover.indexed_iter() {
        let before = (prior[index] >> 8) as u8;
        let reason = Reason::from_cell(decision.reason[index]);
        let stated = reason.is_some_and(|r| r.is_change() || r == Reason::NoPrior);
        if cover != before {
            *changed.entry((before, cover)).or_default() += 1;
        }
        if (cover != before) != stated && before != 0 {
            let details = format!("cell {index:?} went from {before} to {cover}: {reason:?}");
            return Err(Error::invariant("every_cell_has_a_reason", details));
        }
    }
    let cells: u64 = changed.values().sum();
    let code = |id: u8| ctx.config.nomenclature.code(Dimension::Cover, ClassId(id)).to_owned();
    let most = changed.iter().max_by_key(|&(pair, &n)| (n, std::cmp::Reverse(*pair)));
    let most = most.map(|(&(from, to), &cells)| Move { from: code(from), to: code(to), cells });
    Ok(Measures::EveryCellHasAReason { cells, most })
}
