//! Features as few bins of about equal numbers of samples, column by column.

use ndarray::ArrayView2;

/// Most bins of a feature: a question looks at no more thresholds than that.
const BINS_MAX: usize = 64;

/// The samples' features, binned.
pub(super) struct Bins {
    columns: Vec<Vec<u8>>,
    /// The greatest value of each bin, feature by feature.
    tops: Vec<Vec<u8>>,
}

impl Bins {
    /// * `features`: shape `(sample, feature)`.
    pub(super) fn of(features: ArrayView2<'_, u8>) -> Self {
        let binned = features.columns().into_iter().map(|column| {
            let mut counts = [0_usize; 256];
            for &value in column {
                counts[usize::from(value)] += 1;
            }
            let tops = tops(&counts, column.len());
            let mut bin_of = [0_u8; 256];
            for (value, bin) in bin_of.iter_mut().enumerate() {
                *bin = tops.partition_point(|&top| usize::from(top) < value) as u8;
            }
            (column.iter().map(|&value| bin_of[usize::from(value)]).collect(), tops)
        });
        let (columns, tops) = binned.unzip();
        Self { columns, tops }
    }

    pub(super) fn n_features(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn n_bins(&self, feature: usize) -> usize {
        self.tops[feature].len()
    }

    pub(super) fn column(&self, feature: usize) -> &[u8] {
        &self.columns[feature]
    }

    /// The threshold on values that separates a bin and those under it from the others.
    pub(super) fn threshold(&self, feature: usize, bin: u8) -> u8 {
        self.tops[feature][usize::from(bin)]
    }
}

/// Greatest values of at most [`BINS_MAX`] bins that share out the samples; the last is 255.
fn tops(counts: &[usize; 256], n_samples: usize) -> Vec<u8> {
    let target = n_samples.div_ceil(BINS_MAX).max(1);
    let mut tops = Vec::new();
    let mut held = 0;
    for (value, &n) in counts.iter().enumerate() {
        held += n;
        if held >= target && tops.len() + 1 < BINS_MAX && value < 255 {
            tops.push(value as u8);
            held = 0;
        }
    }
    tops.push(255);
    tops
}
