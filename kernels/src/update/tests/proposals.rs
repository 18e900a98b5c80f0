//! What a cell wants, and by how much.

use ndarray::{Array2, Array3, s};
use nomenclature::Couple;
use nomenclature::evidence::Layer;
use proptest::prelude::*;

use super::*;
use crate::grid::{Grid, Window};
use crate::lattice::Point;
use crate::random::{SplitMix64, draw};

/// One cell, two learned classes: grass in the prior, built as the other.
fn one_cell(built: u8, buildings: u8, params: &UpdateParams) -> Proposal {
    one_cell_seen_before(None, built, buildings, params)
}

/// The same; `before` is the probability of a building at the prior's date.
fn one_cell_seen_before(
    before: Option<u8>,
    built: u8,
    buildings: u8,
    params: &UpdateParams,
) -> Proposal {
    let classes = [cover("CS1.1.1.1"), cover("CS2.2.1")];
    let fusion = Fusion::new(&tables(), &classes, even(&[0.5, 0.5]), params).unwrap();
    let mut probability = Array3::from_elem((2, 1, 1), 255 - built);
    probability[[0, 0, 0]] = built;
    let mut evidence = Array3::zeros((Layer::COUNT, 1, 1));
    evidence[[Layer::Buildings.rank(), 0, 0]] = buildings;
    let prior = Array2::from_elem((1, 1), Couple { cs: classes[1], us: ClassId(1) }.to_cell());
    let (imagery, valid) = (Array3::zeros((4, 1, 1)), Array2::ones((1, 1)));
    let mut earlier = Array3::from_elem((2, 1, 1), 255 - before.unwrap_or_default());
    earlier[[0, 0, 0]] = before.unwrap_or_default();
    let seen = |probability| Seen {
        probability,
        imagery: imagery.view(),
        valid: valid.view(),
        predictions: &[],
    };
    let block = Block {
        seen: seen(probability.view()),
        earlier: before.is_some().then_some(seen(earlier.view())),
        evidence: evidence.view(),
        prior: prior.view(),
    };
    fusion.propose(&block, Window { row: 0, col: 0, rows: 1, cols: 1 }).unwrap()
}

#[test]
fn what_was_seen_before_is_told_and_leaves_the_lead_alone() {
    let params = UpdateParams::default();
    let at = |before| one_cell_seen_before(before, 254, 1, &params);
    let (unknown, appeared, always) = (at(None), at(Some(26)), at(Some(230)));
    let before = (229.5_f64 / 26.5).ln();
    let lead_before = |p: &Proposal| f64::from(p.lead_before[[0, 0]]) / MARGIN_ONE;
    assert_eq!(unknown.lead_before[[0, 0]], 0);
    assert!((lead_before(&appeared) + before).abs() < 0.02, "{}", lead_before(&appeared));
    assert!((lead_before(&always) - before).abs() < 0.05, "{}", lead_before(&always));
    assert_eq!((&appeared.margin, &always.margin), (&unknown.margin, &unknown.margin));
}

#[test]
fn the_lead_is_the_sum_of_its_three_parts() {
    let params = UpdateParams::default();
    let both = one_cell(200, 1, &params);
    assert_eq!(both.best[[0, 0]], cover("CS1.1.1.1").0);
    let image = (200.5_f64 / 55.5).ln();
    let t = tables();
    let (grass, built) = (cover("CS2.2.1"), cover("CS1.1.1.1"));
    // Two classes told apart: every wrong code is the other one.
    let way = ((t.transition(grass, built) + 0.05) / t.transition(grass, grass)).ln();
    let lead = (image + 4.0 + 0.5 * way) * 64.0;
    assert_eq!(both.margin[[0, 0]], lead.round() as i16);
    assert_eq!(both.support[[0, 0]], fuse::BY_IMAGERY | fuse::BY_EVIDENCE);
    // Without the building the same image is not enough.
    let alone = one_cell(200, 0, &params);
    assert_eq!((alone.best[[0, 0]], alone.margin[[0, 0]]), (grass.0, 0));
}

#[test]
fn an_image_that_hesitates_never_beats_the_prior() {
    let proposal = one_cell(128, 0, &UpdateParams::default());
    assert_eq!(proposal.best[[0, 0]], cover("CS2.2.1").0);
    assert!(proposal.certainty_prior[[0, 0]] > 230);
}

#[test]
fn shapes_and_classes_that_do_not_fit_are_told() {
    let params = UpdateParams::default();
    let error = Fusion::new(&tables(), &[ClassId(99)], even(&[1.0]), &params).unwrap_err();
    assert_eq!(error.to_string(), "class 99 is not of the nomenclature, which has 23 covers");
    let bad = UpdateParams { whole_share: 0.2, ..params };
    let error = Fusion::new(&tables(), &[ClassId(4)], even(&[1.0]), &bad).unwrap_err();
    let expected = "update parameter `whole_share` is 0.2, expected above 0.5, at most 1";
    assert_eq!(error.to_string(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_block_with_its_halo_wants_what_the_territory_wants(
        rows in 1_usize..30, cols in 1_usize..30, side in 3_usize..20, passes in 0_usize..6, seed: u64,
    ) {
        let codes = ["CS1.1.1.1", "CS2.2.1", "CS2.1.1.1"].map(cover);
        let params = UpdateParams { smooth_passes: passes, ..UpdateParams::default() };
        let fusion = Fusion::new(&tables(), &codes, even(&[0.2, 0.5, 0.3]), &params).unwrap();
        let fusion = fusion.with_predictions(&[believed()], &[]);
        let byte = |k: usize, r: usize, c: usize| draw(seed ^ k as u64, r as u64, c as u64) as u8;
        let probability = Array3::from_shape_fn((3, rows, cols), |(k, r, c)| byte(k, r, c));
        let imagery = Array3::from_shape_fn((4, rows, cols), |(k, r, c)| byte(k + 9, r, c) / 4);
        let evidence = Array3::from_shape_fn((Layer::COUNT, rows, cols), |(k, r, c)| byte(k + 20, r, c) / 128);
        let predicted = Array3::from_shape_fn((19, rows, cols), |(k, r, c)| {
            if byte(77, r, c) % 20 == k as u8 { 255 } else { 0 }
        });
        let mut stream = SplitMix64::new(seed);
        let valid = Array2::from_shape_fn((rows, cols), |_| u8::from(stream.below(9) > 0));
        let prior = Array2::from_shape_fn((rows, cols), |_| {
            u16::from(codes[stream.below(3) as usize].0) << 8 | 1
        });
        let run = |outer: Window, inner: Window| {
            let part = s![outer.row..outer.row + outer.rows, outer.col..outer.col + outer.cols];
            let cube = s![.., outer.row..outer.row + outer.rows, outer.col..outer.col + outer.cols];
            let block = Block {
                seen: Seen {
                    probability: probability.slice(cube), imagery: imagery.slice(cube),
                    valid: valid.slice(part), predictions: &[predicted.slice(cube)],
                },
                earlier: None,
                evidence: evidence.slice(cube), prior: prior.slice(part),
            };
            fusion.propose(&block, inner).unwrap()
        };
        let grid = Grid { origin: Point::new(0, 0), cell: 100, rows, cols };
        let all = run(grid.window(), grid.window());
        for block in grid.blocks(side) {
            let outer = block.grown(fusion.halo(), &grid);
            let part = run(outer, Window { row: block.row - outer.row, col: block.col - outer.col, ..block });
            let place = s![block.row..block.row + block.rows, block.col..block.col + block.cols];
            prop_assert_eq!(part.best, all.best.slice(place));
            prop_assert_eq!(part.margin, all.margin.slice(place));
            prop_assert_eq!(part.certainty, all.certainty.slice(place));
            prop_assert_eq!(part.support, all.support.slice(place));
        }
    }
}
