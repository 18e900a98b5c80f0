//! `cle.csv`: what the map says of each place. Whoever interprets must not have it.

use std::path::Path;

use kernels::lattice::{Point, STEPS_PER_METRE};
use nomenclature::{Couple, Dimension, Nomenclature};

use crate::error::{Error, InputError};
use crate::tables::{Cell, Column, Table, Unit, csv};

/// A place with what the map says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its id in the sheet.
    pub id: String,
    /// Where it is.
    pub point: Point,
    /// The rank of its stratum, from 0.
    pub stratum: usize,
    /// Number of its object's ground, from 1 in the map's order.
    pub unit: usize,
    /// The id of its object.
    pub object: String,
    /// Doubled area of that ground, in square lattice steps.
    pub twice_area: i128,
    /// What the map says.
    pub couple: Couple,
}

/// The key as CSV.
///
/// # Errors
/// [`Error::Internal`] when it has no CSV form.
pub fn bytes(rows: &[Row], nomenclature: &Nomenclature) -> Result<Vec<u8>, Error> {
    let names =
        ["id", "x_cm", "y_cm", "strate", "unite", "objet", "surface_2cm2", "code_cs", "code_us"];
    let columns = names.map(|name| Column::new(name, name, Unit::None));
    let mut table = Table::new("cle", "Clé", columns.to_vec());
    let whole = |value: i128| Cell::Integer(i64::try_from(value).unwrap_or(i64::MAX));
    for row in rows {
        table.push(vec![
            Cell::words(&row.id),
            whole(row.point.x.into()),
            whole(row.point.y.into()),
            whole(row.stratum as i128 + 1),
            whole(row.unit as i128),
            Cell::words(&row.object),
            whole(row.twice_area),
            Cell::words(nomenclature.code(Dimension::Cover, row.couple.cs)),
            Cell::words(nomenclature.code(Dimension::Usage, row.couple.us)),
        ]);
    }
    csv::bytes(&table)
}

/// Reads a key, whose hash the plan has vouched for.
///
/// # Errors
/// [`Error::Input`] for a file that is none.
pub fn read(path: &Path, nomenclature: &Nomenclature) -> Result<Vec<Row>, Error> {
    let fault = |what: String| Error::from(InputError::new(path, "this is not a key").got(what));
    let mut reader = ::csv::Reader::from_path(path).map_err(|error| fault(error.to_string()))?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| fault(error.to_string()))?;
        let row = row_of(&record, nomenclature);
        rows.push(row.ok_or_else(|| fault(format!("line {}", rows.len() + 2)))?);
    }
    Ok(rows)
}

fn row_of(record: &::csv::StringRecord, nomenclature: &Nomenclature) -> Option<Row> {
    let number = |at: usize| record.get(at)?.parse::<i64>().ok();
    let class = |dimension, at: usize| nomenclature.find(dimension, record.get(at)?);
    let point = Point::new(number(1)?.try_into().ok()?, number(2)?.try_into().ok()?);
    Some(Row {
        id: record.get(0)?.to_owned(),
        point,
        stratum: usize::try_from(number(3)? - 1).ok()?,
        unit: usize::try_from(number(4)?).ok()?,
        object: record.get(5)?.to_owned(),
        twice_area: number(6)?.into(),
        couple: Couple { cs: class(Dimension::Cover, 7)?, us: class(Dimension::Usage, 8)? },
    })
}

impl Row {
    /// Easting and northing in metres, with their two decimals.
    pub fn place_m(&self) -> (String, String) {
        let metres = |v: i32| format!("{:.2}", f64::from(v) / f64::from(STEPS_PER_METRE));
        (metres(self.point.x), metres(self.point.y))
    }
}
