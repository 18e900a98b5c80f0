use ndarray::{Array2, array};
use proptest::prelude::*;

use super::*;
use crate::label::NO_REGION;
use crate::label::tests::rasters;
use crate::plane::Plane;

/// Units by code, in the zone and outside; codes are as far apart as their numbers.
struct ByCode;

impl CaptureRule for ByCode {
    fn min_cells(&self, candidate: &Candidate) -> u64 {
        let is_in_zone = 2 * candidate.n_zone_cells > candidate.n_cells;
        if is_in_zone { 2 } else { 1 + u64::from(candidate.value) }
    }

    fn distance(&self, from: u16, to: u16) -> u32 {
        u32::from(from.abs_diff(to))
    }
}

fn uniform(codes: &Array2<u16>, min_cells: u64) -> Regularised {
    regularise(codes.clone(), &CellMasks::default(), &UniformUnit { min_cells })
}

#[test]
fn regions_are_sorted_by_all_digits_of_their_sizes_and_equal_ones_stay() {
    let sizes = [70_000, 3, 1 << 40, 3, 0, (1 << 40) + 1, 65_536];
    let regions: Vec<(u64, u32)> = sizes.into_iter().zip(0..).collect();
    let mut expected = regions.clone();
    expected.sort_unstable();
    assert_eq!(sorted(regions), expected);
    assert_eq!(sorted(vec![]), []);
}

#[test]
fn a_small_region_goes_to_the_neighbour_with_the_longest_border() {
    let codes = array![[1, 1, 2, 2], [1, 3, 2, 2], [1, 1, 2, 2]];
    let result = uniform(&codes, 2);
    assert_eq!(result.codes, array![[1, 1, 2, 2], [1, 1, 2, 2], [1, 1, 2, 2]]);
    assert_eq!(result.moved, BTreeMap::from([((3, 1), 1)]));
    assert!(result.exemptions.is_empty());
}

#[test]
fn equal_borders_are_decided_by_meaning_then_by_code() {
    let codes = array![[7, 7, 5, 2, 2]];
    let near = regularise(codes.clone(), &CellMasks::default(), &ByCode);
    // 5 is nearer to 7 than to 2; with all distances equal the lower code wins.
    assert_eq!(near.codes[(0, 2)], 7);
    assert_eq!(uniform(&codes, 2).codes, array![[7, 7, 2, 2, 2]]);
}

#[test]
fn the_smallest_goes_first_and_regions_that_come_to_touch_are_one() {
    // 9 goes first and joins the two 1s, which together reach the unit.
    let codes = array![[1, 1, 9, 1, 1], [2, 2, 2, 2, 2]];
    let result = uniform(&codes, 5);
    assert_eq!(result.codes, array![[1, 1, 1, 1, 1], [2, 2, 2, 2, 2]]);
}

#[test]
fn regions_are_merged_without_the_raster_as_with_it() {
    let codes =
        Array2::from_shape_fn((40, 40), |(r, c)| ((r / 3) * (c / 4) + r * c / 17) as u16 % 5);
    let labels = label(codes.view());
    let merged = merge(&labels, &CellMasks::default(), &ByCode);
    let whole = regularise(codes.clone(), &CellMasks::default(), &ByCode);
    assert_eq!(labels.recoded(|region| merged.codes[region]), label(whole.codes.view()));
    assert!(!whole.moved.is_empty());
}

#[test]
fn a_region_exactly_at_its_unit_stays() {
    let codes = array![[1, 1, 2, 2, 2]];
    assert_eq!(uniform(&codes, 2).codes, codes);
}

#[test]
fn a_locked_region_is_kept_and_listed() {
    let codes = array![[1, 1, 2, 3, 3]];
    let locked = array![[false, false, true, false, false]];
    let locked = Plane::of(locked.view());
    let masks = CellMasks { locked: Some(&locked), ..CellMasks::default() };
    let result = regularise(codes.clone(), &masks, &UniformUnit { min_cells: 2 });
    assert_eq!(result.codes, codes);
    let region = Candidate { value: 2, n_cells: 1, n_zone_cells: 0 };
    let reason = ExemptionReason::Locked;
    assert_eq!(result.exemptions, [Exemption { first: (0, 2), region, min_cells: 2, reason }]);
}

#[test]
fn only_changed_regions_are_merged_and_the_prior_s_own_are_listed() {
    let codes = array![[1, 2, 1, 1, 3, 1]];
    let changed = array![[false, false, false, false, true, false]];
    let changed = Plane::of(changed.view());
    let masks = CellMasks { changed: Some(&changed), ..CellMasks::default() };
    let result = regularise(codes.clone(), &masks, &UniformUnit { min_cells: 2 });
    assert_eq!(result.codes, array![[1, 2, 1, 1, 1, 1]]);
    let kept: Vec<_> = result.exemptions.iter().map(|e| (e.first, e.reason)).collect();
    assert_eq!(kept, [((0, 0), ExemptionReason::Unchanged), ((0, 1), ExemptionReason::Unchanged)]);
}

#[test]
fn a_region_alone_in_nodata_is_kept_and_listed() {
    let codes = array![[0, 0, 0], [0, 4, 0], [0, 0, 0]];
    let result = uniform(&codes, 10);
    assert_eq!(result.codes, codes);
    assert_eq!(result.exemptions[0].reason, ExemptionReason::Alone);
}

#[test]
fn the_zone_has_its_own_unit() {
    let codes = array![[3, 3, 1, 1, 1, 1, 3, 3]];
    let zone = array![[true, true, false, false, false, false, false, false]];
    let zone = Plane::of(zone.view());
    let masks = CellMasks { zone: Some(&zone), ..CellMasks::default() };
    let result = regularise(codes.clone(), &masks, &ByCode);
    assert_eq!(result.codes, array![[3, 3, 1, 1, 1, 1, 1, 1]]);
}

/// The same rule on the cells themselves, labelling anew after each merge: slow and plain.
fn merge_on_cells(mut codes: Array2<u16>, masks: [Array2<bool>; 3]) -> Array2<u16> {
    let [locked, mut changed, zone] = masks;
    loop {
        let labels = label(codes.view());
        let counts = [&locked, &changed, &zone].map(|mask| labels.count(&Plane::of(mask.view())));
        let borders = labels.borders();
        let candidate = |i: usize| Candidate {
            value: labels.regions[i].value,
            n_cells: labels.regions[i].n_cells,
            n_zone_cells: counts[2][i],
        };
        let target = |i: usize| {
            let own = borders.of_region(i).iter().filter(|b| b.neighbour != NO_REGION);
            own.min_by_key(|b| {
                let to = labels.regions[b.neighbour as usize].value;
                (Reverse(b.n_sides), ByCode.distance(candidate(i).value, to), to, b.neighbour)
            })
        };
        let mergeable = (0..labels.regions.len()).filter(|&i| {
            let is_small = candidate(i).n_cells < ByCode.min_cells(&candidate(i));
            counts[0][i] == 0 && counts[1][i] > 0 && is_small && target(i).is_some()
        });
        let Some(next) = mergeable.min_by_key(|&i| (candidate(i).n_cells, i)) else {
            return codes;
        };
        let value = labels.regions[target(next).unwrap().neighbour as usize].value;
        let raster = labels.raster();
        ndarray::Zip::from(&mut codes).and(&mut changed).and(&raster).for_each(
            |code, mark, &at| {
                if at as usize == next + 1 {
                    (*code, *mark) = (value, false);
                }
            },
        );
    }
}

fn rasters_with_masks() -> impl Strategy<Value = (Array2<u16>, [Array2<bool>; 3])> {
    rasters().prop_flat_map(|codes| {
        let dim = codes.dim();
        let mask = move |share: f64| {
            proptest::collection::vec(proptest::bool::weighted(share), dim.0 * dim.1)
                .prop_map(move |cells| Array2::from_shape_vec(dim, cells).unwrap())
        };
        (Just(codes), [mask(0.05), mask(0.7), mask(0.4)])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_graph_gives_what_the_cells_give((codes, masks) in rasters_with_masks()) {
        let planes = masks.each_ref().map(|mask| Plane::of(mask.view()));
        let [locked, changed, zone] = planes.each_ref().map(Some);
        let views = CellMasks { locked, changed, zone };
        let result = regularise(codes.clone(), &views, &ByCode);
        prop_assert_eq!(result.codes, merge_on_cells(codes.clone(), masks));
    }

    #[test]
    fn nothing_is_left_below_the_unit_but_the_listed(codes in rasters(), min_cells in 1..12_u64) {
        let result = uniform(&codes, min_cells);
        let labels = label(result.codes.view());
        let small = labels.regions.iter().filter(|r| r.n_cells < min_cells);
        let listed: Vec<_> = result.exemptions.iter().map(|e| e.first).collect();
        prop_assert_eq!(small.map(|r| r.first).collect::<Vec<_>>(), listed);
        let count = |codes: &Array2<u16>, v: u16| codes.iter().filter(|&&c| c == v).count() as i64;
        for value in 0..5 {
            let sum = |side: fn(&(u16, u16)) -> u16| {
                let own = result.moved.iter().filter(|(pair, _)| side(pair) == value);
                own.map(|(_, &n)| n as i64).sum::<i64>()
            };
            let drift = sum(|pair| pair.1) - sum(|pair| pair.0);
            prop_assert_eq!(count(&result.codes, value) - count(&codes, value), drift);
        }
    }
}
