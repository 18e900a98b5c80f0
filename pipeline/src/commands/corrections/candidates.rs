//! `millesime corrections candidates`: where a local vintage and IGN's disagree.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::commands::compare::layer;
use crate::commands::new_file::require_new;
use crate::commands::nomenclature::{load, load_rules};
use crate::config::Department;
use crate::corrections::candidates::{self, Request};
use crate::error::Error;
use crate::{talk, units};

/// What `candidates` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  millesime corrections candidates --department 34 --year 2021 --local ocsid.gpkg \\
      --nomenclature ocsid.yaml --ign OCCUPATION_SOL.gpkg --territories communes.gpkg \\
      --author OPenIG --out candidates.gpkg

Candidates come best first: area, times how much of it no redrawing of outlines explains, twice where
the artificial status would be another. `corrections import candidates.gpkg` enters them in a ledger.")]
pub struct Args {
    /// The department's code
    #[arg(long, value_name = "CODE")]
    department: String,
    /// The year of both vintages
    #[arg(long, value_name = "YEAR")]
    year: u16,
    /// The local vintage
    #[arg(long, value_name = "PATH")]
    local: String,
    /// What the codes of the local vintage mean: a built-in nomenclature or a YAML document
    #[arg(long, value_name = "ID", default_value = crate::corrections::NATIONAL)]
    nomenclature: String,
    /// The vintage of IGN, to be corrected
    #[arg(long, value_name = "PATH")]
    ign: String,
    /// Communes with their codes
    #[arg(long, value_name = "PATH")]
    territories: String,
    /// What is artificial: a built-in rule set or a YAML document
    #[arg(long, value_name = "ID", default_value = "decree-2023-1096")]
    rules: String,
    /// Who proposes
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Keep the best N objects of each commune
    #[arg(long, value_name = "N")]
    per_commune: Option<NonZeroUsize>,
    /// Refuse data that needs a repair
    #[arg(long)]
    strict: bool,
    /// The `GeoPackage` to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Writes the candidates.
///
/// # Errors
/// [`Error::Usage`] for options that make no sense, and those of [`candidates::run`].
pub fn execute(args: &Args) -> Result<(), Error> {
    require_new(&args.out, ("a GeoPackage", &["gpkg"]), "end it in `.gpkg`")?;
    let found = candidates::run(&Request {
        department: Department::of_argument(&args.department)?,
        year: args.year,
        ign: layer(&args.ign),
        local: layer(&args.local),
        written_in: load(&args.nomenclature)?,
        rules: load_rules(&args.rules)?,
        territories: layer(&args.territories),
        author: args.author.clone(),
        per_commune: args.per_commune,
        out: args.out.clone(),
        strict: args.strict,
    })?;
    let count = |n: usize| units::count(n as u64);
    talk::line(&format!(
        "{} candidates about {} objects in {}",
        count(found.candidates),
        count(found.objects),
        args.out.display()
    ));
    talk::line(&format!(
        "disagreement {:.0} m2; classed as noise {:.0} m2; {} pieces within the accuracy of \
         outlines; {} objects over the quota of their commune",
        found.disagreed_m2,
        found.noise_m2,
        count(found.within_accuracy),
        count(found.over_quota)
    ));
    Ok(())
}
