use ndarray::{Array2, array};
use proptest::prelude::*;

use super::*;
use crate::label::label;
use crate::regularise::Candidate;
use crate::regularise::oracle::{Ground, capture_on_cells};

/// Rules of a small world: 1, 2 and 3 are ground of width 4, 3 is water; 4 and 5 are roads of
/// width 3; 6 and 7 are buildings, enlarged from 4 cells to 9.
pub(crate) struct SmallWorld;

impl CaptureRule for SmallWorld {
    fn min_cells(&self, candidate: &Candidate) -> u64 {
        let is_in_zone = 2 * candidate.n_zone_cells >= candidate.n_cells;
        match (candidate.value, is_in_zone) {
            (6 | 7, _) => 9,
            (_, true) => 6,
            _ => 20,
        }
    }

    fn distance(&self, from: u16, to: u16) -> u32 {
        u32::from(from.abs_diff(to))
    }

    fn is_last_resort(&self, from: u16, to: u16) -> bool {
        self.is_network(from) && !self.is_network(to)
    }
}

impl ShapeRule for SmallWorld {
    fn min_width(&self, value: u16) -> u32 {
        match value {
            1..=3 => 4,
            4 | 5 => 3,
            _ => 0,
        }
    }

    fn is_network(&self, value: u16) -> bool {
        matches!(value, 4 | 5)
    }

    fn is_built(&self, value: u16) -> bool {
        matches!(value, 6 | 7)
    }

    fn is_free_ground(&self, value: u16) -> bool {
        matches!(value, 1 | 2)
    }

    fn isolated_built_cells(&self) -> (u64, u64) {
        (4, 9)
    }
}

/// Rasters of up to 24 rectangles of random codes, one over the other, some of nodata.
pub(crate) fn worlds() -> impl Strategy<Value = Array2<u16>> {
    let rectangle = (0..30_usize, 0..30_usize, 1..14_usize, 1..14_usize, 0..8_u16);
    (6..30_usize, 6..30_usize, proptest::collection::vec(rectangle, 1..24)).prop_map(
        |(rows, cols, rectangles)| {
            let mut codes = Array2::from_elem((rows, cols), 1);
            for (row, col, high, wide, code) in rectangles {
                let (row, col) = (row % rows, col % cols);
                let (bottom, right) = ((row + high).min(rows), (col + wide).min(cols));
                codes.slice_mut(ndarray::s![row..bottom, col..right]).fill(code);
            }
            codes
        },
    )
}

/// A world with a mask of locked cells, one of the zone, and a prior of other rectangles.
fn worlds_with_ground()
-> impl Strategy<Value = (Array2<u16>, Array2<bool>, Array2<bool>, Array2<u16>)> {
    (worlds(), worlds(), worlds(), worlds()).prop_map(|(codes, locked, zone, prior)| {
        let fit = |other: &Array2<u16>| {
            let (rows, cols) = other.dim();
            Array2::from_shape_fn(codes.dim(), |(row, col)| other[(row % rows, col % cols)])
        };
        let (locked, zone) = (fit(&locked).mapv(|c| c == 3), fit(&zone).mapv(|c| c > 2));
        let mut prior = fit(&prior);
        // Unknown ground is unknown in both.
        prior.zip_mut_with(&codes, |prior, &code| {
            if *prior == 0 || code == 0 {
                *prior = code;
            }
        });
        (codes, locked, zone, prior)
    })
}

#[test]
fn a_house_too_small_for_its_unit_is_enlarged_and_a_hut_is_merged() {
    let codes = array![
        [1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 6, 6, 1, 1, 1, 1, 1],
        [1, 1, 6, 6, 1, 1, 6, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 1],
    ];
    let result = captured(&codes);
    let expected = array![
        [1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 6, 6, 1, 1, 1, 1, 1],
        [1, 6, 6, 6, 6, 1, 1, 1, 1],
        [1, 6, 6, 6, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 1],
    ];
    assert_eq!(result.codes.to_array(), expected);
    assert_eq!(result.enlarged, Enlarged { n_buildings: 1, n_cells: 5 });
    assert_eq!(result.moved, BTreeMap::from([((1, 6), 5), ((6, 1), 1)]));
    assert!(result.is_settled);
}

#[test]
fn a_road_below_its_unit_goes_to_the_road_that_it_continues() {
    // The paved end (5) of the track (4) has most of its border with the field (1).
    let mut codes = Array2::from_elem((9, 20), 1);
    codes.slice_mut(ndarray::s![3..6, 0..16]).fill(4);
    codes.slice_mut(ndarray::s![3..6, 16..20]).fill(5);
    let result = captured(&codes);
    let expected = codes.mapv(|code| if code == 5 { 4 } else { code });
    assert_eq!(result.codes.to_array(), expected);
    assert_eq!(result.n_network_pieces, (1, 1));
}

#[test]
fn with_a_prior_a_new_strip_goes_back_and_one_within_a_wider_change_stays() {
    let prior = Array2::from_elem((12, 20), 1);
    let mut codes = prior.clone();
    codes.slice_mut(ndarray::s![.., 3..5]).fill(2);
    codes.slice_mut(ndarray::s![.., 10..12]).fill(2);
    codes.slice_mut(ndarray::s![.., 12..]).fill(3);
    let (plane, prior) = (Plane::of(codes.view()), Plane::of(prior.view()));
    let changed = plane.zip(&prior, |a, b| a != b);
    let masks = CellMasks { changed: Some(&changed), ..CellMasks::default() };
    let result = capture(&plane, &masks, Some(&prior), &SmallWorld);
    let mut expected = codes.clone();
    expected.slice_mut(ndarray::s![.., 3..5]).fill(1);
    assert_eq!(result.codes.to_array(), expected);
    assert_eq!(result.n_narrow_cells, 24);
}

/// The result of the rules without masks.
fn captured(codes: &Array2<u16>) -> Captured {
    capture(&Plane::of(codes.view()), &CellMasks::default(), None, &SmallWorld)
}

#[test]
fn a_speck_in_a_road_leaves_no_gash() {
    let mut codes = Array2::from_elem((20, 40), 1);
    codes.slice_mut(ndarray::s![7..13, ..]).fill(4);
    let whole = codes.clone();
    // One cell of road is left between the speck and the grass.
    codes.slice_mut(ndarray::s![8..10, 20..23]).fill(1);
    assert_eq!(captured(&codes).codes.to_array(), whole);
}

/// The planes of a raster, its locked cells and zone, its prior and where it differs from it.
struct Planes {
    codes: Plane<u16>,
    locked: Plane<bool>,
    zone: Plane<bool>,
    prior: Option<Plane<u16>>,
    changed: Option<Plane<bool>>,
}

impl Planes {
    fn of(
        (codes, locked, zone, prior): &(Array2<u16>, Array2<bool>, Array2<bool>, Array2<u16>),
        has_prior: bool,
    ) -> Self {
        let codes = Plane::of(codes.view());
        let prior = has_prior.then(|| Plane::of(prior.view()));
        let changed = prior.as_ref().map(|prior| codes.zip(prior, |a, b| a != b));
        Self {
            codes,
            locked: Plane::of(locked.view()),
            zone: Plane::of(zone.view()),
            prior,
            changed,
        }
    }

    fn masks(&self) -> CellMasks<'_> {
        let (locked, zone) = (Some(&self.locked), Some(&self.zone));
        CellMasks { locked, zone, changed: self.changed.as_ref() }
    }

    fn captured(&self, block: Option<usize>) -> Captured {
        let prior = self.prior.as_ref();
        capture_in_blocks(&self.codes, &self.masks(), prior, &SmallWorld, block)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn planes_in_blocks_give_what_all_cells_give_pass_by_pass(
        world in worlds_with_ground(), has_prior: bool, has_locked: bool, block in 1..12_usize,
        n_threads in 1..3_usize
    ) {
        let mut planes = Planes::of(&world, has_prior);
        if !has_locked {
            planes.locked = planes.locked.map(|_| false);
        }
        let (codes, locked, zone, prior) = &world;
        let ground = Ground {
            locked: has_locked.then_some(locked),
            zone: Some(zone),
            prior: has_prior.then_some(prior),
        };
        let (codes_on_cells, changed, n_rounds) = capture_on_cells(codes, &ground, &SmallWorld);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let result = pool.install(|| planes.captured(Some(block)));
        prop_assert_eq!(result.codes.to_array(), codes_on_cells);
        prop_assert_eq!(result.changed.map(|changed| changed.to_array()), changed);
        prop_assert_eq!(result.n_rounds, n_rounds);
    }

    #[test]
    fn the_laws_hold_after_all_rules_together(world in worlds_with_ground(), has_prior: bool) {
        let planes = Planes::of(&world, has_prior);
        let result = planes.captured(None);
        prop_assert!(result.is_settled);
        // Locked and unknown cells are as they were.
        let (codes, locked, ..) = &world;
        let cells = result.codes.to_array();
        for (at, &code) in codes.indexed_iter() {
            prop_assert!((code == 0) == (cells[at] == 0));
            prop_assert!(!locked[at] || code == cells[at]);
        }
        // No region is below its unit but the listed.
        let labels = label_plane(&result.codes);
        let in_zone = labels.count(&planes.zone);
        let below = labels.regions.iter().zip(in_zone).filter(|(region, n_zone_cells)| {
            let (value, n_cells) = (region.value, region.n_cells);
            n_cells < SmallWorld.min_cells(&Candidate { value, n_cells, n_zone_cells: *n_zone_cells })
        });
        let below: Vec<_> = below.map(|(region, _)| region.first).collect();
        prop_assert_eq!(below, result.exemptions.iter().map(|e| e.first).collect::<Vec<_>>());
        // The rules applied to their own result change nothing.
        let again = Planes { codes: result.codes.clone(), changed: result.changed, ..planes };
        let again = again.captured(None);
        prop_assert_eq!(&again.codes, &result.codes);
        prop_assert!(again.moved.is_empty() && again.n_rounds == 0);
    }

    #[test]
    fn what_is_left_of_the_network_is_as_connected_as_it_was(
        world in worlds_with_ground(), has_prior: bool
    ) {
        let result = Planes::of(&world, has_prior).captured(None);
        let network = |codes: &Array2<u16>| codes.mapv(|code| u16::from(SmallWorld.is_network(code)));
        let (was, is) = (network(&world.0), network(&result.codes.to_array()));
        let (was, is) = (label(was.view()).raster(), label(is.view()).raster());
        let mut piece_now = BTreeMap::new();
        for (at, &piece) in was.indexed_iter().filter(|(at, piece)| **piece > 0 && is[*at] > 0) {
            let now = *piece_now.entry(piece).or_insert(is[at]);
            prop_assert_eq!(now, is[at], "piece {} is cut at {:?}", piece, at);
        }
        prop_assert!(result.n_network_pieces.1 <= result.n_network_pieces.0);
    }
}
