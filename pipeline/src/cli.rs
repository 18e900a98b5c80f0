//! The command line as typed, and the way from a command to an exit code.
//!
//! A command is one file in `commands/` with `pub struct Args` and
//! `pub fn execute(args: &Args) -> Result<(), Error>`; adding one takes a variant of [`Command`]
//! and an arm of `Command::execute`.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use clap::{Parser, Subcommand};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Layer};

use crate::commands::{
    assess, check, compare, completions, corrections, coverage, deliver, doctor, explain, gc,
    indicators, infer, init, nomenclature, plan, run, sample, score, status, submit, vectorise,
    verify, work,
};
use crate::error::{Error, exit};
use crate::trace::ChromeTrace;
use crate::{VERSION, talk};

/// Produces the next vintage of a department's OCS GE land cover, what changed since the prior
/// one, and the artificialisation figures.
#[derive(Debug, Parser)]
#[command(name = "millesime", version = VERSION, max_term_width = 100, after_help = FIRST_STEPS)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const FIRST_STEPS: &str = "\
First steps:
  millesime doctor                 is this machine ready?
  millesime init my-department     write a configuration to fill in
  millesime check my-department/config.yaml
  millesime run my-department/config.yaml

Exit codes: 0 ok, 2 usage, 3 configuration, 4 input, 5 invariant or quality gate, 6 resources,
7 write error, 8 interrupted (run again to resume), 9 manifest mismatch, 10 internal error.";

/// One variant for each file of `commands/`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure how right a delivered vintage is: a blind sample, then accuracy with its intervals
    Assess(assess::Args),
    /// Check a configuration and the files it names, without computing anything
    Check(check::Args),
    /// Compare delivered vintages: change, artificialisation and indicators, without imagery
    Compare(Box<compare::Args>),
    /// Print shell completions
    Completions(completions::Args),
    /// Keep the corrections of a vintage in a ledger, and follow what became of each
    Corrections(corrections::Args),
    /// Check that delivered layers are valid coverages, and mend them
    Coverage(coverage::Args),
    /// Make archives of a finished result, for users and for the national platform
    Deliver(deliver::Args),
    /// Say whether this machine has what a run needs
    Doctor(doctor::Args),
    /// Tell the full story of a place or a polygon of a result
    Explain(explain::Args),
    /// Remove what a run left that nothing needs any more
    Gc(gc::Args),
    /// Flux of artificialisation from a difference layer alone
    Indicators(indicators::Args),
    /// Run a segmentation model (ONNX) over ortho imagery: a class or probability raster
    Infer(Box<infer::Args>),
    /// Write a commented configuration to fill in
    Init(init::Args),
    /// Show, check and convert nomenclatures and rule sets
    Nomenclature(nomenclature::Args),
    /// List the units of work with what each reads, writes and costs
    Plan(plan::Args),
    /// Produce the vintage: run every stage that is not complete yet
    Run(run::Args),
    /// Make a small believable territory to try everything on
    Sample(sample::Args),
    /// Measure a result against the truth of the sample it was made from
    Score(score::Args),
    /// Say how far a run is, and whether its results are intact
    Status(status::Args),
    /// Give the units of work to a cluster's engine as jobs that wait for each other
    Submit(submit::Args),
    /// Turn one class raster into a seamless coverage of polygons
    Vectorise(vectorise::Args),
    /// Say whether the files of a result and of its packages are those that were published
    Verify(verify::Args),
    /// Do one part of one stage beside other workers, as a job of a cluster
    Work(work::Args),
}

impl Command {
    /// The trace that it is asked for.
    fn trace(&self) -> Option<&Path> {
        match self {
            Self::Run(args) => args.trace.as_deref(),
            _ => None,
        }
    }

    fn execute(&self) -> Result<(), Error> {
        match self {
            Self::Assess(args) => assess::execute(args),
            Self::Check(args) => check::execute(args),
            Self::Compare(args) => compare::execute(args),
            Self::Completions(args) => completions::execute(args),
            Self::Corrections(args) => corrections::execute(args),
            Self::Coverage(args) => coverage::execute(args),
            Self::Deliver(args) => deliver::execute(args),
            Self::Doctor(args) => doctor::execute(args),
            Self::Explain(args) => explain::execute(args),
            Self::Gc(args) => gc::execute(args),
            Self::Indicators(args) => indicators::execute(args),
            Self::Infer(args) => infer::execute(args),
            Self::Init(args) => init::execute(args),
            Self::Nomenclature(args) => nomenclature::execute(args),
            Self::Plan(args) => plan::execute(args),
            Self::Run(args) => run::execute(args),
            Self::Sample(args) => sample::execute(args),
            Self::Score(args) => score::execute(args),
            Self::Status(args) => status::execute(args),
            Self::Submit(args) => submit::execute(args),
            Self::Vectorise(args) => vectorise::execute(args),
            Self::Verify(args) => verify::execute(args),
            Self::Work(args) => work::execute(args),
        }
    }
}

/// Runs the command line and gives the process's exit code; a panic becomes exit code 10.
pub fn main(args: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(answer) => return answer_or_usage(&answer),
    };
    // The default hook prints advice for developers; the place is what a report needs.
    std::panic::set_hook(Box::new(|panic| {
        if let Some(place) = panic.location() {
            talk::line(&format!("panic at {place}"));
        }
    }));
    outcome(|| {
        follow(cli.command.trace())?;
        cli.command.execute()
    })
}

/// Follows the spans and events of a command: on stderr when `MILLESIME_LOG` names a level or a filter,
/// such as `debug` or `pipeline=trace`, and in a Chrome trace when one is asked for.
fn follow(trace: Option<&Path>) -> Result<(), Error> {
    let log = EnvFilter::try_from_env("MILLESIME_LOG").ok().map(|filter| {
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        lines.with_span_events(FmtSpan::CLOSE).with_filter(filter)
    });
    let trace = trace.map(ChromeTrace::create).transpose()?;
    if log.is_some() || trace.is_some() {
        tracing_subscriber::registry().with(log).with(trace).init();
    }
    Ok(())
}

/// Prints help and version on stdout (0), usage errors on stderr (2).
fn answer_or_usage(answer: &clap::Error) -> u8 {
    match answer.print() {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => {
            let error = Error::write("stdout")(source);
            talk::failure(&error);
            error.exit_code()
        }
        _ if answer.use_stderr() => exit::USAGE,
        _ => exit::OK,
    }
}

/// Runs a command, says why it failed, and gives the exit code.
fn outcome(command: impl FnOnce() -> Result<(), Error>) -> u8 {
    let result = catch_unwind(AssertUnwindSafe(command)).unwrap_or_else(|payload| {
        let said = payload.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(Error::internal(said.unwrap_or("a panic without a message")))
    });
    match result {
        Ok(()) => exit::OK,
        Err(error) => {
            talk::failure(&error);
            error.exit_code()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_a_sentence_and_an_example() {
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(command.get_about().is_some(), "`{name}` has no sentence");
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.contains("Example"), "`{name}` has no example");
            assert!(after.contains(&format!("millesime {name}")), "`{name}`: another's example");
        }
    }

    #[test]
    fn a_panic_is_an_internal_error() {
        assert_eq!(outcome(|| unreachable!("a test")), exit::INTERNAL);
        assert_eq!(outcome(|| Err(Error::usage("x"))), exit::USAGE);
        assert_eq!(outcome(|| Ok(())), exit::OK);
    }
}
