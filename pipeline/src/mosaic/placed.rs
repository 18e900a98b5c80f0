//! Pixels of classes over the cells of a block: none may be averaged, so each goes to one cell, or is
//! repeated.

use kernels::grid::{Grid, Window};

use super::{Reader, cell_m};
use crate::error::Error;
use crate::io::raster::RasterSource;

/// The pixels of a tile over a block, and where they go.
pub(crate) struct Placed {
    /// The pixels to read.
    pub(crate) window: Window,
    /// Row of the window, row of the block.
    pub(crate) rows: Vec<(usize, usize)>,
    /// Column of the window, column of the block.
    pub(crate) cols: Vec<(usize, usize)>,
}

impl Reader<'_> {
    /// Gives `each` the pixels of every tile over a block, and the tile's file.
    ///
    /// Pixels no larger than the cells go to the cell that holds their centre; of larger ones, each
    /// cell has the one that holds its own centre. Where tiles overlap all their pixels count.
    ///
    /// # Errors
    /// Those of `each`; a tile cannot be opened any more.
    pub(crate) fn placed(
        &mut self,
        block: &Grid,
        mut each: impl FnMut(&RasterSource, &Placed) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let is_coarse = self.mosaic.pixels_per_cell(cell_m(block)) == 0;
        let margin_m = if is_coarse { self.mosaic.pixel_m } else { 0.0 };
        for (rank, tile) in self.mosaic.over(block, margin_m) {
            let Some(window) = tile.window_over(block, margin_m) else { continue };
            let (rows, cols) = if is_coarse {
                let (rows, cols) = tile.places_of(window, block);
                (nearest(&rows, window.rows), nearest(&cols, window.cols))
            } else {
                let (rows, cols) = tile.cells_of(window, block);
                (inside(rows), inside(cols))
            };
            each(self.source(rank)?, &Placed { window, rows, cols })?;
        }
        Ok(())
    }
}

fn inside(cells: Vec<Option<usize>>) -> Vec<(usize, usize)> {
    cells.into_iter().enumerate().filter_map(|(pixel, cell)| Some((pixel, cell?))).collect()
}

/// The pixel that holds each place, counted from the centre of the first one.
fn nearest(places: &[f64], n_pixels: usize) -> Vec<(usize, usize)> {
    let held = |(cell, &place): (usize, &f64)| {
        let pixel = (place + 0.5).floor();
        (pixel >= 0.0 && pixel < n_pixels as f64).then_some((pixel as usize, cell))
    };
    places.iter().enumerate().filter_map(held).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cell_has_the_large_pixel_that_holds_its_centre() {
        // Cells of 1 m, pixels of 2.5 m, the first cell half a metre into the first pixel.
        let places: Vec<f64> = (0..7).map(|cell| (f64::from(cell) + 1.0) / 2.5 - 0.5).collect();
        let pixels: Vec<_> = nearest(&places, 2).iter().map(|pair| pair.0).collect();
        assert_eq!(pixels, [0, 0, 1, 1]);
        assert_eq!(nearest(&[-0.6, -0.5, 0.49], 1), [(0, 1), (0, 2)]);
        assert_eq!(inside(vec![None, Some(3), None]), [(1, 3)]);
    }
}
