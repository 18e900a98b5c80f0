//! One table model for every figure that leaves the program.
//!
//! A figure is written once, as a [`Cell`], and printed once, by [`Cell::text`]: CSV, XLSX, JSON
//! and the HTML report all show that very string or the number it denotes, so no two documents of
//! a delivery can disagree. Areas stay exact integers until then.

use serde::{Deserialize, Serialize};

pub mod corrected;
pub mod csv;
pub mod custom;
pub mod disagreement;
pub mod enaf;
pub mod exemptions;
pub mod family;
pub mod flux;
pub mod gazetteer;
pub mod indicators;
pub mod json;
pub mod matrices;
pub mod xlsx;

#[cfg(test)]
pub(crate) mod tests;

/// What the numbers of a column count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Text, codes, years: no unit.
    None,
    /// Square metres.
    #[serde(rename = "m2")]
    SquareMetres,
    /// Square metres per year.
    #[serde(rename = "m2/an")]
    SquareMetresPerYear,
    /// Percent of the area of the row's territory.
    #[serde(rename = "%")]
    Percent,
}

impl Unit {
    /// The unit as headers print it; empty when there is none.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::None => "",
            Self::SquareMetres => "m²",
            Self::SquareMetresPerYear => "m²/an",
            Self::Percent => "%",
        }
    }
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Name in CSV, GPKG and JSON; national names where they exist.
    pub key: String,
    /// French header in XLSX and HTML.
    pub header: String,
    /// What its numbers count.
    pub unit: Unit,
}

impl Column {
    /// A column.
    pub fn new(key: impl Into<String>, header: impl Into<String>, unit: Unit) -> Self {
        Self { key: key.into(), header: header.into(), unit }
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing to say: not known, or not defined.
    Empty,
    /// Words or a code.
    Text(String),
    /// A whole number without unit, such as a year.
    Integer(i64),
    /// An estimate, as a whole number of units of its last decimal, and the number of decimals.
    Fixed(i64, u32),
    /// An area as a doubled area in square lattice steps (half square centimetres).
    Area(i128),
    /// A doubled area spread over a number of years.
    AreaPerYear(i128, u32),
    /// The first doubled area in percent of the second.
    Share(i128, i128),
}

impl Cell {
    /// A text cell.
    pub fn words(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// An estimate rounded to some decimals; empty for what is no number.
    pub fn estimate(value: f64, decimals: u32) -> Self {
        let scaled = (value * 10_f64.powi(decimals.cast_signed())).round();
        if scaled.is_finite() && scaled.abs() < 9e15 {
            Self::Fixed(scaled as i64, decimals)
        } else {
            Self::Empty
        }
    }

    /// The one printed form, with `.` as decimal sign and no grouping.
    ///
    /// Areas have five decimals, which is exact: one unit of doubled area is 0.00005 m2. Areas per
    /// year have five decimals and shares six, both rounded half away from zero from the exact
    /// quotient. A share or a rate of nothing is empty.
    pub fn text(&self) -> String {
        match *self {
            Self::Empty | Self::AreaPerYear(_, 0) | Self::Share(_, 0) => String::new(),
            Self::Text(ref text) => text.clone(),
            Self::Integer(value) => value.to_string(),
            Self::Fixed(value, decimals) => decimal(i128::from(value), decimals),
            Self::Area(twice_area) => decimal(twice_area * 5, 5),
            Self::AreaPerYear(twice_area, years) => {
                decimal(divide(twice_area * 5, i128::from(years)), 5)
            }
            Self::Share(part, whole) => decimal(divide(part * 100_000_000, whole), 6),
        }
    }

    /// The number that [`Cell::text`] prints, when it prints one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Empty | Self::Text(_) => None,
            _ => self.text().parse().ok(),
        }
    }
}

/// `value / 10^decimals` in decimal notation, exactly.
fn decimal(value: i128, decimals: u32) -> String {
    if decimals == 0 {
        return value.to_string();
    }
    let scale = 10_i128.pow(decimals).unsigned_abs();
    let (whole, rest) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{whole}.{rest:0width$}", width = decimals as usize)
}

/// The quotient rounded half away from zero; the divisor is not zero.
pub(crate) fn divide(value: i128, by: i128) -> i128 {
    let negative = (value < 0) != (by < 0);
    let (value, by) = (value.unsigned_abs(), by.unsigned_abs());
    let quotient = ((2 * value + by) / (2 * by)).cast_signed();
    if negative { -quotient } else { quotient }
}

/// Rows under typed columns, in a deterministic order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// File stem of the CSV and name in JSON, such as `artif_commune`.
    pub name: String,
    /// French title.
    pub title: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each as long as the columns.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table.
    pub fn new(name: impl Into<String>, title: impl Into<String>, columns: Vec<Column>) -> Self {
        Self { name: name.into(), title: title.into(), columns, rows: Vec::new() }
    }

    /// Appends a row.
    ///
    /// # Panics
    /// When the row is not as long as the columns: a defect of the caller.
    pub fn push(&mut self, row: Vec<Cell>) {
        assert_eq!(row.len(), self.columns.len(), "a row of `{}` matches its columns", self.name);
        self.rows.push(row);
    }

    /// Rank of the column of that key.
    pub fn column(&self, key: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.key == key)
    }

    /// The cell of a row under a key.
    pub fn cell(&self, row: usize, key: &str) -> Option<&Cell> {
        self.rows.get(row)?.get(self.column(key)?)
    }
}
