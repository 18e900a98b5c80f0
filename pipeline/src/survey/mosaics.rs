//! The products of images of a run, headers read.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::misfit;
use crate::config::Config;
use crate::date::Date;
use crate::error::Error;
use crate::inputs;
use crate::io::raster::RasterInfo;
use crate::mosaic::Mosaic;

/// Every product of images, heights and predictions of a run, by its key in the configuration.
#[derive(Debug, Clone, Default)]
pub struct Mosaics {
    products: BTreeMap<String, Mosaic>,
    /// The files as they were before they were opened.
    files: Vec<(PathBuf, Option<Identity>)>,
}

/// What another file in the place of one differs in: device, number, bytes, and times of the last
/// change of its content and of its name.
type Identity = (u64, u64, u64, [i64; 2], [i64; 2]);

impl Mosaics {
    /// Reads the headers of every file.
    ///
    /// # Errors
    /// A file cannot be opened, or does not fit the others of its product, with the share of the
    /// territory that they leave uncovered; the cells are smaller than the pixels of the imagery.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let mut mosaics = Self::default();
        for (date, given) in Date::of(config) {
            for (kind, files) in [("rvb", &given.rvb), ("irc", &given.irc)] {
                let mosaic = mosaics.read(config, files, inputs::ortho)?;
                let mosaic = mosaic.for_cells(config.cell_m(), given.reduced)?;
                mosaics.products.insert(key(date, kind), mosaic);
            }
            for (kind, files) in given.heights.iter().flat_map(|heights| heights.products()) {
                let mosaic = mosaics.read(config, files, inputs::heights)?;
                mosaics.products.insert(key(date, kind), mosaic);
            }
            for (rank, given) in date.predictions(config).iter().enumerate() {
                let fit = inputs::prediction_of(given.kind);
                let mosaic = mosaics.read(config, &given.files, fit)?;
                mosaics.products.insert(key(date, &prediction(rank)), mosaic);
            }
        }
        Ok(mosaics)
    }

    /// Reads the headers of a product.
    fn read(
        &mut self,
        config: &Config,
        files: &[PathBuf],
        fit: fn(&RasterInfo) -> Result<(), Error>,
    ) -> Result<Mosaic, Error> {
        self.files.extend(files.iter().map(|path| (path.clone(), identity(path))));
        Mosaic::sort_out(files, config.crs.0, fit)?
            .map_err(|found| misfit(config, *found, files.len()))
    }

    /// Whether every file is still the one whose header was read.
    pub(crate) fn are_current(&self) -> bool {
        self.files.iter().all(|(path, was)| was.is_some() && identity(path) == *was)
    }

    /// A product of a date, such as `rvb`.
    ///
    /// # Panics
    /// When the configuration has no such product.
    pub(crate) fn of(&self, date: Date, kind: &str) -> &Mosaic {
        self.products.get(&key(date, kind)).expect("every product of the configuration was opened")
    }

    /// Every product.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Mosaic> {
        self.products.values()
    }
}

fn identity(path: &Path) -> Option<Identity> {
    let file = path.metadata().ok()?;
    let times = ([file.mtime(), file.mtime_nsec()], [file.ctime(), file.ctime_nsec()]);
    Some((file.dev(), file.ino(), file.len(), times.0, times.1))
}

/// The key of a product in the configuration: `imagery.rvb`, `prior.imagery.mnh`, `predictions[1]`.
pub(super) fn key(date: Date, kind: &str) -> String {
    if kind.starts_with("predictions") { date.key(kind) } else { date.key("imagery") + "." + kind }
}

/// What [`Mosaics::of`] calls a prediction of a date, by its rank.
pub(crate) fn prediction(rank: usize) -> String {
    format!("predictions[{rank}]")
}
