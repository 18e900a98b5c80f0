//! One file of a mosaic: where its pixels lie on working cells.

use std::path::Path;

use kernels::grid::{Grid, Window};
use kernels::lattice::{Point, STEPS_PER_METRE};

use crate::error::{Error, InputError};
use crate::io::raster::{Georef, RasterInfo, RasterSource};

/// One file of a mosaic, or one reduced level of it.
#[derive(Debug, Clone)]
pub(crate) struct Tile {
    /// The header of what is read.
    pub(super) info: RasterInfo,
    /// The reduced level that is read, from 0; `None` for the full pixels.
    pub(super) level: Option<usize>,
    pub(super) georef: Georef,
}

impl Tile {
    /// A tile from its header.
    ///
    /// # Errors
    /// It has no position, or one that is not north-up.
    pub(super) fn of(info: &RasterInfo, level: Option<usize>) -> Result<Self, Error> {
        Ok(Self { level, georef: info.georef()?, info: info.clone() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.info.path
    }

    /// Opens it at its level.
    ///
    /// # Errors
    /// It cannot be opened any more, or is another one.
    pub(super) fn source(&self) -> Result<RasterSource, Error> {
        RasterSource::reopen(&self.info, self.level)
    }

    /// Ground that it covers, in square metres.
    pub(crate) fn ground_m2(&self) -> f64 {
        let pixel_m2 = self.georef.pixel_width_m * self.georef.pixel_height_m;
        self.info.rows as f64 * self.info.cols as f64 * pixel_m2
    }

    /// South-west and north-east corner, to the nearest centimetre.
    ///
    /// # Errors
    /// It lies outside every French coordinate system.
    pub(super) fn corners(&self) -> Result<(Point, Point), Error> {
        let Georef { west_m, north_m, pixel_width_m, pixel_height_m } = self.georef;
        let east_m = west_m + pixel_width_m * self.info.cols as f64;
        let south_m = north_m - pixel_height_m * self.info.rows as f64;
        let corner = |x_m: f64, y_m: f64| {
            Point::from_metres(x_m, y_m).ok_or_else(|| -> Error {
                InputError::new(
                    self.path(),
                    "this tile lies outside every French coordinate system",
                )
                .got(format!("a corner at {x_m} {y_m} m"))
                .hint("check its position with `gdalinfo`: are its units metres?")
                .into()
            })
        };
        Ok((corner(west_m, south_m)?, corner(east_m, north_m)?))
    }

    /// A box that holds its ground to the nearest centimetre; all there is when it lies nowhere.
    pub(super) fn bounds(&self) -> (Point, Point) {
        let far = i32::MAX;
        self.corners().unwrap_or((Point::new(-far, -far), Point::new(far, far)))
    }

    /// The cells of a block whose centre lies in the tile; `None` when there is none.
    pub(crate) fn cells_under(&self, block: &Grid) -> Option<Window> {
        let Georef { west_m, north_m, pixel_width_m, pixel_height_m } = self.georef;
        let cell_m = f64::from(block.cell) / f64::from(STEPS_PER_METRE);
        let (block_west_m, block_north_m) = block.origin.to_metres();
        // The first cell whose centre is not before a side; a thousandth of a cell is no distance.
        let first = |side_m: f64, n: usize| {
            ((side_m / cell_m - 0.5 - 1e-3).ceil().max(0.0) as usize).min(n)
        };
        let (width_m, height_m) =
            (self.info.cols as f64 * pixel_width_m, self.info.rows as f64 * pixel_height_m);
        let (row, row_end) = (
            first(block_north_m - north_m, block.rows),
            first(block_north_m - north_m + height_m, block.rows),
        );
        let (col, col_end) = (
            first(west_m - block_west_m, block.cols),
            first(west_m - block_west_m + width_m, block.cols),
        );
        (row < row_end && col < col_end).then(|| Window {
            row,
            col,
            rows: row_end - row,
            cols: col_end - col,
        })
    }

    /// The pixels whose centre may lie in the block or `margin_m` around it; `None` when there is none.
    pub(super) fn window_over(&self, block: &Grid, margin_m: f64) -> Option<Window> {
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
        let (col, cols) = range(
            (west_m - west) / pixel_width_m,
            (east_m - west) / pixel_width_m,
            self.info.cols,
        )?;
        let (row, rows) = range(
            (north - north_m) / pixel_height_m,
            (north - south_m) / pixel_height_m,
            self.info.rows,
        )?;
        Some(Window { row, col, rows, cols })
    }

    /// Where the centre of each cell row and column lies, in pixels from the centre of a window's
    /// first one.
    pub(super) fn places_of(&self, window: Window, block: &Grid) -> (Vec<f64>, Vec<f64>) {
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

    /// The cells that hold the centres of a window's pixels, as those of a block go on beyond it;
    /// `None` outside every French coordinate system.
    pub(super) fn cells_around(&self, window: Window, block: &Grid) -> Option<Grid> {
        let (row, col) = (window.row + window.rows - 1, window.col + window.cols - 1);
        Some(block.spanning(self.centre(window.row, window.col)?, self.centre(row, col)?))
    }

    /// The centre of a pixel to the nearest centimetre; `None` outside every French coordinate system.
    fn centre(&self, row: usize, col: usize) -> Option<Point> {
        let (x_m, y_m) = self.georef.centre(row, col);
        Point::from_metres(x_m, y_m)
    }

    /// The cell row and column of each pixel row and column of a window.
    pub(super) fn cells_of(
        &self,
        window: Window,
        block: &Grid,
    ) -> (Vec<Option<usize>>, Vec<Option<usize>>) {
        let rows = (window.row..window.row + window.rows)
            .map(|row| self.centre(row, window.col).and_then(|p| block.row_at(p.y)))
            .collect();
        let cols = (window.col..window.col + window.cols)
            .map(|col| self.centre(window.row, col).and_then(|p| block.col_at(p.x)))
            .collect();
        (rows, cols)
    }
}
