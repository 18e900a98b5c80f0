//! How much of the known change of generated territories `millesime compare` publishes as real.

use kernels::arrangement::arrange;
use kernels::lattice::{Point, Polygon, area_m2, twice_area_of};
use nomenclature::{CaptureRules, Couple, Dimension, Nomenclature};

use crate::generated::{Row, Sample, as_they_are, changes, features, rewrite, text};

/// What became of the true changes over the minimum unit.
#[derive(Debug, Default)]
struct Recall {
    /// How many there are.
    asked: u32,
    /// How many of them are real for more than half of their area, with the true codes.
    found: u32,
    /// Area of those asked for, m2.
    asked_m2: f64,
    /// Area of those found, m2.
    found_m2: f64,
    /// Area of their ground that is real with the true codes, m2.
    real_m2: f64,
    /// Area of published real change that is no true change, m2.
    false_m2: f64,
}

impl Recall {
    fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.found += other.found;
        self.asked_m2 += other.asked_m2;
        self.found_m2 += other.found_m2;
        self.real_m2 += other.real_m2;
        self.false_m2 += other.false_m2;
    }
}

fn codes(row: &Row, keys: [&str; 4]) -> [String; 4] {
    keys.map(|key| text(row, key))
}

/// Compares what is published with the sample's own list.
fn recall(sample: &Sample, out: &std::path::Path) -> Recall {
    let truth_keys = ["cs_avant", "us_avant", "cs_apres", "us_apres"];
    let truth = features(&sample.truth("changes.gpkg"), &truth_keys);
    let mut real = changes(out);
    real.retain(|(_, row)| text(row, "kind") == "real");
    let said_keys = ["cs_2018", "us_2018", "cs_2021", "us_2021"];
    let shapes = |all: &[(Polygon, Row)]| all.iter().map(|(p, _)| p.clone()).collect::<Vec<_>>();
    let plane = arrange(&[&shapes(&truth), &shapes(&real)]).unwrap();
    let (mut all, mut right, mut stray) = (vec![0; truth.len()], vec![0; truth.len()], 0);
    for face in 1..plane.n_faces() as u32 {
        let area = plane.twice_area(face);
        let said = plane.label(face, 1).map(|rank| codes(&real[rank as usize].1, said_keys));
        let Some(rank) = plane.label(face, 0).map(|rank| rank as usize) else {
            stray += if said.is_some() { area } else { 0 };
            continue;
        };
        all[rank] += area;
        right[rank] += if said == Some(codes(&truth[rank].1, truth_keys)) { area } else { 0 };
    }
    let mut sum = Recall { false_m2: area_m2(stray), ..Recall::default() };
    for (rank, (_, row)) in truth.iter().enumerate() {
        if all[rank] >= unit(row) {
            sum.asked += 1;
            sum.asked_m2 += area_m2(all[rank]);
            if 2 * right[rank] > all[rank] {
                sum.found += 1;
                sum.found_m2 += area_m2(all[rank]);
            }
            sum.real_m2 += area_m2(right[rank]);
        }
    }
    sum
}

/// The minimum unit of what the ground became, doubled, in square lattice steps.
fn unit(row: &Row) -> i128 {
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let units = CaptureRules::builtin("ocsge-2-0").unwrap().compile(&ocsge).unwrap();
    let class = |dimension, key| ocsge.find(dimension, &text(row, key)).unwrap();
    let cs = class(Dimension::Cover, "cs_apres");
    let us = class(Dimension::Usage, "us_apres");
    twice_area_of(units.min_area_m2(Couple { cs, us }, true))
}

/// A corner moved by up to half a metre, by its own place alone: neighbours move alike.
fn jittered(seed: u64) -> impl Fn(Point) -> Point {
    move |p| {
        let mut z = seed
            ^ (p.x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ (p.y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(31);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let step = |bits: u64| (bits % 71) as i32 - 35;
        Point::new(p.x + step(z >> 8), p.y + step(z >> 40))
    }
}

#[test]
fn true_changes_over_the_minimum_unit_are_real() {
    let mut sum = Recall::default();
    for seed in [3, 11, 29] {
        let sample = Sample::of(seed, 1200);
        let out = sample.compare((&sample.before(), &sample.after()), "out", &[]);
        sum.add(&recall(&sample, &out));
    }
    assert!(sum.asked >= 20, "{sum:?}");
    assert_eq!(sum.found, sum.asked, "{sum:?}");
    assert!(sum.real_m2 >= 0.99 * sum.asked_m2, "{sum:?}");
    assert!(sum.false_m2 < 1e-9, "{sum:?}");
}

#[test]
fn true_changes_are_real_though_every_corner_of_the_newer_vintage_is_off() {
    let mut sum = Recall::default();
    for seed in [1, 2, 3] {
        let sample = Sample::of(seed, 1200);
        let noisy = sample.path("noisy.gpkg");
        let place = jittered(u64::from(seed));
        rewrite((&sample.after(), 2021), (&noisy, 2021), &place, &as_they_are);
        let out = sample.compare((&sample.before(), &noisy), "out", &[]);
        sum.add(&recall(&sample, &out));
    }
    assert!(sum.asked >= 50, "{sum:?}");
    assert!(f64::from(sum.found) >= 0.99 * f64::from(sum.asked), "{sum:?}");
    assert!(sum.found_m2 >= 0.99 * sum.asked_m2, "{sum:?}");
    // The rest of the ground is the half metre along the limits: half of it is lost, half false.
    assert!(sum.real_m2 >= 0.98 * sum.asked_m2, "{sum:?}");
    assert!(sum.false_m2 <= 0.02 * sum.asked_m2, "{sum:?}");
}
