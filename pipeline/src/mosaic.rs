//! A product of the ortho imagery: the tiles of one band set, read as one picture.

use std::path::PathBuf;

use kernels::aggregate::{CellSums, Lines};
use kernels::boxes::{Boxes, grown};
use kernels::grid::Grid;
use kernels::height::Relief;
use kernels::lattice::{Point, STEPS_PER_METRE};
use rayon::prelude::*;

use crate::error::{Error, InputError};
use crate::io::raster::{RasterInfo, RasterSource};

mod decoded;
mod placed;
mod recent;
mod strips;
mod tile;

use decoded::Decoded;
pub(crate) use placed::Placed;
use recent::Recent;
pub(crate) use strips::Strips;
pub(crate) use tile::Tile;

/// Files that a reader keeps open, and as many that it reads without GDAL: a strip of a block rarely
/// meets more.
const OPEN_MAX: usize = 16;

/// Around each tile in the index of a mosaic: more than corners and pixels are rounded by.
const INDEX_MARGIN_M: f64 = 1.0;

/// The tiles of one product (RVB, IRC, heights), in the order of their paths.
#[derive(Debug, Clone)]
pub(crate) struct Mosaic {
    pub(crate) tiles: Vec<Tile>,
    /// Side of a pixel that is read, in metres.
    pub(crate) pixel_m: f64,
    /// The ground of the tiles.
    index: Boxes,
}

/// Files that do not make one product: the first fault, and the files that have none.
#[derive(Debug)]
pub(crate) struct Misfit {
    /// What is wrong with the first of the faulty files.
    pub(crate) fault: InputError,
    /// How many files are faulty.
    pub(crate) n_faulty: usize,
    /// What the other files make.
    pub(crate) rest: Mosaic,
}

impl Mosaic {
    /// Reads the headers of the tiles and checks that they form one product.
    ///
    /// # Errors
    /// A tile cannot be opened, has another CRS, cells or bands that `fit` refuses, or a pixel of
    /// another size than most tiles have.
    pub(crate) fn open(
        paths: &[PathBuf],
        epsg: u32,
        fit: fn(&RasterInfo) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        Self::sort_out(paths, epsg, fit)?.map_err(|misfit| misfit.fault.into())
    }

    /// [`Mosaic::open`], which tells the files without fault from the others.
    ///
    /// # Errors
    /// A file cannot be read at all.
    pub(crate) fn sort_out(
        paths: &[PathBuf],
        epsg: u32,
        fit: fn(&RasterInfo) -> Result<(), Error>,
    ) -> Result<Result<Self, Box<Misfit>>, Error> {
        let open = |path: &PathBuf| {
            let source = RasterSource::open(path)?;
            source.info().require_epsg(epsg)?;
            fit(source.info())?;
            Tile::of(source.info(), None)
        };
        let opened: Vec<Result<Tile, Error>> = paths.par_iter().map(open).collect();
        let mut tiles: Vec<Tile> = Vec::with_capacity(paths.len());
        let mut faults: Vec<InputError> = Vec::new();
        for tile in opened {
            match tile {
                Ok(tile) => tiles.push(tile),
                Err(Error::Input(fault)) => faults.push(*fault),
                Err(other) => return Err(other),
            }
        }
        let pixel_m = usual_pixel_m(&tiles);
        let (tiles, odd): (Vec<Tile>, Vec<Tile>) = tiles
            .into_iter()
            .partition(|tile| (tile.georef.pixel_width_m - pixel_m).abs() <= 0.01 * pixel_m);
        faults.extend(odd.iter().map(|tile| odd_pixel(tile, pixel_m)));
        let (n_faulty, rest) = (faults.len(), Self::of(tiles, pixel_m));
        Ok(match faults.into_iter().next() {
            None => Ok(rest),
            Some(fault) => Err(Box::new(Misfit { fault, n_faulty, rest })),
        })
    }

    fn of(tiles: Vec<Tile>, pixel_m: f64) -> Self {
        let index = Boxes::new(tiles.iter().map(Tile::bounds));
        Self { tiles, pixel_m, index }
    }

    /// The tiles that may have a pixel within `margin_m` of a block, with their ranks, in their order.
    pub(crate) fn over(
        &self,
        block: &Grid,
        margin_m: f64,
    ) -> impl Iterator<Item = (usize, &Tile)> + use<'_> {
        let margin = ((margin_m + INDEX_MARGIN_M) * f64::from(STEPS_PER_METRE)).ceil() as i32;
        let near = self.index.meeting(grown(block.bounds(), margin));
        near.into_iter().map(|rank| (rank as usize, &self.tiles[rank as usize]))
    }

    /// The same product as it is read for cells that are no smaller than its pixels.
    ///
    /// * `reduced`: read a reduced level instead, where one leaves each cell four pixels.
    ///
    /// # Errors
    /// The cells are smaller than the pixels, or a tile cannot be opened any more.
    pub(crate) fn for_cells(self, cell_m: f64, reduced: bool) -> Result<Self, Error> {
        self.fits(cell_m)?;
        if reduced { self.reduced(cell_m / 2.0) } else { Ok(self) }
    }

    /// The same product read at the coarsest reduced level that every tile has and whose pixels are
    /// at most `pixel_max_m` large; itself when there is none.
    ///
    /// # Errors
    /// A tile cannot be opened any more.
    pub(crate) fn reduced(self, pixel_max_m: f64) -> Result<Self, Error> {
        let fitting = |tile: &Tile| {
            let full_m = tile.georef.pixel_width_m;
            // A level that is not exactly half has pixels of its own size.
            let pixel_m =
                |&(_, cols): &(usize, usize)| full_m * tile.info.cols as f64 / cols as f64;
            let fits = tile.info.levels.iter().map(pixel_m);
            fits.take_while(|&pixel_m| pixel_m <= pixel_max_m * 1.001).count()
        };
        // What is read at a reduced level already stays at it.
        let levels = if self.level() == 0 { self.tiles.iter().map(fitting).min() } else { None };
        let Some(level) = levels.and_then(|n| n.checked_sub(1)) else { return Ok(self) };
        let open = |tile: &Tile| {
            let source = RasterSource::open_level(tile.path(), Some(level))?;
            Tile::of(source.info(), Some(level))
        };
        let tiles: Vec<Tile> = self.tiles.par_iter().map(open).collect::<Result<_, _>>()?;
        let pixel_m = usual_pixel_m(&tiles);
        Ok(Self::of(tiles, pixel_m))
    }

    /// The reduced level that is read, from 1; 0 for the full pixels.
    pub(crate) fn level(&self) -> usize {
        self.tiles.first().and_then(|tile| tile.level).map_or(0, |level| level + 1)
    }

    /// A reader of its pixels, one per thread.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader {
            mosaic: self,
            open: Recent::of(OPEN_MAX),
            buffer: Vec::new(),
            decoded: Decoded::of(OPEN_MAX),
        }
    }

    /// South-west and north-east corner of each tile, to the nearest centimetre.
    ///
    /// # Errors
    /// A tile lies outside every French coordinate system.
    pub(crate) fn corners(&self) -> Result<Vec<(Point, Point)>, Error> {
        self.tiles.iter().map(Tile::corners).collect()
    }

    /// Sums of one block by itself, see [`Reader::sums`].
    ///
    /// # Errors
    /// A tile cannot be read to its end.
    pub(crate) fn sums(&self, bands: &[usize], block: &Grid) -> Result<CellSums, Error> {
        self.reader().sums(bands, block)
    }

    /// Measures of one block by itself, see [`Reader::relief`].
    ///
    /// # Errors
    /// A tile cannot be read to its end.
    pub(crate) fn relief(&self, block: &Grid) -> Result<Relief, Error> {
        self.reader().relief(block)
    }

    /// Ground that the tiles cover, overlaps counted twice, in square metres.
    pub(crate) fn ground_m2(&self) -> f64 {
        self.tiles.iter().map(Tile::ground_m2).sum()
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
    fn fits(&self, cell_m: f64) -> Result<(), Error> {
        match self.tiles.first() {
            Some(tile) if self.pixels_per_cell(cell_m) == 0 => {
                Err(InputError::new(tile.path(), "the working cells are smaller than the pixels")
                    .got(format!("cells of {cell_m} m, pixels of {} m", self.pixel_m))
                    .expected("cells of one pixel at least")
                    .hint("raise `cell_m` in the configuration")
                    .into())
            }
            _ => Ok(()),
        }
    }
}

/// Reads a mosaic window by window, keeping the last files open: what one window decodes beyond its
/// side serves the next one.
pub(crate) struct Reader<'a> {
    mosaic: &'a Mosaic,
    /// By the rank of the file.
    open: Recent<RasterSource>,
    buffer: Vec<u8>,
    decoded: Decoded,
}

impl Reader<'_> {
    /// Sums of the pixels of `bands` (from 1) over the cells of `block`.
    ///
    /// A pixel belongs to the cell that holds its centre. Where tiles overlap, the first in the
    /// order of the paths that fills a cell counts there, and the others do not.
    ///
    /// # Errors
    /// A tile cannot be read to its end.
    pub(crate) fn sums(&mut self, bands: &[usize], block: &Grid) -> Result<CellSums, Error> {
        let whole = self.whole_cell(block).max(1);
        let mut sums = CellSums::new(bands.len(), (block.rows, block.cols), whole);
        let mut buffer = std::mem::take(&mut self.buffer);
        self.decoded.begin(bands, block);
        for (rank, tile) in self.mosaic.over(block, 0.0) {
            let Some(window) = tile.window_over(block, 0.0) else { continue };
            let cells = tile.cells_around(window, block);
            let wants = |cells: &Grid| sums.wants((cells.rows, cells.cols), block.offset_of(cells));
            if !cells.as_ref().is_some_and(wants) {
                continue;
            }
            if !self.decoded.add((rank, tile), window, block, &mut sums) {
                let pixels = self.source(rank)?.read_pixels(bands, window, &mut buffer)?;
                let valid = pixels.valid.as_ref().map(|valid| valid.view());
                let (rows, cols) = tile.cells_of(window, block);
                sums.add(Lines::by_band(pixels.bands), valid, &rows, &cols);
            }
            sums.close();
        }
        self.buffer = buffer;
        Ok(sums)
    }

    /// Measures of the first band over the cells of `block`.
    ///
    /// Pixels no larger than the cells go to the cell that holds their centre; larger ones are
    /// interpolated between their centres. Where tiles overlap all their pixels count.
    ///
    /// # Errors
    /// A tile cannot be read to its end.
    pub(crate) fn relief(&mut self, block: &Grid) -> Result<Relief, Error> {
        let is_coarse = self.mosaic.pixels_per_cell(cell_m(block)) == 0;
        let margin_m = if is_coarse { self.mosaic.pixel_m } else { 0.0 };
        let mut relief = Relief::new(block.rows, block.cols);
        for (rank, tile) in self.mosaic.over(block, margin_m) {
            let Some(window) = tile.window_over(block, margin_m) else { continue };
            let pixels = self.source(rank)?.read_measures(window)?;
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

    /// The pixels that every whole cell of a block holds at least.
    pub(crate) fn whole_cell(&self, block: &Grid) -> u32 {
        self.mosaic.pixels_per_cell(cell_m(block))
    }

    /// The file of a tile, opened when it is not open yet.
    fn source(&mut self, rank: usize) -> Result<&RasterSource, Error> {
        let tile = &self.mosaic.tiles[rank];
        Ok(self.open.get(rank, || tile.source())?)
    }
}

fn cell_m(block: &Grid) -> f64 {
    f64::from(block.cell) / f64::from(STEPS_PER_METRE)
}

/// The width of the pixels of most tiles; of two as common, the finer.
fn usual_pixel_m(tiles: &[Tile]) -> f64 {
    let mut widths: Vec<f64> = tiles.iter().map(|tile| tile.georef.pixel_width_m).collect();
    widths.sort_by(f64::total_cmp);
    widths.get(widths.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

fn odd_pixel(tile: &Tile, usual_m: f64) -> InputError {
    InputError::new(tile.path(), "this tile has another resolution than most")
        .got(format!("pixels of {} m", tile.georef.pixel_width_m))
        .expected(format!("{usual_m} m"))
        .hint("give one product per list, or resample the odd tiles with `gdalwarp -tr`")
}

#[cfg(test)]
mod tests;
