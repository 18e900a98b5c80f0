//! How sure a learner may be of whole objects.
//!
//! Trees whose leaves are pulled towards zero rank classes well and are too modest about it: what
//! they say of one cell is right more often than they say, and what they say of the cells of an
//! object on average, which is what an update weighs, more often still. One factor on their scores
//! makes up for it (Guo et al., "On calibration of modern neural networks", ICML 2017, who call its
//! inverse a temperature); here it is fitted on the mean scores of objects that the learner has not
//! seen.

use std::collections::BTreeMap;

use nomenclature::ClassId;

use super::{
    Sample,
    judge::{JudgeError, Judged, Taught},
};
use crate::trees::TreeParams;

/// Factors found are within these, and multiples of the step.
const LEAST: f64 = 0.25;
const MOST: f64 = 8.0;
const STEP: f64 = 1.0 / 64.0;

/// Halvings of the range of factors: beyond the step.
const HALVINGS: usize = 24;

/// What the judge of an object says of it.
struct Said {
    /// Mean over its samples, class by class, of the logarithm of what imagery alone says.
    evidence: Vec<f64>,
    /// The rank of its class.
    truth: usize,
    /// Its weight: classes count alike, and so do the objects of a class.
    weight: f64,
}

/// The factor on the scores of a model that makes it as sure as objects that it has not seen bear.
///
/// * `seed`: that of the halves of the objects; `tree`: parameters of the model.
///
/// Two models are trained, each on the samples kept of half of the objects; the factor maximises the
/// likelihood of the classes of the other half, each object of each date judged once by the mean of
/// its samples' scores. Between 1/4 and 8, a multiple of 1/64; 1 where no object can be judged.
///
/// # Errors
/// [`JudgeError`] when a fold holds fewer than two classes or shapes do not fit.
pub fn sharpness(taught: &Taught<'_>, seed: u64, tree: &TreeParams) -> Result<f64, JudgeError> {
    let judged = Judged::of(taught, seed, tree)?;
    let said = said(taught, &judged);
    if said.is_empty() {
        return Ok(1.0);
    }
    // The likelihood is concave in the factor: its slope falls through zero once.
    let (mut low, mut high) = (LEAST, MOST);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if slope(&said, middle) > 0.0 { low = middle } else { high = middle }
    }
    Ok((f64::midpoint(low, high) / STEP).round() * STEP)
}

/// What the judges say of each object that one of them can judge.
fn said(taught: &Taught<'_>, judged: &Judged) -> Vec<Said> {
    let n_classes = judged.classes.len();
    let samples = taught.samples;
    let mut counts = vec![0_usize; n_classes];
    let mut objects: BTreeMap<(u32, ClassId, u8), Vec<usize>> = BTreeMap::new();
    for &i in taught.kept {
        let Sample { class, object, date, .. } = samples[i];
        counts[judged.rank(class)] += 1;
        if judged.has_judge[i] {
            objects.entry((object, class, date)).or_default().push(i);
        }
    }
    let share = |rank: usize| (counts[rank].max(1) as f64 / taught.kept.len() as f64).ln();
    let shares: Vec<f64> = (0..n_classes).map(share).collect();
    let logarithms: Vec<f64> =
        (0..256).map(|byte| ((f64::from(byte) + 0.5) / 256.0).ln()).collect();
    let mut of_class = vec![0_usize; n_classes];
    for (_, class, _) in objects.keys() {
        of_class[judged.rank(*class)] += 1;
    }
    let evidence = |rank: usize, ranks: &[usize]| {
        let of_sample = |&i: &usize| logarithms[usize::from(judged.probability[[rank, i]])];
        ranks.iter().map(of_sample).sum::<f64>() / ranks.len() as f64 - shares[rank]
    };
    let said = objects.into_iter().map(|((_, class, _), ranks)| {
        let truth = judged.rank(class);
        Said {
            evidence: (0..n_classes).map(|rank| evidence(rank, &ranks)).collect(),
            truth,
            weight: 1.0 / of_class[truth] as f64,
        }
    });
    said.collect()
}

/// How the logarithm of the likelihood grows with the factor.
fn slope(said: &[Said], factor: f64) -> f64 {
    let of_object = |Said { evidence, truth, weight }: &Said| {
        let best = evidence.iter().copied().fold(f64::MIN, f64::max);
        let (mut total, mut expected) = (0.0, 0.0);
        for e in evidence {
            let power = (factor * (e - best)).exp();
            total += power;
            expected += power * e;
        }
        weight * (evidence[*truth] - expected / total)
    };
    said.iter().map(of_object).sum()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::random::SplitMix64;

    /// Two classes of objects of twelve samples: each sample is its object's own place on one line,
    /// which overlaps the other class's, give or take some noise.
    fn objects(n: u32, overlap: u64) -> (Vec<Sample>, Array2<u8>) {
        let mut stream = SplitMix64::new(11);
        let (mut samples, mut values) = (Vec::new(), Vec::new());
        for object in 1..=n {
            let class = ClassId(1 + (object % 2) as u8);
            let first = if class == ClassId(1) { 0 } else { 100 - overlap };
            let place = first + stream.below(100);
            for col in 0..12 {
                samples.push(Sample { row: object as usize, col, class, object, date: 0 });
                values.push((place + stream.below(40)) as u8);
            }
        }
        let shape = (values.len(), 1);
        (samples, Array2::from_shape_vec(shape, values).unwrap())
    }

    fn found((samples, features): &(Vec<Sample>, Array2<u8>), pull: f64) -> f64 {
        let kept: Vec<usize> = (0..samples.len()).collect();
        let taught = Taught { samples, features: features.view(), names: &["x"], kept: &kept };
        let tree = TreeParams {
            rounds: 20,
            depth: 3,
            feature_share: 1.0,
            regularisation: pull,
            ..TreeParams::default()
        };
        sharpness(&taught, 1, &tree).unwrap()
    }

    #[test]
    fn modest_trees_are_made_surer_and_the_more_so_the_more_modest_they_are() {
        let ground = objects(400, 20);
        let (little, much) = (found(&ground, 20.0), found(&ground, 20_000.0));
        assert!(1.0 < little && little < much, "{little} {much}");
    }

    #[test]
    fn trees_that_learned_objects_by_heart_are_made_less_sure() {
        // Twelve objects of either class, all over the same ground: nothing can be known.
        let by_heart = found(&objects(24, 100), 0.01);
        assert!(by_heart < 0.5, "{by_heart}");
    }

    #[test]
    fn the_slope_is_that_of_the_likelihood() {
        let said = [
            Said { evidence: vec![1.5, 0.2, -1.0], truth: 0, weight: 0.5 },
            Said { evidence: vec![0.4, 0.9, -0.3], truth: 0, weight: 0.5 },
            Said { evidence: vec![0.1, 0.3, 0.2], truth: 2, weight: 1.0 },
        ];
        let likelihood = |factor: f64| -> f64 {
            let of_object = |own: &Said| {
                let total: f64 = own.evidence.iter().map(|e| (factor * e).exp()).sum();
                own.weight * (factor * own.evidence[own.truth] - total.ln())
            };
            said.iter().map(of_object).sum()
        };
        for factor in [0.3, 1.0, 2.5] {
            let measured = (likelihood(factor + 1e-6) - likelihood(factor - 1e-6)) / 2e-6;
            assert!((slope(&said, factor) - measured).abs() < 1e-6, "at {factor}");
        }
    }
}
