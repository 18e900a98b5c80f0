//! Classify: learn the covers from the prior vintage, or take a model that did, then say how
//! probable each is in each cell.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kernels::features::{HALO, cell_features, feature_names};
use kernels::grid::Window;
use kernels::height::N_HEIGHT_BANDS;
use kernels::sampling::clean::{ClassReport, CleanParams, Cleaned, clean};
use kernels::sampling::{PriorBlock, Sample, SamplePlan, Sampler, Taught, sharpness};
use kernels::trees::{Model, Predictor, TreeParams, train};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, Array3, ArrayView2, ArrayViewMut3, Axis, s};
use nomenclature::{ClassId, Dimension};
use serde_json::{Map, json};

use crate::blocks::{Block, Blocks, Shards};
use crate::config::Imagery;
use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::date::Date;
use crate::error::{Error, InputError};
use crate::io::cube::{CubeArray, Frame, shard_shape};
use crate::model::{self, ClassAccuracy, ModelFile, Origin};
use crate::stage_report::StageReport;
use crate::stages::names;

/// Side of the blocks that are computed at once, in cells.
const SIDE: usize = 256;

/// Predicts every cell by the model given, or by one that is trained on the prior.
///
/// One model learns from the imagery of every date there is, so that what looks the same at both
/// dates gets the same answer.
///
/// # Errors
/// A working file is damaged, the prior has fewer than two covers under the imagery, or the model
/// given does not fit.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let frame = cube::frame(ctx)?;
    let blocks = Blocks::open(ctx, frame)?;
    let report = blocks.prepared(|_| prepare(ctx, frame))?;
    // As it was published, so that every process predicts with the same.
    let path = model_path(ctx);
    let file = ModelFile::read(&path)?;
    let model = file.fitted(config, config.model.as_ref().unwrap_or(&path))?;
    let predictor = model.predictor();
    let of_date = |(date, given)| {
        let looks = Looks::open(ctx, date, given, file.knows_heights())?;
        Prediction::open(&blocks, (date, looks), (&model, &predictor))
    };
    let dates: Vec<Prediction<'_>> =
        Date::of(config).into_iter().map(of_date).collect::<Result<_, Error>>()?;
    let fill = |block: &mut Block<'_>| dates.iter().try_for_each(|date| date.fill(frame, block));
    if blocks.each(dates.len(), fill)?.is_none() {
        return Ok(report);
    }
    let mut report = report;
    for date in &dates {
        report = report.hashed(blocks.publish(&date.probability)?);
    }
    let importance: Map<_, _> =
        file.importance().into_iter().map(|(name, ppm)| (name.to_owned(), json!(ppm))).collect();
    let code = |class: ClassId| config.nomenclature.code(Dimension::Cover, class).to_owned();
    let per_class: Map<_, _> =
        model.classes().iter().zip(model.samples()).map(|(&c, &n)| (code(c), json!(n))).collect();
    Ok(report.figure("samples_per_cover", per_class).figure("feature_importance_ppm", importance))
}

/// Publishes the model: the one given, or one that is trained on the prior.
fn prepare(ctx: &Context, frame: Frame) -> Result<StageReport, Error> {
    let (file, report) = match &ctx.config.model {
        Some(path) => {
            let file = ModelFile::read(path)?;
            file.fitted(ctx.config, path)?;
            (file, StageReport::default())
        }
        None => trained(ctx, frame)?,
    };
    ctx.check_cancelled()?;
    // A given model is delivered as well: whoever holds the vintage can make the next with it.
    Ok(report.output(ctx.relative(&file.publish(&model_path(ctx))?.path)))
}

/// The model of a run among its deliverables.
pub(super) fn model_path(ctx: &Context) -> PathBuf {
    ctx.out(model::file_name(&names(ctx.config)))
}

/// Trains on the prior.
fn trained(ctx: &Context, frame: Frame) -> Result<(ModelFile, StageReport), Error> {
    let knows_heights = Date::of(ctx.config).iter().any(|(_, given)| given.heights.is_some());
    let names = feature_names(knows_heights);
    let plan = SamplePlan::default();
    let (mut samples, mut features) = (Vec::new(), Array2::zeros((0, names.len())));
    for (date, given) in Date::of(ctx.config) {
        let of_date = sample(ctx, frame, date, plan)?;
        ctx.check_cancelled()?;
        let looks = Looks::open(ctx, date, given, knows_heights)?;
        let lines = features_of(ctx, frame, &looks, &of_date)?;
        features.append(Axis(0), lines.view()).expect("every date has the same features");
        samples.extend(of_date);
    }
    let cleaning = CleanParams::default();
    let Learned { model, cleaned, sharpness } = learn(ctx, &samples, &features, names, &cleaning)?;
    let origin = Origin::of(ctx.config, ctx.prior()?.vintage, (plan, cleaning), ctx.inputs.clone());
    let cells = cube::read_runs(ctx, Quantity::Prior, |cell: u16| (cell >> 8) as u8)?;
    let accuracy = accuracy(ctx, &samples, &cleaned, &cells.n_cells_by_value());
    let file = ModelFile::new(model, &ctx.config.nomenclature, origin, accuracy)?;
    let report = StageReport::default()
        .figure("samples", samples.len())
        .figure("samples_kept", cleaned.kept.len())
        .figure("suspect_objects", cleaned.suspects.len())
        .figure("sharpness", sharpness);
    Ok((file, report))
}

/// How right the judges were, class by class.
///
/// * `cells`: cells of the prior by class.
fn accuracy(
    ctx: &Context,
    samples: &[Sample],
    cleaned: &Cleaned,
    cells: &BTreeMap<u8, u64>,
) -> Vec<ClassAccuracy> {
    let code = |class| ctx.config.nomenclature.code(Dimension::Cover, class).to_owned();
    let mut kept: BTreeMap<ClassId, u32> = BTreeMap::new();
    for &rank in &cleaned.kept {
        *kept.entry(samples[rank].class).or_default() += 1;
    }
    let of_class = |report: &ClassReport| ClassAccuracy {
        code: code(report.class),
        cells: cells.get(&report.class.0).copied().unwrap_or_default(),
        samples: report.samples,
        agreed: report.agreed,
        mistaken_for: report.mistaken_for.map(code),
        kept: kept.get(&report.class).copied().unwrap_or_default(),
    };
    cleaned.classes.iter().map(of_class).collect()
}

/// What the features of a date are computed from.
struct Looks {
    imagery: CubeArray<u8>,
    heights: Option<CubeArray<u8>>,
    knows_heights: bool,
}

impl Looks {
    fn open(
        ctx: &Context,
        date: Date,
        given: &Imagery,
        knows_heights: bool,
    ) -> Result<Self, Error> {
        let is_wanted = knows_heights && given.heights.is_some();
        let heights = is_wanted.then(|| cube::open(ctx, date.heights()));
        Ok(Self {
            imagery: cube::open(ctx, date.imagery())?,
            heights: heights.transpose()?,
            knows_heights,
        })
    }

    /// What the features of a window are computed from.
    fn around(&self, frame: Frame, window: Window) -> Result<Around, Error> {
        let around = window.grown(HALO, &frame.grid);
        let heights = match &self.heights {
            Some(heights) => Some(heights.read(around)?),
            // Unknown, at this date only.
            None if self.knows_heights => {
                Some(Array3::zeros((N_HEIGHT_BANDS, around.rows, around.cols)))
            }
            None => None,
        };
        Ok(Around { window: around, imagery: self.imagery.read(around)?, heights })
    }
}

/// The cells of a window and of the ground around it that its features need.
struct Around {
    window: Window,
    imagery: Array3<u8>,
    heights: Option<Array3<u8>>,
}

impl Around {
    /// Features of a part of the window, of shape (cell, feature), cells row by row.
    fn features(&self, part: Window) -> Result<Array2<u8>, Error> {
        let heights = self.heights.as_ref().map(|heights| heights.view());
        cell_features(self.imagery.view(), heights, inside(part, self.window))
            .map_err(|error| Error::internal(error.to_string()))
    }
}

/// Training cells of the whole territory, by row then column.
fn sample(ctx: &Context, frame: Frame, date: Date, plan: SamplePlan) -> Result<Vec<Sample>, Error> {
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
        .map(|(_, ranks)| {
            ctx.check_cancelled()?;
            let window = around(ranks.iter().map(|&rank| &samples[rank]));
            let cells = looks.around(frame, window)?.features(window)?;
            let place = |&rank: &usize| {
                let Sample { row, col, .. } = samples[rank];
                (row - window.row) * window.cols + col - window.col
            };
            let wanted: Vec<usize> = ranks.iter().map(place).collect();
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

/// The window around some samples: they are few where the territory is large.
fn around<'a>(samples: impl Iterator<Item = &'a Sample> + Clone) -> Window {
    let range = |place: fn(&Sample) -> usize| {
        let places = samples.clone().map(place);
        let first = places.clone().min().unwrap_or(0);
        (first, places.max().map_or(0, |last| last + 1 - first))
    };
    let ((row, rows), (col, cols)) = (range(|sample| sample.row), range(|sample| sample.col));
    Window { row, col, rows, cols }
}

/// A model and what training it found.
struct Learned {
    model: Model,
    cleaned: Cleaned,
    /// The factor on the scores of its trees.
    sharpness: f64,
}

/// Cleans the samples, trains the model on those kept and makes it as sure as unseen objects bear.
fn learn(
    ctx: &Context,
    samples: &[Sample],
    features: &Array2<u8>,
    names: &[&str],
    cleaning: &CleanParams,
) -> Result<Learned, Error> {
    let path = &ctx.prior()?.layer.path;
    let unfit = |error: &dyn std::fmt::Display| -> Error {
        InputError::new(path, "the covers cannot be learned from the prior")
            .got(error.to_string())
            .expected("at least two covers with imagery")
            .into()
    };
    let tree = TreeParams::default();
    let judges = TreeParams::judge();
    let cleaned =
        clean(samples, features.view(), names, cleaning, &judges).map_err(|error| unfit(&error))?;
    let kept = features.select(Axis(0), &cleaned.kept);
    let labels: Vec<ClassId> = cleaned.kept.iter().map(|&rank| samples[rank].class).collect();
    let model = train(kept.view(), &labels, names, &tree).map_err(|error| unfit(&error))?;
    let taught = Taught { samples, features: features.view(), names, kept: &cleaned.kept };
    let sharpness = sharpness(&taught, cleaning.seed, &tree).map_err(|error| unfit(&error))?;
    Ok(Learned { model: model.sharpened(sharpness), cleaned, sharpness })
}

/// The probability of each class of the model at a date; zero without imagery.
struct Prediction<'a> {
    ctx: &'a Context<'a>,
    looks: Looks,
    valid: CubeArray<u8>,
    n_classes: usize,
    predictor: &'a Predictor<'a>,
    probability: Shards<u8>,
}

impl<'a> Prediction<'a> {
    fn open(
        blocks: &Blocks<'a>,
        (date, looks): (Date, Looks),
        (model, predictor): (&Model, &'a Predictor<'a>),
    ) -> Result<Self, Error> {
        let ctx = blocks.ctx();
        let classes = model.classes();
        let code = |&class: &ClassId| ctx.config.nomenclature.code(Dimension::Cover, class);
        let names: Vec<&str> = classes.iter().map(code).collect();
        let ids: Vec<u8> = classes.iter().map(|class| class.0).collect();
        let notes = Map::from_iter([("classes".to_owned(), json!(ids))]);
        Ok(Self {
            ctx,
            looks,
            valid: cube::open::<u8>(ctx, date.valid())?,
            n_classes: classes.len(),
            predictor,
            probability: blocks.array(date.probability(), (&names, notes))?,
        })
    }

    /// Fills a block, strips in parallel.
    fn fill(&self, frame: Frame, block: &mut Block<'_>) -> Result<(), Error> {
        let shard = block.window;
        // Read once for the whole shard: each part by itself would decode its neighbours' chunks.
        let around = self.looks.around(frame, shard)?;
        let seen = self.valid.read_plane(0, shard)?;
        let mut cells = Array3::zeros(shard_shape(&frame.grid, self.n_classes));
        let mut own = cells.slice_mut(s![.., ..shard.rows, ..shard.cols]);
        let strips = own.axis_chunks_iter_mut(Axis(1), SIDE).into_par_iter().enumerate();
        strips.try_for_each(|(rank, strip)| {
            let first = rank * SIDE;
            let seen = seen.slice(s![first..first + strip.len_of(Axis(1)), ..]);
            self.strip(&around, (shard.row + first, shard.col), seen, strip)
        })?;
        block.write(&self.probability, cells)
    }

    /// Fills the rows of a block from `row` on, part by part.
    fn strip(
        &self,
        around: &Around,
        (row, col): (usize, usize),
        seen: ArrayView2<'_, u8>,
        mut strip: ArrayViewMut3<'_, u8>,
    ) -> Result<(), Error> {
        let (_, rows, n_cols) = strip.dim();
        for start in (0..n_cols).step_by(SIDE) {
            self.ctx.check_cancelled()?;
            let cols = SIDE.min(n_cols - start);
            let window = Window { row, col: col + start, rows, cols };
            let lines = around.features(window)?;
            let predicted = self.predictor.predict(lines.view());
            let predicted = predicted.map_err(|error| Error::internal(error.to_string()))?;
            let seen = seen.slice(s![.., start..start + cols]);
            let mut part = strip.slice_mut(s![.., .., start..start + cols]);
            for (plane, class) in part.outer_iter_mut().zip(predicted.outer_iter()) {
                let of_class = class.into_shape_with_order((rows, cols));
                let of_class = of_class.map_err(|error| Error::internal(error.to_string()))?;
                ndarray::Zip::from(plane)
                    .and(&of_class)
                    .and(&seen)
                    .for_each(|to, &p, &v| *to = p * u8::from(v != 0));
            }
            self.ctx.progress.advance(window.n_cells() as u64);
        }
        Ok(())
    }
}
