//! Differences that are corrections of the older vintage, by who says so.

use std::collections::BTreeMap;

use kernels::change::ChangeKind;

use super::{Cell, Column, Table, Unit};
use crate::comparison::{Corrector, Ground};
use crate::figures::Figures;

/// Name of the table.
const NAME: &str = "ecarts_corriges";

/// One row per interval and source of corrections: how many differences, on how much ground.
pub fn table(ground: &Ground, figures: &Figures) -> Table {
    let plain = |key: &str, header: &str| Column::new(key, header, Unit::None);
    let columns = vec![
        plain("millesime_avant", "Millésime corrigé"),
        plain("millesime_apres", "Millésime suivant"),
        plain("source", "Source de la correction"),
        plain("objets", "Écarts"),
        Column::new("surface", "Surface", Unit::SquareMetres),
    ];
    let title = "Écarts dus à des corrections du millésime antérieur";
    let mut table = Table::new(NAME, title, columns);
    for (comparison, step) in ground.steps().zip(&figures.steps) {
        let mut sums: BTreeMap<Corrector, (i64, i128)> =
            [Corrector::Patch, Corrector::Ledger].map(|who| (who, (0, 0))).into();
        for (piece, finding) in step.changed.iter().zip(&step.findings) {
            if finding.kind != ChangeKind::Correction {
                continue;
            }
            if let Some(who) = comparison.corrected_by(&piece.dissolved.faces) {
                let (n, area) = sums.entry(who).or_default();
                *n += 1;
                *area += piece.dissolved.polygon.twice_area();
            }
        }
        for (who, (n, area)) in sums {
            table.push(vec![
                Cell::Integer(i64::from(step.interval.before)),
                Cell::Integer(i64::from(step.interval.after)),
                Cell::words(match who {
                    Corrector::Patch => "correctif de l'IGN",
                    Corrector::Ledger => "registre des corrections",
                }),
                Cell::Integer(n),
                Cell::Area(area),
            ]);
        }
    }
    table
}
