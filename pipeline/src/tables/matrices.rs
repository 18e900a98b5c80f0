//! Transition matrices: the area that went from each class to each class.

use kernels::flux::series::{Interval, Series};
use nomenclature::{ClassId, Dimension, Nomenclature};

use super::indicators::label;
use super::{Cell, Column, Table, Unit};

/// `matrice_cs` or `matrice_us`: one row per interval and pair of classes that occurs.
///
/// The unchanged area is there too (`avant` = `apres`), so the rows of an interval add up to the
/// whole territory.
pub fn table(series: &Series, dimension: Dimension, nomenclature: &Nomenclature) -> Table {
    let word = word(dimension);
    let title = format!("Matrice de passage {word} vers {word}");
    let mut table = Table::new(format!("matrice_{dimension}"), title, columns(dimension).into());
    for (interval, ledger) in series.steps() {
        for (pair, twice_area) in ledger.matrix(dimension) {
            table.push(cells(nomenclature, dimension, (*interval, pair), twice_area).into());
        }
    }
    table
}

/// The columns of a matrix, after those of its place if it has one.
pub(super) fn columns(dimension: Dimension) -> [Column; 7] {
    let word = word(dimension);
    [
        Column::new("millesime_debut", "Millésime de début", Unit::None),
        Column::new("millesime_fin", "Millésime de fin", Unit::None),
        Column::new(format!("{dimension}_avant"), format!("{word} avant"), Unit::None),
        Column::new("libelle_avant", "Libellé avant", Unit::None),
        Column::new(format!("{dimension}_apres"), format!("{word} après"), Unit::None),
        Column::new("libelle_apres", "Libellé après", Unit::None),
        Column::new("surface", "Surface", Unit::SquareMetres),
    ]
}

/// What stands under [`columns`].
pub(super) fn cells(
    nomenclature: &Nomenclature,
    dimension: Dimension,
    (interval, (before, after)): (Interval, (ClassId, ClassId)),
    twice_area: i128,
) -> [Cell; 7] {
    [
        Cell::Integer(interval.before.into()),
        Cell::Integer(interval.after.into()),
        Cell::words(nomenclature.code(dimension, before)),
        Cell::words(label(nomenclature, dimension, before)),
        Cell::words(nomenclature.code(dimension, after)),
        Cell::words(label(nomenclature, dimension, after)),
        Cell::Area(twice_area),
    ]
}

fn word(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Cover => "CS",
        Dimension::Usage => "US",
    }
}
