//! The index as its page shows it.

use serde::Serialize;

use super::results::{Entry, Figures};
use super::sums;
use crate::VERSION;
use crate::report::{Card, Figure, shown};
use crate::status::Progress;
use crate::tables::Cell;

/// What the template shows.
#[derive(Debug, Serialize)]
pub(super) struct View {
    cards: Vec<Card>,
    rows: Vec<Row>,
    sums: Vec<SumRow>,
    program: String,
}

/// One department and vintage.
#[derive(Debug, Serialize)]
struct Row {
    department: String,
    vintage: u16,
    folder: String,
    state: &'static str,
    class: &'static str,
    why: Option<String>,
    is_complete: bool,
    is_measured: bool,
    prior: Option<u16>,
    cells: Vec<Figure>,
}

/// One sum.
#[derive(Debug, Serialize)]
struct SumRow {
    what: String,
    departments: String,
    cells: Vec<Figure>,
}

/// What a state is called.
pub(super) fn state(state: Progress) -> &'static str {
    match state {
        Progress::ToDo => "à faire",
        Progress::Running => "en cours",
        Progress::Interrupted => "interrompu",
        Progress::Failed => "en échec",
        Progress::Done => "terminé",
        Progress::LeftOut => "sans objet",
    }
}

pub(super) fn of(entries: &[Entry]) -> View {
    let sums = sums::of(entries);
    let sum_rows = sums.iter().map(|(alike, sum)| SumRow {
        what: format!("{} · {} · {}", years(&alike.years), alike.rules, alike.nomenclature),
        departments: format!("{} ({})", sum.departments.len(), sum.departments.join(", ")),
        cells: figures(sum.ground, &sum.stocks, sum.fluxes),
    });
    View {
        cards: cards(entries),
        rows: entries.iter().map(row).collect(),
        sums: sum_rows.collect(),
        program: format!("millesime {VERSION}"),
    }
}

fn cards(entries: &[Entry]) -> Vec<Card> {
    let count = |label, n: usize, note: String| {
        let count = Cell::Integer(n as i64);
        Card::new(label, (count.text(), shown(&count)), note)
    };
    let complete = entries.iter().filter(|entry| entry.state == Progress::Done).count();
    let failed = entries.iter().filter(|entry| entry.state == Progress::Failed).count();
    let mut departments: Vec<&str> = entries.iter().map(|e| e.department.as_str()).collect();
    departments.sort_unstable();
    departments.dedup();
    vec![
        count("Départements", departments.len(), departments.join(", ")),
        count("Millésimes terminés", complete, format!("sur {}", entries.len())),
        count("En échec", failed, "le même ordre les reprend".to_owned()),
    ]
}

fn row(entry: &Entry) -> Row {
    let name = entry.figures.as_ref().map(|figures| figures.name.clone());
    let class = match entry.state {
        Progress::Done => "ok",
        Progress::Failed => "ko",
        _ => "",
    };
    let mut cells = Vec::new();
    let mut prior = None;
    if let Some(Figures { years, ground, stocks, fluxes, changes, .. }) = &entry.figures {
        prior = years.iter().rev().nth(1).copied();
        cells = figures(*ground, stocks, *fluxes);
        cells.push(changes.map_or_else(Figure::default, |n| Figure {
            sign: "",
            ..figure(&Cell::Integer(n.cast_signed()))
        }));
    }
    Row {
        department: name.unwrap_or_else(|| format!("Département {}", entry.department)),
        vintage: entry.vintage,
        folder: entry.folder.clone(),
        state: state(entry.state),
        class,
        why: entry.why.clone(),
        is_complete: entry.figures.is_some(),
        is_measured: entry.is_measured,
        prior,
        cells,
    }
}

/// Ground, artificialised ground now, became, ceased, net.
fn figures(ground: i128, stocks: &[i128], fluxes: Option<(i128, i128)>) -> Vec<Figure> {
    let area = |area: Option<i128>| figure(&area.map_or(Cell::Empty, Cell::Area));
    let plain = |area: Figure| Figure { sign: "", ..area };
    vec![
        plain(area(Some(ground))),
        plain(area(stocks.last().copied())),
        area(fluxes.map(|(gained, _)| gained)),
        area(fluxes.map(|(_, lost)| -lost)),
        area(fluxes.map(|(gained, lost)| gained - lost)),
    ]
}

fn figure(cell: &Cell) -> Figure {
    let sign = match cell.number() {
        Some(number) if number > 0.0 => "plus",
        Some(number) if number < 0.0 => "minus",
        Some(_) => "zero",
        None => "",
    };
    Figure { value: cell.text(), display: shown(cell), sign }
}

fn years(years: &[u16]) -> String {
    years.iter().map(u16::to_string).collect::<Vec<_>>().join("–")
}
