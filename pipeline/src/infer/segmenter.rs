//! Who answers for a patch, and where the library that runs ONNX models is found.

use std::path::Path;

use ndarray::Array3;

use crate::error::Error;

#[cfg(not(feature = "onnx"))]
mod absent;
#[cfg(feature = "onnx")]
mod onnx;

#[cfg(not(feature = "onnx"))]
pub use absent::Runtime;
#[cfg(feature = "onnx")]
pub use onnx::Runtime;

/// A model ready to answer; one per thread.
pub trait Segmenter: Send {
    /// What the model says of a patch: one figure for each class of each pixel.
    ///
    /// * `patch`: shape (channel, rows, cols), normalised.
    ///
    /// The result has the shape (class, rows, cols).
    ///
    /// # Errors
    /// The model fails, or its answer has another shape.
    fn answer(&mut self, patch: Array3<f32>) -> Result<Array3<f32>, Error>;
}

/// What a model must take and give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contract {
    /// Number of channels that it is given.
    pub channels: usize,
    /// Number of classes that it must answer for.
    pub classes: usize,
    /// Side of a patch, in pixels.
    pub patch: usize,
}

/// What to do when there is no ONNX Runtime.
const HOW_TO_GET: &str = "get ONNX Runtime 1.17 or newer: `pip install onnxruntime`, then \
`--onnxruntime` with the wheel's folder `.../site-packages/onnxruntime/capi`; or the package of your \
system that has `libonnxruntime.so` (Debian 13: `libonnxruntime-dev`)";

/// Where ONNX Runtime is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Library<'a> {
    /// The file or the folder that the user names.
    pub named: Option<&'a Path>,
    /// The value of `ORT_DYLIB_PATH`.
    pub from_environment: Option<&'a Path>,
}
