//! How far an output folder is: each stage complete, running, failed or still to do.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::blocks;
use crate::config::Config;
use crate::context::WORK;
use crate::error::{Error, InputError};
use crate::journal::{Journal, State};
use crate::lock::{Holder, Lock};
use crate::slurm::{self, Task};
use crate::stage::Stage;
use crate::units;

/// What comes after the last stage: the manifest, the summary, the packages.
pub const END: &str = "end";

/// What is known of one output folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// As a whole.
    pub state: Progress,
    /// Who runs it now.
    pub by: Option<Holder>,
    /// Each stage, in order.
    pub stages: Vec<StageStatus>,
    /// The stage that the next run computes first; `None` when nothing is left.
    pub next: Option<Stage>,
    /// Why the last run failed after its last stage, as it made packages for instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Tasks of a cluster that are not done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
}

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Nobody began it.
    ToDo,
    /// A living process is at it.
    Running,
    /// Its process died or was stopped.
    Interrupted,
    /// It ended with an error.
    Failed,
    /// It is complete.
    Done,
    /// It has no work in this configuration.
    LeftOut,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ToDo => "to do",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Done => "done",
            Self::LeftOut => "left out",
        })
    }
}

/// What is known of one stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageStatus {
    /// The stage.
    pub stage: Stage,
    /// How far it is.
    pub state: Progress,
    /// Time taken, number of outputs, or why it failed.
    pub note: String,
}

/// Reads the journal of an output folder (`OUT/D011/2021`).
///
/// # Errors
/// [`Error::Input`] when no run ever wrote there, [`Error::Read`] when the journal is unreadable.
pub fn of(out_dir: &Path) -> Result<Status, Error> {
    let work_dir = out_dir.join(WORK);
    if !work_dir.is_dir() {
        return Err(InputError::new(out_dir, "no run has written to this folder")
            .hint("give the configuration, or the folder that holds `manifest.json`")
            .into());
    }
    let journal = Journal::read(&work_dir)?;
    let holder = Lock::holder(&work_dir)?;
    let state = |stage: Stage| journal.state(stage.name());
    let last = Stage::ALL.into_iter().rev().find(|&stage| state(stage).is_some());
    let one = |stage| match state(stage) {
        None if last > Some(stage) => {
            let note = "without a prior there is nothing to compare with".to_owned();
            StageStatus { stage, state: Progress::LeftOut, note }
        }
        state => one(stage, state, holder.is_some()),
    };
    let mut stages: Vec<StageStatus> = Stage::ALL.into_iter().map(one).collect();
    for of in stages.iter_mut().filter(|of| of.stage.has_blocks() && of.state != Progress::Done) {
        of.look_at_blocks(&work_dir)?;
    }
    let end = journal.failed_end().filter(|_| holder.is_none()).map(str::to_owned);
    let mut status = Status::of(stages, holder, end);
    status.tasks = slurm::open_tasks(&work_dir)?;
    Ok(status)
}

/// [`of`] the folder of a configuration; everything is to do in one that does not exist yet.
///
/// # Errors
/// [`Error::Read`] when the journal is unreadable.
pub fn of_config(config: &Config) -> Result<Status, Error> {
    let folder = config.vintage_dir();
    if folder.join(WORK).is_dir() {
        return of(&folder);
    }
    let one = |stage| StageStatus { stage, state: Progress::ToDo, note: String::new() };
    Ok(Status::of(Stage::of(config).map(one).collect(), None, None))
}

impl Status {
    fn of(stages: Vec<StageStatus>, by: Option<Holder>, end: Option<String>) -> Self {
        let is_left = |of: &&StageStatus| !matches!(of.state, Progress::Done | Progress::LeftOut);
        let next = stages.iter().find(is_left).map(|of| of.stage);
        let any = |state| stages.iter().any(|of| of.state == state);
        let state = match () {
            () if by.is_some() => Progress::Running,
            () if any(Progress::Failed) || end.is_some() => Progress::Failed,
            () if any(Progress::Interrupted) => Progress::Interrupted,
            () if next.is_none() => Progress::Done,
            () if any(Progress::Done) => Progress::Interrupted,
            () => Progress::ToDo,
        };
        Self { state, by, stages, next, end, tasks: Vec::new() }
    }

    /// Whether every stage is complete and nobody is at it, whatever came of what follows the last.
    pub fn is_computed(&self) -> bool {
        self.next.is_none() && self.by.is_none()
    }

    /// Why it failed, when it did: the stage, or the end, and the first line of its error.
    pub fn failure(&self) -> Option<String> {
        let told = |what: &str, why: &str| format!("{what}: {}", first_line(why));
        let failed = self.stages.iter().find(|of| of.state == Progress::Failed);
        let of_stage = failed.map(|of| told(of.stage.name(), &of.note));
        of_stage.or_else(|| self.end.as_deref().map(|why| told(END, why)))
    }
}

impl StageStatus {
    /// How far the blocks of a stage are that workers or a run began.
    fn look_at_blocks(&mut self, work_dir: &Path) -> Result<(), Error> {
        let Some(blocks::Progress { done, failed }) = blocks::Progress::of(work_dir, self.stage)?
        else {
            return Ok(());
        };
        let told = failed
            .first_key_value()
            .map(|(unit, why)| format!(", {} failed: {unit}: {why}", failed.len()));
        if told.is_some() && self.state != Progress::Running {
            self.state = Progress::Failed;
        }
        self.note = format!("{done} blocks done{}", told.unwrap_or_default());
        Ok(())
    }
}

/// The first line of an error.
pub fn first_line(why: &str) -> &str {
    why.lines().next().unwrap_or_default()
}

fn one(stage: Stage, state: Option<&State>, running: bool) -> StageStatus {
    let (state, note) = match state {
        None => (Progress::ToDo, String::new()),
        Some(State::Started) if running => (Progress::Running, String::new()),
        Some(State::Started) => {
            (Progress::Interrupted, "the next run computes it again".to_owned())
        }
        Some(State::Failed(why)) => (Progress::Failed, why.clone()),
        Some(State::Done(done)) => {
            let time = units::duration(Duration::from_secs_f64(done.seconds));
            (Progress::Done, format!("{time}, {} output(s)", done.outputs.len()))
        }
    };
    StageStatus { stage, state, note }
}
