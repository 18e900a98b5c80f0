//! The two dates of a run: that of the imagery, and that of the prior when its imagery is given.

use crate::config::{Config, Imagery, Prediction};
use crate::cube::Quantity;

/// A date of which there is imagery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Date {
    /// That of the vintage.
    Now,
    /// That of the prior vintage.
    Before,
}

impl Date {
    /// The dates of which a run has imagery.
    pub fn of(config: &Config) -> Vec<(Self, &Imagery)> {
        let before = config.imagery_before().map(|imagery| (Self::Before, imagery));
        std::iter::once((Self::Now, &config.imagery)).chain(before).collect()
    }

    /// A key of its imagery in the configuration, such as `imagery` or `prior.imagery`.
    pub fn key(self, name: &str) -> String {
        match self {
            Self::Now => name.to_owned(),
            Self::Before => format!("prior.{name}"),
        }
    }

    /// Its imagery in the cube.
    pub fn imagery(self) -> Quantity {
        match self {
            Self::Now => Quantity::Imagery,
            Self::Before => Quantity::ImageryBefore,
        }
    }

    /// Where it has imagery.
    pub fn valid(self) -> Quantity {
        match self {
            Self::Now => Quantity::Valid,
            Self::Before => Quantity::ValidBefore,
        }
    }

    /// How high things stood.
    pub fn heights(self) -> Quantity {
        match self {
            Self::Now => Quantity::Heights,
            Self::Before => Quantity::HeightsBefore,
        }
    }

    /// Its predictions made elsewhere.
    pub fn predictions(self, config: &Config) -> &[Prediction] {
        match self {
            Self::Now => &config.predictions,
            Self::Before => config.prior.as_ref().map_or(&[], |prior| &prior.predictions),
        }
    }

    /// The shares of one of them, by its rank, at most [`crate::config::PREDICTIONS_MAX`].
    pub fn prediction(self, rank: usize) -> Quantity {
        match self {
            Self::Now => Quantity::Prediction(rank as u8),
            Self::Before => Quantity::PredictionBefore(rank as u8),
        }
    }

    /// Its probabilities.
    pub fn probability(self) -> Quantity {
        match self {
            Self::Now => Quantity::Probability,
            Self::Before => Quantity::ProbabilityBefore,
        }
    }

    /// Its number among the samples.
    pub fn rank(self) -> u8 {
        match self {
            Self::Now => 0,
            Self::Before => 1,
        }
    }

    /// What its figures are called in the manifest: nothing is added to those of the vintage.
    pub fn figure(self, name: &str) -> String {
        match self {
            Self::Now => name.to_owned(),
            Self::Before => format!("{name}_before"),
        }
    }
}
