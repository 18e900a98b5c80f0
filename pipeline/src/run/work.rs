//! One part of one stage: what a worker does, beside others or between them.

use super::Body;
use super::drive::Run;
use crate::blocks::Share;
use crate::cancel::Cancel;
use crate::config::Config;
use crate::error::Error;
use crate::plan::Plan;
use crate::progress::LogFormat;
use crate::stage::Stage;

/// What a worker is asked.
#[derive(Debug, Clone)]
pub struct Task {
    /// The stage.
    pub stage: Stage,
    /// The part of it.
    pub share: Share,
    /// Size of the thread pool.
    pub threads: usize,
    /// Work although the machine has less than the stage needs.
    pub force: bool,
    /// How to talk.
    pub log_format: LogFormat,
}

/// Does a task with the given body: [`super::work`] without its stages.
///
/// # Errors
/// As for [`super::work`].
pub fn carry_out(
    config: &Config,
    task: &Task,
    cancel: &Cancel,
    body: Body<'_>,
) -> Result<(), Error> {
    let Task { stage, share, .. } = *task;
    if !Stage::of(config).any(|of_config| of_config == stage) {
        let hint = "without `prior:` there is nothing to compare with";
        return Err(refused(format!("this configuration has no stage `{stage}`"), hint));
    }
    if share != Share::All && !stage.has_blocks() {
        let hint = "leave `--prepare`, `--slice` and `--seal` out: it is one unit";
        return Err(refused(format!("stage `{stage}` has no blocks"), hint));
    }
    let how = (task.threads, task.log_format);
    if matches!(share, Share::Slice(_)) {
        return Run::beside(config, how, cancel)?.slice((stage, share), body);
    }
    let mut headers = None;
    if share.prepares() {
        let plan = Plan::new(config, stage..=stage)?.within(task.threads, None);
        plan.preflight(task.force)?;
        headers = Some(plan.into_mosaics());
    }
    let mut run = Run::alone(config, how, cancel)?;
    run.headers = headers;
    run.part((stage, share), body)
}

fn refused(what: String, hint: &str) -> Error {
    Error::Usage { what, hint: Some(hint.to_owned()) }
}
