//! `millesime corrections apply`: a vintage with the corrections of a ledger.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::standing;
use crate::commands::compare::layer;
use crate::commands::nomenclature::load;
use crate::corrections::NATIONAL;
use crate::corrections::apply::{self, Applied, Fate, Request};
use crate::corrections::terms::Standing;
use crate::error::Error;
use crate::{talk, units};

/// What `apply` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  millesime corrections apply --ledger corrections_11.gpkg --vintage OCCUPATION_SOL.gpkg \\
      --year 2021 --out corrected
  millesime corrections apply ... --standing accepted --except 0f3c9a6612be47d0

DIR holds the corrected vintage with a layer `provenance`, what became of every correction
(corrections.csv), the ledger and the vintage as it was: `corrections revert` takes it back.")]
pub struct Args {
    /// The ledger
    #[arg(long, value_name = "LEDGER")]
    ledger: PathBuf,
    /// The vintage to correct
    #[arg(long, value_name = "PATH")]
    vintage: String,
    /// Its year
    #[arg(long, value_name = "YEAR")]
    year: u16,
    /// What its codes mean: a built-in nomenclature or a YAML document
    #[arg(long, value_name = "ID", default_value = NATIONAL)]
    nomenclature: String,
    /// Apply corrections that are so far: proposed, sent, accepted [default: all three]
    #[arg(long = "standing", value_name = "STANDING", value_delimiter = ',', value_parser = standing)]
    standings: Vec<Standing>,
    /// Leave this correction out
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    except: Vec<String>,
    /// Refuse a vintage that needs a repair
    #[arg(long)]
    strict: bool,
    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Applies the corrections.
///
/// # Errors
/// [`Error::Usage`] for options that make no sense, and those of [`apply::run`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let applied = apply::run(&Request {
        ledger: args.ledger.clone(),
        vintage: layer(&args.vintage),
        year: args.year,
        nomenclature: load(&args.nomenclature)?,
        standings: args.standings(),
        except: args.except.iter().cloned().collect(),
        out: args.out.clone(),
        strict: args.strict,
    })?;
    tell(&applied);
    Ok(())
}

impl Args {
    fn standings(&self) -> BTreeSet<Standing> {
        match &self.standings[..] {
            [] => [Standing::Proposed, Standing::Sent, Standing::Accepted].into(),
            chosen => chosen.iter().copied().collect(),
        }
    }
}

/// What came out, on stderr.
pub(super) fn tell(applied: &Applied) {
    let count = |is: &dyn Fn(Fate) -> bool| {
        units::count(applied.fates.iter().filter(|(_, fate)| is(*fate)).count() as u64)
    };
    talk::line(&format!(
        "applied {}, without effect {}, refused {}, left out {}",
        count(&|fate| matches!(fate, Fate::Applied(_))),
        count(&|fate| fate == Fate::Idle),
        count(&|fate| matches!(fate, Fate::Refused(_))),
        count(&|fate| fate == Fate::LeftOut)
    ));
    talk::line(&format!(
        "{} polygons, {} of them changed",
        units::count(applied.polygons as u64),
        units::count(applied.changed as u64)
    ));
    for proof in &applied.proofs {
        talk::line(&format!("holds  {proof}"));
    }
    if applied.forbidden > 0 {
        talk::warning(&format!(
            "{} changed polygons have two codes that the nomenclature does not allow together",
            applied.forbidden
        ));
    }
    if applied.unclaimed_m2 > 0.0 {
        talk::warning(&format!(
            "{:.0} m2 given up by redrawn objects have no neighbour and stay with them",
            applied.unclaimed_m2
        ));
    }
}
