//! Sums over the decoded tiles of a mosaic, kept while a reader goes southwards through them.

use std::convert::Infallible;

use kernels::aggregate::{CellSums, Lines};
use kernels::grid::{Grid, Window};
use ndarray::s;
use rustc_hash::FxHashMap;

use super::{Recent, Tile};
use crate::io::raster::{Decoding, TileFile};

/// Tiles that were decoded, of files that are read without GDAL: each as the sums of its pixels over
/// the cells that it touches, which add up where tiles meet. They take no more room than the pixels:
/// files of fewer pixels in a cell are read with GDAL.
///
/// Blocks come in rows from north to south: what the last two rows of them did not ask for is let
/// go.
pub(super) struct Decoded {
    bands: Vec<usize>,
    /// North side of the present row of blocks, and its rank among the rows.
    north: Option<i32>,
    row: usize,
    /// By the rank of the file; `None` for one that GDAL reads.
    files: Recent<Option<TileFile>>,
    /// By the ranks of the file and of the tile in it.
    tiles: FxHashMap<(usize, usize), Kept>,
    decoding: Decoding,
}

/// The sums of a tile, with their cells.
struct Kept {
    grid: Grid,
    sums: CellSums,
    /// The last row of blocks that asked for it.
    row: usize,
}

impl Decoded {
    /// Nothing yet; at most so many files are open at once.
    pub(super) fn of(open_max: usize) -> Self {
        Self {
            bands: Vec::new(),
            north: None,
            row: 0,
            files: Recent::of(open_max),
            tiles: FxHashMap::default(),
            decoding: Decoding::default(),
        }
    }

    /// Begins a block, of the same cells as the blocks before it, of which the same bands are read.
    pub(super) fn begin(&mut self, bands: &[usize], block: &Grid) {
        if self.bands != bands {
            self.tiles.clear();
            self.bands = bands.to_vec();
        }
        if self.north != Some(block.origin.y) {
            self.north = Some(block.origin.y);
            self.row += 1;
        }
        let oldest = self.row.saturating_sub(1);
        self.tiles.retain(|_, tile| tile.row >= oldest);
    }

    /// Adds a window of a file to the sums of a block; whether it could: if not, nothing was added,
    /// and GDAL is to read it.
    ///
    /// * `rank`: of the file in the mosaic.
    pub(super) fn add(
        &mut self,
        (rank, file): (usize, &Tile),
        window: Window,
        block: &Grid,
        sums: &mut CellSums,
    ) -> bool {
        let Self { bands, row, files, tiles, decoding, .. } = self;
        if !is_worth_it(file, bands, block) {
            return false;
        }
        let Ok(kept) = files.get(rank, || Ok::<_, Infallible>(TileFile::open(&file.info)));
        let Some(source) = kept else { return false };
        let ranks = ranks(source, window);
        for &place in &ranks {
            let key = (rank, source.rank(place.0, place.1));
            if let Some(tile) = tiles.get_mut(&key) {
                tile.row = *row;
                continue;
            }
            let Some((grid, sums)) = of_tile((file, source), place, bands.len(), block, decoding)
            else {
                // From now on GDAL reads the file, and tells what is wrong with it.
                *kept = None;
                return false;
            };
            tiles.insert(key, Kept { grid, sums, row: *row });
        }
        for place in ranks {
            let tile = &tiles[&(rank, source.rank(place.0, place.1))];
            sums.merge(&tile.sums, block.offset_of(&tile.grid));
        }
        true
    }
}

/// Whether a file is to be read tile by tile: the first bands of its full pixels, where their sums
/// take no more room than they do.
fn is_worth_it(file: &Tile, bands: &[usize], block: &Grid) -> bool {
    let is_first = bands.iter().copied().eq(1..=bands.len());
    let cell_m2 = block.cell_area_m2();
    let pixels = cell_m2 / (file.georef.pixel_width_m * file.georef.pixel_height_m);
    let bytes = pixels * file.info.bands as f64;
    file.level.is_none() && is_first && CellSums::cell_bytes(bands.len()) as f64 <= bytes
}

/// Rows and columns of the tiles that hold a window.
fn ranks(file: &TileFile, window: Window) -> Vec<(usize, usize)> {
    let (height, width) = file.side();
    let rows = window.row / height..(window.row + window.rows).div_ceil(height);
    let cols = window.col / width..(window.col + window.cols).div_ceil(width);
    rows.flat_map(|row| cols.clone().map(move |col| (row, col))).collect()
}

/// The sums of a tile over the cells that its pixels fall in, as a block's cells go on; `None` when it
/// cannot be decoded.
///
/// * `place`: row and column of the tile among those of the file.
fn of_tile(
    (file, source): (&Tile, &TileFile),
    (row, col): (usize, usize),
    n_bands: usize,
    block: &Grid,
    decoding: &mut Decoding,
) -> Option<(Grid, CellSums)> {
    let (height, width) = source.side();
    let rank = source.rank(row, col);
    let (row, col) = (row * height, col * width);
    let (rows, cols) = (height.min(file.info.rows - row), width.min(file.info.cols - col));
    let window = Window { row, col, rows, cols };
    let grid = file.cells_around(window, block)?;
    let pixels = source.decode(rank, decoding).ok()?;
    let pixels = pixels.slice_move(s![..rows, ..cols * source.bands()]);
    let valid = file.info.void_byte().and_then(|void| source.not_all(void, pixels));
    let (cell_rows, cell_cols) = file.cells_of(window, &grid);
    let mut sums = CellSums::new(n_bands, (grid.rows, grid.cols), u32::MAX);
    let lines = Lines::by_pixel(pixels, source.bands());
    sums.add(lines, valid.as_ref().map(|valid| valid.view()), &cell_rows, &cell_cols);
    Some((grid, sums))
}
