//! ONNX Runtime: a library opened when a model is, never linked.

use std::fs;
use std::path::{Path, PathBuf};

use ndarray::Array3;
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::{BuilderResult, SessionBuilder};
use ort::value::{Outlet, TensorElementType, TensorRef, ValueType};

use super::{Contract, HOW_TO_GET, Library, Segmenter};
use crate::error::{Error, InputError};

/// The name of the library, or how it begins when its version follows.
const LIBRARY: &str = "libonnxruntime.so";

/// ONNX Runtime, open.
pub struct Runtime {
    environment: Environment,
}

impl Runtime {
    /// Opens the library that the user names, else that of the environment, else the system's.
    ///
    /// # Errors
    /// [`Error::Input`] when the library named is not there or is none, [`Error::Usage`] when
    /// there is none at all.
    pub fn open(library: Library<'_>) -> Result<Self, Error> {
        let path = match library.named.or(library.from_environment) {
            Some(path) => found(path)?,
            None => PathBuf::from(LIBRARY),
        };
        let builder = ort::init_from(&path).map_err(|error| unusable(&path, &error))?;
        let environment = builder
            .with_telemetry(false)
            .build()
            .map_err(|error| Error::internal(format!("ONNX Runtime does not start: {error}")))?;
        Ok(Self { environment })
    }

    /// What the library says of its build.
    pub fn version(&self) -> String {
        ort::info().to_owned()
    }

    /// One segmenter for each of `n` threads, after a model was seen to fit.
    ///
    /// Each has a session of its own: runs of one session are not safe from several threads.
    ///
    /// # Errors
    /// [`Error::Input`] when the model does not load, or takes or gives something else.
    pub fn load(
        &self,
        model: &Path,
        contract: Contract,
        n: usize,
    ) -> Result<Vec<Box<dyn Segmenter>>, Error> {
        let mut segmenters = Vec::new();
        for rank in 0..n.max(1) {
            let mut segmenter = OnnxSegmenter::load(&self.environment, model, contract)?;
            if rank == 0 {
                // The graph may leave its shapes open; an answer does not.
                let side = contract.patch;
                segmenter.answer(Array3::zeros((contract.channels, side, side)))?;
            }
            segmenters.push(Box::new(segmenter) as Box<dyn Segmenter>);
        }
        Ok(segmenters)
    }
}

/// The library at a path: the file, or the one in the folder.
fn found(path: &Path) -> Result<PathBuf, Error> {
    let fault = |what: &str| -> Error {
        let error = InputError::new(path, what);
        error.expected(format!("`{LIBRARY}` or its folder")).hint(HOW_TO_GET).into()
    };
    let path = path.canonicalize().map_err(|_| fault("ONNX Runtime is not there"))?;
    if path.is_file() {
        return Ok(path);
    }
    let mut names: Vec<PathBuf> = fs::read_dir(&path)
        .map_err(Error::read(&path))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.file_name().is_some_and(|n| n.to_string_lossy().starts_with(LIBRARY)))
        .collect();
    names.sort();
    names.into_iter().next().ok_or_else(|| fault("this folder holds no ONNX Runtime"))
}

fn unusable(path: &Path, error: &ort::LoadDynamicError) -> Error {
    if path == Path::new(LIBRARY) {
        return Error::Usage {
            what: format!("no ONNX Runtime was found on this machine: {error}"),
            hint: Some(HOW_TO_GET.to_owned()),
        };
    }
    InputError::new(path, "this is no usable ONNX Runtime")
        .got(error)
        .expected("a library of version 1.17 or newer, for this processor")
        .hint(HOW_TO_GET)
        .into()
}

struct OnnxSegmenter {
    session: Session,
    model: PathBuf,
    contract: Contract,
}

impl OnnxSegmenter {
    fn load(environment: &Environment, model: &Path, contract: Contract) -> Result<Self, Error> {
        let refused = |error: &dyn std::fmt::Display| -> Error {
            InputError::new(model, "this model cannot be loaded")
                .got(error)
                .expected("an ONNX graph that ONNX Runtime reads")
                .hint("export it again, with its weights inside or beside it: `torch.onnx.export`")
                .into()
        };
        let builder = Session::builder(environment).map_err(|error| refused(&error))?;
        let mut builder = single_threaded(builder).map_err(|error| refused(&error))?;
        let session = builder.commit_from_file(model).map_err(|error| refused(&error))?;
        let Contract { channels, classes, patch } = contract;
        let (taken, given) = ([1, channels, patch, patch], [1, classes, patch, patch]);
        check_outlets(session.inputs(), taken).map_err(|got| unfit(model, "takes", got, taken))?;
        check_outlets(session.outputs(), given).map_err(|got| unfit(model, "gives", got, given))?;
        Ok(Self { session, model: model.to_owned(), contract })
    }
}

/// One thread for a session, and the same bytes whenever it is asked the same.
#[expect(clippy::result_large_err, reason = "the error of the library hands its builder back")]
fn single_threaded(builder: SessionBuilder) -> BuilderResult {
    builder
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_parallel_execution(false)?
        .with_deterministic_compute(true)
}

fn unfit(model: &Path, side: &str, got: String, sizes: [usize; 4]) -> Error {
    InputError::new(model, format!("what this model {side} is not what its description says"))
        .got(got)
        .expected(format!("one tensor of f32, {}", sizes.map(|n| n.to_string()).join(" x ")))
        .hint(
            "the axes are patch, channel or class, row, column: `--classes` describes channels and \
             classes, `--patch` the side",
        )
        .into()
}

/// Whether these are one tensor of floats that has the sizes expected, where the graph states any.
///
/// # Errors
/// What they are instead.
fn check_outlets(outlets: &[Outlet], sizes: [usize; 4]) -> Result<(), String> {
    let [outlet] = outlets else {
        let names: Vec<&str> = outlets.iter().map(Outlet::name).collect();
        return Err(format!("{} tensors: {}", names.len(), names.join(", ")));
    };
    let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
        return Err(format!("`{}`, which is no tensor", outlet.name()));
    };
    let fits = |(&stated, size): (&i64, usize)| stated < 0 || stated == size as i64;
    if *ty == TensorElementType::Float32 && shape.len() == 4 && shape.iter().zip(sizes).all(fits) {
        return Ok(());
    }
    let stated = shape.iter().map(|&n| if n < 0 { "any".to_owned() } else { n.to_string() });
    Err(format!(
        "`{}`, a tensor of {ty}, {}",
        outlet.name(),
        stated.collect::<Vec<_>>().join(" x ")
    ))
}

impl Segmenter for OnnxSegmenter {
    fn answer(&mut self, patch: Array3<f32>) -> Result<Array3<f32>, Error> {
        let failed = |error: ort::Error| -> Error {
            InputError::new(&self.model, "this model fails on a patch")
                .got(error)
                .hint("models of several scales need a patch that is a multiple of 32: `--patch`")
                .into()
        };
        let Contract { channels, classes, patch: side } = self.contract;
        let patch = patch.as_standard_layout();
        let figures = patch.as_slice().expect("the standard layout is contiguous");
        let shape = [1, channels, side, side];
        let input = TensorRef::from_array_view((shape, figures)).map_err(failed)?;
        let outputs = self.session.run(ort::inputs![input]).map_err(failed)?;
        let (shape, figures) = outputs[0].try_extract_tensor::<f32>().map_err(failed)?;
        let expected = [1, classes, side, side];
        if !shape.iter().copied().eq(expected.map(|size| size as i64)) {
            let got = shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
            return Err(unfit(&self.model, "gives", got, expected));
        }
        let answer = Array3::from_shape_vec((classes, side, side), figures.to_vec());
        Ok(answer.expect("as many figures as its shape says"))
    }
}
