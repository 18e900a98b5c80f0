//! The end of a run: time per stage, laws checked, flaws counted.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::drive::Run;
use super::page;
use crate::artefact::publish_bytes;
use crate::error::Error;
use crate::progress::say;
use crate::stage::Stage;
use crate::tally::Flaws;
use crate::{machine, units};

/// Writes `run.json`: what the manifest leaves out because it differs from run to run.
pub(super) fn write(run: &Run<'_>) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(&fields(run))
        .map_err(|error| Error::internal(format!("the summary has no JSON form: {error}")))?;
    publish_bytes(run.out_dir.join("run.json"), format!("{text}\n").as_bytes())?;
    publish_bytes(run.out_dir.join(page::PAGE), page::html(run)?.as_bytes())?;
    Ok(())
}

/// Says it.
pub(super) fn print(run: &Run<'_>) {
    say(run.log_format, "summary", &text(run), fields(run));
}

fn flaws(run: &Run<'_>) -> Flaws {
    let mut all = Flaws::default();
    run.done.values().for_each(|done| all.merge(&done.flaws));
    all
}

/// Cells of the working grid.
pub(super) fn n_cells(run: &Run<'_>) -> u64 {
    let ingest = run.done.get(&Stage::Ingest);
    let cells = ingest.and_then(|done| done.report.figures.get("cells")).and_then(Value::as_u64);
    cells.unwrap_or(0)
}

fn fields(run: &Run<'_>) -> Value {
    let n_cells = n_cells(run);
    let peaks = run.done.values().filter_map(|done| Some(done.spent?.memory_peak_bytes));
    let peak = peaks.chain(machine::memory_peak_bytes()).max();
    let stages: Vec<Value> = run
        .done
        .iter()
        .map(|(stage, done)| {
            let kept = !run.computed.contains(stage);
            let mut fields = json!({ "stage": stage, "seconds": done.seconds, "kept": kept });
            if let Some(spent) = done.spent {
                // What is neither reading nor writing is computing, or waiting for another thread.
                let all = spent.seconds * run.threads as f64;
                let rest = (all - spent.reading_seconds - spent.writing_seconds).max(0.0);
                fields["spent"] = json!(spent);
                fields["other_thread_seconds"] = json!(rest);
                fields["cells_per_second"] = json!((n_cells as f64 / spent.seconds).round());
            }
            fields
        })
        .collect();
    let flaws = flaws(run);
    let issues: Vec<Value> = flaws
        .by_count()
        .into_iter()
        .map(|(key, flaw)| json!({ "key": key, "count": flaw.count, "area_m2": flaw.area_m2() }))
        .collect();
    json!({
        "version": crate::VERSION,
        "threads": run.threads,
        "cells": n_cells,
        "memory_peak_bytes": peak,
        "stages": stages,
        "issues": issues,
    })
}

fn text(run: &Run<'_>) -> String {
    let mut text = String::new();
    for done in run.done.values() {
        for proof in &done.report.proofs {
            let _ = writeln!(text, "holds  {proof}");
        }
    }
    let total: f64 =
        run.computed.iter().filter_map(|stage| run.done.get(stage)).map(|d| d.seconds).sum();
    let _ = write!(text, "done   {}", units::duration(Duration::from_secs_f64(total)));
    for stage in &run.computed {
        if let Some(done) = run.done.get(stage) {
            let time = units::duration(Duration::from_secs_f64(done.seconds));
            let _ = write!(text, "   {stage} {time}");
        }
    }
    let kept = run.done.len() - run.computed.len();
    if kept > 0 {
        let _ = write!(text, "   ({kept} kept)");
    }
    let flaws = flaws(run);
    let issues: Vec<String> = flaws
        .by_count()
        .into_iter()
        .map(|(key, flaw)| format!("{key} {}", units::count(flaw.count)))
        .collect();
    if !issues.is_empty() {
        let _ = write!(text, "\nissues {}", issues.join(" · "));
    }
    let _ = write!(text, "\nin     {}", run.out_dir.display());
    text
}
