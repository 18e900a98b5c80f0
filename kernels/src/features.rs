//! What the learner sees of a cell: bands, indices and multi-scale texture, as bytes.
//!
//! Quantisation is fixed and in integers, so a cell has the same features whatever the block it is
//! computed in. Neither the prior's class nor the evidence layers are features: the first is the
//! label of the learner, the second are terms of the update.
#![expect(clippy::inline_always, reason = "what is inlined is compiled again for wide vectors")]

use ndarray::{Array2, ArrayView3, Axis};

use crate::grid::Window;
use crate::height::N_HEIGHT_BANDS;
use crate::wide::{Loop, widest};

mod planes;

use planes::{Integral, Plane, index, mean_of_three, saturation, share};

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
/// Gives an array of shape (cell, feature), cells row by row, features as [`feature_names`]. It lies in
/// memory feature by feature, as [`Model::predict`](crate::trees::Model::predict) reads it. Under those
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
    let n_features = feature_names(heights.is_some()).len();
    let mut features = Array2::zeros((n_features, inner.n_cells()));
    if inner.n_cells() > 0 {
        let planes = features.as_slice_mut().expect("a new array is in standard layout");
        let planes = planes.chunks_exact_mut(inner.n_cells()).collect();
        let (imagery, heights) = (imagery.reborrow(), heights.map(ArrayView3::reborrow));
        widest(Lines { imagery, heights, planes, inner });
    }
    Ok(features.reversed_axes())
}

/// The features of a window, to be written plane by plane.
struct Lines<'a> {
    imagery: ArrayView3<'a, u8>,
    heights: Option<ArrayView3<'a, u8>>,
    planes: Vec<&'a mut [u8]>,
    inner: Window,
}

impl Loop for Lines<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Self { imagery, heights, mut planes, inner } = self;
        let seen = Seen::of(imagery, inner);
        let tall = heights.map(|heights| Tall::of(heights, inner));
        for row in 0..inner.rows {
            let at = row * inner.cols..(row + 1) * inner.cols;
            let mut lines = planes.iter_mut().map(|plane| &mut plane[at.clone()]);
            seen.write(row + HALO, &mut lines);
            if let Some(tall) = &tall {
                tall.write(row + HALO, &mut lines);
            }
        }
    }
}

/// The next feature of a row of cells.
#[inline(always)]
fn next<'a>(lines: &mut impl Iterator<Item = &'a mut [u8]>) -> &'a mut [u8] {
    lines.next().expect("there is a line for each feature")
}

/// The planes of the imagery of a window, and the integral images of those with a texture.
struct Seen {
    bands: [Plane; N_BANDS],
    ndvi: Plane,
    brightness: Plane,
    of_brightness: Integral,
    of_ndvi: Integral,
    of_nir: Integral,
    of_fine: Integral,
}

impl Seen {
    #[inline(always)]
    fn of(imagery: ArrayView3<'_, u8>, inner: Window) -> Self {
        let bands: [Plane; N_BANDS] =
            std::array::from_fn(|band| Plane::around(imagery.index_axis(Axis(0), band), inner));
        let [red, green, blue, nir, red_std, green_std, blue_std, _] = &bands;
        let ndvi = Plane::of([nir, red], |[nir, red]| index(nir, red));
        let brightness = Plane::of([red, green, blue], mean_of_three);
        let fine = Plane::of([red_std, green_std, blue_std], mean_of_three);
        Self {
            of_brightness: Integral::of(&brightness),
            of_ndvi: Integral::of(&ndvi),
            of_nir: Integral::of(nir),
            of_fine: Integral::of_means(&fine),
            bands,
            ndvi,
            brightness,
        }
    }

    /// Writes the features of a padded row, one line each, in their order.
    #[inline(always)]
    fn write<'a>(&self, row: usize, lines: &mut impl Iterator<Item = &'a mut [u8]>) {
        self.plain(row, lines);
        self.texture::<{ BOX_SIDES[0] }>(row, lines);
        self.texture::<{ BOX_SIDES[1] }>(row, lines);
        self.texture::<{ BOX_SIDES[2] }>(row, lines);
    }

    #[inline(always)]
    fn plain<'a>(&self, row: usize, lines: &mut impl Iterator<Item = &'a mut [u8]>) {
        for band in &self.bands {
            next(lines).copy_from_slice(band.inner(row));
        }
        let n = self.ndvi.inner(row).len();
        let [red, green, blue, nir] = [0, 1, 2, 3].map(|band| &self.bands[band].inner(row)[..n]);
        next(lines).copy_from_slice(self.ndvi.inner(row));
        fill(next(lines), |i| index(green[i], nir[i]));
        next(lines).copy_from_slice(self.brightness.inner(row));
        fill(next(lines), |i| saturation(red[i], green[i], blue[i]));
        fill(next(lines), |i| share(red[i], [red[i], green[i], blue[i]]));
        fill(next(lines), |i| share(blue[i], [red[i], green[i], blue[i]]));
        self.brightness.gradient(row, next(lines));
    }

    #[inline(always)]
    fn texture<'a, const SIDE: usize>(
        &self,
        row: usize,
        lines: &mut impl Iterator<Item = &'a mut [u8]>,
    ) {
        let with_spread = [&self.of_brightness, &self.of_ndvi, &self.of_nir];
        for plane in with_spread {
            plane.means::<SIDE>(row, next(lines));
        }
        self.of_fine.means::<SIDE>(row, next(lines));
        for plane in with_spread {
            plane.deviations::<SIDE>(row, next(lines));
        }
    }
}

/// Heights, and the integral image of their means.
struct Tall {
    bands: [Plane; N_HEIGHT_BANDS],
    of_mean: Integral,
}

impl Tall {
    fn of(heights: ArrayView3<'_, u8>, inner: Window) -> Self {
        let bands: [Plane; N_HEIGHT_BANDS] =
            std::array::from_fn(|band| Plane::around(heights.index_axis(Axis(0), band), inner));
        Self { of_mean: Integral::of(&bands[0]), bands }
    }

    /// Writes the features of a padded row, one line each, in their order.
    #[inline(always)]
    fn write<'a>(&self, row: usize, lines: &mut impl Iterator<Item = &'a mut [u8]>) {
        for band in &self.bands {
            next(lines).copy_from_slice(band.inner(row));
        }
        self.texture::<{ BOX_SIDES[0] }>(row, lines);
        self.texture::<{ BOX_SIDES[1] }>(row, lines);
        self.texture::<{ BOX_SIDES[2] }>(row, lines);
    }

    #[inline(always)]
    fn texture<'a, const SIDE: usize>(
        &self,
        row: usize,
        lines: &mut impl Iterator<Item = &'a mut [u8]>,
    ) {
        self.of_mean.means::<SIDE>(row, next(lines));
        self.of_mean.deviations::<SIDE>(row, next(lines));
    }
}

#[inline(always)]
fn fill(out: &mut [u8], value: impl Fn(usize) -> u8) {
    out.iter_mut().enumerate().for_each(|(i, out)| *out = value(i));
}

#[cfg(test)]
mod tests;
