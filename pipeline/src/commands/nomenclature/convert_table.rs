//! Converts the code columns of a CSV file.

use std::path::Path;

use nomenclature::Dimension;

use super::convert::{Task, into_text};
use super::untranslated::Untranslated;
use crate::error::{Error, InputError};
use crate::tables::csv::separator;
use crate::talk;

/// The file with its code columns converted, under the same separator.
///
/// # Errors
/// [`Error::Input`] for a column that is missing, a row of another length, text that is not UTF-8,
/// and codes without a translation unless the task keeps going; [`Error::Read`].
pub(super) fn converted(path: &Path, task: &Task<'_>) -> Result<String, Error> {
    let bytes = std::fs::read(path).map_err(Error::read(path))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        InputError::new(path, "this table is not UTF-8 text")
            .hint("save it again with the encoding UTF-8")
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let separator = separator(text);
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
    let refused = |error: csv::Error| Error::from(InputError::new(path, error.to_string()));
    let head = reader.headers().map_err(refused)?.clone();
    let places = places(path, &head, task)?;
    let mut writer =
        csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::with_capacity(text.len()));
    writer.write_record(new_head(&head, &places, task)).map_err(refused)?;
    let mut untranslated = Untranslated::default();
    for row in reader.records() {
        let row = row.map_err(refused)?;
        let line = row.position().map_or(0, csv::Position::line);
        let mut cells: Vec<&str> = row.iter().collect();
        for (dimension, index) in &places {
            let code = row.get(*index);
            let place = || format!("line {line}");
            let asked = (*dimension, code);
            let target = untranslated.translate(&task.translator, asked, place);
            cells[*index] = target.unwrap_or_default();
            cells.push(code.unwrap_or_default());
        }
        writer.write_record(cells).map_err(refused)?;
    }
    report(path, &untranslated, task)?;
    into_text(writer)
}

/// The places of the code columns.
fn places(
    path: &Path,
    head: &csv::StringRecord,
    task: &Task<'_>,
) -> Result<Vec<(Dimension, usize)>, Error> {
    task.columns
        .iter()
        .map(|(dimension, name)| {
            let place = head.iter().position(|column| column.trim() == name).or_else(|| {
                head.iter().position(|column| column.trim().eq_ignore_ascii_case(name))
            });
            place.map(|place| (*dimension, place)).ok_or_else(|| {
                InputError::new(path, "this table lacks a column")
                    .got(format!("columns {}", head.iter().collect::<Vec<_>>().join(", ")))
                    .expected(format!("`{name}`"))
                    .hint("name the columns with `--cs-column` and `--us-column`")
                    .into()
            })
        })
        .collect()
}

fn new_head(
    head: &csv::StringRecord,
    places: &[(Dimension, usize)],
    task: &Task<'_>,
) -> Vec<String> {
    let old: Vec<&str> = head.iter().collect();
    new_names(&old, places, task)
}

/// The old names with the code columns renamed, then the columns of the old codes.
///
/// A code column keeps its name where another column has the new one already.
pub(super) fn new_names(
    old: &[&str],
    places: &[(Dimension, usize)],
    task: &Task<'_>,
) -> Vec<String> {
    let mut names: Vec<String> = old.iter().map(|name| (*name).to_owned()).collect();
    for (dimension, index) in places {
        let usual = format!("code_{dimension}");
        let name = task.to.column(*dimension).unwrap_or(&usual);
        if !old.iter().any(|taken| taken.eq_ignore_ascii_case(name)) {
            name.clone_into(&mut names[*index]);
        }
        names.push(format!("{dimension}_origin"));
    }
    names
}

/// Stops for codes without a translation, or says them when the task keeps going.
pub(super) fn report(
    path: &Path,
    untranslated: &Untranslated,
    task: &Task<'_>,
) -> Result<(), Error> {
    if untranslated.is_empty() {
        return Ok(());
    }
    let (from, to) = (task.from.id(), task.to.id());
    let what = format!("some codes of `{from}` have no translation in `{to}`");
    if task.keep_going {
        talk::warning(&format!("`{}`: {what}: {}", path.display(), untranslated.listed()));
        return Ok(());
    }
    let mut fault = InputError::new(path, what)
        .got(untranslated.listed())
        .hint("correct them, or add `--keep-going` to leave them empty");
    if let Some(place) = untranslated.first_place() {
        fault = fault.feature(place);
    }
    Err(fault.into())
}
