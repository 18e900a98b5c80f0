//! Reads a class raster in strips and checks that every cell means something.

use std::path::{Path, PathBuf};

use kernels::grid::{Grid, Window};
use kernels::label::{Labeller, Labels, NODATA};
use kernels::lattice::{Point, STEPS_PER_METRE};
use ndarray::{Array2, s};
use nomenclature::{ClassId, Couple, Dimension, Nomenclature};

use crate::commands::nomenclature::load;
use crate::error::{Error, InputError};
use crate::io::raster::{CellType, Georef, RasterInfo, RasterSource};

use super::memory::Memory;

/// The CRSs of the French departments.
const EPSG_FRENCH: [u32; 5] = [2154, 5490, 2972, 2975, 4471];

/// How far, in lattice steps, a corner may be from the lattice: what 64-bit text formats lose.
const LATTICE_SLACK: f64 = 1e-3;

/// Rows read at once.
const ROWS_READ: usize = 512;

/// What the values of the raster stand for.
pub(super) enum Meaning {
    /// For themselves.
    Values,
    /// For the classes of a nomenclature.
    Classes(Box<Nomenclature>),
}

/// A class raster on the lattice, opened.
///
/// The codes of its cells are [`Couple::to_cell`], or [`value_of`] the code when values stand for
/// themselves; 0 where there is no data.
pub(super) struct Cells {
    /// The file.
    pub(super) path: PathBuf,
    /// EPSG code of its CRS.
    pub(super) epsg: u32,
    /// Where its cells lie.
    pub(super) grid: Grid,
    /// Whether the cells tell a usage as well as a cover.
    pub(super) has_usage: bool,
    source: RasterSource,
    /// The code of each value.
    table: Vec<Option<u16>>,
}

impl Meaning {
    /// What a nomenclature given on the command line makes of the values.
    pub(super) fn of(nomenclature: Option<&str>) -> Result<Self, Error> {
        let classes = nomenclature.map(load).transpose()?;
        Ok(classes.map_or(Self::Values, |classes| Self::Classes(Box::new(classes))))
    }

    /// The code of each value of a valid cell, or `None` for a value without a meaning.
    fn table(&self, has_usage: bool) -> Vec<Option<u16>> {
        (0..=u16::MAX).map(|value| self.code(value, has_usage)).collect()
    }

    fn code(&self, value: u16, has_usage: bool) -> Option<u16> {
        let Self::Classes(nomenclature) = self else { return value.checked_add(1) };
        let is_class =
            |dimension, id| nomenclature.class(dimension, id).is_some_and(|class| class.leaf);
        if has_usage {
            let couple = Couple::from_cell(value);
            let is_known =
                is_class(Dimension::Cover, couple.cs) && is_class(Dimension::Usage, couple.us);
            return is_known.then_some(value);
        }
        // A prediction product numbers its classes itself; otherwise the value is the rank.
        let has_values = nomenclature.classes(Dimension::Cover).iter().any(|c| c.value.is_some());
        let cs = if has_values {
            nomenclature.class_of_value(Dimension::Cover, value)?
        } else {
            ClassId(u8::try_from(value).ok()?)
        };
        is_class(Dimension::Cover, cs).then(|| Couple { cs, us: ClassId::NODATA }.to_cell())
    }
}

/// The cell value behind a code when values stand for themselves.
pub(super) fn value_of(code: u16) -> u16 {
    code - 1
}

impl Cells {
    /// Opens the raster.
    ///
    /// # Errors
    /// [`Error::Input`] when it has not one band of integers of 8 or 16 bits, no CRS of a French
    /// department, no square north-up pixels on the centimetre lattice.
    pub(super) fn open(path: &Path, meaning: &Meaning) -> Result<Self, Error> {
        let source = RasterSource::open(path)?;
        let info = source.info();
        if info.bands != 1 {
            let error = InputError::new(path, "a class raster has one band").got(info.bands);
            return Err(error
                .expected("1")
                .hint("choose one: `gdal_translate -b 1 IN OUT`")
                .into());
        }
        info.require_cells::<u16>()?;
        let epsg = epsg(info)?;
        let grid = grid(info, &info.georef()?)?;
        let has_usage = matches!(meaning, Meaning::Classes(_)) && info.cell_type == CellType::U16;
        let table = meaning.table(has_usage);
        Ok(Self { path: path.to_owned(), epsg, grid, has_usage, source, table })
    }

    /// Reads all cells.
    ///
    /// # Errors
    /// [`Error::Input`] when the file is truncated or a cell holds a value without a meaning.
    pub(super) fn read(&self) -> Result<Array2<u16>, Error> {
        let mut codes = Array2::zeros((self.grid.rows, self.grid.cols));
        for rows in self.strips() {
            let strip = self.strip(rows)?;
            codes.slice_mut(s![rows.row..rows.row + rows.rows, ..]).assign(&strip);
        }
        Ok(codes)
    }

    /// Labels the regions, holding no more than a strip of cells at once.
    ///
    /// # Errors
    /// As [`Cells::read`]; [`Error::Resources`] when the runs do not fit in the memory given.
    pub(super) fn label(&self, memory: &Memory) -> Result<Labels, Error> {
        let mut labeller = Labeller::new(self.grid.cols);
        for rows in self.strips() {
            labeller.push(self.strip(rows)?.view());
            memory.allow_runs(labeller.n_runs())?;
        }
        Ok(labeller.finish())
    }

    fn strips(&self) -> impl Iterator<Item = Window> + use<> {
        let Grid { rows: n_rows, cols, .. } = self.grid;
        (0..n_rows).step_by(ROWS_READ).map(move |row| Window {
            row,
            col: 0,
            rows: ROWS_READ.min(n_rows - row),
            cols,
        })
    }

    fn strip(&self, window: Window) -> Result<Array2<u16>, Error> {
        let mut codes: Array2<u16> = self.source.read(1, window)?;
        let valid = self.source.read_valid(window)?;
        let info = self.source.info();
        for ((at, code), &is_valid) in codes.indexed_iter_mut().zip(&valid) {
            *code = match is_valid {
                0 => NODATA,
                _ => decode(info, &self.table, *code, (window.row + at.0, at.1))?,
            };
        }
        Ok(codes)
    }
}

/// The code of a value at a cell.
fn decode(
    info: &RasterInfo,
    table: &[Option<u16>],
    value: u16,
    (row, col): (usize, usize),
) -> Result<u16, Error> {
    let is_zero_unexplained = value == 0 && info.nodata.is_none() && !info.has_mask;
    if let (Some(code), false) = (table[usize::from(value)], is_zero_unexplained) {
        debug_assert_ne!(code, NODATA);
        return Ok(code);
    }
    let error = InputError::new(&info.path, "a cell holds a value without a meaning")
        .feature(format!("at row {row}, column {col}"))
        .got(value);
    if is_zero_unexplained {
        return Err(error
            .expected("a declared nodata value, or no 0")
            .hint("if 0 means no data, declare it: `gdal_edit.py -a_nodata 0 FILE`")
            .into());
    }
    Err(error
        .expected("a class of the nomenclature, or the nodata value")
        .hint("`millesime nomenclature show ID` lists the classes; check `--nomenclature`")
        .into())
}

/// The EPSG code of a raster in the CRS of a French department.
fn epsg(info: &RasterInfo) -> Result<u32, Error> {
    match info.epsg.filter(|epsg| EPSG_FRENCH.contains(epsg)) {
        Some(epsg) => Ok(epsg),
        // Says what the raster has instead.
        None => info.require_epsg(EPSG_FRENCH[0]).map(|()| EPSG_FRENCH[0]),
    }
}

/// The grid of the raster, whose pixels must lie on the lattice.
fn grid(info: &RasterInfo, georef: &Georef) -> Result<Grid, Error> {
    let steps = |metres: f64| {
        let steps = metres * f64::from(STEPS_PER_METRE);
        ((steps - steps.round()).abs() <= LATTICE_SLACK).then_some(steps.round() as i64)
    };
    let fault = |got: String| -> Error {
        InputError::new(&info.path, "the pixels do not lie on whole centimetres")
            .got(got)
            .expected("sides and corners that are multiples of 0.01 m")
            .hint("resample it: `gdalwarp -r near -tr 1 1 -tap IN OUT`")
            .into()
    };
    let (width, height) = (georef.pixel_width_m, georef.pixel_height_m);
    let side = match (steps(width), steps(height)) {
        (Some(width), Some(height)) if width == height && width >= 1 => width,
        _ => return Err(fault(format!("pixels of {width} by {height} m"))),
    };
    let corner = || fault(format!("north-west corner {} {}", georef.west_m, georef.north_m));
    if steps(georef.west_m).is_none() || steps(georef.north_m).is_none() {
        return Err(corner());
    }
    let origin = Point::from_metres(georef.west_m, georef.north_m).ok_or_else(corner)?;
    let (east_m, south_m) =
        (georef.west_m + width * info.cols as f64, georef.north_m - height * info.rows as f64);
    Point::from_metres(east_m, south_m).ok_or_else(corner)?;
    Ok(Grid { origin, cell: side as i32, rows: info.rows, cols: info.cols })
}
