//! Tables as CSV: UTF-8, comma, `.` decimals, LF, national column names; and what separates the
//! columns of other people's.

use super::{Cell, Table};
use crate::Error;

/// The bytes of the CSV file of a table.
///
/// A text that a spreadsheet would run as a formula is preceded by an apostrophe; numbers never
/// are.
///
/// # Errors
/// [`Error::Internal`] when the writer refuses a row, which a well-formed table excludes.
pub fn bytes(table: &Table) -> Result<Vec<u8>, Error> {
    let failed = |what: String| Error::internal(format!("csv of `{}`: {what}", table.name));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let keys = table.columns.iter().map(|column| column.key.as_str());
    writer.write_record(keys).map_err(|e| failed(e.to_string()))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(field)).map_err(|e| failed(e.to_string()))?;
    }
    writer.into_inner().map_err(|e| failed(e.to_string()))
}

fn field(cell: &Cell) -> String {
    let text = cell.text();
    let is_words = matches!(cell, Cell::Text(_));
    if is_words && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{text}");
    }
    text
}

/// What separates the columns of a table: comma, semicolon or tab, whichever its first line holds
/// most of; a comma when none is ahead.
pub fn separator(text: &str) -> u8 {
    let head = text.lines().next().unwrap_or_default();
    let count = |separator: u8| head.bytes().filter(|&byte| byte == separator).count();
    [b';', b'\t', b','].into_iter().max_by_key(|&separator| count(separator)).unwrap_or(b',')
}
