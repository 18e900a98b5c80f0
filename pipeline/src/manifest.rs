//! `manifest.json`: what was computed, from what, with what; the same bytes for the same inputs.
//!
//! No time, no thread count and no machine path: those are in `run.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::artefact::{Artefact, Draft};
use crate::config::Config;
use crate::context::WORK;
use crate::error::{Error, InputError};
use crate::journal::{Done, Journal};
use crate::proof::Proof;
use crate::stage::{self, Stage};
use crate::stamp::Stamp;
use crate::{VERSION, io};

/// The manifest's name in the output folder.
pub const FILE: &str = "manifest.json";

/// The document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this form; 1.
    pub format: u32,
    /// Versions by name: `millesime`, `gdal`, and each stage that ran.
    pub versions: BTreeMap<String, String>,
    /// Every resolved parameter.
    pub parameters: Value,
    /// Inputs by path, relative to the configuration's folder.
    pub inputs: BTreeMap<String, Stamp>,
    /// Deliverables by path, relative to the output folder.
    pub outputs: BTreeMap<String, Stamp>,
    /// What the inputs hold of the territory, as they were surveyed before the first block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Value>,
    /// The laws that were checked.
    pub proofs: Vec<Proof>,
}

/// Writes the manifest of the complete stages.
///
/// # Errors
/// [`Error::Read`] for an input that vanished, [`Error::Write`] when it cannot be written.
pub fn write(
    config: &Config,
    out_dir: &Path,
    done: &BTreeMap<Stage, Done>,
    journal: &mut Journal,
) -> Result<Artefact, Error> {
    let mut versions = BTreeMap::from([
        ("millesime".to_owned(), VERSION.to_owned()),
        ("gdal".to_owned(), io::gdal::version()),
    ]);
    let (mut outputs, mut proofs) = (BTreeMap::new(), Vec::new());
    for (stage, done) in done {
        versions.insert(stage.name().to_owned(), stage.version().to_string());
        let delivered = done.outputs.iter().filter(|(name, _)| !Path::new(name).starts_with(WORK));
        outputs.extend(delivered.map(|(name, stamp)| (name.clone(), stamp.clone())));
        proofs.extend(done.report.proofs.iter().cloned());
    }
    let mut inputs = BTreeMap::new();
    for path in config.inputs() {
        inputs.insert(config.shown(&path), journal.input_stamp(&path)?);
    }
    let parameters = stage::all_parameters(config);
    let coverage =
        done.get(&Stage::Ingest).and_then(|ingest| ingest.report.figures.get("coverage"));
    let coverage = coverage.cloned();
    let manifest = Manifest { format: 1, versions, parameters, inputs, outputs, coverage, proofs };
    manifest.publish(out_dir)
}

impl Manifest {
    /// Writes it into an output folder.
    ///
    /// # Errors
    /// [`Error::Write`] when it cannot be written.
    pub fn publish(&self, out_dir: &Path) -> Result<Artefact, Error> {
        self.draft(out_dir)?.publish()
    }

    /// Writes it as a draft, to be published last.
    ///
    /// # Errors
    /// [`Error::Write`] when it cannot be written.
    pub fn draft(&self, out_dir: &Path) -> Result<Draft, Error> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::internal(format!("the manifest has no JSON form: {error}")))?;
        Draft::of_bytes(out_dir.join(FILE), format!("{text}\n").as_bytes())
    }

    /// Reads the manifest of an output folder; `None` when there is none yet.
    ///
    /// # Errors
    /// [`Error::Read`] when it cannot be read, [`Error::Input`] when it is not a manifest.
    pub fn read(out_dir: &Path) -> Result<Option<Self>, Error> {
        let path = out_dir.join(FILE);
        let bytes = match fs::read(&path) {
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(Error::read(&path))?,
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            InputError::new(&path, "not a manifest of a run")
                .got(error)
                .hint("run the configuration again: complete stages are kept")
                .into()
        })
    }

    /// The command that made the folder: `run` says nothing of itself.
    pub fn command(&self) -> &str {
        self.parameters.get("command").and_then(Value::as_str).unwrap_or("run")
    }

    /// Checks that every deliverable is, byte for byte, the one that was delivered.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for the first one that is not, [`Error::Read`] for an unreadable one.
    pub fn verify(&self, out_dir: &Path) -> Result<(), Error> {
        self.outputs.iter().try_for_each(|(name, stamp)| verify(&out_dir.join(name), stamp))
    }

    /// Checks one deliverable; gives its path, or `None` when the manifest does not name it.
    ///
    /// # Errors
    /// As [`Manifest::verify`].
    pub fn verified(&self, out_dir: &Path, name: &str) -> Result<Option<PathBuf>, Error> {
        let Some(stamp) = self.outputs.get(name) else { return Ok(None) };
        let path = out_dir.join(name);
        verify(&path, stamp)?;
        Ok(Some(path))
    }
}

fn verify(path: &Path, stamp: &Stamp) -> Result<(), Error> {
    let got = if path.exists() { Some(Stamp::of(path)?) } else { None };
    compare(path, got, stamp)
}

/// Compares what a file is, if there is one, with what a manifest says of it.
///
/// # Errors
/// [`Error::Mismatch`].
pub(crate) fn compare(path: &Path, got: Option<Stamp>, stamp: &Stamp) -> Result<(), Error> {
    if got.as_ref() == Some(stamp) {
        return Ok(());
    }
    let shown = |stamp: &Stamp| format!("sha256 {}, {} bytes", stamp.sha256, stamp.bytes);
    Err(Error::Mismatch {
        path: path.to_owned(),
        got: got.as_ref().map_or_else(|| "no file".to_owned(), shown),
        expected: shown(stamp),
    })
}
