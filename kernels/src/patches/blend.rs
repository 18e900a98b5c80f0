//! The answers of overlapping patches, weighted and summed as integers.

use std::ops::Range;

use ndarray::{Array2, Array3, ArrayView3, Axis, s};

use super::{SHARE_ONE, Tiling};

/// What the patches of one row, and of the row before, said of a band of pixels.
///
/// The band is as high as a reach. Its first `stride` rows are settled once all patches of the row
/// have been added; [`Blend::advance`] then makes the others the first ones of the next row.
#[derive(Debug, Clone)]
pub struct Blend {
    stride: usize,
    /// Product of the weights of a pixel of a reach, shape (reach, reach).
    weights: Array2<u32>,
    /// Weighted shares, shape (class, reach, cols): at most `WEIGHT_ONE^2 * SHARE_ONE`, under 2^32.
    sums: Array3<u32>,
    /// Weights, shape (reach, cols); 0 where no patch spoke.
    total: Array2<u32>,
}

impl Blend {
    /// A band of `cols` pixels of which nothing has been said.
    pub fn new(tiling: &Tiling, n_classes: usize, cols: usize) -> Self {
        let line = tiling.weights();
        let n = line.len();
        Self {
            stride: tiling.stride(),
            weights: Array2::from_shape_fn((n, n), |(row, col)| line[row] * line[col]),
            sums: Array3::zeros((n_classes, n, cols)),
            total: Array2::zeros((n, cols)),
        }
    }

    /// Bytes that a band takes.
    pub fn bytes(tiling: &Tiling, n_classes: usize, cols: usize) -> u64 {
        4 * (n_classes as u64 + 1) * tiling.reach_len() as u64 * cols as u64
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.sums.fill(0);
        self.total.fill(0);
    }

    /// Adds what a patch says of its reach.
    ///
    /// * `shares`: shape (class, reach, reach), out of [`SHARE_ONE`].
    /// * `col`: column of the band where the reach begins, which may lie before it; what falls
    ///   outside the band is left out.
    ///
    /// A patch is added once.
    ///
    /// # Panics
    /// When the shapes disagree.
    pub fn add(&mut self, shares: ArrayView3<'_, u16>, col: i64) {
        let side = self.weights.nrows();
        assert_eq!(shares.dim(), (self.sums.dim().0, side, side));
        let Some((here, there)) = common(col, side, self.total.ncols()) else { return };
        let weights = self.weights.slice(s![.., here.clone()]);
        let mut total = self.total.slice_mut(s![.., there.clone()]);
        total += &weights;
        for (mut sums, shares) in self.sums.outer_iter_mut().zip(shares.outer_iter()) {
            let mut sums = sums.slice_mut(s![.., there.clone()]);
            ndarray::Zip::from(&mut sums)
                .and(weights)
                .and(shares.slice(s![.., here.clone()]))
                .for_each(|sum, &weight, &share| *sum += weight * u32::from(share));
        }
    }

    /// The class with the largest share in each settled pixel, the lowest of equals, of shape
    /// (stride, cols); 0 where no patch spoke.
    pub fn classes(&self) -> Array2<u8> {
        let shape = (self.stride, self.total.ncols());
        let (mut best, mut classes) = (Array2::<u32>::zeros(shape), Array2::<u8>::zeros(shape));
        for (rank, sums) in (0u8..).zip(self.sums.outer_iter()) {
            let sums = sums.slice_move(s![..self.stride, ..]);
            ndarray::Zip::from(&mut best).and(&mut classes).and(sums).for_each(
                |best, class, &sum| {
                    if sum > *best {
                        (*best, *class) = (sum, rank);
                    }
                },
            );
        }
        classes
    }

    /// The probability of each class in each settled pixel as 0 to 255, rounded to the nearest, of
    /// shape (class, stride, cols); 0 where no patch spoke.
    pub fn probabilities(&self) -> Array3<u8> {
        let settled = self.sums.slice(s![.., ..self.stride, ..]);
        let mut bytes = Array3::zeros(settled.dim());
        for (mut bytes, sums) in bytes.outer_iter_mut().zip(settled.outer_iter()) {
            let total = self.total.slice(s![..self.stride, ..]);
            ndarray::Zip::from(&mut bytes).and(sums).and(total).for_each(|byte, &sum, &total| {
                let whole = u64::from(total) * u64::from(SHARE_ONE);
                *byte = if whole == 0 { 0 } else { byte_of(u64::from(sum), whole) };
            });
        }
        bytes
    }

    /// Gives up the settled pixels; the overlap with the next row of patches comes first.
    pub fn advance(&mut self) {
        let kept = self.total.nrows() - self.stride;
        for mut plane in self.sums.axis_iter_mut(Axis(0)).chain([self.total.view_mut()]) {
            let (mut first, rest) = plane.multi_slice_mut((s![..kept, ..], s![self.stride.., ..]));
            first.assign(&rest);
            plane.slice_mut(s![kept.., ..]).fill(0);
        }
    }
}

/// A share of a whole as 0 to 255, rounded to the nearest.
fn byte_of(sum: u64, whole: u64) -> u8 {
    ((2 * 255 * sum + whole) / (2 * whole)) as u8
}

/// The columns of a reach that lie in the band, and where.
fn common(col: i64, side: usize, cols: usize) -> Option<(Range<usize>, Range<usize>)> {
    let (from, to) = (col.max(0), (col + side as i64).min(cols as i64));
    let here = |at: i64| (at - col) as usize;
    (from < to).then(|| (here(from)..here(to), from as usize..to as usize))
}
