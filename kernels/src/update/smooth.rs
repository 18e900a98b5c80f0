//! Contrast-sensitive smoothing: a cell listens to its neighbours as far as they look alike.
#![expect(clippy::inline_always, reason = "what is inlined is compiled again for wide vectors")]

use ndarray::{Array2, ArrayView2, ArrayView3};

use crate::wide::{Loop, widest};

/// How much each cell listens to its neighbours: none across the limits of the block.
pub(super) struct Contrast {
    /// To the next cell west, east, north and south, row by row.
    sides: [Vec<f32>; 4],
    /// One for the cell itself, and all four.
    total: Vec<f32>,
    dim: (usize, usize),
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
            if valid[a] == 0 || valid[b] == 0 {
                return 0.0;
            }
            let gap = |band| imagery[[band, a.0, a.1]].abs_diff(imagery[[band, b.0, b.1]]);
            weights[usize::from((0..4).map(gap).max().unwrap_or(0))]
        };
        let mut sides = [(); 4].map(|()| vec![0.0_f32; rows * cols]);
        let [west, east, north, south] = &mut sides;
        for (r, c) in (0..rows).flat_map(|r| (0..cols).map(move |c| (r, c))) {
            let at = r * cols + c;
            if c + 1 < cols {
                east[at] = weight((r, c), (r, c + 1));
                west[at + 1] = east[at];
            }
            if r + 1 < rows {
                south[at] = weight((r, c), (r + 1, c));
                north[at + cols] = south[at];
            }
        }
        let total = (0..rows * cols).map(|at| sides.iter().fold(1.0, |sum, side| sum + side[at]));
        Self { total: total.collect(), sides, dim: (rows, cols) }
    }

    /// Smooths a plane a number of times.
    ///
    /// In each pass every cell becomes the weighted mean of itself (weight 1) and its four
    /// neighbours. Sums run west, east, north, south: the same in any block.
    pub(super) fn smoothed(&self, plane: Array2<f32>, passes: usize) -> Array2<f32> {
        let mut from = plane.as_standard_layout().into_owned().into_raw_vec_and_offset().0;
        let mut to = vec![0.0; from.len()];
        for _ in 0..passes {
            widest(Pass { contrast: self, from: &from, to: &mut to });
            std::mem::swap(&mut from, &mut to);
        }
        Array2::from_shape_vec(self.dim, from).expect("as many cells as before")
    }
}

/// One pass over a plane, row by row.
struct Pass<'a> {
    contrast: &'a Contrast,
    from: &'a [f32],
    to: &'a mut [f32],
}

impl Loop for Pass<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Self { contrast: Contrast { sides, total, dim: (rows, cols) }, from, to } = self;
        let cols = *cols;
        for row in (0..*rows).filter(|_| cols > 0) {
            let first = row * cols;
            let [west, east, north, south] = sides.each_ref().map(|side| &side[first..][..cols]);
            // Beyond the limits any value does: it weighs nothing.
            let above = &from[row.saturating_sub(1) * cols..][..cols];
            let below = &from[(row + 1).min(rows - 1) * cols..][..cols];
            let (own, total) = (&from[first..][..cols], &total[first..][..cols]);
            let to = &mut to[first..][..cols];
            let mean = |c: usize, before: f32, after: f32| {
                let sum = own[c] + west[c] * before + east[c] * after;
                (sum + north[c] * above[c] + south[c] * below[c]) / total[c]
            };
            to[0] = mean(0, own[0], own[1.min(cols - 1)]);
            to[cols - 1] = mean(cols - 1, own[cols.saturating_sub(2)], own[cols - 1]);
            for c in 1..cols - 1 {
                to[c] = mean(c, own[c - 1], own[c + 1]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;
    use crate::random::SplitMix64;

    /// The mean as it is defined, a cell at a time.
    fn by_definition(imagery: &Array3<u8>, valid: &Array2<u8>, plane: &Array2<f32>) -> Array2<f32> {
        let (rows, cols) = plane.dim();
        Array2::from_shape_fn((rows, cols), |(r, c)| {
            let (mut sum, mut total) = (plane[[r, c]], 1.0_f32);
            let around = [(0, -1), (0, 1), (-1, 0), (1, 0)];
            for (down, right) in around {
                let next = (r.wrapping_add_signed(down), c.wrapping_add_signed(right));
                if next.0 >= rows || next.1 >= cols || valid[[r, c]] == 0 || valid[next] == 0 {
                    continue;
                }
                let gap = |b| imagery[[b, r, c]].abs_diff(imagery[[b, next.0, next.1]]);
                let weight = (-f64::from((0..4).map(gap).max().unwrap()) / 16.0).exp() as f32;
                sum += weight * plane[next];
                total += weight;
            }
            sum / total
        })
    }

    #[test]
    fn a_pass_is_the_weighted_mean_to_the_last_bit_in_blocks_of_any_shape() {
        let mut stream = SplitMix64::new(3);
        for dim in [(1, 1), (1, 9), (9, 1), (2, 2), (17, 41), (0, 5), (5, 0)] {
            let imagery =
                Array3::from_shape_simple_fn((4, dim.0, dim.1), || stream.below(40) as u8);
            let valid = Array2::from_shape_simple_fn(dim, || u8::from(stream.below(8) > 0));
            let plane = Array2::from_shape_simple_fn(dim, || 9.0 * stream.unit() as f32 - 5.0);
            let contrast = Contrast::of(&imagery.view(), &valid.view(), 16.0);
            let once = by_definition(&imagery, &valid, &plane);
            assert_eq!(contrast.smoothed(plane.clone(), 1), once, "{dim:?}");
            let twice = by_definition(&imagery, &valid, &once);
            assert_eq!(contrast.smoothed(plane.clone(), 2), twice, "{dim:?}");
            assert_eq!(contrast.smoothed(plane.clone(), 0), plane, "{dim:?}");
        }
    }
}
