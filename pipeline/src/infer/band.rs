//! The pixels that a row of patches reads, as the model takes them.

use std::ops::Range;

use kernels::grid::{Grid, Window};
use kernels::patches::Tiling;
use ndarray::parallel::prelude::*;
use ndarray::{Array2, Array3, ArrayView2, ArrayView3, ArrayViewMut2, s};
use nomenclature::{Channel, Product};

use super::ground::Ground;
use crate::error::Error;
use crate::mosaic::Mosaic;

/// Columns of a part that is read at once.
const READ_COLS: usize = 2048;

/// A band of the lattice as high as a patch and as wide as all patches, which moves southwards.
pub(super) struct Band<'a> {
    ground: &'a Ground,
    channels: &'a [Channel],
    /// Shape (channel, rows, cols).
    cells: Array3<f32>,
    /// 1 where every channel has data, shape (rows, cols).
    valid: Array2<u8>,
    /// Row of the lattice, of the first row; `None` before anything was read.
    first_row: Option<i64>,
    /// Column of the lattice, of the first column.
    first_col: i64,
}

/// A part of the band that was read.
struct Part {
    window: Window,
    cells: Array3<f32>,
    valid: Array2<u8>,
}

impl<'a> Band<'a> {
    /// A band over some columns of the lattice, of which nothing was read.
    pub(super) fn new(
        ground: &'a Ground,
        channels: &'a [Channel],
        tiling: &Tiling,
        cols: Range<i64>,
    ) -> Self {
        let (rows, n_cols) = (tiling.patch(), (cols.end - cols.start) as usize);
        Self {
            ground,
            channels,
            cells: Array3::zeros((channels.len(), rows, n_cols)),
            valid: Array2::zeros((rows, n_cols)),
            first_row: None,
            first_col: cols.start,
        }
    }

    /// Bytes that a band takes.
    pub(super) fn bytes(tiling: &Tiling, n_channels: usize, n_cols: usize) -> u64 {
        (4 * n_channels as u64 + 1) * tiling.patch() as u64 * n_cols as u64
    }

    /// Moves to the rows that begin at `row`; rows that were read already are kept.
    ///
    /// # Errors
    /// A tile cannot be read to its end.
    pub(super) fn move_to(&mut self, row: i64) -> Result<(), Error> {
        let n = self.valid.nrows();
        let by = self.first_row.map(|first| row - first).filter(|by| (0..n as i64).contains(by));
        let kept = by.map_or(0, |by| n - by as usize);
        shift(self.valid.view_mut(), kept);
        self.cells.outer_iter_mut().for_each(|plane| shift(plane, kept));
        self.first_row = Some(row);
        self.read(row + kept as i64..row + n as i64)
    }

    /// Reads the rows that lie in the ground; the others are void.
    fn read(&mut self, rows: Range<i64>) -> Result<(), Error> {
        let (ground, first_col) = (self.ground, self.first_col);
        let first_row = self.first_row.unwrap_or(rows.start);
        let top = (rows.start - first_row) as usize;
        self.valid.slice_mut(s![top.., ..]).fill(0);
        let (all_rows, all_cols) = (ground.rows(), ground.cols());
        let rows = rows.start.max(all_rows.start)..rows.end.min(all_rows.end);
        let end_col = first_col + self.valid.ncols() as i64;
        let cols = first_col.max(all_cols.start)..end_col.min(all_cols.end);
        if rows.is_empty() || cols.is_empty() {
            return Ok(());
        }
        let windows: Vec<Window> = (cols.start..cols.end)
            .step_by(READ_COLS)
            .map(|col| Window {
                row: (rows.start - all_rows.start) as usize,
                col: (col - all_cols.start) as usize,
                rows: (rows.end - rows.start) as usize,
                cols: (cols.end - col).min(READ_COLS as i64) as usize,
            })
            .collect();
        let channels = self.channels;
        let parts: Vec<Part> = windows
            .into_par_iter()
            .map(|window| read_part(ground, channels, window))
            .collect::<Result<_, _>>()?;
        for Part { window, cells, valid } in parts {
            let row = (window.row as i64 + all_rows.start - first_row) as usize;
            let col = (window.col as i64 + all_cols.start - first_col) as usize;
            let (rows, cols) = (row..row + window.rows, col..col + window.cols);
            self.cells.slice_mut(s![.., rows.clone(), cols.clone()]).assign(&cells);
            self.valid.slice_mut(s![rows, cols]).assign(&valid);
        }
        Ok(())
    }

    /// The pixels of some columns of the lattice, and where they hold data.
    pub(super) fn patch(&self, cols: Range<i64>) -> (ArrayView3<'_, f32>, ArrayView2<'_, u8>) {
        let (from, to) =
            ((cols.start - self.first_col) as usize, (cols.end - self.first_col) as usize);
        (self.cells.slice(s![.., .., from..to]), self.valid.slice(s![.., from..to]))
    }

    /// Which pixels of a part of the lattice hold data.
    pub(super) fn valid(&self, rows: Range<i64>, cols: Range<i64>) -> ArrayView2<'_, u8> {
        let first_row = self.first_row.expect("a band is read before it is asked");
        let of = |at: i64, first: i64| (at - first) as usize;
        self.valid.slice(s![
            of(rows.start, first_row)..of(rows.end, first_row),
            of(cols.start, self.first_col)..of(cols.end, self.first_col)
        ])
    }
}

/// Makes the last rows the first ones.
fn shift<T: Clone>(mut plane: ArrayViewMut2<'_, T>, n_kept: usize) {
    let by = plane.nrows() - n_kept;
    for row in (0..n_kept).filter(|_| by > 0) {
        let (mut to, from) = plane.multi_slice_mut((s![row, ..], s![row + by, ..]));
        to.assign(&from);
    }
}

/// Reads a window of the ground's grid in every channel.
fn read_part(ground: &Ground, channels: &[Channel], window: Window) -> Result<Part, Error> {
    let block = ground.grid.sub(window);
    let mut part = Part {
        window,
        cells: Array3::zeros((channels.len(), window.rows, window.cols)),
        valid: Array2::from_elem((window.rows, window.cols), 1),
    };
    for (product, mosaic) in &ground.products {
        let of: Vec<(usize, &Channel)> =
            channels.iter().enumerate().filter(|(_, channel)| channel.from == *product).collect();
        match product {
            Product::Heights => read_heights(mosaic, &block, &of, &mut part)?,
            Product::Rvb | Product::Irc => read_image(mosaic, &block, &of, &mut part)?,
        }
    }
    Ok(part)
}

fn read_image(
    mosaic: &Mosaic,
    block: &Grid,
    channels: &[(usize, &Channel)],
    part: &mut Part,
) -> Result<(), Error> {
    let bands: Vec<usize> = channels.iter().map(|(_, channel)| channel.band.unwrap_or(1)).collect();
    let sums = mosaic.sums(&bands, block)?;
    for (band, (rank, channel)) in channels.iter().enumerate() {
        let inputs: Vec<f32> = (0..=255).map(|byte| channel.input(f64::from(byte))).collect();
        for (row, col) in ndarray::indices((block.rows, block.cols)) {
            match sums.mean(band, row, col) {
                Some(mean) => part.cells[[*rank, row, col]] = inputs[usize::from(mean)],
                None => part.valid[[row, col]] = 0,
            }
        }
    }
    Ok(())
}

fn read_heights(
    mosaic: &Mosaic,
    block: &Grid,
    channels: &[(usize, &Channel)],
    part: &mut Part,
) -> Result<(), Error> {
    let relief = mosaic.relief(block)?;
    for at in ndarray::indices((block.rows, block.cols)) {
        match relief.mean_m(at) {
            Some(metres) => {
                for (rank, channel) in channels {
                    part.cells[[*rank, at.0, at.1]] = channel.input(metres);
                }
            }
            None => part.valid[at] = 0,
        }
    }
    Ok(())
}
