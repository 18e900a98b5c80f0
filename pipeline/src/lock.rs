//! One run at a time in an output folder: a lock of the system that dies with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The lock's file inside the working folder; its presence means nothing, only the lock does.
const FILE: &str = "lock";

/// Held as long as this value lives; released by the system however the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a working folder, which must exist.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process holds it, [`Error::Write`] when it cannot be taken.
    pub fn take(work_dir: &Path, out_dir: &Path) -> Result<Self, Error> {
        Self::hold(&work_dir.join(FILE), out_dir)
    }

    /// Takes the lock of one file that is read, changed and written again: a hidden file beside it.
    ///
    /// # Errors
    /// As [`Lock::take`].
    pub fn of_file(file: &Path) -> Result<Self, Error> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        Self::hold(&file.with_file_name(format!(".{name}.lock")), file)
    }

    /// Locks `path`, for work on `what`.
    fn hold(path: &Path, what: &Path) -> Result<Self, Error> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy { path: what.to_owned() }),
            Err(TryLockError::Error(source)) => Err(Error::write(path)(source)),
        }
    }

    /// Whether some process holds the lock now.
    ///
    /// # Errors
    /// [`Error::Read`] when the system does not say.
    pub fn is_held(work_dir: &Path) -> Result<bool, Error> {
        let path: PathBuf = work_dir.join(FILE);
        let file = match File::open(&path) {
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            other => other.map_err(Error::read(&path))?,
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(source)) => Err(Error::read(&path)(source)),
        }
    }
}

fn open(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).open(path).map_err(Error::write(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_run_is_told_and_a_leftover_file_locks_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!Lock::is_held(dir.path()).unwrap());
        let first = Lock::take(dir.path(), dir.path()).unwrap();
        let second = Lock::take(dir.path(), dir.path()).unwrap_err();
        assert_eq!(second.exit_code(), crate::error::exit::RESOURCES);
        assert!(Lock::is_held(dir.path()).unwrap());
        drop(first);
        assert!(dir.path().join(FILE).exists());
        assert!(!Lock::is_held(dir.path()).unwrap());
        assert!(Lock::take(dir.path(), dir.path()).is_ok());
    }
}
