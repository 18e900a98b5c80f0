//! The rows of `verdicts_YEAR.csv` of a few polygons, read line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::error::{Error, InputError};

/// The verdict of a polygon, as the file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) commune: String,
    pub(super) matrix: String,
    pub(super) article: String,
    pub(super) step: String,
    pub(super) group: String,
    pub(super) group_polygons: String,
    pub(super) group_area: String,
    /// Its status by the rules, whatever an official layer or an exemption says.
    pub(super) by_rules: String,
    /// The area that an exemption takes off what is artificial.
    pub(super) exempted_area: String,
    /// What an official layer says; empty without one.
    pub(super) official: String,
}

const COLUMNS: [&str; 11] = [
    "id",
    "commune_code",
    "matrice",
    "article",
    "etape",
    "groupe",
    "groupe_polygones",
    "groupe_surface",
    "artif",
    "surface_exemptee",
    "officiel",
];

/// The verdicts of the polygons of these ids; reading stops when all are found.
///
/// # Errors
/// The file cannot be read or lacks a column.
pub(super) fn of(
    path: &Path,
    mut ids: BTreeSet<String>,
) -> Result<BTreeMap<String, Verdict>, Error> {
    let damaged = |error: csv::Error| -> Error {
        InputError::new(path, "this table cannot be read").got(error).into()
    };
    let mut reader = csv::Reader::from_path(path).map_err(damaged)?;
    let headers = reader.headers().map_err(damaged)?.clone();
    let columns = COLUMNS.map(|name| headers.iter().position(|header| header == name));
    if let Some(missing) = columns.iter().position(Option::is_none) {
        let fault = InputError::new(path, "this table lacks a column");
        let got = headers.iter().collect::<Vec<_>>().join(", ");
        return Err(fault.got(got).expected(format!("`{}`", COLUMNS[missing])).into());
    }
    let columns = columns.map(Option::unwrap_or_default);
    let mut verdicts = BTreeMap::new();
    let mut record = csv::StringRecord::new();
    while !ids.is_empty() && reader.read_record(&mut record).map_err(damaged)? {
        let id = record.get(columns[0]).unwrap_or_default();
        // A text that a spreadsheet would run as a formula is written after an apostrophe.
        let found = ids.take(id).or_else(|| id.strip_prefix('\'').and_then(|id| ids.take(id)));
        if let Some(id) = found {
            let text = |column: usize| record.get(columns[column]).unwrap_or_default().to_owned();
            let verdict = Verdict {
                commune: text(1),
                matrix: text(2),
                article: text(3),
                step: text(4),
                group: text(5),
                group_polygons: text(6),
                group_area: text(7),
                by_rules: text(8),
                exempted_area: text(9),
                official: text(10),
            };
            verdicts.insert(id, verdict);
        }
    }
    Ok(verdicts)
}
