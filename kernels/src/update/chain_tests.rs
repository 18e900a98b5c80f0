//! The whole chain on a seeded territory: learn from a noisy prior, update it, compare with truth.

use std::collections::BTreeMap;

use ndarray::{Array2, Array3};
use nomenclature::evidence::Layer;
use nomenclature::{ClassId, Dimension, Nomenclature, UpdateRules};

use super::{
    Block, Decision, Fusion, Seen, Shares, Territory, Units, UpdateParams, WishBlock, Wishes,
    decide,
};
use crate::accuracy::{ChangeAccuracy, ChangeMaps, change_accuracy};
use crate::features::{N_BANDS, cell_features, feature_names};
use crate::grid::Window;
use crate::plane::Plane;
use crate::random::{SplitMix64, draw};
use crate::sampling::{PriorBlock, SamplePlan, Sampler, clean};
use crate::trees::{TreeParams, train};

/// Side of the territory and of its square objects, in cells.
const SIDE: usize = 400;
const LOT: usize = 25;

/// Code, mean of R, G, B, NIR, and their within-cell deviation.
const COVERS: [(&str, [u8; 4], u8); 6] = [
    ("CS1.1.1.1", [150, 110, 100, 120], 60),
    ("CS1.1.1.2", [130, 130, 132, 125], 25),
    ("CS1.2.2", [40, 60, 75, 20], 6),
    ("CS2.1.1.1", [50, 75, 50, 170], 80),
    ("CS2.1.3", [110, 105, 85, 150], 70),
    ("CS2.2.1", [95, 115, 75, 190], 20),
];

struct Scene {
    nomenclature: Nomenclature,
    before: Array2<u8>,
    after: Array2<u8>,
    prior: Array2<u16>,
    object: Array2<u32>,
    imagery: Array3<u8>,
    evidence: Array3<u8>,
    valid: Array2<u8>,
}

/// What the prior says of lots, and what lots are at both dates.
struct Lots {
    before: Vec<u8>,
    after: Vec<u8>,
    prior: Vec<u8>,
}

fn lots(ids: &[ClassId], stream: &mut SplitMix64) -> Lots {
    let across = SIDE / LOT;
    let n = across * across;
    // Mostly grass and wood, some of the rest.
    let shares = [0, 1, 2, 3, 3, 3, 3, 4, 4, 5, 5, 5, 5, 5, 5, 0];
    let before: Vec<u8> = (0..n).map(|_| ids[shares[stream.below(16) as usize]].0).collect();
    let mut after = before.clone();
    // A cluster of two by two lots gets built.
    let corner = stream.below((across - 1) as u64) as usize * across + 3;
    for lot in [corner, corner + 1, corner + across, corner + across + 1] {
        after[lot] = ids[usize::from(stream.below(2) > 0)].0;
    }
    let mut prior = before.clone();
    for code in &mut prior {
        if stream.below(20) == 0 {
            *code = ids[stream.below(6) as usize].0;
        }
    }
    Lots { before, after, prior }
}

/// Limits in the prior are up to a cell off.
fn jittered(row: usize, col: usize, seed: u64) -> usize {
    let shift =
        |a: usize, b: usize, k: u64| (draw(seed, (a / 7) as u64, b as u64 * 9 + k) % 2) as usize;
    let row = (row + shift(col, row / LOT, 1)).min(SIDE - 1);
    let col = (col + shift(row, col / LOT, 2)).min(SIDE - 1);
    row / LOT * (SIDE / LOT) + col / LOT
}

impl Scene {
    fn new(seed: u64) -> Self {
        let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
        let ids = COVERS.map(|(code, _, _)| nomenclature.find(Dimension::Cover, code).unwrap());
        let mut stream = SplitMix64::new(seed);
        let lots = lots(&ids, &mut stream);
        let across = SIDE / LOT;
        let lot = |(r, c): (usize, usize)| r / LOT * across + c / LOT;
        let dim = (SIDE, SIDE);
        let before = Array2::from_shape_fn(dim, |at| lots.before[lot(at)]);
        let mut after = Array2::from_shape_fn(dim, |at| lots.after[lot(at)]);
        // Two parts of lots: a clearing and a car park, wherever they fall.
        for (k, rank) in [(1, 5), (2, 1)] {
            let at = |axis: u64| (draw(seed, k, axis) % (SIDE as u64 - 20)) as usize;
            let (row, col) = (at(7), at(8));
            let part = ndarray::s![row..row + 18, col..col + 18];
            after.slice_mut(part).fill(ids[rank].0);
        }
        let place = Array2::from_shape_fn(dim, |(r, c)| jittered(r, c, seed));
        let prior = place.mapv(|lot| u16::from(lots.prior[lot]) << 8 | 1);
        let object = place.mapv(|lot| lot as u32 + 1);
        let imagery = imagery(&after, ids, seed);
        let evidence = evidence(&after, ids, seed);
        Self {
            nomenclature,
            before,
            after,
            prior,
            object,
            imagery,
            evidence,
            valid: Array2::ones(dim),
        }
    }

    /// Learns from the prior, then updates it.
    fn update(&self) -> Decision {
        let whole = Window { row: 0, col: 0, rows: SIDE, cols: SIDE };
        let features = cell_features(self.imagery.view(), None, whole).unwrap();
        let class = self.prior.mapv(|cell| (cell >> 8) as u8);
        let mut sampler = Sampler::new(SamplePlan { per_class: 2000, ..SamplePlan::default() }, 0);
        let (object, valid) = (self.object.view(), self.valid.view());
        sampler.add(&PriorBlock { class: class.view(), object, valid, row: 0, col: 0 }, whole);
        let samples = sampler.finish();
        let cells: Vec<usize> = samples.iter().map(|s| s.row * SIDE + s.col).collect();
        let seen = features.select(ndarray::Axis(0), &cells);
        let tree = TreeParams { rounds: 20, ..TreeParams::judge() };
        let params = clean::CleanParams::default();
        let kept =
            clean::clean(&samples, seen.view(), feature_names(false), &params, &tree).unwrap().kept;
        let labels: Vec<ClassId> = kept.iter().map(|&i| samples[i].class).collect();
        let seen = seen.select(ndarray::Axis(0), &kept);
        let model = train(seen.view(), &labels, feature_names(false), &tree).unwrap();
        let probability = model.predict(features.view()).unwrap();
        let n = model.classes().len();
        let probability = probability.into_shape_with_order((n, SIDE, SIDE)).unwrap();
        let rules = UpdateRules::builtin("ocsge-2-0").unwrap();
        let tables = rules.compile(&self.nomenclature, 3.0, &Default::default()).unwrap();
        let params = UpdateParams::default();
        let learned = &model.shares();
        let shares = Shares { learned, ground: learned };
        let fusion = Fusion::new(&tables, model.classes(), shares, &params).unwrap();
        let block = Block {
            seen: Seen {
                probability: probability.view(),
                imagery: self.imagery.view(),
                valid,
                predictions: &[],
            },
            earlier: None,
            evidence: self.evidence.view(),
            prior: self.prior.view(),
        };
        let proposal = fusion.propose(&block, whole).unwrap();
        let prior = self.prior.view();
        let block = WishBlock { proposal: &proposal, prior, object, locked: None };
        let territory = Territory {
            wishes: &Wishes::of_block(&block, whole, &params).unwrap(),
            prior: &Plane::of(prior),
            object: &Plane::of(object),
            valid: &Plane::filled((SIDE, SIDE), true),
            footprints: &[],
            locked: None,
        };
        let units = Units { least: &|_| 200.0, outside: &|_| 200.0 };
        decide(&territory, &tables, &params, n, &units).unwrap()
    }

    fn change(&self, decision: &Decision) -> ChangeAccuracy {
        let prior = self.prior.mapv(|cell| (cell >> 8) as u8);
        let vintage = decision.cover.to_array();
        let maps = ChangeMaps {
            truth_before: self.before.view(),
            truth_after: self.after.view(),
            prior: prior.view(),
            vintage: vintage.view(),
        };
        change_accuracy(&maps, &|_| 200.0).unwrap()
    }
}

/// Every cover has its colour, a shade of its own per lot, and noise.
fn imagery(after: &Array2<u8>, ids: [ClassId; 6], seed: u64) -> Array3<u8> {
    let rank: BTreeMap<u8, usize> = ids.iter().enumerate().map(|(k, id)| (id.0, k)).collect();
    Array3::from_shape_fn((N_BANDS, SIDE, SIDE), |(band, row, col)| {
        let (_, means, spread) = COVERS[rank[&after[[row, col]]]];
        let lot = (row / LOT * (SIDE / LOT) + col / LOT) as u64;
        let shade = (draw(seed, lot, 99) % 25) as i32 - 12;
        let noise =
            |k: u64| (draw(seed ^ k, (row * SIDE + col) as u64, band as u64) % 41) as i32 - 20;
        let value = if band < 4 {
            i32::from(means[band]) + shade + noise(1) + noise(2)
        } else {
            i32::from(spread) + i32::midpoint(noise(1), noise(2))
        };
        value.clamp(0, 255) as u8
    })
}

/// Vectors of the new date, one object of ten missing (by patches of five cells).
fn evidence(after: &Array2<u8>, ids: [ClassId; 6], seed: u64) -> Array3<u8> {
    let layer_of =
        [Some(Layer::Buildings), None, Some(Layer::Water), Some(Layer::Forest), None, None];
    Array3::from_shape_fn((Layer::COUNT, SIDE, SIDE), |(layer, row, col)| {
        let rank = ids.iter().position(|id| id.0 == after[[row, col]]).unwrap();
        let is_missing = draw(seed, (row / 5) as u64, (col / 5) as u64).is_multiple_of(10);
        u8::from(layer_of[rank].is_some_and(|l| l.rank() == layer) && !is_missing)
    })
}

#[test]
fn a_noisy_prior_is_updated_with_true_change_found_and_little_false_change() {
    let (mut recall, mut asked, mut cells, mut false_cells, mut put_right) = (0, 0, 0, 0, 0);
    for seed in [1, 2, 3] {
        let scene = Scene::new(seed);
        let decision = scene.update();
        let found = scene.change(&decision);
        recall += found.recall.right;
        asked += found.recall.n;
        cells += found.cells;
        false_cells += found.cells_false;
        put_right += found.cells_put_right;
        // What is listed as a wrong code is one: the truth of both dates is what was seen.
        let is_wrong = |object: u32, seen: ClassId| {
            let at = scene.object.indexed_iter().filter(|(_, o)| **o == object);
            let held = at.filter(|(at, _)| scene.before[*at] == seen.0).count();
            held as u64 * 2
                > decision.corrections.iter().find(|c| c.object == object).unwrap().of_cells
        };
        let wrong = decision.corrections.iter().filter(|c| is_wrong(c.object, c.seen)).count();
        assert!(decision.corrections.len() >= 4, "{:?}", decision.corrections);
        assert!(10 * wrong >= 8 * decision.corrections.len(), "{:?}", decision.corrections);
    }
    // Measured: 9 of 10 regions; 1,489 of 480,000 cells (0.31 %), of which 1,375 are objects with a
    // wrong code that a true change touches, and that the vintage puts right.
    assert!(asked == 10 && recall >= 9, "{recall} of {asked}");
    assert!(1000 * false_cells <= 4 * cells, "{false_cells} - {put_right} of {cells}");
    assert!(2000 * (false_cells - put_right) <= cells, "{false_cells} - {put_right} of {cells}");
}
