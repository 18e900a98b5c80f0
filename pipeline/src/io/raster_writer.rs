//! Writing tiled GeoTIFF files: the same cells always give the same bytes.

use std::path::{Path, PathBuf};

use gdal::raster::{ColorEntry, ColorTable, PaletteInterpretation, RasterCreationOptions};
use gdal::{Dataset, DriverManager, Metadata};
use kernels::grid::{Grid, Window};
use ndarray::Array3;

use super::error::{Result, write_error};
use super::gdal::{open_raster, writing};
use super::raster::{Cell, CellType, RasterInfo, RasterSource};
use super::srs;

/// Side of a tile, in cells.
pub const TILE: usize = 512;

/// Columns of a written block: a multiple of [`TILE`] that keeps eight bands under 32 MiB.
const BLOCK_COLS: usize = 16 * TILE;

/// How tiles are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Read by everything; for deliverables.
    #[default]
    Deflate,
    /// Smaller and faster; for working files.
    Zstd,
}

/// What a raster to be written looks like.
#[derive(Debug, Clone)]
pub struct RasterSpec {
    /// Cells and position.
    pub grid: Grid,
    /// Number of bands; three or four are red, green, blue (and near infrared).
    pub bands: usize,
    /// EPSG code of the CRS.
    pub epsg: u32,
    /// Value that means "no data".
    pub nodata: Option<i32>,
    /// How tiles are compressed.
    pub compression: Compression,
    /// Red, green, blue and opacity of each value of a single `u8` band; may be empty.
    pub colours: Vec<[u8; 4]>,
}

/// Writes a raster block by block, closes it, reads it again and checks that it is complete.
///
/// `produce` is called once for each block, from north to south then west to east, and returns
/// the cells of the window, of shape (band, rows, cols). The blocks do not depend on the machine,
/// so the bytes of the file do not either. The file is neither synchronised nor renamed here.
///
/// # Errors
/// Those of `produce`; [`crate::Error::Write`] when the file cannot be written completely or the block
/// produced has another shape.
pub fn write_geotiff<T: Cell>(
    path: &Path,
    spec: &RasterSpec,
    mut produce: impl FnMut(Window) -> Result<Array3<T>>,
) -> Result<RasterInfo> {
    let writer = GeoTiffWriter::create::<T>(path, spec)?;
    for window in blocks(&spec.grid) {
        writer.write(window, &produce(window)?)?;
    }
    writer.finish()
}

/// Copies a raster of classes into a cloud optimised GeoTIFF: tiles of [`TILE`] cells, each level of
/// overviews by the most frequent class, and the header first, so that a page reads what it shows.
///
/// * `to`: a temporary path; the file is neither synchronised nor renamed here.
///
/// # Errors
/// `from` cannot be read, or `to` exists or cannot be written completely.
pub fn write_cog(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        return Err(write_error(to, "the file exists already"));
    }
    let source = open_raster(from, None)?;
    let mut options = RasterCreationOptions::new();
    for (key, value) in [
        ("COMPRESS", "DEFLATE"),
        ("BLOCKSIZE", "512"),
        ("BIGTIFF", "IF_SAFER"),
        ("OVERVIEW_RESAMPLING", "MODE"),
        ("NUM_THREADS", "1"),
    ] {
        options.set_name_value(key, value).expect("plain option names and values");
    }
    writing(to, || {
        let driver = DriverManager::get_driver_by_name("COG")?;
        source.create_copy(&driver, to, &options)?.close()
    })?;
    check_complete(to)
}

/// The blocks in which a raster is written, in order.
fn blocks(grid: &Grid) -> Vec<Window> {
    let cols_of = |row: usize| (0..grid.cols).step_by(BLOCK_COLS).map(move |col| (row, col));
    (0..grid.rows)
        .step_by(TILE)
        .flat_map(cols_of)
        .map(|(row, col)| Window {
            row,
            col,
            rows: TILE.min(grid.rows - row),
            cols: BLOCK_COLS.min(grid.cols - col),
        })
        .collect()
}

struct GeoTiffWriter {
    path: PathBuf,
    dataset: Dataset,
    spec: RasterSpec,
}

impl GeoTiffWriter {
    fn create<T: Cell>(path: &Path, spec: &RasterSpec) -> Result<Self> {
        let options = creation_options(spec, T::TYPE);
        let Grid { origin, cell, rows, cols } = spec.grid;
        let dataset = writing(path, || {
            let driver = DriverManager::get_driver_by_name("GTiff")?;
            let mut dataset = driver.create_with_band_type_with_options::<T, _>(
                path, cols, rows, spec.bands, &options,
            )?;
            let (west_m, north_m) = origin.to_metres();
            let side_m = f64::from(cell) / f64::from(kernels::lattice::STEPS_PER_METRE);
            dataset.set_geo_transform(&[west_m, side_m, 0.0, north_m, 0.0, -side_m])?;
            dataset.set_spatial_ref(&srs::from_epsg(spec.epsg)?)?;
            if let Some(nodata) = spec.nodata {
                for band in 1..=spec.bands {
                    dataset.rasterband(band)?.set_no_data_value(Some(f64::from(nodata)))?;
                }
            }
            if !spec.colours.is_empty() {
                dataset.rasterband(1)?.set_color_table(&colour_table(&spec.colours));
            }
            Ok(dataset)
        })?;
        Ok(Self { path: path.to_path_buf(), dataset, spec: spec.clone() })
    }

    fn write<T: Cell>(&self, window: Window, cells: &Array3<T>) -> Result<()> {
        let shape = (self.spec.bands, window.rows, window.cols);
        if cells.dim() != shape {
            let what = format!("a block has shape {:?}, expected {shape:?}", cells.dim());
            return Err(write_error(&self.path, what));
        }
        let cells = cells.as_standard_layout();
        let buffer = cells.as_slice().expect("the standard layout is contiguous");
        writing(&self.path, || {
            // SAFETY: the buffer holds `bands x rows x cols` cells of type `T`, checked above,
            // and is only read; zero spacings mean tightly packed bands.
            let code = unsafe {
                gdal_sys::GDALDatasetRasterIOEx(
                    self.dataset.c_dataset(),
                    gdal_sys::GDALRWFlag::GF_Write,
                    window.col.try_into()?,
                    window.row.try_into()?,
                    window.cols.try_into()?,
                    window.rows.try_into()?,
                    buffer.as_ptr().cast_mut().cast(),
                    window.cols.try_into()?,
                    window.rows.try_into()?,
                    T::gdal_ordinal(),
                    self.spec.bands.try_into()?,
                    std::ptr::null_mut(),
                    0,
                    0,
                    0,
                    std::ptr::null_mut(),
                )
            };
            if code == gdal_sys::CPLErr::CE_None {
                Ok(())
            } else {
                Err(gdal::errors::GdalError::BadArgument("RasterIO failed".into()))
            }
        })
    }

    fn finish(self) -> Result<RasterInfo> {
        let Self { path, mut dataset, spec } = self;
        writing(&path, || {
            dataset.flush_cache()?;
            dataset.close()
        })?;
        check_complete(&path)?;
        let source = RasterSource::open(&path)?;
        let info = source.info();
        let found = (info.rows, info.cols, info.bands);
        let expected = (spec.grid.rows, spec.grid.cols, spec.bands);
        if found != expected {
            let what = format!("read again, it has shape {found:?}, expected {expected:?}");
            return Err(write_error(&path, what));
        }
        Ok(info.clone())
    }
}

fn creation_options(spec: &RasterSpec, cells: CellType) -> RasterCreationOptions {
    let predictor = match cells {
        _ if !spec.colours.is_empty() => "1",
        CellType::Float => "3",
        _ => "2",
    };
    let mut options = RasterCreationOptions::new();
    for (key, value) in [
        ("TILED", "YES"),
        ("BLOCKXSIZE", "512"),
        ("BLOCKYSIZE", "512"),
        ("INTERLEAVE", "PIXEL"),
        ("BIGTIFF", "IF_SAFER"),
        ("PREDICTOR", predictor),
    ] {
        options.set_name_value(key, value).expect("plain option names and values");
    }
    let codec = match spec.compression {
        Compression::Deflate => "DEFLATE",
        Compression::Zstd => "ZSTD",
    };
    options.set_name_value("COMPRESS", codec).expect("plain option names and values");
    if spec.bands == 4 {
        options.set_name_value("ALPHA", "NO").expect("plain option names and values");
    }
    if matches!(spec.bands, 3 | 4) {
        options.set_name_value("PHOTOMETRIC", "RGB").expect("plain option names and values");
    }
    options
}

fn colour_table(colours: &[[u8; 4]]) -> ColorTable<'static> {
    let mut table = ColorTable::new(PaletteInterpretation::Rgba);
    for (value, rgba) in (0u16..).zip(colours.iter().take(256)) {
        let [r, g, b, a] = rgba.map(i16::from);
        table.set_color_entry(value, &ColorEntry::rgba(r, g, b, a));
    }
    table
}

/// Checks that every tile lies within the file: what `gdalinfo` does not do.
pub(super) fn check_complete(path: &Path) -> Result<()> {
    let bytes = std::fs::metadata(path).map_err(|error| write_error(path, error))?.len();
    let dataset = open_raster(path, None)?;
    let band = writing(path, || dataset.rasterband(1))?;
    let (cols, rows) = dataset.raster_size();
    for row in 0..rows.div_ceil(TILE) {
        for col in 0..cols.div_ceil(TILE) {
            let item = |name: &str| -> u64 {
                band.metadata_item(&format!("{name}_{col}_{row}"), "TIFF")
                    .and_then(|value| value.parse().ok())
                    .unwrap_or(0)
            };
            let (start, size) = (item("BLOCK_OFFSET"), item("BLOCK_SIZE"));
            if start == 0 || size == 0 || start + size > bytes {
                let what = format!("read again, tile ({row}, {col}) is missing");
                return Err(write_error(path, what));
            }
        }
    }
    Ok(())
}
