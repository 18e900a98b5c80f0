//! Acceptance: a figure against a threshold, with the interval that tells whether it is decided.
//!
//! A criterion is **accepted** when its whole 95 % interval is at or over the threshold, **rejected**
//! when its whole interval is under it, and **not decidable** otherwise: the sample is too small for
//! how near the figure is. The delivery is rejected when a criterion is rejected, accepted when all
//! are accepted, and not decidable otherwise.

use clap::ValueEnum;
use kernels::accuracy::Estimate;
use serde::Serialize;

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The threshold is reached.
    Accepted,
    /// More places are needed to tell.
    Undecided,
    /// The threshold is not reached.
    Rejected,
}

/// From which decision the command fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FailOn {
    /// Only a rejection
    #[default]
    Rejected,
    /// A rejection, and what is not decidable
    Undecided,
    /// Nothing
    Never,
}

/// The least that is accepted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Overall accuracy.
    pub overall: f64,
    /// User's accuracy of each class.
    pub by_class: f64,
}

impl Decision {
    /// Decides an estimate; without one, for want of answers, nothing can be.
    pub fn of(estimate: Option<Estimate>, threshold: f64) -> Self {
        // An interval that ends at the threshold but for rounding reaches it.
        const SLACK: f64 = 1e-9;
        match estimate {
            Some(estimate) if estimate.low >= threshold - SLACK => Self::Accepted,
            Some(estimate) if estimate.high < threshold - SLACK => Self::Rejected,
            _ => Self::Undecided,
        }
    }

    /// The decision on the whole from those on its criteria; none is not decidable.
    pub fn of_all(decisions: impl IntoIterator<Item = Self>) -> Self {
        decisions.into_iter().max().unwrap_or(Self::Undecided)
    }

    /// In French.
    pub fn french(self) -> &'static str {
        match self {
            Self::Accepted => "accepté",
            Self::Undecided => "non décidable",
            Self::Rejected => "refusé",
        }
    }

    /// In English.
    pub fn english(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Undecided => "not decidable",
            Self::Rejected => "rejected",
        }
    }
}

impl FailOn {
    /// Whether a decision fails the command.
    pub fn fails(self, decision: Decision) -> bool {
        match self {
            Self::Rejected => decision == Decision::Rejected,
            Self::Undecided => decision != Decision::Accepted,
            Self::Never => false,
        }
    }
}

/// About how many answers would decide a criterion, were its figure to stay: the interval shrinks
/// as the square root of their number. `None` where the figure is at the threshold.
pub fn answers_to_decide(estimate: Estimate, threshold: f64, answers: u64) -> Option<u64> {
    let distance = (estimate.value - threshold).abs();
    let half = if estimate.value >= threshold {
        estimate.value - estimate.low
    } else {
        estimate.high - estimate.value
    };
    (distance > 1e-6).then(|| (answers as f64 * (half / distance).powi(2)).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(low: f64, value: f64, high: f64) -> Estimate {
        Estimate { value, error: 0.01, low, high }
    }

    #[test]
    fn a_criterion_is_decided_by_its_whole_interval() {
        let of = |low, value, high| Decision::of(Some(estimate(low, value, high)), 0.85);
        assert_eq!(of(0.85, 0.9, 0.95), Decision::Accepted);
        assert_eq!(of(0.84, 0.9, 0.95), Decision::Undecided);
        assert_eq!(of(0.70, 0.8, 0.86), Decision::Undecided);
        assert_eq!(of(0.70, 0.8, 0.84), Decision::Rejected);
        assert_eq!(Decision::of(None, 0.85), Decision::Undecided);
    }

    #[test]
    fn one_rejection_rejects_and_one_doubt_leaves_the_whole_open() {
        use Decision::{Accepted, Rejected, Undecided};
        assert_eq!(Decision::of_all([Accepted, Accepted]), Accepted);
        assert_eq!(Decision::of_all([Accepted, Undecided]), Undecided);
        assert_eq!(Decision::of_all([Rejected, Undecided, Accepted]), Rejected);
        assert_eq!(Decision::of_all([]), Undecided);
        assert!(FailOn::Undecided.fails(Undecided) && !FailOn::Rejected.fails(Undecided));
    }

    #[test]
    fn four_times_the_answers_halve_an_interval() {
        let found = answers_to_decide(estimate(0.86, 0.9, 0.93), 0.88, 100);
        assert_eq!(found, Some(400));
        assert_eq!(answers_to_decide(estimate(0.8, 0.85, 0.9), 0.85, 100), None);
    }
}
