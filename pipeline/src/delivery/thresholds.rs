//! `seuils_<year>.csv`: every group of polygons that the thresholds absorbed or filled.

use kernels::arrangement::interior_point;
use kernels::artificialise::{Artificialised, Reason};

use super::Delivery;
use super::verdicts::commune_of_polygons;
use crate::artefact::Draft;
use crate::comparison::Ground;
use crate::error::Error;
use crate::tables::{Cell, Column, Table, Unit, csv};

/// Writes the table; see [`Delivery::thresholds`].
pub(super) fn write(
    delivery: &Delivery<'_>,
    ground: &Ground,
    vintage: usize,
    verdicts: &Artificialised,
) -> Result<Draft, Error> {
    let of = &ground.vintages[vintage];
    let plain = |key: &str| Column::new(key, key, Unit::None);
    let area = |key: &str| Column::new(key, key, Unit::SquareMetres);
    let mut table = Table::new(
        format!("seuils_{}", of.year),
        String::new(),
        vec![
            plain("groupe"),
            plain("sens"),
            area("groupe_surface"),
            plain("groupe_polygones"),
            area("surface"),
            area("surface_retablie"),
            plain("premier_id"),
            plain("code_cs"),
            plain("code_us"),
            plain("commune_code"),
            plain("x"),
            plain("y"),
        ],
    );
    let communes = commune_of_polygons(ground, vintage);
    let own = own_areas(ground, vintage, verdicts);
    let numbers = (0..).zip(&verdicts.groups).filter(|(_, group)| group.flipped);
    let mut flipped: Vec<_> = numbers.collect();
    flipped.sort_by_key(|(_, group)| (std::cmp::Reverse(group.twice_area), group.first));
    for (number, group) in flipped {
        let first = group.first as usize;
        let commune =
            communes[first].map(|c| &ground.territory.communes.gazetteer.communes[c as usize]);
        let (cs, us) = delivery.codes(of.couples[first]);
        let (x, y) = interior_point(&of.polygons[first]).unwrap_or_default();
        let (surface, restored) = own[number as usize];
        table.push(vec![
            Cell::Integer(number),
            Cell::words(if group.matrix { "absorbe" } else { "comble" }),
            Cell::Area(group.twice_area),
            Cell::Integer(group.polygons.into()),
            Cell::Area(surface),
            Cell::Area(restored),
            Cell::words(&of.objects[first].id),
            Cell::words(cs),
            Cell::words(us),
            Cell::words(commune.map_or("", |commune| commune.code.as_str())),
            Cell::words(format!("{x:.2}")),
            Cell::words(format!("{y:.2}")),
        ]);
    }
    delivery.bytes(format!("{}.csv", table.name), &csv::bytes(&table)?)
}

/// Doubled area of the vintage's own polygons of each group, and of those that step 4 restored.
fn own_areas(ground: &Ground, vintage: usize, verdicts: &Artificialised) -> Vec<(i128, i128)> {
    let mut areas = vec![(0, 0); verdicts.groups.len()];
    for (verdict, area) in verdicts.verdicts.iter().zip(ground.twice_areas(vintage)) {
        let sum = &mut areas[verdict.group as usize];
        sum.0 += area;
        sum.1 += if verdict.reason == Reason::BuiltRestored { area } else { 0 };
    }
    areas
}
