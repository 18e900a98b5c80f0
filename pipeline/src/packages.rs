//! What is made of a finished result for others: each kind a folder with a manifest of its own.
//!
//! The files of the result and its manifest stay as they are.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::artefact::place_of;
use crate::config::Orders;
use crate::error::Error;
use crate::finished::Finished;
use crate::lock::Lock;
use crate::progress::LogFormat;
use crate::{archive, context, qgis, web};

mod package;

pub use package::{Package, State};

/// A kind of package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Kind {
    /// Archives with the names and the contents that the national platform expects
    Archives,
    /// A `QGIS` project of every layer, and its styles as QML and SLD files
    Qgis,
    /// Rasters, layers and map tiles for web servers, with styles and a catalogue
    Web,
}

impl Kind {
    /// Its name on the command line, and that of its folder in the result.
    pub fn name(self) -> &'static str {
        match self {
            Self::Archives => "archives",
            Self::Qgis => "qgis",
            Self::Web => "web",
        }
    }

    /// The command that makes it, as its manifest names it.
    pub fn command(self) -> String {
        format!("deliver {}", self.name())
    }
}

/// Makes what is ordered of a result, in its own folder; whoever calls holds the lock of it.
///
/// * `documents`: YAML documents among which the nomenclature of the result may be.
///
/// # Errors
/// [`Error::Input`] when the folder holds no complete result, [`Error::Mismatch`] for a file that
/// is not the one that was delivered, [`Error::Write`].
pub fn make(
    folder: &Path,
    orders: &Orders,
    documents: &[PathBuf],
    log_format: LogFormat,
) -> Result<(), Error> {
    if orders.is_empty() {
        return Ok(());
    }
    let result = Finished::open(folder)?;
    let codes = result.codes(documents)?;
    if !orders.archives.is_empty() {
        let out = folder.join(Kind::Archives.name());
        archive::deliver(&archive::Request { result: &result, codes: &codes, orders, out: &out })?
            .say(log_format, &out);
    }
    if orders.qgis {
        let out = folder.join(Kind::Qgis.name());
        let request = qgis::Request { result: &result, codes: &codes, ortho: &[], out: &out };
        qgis::deliver(&request)?.say(log_format, &out);
    }
    if orders.web {
        let out = folder.join(Kind::Web.name());
        let request = web::Request { result: &result, codes: &codes, cell_m: None, out: &out };
        web::deliver(&request)?.say(log_format, &out);
    }
    Ok(())
}

/// Takes the lock of a result for packages that are written inside it: a run that starts meanwhile
/// would sweep their drafts away.
///
/// # Errors
/// [`Error::Busy`] when a run is writing to the result, [`Error::Write`].
pub fn lock(result: &Path, out: &Path) -> Result<Option<Lock>, Error> {
    if !place_of(out).starts_with(place_of(result)) {
        return Ok(None);
    }
    let work = result.join(context::WORK);
    std::fs::create_dir_all(&work).map_err(Error::write(&work))?;
    Lock::take(&work, result).map(Some)
}
