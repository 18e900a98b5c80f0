//! What stands for ONNX Runtime in a build without it.

use std::path::Path;

use super::{Contract, HOW_TO_GET, Library, Segmenter};
use crate::error::Error;

/// ONNX Runtime, which this build never has.
#[derive(Debug)]
pub enum Runtime {}

impl Runtime {
    /// Says how to get a build that runs models.
    ///
    /// # Errors
    /// [`Error::Usage`], always.
    pub fn open(_: Library<'_>) -> Result<Self, Error> {
        let build = "build one that does, in the folder of the sources: `cargo install --path \
                     pipeline --features onnx`";
        Err(Error::Usage {
            what: "this build of millesime runs no ONNX models".to_owned(),
            hint: Some(format!("{build}; then {HOW_TO_GET}")),
        })
    }

    /// Its version.
    pub fn version(&self) -> String {
        match *self {}
    }

    /// One segmenter for each thread.
    ///
    /// # Errors
    /// None: no value of this type exists.
    pub fn load(&self, _: &Path, _: Contract, _: usize) -> Result<Vec<Box<dyn Segmenter>>, Error> {
        match *self {}
    }
}
