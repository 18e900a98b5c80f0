//! Reads a class raster in strips and checks that every cell means something.

use std::path::PathBuf;

use kernels::grid::{Grid, Window};
use kernels::label::{Labeller, Labels, NODATA};
use kernels::plane::Plane;
use ndarray::{Array2, s};
use nomenclature::{ClassId, Couple, Dimension, Nomenclature};

use crate::commands::nomenclature::load;
use crate::error::{Error, InputError};
use crate::io::raster::{CellType, RasterInfo};

use super::memory::Memory;
use super::tiles::{Part, Tiles};

/// Rows read at once, when that is not more than [`CELLS_READ`].
const ROWS_READ: usize = 512;

/// Cells read at once.
const CELLS_READ: usize = 1 << 24;

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
    /// Its files.
    pub(super) tiles: Tiles,
    /// EPSG code of its CRS.
    pub(super) epsg: u32,
    /// Where its cells lie.
    pub(super) grid: Grid,
    /// Whether the cells tell a usage as well as a cover.
    pub(super) has_usage: bool,
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
    /// Opens the files of the raster.
    ///
    /// # Errors
    /// Those of [`Tiles::open`].
    pub(super) fn open(paths: &[PathBuf], meaning: &Meaning) -> Result<Self, Error> {
        let tiles = Tiles::open(paths)?;
        let is_wide = tiles.cell_type == CellType::U16;
        let has_usage = matches!(meaning, Meaning::Classes(_)) && is_wide;
        let table = meaning.table(has_usage);
        Ok(Self { epsg: tiles.epsg, grid: tiles.grid, tiles, has_usage, table })
    }

    /// Reads all cells as runs, holding no more than a strip of cells at once.
    ///
    /// # Errors
    /// [`Error::Input`] when the file is truncated or a cell holds a value without a meaning;
    /// [`Error::Resources`] when the capture rules cannot work on the runs in the memory given.
    pub(super) fn read(&self, memory: &Memory) -> Result<Plane<u16>, Error> {
        let mut codes = Plane::with_cols(self.grid.cols);
        for rows in self.strips() {
            codes.push(self.strip(rows)?.view());
            memory.allow_capture(codes.n_runs(), self.grid.cell)?;
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
            memory.allow_runs(labeller.n_runs(), labeller.n_pieces())?;
        }
        Ok(labeller.finish())
    }

    fn strips(&self) -> impl Iterator<Item = Window> + use<> {
        let Grid { rows: n_rows, cols, .. } = self.grid;
        let n_together = ROWS_READ.min(CELLS_READ / cols.max(1)).max(1);
        (0..n_rows).step_by(n_together).map(move |row| Window {
            row,
            col: 0,
            rows: n_together.min(n_rows - row),
            cols,
        })
    }

    /// The codes of some whole rows; nodata where there is no tile.
    fn strip(&self, window: Window) -> Result<Array2<u16>, Error> {
        let mut codes = Array2::from_elem((window.rows, window.cols), NODATA);
        self.tiles.read(window, |part| {
            let Part { info, values, valid, window: source, at: (top, left) } = part;
            let cells = s![top..top + source.rows, left..left + source.cols];
            let mut codes = codes.slice_mut(cells);
            for (((at, code), &value), &is_valid) in
                codes.indexed_iter_mut().zip(&values).zip(&valid)
            {
                if is_valid != 0 {
                    *code = self.decode(info, value, (source.row + at.0, source.col + at.1))?;
                }
            }
            Ok(())
        })?;
        Ok(codes)
    }

    /// The code of a valid value at a cell of a file.
    fn decode(
        &self,
        info: &RasterInfo,
        value: u16,
        (row, col): (usize, usize),
    ) -> Result<u16, Error> {
        let is_told = info.has_mask || info.nodata.is_some_and(|nodata| can_hold(info, nodata));
        if let (Some(code), true) = (self.table[usize::from(value)], value != 0 || is_told) {
            debug_assert_ne!(code, NODATA);
            return Ok(code);
        }
        let error = InputError::new(&info.path, "a cell holds a value without a meaning")
            .at(format!("row {row}, column {col}"))
            .got(value);
        if value != 0 || is_told {
            return Err(error
                .expected("a class of the nomenclature, or the nodata value")
                .hint("`millesime nomenclature show ID` lists the classes; check `--nomenclature`")
                .into());
        }
        let expected = match info.nodata {
            None => "a declared nodata value, or no 0".to_owned(),
            Some(nodata) => format!(
                "no 0, or a declared nodata value that {} can hold, not {nodata}",
                info.cell_type.name()
            ),
        };
        let hint = "if 0 means no data, declare it: `gdal_edit.py -a_nodata 0 FILE`; if it is a class, \
                    declare a value that no cell has";
        Err(error.expected(expected).hint(hint).into())
    }
}

/// Whether a cell can hold a nodata value; one that it cannot hold tells nothing of the cells.
fn can_hold(info: &RasterInfo, nodata: f64) -> bool {
    let max = if info.cell_type == CellType::U8 { u8::MAX.into() } else { u16::MAX };
    nodata.fract() == 0.0 && (0.0..=f64::from(max)).contains(&nodata)
}
