//! `millesime assess result`: accuracy, areas and acceptance from a filled sheet.

use std::path::PathBuf;

use super::super::compare::layer;
use super::super::nomenclature::load_rules;
use crate::assess::decision::{FailOn, Thresholds};
use crate::assess::result::{Outcome, Request, assess};
use crate::error::Error;
use crate::tables::csv;
use crate::talk;
use crate::units::count;

/// Name of the folder of results within that of the plan.
const RESULTS: &str = "resultat";

/// What `assess result` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  millesime assess result --plan qualite
  millesime assess result --plan qualite --sheet retour/fiche.gpkg --second retour/fiche2.csv
  millesime assess result --plan qualite --partial --fail-on never

A criterion is accepted when its whole 95 % interval reaches the threshold, rejected when its whole
interval is under it, and not decidable otherwise. A place with certitude `non_observable` and empty
codes leaves the sample of its stratum. The table of criteria goes to stdout; the folder gets CSV,
JSON, XLSX and `qualite.html`, also when the vintage is rejected (exit code 5).")]
pub struct Args {
    /// The folder that `assess plan` made
    #[arg(long, value_name = "DIR")]
    plan: PathBuf,
    /// The filled sheet: a vector file or CSV, `PATH:LAYER` [default: `fiche.gpkg` of the plan]
    #[arg(long, value_name = "PATH")]
    sheet: Option<String>,
    /// The sheet of a second interpreter, to tell how far both agree
    #[arg(long, value_name = "PATH")]
    second: Option<String>,
    /// The folder to write into [default: `resultat` in that of the plan]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What is artificial: a built-in rule set or a YAML document
    #[arg(long, value_name = "ID", default_value = "decree-2023-1096")]
    rules: String,
    /// Least overall accuracy accepted
    #[arg(long, value_name = "SHARE", default_value_t = 0.90, value_parser = share)]
    overall: f64,
    /// Least user's accuracy accepted of each class
    #[arg(long, value_name = "SHARE", default_value_t = 0.85, value_parser = share)]
    per_class: f64,
    /// Leave places without answer out; the result is marked as provisional
    #[arg(long)]
    partial: bool,
    /// Which decision makes the command exit 5
    #[arg(long, value_enum, default_value_t)]
    fail_on: FailOn,
}

/// Estimates, writes and decides.
///
/// # Errors
/// [`Error::Unsound`] for a vintage that is not accepted, after everything is written; as for
/// [`assess`] and [`Outcome::write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let request = Request {
        plan: args.plan.clone(),
        sheet: args.sheet.as_deref().map(layer),
        second: args.second.as_deref().map(layer),
        rules: load_rules(&args.rules)?,
        thresholds: Thresholds { overall: args.overall, by_class: args.per_class },
        is_partial: args.partial,
    };
    let outcome = assess(&request)?;
    let out = args.out.clone().unwrap_or_else(|| args.plan.join(RESULTS));
    outcome.write(&out)?;
    say(&outcome)?;
    talk::line(&format!("wrote `{}`", out.join("qualite.html").display()));
    if !args.fail_on.fails(outcome.decision) {
        return Ok(());
    }
    let failed = outcome.criteria.iter().filter(|c| args.fail_on.fails(c.decision)).count();
    Err(Error::Unsound {
        what: format!(
            "the vintage is {}: {failed} of {} criteria",
            outcome.decision.english(),
            outcome.criteria.len()
        ),
        hint: "`ecarts.csv` lists the places where the map is wrong; `--fail-on never` exits 0"
            .to_owned(),
    })
}

fn say(outcome: &Outcome) -> Result<(), Error> {
    let criteria = outcome.tables.iter().find(|table| table.name == "acceptation");
    if let Some(table) = criteria {
        let bytes = csv::bytes(table)?;
        talk::data(&String::from_utf8_lossy(&bytes))?;
    }
    let tally = &outcome.tally;
    let provisional = if outcome.is_provisional() { ", provisional" } else { "" };
    talk::line(&format!(
        "{}{provisional}: {} places answered, {} not observable, {} without answer, of {}",
        outcome.decision.english(),
        count(tally.told),
        count(tally.not_observable.len() as u64),
        count(tally.unanswered.len() as u64),
        count(outcome.document.places)
    ));
    let whole = outcome.criteria.iter().filter(|criterion| criterion.code.is_none());
    for (criterion, estimate) in whole.filter_map(|c| Some((c, c.estimate?))) {
        let [value, low, high] = [estimate.value, estimate.low, estimate.high].map(|v| 100.0 * v);
        talk::line(&format!(
            "  {} overall accuracy {value:.1} % [{low:.1}, {high:.1}]",
            criterion.key
        ));
    }
    if let Some((low, high)) = outcome.bounds {
        talk::line(&format!(
            "  cs and us together: {:.1} % were all that cannot be told wrong, {:.1} % were it right",
            100.0 * low,
            100.0 * high
        ));
    }
    for (label, n, estimate) in &outcome.agreement {
        talk::line(&format!(
            "  agreement of two interpreters on {n} places, {label}: {:.1} % [{:.1}, {:.1}]",
            100.0 * estimate.value,
            100.0 * estimate.low,
            100.0 * estimate.high
        ));
    }
    Ok(())
}

fn share(text: &str) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().ok().filter(|v| (0.0..=1.0).contains(v));
    number.ok_or_else(|| "expected a share from 0 to 1, such as 0.9".to_owned())
}
