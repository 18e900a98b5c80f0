//! How right a map is: confusion, intervals, stratified estimates, change by regions.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Zip};
use nomenclature::ClassId;
use serde::Serialize;

pub mod change;
pub mod design;
pub mod place;
pub mod stratified;

pub use change::{ChangeAccuracy, ChangeMaps, change_accuracy};
pub use design::{Allotment, Extent, allocate, sample_size};
pub use place::{draw_places, random_place};
pub use stratified::{Answer, Assessment, ClassAccuracy, Estimate, Stratified};

/// Quantile of the normal distribution for 95 % intervals.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Why an accuracy cannot be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AccuracyError {
    /// Arrays or tables do not line up.
    #[error("{what} has shape {got:?}, expected {expected:?}")]
    Shape {
        /// The array.
        what: &'static str,
        /// Its shape.
        got: Vec<usize>,
        /// The shape expected.
        expected: Vec<usize>,
    },
    /// A stratum has too few answers for a variance.
    #[error("stratum {stratum} has {answers} answers, at least 2 are needed")]
    Answers {
        /// The rank of the stratum.
        stratum: usize,
        /// Its answers.
        answers: u64,
    },
    /// An answer belongs to no stratum.
    #[error("an answer is of stratum {stratum}, there are {strata}")]
    Stratum {
        /// The stratum that it names.
        stratum: usize,
        /// How many there are.
        strata: usize,
    },
    /// A stratum has no area.
    #[error("stratum {stratum} has the doubled area {twice_area}")]
    Area {
        /// The rank of the stratum.
        stratum: usize,
        /// Its doubled area, in square lattice steps.
        twice_area: i128,
    },
    /// The points asked for do not give every stratum its minimum.
    #[error("{total} points for strata that need {needed}")]
    TooFew {
        /// The points asked for.
        total: u64,
        /// The points that the minimum takes.
        needed: u64,
    },
}

/// A share with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// Right ones.
    pub right: u64,
    /// All.
    pub n: u64,
    /// `right / n`; not a number when there are none.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Share {
    /// A share with the score interval of Wilson ("Probable inference, the law of succession, and
    /// statistical inference", JASA 22, 1927) at 95 %; `0..1` when there are none.
    pub fn of(right: u64, n: u64) -> Self {
        if n == 0 {
            return Self { right, n, value: f64::NAN, low: 0.0, high: 1.0 };
        }
        let (p, count, z2) = (right as f64 / n as f64, n as f64, Z_95 * Z_95);
        let centre = (p + z2 / (2.0 * count)) / (1.0 + z2 / count);
        let spread = (p * (1.0 - p) / count + z2 / (4.0 * count * count)).sqrt();
        let half = Z_95 * spread / (1.0 + z2 / count);
        Self { right, n, value: p, low: (centre - half).max(0.0), high: (centre + half).min(1.0) }
    }
}

/// Counts of samples or cells by mapped class and true class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    /// The classes, increasing: both axes of the counts.
    pub classes: Vec<ClassId>,
    /// Counts, shape `(mapped, truth)`.
    pub counts: Array2<u64>,
}

impl Confusion {
    /// Counts pairs `(mapped, truth)`; a pair with nodata is counted nowhere.
    pub fn of_pairs(pairs: impl IntoIterator<Item = (ClassId, ClassId)>) -> Self {
        let mut counts: BTreeMap<(ClassId, ClassId), u64> = BTreeMap::new();
        for (mapped, truth) in pairs {
            if !mapped.is_nodata() && !truth.is_nodata() {
                *counts.entry((mapped, truth)).or_default() += 1;
            }
        }
        Self::of_counts(&counts)
    }

    /// Counts the cells of two rasters of [`ClassId`]s; nodata in either is counted nowhere.
    ///
    /// # Errors
    /// [`AccuracyError::Shape`] when they have not the same shape.
    pub fn of_cells(
        mapped: ArrayView2<'_, u8>,
        truth: ArrayView2<'_, u8>,
    ) -> Result<Self, AccuracyError> {
        same_shape("mapped", &mapped, &truth)?;
        let mut dense = vec![0_u64; 1 << 16];
        Zip::from(mapped)
            .and(truth)
            .for_each(|&m, &t| dense[usize::from(m) << 8 | usize::from(t)] += 1);
        let pair = |slot: usize| (ClassId((slot >> 8) as u8), ClassId((slot & 255) as u8));
        let is_seen = |(m, t): (ClassId, ClassId)| !m.is_nodata() && !t.is_nodata();
        let counts = dense.iter().enumerate().filter(|&(slot, &n)| n > 0 && is_seen(pair(slot)));
        Ok(Self::of_counts(&counts.map(|(slot, &n)| (pair(slot), n)).collect()))
    }

    fn of_counts(pairs: &BTreeMap<(ClassId, ClassId), u64>) -> Self {
        let mut classes: Vec<ClassId> = pairs.keys().flat_map(|&(m, t)| [m, t]).collect();
        classes.sort_unstable();
        classes.dedup();
        let mut counts = Array2::zeros((classes.len(), classes.len()));
        for ((mapped, truth), &n) in pairs {
            let rank = |class| classes.partition_point(|c| c < class);
            counts[[rank(mapped), rank(truth)]] = n;
        }
        Self { classes, counts }
    }

    /// Share of all counts that are right.
    pub fn overall(&self) -> Share {
        Share::of(self.counts.diag().sum(), self.counts.sum())
    }

    /// Of what is mapped as each class, the share that is right (user's accuracy).
    pub fn users(&self) -> Vec<Share> {
        self.shares(|k| self.counts.row(k).sum())
    }

    /// Of what truly is each class, the share that is mapped so (producer's accuracy).
    pub fn producers(&self) -> Vec<Share> {
        self.shares(|k| self.counts.column(k).sum())
    }

    fn shares(&self, total: impl Fn(usize) -> u64) -> Vec<Share> {
        (0..self.classes.len()).map(|k| Share::of(self.counts[[k, k]], total(k))).collect()
    }

    /// F1 of each class: `2 right / (mapped + true)`.
    pub fn f1(&self) -> Vec<f64> {
        let f1 = |k: usize| {
            let sum = self.counts.row(k).sum() + self.counts.column(k).sum();
            2.0 * self.counts[[k, k]] as f64 / sum as f64
        };
        (0..self.classes.len()).map(f1).collect()
    }
}

fn same_shape(
    what: &'static str,
    got: &ArrayView2<'_, u8>,
    expected: &ArrayView2<'_, u8>,
) -> Result<(), AccuracyError> {
    if got.shape() == expected.shape() {
        return Ok(());
    }
    let (got, expected) = (got.shape().to_vec(), expected.shape().to_vec());
    Err(AccuracyError::Shape { what, got, expected })
}

#[cfg(test)]
mod tests;
