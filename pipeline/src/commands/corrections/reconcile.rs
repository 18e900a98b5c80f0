//! `millesime corrections reconcile`: what the next version made of the corrections.

use std::path::{Path, PathBuf};

use super::super::compare::{dated, layer};
use super::super::nomenclature::{load, load_rules};
use crate::compare::Source;
use crate::config::{Department, Layer};
use crate::corrections::reconcile::{Request, Summary, run};
use crate::corrections::terms::{Outcome, Term};
use crate::day::Day;
use crate::error::Error;
use crate::io::vector::VectorSource;
use crate::talk;
use crate::tally::Tally;
use crate::units::count;
use crate::vintage::Vintage;
use crate::vintage::locate::{Product, locate};

/// What `corrections reconcile` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  millesime corrections reconcile --ledger corrections_11.gpkg --department 11 \\
      --before OCCUPATION_SOL_v1.gpkg --after OCCUPATION_SOL_v2.gpkg --out suivi
  millesime corrections reconcile --ledger corrections_22.gpkg --department 22 \\
      --before 2018.gpkg --after 2021.gpkg --years 2018,2021 --patch PATCH_CORR_D022_2018.gpkg \\
      --version-name \"OCS GE 2021, juin 2025\" --out suivi

Each correction of the vintage ends with one verdict: applied, partly (with its share), ignored,
superseded (by which code) or not assessable (why). DIR gets the ledger with the verdicts and their
history, `corrections.html`, CSV, JSON and XLSX tables; the ledger given stays as it is unless
--in-place. Looking at the same versions again changes nothing.")]
pub struct Args {
    /// The ledger
    #[arg(long, value_name = "LEDGER")]
    ledger: PathBuf,
    /// The department's code; its CRS is that of the ledger
    #[arg(long, value_name = "CODE")]
    department: String,
    /// The version that was corrected: `PATH`, or `YEAR=PATH`
    #[arg(long, value_name = "PATH")]
    before: String,
    /// The version to look at: of the same vintage, or a later one
    #[arg(long, value_name = "PATH")]
    after: String,
    /// Years of both versions, or one for both [default: those that the files state]
    #[arg(long, value_name = "YEAR,YEAR", value_delimiter = ',')]
    years: Vec<u16>,
    /// IGN's corrective patch of the version before (`cs_corr`, `us_corr`; `RAS`: left as it is)
    #[arg(long, value_name = "PATH")]
    patch: Option<String>,
    /// What the codes of the versions mean: a built-in nomenclature or a YAML document
    #[arg(long, value_name = "ID", default_value = crate::corrections::NATIONAL)]
    nomenclature: String,
    /// What is artificial: a built-in rule set or a YAML document
    #[arg(long, value_name = "ID", default_value = "decree-2023-1096")]
    rules: String,
    /// Communes with their codes: names in the tables and limits on the map
    #[arg(long, value_name = "PATH")]
    territories: Option<String>,
    /// What the version looked at is called in the history [default: the name of its file]
    #[arg(long, value_name = "TEXT")]
    version_name: Option<String>,
    /// The day of the verdicts [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,
    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write the verdicts into LEDGER too
    #[arg(long)]
    in_place: bool,
}

/// Judges the corrections and writes what became of them.
///
/// # Errors
/// [`Error::Usage`] for options that make no sense, and as for [`run`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let request = args.request()?;
    let summary = run(&request)?;
    say(&summary);
    talk::line(&format!("wrote `{}`", request.out.join(crate::corrections::page::PAGE).display()));
    Ok(())
}

fn say(summary: &Summary) {
    for (key, flaw) in summary.flaws.by_count() {
        talk::line(&format!("issue  {key}: {} times, {:.2} m2", count(flaw.count), flaw.area_m2()));
    }
    for outcome in Outcome::ALL {
        let n = summary.by_outcome.get(outcome).copied().unwrap_or_default();
        talk::line(&format!("{:<16}{:>10}", outcome.key(), count(n)));
    }
    talk::line(&format!(
        "{} new verdicts; {} corrections of other vintages were left alone",
        count(summary.news),
        count(summary.others)
    ));
}

impl Args {
    fn request(&self) -> Result<Request, Error> {
        let department = Department::parse(&self.department).ok_or_else(|| Error::Usage {
            what: format!("`{}` is no department", self.department),
            hint: Some("01 to 95, 2A, 2B, 971 to 974 or 976".to_owned()),
        })?;
        let years = match self.years[..] {
            [] => [None, None],
            [both] => [Some(both), Some(both)],
            [before, after] => [Some(before), Some(after)],
            _ => {
                let n = self.years.len();
                return Err(Error::usage(format!("--years takes one or two years, got {n}")));
            }
        };
        let before = source("--before", &self.before, years[0])?;
        let after = source("--after", &self.after, years[1])?;
        if after.of < before.of {
            return Err(Error::Usage {
                what: format!("the version after is of {}, before {}", after.of, before.of),
                hint: Some("--before is the version that was corrected".to_owned()),
            });
        }
        let named = self.version_name.as_deref().map(str::trim);
        if named.is_some_and(str::is_empty) {
            return Err(Error::usage("`--version-name` is empty"));
        }
        Ok(Request {
            ledger: self.ledger.clone(),
            department,
            version: named.map_or_else(|| name(&after.layer.path), str::to_owned),
            before,
            after,
            patch: self.patch.as_deref().map(layer),
            nomenclature: load(&self.nomenclature)?,
            rules: load_rules(&self.rules)?,
            territories: self.territories.as_deref().map(layer),
            day: self.day()?,
            out: self.out.clone(),
            in_place: self.in_place,
        })
    }

    fn day(&self) -> Result<String, Error> {
        let Some(text) = &self.date else { return Ok(Day::today().to_string()) };
        let day = Day::parse(text);
        let wrong = || Error::usage(format!("`--date {text}` is no day such as 2026-11-21"));
        Ok(day.ok_or_else(wrong)?.to_string())
    }
}

/// A version and its year: as given, else as the file states it.
fn source(option: &str, text: &str, year: Option<u16>) -> Result<Source<u16>, Error> {
    if !Path::new(text).exists()
        && let Ok(source) = dated(option, text)
    {
        return match year {
            Some(other) if other != source.of => {
                Err(Error::usage(format!("`{option} {text}` is of {other} by `--years`")))
            }
            _ => Ok(source),
        };
    }
    let layer = layer(text);
    let of = match year {
        Some(year) => year,
        None => stated_year(&layer)?.ok_or_else(|| Error::Usage {
            what: format!("`{text}` does not state its year"),
            hint: Some("give it: `--years 2018,2021`, or one year for both versions".to_owned()),
        })?,
    };
    Ok(Source { of, layer })
}

fn stated_year(layer: &Layer) -> Result<Option<u16>, Error> {
    let found = locate(layer, Product::Occupation, &[], &Tally::default())?;
    Vintage::stated_year(&VectorSource::open(&found.path, found.layer.as_deref())?)
}

/// The name of a file without its extension, or of a folder.
fn name(path: &Path) -> String {
    let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
    name.map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
