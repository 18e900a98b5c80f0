//! What the exemptions took out of the artificial stock, place by place.

use std::collections::BTreeMap;

use kernels::artificialise::Artificialised;

use super::indicators::{REMAINDER, REMAINDER_NAME};
use super::{Cell, Column, Table, Unit};
use crate::basis::Basis;
use crate::comparison::Ground;

/// Name of the table; the report looks for it.
pub const NAME: &str = "exemptions";

/// One row per exempted place and commune: its ground, and what it removes from every vintage.
pub fn table(ground: &Ground, verdicts: &[Artificialised]) -> Table {
    let area = |key: String, header: String| Column::new(key, header, Unit::SquareMetres);
    let plain = |key: &str, header: &str| Column::new(key, header, Unit::None);
    let mut columns = vec![
        plain("motif", "Motif"),
        plain("nom", "Nom"),
        plain("commune_code", "Code"),
        plain("commune_nom", "Commune"),
        area("surface".to_owned(), "Surface du territoire couverte".to_owned()),
    ];
    for (k, vintage) in (1..).zip(&ground.vintages) {
        let year = vintage.year;
        columns.push(plain(&format!("millesimes_{k}"), &format!("Millésime {k}")));
        columns.push(area(format!("surface_retiree_{k}"), format!("Retiré du stock {year}")));
    }
    let mut table = Table::new(NAME, "Surfaces exemptées", columns);
    for ((place, outside, commune), (surface, removed)) in sums(ground, verdicts) {
        let place = &ground.territory.exemptions.places[place as usize];
        let commune = commune.filter(|_| !outside);
        let commune =
            commune.map(|rank| &ground.territory.communes.gazetteer.communes[rank as usize]);
        let (code, name) =
            commune.map_or((REMAINDER, REMAINDER_NAME), |c| (c.code.as_str(), c.name.as_str()));
        let mut row = [place.kind.as_str(), &place.name, code, name].map(Cell::words).to_vec();
        row.push(Cell::Area(surface));
        for (vintage, area) in ground.vintages.iter().zip(removed) {
            row.extend([Cell::Integer(vintage.year.into()), Cell::Area(area)]);
        }
        table.push(row);
    }
    table
}

/// Place, then commune, those outside every commune last: ground, removed from each vintage.
type Sums = BTreeMap<(u32, bool, Option<u32>), (i128, Vec<i128>)>;

fn sums(ground: &Ground, verdicts: &[Artificialised]) -> Sums {
    let mut sums = Sums::new();
    for face in ground.faces().filter(|&face| ground.counts(face)) {
        let Some(place) = ground.exemption(face) else { continue };
        let (area, commune) = (ground.plane.twice_area(face), ground.commune(face));
        let empty = || (0, vec![0; verdicts.len()]);
        let sum = sums.entry((place, commune.is_none(), commune)).or_insert_with(empty);
        sum.0 += area;
        for (vintage, verdicts) in verdicts.iter().enumerate() {
            let is_removed = ground.is_artificial(face, vintage, verdicts, Basis::Unexempted);
            sum.1[vintage] += if is_removed { area } else { 0 };
        }
    }
    sums
}
