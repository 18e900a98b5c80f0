//! Gradient-boosted symmetric trees on bytes: the built-in learner.
//!
//! A symmetric ("oblivious") tree asks the same question at every node of a level, so a cell's leaf
//! is a small integer made of `depth` comparisons, and a leaf holds one value per class
//! (Prokhorenkova et al., "`CatBoost`: unbiased boosting with categorical features", `NeurIPS` 2018,
//! for the trees; Friedman, "Greedy function approximation", Annals of Statistics 2001, for the
//! boosting; the softmax loss with its diagonal second derivative). Gradients, scores and
//! probabilities are fixed-point integers: their sums are exact, so neither the number of threads
//! nor the order of the samples' sums changes a byte of the model.

use nomenclature::ClassId;
use serde::{Deserialize, Serialize};

mod grow;
mod predict;
mod softmax;

pub use grow::{SAMPLES_MAX, TrainError, TreeParams, train};
pub use predict::Predictor;

/// Logit units of a score of 1: leaves are `i16` multiples of 1/1024.
pub const SCORE_ONE: i32 = 1024;

/// Probability that is certain, in a predicted byte.
pub const CERTAIN: u8 = 255;

/// Deepest tree accepted.
pub const DEPTH_MAX: usize = 8;

/// One question: is the feature above the threshold?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Rank of the feature.
    pub feature: u16,
    /// The answer is yes strictly above; 255 is never exceeded, so such a split does nothing.
    pub threshold: u8,
}

/// One symmetric tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// Questions; question `i` gives bit `i` of the leaf's rank.
    pub splits: Vec<Split>,
    /// What each leaf adds to the score of each class, leaf by leaf, in 1/1024 of a logit.
    pub leaves: Vec<i16>,
}

/// A trained learner; read from outside it is checked before it can be used.
///
/// `C` is how classes are named: by their rank in a nomenclature while cells are predicted, by
/// their codes in a file, which outlives the order of a nomenclature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawModel<C>")]
#[serde(bound(deserialize = "C: Deserialize<'de> + Ord + Default"))]
pub struct Model<C = ClassId> {
    classes: Vec<C>,
    features: Vec<String>,
    params: TreeParams,
    samples: Vec<u32>,
    base: Vec<i16>,
    gains: Vec<u32>,
    trees: Vec<Tree>,
}

/// The fields of a [`Model`] before they are known to fit together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModel<C> {
    classes: Vec<C>,
    features: Vec<String>,
    params: TreeParams,
    samples: Vec<u32>,
    base: Vec<i16>,
    gains: Vec<u32>,
    trees: Vec<Tree>,
}

/// Why a model cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A table of the model has not the length that its classes and features ask for.
    #[error("model table `{table}` has {got} entries, expected {expected}")]
    Length {
        /// The table.
        table: &'static str,
        /// Entries found.
        got: usize,
        /// Entries expected.
        expected: usize,
    },
    /// A tree asks for a feature that the model does not have.
    #[error("tree {tree} asks for feature {feature} of {n_features}")]
    Feature {
        /// Rank of the tree.
        tree: usize,
        /// Rank of the feature.
        feature: u16,
        /// Number of features of the model.
        n_features: usize,
    },
    /// A tree is deeper than [`DEPTH_MAX`].
    #[error("tree {tree} has depth {depth}, at most {DEPTH_MAX} is accepted")]
    Depth {
        /// Rank of the tree.
        tree: usize,
        /// Its depth.
        depth: usize,
    },
    /// The model has no class, or the same class twice, or nodata as a class.
    #[error("the {n_classes} classes of the model are none, repeated, or hold nodata")]
    Classes {
        /// Number of classes found.
        n_classes: usize,
    },
    /// A class was learned from nothing.
    #[error("class {class} of the model was learned from no sample")]
    Unlearned {
        /// Rank of the class among those of the model.
        class: usize,
    },
    /// No training has such parameters.
    #[error(transparent)]
    Params(#[from] TrainError),
    /// The cells to predict have not the features of the model.
    #[error("cells have {got} features, the model was trained on {expected}")]
    Cells {
        /// Features of the cells.
        got: usize,
        /// Features of the model.
        expected: usize,
    },
}

impl<C: Ord + Default> TryFrom<RawModel<C>> for Model<C> {
    type Error = ModelError;

    fn try_from(raw: RawModel<C>) -> Result<Self, ModelError> {
        let RawModel { classes, features, params, samples, base, gains, trees } = raw;
        let model = Self { classes, features, params, samples, base, gains, trees };
        model.check()?;
        Ok(model)
    }
}

fn length(table: &'static str, got: usize, expected: usize) -> Result<(), ModelError> {
    if got == expected { Ok(()) } else { Err(ModelError::Length { table, got, expected }) }
}

impl<C: Ord + Default> Model<C> {
    fn check(&self) -> Result<(), ModelError> {
        self.params.check()?;
        let (n_classes, n_features) = (self.classes.len(), self.features.len());
        let distinct: std::collections::BTreeSet<_> = self.classes.iter().collect();
        if n_classes == 0 || distinct.len() < n_classes || distinct.contains(&C::default()) {
            return Err(ModelError::Classes { n_classes });
        }
        length("base", self.base.len(), n_classes)?;
        length("gains", self.gains.len(), n_features)?;
        length("samples", self.samples.len(), n_classes)?;
        if let Some(class) = self.samples.iter().position(|&n| n == 0) {
            return Err(ModelError::Unlearned { class });
        }
        for (tree, Tree { splits, leaves }) in self.trees.iter().enumerate() {
            let depth = splits.len();
            if depth > DEPTH_MAX {
                return Err(ModelError::Depth { tree, depth });
            }
            if let Some(split) = splits.iter().find(|s| usize::from(s.feature) >= n_features) {
                return Err(ModelError::Feature { tree, feature: split.feature, n_features });
            }
            length("leaves", leaves.len(), n_classes << depth)?;
        }
        Ok(())
    }

    /// The same model with every score of its trees multiplied: surer above 1, less sure below.
    ///
    /// What it takes for the frequency of classes stays; leaves saturate at 32 logits.
    #[must_use]
    pub fn sharpened(mut self, factor: f64) -> Self {
        for leaf in self.trees.iter_mut().flat_map(|tree| &mut tree.leaves) {
            *leaf = (f64::from(*leaf) * factor).round() as i16;
        }
        self
    }

    /// The same model with its classes named otherwise, in the same order.
    ///
    /// # Errors
    /// [`ModelError`] when `classes` are not as many, or not distinct.
    pub fn with_classes<D: Ord + Default>(self, classes: Vec<D>) -> Result<Model<D>, ModelError> {
        let Self { classes: _, features, params, samples, base, gains, trees } = self;
        Model::try_from(RawModel { classes, features, params, samples, base, gains, trees })
    }
}

impl<C> Model<C> {
    /// The classes told apart, in the order of the predicted probabilities.
    pub fn classes(&self) -> &[C] {
        &self.classes
    }

    /// Names of the features that the model reads, in order.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// The parameters of the training.
    pub fn params(&self) -> &TreeParams {
        &self.params
    }

    /// Number of training samples of each class, in the order of the classes.
    pub fn samples(&self) -> &[u32] {
        &self.samples
    }

    /// Number of trees.
    pub fn n_trees(&self) -> usize {
        self.trees.len()
    }

    /// Share of each class in the training samples: what the model takes for its frequency.
    pub fn shares(&self) -> Vec<f64> {
        let total: u64 = self.samples.iter().map(|&n| u64::from(n)).sum();
        self.samples.iter().map(|&n| f64::from(n) / total.max(1) as f64).collect()
    }

    /// What each feature brought to the fit, in parts per million of the whole, most useful first.
    pub fn importance(&self) -> Vec<(&str, u32)> {
        let mut ranked: Vec<_> =
            self.features.iter().map(String::as_str).zip(self.gains.iter().copied()).collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        ranked
    }
}

#[cfg(test)]
mod tests;
