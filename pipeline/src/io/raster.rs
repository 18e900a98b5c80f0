//! Reading rasters by windows, through the GDAL fence.

use std::path::{Path, PathBuf};

use gdal::Dataset;
use gdal::errors::GdalError;
use gdal::raster::{ColorInterpretation, GdalDataType, GdalType, RasterBand};
use kernels::grid::Window;
use ndarray::{Array2, Array3, Axis};

use super::error::{Error, InputError, Result};
use super::gdal::{open_raster, quiet, reading, strict};
use super::srs::epsg_of;

/// Largest relative difference between the height and the width of a square pixel.
///
/// BD ORTHO files in circulation have pixels of 0.2 by 0.1999 m.
pub const SQUARENESS: f64 = 1e-3;

/// Storage type of the cells of a raster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellType {
    /// Unsigned, one byte.
    U8,
    /// Unsigned, two bytes.
    U16,
    /// Unsigned, four bytes.
    U32,
    /// Signed integers: heights only.
    Signed,
    /// Floating point or complex numbers: heights only.
    Float,
}

impl CellType {
    fn of(kind: GdalDataType) -> Self {
        match kind {
            GdalDataType::UInt8 => Self::U8,
            GdalDataType::UInt16 => Self::U16,
            GdalDataType::UInt32 => Self::U32,
            kind if kind.is_floating() => Self::Float,
            _ => Self::Signed,
        }
    }

    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::U8 => "unsigned 8-bit cells",
            Self::U16 => "unsigned 16-bit cells",
            Self::U32 => "unsigned 32-bit cells",
            Self::Signed => "signed cells",
            Self::Float => "floating-point cells",
        }
    }
}

/// A cell that can be read or written: `u8`, `u16`, `u32`, or `f32` for heights.
pub trait Cell: GdalType + Copy + Default + PartialEq + Send + Sync + Into<f64> + 'static {
    /// The storage type.
    const TYPE: CellType;
    /// Storage types that can be read into this one without loss.
    const ACCEPTS: &'static [CellType];
}

impl Cell for u8 {
    const TYPE: CellType = CellType::U8;
    const ACCEPTS: &'static [CellType] = &[CellType::U8];
}

impl Cell for u16 {
    const TYPE: CellType = CellType::U16;
    const ACCEPTS: &'static [CellType] = &[CellType::U8, CellType::U16];
}

impl Cell for u32 {
    const TYPE: CellType = CellType::U32;
    const ACCEPTS: &'static [CellType] = &[CellType::U8, CellType::U16, CellType::U32];
}

impl Cell for f32 {
    const TYPE: CellType = CellType::Float;
    const ACCEPTS: &'static [CellType] =
        &[CellType::U8, CellType::U16, CellType::U32, CellType::Signed, CellType::Float];
}

/// Where a north-up raster lies: its north-west corner and its pixel, in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Georef {
    /// Easting of the west side.
    pub west_m: f64,
    /// Northing of the north side.
    pub north_m: f64,
    /// Width of a pixel.
    pub pixel_width_m: f64,
    /// Height of a pixel, positive.
    pub pixel_height_m: f64,
}

impl Georef {
    /// Easting and northing of the centre of pixel (`row`, `col`).
    pub fn centre(&self, row: usize, col: usize) -> (f64, f64) {
        (
            self.west_m + (col as f64 + 0.5) * self.pixel_width_m,
            self.north_m - (row as f64 + 0.5) * self.pixel_height_m,
        )
    }
}

/// What the header of a raster says.
#[derive(Debug, Clone, PartialEq)]
pub struct RasterInfo {
    /// The file.
    pub path: PathBuf,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// Number of bands.
    pub bands: usize,
    /// Storage type of the cells, the same for every band.
    pub cell_type: CellType,
    /// GDAL's six georeference coefficients, or `None` when the file carries none.
    pub transform: Option<[f64; 6]>,
    /// EPSG code of the CRS, or `None` when it is missing or not one of EPSG's.
    pub epsg: Option<u32>,
    /// Whether the file declares a CRS, known to EPSG or not.
    pub has_crs: bool,
    /// Value that means "no data", from the first band.
    pub nodata: Option<f64>,
    /// Rows of a block.
    pub block_rows: usize,
    /// Columns of a block.
    pub block_cols: usize,
    /// Whether a mask of the file tells which pixels are valid.
    pub has_mask: bool,
    /// The band (from 1) that calls itself opacity. Infrared bands often wrongly do.
    pub alpha_band: Option<usize>,
}

impl RasterInfo {
    /// The position of a north-up raster of square pixels.
    ///
    /// # Errors
    /// The file has no position, is rotated or south-up, or its pixels are not square within
    /// [`SQUARENESS`].
    pub fn georef(&self) -> Result<Georef> {
        let fault = |what: &str, got: String, hint: &str| -> Error {
            InputError::new(&self.path, what)
                .got(got)
                .expected("a north-up raster of square pixels")
                .hint(hint)
                .into()
        };
        let Some(t) = self.transform else {
            let hint = "give it one: `gdal_edit.py -a_ullr WEST NORTH EAST SOUTH FILE`, or restore \
                        its .tfw";
            return Err(fault("this raster has no position", "no georeference".into(), hint));
        };
        if t.iter().any(|v| !v.is_finite()) {
            return Err(fault("this raster has no usable position", format!("{t:?}"), ""));
        }
        if t[2] != 0.0 || t[4] != 0.0 {
            let got = format!("rotation terms {} and {}", t[2], t[4]);
            return Err(fault("this raster is rotated", got, "straighten it with `gdalwarp`"));
        }
        if t[1] <= 0.0 || t[5] >= 0.0 {
            let got = format!("pixel {} by {}", t[1], t[5]);
            return Err(fault("this raster is not north-up", got, "straighten it with `gdalwarp`"));
        }
        let (width, height) = (t[1], -t[5]);
        if (width - height).abs() > SQUARENESS * width {
            let got = format!("pixel {width} by {height} m");
            let hint = "resample it: `gdalwarp -tr SIDE SIDE`";
            return Err(fault("the pixels of this raster are not square", got, hint));
        }
        Ok(Georef { west_m: t[0], north_m: t[3], pixel_width_m: width, pixel_height_m: height })
    }

    /// Checks the CRS.
    ///
    /// # Errors
    /// It is missing, or another one.
    pub fn require_epsg(&self, epsg: u32) -> Result<()> {
        let fault = match (self.epsg, self.has_crs) {
            (Some(found), _) if found == epsg => return Ok(()),
            (Some(found), _) => InputError::new(&self.path, "wrong coordinate system")
                .got(format!("EPSG:{found}"))
                .hint(format!("reproject it: `gdalwarp -t_srs EPSG:{epsg} IN OUT`")),
            (None, true) => InputError::new(&self.path, "wrong coordinate system")
                .got("one unknown to EPSG")
                .hint(format!("declare it: `gdal_edit.py -a_srs EPSG:{epsg} FILE`")),
            (None, false) => InputError::new(&self.path, "this raster has no coordinate system")
                .hint(format!("declare it: `gdal_edit.py -a_srs EPSG:{epsg} FILE`")),
        };
        Err(fault.expected(format!("EPSG:{epsg}")).into())
    }

    /// Checks that the cells can be read as `T` without loss.
    ///
    /// # Errors
    /// They are wider, signed or floating-point.
    pub fn require_cells<T: Cell>(&self) -> Result<()> {
        if T::ACCEPTS.contains(&self.cell_type) {
            return Ok(());
        }
        let accepted: Vec<&str> = T::ACCEPTS.iter().map(|kind| kind.name()).collect();
        Err(InputError::new(&self.path, "wrong type of cells")
            .got(self.cell_type.name())
            .expected(accepted.join(" or "))
            .hint("convert it: `gdal_translate -ot Byte IN OUT` (UInt16 for couples)")
            .into())
    }

    /// The whole raster as one window.
    pub fn window(&self) -> Window {
        Window { row: 0, col: 0, rows: self.rows, cols: self.cols }
    }
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
        let dataset = open_raster(path)?;
        let info = describe(path, &dataset)?;
        Ok(Self { dataset, info })
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
        let done = strict(|| read_band(&self.dataset.rasterband(band)?, window, &mut cells));
        done.map_err(|said| {
            InputError::new(&self.info.path, "this raster cannot be read to its end")
                .got(said)
                .expected(format!("{} rows and {} columns", self.info.rows, self.info.cols))
                .hint("it is truncated or damaged: copy it again, then check with `gdalinfo -checksum`")
        })?;
        Ok(shaped(window, cells))
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
    })
}

#[cfg(test)]
#[path = "raster_tests.rs"]
mod tests;
