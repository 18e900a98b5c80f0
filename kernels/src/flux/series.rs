//! More than two vintages of one territory: consecutive ledgers that must agree where they meet.

use super::{Balance, Ledger, Status};

/// The years of two consecutive vintages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// Year of the older vintage.
    pub before: u16,
    /// Year of the newer vintage.
    pub after: u16,
}

impl Interval {
    /// Length in years.
    pub fn years(self) -> u32 {
        u32::from(self.after.saturating_sub(self.before))
    }
}

/// Why ledgers do not form a series, or may not be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SeriesError {
    /// The years of an interval do not increase.
    #[error("interval {before} -> {after} does not go forward in time")]
    Backwards {
        /// Year of the older vintage.
        before: u16,
        /// Year of the newer vintage.
        after: u16,
    },
    /// An interval does not start where the last one ends.
    #[error("interval starting in {got} follows a vintage of {expected}")]
    Broken {
        /// Year the interval starts in.
        got: u16,
        /// Year the last interval ended in.
        expected: u16,
    },
    /// Territories observed over different years may not be added; annualise them first.
    #[error("interval {got_before} -> {got_after} added to {expected_before} -> {expected_after}")]
    MixedIntervals {
        /// Older year of the refused series.
        got_before: u16,
        /// Newer year of the refused series.
        got_after: u16,
        /// Older year expected.
        expected_before: u16,
        /// Newer year expected.
        expected_after: u16,
    },
}

/// Consecutive vintages of one extent; vintages are numbered from 1, the oldest.
///
/// A single vintage is an interval from its year to the same year: it has stocks and no flux.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    steps: Vec<(Interval, Ledger)>,
}

impl Series {
    /// Chains ledgers, oldest first.
    ///
    /// # Errors
    /// [`SeriesError::Backwards`] or [`SeriesError::Broken`] when the years do not chain.
    pub fn new(steps: Vec<(Interval, Ledger)>) -> Result<Self, SeriesError> {
        for (i, &(Interval { before, after }, _)) in steps.iter().enumerate() {
            if before >= after {
                return Err(SeriesError::Backwards { before, after });
            }
            if let Some(last) = i.checked_sub(1).map(|k| steps[k].0.after)
                && last != before
            {
                return Err(SeriesError::Broken { got: before, expected: last });
            }
        }
        Ok(Self { steps })
    }

    /// One vintage.
    ///
    /// * `stocks`: the ledger of the vintage against itself.
    pub fn single(year: u16, stocks: Ledger) -> Self {
        Self { steps: vec![(Interval { before: year, after: year }, stocks)] }
    }

    /// Each interval with its ledger, oldest first.
    pub fn steps(&self) -> &[(Interval, Ledger)] {
        &self.steps
    }

    /// The years of the vintages, oldest first.
    pub fn vintages(&self) -> Vec<u16> {
        let first = self.steps.first().map(|(interval, _)| interval.before);
        let moving = self.steps.iter().filter(|(interval, _)| interval.years() > 0);
        first.into_iter().chain(moving.map(|(interval, _)| interval.after)).collect()
    }

    /// Number of intervals in which something may have changed: none for a single vintage.
    pub fn n_intervals(&self) -> usize {
        self.steps.iter().filter(|(interval, _)| interval.years() > 0).count()
    }

    /// Adds another territory observed over the very same years.
    ///
    /// # Errors
    /// [`SeriesError::MixedIntervals`] when any interval differs: such sums mean nothing.
    pub fn merge(self, other: Self) -> Result<Self, SeriesError> {
        let whole = |s: &Self| Interval {
            before: s.vintages().first().copied().unwrap_or(0),
            after: s.vintages().last().copied().unwrap_or(0),
        };
        let (expected, got) = (whole(&self), whole(&other));
        if self.vintages() != other.vintages() {
            return Err(SeriesError::MixedIntervals {
                got_before: got.before,
                got_after: got.after,
                expected_before: expected.before,
                expected_after: expected.after,
            });
        }
        let pairs = self.steps.into_iter().zip(other.steps);
        Ok(Self { steps: pairs.map(|((i, a), (_, b))| (i, a.merge(b))).collect() })
    }

    /// At each vintage between two intervals, the stock that the older interval ends with minus
    /// the stock that the newer one starts with: all zeros when both read the same vintage over
    /// the same extent.
    pub fn continuity_gaps(&self, status: Status) -> Vec<i128> {
        let stock = |(_, ledger): &(Interval, Ledger)| ledger.total(status);
        self.steps
            .windows(2)
            .map(|w| stock(&w[0]).stock_after - stock(&w[1]).stock_before)
            .collect()
    }

    /// The balance from the oldest to the newest vintage: fluxes are those of every interval added
    /// up, so ground that came and went counts in both.
    pub fn cumulated(&self, status: Status) -> Balance {
        let mut sum = Balance::default();
        for (_, ledger) in &self.steps {
            sum += ledger.total(status);
        }
        let first = self.steps.first().map(|(_, l)| l.total(status)).unwrap_or_default();
        let last = self.steps.last().map(|(_, l)| l.total(status)).unwrap_or_default();
        Balance { stock_before: first.stock_before, stock_after: last.stock_after, ..sum }
    }
}
