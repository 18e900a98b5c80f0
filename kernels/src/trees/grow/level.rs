//! One level of a symmetric tree: histograms of its leaves and the best common question.

use super::{GRADIENT_SHIFT, ONE, PAD, Slopes, TreeParams};

/// Which leaf each drawn sample is in.
pub(super) struct Level {
    pub(super) leaf_of: Vec<u8>,
    pub(super) n_leaves: usize,
}

/// A question and what it brings.
pub(super) struct Best {
    pub(super) gain: f64,
    pub(super) feature: usize,
    pub(super) bin: u8,
}

/// Sums of gradients and numbers of samples by leaf and bin of one feature.
pub(super) struct Histogram {
    /// Leaf by leaf, bin by bin, class by class, padded as [`Slopes::first`].
    sums: Vec<[i32; PAD]>,
    /// Leaf by leaf, bin by bin.
    counts: Vec<u32>,
    n_bins: usize,
    /// Vectors of classes.
    n_vectors: usize,
}

impl Level {
    pub(super) fn root(samples: &[u32]) -> Self {
        Self { leaf_of: vec![0; samples.len()], n_leaves: 1 }
    }

    /// Splits every leaf: samples above `bin` go to the second half of the leaves.
    pub(super) fn split(&mut self, column: &[u8], samples: &[u32], bin: u8) {
        for (leaf, &sample) in self.leaf_of.iter_mut().zip(samples) {
            *leaf += u8::from(column[sample as usize] > bin) * self.n_leaves as u8;
        }
        self.n_leaves *= 2;
    }

    pub(super) fn histogram(
        &self,
        column: &[u8],
        n_bins: usize,
        slopes: &Slopes,
        n_classes: usize,
    ) -> Histogram {
        let n_vectors = n_classes.div_ceil(PAD);
        let mut sums = vec![[0; PAD]; self.n_leaves * n_bins * n_vectors];
        let mut counts = vec![0; self.n_leaves * n_bins];
        let drawn = slopes.samples.iter().zip(&self.leaf_of);
        for ((&sample, &leaf), slope) in drawn.zip(slopes.first.chunks_exact(n_vectors)) {
            let slot = usize::from(leaf) * n_bins + usize::from(column[sample as usize]);
            counts[slot] += 1;
            for (sums, parts) in sums[slot * n_vectors..][..n_vectors].iter_mut().zip(slope) {
                for (sum, part) in sums.iter_mut().zip(parts) {
                    *sum += part;
                }
            }
        }
        Histogram { sums, counts, n_bins, n_vectors }
    }
}

impl Histogram {
    /// The best threshold, or `None` when no question brings anything.
    ///
    /// The gain of a split is the decrease of the squared error of the gradients by one constant
    /// vector per side: `|G|^2 / (n + pull)`, summed over the leaves.
    pub(super) fn best(&self, feature: usize, params: &TreeParams) -> Option<Best> {
        let mut gains = vec![0.0_f64; self.n_bins];
        let mut total = vec![0_i64; self.n_vectors * PAD];
        let mut low = total.clone();
        let leaves = self.sums.chunks_exact(self.n_bins * self.n_vectors);
        for (sums, counts) in leaves.zip(self.counts.chunks_exact(self.n_bins)) {
            let n_total: u32 = counts.iter().sum();
            if n_total == 0 {
                continue;
            }
            total.fill(0);
            for bin in sums.chunks_exact(self.n_vectors) {
                add(&mut total, bin);
            }
            let whole = square(&total, n_total, params);
            low.fill(0);
            let mut n_low = 0;
            let bins = sums.chunks_exact(self.n_vectors).zip(counts);
            for (gain, (bin, &n)) in gains.iter_mut().zip(bins) {
                add(&mut low, bin);
                n_low += n;
                if n_low < params.min_samples || n_total - n_low < params.min_samples {
                    continue;
                }
                let high = high_square(&total, &low, n_total - n_low, params);
                *gain += square(&low, n_low, params) + high - whole;
            }
        }
        let mut best = None;
        for (bin, &gain) in gains.iter().enumerate().take(self.n_bins - 1) {
            if gain > best.as_ref().map_or(0.0, |best: &Best| best.gain) {
                best = Some(Best { gain, feature, bin: bin as u8 });
            }
        }
        best
    }
}

fn add(sums: &mut [i64], parts: &[[i32; PAD]]) {
    for (sum, &part) in sums.iter_mut().zip(parts.as_flattened()) {
        *sum += i64::from(part);
    }
}

/// `1 / (n + pull)` in the unit of gradients, so that gains are in samples explained.
fn weight(n: u32, params: &TreeParams) -> f64 {
    let one = f64::from(ONE >> GRADIENT_SHIFT);
    1.0 / ((f64::from(n) + params.regularisation) * one * one)
}

fn square(sums: &[i64], n: u32, params: &TreeParams) -> f64 {
    sums.iter().map(|&g| g as f64 * g as f64).sum::<f64>() * weight(n, params)
}

fn high_square(total: &[i64], low: &[i64], n: u32, params: &TreeParams) -> f64 {
    let squares = total.iter().zip(low).map(|(&t, &l)| (t - l) as f64 * (t - l) as f64);
    squares.sum::<f64>() * weight(n, params)
}
