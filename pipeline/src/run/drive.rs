//! Stages in order: skipped when their journalled result is still there, computed otherwise.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use super::{Body, Options, summary};
use crate::artefact::{self, Stamp};
use crate::cancel::Cancel;
use crate::config::Config;
use crate::context::{Context, WORK};
use crate::error::{Again, Error};
use crate::journal::{Done, Journal, Record};
use crate::lock::Lock;
use crate::plan::Plan;
use crate::progress::{Meter, say};
use crate::stage::Stage;
use crate::tally::Tally;
use crate::{manifest, packages, units};

/// A run under way.
pub(super) struct Run<'a> {
    pub(super) config: &'a Config,
    pub(super) options: &'a Options,
    cancel: &'a Cancel,
    pool: rayon::ThreadPool,
    pub(super) out_dir: PathBuf,
    journal: Journal,
    /// Every complete stage so far.
    pub(super) done: BTreeMap<Stage, Done>,
    /// The stages that this process computed; the others were kept.
    pub(super) computed: Vec<Stage>,
}

/// Runs the stages of a configuration, each with the given body: [`super::run`] without its stages.
///
/// # Errors
/// As for [`super::run`].
pub fn drive(
    config: &Config,
    options: &Options,
    cancel: &Cancel,
    body: Body<'_>,
) -> Result<(), Error> {
    let (first, last) = range(options)?;
    let plan = Plan::new(config, first..=last)?;
    say(options.log_format, "plan", &plan.text(config), plan.fields());
    if options.dry_run {
        return Ok(());
    }
    plan.preflight(options.force)?;
    let out_dir = config.vintage_dir();
    let work_dir = out_dir.join(WORK);
    fs::create_dir_all(&work_dir).map_err(Error::write(&work_dir))?;
    let _lock = Lock::take(&work_dir, &out_dir)?;
    artefact::sweep(&out_dir)?;
    let journal = Journal::open(&work_dir)?;
    let (done, computed) = (BTreeMap::new(), Vec::new());
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build()
        .map_err(|error| Error::internal(format!("no thread pool: {error}")))?;
    let mut run = Run { config, options, cancel, pool, out_dir, journal, done, computed };
    for stage in Stage::of(config).filter(|stage| *stage <= last) {
        run.stage(stage, body)?;
    }
    // A run that stops early says nothing about the deliverables that are there already.
    if last == Stage::Deliver {
        manifest::write(config, &run.out_dir, &run.done, &mut run.journal)?;
    }
    summary::write(&run)?;
    summary::print(&run);
    if last == Stage::Deliver {
        if cancel.is_raised() {
            let during = "the packages of the result".to_owned();
            return Err(Error::Interrupted { during, again: Again::Resumes });
        }
        let documents: Vec<PathBuf> =
            config.nomenclature_source.file().into_iter().cloned().collect();
        packages::make(&run.out_dir, &config.delivery, &documents, options.log_format)?;
    }
    Ok(())
}

/// The first and last stage to run.
fn range(options: &Options) -> Result<(Stage, Stage), Error> {
    let first = options.from.unwrap_or(Stage::Ingest);
    let last = options.to.unwrap_or(Stage::Deliver);
    if first > last {
        let what = format!("`--from {first}` comes after `--to {last}`");
        let names: Vec<_> = Stage::ALL.iter().map(|stage| stage.name()).collect();
        let hint = Some(format!("the order is: {}", names.join(", ")));
        return Err(Error::Usage { what, hint });
    }
    Ok((first, last))
}

impl Run<'_> {
    /// Keeps a stage's journalled result, or computes it.
    fn stage(&mut self, stage: Stage, body: Body<'_>) -> Result<(), Error> {
        let (key, inputs) = self.key(stage)?;
        let forced = self.options.from.is_some_and(|from| stage >= from);
        let kept = if forced {
            None
        } else {
            self.journal.trusted(stage.name(), &key, &self.out_dir)?.cloned()
        };
        if let Some(done) = kept {
            self.say(stage, "kept", "complete, kept", json!({}));
            self.done.insert(stage, done);
            return Ok(());
        }
        if self.options.from.is_some_and(|from| stage < from) {
            let what = format!("stage `{stage}` is not complete for this configuration");
            let hint = Some("run without `--from`: what is complete is kept anyway".to_owned());
            return Err(Error::Usage { what, hint });
        }
        self.compute(stage, (key, &inputs), body)
    }

    /// Runs a stage's body and journals what became of it.
    fn compute(
        &mut self,
        stage: Stage,
        (key, inputs): (String, &BTreeMap<String, Stamp>),
        body: Body<'_>,
    ) -> Result<(), Error> {
        let unit = stage.name().to_owned();
        self.journal.append(Record::Started { unit: unit.clone(), key: key.clone() })?;
        let since = Instant::now();
        let span = tracing::info_span!("stage", name = stage.name());
        match span.in_scope(|| self.body(stage, inputs, body)) {
            Ok(mut done) => {
                done.key = key;
                done.seconds = since.elapsed().as_secs_f64();
                self.journal.append(Record::Done(done.clone()))?;
                let text = units::duration(since.elapsed());
                self.say(stage, "done", &text, json!({ "seconds": done.seconds }));
                self.done.insert(stage, done);
                self.computed.push(stage);
                Ok(())
            }
            Err(error) => {
                if !matches!(error, Error::Interrupted { .. }) {
                    // On a full disk this fails as well; the stage's own error is the one to show.
                    let _ = self.journal.append(Record::Failed { unit, why: error.to_string() });
                }
                Err(error)
            }
        }
    }

    fn body(
        &self,
        stage: Stage,
        inputs: &BTreeMap<String, Stamp>,
        body: Body<'_>,
    ) -> Result<Done, Error> {
        let (meter, tally) = (Meter::new(stage.name(), self.options.log_format), Tally::default());
        let ctx = Context {
            stage,
            config: self.config,
            out_dir: self.out_dir.clone(),
            work_dir: self.out_dir.join(WORK),
            threads: self.options.threads,
            inputs,
            progress: &meter,
            tally: &tally,
            earlier: &self.done,
            cancel: self.cancel,
        };
        ctx.check_cancelled()?;
        let report = self.pool.install(|| body(&ctx));
        meter.finish();
        let report = report?;
        ctx.check_cancelled()?;
        let mut outputs = BTreeMap::new();
        for name in &report.outputs {
            outputs.insert(name.clone(), Stamp::of(&self.out_dir.join(name))?);
        }
        let unit = stage.name().to_owned();
        let flaws = tally.flaws();
        Ok(Done { unit, key: String::new(), outputs, report, flaws, seconds: 0.0 })
    }

    /// Hash of everything that a stage's result depends on, and the inputs among it.
    fn key(&mut self, stage: Stage) -> Result<(String, BTreeMap<String, Stamp>), Error> {
        let mut inputs = BTreeMap::new();
        let paths = stage.inputs(self.config);
        let stamps = self.pool.install(|| self.journal.input_stamps(&paths))?;
        for (path, stamp) in paths.iter().zip(stamps) {
            inputs.insert(self.config.shown(path), stamp);
        }
        Ok((stage_key(self.config, stage, &inputs, &self.done), inputs))
    }

    fn say(&self, stage: Stage, event: &str, text: &str, mut fields: Value) {
        fields["stage"] = json!(stage);
        say(self.options.log_format, event, &format!("{stage:<14} {text}"), fields);
    }
}

/// Hash of everything that a stage's result depends on: version of its code, parameters, its own
/// inputs, and the results of earlier stages.
pub fn stage_key(
    config: &Config,
    stage: Stage,
    inputs: &BTreeMap<String, Stamp>,
    earlier: &BTreeMap<Stage, Done>,
) -> String {
    let needs = stage.needs().iter();
    let needs: BTreeMap<&str, &BTreeMap<String, Stamp>> =
        needs.filter_map(|need| Some((need.name(), &earlier.get(need)?.outputs))).collect();
    let whole: Value = json!({
        "stage": stage,
        "version": stage.version(),
        "parameters": stage.parameters(config),
        "inputs": inputs,
        "needs": needs,
    });
    artefact::sha256(whole.to_string().as_bytes())
}
