//! `millesime corrections report`: the follow-up of a ledger, without comparing versions.

use std::path::PathBuf;

use super::super::compare::layer;
use crate::corrections::page::PAGE;
use crate::corrections::report::{Request, run};
use crate::error::Error;
use crate::talk;

/// What `corrections report` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  millesime corrections report --ledger corrections_11.gpkg --territories communes.gpkg --out suivi

Verdicts are those that the ledger holds; `corrections reconcile` finds them, with exact areas.")]
pub struct Args {
    /// The ledger
    #[arg(long, value_name = "LEDGER")]
    ledger: PathBuf,
    /// Communes with their codes: names in the tables and limits on the map
    #[arg(long, value_name = "PATH")]
    territories: Option<String>,
    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Writes the page and its tables.
///
/// # Errors
/// As for [`run`].
pub fn execute(args: &Args) -> Result<(), Error> {
    run(&Request {
        ledger: args.ledger.clone(),
        territories: args.territories.as_deref().map(layer),
        out: args.out.clone(),
    })?;
    talk::line(&format!("wrote `{}`", args.out.join(PAGE).display()));
    Ok(())
}
