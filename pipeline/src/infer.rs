//! A segmentation model over ortho imagery: patches in, a class or probability raster out.
//!
//! The lattice of patches, the weights and the sums are those of [`kernels::patches`], so the bytes
//! do not depend on the order of the tiles, the number of threads, or where a run was stopped.
//! Work goes from north to south by rows of patches; only one row is held. Each finished strip of
//! rows is journalled and not computed again.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;

use kernels::patches::{
    Blend, Tiling, fill_by_reflection, shares_of_logits, shares_of_probabilities,
};
use ndarray::parallel::prelude::*;
use ndarray::{Array3, s};
use nomenclature::{Answer, Nomenclature, Segmentation};
use serde_json::{Value, json};

use crate::artefact::folder_of;
use crate::cancel::Cancel;
use crate::error::{Again, Error, InputError};
use crate::journal::Journal;
use crate::machine::{MEMORY_BASE_BYTES, Machine};
use crate::progress::{LogFormat, Meter};
use crate::stamp::{Stamp, sha256};
use crate::{VERSION, talk, units};

mod band;
mod ground;
mod legend;
pub mod segmenter;
mod strips;
#[cfg(test)]
mod tests;

use band::Band;
use ground::Ground;
pub use ground::Images;
pub use legend::Kind;
use legend::Legend;
use segmenter::{Contract, Segmenter};
use strips::{Strips, Work};

/// Raised whenever the cells may differ.
const REVISION: u32 = 1;

/// What is to be predicted.
#[derive(Debug)]
pub struct Request<'a> {
    /// The file of the model.
    pub model: &'a Path,
    /// What it takes and gives.
    pub description: &'a Segmentation,
    /// Its classes.
    pub nomenclature: &'a Nomenclature,
    /// The images.
    pub images: &'a Images,
    /// Where patches lie.
    pub tiling: Tiling,
    /// What is written.
    pub kind: Kind,
    /// The raster to write; it does not exist yet.
    pub out: &'a Path,
    /// The memory that may be taken; all that is free when `None`.
    pub memory_bytes: Option<u64>,
    /// Number of threads; the result does not depend on it.
    pub threads: usize,
}

/// What runs the model.
pub struct Engine<'a> {
    /// Its version: another one may give other figures.
    pub version: String,
    /// Makes one segmenter for each of some threads.
    pub load: &'a dyn Fn(Contract, usize) -> Result<Vec<Box<dyn Segmenter>>, Error>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Pixels of the raster.
    pub n_cells: u64,
    /// Those with a prediction.
    pub n_predicted: u64,
    /// Strips of rows that make it.
    pub n_strips: usize,
    /// Those that an earlier run had finished.
    pub n_kept: usize,
}

/// Predicts the classes of the pixels of images, and writes them when all are there.
///
/// # Errors
/// [`Error::Usage`] and [`Error::Input`] for images and models that do not go together,
/// [`Error::Resources`] when one row of patches does not fit in memory, [`Error::Interrupted`],
/// [`Error::Write`].
pub fn infer(
    request: &Request<'_>,
    engine: &Engine<'_>,
    cancel: &Cancel,
) -> Result<Summary, Error> {
    let Request { description, tiling, .. } = *request;
    let ids = description
        .class_ids(request.nomenclature)
        .map_err(|error| Error::Usage { what: error.to_string(), hint: error.hint() })?;
    let legend = Legend::of(request.nomenclature, &ids, request.kind)?;
    let ground = Ground::open(request.images, description)?;
    tell_uncovered(&ground, &tiling, request.images)?;
    request.require_memory(&ground, &legend)?;
    let contract = Contract {
        channels: description.channels.len(),
        classes: description.outputs.len(),
        patch: tiling.patch(),
    };
    let mut segmenters = (engine.load)(contract, request.threads)?;
    let mut work = Work::open(request.out)?;
    let sources = Sources::read(request, engine, &ground, &mut work.journal)?;
    let ranks = tiling.strips_over(&ground.rows());
    let rows = ranks.clone().map(|k| ground.rows_of(&tiling.strip(k))).collect();
    let key = sources.key(&legend);
    let mut strips = Strips::new(work, key, &legend, (ground.grid, ground.epsg), rows);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(request.threads)
        .build()
        .map_err(|error| Error::internal(format!("no thread pool: {error}")))?;
    let summary = pool.install(|| {
        Inference::new(request, &ground, &legend, &mut segmenters, cancel).run(ranks, &mut strips)
    })?;
    if summary.n_predicted == 0 {
        let fault = InputError::new(request.model, "no pixel holds data in every channel");
        let hint = "check the nodata values of the tiles, and that the products overlap";
        return Err(fault.hint(hint).into());
    }
    strips.publish(request.out, |stamp| sources.record(&legend, &stamp, &summary))?;
    Ok(summary)
}

/// Warns of ground without one of the products.
fn tell_uncovered(ground: &Ground, tiling: &Tiling, images: &Images) -> Result<(), Error> {
    for (product, share) in ground.uncovered(tiling, images)? {
        if share > 0.0 {
            let percent = (share * 100.0).max(0.1);
            talk::warning(&format!(
                "about {percent:.1} % of the ground is not covered by `--{}`: no prediction there",
                product.key()
            ));
        }
    }
    Ok(())
}

impl Request<'_> {
    /// Refuses ground of which one row of patches does not fit in memory.
    fn require_memory(&self, ground: &Ground, legend: &Legend) -> Result<(), Error> {
        let Self { tiling, description, .. } = self;
        let (n_channels, n_classes) = (description.channels.len(), description.outputs.len());
        let cols = ground.grid.cols;
        let model = std::fs::metadata(self.model).map_err(Error::read(self.model))?.len();
        let pixels = (tiling.patch() * tiling.patch()) as u64;
        // A patch, its answer, and its shares; what a model needs inside is its own.
        let per_thread = 2 * model + pixels * (4 * n_channels as u64 + 10 * n_classes as u64);
        let needed = MEMORY_BASE_BYTES
            + Band::bytes(tiling, n_channels, cols + 2 * tiling.patch())
            + Blend::bytes(tiling, n_classes, cols)
            + ((n_classes + legend.n_bands()) * tiling.stride() * cols) as u64
            + per_thread * self.threads as u64;
        let free = || Machine::read(self.out).map(|machine| machine.memory_available_bytes);
        let available = self.memory_bytes.map_or_else(free, Ok)?;
        if needed <= available {
            return Ok(());
        }
        Err(Error::Resources {
            what: "memory for one row of patches".to_owned(),
            needed: units::bytes(needed),
            available: units::bytes(available),
            hint: "give fewer tiles from west to east at a time (only what lies within a patch of \
                   the cut may differ), fewer `--threads`, or more `--memory`",
        })
    }
}

/// Everything that the cells depend on.
struct Sources(Value);

impl Sources {
    fn read(
        request: &Request<'_>,
        engine: &Engine<'_>,
        ground: &Ground,
        journal: &mut Journal,
    ) -> Result<Self, Error> {
        let mut stamps = |paths: Vec<PathBuf>| -> Result<Vec<Value>, Error> {
            paths.iter().map(|path| stamp_of(path, journal)).collect()
        };
        let model = stamps(files_of(request.model)?)?;
        let mut images = serde_json::Map::new();
        for product in ground.products.iter().map(|(product, _)| *product) {
            images
                .insert(product.key().to_owned(), Value::from(stamps(request.images.of(product))?));
        }
        let grid = ground.grid;
        Ok(Self(json!({
            "revision": REVISION,
            "engine": engine.version,
            "model": model,
            "description": request.description,
            "patch": request.tiling.patch(),
            "margin": request.tiling.margin(),
            "images": images,
            "epsg": ground.epsg,
            "grid": {
                "west_cm": grid.origin.x,
                "north_cm": grid.origin.y,
                "pixel_cm": grid.cell,
                "rows": grid.rows,
                "cols": grid.cols,
            },
        })))
    }

    /// Hash of it all.
    fn key(&self, legend: &Legend) -> String {
        sha256(json!([self.0, legend.document()]).to_string().as_bytes())
    }

    /// What is said beside the raster: where it comes from and what its cells mean.
    fn record(&self, legend: &Legend, stamp: &Stamp, summary: &Summary) -> String {
        let record = json!({
            "program": VERSION,
            "raster": stamp,
            "pixels": summary.n_cells,
            "pixels_predicted": summary.n_predicted,
            "legend": legend.document(),
            "made_from": self.0,
        });
        format!("{record:#}\n")
    }
}

/// Name, size and hash of a file.
fn stamp_of(path: &Path, journal: &mut Journal) -> Result<Value, Error> {
    let path = path.canonicalize().map_err(Error::read(path))?;
    let Stamp { bytes, sha256 } = journal.input_stamp(&path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(json!({ "name": name, "bytes": bytes, "sha256": sha256 }))
}

/// A model and the files of its weights, which begin with its name.
fn files_of(model: &Path) -> Result<Vec<PathBuf>, Error> {
    let folder = folder_of(model);
    let name = model.file_name().unwrap_or_default().as_encoded_bytes();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::read(folder))? {
        let path = entry.map_err(Error::read(folder))?.path();
        let is_part = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(name));
        if is_part && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A prediction under way.
struct Inference<'a> {
    request: &'a Request<'a>,
    ground: &'a Ground,
    legend: &'a Legend,
    segmenters: &'a mut [Box<dyn Segmenter>],
    cancel: &'a Cancel,
    band: Band<'a>,
    blend: Blend,
}

impl<'a> Inference<'a> {
    fn new(
        request: &'a Request<'a>,
        ground: &'a Ground,
        legend: &'a Legend,
        segmenters: &'a mut [Box<dyn Segmenter>],
        cancel: &'a Cancel,
    ) -> Self {
        let Request { tiling, description, .. } = request;
        let cores = tiling.cores_over(&ground.cols());
        let read = tiling.span(cores.start).start..tiling.span(cores.end - 1).end;
        Self {
            request,
            ground,
            legend,
            segmenters,
            cancel,
            band: Band::new(ground, &description.channels, tiling, read),
            blend: Blend::new(tiling, description.outputs.len(), ground.grid.cols),
        }
    }

    /// Computes the strips that are not finished, from north to south.
    fn run(mut self, ranks: Range<i64>, strips: &mut Strips<'_>) -> Result<Summary, Error> {
        let n_strips = (ranks.end - ranks.start) as usize;
        let n_cells = self.ground.grid.n_cells() as u64;
        let mut summary = Summary { n_cells, n_predicted: 0, n_strips, n_kept: 0 };
        let meter = Meter::new("infer", LogFormat::Text);
        meter.start(n_strips as u64, "rows of patches");
        // The last row of patches whose overlap with the next one the blend holds.
        let mut spoken = None;
        for (rank, k) in ranks.enumerate() {
            if let Some(n_pixels) = strips.finished(rank)? {
                summary.n_predicted += n_pixels;
                summary.n_kept += 1;
            } else {
                let since = Instant::now();
                if spoken != Some(k - 1) {
                    self.blend.clear();
                    self.speak(k - 1)?;
                    self.blend.advance();
                }
                self.speak(k)?;
                let (cells, n_pixels) = self.strip(k);
                strips.finish(rank, &cells, n_pixels, since.elapsed())?;
                self.blend.advance();
                spoken = Some(k);
                summary.n_predicted += n_pixels;
            }
            meter.advance(1);
        }
        meter.finish();
        Ok(summary)
    }

    /// Adds what the patches of row `k` say; those whose core holds no data say nothing.
    fn speak(&mut self, k: i64) -> Result<(), Error> {
        let tiling = self.request.tiling;
        let (all_rows, all_cols) = (self.ground.rows(), self.ground.cols());
        let rows = common(&tiling.core(k), &all_rows);
        if rows.is_empty() {
            return Ok(());
        }
        self.band.move_to(tiling.span(k).start)?;
        let has_data = |j: &i64| {
            let cols = common(&tiling.core(*j), &all_cols);
            self.band.valid(rows.clone(), cols).iter().any(|&valid| valid != 0)
        };
        let patches: Vec<i64> = tiling.cores_over(&all_cols).filter(has_data).collect();
        for few in patches.chunks(self.segmenters.len()) {
            if self.cancel.is_raised() {
                return Err(Error::Interrupted {
                    during: "infer".to_owned(),
                    again: Again::Resumes,
                });
            }
            let (band, request) = (&self.band, self.request);
            let shares: Vec<Array3<u16>> = self
                .segmenters
                .par_iter_mut()
                .zip(few)
                .map(|(segmenter, &j)| shares(request, band, segmenter.as_mut(), (k, j)))
                .collect::<Result<_, _>>()?;
            for (&j, shares) in few.iter().zip(&shares) {
                self.blend.add(shares.view(), tiling.reach(j).start - all_cols.start);
            }
        }
        Ok(())
    }

    /// The cells of strip `k`, of shape (band, rows, cols), and how many have a prediction.
    fn strip(&self, k: i64) -> (Array3<u8>, u64) {
        let strip = self.request.tiling.strip(k);
        let rows = common(&strip, &self.ground.rows());
        let skipped = (rows.start - strip.start) as usize;
        let valid = self.band.valid(rows.clone(), self.ground.cols());
        let n_rows = valid.nrows();
        let mut cells =
            Array3::from_elem((self.legend.n_bands(), n_rows, valid.ncols()), self.legend.nodata);
        match self.legend.kind() {
            Kind::Class => {
                let ranks = self.blend.classes();
                let ranks = ranks.slice(s![skipped..skipped + n_rows, ..]);
                ndarray::Zip::from(cells.index_axis_mut(ndarray::Axis(0), 0))
                    .and(ranks)
                    .and(valid)
                    .for_each(|cell, &rank, &valid| {
                        if valid != 0 {
                            *cell = self.legend.value(usize::from(rank));
                        }
                    });
            }
            Kind::Probability => {
                let bytes = self.blend.probabilities();
                for (output, bytes) in bytes.outer_iter().enumerate() {
                    let plane = cells.index_axis_mut(ndarray::Axis(0), self.legend.band(output));
                    let bytes = bytes.slice_move(s![skipped..skipped + n_rows, ..]);
                    ndarray::Zip::from(plane)
                        .and(bytes)
                        .and(valid)
                        .for_each(|cell, &byte, &valid| *cell = if valid == 0 { 0 } else { byte });
                }
            }
        }
        (cells, valid.iter().map(|&v| u64::from(v)).sum())
    }
}

/// What a model says of the reach of the patch in row `k` and column `j`, as shares of the classes.
fn shares(
    request: &Request<'_>,
    band: &Band<'_>,
    segmenter: &mut dyn Segmenter,
    (k, j): (i64, i64),
) -> Result<Array3<u16>, Error> {
    let tiling = request.tiling;
    let (cells, valid) = band.patch(tiling.span(j));
    let mut patch = cells.to_owned();
    fill_by_reflection(&mut patch, valid);
    let answer = segmenter.answer(patch)?;
    let reach = tiling.guard()..tiling.guard() + tiling.reach_len();
    let answer = answer.slice(s![.., reach.clone(), reach]);
    let (shares, expected) = match request.description.answer {
        Answer::Logits => (shares_of_logits(answer), "finite numbers"),
        Answer::Probabilities => {
            (shares_of_probabilities(answer), "probabilities from 0 to 1 with a sum of 1")
        }
    };
    shares.map_err(|wrong| {
        let (row, col) = (tiling.reach(k).start, tiling.reach(j).start);
        InputError::new(request.model, "this model answers what its description excludes")
            .at(format!(
                "patch ({k}, {j}), pixel ({}, {})",
                row + wrong.row as i64,
                col + wrong.col as i64
            ))
            .got(wrong.got)
            .expected(expected)
            .hint("check `answer` (logits or probabilities) and the normalisation of the channels")
            .into()
    })
}

/// What two ranges have in common; empty when they are apart.
fn common(a: &Range<i64>, b: &Range<i64>) -> Range<i64> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}
