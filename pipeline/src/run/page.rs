//! `run.html`: what a run took, stage by stage, as one French page; what `run.json` says, for people.
//!
//! It differs from run to run, so it is in no manifest and `report.html`, which links to it, holds none
//! of it.

use serde::Serialize;

use super::drive::Run;
use super::summary;
use crate::VERSION;
use crate::error::Error;
use crate::report::{Card, decimal, frame};
use crate::spent::Spent;
use crate::stage::Stage;

/// Name of the page in the output folder.
pub(crate) const PAGE: &str = "run.html";

/// What the template shows.
#[derive(Debug, Serialize)]
struct View {
    title: String,
    program: String,
    cards: Vec<Card>,
    rows: Vec<Row>,
}

/// One stage.
#[derive(Debug, Serialize)]
struct Row {
    stage: &'static str,
    what: &'static str,
    state: &'static str,
    cells: Vec<String>,
}

/// The page of a run that ended.
pub(super) fn html(run: &Run<'_>) -> Result<String, Error> {
    let n_cells = summary::n_cells(run);
    let row = |(stage, done): (&Stage, &crate::journal::Done)| Row {
        stage: stage.name(),
        what: words(*stage),
        state: if run.computed.contains(stage) { "calculée" } else { "conservée" },
        cells: done.spent.map_or_else(
            || vec![duration(done.seconds)],
            |spent| cells(&spent, n_cells, run.threads),
        ),
    };
    let spent = || run.done.values().filter_map(|done| done.spent);
    let total = |of: fn(&Spent) -> f64| spent().map(|spent| of(&spent)).sum::<f64>();
    let most = spent().map(|spent| spent.memory_peak_bytes).max().unwrap_or(0);
    let (seconds, cpu_seconds) = (total(|spent| spent.seconds), total(|spent| spent.cpu_seconds));
    let card = |label, value: f64, display, note: &str| {
        Card::new(label, (format!("{value:.3}"), display), note)
    };
    let cores = format!("{} fils d'exécution", run.threads);
    let view = View {
        title: format!("{}, {}", run.config.department, run.config.vintage),
        program: format!("millesime {VERSION}"),
        cards: vec![
            card("Durée", seconds, duration(seconds), &cores),
            card("Temps de processeur", cpu_seconds, duration(cpu_seconds), "de tous les fils"),
            card("Mémoire la plus grande", most as f64, bytes(most), "de toutes les étapes"),
        ],
        rows: run.done.iter().map(row).collect(),
    };
    frame::fill(PAGE, include_str!("page/template.html"), view)
}

/// Duration, processor, reading, writing, memory, bytes read and written, cells per second.
fn cells(spent: &Spent, n_cells: u64, threads: usize) -> Vec<String> {
    let of_threads = |seconds: f64| {
        let all = spent.seconds * threads as f64;
        let share = if all > 0.0 { 100.0 * seconds / all } else { 0.0 };
        format!("{}\u{202f}%", decimal(&format!("{share:.0}")))
    };
    let speed = if spent.seconds > 0.0 { n_cells as f64 / spent.seconds } else { 0.0 };
    vec![
        duration(spent.seconds),
        duration(spent.cpu_seconds),
        of_threads(spent.reading_seconds),
        of_threads(spent.writing_seconds),
        bytes(spent.memory_peak_bytes),
        bytes(spent.read_bytes),
        bytes(spent.written_bytes),
        decimal(&format!("{speed:.0}")),
    ]
}

fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{}\u{a0}s", decimal(&format!("{seconds:.1}"))),
        60..3600 => format!("{}\u{a0}min {:02}\u{a0}s", whole / 60, whole % 60),
        _ => format!("{}\u{a0}h {:02}\u{a0}min", whole / 3600, whole % 3600 / 60),
    }
}

/// Decimal units, French: `3,2 Go`.
fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["ko", "Mo", "Go", "To"];
    let (mut value, mut unit) = (n as f64 / 1e3, 0);
    while value >= 999.95 && unit + 1 < UNITS.len() {
        (value, unit) = (value / 1e3, unit + 1);
    }
    format!("{}\u{a0}{}", decimal(&format!("{value:.1}")), UNITS[unit])
}

/// What a stage does.
fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::Ingest => "images, indices et millésime antérieur sur une grille",
        Stage::Classify => "couverture probable de chaque cellule",
        Stage::Update => "couverture et usage de chaque cellule",
        Stage::Regularise => "unités et largeurs minimales",
        Stage::Vectorise => "changements découpés dans les polygones antérieurs",
        Stage::Change => "ce qui a changé",
        Stage::Artificialise => "règles d'artificialisation",
        Stage::Indicators => "chiffres par territoire",
        Stage::Correct => "erreurs du millésime antérieur à signaler",
        Stage::Deliver => "rapports et livrables",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_french_ones() {
        assert_eq!(duration(3.24), "3,2\u{a0}s");
        assert_eq!(duration(245.0), "4\u{a0}min 05\u{a0}s");
        assert_eq!(duration(3725.0), "1\u{a0}h 02\u{a0}min");
        assert_eq!(bytes(1_234_567), "1,2\u{a0}Mo");
        assert_eq!(bytes(999_960), "1,0\u{a0}Mo");
    }

    #[test]
    fn shares_of_the_threads_time_and_cells_per_second() {
        let spent = Spent { seconds: 2.0, reading_seconds: 1.0, ..Spent::default() };
        let cells = cells(&spent, 4_000_000, 2);
        assert_eq!(cells[2], "25\u{202f}%");
        assert_eq!(cells[7], "2\u{202f}000\u{202f}000");
    }
}
