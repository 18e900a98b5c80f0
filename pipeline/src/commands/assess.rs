//! `millesime assess`: the accuracy of a delivered vintage, from a blind sample.

use crate::error::Error;

pub mod plan;
pub mod result;

/// What `assess` is asked.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples: draw the places, have the sheet filled in with QGIS, then estimate
  millesime assess plan OCCUPATION_SOL.gpkg --out qualite --seed 7
  millesime assess result --plan qualite"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Draw a stratified random sample and write a blind sheet to fill in
    Plan(plan::Args),
    /// Estimate accuracy and areas from a filled sheet; exit 5 when the vintage is rejected
    Result(result::Args),
}

/// Runs the action.
///
/// # Errors
/// Those of the action.
pub fn execute(args: &Args) -> Result<(), Error> {
    match &args.action {
        Action::Plan(args) => plan::execute(args),
        Action::Result(args) => result::execute(args),
    }
}
