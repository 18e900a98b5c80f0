//! Accuracy and areas from a stratified random sample, whatever the strata are.
//!
//! Olofsson, Foody, Herold, Stehman, Woodcock and Wulder, "Good practices for estimating area and
//! assessing accuracy of land change", Remote Sensing of Environment 148, 2014, equations 1 to 11,
//! where the strata are the classes of the map; Stehman, "Estimating area and map accuracy for
//! stratified random sampling when the strata are different from the map classes", International
//! Journal of Remote Sensing 35, 2014, of which they are a special case. Every figure is the ratio
//! of two means: with `d = y - R x`, its variance is `sum W² s²(d) / n / X²` over the strata.
//! Places are points of a continuous ground: there is no correction for finite populations.

use ndarray::Array2;
use serde::Serialize;

use super::{AccuracyError, Z_95};

/// What the map and the interpreter say of one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The rank of its stratum.
    pub stratum: u32,
    /// The class on the map; any numbers that tell classes apart.
    pub mapped: u16,
    /// The class that the ground has.
    pub truth: u16,
}

/// A value with its standard error and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The value, from 0 to 1.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// Lower end of the interval; see [`Stratified::ratio`].
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// The estimates of one class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClassAccuracy {
    /// The class.
    pub class: u16,
    /// Places that the map gives it.
    pub mapped: u64,
    /// Places that truly have it.
    pub truth: u64,
    /// Places where both agree on it.
    pub right: u64,
    /// User's accuracy: of what is mapped so, what is right; `None` where no place is mapped so.
    pub users: Option<Estimate>,
    /// Producer's accuracy: of what truly is so, what is mapped; `None` where no place is so.
    pub producers: Option<Estimate>,
    /// `2 right / (mapped + true)`, the harmonic mean of both.
    pub f1: Estimate,
    /// Its true share of the territory.
    pub share: Estimate,
}

/// The estimates of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// The classes met, increasing: both axes of the matrices.
    pub classes: Vec<u16>,
    /// Answers, shape `(mapped, truth)`.
    pub counts: Array2<u64>,
    /// Estimated shares of the territory, shape `(mapped, truth)`; they add up to 1.
    pub shares: Array2<f64>,
    /// Overall accuracy.
    pub overall: Estimate,
    /// By class, in the order of [`Assessment::classes`].
    pub by_class: Vec<ClassAccuracy>,
}

/// The answers of a stratified random sample.
#[derive(Debug, Clone)]
pub struct Stratified<'a> {
    answers: &'a [Answer],
    strata: Vec<Stratum>,
}

#[derive(Debug, Clone, Copy)]
struct Stratum {
    /// Its share of the territory.
    weight: f64,
    answers: u64,
}

impl<'a> Stratified<'a> {
    /// Answers drawn at random within strata, each with the same chance within its own.
    ///
    /// * `twice_areas`: the exact area of each stratum, doubled, in square lattice steps.
    ///
    /// # Errors
    /// [`AccuracyError`] when a stratum has no area or fewer than two answers, or an answer is of
    /// none of them.
    pub fn new(twice_areas: &[i128], answers: &'a [Answer]) -> Result<Self, AccuracyError> {
        let mut counts = vec![0_u64; twice_areas.len()];
        for answer in answers {
            let stratum = answer.stratum as usize;
            *counts
                .get_mut(stratum)
                .ok_or(AccuracyError::Stratum { stratum, strata: twice_areas.len() })? += 1;
        }
        let total: i128 = twice_areas.iter().sum();
        let pairs = twice_areas.iter().zip(&counts).enumerate();
        let strata = pairs.map(|(stratum, (&twice_area, &answers))| {
            if twice_area <= 0 {
                return Err(AccuracyError::Area { stratum, twice_area });
            }
            if answers < 2 {
                return Err(AccuracyError::Answers { stratum, answers });
            }
            Ok(Stratum { weight: twice_area as f64 / total as f64, answers })
        });
        Ok(Self { answers, strata: strata.collect::<Result<_, _>>()? })
    }

    /// Share of the territory for which something holds.
    pub fn share(&self, holds: impl Fn(&Answer) -> bool) -> Estimate {
        self.ratio(|answer| f64::from(u8::from(holds(answer))), |_| 1.0)
            .expect("the share of the whole territory is not zero")
    }

    /// The mean of `part` by the mean of `whole` over the territory, where it is a share: 0 to 1.
    /// `None` where the whole is 0.
    ///
    /// The interval is Wilson's for the binomial sample whose variance is the one estimated
    /// (Korn and Graubard, "Confidence intervals for proportions with small expected number of
    /// positive counts estimated from survey data", Survey Methodology 24, 1998): it never leaves
    /// 0 to 1, and is `value ± 1.96 error` for large samples. The variance is taken to be at least
    /// that of half an answer of another kind in a sample of Kish's effective size, so that an
    /// interval is never a point because every answer agrees.
    ///
    /// Limit: a kind of error of which fewer than about ten answers are expected may be nearly
    /// missed by the sample; the interval of a rare class then holds its area in some 90 % of
    /// samples, not 95 %.
    pub fn ratio(
        &self,
        part: impl Fn(&Answer) -> f64,
        whole: impl Fn(&Answer) -> f64,
    ) -> Option<Estimate> {
        let mean = self.mean(&whole);
        if mean <= 0.0 {
            return None;
        }
        let value = self.mean(&part) / mean;
        let variance = self.variance(|answer| part(answer) - value * whole(answer));
        let variance = variance / (mean * mean);
        let n = self.effective_size(&whole);
        let other = 0.5 / (n + 1.0);
        let (low, high) = if value <= 1e-12 || value >= 1.0 - 1e-12 {
            wilson(value, n)
        } else {
            wilson(value, value * (1.0 - value) / variance.max(other * (1.0 - other) / n))
        };
        Some(Estimate { value, error: variance.sqrt(), low, high })
    }

    /// Accuracy and areas by class.
    pub fn assess(&self) -> Assessment {
        let mut classes: Vec<u16> = self.answers.iter().flat_map(|a| [a.mapped, a.truth]).collect();
        classes.sort_unstable();
        classes.dedup();
        let rank = |class: u16| classes.partition_point(|&c| c < class);
        let mut counts = Array2::zeros((classes.len(), classes.len()));
        let mut shares = Array2::zeros((classes.len(), classes.len()));
        for answer in self.answers {
            let at = [rank(answer.mapped), rank(answer.truth)];
            counts[at] += 1;
            shares[at] += self.weight_of(*answer);
        }
        let by_class = classes.iter().enumerate().map(|(k, &class)| self.class(class, k, &counts));
        Assessment {
            by_class: by_class.collect(),
            overall: self.share(|answer| answer.mapped == answer.truth),
            classes,
            counts,
            shares,
        }
    }

    fn class(&self, class: u16, rank: usize, counts: &Array2<u64>) -> ClassAccuracy {
        let is = |holds: bool| f64::from(u8::from(holds));
        let mapped = |a: &Answer| is(a.mapped == class);
        let truth = |a: &Answer| is(a.truth == class);
        let right = |a: &Answer| mapped(a) * truth(a);
        let f1 = self.ratio(|a| 2.0 * right(a), |a| mapped(a) + truth(a));
        ClassAccuracy {
            class,
            mapped: counts.row(rank).sum(),
            truth: counts.column(rank).sum(),
            right: counts[[rank, rank]],
            users: self.ratio(right, mapped),
            producers: self.ratio(right, truth),
            f1: f1.expect("the class is of an answer"),
            share: self.share(|a| a.truth == class),
        }
    }

    /// The share of the territory that an answer stands for.
    fn weight_of(&self, answer: Answer) -> f64 {
        let stratum = &self.strata[answer.stratum as usize];
        stratum.weight / stratum.answers as f64
    }

    fn mean(&self, of: impl Fn(&Answer) -> f64) -> f64 {
        self.answers.iter().map(|answer| self.weight_of(*answer) * of(answer)).sum()
    }

    /// Variance of [`Stratified::mean`].
    fn variance(&self, of: impl Fn(&Answer) -> f64) -> f64 {
        let mut sums = vec![0.0; self.strata.len()];
        for answer in self.answers {
            sums[answer.stratum as usize] += of(answer);
        }
        let mut squares = vec![0.0; self.strata.len()];
        for answer in self.answers {
            let stratum = answer.stratum as usize;
            let mean = sums[stratum] / self.strata[stratum].answers as f64;
            squares[stratum] += (of(answer) - mean).powi(2);
        }
        let parts = self.strata.iter().zip(squares).map(|(stratum, squares)| {
            let n = stratum.answers as f64;
            stratum.weight.powi(2) * squares / (n - 1.0) / n
        });
        parts.sum()
    }

    /// Answers of equal weight that would tell as much of a part of the ground (Kish, "Survey
    /// sampling", 1965).
    fn effective_size(&self, of: impl Fn(&Answer) -> f64) -> f64 {
        let weights = self.answers.iter().map(|answer| self.weight_of(*answer) * of(answer));
        let (sum, squares) =
            weights.fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
        sum * sum / squares
    }
}

/// Wilson's score interval at 95 % for a share found in `n` draws.
fn wilson(share: f64, n: f64) -> (f64, f64) {
    let z2 = Z_95 * Z_95;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let spread = (share * (1.0 - share).max(0.0) / n + z2 / (4.0 * n * n)).sqrt();
    let half = Z_95 * spread / (1.0 + z2 / n);
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

#[cfg(test)]
mod tests;
