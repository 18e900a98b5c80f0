use ndarray::{Array2, array, s};
use proptest::prelude::*;

use super::{clean::*, *};
use crate::{grid::Grid, lattice::Point, random::SplitMix64, trees::TreeParams};

fn sampler(plan: SamplePlan, class: &Array2<u8>, object: &Array2<u32>) -> Vec<Sample> {
    let valid = Array2::ones(class.dim());
    let (rows, cols) = class.dim();
    let mut sampler = Sampler::new(plan, 0);
    let block = PriorBlock {
        class: class.view(),
        object: object.view(),
        valid: valid.view(),
        row: 0,
        col: 0,
    };
    sampler.add(&block, Window { row: 0, col: 0, rows, cols });
    sampler.finish()
}

#[test]
fn cells_near_another_class_are_not_samples_but_the_territory_limit_does_not_erode() {
    let class = array![[1, 1, 1, 2], [1, 1, 1, 2], [1, 1, 1, 2]];
    let object = array![[7, 7, 8, 9], [7, 7, 8, 9], [7, 7, 8, 9]];
    let plan = SamplePlan { erosion: 1, ..SamplePlan::default() };
    let samples = sampler(plan, &class, &object);
    let places: Vec<_> = samples.iter().map(|s| (s.row, s.col, s.class.0, s.object)).collect();
    let first = |row, col| (row, col, 1, 7);
    let left_columns = (0..3).flat_map(|row| [first(row, 0), first(row, 1)]);
    assert_eq!(places, left_columns.collect::<Vec<_>>());
}

#[test]
fn objects_take_turns_so_a_small_one_is_seen() {
    let class = Array2::ones((20, 20));
    let mut object = Array2::from_elem((20, 20), 1_u32);
    object[[3, 4]] = 2;
    object[[9, 9]] = 3;
    let plan = SamplePlan { per_class: 10, ..SamplePlan::default() };
    let samples = sampler(plan, &class, &object);
    assert_eq!(samples.len(), 10);
    let of = |object| samples.iter().filter(|s| s.object == object).count();
    assert_eq!((of(1), of(2), of(3)), (8, 1, 1));
}

#[test]
fn cells_without_imagery_class_or_object_are_no_samples() {
    let class = array![[1_u8, 0, 1, 1, 1]];
    let object = array![[1_u32, 1, 0, 1, 1]];
    let valid = array![[1_u8, 1, 1, 1, 0]];
    let plan = SamplePlan { erosion: 0, ..SamplePlan::default() };
    let mut sampler = Sampler::new(plan, 0);
    let block = PriorBlock {
        class: class.view(),
        object: object.view(),
        valid: valid.view(),
        row: 5,
        col: 9,
    };
    sampler.add(&block, Window { row: 0, col: 0, rows: 1, cols: 5 });
    let kept: Vec<_> = sampler.finish().iter().map(|s| (s.row, s.col)).collect();
    assert_eq!(kept, [(5, 9), (5, 12)]);
}

/// What a sampler that never drops a cell on the way gives for a plan.
fn without_drops(
    mut all: Sampler,
    plan: &SamplePlan,
    class: &Array2<u8>,
    object: &Array2<u32>,
    valid: &Array2<u8>,
) -> Vec<Sample> {
    let (rows, cols) = class.dim();
    let block = PriorBlock {
        class: class.view(),
        object: object.view(),
        valid: valid.view(),
        row: 0,
        col: 0,
    };
    all.add(&block, Window { row: 0, col: 0, rows, cols });
    all.plan.per_class = plan.per_class;
    all.finish()
}

#[test]
fn regions_take_turns_so_that_a_small_one_is_seen() {
    // One object in each column of 10 cells; the first region has nine of them, the second one.
    let class = Array2::ones((10, 10));
    let object = Array2::from_shape_fn((10, 10), |(_, col)| col as u32 + 1);
    let plan = SamplePlan { erosion: 0, per_class: 16, region: 9, ..SamplePlan::default() };
    let samples = sampler(plan, &class, &object);
    let of = |region: usize| samples.iter().filter(|s| s.row < 9 && s.col / 9 == region).count();
    assert_eq!(samples.len(), 16);
    assert!(of(1) >= 3, "{samples:?}");
    let alone = sampler(SamplePlan { region: 100, ..plan }, &class, &object);
    assert!(alone.iter().filter(|s| s.col == 9).count() <= 2, "{alone:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_tiling_gives_the_same_samples(
        rows in 1_usize..30, cols in 1_usize..30, side in 2_usize..20, erosion in 0_usize..3,
        seed: u64,
    ) {
        let mut stream = SplitMix64::new(seed);
        let object = Array2::from_shape_fn((rows, cols), |(r, c)| (r / 5 * 6 + c / 5 + 1) as u32);
        let classes: Vec<u8> = (0..40).map(|_| stream.below(3) as u8).collect();
        let class = object.mapv(|o| classes[o as usize]);
        let valid = Array2::from_shape_fn((rows, cols), |_| u8::from(stream.below(20) > 0));
        let plan = SamplePlan { erosion, per_class: 25, per_object: 9, region: 12, seed };
        let grid = Grid { origin: Point::new(0, 0), cell: 100, rows, cols };
        let run = |blocks: Vec<Window>| {
            let mut sampler = Sampler::new(plan, 0);
            for inner in blocks {
                let outer = inner.grown(erosion, &grid);
                let part = s![outer.row..outer.row + outer.rows, outer.col..outer.col + outer.cols];
                let block = PriorBlock {
                    class: class.slice(part), object: object.slice(part), valid: valid.slice(part),
                    row: outer.row, col: outer.col,
                };
                let own = Window { row: inner.row - outer.row, col: inner.col - outer.col, ..inner };
                sampler.add(&block, own);
            }
            sampler.finish()
        };
        let mut blocks = grid.blocks(side);
        blocks.reverse();
        let samples = run(blocks);
        prop_assert_eq!(&samples, &run(vec![grid.window()]));
        // Nothing is dropped on the way that would have been kept: without a cap on the way, the
        // same cells win.
        let all = Sampler::new(SamplePlan { per_class: usize::MAX / 8, ..plan }, 0);
        prop_assert_eq!(samples, without_drops(all, &plan, &class, &object, &valid));
    }
}

/// Two classes that one feature tells apart; objects of 20 samples.
fn two_classes(n_objects: u32) -> (Vec<Sample>, Array2<u8>) {
    let mut stream = SplitMix64::new(5);
    let mut samples = Vec::new();
    let mut values = Vec::new();
    for object in 1..=n_objects {
        for col in 0..20 {
            let class = ClassId(1 + (object % 2) as u8);
            samples.push(Sample { row: object as usize, col, class, object, date: 0 });
            values.push((60 * class.0 + stream.below(40) as u8).to_owned());
        }
    }
    let n = values.len();
    (samples, Array2::from_shape_vec((n, 1), values).unwrap())
}

fn quick() -> TreeParams {
    TreeParams { rounds: 10, depth: 3, feature_share: 1.0, ..TreeParams::judge() }
}

#[test]
fn an_object_with_the_wrong_label_is_dropped_and_told() {
    let (mut samples, features) = two_classes(60);
    for sample in samples.iter_mut().filter(|s| s.object == 4) {
        sample.class = ClassId(2);
    }
    let cleaned =
        clean(&samples, features.view(), &["x"], &CleanParams::default(), &quick()).unwrap();
    let [suspect] = cleaned.suspects[..] else { panic!("{:?}", cleaned.suspects) };
    assert_eq!((suspect.object, suspect.date, suspect.samples), (4, 0, 20));
    assert_eq!((suspect.class, suspect.looks_like), (ClassId(2), ClassId(1)));
    assert!(suspect.rejected >= 19, "{suspect:?}");
    assert_eq!(cleaned.kept.len(), samples.len() - 20);
    assert!(cleaned.kept.iter().all(|&i| samples[i].object != 4));
    let report = cleaned.classes[1];
    assert_eq!((report.samples, report.rejected), (620, suspect.rejected));
    assert_eq!(report.rejected + report.with_object, 20);
    // Judges of ten trees: nearly all of the right labels, at most one of the wrong.
    assert!((590..=601).contains(&report.agreed), "{report:?}");
    assert_eq!(report.mistaken_for, Some(ClassId(1)));
    let right = cleaned.classes[0];
    assert_eq!((right.agreed, right.mistaken_for), (right.samples, None));
}

#[test]
fn a_class_that_the_other_half_has_not_is_not_judged() {
    let (mut samples, features) = two_classes(60);
    for sample in samples.iter_mut().filter(|s| s.object == 4) {
        sample.class = ClassId(3);
    }
    let params = CleanParams { class_samples: 0, ..CleanParams::default() };
    let cleaned = clean(&samples, features.view(), &["x"], &params, &quick()).unwrap();
    let alone = cleaned.classes[2];
    assert_eq!((alone.samples, alone.agreed, alone.rejected), (20, 0, 0));
    assert_eq!(alone.mistaken_for, None);
    assert!(!alone.is_spared);
}

#[test]
fn one_wrong_cell_goes_without_its_object() {
    let (samples, mut features) = two_classes(60);
    let wrong = 20 * 9 + 3;
    let looks_other = features[[wrong - 20, 0]];
    features[[wrong, 0]] = looks_other;
    let cleaned =
        clean(&samples, features.view(), &["x"], &CleanParams::default(), &quick()).unwrap();
    assert_eq!(cleaned.suspects, []);
    assert_eq!(cleaned.kept.len(), samples.len() - 1);
    assert!(!cleaned.kept.contains(&wrong));
}

#[test]
fn a_cell_that_was_sure_at_one_date_changed_when_it_leans_elsewhere_at_the_other() {
    // Class 1 lies on 0..100, class 2 on 100..200 but for one cell in ten on 80..100: there a cell is
    // of class 1 two times in three, which is less than sure.
    let mut stream = SplitMix64::new(5);
    let (mut samples, mut values) = (Vec::new(), Vec::new());
    for object in 1..=120 {
        let class = ClassId(1 + (object % 2) as u8);
        for col in 0..20 {
            samples.push(Sample { row: object as usize, col, class, object, date: 0 });
            values.push(match (class, col) {
                (ClassId(1), _) => stream.below(100),
                (_, 0 | 1) => 80 + stream.below(20),
                _ => 100 + stream.below(100),
            } as u8);
        }
    }
    // At the second date object 9 leans to class 1 wherever it was surely of class 2.
    let n = samples.len();
    for i in 0..n {
        let leans = samples[i].object == 9;
        values.push(if leans { 80 + stream.below(20) as u8 } else { values[i] });
        samples.push(Sample { date: 1, ..samples[i] });
    }
    let features = Array2::from_shape_vec((2 * n, 1), values).unwrap();
    let of_object_9 = |samples: &[Sample], features: Array2<u8>| {
        let params = CleanParams { object_share: 1.0, rounds: 1, ..CleanParams::default() };
        let cleaned = clean(samples, features.view(), &["x"], &params, &quick()).unwrap();
        let is_it = |&&i: &&usize| samples[i].object == 9 && samples[i].date == 1;
        cleaned.kept.iter().filter(is_it).count()
    };
    let alone = of_object_9(&samples[n..], features.slice(s![n.., ..]).to_owned());
    assert_eq!(alone, 20);
    let with_both = of_object_9(&samples, features);
    assert!(with_both < 10, "{with_both} of 20 leaning cells are kept");
}

#[test]
fn a_rare_class_is_spared() {
    let (mut samples, features) = two_classes(60);
    for sample in samples.iter_mut().filter(|s| s.object == 4 || s.object == 5) {
        sample.class = ClassId(3);
    }
    let cleaned =
        clean(&samples, features.view(), &["x"], &CleanParams::default(), &quick()).unwrap();
    let rare = cleaned.classes[2];
    assert!(rare.is_spared && rare.samples == 40, "{rare:?}");
    assert_eq!(cleaned.kept.iter().filter(|&&i| samples[i].class == ClassId(3)).count(), 40);
}
