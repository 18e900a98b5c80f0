//! Scores in 1/1024 of a logit to probabilities, in integers: the same bits on every machine.
#![expect(clippy::inline_always, reason = "what is inlined is compiled again for wide vectors")]

use super::SCORE_ONE;

/// One, in the fixed point of [`Softmax`] weights and of training probabilities.
pub(super) const ONE: u32 = 1 << 16;

/// Scores this far below the best one have no weight left (e^-12 < 2^-17).
const REACH: u16 = 12 * SCORE_ONE as u16;

/// Length of the table: a power of two over [`REACH`], so that no place needs a check.
const LENGTH: usize = (REACH as usize + 1).next_power_of_two();

/// A table of `exp(-d / 1024)` in 1/65536, zero for all that is out of reach.
pub(super) struct Softmax {
    weights: Box<[u32; LENGTH]>,
}

impl Softmax {
    pub(super) fn new() -> Self {
        let weight = |d: u16| {
            let power = (-f64::from(d) / f64::from(SCORE_ONE)).exp();
            (power * f64::from(ONE)).round() as u32
        };
        let beyond = std::iter::repeat(0);
        let weights: Box<[u32]> = (0..REACH).map(weight).chain(beyond).take(LENGTH).collect();
        Self { weights: weights.try_into().expect("made of this length") }
    }

    /// How far a score lies below the best one, as far as that matters.
    #[inline(always)]
    pub(super) fn below(score: i16, best: i16) -> u16 {
        (best.wrapping_sub(score) as u16).min(REACH)
    }

    /// The weight of a score so far below the best one, which weighs [`ONE`].
    #[inline(always)]
    pub(super) fn weight(&self, below: u16) -> u32 {
        self.weights[usize::from(below) % LENGTH]
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
            *weight = self.weight(Self::below(score, best));
            sum += *weight;
        }
        sum
    }
}
