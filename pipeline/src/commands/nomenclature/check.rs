//! `millesime nomenclature check`: is a document correct?

use std::fmt::Write;
use std::path::{Path, PathBuf};

use nomenclature::{CaptureRules, Dimension, Nomenclature, Problem, RuleSet, yaml};

use super::read_document;
use crate::error::{ConfigError, Error};
use crate::talk;

/// What `check` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: every fault of a document, one a line, as file:line:column
  millesime nomenclature check my-nomenclature.yaml

A nomenclature document, small but whole:
  format: 1
  id: my-vines
  title: Vines of my department, within OCS GE
  version: \"2024\"
  source: [our field guide]
  nests_in: ocsge-2-0             # each leaf names the OCS GE leaf it refines
  min_area_m2: 500                # smallest polygon, unless a class says otherwise
  columns: { cs: code_cs, us: code_us }
  classes:
    cs:
      - { code: V, label: Vines }
      - { code: V.1, label: Trained vines, parent: V, nests_in: CS2.1.3, colour: \"#660082\" }
      - { code: V.2, label: Bare rows, parent: V, nests_in: CS1.2.1, min_area_m2: 200 }
    us:
      - { code: W, label: Wine growing, nests_in: US1.1, aliases: [WINE] }
  couples:
    unlisted: report              # accept, report or refuse couples that are not listed
    allowed: { V.1: [W] }
Also per class: leaf, corrected (with a note, where a published nests_in is wrong), unmapped (the
reason why no OCS GE leaf fits), aggregate_of, value (the cell value in rasters), includes, note;
per document: notes, nesting: prefix, deeper_codes: true.")]
pub struct Args {
    /// A nomenclature, a rule set (it has `rules`) or capture rules (they have `built_covers`)
    file: PathBuf,
}

/// Prints every fault, or what the document is when it has none.
///
/// # Errors
/// [`Error::Config`] with the number of faults, [`Error::Read`] for an unreadable file.
pub fn execute(args: &Args) -> Result<(), Error> {
    let text = read_document(&args.file)?;
    match verdict(&text) {
        Ok(summary) => talk::data(&format!("ok: {summary}\n")),
        Err(problems) => {
            talk::data(&listed(&args.file, &problems))?;
            let noun = if problems.len() == 1 { "fault" } else { "faults" };
            let what = format!("this document has {} {noun}", problems.len());
            let place = problems.first().map(|problem| (problem.line, problem.column));
            let file = args.file.clone();
            Err(ConfigError { file, place, what, ..ConfigError::default() }.into())
        }
    }
}

/// What a correct document is, in one line.
///
/// # Errors
/// Every fault.
pub(super) fn verdict(text: &str) -> Result<String, Vec<Problem>> {
    if yaml::locate(text, &["rules"]).is_some() {
        let rules = RuleSet::from_yaml(text)?;
        return Ok(format!("rule set `{}`, {} rules", rules.id, rules.rules.len()));
    }
    if yaml::locate(text, &["built_covers"]).is_some() {
        return CaptureRules::from_yaml(text).map(|rules| format!("capture rules `{}`", rules.id));
    }
    let own = Nomenclature::from_yaml(text)?;
    let mut summary = format!("nomenclature `{}`", own.id());
    for (dimension, name) in [(Dimension::Cover, "covers"), (Dimension::Usage, "usages")] {
        let (leaves, classes) = (own.leaves(dimension).len(), own.classes(dimension).len());
        let _ = write!(summary, ", {leaves} {name} ({classes} classes)");
    }
    if let Some(outer) = own.nests_in() {
        let _ = write!(summary, ", nests in `{outer}`");
    }
    let _ = write!(summary, ", {} couples listed", own.couples_listed());
    Ok(summary)
}

/// The faults, one a line, each with its hint below.
pub(super) fn listed(path: &Path, problems: &[Problem]) -> String {
    let mut out = String::new();
    for problem in problems {
        let Problem { line, column, key, what, got, expected, hint } = problem;
        let _ = write!(out, "{}:{line}:{column}: ", path.display());
        if !key.is_empty() {
            let _ = write!(out, "`{key}`: ");
        }
        out.push_str(what);
        if let Some(got) = got {
            let _ = write!(out, "; got `{got}`");
        }
        if let Some(expected) = expected {
            let _ = write!(out, "; expected {expected}");
        }
        out.push('\n');
        if let Some(hint) = hint {
            let _ = writeln!(out, "  hint: {hint}");
        }
    }
    out
}
