//! The files of a class raster: one, or tiles that abut.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use kernels::grid::{Grid, Window};
use kernels::lattice::{Point, STEPS_PER_METRE};
use ndarray::Array2;

use super::georef;
use crate::error::{Error, InputError};
use crate::io::gdal::SIDE_MAX;
use crate::io::raster::{CellType, RasterInfo, RasterSource};
use crate::talk;
use crate::units::count;

/// The files, in order of their first cell, and the raster that they make together.
pub(super) struct Tiles {
    /// EPSG code of all.
    pub(super) epsg: u32,
    /// The smallest grid that holds them all.
    pub(super) grid: Grid,
    /// The type of the cells of all.
    pub(super) cell_type: CellType,
    all: Vec<Tile>,
    /// Those that the last part read from; a department has more tiles than a process has files.
    open: RefCell<BTreeMap<usize, RasterSource>>,
}

/// One file.
struct Tile {
    info: RasterInfo,
    epsg: u32,
    grid: Grid,
    /// Where it lies in the raster.
    window: Window,
}

impl Tiles {
    /// Opens the files, in any order.
    ///
    /// Ground that no tile covers has no data, which is said; ground of two tiles is refused.
    ///
    /// # Errors
    /// [`Error::Input`] for a file that has not one band of integers of 8 or 16 bits, no CRS of a
    /// French department, no square north-up pixels on the centimetre lattice, or that does not fit
    /// to the first one.
    pub(super) fn open(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut tiles: Vec<Tile> =
            paths.iter().map(|path| Tile::open(path)).collect::<Result<_, _>>()?;
        let Some(first) = tiles.first() else {
            return Err(Error::usage("no raster was given"));
        };
        let (epsg, cell_type) = (first.epsg, first.info.cell_type);
        for tile in &tiles[1..] {
            tile.require_like(first)?;
        }
        let grid = grid_of_all(&tiles)?;
        for tile in &mut tiles {
            let (row, col) =
                (grid.origin.y - tile.grid.origin.y, tile.grid.origin.x - grid.origin.x);
            let [row, col] = [row, col].map(|steps| (steps / grid.cell) as usize);
            tile.window = Window { row, col, rows: tile.grid.rows, cols: tile.grid.cols };
        }
        tiles.sort_by_key(|tile| (tile.window.row, tile.window.col));
        require_apart(&tiles)?;
        let n_covered: usize = tiles.iter().map(|tile| tile.grid.n_cells()).sum();
        if n_covered < grid.n_cells() {
            talk::warning(&format!(
                "the {} tiles leave {} of the {} cells of their rectangle uncovered: no data there",
                count(tiles.len() as u64),
                count((grid.n_cells() - n_covered) as u64),
                count(grid.n_cells() as u64)
            ));
        }
        Ok(Self { epsg, grid, cell_type, all: tiles, open: RefCell::default() })
    }

    /// What the raster is called, in French.
    pub(super) fn name(&self) -> String {
        match self.all.as_slice() {
            [one] => one.info.path.display().to_string(),
            [first, _] => format!("{} et une autre dalle", first.info.path.display()),
            tiles => {
                format!("{} et {} autres dalles", tiles[0].info.path.display(), tiles.len() - 1)
            }
        }
    }

    /// The files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.all.iter().map(|tile| tile.info.path.as_path())
    }

    /// A cell, in words: of the file that holds it, when one does.
    pub(super) fn place(&self, row: usize, col: usize) -> String {
        let holder = self.all.iter().find_map(|tile| {
            let Window { row: top, col: left, rows, cols } = tile.window;
            let (row, col) = (row.checked_sub(top)?, col.checked_sub(left)?);
            (row < rows && col < cols)
                .then(|| format!("row {row}, column {col} of `{}`", tile.info.path.display()))
        });
        holder.unwrap_or_else(|| format!("row {row}, column {col} of all tiles together"))
    }

    /// Reads the parts of the files that lie in a window, each with where it begins there.
    ///
    /// * `take`: what becomes of a part: header, values, 1 where they are valid, window in its file,
    ///   and row and column of its first cell in the window that was asked for.
    ///
    /// # Errors
    /// [`Error::Input`] when a file is truncated or was changed meanwhile; what `take` returns.
    pub(super) fn read(
        &self,
        window: Window,
        mut take: impl FnMut(Part<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut open = self.open.borrow_mut();
        let rows = window.row..window.row + window.rows;
        let meets = |tile: &Tile| {
            tile.window.row < rows.end && rows.start < tile.window.row + tile.window.rows
        };
        open.retain(|&rank, _| meets(&self.all[rank]));
        for (rank, tile) in self.all.iter().enumerate().filter(|(_, tile)| meets(tile)) {
            let source = match open.entry(rank) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(tile.open_again()?),
            };
            let (from, to) =
                (rows.start.max(tile.window.row), rows.end.min(tile.window.row + tile.window.rows));
            let row = from - tile.window.row;
            let part = Window { row, col: 0, rows: to - from, cols: tile.window.cols };
            let (values, valid) = (source.read(1, part)?, source.read_valid(part)?);
            let at = (from - rows.start, tile.window.col);
            take(Part { info: &tile.info, values, valid, window: part, at })?;
        }
        Ok(())
    }
}

/// A part of a file.
pub(super) struct Part<'a> {
    pub(super) info: &'a RasterInfo,
    pub(super) values: Array2<u16>,
    pub(super) valid: Array2<u8>,
    pub(super) window: Window,
    pub(super) at: (usize, usize),
}

impl Tile {
    fn open(path: &Path) -> Result<Self, Error> {
        if has_extension(path, "vrt") {
            let fault =
                InputError::new(path, "a mosaic in a VRT is not read: it may name any file");
            return Err(fault
                .got("a VRT")
                .expected("the tiles themselves, or one GeoTIFF of them")
                .hint("`millesime vectorise TILE TILE ...`, or `gdal_translate IN.vrt OUT.tif`")
                .into());
        }
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
        let epsg = georef::epsg(info)?;
        let grid = georef::grid(info, &info.georef()?)?;
        Ok(Self { info: info.clone(), epsg, grid, window: info.window() })
    }

    /// The file again, which is what it was.
    fn open_again(&self) -> Result<RasterSource, Error> {
        let source = RasterSource::open(&self.info.path)?;
        if *source.info() == self.info {
            return Ok(source);
        }
        let fault = InputError::new(&self.info.path, "this raster was changed while it was read");
        Err(fault.hint("run the command again when nothing writes to it").into())
    }

    /// Whether it can be one raster with the first tile.
    fn require_like(&self, first: &Self) -> Result<(), Error> {
        let as_first = |what: String| format!("{what}, as `{}`", first.info.path.display());
        let fault = |what: &str, got: String, expected: String, hint: &str| -> Result<(), Error> {
            let fault = InputError::new(&self.info.path, what);
            Err(fault.got(got).expected(as_first(expected)).hint(hint).into())
        };
        if self.epsg != first.epsg {
            let [got, expected] = [self, first].map(|tile| format!("EPSG:{}", tile.epsg));
            let hint = "give tiles of one department";
            return fault("this tile has another coordinate system", got, expected, hint);
        }
        if self.info.cell_type != first.info.cell_type {
            let [got, expected] = [self, first].map(|tile| tile.info.cell_type.name().to_owned());
            let hint = "convert it: `gdal_translate -ot Byte IN OUT` (UInt16 for couples)";
            return fault("this tile has another type of cells", got, expected, hint);
        }
        let cell = first.grid.cell;
        let hint =
            "resample it onto the cells of the others: `gdalwarp -r near -tr .. -te .. IN OUT`";
        if self.grid.cell != cell {
            let [got, expected] = [self, first].map(|tile| {
                format!("{} m", f64::from(tile.grid.cell) / f64::from(STEPS_PER_METRE))
            });
            return fault("this tile has other pixels", got, expected, hint);
        }
        let (a, b) = (self.grid.origin, first.grid.origin);
        let off = [(a.x, b.x), (a.y, b.y)]
            .map(|(a, b)| (i64::from(a) - i64::from(b)).rem_euclid(i64::from(cell)));
        if off != [0, 0] {
            let got = format!("corners {} and {} cm off", off[0], off[1]);
            let expected = "a whole number of pixels from the others".to_owned();
            return fault("this tile lies between the pixels of the others", got, expected, hint);
        }
        Ok(())
    }
}

/// Whether a path has an extension, in any case.
fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension))
}

/// The smallest grid that holds all tiles.
fn grid_of_all(tiles: &[Tile]) -> Result<Grid, Error> {
    let first = &tiles[0];
    let cell = i64::from(first.grid.cell);
    let low_high = |of: &dyn Fn(&Tile) -> (i64, i64)| {
        tiles
            .iter()
            .map(of)
            .fold((i64::MAX, i64::MIN), |(low, high), (a, b)| (low.min(a), high.max(b)))
    };
    let (west, east) = low_high(&|tile| {
        let x = i64::from(tile.grid.origin.x);
        (x, x + cell * tile.grid.cols as i64)
    });
    let (south, north) = low_high(&|tile| {
        let y = i64::from(tile.grid.origin.y);
        (y - cell * tile.grid.rows as i64, y)
    });
    let (rows, cols) = (((north - south) / cell) as usize, ((east - west) / cell) as usize);
    if rows > SIDE_MAX || cols > SIDE_MAX {
        let fault = InputError::new(&first.info.path, "these tiles lie too far apart");
        return Err(fault
            .got(format!("{rows} rows, {cols} columns"))
            .expected(format!("at most {SIDE_MAX} of each"))
            .hint("give tiles of one department")
            .into());
    }
    // Corners of tiles are points, and these are some of them.
    Ok(Grid { origin: Point::new(west as i32, north as i32), cell: cell as i32, rows, cols })
}

/// Refuses tiles, in order of their first cell, of which two cover the same ground.
fn require_apart(tiles: &[Tile]) -> Result<(), Error> {
    for (rank, a) in tiles.iter().enumerate() {
        let bottom = a.window.row + a.window.rows;
        for b in tiles[rank + 1..].iter().take_while(|b| b.window.row < bottom) {
            let (left, right) = (
                a.window.col.max(b.window.col),
                (a.window.col + a.window.cols).min(b.window.col + b.window.cols),
            );
            if left < right {
                let n_rows = bottom.min(b.window.row + b.window.rows) - b.window.row;
                let fault = InputError::new(&b.info.path, "this tile covers ground of another one");
                return Err(fault
                    .got(format!(
                        "{n_rows} rows and {} columns also in `{}`",
                        right - left,
                        a.info.path.display()
                    ))
                    .expected("tiles that abut")
                    .hint("give each tile once, cut to its own ground: `gdal_translate -srcwin ..`")
                    .into());
            }
        }
    }
    Ok(())
}
