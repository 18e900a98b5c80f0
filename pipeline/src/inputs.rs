//! The input files' headers, looked at before the first cell is computed.

use crate::config::{Config, Layer, PredictionKind};
use crate::date::Date;
use crate::error::{Error, InputError};
use crate::io::raster::{CellType, RasterInfo};
use crate::io::vector::VectorSource;
use crate::model::ModelFile;
use crate::quality;
use crate::survey::Mosaics;

/// What the headers say together.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Number of image files.
    pub n_images: usize,
    /// Size of the image files on disk, in bytes.
    pub image_bytes: u64,
    /// Ground covered by the RVB images, overlaps counted twice, in square metres.
    pub ground_m2: f64,
    /// Side of their pixels as they are read, in metres.
    pub pixel_m: f64,
    /// Every product of images.
    pub mosaics: Mosaics,
}

impl Inputs {
    /// Opens every input: format, CRS, bands, cells and layers must be what a run needs.
    ///
    /// # Errors
    /// [`Error::Input`] for the first file that is not, [`Error::Read`] for an unreadable one.
    pub fn inspect(config: &Config) -> Result<Self, Error> {
        let mosaics = Mosaics::open(config)?;
        let rvb = mosaics.of(Date::Now, "rvb");
        let (ground_m2, pixel_m) = (rvb.ground_m2(), rvb.pixel_m);
        let mut inputs = Self { n_images: 0, image_bytes: 0, ground_m2, pixel_m, mosaics };
        for path in config.images() {
            inputs.n_images += 1;
            inputs.image_bytes += std::fs::metadata(path).map_err(Error::read(path))?.len();
        }
        if let Some(path) = &config.model {
            ModelFile::read(path)?.fitted(config, path)?;
        }
        if let Some(path) = &config.quality {
            quality::Unplaced::read(path)?;
        }
        if let Some(prior) = &config.prior {
            open(&prior.layer)?;
        }
        for evidence in &config.evidence.layers {
            let source = open(&evidence.layer)?;
            for column in evidence.width_field.iter().chain(&evidence.nature_field) {
                source.require_column(&[column])?;
            }
        }
        open(&config.territories.communes)?;
        for layer in config.territories.optional() {
            open(layer)?;
        }
        Ok(inputs)
    }

    /// Cells of the working grid, from the ground that the images cover.
    pub fn n_cells(&self, config: &Config) -> u64 {
        (self.ground_m2 / (config.cell_m() * config.cell_m())).ceil() as u64
    }
}

/// Checks that a raster has the bands and cells of an ortho image.
///
/// # Errors
/// It has fewer than three bands, or cells that are not 8-bit.
pub fn ortho(info: &RasterInfo) -> Result<(), Error> {
    info.require_cells::<u8>()?;
    if info.bands >= 3 {
        return Ok(());
    }
    let fault = InputError::new(&info.path, "an ortho image needs three bands")
        .expected("red, green, blue in `rvb`; near infrared, red, green in `irc`");
    Err(if info.has_palette {
        fault
            .got("one band of colour numbers")
            .hint("write its colours as bands: `gdal_translate -expand rgb IN OUT`")
    } else {
        fault
            .got(format!("{} band(s)", info.bands))
            .hint("give the product as it was delivered, not a part of it")
    }
    .into())
}

/// Checks that a raster holds heights: one band of any numbers.
///
/// # Errors
/// It has several bands.
pub fn heights(info: &RasterInfo) -> Result<(), Error> {
    if info.bands == 1 {
        return Ok(());
    }
    Err(InputError::new(&info.path, "a raster of heights has one band")
        .got(format!("{} bands", info.bands))
        .expected("metres, in one band")
        .into())
}

/// The check of the rasters of a kind of predictions.
pub fn prediction_of(kind: PredictionKind) -> fn(&RasterInfo) -> Result<(), Error> {
    match kind {
        PredictionKind::Class => class_raster,
        PredictionKind::Probability => probabilities,
    }
}

/// Checks that a raster holds classes: one band of bytes, of which none that is a class means no data.
///
/// # Errors
/// It has several bands, or wider cells.
pub fn class_raster(info: &RasterInfo) -> Result<(), Error> {
    info.require_cells::<u8>()?;
    if info.bands == 1 {
        return Ok(());
    }
    Err(InputError::new(&info.path, "a raster of predicted classes has one band")
        .got(format!("{} bands", info.bands))
        .expected("the number of a class, in one band")
        .hint("for one band per class write `kind: probability`")
        .into())
}

/// Checks that a raster may hold probabilities of classes: several bands, of bytes or floating point.
///
/// # Errors
/// It has one band, or cells of another type.
pub fn probabilities(info: &RasterInfo) -> Result<(), Error> {
    if info.bands > 1 && matches!(info.cell_type, CellType::U8 | CellType::Float) {
        return Ok(());
    }
    Err(InputError::new(&info.path, "a raster of probabilities has a band for each class")
        .got(format!("{} band(s) of {}", info.bands, info.cell_type.name()))
        .expected("bytes from 0 to 255, or floating point from 0 to 1")
        .hint("for one band of classes write `kind: class`")
        .into())
}

fn open(layer: &Layer) -> Result<VectorSource, Error> {
    VectorSource::open(&layer.path, layer.layer.as_deref())
}
