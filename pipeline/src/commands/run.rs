//! `millesime run`: the next vintage of a department, from its configuration.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::batch::{self, Planned};
use crate::config::Config;
use crate::error::Error;
use crate::progress::LogFormat;
use crate::run::Options;
use crate::stage::Stage;
use crate::{machine, talk, units};

/// What `run` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples: see the plan, then run it; if it stops, the same command resumes
  millesime run aude/config.yaml --dry-run
  millesime run aude/config.yaml --out /data/ocsge
  millesime run batch.yaml          departments x vintages, and one index page of all")]
pub struct Args {
    /// Configurations, as `millesime init` writes them, or batch documents
    #[arg(value_name = "CONFIG", required = true)]
    configs: Vec<PathBuf>,
    /// Put results in DIR/D011/2021 instead of the configuration's `out`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Decide and draw every cell anew: a prior, if any, only teaches the model and is compared
    #[arg(long)]
    scratch: bool,
    /// Classify with this model of an earlier run, train none [default: the configuration's]
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Compute again from this stage on; the ones before must be complete
    #[arg(long, value_name = "STAGE")]
    from: Option<Stage>,
    /// Stop after this stage
    #[arg(long, value_name = "STAGE", hide_possible_values = true)]
    to: Option<Stage>,
    /// Number of threads; the results do not depend on it [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Take at most this much memory, as `8GB`: fewer blocks at a time [default: what is free]
    #[arg(long, value_name = "BYTES", value_parser = units::parse_bytes)]
    memory: Option<u64>,
    /// Write the spans of the run as a Chrome trace, for ui.perfetto.dev
    #[arg(long, value_name = "FILE.json")]
    pub(crate) trace: Option<PathBuf>,
    /// Check the inputs and print the plan, compute nothing
    #[arg(long)]
    dry_run: bool,
    /// Run although disk or memory look too small for the plan
    #[arg(long)]
    force: bool,
    /// How to tell the progress on stderr: `text` for people, `json` for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    log_format: LogFormat,
}

/// Runs the stages that are not complete yet.
///
/// # Errors
/// Whatever stops the run, each kind with its exit code: see [`Error`].
pub fn execute(args: &Args) -> Result<(), Error> {
    talk::as_json(args.log_format == LogFormat::Json);
    let edit =
        |config: Config| Ok(config.with_model(args.model.as_deref())?.with_scratch(args.scratch));
    let runs = Planned::load(&args.configs, args.out.as_deref(), edit);
    let options = Options {
        from: args.from,
        to: args.to,
        threads: machine::threads(args.threads),
        memory_bytes: args.memory,
        dry_run: args.dry_run,
        force: args.force,
        log_format: args.log_format,
    };
    batch::run(runs, &options)
}
