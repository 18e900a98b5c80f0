//! An archive as files: a folder as it is, a .zip or .7z unpacked where nothing of it can do harm.
//!
//! Before a byte is written: names that leave the folder, links, counts and sizes out of measure.
//! While writing: no entry grows beyond the size that it announces.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use sevenz_rust2::{ArchiveReader, Password};
use zip::ZipArchive;

use super::keys;
use crate::artefact::{Draft, name_of};
use crate::error::{Error, InputError};
use crate::machine::{self, Machine};

/// Most entries of an archive.
const ENTRIES_MAX: usize = 100_000;
/// Most bytes that an archive may unpack to: a department takes some gigabytes.
const BYTES_MAX: u64 = 200 << 30;
/// Bytes from which an entry's ratio is judged: small texts may pack to nearly nothing.
const JUDGED: u64 = 64 << 20;
/// Most bytes from one packed byte; the longest run that deflate can write is 1,032 from one.
const RATIO_MAX: u64 = 500;
/// Deepest nesting of folders.
const DEPTH_MAX: usize = 32;

/// An archive whose files can be read.
#[derive(Debug)]
pub struct Unpacked {
    /// Its name, without the extension.
    pub name: String,
    /// The folder of its files.
    pub root: PathBuf,
    /// Paths of its files from there, with `/`, sorted.
    pub files: Vec<String>,
    /// Why it was not unpacked: keys, each with what was met; empty when it was.
    pub refused: Vec<(&'static str, String)>,
    /// Removed with this value.
    _temp: Option<Draft>,
}

/// An entry of an archive before it is unpacked.
struct Entry {
    name: String,
    is_folder: bool,
    is_link: bool,
    bytes: u64,
    packed: Option<u64>,
}

impl Unpacked {
    /// Opens an archive; what is dangerous or damaged is told, and nothing of it unpacked.
    ///
    /// # Errors
    /// [`Error::Input`] for a path that is no archive, [`Error::Resources`] when there is no room,
    /// [`Error::Read`], [`Error::Write`].
    pub fn of(path: &Path) -> Result<Self, Error> {
        if path.is_dir() {
            return Self::of_folder(path);
        }
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        match extension.as_str() {
            "zip" => Self::packed(path, zip_entries, unzip),
            "7z" => Self::packed(path, sevenz_entries, unpack_sevenz),
            _ => {
                let fault = InputError::new(path, "not an archive of a delivery")
                    .got(if path.exists() { "a file" } else { "no such file" })
                    .expected("a folder, a .zip or a .7z");
                let is_volume =
                    !extension.is_empty() && extension.bytes().all(|b| b.is_ascii_digit());
                let join = "join its volumes first: `cat NAME.7z.0* > NAME.7z`";
                Err(if is_volume { fault.hint(join) } else { fault }.into())
            }
        }
    }

    fn of_folder(path: &Path) -> Result<Self, Error> {
        let absolute = path.canonicalize().map_err(Error::read(path))?;
        let name = name_of(&absolute);
        let mut unpacked =
            Self { name, root: absolute, files: Vec::new(), refused: Vec::new(), _temp: None };
        let root = unpacked.root.clone();
        unpacked.walk(&root, 0)?;
        unpacked.files.sort();
        Ok(unpacked)
    }

    /// Lists the files below a folder; links are not followed.
    fn walk(&mut self, folder: &Path, depth: usize) -> Result<(), Error> {
        if depth > DEPTH_MAX || self.files.len() > ENTRIES_MAX {
            self.refused.push((keys::ARCHIVE_BOMB, folder.display().to_string()));
            return Ok(());
        }
        for entry in fs::read_dir(folder).map_err(Error::read(folder))? {
            let path = entry.map_err(Error::read(folder))?.path();
            let name = path.strip_prefix(&self.root).unwrap_or(&path).display().to_string();
            if path.is_symlink() {
                self.refused.push((keys::ARCHIVE_PATH, name));
            } else if path.is_dir() {
                self.walk(&path, depth + 1)?;
            } else {
                self.files.push(name);
            }
        }
        Ok(())
    }

    fn packed(
        path: &Path,
        list: impl FnOnce(&Path) -> Result<Vec<Entry>, Error>,
        unpack: impl FnOnce(&Path, &Path) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let none = |refused| Self {
            name: name.clone(),
            root: PathBuf::new(),
            files: Vec::new(),
            refused,
            _temp: None,
        };
        let entries = match list(path) {
            Ok(entries) => entries,
            Err(Error::Input(error)) => {
                let got = error.got.clone().unwrap_or_default();
                return Ok(none(vec![(keys::ARCHIVE_UNREADABLE, got)]));
            }
            Err(error) => return Err(error),
        };
        let packed_bytes = fs::metadata(path).map_err(Error::read(path))?.len();
        let refused = judge(&entries, packed_bytes);
        if !refused.is_empty() {
            return Ok(none(refused));
        }
        let temp = Draft::new(std::env::temp_dir().join(format!("millesime-check-{name}")))?;
        let total: u64 = entries.iter().map(|entry| entry.bytes).sum();
        let free = Machine::read(&std::env::temp_dir())?.disk_free_bytes;
        machine::require_bytes("disk space to unpack an archive", total, free)?;
        fs::create_dir(temp.temp()).map_err(Error::write(temp.temp()))?;
        if let Err(error) = unpack(path, temp.temp()) {
            return match error {
                Error::Input(error) => {
                    let got = error.got.clone().unwrap_or_default();
                    Ok(none(vec![(keys::ARCHIVE_UNREADABLE, got)]))
                }
                error => Err(error),
            };
        }
        let mut unpacked = Self::of_folder(temp.temp())?;
        // One folder named after the archive is the archive.
        let inside = unpacked.root.join(&name);
        if inside.is_dir()
            && unpacked.files.iter().all(|file| file.starts_with(&format!("{name}/")))
        {
            unpacked = Self::of_folder(&inside)?;
        }
        Ok(Self { name, _temp: Some(temp), ..unpacked })
    }
}

/// What is wrong with the entries of an archive of so many bytes.
fn judge(entries: &[Entry], packed_bytes: u64) -> Vec<(&'static str, String)> {
    let mut refused = Vec::new();
    let total = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.bytes));
    let is_out = |bytes: u64, packed: u64| bytes > JUDGED && bytes / packed.max(1) > RATIO_MAX;
    if entries.len() > ENTRIES_MAX || total > BYTES_MAX || is_out(total, packed_bytes) {
        let got = format!("{} fichiers, {total} octets depuis {packed_bytes}", entries.len());
        refused.push((keys::ARCHIVE_BOMB, got));
    }
    for entry in entries {
        if entry.is_link || !is_inside(&entry.name) {
            refused.push((keys::ARCHIVE_PATH, entry.name.clone()));
        }
        if entry.packed.is_some_and(|packed| is_out(entry.bytes, packed)) {
            refused.push((keys::ARCHIVE_BOMB, format!("{}, {} octets", entry.name, entry.bytes)));
        }
    }
    refused
}

/// Whether a name stays below the folder that it is unpacked into, on any system.
fn is_inside(name: &str) -> bool {
    let path = Path::new(name);
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    !name.is_empty()
        && !name.contains(['\\', '\0', ':'])
        && path.components().all(plain)
        && path.components().count() <= DEPTH_MAX
}

/// Why an archive cannot be read.
fn damaged(path: &Path, said: impl std::fmt::Display) -> Error {
    InputError::new(path, "this archive cannot be read").got(said).into()
}

fn open_zip(path: &Path) -> Result<ZipArchive<BufReader<File>>, Error> {
    let file = File::open(path).map_err(Error::read(path))?;
    ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(path, error))
}

fn zip_entries(path: &Path) -> Result<Vec<Entry>, Error> {
    let mut archive = open_zip(path)?;
    let n_entries = archive.len().min(ENTRIES_MAX + 1);
    let entry = |rank| {
        let file = archive.by_index_raw(rank).map_err(|error| damaged(path, error))?;
        Ok(Entry {
            name: file.name().map_err(|error| damaged(path, error))?.into_owned(),
            is_folder: file.is_dir(),
            is_link: file.is_symlink(),
            bytes: file.size(),
            packed: Some(file.compressed_size()),
        })
    };
    (0..n_entries).map(entry).collect()
}

fn unzip(path: &Path, into: &Path) -> Result<(), Error> {
    let mut archive = open_zip(path)?;
    for rank in 0..archive.len() {
        let mut file = archive.by_index(rank).map_err(|error| damaged(path, error))?;
        let name = file.name().map_err(|error| damaged(path, error))?.into_owned();
        let entry = Entry {
            name,
            is_folder: file.is_dir(),
            is_link: false,
            bytes: file.size(),
            packed: None,
        };
        extract(&entry, &mut file, path, into)?;
    }
    Ok(())
}

fn open_sevenz(path: &Path) -> Result<ArchiveReader<BufReader<File>>, Error> {
    let file = File::open(path).map_err(Error::read(path))?;
    ArchiveReader::new(BufReader::new(file), Password::empty())
        .map_err(|error| damaged(path, error))
}

/// An entry of a .7z; links are told by the Unix mode in the upper half of its attributes.
fn of_sevenz(entry: &sevenz_rust2::ArchiveEntry) -> Entry {
    const UNIX: u32 = 0x8000;
    let attributes = if entry.has_windows_attributes { entry.windows_attributes } else { 0 };
    Entry {
        name: entry.name.clone(),
        is_folder: entry.is_directory,
        is_link: attributes & UNIX != 0 && (attributes >> 16) & 0o17_0000 == 0o12_0000,
        bytes: entry.size,
        packed: None,
    }
}

fn sevenz_entries(path: &Path) -> Result<Vec<Entry>, Error> {
    Ok(open_sevenz(path)?.archive().files.iter().map(of_sevenz).collect())
}

fn unpack_sevenz(path: &Path, into: &Path) -> Result<(), Error> {
    // The library has an error of its own: ours is kept aside.
    let mut failed = None;
    let read = open_sevenz(path)?.for_each_entries(|entry, reader| {
        match extract(&of_sevenz(entry), reader, path, into) {
            Ok(()) => Ok(true),
            Err(error) => {
                failed = Some(error);
                Ok(false)
            }
        }
    });
    match failed {
        Some(error) => Err(error),
        None => read.map_err(|error| damaged(path, error)),
    }
}

/// Writes one entry, whose name was judged, and no more than it announces.
fn extract(entry: &Entry, from: &mut dyn Read, path: &Path, into: &Path) -> Result<(), Error> {
    let to = into.join(&entry.name);
    let folder = if entry.is_folder { to.as_path() } else { crate::artefact::folder_of(&to) };
    fs::create_dir_all(folder).map_err(Error::write(folder))?;
    if entry.is_folder {
        return Ok(());
    }
    // A second entry of the same name would write over the first one.
    let mut file = File::create_new(&to).map_err(|error| damaged(path, error))?;
    let mut limited = from.take(entry.bytes.saturating_add(1));
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let n = match limited.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(damaged(path, format!("{}: {error}", entry.name))),
        };
        io::Write::write_all(&mut file, &buffer[..n]).map_err(Error::write(&to))?;
        bytes += n as u64;
    }
    if bytes == entry.bytes {
        return Ok(());
    }
    Err(damaged(path, format!("{} : {bytes} octets, {} annoncés", entry.name, entry.bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leaves_the_folder_on_any_system_is_told() {
        for name in ["a/b.gpkg", "./a", "a b/ç.txt", "dossier/"] {
            assert!(is_inside(name), "{name}");
        }
        for name in ["../a", "a/../../b", "/etc/passwd", "C:\\a", "a\\..\\b", "C:a", "", "a\0"] {
            assert!(!is_inside(name), "{name}");
        }
    }

    #[test]
    fn sizes_out_of_measure_are_told_before_anything_is_unpacked() {
        let entry = |bytes, packed| Entry {
            name: "a".to_owned(),
            is_folder: false,
            is_link: false,
            bytes,
            packed: Some(packed),
        };
        let keys = |entries: &[Entry], packed| -> Vec<&str> {
            judge(entries, packed).into_iter().map(|(key, _)| key).collect()
        };
        assert_eq!(keys(&[entry(1 << 30, 1 << 28)], 1 << 28), [""; 0]);
        assert_eq!(keys(&[entry(1 << 20, 100)], 200), [""; 0], "a small text packs well");
        assert_eq!(keys(&[entry(10 << 30, 1 << 20)], 1 << 21), [keys::ARCHIVE_BOMB; 2]);
        assert_eq!(keys(&[entry(u64::MAX, u64::MAX), entry(1, 1)], 9 << 40), [keys::ARCHIVE_BOMB]);
        let link = Entry { is_link: true, ..entry(3, 3) };
        assert_eq!(keys(&[link], 10), [keys::ARCHIVE_PATH]);
    }
}
