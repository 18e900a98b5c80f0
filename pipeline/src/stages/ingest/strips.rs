//! The way of rasters to whole shards: strip by strip, by readers that keep what they decoded.

use kernels::grid::{Grid, Window};
use ndarray::parallel::prelude::*;
use ndarray::{Array3, ArrayViewMut3, Axis, s};

use crate::context::Context;
use crate::error::Error;
use crate::io::cube::{SHARD, shard_shape};
use crate::mosaic::{Mosaic, Strips};

/// Columns of cells that are read at once: their sums, and the pixels that GDAL gives, stay in the
/// processor's cache.
const READ_COLS: usize = 256;

/// The reading of products together, shard by shard.
pub(super) struct ByStrips<'a> {
    ctx: &'a Context<'a>,
    grid: Grid,
    strips: Strips,
    /// Parts of a shard: as many as there are threads without a shard of their own.
    n_parts: usize,
}

impl<'a> ByStrips<'a> {
    /// How products that lie over each other are read.
    pub(super) fn of(ctx: &'a Context<'a>, grid: &Grid, products: &[&Mosaic]) -> Self {
        let strips = Strips::of(products, &Grid { cols: SHARD.min(grid.cols), ..*grid });
        let n_blocks = ctx.share.blocks(grid.blocks(SHARD).len()).len();
        Self { ctx, grid: *grid, strips, n_parts: ctx.threads.div_ceil(n_blocks.max(1)) }
    }

    /// The decoded tiles that all threads together keep, in bytes.
    pub(super) fn cache_bytes(&self) -> usize {
        self.ctx.threads * self.strips.cache_bytes
    }

    /// The bands of one shard, of [`shard_shape`], and the readers that made them; beyond the grid they
    /// are zero.
    ///
    /// Each part has a reader, which goes through it strip by strip, so that what one strip decodes
    /// beyond its limit serves the next.
    ///
    /// * `open`: makes a reader.
    /// * `read`: fills a window, which is given in rows and columns of the grid.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) fn shard<R: Send>(
        &self,
        shard: Window,
        n_bands: usize,
        open: impl Fn() -> R + Sync,
        read: impl Fn(&mut R, Window, ArrayViewMut3<'_, u8>) -> Result<(), Error> + Sync,
    ) -> Result<(Array3<u8>, Vec<R>), Error> {
        let part_rows = shard.rows.div_ceil(self.n_parts).next_multiple_of(self.strips.rows);
        let mut cells = Array3::zeros(shard_shape(&self.grid, n_bands));
        let mut own = cells.slice_mut(s![.., ..shard.rows, ..shard.cols]);
        let parts = own.axis_chunks_iter_mut(Axis(1), part_rows).into_par_iter().enumerate();
        let in_part = |(rank, mut part): (usize, ArrayViewMut3<'_, u8>)| {
            let mut reader = open();
            for at in windows((part.len_of(Axis(1)), shard.cols), self.strips) {
                self.ctx.check_cancelled()?;
                let (row, col) = (shard.row + rank * part_rows + at.row, shard.col + at.col);
                let (rows, cols) = (at.row..at.row + at.rows, at.col..at.col + at.cols);
                let window = Window { row, col, ..at };
                read(&mut reader, window, part.slice_mut(s![.., rows, cols]))?;
                self.ctx.progress.advance(window.n_cells() as u64);
            }
            Ok(reader)
        };
        let readers = parts.map(in_part).collect::<Result<Vec<R>, Error>>()?;
        Ok((cells, readers))
    }
}

/// The windows of a part of a shard in the order in which they are read.
fn windows((n_rows, n_cols): (usize, usize), strips: Strips) -> Vec<Window> {
    let mut windows = Vec::new();
    for west in (0..n_cols).step_by(strips.cols) {
        let east = n_cols.min(west + strips.cols);
        for row in (0..n_rows).step_by(strips.rows) {
            for col in (west..east).step_by(READ_COLS) {
                let (rows, cols) = (strips.rows.min(n_rows - row), READ_COLS.min(east - col));
                windows.push(Window { row, col, rows, cols });
            }
        }
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_windows_cover_each_cell_once_strip_by_strip() {
        let strips = Strips { rows: 100, cols: 400, cache_bytes: 0 };
        let windows = windows((250, 700), strips);
        let mut seen = ndarray::Array2::<u8>::zeros((250, 700));
        for w in &windows {
            seen.slice_mut(s![w.row..w.row + w.rows, w.col..w.col + w.cols])
                .mapv_inplace(|n| n + 1);
        }
        assert!(seen.iter().all(|&n| n == 1));
        let corners: Vec<_> = windows.iter().map(|w| (w.row, w.col, w.cols)).take(4).collect();
        assert_eq!(corners, [(0, 0, 256), (0, 256, 144), (100, 0, 256), (100, 256, 144)]);
    }
}
