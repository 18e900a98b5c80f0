//! What was done in an output folder: JSON lines, each flushed to the disk before work goes on.
//!
//! A record is only a claim: a result counts when the journalled hash is that of the file now.
//! A line torn by a crash is no record; the next one starts on a line of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::artefact;
use crate::error::Error;
use crate::fault;
use crate::spent::Spent;
use crate::stage_report::StageReport;
use crate::stamp::Stamp;
use crate::tally::Flaws;

/// The journal's file in the working folder.
const FILE: &str = "journal.jsonl";
/// Input files whose hashes are flushed together: all that a killed run hashes again.
const HASHED_TOGETHER: usize = 256;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// An input was hashed; while size and time stay, it is not hashed again.
    Input(Input),
    /// A unit of work began.
    Started {
        /// The unit: a stage's name, or that and its block.
        unit: String,
        /// Hash of code version, parameters and inputs.
        key: String,
    },
    /// A unit of work is complete and its outputs are on the disk.
    Done(Done),
    /// A unit of work ended with an error.
    Failed {
        /// The unit.
        unit: String,
        /// The error's message.
        why: String,
    },
    /// A run went beyond its last stage: to the manifest, the summary and the packages.
    Ended {
        /// The message of the error that it ended with, if it did.
        why: Option<String>,
    },
    /// Working files of a finished result are being removed, to free the disk.
    Freed {
        /// Their paths, or those of the folders that they are in, relative to the output folder.
        names: BTreeSet<String>,
    },
}

/// An input file as it was when it was hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Absolute path.
    pub path: PathBuf,
    /// Time of last change, in nanoseconds since 1970.
    pub modified_ns: u64,
    /// Size and hash.
    pub stamp: Stamp,
}

/// A completed unit of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The unit: a stage's name, or that and its block.
    pub unit: String,
    /// Hash of code version, parameters and inputs.
    pub key: String,
    /// Every output by its path relative to the output folder.
    pub outputs: BTreeMap<String, Stamp>,
    /// What the stage reported.
    pub report: StageReport,
    /// The flaws it counted.
    pub flaws: Flaws,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What it took of the machine, when this process or an earlier one measured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<Spent>,
}

/// What became of a unit, by its last record.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Begun, neither completed nor failed: running now, or killed.
    Started,
    /// Complete, as far as the journal knows.
    Done(Box<Done>),
    /// Ended with an error.
    Failed(String),
}

/// The journal of one output folder, read once and then appended to.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Option<File>,
    inputs: BTreeMap<PathBuf, Input>,
    units: BTreeMap<String, State>,
    /// Every output that a unit ever had, with all that it ever was.
    written: BTreeMap<String, BTreeSet<Stamp>>,
    /// What was removed on purpose since.
    freed: BTreeSet<String>,
    /// Why the last run failed after its last stage, if it did.
    failed_end: Option<String>,
}

impl Journal {
    /// Opens the journal for appending; only for the holder of the folder's lock.
    ///
    /// # Errors
    /// [`Error::Read`] or [`Error::Write`] when the file does not open.
    pub fn open(work_dir: &Path) -> Result<Self, Error> {
        Self::open_file(work_dir.join(FILE))
    }

    /// Opens one file of records for appending; only for the one process that writes to it.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_file(path: PathBuf) -> Result<Self, Error> {
        let mut journal = Self::read_file(path.clone())?;
        let mut options = OpenOptions::new();
        let mut file =
            options.append(true).create(true).open(&path).map_err(Error::write(&path))?;
        if ends_torn(&path)? {
            file.write_all(b"\n").map_err(Error::write(&path))?;
        }
        journal.file = Some(file);
        Ok(journal)
    }

    /// Reads the journal without appending; empty when there is none.
    ///
    /// # Errors
    /// [`Error::Read`] when it exists but cannot be read.
    pub fn read(work_dir: &Path) -> Result<Self, Error> {
        Self::read_file(work_dir.join(FILE))
    }

    /// Reads every file of records in a folder, `*.jsonl`, as one journal; what was done by one process
    /// is done, whatever became of it elsewhere.
    ///
    /// # Errors
    /// As [`Journal::read`].
    pub fn read_all(folder: &Path) -> Result<Self, Error> {
        let mut all = Self::empty(folder.to_owned());
        let mut files = artefact::children(folder)?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
        for path in files {
            for (unit, state) in Self::read_file(path)?.units {
                let is_done = matches!(all.units.get(&unit), Some(State::Done(_)));
                if !is_done || matches!(state, State::Done(_)) {
                    all.units.insert(unit, state);
                }
            }
        }
        Ok(all)
    }

    fn empty(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            inputs: BTreeMap::new(),
            units: BTreeMap::new(),
            written: BTreeMap::new(),
            freed: BTreeSet::new(),
            failed_end: None,
        }
    }

    fn read_file(path: PathBuf) -> Result<Self, Error> {
        let bytes = match fs::read(&path) {
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            other => other.map_err(Error::read(&path))?,
        };
        let mut journal = Self::empty(path);
        for line in bytes.split(|byte| *byte == b'\n') {
            if let Ok(record) = serde_json::from_slice(line) {
                journal.remember(record);
            }
        }
        Ok(journal)
    }

    /// Adds a record and flushes it to the disk.
    ///
    /// # Errors
    /// [`Error::Write`] when that fails, [`Error::Internal`] for a journal opened with
    /// [`Journal::read`].
    pub fn append(&mut self, record: Record) -> Result<(), Error> {
        self.append_all(vec![record])
    }

    /// Adds records in their order and flushes them together: cut short, the first of them are there.
    fn append_all(&mut self, records: Vec<Record>) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        for record in &records {
            serde_json::to_writer(&mut lines, record)
                .map_err(|error| Error::internal(format!("a record has no JSON form: {error}")))?;
            lines.push(b'\n');
        }
        let Some(file) = &mut self.file else {
            return Err(Error::internal("the journal was opened for reading only"));
        };
        fault::point("journal.begun");
        if fault::reaches("journal.torn") {
            let _ = file.write_all(&lines[..lines.len() / 2]);
            fault::die();
        }
        file.write_all(&lines).map_err(Error::write(&self.path))?;
        fault::point("journal.written");
        file.sync_data().map_err(Error::write(&self.path))?;
        fault::point("journal.flushed");
        for record in records {
            self.remember(record);
        }
        Ok(())
    }

    /// What became of a unit, or `None` when it never began.
    pub fn state(&self, unit: &str) -> Option<&State> {
        self.units.get(unit)
    }

    /// Every unit whose last record says that it is complete.
    pub fn complete(&self) -> impl Iterator<Item = &Done> {
        self.units.values().filter_map(|state| match state {
            State::Done(done) => Some(&**done),
            State::Started | State::Failed(_) => None,
        })
    }

    /// Every output that a unit ever had, relative to the output folder, with all that it ever was.
    pub fn written(&self) -> &BTreeMap<String, BTreeSet<Stamp>> {
        &self.written
    }

    /// Whether an output was removed on purpose after it was written last.
    pub fn is_freed(&self, name: &str) -> bool {
        Path::new(name)
            .ancestors()
            .any(|above| above.to_str().is_some_and(|a| self.freed.contains(a)))
    }

    /// Why the last run failed after its last stage; `None` when it did not, or did not come so far.
    pub fn failed_end(&self) -> Option<&str> {
        self.failed_end.as_deref()
    }

    /// Every unit that ever began, with what became of it.
    pub fn units(&self) -> impl Iterator<Item = (&str, &State)> {
        self.units.iter().map(|(unit, state)| (unit.as_str(), state))
    }

    /// The completed unit with this key, as far as the journal knows; its outputs are not looked at.
    pub fn claimed(&self, unit: &str, key: &str) -> Option<&Done> {
        match self.units.get(unit) {
            Some(State::Done(done)) if done.key == key => Some(done),
            _ => None,
        }
    }

    /// The completed unit with this key whose outputs are, byte for byte, still there.
    ///
    /// # Errors
    /// [`Error::Read`] when an output exists but cannot be read.
    pub fn trusted(&self, unit: &str, key: &str, out_dir: &Path) -> Result<Option<&Done>, Error> {
        let Some(done) = self.claimed(unit, key) else { return Ok(None) };
        for (name, stamp) in &done.outputs {
            let path = out_dir.join(name);
            if !path.exists() || Stamp::of(&path)? != *stamp {
                return Ok(None);
            }
        }
        Ok(Some(done))
    }

    /// Sizes and hashes of input files, in their order; one is hashed again only when its size or
    /// time differs. Files are hashed in parallel.
    ///
    /// # Errors
    /// [`Error::Read`] when a file cannot be read, [`Error::Write`] when the journal cannot grow.
    pub fn input_stamps(&mut self, paths: &[PathBuf]) -> Result<Vec<Stamp>, Error> {
        let mut stamps = Vec::with_capacity(paths.len());
        for some in paths.chunks(HASHED_TOGETHER) {
            let look = |some: &[PathBuf]| self.look(some);
            // Two at a time, unless a thread were left without.
            let together = if some.len() < 2 * rayon::current_num_threads() { 1 } else { 2 };
            let looked = some.par_chunks(together).map(look).collect::<Result<Vec<_>, _>>()?;
            let looked: Vec<(Input, bool)> = looked.into_iter().flatten().collect();
            stamps.extend(looked.iter().map(|(input, _)| input.stamp.clone()));
            let new = looked.into_iter().filter(|(_, is_known)| !is_known);
            self.append_all(new.map(|(input, _)| Record::Input(input)).collect())?;
        }
        Ok(stamps)
    }

    /// Size and hash of one input file, see [`Journal::input_stamps`].
    ///
    /// # Errors
    /// Those of [`Journal::input_stamps`].
    pub fn input_stamp(&mut self, path: &Path) -> Result<Stamp, Error> {
        let stamps = self.input_stamps(&[path.to_owned()])?;
        stamps.into_iter().next().ok_or_else(|| Error::internal("one file has one stamp"))
    }

    /// Size and hash of an input file when the journal knows it as it is now; nothing is hashed.
    ///
    /// # Errors
    /// [`Error::Read`] when the file cannot be looked at.
    pub fn known_stamp(&self, path: &Path) -> Result<Option<Stamp>, Error> {
        if !path.exists() {
            // The result of a run before, which is still to come.
            return Ok(None);
        }
        let (modified_ns, bytes) = looked_at(path)?;
        Ok(self.known(path, modified_ns, bytes).map(|input| input.stamp.clone()))
    }

    /// Input files as they are, and whether the journal knows them so.
    fn look(&self, paths: &[PathBuf]) -> Result<Vec<(Input, bool)>, Error> {
        let times = paths.iter().map(|path| looked_at(path)).collect::<Result<Vec<_>, _>>()?;
        let known = |(path, &(modified_ns, bytes)): (&PathBuf, &(u64, u64))| {
            self.known(path, modified_ns, bytes).map(|input| input.stamp.clone())
        };
        let known: Vec<Option<Stamp>> = paths.iter().zip(&times).map(known).collect();
        let is_known: Vec<bool> = known.iter().map(Option::is_some).collect();
        let stamps = Stamp::of_others(paths, known)?;
        let inputs =
            paths.iter().zip(times).zip(stamps).map(|((path, (modified_ns, _)), stamp)| Input {
                path: path.clone(),
                modified_ns,
                stamp,
            });
        Ok(inputs.zip(is_known).collect())
    }

    /// What is known of an input file that still has this time and size.
    fn known(&self, path: &Path, modified_ns: u64, bytes: u64) -> Option<&Input> {
        let known = self.inputs.get(path)?;
        (known.modified_ns == modified_ns && known.stamp.bytes == bytes).then_some(known)
    }

    fn remember(&mut self, record: Record) {
        match record {
            Record::Input(input) => {
                self.inputs.insert(input.path.clone(), input);
            }
            Record::Started { unit, .. } => {
                self.failed_end = None;
                self.units.insert(unit, State::Started);
            }
            Record::Ended { why } => self.failed_end = why,
            Record::Freed { names } => self.freed.extend(names),
            Record::Done(done) => {
                for (name, stamp) in &done.outputs {
                    self.written.entry(name.clone()).or_default().insert(stamp.clone());
                    self.freed.retain(|freed| !Path::new(name).starts_with(freed));
                }
                self.units.insert(done.unit.clone(), State::Done(Box::new(done)));
            }
            Record::Failed { unit, why } => {
                self.units.insert(unit, State::Failed(why));
            }
        }
    }
}

/// Time of last change in nanoseconds since 1970, and size, of a file.
fn looked_at(path: &Path) -> Result<(u64, u64), Error> {
    let metadata = fs::metadata(path).map_err(Error::read(path))?;
    let modified = metadata.modified().map_err(Error::read(path))?;
    let modified_ns =
        modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    Ok((modified_ns, metadata.len()))
}

/// Whether the last line lacks its end.
fn ends_torn(path: &Path) -> Result<bool, Error> {
    let bytes = fs::read(path).map_err(Error::read(path))?;
    Ok(bytes.last().is_some_and(|byte| *byte != b'\n'))
}

#[cfg(test)]
mod tests;
