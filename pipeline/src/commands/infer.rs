//! `millesime infer`: a segmentation model over ortho imagery.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use kernels::patches::Tiling;
use nomenclature::Segmentation;

use super::new_file::require_new;
use super::nomenclature::{document_path, load, load_segmentation};
use crate::cancel::Cancel;
use crate::error::{Error, InputError};
use crate::infer::segmenter::{Library, Runtime};
use crate::infer::{Engine, Images, Kind, Request, infer};
use crate::machine;
use crate::talk;
use crate::units::{count, parse_bytes};

/// What `infer` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  millesime infer --model unet.onnx --classes flair-1 --rvb rvb/*.jp2 --irc irc/*.jp2 \\
      --heights mnh/*.tif --out prediction.tif
  millesime infer --model swin.onnx --classes flair-hub --rvb rvb/*.jp2 --irc irc/*.jp2 \\
      --out probability.tif --kind probability --onnxruntime .venv/lib/python3.11/site-packages/onnxruntime/capi

The raster is tiled and compressed. Class rasters have the cell values of their nomenclature
(`millesime nomenclature show flair-1`); probability rasters have one band for each of its classes, in
its order, and 0 in all bands where nothing is predicted. `OUT.json` tells what it was made from.

A model that is neither FLAIR-1's nor FLAIR-HUB's is described in a YAML document: channels with
their product, band, mean and deviation, pixel, patch, margin, what it answers, and its classes.

What a run has finished is kept in `OUT.work`: the same command goes on there after a stop, with the
same bytes at the end. Patches overlap and are blended; at the limits of the imagery and of ground
without data the model sees it mirrored.

Models run by ONNX Runtime, which is looked for at --onnxruntime, then at ORT_DYLIB_PATH, then on the
system. Only a build with the feature `onnx` can open it.")]
pub struct Args {
    /// The model
    #[arg(long, value_name = "FILE.onnx")]
    model: PathBuf,
    /// What the model takes and gives: `flair-1`, `flair-hub`, or a YAML document
    #[arg(long, value_name = "ID")]
    classes: String,
    /// Images in red, green, blue
    #[arg(long, value_name = "TILE", num_args = 1..)]
    rvb: Vec<PathBuf>,
    /// Images in near infrared, red, green
    #[arg(long, value_name = "TILE", num_args = 1..)]
    irc: Vec<PathBuf>,
    /// Rasters of metres above the ground
    #[arg(long, value_name = "TILE", num_args = 1..)]
    heights: Vec<PathBuf>,
    /// The GeoTIFF to write; it must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What to write
    #[arg(long, value_enum, default_value = "class")]
    kind: Kind,
    /// Side of a patch in pixels [default: the description's]
    #[arg(long, value_name = "N")]
    patch: Option<usize>,
    /// Pixels on each side of a patch that are not its own, at most a third [default: the
    /// description's]
    #[arg(long, value_name = "N")]
    margin: Option<usize>,
    /// The memory that may be taken, such as `4GB`; what does not fit is refused [default: all
    /// that is free]
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    memory: Option<u64>,
    /// Number of threads; the result does not depend on it [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// ONNX Runtime: `libonnxruntime.so`, or its folder
    #[arg(long, value_name = "PATH")]
    onnxruntime: Option<PathBuf>,
}

/// Predicts the classes of the pixels and writes them.
///
/// # Errors
/// [`Error::Usage`] for a wrong option or without ONNX Runtime, [`Error::Config`] for a wrong
/// description, [`Error::Input`] for a model or images that do not fit it.
pub fn execute(args: &Args) -> Result<(), Error> {
    let formats = ("a GeoTIFF", &["tif", "tiff"][..]);
    require_new(&args.out, formats, "a GeoTIFF is written: `--out NAME.tif`")?;
    let environment = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty());
    let runtime = Runtime::open(Library {
        named: args.onnxruntime.as_deref(),
        from_environment: environment.as_deref().map(Path::new),
    })?;
    let description = load_segmentation(&args.classes)?;
    let nomenclature = load(&args.nomenclature(&description))?;
    if !args.model.is_file() {
        let fault = InputError::new(&args.model, "this model is not there");
        return Err(fault.expected("an ONNX file").into());
    }
    let images =
        Images { rvb: args.rvb.clone(), irc: args.irc.clone(), heights: args.heights.clone() };
    let request = Request {
        model: &args.model,
        description: &description,
        nomenclature: &nomenclature,
        images: &images,
        tiling: args.tiling(&description)?,
        kind: args.kind,
        out: &args.out,
        memory_bytes: args.memory,
        threads: machine::threads(args.threads),
    };
    let load = |contract, n| runtime.load(&args.model, contract, n);
    let engine = Engine { version: runtime.version(), load: &load };
    let summary = infer(&request, &engine, &Cancel::on_signals()?)?;
    let kept = match summary.n_kept {
        0 => String::new(),
        n => format!(", {} of {} rows of patches kept from before", n, summary.n_strips),
    };
    talk::line(&format!(
        "ok: {} of {} pixels predicted in `{}`{kept}",
        count(summary.n_predicted),
        count(summary.n_cells),
        args.out.display()
    ));
    Ok(())
}

impl Args {
    fn tiling(&self, description: &Segmentation) -> Result<Tiling, Error> {
        let patch = self.patch.unwrap_or(description.patch);
        let margin = self.margin.unwrap_or(description.margin);
        let is_sound = (1..=nomenclature::segmentation::PATCH_MAX).contains(&patch);
        Tiling::new(patch, margin).filter(|_| is_sound).ok_or_else(|| Error::Usage {
            what: format!("patches of {patch} pixels with a margin of {margin} cannot be laid"),
            hint: Some(
                "the margin is at most a third of the patch: 128 of 512, 512 of 2048".into(),
            ),
        })
    }

    /// The nomenclature that a description names; a path starts from the description's folder.
    fn nomenclature(&self, description: &Segmentation) -> String {
        match (document_path(&self.classes), document_path(&description.classes)) {
            (Some(at), Some(classes)) => at.with_file_name(classes).display().to_string(),
            _ => description.classes.clone(),
        }
    }
}
