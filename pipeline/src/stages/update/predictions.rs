//! How far the predictions made elsewhere are to be believed, learned on the prior vintage.

use kernels::update::{Confusion, ConfusionCounts};
use ndarray::parallel::prelude::*;
use nomenclature::{ClassId, PredictionTable};

use super::sight::SIDE;
use super::unfit;
use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::date::Date;
use crate::error::Error;
use crate::io::cube::Frame;

/// One table for each prediction of a date, in the order of the configuration.
///
/// * `classes`: the classes of the model's probabilities.
///
/// # Errors
/// A working file is damaged, or the predictions say nothing of the nomenclature.
pub(super) fn confusions(
    ctx: &Context,
    frame: Frame,
    date: Date,
    classes: &[ClassId],
) -> Result<Vec<Confusion>, Error> {
    let given = date.predictions(ctx.config).iter().enumerate();
    let confusion = |(rank, given): (usize, &crate::config::Prediction)| {
        let table = given
            .classes
            .compile(&ctx.config.nomenclature)
            .map_err(|error| unfit("the classes of the predictions", &error))?;
        let counts = counts(ctx, frame, (date, rank), (&table, classes))?;
        Ok(Confusion::estimate(&table, &counts))
    };
    given.map(confusion).collect()
}

/// What was predicted on the cells of the prior; nothing without a prior.
fn counts(
    ctx: &Context,
    frame: Frame,
    (date, rank): (Date, usize),
    (table, classes): (&PredictionTable, &[ClassId]),
) -> Result<ConfusionCounts, Error> {
    let none = || ConfusionCounts::new(table.n_classes(), table.width());
    if ctx.config.prior.is_none() {
        return Ok(none());
    }
    let predicted = cube::open::<u8>(ctx, date.prediction(rank))?;
    let probability = cube::open::<u8>(ctx, date.probability())?;
    let prior = cube::open::<u16>(ctx, Quantity::Prior)?;
    let blocks = frame.grid.blocks(SIDE).into_par_iter().map(|window| {
        ctx.check_cancelled()?;
        let seen = probability.read(window)?;
        let mut counts = none();
        let (shares, prior) = (predicted.read(window)?, prior.read_plane(0, window)?);
        counts.add(shares.view(), prior.view(), (seen.view(), classes));
        Ok(counts)
    });
    // Sums of whole numbers: their order does not matter.
    blocks.try_reduce(none, |a, b| Ok(a.with(&b)))
}
