//! Scores in 1/1024 of a logit to probabilities, in integers: the same bits on every machine.

use super::SCORE_ONE;

/// One, in the fixed point of [`Softmax`] weights and of training probabilities.
pub(super) const ONE: u32 = 1 << 16;

/// Scores this far below the best one have no weight left (e^-12 < 2^-17).
const REACH: usize = 12 * SCORE_ONE as usize;

/// A table of `exp(-d / 1024)` in 1/65536, which ends with a zero for all that is out of reach.
pub(super) struct Softmax {
    weights: Vec<u32>,
}

impl Softmax {
    pub(super) fn new() -> Self {
        let weight = |d: usize| {
            let power = (-(d as f64) / f64::from(SCORE_ONE)).exp();
            (power * f64::from(ONE)).round() as u32
        };
        Self { weights: (0..REACH).map(weight).chain([0]).collect() }
    }

    /// The weight of a score beside the best one, which weighs [`ONE`].
    #[inline]
    pub(super) fn weight(&self, score: i16, best: i16) -> u32 {
        self.weights[usize::from(best.wrapping_sub(score) as u16).min(REACH)]
    }

    /// Writes the weights of scores and gives their sum; the best score weighs [`ONE`].
    pub(super) fn weigh(
        &self,
        scores: impl Iterator<Item = i16> + Clone,
        weights: &mut [u32],
    ) -> u32 {
        let best = scores.clone().max().unwrap_or(0);
        let mut sum = 0;
        for (score, weight) in scores.zip(weights.iter_mut()) {
            *weight = self.weight(score, best);
            sum += *weight;
        }
        sum
    }
}
