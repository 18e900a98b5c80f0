//! Import: rows of other people's files become corrections of the ledger, or are refused with a
//! reason. Importing a file twice changes nothing.

use std::collections::BTreeMap;

use nomenclature::{Nomenclature, NomenclatureError};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::codes::Codes;
use super::ground::Ground;
use super::ledger::{Entry, Ledger, Note};
use super::map::Map;
use super::refusal::{Reason, Refusal, Refused};
use super::resolve::{Met, Resolver, Said, named, no_proposal};
use super::row::{Proposal, Report, Row, RowReader};
use super::sheet::{Line, Sheet};
use super::terms::{Action, Aim, IgnStatus, Standing, Term};
use crate::day::Day;
use crate::error::Error;

/// Who gives the files, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// What the ledger calls the source.
    pub name: String,
    /// The day of the import.
    pub at: Day,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    /// Rows read.
    pub rows: u64,
    /// Rows that say that all is right.
    pub nothing: u64,
    /// Corrections entered.
    pub entered: u64,
    /// Corrections that another source had entered.
    pub seconded: u64,
    /// Corrections whose state was changed by the file.
    pub answered: u64,
    /// Corrections that were there as the file has them.
    pub known: u64,
    /// Corrections whose standing was changed by hand since the last import.
    pub edited: u64,
    /// Rows refused.
    pub refused: Vec<Refusal>,
}

impl Imported {
    /// Whether the ledger is another one than before.
    pub fn is_change(&self) -> bool {
        self.entered + self.seconded + self.answered + self.edited > 0
    }
}

/// Writes files into a ledger, one after the other.
pub struct Importer<'a> {
    ledger: &'a mut Ledger,
    ground: Option<&'a Ground<'a>>,
    /// The nomenclature of the ledger.
    national: &'a Nomenclature,
    sender: Sender,
    /// Who has asked for what: corrections with their sources.
    told: FxHashSet<(String, String)>,
    /// Who has decided what of which correction.
    decided: FxHashSet<(String, String, Standing)>,
    /// Rows that propose nothing, and name a correction that may still come, or a report.
    waiting: Vec<(String, At, Box<Row>)>,
    done: Imported,
}

impl<'a> Importer<'a> {
    /// An importer; writes down first what was changed by hand.
    ///
    /// * `ground`: the vintage; without it only corrections of the ledger are told.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub fn new(
        ledger: &'a mut Ledger,
        ground: Option<&'a Ground<'a>>,
        national: &'a Nomenclature,
        sender: Sender,
    ) -> Result<Self, Error> {
        let edited = ledger.note_edits(&sender.at.to_string())?;
        let asks = |action| matches!(action, Action::Entered | Action::Seconded);
        let notes = ledger.history.iter().map(|event| &event.note);
        let notes = notes.filter(|note| asks(note.action));
        let told = notes.map(|note| (note.correction_id.clone(), note.source.clone())).collect();
        let decisions = ledger.history.iter().filter(|event| event.note.action == Action::Decided);
        let decided = decisions.map(|event| {
            (event.note.correction_id.clone(), event.note.source.clone(), event.standing)
        });
        let decided = decided.collect();
        let done = Imported { edited, ..Imported::default() };
        Ok(Self { ledger, ground, national, sender, told, decided, waiting: Vec::new(), done })
    }

    /// Imports a file.
    ///
    /// * `local`: the nomenclature in which the file's codes are written.
    ///
    /// # Errors
    /// [`Error::Usage`] when nothing leads from that nomenclature to the ledger's, or a word of the
    /// map is none of its list.
    pub fn add(&mut self, sheet: &Sheet, map: &Map, local: &Nomenclature) -> Result<(), Error> {
        let unfit =
            |error: NomenclatureError| Error::Usage { what: error.to_string(), hint: error.hint() };
        let codes = Codes::new(local, self.national).map_err(unfit)?;
        let reader = RowReader::new(map, sheet)?;
        let resolver = Resolver { ledger: self.ledger, ground: self.ground, codes: &codes };
        let one = |line: &Line| -> (Option<String>, Result<Met, Refused>) {
            match reader.read(line) {
                Ok(row) => (row.reference.clone(), resolver.resolve(&row)),
                Err(refused) => (None, Err(refused)),
            }
        };
        let met: Vec<_> = sheet.lines.par_iter().map(one).collect();
        let file = sheet.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut batch = Batch { file, ..Batch::default() };
        for (line, (reference, met)) in sheet.lines.iter().zip(met) {
            self.done.rows += 1;
            let at = At { place: line.name.clone(), reference };
            match met {
                Ok(Met::Nothing) => self.done.nothing += 1,
                Ok(Met::Known { said, proposes }) => {
                    self.defer(&mut batch, &at, (said, proposes));
                }
                Ok(Met::Waiting(row)) => self.waiting.push((batch.file.clone(), at, row)),
                Ok(Met::Proposed(entries)) => {
                    for entry in entries {
                        self.propose(&mut batch, &at, entry);
                    }
                }
                Err(why) => self.refuse(&batch.file, &at, why),
            }
        }
        self.enter(batch)
    }

    /// Hears the rows that propose nothing, now that every correction is entered; tells what was done.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub fn finish(mut self) -> Result<Imported, Error> {
        // First those that name a correction: they tell which reports are of it.
        let mut others = Vec::new();
        for (file, at, row) in std::mem::take(&mut self.waiting) {
            match named(self.ledger, &row).map(|entry| Said::named(entry, &row)) {
                Some(said) => self.hear(&said, &name_of(&file, &at))?,
                None => others.push((file, at, row)),
            }
        }
        let by_report = self.by_report();
        for (file, at, row) in others {
            match (&row.proposal, &row.report.id) {
                (Proposal::Nothing, _) => self.done.nothing += 1,
                (_, None) => self.refuse(&file, &at, no_proposal()),
                (_, Some(number)) => match by_report.get(number) {
                    None => self.refuse(&file, &at, unknown_report(number)),
                    Some(ids) => ids.iter().try_for_each(|id| {
                        self.hear(&Said::reported(id, &row.report), &name_of(&file, &at))
                    })?,
                },
            }
        }
        Ok(self.done)
    }

    /// The corrections that each report is of.
    fn by_report(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for Entry { record, .. } in &self.ledger.entries {
            if let Some(report) = &record.ign_report_id {
                found.entry(report.clone()).or_default().push(record.correction_id.clone());
            }
        }
        found
    }

    fn refuse(&mut self, file: &str, at: &At, why: Refused) {
        let At { place, reference } = at.clone();
        self.done.refused.push(Refusal { file: file.to_owned(), place, reference, why });
    }

    /// Keeps what a row says of a correction that is there until the new ones are entered.
    ///
    /// * `proposes`: whether it asks for it; a row that asks for nothing uses no reference up.
    fn defer(&self, batch: &mut Batch, at: &At, (said, proposes): (Said, bool)) {
        if let Some(entry) = self.ledger.get(&said.correction_id).filter(|_| proposes) {
            batch.take(at, entry);
        }
        batch.said.push((said, name_of(&batch.file, at)));
    }

    /// Takes up a correction that a row proposes: a new one waits in the batch.
    fn propose(&mut self, batch: &mut Batch, at: &At, mut entry: Entry) {
        let id = entry.record.correction_id.clone();
        if let Some(first) = batch.take(at, &entry) {
            let reference = at.reference.as_deref().unwrap_or_default();
            let hint = "donner une référence par ligne";
            let detail = format!("référence {reference}, déjà à {first}");
            self.refuse(&batch.file, at, Refused::new(Reason::Duplicate, detail, hint));
            return;
        }
        let name = name_of(&batch.file, at);
        if self.ledger.get(&id).is_some() || !batch.ids.insert(id) {
            batch.said.push((Said::of(&entry), name));
            return;
        }
        entry.source.clone_from(&self.sender.name);
        entry.source_ref = Some(name);
        batch.entries.push(entry);
    }

    /// Enters the new corrections of a file, in the order of its rows, then hears the other rows.
    fn enter(&mut self, batch: Batch) -> Result<(), Error> {
        let new: Vec<_> =
            batch.entries.iter().map(|e| (Said::of(e), e.source_ref.clone())).collect();
        self.ledger.enter(batch.entries)?;
        for (said, detail) in new {
            let id = &said.correction_id;
            self.told.insert((id.clone(), self.sender.name.clone()));
            self.note(id, Action::Entered, detail.clone())?;
            self.decide(&said, &detail.unwrap_or_default())?;
            self.done.entered += 1;
        }
        batch.said.into_iter().try_for_each(|(said, name)| self.hear(&said, &name))
    }

    /// Takes up what a row says of a correction that is there.
    fn hear(&mut self, said: &Said, name: &str) -> Result<(), Error> {
        let (id, source) = (&said.correction_id, &self.sender.name);
        let is_new_voice = said.is_proposed && self.told.insert((id.clone(), source.clone()));
        if is_new_voice {
            let comment = said.comment.as_ref().map(|c| format!(" : {c}")).unwrap_or_default();
            self.note(id, Action::Seconded, Some(format!("{name}{comment}")))?;
            self.done.seconded += 1;
        }
        let heard = answer(self.entry(id)?, &said.report);
        let is_answered = heard.is_some();
        if let Some(detail) = heard {
            self.note(id, Action::Answered, Some(detail))?;
        }
        let is_news = self.decide(said, name)? || is_answered;
        self.done.answered += u64::from(is_news);
        self.done.known += u64::from(!is_news && !is_new_voice);
        Ok(())
    }

    /// Takes up what a row decides of a correction that is there; whether it does, for the first time.
    ///
    /// What a source has once decided is not heard again: files may be imported in any order. So it
    /// is written down even when it changes nothing.
    fn decide(&mut self, said: &Said, name: &str) -> Result<bool, Error> {
        let Some(standing) = said.decision() else { return Ok(false) };
        let id = &said.correction_id;
        let is_first = self.decided.insert((id.clone(), self.sender.name.clone(), standing));
        if is_first {
            self.entry(id)?.standing = standing;
            self.note(id, Action::Decided, Some(format!("{name} : {}", standing.label())))?;
        }
        Ok(is_first)
    }

    fn entry(&mut self, id: &str) -> Result<&mut Entry, Error> {
        let entry = self.ledger.get_mut(id);
        entry.ok_or_else(|| Error::internal(format!("correction `{id}` was just there")))
    }

    fn note(&mut self, id: &str, action: Action, detail: Option<String>) -> Result<(), Error> {
        self.ledger.note(Note {
            correction_id: id.to_owned(),
            at: self.sender.at.to_string(),
            action,
            source: self.sender.name.clone(),
            detail,
        })
    }
}

/// A row: where it is in its file, and what the source calls it.
#[derive(Debug, Clone)]
struct At {
    place: String,
    reference: Option<String>,
}

fn name_of(file: &str, at: &At) -> String {
    format!("{file}, {}", at.reference.as_ref().unwrap_or(&at.place))
}

/// Why a row about a report is refused that no correction is known to have.
fn unknown_report(number: &str) -> Refused {
    let hint = "importer d'abord la correction, ou écrire le code proposé dans le message : \
                « couverture A à corriger en B (objet ID) »";
    Refused::new(Reason::UnknownReport, format!("signalement {number}"), hint)
}

/// A reference, with the dimension and the object that it is used for.
type Reference = (String, Aim, String);

/// What a file brings before it is entered.
#[derive(Debug, Default)]
struct Batch {
    file: String,
    entries: Vec<Entry>,
    ids: FxHashSet<String>,
    /// What rows say of corrections that are there, and what each row is called.
    said: Vec<(Said, String)>,
    /// The row that each reference was first met in, with its corrections.
    by_reference: FxHashMap<Reference, (String, Vec<String>)>,
}

impl Batch {
    /// Takes up the reference of a correction; gives the row that has it for another one.
    ///
    /// A reference stands for one correction of each dimension of an object, unless several are of
    /// one row, as the parts of a multipolygon are.
    fn take(&mut self, at: &At, entry: &Entry) -> Option<String> {
        let record = &entry.record;
        let id = &record.correction_id;
        let key = (at.reference.clone()?, record.dimension, record.object_id.clone());
        let (first, ids) =
            self.by_reference.entry(key).or_insert_with(|| (at.place.clone(), Vec::new()));
        if *first == at.place {
            ids.push(id.clone());
        }
        (!ids.contains(id)).then(|| first.clone())
    }
}

/// Gives a correction what is newer of its report; tells what changed, in French.
///
/// Of all states read the newest stays, see [`newness`]: so reports may be read in any order, and any
/// number of times. It says how far the correction is, unless it is the state that was known, said
/// again later: then what was decided since by hand stands.
fn answer(entry: &mut Entry, report: &Report) -> Option<String> {
    let record = &mut entry.record;
    let known_at = record.ign_status_at.as_deref().and_then(Day::parse);
    let known = record.ign_status.map(|status| newness(status, known_at));
    let numbers = report.id.as_ref().zip(record.ign_report_id.as_ref());
    let is_other =
        report.status != record.ign_status || numbers.is_some_and(|(new, known)| new != known);
    if report.status.map(|status| newness(status, report.at)) > known {
        record.ign_status = report.status;
        record.ign_status_at = report.at.map(|at| at.to_string());
        record.ign_report_id = report.id.clone().or(record.ign_report_id.take());
        if let Some(standing) = report.status.and_then(IgnStatus::standing).filter(|_| is_other) {
            entry.standing = standing;
        }
    } else if report.id.is_some() && record.ign_report_id.is_none() {
        record.ign_report_id.clone_from(&report.id);
    } else {
        return None;
    }
    let id = record.ign_report_id.as_deref().unwrap_or("sans numéro");
    let status = record.ign_status.map_or("sans état", IgnStatus::label);
    let at = record.ign_status_at.as_deref().map(|at| format!(" le {at}")).unwrap_or_default();
    Some(format!("signalement {id} : {status}{at}"))
}

/// The order of the states of a report: a later day is newer, and on one day the state that is further
/// in the order of [`IgnStatus`]; one that says nothing of the correction is older than any that does.
fn newness(status: IgnStatus, at: Option<Day>) -> (bool, Option<Day>, IgnStatus) {
    (status.standing().is_some(), at, status)
}

#[cfg(test)]
mod tests;
