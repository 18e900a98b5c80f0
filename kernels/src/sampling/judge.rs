//! What models that have not seen an object say of its samples.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, ArrayView2, Axis};
use nomenclature::ClassId;

use super::Sample;
use crate::{
    random::draw,
    trees::{Model, ModelError, TrainError, TreeParams, train},
};

/// Why samples cannot be judged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// A fold cannot be learned.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// A fold's model does not fit the samples.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Samples with their features, and those that a model may learn from.
#[derive(Debug, Clone, Copy)]
pub struct Taught<'a> {
    /// The samples.
    pub samples: &'a [Sample],
    /// Shape `(sample, feature)`, in the order of the samples.
    pub features: ArrayView2<'a, u8>,
    /// Names of the features.
    pub names: &'a [&'a str],
    /// Ranks of the samples to learn from.
    pub kept: &'a [usize],
}

/// Out-of-fold probabilities of samples.
pub(super) struct Judged {
    pub(super) classes: Vec<ClassId>,
    /// Shape `(class, sample)`.
    pub(super) probability: Array2<u8>,
    /// Whether the judge of a sample has learned its class; otherwise nothing is said of it.
    pub(super) has_judge: Vec<bool>,
}

impl Judged {
    /// Judges every sample by the one of two models that learned from the other half of the objects.
    ///
    /// * `seed`: that of the halves; `tree`: parameters of the judges.
    pub(super) fn of(
        taught: &Taught<'_>,
        seed: u64,
        tree: &TreeParams,
    ) -> Result<Self, JudgeError> {
        let Taught { samples, features, names, kept } = *taught;
        let classes: BTreeSet<ClassId> = samples.iter().map(|s| s.class).collect();
        let mut judged = Self {
            probability: Array2::zeros((classes.len(), samples.len())),
            classes: classes.into_iter().collect(),
            has_judge: vec![false; samples.len()],
        };
        let folds = folds(samples, seed);
        for fold in [0, 1] {
            let is_inside = |i: &usize| folds[&samples[*i].object] == fold;
            let inside: Vec<usize> = (0..samples.len()).filter(is_inside).collect();
            let outside: Vec<usize> = kept.iter().copied().filter(|i| !is_inside(i)).collect();
            let labels: Vec<ClassId> = outside.iter().map(|&i| samples[i].class).collect();
            if labels.iter().collect::<BTreeSet<_>>().len() < 2 {
                continue;
            }
            let lines = features.select(Axis(0), &outside);
            let model: Model = train(lines.view(), &labels, names, tree)?;
            let predicted = model.predict(features.select(Axis(0), &inside).view())?;
            judged.fill(samples, &inside, (&model, &predicted));
        }
        Ok(judged)
    }

    fn fill(&mut self, samples: &[Sample], inside: &[usize], by: (&Model, &Array2<u8>)) {
        let (model, predicted) = by;
        for &i in inside {
            self.has_judge[i] = model.classes().contains(&samples[i].class);
        }
        for (&class, line) in model.classes().iter().zip(predicted.rows()) {
            let rank = self.rank(class);
            for (&i, &p) in inside.iter().zip(line) {
                self.probability[[rank, i]] = p;
            }
        }
    }

    /// The place of a class among those judged.
    pub(super) fn rank(&self, class: ClassId) -> usize {
        self.classes.partition_point(|&c| c < class)
    }

    /// The most probable class of a sample; the first of equals.
    pub(super) fn most_probable(&self, sample: usize) -> ClassId {
        let column = self.probability.column(sample);
        let best =
            (1..column.len()).fold(0, |best, k| if column[k] > column[best] { k } else { best });
        self.classes[best]
    }
}

/// The fold of each object: those of a class are shared out evenly, in an order that is drawn.
fn folds(samples: &[Sample], seed: u64) -> BTreeMap<u32, usize> {
    let objects: BTreeSet<(ClassId, u64, u32)> =
        samples.iter().map(|s| (s.class, draw(seed, u64::from(s.object), 0), s.object)).collect();
    let mut folds = BTreeMap::new();
    let mut last: Option<(ClassId, usize)> = None;
    for (class, _, object) in objects {
        let fold = match last {
            Some((of, fold)) if of == class => 1 - fold,
            _ => usize::from(class.0) & 1,
        };
        // An object of several classes stays where its first class put it.
        folds.entry(object).or_insert(fold);
        last = Some((class, fold));
    }
    folds
}
