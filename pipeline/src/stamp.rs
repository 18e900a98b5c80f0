//! What a file holds, told by its size and its SHA-256.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::artefact::files_below;
use crate::error::Error;
use crate::spent;

/// The size and the hash of a file, or of all files below a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// Total size in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal. For a folder: of the sorted lines `path\0bytes\0sha256\n`.
    pub sha256: String,
}

impl Stamp {
    /// Reads and hashes a file, or every file below a folder.
    ///
    /// # Errors
    /// [`Error::Read`] when something cannot be read.
    pub fn of(path: &Path) -> Result<Self, Error> {
        if path.is_dir() {
            return Self::of_folder(path, |_| None);
        }
        Ok(Self::of_files([path])?.remove(0))
    }

    /// [`Stamp::of`] a folder of which some files were hashed already.
    ///
    /// * `known`: what is known of a file.
    ///
    /// # Errors
    /// As [`Stamp::of`].
    pub(crate) fn of_folder(
        path: &Path,
        known: impl Fn(&Path) -> Option<Self>,
    ) -> Result<Self, Error> {
        let files = files_below(path)?;
        let known = files.iter().map(|file| known(file)).collect();
        let mut total = 0;
        let mut hasher = Sha256::new();
        for (file, Self { bytes, sha256 }) in files.iter().zip(Self::of_others(&files, known)?) {
            let name = file.strip_prefix(path).unwrap_or(file);
            hasher.update(name.as_os_str().as_encoded_bytes());
            hasher.update(format!("\0{bytes}\0{sha256}\n"));
            total += bytes;
        }
        Ok(Self { bytes: total, sha256: hex(&hasher.finalize()) })
    }

    /// The stamps of files, in their order; those that are not known are read and hashed.
    ///
    /// * `known`: what is known of each file.
    ///
    /// # Errors
    /// As [`Stamp::of_all`].
    pub(crate) fn of_others<P: AsRef<Path>>(
        paths: &[P],
        known: Vec<Option<Self>>,
    ) -> Result<Vec<Self>, Error> {
        let new = paths.iter().zip(&known).filter(|(_, known)| known.is_none());
        let mut new = Self::of_all(&new.map(|(path, _)| path).collect::<Vec<_>>())?.into_iter();
        Ok(known.into_iter().filter_map(|known| known.or_else(|| new.next())).collect())
    }

    /// Reads and hashes files, by twos: SHA-256 waits for its own last step nearly always, and a
    /// processor takes those of another file meanwhile.
    ///
    /// # Errors
    /// [`Error::Read`] when one cannot be read.
    pub(crate) fn of_all<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<Self>, Error> {
        let (pairs, rest) = paths.as_chunks::<2>();
        let mut stamps = Vec::with_capacity(paths.len());
        for pair in pairs {
            stamps.extend(Self::of_files(pair.each_ref().map(P::as_ref))?);
        }
        for path in rest {
            stamps.extend(Self::of_files([path.as_ref()])?);
        }
        Ok(stamps)
    }

    /// Hashes files in turn, a few bytes of each.
    fn of_files<const N: usize>(paths: [&Path; N]) -> Result<Vec<Self>, Error> {
        let _reading = spent::reading();
        let mut files = paths.into_iter().map(Hashing::open).collect::<Result<Vec<_>, Error>>()?;
        loop {
            files.iter_mut().try_for_each(Hashing::read)?;
            let common = files.iter().map(|file| file.buffer.len()).min().unwrap_or(0);
            let turn = if N == 1 { common } else { TURN };
            for start in (0..common).step_by(turn.max(1)) {
                let end = common.min(start + turn);
                for file in &mut files {
                    file.hasher.update(&file.buffer[start..end]);
                }
            }
            for file in &mut files {
                file.hasher.update(&file.buffer[common..]);
            }
            if files.iter().all(|file| file.buffer.is_empty()) {
                return Ok(files.into_iter().map(Hashing::stamp).collect());
            }
        }
    }
}

/// Bytes that are hashed of one file before it is another's turn: so few that the processor sees the
/// next ones coming.
const TURN: usize = 128;

/// Bytes that are read at once: they are hashed while they are in the processor's cache.
const PIECE: u64 = 1 << 18;

/// A file on its way through the hash.
struct Hashing<'a> {
    path: &'a Path,
    file: File,
    buffer: Vec<u8>,
    hasher: Sha256,
    bytes: u64,
}

impl<'a> Hashing<'a> {
    fn open(path: &'a Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::read(path))?;
        Ok(Self { path, file, buffer: Vec::new(), hasher: Sha256::new(), bytes: 0 })
    }

    /// Reads on into the buffer, which is empty only at the end.
    fn read(&mut self) -> Result<(), Error> {
        self.buffer.clear();
        let some = (&self.file).take(PIECE).read_to_end(&mut self.buffer);
        self.bytes += some.map_err(Error::read(self.path))? as u64;
        Ok(())
    }

    fn stamp(self) -> Stamp {
        Stamp { bytes: self.bytes, sha256: hex(&self.hasher.finalize()) }
    }
}

/// SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn nothing_has_the_hash_that_is_known() {
        assert_eq!(sha256(b""), EMPTY_SHA256);
    }

    #[test]
    fn files_hashed_together_have_the_hashes_of_each_by_itself() {
        let dir = tempfile::tempdir().unwrap();
        let sizes = [0, 1, 64, 127, 1 << 20, (1 << 20) + 1, 3_000_000, 5, 2_500_000];
        let file = |(rank, &size): (usize, &usize)| {
            let path = dir.path().join(rank.to_string());
            let bytes: Vec<u8> = (0..size).map(|i| (i * 31 + i / 251 + rank) as u8).collect();
            fs::write(&path, &bytes).unwrap();
            (path, Stamp { bytes: size as u64, sha256: sha256(&bytes) })
        };
        let (paths, expected): (Vec<_>, Vec<_>) = sizes.iter().enumerate().map(file).unzip();
        assert_eq!(Stamp::of_all(&paths).unwrap(), expected);
        assert_eq!(Stamp::of_all(&paths[1..]).unwrap(), expected[1..]);
        let lost = dir.path().join("lost");
        let error = Stamp::of_all(&[&paths[0], &lost]).unwrap_err().to_string();
        assert!(error.contains("lost"), "{error}");
    }

    #[test]
    fn a_folder_has_one_stamp_whatever_was_hashed_before() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        let whole = Stamp::of(dir.path()).unwrap();
        for known in [&["b"][..], &["a", "c"], &["a", "b", "c"]] {
            let of = |file: &Path| {
                known.iter().any(|name| file.ends_with(name)).then(|| Stamp::of(file).unwrap())
            };
            assert_eq!(Stamp::of_folder(dir.path(), of).unwrap(), whole);
        }
        let other = |_: &Path| Some(Stamp { bytes: 1, sha256: sha256(b"d") });
        assert_ne!(Stamp::of_folder(dir.path(), other).unwrap(), whole);
    }

    #[test]
    fn the_hash_of_a_folder_depends_on_the_names_of_its_files() {
        let dir = tempfile::tempdir().unwrap();
        for (folder, file) in [("a", "x"), ("b", "y")] {
            fs::create_dir(dir.path().join(folder)).unwrap();
            fs::write(dir.path().join(folder).join(file), "same").unwrap();
        }
        let hash = |name: &str| Stamp::of(&dir.path().join(name)).unwrap().sha256;
        assert_ne!(hash("a"), hash("b"));
    }
}
