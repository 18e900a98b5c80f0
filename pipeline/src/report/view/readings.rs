//! What the official layers, the rules and the exemptions say of the same ground.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Figure, Grid, Line};
use crate::delivery::status_word;
use crate::tables::{Cell, Table, Unit, disagreement, exemptions};

/// Rows of one table on the page; the delivered table has them all.
const ROWS_MAX: usize = 20;

/// The section; empty when the figures rest on the rules alone.
#[derive(Debug, Serialize)]
pub(super) struct Readings {
    sentences: Vec<String>,
    grids: Vec<Grid>,
}

impl Readings {
    pub(super) fn of(tables: &[Table]) -> Self {
        let find = |name: &&str| tables.iter().find(|table| table.name == *name);
        let names = [
            disagreement::CROSSED,
            disagreement::BY_STEP,
            disagreement::BY_COUPLE,
            exemptions::NAME,
        ];
        let grids = names.iter().filter_map(find).map(grid).collect();
        let sentences = find(&disagreement::CROSSED).map(sentences).unwrap_or_default();
        Self { sentences, grids }
    }
}

/// Per vintage, the official stock on covers that the matrix does not call artificial.
fn sentences(table: &Table) -> Vec<String> {
    let mut beyond: BTreeMap<String, (i128, i128)> = BTreeMap::new();
    for row in 0..table.rows.len() {
        let text = |key| table.cell(row, key).map(Cell::text).unwrap_or_default();
        if let Some(&Cell::Share(part, stock)) = table.cell(row, "part_stock_officiel") {
            let counts =
                text("officiel") == status_word(true) && text("matrice") == status_word(false);
            let sum = beyond.entry(text("millesime")).or_insert((0, stock));
            sum.0 += if counts { part } else { 0 };
        }
    }
    let sentence = |(year, (part, stock)): (String, (i128, i128))| {
        format!(
            "En {year}, {} du stock officiel ({} sur {}) repose sur des couples que la matrice du \
             décret ne dit pas artificialisés : la couche officielle n'est pas la matrice seule.",
            Figure::of(&Cell::Share(part, stock)).display,
            Figure::of(&Cell::Area(part)).display,
            Figure::of(&Cell::Area(stock)).display
        )
    };
    beyond.into_iter().map(sentence).collect()
}

/// A delivered table, its first rows: words first, then figures.
fn grid(table: &Table) -> Grid {
    let is_words = |column: usize| table.columns[column].unit == Unit::None;
    let (words, figures): (Vec<usize>, Vec<usize>) =
        (0..table.columns.len()).partition(|&column| is_words(column));
    let headers = |columns: &[usize]| -> Vec<String> {
        columns.iter().map(|&column| table.columns[column].header.clone()).collect()
    };
    let line = |row: &Vec<Cell>| Line {
        head: words.iter().map(|&column| row[column].text()).collect(),
        cells: figures.iter().map(|&column| Figure::of(&row[column])).collect(),
    };
    let more = table.rows.len().saturating_sub(ROWS_MAX);
    let rest =
        if more == 0 { String::new() } else { format!(" ({more} lignes de plus dans le CSV)") };
    Grid {
        caption: format!("{}{rest}", table.title),
        head: headers(&words),
        columns: headers(&figures),
        lines: table.rows.iter().take(ROWS_MAX).map(line).collect(),
    }
}
