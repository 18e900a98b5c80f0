//! What the learner sees of a cell: bands, indices and multi-scale texture, as bytes.
//!
//! Quantisation is fixed and in integers, so a cell has the same features whatever the block it is
//! computed in. Neither the prior's class nor the evidence layers are features: the first is the
//! label of the learner, the second are terms of the update.

use ndarray::{Array2, ArrayView3, aview1};

use crate::grid::Window;
use crate::height::N_HEIGHT_BANDS;

mod planes;

use planes::{Integral, Padded, index};

/// Bands of the imagery: mean of R, G, B, NIR, then their within-cell standard deviation times 4.
pub const N_BANDS: usize = 8;

/// Sides of the texture windows, in cells.
pub const BOX_SIDES: [usize; 3] = [3, 9, 27];

/// Cells needed around a block for its features to be those of the whole image.
pub const HALO: usize = 13;

/// Number of features of a cell that imagery alone gives.
const N_SEEN: usize = N_PLAIN + BOX_SIDES.len() * N_BOX;

/// Number of features that heights add.
const N_HIGH: usize = N_HEIGHT_BANDS + 2 * BOX_SIDES.len();

/// Features that need at most the next cell.
const N_PLAIN: usize = 15;

/// Features of each texture window.
const N_BOX: usize = 7;

/// Names of the features, in order; the last [`N_HIGH`] are those of heights.
const NAMES: [&str; N_SEEN + N_HIGH] = [
    "red",
    "green",
    "blue",
    "nir",
    "red_std",
    "green_std",
    "blue_std",
    "nir_std",
    "ndvi",
    "ndwi",
    "brightness",
    "saturation",
    "red_share",
    "blue_share",
    "gradient",
    "brightness_mean_3",
    "ndvi_mean_3",
    "nir_mean_3",
    "fine_mean_3",
    "brightness_std_3",
    "ndvi_std_3",
    "nir_std_3",
    "brightness_mean_9",
    "ndvi_mean_9",
    "nir_mean_9",
    "fine_mean_9",
    "brightness_std_9",
    "ndvi_std_9",
    "nir_std_9",
    "brightness_mean_27",
    "ndvi_mean_27",
    "nir_mean_27",
    "fine_mean_27",
    "brightness_std_27",
    "ndvi_std_27",
    "nir_std_27",
    "height",
    "height_std",
    "height_mean_3",
    "height_std_3",
    "height_mean_9",
    "height_std_9",
    "height_mean_27",
    "height_std_27",
];

/// Names of the features of a cell, in order.
///
/// * `with_heights`: whether heights above the ground are known.
pub fn feature_names(with_heights: bool) -> &'static [&'static str] {
    if with_heights { &NAMES } else { &NAMES[..N_SEEN] }
}

/// Why features cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// The imagery has not the bands that the features are defined on.
    #[error("imagery has {got} bands, expected {N_BANDS} (mean then deviation of R, G, B, NIR)")]
    Bands {
        /// Number of bands found.
        got: usize,
    },
    /// The heights have not the imagery's cells, or not two bands.
    #[error("heights have shape {got:?}, expected {expected:?}")]
    Heights {
        /// Their shape.
        got: (usize, usize, usize),
        /// That of two bands on the imagery's cells.
        expected: (usize, usize, usize),
    },
    /// The inner window leaves the block.
    #[error(
        "window of {} x {} cells at ({}, {}) leaves a block of {rows} x {cols} cells",
        window.rows, window.cols, window.row, window.col
    )]
    Window {
        /// The window asked for.
        window: Window,
        /// Rows of the block.
        rows: usize,
        /// Columns of the block.
        cols: usize,
    },
}

/// Computes the features of the cells of a window of a block.
///
/// * `imagery`: shape `(8, rows, cols)`, see [`N_BANDS`].
/// * `heights`: shape `(2, rows, cols)`, as [`height_bytes`](crate::height::height_bytes) gives
///   them; `None` when the model does not know heights.
/// * `inner`: the window wanted, in the block's own rows and columns. It must lie [`HALO`] cells
///   inside the block, except where the block ends at the limit of the territory: there the edge
///   cells are repeated outwards.
///
/// Gives an array of shape (cell, feature), cells row by row, features as [`feature_names`]. Under those
/// terms the result is the same bytes for any block. Cells without imagery hold zeros as any other
/// value: mask them afterwards. Texture windows use integral images (Crow, "Summed-area tables for
/// texture mapping", SIGGRAPH 1984), so their cost does not depend on their side.
///
/// # Errors
/// [`FeatureError`] when the bands or the window do not fit.
pub fn cell_features(
    imagery: ArrayView3<'_, u8>,
    heights: Option<ArrayView3<'_, u8>>,
    inner: Window,
) -> Result<Array2<u8>, FeatureError> {
    let (bands, rows, cols) = imagery.dim();
    if bands != N_BANDS {
        return Err(FeatureError::Bands { got: bands });
    }
    let expected = (N_HEIGHT_BANDS, rows, cols);
    if let Some(got) = heights.map(|heights| heights.dim()).filter(|&got| got != expected) {
        return Err(FeatureError::Heights { got, expected });
    }
    if inner.row + inner.rows > rows || inner.col + inner.cols > cols {
        return Err(FeatureError::Window { window: inner, rows, cols });
    }
    let mut features = Array2::zeros((inner.n_cells(), feature_names(heights.is_some()).len()));
    if inner.n_cells() == 0 {
        return Ok(features);
    }
    let padded = Padded::around(&imagery, inner);
    let textures = Textures::of(&padded);
    let tall = heights.map(|heights| Tall::of(Padded::around(&heights, inner)));
    for (cell, mut line) in features.rows_mut().into_iter().enumerate() {
        let (row, col) = (cell / inner.cols + HALO, cell % inner.cols + HALO);
        let mut values = [0; NAMES.len()];
        let (seen, high) = values.split_at_mut(N_SEEN);
        let (plain, boxes) = seen.split_at_mut(N_PLAIN);
        padded.plain(row, col, plain);
        for (side, out) in BOX_SIDES.iter().zip(boxes.chunks_exact_mut(N_BOX)) {
            textures.write(row, col, *side, out);
        }
        if let Some(tall) = &tall {
            tall.write(row, col, high);
        }
        let n = line.len();
        line.assign(&aview1(&values[..n]));
    }
    Ok(features)
}

/// Heights, and the integral image of their means.
struct Tall {
    cells: Padded<N_HEIGHT_BANDS>,
    means: Integral,
}

impl Tall {
    fn of(cells: Padded<N_HEIGHT_BANDS>) -> Self {
        let means: Vec<u8> = cells.cells.iter().map(|cell| cell[0]).collect();
        Self { means: Integral::of(&means, cells.cols), cells }
    }

    fn write(&self, row: usize, col: usize, out: &mut [u8]) {
        let (own, boxes) = out.split_at_mut(N_HEIGHT_BANDS);
        own.copy_from_slice(&self.cells.cells[row * self.cells.cols + col]);
        for (side, out) in BOX_SIDES.iter().zip(boxes.chunks_exact_mut(2)) {
            (out[0], out[1]) = self.means.mean_and_deviation(row, col, *side);
        }
    }
}

/// Integral images of the planes whose texture is a feature.
struct Textures {
    brightness: Integral,
    ndvi: Integral,
    nir: Integral,
    fine: Integral,
}

impl Textures {
    fn of(padded: &Padded<N_BANDS>) -> Self {
        let integral = |value: &dyn Fn([u8; N_BANDS]) -> u8| {
            let plane: Vec<u8> = padded.cells.iter().map(|&cell| value(cell)).collect();
            Integral::of(&plane, padded.cols)
        };
        Self {
            brightness: integral(&brightness),
            ndvi: integral(&|cell| index(cell[3], cell[0])),
            nir: integral(&|cell| cell[3]),
            fine: integral(&|cell| mean_of_three(cell[4], cell[5], cell[6])),
        }
    }

    fn write(&self, row: usize, col: usize, side: usize, out: &mut [u8]) {
        let spread = [&self.brightness, &self.ndvi, &self.nir];
        for (i, plane) in spread.into_iter().enumerate() {
            let (mean, deviation) = plane.mean_and_deviation(row, col, side);
            out[i] = mean;
            out[4 + i] = deviation;
        }
        out[3] = self.fine.mean(row, col, side);
    }
}

fn mean_of_three(a: u8, b: u8, c: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + u16::from(c)) / 3) as u8
}

fn brightness(cell: [u8; N_BANDS]) -> u8 {
    mean_of_three(cell[0], cell[1], cell[2])
}

#[cfg(test)]
mod tests;
