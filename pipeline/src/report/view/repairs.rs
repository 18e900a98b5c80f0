//! The account of repairs: what each kind cost in each file, and the balance of areas.

use super::{Figure, Grid, Line};
use crate::tables::{Cell, Table};

/// Columns of the account that are words, and those that are figures.
const WORDS: [&str; 4] = ["role", "cle", "sens", "effet"];
const FIGURES: [&str; 7] = [
    "nombre",
    "surface_concernee",
    "surface_perdue",
    "surface_ajoutee",
    "surface_reattribuee",
    "surface_lue",
    "surface_gardee",
];

/// The table as the page shows it; `None` when no file has an account.
pub(super) fn grid(table: &Table) -> Option<Grid> {
    if table.rows.is_empty() {
        return None;
    }
    let rank = |key: &str| table.column(key);
    let header = |key: &&str| rank(key).map(|column| table.columns[column].header.clone());
    let cell = |row: usize, key: &str| table.cell(row, key).unwrap_or(&Cell::Empty);
    let line = |row: usize| Line {
        head: WORDS.iter().map(|key| cell(row, key).text()).collect(),
        cells: FIGURES.iter().map(|key| Figure::of(cell(row, key))).collect(),
    };
    Some(Grid {
        caption: "Ce que chaque réparation a perdu, ajouté ou réattribué ; détail et lieux dans \
                  repairs.csv et issues.gpkg."
            .to_owned(),
        head: WORDS.iter().filter_map(header).collect(),
        columns: FIGURES.iter().filter_map(header).collect(),
        lines: (0..table.rows.len()).map(line).collect(),
    })
}
