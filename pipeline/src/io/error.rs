//! Errors of reading and writing, in the terms of the crate's [`Error`].

use std::fmt;
use std::path::Path;

pub use crate::error::{Error, InputError};

/// The result of reading or writing a file.
pub type Result<T> = std::result::Result<T, Error>;

/// A write that failed, from what a library said.
pub(super) fn write_error(path: &Path, what: impl fmt::Display) -> Error {
    let what = what.to_string();
    let source = if what.contains("No space left") || what.contains("disk is full") {
        std::io::Error::new(std::io::ErrorKind::StorageFull, what)
    } else {
        std::io::Error::other(what)
    };
    Error::Write { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let full = write_error(Path::new("a"), "TIFFAppendToStrip: No space left on device");
        assert!(full.hint().is_some_and(|hint| hint.contains("full")));
        assert_eq!(write_error(Path::new("a"), "other").exit_code(), full.exit_code());
    }
}
