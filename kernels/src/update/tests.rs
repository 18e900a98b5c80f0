use ndarray::{Array2, Array3, ArrayView2, s};
use nomenclature::evidence::Layer;
use nomenclature::{Couple, Dimension, Nomenclature, PredictionClasses, UpdateRules};
use proptest::prelude::*;

use super::oracle::{Cells, Decided};
use super::*;
use crate::grid::{Grid, Window};
use crate::lattice::Point;
use crate::plane::Plane;
use crate::random::{SplitMix64, draw};

fn cover(code: &str) -> ClassId {
    Nomenclature::builtin("ocsge-2-0").unwrap().find(Dimension::Cover, code).unwrap()
}

fn tables() -> UpdateTables {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let rules = UpdateRules::builtin("ocsge-2-0").unwrap();
    rules.compile(&nomenclature, 3.0, &Default::default()).unwrap()
}

/// Shares that are the same in the samples and on the ground.
fn even(shares: &[f64]) -> Shares<'_> {
    Shares { learned: shares, ground: shares }
}

/// A territory where everything is grass in one object, wants nothing and is seen well.
struct World {
    proposal: Proposal,
    prior: Array2<u16>,
    object: Array2<u32>,
    valid: Array2<u8>,
    locked: Array2<u8>,
    /// The layer of buildings, when its footprints are to be completed.
    buildings: Option<Array2<u8>>,
}

impl World {
    fn grass(rows: usize, cols: usize) -> Self {
        let grass = cover("CS2.2.1");
        Self {
            proposal: Proposal {
                best: Array2::from_elem((rows, cols), grass.0),
                margin: Array2::zeros((rows, cols)),
                certainty: Array2::from_elem((rows, cols), 200),
                certainty_prior: Array2::from_elem((rows, cols), 200),
                support: Array2::zeros((rows, cols)),
                lead_before: Array2::zeros((rows, cols)),
            },
            prior: Array2::from_elem((rows, cols), u16::from(grass.0) << 8 | 1),
            object: Array2::ones((rows, cols)),
            valid: Array2::ones((rows, cols)),
            locked: Array2::zeros((rows, cols)),
            buildings: None,
        }
    }

    /// Cells of a rectangle want a class, with a lead in natural logarithms.
    fn want(
        &mut self,
        rows: std::ops::Range<usize>,
        cols: std::ops::Range<usize>,
        code: &str,
        lead: f64,
    ) {
        let part = s![rows, cols];
        self.proposal.best.slice_mut(part).fill(cover(code).0);
        self.proposal.margin.slice_mut(part).fill((lead * MARGIN_ONE) as i16);
        self.proposal.support.slice_mut(part).fill(fuse::BY_IMAGERY);
    }

    fn object(
        &mut self,
        rows: std::ops::Range<usize>,
        cols: std::ops::Range<usize>,
        id: u32,
        code: &str,
    ) {
        let part = s![rows, cols];
        self.object.slice_mut(part).fill(id);
        self.prior.slice_mut(part).fill(u16::from(cover(code).0) << 8 | 1);
    }

    /// What the cells want, from blocks of this side.
    fn wishes(&self, params: &UpdateParams, side: usize) -> Wishes {
        let dim = self.prior.dim();
        let locked = self.locked.mapv(|locked| locked != 0);
        let of_block = |inner: Window| {
            let around = inner.grown_within(Wishes::halo(params, true), dim);
            let Window { row, col, rows, cols } = around;
            let part = s![row..row + rows, col..col + cols];
            let of = &self.proposal;
            let block = WishBlock {
                proposal: &Proposal {
                    best: of.best.slice(part).to_owned(),
                    margin: of.margin.slice(part).to_owned(),
                    certainty: of.certainty.slice(part).to_owned(),
                    certainty_prior: of.certainty_prior.slice(part).to_owned(),
                    support: of.support.slice(part).to_owned(),
                    lead_before: of.lead_before.slice(part).to_owned(),
                },
                prior: self.prior.slice(part),
                object: self.object.slice(part),
                locked: Some(locked.slice(part)),
            };
            let inner = Window { row: inner.row - row, col: inner.col - col, ..inner };
            Wishes::of_block(&block, inner, params).unwrap()
        };
        let blocks = Window::blocks(dim, side).into_iter().map(of_block).collect();
        Wishes::joined(dim, side, blocks)
    }

    /// The decision, which does not depend on blocks and is that of every rule cell by cell.
    fn decide(&self) -> Decided {
        self.decide_in_blocks(9)
    }

    fn decide_in_blocks(&self, side: usize) -> Decided {
        let footprints: Vec<_> = self.buildings.iter().map(|layer| layer.view()).collect();
        let params = UpdateParams { fringe_cells: 1, ..UpdateParams::default() };
        let units = Units { least: &|_| 20.0, outside: &|_| 20.0 };
        let (wishes, tables) = (self.wishes(&params, side), tables());
        let is_set = |cells: ArrayView2<'_, u8>| Plane::of(cells.mapv(|cell| cell != 0).view());
        let (prior, object) = (Plane::of(self.prior.view()), Plane::of(self.object.view()));
        let planes: Vec<_> = footprints.iter().map(|&layer| is_set(layer)).collect();
        let territory = Territory {
            wishes: &wishes,
            prior: &prior,
            object: &object,
            valid: &is_set(self.valid.view()),
            footprints: &planes,
            locked: Some(&is_set(self.locked.view())),
        };
        let decision = decide(&territory, &tables, &params, 14, &units).unwrap();
        let of = &self.proposal;
        let certainty = |at| {
            if decision.takes_best.get(at) { of.certainty[at] } else { of.certainty_prior[at] }
        };
        let decided = Decided {
            cover: decision.cover.to_array(),
            confidence: Array2::from_shape_fn(self.prior.dim(), certainty),
            reason: decision.reason.map(Reason::to_cell).to_array(),
            corrections: decision.corrections,
            cells: decision.cells,
        };
        let cells = Cells {
            proposal: of,
            prior: self.prior.view(),
            object: self.object.view(),
            valid: self.valid.view(),
            footprints,
            locked: self.locked.view(),
        };
        let expected = oracle::decide(&cells, &territory, (&tables, &params), 14, &units);
        assert_eq!(decided, expected);
        decided
    }
}

fn reason(decision: &Decided, row: usize, col: usize) -> Reason {
    Reason::from_cell(decision.reason[[row, col]]).unwrap()
}

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
fn reasons_keep_their_numbers_and_their_sentences_differ() {
    for (number, reason) in Reason::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(reason.to_cell()), number);
    }
    let sentences: std::collections::BTreeSet<_> =
        Reason::ALL.iter().flat_map(|r| [r.french(), r.english()]).collect();
    assert_eq!(sentences.len(), 28);
    assert_eq!(Reason::from_cell(14), None);
}

#[test]
fn opening_keeps_squares_only() {
    let codes =
        ndarray::array![[1_u16, 1, 1, 0, 2], [1, 1, 1, 1, 2], [1, 1, 1, 0, 2], [0, 3, 3, 3, 2],];
    let kept = |reach| {
        let is_kept = opening::opened(codes.dim(), |row, col| codes[[row, col]], reach);
        Array2::from_shape_fn(codes.dim(), |at| if is_kept[at] { codes[at] } else { 0 })
    };
    assert_eq!(
        kept(1),
        ndarray::array![[1_u16, 1, 1, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0],]
    );
    assert_eq!(kept(0), codes);
}

/// One cell, two learned classes: grass in the prior, built as the other.
fn one_cell(built: u8, buildings: u8, params: &UpdateParams) -> Proposal {
    one_cell_seen_before(None, built, buildings, params)
}

/// The same; `before` is the probability of a building at the prior's date.
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

/// The table of `cosia` before anything was seen.
fn believed() -> Confusion {
    let classes = PredictionClasses::builtin("cosia").unwrap();
    let table = classes.compile(&Nomenclature::builtin("ocsge-2-0").unwrap()).unwrap();
    Confusion::estimate(&table, &ConfusionCounts::new(table.n_classes(), table.width()))
}

/// The lead of a building over grass where the image hesitates, with the building predicted.
fn predicted_lead(share: u8, weight: f64) -> f64 {
    let params =
        UpdateParams { prediction_weight: weight, prior_weight: 0.0, ..UpdateParams::default() };
    let classes = [cover("CS1.1.1.1"), cover("CS2.2.1")];
    let fusion = Fusion::new(&tables(), &classes, even(&[0.5, 0.5]), &params).unwrap();
    let fusion = fusion.with_predictions(&[believed()], &[]);
    let mut probability = Array3::from_elem((2, 1, 1), 100);
    probability[[0, 0, 0]] = 155;
    let mut predicted = Array3::zeros((19, 1, 1));
    predicted[[0, 0, 0]] = share;
    let evidence = Array3::from_elem((Layer::COUNT, 1, 1), 0);
    let prior = Array2::from_elem((1, 1), Couple { cs: classes[1], us: ClassId(1) }.to_cell());
    let (imagery, valid) = (Array3::zeros((4, 1, 1)), Array2::ones((1, 1)));
    let predictions = [predicted.view()];
    let seen = Seen {
        probability: probability.view(),
        imagery: imagery.view(),
        valid: valid.view(),
        predictions: &predictions,
    };
    let block = Block { seen, earlier: None, evidence: evidence.view(), prior: prior.view() };
    let params_evidence =
        params.evidence_weight * tables().evidence(Layer::Buildings, 0, classes[0]);
    let proposal = fusion.propose(&block, Window { row: 0, col: 0, rows: 1, cols: 1 }).unwrap();
    f64::from(proposal.margin[[0, 0]]) / MARGIN_ONE - params_evidence
}

#[test]
fn a_prediction_adds_its_terms_by_its_share_and_its_weight() {
    let table = believed();
    let term = |code: &str| f64::from(table.term(0, cover(code)));
    let full = term("CS1.1.1.1") - term("CS2.2.1");
    assert!(full > 5.0, "{full}");
    let image = (155.5_f64 / 100.5).ln();
    for (share, weight) in [(255, 1.0), (255, 0.6), (204, 1.0)] {
        let lead = image + full * weight * f64::from(share) / 255.0;
        let got = predicted_lead(share, weight);
        assert!((got - lead).abs() < 0.02, "{share} at {weight}: {got}, not {lead}");
    }
}

#[test]
fn a_prediction_that_was_not_announced_or_of_other_classes_is_told() {
    let codes = [cover("CS1.1.1.1"), cover("CS2.2.1")];
    let params = UpdateParams::default();
    let fusion = Fusion::new(&tables(), &codes, even(&[0.5, 0.5]), &params).unwrap();
    let (probability, imagery) = (Array3::zeros((2, 1, 1)), Array3::zeros((4, 1, 1)));
    let (valid, evidence) = (Array2::ones((1, 1)), Array3::zeros((Layer::COUNT, 1, 1)));
    let (prior, predicted) = (Array2::zeros((1, 1)), Array3::zeros((3, 1, 1)));
    let predictions = [predicted.view()];
    let seen = Seen {
        probability: probability.view(),
        imagery: imagery.view(),
        valid: valid.view(),
        predictions: &predictions,
    };
    let block = Block { seen, earlier: None, evidence: evidence.view(), prior: prior.view() };
    let cell = Window { row: 0, col: 0, rows: 1, cols: 1 };
    let error = fusion.propose(&block, cell).unwrap_err();
    assert_eq!(error.to_string(), "predictions has shape [1], expected [0]");
    let error = fusion.with_predictions(&[believed()], &[]).propose(&block, cell).unwrap_err();
    assert_eq!(error.to_string(), "prediction has shape [3, 1, 1], expected [19, 1, 1]");
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

#[test]
fn the_key_of_a_reason_leads_back_to_it() {
    for reason in Reason::ALL {
        assert_eq!(Reason::from_key(reason.key()), Some(reason));
    }
    assert_eq!(Reason::from_key("else"), None);
}
