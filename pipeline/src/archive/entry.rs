//! A file of an archive before it is written: where it comes from, how large it is, its checksums.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::digest::Digests;
use crate::error::Error;
use crate::manifest;
use crate::stamp::{Stamp, hex};

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
    /// A file written for the archive from one of the result.
    Made(PathBuf),
}

/// A file of an archive, read once.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    /// The file.
    pub(super) entry: Entry,
    /// Its size and sums.
    pub(super) digests: Digests,
}

impl Entry {
    pub(super) fn text(path: impl Into<String>, text: String) -> Self {
        Self { path: path.into(), body: Body::Text(text) }
    }

    /// The same file below a folder of the archive.
    pub(super) fn under(self, folder: &str) -> Self {
        Self { path: format!("{folder}/{}", self.path), ..self }
    }

    fn open(&self) -> Result<Box<dyn Read + '_>, Error> {
        match &self.body {
            Body::Text(text) => Ok(Box::new(text.as_bytes())),
            Body::Result(path, _) | Body::Made(path) => {
                Ok(Box::new(File::open(path).map_err(Error::read(path))?))
            }
        }
    }

    /// What messages about it name.
    fn shown(&self) -> &Path {
        match &self.body {
            Body::Text(_) => Path::new(&self.path),
            Body::Result(path, _) | Body::Made(path) => path,
        }
    }
}

impl Measured {
    /// Reads a file, without keeping it.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when it is not the one that the manifest describes, [`Error::Read`].
    pub(super) fn of(entry: Entry) -> Result<Self, Error> {
        let digests = Digests::of(&mut entry.open()?).map_err(Error::read(entry.shown()))?;
        let measured = Self { entry, digests };
        if let Body::Result(path, stamp) = &measured.entry.body {
            manifest::compare(path, Some(measured.stamp()), stamp)?;
        }
        Ok(measured)
    }

    /// Reads it again; the reader fails at the end when it is no longer what was measured.
    ///
    /// # Errors
    /// [`Error::Read`] when it cannot be opened.
    pub(super) fn reader(&self) -> Result<impl Read + '_, Error> {
        let from = self.entry.open()?;
        Ok(Again { of: self, from, sha256: Sha256::new(), bytes: 0 })
    }

    /// Copies it.
    ///
    /// # Errors
    /// [`Error::Write`] about `shown` when `to` does not take it, or when the file changed since it
    /// was measured; [`Error::Read`] when it cannot be opened.
    pub(super) fn copy(&self, to: &mut dyn Write, shown: &Path) -> Result<(), Error> {
        io::copy(&mut self.reader()?, to).map(drop).map_err(Error::write(shown))
    }

    fn stamp(&self) -> Stamp {
        Stamp { bytes: self.digests.bytes, sha256: self.digests.sha256.clone() }
    }
}

/// A file on its second reading.
struct Again<'a> {
    of: &'a Measured,
    from: Box<dyn Read + 'a>,
    sha256: Sha256,
    bytes: u64,
}

impl Read for Again<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        self.sha256.update(&buffer[..n]);
        self.bytes += n as u64;
        if n == 0 && !buffer.is_empty() {
            let sha256 = hex(&std::mem::take(&mut self.sha256).finalize());
            // The end may be read twice: it is checked the first time.
            let bytes = std::mem::replace(&mut self.bytes, u64::MAX);
            if bytes != u64::MAX && (Stamp { bytes, sha256 }) != self.of.stamp() {
                let path = self.of.entry.shown().display();
                return Err(io::Error::other(format!("`{path}` changed while it was delivered")));
            }
        }
        Ok(n)
    }
}
