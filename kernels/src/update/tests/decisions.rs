//! What is decided of regions, objects and single cells.

use ndarray::{Array2, s};
use proptest::prelude::*;

use super::super::oracle::Decided;
use super::world::{World, reason};
use super::*;
use crate::random::{SplitMix64, draw};

#[test]
fn a_sure_large_part_of_an_object_changes_and_its_neighbours_stay() {
    let mut world = World::grass(12, 12);
    world.want(2..8, 2..8, "CS1.1.1.1", 3.0);
    world.proposal.support.slice_mut(s![2..8, 2..8]).fill(fuse::BY_IMAGERY | fuse::BY_EVIDENCE);
    let decision = world.decide();
    assert_eq!(reason(&decision, 4, 4), Reason::ChangeImageryEvidence);
    assert_eq!(decision.cover[[4, 4]], cover("CS1.1.1.1").0);
    assert_eq!(reason(&decision, 9, 9), Reason::PriorKept);
    assert_eq!(decision.cover[[9, 9]], cover("CS2.2.1").0);
    assert_eq!(decision.cells[&Reason::ChangeImageryEvidence], 36);
    assert_eq!(decision.cells[&Reason::PriorKept], 144 - 36);
}

#[test]
fn a_strip_along_a_limit_is_fringe_and_keeps_the_prior() {
    let mut world = World::grass(12, 12);
    world.want(0..12, 0..2, "CS1.1.1.2", 5.0);
    let decision = world.decide();
    assert_eq!(reason(&decision, 5, 0), Reason::Fringe);
    assert!(decision.cover.iter().all(|&c| c == cover("CS2.2.1").0));
}

#[test]
fn a_region_below_the_unit_and_an_unsure_one_keep_the_prior() {
    let mut world = World::grass(12, 24);
    world.want(1..5, 1..5, "CS1.1.1.1", 5.0);
    world.want(1..7, 12..18, "CS1.1.1.1", 0.5);
    let decision = world.decide();
    assert_eq!(reason(&decision, 2, 2), Reason::BelowUnit);
    assert_eq!(reason(&decision, 3, 14), Reason::LowMargin);
    assert_eq!(decision.cells.get(&Reason::ChangeImagery), None);
}

#[test]
fn a_whole_lone_object_that_could_not_become_that_is_a_candidate_correction() {
    let mut world = World::grass(20, 20);
    // Coded grass, looks like a broadleaved wood: trees do not grow in three years.
    world.object(5..15, 5..15, 2, "CS2.2.1");
    world.want(5..15, 5..15, "CS2.1.1.1", 4.0);
    let decision = world.decide();
    assert_eq!(reason(&decision, 8, 8), Reason::CorrectionCandidate);
    assert_eq!(decision.cover[[8, 8]], cover("CS2.2.1").0);
    let [correction] = decision.corrections[..] else { panic!("{:?}", decision.corrections) };
    assert_eq!((correction.object, correction.seen), (2, cover("CS2.1.1.1")));
    assert_eq!((correction.cells, correction.of_cells, correction.margin), (100, 100, 4.0));
    let odds = (0.0005_f64).ln() - (0.05_f64 / 13.0).ln();
    assert!((correction.change_odds - odds).abs() < 1e-9);
}

#[test]
fn half_of_a_building_seen_anew_is_the_whole_building_but_for_locked_cells() {
    let mut world = World::grass(12, 24);
    let mut buildings = Array2::zeros((12, 24));
    // Two buildings of 6 by 6 cells; of the first five columns are seen, of the second two.
    buildings.slice_mut(s![3..9, 2..8]).fill(1);
    buildings.slice_mut(s![3..9, 14..20]).fill(1);
    world.buildings = Some(buildings);
    world.want(3..9, 2..7, "CS1.1.1.1", 3.0);
    world.want(3..9, 14..16, "CS1.1.1.1", 3.0);
    world.locked[[3, 7]] = 1;
    let decision = world.decide();
    let built = decision.cover.mapv(|class| class == cover("CS1.1.1.1").0);
    assert_eq!(built.iter().filter(|&&b| b).count(), 35);
    assert_eq!(reason(&decision, 8, 7), Reason::ChangeWithObject);
    assert!(built.slice(s![.., 14..]).iter().all(|&b| !b));
}

#[test]
fn bare_ground_where_plants_grew_is_a_work_site() {
    let mut world = World::grass(12, 24);
    world.want(2..8, 2..8, "CS1.2.1", 6.0);
    world.object(0..12, 12..24, 2, "CS1.2.2");
    world.want(2..8, 14..20, "CS1.2.1", 6.0);
    let decision = world.decide();
    assert_eq!(decision.cover[[4, 4]], cover("CS1.1.2.1").0);
    // Water that falls dry leaves bare ground.
    assert_eq!(decision.cover[[4, 16]], cover("CS1.2.1").0);
}

#[test]
fn the_same_difference_on_a_part_of_an_object_is_a_change() {
    let mut world = World::grass(20, 20);
    world.want(5..15, 5..15, "CS2.1.1.1", 4.0);
    assert_eq!(reason(&world.decide(), 8, 8), Reason::ChangeImagery);
}

#[test]
fn whole_objects_that_change_together_are_a_change() {
    let mut world = World::grass(20, 30);
    for (id, col) in [(2, 5), (3, 13)] {
        world.object(5..15, col..col + 8, id, "CS2.2.1");
    }
    world.want(5..15, 5..21, "CS2.1.2", 4.0);
    let decision = world.decide();
    assert_eq!(reason(&decision, 8, 8), Reason::ChangeImagery);
    assert_eq!(decision.corrections, []);
    // One of them alone is more likely a wrong code.
    let mut alone = World::grass(20, 30);
    alone.object(5..15, 5..13, 2, "CS2.2.1");
    alone.want(5..15, 5..13, "CS2.1.2", 4.0);
    assert_eq!(reason(&alone.decide(), 8, 8), Reason::CorrectionCandidate);
}

#[test]
fn a_mostly_changed_object_takes_the_rest_of_its_cells_along() {
    let mut world = World::grass(20, 20);
    world.object(5..15, 5..15, 2, "CS2.1.1.1");
    world.want(5..15, 5..14, "CS2.2.1", 4.0);
    let decision = world.decide();
    assert_eq!(reason(&decision, 8, 8), Reason::ChangeImagery);
    assert_eq!(reason(&decision, 8, 14), Reason::ChangeWithObject);
    assert_eq!(decision.cover[[8, 14]], cover("CS2.2.1").0);
    assert_eq!(reason(&decision, 8, 15), Reason::PriorKept);
}

#[test]
fn what_is_left_of_a_cut_object_below_its_unit_follows_it() {
    let mut world = World::grass(20, 20);
    world.object(2..18, 2..20, 2, "CS2.1.3");
    world.want(2..18, 2..13, "CS2.2.1", 4.0);
    // A path cuts what is left of the vine into two pieces.
    world.object(8..9, 0..20, 3, "CS1.1.1.2");
    world.proposal.margin.slice_mut(s![8..9, 0..20]).fill(0);
    let decision = world.decide();
    assert_eq!(reason(&decision, 4, 8), Reason::ChangeImagery);
    // 6 x 7 and 9 x 7 cells reach the unit of 20.
    assert_eq!(reason(&decision, 4, 18), Reason::PriorKept);
    assert_eq!(reason(&decision, 12, 16), Reason::PriorKept);
    world.want(2..8, 13..17, "CS2.2.1", 4.0);
    // 6 x 3 cells do not reach it, and their longest border is with the change.
    let decision = world.decide();
    assert_eq!(reason(&decision, 4, 18), Reason::ChangeWithObject);
    assert_eq!(decision.cover[[4, 18]], cover("CS2.2.1").0);
    assert_eq!(reason(&decision, 12, 16), Reason::PriorKept);
}

#[test]
fn small_regions_beside_a_change_are_part_of_it() {
    let mut world = World::grass(20, 20);
    world.want(2..12, 2..12, "CS1.1.1.2", 4.0);
    world.want(5..8, 5..8, "CS1.1.1.1", 4.0);
    assert_eq!(reason(&world.decide(), 6, 6), Reason::ChangeImagery);
    // Alone, nine cells are below the unit of twenty.
    let mut alone = World::grass(20, 20);
    alone.want(5..8, 5..8, "CS1.1.1.1", 4.0);
    assert_eq!(reason(&alone.decide(), 6, 6), Reason::BelowUnit);
}

/// A lone object coded grass that wants shrub, with a lead before.
fn lone_shrub(lead_before: f64) -> World {
    let mut world = World::grass(20, 20);
    world.object(5..15, 5..13, 2, "CS2.2.1");
    world.want(5..15, 5..13, "CS2.1.2", 4.0);
    let before = (lead_before * MARGIN_ONE) as i16;
    world.proposal.lead_before.slice_mut(s![5..15, 5..13]).fill(before);
    world
}

#[test]
fn imagery_of_the_prior_s_date_tells_a_change_from_a_wrong_code() {
    let unknown = lone_shrub(0.0).decide();
    assert_eq!(reason(&unknown, 8, 8), Reason::CorrectionCandidate);
    // It looked like grass: a change, for all that it is alone.
    let changed = lone_shrub(-2.0).decide();
    assert_eq!(reason(&changed, 8, 8), Reason::ChangeImagery);
    assert_eq!(changed.corrections, []);
    // It looked like shrub already: a wrong code, and surer than without that imagery.
    let wrong = lone_shrub(2.0).decide();
    assert_eq!(reason(&wrong, 8, 8), Reason::CorrectionCandidate);
    let odds = |decision: &Decided| decision.corrections[0].change_odds;
    assert!((odds(&unknown) - odds(&wrong) - 8.0).abs() < 1e-9);
}

#[test]
fn a_part_that_looked_like_that_before_is_no_change() {
    let mut world = World::grass(20, 20);
    world.want(5..15, 5..15, "CS2.1.2", 4.0);
    assert_eq!(reason(&world.decide(), 8, 8), Reason::ChangeImagery);
    world.proposal.lead_before.slice_mut(s![5..15, 5..15]).fill((3.5 * MARGIN_ONE) as i16);
    let decision = world.decide();
    assert_eq!(reason(&decision, 8, 8), Reason::SeenBefore);
    assert_eq!(decision.cover[[8, 8]], cover("CS2.2.1").0);
}

#[test]
fn locked_unseen_and_unknown_cells_say_so() {
    let mut world = World::grass(12, 12);
    world.want(2..8, 2..8, "CS1.1.1.1", 3.0);
    world.locked.slice_mut(s![2..8, 2..8]).fill(1);
    world.valid[[0, 0]] = 0;
    world.prior[[0, 1]] = 0;
    world.proposal.best[[0, 1]] = cover("CS1.2.2").0;
    world.prior[[0, 2]] = 0;
    world.valid[[0, 2]] = 0;
    let decision = world.decide();
    assert_eq!(reason(&decision, 4, 4), Reason::Locked);
    assert_eq!(decision.cover[[4, 4]], cover("CS2.2.1").0);
    assert_eq!(reason(&decision, 0, 0), Reason::NoImagery);
    assert_eq!(
        (reason(&decision, 0, 1), decision.cover[[0, 1]]),
        (Reason::NoPrior, cover("CS1.2.2").0)
    );
    assert_eq!((reason(&decision, 0, 2), decision.cover[[0, 2]]), (Reason::Outside, 0));
}

#[test]
fn ground_that_was_always_so_does_not_hide_the_change_beside_it_in_one_object() {
    let mut world = World::grass(20, 40);
    world.want(4..16, 4..34, "CS2.1.2", 4.0);
    world.proposal.lead_before.slice_mut(s![4..16, 4..14]).fill((3.5 * MARGIN_ONE) as i16);
    // Single cells say little.
    world.proposal.lead_before[[9, 24]] = (3.5 * MARGIN_ONE) as i16;
    let decision = world.decide();
    let shrub = cover("CS2.1.2").0;
    assert_eq!(reason(&decision, 8, 8), Reason::SeenBefore);
    assert_eq!((decision.cover[[8, 8]], decision.cover[[8, 20]]), (cover("CS2.2.1").0, shrub));
    assert_eq!((reason(&decision, 9, 24), decision.cover[[9, 24]]), (Reason::ChangeImagery, shrub));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// A territory of noisy lots, some of which want something, were seen before, are hidden, locked
    /// or without prior, with buildings.
    #[test]
    fn blocks_and_runs_decide_what_cells_decide(
        rows in 8_usize..40, cols in 8_usize..40, side in 3_usize..30, lot in 3_u64..12, seed: u64,
    ) {
        let at = |k: u64, r: usize, c: usize| draw(seed ^ k, r as u64, c as u64);
        let of_lot = |k: u64, size: u64, r: usize, c: usize| {
            draw(seed ^ k, r as u64 / size, c as u64 / size)
        };
        let covers = ["CS2.2.1", "CS2.1.1.1", "CS1.1.1.1", "CS1.1.1.2"].map(|code| cover(code).0);
        let dim = (rows, cols);
        let lots = (cols as u64).div_ceil(lot);
        let mut world = World::grass(rows, cols);
        world.object = Array2::from_shape_fn(dim, |(r, c)| {
            if of_lot(1, lot, r, c) % 12 == 0 { return 0; }
            1 + (r as u64 / lot * lots + c as u64 / lot) as u32 / 2
        });
        world.prior = world.object.mapv(|object| match object {
            0 => 0,
            object => u16::from(covers[draw(seed, u64::from(object), 2) as usize % 4]) << 8 | 1,
        });
        let wants = |(r, c): (usize, usize)| {
            of_lot(3, 7, r, c) % 2 == 0 && at(4, r, c) % 40 != 0 || at(5, r, c) % 30 == 0
        };
        world.proposal.best = Array2::from_shape_fn(dim, |(r, c)| {
            covers[of_lot(6, 9, r, c) as usize % 4]
        });
        world.proposal.margin = Array2::from_shape_fn(dim, |(r, c)| {
            let is_other = u16::from(world.proposal.best[[r, c]]) != world.prior[[r, c]] >> 8;
            if is_other && wants((r, c)) { 20 + (at(7, r, c) % 200) as i16 } else { 0 }
        });
        world.proposal.support = Array2::from_shape_fn(dim, |(r, c)| (at(8, r, c) % 4) as u8);
        world.proposal.lead_before = Array2::from_shape_fn(dim, |(r, c)| {
            (of_lot(9, 6, r, c) % 3) as i16 * 40 + (at(10, r, c) % 60) as i16 - 70
        });
        world.proposal.certainty = Array2::from_shape_fn(dim, |(r, c)| (at(11, r, c) % 100) as u8 + 100);
        world.proposal.certainty_prior = Array2::from_shape_fn(dim, |(r, c)| (at(12, r, c) % 100) as u8);
        world.valid = Array2::from_shape_fn(dim, |(r, c)| u8::from(of_lot(13, 8, r, c) % 9 != 0));
        world.locked = Array2::from_shape_fn(dim, |(r, c)| u8::from(of_lot(14, 5, r, c) % 15 == 0));
        world.buildings = Some(Array2::from_shape_fn(dim, |(r, c)| u8::from(of_lot(15, 6, r, c) % 3 == 0)));
        let decided = world.decide_in_blocks(side);
        prop_assert_eq!(decided, world.decide_in_blocks(64));
    }

    #[test]
    fn decisions_do_not_depend_on_threads(seed: u64) {
        let mut stream = SplitMix64::new(seed);
        let mut world = World::grass(60, 60);
        for id in 2..9_u32 {
            let (r, c) = (stream.below(45) as usize, stream.below(45) as usize);
            world.object(r..r + 12, c..c + 12, id, ["CS2.2.1", "CS2.1.1.1"][stream.below(2) as usize]);
        }
        for code in ["CS1.1.1.1", "CS1.1.1.2", "CS2.1.3"] {
            let (r, c) = (stream.below(40) as usize, stream.below(40) as usize);
            world.want(r..r + 10, c..c + 14, code, 2.0);
        }
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| world.decide())
        };
        prop_assert_eq!(run(1), run(2));
    }
}
