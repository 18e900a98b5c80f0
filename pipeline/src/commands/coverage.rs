//! `millesime coverage`: is a delivered layer a valid coverage, and making it one.

use crate::error::Error;

pub mod check;
mod examine;
mod finding;
mod ground;
pub mod repair;
mod report;
mod rules;
mod sheet;
mod units;

/// What `coverage` is asked.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  millesime coverage check OCCUPATION_SOL.gpkg --capture-rules ocsge-2-0 --places places.gpkg
  millesime coverage repair OCCUPATION_SOL.shp --out OCCUPATION_SOL.gpkg --merge"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Find every gap, overlap, duplicate and other fault of delivered layers; exit 5 when one fails
    Check(check::Args),
    /// Write a copy of a layer with what can be mended mended, every column kept
    Repair(repair::Args),
}

/// Runs the action.
///
/// # Errors
/// Those of the action: [`Error::Usage`] for options that make no sense, [`Error::Input`] for a
/// file that cannot be judged, [`Error::Unsound`] for one that fails, [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    match &args.action {
        Action::Check(args) => check::execute(args),
        Action::Repair(args) => repair::execute(args),
    }
}
