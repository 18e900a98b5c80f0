//! Gradient-boosted symmetric trees on bytes: the built-in learner.
//!
//! A symmetric ("oblivious") tree asks the same question at every node of a level, so a cell's leaf
//! is a small integer made of `depth` comparisons, and a leaf holds one value per class
//! (Prokhorenkova et al., "`CatBoost`: unbiased boosting with categorical features", `NeurIPS` 2018,
//! for the trees; Friedman, "Greedy function approximation", Annals of Statistics 2001, for the
//! boosting; the softmax loss with its diagonal second derivative). Gradients, scores and
//! probabilities are fixed-point integers: their sums are exact, so neither the number of threads
//! nor the order of the samples' sums changes a byte of the model.

use std::collections::BTreeMap;

use nomenclature::ClassId;
use serde::{Deserialize, Serialize};

mod grow;
mod predict;
mod softmax;

pub use grow::{SAMPLES_MAX, TrainError, TreeParams, train};

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

/// Where a model comes from: everything needed to make it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The parameters of the training.
    pub params: TreeParams,
    /// Number of training samples of each class, in the order of the classes.
    pub samples: Vec<u32>,
    /// What the caller wants remembered: inputs and their hashes, vintage, version.
    pub notes: BTreeMap<String, String>,
}

/// A trained learner; read from outside it is checked before it can be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawModel")]
pub struct Model {
    classes: Vec<ClassId>,
    features: Vec<String>,
    base: Vec<i16>,
    trees: Vec<Tree>,
    gains: Vec<u32>,
    provenance: Provenance,
}

/// The fields of a [`Model`] before they are known to fit together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModel {
    classes: Vec<ClassId>,
    features: Vec<String>,
    base: Vec<i16>,
    trees: Vec<Tree>,
    gains: Vec<u32>,
    provenance: Provenance,
}

/// Why a model cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    #[error("model classes {classes:?} are empty, repeated, or hold nodata")]
    Classes {
        /// The classes found.
        classes: Vec<u8>,
    },
    /// The cells to predict have not the features of the model.
    #[error("cells have {got} features, the model was trained on {expected}")]
    Cells {
        /// Features of the cells.
        got: usize,
        /// Features of the model.
        expected: usize,
    },
}

impl TryFrom<RawModel> for Model {
    type Error = ModelError;

    fn try_from(raw: RawModel) -> Result<Self, ModelError> {
        let RawModel { classes, features, base, trees, gains, provenance } = raw;
        let model = Self { classes, features, base, trees, gains, provenance };
        model.check()?;
        Ok(model)
    }
}

fn length(table: &'static str, got: usize, expected: usize) -> Result<(), ModelError> {
    if got == expected { Ok(()) } else { Err(ModelError::Length { table, got, expected }) }
}

impl Model {
    fn check(&self) -> Result<(), ModelError> {
        let (n_classes, n_features) = (self.classes.len(), self.features.len());
        let distinct: std::collections::BTreeSet<_> = self.classes.iter().collect();
        if n_classes == 0 || distinct.len() < n_classes || distinct.contains(&ClassId::NODATA) {
            let classes = self.classes.iter().map(|c| c.0).collect();
            return Err(ModelError::Classes { classes });
        }
        length("base", self.base.len(), n_classes)?;
        length("gains", self.gains.len(), n_features)?;
        length("provenance.samples", self.provenance.samples.len(), n_classes)?;
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

    /// The classes told apart, in the order of the predicted probabilities.
    pub fn classes(&self) -> &[ClassId] {
        &self.classes
    }

    /// Names of the features that the model reads, in order.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// Where the model comes from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Number of trees.
    pub fn n_trees(&self) -> usize {
        self.trees.len()
    }

    /// Share of each class in the training samples: what the model takes for its frequency.
    pub fn shares(&self) -> Vec<f64> {
        let total: u64 = self.provenance.samples.iter().map(|&n| u64::from(n)).sum();
        self.provenance.samples.iter().map(|&n| f64::from(n) / total.max(1) as f64).collect()
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
