//! `millesime coverage check`: every fault of delivered layers.

use super::examine::examine;
use super::report::{Outputs, Report};
use super::rules::Rules;
use super::sheet::Sheet;
use crate::commands::compare::layer;
use crate::error::Error;

/// What `coverage check` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: a vintage at a department's limit, with the places to look at
  millesime coverage check OCCUPATION_SOL.gpkg --capture-rules ocsge-2-0 \\
      --zone ZONE_CONSTRUITE.gpkg --allow gap --places places.gpkg --report report.jsonl

FILE is any delivered layer (OCCUPATION_SOL, ARTIF, DIFF, zan_evol, ZONE_CONSTRUITE), `FILE:LAYER`
where a file has several. The findings go to stdout as JSON lines in the shape of the national
validator, and to stderr as a table.")]
pub struct Args {
    /// The layers to check
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    #[command(flatten)]
    rules: Rules,
    #[command(flatten)]
    outputs: Outputs,
}

/// Checks one layer after the other.
///
/// # Errors
/// [`Error::Unsound`] when a finding is of a level that fails; [`Error::Usage`] for a wrong option,
/// [`Error::Input`] for a file that cannot be judged, [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let question = args.rules.question()?;
    let inputs = args.rules.with_grounds(&args.files);
    let mut report = Report::start(&args.outputs, &question, &inputs)?;
    for file in &args.files {
        let assumed = question.department.as_ref();
        let (mut sheet, _) = Sheet::read(&layer(file), assumed, question.nomenclature.as_ref())?;
        examine(&mut sheet, &args.rules, &question)?;
        report.add(&sheet)?;
    }
    report.finish(
        None,
        "`millesime coverage repair` mends what is mechanical; `--allow KEY` lets a key pass",
    )
}
