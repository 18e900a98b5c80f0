//! Update: the cover and the usage of every cell, prior first.

use std::collections::BTreeMap;

use kernels::plane::Plane;
use kernels::update::{Correction, Decision, Reason, Territory, Units, Wishes, decide};
use ndarray::Zip;
use nomenclature::evidence::{Layer, Natures};
use nomenclature::{ClassId, Couple, Dimension, UpdateTables, UsageTable};
use serde_json::{Map, Value, json};

use crate::artefact::publish_bytes;
use crate::context::Context;
use crate::cube::{self, Growing, Quantity};
use crate::error::Error;
use crate::io::cube::Frame;
use crate::proof::{Measures, Move};
use crate::stage_report::StageReport;

mod known;
mod predictions;
mod sight;
mod usages;

use known::Known;
use sight::{BANDS, Sight};
use usages::{Usages, usages};

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
    let certainty = Growing::new(ctx, Quantity::Certainty, frame, (&BANDS, Map::new()))?;
    let mut tables = stated.clone();
    let mut decision = decided(ctx, frame, (&sight, &known), &tables, &certainty)?;
    for _ in 0..config.update.estimations {
        let ways = decision.ways(&known.prior);
        if ways.is_empty() {
            // From scratch there is no way to observe.
            break;
        }
        let worth = config.update.estimation_ha * M2_PER_HA / frame.grid.cell_area_m2();
        tables = stated.reestimated(&ways, worth);
        drop(decision);
        decision = decided(ctx, frame, (&sight, &known), &tables, &certainty)?;
    }
    let table = usage_table(ctx, &natures)?;
    let usages = usages(ctx, &known, &mut decision, (&table, &tables))?;
    let report = publish(ctx, frame, &decision, (&known.prior, &certainty), (&table, &usages))?;
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
    (sight, known): (&Sight, &Known),
    tables: &UpdateTables,
    certainty: &Growing<u8>,
) -> Result<Decision, Error> {
    let wishes = sight.wishes(ctx, known, tables, certainty)?;
    ctx.check_cancelled()?;
    let decision = decide_cover(ctx, frame, &wishes, known, (tables, sight.n_classes()))?;
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
    wishes: &Wishes,
    known: &Known,
    (tables, n_classes): (&UpdateTables, usize),
) -> Result<Decision, Error> {
    let territory = Territory {
        wishes,
        prior: &known.prior,
        object: &known.object,
        valid: &known.valid,
        footprints: &known.footprints,
        locked: known.locked.as_ref(),
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

/// Publishes couples, confidences and reasons.
fn publish(
    ctx: &Context,
    frame: Frame,
    decision: &Decision,
    (prior, certainty): (&Plane<u16>, &Growing<u8>),
    (table, usages): (&UsageTable, &Usages),
) -> Result<StageReport, Error> {
    let decided = decision.cover.zip(&usages.usage, |cs, us| {
        let couple = Couple { cs: ClassId(cs), us: ClassId(us) };
        if couple.cs.is_nodata() { 0 } else { couple.to_cell() }
    });
    let by_rule = table.rules.iter().zip(&usages.by_rule);
    let by_rule: Map<_, _> = by_rule.map(|(rule, &n)| (rule.name.clone(), json!(n))).collect();
    let changed: u64 = decided.differences(prior).values().sum();
    Ok(StageReport::default()
        .output(cube::publish_runs(ctx, Quantity::Decided, frame, &decided, |cell| cell)?)
        .output(publish_confidence(ctx, frame, decision, certainty)?)
        .output(cube::publish_runs(
            ctx,
            Quantity::Reason,
            frame,
            &decision.reason,
            Reason::to_cell,
        )?)
        .figure("cells_changed", changed)
        .figure("cells_by_usage_rule", by_rule)
        .figure("cells_of_footprints", usages.of_footprints)
        .figure("cells_of_grounds", usages.of_grounds)
        .proof(check_reasons(ctx, decision, prior)?))
}

/// Publishes the certainty of each cell's class: the best one's or the prior's.
fn publish_confidence(
    ctx: &Context,
    frame: Frame,
    decision: &Decision,
    certainty: &Growing<u8>,
) -> Result<String, Error> {
    cube::publish(ctx, Quantity::Confidence, frame, (&[], Map::new()), |window| {
        let certainties = certainty.read(window)?;
        let takes_best = decision.takes_best.window(window);
        let (best, of_prior) = certainties.view().split_at(ndarray::Axis(0), 1);
        let confidence = Zip::from(&takes_best.insert_axis(ndarray::Axis(0)))
            .and(best)
            .and(of_prior)
            .map_collect(|&takes_best, &best, &of_prior| if takes_best { best } else { of_prior });
        Ok(confidence)
    })
}

/// A cell whose cover is not the prior's has a reason that says so, and the other way round.
fn check_reasons(
    ctx: &Context,
    decision: &Decision,
    prior: &Plane<u16>,
) -> Result<Measures, Error> {
    let mut changed: BTreeMap<(u8, u8), u64> = BTreeMap::new();
    let priors =
        (0..prior.dim().0).flat_map(|row| prior.row(row).runs().map(move |run| (row, run)));
    for (row, (cols, couple)) in priors {
        let before = (couple >> 8) as u8;
        for (cols, cover, reason) in decision.over(row, cols) {
            let stated = reason.is_change() || reason == Reason::NoPrior;
            if cover != before {
                *changed.entry((before, cover)).or_default() += cols.len() as u64;
            }
            if (cover != before) != stated && before != 0 {
                let at = (row, cols.start);
                let details = format!("cell {at:?} went from {before} to {cover}: {reason:?}");
                return Err(Error::invariant("every_cell_has_a_reason", details));
            }
        }
    }
    let cells: u64 = changed.values().sum();
    let code = |id: u8| ctx.config.nomenclature.code(Dimension::Cover, ClassId(id)).to_owned();
    let most = changed.iter().max_by_key(|&(pair, &n)| (n, std::cmp::Reverse(*pair)));
    let most = most.map(|(&(from, to), &cells)| Move { from: code(from), to: code(to), cells });
    Ok(Measures::EveryCellHasAReason { cells, most })
}
