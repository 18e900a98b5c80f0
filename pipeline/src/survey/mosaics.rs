//! The products of images of a run, headers read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::misfit;
use crate::config::Config;
use crate::date::Date;
use crate::error::Error;
use crate::inputs;
use crate::io::raster::RasterInfo;
use crate::mosaic::Mosaic;

/// Every product of images, heights and predictions of a run, by its key in the configuration.
#[derive(Debug, Clone, Default)]
pub struct Mosaics(BTreeMap<String, Mosaic>);

impl Mosaics {
    /// Reads the headers of every file.
    ///
    /// # Errors
    /// A file cannot be opened, or does not fit the others of its product, with the share of the
    /// territory that they leave uncovered; the cells are smaller than the pixels of the imagery.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let mut mosaics = BTreeMap::new();
        for (date, given) in Date::of(config) {
            for (kind, files) in [("rvb", &given.rvb), ("irc", &given.irc)] {
                let mosaic = product(config, files, inputs::ortho)?;
                let mosaic = mosaic.for_cells(config.cell_m(), given.reduced)?;
                mosaics.insert(key(date, kind), mosaic);
            }
            for (kind, files) in given.heights.iter().flat_map(|heights| heights.products()) {
                mosaics.insert(key(date, kind), product(config, files, inputs::heights)?);
            }
            for (rank, given) in date.predictions(config).iter().enumerate() {
                let mosaic = product(config, &given.files, inputs::prediction_of(given.kind))?;
                mosaics.insert(key(date, &prediction(rank)), mosaic);
            }
        }
        Ok(Self(mosaics))
    }

    /// A product of a date, such as `rvb`.
    ///
    /// # Panics
    /// When the configuration has no such product.
    pub(crate) fn of(&self, date: Date, kind: &str) -> &Mosaic {
        self.0.get(&key(date, kind)).expect("every product of the configuration was opened")
    }

    /// Every product.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Mosaic> {
        self.0.values()
    }
}

/// Reads the headers of a product.
fn product(
    config: &Config,
    files: &[PathBuf],
    fit: fn(&RasterInfo) -> Result<(), Error>,
) -> Result<Mosaic, Error> {
    Mosaic::sort_out(files, config.crs.0, fit)?.map_err(|found| misfit(config, *found, files.len()))
}

/// The key of a product in the configuration: `imagery.rvb`, `prior.imagery.mnh`, `predictions[1]`.
pub(super) fn key(date: Date, kind: &str) -> String {
    if kind.starts_with("predictions") { date.key(kind) } else { date.key("imagery") + "." + kind }
}

/// What [`Mosaics::of`] calls a prediction of a date, by its rank.
pub(crate) fn prediction(rank: usize) -> String {
    format!("predictions[{rank}]")
}
