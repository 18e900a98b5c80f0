//! The quality report of an archive: what was checked when the data were made.

use std::fs;

use super::Archive;
use super::alone::alone;
use super::entry::{Body, Entry};
use crate::error::Error;
use crate::quality;
use crate::tables::{Cell, Column, Table, Unit, csv};
use crate::words::laws;

/// The page of the department in a result, and its name in an archive, where it stands alone.
const REPORT: (&str, &str) = ("report.html", "5_QUALITE/rapport.html");
/// The table of the repairs, likewise.
const REPAIRS: (&str, &str) = ("repairs.csv", "5_QUALITE/reparations.csv");

/// The laws that were checked with their measures, and the reports of the result.
///
/// # Errors
/// [`Error::Internal`] when a table has no CSV form; [`Error::Mismatch`] for a report that is not the
/// one delivered, [`Error::Read`].
pub(super) fn entries(archive: &Archive<'_>) -> Result<Vec<Entry>, Error> {
    let result = archive.request.result;
    let plain = |key: &str, header: &str| Column::new(key, header, Unit::None);
    let columns = vec![plain("loi", "Loi vérifiée"), plain("mesure", "Mesure")];
    let mut table = Table::new("lois", "Lois vérifiées", columns);
    for proof in &result.manifest().proofs {
        table.push(vec![
            Cell::words(laws::title(proof)),
            Cell::words(laws::measured(&proof.measures)),
        ]);
    }
    let text = String::from_utf8(csv::bytes(&table)?)
        .map_err(|error| Error::internal(format!("lois.csv: {error}")))?;
    let mut entries = vec![Entry::text("5_QUALITE/lois.csv", text)];
    let assessed = quality::name(archive.subject.year());
    let to = format!("5_QUALITE/{assessed}");
    if result.has(REPORT.0) {
        let path = result.file(REPORT.0)?;
        let page = fs::read_to_string(&path).map_err(Error::read(&path))?;
        entries.push(Entry::text(REPORT.1, alone(&page)));
    }
    let files = [REPAIRS, (assessed.as_str(), to.as_str())].into_iter();
    for (name, to) in files.filter(|(name, _)| result.has(name)) {
        let (path, stamp) = result.expected(name)?;
        entries.push(Entry { path: to.to_owned(), body: Body::Result(path, stamp) });
    }
    Ok(entries)
}
