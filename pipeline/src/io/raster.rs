//! Reading rasters by windows, through the GDAL fence.

use std::path::Path;

use gdal::Dataset;
use gdal::errors::GdalError;
use gdal::raster::{ColorInterpretation, RasterBand};
use kernels::grid::Window;
use ndarray::{Array2, Array3, ArrayView3, Axis};

use super::error::{InputError, Result};
use super::gdal::{open_raster, quiet, reading, strict};
use super::srs::epsg_of;
use crate::spent;

mod info;
mod tiles;

pub use info::{Cell, CellType, Georef, RasterInfo, SQUARENESS};
pub(crate) use tiles::{Decoding, TileFile};

/// Pixels of a window, in a buffer of the caller's.
pub struct Pixels<'a> {
    /// The bands asked for, of shape (band, rows, cols).
    pub bands: ArrayView3<'a, u8>,
    /// 255 where a pixel holds data, else 0, of shape (rows, cols); `None` when all do.
    pub valid: Option<Array2<u8>>,
}

/// A raster open for reading; one per thread.
pub struct RasterSource {
    dataset: Dataset,
    info: RasterInfo,
}

impl RasterSource {
    /// Opens a raster and reads its header.
    ///
    /// # Errors
    /// The path is refused, the file is missing, damaged or of a format that is not accepted, its
    /// header exceeds the budget, or its bands are of different types.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_level(path, None)
    }

    /// Opens one of the reduced levels of [`RasterInfo::levels`] (from 0), or the full pixels; a
    /// level has a position, a size and a pixel of its own.
    ///
    /// # Errors
    /// Those of [`RasterSource::open`]; the level does not exist.
    pub fn open_level(path: &Path, level: Option<usize>) -> Result<Self> {
        let dataset = open_raster(path, level)?;
        let info = describe(path, &dataset)?;
        Ok(Self { dataset, info })
    }

    /// Opens a raster again whose header is known, or the reduced level whose header it is.
    ///
    /// # Errors
    /// Those of [`RasterSource::open_level`]; the file is no longer the one that was described.
    pub fn reopen(info: &RasterInfo, level: Option<usize>) -> Result<Self> {
        let dataset = open_raster(&info.path, level)?;
        let ((cols, rows), bands) = (dataset.raster_size(), dataset.raster_count());
        if (rows, cols, bands) != (info.rows, info.cols, info.bands) {
            return Err(InputError::new(&info.path, "this raster was replaced during the run")
                .got(format!("{rows} rows, {cols} columns, {bands} bands"))
                .expected(format!(
                    "{} rows, {} columns, {} bands",
                    info.rows, info.cols, info.bands
                ))
                .hint("run again once its files no longer change")
                .into());
        }
        Ok(Self { dataset, info: info.clone() })
    }

    /// The header.
    pub fn info(&self) -> &RasterInfo {
        &self.info
    }

    /// Reads a window of one band (from 1), of shape (rows, cols).
    ///
    /// # Errors
    /// The band or the window is outside the raster, the cells are of another type, or the file
    /// is truncated.
    pub fn read<T: Cell>(&self, band: usize, window: Window) -> Result<Array2<T>> {
        self.info.require_cells::<T>()?;
        self.check(band, window)?;
        let mut cells = vec![T::default(); window.n_cells()];
        self.to_the_end(|| read_band(&self.dataset.rasterband(band)?, window, &mut cells))?;
        Ok(shaped(window, cells))
    }

    /// Runs a reading; a complaint means that the file is cut.
    fn to_the_end(
        &self,
        operation: impl FnOnce() -> std::result::Result<(), GdalError>,
    ) -> Result<()> {
        let _reading = spent::reading();
        strict(operation).map_err(|said| {
            InputError::new(&self.info.path, "this raster cannot be read to its end")
                .got(said)
                .expected(format!("{} rows and {} columns", self.info.rows, self.info.cols))
                .hint("it is truncated or damaged: copy it again, then check with `gdalinfo -checksum`")
                .into()
        })
    }

    /// Reads a window of several 8-bit bands (from 1) at once, with the pixels that hold data as
    /// [`RasterSource::read_valid`] tells them. `buffer` is made as large as needed and may be used
    /// again.
    ///
    /// # Errors
    /// Those of [`RasterSource::read`].
    pub fn read_pixels<'a>(
        &self,
        bands: &[usize],
        window: Window,
        buffer: &'a mut Vec<u8>,
    ) -> Result<Pixels<'a>> {
        self.info.require_cells::<u8>()?;
        let nodata = self.info.void_byte();
        // Whether a pixel is void is told by all bands: those not asked for come last.
        let mut read = bands.to_vec();
        if nodata.is_some() {
            read.extend((1..=self.info.bands).filter(|band| !bands.contains(band)));
        }
        for &band in &read {
            self.check(band, window)?;
        }
        let n_cells = window.n_cells();
        buffer.resize(read.len() * n_cells, 0);
        self.to_the_end(|| read_together(&self.dataset, &read, window, buffer))?;
        let valid = match nodata {
            Some(nodata) => Some(not_all(nodata, buffer, window)),
            None if self.info.has_mask => Some(self.read_mask(window)?.mapv_into(u8::wrapping_neg)),
            None => None,
        };
        let shape = (bands.len(), window.rows, window.cols);
        let bands = ArrayView3::from_shape(shape, &buffer[..bands.len() * n_cells])
            .expect("the buffer was made of this size");
        Ok(Pixels { bands, valid })
    }

    /// Reads a window of the first band as measures, of shape (rows, cols): the band's scale and
    /// offset are applied; what the mask or the nodata value makes void, or is not finite, is NaN.
    ///
    /// # Errors
    /// Those of [`RasterSource::read`].
    pub fn read_measures(&self, window: Window) -> Result<Array2<f32>> {
        let mut cells = self.read::<f32>(1, window)?;
        let band = || self.dataset.rasterband(1);
        let (scale, offset) =
            quiet(|| (band().ok().and_then(|b| b.scale()), band().ok().and_then(|b| b.offset())));
        let (scale, offset) = (scale.unwrap_or(1.0) as f32, offset.unwrap_or(0.0) as f32);
        let nodata = self.info.nodata.map(|value| value as f32);
        let measure = |cell: f32| {
            let is_void = Some(cell) == nodata || !cell.is_finite();
            if is_void { f32::NAN } else { cell * scale + offset }
        };
        cells.mapv_inplace(measure);
        if self.info.has_mask {
            cells.zip_mut_with(&self.read_mask(window)?, |cell, &mask| {
                *cell = if mask == 0 { f32::NAN } else { *cell };
            });
        }
        Ok(cells)
    }

    /// Reads a window of several bands (from 1), of shape (band, rows, cols), in the order asked.
    ///
    /// # Errors
    /// Those of [`RasterSource::read`].
    pub fn read_bands<T: Cell>(&self, bands: &[usize], window: Window) -> Result<Array3<T>> {
        let mut cells = Array3::<T>::default((bands.len(), window.rows, window.cols));
        for (index, &band) in bands.iter().enumerate() {
            cells.index_axis_mut(Axis(0), index).assign(&self.read::<T>(band, window)?);
        }
        Ok(cells)
    }

    /// Reads which cells of a window hold data: 1 where they do, 0 elsewhere; shape (rows, cols).
    ///
    /// The file's mask decides; else a cell is void when every band holds the nodata value; else
    /// all cells hold data. An opacity band counts as any other band: many infrared bands are
    /// declared so by mistake, so the caller decides about [`RasterInfo::alpha_band`].
    ///
    /// # Errors
    /// Those of [`RasterSource::read`].
    pub fn read_valid(&self, window: Window) -> Result<Array2<u8>> {
        self.check(1, window)?;
        if self.info.has_mask {
            return self.read_mask(window);
        }
        let whole = |v: &f64| v.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(v);
        let Some(nodata) = self.info.nodata.filter(whole).map(|v| v as u32) else {
            return Ok(Array2::from_elem((window.rows, window.cols), 1));
        };
        let mut valid = Array2::<u8>::zeros((window.rows, window.cols));
        for band in 1..=self.info.bands {
            let cells = self.read::<u32>(band, window)?;
            valid.zip_mut_with(&cells, |v, &cell| *v |= u8::from(cell != nodata));
        }
        Ok(valid)
    }

    fn read_mask(&self, window: Window) -> Result<Array2<u8>> {
        let mut mask = vec![0u8; window.n_cells()];
        reading(&self.info.path, "the mask of this raster cannot be read", || {
            read_band(&self.dataset.rasterband(1)?.open_mask_band()?, window, &mut mask)
        })?;
        let mut mask = shaped(window, mask);
        mask.mapv_inplace(|v| u8::from(v != 0));
        Ok(mask)
    }

    fn check(&self, band: usize, window: Window) -> Result<()> {
        let RasterInfo { rows, cols, bands, .. } = self.info;
        let inside = window.row + window.rows <= rows && window.col + window.cols <= cols;
        if inside && (1..=bands).contains(&band) {
            return Ok(());
        }
        Err(InputError::new(&self.info.path, "a part outside this raster was asked for")
            .got(format!("band {band}, {window:?}"))
            .expected(format!("{bands} bands of {rows} rows and {cols} columns"))
            .into())
    }
}

fn read_band<T: Cell>(
    band: &RasterBand<'_>,
    window: Window,
    cells: &mut [T],
) -> std::result::Result<(), GdalError> {
    let corner = (window.col as isize, window.row as isize);
    let size = (window.cols, window.rows);
    band.read_into_slice(corner, size, size, cells, None)
}

/// Reads bands of bytes one after the other into a buffer of their size, each block decoded once.
fn read_together(
    dataset: &Dataset,
    bands: &[usize],
    window: Window,
    buffer: &mut [u8],
) -> std::result::Result<(), GdalError> {
    if buffer.len() != bands.len() * window.n_cells() {
        return Err(GdalError::BadArgument("the buffer is not of the bands' size".to_owned()));
    }
    if buffer.is_empty() {
        return Ok(());
    }
    let side = |n: usize| i32::try_from(n).expect("headers are checked against `SIDE_MAX`");
    let (rows, cols) = (side(window.rows), side(window.cols));
    let mut ranks: Vec<i32> = bands.iter().map(|&band| side(band)).collect();
    // SAFETY: the dataset is open, the list of bands and the buffer outlive the call, and the
    // buffer holds `bands * rows * cols` bytes as the strides say.
    let code = unsafe {
        gdal_sys::GDALDatasetRasterIOEx(
            dataset.c_dataset(),
            gdal_sys::GDALRWFlag::GF_Read,
            side(window.col),
            side(window.row),
            cols,
            rows,
            buffer.as_mut_ptr().cast(),
            cols,
            rows,
            gdal_sys::GDALDataType::GDT_Byte,
            side(bands.len()),
            ranks.as_mut_ptr(),
            1,
            i64::from(cols),
            i64::from(cols) * i64::from(rows),
            std::ptr::null_mut(),
        )
    };
    if code == gdal_sys::CPLErr::CE_None {
        return Ok(());
    }
    Err(GdalError::BadArgument("the bands could not be read".to_owned()))
}

/// 0 where every band of a window holds `nodata`, else 255.
fn not_all(nodata: u8, bands: &[u8], window: Window) -> Array2<u8> {
    let mut valid = vec![0_u8; window.n_cells()];
    for band in bands.chunks_exact(window.n_cells().max(1)) {
        for (valid, &pixel) in valid.iter_mut().zip(band) {
            *valid |= u8::from(pixel != nodata).wrapping_neg();
        }
    }
    shaped(window, valid)
}

fn shaped<T>(window: Window, cells: Vec<T>) -> Array2<T> {
    Array2::from_shape_vec((window.rows, window.cols), cells).expect("made of the window's size")
}

/// The type of the cells of a band; bytes with a sign have a mark of their own before GDAL 3.7.
fn cell_type_of(band: &RasterBand<'_>) -> CellType {
    use gdal::Metadata;
    match band.metadata_item("PIXELTYPE", "IMAGE_STRUCTURE") {
        Some(kind) if kind == "SIGNEDBYTE" => CellType::Signed,
        _ => CellType::of(band.band_type()),
    }
}

/// The sizes of the reduced levels of a band; none when their headers cannot be read.
fn levels_of(band: &RasterBand<'_>) -> Vec<(usize, usize)> {
    let n = quiet(|| band.overview_count()).map_or(0, |n| usize::try_from(n).unwrap_or(0));
    let side = |level: usize| {
        let (cols, rows) = quiet(|| band.overview(level)).ok()?.size();
        Some((rows, cols))
    };
    (0..n).map_while(side).collect()
}

fn describe(path: &Path, dataset: &Dataset) -> Result<RasterInfo> {
    let (cols, rows) = dataset.raster_size();
    let bands = dataset.raster_count();
    let what = "the header of this raster cannot be read";
    let (cell_type, nodata, block, flags) = reading(path, what, || {
        let band = dataset.rasterband(1)?;
        Ok((cell_type_of(&band), band.no_data_value(), band.block_size(), band.mask_flags()?))
    })?;
    for index in 2..=bands {
        let kind = reading(path, what, || Ok(cell_type_of(&dataset.rasterband(index)?)))?;
        if kind != cell_type {
            return Err(InputError::new(path, "the bands of this raster are of different types")
                .got(format!("band {index}: {}", kind.name()))
                .expected(cell_type.name())
                .into());
        }
    }
    let srs = quiet(|| dataset.spatial_ref().ok());
    let first = reading(path, what, || dataset.rasterband(1))?;
    Ok(RasterInfo {
        path: path.to_path_buf(),
        rows,
        cols,
        bands,
        cell_type,
        transform: quiet(|| dataset.geo_transform().ok()),
        epsg: srs.as_ref().and_then(epsg_of),
        has_crs: srs.is_some(),
        nodata,
        block_rows: block.1,
        block_cols: block.0,
        has_mask: !flags.is_all_valid() && !flags.is_nodata() && !flags.is_alpha(),
        alpha_band: (1..=bands).find(|&index| {
            quiet(|| dataset.rasterband(index))
                .is_ok_and(|band| band.color_interpretation() == ColorInterpretation::AlphaBand)
        }),
        has_palette: first.color_interpretation() == ColorInterpretation::PaletteIndex,
        levels: levels_of(&first),
    })
}

#[cfg(test)]
#[path = "raster_tests.rs"]
mod tests;
