//! A product of the ortho imagery: the tiles of one band set, read as one picture.

use std::path::{Path, PathBuf};

use kernels::aggregate::CellSums;
use kernels::grid::{Grid, Window};
use kernels::height::Relief;
use kernels::lattice::{Point, STEPS_PER_METRE};

use crate::error::{Error, InputError};
use crate::io::raster::{Georef, RasterInfo, RasterSource};

/// One file of a mosaic and where it lies.
#[derive(Debug, Clone)]
struct Tile {
    path: PathBuf,
    georef: Georef,
    rows: usize,
    cols: usize,
}

/// The tiles of one product (RVB, IRC, heights), in the order of their paths.
#[derive(Debug, Clone)]
pub(crate) struct Mosaic {
    tiles: Vec<Tile>,
    /// Side of a pixel, in metres.
    pub(crate) pixel_m: f64,
}

impl Mosaic {
    /// Reads the headers of the tiles and checks that they form one product.
    ///
    /// # Errors
    /// A tile cannot be opened, has another CRS, cells or bands that `fit` refuses, or a pixel of
    /// another size than the first tile's.
    pub(crate) fn open(
        paths: &[PathBuf],
        epsg: u32,
        fit: fn(&RasterInfo) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut tiles: Vec<Tile> = Vec::with_capacity(paths.len());
        for path in paths {
            let source = RasterSource::open(path)?;
            let info = source.info();
            info.require_epsg(epsg)?;
            fit(info)?;
            let tile = Tile {
                path: path.clone(),
                georef: info.georef()?,
                rows: info.rows,
                cols: info.cols,
            };
            if let Some(first) = tiles.first() {
                same_pixel(path, &tile.georef, &first.georef)?;
            }
            tiles.push(tile);
        }
        let pixel_m = tiles.first().map_or(f64::NAN, |tile| tile.georef.pixel_width_m);
        Ok(Self { tiles, pixel_m })
    }

    /// South-west and north-east corner of each tile, to the nearest centimetre.
    ///
    /// # Errors
    /// A tile lies outside every French coordinate system.
    pub(crate) fn corners(&self) -> Result<Vec<(Point, Point)>, Error> {
        self.tiles.iter().map(Tile::corners).collect()
    }

    /// Sums of the pixels of `bands` (from 1) over the cells of `block`.
    ///
    /// A pixel belongs to the cell that holds its centre; where tiles overlap all their pixels
    /// count.
    ///
    /// # Errors
    /// A tile cannot be read to its end.
    pub(crate) fn sums(&self, bands: &[usize], block: &Grid) -> Result<CellSums, Error> {
        let mut sums = CellSums::new(bands.len(), block.rows, block.cols);
        for tile in &self.tiles {
            let Some(window) = tile.window_over(block, 0.0) else { continue };
            let source = RasterSource::open(&tile.path)?;
            let pixels = source.read_bands::<u8>(bands, window)?;
            let valid = source.read_valid(window)?;
            let (rows, cols) = tile.cells_of(window, block);
            sums.add(pixels.view(), valid.view(), &rows, &cols);
        }
        Ok(sums)
    }

    /// Measures of the first band over the cells of `block`.
    ///
    /// Pixels no larger than the cells go to the cell that holds their centre; larger ones are
    /// interpolated between their centres. Where tiles overlap all their pixels count.
    ///
    /// # Errors
    /// A tile cannot be read to its end.
    pub(crate) fn relief(&self, block: &Grid) -> Result<Relief, Error> {
        let cell_m = f64::from(block.cell) / f64::from(STEPS_PER_METRE);
        let is_coarse = self.pixels_per_cell(cell_m) == 0;
        let mut relief = Relief::new(block.rows, block.cols);
        for tile in &self.tiles {
            let margin_m = if is_coarse { self.pixel_m } else { 0.0 };
            let Some(window) = tile.window_over(block, margin_m) else { continue };
            let source = RasterSource::open(&tile.path)?;
            let pixels = source.read_measures(window)?;
            if is_coarse {
                let (rows, cols) = tile.places_of(window, block);
                relief.add_between(pixels.view(), &rows, &cols);
            } else {
                let (rows, cols) = tile.cells_of(window, block);
                relief.add_pixels(pixels.view(), &rows, &cols);
            }
        }
        Ok(relief)
    }

    /// Pixels that every whole cell of `cell_m` holds at least.
    pub(crate) fn pixels_per_cell(&self, cell_m: f64) -> u32 {
        // A thousandth: pixels of 0.1999 m are 0.2 m pixels.
        ((cell_m / self.pixel_m + 1e-3).floor() as u32).pow(2)
    }

    /// Checks that a cell is not smaller than a pixel.
    ///
    /// # Errors
    /// It is.
    pub(crate) fn fits(&self, cell_m: f64) -> Result<(), Error> {
        match self.tiles.first() {
            Some(tile) if self.pixels_per_cell(cell_m) == 0 => {
                Err(InputError::new(&tile.path, "the working cells are smaller than the pixels")
                    .got(format!("cells of {cell_m} m, pixels of {} m", self.pixel_m))
                    .expected("cells of one pixel at least")
                    .hint("raise `cell_m` in the configuration")
                    .into())
            }
            _ => Ok(()),
        }
    }
}

impl Tile {
    fn corners(&self) -> Result<(Point, Point), Error> {
        let Georef { west_m, north_m, pixel_width_m, pixel_height_m } = self.georef;
        let east_m = west_m + pixel_width_m * self.cols as f64;
        let south_m = north_m - pixel_height_m * self.rows as f64;
        let corner = |x_m: f64, y_m: f64| {
            Point::from_metres(x_m, y_m).ok_or_else(|| -> Error {
                InputError::new(&self.path, "this tile lies outside every French coordinate system")
                    .got(format!("a corner at {x_m} {y_m} m"))
                    .hint("check its position with `gdalinfo`: are its units metres?")
                    .into()
            })
        };
        Ok((corner(west_m, south_m)?, corner(east_m, north_m)?))
    }

    /// The pixels whose centre may lie in the block or `margin_m` around it; `None` when there is none.
    fn window_over(&self, block: &Grid, margin_m: f64) -> Option<Window> {
        let (low, high) = block.bounds();
        let ((west_m, south_m), (east_m, north_m)) = (low.to_metres(), high.to_metres());
        let (west_m, south_m) = (west_m - margin_m, south_m - margin_m);
        let (east_m, north_m) = (east_m + margin_m, north_m + margin_m);
        let range = |from: f64, to: f64, n: usize| {
            let first = from.floor().max(0.0) as usize;
            let end = (to.ceil().max(0.0) as usize).min(n);
            (first < end).then(|| (first, end - first))
        };
        let Georef { west_m: west, north_m: north, pixel_width_m, pixel_height_m } = self.georef;
        let (col, cols) =
            range((west_m - west) / pixel_width_m, (east_m - west) / pixel_width_m, self.cols)?;
        let (row, rows) = range(
            (north - north_m) / pixel_height_m,
            (north - south_m) / pixel_height_m,
            self.rows,
        )?;
        Some(Window { row, col, rows, cols })
    }

    /// Where the centre of each cell row and column lies, in pixels from the centre of a window's
    /// first one.
    fn places_of(&self, window: Window, block: &Grid) -> (Vec<f64>, Vec<f64>) {
        let (x_m, y_m) = self.georef.centre(window.row, window.col);
        let middle = |row: usize, col: usize| {
            let Point { x, y } = block.corner(row, col);
            Point::new(x + block.cell / 2, y - block.cell / 2).to_metres()
        };
        let Georef { pixel_width_m, pixel_height_m, .. } = self.georef;
        let rows = (0..block.rows).map(|row| (y_m - middle(row, 0).1) / pixel_height_m);
        let cols = (0..block.cols).map(|col| (middle(0, col).0 - x_m) / pixel_width_m);
        (rows.collect(), cols.collect())
    }

    /// The cell row and column of each pixel row and column of a window.
    fn cells_of(&self, window: Window, block: &Grid) -> (Vec<Option<usize>>, Vec<Option<usize>>) {
        let centre = |row: usize, col: usize| {
            let (x_m, y_m) = self.georef.centre(row, col);
            Point::from_metres(x_m, y_m)
        };
        let rows = (window.row..window.row + window.rows)
            .map(|row| centre(row, window.col).and_then(|p| block.row_at(p.y)))
            .collect();
        let cols = (window.col..window.col + window.cols)
            .map(|col| centre(window.row, col).and_then(|p| block.col_at(p.x)))
            .collect();
        (rows, cols)
    }
}

fn same_pixel(path: &Path, tile: &Georef, first: &Georef) -> Result<(), Error> {
    if (tile.pixel_width_m - first.pixel_width_m).abs() <= 0.01 * first.pixel_width_m {
        return Ok(());
    }
    Err(InputError::new(path, "this tile has another resolution than the first one")
        .got(format!("pixels of {} m", tile.pixel_width_m))
        .expected(format!("{} m", first.pixel_width_m))
        .hint("give one product per list, or resample the odd tiles with `gdalwarp -tr`")
        .into())
}

#[cfg(test)]
mod tests;
