//! In which order a block of cells reads its pixels, so that every tile of a file is decoded once.

use kernels::grid::Grid;
use kernels::lattice::STEPS_PER_METRE;

use super::Mosaic;
use crate::io::raster::RasterInfo;

/// Fewest and most rows of cells of a strip.
const ROWS_MIN: usize = 32;
const ROWS_MAX: usize = 512;
/// Strips of a row of tiles: so low that they rarely meet three rows where a file ends.
const STRIPS_PER_TILE: f64 = 4.0;
/// Decoded tiles that a reader may keep, in bytes.
const CACHE_MAX: usize = 208 << 20;

/// Strips of cells lower than a row of the files' tiles: neighbours share one or two rows of tiles,
/// which stay decoded from one to the next when `cache_bytes` are there for them.
///
/// A cache that lacks a single tile is worse than none, since the one that goes is always the next
/// that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Strips {
    /// Rows of cells of a strip.
    pub(crate) rows: usize,
    /// Columns of cells that are read from north to south before those east of them.
    pub(crate) cols: usize,
    /// Bytes of decoded tiles that a reader of all products comes back to.
    pub(crate) cache_bytes: usize,
}

impl Strips {
    /// The strips in which blocks as wide as `block` read some products together.
    pub(crate) fn of(products: &[&Mosaic], block: &Grid) -> Self {
        let cell_m = f64::from(block.cell) / f64::from(STEPS_PER_METRE);
        let height = |product: &&Mosaic| {
            let tile_m = product.tile_side().0 as f64 * product.pixel_m;
            (tile_m / cell_m / STRIPS_PER_TILE).floor() as usize
        };
        let rows = products.iter().map(height).max().unwrap_or(0).clamp(ROWS_MIN, ROWS_MAX);
        let bytes = |cols: usize| -> usize {
            products.iter().map(|product| product.cached_bytes((rows, cols), cell_m)).sum()
        };
        let mut cols = block.cols.max(1);
        while cols > ROWS_MAX && bytes(cols) > CACHE_MAX {
            cols = cols.div_ceil(2);
        }
        Self { rows, cols, cache_bytes: bytes(cols).min(CACHE_MAX) }
    }
}

impl Mosaic {
    /// Largest number of rows and columns of a tile inside the files, in pixels.
    fn tile_side(&self) -> (usize, usize) {
        let sides = self.tiles.iter().map(|tile| {
            let info = &tile.info;
            (info.block_rows.min(info.rows), info.block_cols.min(info.cols))
        });
        sides.fold((1, 1), |most, side| (most.0.max(side.0), most.1.max(side.1)))
    }

    /// Bytes of the decoded tiles under so many rows and columns of cells, wherever they lie.
    fn cached_bytes(&self, (rows, cols): (usize, usize), cell_m: f64) -> usize {
        let covered = |cells: usize, side: usize, file: usize| {
            // One tile more than fit, since the first begins before the cells; the last of a file
            // takes as much room as the others.
            let pixels = (cells as f64 * cell_m / self.pixel_m).ceil() as usize;
            (pixels.div_ceil(side) + 1 + pixels / file * usize::from(!file.is_multiple_of(side)))
                * side
        };
        let file = |side: fn(&RasterInfo) -> usize| {
            self.tiles.iter().map(|tile| side(&tile.info)).min().unwrap_or(1).max(1)
        };
        let (tile_rows, tile_cols) = self.tile_side();
        // Whatever bands are asked for, all of a tile are decoded together.
        let depth = |tile: &super::Tile| tile.info.bands * tile.info.cell_type.bytes();
        let depth = self.tiles.iter().map(depth).max().unwrap_or(1);
        covered(rows, tile_rows, file(|info| info.rows))
            * covered(cols, tile_cols, file(|info| info.cols))
            * depth
    }
}

#[cfg(test)]
mod tests {
    use kernels::grid::Window;
    use kernels::lattice::Point;
    use ndarray::Array3;

    use super::*;
    use crate::inputs::ortho;
    use crate::io::raster_writer::{Compression, RasterSpec, write_geotiff};

    #[test]
    fn strips_are_lower_than_a_row_of_tiles_and_two_rows_of_them_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tif");
        // Pixels of half a metre, in tiles of 512.
        let origin = Point::new(65_000_000, 630_000_000);
        let pixels = Grid { origin, cell: 50, rows: 1100, cols: 600 };
        let compression = Compression::Deflate;
        let spec = RasterSpec {
            grid: pixels,
            bands: 3,
            epsg: 2154,
            nodata: None,
            compression,
            colours: Vec::new(),
        };
        write_geotiff(&path, &spec, |w: Window| Ok(Array3::<u8>::zeros((3, w.rows, w.cols))))
            .unwrap();
        let mosaic = Mosaic::open(&[path], 2154, ortho).unwrap();
        let tile = mosaic.tile_side();
        let block = |cell: i32, cols: usize| Grid { origin, cell, rows: 2048, cols };
        let strips = Strips::of(&[&mosaic], &block(100, 2048));
        assert_eq!((strips.rows, strips.cols), (tile.0 / 8, 2048));
        // Two rows of tiles, and in each the 4096 pixels with one tile more than fit, and the last
        // ones of the six files before the end.
        let wide = (4096_usize.div_ceil(tile.1) + 1 + 6) * tile.1;
        assert_eq!(strips.cache_bytes, 2 * tile.0 * wide * 3);
        // Small cells ask for so many pixels that a part of the width is read at a time.
        let fine = Strips::of(&[&mosaic; 9], &block(50, 8192));
        assert!(fine.cols < 8192 && fine.cache_bytes <= CACHE_MAX, "{fine:?}");
    }
}
