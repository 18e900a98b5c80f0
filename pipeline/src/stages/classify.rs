//! Classify: learn the covers from the prior vintage, then say how probable each is in each cell.

use std::collections::BTreeMap;

use kernels::features::{HALO, cell_features, feature_names};
use kernels::grid::Window;
use kernels::height::N_HEIGHT_BANDS;
use kernels::sampling::clean::{CleanParams, Cleaned, clean};
use kernels::sampling::{PriorBlock, Sample, SamplePlan, Sampler};
use kernels::trees::{Model, TreeParams, train};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, Array3, Axis, s};
use nomenclature::{ClassId, Dimension};
use serde_json::{Map, json};

use crate::artefact::publish_bytes;
use crate::config::Imagery;
use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::date::Date;
use crate::error::{Error, InputError};
use crate::io::cube::{CubeArray, Frame};
use crate::stage_report::StageReport;

/// The trained model, among the working files.
pub(super) const MODEL: &str = "model.json";
/// Side of the blocks that are computed at once, in cells.
const SIDE: usize = 256;
/// Trees of the judges that clean the samples.
const JUDGE_ROUNDS: u32 = 25;

/// Trains on the prior and predicts every cell.
///
/// One model learns from the imagery of every date there is, so that what looks the same at both
/// dates gets the same answer.
///
/// # Errors
/// A working file is damaged, or the prior has fewer than two covers under the imagery.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let frame = cube::frame(ctx)?;
    let names = feature_names(knows_heights(ctx));
    let (mut samples, mut features) = (Vec::new(), Array2::zeros((0, names.len())));
    for (date, given) in Date::of(ctx.config) {
        let of_date = sample(ctx, frame, date)?;
        ctx.check_cancelled()?;
        let lines = features_of(ctx, frame, &Looks::open(ctx, date, given)?, &of_date)?;
        features.append(Axis(0), lines.view()).expect("every date has the same features");
        samples.extend(of_date);
    }
    let (model, cleaned) = learn(ctx, &samples, &features, names)?;
    ctx.check_cancelled()?;
    let text = serde_json::to_vec(&model).map_err(|e| Error::internal(e.to_string()))?;
    let mut report =
        StageReport::default().output(ctx.relative(&publish_bytes(ctx.work(MODEL), &text)?.path));
    for (date, given) in Date::of(ctx.config) {
        report = report.output(predict(ctx, frame, (date, given), &model)?);
    }
    let nomenclature = &ctx.config.nomenclature;
    let code = |class: ClassId| nomenclature.code(Dimension::Cover, class).to_owned();
    let importance: Map<_, _> =
        model.importance().into_iter().map(|(name, ppm)| (name.to_owned(), json!(ppm))).collect();
    let per_class: Map<_, _> = model
        .classes()
        .iter()
        .zip(&model.provenance().samples)
        .map(|(&class, &n)| (code(class), json!(n)))
        .collect();
    Ok(report
        .figure("samples", samples.len())
        .figure("samples_kept", cleaned.kept.len())
        .figure("suspect_objects", cleaned.suspects.len())
        .figure("samples_per_cover", per_class)
        .figure("feature_importance_ppm", importance))
}

/// Whether the heights of one date at least are known: then every cell has features of heights.
fn knows_heights(ctx: &Context) -> bool {
    Date::of(ctx.config).iter().any(|(_, given)| given.heights.is_some())
}

/// What the features of a date are computed from.
struct Looks {
    imagery: CubeArray<u8>,
    heights: Option<CubeArray<u8>>,
    knows_heights: bool,
}

impl Looks {
    fn open(ctx: &Context, date: Date, given: &Imagery) -> Result<Self, Error> {
        let heights = given.heights.is_some().then(|| cube::open(ctx, date.heights()));
        Ok(Self {
            imagery: cube::open(ctx, date.imagery())?,
            heights: heights.transpose()?,
            knows_heights: knows_heights(ctx),
        })
    }

    /// Features of a window, of shape (cell, feature), cells row by row.
    fn features(&self, frame: Frame, window: Window) -> Result<Array2<u8>, Error> {
        let around = window.grown(HALO, &frame.grid);
        let cells = self.imagery.read(around)?;
        let heights = match &self.heights {
            Some(heights) => Some(heights.read(around)?),
            // Unknown, at this date only.
            None if self.knows_heights => {
                Some(Array3::zeros((N_HEIGHT_BANDS, around.rows, around.cols)))
            }
            None => None,
        };
        let heights = heights.as_ref().map(|heights| heights.view());
        cell_features(cells.view(), heights, inside(window, around))
            .map_err(|error| Error::internal(error.to_string()))
    }
}

/// Training cells of the whole territory, by row then column.
fn sample(ctx: &Context, frame: Frame, date: Date) -> Result<Vec<Sample>, Error> {
    let plan = SamplePlan::default();
    let prior = cube::open::<u16>(ctx, Quantity::Prior)?;
    let object = cube::open::<u32>(ctx, Quantity::PriorObject)?;
    let valid = cube::open::<u8>(ctx, date.valid())?;
    let mut sampler = Sampler::new(plan, date.rank());
    for window in prior.blocks() {
        ctx.check_cancelled()?;
        let around = window.grown(plan.erosion, &frame.grid);
        let class = prior.read_plane(0, around)?.mapv(|cell| (cell >> 8) as u8);
        let (object, valid) = (object.read_plane(0, around)?, valid.read_plane(0, around)?);
        let block = PriorBlock {
            class: class.view(),
            object: object.view(),
            valid: valid.view(),
            row: around.row,
            col: around.col,
        };
        sampler.add(&block, inside(window, around));
    }
    Ok(sampler.finish())
}

/// A window in the rows and columns of a larger one.
pub(super) fn inside(window: Window, around: Window) -> Window {
    Window { row: window.row - around.row, col: window.col - around.col, ..window }
}

/// Features of the training cells, of shape (sample, feature), in their order.
fn features_of(
    ctx: &Context,
    frame: Frame,
    looks: &Looks,
    samples: &[Sample],
) -> Result<Array2<u8>, Error> {
    let mut of_block: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (rank, sample) in samples.iter().enumerate() {
        of_block.entry((sample.row / SIDE, sample.col / SIDE)).or_default().push(rank);
    }
    ctx.progress.start(of_block.len() as u64, "blocks");
    let parts: Vec<(Vec<usize>, Array2<u8>)> = of_block
        .into_par_iter()
        .map(|((row, col), ranks)| {
            ctx.check_cancelled()?;
            let (row, col) = (row * SIDE, col * SIDE);
            let (rows, cols) = (SIDE.min(frame.grid.rows - row), SIDE.min(frame.grid.cols - col));
            let window = Window { row, col, rows, cols };
            let cells = looks.features(frame, window)?;
            let wanted: Vec<usize> = ranks
                .iter()
                .map(|&rank| (samples[rank].row - row) * cols + samples[rank].col - col)
                .collect();
            ctx.progress.advance(1);
            Ok((ranks, cells.select(Axis(0), &wanted)))
        })
        .collect::<Result<_, Error>>()?;
    let n_features = feature_names(looks.knows_heights).len();
    let mut features = Array2::zeros((samples.len(), n_features));
    for (ranks, part) in parts {
        for (rank, line) in ranks.into_iter().zip(part.rows()) {
            features.row_mut(rank).assign(&line);
        }
    }
    Ok(features)
}

/// Cleans the samples and trains the model on those kept.
fn learn(
    ctx: &Context,
    samples: &[Sample],
    features: &Array2<u8>,
    names: &[&str],
) -> Result<(Model, Cleaned), Error> {
    let path = &ctx.prior()?.layer.path;
    let unfit = |error: &dyn std::fmt::Display| -> Error {
        InputError::new(path, "the covers cannot be learned from the prior")
            .got(error.to_string())
            .expected("at least two covers with imagery")
            .into()
    };
    let tree = TreeParams::default();
    let judges = TreeParams { rounds: JUDGE_ROUNDS, ..tree };
    let cleaned = clean(samples, features.view(), names, &CleanParams::default(), &judges)
        .map_err(|error| unfit(&error))?;
    let kept = features.select(Axis(0), &cleaned.kept);
    let labels: Vec<ClassId> = cleaned.kept.iter().map(|&rank| samples[rank].class).collect();
    let model = train(kept.view(), &labels, names, &tree).map_err(|error| unfit(&error))?;
    Ok((model, cleaned))
}

/// Publishes the probability of each class of the model in each cell; zero without imagery.
fn predict(
    ctx: &Context,
    frame: Frame,
    (date, given): (Date, &Imagery),
    model: &Model,
) -> Result<String, Error> {
    let looks = Looks::open(ctx, date, given)?;
    let valid = cube::open::<u8>(ctx, date.valid())?;
    let classes = model.classes();
    let code = |&class: &ClassId| ctx.config.nomenclature.code(Dimension::Cover, class);
    let names: Vec<&str> = classes.iter().map(code).collect();
    ctx.progress.start(frame.grid.n_cells() as u64, "cells");
    cube::publish(ctx, date.probability(), frame, (&names, Map::new()), |shard| {
        let parts: Vec<(Window, Array3<u8>)> = frame
            .grid
            .sub(shard)
            .blocks(SIDE)
            .into_par_iter()
            .map(|part| {
                ctx.check_cancelled()?;
                let window =
                    Window { row: shard.row + part.row, col: shard.col + part.col, ..part };
                let cells = looks.features(frame, window)?;
                let predicted =
                    model.predict(cells.view()).map_err(|e| Error::internal(e.to_string()))?;
                let shape = (classes.len(), part.rows, part.cols);
                let mut block = predicted
                    .into_shape_with_order(shape)
                    .map_err(|error| Error::internal(error.to_string()))?;
                let seen = valid.read_plane(0, window)?;
                for mut plane in block.outer_iter_mut() {
                    plane.zip_mut_with(&seen, |p, &v| *p *= u8::from(v != 0));
                }
                ctx.progress.advance(part.n_cells() as u64);
                Ok((part, block))
            })
            .collect::<Result<_, Error>>()?;
        let mut cells = Array3::zeros((classes.len(), shard.rows, shard.cols));
        for (w, part) in parts {
            let rows = w.row..w.row + w.rows;
            cells.slice_mut(s![.., rows, w.col..w.col + w.cols]).assign(&part);
        }
        Ok(cells)
    })
}
