//! `millesime work`: one part of one stage, as a job of a cluster does it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::batch::Planned;
use crate::blocks::{Share, Slice};
use crate::config::Config;
use crate::error::Error;
use crate::machine;
use crate::progress::LogFormat;
use crate::run::{self, Task};
use crate::stage::Stage;
use crate::talk;

/// What `work` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples: a stage by four workers, on as many machines that share the folder
  millesime work aude/config.yaml --stage classify --prepare
  millesime work aude/config.yaml --stage classify --slice 1/4     and 2/4, 3/4, 4/4 elsewhere
  millesime work aude/config.yaml --stage classify --seal")]
pub struct Args {
    /// The configuration, as `millesime init` writes it, or a batch document
    config: PathBuf,
    /// Which run of a batch document, such as `D011/2021`
    #[arg(long, value_name = "NAME")]
    run: Option<String>,
    /// The stage to work on; the ones before must be complete
    #[arg(long, value_name = "STAGE")]
    stage: Stage,
    /// Only what its blocks share: checks of the inputs, the model
    #[arg(long, conflicts_with_all = ["slice", "seal"])]
    prepare: bool,
    /// Only the K-th of N parts of its blocks, beside the workers of the others
    #[arg(long, value_name = "K/N", conflicts_with = "seal")]
    slice: Option<Slice>,
    /// Only what comes after its blocks
    #[arg(long)]
    seal: bool,
    /// Results are in DIR/D011/2021 instead of the configuration's `out`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Number of threads; the results do not depend on it [default: all cores of the job]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Work although disk or memory look too small for the stage
    #[arg(long)]
    force: bool,
    /// How to tell the progress on stderr: `text` for people, `json` for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    log_format: LogFormat,
}

/// Does the part that was asked for; what is complete already is kept.
///
/// # Errors
/// Whatever stops it, each kind with its exit code: see [`Error`].
pub fn execute(args: &Args) -> Result<(), Error> {
    talk::as_json(args.log_format == LogFormat::Json);
    let config = config(args)?;
    let share = match (args.prepare, args.slice, args.seal) {
        (true, ..) => Share::Prepare,
        (_, Some(slice), _) => Share::Slice(slice),
        (_, _, true) => Share::Seal,
        _ => Share::All,
    };
    let task = Task {
        stage: args.stage,
        share,
        threads: machine::threads(args.threads),
        force: args.force,
        log_format: args.log_format,
    };
    run::work(&config, &task)
}

/// The configuration to work on: the only one of its file, or the one that was named.
fn config(args: &Args) -> Result<Config, Error> {
    let mut runs = Planned::load(std::slice::from_ref(&args.config), args.out.as_deref(), Ok);
    let names: Vec<String> = runs.iter().map(|run| format!("`--run {}`", run.name)).collect();
    if let Some(wanted) = &args.run {
        // What cannot be read has no name yet, and says why.
        runs.retain(|run| run.name == *wanted || run.folder.is_none());
    }
    match runs.pop() {
        Some(run) if runs.is_empty() => run.config,
        _ => Err(Error::Usage {
            what: format!("which run of `{}`?", args.config.display()),
            hint: Some(names.join(", ")),
        }),
    }
}
