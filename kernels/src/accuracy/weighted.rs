//! Area-weighted accuracy and unbiased areas from a stratified sample.
//!
//! Olofsson, Foody, Herold, Stehman, Woodcock and Wulder, "Good practices for estimating area and
//! assessing accuracy of land change", Remote Sensing of Environment 148, 2014, equations 1 to 11.

use nomenclature::ClassId;
use serde::Serialize;

use super::{AccuracyError, Confusion, Z_95};

/// A value with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

impl Estimate {
    /// The 95 % interval, `value ± 1.96 error`.
    pub fn interval(&self) -> (f64, f64) {
        (self.value - Z_95 * self.error, self.value + Z_95 * self.error)
    }
}

/// The estimates of one class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AreaEstimate {
    /// The class.
    pub class: ClassId,
    /// User's accuracy; not a number when the class is not mapped.
    pub users: Estimate,
    /// Producer's accuracy; not a number when the class is not found in the samples.
    pub producers: Estimate,
    /// Its true area, in the unit of the mapped areas.
    pub area: Estimate,
}

/// The estimates of a map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeightedAccuracy {
    /// Overall accuracy.
    pub overall: Estimate,
    /// By class, in the order of the confusion.
    pub classes: Vec<AreaEstimate>,
}

/// Estimates accuracy and areas from samples drawn at random within each mapped class.
///
/// * `confusion`: the samples; strata are the mapped classes.
/// * `areas`: the mapped area of each class of the confusion, any one unit; 0 for a class that is
///   only found in the truth.
///
/// # Errors
/// [`AccuracyError`] when there is not one area per class, an area is none, or a mapped class has
/// fewer than two samples.
pub fn weighted_accuracy(
    confusion: &Confusion,
    areas: &[f64],
) -> Result<WeightedAccuracy, AccuracyError> {
    let strata = Strata::of(confusion, areas)?;
    let n = areas.len();
    let right = |k: usize| strata.weights[k] * strata.share(k, k);
    let overall_variance: f64 =
        (0..n).map(|k| strata.weights[k].powi(2) * strata.variance(k, k)).sum();
    let classes = (0..n).map(|k| AreaEstimate {
        class: confusion.classes[k],
        users: strata.users(k),
        producers: strata.producers(k),
        area: strata.area(k),
    });
    Ok(WeightedAccuracy {
        overall: Estimate { value: (0..n).map(right).sum(), error: overall_variance.sqrt() },
        classes: classes.collect(),
    })
}

struct Strata<'a> {
    confusion: &'a Confusion,
    /// Samples of each mapped class.
    samples: Vec<u64>,
    weights: Vec<f64>,
    total: f64,
}

impl<'a> Strata<'a> {
    fn of(confusion: &'a Confusion, areas: &[f64]) -> Result<Self, AccuracyError> {
        let n = confusion.classes.len();
        if areas.len() != n {
            let (got, expected) = (vec![areas.len()], vec![n]);
            return Err(AccuracyError::Shape { what: "mapped areas", got, expected });
        }
        let total: f64 = areas.iter().sum();
        if !(total > 0.0 && total.is_finite() && areas.iter().all(|&area| area >= 0.0)) {
            return Err(AccuracyError::Areas { areas: areas.to_vec() });
        }
        let samples: Vec<u64> = confusion.counts.rows().into_iter().map(|row| row.sum()).collect();
        for ((&class, &area), &samples) in confusion.classes.iter().zip(areas).zip(&samples) {
            if area > 0.0 && samples < 2 {
                return Err(AccuracyError::Samples { class, area, samples });
            }
        }
        let weights = areas.iter().map(|area| area / total).collect();
        Ok(Self { confusion, samples, weights, total })
    }

    /// Of the samples mapped as `i`, the share that truly is `j`; 0 for a class not mapped.
    fn share(&self, i: usize, j: usize) -> f64 {
        match self.samples[i] {
            0 => 0.0,
            n => self.confusion.counts[[i, j]] as f64 / n as f64,
        }
    }

    /// Variance of [`Strata::share`].
    fn variance(&self, i: usize, j: usize) -> f64 {
        let p = self.share(i, j);
        match self.samples[i] {
            0 | 1 => 0.0,
            n => p * (1.0 - p) / (n - 1) as f64,
        }
    }

    /// Share of the territory that truly is `j` (equation 9).
    fn truth(&self, j: usize) -> f64 {
        (0..self.weights.len()).map(|i| self.weights[i] * self.share(i, j)).sum()
    }

    /// Equations 2 and 6.
    fn users(&self, k: usize) -> Estimate {
        if self.samples[k] == 0 {
            return Estimate { value: f64::NAN, error: f64::NAN };
        }
        Estimate { value: self.share(k, k), error: self.variance(k, k).sqrt() }
    }

    /// Equations 3 and 7.
    fn producers(&self, k: usize) -> Estimate {
        let truth = self.truth(k);
        if truth <= 0.0 {
            return Estimate { value: f64::NAN, error: f64::NAN };
        }
        let p = self.weights[k] * self.share(k, k) / truth;
        let own = (self.weights[k] * (1.0 - p)).powi(2) * self.variance(k, k);
        let others: f64 = (0..self.weights.len())
            .filter(|&i| i != k)
            .map(|i| self.weights[i].powi(2) * self.variance(i, k))
            .sum();
        Estimate { value: p, error: (own + p * p * others).sqrt() / truth }
    }

    /// Equations 9 to 11.
    fn area(&self, k: usize) -> Estimate {
        let variance: f64 =
            (0..self.weights.len()).map(|i| self.weights[i].powi(2) * self.variance(i, k)).sum();
        Estimate { value: self.total * self.truth(k), error: self.total * variance.sqrt() }
    }
}
