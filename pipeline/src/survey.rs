//! What the inputs hold of the territory, told before the first block: headers, boxes and a few
//! places of every tile.
//!
//! What makes a run pointless is an error with the share of the territory that it concerns; what
//! it can do without is a finding, counted and told. [`Limits`] says where one becomes the other.

mod evidence;
mod mosaics;
mod patch;
mod places;

use std::path::{Path, PathBuf};

use kernels::accuracy::Share;
use kernels::grid::Window;
use kernels::lattice::{Point, Polygon};
use kernels::placed::Placed;
use ndarray::parallel::prelude::*;
use serde_json::{Map, Value, json};

use crate::config::{Config, Imagery, Layer, Limits, Prior};
use crate::date::Date;
use crate::error::{Error, InputError};
use crate::io::cube::SHARD;
use crate::io::vector::VectorSource;
use crate::land::Land;
use crate::mosaic::{Misfit, Mosaic};
use crate::tally::Tally;
use crate::{talk, units};
pub use mosaics::Mosaics;
pub(crate) use mosaics::prediction;
use patch::{Patch, share_under, tiles_over};
use places::Shown;

/// Something that a run can do without.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    /// What it is, in a sentence for the terminal.
    text: String,
    /// What it is among the flaws of the data; `None` when a stage counts that itself.
    flaw: Option<Flaw>,
}

/// A flaw of the data as the survey counts it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Flaw {
    key: &'static str,
    /// The product or the layer.
    note: String,
    at: Point,
    cells: u64,
}

/// What the inputs hold of the territory.
#[derive(Debug)]
pub struct Survey {
    findings: Vec<Finding>,
    figures: Map<String, Value>,
    cells_in_territory: u64,
    cell_area_m2: f64,
    /// Twice the area of a cell, in square lattice steps.
    cell_twice_area: i128,
}

/// One product of images, and what too little of it is called.
struct Product<'a> {
    /// Its key in the configuration, such as `imagery.rvb`.
    key: String,
    files: &'a [PathBuf],
    mosaic: &'a Mosaic,
    /// What is ground without a tile; the name of the limit of its share, and its value.
    missing: (&'static str, (&'static str, f64)),
    /// What is ground of several tiles, and what becomes of it.
    twice: (&'static str, &'static str),
}

/// Ground of several images, and of several tiles of anything else.
const FIRST_COUNTS: (&str, &str) =
    ("tiles_overlap", "the first in the order of the paths that fills a cell counts there");
const ALL_COUNT: (&str, &str) = ("tiles_overlap_all", "all their pixels count there");
/// A product may be missing anywhere.
const OPTIONAL: (&str, f64) = ("", 1.0);

/// Cells of a block, or of all, that lack something or have it twice.
#[derive(Clone, Default)]
struct Counts {
    inside: u64,
    /// For each product: no tile, several tiles.
    products: Vec<(Patch, Patch)>,
    no_prior: Patch,
}

impl Survey {
    /// Looks at every input of a run.
    ///
    /// * `prior`: the polygons of the prior vintage, when there is one.
    ///
    /// # Errors
    /// An input cannot be read, the bands of RVB and IRC are not in their order, or the images, the
    /// heights or the prior leave more of the territory without than [`Limits`] allows, or all of
    /// it; a layer of evidence lies elsewhere.
    pub fn look(
        config: &Config,
        mosaics: &Mosaics,
        land: &Land,
        prior: Option<&[Polygon]>,
    ) -> Result<Self, Error> {
        let products = products(config, mosaics);
        let counts = count(land, &products, prior.unwrap_or_default());
        let mut survey = Self {
            findings: Vec::new(),
            figures: Map::new(),
            cells_in_territory: counts.inside,
            cell_area_m2: land.grid().cell_area_m2(),
            cell_twice_area: 2 * i128::from(land.grid().cell).pow(2),
        };
        survey.figure("territory", json!({ "m2": counts.inside as f64 * survey.cell_area_m2 }));
        for (product, (without, twice)) in products.iter().zip(&counts.products) {
            survey.product(product, *without, *twice, counts.inside)?;
        }
        if let Some(prior) = &config.prior {
            survey.prior(config, prior, counts.no_prior, counts.inside)?;
        }
        for (date, given) in Date::of(config) {
            let (rvb, irc) = (mosaics.of(date, "rvb"), mosaics.of(date, "irc"));
            let shown = places::look(land, (date, given), rvb, irc, config.cell_m())?;
            survey.void((date, given), shown, &config.limits)?;
        }
        for layer in &config.evidence.layers {
            survey.evidence(layer, land, counts.inside)?;
        }
        Ok(survey)
    }

    /// [`Survey::look`] at the vector files of a configuration as well.
    ///
    /// # Errors
    /// As [`Survey::look`]; the communes or the prior cannot be read.
    pub fn of_files(config: &Config, mosaics: &Mosaics) -> Result<Self, Error> {
        let unheard = Tally::default();
        let land = Land::read(config, &unheard)?;
        let prior = config.prior.as_ref().map(|prior| shapes(&prior.layer, config.crs.0));
        Self::look(config, mosaics, &land, prior.transpose()?.as_deref())
    }

    /// Working cells whose centre lies in the territory.
    pub fn cells_in_territory(&self) -> u64 {
        self.cells_in_territory
    }

    /// Says every finding.
    pub fn say(&self) {
        self.findings.iter().for_each(|finding| talk::warning(&finding.text));
    }

    /// Counts every finding among the flaws of the data.
    pub fn count_in(&self, tally: &Tally) {
        for Flaw { key, note, at, cells } in self.findings.iter().filter_map(|f| f.flaw.as_ref()) {
            let twice_area = i128::from(*cells) * self.cell_twice_area;
            tally.count_at(key, *at, twice_area, note.clone());
        }
    }

    /// What was found, for the manifest.
    pub fn figures(&self) -> Value {
        Value::Object(self.figures.clone())
    }

    fn figure(&mut self, key: &str, value: Value) {
        self.figures.insert(key.to_owned(), value);
    }

    fn area_m2(&self, patch: Patch) -> f64 {
        patch.cells as f64 * self.cell_area_m2
    }

    /// `12.5 % of the territory (0.50 km2), between ...`.
    fn extent(&self, patch: Patch, n_inside: u64) -> String {
        format!(
            "{} of the territory ({:.2} km2), {}",
            units::percent(patch.share(n_inside)),
            self.area_m2(patch) / 1e6,
            patch.whereabouts()
        )
    }

    fn find(&mut self, key: &'static str, patch: Patch, note: &str, text: String) {
        let (note, cells) = (note.to_owned(), patch.cells);
        let flaw = patch.place().map(|at| Flaw { key, note, at, cells });
        self.findings.push(Finding { text, flaw });
    }

    /// Tiles that are missing, and tiles that overlap.
    fn product(
        &mut self,
        product: &Product<'_>,
        without: Patch,
        twice: Patch,
        n_inside: u64,
    ) -> Result<(), Error> {
        let key = product.key.as_str();
        let extent = self.extent(without, n_inside);
        let fault = |what: String| {
            InputError::new(&product.files[0], what)
                .concerns(extent.clone())
                .hint(format!("add the missing tiles; check `{key}` and the CRS of the tiles"))
        };
        if without.cells == n_inside {
            let what = format!("the tiles of `{key}` do not touch the territory");
            return Err(fault(what).expected("tiles over the communes").into());
        }
        let (flaw, (name, most)) = product.missing;
        if without.share(n_inside) > most {
            return Err(fault(format!("tiles of `{key}` are missing"))
                .got(format!("no tile over {}", units::percent(without.share(n_inside))))
                .expected(format!("at most {} (`limits.{name}`)", units::percent(most)))
                .into());
        }
        if without.cells > 0 {
            self.find(flaw, without, key, format!("`{key}` has no tile over {extent}"));
        }
        if twice.cells > 0 {
            let extent = self.extent(twice, n_inside);
            let (flaw, rule) = product.twice;
            self.find(flaw, twice, key, format!("tiles of `{key}` overlap on {extent}: {rule}"));
        }
        let figures = json!({
            "tiles": product.files.len(),
            "pixel_m": product.mosaic.pixel_m,
            "level": product.mosaic.level(),
            "without_tile_m2": self.area_m2(without),
            "overlap_m2": self.area_m2(twice),
        });
        self.figure(key, figures);
        Ok(())
    }

    /// Ground that the prior does not cover.
    fn prior(
        &mut self,
        config: &Config,
        prior: &Prior,
        without: Patch,
        n_inside: u64,
    ) -> Result<(), Error> {
        let extent = self.extent(without, n_inside);
        // From scratch, the prior only teaches: a part of the territory may do.
        let most = if config.scratch { 1.0 } else { config.limits.no_prior };
        if without.cells == n_inside || without.share(n_inside) > most {
            let path: &Path = &prior.layer.path;
            return Err(InputError::new(path, "the prior does not cover the territory")
                .got(format!("no polygon over {}", units::percent(without.share(n_inside))))
                .expected(format!("at most {} (`limits.no_prior`)", units::percent(most)))
                .concerns(extent)
                .hint("give the vintage of the whole department; check the CRS of both layers")
                .into());
        }
        if without.cells > 0 {
            let text = format!("the prior has no polygon over {extent}");
            self.find("ground_without_prior", without, "prior", text);
        }
        self.figure("prior", json!({ "without_m2": self.area_m2(without) }));
        Ok(())
    }

    /// Ground without data under the tiles, from places of every tile.
    fn void(
        &mut self,
        (date, given): (Date, &Imagery),
        Shown { n_places, cells, void }: Shown,
        limits: &Limits,
    ) -> Result<(), Error> {
        let (key, share) = (date.key("imagery"), void as f64 / cells.max(1) as f64);
        let about = format!("about {} of the territory", units::percent(share));
        // The places are few: only what is surely over the limit stops a run before it starts.
        let right = (share * n_places as f64).round() as u64;
        if Share::of(right, n_places).low > limits.no_imagery {
            return Err(InputError::new(&given.rvb[0], "too many pixels hold no data")
                .got(format!("{} of the pixels at {n_places} places", units::percent(share)))
                .expected(format!(
                    "at most {} (`limits.no_imagery`)",
                    units::percent(limits.no_imagery)
                ))
                .concerns(about)
                .hint(format!("check the nodata value and the masks of `{key}`"))
                .into());
        }
        if void > 0 {
            // `ingest` counts the cells themselves.
            let text = format!("pixels of `{key}` hold no data on {about}, from {n_places} places");
            self.findings.push(Finding { text, flaw: None });
        }
        self.figure(&format!("{key}.void"), json!({ "share": share, "places": n_places }));
        Ok(())
    }
}

/// The polygons of a layer, whatever their codes.
fn shapes(layer: &Layer, epsg: u32) -> Result<Vec<Polygon>, Error> {
    let source = VectorSource::open(&layer.path, layer.layer.as_deref())?.assume_epsg(epsg);
    let mut polygons = Vec::new();
    for feature in source.features(&[], epsg)? {
        polygons.extend(feature?.polygons);
    }
    Ok(polygons)
}

/// A fault of the files of a product, with the share of the territory that the other files leave
/// uncovered.
///
/// The share is left out when the communes cannot be read: that is told once the images are right.
fn misfit(config: &Config, misfit: Misfit, n_files: usize) -> Error {
    let Misfit { fault, n_faulty, rest } = misfit;
    let files = format!("{n_faulty} of {n_files} files");
    let Ok(land) = Land::read(config, &Tally::default()) else {
        return fault.concerns(files).into();
    };
    let rest: Vec<_> = rest.tiles.iter().collect();
    let share = units::percent(1.0 - share_under(&land, &rest));
    fault.concerns(format!("{files}, {share} of the territory without them")).into()
}

/// Every product of images, heights and predictions of a run.
fn products<'a>(config: &'a Config, mosaics: &'a Mosaics) -> Vec<Product<'a>> {
    let Limits { no_imagery, no_heights, .. } = config.limits;
    let mut products = Vec::new();
    for (date, given) in Date::of(config) {
        let mut add = |kind: &str, files: &'a [PathBuf], missing, twice| {
            let (key, mosaic) = (mosaics::key(date, kind), mosaics.of(date, kind));
            products.push(Product { key, files, mosaic, missing, twice });
        };
        for (kind, files) in [("rvb", &given.rvb), ("irc", &given.irc)] {
            let missing = ("ground_without_tile", ("no_imagery", no_imagery));
            add(kind, files, missing, FIRST_COUNTS);
        }
        for (kind, files) in given.heights.iter().flat_map(|heights| heights.products()) {
            let missing = ("ground_without_height", ("no_heights", no_heights));
            add(kind, files, missing, ALL_COUNT);
        }
        for (rank, given) in date.predictions(config).iter().enumerate() {
            let missing = ("ground_without_prediction", OPTIONAL);
            add(&prediction(rank), &given.files, missing, ALL_COUNT);
        }
    }
    products
}

/// Counts the cells of the territory that each product and the prior leave out, block by block.
fn count(land: &Land, products: &[Product<'_>], prior: &[Polygon]) -> Counts {
    let placed = Placed::polygons(prior, land.grid(), SHARD);
    let of_block = |window: Window| {
        let (block, inside) = (land.grid().sub(window), land.inside(window));
        let covered = placed.rasterise(prior, |_| 1_u8, window);
        let of_product = |product: &Product<'_>| {
            let over = tiles_over(product.mosaic.tiles.iter(), &block);
            (
                Patch::of(&block, &inside, &over, |n| n == 0),
                Patch::of(&block, &inside, &over, |n| n > 1),
            )
        };
        Counts {
            inside: inside.iter().map(|&cell| u64::from(cell)).sum(),
            products: products.iter().map(of_product).collect(),
            no_prior: Patch::of(&block, &inside, &covered, |n| n == 0),
        }
    };
    land.blocks().into_par_iter().map(of_block).reduce(
        || Counts {
            products: vec![<(Patch, Patch)>::default(); products.len()],
            ..Counts::default()
        },
        |a, b| {
            let both = |(a, b): (&(Patch, Patch), &(Patch, Patch))| (a.0.and(b.0), a.1.and(b.1));
            Counts {
                inside: a.inside + b.inside,
                products: a.products.iter().zip(&b.products).map(both).collect(),
                no_prior: a.no_prior.and(b.no_prior),
            }
        },
    )
}
