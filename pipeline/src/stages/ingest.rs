//! Ingest: imagery, evidence and the prior vintage on one grid.
//!
//! Vector layers are held; cells are made block by block, so memory follows the size of a block and
//! the number of shapes, not the extent of the territory.

use std::borrow::Cow;

use kernels::grid::Window;
use kernels::placed::Placed;
use ndarray::{Array2, Array3, Axis, s};
use nomenclature::Couple;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::blocks::{Block, Blocks, Shards};
use crate::config::{EvidenceKind, Prior};
use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::date::Date;
use crate::error::Error;
use crate::io::cube::{SHARD, shard_shape};
use crate::io::gdal;
use crate::land::Land;
use crate::stage_report::StageReport;
use crate::stages::prior::{self, Corrected};
use crate::survey::{Mosaics, Survey};
use crate::tally::Tally;

mod evidence;
mod images;
mod predictions;
mod strips;

use evidence::Shapes;
use images::{HeightImages, Images, Void};
use predictions::{Found, Reading};

/// Puts every input on the working grid.
///
/// # Errors
/// An input cannot be read, or is not fit for the territory: see [`Survey::look`].
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let flaws = Tally::default();
    let sources = Sources::read(ctx, &flaws)?;
    if ctx.share.prepares() {
        cube::create(ctx, sources.land.frame)?;
    }
    let blocks = Blocks::open(ctx, sources.land.frame)?;
    let report = blocks.prepared(|tally| {
        tally.absorb(&flaws.flaws());
        sources.survey(ctx, tally)
    })?;
    let layers = Layers::open(&blocks, &sources)?;
    gdal::keep_tiles(layers.cache_bytes());
    let Some(of_blocks) = blocks.each(layers.n_passes(), |block| layers.fill(block))? else {
        return Ok(report);
    };
    layers.seal(&blocks, &of_blocks, report)
}

/// The inputs as every process holds them: vector layers read, headers of images.
struct Sources<'a> {
    land: Land,
    mosaics: Cow<'a, Mosaics>,
    /// The prior, and which blocks its polygons touch.
    prior: Option<(Corrected, Placed)>,
    /// Layers of evidence with their ranks in the array.
    evidence: Vec<(usize, Shapes)>,
}

impl<'a> Sources<'a> {
    fn read(ctx: &Context<'a>, tally: &Tally) -> Result<Self, Error> {
        let config = ctx.config;
        let land = Land::read(config, tally)?;
        let placed = |given: &Prior| -> Result<_, Error> {
            let prior = prior::corrected(ctx, given, tally)?;
            let placed = Placed::polygons(&prior.vintage.polygons, land.grid(), SHARD);
            Ok((prior, placed))
        };
        let prior = config.prior.as_ref().map(placed).transpose()?;
        let mut evidence = Vec::new();
        for (rank, kind) in EvidenceKind::ALL.into_iter().enumerate() {
            if let Some(layer) = config.evidence.get(kind) {
                evidence.push((rank, Shapes::read(layer, land.frame, tally)?));
            }
        }
        Ok(Self { mosaics: ctx.mosaics()?, land, prior, evidence })
    }

    /// Looks at what they hold of the territory.
    fn survey(&self, ctx: &Context, tally: &Tally) -> Result<StageReport, Error> {
        let polygons = self.prior.as_ref().map(|(prior, _)| &prior.vintage.polygons[..]);
        let survey = Survey::look(ctx.config, &self.mosaics, &self.land, polygons)?;
        survey.say();
        survey.count_in(tally);
        Ok(StageReport::default()
            .figure("cells", self.land.grid().n_cells())
            .figure("cells_in_territory", survey.cells_in_territory())
            .figure("coverage", survey.figures()))
    }

    /// What is known of each layer of evidence, by its key.
    fn of_evidence(&self, what: impl Fn(&Shapes) -> Value) -> Map<String, Value> {
        let one = |(rank, shapes): &(usize, Shapes)| {
            (EvidenceKind::ALL[*rank].key().to_owned(), what(shapes))
        };
        self.evidence.iter().map(one).collect()
    }
}

/// What a block leaves besides cells.
#[derive(Serialize, Deserialize)]
struct OfBlock {
    images: Vec<Void>,
    heights: Vec<Void>,
    prior_cells: u64,
    predictions: Vec<Found>,
}

/// The arrays of the stage with what they are made from.
struct Layers<'a> {
    sources: &'a Sources<'a>,
    images: Vec<Images<'a>>,
    heights: Vec<HeightImages<'a>>,
    predictions: Vec<Reading<'a>>,
    evidence: Shards<u8>,
    /// Couples and objects of the prior.
    prior: Option<(Shards<u16>, Shards<u32>)>,
    /// What a vintage from scratch starts from: no couple and no object.
    bare: Option<(Shards<u16>, Shards<u32>)>,
}

impl<'a> Layers<'a> {
    fn open(blocks: &Blocks<'a>, sources: &'a Sources<'a>) -> Result<Self, Error> {
        let (config, land, mosaics) = (blocks.ctx().config, &sources.land, &*sources.mosaics);
        let (mut images, mut heights, mut predictions) = (Vec::new(), Vec::new(), Vec::new());
        for (date, given) in Date::of(config) {
            images.push(Images::open(blocks, land, mosaics, (date, given))?);
            if let Some(given) = &given.heights {
                heights.push(HeightImages::open(blocks, land, mosaics, (date, given))?);
            }
            for (rank, given) in date.predictions(config).iter().enumerate() {
                let given = (date, rank, given);
                predictions.push(Reading::open(blocks, land.grid(), mosaics, given)?);
            }
        }
        let natures = sources.of_evidence(|shapes| json!(shapes.natures));
        let notes = Map::from_iter([("natures".to_owned(), Value::Object(natures))]);
        let names = EvidenceKind::ALL.map(EvidenceKind::key);
        let pair = |couples, objects, notes| -> Result<_, Error> {
            let couples = blocks.array(couples, (&[], Map::new()))?;
            Ok((couples, blocks.array(objects, (&[], notes))?))
        };
        let of_prior = |(prior, _): &(Corrected, Placed)| {
            pair(Quantity::Prior, Quantity::PriorObject, notes_of_prior(prior))
        };
        let bare = || pair(Quantity::Bare, Quantity::BareObject, Map::new());
        Ok(Self {
            sources,
            images,
            heights,
            predictions,
            evidence: blocks.array(Quantity::Evidence, (&names, notes))?,
            prior: sources.prior.as_ref().map(of_prior).transpose()?,
            bare: config.scratch.then(bare).transpose()?,
        })
    }

    /// How often the cells of a block are gone through from images.
    fn n_passes(&self) -> usize {
        self.images.len() + self.heights.len() + self.predictions.len()
    }

    /// The decoded tiles to keep: products are read one after the other.
    fn cache_bytes(&self) -> usize {
        let images = self.images.iter().map(Images::strips);
        let heights = self.heights.iter().map(HeightImages::strips);
        let predictions = self.predictions.iter().map(Reading::strips);
        let all = images.chain(heights).chain(predictions);
        all.map(strips::ByStrips::cache_bytes).max().unwrap_or(0)
    }

    /// Fills a block of every array.
    fn fill(&self, block: &mut Block<'_>) -> Result<OfBlock, Error> {
        let land = &self.sources.land;
        let mut of_block = OfBlock {
            images: Vec::new(),
            heights: Vec::new(),
            prior_cells: 0,
            predictions: Vec::new(),
        };
        for images in &self.images {
            of_block.images.push(images.fill(land, block)?);
        }
        for heights in &self.heights {
            of_block.heights.push(heights.fill(land, block)?);
        }
        block.write(&self.evidence, self.evidence_on(block.window))?;
        let couples = self.prior_on(block)?;
        let known = couples.iter().flatten().filter(|&&couple| couple != 0);
        of_block.prior_cells = known.count() as u64;
        for reading in &self.predictions {
            let found = reading.fill(land.grid(), couples.as_ref(), block)?;
            of_block.predictions.push(found);
        }
        if let Some((couples, objects)) = &self.bare {
            let shape = (1, block.window.rows, block.window.cols);
            block.write(couples, Array3::zeros(shape))?;
            block.write(objects, Array3::zeros(shape))?;
        }
        Ok(of_block)
    }

    /// Burns every evidence layer over a shard; a layer that is not given stays empty.
    fn evidence_on(&self, window: Window) -> Array3<u8> {
        let grid = self.sources.land.grid();
        let mut cells = Array3::zeros(shard_shape(grid, EvidenceKind::ALL.len()));
        for (rank, shapes) in &self.sources.evidence {
            let mut plane = cells.slice_mut(s![*rank, ..window.rows, ..window.cols]);
            shapes.burn(window, &mut plane);
        }
        cells
    }

    /// Burns the prior's objects and couples; gives the couples.
    fn prior_on(&self, block: &mut Block<'_>) -> Result<Option<Array2<u16>>, Error> {
        let (Some((prior, placed)), Some((couples, objects))) = (&self.sources.prior, &self.prior)
        else {
            return Ok(None);
        };
        let prior = &prior.vintage;
        let ranks: Array2<u32> =
            placed.rasterise(&prior.polygons, |rank| rank as u32 + 1, block.window);
        let of_object = ranks.mapv(|object| {
            let rank = object.checked_sub(1);
            rank.map_or(Couple::NODATA, |rank| prior.couples[rank as usize]).to_cell()
        });
        block.write(objects, ranks.insert_axis(Axis(0)))?;
        block.write(couples, of_object.view().insert_axis(Axis(0)))?;
        Ok(Some(of_object))
    }

    /// Holds what all blocks found against the limits, and puts the arrays in place.
    fn seal(
        &self,
        blocks: &Blocks<'_>,
        of_blocks: &[OfBlock],
        mut report: StageReport,
    ) -> Result<StageReport, Error> {
        let voids = |of: &dyn Fn(&OfBlock) -> Void| of_blocks.iter().map(of).collect::<Vec<_>>();
        for (rank, images) in self.images.iter().enumerate() {
            report = images.seal(blocks, &voids(&|block| block.images[rank]), report)?;
        }
        for (rank, heights) in self.heights.iter().enumerate() {
            report = heights.seal(blocks, &voids(&|block| block.heights[rank]), report)?;
        }
        let features = self.sources.of_evidence(|shapes| json!(shapes.n_features));
        report =
            report.hashed(blocks.publish(&self.evidence)?).figure("evidence_features", features);
        if let (Some((prior, _)), Some((couples, objects))) = (&self.sources.prior, &self.prior) {
            let cells: u64 = of_blocks.iter().map(|block| block.prior_cells).sum();
            report = report
                .hashed(blocks.publish(objects)?)
                .hashed(blocks.publish(couples)?)
                .figure("prior_polygons", prior.vintage.n_polygons())
                .figure("prior_polygons_corrected", prior.ranks.len())
                .figure("prior_cells", cells);
        }
        for (rank, reading) in self.predictions.iter().enumerate() {
            let found = of_blocks.iter().map(|block| &block.predictions[rank]);
            report = reading.seal(blocks, found, report)?;
        }
        if let Some((couples, objects)) = &self.bare {
            report = report.hashed(blocks.publish(couples)?).hashed(blocks.publish(objects)?);
        }
        Ok(report)
    }
}

/// Which objects of the prior are ossature, and which are as somebody corrected them.
fn notes_of_prior(
    Corrected { vintage: prior, ranks: corrected }: &Corrected,
) -> Map<String, Value> {
    let is_ossature = |rank: &usize| prior.objects[*rank].ossature;
    let ossature: Vec<usize> = (0..prior.n_polygons()).filter(is_ossature).collect();
    let notes = [(cube::OSSATURE, json!(ossature)), (cube::CORRECTED, json!(corrected))];
    notes.map(|(name, ranks)| (name.to_owned(), ranks)).into_iter().collect()
}
