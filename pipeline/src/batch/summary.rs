//! The end of a command with several runs: one line for each.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::run::Outcome;
use crate::index::{Entry, Figures};
use crate::tables::Cell;
use crate::units;

/// The heads of the columns and whether each is aligned right.
const HEADS: [(&str, bool); 7] = [
    ("run", false),
    ("state", false),
    ("time", true),
    ("changes", true),
    ("artificialised m2", true),
    ("net m2", true),
    ("exit", true),
];

/// The table as people read it.
pub(super) fn text(outcomes: &[Outcome], entries: &BTreeMap<PathBuf, Entry>) -> String {
    let rows: Vec<[String; 7]> = outcomes.iter().map(|of| row(of, figures(of, entries))).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEADS[column].0.len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |cells: &[String], why: &str| {
        for ((cell, width), (_, is_right)) in cells.iter().zip(&widths).zip(HEADS) {
            let padded =
                if is_right { format!("  {cell:>width$}") } else { format!("  {cell:<width$}") };
            text.push_str(&padded);
        }
        text.push_str(why);
        text.push('\n');
    };
    line(&HEADS.map(|(head, _)| head.to_owned()), "");
    for (row, of) in rows.iter().zip(outcomes) {
        let why = of.why.as_deref().map(|why| format!("  {why}")).unwrap_or_default();
        line(row, &why);
    }
    format!("\n{}", text.trim_end())
}

/// The table as programs read it.
pub(super) fn fields(outcomes: &[Outcome], entries: &BTreeMap<PathBuf, Entry>) -> Value {
    let one = |of: &Outcome| {
        let [run, _, _, changes, artificialised, net, _] = row(of, figures(of, entries));
        json!({
            "run": run,
            "folder": of.folder,
            "state": of.state,
            "seconds": of.time.as_secs_f64(),
            "changes": changes.parse::<u64>().ok(),
            "artificialised_m2": artificialised.parse::<f64>().ok(),
            "net_m2": net.parse::<f64>().ok(),
            "exit_code": of.code,
            "why": of.why,
        })
    };
    json!({ "runs": outcomes.iter().map(one).collect::<Vec<_>>() })
}

fn figures<'a>(of: &Outcome, entries: &'a BTreeMap<PathBuf, Entry>) -> Option<&'a Figures> {
    entries.get(of.folder.as_ref()?)?.figures.as_ref()
}

fn row(of: &Outcome, figures: Option<&Figures>) -> [String; 7] {
    let area = |area: Option<i128>| area.map_or_else(String::new, |area| Cell::Area(area).text());
    let time = if of.code.is_some() { units::duration(of.time) } else { String::new() };
    [
        of.name.clone(),
        of.state.to_string(),
        time,
        figures.and_then(|of| of.changes).map_or_else(String::new, |n| n.to_string()),
        area(figures.and_then(|of| of.stocks.last().copied())),
        area(figures.and_then(|of| of.fluxes).map(|(gained, lost)| gained - lost)),
        of.code.map_or_else(|| "-".to_owned(), |code| code.to_string()),
    ]
}
