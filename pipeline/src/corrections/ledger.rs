//! The ledger: every correction of a department with its whole history, in one `GeoPackage`.
//!
//! Layers: `corrections` (polygons), `historique` (events) and `registre` (what the ledger is of).
//! The file is written whole and appears at once; the same content always gives the same bytes.

use std::ffi::OsString;
use std::path::Path;

use kernels::lattice::Polygon;
use nomenclature::Nomenclature;
use rustc_hash::FxHashMap;

use super::terms::{Action, Outcome, Standing, Term};
use super::{form, rows};
use crate::artefact::{Artefact, Draft};
use crate::error::{Error, InputError};
use crate::io::record::CorrectionRecord;
use crate::io::vector::VectorSource;
use crate::io::vector_writer::{Shape, VectorFormat, VectorWriter};
use crate::styles::Style;

/// The layer of the corrections.
pub const CORRECTIONS: &str = "corrections";
/// The layer of the events.
pub const HISTORY: &str = "historique";
/// The source of what was changed by hand.
const BY_HAND: &str = "saisie directe";
/// The layer that says what the ledger is of.
pub const HEAD: &str = "registre";

/// What a ledger is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Department code.
    pub department: String,
    /// EPSG code of its CRS, in which the polygons are.
    pub epsg: u32,
    /// Id of the nomenclature whose leaves are proposed.
    pub nomenclature: String,
}

/// What a next version made of a correction.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What became of it.
    pub outcome: Outcome,
    /// Share of its area that is as proposed, from 0 to 1, where it can be told.
    pub share: Option<f64>,
    /// Why, in French.
    pub reason: Option<String>,
    /// The version that was looked at.
    pub version: String,
}

/// A correction in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What is asked.
    pub record: CorrectionRecord,
    /// Where: see the table of [`crate::corrections`].
    pub polygon: Polygon,
    /// How far it is.
    pub standing: Standing,
    /// Who gave the file that it was first read from.
    pub source: String,
    /// What it is called in that file.
    pub source_ref: Option<String>,
    /// What the last version looked at made of it.
    pub verdict: Option<Verdict>,
}

/// Something that happened to a correction, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The correction.
    pub correction_id: String,
    /// The day, `YYYY-MM-DD`.
    pub at: String,
    /// What.
    pub action: Action,
    /// By whom.
    pub source: String,
    /// In plain words, in French.
    pub detail: Option<String>,
}

/// A line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its rank, from 1.
    pub seq: u64,
    /// What happened.
    pub note: Note,
    /// How far the correction was then.
    pub standing: Standing,
}

/// All corrections of a department, in the order of their ids, and all that happened to them.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    /// What it is of.
    pub head: Head,
    /// The corrections, sorted by `record.correction_id`, each id once.
    pub entries: Vec<Entry>,
    /// The events, in their order.
    pub history: Vec<Event>,
}

impl Ledger {
    /// An empty ledger.
    pub fn create(head: Head) -> Self {
        Self { head, entries: Vec::new(), history: Vec::new() }
    }

    /// Reads a ledger.
    ///
    /// # Errors
    /// [`Error::Input`] when the file is no ledger, is open in another program, holds a value that
    /// is none of its column's, an id twice, or an event of no correction.
    pub fn read(path: &Path) -> Result<Self, Error> {
        refuse_open(path)?;
        let source = VectorSource::open(path, Some(CORRECTIONS))?;
        let epsg = source.info().epsg.ok_or_else(|| {
            InputError::new(path, "this ledger has no coordinate system").layer(CORRECTIONS)
        })?;
        // A table has no coordinate system.
        let table = |name| Ok::<_, Error>(VectorSource::open(path, Some(name))?.assume_epsg(epsg));
        let head = rows::head(&table(HEAD)?, epsg)?;
        let mut ledger = Self::create(head);
        ledger.enter(rows::entries(&source, epsg)?).map_err(|error| match error {
            Error::Internal { what } => InputError::new(path, what).layer(CORRECTIONS).into(),
            other => other,
        })?;
        ledger.history = rows::events(&table(HISTORY)?, epsg)?;
        for event in &ledger.history {
            if ledger.get(&event.note.correction_id).is_none() {
                return Err(InputError::new(path, "this ledger has lost a correction")
                    .layer(HISTORY)
                    .feature(event.seq)
                    .got(format!("an event of `{}`", event.note.correction_id))
                    .expected("that correction in layer `corrections`")
                    .hint("nothing is ever taken out of a ledger: put the row back, or take a copy")
                    .into());
            }
        }
        Ok(ledger)
    }

    /// Refuses a ledger, read from `path`, of another department than this one.
    ///
    /// # Errors
    /// [`Error::Input`] when it is.
    pub fn require_department(&self, path: &Path, department: &str) -> Result<(), Error> {
        if self.head.department == department {
            return Ok(());
        }
        Err(InputError::new(path, "this ledger is of another department")
            .got(format!("department {}", self.head.department))
            .expected(format!("{department}, the one given"))
            .hint("give the ledger of this department, or its `--department`")
            .into())
    }

    /// What the codes of the corrections mean.
    ///
    /// # Errors
    /// [`Error::Usage`] when it is no built-in nomenclature.
    pub fn nomenclature(&self) -> Result<Nomenclature, Error> {
        Nomenclature::builtin(&self.head.nomenclature)
            .map_err(|error| Error::Usage { what: error.to_string(), hint: error.hint() })
    }

    /// The correction of an id.
    pub fn get(&self, correction_id: &str) -> Option<&Entry> {
        self.position(correction_id).map(|rank| &self.entries[rank])
    }

    /// [`Ledger::get`], to be changed; its id must stay.
    pub fn get_mut(&mut self, correction_id: &str) -> Option<&mut Entry> {
        self.position(correction_id).map(|rank| &mut self.entries[rank])
    }

    fn position(&self, correction_id: &str) -> Option<usize> {
        self.entries
            .binary_search_by(|entry| entry.record.correction_id.as_str().cmp(correction_id))
            .ok()
    }

    /// Adds corrections, in any order.
    ///
    /// # Errors
    /// [`Error::Internal`] when an id is there already; the ledger is then of no more use.
    pub fn enter(&mut self, entries: Vec<Entry>) -> Result<(), Error> {
        self.entries.extend(entries);
        self.entries.sort_by(|a, b| a.record.correction_id.cmp(&b.record.correction_id));
        let same = |pair: &&[Entry]| pair[0].record.correction_id == pair[1].record.correction_id;
        self.entries.windows(2).find(same).map_or(Ok(()), |pair| {
            let id = &pair[0].record.correction_id;
            Err(Error::internal(format!("correction `{id}` is twice in this ledger")))
        })
    }

    /// Writes down that something happened; the correction is as it stands afterwards.
    ///
    /// # Errors
    /// [`Error::Internal`] when there is no such correction.
    pub fn note(&mut self, note: Note) -> Result<(), Error> {
        let entry = self.get(&note.correction_id).ok_or_else(|| {
            Error::internal(format!("no correction `{}` in this ledger", note.correction_id))
        })?;
        let standing = entry.standing;
        let seq = self.history.last().map_or(0, |event| event.seq) + 1;
        self.history.push(Event { seq, note, standing });
        Ok(())
    }

    /// Writes down, as of a day, each standing that is not what the history left: somebody changed
    /// it by hand. Gives their number.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub fn note_edits(&mut self, at: &str) -> Result<u64, Error> {
        let mut last: FxHashMap<&str, Standing> = FxHashMap::default();
        for event in &self.history {
            last.insert(&event.note.correction_id, event.standing);
        }
        let is_edited = |entry: &&Entry| {
            last.get(entry.record.correction_id.as_str()).is_some_and(|s| *s != entry.standing)
        };
        let edited = self.entries.iter().filter(is_edited);
        let notes = edited.map(|entry| Note {
            correction_id: entry.record.correction_id.clone(),
            at: at.to_owned(),
            action: Action::Edited,
            source: BY_HAND.to_owned(),
            detail: Some(entry.standing.label().to_owned()),
        });
        let notes: Vec<Note> = notes.collect();
        let n = notes.len() as u64;
        notes.into_iter().try_for_each(|note| self.note(note))?;
        Ok(n)
    }

    /// Writes the ledger in place of what has its name.
    ///
    /// # Errors
    /// As [`Ledger::draft`].
    pub fn publish(&self, path: &Path) -> Result<Artefact, Error> {
        self.draft(path)?.publish()
    }

    /// Writes the ledger, finished and not yet in place of what has its name.
    ///
    /// # Errors
    /// [`Error::Input`] when another program holds the file open, [`Error::Write`].
    pub fn draft(&self, path: &Path) -> Result<Draft, Error> {
        if path.exists() {
            refuse_open(path)?;
        }
        let nomenclature = self.nomenclature()?;
        let draft = Draft::new(path)?;
        let layers = rows::layers(&self.head);
        let mut writer = VectorWriter::create(draft.temp(), VectorFormat::GeoPackage, &layers)?;
        for (fid, entry) in (1..).zip(&self.entries) {
            writer.add(0, fid, Shape::Polygon(&entry.polygon), &rows::of_entry(entry))?;
        }
        for (fid, event) in (1..).zip(&self.history) {
            writer.add(1, fid, Shape::None, &rows::of_event(event))?;
        }
        writer.add(2, 1, Shape::None, &rows::of_head(&self.head))?;
        writer.set_styles(&[(0, &[Style::of(CORRECTIONS, form::corrections(&nomenclature))])])?;
        writer.finish()?;
        Ok(draft)
    }
}

/// Refuses a ledger that another program is writing to: what it has not put into the file yet would
/// be lost.
fn refuse_open(path: &Path) -> Result<(), Error> {
    for suffix in ["-wal", "-journal"] {
        let mut beside = OsString::from(path);
        beside.push(suffix);
        let beside = Path::new(&beside);
        if std::fs::metadata(beside).is_ok_and(|meta| meta.len() > 0) {
            return Err(InputError::new(path, "this ledger is open in another program")
                .got(format!("`{}` beside it", beside.display()))
                .hint("save and close it there (QGIS: remove the layer), then try again")
                .into());
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
