//! What a stage says about its work besides its outputs: figures, and the laws it checked.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Error;
use crate::proof::{Measures, Proof};
use crate::stamp::Stamp;

/// The report of one stage; kept in the journal, so that a resumed run knows it too.
///
/// Deterministic: no time, no thread count, no machine path.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StageReport {
    /// Files and folders published by the stage: paths relative to the output folder.
    pub outputs: Vec<String>,
    /// Those of them that the stage itself hashed.
    #[serde(skip)]
    pub hashed: BTreeMap<String, Stamp>,
    /// Figures for the report and the manifest, by a stable name.
    pub figures: BTreeMap<String, Value>,
    /// The laws checked.
    pub proofs: Vec<Proof>,
}

impl StageReport {
    /// Names a published output, relative to the output folder.
    #[must_use]
    pub fn output(mut self, name: impl Into<String>) -> Self {
        self.outputs.push(name.into());
        self
    }

    /// Names a published output that was hashed already, relative to the output folder.
    #[must_use]
    pub fn hashed(mut self, (name, stamp): (String, Stamp)) -> Self {
        self.hashed.insert(name.clone(), stamp);
        self.output(name)
    }

    /// The stamp of each output; those that were not hashed yet are read.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn stamps(&self, out_dir: &Path) -> Result<BTreeMap<String, Stamp>, Error> {
        let stamp = |name: &String| match self.hashed.get(name) {
            Some(stamp) => Ok((name.clone(), stamp.clone())),
            None => Ok((name.clone(), Stamp::of(&out_dir.join(name))?)),
        };
        self.outputs.iter().map(stamp).collect()
    }

    /// Adds a figure.
    #[must_use]
    pub fn figure(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.figures.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a law that was checked and holds.
    #[must_use]
    pub fn proof(mut self, measures: Measures) -> Self {
        self.proofs.push(Proof::new(measures));
        self
    }
}
