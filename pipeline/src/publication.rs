//! All files of a result at once: sealed, announced, renamed, the manifest last.
//!
//! No system call renames many files together, so a result is published in three steps. Every draft
//! is complete, flushed and hashed. Then the renames are announced in one flushed file. Then the old
//! manifest goes, the files take their names, what the previous result had and this one has not
//! goes, and the new manifest comes.
//!
//! - What fails before the announcement leaves the previous result whole, with its manifest.
//! - What dies after it is completed by the next command in the folder, [`complete`].
//! - In between there is no manifest: the folder never claims to hold what it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::artefact::{self, Draft, flush_folder, folder_of, publish_bytes};
use crate::context::WORK;
use crate::error::Error;
use crate::fault;
use crate::lock::Lock;
use crate::manifest::{self, Manifest};
use crate::stamp::Stamp;
use crate::talk;

/// The announcement in the working folder.
const FILE: &str = "publication.json";

/// What is left to do; paths are relative to the output folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Announcement {
    /// Temporary and final name of each file, the manifest last.
    renames: Vec<(PathBuf, PathBuf)>,
    /// Files of the previous result that this one does not have.
    removals: Vec<PathBuf>,
}

/// Takes an output folder for a command, which must hold the lock until it has published: completes
/// what a dead process announced, and sweeps away what it left.
///
/// # Errors
/// [`Error::Busy`] when another process works in it, and as [`complete`] and [`require_own`].
pub fn enter(out: &Path, command: &str) -> Result<Lock, Error> {
    let work = out.join(WORK);
    let lock = loop {
        fs::create_dir_all(&work).map_err(Error::write(&work))?;
        match Lock::take(&work, out) {
            // A command that ended took the folder away in between.
            Err(_) if !work.exists() => {}
            other => break other?,
        }
    };
    if complete(out)? {
        talk::warning(
            "the previous command was stopped while it published: its result is complete",
        );
    }
    artefact::sweep(out)?;
    require_own(out, command)?;
    Ok(lock)
}

/// Refuses an output folder that holds the result of another command.
///
/// # Errors
/// [`Error::Usage`] when there is one, [`Error::Input`] or [`Error::Read`] for a manifest that
/// cannot be read.
pub fn require_own(out: &Path, command: &str) -> Result<(), Error> {
    let Some(previous) = Manifest::read(out)? else { return Ok(()) };
    let of = previous.command();
    if of == command {
        return Ok(());
    }
    Err(Error::Usage {
        what: format!("`{}` holds the result of `millesime {of}`", out.display()),
        hint: Some("give this command a folder of its own with `--out`".to_owned()),
    })
}

/// Publishes finished drafts in place of the previous result of the same command.
///
/// * `manifest`: made of the outputs, by path relative to `out`.
///
/// # Errors
/// [`Error::Write`] when a file cannot be flushed, renamed or removed, [`Error::Internal`] for a
/// draft that is still open.
pub fn publish(
    out: &Path,
    drafts: Vec<Draft>,
    manifest: impl FnOnce(BTreeMap<String, Stamp>) -> Manifest,
) -> Result<(), Error> {
    announce(out, drafts, manifest)?.carry_out(out)
}

/// Completes a publication that a dead process announced; tells whether there was one.
///
/// Only for the holder of the folder's lock, and before drafts are swept away.
///
/// # Errors
/// [`Error::Write`] when a file cannot be renamed or removed, [`Error::Internal`] for an
/// announcement that is not one.
pub fn complete(out: &Path) -> Result<bool, Error> {
    let path = out.join(WORK).join(FILE);
    let bytes = match fs::read(&path) {
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        other => other.map_err(Error::read(&path))?,
    };
    let announcement: Announcement = serde_json::from_slice(&bytes)
        .map_err(|error| Error::internal(format!("`{}`: {error}", path.display())))?;
    announcement.carry_out(out)?;
    Ok(true)
}

/// Whether a dead process announced a publication in a folder: its drafts are complete.
pub fn is_announced(out: &Path) -> bool {
    out.join(WORK).join(FILE).exists()
}

/// Seals the drafts and tells what will be done with them.
fn announce(
    out: &Path,
    mut drafts: Vec<Draft>,
    manifest: impl FnOnce(BTreeMap<String, Stamp>) -> Manifest,
) -> Result<Announcement, Error> {
    let inside = |path: &Path| path.strip_prefix(out).unwrap_or(path).to_path_buf();
    let mut outputs = BTreeMap::new();
    for draft in &drafts {
        if draft.path().is_dir() {
            let taken = std::io::Error::other("a folder has this name");
            return Err(Error::write(draft.path())(taken));
        }
        outputs.insert(inside(draft.path()).display().to_string(), draft.seal()?);
    }
    let removals = stale(out, &outputs)?;
    let last = manifest(outputs).draft(out)?;
    last.seal()?;
    drafts.push(last);
    let renames = drafts.iter().map(|d| (inside(d.temp()), inside(d.path()))).collect();
    let announcement = Announcement { renames, removals };
    let text = serde_json::to_vec_pretty(&announcement)
        .map_err(|error| Error::internal(format!("the announcement has no JSON form: {error}")))?;
    publish_bytes(out.join(WORK).join(FILE), &text)?;
    drafts.into_iter().for_each(Draft::keep);
    Ok(announcement)
}

/// Files of the previous result that are not among the outputs, and are still as it left them.
fn stale(out: &Path, outputs: &BTreeMap<String, Stamp>) -> Result<Vec<PathBuf>, Error> {
    let mut stale = Vec::new();
    // A manifest that cannot be read vouches for nothing: what it may have named is left alone.
    let previous = Manifest::read(out).ok().flatten().map(|m| m.outputs).unwrap_or_default();
    for (name, stamp) in previous.into_iter().filter(|(name, _)| !outputs.contains_key(name)) {
        let path = out.join(&name);
        if path.is_file() && Stamp::of(&path)? == stamp {
            stale.push(PathBuf::from(name));
        }
    }
    Ok(stale)
}

impl Announcement {
    /// Does what is left to do; harmless when all of it was done.
    fn carry_out(&self, out: &Path) -> Result<(), Error> {
        fault::point("publication.announced");
        let Some(((last, _), files)) = self.renames.split_last() else {
            return remove(&out.join(WORK).join(FILE));
        };
        // Without the draft of the manifest all is done but the removal of the announcement.
        if out.join(last).exists() {
            remove(&out.join(manifest::FILE))?;
            rename(out, files)?;
            for name in &self.removals {
                remove(&out.join(name))?;
                // A folder that is empty now goes too; one that is not stays.
                let folders = name.ancestors().skip(1).filter(|f| !f.as_os_str().is_empty());
                folders
                    .take_while(|folder| fs::remove_dir(out.join(folder)).is_ok())
                    .for_each(drop);
            }
            rename(out, &self.renames[files.len()..])?;
        }
        remove(&out.join(WORK).join(FILE))
    }
}

/// Gives these files their names where they still have not, and flushes their folders.
fn rename(out: &Path, files: &[(PathBuf, PathBuf)]) -> Result<(), Error> {
    let mut folders = BTreeSet::new();
    for (temp, path) in files {
        let (temp, path) = (out.join(temp), out.join(path));
        if temp.exists() {
            fs::rename(&temp, &path).map_err(Error::write(&path))?;
            fault::point("publication.renamed");
        }
        folders.insert(folder_of(&path).to_path_buf());
    }
    folders.iter().try_for_each(|folder| flush_folder(folder))
}

/// Removes a file that may be gone already.
fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::write(path)(source))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
