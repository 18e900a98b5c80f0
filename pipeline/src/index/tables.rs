//! The index as tables.

use std::collections::BTreeMap;

use super::results::Entry;
use super::sums::{Alike, Sum};
use super::view;
use crate::tables::{Cell, Column, Table, Unit};

/// One row for each department and vintage.
pub(super) fn results(entries: &[Entry]) -> Table {
    let mut columns = vec![
        Column::new("departement_code", "Département", Unit::None),
        Column::new("nom", "Nom", Unit::None),
        Column::new("millesime", "Millésime", Unit::None),
        Column::new("etat", "État", Unit::None),
    ];
    columns.extend(figures());
    columns.extend([
        Column::new("changements", "Polygones changés", Unit::None),
        Column::new("regles", "Règles d'artificialisation", Unit::None),
        Column::new("nomenclature", "Nomenclature", Unit::None),
        Column::new("dossier", "Dossier", Unit::None),
        Column::new("cause", "Cause de l'échec", Unit::None),
    ]);
    let mut table = Table::new("index", "Résultats", columns);
    for entry in entries {
        let of = entry.figures.as_ref();
        let words = |text: Option<&String>| text.map_or(Cell::Empty, Cell::words);
        let mut row = vec![
            Cell::words(&entry.department),
            words(of.map(|of| &of.name)),
            Cell::Integer(entry.vintage.into()),
            Cell::words(view::state(entry.state)),
        ];
        row.extend(match of {
            Some(of) => cells(&of.years, of.ground, &of.stocks, of.fluxes),
            None => vec![Cell::Empty; 8],
        });
        let changes = of.and_then(|of| of.changes);
        row.extend([
            changes.map_or(Cell::Empty, |n| Cell::Integer(n.cast_signed())),
            words(of.map(|of| &of.rules)),
            words(of.map(|of| &of.nomenclature)),
            Cell::words(&entry.folder),
            words(entry.why.as_ref()),
        ]);
        table.push(row);
    }
    table
}

/// One row for each sum.
pub(super) fn sums(sums: &BTreeMap<Alike, Sum>) -> Table {
    let mut columns = vec![
        Column::new("departements", "Départements", Unit::None),
        Column::new("nombre", "Nombre", Unit::None),
    ];
    columns.extend(figures());
    columns.extend([
        Column::new("regles", "Règles d'artificialisation", Unit::None),
        Column::new("nomenclature", "Nomenclature", Unit::None),
    ]);
    let mut table = Table::new("index_sommes", "Sommes exactes", columns);
    for (alike, sum) in sums {
        let mut row = vec![
            Cell::words(sum.departments.join(" ")),
            Cell::Integer(sum.departments.len() as i64),
        ];
        row.extend(cells(&alike.years, sum.ground, &sum.stocks, sum.fluxes));
        row.extend([Cell::words(&alike.rules), Cell::words(&alike.nomenclature)]);
        table.push(row);
    }
    table
}

/// The columns of figures, named as in the departments' own tables.
fn figures() -> [Column; 8] {
    let area = |key, header| Column::new(key, header, Unit::SquareMetres);
    [
        Column::new("millesime_debut", "Millésime antérieur", Unit::None),
        Column::new("millesime_fin", "Millésime du résultat", Unit::None),
        area("surface", "Surface"),
        area("surface_artif_1", "Artificialisé au millésime antérieur"),
        area("surface_artif_2", "Artificialisé au millésime du résultat"),
        area("flux_artif", "Artificialisation"),
        area("flux_desartif", "Désartificialisation"),
        area("flux_artif_net", "Artificialisation nette"),
    ]
}

/// The cells under [`figures`]; a first vintage has no prior and no flux.
fn cells(years: &[u16], ground: i128, stocks: &[i128], fluxes: Option<(i128, i128)>) -> Vec<Cell> {
    let year = |year: Option<&u16>| year.map_or(Cell::Empty, |year| Cell::Integer((*year).into()));
    let area = |area: Option<i128>| area.map_or(Cell::Empty, Cell::Area);
    let prior = |n: usize| n.checked_sub(2);
    vec![
        year(prior(years.len()).and_then(|at| years.get(at))),
        year(years.last()),
        Cell::Area(ground),
        area(prior(stocks.len()).and_then(|at| stocks.get(at).copied())),
        area(stocks.last().copied()),
        area(fluxes.map(|(gained, _)| gained)),
        area(fluxes.map(|(_, lost)| lost)),
        area(fluxes.map(|(gained, lost)| gained - lost)),
    ]
}
