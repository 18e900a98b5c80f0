//! How far an output folder is: each stage complete, running, failed or still to do.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::context::WORK;
use crate::error::{Error, InputError};
use crate::journal::{Journal, State};
use crate::lock::Lock;
use crate::stage::Stage;
use crate::units;

/// What is known of one stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageStatus {
    /// The stage.
    pub stage: Stage,
    /// `done`, `running`, `interrupted`, `failed`, `to do`, or `left out` by a later stage.
    pub state: &'static str,
    /// Time taken, number of outputs, or why it failed.
    pub note: String,
}

/// Reads the journal of an output folder (`OUT/D011/2021`).
///
/// # Errors
/// [`Error::Input`] when no run ever wrote there, [`Error::Read`] when the journal is unreadable.
pub fn of(out_dir: &Path) -> Result<Vec<StageStatus>, Error> {
    let work_dir = out_dir.join(WORK);
    if !work_dir.is_dir() {
        return Err(InputError::new(out_dir, "no run has written to this folder")
            .hint("give the configuration, or the folder that holds `manifest.json`")
            .into());
    }
    let journal = Journal::read(&work_dir)?;
    let running = Lock::is_held(&work_dir)?;
    let state = |stage: Stage| journal.state(stage.name());
    let last = Stage::ALL.into_iter().rev().find(|&stage| state(stage).is_some());
    let one = |stage| match state(stage) {
        None if last > Some(stage) => {
            let note = "without a prior there is nothing to compare with".to_owned();
            StageStatus { stage, state: "left out", note }
        }
        state => one(stage, state, running),
    };
    Ok(Stage::ALL.into_iter().map(one).collect())
}

fn one(stage: Stage, state: Option<&State>, running: bool) -> StageStatus {
    let (state, note) = match state {
        None => ("to do", String::new()),
        Some(State::Started) if running => ("running", String::new()),
        Some(State::Started) => ("interrupted", "the next run computes it again".to_owned()),
        Some(State::Failed(why)) => ("failed", why.clone()),
        Some(State::Done(done)) => {
            let time = units::duration(Duration::from_secs_f64(done.seconds));
            ("done", format!("{time}, {} output(s)", done.outputs.len()))
        }
    };
    StageStatus { stage, state, note }
}
