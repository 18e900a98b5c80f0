//! The columns that the loaders of the national platform read, to the letter.

use crate::io::schema::{self, Names};
use crate::io::vector::{Column, ColumnKind};
use crate::io::vector_writer::{Field, FieldKind};
use crate::vintage::locate::Product;

use super::keys;

/// A column that is there, and what it must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// What the contract says of it.
    pub(super) field: Field,
    /// Its index in the file.
    pub(super) index: usize,
    /// What it is, whatever its year and its case: `cs`, `artif`, `artificialisation`.
    pub(super) role: String,
}

/// The layer that the contract asks for; `None` for what it says nothing of.
pub(super) fn product(product: Product) -> Option<schema::Product> {
    match product {
        Product::Occupation => Some(schema::Product::Occupation),
        Product::BuiltZone => Some(schema::Product::BuiltZone),
        Product::Artif => Some(schema::Product::Artif),
        Product::Difference => Some(schema::Product::Diff),
        Product::Evolution => Some(schema::Product::ZanEvol),
        Product::Communes | Product::Zoning | Product::Any => None,
    }
}

/// The columns of a product in a format; those of a shapefile are upper-case and of ten characters.
pub(super) fn wanted(product: schema::Product, names: &Names, is_shapefile: bool) -> Vec<Field> {
    let fields = product.layer(names).fields;
    // What columns the zone has beside its geometry is IGN's business: no loader reads one.
    let fields = if product == schema::Product::BuiltZone { Vec::new() } else { fields };
    if is_shapefile { fields.into_iter().map(schema::shapefile_field).collect() } else { fields }
}

/// Finds the wanted columns among those of a file; tells the others by key, name and what is there.
pub(super) fn find(
    wanted: Vec<Field>,
    columns: &[Column],
) -> (Vec<Found>, Vec<(&'static str, String, String)>) {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for field in wanted {
        let exact = columns.iter().position(|column| column.name == field.name);
        let near = || columns.iter().position(|c| c.name.eq_ignore_ascii_case(&field.name));
        let Some(index) = exact.or_else(near) else {
            faults.push((keys::COLUMN_MISSING, field.name.clone(), String::new()));
            continue;
        };
        if exact.is_none() {
            let got = columns[index].name.clone();
            faults.push((keys::COLUMN_CASE, field.name.clone(), got));
        }
        // The year of a vintage is a number or a text, by the edition of the product.
        if !field.name.eq_ignore_ascii_case("millesime") && !fits(&columns[index], field.kind) {
            let Column { kind, is_boolean, .. } = &columns[index];
            let got = if *is_boolean { "booléen".to_owned() } else { word(*kind).to_owned() };
            faults.push((keys::COLUMN_TYPE, field.name.clone(), got));
        }
        found.push(Found { role: schema::role(&field.name), field, index });
    }
    (found, faults)
}

/// Whether a column may hold values of a kind.
fn fits(column: &Column, kind: FieldKind) -> bool {
    match kind {
        FieldKind::Boolean => column.is_boolean,
        FieldKind::Integer | FieldKind::Integer64 => column.kind == ColumnKind::Integer,
        // A whole number is a number.
        FieldKind::Real => column.kind != ColumnKind::Text,
        FieldKind::Text => column.kind == ColumnKind::Text,
    }
}

fn word(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Integer => "entier",
        ColumnKind::Real => "réel",
        ColumnKind::Text => "texte",
    }
}
