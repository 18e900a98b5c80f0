//! Stages in order: skipped when their journalled result is still there, computed otherwise.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::forecast::Forecast;
use super::{Body, Options, summary};
use crate::artefact;
use crate::blocks::{self, Share};
use crate::cancel::Cancel;
use crate::config::Config;
use crate::context::{Context, WORK};
use crate::error::{Again, Error};
use crate::fault;
use crate::journal::{Done, Journal, Record};
use crate::lock::Lock;
use crate::plan::Plan;
use crate::progress::{LogFormat, Meter, say};
use crate::spent::Watch;
use crate::stage::Stage;
use crate::stamp::{Stamp, sha256};
use crate::survey::Mosaics;
use crate::tally::Tally;
use crate::{manifest, packages, units};

/// A process at work on the output folder of a configuration.
pub(super) struct Run<'a> {
    pub(super) config: &'a Config,
    cancel: &'a Cancel,
    pool: rayon::ThreadPool,
    pub(super) threads: usize,
    pub(super) log_format: LogFormat,
    pub(super) out_dir: PathBuf,
    journal: Journal,
    /// The headers of the images, where a plan read them.
    pub(super) headers: Option<Mosaics>,
    /// Every complete stage so far.
    pub(super) done: BTreeMap<Stage, Done>,
    /// The stages that this process computed; the others were kept.
    pub(super) computed: Vec<Stage>,
    /// What is left of a run; a worker does not know.
    forecast: Option<Forecast>,
    _lock: Lock,
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
    let plan = if options.from.is_none() { plan.resumed(config) } else { plan };
    let plan = plan.within(options.threads, options.memory_bytes);
    say(options.log_format, "plan", &plan.text(config), plan.fields());
    if options.dry_run {
        return Ok(());
    }
    plan.preflight(options.force)?;
    let mut run = Run::alone(config, (plan.threads(), options.log_format), cancel)?;
    run.forecast = Some(Forecast::new(&plan));
    run.headers = Some(plan.into_mosaics());
    for stage in Stage::of(config).filter(|stage| *stage <= last) {
        run.stage(stage, options.from, body)?;
    }
    run.finish(last)
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

/// The output folder of a configuration and that of its working files, which is made.
fn folders(config: &Config) -> Result<(PathBuf, PathBuf), Error> {
    let out_dir = config.vintage_dir();
    let work_dir = out_dir.join(WORK);
    fs::create_dir_all(&work_dir).map_err(Error::write(&work_dir))?;
    Ok((out_dir, work_dir))
}

impl<'a> Run<'a> {
    /// Takes the output folder for this process alone.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process is at work there; it cannot be written or read.
    pub(super) fn alone(
        config: &'a Config,
        (threads, log_format): (usize, LogFormat),
        cancel: &'a Cancel,
    ) -> Result<Self, Error> {
        let (out_dir, work_dir) = folders(config)?;
        let lock = Lock::take(&work_dir, &out_dir)?;
        artefact::sweep(&out_dir)?;
        let journal = Journal::open(&work_dir)?;
        Self::new(config, (threads, log_format), cancel, (journal, lock))
    }

    /// Takes a place in the output folder beside processes that do the same.
    ///
    /// # Errors
    /// [`Error::Busy`] when a process has the folder for itself; it cannot be read.
    pub(super) fn beside(
        config: &'a Config,
        (threads, log_format): (usize, LogFormat),
        cancel: &'a Cancel,
    ) -> Result<Self, Error> {
        let (out_dir, work_dir) = folders(config)?;
        let lock = Lock::share(&work_dir, &out_dir)?;
        let journal = Journal::read(&work_dir)?;
        Self::new(config, (threads, log_format), cancel, (journal, lock))
    }

    fn new(
        config: &'a Config,
        (threads, log_format): (usize, LogFormat),
        cancel: &'a Cancel,
        (journal, lock): (Journal, Lock),
    ) -> Result<Self, Error> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| Error::internal(format!("no thread pool: {error}")))?;
        Ok(Self {
            config,
            cancel,
            pool,
            threads,
            log_format,
            out_dir: config.vintage_dir(),
            journal,
            headers: None,
            done: BTreeMap::new(),
            computed: Vec::new(),
            forecast: None,
            _lock: lock,
        })
    }

    /// Keeps a stage's journalled result, or computes it.
    ///
    /// * `from`: stages from this one on are computed whatever is there, those before must be complete.
    fn stage(&mut self, stage: Stage, from: Option<Stage>, body: Body<'_>) -> Result<(), Error> {
        let (key, inputs) = self.key(stage)?;
        if from.is_some_and(|from| stage >= from) {
            blocks::forget(&self.work_dir(), stage, None)?;
        } else if self.keep(stage, &key)? {
            return Ok(());
        } else if from.is_some() {
            return Err(incomplete(stage, "run without `--from`: what is complete is kept anyway"));
        }
        self.compute((stage, Share::All), (key, &inputs), body)
    }

    /// Does a part of one stage, the stages before which are complete.
    ///
    /// # Errors
    /// One of them is not, or those of the stage.
    pub(super) fn part(
        mut self,
        (stage, share): (Stage, Share),
        body: Body<'_>,
    ) -> Result<(), Error> {
        for earlier in Stage::of(self.config).filter(|earlier| *earlier < stage) {
            let (key, _) = self.key(earlier)?;
            if !self.keep(earlier, &key)? {
                return Err(incomplete(
                    earlier,
                    "do it first, or `run`, which does what is missing",
                ));
            }
        }
        let (key, inputs) = self.key(stage)?;
        if !self.keep(stage, &key)? {
            self.compute((stage, share), (key, &inputs), body)?;
        }
        if share.seals() { self.finish(stage) } else { Ok(()) }
    }

    /// Does some blocks of a stage that was prepared; earlier stages are those of the journal, which
    /// the preparation held against the disk.
    ///
    /// # Errors
    /// The stage was not prepared for this configuration, or those of the blocks.
    pub(super) fn slice(
        mut self,
        (stage, share): (Stage, Share),
        body: Body<'_>,
    ) -> Result<(), Error> {
        for earlier in Stage::of(self.config).filter(|earlier| *earlier < stage) {
            let (key, _) = self.known_key(earlier)?;
            let Some(done) = self.journal.claimed(earlier.name(), &key) else {
                return Err(incomplete(earlier, "the configuration or its inputs have changed"));
            };
            self.done.insert(earlier, done.clone());
        }
        let (key, inputs) = self.known_key(stage)?;
        if self.journal.claimed(stage.name(), &key).is_some() {
            self.say(stage, "kept", "complete, kept", json!({}));
            return Ok(());
        }
        let watch = Watch::start();
        self.body((stage, share), (&key, &inputs), body)?;
        self.say_done(stage, "slice done", watch.spent().seconds);
        Ok(())
    }

    /// Takes over a stage's journalled result when it is still there.
    fn keep(&mut self, stage: Stage, key: &str) -> Result<bool, Error> {
        let Some(done) = self.journal.trusted(stage.name(), key, &self.out_dir)? else {
            return Ok(false);
        };
        self.done.insert(stage, done.clone());
        // Who completed it may have died before the last of its blocks was removed; those of other
        // parameters go as well.
        blocks::forget(&self.work_dir(), stage, None)?;
        if let Some(forecast) = &mut self.forecast {
            forecast.kept(stage);
        }
        self.say(stage, "kept", "complete, kept", json!({}));
        Ok(true)
    }

    /// Runs a stage's body and journals what became of it.
    fn compute(
        &mut self,
        (stage, share): (Stage, Share),
        (key, inputs): (String, &BTreeMap<String, Stamp>),
        body: Body<'_>,
    ) -> Result<(), Error> {
        // Of blocks that were done for other parameters or inputs nothing can be kept.
        blocks::forget(&self.work_dir(), stage, Some(&key))?;
        let unit = stage.name().to_owned();
        self.journal.append(Record::Started { unit: unit.clone(), key: key.clone() })?;
        let watch = Watch::start();
        match self.body((stage, share), (&key, inputs), body) {
            Ok(_) if !share.seals() => {
                self.say_done(stage, "prepared", watch.spent().seconds);
                Ok(())
            }
            Ok(mut done) => {
                let spent = watch.spent();
                done.key = key;
                done.seconds = spent.seconds;
                done.spent = Some(spent);
                self.journal.append(Record::Done(done.clone()))?;
                fault::point("stage.done");
                blocks::forget(&self.work_dir(), stage, None)?;
                if let Some(forecast) = &mut self.forecast {
                    forecast.computed(stage, spent.seconds);
                }
                self.say_done(stage, "", spent.seconds);
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
        (stage, share): (Stage, Share),
        (key, inputs): (&str, &BTreeMap<String, Stamp>),
        body: Body<'_>,
    ) -> Result<Done, Error> {
        let (meter, tally) = (Meter::new(stage.name(), self.log_format), Tally::default());
        let ctx = Context {
            stage,
            key,
            share,
            config: self.config,
            out_dir: self.out_dir.clone(),
            work_dir: self.work_dir(),
            threads: self.threads,
            inputs,
            headers: self.headers.as_ref(),
            progress: &meter,
            tally: &tally,
            earlier: &self.done,
            cancel: self.cancel,
        };
        ctx.check_cancelled()?;
        let span = tracing::info_span!("stage", name = stage.name());
        let report = self.pool.install(|| span.in_scope(|| body(&ctx)));
        meter.finish();
        let report = report?;
        ctx.check_cancelled()?;
        let outputs = report.stamps(&self.out_dir)?;
        let unit = stage.name().to_owned();
        let flaws = tally.flaws();
        Ok(Done { unit, key: String::new(), outputs, report, flaws, seconds: 0.0, spent: None })
    }

    /// The end of a run; when it comes after the last stage, its failure is journalled.
    fn finish(mut self, last: Stage) -> Result<(), Error> {
        let ended = self.end(last);
        let why = match &ended {
            Err(Error::Interrupted { .. }) => return ended,
            Err(error) => Some(error.to_string()),
            Ok(()) => None,
        };
        if last == Stage::Deliver && (why.is_some() || self.journal.failed_end().is_some()) {
            // On a full disk this fails as well; the end's own error is the one to show.
            let journalled = self.journal.append(Record::Ended { why });
            return ended.and(journalled);
        }
        ended
    }

    /// The manifest when the last stage is done, the summary, the packages.
    fn end(&mut self, last: Stage) -> Result<(), Error> {
        // A run that stops early says nothing about the deliverables that are there already.
        if last == Stage::Deliver {
            manifest::write(self.config, &self.out_dir, &self.done, &mut self.journal)?;
        }
        summary::write(self)?;
        summary::print(self);
        if last == Stage::Deliver {
            if self.cancel.is_raised() {
                let during = "the packages of the result".to_owned();
                return Err(Error::Interrupted { during, again: Again::Resumes });
            }
            let documents: Vec<PathBuf> =
                self.config.nomenclature_source.file().into_iter().cloned().collect();
            packages::make(&self.out_dir, &self.config.delivery, &documents, self.log_format)?;
        }
        Ok(())
    }

    /// Hash of everything that a stage's result depends on, and the inputs among it.
    fn key(&mut self, stage: Stage) -> Result<(String, BTreeMap<String, Stamp>), Error> {
        let paths = stage.inputs(self.config);
        let stamps = self.pool.install(|| self.journal.input_stamps(&paths))?;
        let shown = paths.iter().map(|path| self.config.shown(path));
        let inputs: BTreeMap<String, Stamp> = shown.zip(stamps).collect();
        Ok((stage_key(self.config, stage, &inputs, &self.done), inputs))
    }

    /// The same from what the journal knows of the inputs: nothing is hashed.
    fn known_key(&self, stage: Stage) -> Result<(String, BTreeMap<String, Stamp>), Error> {
        let mut inputs = BTreeMap::new();
        for path in stage.inputs(self.config) {
            let Some(stamp) = self.journal.known_stamp(&path)? else {
                let what = format!("`{}` has changed since the stage was prepared", path.display());
                let hint = Some(format!("`millesime work CONFIG --stage {stage} --prepare`"));
                return Err(Error::Usage { what, hint });
            };
            inputs.insert(self.config.shown(&path), stamp);
        }
        Ok((stage_key(self.config, stage, &inputs, &self.done), inputs))
    }

    fn work_dir(&self) -> PathBuf {
        self.out_dir.join(WORK)
    }

    fn say_done(&self, stage: Stage, what: &str, seconds: f64) {
        let left = self.forecast.as_ref().and_then(Forecast::left);
        let mut text = format!("{what} {}", units::duration(Duration::from_secs_f64(seconds)));
        if let Some(left) = left {
            let _ = write!(text, ", about {} left", units::duration(left));
        }
        let event = if what.is_empty() { "done" } else { what };
        let left = left.map(|left| left.as_secs_f64());
        let fields = json!({ "seconds": seconds, "left_seconds": left });
        self.say(stage, event, text.trim_start(), fields);
    }

    fn say(&self, stage: Stage, event: &str, text: &str, mut fields: Value) {
        fields["stage"] = json!(stage);
        say(self.log_format, event, &format!("{stage:<14} {text}"), fields);
    }
}

fn incomplete(stage: Stage, hint: &str) -> Error {
    let what = format!("stage `{stage}` is not complete for this configuration");
    Error::Usage { what, hint: Some(hint.to_owned()) }
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
    sha256(whole.to_string().as_bytes())
}
