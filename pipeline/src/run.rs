//! One run: lock, plan, stages in order, journal, manifest.
//!
//! Plain functions over typed artefacts: `dispatch` is the one `match` over [`Stage`].

mod drive;
mod forecast;
mod page;
mod summary;
mod work;

pub use drive::{drive, stage_key};
pub(crate) use page::PAGE;
pub use work::{Task, carry_out};

use std::path::PathBuf;

use crate::cancel::Cancel;
use crate::config::Config;
use crate::context::Context;
use crate::error::Error;
use crate::progress::LogFormat;
use crate::stage::Stage;
use crate::stage_report::StageReport;
use crate::stages;

/// What the user asks of a run besides the configuration.
#[derive(Debug, Clone)]
pub struct Options {
    /// Compute again from this stage on; the ones before must be complete.
    pub from: Option<Stage>,
    /// Stop after this stage.
    pub to: Option<Stage>,
    /// Size of the thread pool, unless memory allows fewer.
    pub threads: usize,
    /// The memory that the run may take, in bytes; by default what is free.
    pub memory_bytes: Option<u64>,
    /// Print the plan and stop.
    pub dry_run: bool,
    /// Run although the machine has less than the plan needs.
    pub force: bool,
    /// How to talk.
    pub log_format: LogFormat,
}

/// What computes a stage.
pub type Body<'a> = &'a (dyn Fn(&Context) -> Result<StageReport, Error> + Sync);

/// Runs a configuration until it ends or `cancel` is raised.
///
/// # Errors
/// Whatever stops it, see [`Error`]; what was complete stays journalled and is not computed again.
pub fn run(config: &Config, options: &Options, cancel: &Cancel) -> Result<(), Error> {
    drive(config, options, cancel, &dispatch)
}

/// Does one part of one stage of a configuration, as a worker of a cluster does.
///
/// # Errors
/// As [`run`]; the stages before are not complete, or the task is none of the stage.
pub fn work(config: &Config, task: &Task) -> Result<(), Error> {
    let cancel = Cancel::on_signals()?;
    carry_out(config, task, &cancel, &dispatch)
}

/// The folder of working files of a configuration.
pub fn work_dir(config: &Config) -> PathBuf {
    config.vintage_dir().join(crate::context::WORK)
}

/// Runs the stage that the context names.
fn dispatch(ctx: &Context) -> Result<StageReport, Error> {
    match ctx.stage {
        Stage::Ingest => stages::ingest::run(ctx),
        Stage::Classify => stages::classify::run(ctx),
        Stage::Update => stages::update::run(ctx),
        Stage::Regularise => stages::regularise::run(ctx),
        Stage::Vectorise => stages::vectorise::run(ctx),
        Stage::Change => stages::change::run(ctx),
        Stage::Artificialise => stages::artificialise::run(ctx),
        Stage::Correct => stages::correct::run(ctx),
        Stage::Indicators => stages::indicators::run(ctx),
        Stage::Deliver => stages::deliver::run(ctx),
    }
}
