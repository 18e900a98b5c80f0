//! A file of an archive before it is written: where it comes from, how large it is, its checksums.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::artefact::{Stamp, hex};
use crate::error::Error;
use crate::manifest;

/// A file of an archive.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its path in the archive, with `/`.
    pub(super) path: String,
    /// What it holds.
    pub(super) body: Body,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// A text made for the archive.
    Text(String),
    /// A file of the result, and what the manifest says of it.
    Result(PathBuf, Stamp),
}

/// A file of an archive, read once.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    /// The file.
    pub(super) entry: Entry,
    /// Its size in bytes.
    pub(super) bytes: u64,
    /// Its MD5, in hexadecimal.
    pub(super) md5: String,
    /// Its SHA-256, in hexadecimal.
    pub(super) sha256: String,
}

impl Entry {
    pub(super) fn text(path: String, text: String) -> Self {
        Self { path, body: Body::Text(text) }
    }

    pub(super) fn of_result(path: String, file: PathBuf, stamp: Stamp) -> Self {
        Self { path, body: Body::Result(file, stamp) }
    }

    /// The same file below a folder of the archive.
    pub(super) fn under(self, folder: &str) -> Self {
        Self { path: format!("{folder}/{}", self.path), ..self }
    }

    fn open(&self) -> Result<Box<dyn Read + '_>, Error> {
        match &self.body {
            Body::Text(text) => Ok(Box::new(text.as_bytes())),
            Body::Result(path, _) => Ok(Box::new(File::open(path).map_err(Error::read(path))?)),
        }
    }
}

impl Measured {
    /// Reads a file, without keeping it.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when it is not the one that the manifest describes, [`Error::Read`].
    pub(super) fn of(entry: Entry) -> Result<Self, Error> {
        let (mut md5, mut sha256) = (Md5::new(), Sha256::new());
        let bytes = read(&entry, |part| {
            md5.update(part);
            sha256.update(part);
            Ok(())
        })?;
        let (md5, sha256) = (hex(&md5.finalize()), hex(&sha256.finalize()));
        let measured = Self { entry, bytes, md5, sha256 };
        if let Body::Result(path, stamp) = &measured.entry.body {
            manifest::compare(path, Some(measured.stamp()), stamp)?;
        }
        Ok(measured)
    }

    /// Copies it, and makes sure that it still is what was measured.
    ///
    /// # Errors
    /// As [`Measured::of`], and [`Error::Write`] about `shown` when `to` does not take it.
    pub(super) fn copy(&self, to: &mut dyn Write, shown: &std::path::Path) -> Result<(), Error> {
        let mut sha256 = Sha256::new();
        let bytes = read(&self.entry, |part| {
            sha256.update(part);
            to.write_all(part).map_err(Error::write(shown))
        })?;
        match &self.entry.body {
            Body::Text(_) => Ok(()),
            Body::Result(path, _) => {
                let got = Stamp { bytes, sha256: hex(&sha256.finalize()) };
                manifest::compare(path, Some(got), &self.stamp())
            }
        }
    }

    fn stamp(&self) -> Stamp {
        Stamp { bytes: self.bytes, sha256: self.sha256.clone() }
    }
}

/// Reads a file part by part; gives its size.
fn read(entry: &Entry, mut take: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<u64, Error> {
    let failed = |source: io::Error| match &entry.body {
        Body::Result(path, _) => Error::read(path)(source),
        Body::Text(_) => Error::internal(format!("{}: {source}", entry.path)),
    };
    let mut from = entry.open()?;
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let n = from.read(&mut buffer).map_err(failed)?;
        if n == 0 {
            return Ok(bytes);
        }
        take(&buffer[..n])?;
        bytes += n as u64;
    }
}
