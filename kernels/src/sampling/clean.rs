//! Takes mislabelled and changed cells out of the training samples.
//!
//! Two models, each trained on half of the objects, judge the other half: an object is never judged
//! by a model that has seen it, at any date. A sample is rejected when the judge is confident in another class,
//! in the sense of confident learning (Northcutt, Jiang and Chuang, "Confident learning: estimating
//! uncertainty in dataset labels", JAIR 2021): the threshold of a class is the mean probability
//! that its own samples get. Then objects vote.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::ArrayView2;
use nomenclature::ClassId;
use serde::{Deserialize, Serialize};

use super::{
    Sample,
    judge::{JudgeError, Judged, Taught},
};
use crate::trees::TreeParams;

/// How samples are cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CleanParams {
    /// An object goes when more than this share of its samples is rejected.
    pub object_share: f64,
    /// Samples under which an object does not vote.
    pub object_samples: u32,
    /// At most this share of the voting objects of a class and date goes, the worst first: so many
    /// wrong labels and changes are believable, and a judge that has seen few objects of a class
    /// rejects most of the others.
    pub objects_max: f64,
    /// At most this share of the samples of a class is rejected, the surest first.
    pub samples_max: f64,
    /// A class that would keep fewer samples than this keeps all of them.
    pub class_samples: u32,
    /// Times that everything is judged; from the second on the judges learn from what the round
    /// before kept.
    pub rounds: u32,
    /// Seed of the folds.
    pub seed: u64,
}

impl Default for CleanParams {
    fn default() -> Self {
        Self {
            object_share: 0.6,
            object_samples: 5,
            objects_max: 0.25,
            samples_max: 0.4,
            class_samples: 50,
            rounds: 2,
            seed: 1,
        }
    }
}

/// What cleaning found of the samples of a class, and did to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ClassReport {
    /// The class in the prior.
    pub class: ClassId,
    /// Samples before.
    pub samples: u32,
    /// Samples of which the other fold's model finds their own class the most probable.
    pub agreed: u32,
    /// The class most often found for the others.
    pub mistaken_for: Option<ClassId>,
    /// Samples rejected by the other fold's model.
    pub rejected: u32,
    /// Samples of dropped objects that were not rejected themselves.
    pub with_object: u32,
    /// Whether all were kept after all, being too few.
    pub is_spared: bool,
}

/// An object whose samples contradict its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Suspect {
    /// The object.
    pub object: u32,
    /// Its class in the prior.
    pub class: ClassId,
    /// The rank of the date whose imagery contradicts it.
    pub date: u8,
    /// The class that most of its rejected samples look like.
    pub looks_like: ClassId,
    /// Its samples.
    pub samples: u32,
    /// Those rejected.
    pub rejected: u32,
}

/// The result of cleaning.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Cleaned {
    /// Ranks of the samples kept, increasing.
    pub kept: Vec<usize>,
    /// What happened to each class, by class.
    pub classes: Vec<ClassReport>,
    /// Objects dropped, by object then class.
    pub suspects: Vec<Suspect>,
}

/// Judges every sample by a model trained on other objects and drops those it contradicts, within
/// the shares that `params` sets. Objects of a class that the other half has not are not judged.
///
/// * `features`: shape `(sample, feature)`, in the order of `samples`; `names`: their names.
/// * `tree`: parameters of the judges, usually fewer rounds than the final model.
///
/// A sample is rejected when, among the classes whose probability reaches their threshold, the most
/// probable is not its own. A cell of which there is imagery of two dates is asked for less: where
/// its own class reaches the threshold at one date, it changed if another class is the most probable
/// at the other date. An object goes whole when more than `object_share` of its samples are
/// rejected; it votes for each date. Objects that really changed are rejected too: the list of
/// suspects does not tell a wrong label from a change.
///
/// # Errors
/// [`JudgeError`] when a fold holds fewer than two classes or shapes do not fit.
pub fn clean(
    samples: &[Sample],
    features: ArrayView2<'_, u8>,
    names: &[&str],
    params: &CleanParams,
    tree: &TreeParams,
) -> Result<Cleaned, JudgeError> {
    let mut cleaned = Cleaned { kept: (0..samples.len()).collect(), ..Cleaned::default() };
    for _ in 0..params.rounds {
        let taught = Taught { samples, features, names, kept: &cleaned.kept };
        let judged = Judged::of(&taught, params.seed, tree)?;
        cleaned = sorted_out(samples, &judged, params);
    }
    Ok(cleaned)
}

/// What is kept once every sample was judged.
fn sorted_out(samples: &[Sample], judged: &Judged, params: &CleanParams) -> Cleaned {
    let mut looks = judged.looks_like(samples);
    judged.spare(samples, &mut looks, params.samples_max);
    let suspects = suspects(samples, &looks, params);
    let dropped: BTreeSet<Voters> = suspects.iter().map(|s| (s.object, s.class, s.date)).collect();
    let is_dropped = |s: &Sample| dropped.contains(&(s.object, s.class, s.date));
    let mut classes = class_reports(samples, judged, &looks, &is_dropped);
    for report in classes.values_mut() {
        let left = report.samples - report.rejected - report.with_object;
        report.is_spared = left < params.class_samples;
    }
    let kept = |&i: &usize| {
        let sample = &samples[i];
        classes[&sample.class].is_spared || (looks[i].is_none() && !is_dropped(sample))
    };
    Cleaned {
        kept: (0..samples.len()).filter(kept).collect(),
        classes: classes.into_values().collect(),
        suspects,
    }
}

impl Judged {
    /// For each sample, the other class that it looks like, if any.
    fn looks_like(&self, samples: &[Sample]) -> Vec<Option<ClassId>> {
        let confident = self.confident(samples);
        let place = |sample: &Sample| (sample.row, sample.col, sample.object);
        let mut known: BTreeMap<_, Vec<u8>> = BTreeMap::new();
        for (sample, look) in samples.iter().zip(&confident) {
            if *look == Some(sample.class) {
                known.entry(place(sample)).or_default().push(sample.date);
            }
        }
        let look = |(i, sample): (usize, &Sample)| {
            let dates = known.get(&place(sample));
            let was_known = dates.is_some_and(|dates| dates.iter().any(|&d| d != sample.date));
            let look = if was_known { Some(self.most_probable(i)) } else { confident[i] };
            look.filter(|&class| class != sample.class && self.has_judge[i])
        };
        samples.iter().enumerate().map(look).collect()
    }

    /// Takes back the least sure rejections of a class beyond a share of its samples.
    fn spare(&self, samples: &[Sample], looks: &mut [Option<ClassId>], share: f64) {
        let mut of_class: BTreeMap<ClassId, (usize, Vec<(u8, usize)>)> = BTreeMap::new();
        for (i, sample) in samples.iter().enumerate() {
            let (n, rejected) = of_class.entry(sample.class).or_default();
            *n += 1;
            if looks[i].is_some() {
                rejected.push((self.probability[[self.rank(sample.class), i]], i));
            }
        }
        for (n, mut rejected) in of_class.into_values() {
            rejected.sort_unstable();
            let kept = (share * n as f64) as usize;
            for &(_, i) in rejected.iter().skip(kept) {
                looks[i] = None;
            }
        }
    }

    /// For each sample, the most probable of the classes that reach their threshold, its own
    /// included.
    fn confident(&self, samples: &[Sample]) -> Vec<Option<ClassId>> {
        let mut sums = vec![(0_u64, 0_u64); self.classes.len()];
        for (i, sample) in samples.iter().enumerate() {
            let rank = self.rank(sample.class);
            let (sum, n) = &mut sums[rank];
            *sum += u64::from(self.probability[[rank, i]]);
            *n += 1;
        }
        let look = |i: usize| {
            let confident = self.probability.column(i).into_iter().zip(&sums).enumerate();
            let (mut best, mut found) = (0, None);
            for (k, (&p, &(sum, n))) in confident {
                if u64::from(p) * n >= sum && p > best {
                    (best, found) = (p, Some(k));
                }
            }
            found.map(|k| self.classes[k])
        };
        (0..samples.len()).map(look).collect()
    }
}

/// The samples of an object that vote together: of one class and one date.
type Voters = (u32, ClassId, u8);

fn suspects(samples: &[Sample], looks: &[Option<ClassId>], params: &CleanParams) -> Vec<Suspect> {
    let mut votes: BTreeMap<Voters, (u32, BTreeMap<ClassId, u32>)> = BTreeMap::new();
    for (sample, look) in samples.iter().zip(looks) {
        let (n, others) = votes.entry((sample.object, sample.class, sample.date)).or_default();
        *n += 1;
        if let Some(class) = look {
            *others.entry(*class).or_default() += 1;
        }
    }
    let mut voting: BTreeMap<(ClassId, u8), usize> = BTreeMap::new();
    let mut accused: BTreeMap<(ClassId, u8), Vec<Suspect>> = BTreeMap::new();
    for ((object, class, date), (samples, others)) in votes {
        if samples < params.object_samples {
            continue;
        }
        *voting.entry((class, date)).or_default() += 1;
        let rejected: u32 = others.values().sum();
        let most = others.into_iter().max_by_key(|&(c, n)| (n, std::cmp::Reverse(c)));
        if let Some((looks_like, _)) = most
            && f64::from(rejected) > params.object_share * f64::from(samples)
        {
            let suspect = Suspect { object, class, date, looks_like, samples, rejected };
            accused.entry((class, date)).or_default().push(suspect);
        }
    }
    let mut suspects = Vec::new();
    for (group, mut accused) in accused {
        let share = |s: &Suspect| f64::from(s.rejected) / f64::from(s.samples);
        accused.sort_by(|a, b| share(b).total_cmp(&share(a)).then(a.object.cmp(&b.object)));
        accused.truncate((params.objects_max * voting[&group] as f64) as usize);
        suspects.extend(accused);
    }
    suspects.sort_by_key(|s| (s.object, s.class, s.date));
    suspects
}

fn class_reports(
    samples: &[Sample],
    judged: &Judged,
    looks: &[Option<ClassId>],
    is_dropped: &dyn Fn(&Sample) -> bool,
) -> BTreeMap<ClassId, ClassReport> {
    let mut reports = BTreeMap::new();
    let mut mistaken: BTreeMap<ClassId, BTreeMap<ClassId, u32>> = BTreeMap::new();
    for (i, (sample, look)) in samples.iter().zip(looks).enumerate() {
        let class = sample.class;
        let report =
            reports.entry(class).or_insert(ClassReport { class, ..ClassReport::default() });
        let found = judged.most_probable(i);
        report.samples += 1;
        report.agreed += u32::from(judged.has_judge[i] && found == class);
        report.rejected += u32::from(look.is_some());
        report.with_object += u32::from(look.is_none() && is_dropped(sample));
        if judged.has_judge[i] && found != class {
            *mistaken.entry(class).or_default().entry(found).or_default() += 1;
        }
    }
    for (class, found) in mistaken {
        let most = found.into_iter().max_by_key(|&(found, n)| (n, std::cmp::Reverse(found)));
        if let Some(report) = reports.get_mut(&class) {
            report.mistaken_for = most.map(|(found, _)| found);
        }
    }
    reports
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    const OWN: ClassId = ClassId(1);
    const OTHER: ClassId = ClassId(2);

    fn sample(object: u32, col: usize) -> Sample {
        Sample { row: object as usize, col, class: OWN, object, date: 0 }
    }

    #[test]
    fn no_more_objects_go_than_the_share_of_those_that_vote_and_the_worst_go_first() {
        // Object k of eight has k + 2 of its ten samples rejected; a ninth is too small to vote.
        let mut samples = Vec::new();
        let mut looks = Vec::new();
        for object in 1..=8 {
            for col in 0..10 {
                samples.push(sample(object, col));
                looks.push((col < object as usize + 2).then_some(OTHER));
            }
        }
        samples.push(sample(9, 0));
        looks.push(Some(OTHER));
        let objects = |objects_max| {
            let params = CleanParams { objects_max, ..CleanParams::default() };
            let found = suspects(&samples, &looks, &params);
            found.iter().map(|s| (s.object, s.rejected)).collect::<Vec<_>>()
        };
        assert_eq!(objects(1.0), [(5, 7), (6, 8), (7, 9), (8, 10)]);
        assert_eq!(objects(0.25), [(7, 9), (8, 10)]);
        assert_eq!(objects(0.1), []);
    }

    #[test]
    fn the_least_sure_rejections_beyond_the_share_are_taken_back() {
        let samples: Vec<Sample> = (0..10).map(|col| sample(1, col)).collect();
        // Sample 9 looks least like its class, sample 0 is not rejected at all.
        let own: Vec<u8> = (0..10).map(|i| 200 - 20 * i).collect();
        let probability =
            Array2::from_shape_fn((2, 10), |(k, i)| if k == 0 { own[i] } else { 255 - own[i] });
        let judged = Judged { classes: vec![OWN, OTHER], probability, has_judge: vec![true; 10] };
        let mut looks: Vec<_> = (0..10).map(|i| (i > 0).then_some(OTHER)).collect();
        judged.spare(&samples, &mut looks, 0.4);
        let rejected: Vec<usize> = (0..10).filter(|&i| looks[i].is_some()).collect();
        assert_eq!(rejected, [6, 7, 8, 9]);
    }
}
