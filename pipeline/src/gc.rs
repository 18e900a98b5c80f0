//! What an output folder holds that nothing needs any more: found, told, removed.
//!
//! Only what this program is known to have written: drafts by their names, working files by the
//! journal's hashes. Deliverables are never touched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::artefact::{TEMP_PREFIX, children, modified, name_of, remove};
use crate::blocks;
use crate::context::WORK;
use crate::cube::CUBE;
use crate::error::Error;
use crate::journal::{Journal, Record, State};
use crate::lock::Lock;
use crate::manifest::{self, Manifest};
use crate::publication;
use crate::slurm;
use crate::stage::Stage;
use crate::stamp::Stamp;

/// One thing to remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waste {
    /// A file or a folder.
    pub path: PathBuf,
    /// What it takes on the disk.
    pub bytes: u64,
    /// Why nothing needs it.
    pub why: Why,
}

/// Why nothing needs a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A process died while it wrote it.
    Draft,
    /// It is of an earlier plan, or of work that is complete: no stage's latest result names it.
    Stale,
    /// It is a working file of a complete result.
    Finished,
}

impl Why {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Stale => "stale",
            Self::Finished => "finished",
        }
    }
}

/// An output folder held against any run while it is cleaned.
#[derive(Debug)]
pub struct Cleaning {
    out_dir: PathBuf,
    _lock: Lock,
}

impl Cleaning {
    /// Takes the lock of an output folder; `None` when no run ever wrote there.
    ///
    /// # Errors
    /// [`Error::Busy`] when a run is writing to it.
    pub fn enter(out_dir: &Path) -> Result<Option<Self>, Error> {
        let work_dir = out_dir.join(WORK);
        if !work_dir.is_dir() {
            return Ok(None);
        }
        let lock = Lock::take(&work_dir, out_dir)?;
        Ok(Some(Self { out_dir: out_dir.to_owned(), _lock: lock }))
    }

    /// What can go, sorted by why and path.
    ///
    /// * `finished`: also the working files of a complete result.
    ///
    /// # Errors
    /// [`Error::Read`]; [`Error::Mismatch`] with `finished` when a deliverable is not the one that
    /// was delivered: it could not be made again without its working files.
    pub fn find(&self, finished: bool) -> Result<Vec<Waste>, Error> {
        let mut waste = Vec::new();
        let journal = Journal::read(&self.out_dir.join(WORK))?;
        drafts(&self.out_dir, &mut waste)?;
        self.stale(&journal, &mut waste)?;
        self.left_over(&journal, &mut waste)?;
        if finished {
            self.finished(&journal, &mut waste)?;
        }
        waste.sort_by(|a, b| (a.why, &a.path).cmp(&(b.why, &b.path)));
        Ok(waste)
    }

    /// Removes it.
    ///
    /// # Errors
    /// [`Error::Write`] for the first that cannot be removed.
    pub fn remove(&self, waste: &[Waste]) -> Result<(), Error> {
        let freed = waste.iter().filter(|waste| waste.why == Why::Finished);
        let name = |waste: &Waste| {
            let path = waste.path.strip_prefix(&self.out_dir).unwrap_or(&waste.path);
            path.display().to_string()
        };
        let names: BTreeSet<String> = freed.map(name).collect();
        if !names.is_empty() {
            // Said before it is done: who finds a file missing knows why.
            Journal::open(&self.out_dir.join(WORK))?.append(Record::Freed { names })?;
        }
        waste.iter().try_for_each(|waste| remove(&waste.path))?;
        blocks::tidy(&self.out_dir.join(WORK));
        Ok(())
    }

    /// Working files that the journal names, as they were written, and that no latest result has.
    fn stale(&self, journal: &Journal, waste: &mut Vec<Waste>) -> Result<(), Error> {
        let needed: BTreeSet<&String> =
            journal.complete().flat_map(|done| done.outputs.keys()).collect();
        for (name, stamps) in journal.written() {
            let path = self.out_dir.join(name);
            if !is_working(name) || needed.contains(name) || !path.exists() {
                continue;
            }
            let stamp = Stamp::of(&path)?;
            if stamps.contains(&stamp) {
                waste.push(Waste { path, bytes: stamp.bytes, why: Why::Stale });
            }
        }
        Ok(())
    }

    /// Blocks of stages that are complete, and what jobs of a cluster left once all stages are.
    fn left_over(&self, journal: &Journal, waste: &mut Vec<Waste>) -> Result<(), Error> {
        let mut paths = blocks::left_over(&self.out_dir.join(WORK), journal)?;
        let manifest = self.out_dir.join(manifest::FILE);
        if is_complete(journal) && manifest.exists() {
            paths.extend(slurm::left_over(&self.out_dir, modified(&manifest)?)?);
        }
        for path in paths {
            waste.push(Waste { bytes: size(&path)?, path, why: Why::Stale });
        }
        Ok(())
    }

    /// Every working file of a result that is whole.
    fn finished(&self, journal: &Journal, waste: &mut Vec<Waste>) -> Result<(), Error> {
        let Some(manifest) = Manifest::read(&self.out_dir)? else { return Ok(()) };
        manifest.verify(&self.out_dir)?;
        // What is in the cube goes with it.
        let cube = PathBuf::from(WORK).join(CUBE);
        let names = journal.complete().flat_map(|done| done.outputs.keys());
        let names = names.filter(|name| is_working(name) && !Path::new(name).starts_with(&cube));
        let mut paths: Vec<PathBuf> = names.map(|name| self.out_dir.join(name)).collect();
        paths.push(self.out_dir.join(cube));
        for path in paths.into_iter().filter(|path| path.exists()) {
            let bytes = size(&path)?;
            waste.push(Waste { path, bytes, why: Why::Finished });
        }
        Ok(())
    }
}

/// Whether every stage that a run began is complete, the last one among them, and what comes after.
fn is_complete(journal: &Journal) -> bool {
    let is_done = |state: &State| matches!(state, State::Done(_));
    journal.state(Stage::Deliver.name()).is_some()
        && journal.failed_end().is_none()
        && journal.units().all(|(_, state)| is_done(state))
}

/// Whether a journalled output is a working file.
fn is_working(name: &str) -> bool {
    Path::new(name).starts_with(WORK)
}

/// What dead processes left half-written below a folder.
fn drafts(folder: &Path, waste: &mut Vec<Waste>) -> Result<(), Error> {
    // Announced drafts are complete: the next command gives them their names.
    if publication::is_announced(folder) {
        return Ok(());
    }
    for path in children(folder)? {
        if name_of(&path).starts_with(TEMP_PREFIX) {
            waste.push(Waste { bytes: size(&path)?, path, why: Why::Draft });
        } else if path.is_dir() && !path.is_symlink() {
            drafts(&path, waste)?;
        }
    }
    Ok(())
}

/// Bytes of a file, or of all files below a folder.
fn size(path: &Path) -> Result<u64, Error> {
    if path.is_dir() && !path.is_symlink() {
        return children(path)?.iter().map(|child| size(child)).sum();
    }
    Ok(path.symlink_metadata().map_err(Error::read(path))?.len())
}
