//! What every package is asked: of which result, and where to.

use std::path::PathBuf;

use crate::error::Error;
use crate::finished::{Codes, Finished};
use crate::lock::Lock;
use crate::packages::{self, Kind};
use crate::progress::LogFormat;
use crate::talk;

/// The result and the folder of a package.
#[derive(Debug, clap::Args)]
pub struct Subject {
    /// The folder of a finished result
    #[arg(value_name = "RESULT")]
    result: PathBuf,
    /// The nomenclature's YAML document, where the result was made with one that does not ship
    #[arg(long, value_name = "FILE")]
    nomenclature: Option<PathBuf>,
    /// The folder to write into [default: a folder of RESULT named after the command]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How to talk on stderr: `text` for people, `json` for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    pub(super) log_format: LogFormat,
}

/// A result open for a package.
pub(super) struct Opened {
    /// The result.
    pub(super) result: Finished,
    /// What its codes mean.
    pub(super) codes: Codes,
    /// The folder to write into.
    pub(super) out: PathBuf,
    /// Held while the package is written into the folder of the result.
    _lock: Option<Lock>,
}

impl Subject {
    /// Opens the result.
    ///
    /// # Errors
    /// [`Error::Input`] when the folder holds no finished result, [`Error::Mismatch`],
    /// [`Error::Busy`].
    pub(super) fn open(&self, kind: Kind) -> Result<Opened, Error> {
        talk::as_json(self.log_format == LogFormat::Json);
        let out = self.out.clone().unwrap_or_else(|| self.result.join(kind.name()));
        let result = Finished::open(&self.result)?;
        let lock = packages::lock(&self.result, &out)?;
        let codes = result.codes(self.nomenclature.as_slice())?;
        Ok(Opened { result, codes, out, _lock: lock })
    }
}
