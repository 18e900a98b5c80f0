//! What the header of a raster says, and what may be read from it.

use std::path::PathBuf;

use gdal::raster::{GdalDataType, GdalType};
use kernels::grid::Window;

use super::super::error::{Error, InputError, Result};

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
    pub(super) fn of(kind: GdalDataType) -> Self {
        match kind {
            GdalDataType::UInt8 => Self::U8,
            GdalDataType::UInt16 => Self::U16,
            GdalDataType::UInt32 => Self::U32,
            kind if kind.is_floating() => Self::Float,
            _ => Self::Signed,
        }
    }

    /// Most bytes that such a cell takes.
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::U32 => 4,
            Self::Signed | Self::Float => 8,
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
    /// Whether the cells are the numbers of colours in a table.
    pub has_palette: bool,
    /// Rows and columns of the reduced levels that the file holds, finest first.
    pub levels: Vec<(usize, usize)>,
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

    /// The byte that means "no data" when all bands hold it; `None` when a mask tells what is void,
    /// or nothing is.
    pub(crate) fn void_byte(&self) -> Option<u8> {
        let is_byte = |v: &f64| v.fract() == 0.0 && (0.0..=255.0).contains(v);
        self.nodata.filter(is_byte).filter(|_| !self.has_mask).map(|v| v as u8)
    }

    /// The whole raster as one window.
    pub fn window(&self) -> Window {
        Window { row: 0, col: 0, rows: self.rows, cols: self.cols }
    }
}
