//! `verdicts_<year>.csv`: the verdict of every polygon of a vintage.

use std::collections::BTreeMap;

use kernels::artificialise::Artificialised;

use super::{Delivery, reason_key, status_word};
use crate::artefact::Draft;
use crate::basis::Shares;
use crate::comparison::Ground;
use crate::error::Error;
use crate::judge::Judge;
use crate::tables::{Cell, Column, Table, Unit, csv};

/// Name of the table of the verdicts of a vintage, without extension.
pub fn verdicts_name(year: u16) -> String {
    format!("verdicts_{year}")
}

/// See [`Delivery::verdicts`].
pub(super) fn write(
    delivery: &Delivery<'_>,
    (ground, vintage): (&Ground, usize),
    verdicts: &Artificialised,
    judge: &Judge,
) -> Result<Draft, Error> {
    let of = &ground.vintages[vintage];
    let areas = ground.twice_areas(vintage);
    let shares = ground.shares(vintage, verdicts);
    let communes = commune_of_polygons(ground, vintage);
    let mut table = empty(of.year);
    for (rank, verdict) in verdicts.verdicts.iter().enumerate() {
        let commune =
            communes[rank].map(|c| &ground.territory.communes.gazetteer.communes[c as usize]);
        table.push(vec![
            Cell::words(&of.objects[rank].id),
            Cell::words(commune.map_or("", |commune| commune.code.as_str())),
            Cell::words(status_word(verdict.matrix)),
            Cell::words(judge.article(of.couples[rank])),
            Cell::words(status_word(verdict.status)),
            Cell::words(reason_key(verdict.reason)),
            Cell::Integer(verdict.group.into()),
            Cell::Integer(verdicts.groups[verdict.group as usize].polygons.into()),
            Cell::Area(verdict.group_twice_area),
            Cell::Area(areas[rank]),
            Cell::Area(shares[rank].artificial),
            Cell::Area(shares[rank].exempted),
            Cell::words(official_word(&shares[rank])),
        ]);
    }
    delivery.bytes(format!("{}.csv", table.name), &csv::bytes(&table)?)
}

/// The table of a year, without rows.
fn empty(year: u16) -> Table {
    Table::new(
        verdicts_name(year),
        String::new(),
        [
            ("id", Unit::None),
            ("commune_code", Unit::None),
            ("matrice", Unit::None),
            ("article", Unit::None),
            ("artif", Unit::None),
            ("etape", Unit::None),
            ("groupe", Unit::None),
            ("groupe_polygones", Unit::None),
            ("groupe_surface", Unit::SquareMetres),
            ("surface", Unit::SquareMetres),
            ("surface_artif", Unit::SquareMetres),
            ("surface_exemptee", Unit::SquareMetres),
            ("officiel", Unit::None),
        ]
        .map(|(key, unit)| Column::new(key, key, unit))
        .to_vec(),
    )
}

/// What the official layer says of a polygon's ground; empty when it says nothing.
fn official_word(shares: &Shares) -> &'static str {
    match (shares.official_artificial != 0, shares.official_natural != 0) {
        (true, true) => "mixte",
        (true, false) => status_word(true),
        (false, true) => status_word(false),
        (false, false) => "",
    }
}

/// The commune that holds most of each polygon of a vintage.
pub(super) fn commune_of_polygons(ground: &Ground, vintage: usize) -> Vec<Option<u32>> {
    let mut shares: BTreeMap<(u32, Option<u32>), i128> = BTreeMap::new();
    for face in ground.faces() {
        if let Some(rank) = ground.plane.label(face, vintage) {
            let share = shares.entry((rank, ground.commune(face))).or_default();
            *share += ground.plane.twice_area(face);
        }
    }
    let mut best = vec![(None, 0); ground.vintages[vintage].n_polygons()];
    for ((rank, commune), area) in shares {
        if area > best[rank as usize].1 {
            best[rank as usize] = (commune, area);
        }
    }
    best.into_iter().map(|(commune, _)| commune).collect()
}
