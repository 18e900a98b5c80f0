use ndarray::{Array2, array};

use super::*;
use crate::random::SplitMix64;

const WATER: ClassId = ClassId(3);
const GRASS: ClassId = ClassId(5);
const TREES: ClassId = ClassId(9);

/// Three Gaussian clouds in two of three features (sum of twelve uniforms); the third is noise.
fn clouds(n: usize, spread: f64, seed: u64) -> (Array2<u8>, Vec<ClassId>) {
    let centres = [(WATER, 60.0, 60.0), (GRASS, 120.0, 80.0), (TREES, 90.0, 140.0)];
    let mut stream = SplitMix64::new(seed);
    let mut labels = Vec::new();
    let mut features = Array2::zeros((n, 3));
    for mut line in features.rows_mut() {
        let (class, x, y) = centres[stream.below(3) as usize];
        let mut normal = || (0..12).map(|_| stream.unit()).sum::<f64>() - 6.0;
        line[0] = (x + spread * normal()).clamp(0.0, 255.0) as u8;
        line[1] = (y + spread * normal()).clamp(0.0, 255.0) as u8;
        line[2] = stream.below(256) as u8;
        labels.push(class);
    }
    (features, labels)
}

fn small() -> TreeParams {
    TreeParams { rounds: 20, depth: 4, min_samples: 5, ..TreeParams::judge() }
}

fn accuracy(model: &Model, features: &Array2<u8>, labels: &[ClassId]) -> f64 {
    let p = model.predict(features.view()).unwrap();
    let right = labels.iter().enumerate().filter(|&(i, &label)| {
        let best = (0..p.nrows()).max_by_key(|&k| (p[[k, i]], std::cmp::Reverse(k))).unwrap();
        model.classes()[best] == label
    });
    right.count() as f64 / labels.len() as f64
}

const NAMES: [&str; 3] = ["x", "y", "noise"];

#[test]
fn gaussian_classes_are_told_apart_on_new_samples() {
    let (features, labels) = clouds(3000, 12.0, 1);
    let model = train(features.view(), &labels, &NAMES, &small()).unwrap();
    let (fresh, truth) = clouds(3000, 12.0, 2);
    // Neighbouring centres are 5.3 deviations apart at least: the best rule is right 99.5 % times.
    let share = accuracy(&model, &fresh, &truth);
    assert!(share > 0.985, "{share}");
    let importance = model.importance();
    assert_eq!(importance[2].0, "noise");
    assert!(importance[2].1 < 20_000, "{importance:?}");
    assert_eq!(model.classes(), [WATER, GRASS, TREES]);
}

#[test]
fn probabilities_are_calibrated_where_classes_overlap() {
    let (features, labels) = clouds(6000, 40.0, 3);
    let model = train(features.view(), &labels, &NAMES, &small()).unwrap();
    let (fresh, truth) = clouds(6000, 40.0, 4);
    let p = model.predict(fresh.view()).unwrap();
    let (mut said, mut right, mut n) = (0.0, 0, 0);
    for (i, label) in truth.iter().enumerate() {
        let best = (0..3).max_by_key(|&k| p[[k, i]]).unwrap();
        said += f64::from(p[[best, i]]) / 255.0;
        right += i32::from(model.classes()[best] == *label);
        n += 1;
    }
    let (said, right) = (said / f64::from(n), f64::from(right) / f64::from(n));
    assert!((said - right).abs() < 0.06, "said {said}, was right {right}");
}

#[test]
fn probabilities_of_a_cell_sum_to_certainty() {
    let (features, labels) = clouds(500, 30.0, 5);
    let model = train(features.view(), &labels, &NAMES, &small()).unwrap();
    let p = model.predict(features.view()).unwrap();
    for cell in p.columns() {
        assert_eq!(cell.iter().map(|&v| u32::from(v)).sum::<u32>(), 255);
    }
}

#[test]
fn one_and_two_threads_give_the_same_model_and_the_same_bytes() {
    let (features, labels) = clouds(2000, 25.0, 6);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let model = train(features.view(), &labels, &NAMES, &small()).unwrap();
            let p = model.predict(features.view()).unwrap();
            (model, p)
        })
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn one_question_separates_two_values() {
    let features = array![[10_u8], [10], [10], [10], [200], [200], [200], [200]];
    let labels = [[WATER; 4], [GRASS; 4]].concat();
    let params = TreeParams {
        rounds: 1,
        depth: 3,
        min_samples: 2,
        sample_share: 1.0,
        feature_share: 1.0,
        learning_rate: 1.0,
        regularisation: 0.001,
        ..TreeParams::default()
    };
    let model = train(features.view(), &labels, &["x"], &params).unwrap();
    assert_eq!(model.trees[0].splits, [Split { feature: 0, threshold: 10 }]);
    // Newton step at even odds: gradient 1/2 over curvature 1/4 is 2 logits, less the pull.
    assert_eq!(model.trees[0].leaves, [2048, -2048, -2048, 2048].map(|v: i16| v - v.signum()));
    // 1 / (1 + e^-4) = 0.982 -> 250.
    let p = model.predict(features.view()).unwrap();
    assert_eq!((p[[0, 0]], p[[1, 0]], p[[0, 7]], p[[1, 7]]), (250, 5, 5, 250));
}

#[test]
fn a_sharpened_model_says_the_same_more_surely_of_the_same_frequencies() {
    let (features, labels) = clouds(2000, 40.0, 6);
    let model = train(features.view(), &labels, &NAMES, &small()).unwrap();
    let sharp = model.clone().sharpened(2.0);
    assert_eq!((sharp.shares(), &sharp.base), (model.shares(), &model.base));
    let (p, q) = (model.predict(features.view()).unwrap(), sharp.predict(features.view()).unwrap());
    // Log-odds of two classes beside those of the base: twice as much, bytes permitting.
    let odds = |p: &Array2<u8>, i| (f64::from(p[[0, i]]) / f64::from(p[[1, i]])).ln();
    let base = (f64::from(model.base[0]) - f64::from(model.base[1])) / f64::from(SCORE_ONE);
    let clear = |p: &Array2<u8>, i| p[[0, i]].min(p[[1, i]]) >= 30;
    let seen: Vec<usize> = (0..2000).filter(|&i| clear(&p, i) && clear(&q, i)).collect();
    assert!(seen.len() > 50, "{}", seen.len());
    for i in seen {
        let (own, doubled) = (odds(&p, i) - base, odds(&q, i) - base);
        assert!((2.0 * own - doubled).abs() < 0.2, "{own} {doubled}");
    }
    assert_eq!(model.clone().sharpened(1.0), model);
}

#[test]
fn a_model_survives_serialisation_byte_for_byte() {
    let (features, labels) = clouds(400, 20.0, 7);
    let model = train(features.view(), &labels, &NAMES, &small()).unwrap();
    let text = serde_yaml::to_string(&model).unwrap();
    let back: Model = serde_yaml::from_str(&text).unwrap();
    assert_eq!(back, model);
    assert_eq!(serde_yaml::to_string(&back).unwrap(), text);
}

#[test]
fn a_model_keeps_its_answers_when_its_classes_are_named_by_codes() {
    let (features, labels) = clouds(400, 20.0, 7);
    let model = train(features.view(), &labels, &NAMES, &small()).unwrap();
    let codes = ["water", "grass", "trees"].map(str::to_owned);
    let named = model.clone().with_classes(codes.to_vec()).unwrap();
    let text = serde_yaml::to_string(&named).unwrap();
    assert!(text.starts_with("classes:\n- water\n- grass\n- trees\n"), "{text:.60}");
    let read: Model<String> = serde_yaml::from_str(&text).unwrap();
    assert_eq!(read.classes(), codes);
    assert_eq!(read.with_classes(vec![WATER, GRASS, TREES]).unwrap(), model);
    assert_eq!(
        model.with_classes(vec![WATER, GRASS]),
        Err(ModelError::Length { table: "base", got: 3, expected: 2 })
    );
}

#[test]
fn a_damaged_model_is_refused_with_its_reason() {
    let (features, labels) = clouds(400, 20.0, 8);
    let model = train(features.view(), &labels, &NAMES, &small()).unwrap();
    let text = serde_yaml::to_string(&model).unwrap();
    let damage = |from: &str, to: &str| {
        assert!(text.contains(from), "no `{from}` in the model");
        serde_yaml::from_str::<Model>(&text.replacen(from, to, 1)).unwrap_err().to_string()
    };
    assert_eq!(damage("- feature: 1\n", "- feature: 77\n"), "tree 0 asks for feature 77 of 3");
    assert_eq!(damage("base:\n", "base:\n- 1\n"), "model table `base` has 4 entries, expected 3");
    assert_eq!(
        damage("classes:\n- 3\n- 5\n", "classes:\n- 3\n- 3\n"),
        "the 3 classes of the model are none, repeated, or hold nodata"
    );
    assert_eq!(
        damage("classes:\n- 3\n", "classes:\n- 0\n"),
        "the 3 classes of the model are none, repeated, or hold nodata"
    );
    assert_eq!(
        damage("learning_rate: 0.3", "learning_rate: .nan"),
        "tree parameter `learning_rate` is NaN, expected (0, 1]"
    );
    let first = model.samples()[0];
    assert_eq!(
        damage(&format!("samples:\n- {first}\n"), "samples:\n- 0\n"),
        "class 0 of the model was learned from no sample"
    );
    assert!(damage("leaves:\n  - ", "leaves:\n  - 9999").contains("i16"));
}

#[test]
fn cells_with_other_features_are_refused() {
    let (features, labels) = clouds(200, 20.0, 9);
    let model = train(features.view(), &labels, &NAMES, &small()).unwrap();
    assert_eq!(
        model.predict(Array2::zeros((4, 2)).view()),
        Err(ModelError::Cells { got: 2, expected: 3 })
    );
}

#[test]
fn training_tells_what_is_wrong_with_its_input() {
    let (features, labels) = clouds(50, 20.0, 10);
    let one_class = vec![WATER; 50];
    assert_eq!(
        train(features.view(), &one_class, &NAMES, &small()),
        Err(TrainError::Samples { n_samples: 50, n_classes: 1 })
    );
    let mut holed = labels.clone();
    holed[7] = ClassId::NODATA;
    let error = train(features.view(), &holed, &NAMES, &small()).unwrap_err();
    assert_eq!(error.to_string(), "number of samples with a class: 49, expected 50");
    let deep = TreeParams { depth: 9, ..small() };
    let error = train(features.view(), &labels, &NAMES, &deep).unwrap_err();
    assert_eq!(error.to_string(), "tree parameter `depth` is 9, expected 1..=8");
    let error = train(features.view(), &labels[1..], &NAMES, &small()).unwrap_err();
    assert_eq!(error.to_string(), "number of labels: 49, expected 50");
}
