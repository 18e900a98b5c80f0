//! Growing the trees: histograms of fixed-point gradients, one level at a time.

use ndarray::ArrayView2;
use nomenclature::ClassId;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::{Deserialize, Serialize};

use super::{
    DEPTH_MAX, Model, SCORE_ONE, Split, Tree,
    softmax::{ONE, Softmax},
};
use crate::random::draw;

mod bins;
mod level;

use bins::Bins;
use level::{Best, Level};

/// Samples beyond which sums of gradients could leave 32 bits.
pub const SAMPLES_MAX: usize = 1 << 20;

/// Bits of a training probability dropped in a gradient: sums of [`SAMPLES_MAX`] of them fit.
const GRADIENT_SHIFT: u32 = 5;

/// Parameters of the training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TreeParams {
    /// Number of trees.
    pub rounds: u32,
    /// Questions per tree, at most [`DEPTH_MAX`].
    pub depth: u32,
    /// What part of each step is taken, in `(0, 1]`.
    pub learning_rate: f64,
    /// Samples below which one side of a question is not worth separating.
    pub min_samples: u32,
    /// Weight of the pull of leaves towards zero, in samples of even odds.
    pub regularisation: f64,
    /// Share of the samples that each tree sees, in `(0, 1]`.
    pub sample_share: f64,
    /// Share of the features that each question may ask for, in `(0, 1]`.
    pub feature_share: f64,
    /// Seed of those draws.
    pub seed: u64,
}

impl Default for TreeParams {
    /// A strong pull and few features to choose from: the samples of an object resemble each other,
    /// so that what fits them best says little of other objects. On objects that nobody had seen of
    /// four generated territories a pull of 2 with 0.6 of the features was right in 79.0 % of the
    /// cells, this one in 84.0 %, one of 1000 in 85.5 %; of 202 true changes of six territories they
    /// found 189, 193 and 192 (`benches/peers/trees.py` and `accuracy.py`).
    fn default() -> Self {
        Self {
            rounds: 60,
            depth: 6,
            learning_rate: 0.3,
            min_samples: 20,
            regularisation: 300.0,
            sample_share: 0.6,
            feature_share: 0.2,
            seed: 1,
        }
    }
}

/// Why a model cannot be trained.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// There is nothing to learn from.
    #[error("{n_samples} samples of {n_classes} classes: at least 2 classes are needed")]
    Samples {
        /// Number of samples.
        n_samples: usize,
        /// Number of classes among them.
        n_classes: usize,
    },
    /// More samples than the exact sums can hold.
    #[error("{n_samples} samples, at most {SAMPLES_MAX} are accepted: lower the cap per class")]
    TooMany {
        /// Number of samples.
        n_samples: usize,
    },
    /// Features, labels or names do not line up.
    #[error("{what}: {got}, expected {expected}")]
    Shape {
        /// What does not line up.
        what: &'static str,
        /// Length found.
        got: usize,
        /// Length expected.
        expected: usize,
    },
    /// A parameter is out of its range.
    #[error("tree parameter `{name}` is {got}, expected {expected}")]
    Param {
        /// Name of the parameter.
        name: &'static str,
        /// Value given.
        got: f64,
        /// Range expected.
        expected: &'static str,
    },
}

impl TreeParams {
    /// Parameters of a learner that only judges samples: few trees that are quick to be sure.
    ///
    /// A modest judge rejects less: with the pull of the default three true changes of 202 less
    /// were found.
    pub fn judge() -> Self {
        Self { rounds: 25, regularisation: 2.0, feature_share: 0.6, ..Self::default() }
    }

    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// [`TrainError::Param`] for the first one that is not.
    pub fn check(&self) -> Result<(), TrainError> {
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let deepest = DEPTH_MAX as u32;
        let checks = [
            ("rounds", f64::from(self.rounds), (1..=10_000).contains(&self.rounds), "1..=10000"),
            ("depth", f64::from(self.depth), (1..=deepest).contains(&self.depth), "1..=8"),
            ("learning_rate", self.learning_rate, share(self.learning_rate), "(0, 1]"),
            ("sample_share", self.sample_share, share(self.sample_share), "(0, 1]"),
            ("feature_share", self.feature_share, share(self.feature_share), "(0, 1]"),
            (
                "regularisation",
                self.regularisation,
                self.regularisation > 0.0 && self.regularisation.is_finite(),
                "above 0",
            ),
        ];
        match checks.into_iter().find(|(_, _, ok, _)| !ok) {
            Some((name, got, _, expected)) => Err(TrainError::Param { name, got, expected }),
            None => Ok(()),
        }
    }
}

/// Trains a model.
///
/// * `features`: shape `(sample, feature)`; `labels`: the class of each sample, nodata excluded.
/// * `names`: names of the features, kept in the model.
///
/// Only the classes found in `labels` are told apart, in increasing order. The result is the same
/// bytes for any number of threads: questions are searched in parallel over features, every sum is
/// one of integers, and ties go to the lowest feature, then threshold. Cost per level of a tree:
/// samples x features x classes additions.
///
/// # Errors
/// [`TrainError`] when shapes, labels or parameters do not fit.
pub fn train(
    features: ArrayView2<'_, u8>,
    labels: &[ClassId],
    names: &[&str],
    params: &TreeParams,
) -> Result<Model, TrainError> {
    params.check()?;
    let (n_samples, n_features) = features.dim();
    let shape = |what, got, expected| {
        if got == expected { Ok(()) } else { Err(TrainError::Shape { what, got, expected }) }
    };
    shape("number of labels", labels.len(), n_samples)?;
    shape("number of feature names", names.len(), n_features)?;
    if n_samples > SAMPLES_MAX {
        return Err(TrainError::TooMany { n_samples });
    }
    let classes = distinct(labels);
    if classes.len() < 2 {
        return Err(TrainError::Samples { n_samples, n_classes: classes.len() });
    }
    let rank = |class| classes.binary_search(class).ok().map(|rank| rank as u8);
    let ranks: Vec<u8> = labels.iter().filter_map(rank).collect();
    shape("number of samples with a class", ranks.len(), n_samples)?;
    let mut boost = Boost::start(Bins::of(features), &ranks, classes.len(), *params);
    let trees = (0..params.rounds).map(|round| boost.round(round)).collect();
    Ok(Model {
        classes,
        features: names.iter().map(|&name| name.to_owned()).collect(),
        params: *params,
        samples: boost.counts.clone(),
        base: boost.base.clone(),
        gains: parts_per_million(&boost.gains),
        trees,
    })
}

fn distinct(labels: &[ClassId]) -> Vec<ClassId> {
    let set: std::collections::BTreeSet<_> = labels.iter().copied().collect();
    set.into_iter().filter(|class| !class.is_nodata()).collect()
}

fn parts_per_million(gains: &[f64]) -> Vec<u32> {
    let total: f64 = gains.iter().sum();
    let share = |gain: &f64| if total > 0.0 { gain / total * 1e6 } else { 0.0 };
    gains.iter().map(|gain| share(gain).round() as u32).collect()
}

/// The state of a boosting: the scores of the samples after the trees so far.
struct Boost<'a> {
    bins: Bins,
    ranks: &'a [u8],
    n_classes: usize,
    params: TreeParams,
    counts: Vec<u32>,
    base: Vec<i16>,
    /// Sample by sample, class by class.
    scores: Vec<i16>,
    gains: Vec<f64>,
    softmax: Softmax,
}

/// Gradients and second derivatives of the samples that a tree sees.
struct Slopes {
    samples: Vec<u32>,
    /// Sample by sample; classes are padded with zeros to whole vectors, which sums add fastest.
    first: Vec<[i32; PAD]>,
    /// Sample by sample, class by class.
    second: Vec<i32>,
}

/// Classes of one vector of gradients.
const PAD: usize = 8;

impl<'a> Boost<'a> {
    fn start(bins: Bins, ranks: &'a [u8], n_classes: usize, params: TreeParams) -> Self {
        let mut counts = vec![0_u32; n_classes];
        for &rank in ranks {
            counts[usize::from(rank)] += 1;
        }
        let logit = |&n: &u32| (f64::from(n) / ranks.len() as f64).ln() * f64::from(SCORE_ONE);
        let base: Vec<i16> = counts.iter().map(|n| logit(n).round() as i16).collect();
        Self {
            scores: base.repeat(ranks.len()),
            gains: vec![0.0; bins.n_features()],
            softmax: Softmax::new(),
            bins,
            ranks,
            n_classes,
            params,
            counts,
            base,
        }
    }

    /// Grows one tree and moves the scores of every sample by it.
    fn round(&mut self, round: u32) -> Tree {
        let slopes = self.slopes(round);
        let mut level = Level::root(&slopes.samples);
        let mut splits = Vec::new();
        for rank in 0..self.params.depth {
            let features = self.features(round, rank);
            let best = self.best_split(&features, &slopes, &level);
            let Some(Best { gain, feature, bin }) = best else { break };
            self.gains[feature] += gain;
            level.split(self.bins.column(feature), &slopes.samples, bin);
            splits.push((feature, bin));
        }
        let leaves = self.leaves(&slopes, &level);
        self.apply(&splits, &leaves);
        let threshold = |&(feature, bin): &(usize, u8)| Split {
            feature: feature as u16,
            threshold: self.bins.threshold(feature, bin),
        };
        Tree { splits: splits.iter().map(threshold).collect(), leaves }
    }

    /// The samples drawn for a round and their slopes.
    fn slopes(&self, round: u32) -> Slopes {
        let seed = draw(self.params.seed, u64::from(round), 0);
        let bar = share_of_u32(self.params.sample_share);
        let samples: Vec<u32> = (0..self.ranks.len() as u32)
            .filter(|&sample| draw(seed, u64::from(sample), 1) >> 32 < bar)
            .collect();
        let n = self.n_classes;
        let vectors = n.div_ceil(PAD);
        let mut first = vec![[0; PAD]; samples.len() * vectors];
        let mut second = vec![0; samples.len() * n];
        let mut weights = vec![0_u32; n];
        for (i, &sample) in samples.iter().enumerate() {
            let scores = &self.scores[sample as usize * n..][..n];
            let sum = u64::from(self.softmax.weigh(scores.iter().copied(), &mut weights));
            for class in 0..n {
                let p = (u64::from(weights[class]) * u64::from(ONE) / sum) as i32;
                let truth = i32::from(self.ranks[sample as usize] == class as u8) * ONE as i32;
                first[i * vectors + class / PAD][class % PAD] = (truth - p) >> GRADIENT_SHIFT;
                let curve = (i64::from(p) * i64::from(ONE as i32 - p)) >> 16;
                second[i * n + class] = (curve >> GRADIENT_SHIFT) as i32;
            }
        }
        Slopes { samples, first, second }
    }

    /// The features that a question of the tree of a round may ask for: at least one.
    fn features(&self, round: u32, question: u32) -> Vec<usize> {
        let seed = draw(draw(self.params.seed, u64::from(round), 2), u64::from(question), 4);
        let n = self.bins.n_features();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_key(|&feature| draw(seed, feature as u64, 3));
        let kept = (self.params.feature_share * n as f64).ceil() as usize;
        order.truncate(kept.max(1));
        order.sort_unstable();
        order
    }

    fn best_split(&self, features: &[usize], slopes: &Slopes, level: &Level) -> Option<Best> {
        let per_feature: Vec<Option<Best>> = features
            .into_par_iter()
            .map(|&feature| {
                let histogram = level.histogram(
                    self.bins.column(feature),
                    self.bins.n_bins(feature),
                    slopes,
                    self.n_classes,
                );
                histogram.best(feature, &self.params)
            })
            .collect();
        // In order of features, strictly better only: ties go to the first.
        per_feature.into_iter().flatten().fold(None, |best: Option<Best>, next| match best {
            Some(best) if best.gain >= next.gain => Some(best),
            _ => Some(next),
        })
    }

    /// The Newton step of every leaf and class, shortened by the learning rate.
    fn leaves(&self, slopes: &Slopes, level: &Level) -> Vec<i16> {
        let n = self.n_classes;
        let vectors = n.div_ceil(PAD);
        let mut sums = vec![[0_i64; 2]; level.n_leaves * n];
        for (i, &leaf) in level.leaf_of.iter().enumerate() {
            for class in 0..n {
                let sum = &mut sums[usize::from(leaf) * n + class];
                let first = &slopes.first[i * vectors + class / PAD];
                sum[0] += i64::from(first[class % PAD]);
                sum[1] += i64::from(slopes.second[i * n + class]);
            }
        }
        let one = f64::from(ONE >> GRADIENT_SHIFT);
        let pull = self.params.regularisation * 0.25 * one;
        let step = self.params.learning_rate * f64::from(SCORE_ONE);
        let value = |&[first, second]: &[i64; 2]| {
            let newton = first as f64 / (second as f64 + pull);
            (step * newton.clamp(-4.0, 4.0)).round() as i16
        };
        sums.iter().map(value).collect()
    }

    fn apply(&mut self, splits: &[(usize, u8)], leaves: &[i16]) {
        let n = self.n_classes;
        for (sample, scores) in self.scores.chunks_exact_mut(n).enumerate() {
            let bit = |(i, &(feature, bin)): (usize, &(usize, u8))| {
                usize::from(self.bins.column(feature)[sample] > bin) << i
            };
            let leaf: usize = splits.iter().enumerate().map(bit).sum();
            for (score, part) in scores.iter_mut().zip(&leaves[leaf * n..][..n]) {
                *score = score.saturating_add(*part);
            }
        }
    }
}

/// A share in `[0, 1]` as a bar for 32 random bits.
fn share_of_u32(share: f64) -> u64 {
    (share * (1_u64 << 32) as f64) as u64
}
