//! Flux tables of a difference layer alone: what was gained and lost, no stock.

use std::collections::BTreeMap;

use kernels::flux::series::Interval;
use kernels::flux::{Balance, Ledger, Status};
use nomenclature::{Dimension, Nomenclature};

use super::gazetteer::{Gazetteer, Level};
use super::indicators::{REMAINDER, label};
use super::{Cell, Column, Table, Unit};

/// `artif_*` and `imper_*` for every level, and the flux by cover and by usage of the whole.
pub fn tables(
    ledger: &Ledger,
    interval: Interval,
    gazetteer: &Gazetteer,
    nomenclature: &Nomenclature,
) -> Vec<Table> {
    let families =
        [(Status::Artificial, "artif", "desartif"), (Status::Impermeable, "imper", "desimper")];
    let mut tables = Vec::new();
    for family in families {
        tables.extend(Level::ALL.map(|level| by_place(ledger, interval, gazetteer, family, level)));
    }
    for dimension in [Dimension::Cover, Dimension::Usage] {
        tables.push(by_class(ledger, interval, dimension, nomenclature));
    }
    tables
}

fn columns(first: &[(&str, &str)], families: &[(&str, &str)]) -> Vec<Column> {
    let mut columns: Vec<Column> =
        first.iter().map(|(key, header)| Column::new(*key, *header, Unit::None)).collect();
    columns.push(Column::new("millesime_debut", "Millésime de début", Unit::None));
    columns.push(Column::new("millesime_fin", "Millésime de fin", Unit::None));
    for (key, reverse) in families {
        for (name, header) in [
            (format!("flux_{key}"), format!("Flux brut ({key})")),
            (format!("flux_{reverse}"), format!("Flux inverse ({reverse})")),
            (format!("flux_{key}_net"), format!("Flux net ({key})")),
        ] {
            columns.push(Column::new(name, header, Unit::SquareMetres));
        }
    }
    columns
}

fn period(interval: Interval) -> [Cell; 2] {
    [interval.before, interval.after].map(|year| Cell::Integer(year.into()))
}

fn flux(balance: &Balance) -> [Cell; 3] {
    [balance.gross_in, balance.gross_out, balance.net()].map(Cell::Area)
}

fn by_place(
    ledger: &Ledger,
    interval: Interval,
    gazetteer: &Gazetteer,
    (status, key, reverse): (Status, &str, &str),
    level: Level,
) -> Table {
    let (places, parents) = gazetteer.places(level);
    let rolled = ledger.roll_up(|commune| parents.get(commune as usize).copied().flatten());
    let balances = rolled.by_territory(status);
    let code = format!("{}_code", level.key());
    let mut columns = columns(&[(code.as_str(), "Code"), ("nom", "Nom")], &[(key, reverse)]);
    let annual = format!("flux_{key}_net_annuel");
    columns.push(Column::new(annual, "Flux net annualisé", Unit::SquareMetresPerYear));
    let title = format!("Flux par {}", level.title());
    let mut table = Table::new(format!("{key}_{}", level.key()), title, columns);
    let outside = balances.contains_key(&None).then_some(None);
    for place in (0..places.len() as u32).map(Some).chain(outside) {
        let balance = balances.get(&place).copied().unwrap_or_default();
        let named = place.map(|rank| &places[rank as usize]);
        let mut row = vec![
            Cell::words(named.map_or(REMAINDER, |place| place.code.as_str())),
            Cell::words(named.map_or("Hors des territoires", |place| place.name.as_str())),
        ];
        row.extend(period(interval));
        row.extend(flux(&balance));
        row.push(Cell::AreaPerYear(balance.net(), interval.years()));
        table.push(row);
    }
    table
}

/// Gains count on the new code, losses on the old one.
fn by_class(
    ledger: &Ledger,
    interval: Interval,
    dimension: Dimension,
    nomenclature: &Nomenclature,
) -> Table {
    let word = if dimension == Dimension::Cover { "couverture" } else { "usage" };
    let whole = ledger.roll_up(|_| None);
    let artif = whole.by_class(Status::Artificial, dimension);
    let imper = whole.by_class(Status::Impermeable, dimension);
    let columns = columns(
        &[(word, "Code"), ("libelle", "Libellé")],
        &[("artif", "desartif"), ("imper", "desimper")],
    );
    let mut table = Table::new(format!("{word}_flux"), format!("Flux par {word}"), columns);
    let all: BTreeMap<_, _> = artif.keys().chain(imper.keys()).map(|key| (key.1, *key)).collect();
    for (class, key) in all {
        let mut row = vec![
            Cell::words(nomenclature.code(dimension, class)),
            Cell::words(label(nomenclature, dimension, class)),
        ];
        row.extend(period(interval));
        for balances in [&artif, &imper] {
            row.extend(flux(&balances.get(&key).copied().unwrap_or_default()));
        }
        table.push(row);
    }
    table
}
