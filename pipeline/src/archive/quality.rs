//! The quality report of an archive: what was checked when the data were made.

use super::Archive;
use super::entry::{Body, Entry};
use crate::error::Error;
use crate::quality;
use crate::tables::{Cell, Column, Table, Unit, csv};
use crate::words::laws;

/// Files of a result that tell of its quality, and their names in an archive.
const FILES: [(&str, &str); 2] =
    [("report.html", "5_QUALITE/rapport.html"), ("repairs.csv", "5_QUALITE/reparations.csv")];

/// The laws that were checked with their measures, and the reports of the result.
///
/// # Errors
/// [`Error::Internal`] when a table has no CSV form.
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
    let files = FILES.into_iter().chain([(assessed.as_str(), to.as_str())]);
    for (name, to) in files.filter(|(name, _)| result.has(name)) {
        let (path, stamp) = result.expected(name)?;
        entries.push(Entry { path: to.to_owned(), body: Body::Result(path, stamp) });
    }
    Ok(entries)
}
