//! Predictions made elsewhere, as shares of their classes on working cells.

use std::collections::BTreeMap;

use kernels::class_shares::ClassShares;
use kernels::grid::{Grid, Window};
use kernels::lattice::Point;
use ndarray::{Array2, Array3, ArrayView2, ArrayViewMut3, s};
use nomenclature::{ClassId, Couple, PredictionClasses};
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::blocks::{Block, Blocks, Shards};
use crate::config::{Prediction, PredictionKind};
use crate::context::Context;
use crate::date::Date;
use crate::error::{Error, InputError};
use crate::io::raster::{CellType, RasterSource};
use crate::mosaic::{Mosaic, Placed, Reader};
use crate::stage_report::StageReport;
use crate::survey::{self, Mosaics};

use super::strips::ByStrips;

/// Pixels whose value is no class of the table.
const UNKNOWN: &str = "prediction_class_unknown";
/// Share of the pixels that may be of no class of the table.
const UNKNOWN_MAX: f64 = 0.5;
/// Share of the ground on which another numbering agrees with the prior, from which it is looked at.
const AGREEMENT_MIN: f64 = 0.4;

/// A prediction on its way to the grid.
pub(super) struct Reading<'a> {
    given: &'a Prediction,
    mosaic: &'a Mosaic,
    ranks: [u8; 256],
    /// What its figures are called.
    figure: String,
    strips: ByStrips<'a>,
    stored: Shards<u8>,
}

/// What the pixels of a prediction hold, by value.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Found {
    /// Pixels that hold data.
    pixels: u64,
    /// Pixels of each value that no class has, and a place of one.
    unknown: BTreeMap<u8, (u64, (i32, i32))>,
    /// Pixels of each value on each cover of the prior, as a list: JSON has no keys of two parts.
    #[serde(with = "pairs")]
    on_cover: BTreeMap<(u8, ClassId), u64>,
}

/// What a part of a shard is read with, and what it was found to hold.
struct Part<'a> {
    reader: Reader<'a>,
    found: Found,
    /// Pixels by value and cover of the prior, in the order of [`Part::place`].
    on_cover: Vec<u64>,
}

impl Part<'_> {
    /// Where pixels of a value on a cover are counted.
    fn place(value: u8, cover: ClassId) -> usize {
        usize::from(value) << 8 | usize::from(cover.0)
    }

    /// What was found, the counts of values and covers by those that there are.
    fn finish(self) -> Found {
        let Self { mut found, on_cover, .. } = self;
        for (place, &n) in on_cover.iter().enumerate().filter(|&(_, &n)| n > 0) {
            found.on_cover.insert(((place >> 8) as u8, ClassId(place as u8)), n);
        }
        found
    }
}

impl<'a> Reading<'a> {
    /// A prediction of a date, by its rank.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub(super) fn open(
        blocks: &Blocks<'a>,
        grid: &Grid,
        mosaics: &'a Mosaics,
        (date, rank, given): (Date, usize, &'a Prediction),
    ) -> Result<Self, Error> {
        let names: Vec<&str> = given.classes.classes().iter().map(|c| c.name.as_str()).collect();
        let mosaic = mosaics.of(date, &survey::prediction(rank));
        Ok(Self {
            given,
            mosaic,
            ranks: given.classes.ranks(),
            figure: date.figure(&format!("prediction_{}", rank + 1)),
            strips: ByStrips::of(blocks.ctx(), grid, &[mosaic]),
            stored: blocks.array(date.prediction(rank), (&names, Map::new()))?,
        })
    }

    /// How the tiles are read.
    pub(super) fn strips(&self) -> &ByStrips<'a> {
        &self.strips
    }

    /// Puts the array in place.
    ///
    /// # Errors
    /// The prediction is not over the territory, or its values do not look like those of the numbering
    /// that is stated.
    pub(super) fn seal<'f>(
        &self,
        blocks: &Blocks<'_>,
        of_blocks: impl Iterator<Item = &'f Found>,
        report: StageReport,
    ) -> Result<StageReport, Error> {
        let mut found = Found::default();
        of_blocks.for_each(|of_block| found.merge(of_block));
        found.check(blocks.ctx(), self.given)?;
        Ok(report
            .hashed(blocks.publish(&self.stored)?)
            .figure(&format!("{}_pixels", self.figure), found.pixels)
            .figure(&format!("{}_pixels_unknown", self.figure), found.unknown()))
    }

    /// Fills a block with the shares of the classes.
    ///
    /// * `prior`: the couples of its cells, when there is a prior.
    ///
    /// # Errors
    /// A tile cannot be read.
    pub(super) fn fill(
        &self,
        grid: &Grid,
        prior: Option<&Array2<u16>>,
        block: &mut Block<'_>,
    ) -> Result<Found, Error> {
        let (n_classes, shard) = (self.given.classes.classes().len(), block.window);
        let open = || Part {
            reader: self.mosaic.reader(),
            found: Found::default(),
            on_cover: vec![0; 1 << 16],
        };
        let read = |part: &mut Part<'_>, at: Window, mut cells: ArrayViewMut3<'_, u8>| {
            let prior = prior.map(|prior| {
                let (row, col) = (at.row - shard.row, at.col - shard.col);
                prior.slice(s![row..row + at.rows, col..col + at.cols])
            });
            cells.assign(&self.block(&grid.sub(at), prior, part)?);
            Ok(())
        };
        let (cells, parts) = self.strips.shard(shard, n_classes, open, read)?;
        let mut found = Found::default();
        for part in parts {
            found.merge(&part.finish());
        }
        block.write(&self.stored, cells)?;
        Ok(found)
    }

    /// The shares of the classes on a block.
    ///
    /// * `prior`: the couples of its cells.
    fn block(
        &self,
        block: &Grid,
        prior: Option<ArrayView2<'_, u16>>,
        Part { reader, found, on_cover }: &mut Part<'_>,
    ) -> Result<Array3<u8>, Error> {
        let n_classes = self.given.classes.classes().len();
        let mut shares = ClassShares::new(n_classes, block.rows, block.cols);
        reader.placed(block, |source, placed| match self.given.kind {
            PredictionKind::Class => {
                let values = self.classes(source, placed, &mut shares)?;
                self.count(block, placed, &values, (found, prior, on_cover));
                Ok(())
            }
            PredictionKind::Probability => {
                probability(source, placed, n_classes, &mut shares, found)
            }
        })?;
        Ok(shares.shares())
    }

    /// Adds the classes of a tile; gives its values and which of them are data.
    fn classes(
        &self,
        source: &RasterSource,
        Placed { window, rows, cols }: &Placed,
        shares: &mut ClassShares,
    ) -> Result<(Array2<u8>, Array2<u8>), Error> {
        let is_class = |v: &f64| {
            self.given.classes.classes().iter().any(|c| (f64::from(c.value) - v).abs() < 0.5)
        };
        if let Some(value) = source.info().nodata.filter(is_class) {
            return Err(InputError::new(&source.info().path, "a class is declared to be no data")
                .got(format!("nodata value {value}, a class of `{}`", self.given.classes.id))
                .expected("a nodata value that is no class, or none")
                .hint(
                    "take it off with `gdal_edit.py -unsetnodata FILE`, or name another numbering",
                )
                .into());
        }
        let values = source.read::<u8>(1, *window)?;
        let valid = source.read_valid(*window)?;
        let mut ranks = values.mapv(|value| self.ranks[usize::from(value)]);
        ranks.zip_mut_with(&valid, |rank, &valid| *rank *= valid);
        shares.add_classes(ranks.view(), rows, cols);
        Ok((values, valid))
    }

    /// Counts the values of a tile, those without a class, and those on each cover of the prior.
    fn count(
        &self,
        block: &Grid,
        Placed { rows, cols, .. }: &Placed,
        (values, valid): &(Array2<u8>, Array2<u8>),
        (found, prior, on_cover): (&mut Found, Option<ArrayView2<'_, u16>>, &mut [u64]),
    ) {
        for &(i, row) in rows {
            for &(j, col) in cols.iter().filter(|&&(j, _)| valid[[i, j]] != 0) {
                let value = values[[i, j]];
                found.pixels += 1;
                if self.ranks[usize::from(value)] == 0 {
                    let corner = block.corner(row, col);
                    found.no_class(value, (1, (corner.x, corner.y)));
                }
                let couple = prior.map_or(0, |prior| prior[[row, col]]);
                if couple != 0 {
                    on_cover[Part::place(value, Couple::from_cell(couple).cs)] += 1;
                }
            }
        }
    }
}

/// Adds the probabilities of a tile: bytes as they are, floating point from 0 to 1.
fn probability(
    source: &RasterSource,
    Placed { window, rows, cols }: &Placed,
    n_classes: usize,
    shares: &mut ClassShares,
    found: &mut Found,
) -> Result<(), Error> {
    let info = source.info();
    if info.bands != n_classes {
        return Err(InputError::new(
            &info.path,
            "a raster of probabilities has a band for each class",
        )
        .got(format!("{} bands", info.bands))
        .expected(format!("{n_classes} bands, the classes in the order of their values"))
        .hint("name in `classes` a table of the classes that these predictions have")
        .into());
    }
    let valid = source.read_valid(*window)?;
    let scale = if info.cell_type == CellType::U8 { 1.0 } else { 255.0 };
    for class in 0..n_classes {
        let given = source.read::<f32>(class + 1, *window)?;
        let outside =
            |(&p, &valid): (&f32, &u8)| valid != 0 && !(0.0..=255.0).contains(&(scale * p));
        if let Some((p, _)) = given.iter().zip(&valid).find(|&pair| outside(pair)) {
            return Err(InputError::new(&info.path, "this is no probability")
                .got(format!("{p} in band {}", class + 1))
                .expected("0 to 255 in bytes, or 0 to 1 in floating point")
                .hint("give the outcome of the softmax, not the scores before it")
                .into());
        }
        let given = given.mapv(|p| (scale * p).round() as u8);
        shares.add_probability(class, (given.view(), valid.view()), rows, cols);
    }
    let of_row =
        |&(i, _): &(usize, usize)| cols.iter().filter(|&&(j, _)| valid[[i, j]] != 0).count();
    found.pixels += rows.iter().map(of_row).sum::<usize>() as u64;
    Ok(())
}

/// A map whose keys are no text, as a list of pairs.
mod pairs {
    use std::collections::BTreeMap;

    use nomenclature::ClassId;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Key = (u8, ClassId);

    pub(super) fn serialize<S: Serializer>(
        map: &BTreeMap<Key, u64>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<Key, u64>, D::Error> {
        Ok(Vec::<(Key, u64)>::deserialize(from)?.into_iter().collect())
    }
}

impl Found {
    fn merge(&mut self, other: &Self) {
        self.pixels += other.pixels;
        for (&value, &of_value) in &other.unknown {
            self.no_class(value, of_value);
        }
        for (&key, n) in &other.on_cover {
            *self.on_cover.entry(key).or_default() += n;
        }
    }

    /// More pixels of a value that no class has; of their places the first is kept.
    fn no_class(&mut self, value: u8, (n, at): (u64, (i32, i32))) {
        let of_value = self.unknown.entry(value).or_insert((0, at));
        *of_value = (of_value.0 + n, of_value.1.min(at));
    }

    fn unknown(&self) -> u64 {
        self.unknown.values().map(|of_value| of_value.0).sum()
    }

    /// Refuses what is not what it is said to be, and counts values of no class.
    fn check(&self, ctx: &Context, given: &Prediction) -> Result<(), Error> {
        let fault = |what: &str| InputError::new(&given.files[0], what);
        if self.pixels == 0 {
            return Err(fault("the predictions do not touch the territory")
                .expected("tiles over the communes, with data")
                .hint("check `predictions`, the CRS and the nodata value of the tiles")
                .into());
        }
        let values: Vec<String> = self.unknown.keys().map(ToString::to_string).collect();
        if self.unknown() as f64 > UNKNOWN_MAX * self.pixels as f64 {
            return Err(fault("these values are not those of the numbering")
                .got(format!(
                    "{} of {} pixels of values {}",
                    self.unknown(),
                    self.pixels,
                    values.join(", ")
                ))
                .expected(format!("the values of `{}`", given.classes.id))
                .hint("name another numbering in `classes`, or a YAML table of your own")
                .into());
        }
        for (value, &(n, (x, y))) in &self.unknown {
            let note = format!("value {value}: {n} pixels of no class");
            ctx.tally.count_at(UNKNOWN, Point::new(x, y), 0, note);
        }
        match self.looks_like(ctx, &given.classes)? {
            None => Ok(()),
            Some((other, agreement, own)) => Err(fault("these values look like another numbering")
                .got(format!("`{}` fits the prior on {own:.0} % of the ground", given.classes.id))
                .expected(format!("`{other}`, which fits it on {agreement:.0} %"))
                .hint(format!("write `classes: {other}`"))
                .into()),
        }
    }

    /// Another shipped numbering under which the prediction fits the prior twice as well, with the
    /// shares of the ground on which it and the stated one do, in percent.
    fn looks_like(
        &self,
        ctx: &Context,
        stated: &PredictionClasses,
    ) -> Result<Option<(String, f64, f64)>, Error> {
        let total: u64 = self.on_cover.values().sum();
        if total == 0 {
            return Ok(None);
        }
        let agreement = |classes: &PredictionClasses| -> Result<f64, Error> {
            let table = classes
                .compile(&ctx.config.nomenclature)
                .map_err(|error| Error::internal(error.to_string()))?;
            let ranks = classes.ranks();
            let fits = |&(value, cover): &(u8, ClassId)| {
                let rank = usize::from(ranks[usize::from(value)]).checked_sub(1);
                rank.is_some_and(|rank| table.share(rank, cover) > 0.0)
            };
            let fitting = self.on_cover.iter().filter(|&(key, _)| fits(key));
            Ok(fitting.map(|(_, n)| n).sum::<u64>() as f64 / total as f64)
        };
        let own = agreement(stated)?;
        for other in PredictionClasses::shipped().filter(|other| other.id != stated.id) {
            let fit = agreement(&other)?;
            if fit >= AGREEMENT_MIN && fit > 2.0 * own {
                return Ok(Some((other.id, 100.0 * fit, 100.0 * own)));
            }
        }
        Ok(None)
    }
}
