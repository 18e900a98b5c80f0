//! What was repaired in every file, as one French table: `repairs.csv` and the report show it.

use kernels::lattice::Point;

use super::{Effect, Repair, Repairs};
use crate::tables::{Cell, Column, Table, Unit};
use crate::words;

/// Name of the table, and stem of its file.
pub const NAME: &str = "repairs";
/// The key of the row that closes the account of a file.
pub const BALANCE: &str = "bilan";

/// The accounts of files, each with its role: one row per key, by key, then the balance.
///
/// Areas are exact: on the row of the balance, `surface_lue + surface_ajoutee - surface_perdue -
/// surface_reattribuee = surface_gardee`. Files whose shapes are taken as they are have no balance.
pub fn of(files: &[(String, Repairs)]) -> Table {
    let area = |key: &str, header: &str| Column::new(key, header, Unit::SquareMetres);
    let plain = |key: &str, header: &str| Column::new(key, header, Unit::None);
    let mut table = Table::new(
        NAME,
        "Réparations des données d'entrée",
        vec![
            plain("role", "Couche"),
            plain("fichier", "Fichier"),
            plain("cle", "Clé"),
            plain("sens", "Sens"),
            plain("effet", "Effet"),
            plain("nombre", "Nombre"),
            area("surface_concernee", "Surface concernée"),
            area("surface_perdue", "Surface perdue"),
            area("surface_ajoutee", "Surface ajoutée"),
            area("surface_reattribuee", "Surface réattribuée"),
            area("surface_lue", "Surface lue"),
            area("surface_gardee", "Surface gardée"),
            plain("x", "X du premier lieu (m)"),
            plain("y", "Y du premier lieu (m)"),
            plain("lieu", "Premier lieu"),
        ],
    );
    for (role, repairs) in files {
        let file = repairs.path.file_name().unwrap_or_default().to_string_lossy();
        let head = [Cell::words(role), Cell::words(file)];
        for (key, repair) in &repairs.by_key {
            table.push(head.iter().cloned().chain(row(key, repair)).collect());
        }
        if repairs.has_balance() {
            table.push(head.iter().cloned().chain(balance(repairs)).collect());
        }
    }
    table
}

fn row(key: &str, repair: &Repair) -> Vec<Cell> {
    let effect = match super::key::effect(key) {
        Effect::Repaired => "réparé",
        Effect::Reported => "signalé",
    };
    let metres = |of: fn(Point) -> i32| match &repair.first {
        Some(place) => Cell::words(format!("{:.2}", f64::from(of(place.point())) / 100.0)),
        None => Cell::Empty,
    };
    vec![
        Cell::words(key),
        Cell::words(words::flaw(key)),
        Cell::words(effect),
        Cell::Integer(i64::try_from(repair.count).unwrap_or(i64::MAX)),
        Cell::Area(repair.twice_area),
        Cell::Area(repair.twice_area_lost),
        Cell::Area(repair.twice_area_invented),
        Cell::Area(repair.twice_area_reassigned),
        Cell::Empty,
        Cell::Empty,
        metres(|point| point.x),
        metres(|point| point.y),
        repair.first.as_ref().map_or(Cell::Empty, |place| Cell::words(&place.note)),
    ]
}

fn balance(repairs: &Repairs) -> Vec<Cell> {
    let sum = |of: fn(&Repair) -> i128| Cell::Area(repairs.by_key.values().map(of).sum());
    vec![
        Cell::words(BALANCE),
        Cell::words("lue + ajoutée − perdue − réattribuée = gardée"),
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
        sum(|repair| repair.twice_area_lost),
        sum(|repair| repair.twice_area_invented),
        sum(|repair| repair.twice_area_reassigned),
        Cell::Area(repairs.twice_area_read),
        Cell::Area(repairs.twice_area_kept),
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
    ]
}
