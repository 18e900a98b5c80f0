//! One run at a time in an output folder: a lock of the system that dies with its process.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::machine;

/// The lock's file inside the working folder; its presence means nothing, only the lock does.
const FILE: &str = "lock";
/// How often a lock that is taken is asked for again, and after which pause: who looks at it, as
/// [`Lock::holder`] does, has it for an instant.
const AGAIN: (u32, Duration) = (5, Duration::from_millis(10));

/// Held as long as this value lives; released by the system however the process ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A process that has it whole.
    Process {
        /// Its id on its machine; 0 when it did not tell.
        id: u32,
        /// The name of its machine; empty when it did not tell.
        host: String,
    },
    /// Workers that have a part of it each.
    Workers,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { id: 0, .. } => f.write_str("a process that did not tell its id"),
            Self::Process { id, host } => write!(f, "process {id} on {host}"),
            Self::Workers => f.write_str("workers"),
        }
    }
}

impl Serialize for Holder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Lock {
    /// Takes the lock of a working folder, which must exist.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process holds it, [`Error::Write`] when it cannot be taken.
    pub fn take(work_dir: &Path, out_dir: &Path) -> Result<Self, Error> {
        Self::hold(&work_dir.join(FILE), out_dir, File::try_lock)
    }

    /// Gives the lock of a working folder back for good: its file goes, and the folder when it holds
    /// nothing else. What cannot be removed stays and does no harm.
    pub fn leave(self, work_dir: &Path) {
        // While it is held nobody else can have taken the file of this name.
        let _ = fs::remove_file(work_dir.join(FILE));
        drop(self);
        let _ = fs::remove_dir(work_dir);
    }

    /// Takes the lock of one file that is read, changed and written again: a hidden file beside it.
    ///
    /// # Errors
    /// As [`Lock::take`].
    pub fn of_file(file: &Path) -> Result<Self, Error> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        Self::hold(&file.with_file_name(format!(".{name}.lock")), file, File::try_lock)
    }

    /// Takes a part in the lock of a working folder, which must exist: with others that take a part,
    /// but not beside one that has it whole.
    ///
    /// # Errors
    /// As [`Lock::take`].
    pub fn share(work_dir: &Path, out_dir: &Path) -> Result<Self, Error> {
        Self::hold(&work_dir.join(FILE), out_dir, File::try_lock_shared)
    }

    /// Takes the lock of one block of a stage under way, by its rank.
    ///
    /// # Errors
    /// As [`Lock::take`].
    pub fn of_block(folder: &Path, rank: usize) -> Result<Self, Error> {
        let locks = folder.join("locks");
        std::fs::create_dir_all(&locks).map_err(Error::write(&locks))?;
        Self::hold(&locks.join(rank.to_string()), folder, File::try_lock)
    }

    /// Locks `path` in one of the two ways, for work on `what`.
    fn hold(
        path: &Path,
        what: &Path,
        lock: fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Self, Error> {
        loop {
            let file = open(path)?;
            match patiently(|| lock(&file)) {
                Ok(()) if is_at(&file, path).map_err(Error::write(path))? => {
                    sign(&file);
                    return Ok(Self { file });
                }
                // Who had it left for good in between: the lock of a file without a name is nobody's.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Busy { path: what.to_owned() });
                }
                Err(TryLockError::Error(source)) => return Err(Error::write(path)(source)),
            }
        }
    }

    /// Takes the lock of one file as [`Lock::of_file`] does, once whoever holds it is done.
    ///
    /// # Errors
    /// [`Error::Write`] when it cannot be taken.
    pub fn wait_for_file(file: &Path) -> Result<Self, Error> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let path = file.with_file_name(format!(".{name}.lock"));
        let file = open(&path)?;
        file.lock().map_err(Error::write(&path))?;
        Ok(Self { file })
    }

    /// Who holds the lock of a working folder now; `None` when nobody does.
    ///
    /// # Errors
    /// [`Error::Read`] when the system does not say.
    pub fn holder(work_dir: &Path) -> Result<Option<Holder>, Error> {
        let path = work_dir.join(FILE);
        // Over a network the whole lock is only given to who may write.
        let options = File::options().read(true).write(true).open(&path);
        let file = match options.or_else(|_| File::open(&path)) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(Error::read(&path))?,
        };
        let is_held = match patiently(|| file.try_lock()) {
            Ok(()) => return Ok(None),
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => false,
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(is_held.then_some(Holder::Workers)),
            Err(TryLockError::WouldBlock) => Ok(Some(signed(&path))),
            Err(TryLockError::Error(source)) => Err(Error::read(&path)(source)),
        }
    }
}

impl Drop for Lock {
    /// Takes the signature back: a file that stays beside what was made tells nothing of who made it.
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
    }
}

/// Writes into a lock's file whose lock is held who holds it. It is said to people, never trusted,
/// and a full disk does not stop a run here.
fn sign(mut file: &File) {
    let signature = format!("{} {}\n", std::process::id(), machine::host());
    let _ = file.set_len(0).and_then(|()| file.write_all(signature.as_bytes()));
}

/// Who signed a lock's file.
fn signed(path: &Path) -> Holder {
    let text = fs::read_to_string(path).unwrap_or_default();
    let (id, host) = text.trim().split_once(' ').unwrap_or_default();
    Holder::Process { id: id.parse().unwrap_or(0), host: host.to_owned() }
}

/// Asks for a lock until it is given, refused for another reason, or taken for longer than a look.
fn patiently(lock: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    let (n_times, pause) = AGAIN;
    for _ in 0..n_times {
        match lock() {
            Err(TryLockError::WouldBlock) => sleep(pause),
            other => return other,
        }
    }
    lock()
}

/// Whether an open file is the one that has this name now.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    match path.metadata() {
        Ok(named) => Ok((named.dev(), named.ino()) == (own.dev(), own.ino())),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(source),
    }
}

fn open(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).open(path).map_err(Error::write(path))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_is_left_of_a_lock_is_an_empty_file() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path(), dir.path()).unwrap();
        let signed = fs::read_to_string(dir.path().join(FILE)).unwrap();
        assert!(signed.starts_with(&std::process::id().to_string()), "{signed}");
        drop(lock);
        assert_eq!(fs::read(dir.path().join(FILE)).unwrap(), b"");
    }

    #[test]
    fn the_second_run_is_told_and_a_leftover_file_locks_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Lock::holder(dir.path()).unwrap(), None);
        let first = Lock::take(dir.path(), dir.path()).unwrap();
        let second = Lock::take(dir.path(), dir.path()).unwrap_err();
        assert_eq!(second.exit_code(), crate::error::exit::RESOURCES);
        let host = machine::host();
        let holder = Holder::Process { id: std::process::id(), host };
        assert_eq!(Lock::holder(dir.path()).unwrap(), Some(holder));
        drop(first);
        assert!(dir.path().join(FILE).exists());
        assert_eq!(Lock::holder(dir.path()).unwrap(), None);
        assert!(Lock::take(dir.path(), dir.path()).is_ok());
    }

    #[test]
    fn workers_are_seen_while_one_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let share = || Lock::share(dir.path(), dir.path()).unwrap();
        let (one, other) = (share(), share());
        drop(one);
        assert_eq!(Lock::holder(dir.path()).unwrap(), Some(Holder::Workers));
        drop(other);
        assert_eq!(Lock::holder(dir.path()).unwrap(), None);
    }

    #[test]
    fn who_only_looks_at_a_lock_turns_nobody_away() {
        for (n_looks, is_given) in [(AGAIN.0, true), (AGAIN.0 + 1, false)] {
            let asked = Cell::new(0);
            let given = patiently(|| {
                asked.set(asked.get() + 1);
                if asked.get() > n_looks { Ok(()) } else { Err(TryLockError::WouldBlock) }
            });
            assert_eq!(given.is_ok(), is_given, "{n_looks}");
        }
    }

    #[test]
    fn who_leaves_for_good_leaves_nothing_and_the_next_has_a_lock_that_others_see() {
        let dir = tempfile::tempdir().unwrap();
        let work = dir.path().join("work");
        fs::create_dir(&work).unwrap();
        let first = Lock::take(&work, dir.path()).unwrap();
        let waiting = open(&work.join(FILE)).unwrap();
        first.leave(&work);
        assert!(!work.exists());
        // What waited for the removed file has a lock that nobody else meets.
        waiting.try_lock().unwrap();
        fs::create_dir(&work).unwrap();
        assert!(!is_at(&waiting, &work.join(FILE)).unwrap());
        let next = Lock::take(&work, dir.path()).unwrap();
        assert!(!is_at(&waiting, &work.join(FILE)).unwrap());
        assert!(is_at(&next.file, &work.join(FILE)).unwrap());
        fs::write(work.join("publication.json"), "{}").unwrap();
        next.leave(&work);
        assert!(work.join("publication.json").exists(), "there is something to complete");
    }
}
