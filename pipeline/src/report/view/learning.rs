//! What the classifier learned: how right it was by class, and what it looked at.

use serde::Serialize;

use super::grouped;
use crate::report::{Learning, decimal};

/// Features shown one by one; the others are summed.
const FEATURES_SHOWN: usize = 15;

/// The part of the page about the classifier.
#[derive(Debug, Serialize)]
pub(super) struct LearningView {
    origin: String,
    classes: Vec<ClassLine>,
    features: Vec<FeatureLine>,
}

#[derive(Debug, Serialize)]
struct ClassLine {
    class: String,
    samples: String,
    kept: String,
    agreed: String,
    mistaken_for: String,
}

/// A bar of parts per million, and its length in words.
#[derive(Debug, Serialize)]
struct FeatureLine {
    words: String,
    ppm: u32,
    share: String,
}

fn percent(part: f64, whole: f64) -> String {
    let share = if whole > 0.0 { 100.0 * part / whole } else { 0.0 };
    format!("{}\u{202f}%", decimal(&format!("{share:.1}")))
}

impl LearningView {
    pub(super) fn of(learning: &Learning) -> Self {
        let class = |class: &crate::report::LearnedClass| ClassLine {
            class: class.class.clone(),
            samples: grouped(&class.samples.to_string()),
            kept: percent(f64::from(class.kept), f64::from(class.samples)),
            agreed: percent(f64::from(class.agreed), f64::from(class.samples)),
            mistaken_for: class.mistaken_for.clone().unwrap_or_else(|| "–".to_owned()),
        };
        let line = |words: String, ppm: u32| FeatureLine {
            words,
            ppm,
            share: percent(f64::from(ppm), 1e6),
        };
        let (shown, others) =
            learning.features.split_at(learning.features.len().min(FEATURES_SHOWN));
        let mut features: Vec<_> =
            shown.iter().map(|(words, ppm)| line(words.clone(), *ppm)).collect();
        if !others.is_empty() {
            let rest = others.iter().map(|(_, ppm)| ppm).sum();
            features.push(line(format!("Les {} autres ensemble", others.len()), rest));
        }
        Self {
            origin: learning.origin.clone(),
            classes: learning.classes.iter().map(class).collect(),
            features,
        }
    }
}
