//! A result on disk: every file at once, the manifest last.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::artefact::Draft;
use crate::error::Error;
use crate::manifest::Manifest;
use crate::proof::Proof;
use crate::stamp::Stamp;
use crate::{VERSION, io, publication};

/// Publishes finished drafts in place of the previous result of the command.
///
/// * the command and its parameters, an object; the laws that were checked.
///
/// # Errors
/// As [`publication::publish`].
pub(super) fn publish(
    out: &Path,
    (command, mut parameters): (&str, Value),
    inputs: BTreeMap<String, Stamp>,
    drafts: Vec<Draft>,
    proofs: &[Proof],
) -> Result<(), Error> {
    parameters["command"] = json!(command);
    let versions = BTreeMap::from([
        ("millesime".to_owned(), VERSION.to_owned()),
        ("gdal".to_owned(), io::gdal::version()),
    ]);
    publication::publish(out, drafts, |outputs| Manifest {
        format: 1,
        versions,
        parameters,
        inputs,
        outputs,
        coverage: None,
        proofs: proofs.to_vec(),
    })
}
