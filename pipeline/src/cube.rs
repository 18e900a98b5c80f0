//! The arrays of the cube: their names, and their way from and to whole windows of cells.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use kernels::grid::{Grid, Window};
use kernels::plane::{CellValue, Plane};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, Array3};
use serde_json::{Map, Value};

use crate::artefact::Draft;
use crate::config::Config;
use crate::config::PREDICTIONS_MAX;
use crate::context::Context;
use crate::error::Error;
use crate::fault;
use crate::io::cube::{CHUNK, CubeArray, CubeCell, Frame, SHARD, create_group};

/// Folder of the cube among the working files.
pub(crate) const CUBE: &str = "cube.zarr";

/// Side of the blocks that are read at once, in cells: whole chunks, and whole bands of a [`Plane`].
pub const READ: usize = 2 * CHUNK;

/// Note of [`Quantity::PriorObject`]: the ranks of the prior's polygons, from 0, that are ossature.
pub const OSSATURE: &str = "ossature";

/// Note of [`Quantity::PriorObject`]: the ranks of the polygons that a correction gave, from 0.
pub const CORRECTED: &str = "corrected";

/// Names of the arrays of predictions.
const PREDICTIONS: [&str; PREDICTIONS_MAX] =
    ["prediction_1", "prediction_2", "prediction_3", "prediction_4"];
const PREDICTIONS_BEFORE: [&str; PREDICTIONS_MAX] =
    ["prediction_before_1", "prediction_before_2", "prediction_before_3", "prediction_before_4"];

/// An array of the cube.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Mean then spread of R, G, B, NIR: u8 (band, row, col).
    Imagery,
    /// 1 where there is imagery: u8.
    Valid,
    /// The same as `Imagery`, at the prior's date.
    ImageryBefore,
    /// 1 where there is imagery of the prior's date: u8.
    ValidBefore,
    /// Height above the ground and its spread, in the bytes of `kernels::height`: u8 (band, row, col).
    Heights,
    /// The same, at the prior's date.
    HeightsBefore,
    /// Shares of the classes of a prediction made elsewhere, by its rank: u8 (class, row, col).
    Prediction(u8),
    /// The same, at the prior's date.
    PredictionBefore(u8),
    /// Evidence layers: 0 or 1 + rank of the nature: u8 (layer, row, col).
    Evidence,
    /// Couple of the prior vintage: u16.
    Prior,
    /// 1 + rank of the prior polygon, 0 for none: u32.
    PriorObject,
    /// No couple anywhere, what a vintage from scratch starts from: u16.
    Bare,
    /// No object anywhere: u32.
    BareObject,
    /// Probability of each class of the model: u8 (class, row, col).
    Probability,
    /// The same, of the model of the prior's date.
    ProbabilityBefore,
    /// Probability of the best class and of the prior's, 255 for certain: u8 (band, row, col). It is
    /// never published: it waits on disk for a decision, and goes with it.
    Certainty,
    /// Couple decided for each cell: u16.
    Decided,
    /// Confidence of the decision, 255 for certain: u8.
    Confidence,
    /// Reason of the decision: u8.
    Reason,
    /// Couple after the minimum units: u16.
    Regular,
    /// 1 inside the zone construite: u8.
    BuiltZone,
}

impl Quantity {
    /// The name of its folder in the cube.
    pub fn name(self) -> &'static str {
        match self {
            Self::Imagery => "imagery",
            Self::Valid => "valid",
            Self::ImageryBefore => "imagery_before",
            Self::ValidBefore => "valid_before",
            Self::Heights => "heights",
            Self::HeightsBefore => "heights_before",
            Self::Prediction(rank) => PREDICTIONS[usize::from(rank)],
            Self::PredictionBefore(rank) => PREDICTIONS_BEFORE[usize::from(rank)],
            Self::Evidence => "evidence",
            Self::Prior => "prior",
            Self::PriorObject => "prior_object",
            Self::Bare => "bare",
            Self::BareObject => "bare_object",
            Self::Probability => "probability",
            Self::ProbabilityBefore => "probability_before",
            Self::Certainty => "certainty",
            Self::Decided => "decided",
            Self::Confidence => "confidence",
            Self::Reason => "reason",
            Self::Regular => "regular",
            Self::BuiltZone => "built_zone",
        }
    }

    /// The couples that the vintage starts from: those of the prior, or none from scratch.
    pub fn start(config: &Config) -> Self {
        if config.scratch { Self::Bare } else { Self::Prior }
    }

    /// The objects of [`Quantity::start`].
    pub fn start_object(config: &Config) -> Self {
        if config.scratch { Self::BareObject } else { Self::PriorObject }
    }

    fn folder(self, ctx: &Context) -> PathBuf {
        ctx.work(CUBE).join(self.name())
    }
}

/// Makes the cube's folder; its arrays come and go one by one.
///
/// # Errors
/// [`Error::Write`] when the folder cannot be made.
pub fn create(ctx: &Context, frame: Frame) -> Result<(), Error> {
    let folder = ctx.work(CUBE);
    fs::create_dir_all(&folder).map_err(Error::write(&folder))?;
    create_group(&folder, frame)
}

/// Opens an array that an earlier stage published.
///
/// # Errors
/// It is missing or damaged.
pub fn open<T: CubeCell>(ctx: &Context, quantity: Quantity) -> Result<CubeArray<T>, Error> {
    CubeArray::open(&quantity.folder(ctx))
}

/// The ranks that a note of an array lists, such as [`OSSATURE`]; none without that note.
///
/// # Errors
/// The array is missing or damaged.
pub fn noted(ctx: &Context, quantity: Quantity, note: &str) -> Result<BTreeSet<u64>, Error> {
    let notes = open::<u32>(ctx, quantity)?.notes();
    let ranks = notes.get(note).and_then(Value::as_array).into_iter().flatten();
    Ok(ranks.filter_map(Value::as_u64).collect())
}

/// Whether the object of a cell, 1 + its rank or 0 for none, is one of those noted.
pub fn is_noted(ranks: &BTreeSet<u64>, object: u32) -> bool {
    object > 0 && ranks.contains(&u64::from(object - 1))
}

/// The runs of what `change` makes of the cells of an array of shape (rows, cols).
///
/// # Errors
/// It is missing or damaged.
pub fn read_runs<T: CubeCell, V: CellValue>(
    ctx: &Context,
    quantity: Quantity,
    change: impl Fn(T) -> V + Sync,
) -> Result<Plane<V>, Error> {
    let array = open::<T>(ctx, quantity)?;
    runs_of(ctx, &array.frame().grid, |window| Ok(array.read_plane(0, window)?.mapv(&change)))
}

/// The runs of a raster that is made block by block, blocks in parallel; of their cells nothing is
/// kept.
///
/// * `block`: makes the cells of a block, of shape (rows, cols).
///
/// # Errors
/// Those of `block`.
pub fn runs_of<V: CellValue>(
    ctx: &Context,
    grid: &Grid,
    block: impl Fn(Window) -> Result<Array2<V>, Error> + Sync,
) -> Result<Plane<V>, Error> {
    let mut plane = Plane::with_cols(grid.cols);
    for beside in grid.blocks(READ).chunk_by(|a, b| a.row == b.row) {
        let blocks = beside.par_iter().map(|&window| {
            ctx.check_cancelled()?;
            Ok(Plane::of(block(window)?.view()))
        });
        let blocks = blocks.collect::<Result<Vec<_>, Error>>()?;
        plane.append(Plane::joined((beside[0].rows, grid.cols), READ, &blocks));
    }
    Ok(plane)
}

/// Publishes what `change` makes of the cells of a plane.
///
/// # Errors
/// [`Error::Write`].
pub fn publish_runs<T: CubeCell, V: CellValue>(
    ctx: &Context,
    quantity: Quantity,
    frame: Frame,
    cells: &Plane<V>,
    change: impl Fn(V) -> T + Sync,
) -> Result<String, Error> {
    publish(ctx, quantity, frame, (&[], Map::new()), |window| {
        Ok(cells.window(window).mapv(&change).insert_axis(ndarray::Axis(0)))
    })
}

/// Publishes an array block by block, blocks in parallel; gives its name among the outputs.
///
/// * `block`: makes the cells of a block, of shape (band, rows, cols).
///
/// # Errors
/// Those of `block`, and [`Error::Write`].
pub fn publish<T: CubeCell>(
    ctx: &Context,
    quantity: Quantity,
    frame: Frame,
    bands: (&[&str], Map<String, Value>),
    block: impl Fn(Window) -> Result<Array3<T>, Error> + Sync,
) -> Result<String, Error> {
    let array = Growing::<T>::new(ctx, quantity, frame, bands)?;
    in_blocks(ctx, &frame.grid, |window| array.write(window, block(window)?))?;
    array.publish(ctx)
}

/// Does something for each block of a grid; gives the results in the order of the blocks.
///
/// As many blocks as there are threads are under way at once, never more: a thread that waits for
/// the parts of its block takes parts of the others, not a new block, so memory stays bounded.
///
/// # Errors
/// Those of `block`.
pub fn in_blocks<R: Send>(
    ctx: &Context,
    grid: &Grid,
    block: impl Fn(Window) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    by_groups(ctx, &grid.blocks(SHARD), |&window| block(window))
}

/// Does something for each of some blocks, as [`in_blocks`] does.
///
/// # Errors
/// Those of `block`.
pub fn by_groups<B: Sync, R: Send>(
    ctx: &Context,
    blocks: &[B],
    block: impl Fn(&B) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    let mut results = Vec::with_capacity(blocks.len());
    for group in blocks.chunks(ctx.threads.max(1)) {
        let of_group = group.par_iter().map(|of_block| {
            ctx.check_cancelled()?;
            tracing::info_span!("unit", name = ctx.stage.name()).in_scope(|| block(of_block))
        });
        results.extend(of_group.collect::<Result<Vec<R>, Error>>()?);
    }
    Ok(results)
}

/// An array of a stage that needs the whole territory: it is made block by block, appears when it is
/// complete, and is lost with its process.
pub struct Growing<T> {
    draft: Draft,
    array: CubeArray<T>,
}

impl<T: CubeCell> Growing<T> {
    /// An array without a block.
    ///
    /// * `bands`: the name of each band, none for an array of shape (rows, cols), and what to keep
    ///   beside the cells.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn new(
        ctx: &Context,
        quantity: Quantity,
        frame: Frame,
        bands: (&[&str], Map<String, Value>),
    ) -> Result<Self, Error> {
        let draft = Draft::new(quantity.folder(ctx))?;
        let array = CubeArray::<T>::create(draft.temp(), frame, bands.0, &bands.1)?;
        Ok(Self { draft, array })
    }

    /// Writes a block of the grid, of shape (band, rows, cols); blocks may be written from any thread.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&self, window: Window, cells: Array3<T>) -> Result<(), Error> {
        fault::point("cube.block");
        self.array.write(window, cells)
    }

    /// Reads a window of blocks that were written, of shape (band, rows, cols).
    ///
    /// # Errors
    /// A block is missing, or a checksum does not match.
    pub fn read(&self, window: Window) -> Result<Array3<T>, Error> {
        self.array.read(window)
    }

    /// Puts the complete array in its place; gives its name among the outputs.
    ///
    /// # Errors
    /// A block is missing, or [`Error::Write`].
    pub fn publish(self, ctx: &Context) -> Result<String, Error> {
        self.array.check_complete()?;
        ctx.publish(self.draft)
    }
}

/// The frame of a run whose cube exists.
///
/// # Errors
/// The cube is missing or damaged.
pub fn frame(ctx: &Context) -> Result<Frame, Error> {
    Ok(open::<u8>(ctx, Quantity::Valid)?.frame())
}

/// The grid of a run whose cube exists.
///
/// # Errors
/// The cube is missing or damaged.
pub fn grid(ctx: &Context) -> Result<Grid, Error> {
    Ok(frame(ctx)?.grid)
}
