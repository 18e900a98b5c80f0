//! Update: the cover and the usage of every cell, prior first.

use std::collections::BTreeMap;

use kernels::lattice::STEPS_PER_METRE;
use kernels::update::{Correction, Decision, Proposal, Reason, Territory, Units, decide};
use kernels::usage::{
    Objects, UsageCells, UsageDecision, UsageError, assign_usage, refine_covers, refine_unchanged,
    spread_to_grounds, unite_footprints,
};
use ndarray::{Array2, ArrayView2};
use nomenclature::evidence::{Layer, Natures};
use nomenclature::{ClassId, Couple, Dimension, Footprint, UpdateTables, UsageTable};
use serde_json::{Map, Value, json};

use crate::artefact::publish_bytes;
use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::error::Error;
use crate::io::cube::Frame;
use crate::proof::{Measures, Move};
use crate::stage_report::StageReport;

mod predictions;
mod sight;

use sight::Sight;

/// The prior objects whose code looks wrong, among the working files.
pub(super) const CORRECTIONS: &str = "corrections.json";
/// Transitions named in the stage's report.
const TRANSITIONS_TOLD: usize = 12;
/// Square metres of a hectare.
const M2_PER_HA: f64 = 10_000.0;
/// A nature that a usage rule names, of which the evidence has a near namesake only.
const NATURE_MISSPELT: &str = "usage_rule_nature_misspelt";

/// Decides every cell.
///
/// # Errors
/// A working file is damaged, or the rules do not fit the nomenclature.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let frame = cube::frame(ctx)?;
    let natures = natures(ctx)?;
    // From scratch no transition is weighed, so any length of time will do.
    let before = config.prior.as_ref().map_or(config.vintage - 1, |prior| prior.vintage);
    let years = f64::from(config.vintage) - f64::from(before);
    let stated = config
        .update_rules
        .compile(&config.nomenclature, years, &natures)
        .map_err(|error| unfit("the update rules", &error))?;
    let sight = Sight::open(ctx, frame)?;
    let known = Known::read(ctx, &stated)?;
    let mut tables = stated.clone();
    let mut decision = decided(ctx, frame, &sight, &known, &tables)?;
    for _ in 0..config.update.estimations {
        let ways = decision.ways(known.prior.view());
        if ways.is_empty() {
            // From scratch there is no way to observe.
            break;
        }
        let worth = config.update.estimation_ha * M2_PER_HA / frame.grid.cell_area_m2();
        tables = stated.reestimated(&ways, worth);
        drop(decision);
        decision = decided(ctx, frame, &sight, &known, &tables)?;
    }
    let report = publish(ctx, frame, &mut decision, known.into_start(), (&natures, &tables))?;
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
    sight: &Sight,
    known: &Known,
    tables: &UpdateTables,
) -> Result<Decision, Error> {
    let proposal = sight.propose(ctx, frame, tables)?;
    ctx.check_cancelled()?;
    let decision = decide_cover(ctx, frame, &proposal, known, (tables, sight.n_classes()))?;
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

/// What the decision needs of the whole territory besides what its cells want: regions, objects and
/// buildings know no block, and any of them may decide about cells at its other end.
struct Known {
    prior: Array2<u16>,
    object: Array2<u32>,
    valid: Array2<u8>,
    /// The layers whose objects change as wholes.
    footprints: Vec<Array2<u8>>,
    /// 1 on ground that is as somebody corrected it; `None` when nothing was corrected.
    locked: Option<Array2<u8>>,
}

impl Known {
    fn read(ctx: &Context, tables: &UpdateTables) -> Result<Self, Error> {
        let evidence = cube::open::<u8>(ctx, Quantity::Evidence)?;
        let whole = evidence.frame().grid.window();
        let layer = |footprint: &Footprint| evidence.read_plane(footprint.layer.rank(), whole);
        let objects = Quantity::start_object(ctx.config);
        let object: Array2<u32> = cube::read_plane(ctx, objects)?;
        let corrected = cube::noted(ctx, objects, cube::CORRECTED)?;
        let locked = || object.mapv(|object| u8::from(cube::is_noted(&corrected, object)));
        Ok(Self {
            prior: cube::read_plane(ctx, Quantity::start(ctx.config))?,
            locked: (!corrected.is_empty()).then(locked),
            object,
            valid: cube::read_plane(ctx, Quantity::Valid)?,
            footprints: tables.footprints().iter().map(layer).collect::<Result<_, _>>()?,
        })
    }

    /// The couples and the objects that cells start from; the rest is given up.
    fn into_start(self) -> (Array2<u16>, Array2<u32>) {
        (self.prior, self.object)
    }
}

fn unfit(what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::usage(format!("{what} do not fit the nomenclature: {error}"))
}

fn as_json(corrections: &[Correction]) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(corrections).map_err(|error| Error::internal(error.to_string()))
}

/// The natures of each evidence layer, as `ingest` left them beside the cells.
fn natures(ctx: &Context) -> Result<Natures, Error> {
    let notes = cube::open::<u8>(ctx, Quantity::Evidence)?.notes();
    let known = notes.get("natures").cloned().unwrap_or_default();
    let of_layer: BTreeMap<Layer, Vec<String>> = serde_json::from_value(known)
        .map_err(|error| Error::internal(format!("natures of the evidence: {error}")))?;
    Ok(Layer::ALL.map(|layer| of_layer.get(&layer).cloned().unwrap_or_default()))
}

fn decide_cover(
    ctx: &Context,
    frame: Frame,
    proposal: &Proposal,
    known: &Known,
    (tables, n_classes): (&UpdateTables, usize),
) -> Result<Decision, Error> {
    let footprints: Vec<_> = known.footprints.iter().map(|layer| layer.view()).collect();
    let territory = Territory {
        proposal,
        prior: known.prior.view(),
        object: known.object.view(),
        valid: known.valid.view(),
        footprints: &footprints,
        locked: known.locked.as_ref().map(|locked| locked.view()),
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

/// The usage of every cell.
///
/// * `object`: the object that each cell starts from.
fn usages(
    ctx: &Context,
    frame: Frame,
    (cells, object): (&UsageCells<'_>, ArrayView2<'_, u32>),
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
        let params = &ctx.config.update;
        let objects =
            Objects { object, whole_share: params.whole_share, fringe_cells: params.fringe_cells };
        refine_unchanged(table, cells, &objects, &mut decision).map_err(internal)?;
    }
    Ok(Usages { decision, of_footprints, of_grounds })
}

/// Gives finer covers and usages, and publishes couples, confidences and reasons.
fn publish(
    ctx: &Context,
    frame: Frame,
    decision: &mut Decision,
    (prior, object): (Array2<u16>, Array2<u32>),
    (natures, tables): (&Natures, &UpdateTables),
) -> Result<StageReport, Error> {
    let table = usage_table(ctx, natures)?;
    let evidence = cube::read::<u8>(ctx, Quantity::Evidence)?;
    let (prior, evidence) = (prior.view(), evidence.view());
    let mut by_rule = refine_covers(&table, (prior, evidence), decision)
        .map_err(|error| Error::internal(error.to_string()))?;
    let cells = UsageCells { cover: decision.cover.view(), prior, evidence };
    let usages = usages(ctx, frame, (&cells, object.view()), (&table, tables))?;
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
