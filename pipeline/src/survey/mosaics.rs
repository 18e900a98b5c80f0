//! The products of images of a run, headers read.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::date::Date;
use crate::error::Error;
use crate::inputs;
use crate::mosaic::Mosaic;

/// Every product of images, heights and predictions of a run, by its key in the configuration.
#[derive(Debug)]
pub struct Mosaics(BTreeMap<String, Mosaic>);

impl Mosaics {
    /// Reads the headers of every file.
    ///
    /// # Errors
    /// A file cannot be opened, or does not fit the others of its product.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let epsg = config.crs.0;
        let mut mosaics = BTreeMap::new();
        for (date, given) in Date::of(config) {
            for (kind, files) in [("rvb", &given.rvb), ("irc", &given.irc)] {
                let mosaic = Mosaic::of_images(files, epsg, config.cell_m(), given.reduced)?;
                mosaics.insert(key(date, kind), mosaic);
            }
            for (kind, files) in given.heights.iter().flat_map(|heights| heights.products()) {
                mosaics.insert(key(date, kind), Mosaic::open(files, epsg, inputs::heights)?);
            }
            for (rank, given) in date.predictions(config).iter().enumerate() {
                let mosaic = Mosaic::open(&given.files, epsg, inputs::prediction_of(given.kind))?;
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

/// The key of a product in the configuration: `imagery.rvb`, `prior.imagery.mnh`, `predictions[1]`.
pub(super) fn key(date: Date, kind: &str) -> String {
    if kind.starts_with("predictions") { date.key(kind) } else { date.key("imagery") + "." + kind }
}

/// What [`Mosaics::of`] calls a prediction of a date, by its rank.
pub(crate) fn prediction(rank: usize) -> String {
    format!("predictions[{rank}]")
}
