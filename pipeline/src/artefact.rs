//! Files and folders that are complete or absent: temporary name, flush, rename, flush the folder.
//!
//! Everything a run leaves behind goes through [`Draft`]. A killed process leaves at most names
//! that start with [`TEMP_PREFIX`], which the next run sweeps away.

use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use crate::error::Error;
use crate::stamp::Stamp;
use crate::{fault, spent};

/// How every unfinished name starts.
pub const TEMP_PREFIX: &str = ".tmp-";

/// A published file or folder, as it was when it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artefact {
    /// Its final path.
    pub path: PathBuf,
    /// What it holds.
    pub stamp: Stamp,
}

/// A file or folder being written under a temporary name next to its final one.
///
/// Dropped without [`Draft::publish`], it is removed.
#[derive(Debug)]
pub struct Draft {
    temp: PathBuf,
    path: PathBuf,
}

impl Draft {
    /// Starts a draft of `path`; makes the folder, and keeps the file extension (drivers read it).
    ///
    /// # Errors
    /// [`Error::Write`] when the folder cannot be made or an old draft cannot be removed.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let name = path
            .file_name()
            .ok_or_else(|| Error::internal(format!("`{}` names no file", path.display())))?;
        let folder = folder_of(&path);
        fs::create_dir_all(folder).map_err(Error::write(folder))?;
        let prefix = format!("{TEMP_PREFIX}{}-", std::process::id());
        let temp = folder.join(format!("{prefix}{}", name.to_string_lossy()));
        remove(&temp)?;
        fault::point("draft.begun");
        Ok(Self { temp, path })
    }

    /// A draft that holds these bytes.
    ///
    /// # Errors
    /// [`Error::Write`] when they cannot be written.
    pub fn of_bytes(path: impl Into<PathBuf>, bytes: &[u8]) -> Result<Self, Error> {
        let draft = Self::new(path)?;
        fs::write(&draft.temp, bytes).map_err(Error::write(&draft.path))?;
        Ok(draft)
    }

    /// Where to write; nothing is there yet.
    pub fn temp(&self) -> &Path {
        &self.temp
    }

    /// Flushes what was written, gives it its final name in place of what had it, and hashes it.
    ///
    /// Every handle on the draft must be closed before: a GeoPackage with a journal beside it is
    /// refused.
    ///
    /// # Errors
    /// [`Error::Write`] when a flush or the rename fails, [`Error::Internal`] when the draft is
    /// still open.
    pub fn publish(self) -> Result<Artefact, Error> {
        let stamp = self.seal()?;
        Ok(Artefact { path: self.rename()?, stamp })
    }

    /// [`Draft::publish`] without the hash, for the outputs of stages: the run hashes those.
    ///
    /// # Errors
    /// As [`Draft::publish`].
    pub fn place(self) -> Result<PathBuf, Error> {
        self.flush()?;
        self.rename()
    }

    /// Flushes and hashes what was written; it keeps its temporary name.
    ///
    /// # Errors
    /// As [`Draft::publish`].
    pub(crate) fn seal(&self) -> Result<Stamp, Error> {
        self.flush()?;
        Stamp::of(&self.temp)
    }

    fn flush(&self) -> Result<(), Error> {
        fault::point("draft.written");
        for suffix in ["-wal", "-journal"] {
            let mut beside = self.temp.clone().into_os_string();
            beside.push(suffix);
            if Path::new(&beside).exists() {
                let name = self.path.display();
                return Err(Error::internal(format!(
                    "`{name}` was published before it was closed"
                )));
            }
        }
        flush(&self.temp)
    }

    fn rename(self) -> Result<PathBuf, Error> {
        fault::point("draft.flushed");
        rename(&self.temp, &self.path, &self.temp.with_added_extension("old"))?;
        Ok(self.path.clone())
    }

    /// Its final path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the draft on disk for whoever was told its temporary name.
    pub(crate) fn keep(mut self) {
        self.temp = PathBuf::new();
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After `publish` nothing is left under the temporary name; after `keep` there is none.
        if !self.temp.as_os_str().is_empty() {
            let _ = remove(&self.temp);
        }
    }
}

/// Flushes a folder that grew beyond the life of a process, and gives it its final name in place of
/// what had it.
///
/// # Errors
/// [`Error::Write`] when a flush or the rename fails.
pub(crate) fn place(grown: &Path, path: &Path) -> Result<(), Error> {
    flush(grown)?;
    let old = format!("{TEMP_PREFIX}{}-{}.old", std::process::id(), name_of(path));
    rename(grown, path, &folder_of(path).join(old))
}

/// Gives what is at `from` the name `path`; what has that name is `old` in between.
fn rename(from: &Path, path: &Path, old: &Path) -> Result<(), Error> {
    if from.is_dir() && path.exists() {
        fs::rename(path, old).map_err(Error::write(path))?;
        fault::point("draft.swapped");
        fs::rename(from, path).map_err(Error::write(path))?;
        remove(old)?;
    } else {
        fs::rename(from, path).map_err(Error::write(path))?;
    }
    fault::point("draft.renamed");
    flush_folder(folder_of(path))?;
    fault::point("draft.placed");
    Ok(())
}

/// Publishes bytes as a file.
///
/// # Errors
/// [`Error::Write`] when they cannot be written.
pub fn publish_bytes(path: impl Into<PathBuf>, bytes: &[u8]) -> Result<Artefact, Error> {
    Draft::of_bytes(path, bytes)?.publish()
}

/// Removes every draft that a dead process left below a folder; gives their number.
///
/// Only for the holder of the folder's lock: a living run's drafts look the same.
///
/// # Errors
/// [`Error::Write`] when a draft cannot be removed, [`Error::Read`] when a folder cannot be listed.
pub fn sweep(folder: &Path) -> Result<usize, Error> {
    let mut swept = 0;
    for path in children(folder)? {
        if is_temp(&path) {
            remove(&path)?;
            swept += 1;
        } else if path.is_dir() && !path.is_symlink() {
            swept += sweep(&path)?;
        }
    }
    Ok(swept)
}

/// Removes the drafts of one file that dead processes left beside it.
///
/// Only for whoever is alone in writing it: a living process's draft looks the same.
///
/// # Errors
/// As [`sweep`].
pub fn sweep_drafts_of(path: &Path) -> Result<(), Error> {
    let ending = format!("-{}", name_of(path));
    let drafts = children(folder_of(path))?.into_iter().filter(|beside| {
        is_temp(beside)
            && name_of(beside)[TEMP_PREFIX.len()..].trim_start_matches(|c: char| c.is_ascii_digit())
                == ending
    });
    drafts.into_iter().try_for_each(|draft| remove(&draft))
}

/// The last part of a path, for words and for names beside others; the whole where it ends in none.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether two paths name one file, which need not exist yet.
pub(crate) fn is_same_place(a: &Path, b: &Path) -> bool {
    place_of(a) == place_of(b)
}

/// The absolute path without links, of what exists of it and as it is written beyond.
pub(crate) fn place_of(path: &Path) -> PathBuf {
    if let Ok(place) = path.canonicalize() {
        return place;
    }
    let mut parts = path.components();
    let last = parts.next_back();
    let folder = parts.as_path();
    let mut place = match last {
        Some(_) if !folder.as_os_str().is_empty() => place_of(folder),
        _ => Path::new(".").canonicalize().unwrap_or_default(),
    };
    match last {
        Some(Component::ParentDir) => drop(place.pop()),
        Some(Component::Normal(name)) => place.push(name),
        _ => {}
    }
    place
}

fn is_temp(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMP_PREFIX))
}

/// When a file was last written.
///
/// # Errors
/// [`Error::Read`].
pub(crate) fn modified(path: &Path) -> Result<SystemTime, Error> {
    path.metadata().and_then(|metadata| metadata.modified()).map_err(Error::read(path))
}

/// What a folder holds, sorted; nothing when it does not exist.
pub(crate) fn children(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(Error::read(folder))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(Error::read(folder))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Every file below a folder, in a fixed order.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in children(folder)? {
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// Removes a file or a folder, if it is there.
///
/// # Errors
/// [`Error::Write`].
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let removed = if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::write(path)(source))
        }
        _ => Ok(()),
    }
}

fn flush(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        for child in children(path)? {
            flush(&child)?;
        }
        return flush_folder(path);
    }
    flush_file(path)
}

/// Flushes one file to the disk.
///
/// # Errors
/// [`Error::Write`].
pub(crate) fn flush_file(path: &Path) -> Result<(), Error> {
    let _writing = spent::writing();
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::write(path))
}

pub(crate) fn flush_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|handle| handle.sync_all()).map_err(Error::write(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::sha256;

    #[test]
    fn a_published_file_has_its_name_its_size_and_its_hash() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.csv");
        let artefact = publish_bytes(&path, b"").unwrap();
        assert_eq!(artefact.stamp, Stamp { bytes: 0, sha256: sha256(b"") });
        assert_eq!(children(&dir.path().join("a")).unwrap(), [path]);
    }

    #[test]
    fn a_file_to_come_is_the_same_by_any_way_to_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir(path("there")).unwrap();
        std::os::unix::fs::symlink(path("there"), path("link")).unwrap();
        for name in ["there/./c", "there/../there/c", "link/c", "no/such/../../there/c"] {
            assert!(is_same_place(&path("there/c"), &path(name)), "{name}");
        }
        for name in ["c", "there/d", "there/c/c", "link", "no/c"] {
            assert!(!is_same_place(&path("there/c"), &path(name)), "{name}");
        }
        let here = std::env::current_dir().unwrap();
        for name in ["nosuch.c", "./nosuch.c", "nosuch/../nosuch.c"] {
            assert!(is_same_place(&here.join("nosuch.c"), Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_dropped_draft_leaves_nothing_and_the_old_file_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("b.csv");
        publish_bytes(&path, b"old").unwrap();
        let draft = Draft::new(&path).unwrap();
        fs::write(draft.temp(), b"half").unwrap();
        drop(draft);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(children(dir.path()).unwrap().len(), 1);
    }

    #[test]
    fn a_folder_replaces_the_one_that_had_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cube.zarr");
        let publish = |name: &str| {
            let draft = Draft::new(&path).unwrap();
            fs::create_dir(draft.temp()).unwrap();
            fs::write(draft.temp().join(name), name).unwrap();
            draft.publish().unwrap()
        };
        let first = publish("one");
        let second = publish("two");
        assert_ne!(first.stamp.sha256, second.stamp.sha256);
        assert_eq!(Stamp::of(&path).unwrap(), second.stamp);
        assert_eq!(children(&path).unwrap(), [path.join("two")]);
        assert_eq!(children(dir.path()).unwrap(), [path]);
    }

    #[test]
    fn an_open_geopackage_is_not_published() {
        let dir = tempfile::tempdir().unwrap();
        let draft = Draft::new(dir.path().join("a.gpkg")).unwrap();
        fs::write(draft.temp(), b"x").unwrap();
        fs::write(draft.temp().with_extension("gpkg-wal"), b"x").unwrap();
        assert_eq!(draft.publish().unwrap_err().exit_code(), crate::error::exit::INTERNAL);
        assert!(!dir.path().join("a.gpkg").exists());
    }

    #[test]
    fn drafts_of_a_dead_run_are_swept_at_any_depth() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("cube/.tmp-1-imagery/c")).unwrap();
        fs::write(dir.path().join(".tmp-1-a.gpkg"), "").unwrap();
        fs::write(dir.path().join("cube/kept"), "").unwrap();
        assert_eq!(sweep(dir.path()).unwrap(), 2);
        assert_eq!(files_below(dir.path()).unwrap(), [dir.path().join("cube/kept")]);
    }
}
