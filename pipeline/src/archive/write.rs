//! An archive on disk: a folder, or one .zip whose bytes depend on its files alone.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use sevenz_rust2::encoder_options::Lzma2Options;
use sevenz_rust2::{ArchiveEntry, ArchiveWriter, EncoderConfiguration, EncoderMethod};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::entry::Measured;
use crate::artefact::Draft;
use crate::error::Error;

/// Files from this size on get the long form of a header: they may grow past 4 GiB when packed.
const LARGE: u64 = 3 << 30;
/// How hard .7z files are packed, of 9: more costs much and wins little on geometries.
const SEVEN_ZIP_LEVEL: u32 = 5;

/// Writes the files as they are, below a folder.
///
/// # Errors
/// [`Error::Write`], [`Error::Mismatch`] for a file that changed meanwhile.
pub(super) fn folder(out: &Path, files: &[Measured]) -> Result<Vec<Draft>, Error> {
    let draft = |file: &Measured| {
        let draft = Draft::new(out.join(&file.entry.path))?;
        let mut to = File::create(draft.temp()).map_err(Error::write(draft.temp()))?;
        file.copy(&mut to, draft.path())?;
        Ok(draft)
    };
    files.iter().map(draft).collect()
}

/// Packs the files into `NAME.7z`, each by itself with LZMA2: no clock, no owner, one level.
///
/// # Errors
/// As [`folder`].
pub(super) fn seven_zip(out: &Path, name: &str, files: &[Measured]) -> Result<Draft, Error> {
    let draft = Draft::new(out.join(format!("{name}.7z")))?;
    let path = draft.path().to_path_buf();
    let failed = |error: sevenz_rust2::Error| Error::write(&path)(io::Error::other(error));
    let mut packed = ArchiveWriter::create(draft.temp()).map_err(failed)?;
    let options = Lzma2Options::from_level(SEVEN_ZIP_LEVEL);
    let method = EncoderConfiguration::new(EncoderMethod::LZMA2).with_options(options.into());
    packed.set_content_methods(vec![method]);
    for file in files {
        let entry = ArchiveEntry::new_file(&file.entry.path);
        packed.push_archive_entry(entry, Some(file.reader()?)).map_err(failed)?;
    }
    packed.finish().map_err(Error::write(&path))?;
    Ok(draft)
}

/// How a file of so many bytes is packed, the same bytes for the same file.
pub(crate) fn packing(bytes: u64) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .large_file(bytes >= LARGE)
}

/// Packs the files into `NAME.zip`, in the order given: no clock, no owner, one level of deflate.
///
/// # Errors
/// As [`folder`].
pub(super) fn zip(out: &Path, name: &str, files: &[Measured]) -> Result<Draft, Error> {
    let draft = Draft::new(out.join(format!("{name}.zip")))?;
    let path = draft.path().to_path_buf();
    let failed = |error: zip::result::ZipError| Error::write(&path)(io::Error::from(error));
    let file = File::create(draft.temp()).map_err(Error::write(&path))?;
    let mut packed = ZipWriter::new(BufWriter::with_capacity(1 << 20, file));
    for file in files {
        packed.start_file(file.entry.path.as_str(), packing(file.digests.bytes)).map_err(failed)?;
        file.copy(&mut packed, &path)?;
    }
    let mut file = packed.finish().map_err(failed)?;
    file.flush().map_err(Error::write(&path))?;
    Ok(draft)
}
