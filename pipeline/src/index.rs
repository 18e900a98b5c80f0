//! `index.html` of an output folder: departments x vintages, their key figures, their state, and
//! exact sums; the same figures as CSV and JSON.
//!
//! It is read from the results themselves, so that commands which each made a part of the folder
//! leave one index of all of it.

use std::path::Path;

use serde_json::json;

use crate::artefact::{publish_bytes, sweep_drafts_of};
use crate::error::Error;
use crate::lock::Lock;
use crate::report::frame;
use crate::tables::{Table, csv};

mod results;
mod sums;
mod tables;
mod view;

pub use results::{Entry, Figures};

/// The page.
pub const PAGE: &str = "index.html";
const RESULTS: &str = "index.csv";
const SUMS: &str = "index_sommes.csv";
const DOCUMENT: &str = "index.json";

/// Writes the index of an output folder from what lies in it; gives what it holds, sorted by folder.
///
/// * `told`: runs that the folder says nothing of, or less than the command knows.
///
/// # Errors
/// [`Error::Read`] and [`Error::Input`] for a result that cannot be read, [`Error::Write`].
pub fn write(out: &Path, told: &[Entry]) -> Result<Vec<Entry>, Error> {
    // Another command may have ended in this folder at the same moment.
    let _lock = Lock::wait_for_file(&out.join(PAGE))?;
    let mut entries = results::read(out)?;
    for entry in told {
        match entries.iter_mut().find(|known| known.folder == entry.folder) {
            // What an earlier command made is still there.
            Some(known) => (known.state, known.why) = (entry.state, entry.why.clone()),
            None => entries.push(entry.clone()),
        }
    }
    entries.sort_by(|a, b| a.folder.cmp(&b.folder));
    let results = tables::results(&entries);
    let sums = tables::sums(&sums::of(&entries));
    let page = frame::fill("index.html", include_str!("index/template.html"), view::of(&entries))?;
    let document = json!({
        "results": crate::tables::json::value(&results),
        "sums": crate::tables::json::value(&sums),
    });
    let document = format!("{document:#}\n").into_bytes();
    let table = |table: &Table| csv::bytes(table);
    for (name, bytes) in [
        (RESULTS, table(&results)?),
        (SUMS, table(&sums)?),
        (DOCUMENT, document),
        (PAGE, page.into_bytes()),
    ] {
        let path = out.join(name);
        sweep_drafts_of(&path)?;
        publish_bytes(path, &bytes)?;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests;
