//! Contrast-sensitive smoothing: a cell listens to its neighbours as far as they look alike.

use ndarray::{Array2, ArrayView2, ArrayView3};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

/// How much each cell listens to the next one east and the next one south.
pub(super) struct Contrast {
    east: Array2<f32>,
    south: Array2<f32>,
}

impl Contrast {
    /// Weights `exp(-d / contrast)` where `d` is the greatest difference of the four mean bands;
    /// none across cells without imagery.
    pub(super) fn of(
        imagery: &ArrayView3<'_, u8>,
        valid: &ArrayView2<'_, u8>,
        contrast: f64,
    ) -> Self {
        let weights: Vec<f32> = (0..256).map(|d| (-f64::from(d) / contrast).exp() as f32).collect();
        let (rows, cols) = valid.dim();
        let weight = |a: (usize, usize), b: (usize, usize)| {
            if b.0 >= rows || b.1 >= cols || valid[a] == 0 || valid[b] == 0 {
                return 0.0;
            }
            let gap = |band| imagery[[band, a.0, a.1]].abs_diff(imagery[[band, b.0, b.1]]);
            weights[usize::from((0..4).map(gap).max().unwrap_or(0))]
        };
        Self {
            east: Array2::from_shape_fn((rows, cols), |(r, c)| weight((r, c), (r, c + 1))),
            south: Array2::from_shape_fn((rows, cols), |(r, c)| weight((r, c), (r + 1, c))),
        }
    }

    /// One pass: every cell becomes the weighted mean of itself (weight 1) and its four
    /// neighbours. Sums run west, east, north, south: the same in any block.
    pub(super) fn pass(&self, from: &Array2<f32>, to: &mut Array2<f32>) {
        let (_, cols) = from.dim();
        let rows = to.rows_mut().into_iter().collect::<Vec<_>>();
        rows.into_par_iter().enumerate().for_each(|(r, mut line)| {
            for c in 0..cols {
                let (mut sum, mut weight) = (from[[r, c]], 1.0_f32);
                let mut listen = |w: f32, value: f32| {
                    sum += w * value;
                    weight += w;
                };
                if c > 0 {
                    listen(self.east[[r, c - 1]], from[[r, c - 1]]);
                }
                if c + 1 < cols {
                    listen(self.east[[r, c]], from[[r, c + 1]]);
                }
                if r > 0 {
                    listen(self.south[[r - 1, c]], from[[r - 1, c]]);
                }
                if r + 1 < from.nrows() {
                    listen(self.south[[r, c]], from[[r + 1, c]]);
                }
                line[c] = sum / weight;
            }
        });
    }
}
