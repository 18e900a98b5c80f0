//! `millesime corrections`: what local actors say is wrong with a vintage, and what became of it.

use crate::corrections::terms::{Standing, Term};
use crate::error::Error;

pub mod apply;
pub mod candidates;
pub mod export;
pub mod import;
pub mod map;
pub mod reconcile;
pub mod report;
pub mod revert;
pub mod show;

/// What `corrections` is asked.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  millesime corrections import retours.geojson --as OpenIG --ledger corrections_11.gpkg \\
      --department 11 --vintage OCCUPATION_SOL.gpkg
  millesime corrections export --ledger corrections_11.gpkg --format xlsx --by commune --out suivi.xlsx
  millesime corrections show --ledger corrections_11.gpkg"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Find where a local vintage and IGN's disagree
    Candidates(candidates::Args),
    /// Enter other people's files: each row is held against the vintage
    Import(Box<import::Args>),
    /// Print what the columns of a file mean, to be filled in
    Map(map::Args),
    /// Tell how far the corrections of a ledger are, or the whole story of one
    Show(show::Args),
    /// Correct a vintage, reversibly, with who asked for each change and why
    Apply(apply::Args),
    /// Take an application back, in whole or correction by correction
    Revert(revert::Args),
    /// Write the corrections as reports for IGN, contributions, GeoPackage or sheets
    Export(export::Args),
    /// Tell what IGN's next version made of each correction: one verdict each
    Reconcile(Box<reconcile::Args>),
    /// Write the follow-up of a ledger as a page and tables
    Report(report::Args),
}

/// Runs the action.
///
/// # Errors
/// Those of the action.
pub fn execute(args: &Args) -> Result<(), Error> {
    match &args.action {
        Action::Candidates(args) => candidates::execute(args),
        Action::Import(args) => import::execute(args),
        Action::Map(args) => map::execute(args),
        Action::Show(args) => show::execute(args),
        Action::Apply(args) => apply::execute(args),
        Action::Revert(args) => revert::execute(args),
        Action::Export(args) => export::execute(args),
        Action::Reconcile(args) => reconcile::execute(args),
        Action::Report(args) => report::execute(args),
    }
}

/// A standing, as options name it.
fn standing(text: &str) -> Result<Standing, String> {
    Standing::of_key(text).ok_or_else(|| format!("one of {}", Standing::keys()))
}
