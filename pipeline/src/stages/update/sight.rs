//! What is seen of the cells, and what they want for it.

use kernels::grid::{Grid, Window};
use kernels::plane::Plane;
use kernels::update::{
    Block, Confusion, Fusion, Proposal, Seen, Shares, UpdateError, WishBlock, Wishes,
};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, Array3, ArrayView3, Axis, s, stack};
use nomenclature::{ClassId, UpdateTables};

use super::known::Known;
use super::predictions::confusions;
use super::unfit;
use crate::context::Context;
use crate::cube::{self, Growing, Quantity};
use crate::date::Date;
use crate::error::Error;
use crate::io::cube::{CubeArray, Frame, SHARD};
use crate::model::ModelFile;
use crate::stages::classify::{inside, model_path};

/// Side of the blocks that are fused at once, in cells.
pub(super) const SIDE: usize = 512;

/// The bands of [`Quantity::Certainty`].
pub(super) const BANDS: [&str; 2] = ["best", "prior"];

/// What is seen of the cells, and how far it is to be believed: the same for any tables.
pub(super) struct Sight {
    classes: Vec<ClassId>,
    /// The share of each class among the samples of the model, and on the ground.
    learned: Vec<f64>,
    ground: Vec<f64>,
    /// How far the predictions made elsewhere are to be believed, by date.
    now: Vec<Confusion>,
    before: Vec<Confusion>,
    cells: Cells,
    grid: Grid,
}

impl Sight {
    /// Opens the arrays that earlier stages left, and learns how far to believe the predictions.
    ///
    /// # Errors
    /// The model or a working file is damaged.
    pub(super) fn open(ctx: &Context, frame: Frame) -> Result<Self, Error> {
        let path = model_path(ctx);
        let file = ModelFile::read(&path)?;
        let model = file.fitted(ctx.config, &path)?;
        let cells = Cells::open(ctx)?;
        let believed = |date| confusions(ctx, frame, date, model.classes());
        Ok(Self {
            classes: model.classes().to_vec(),
            learned: model.shares(),
            ground: file.ground_shares(model.classes(), &ctx.config.nomenclature),
            now: believed(Date::Now)?,
            before: if cells.before.is_some() { believed(Date::Before)? } else { Vec::new() },
            cells,
            grid: frame.grid,
        })
    }

    /// Number of classes that can be told apart.
    pub(super) fn n_classes(&self) -> usize {
        self.classes.len()
    }

    /// What every cell wants with these tables, block by block; how certain that is goes to disk.
    ///
    /// As many blocks as there are threads are under way at once.
    ///
    /// # Errors
    /// A working file is damaged, or the parameters of the update are out of range.
    pub(super) fn wishes(
        &self,
        ctx: &Context,
        known: &Known,
        tables: &UpdateTables,
        certainty: &Growing<u8>,
    ) -> Result<Wishes, Error> {
        let shares = Shares { learned: &self.learned, ground: &self.ground };
        let fusion = Fusion::new(tables, &self.classes, shares, &ctx.config.update)
            .map_err(|error| unfit("the update parameters", &error))?
            .with_predictions(&self.now, &self.before);
        let grid = &self.grid;
        ctx.progress.start(grid.n_cells() as u64, "cells");
        let mut wishes = Vec::new();
        for shard in grid.blocks(SHARD) {
            let mut certainties = Array3::zeros((BANDS.len(), shard.rows, shard.cols));
            for group in Window::blocks((shard.rows, shard.cols), SIDE).chunks(ctx.threads.max(1)) {
                let parts = group.par_iter().map(|&part| {
                    ctx.check_cancelled()?;
                    let window =
                        Window { row: shard.row + part.row, col: shard.col + part.col, ..part };
                    let (wishes, certainty) = self.wishes_of(ctx, known, &fusion, window)?;
                    ctx.progress.advance(window.n_cells() as u64);
                    Ok((part, window, wishes, certainty))
                });
                for (part, window, of_block, certainty) in
                    parts.collect::<Result<Vec<_>, Error>>()?
                {
                    let Window { row, col, rows, cols } = part;
                    let place = s![.., row..row + rows, col..col + cols];
                    certainties.slice_mut(place).assign(&certainty);
                    wishes.push((window, of_block));
                }
            }
            certainty.write(shard, certainties)?;
        }
        // From the order of the shards to that of the territory.
        wishes.sort_by_key(|(window, _)| (window.row, window.col));
        let wishes = wishes.into_iter().map(|(_, wishes)| wishes).collect();
        Ok(Wishes::joined((grid.rows, grid.cols), SIDE, wishes))
    }

    /// What the cells of a window want, and how certain the best class and the prior's are.
    fn wishes_of(
        &self,
        ctx: &Context,
        known: &Known,
        fusion: &Fusion,
        window: Window,
    ) -> Result<(Wishes, Array3<u8>), Error> {
        let internal = |error: UpdateError| Error::internal(error.to_string());
        let params = &ctx.config.update;
        let around = window.grown(Wishes::halo(params, self.cells.before.is_some()), &self.grid);
        let proposal = self.cells.propose(fusion, &known.prior, around)?;
        let (prior, object) = (known.prior.window(around), known.object.window(around));
        let locked = known.locked.as_ref().map(|locked| locked.window(around));
        let block = WishBlock {
            proposal: &proposal,
            prior: prior.view(),
            object: object.view(),
            locked: locked.as_ref().map(|locked| locked.view()),
        };
        let wishes = Wishes::of_block(&block, inside(window, around), params).map_err(internal)?;
        let certainties = [proposal.certainty.view(), proposal.certainty_prior.view()]
            .map(|cells| around.part(cells, &window));
        let certainties =
            stack(Axis(0), &certainties).map_err(|error| Error::internal(error.to_string()))?;
        Ok((wishes, certainties))
    }
}

/// The arrays of the cube that a proposal reads.
struct Cells {
    now: SeenCells,
    before: Option<SeenCells>,
    evidence: CubeArray<u8>,
}

impl Cells {
    fn open(ctx: &Context) -> Result<Self, Error> {
        let is_given = ctx.config.imagery_before().is_some() && !ctx.config.scratch;
        Ok(Self {
            now: SeenCells::open(ctx, Date::Now)?,
            before: is_given.then(|| SeenCells::open(ctx, Date::Before)).transpose()?,
            evidence: cube::open(ctx, Quantity::Evidence)?,
        })
    }

    fn propose(
        &self,
        fusion: &Fusion,
        prior: &Plane<u16>,
        window: Window,
    ) -> Result<Proposal, Error> {
        let around = window.grown_within(fusion.halo(), prior.dim());
        let now = self.now.read(around)?;
        let before = self.before.as_ref().map(|cells| cells.read(around)).transpose()?;
        let evidence = self.evidence.read(around)?;
        let prior = prior.window(around);
        let predictions = now.predictions();
        let predictions_before = before.as_ref().map(SeenBlock::predictions).unwrap_or_default();
        let block = Block {
            seen: now.seen(&predictions),
            earlier: before.as_ref().map(|seen| seen.seen(&predictions_before)),
            evidence: evidence.view(),
            prior: prior.view(),
        };
        fusion
            .propose(&block, inside(window, around))
            .map_err(|error| Error::internal(error.to_string()))
    }
}

/// The arrays of the cube that tell what was seen at a date.
struct SeenCells {
    probability: CubeArray<u8>,
    imagery: CubeArray<u8>,
    valid: CubeArray<u8>,
    predictions: Vec<CubeArray<u8>>,
}

/// What was seen on a block.
struct SeenBlock {
    probability: Array3<u8>,
    imagery: Array3<u8>,
    valid: Array2<u8>,
    predictions: Vec<Array3<u8>>,
}

impl SeenCells {
    fn open(ctx: &Context, date: Date) -> Result<Self, Error> {
        let n_predictions = date.predictions(ctx.config).len();
        let prediction = |rank| cube::open(ctx, date.prediction(rank));
        Ok(Self {
            predictions: (0..n_predictions).map(prediction).collect::<Result<_, _>>()?,
            probability: cube::open(ctx, date.probability())?,
            imagery: cube::open(ctx, date.imagery())?,
            valid: cube::open(ctx, date.valid())?,
        })
    }

    fn read(&self, window: Window) -> Result<SeenBlock, Error> {
        let predictions = self.predictions.iter().map(|shares| shares.read(window));
        Ok(SeenBlock {
            predictions: predictions.collect::<Result<_, _>>()?,
            probability: self.probability.read(window)?,
            imagery: self.imagery.read(window)?,
            valid: self.valid.read_plane(0, window)?,
        })
    }
}

impl SeenBlock {
    fn predictions(&self) -> Vec<ArrayView3<'_, u8>> {
        self.predictions.iter().map(|shares| shares.view()).collect()
    }

    fn seen<'a>(&'a self, predictions: &'a [ArrayView3<'a, u8>]) -> Seen<'a> {
        Seen {
            predictions,
            probability: self.probability.view(),
            imagery: self.imagery.view(),
            valid: self.valid.view(),
        }
    }
}
