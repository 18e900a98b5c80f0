use ndarray::{Array2, Axis, s};
use proptest::prelude::*;

use super::*;
use crate::regularise::capture::tests::{SmallWorld, worlds};

fn settled(codes: &Array2<u16>, block: usize) -> Array2<u16> {
    let mut state = CellState { codes: Plane::of(codes.view()), changed: None };
    let mut widths = Widths::new(codes.dim(), &SmallWorld, Some(block));
    widths.settle(&mut state, &CellMasks::default(), None, &SmallWorld);
    state.codes.to_array()
}

/// A field (1) with a rectangle of another code on it.
fn field_with(
    rows: std::ops::Range<usize>,
    cols: std::ops::Range<usize>,
    code: u16,
) -> Array2<u16> {
    let mut codes = Array2::from_elem((16, 24), 1);
    codes.slice_mut(s![rows, cols]).fill(code);
    codes
}

#[test]
fn a_strip_of_its_width_stays_and_a_narrower_one_goes() {
    let wide = field_with(4..8, 0..24, 2);
    assert_eq!(settled(&wide, 100), wide);
    let narrow = field_with(4..6, 0..24, 2);
    assert_eq!(settled(&narrow, 100), Array2::from_elem((16, 24), 1));
}

#[test]
fn a_strip_between_two_fields_is_shared_in_the_middle() {
    let mut codes = field_with(7..9, 0..24, 3);
    codes.slice_mut(s![9.., ..]).fill(2);
    let shared = settled(&codes, 100);
    assert_eq!(shared.slice(s![..8, ..]), Array2::from_elem((8, 24), 1));
    assert_eq!(shared.slice(s![8.., ..]), Array2::from_elem((8, 24), 2));
}

#[test]
fn right_angles_stay_and_a_long_thin_arm_is_cut_off_near_its_root() {
    let mut codes = field_with(4..12, 2..10, 2);
    assert_eq!(settled(&codes, 100), codes);
    codes.slice_mut(s![7..9, 10..22]).fill(2);
    // Three steps from the last core, which is in the last column of the square but one.
    let mut expected = field_with(4..12, 2..10, 2);
    expected.slice_mut(s![7..9, 10..12]).fill(2);
    assert_eq!(settled(&codes, 100), expected);
}

#[test]
fn buildings_are_never_narrow_and_take_nothing() {
    let mut codes = field_with(4..6, 0..24, 6);
    assert_eq!(settled(&codes, 100), codes);
    codes.slice_mut(s![6..16, ..]).fill(6);
    codes.slice_mut(s![8..10, ..]).fill(2);
    assert_eq!(settled(&codes, 100), codes, "the strip among buildings has no taker");
}

/// Whether a cell is wide by the definition of the module, on the cells themselves.
fn wide_by_search(codes: &Array2<u16>) -> Array2<bool> {
    let diameter = |code: u16| SmallWorld.min_width(code).saturating_sub(1) as usize;
    let is_core = |at: (usize, usize), code: u16| {
        let d = diameter(code);
        codes.indexed_iter().all(|(other, &theirs)| {
            let squared = at.0.abs_diff(other.0).pow(2) + at.1.abs_diff(other.1).pow(2);
            theirs == code || 4 * squared > d * d
        })
    };
    let mut wide = Array2::from_shape_fn(codes.dim(), |at| is_core(at, codes[at]));
    let longest = (1..8).map(diameter).max().unwrap();
    for step in 1..=longest {
        let before = wide.clone();
        for ((row, col), &code) in codes.indexed_iter() {
            let sides = [
                (row.wrapping_sub(1), col),
                (row, col.wrapping_sub(1)),
                (row + 1, col),
                (row, col + 1),
            ];
            let reached = sides
                .iter()
                .any(|&to| codes.get(to) == Some(&code) && before.get(to) == Some(&true));
            wide[(row, col)] |= reached && step <= diameter(code);
        }
    }
    wide
}

fn quarter_turn(codes: &Array2<u16>) -> Array2<u16> {
    let mut turned = codes.t().to_owned();
    turned.invert_axis(Axis(1));
    turned
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn blocks_of_any_size_give_the_same(codes in worlds(), block in 1..12_usize) {
        prop_assert_eq!(settled(&codes, block), settled(&codes, 1000));
    }

    #[test]
    fn wide_cells_are_those_of_the_definition_and_stay(codes in worlds()) {
        let wide = wide_by_search(&codes);
        let mut widths = Widths::new(codes.dim(), &SmallWorld, Some(7));
        widths.mark_narrow(&Plane::of(codes.view()), None);
        let narrow = widths.narrow.to_array();
        let after = settled(&codes, 100);
        for (at, &code) in codes.indexed_iter() {
            prop_assert_eq!(narrow[at], code != 0 && !wide[at], "at {:?}", at);
            prop_assert!(!wide[at] || after[at] == code, "wide cell moved at {:?}", at);
        }
        // What was given is wide where it went, by the definition.
        let wide_after = wide_by_search(&after);
        for (at, &code) in codes.indexed_iter().filter(|(at, code)| after[*at] != **code) {
            prop_assert!(wide_after[at], "{} given at {:?} is narrow", code, at);
        }
    }

    #[test]
    fn turned_and_mirrored_rasters_give_the_same_turned(codes in worlds()) {
        prop_assert_eq!(settled(&quarter_turn(&codes), 100), quarter_turn(&settled(&codes, 100)));
        let mirrored = codes.slice(s![.., ..;-1]).to_owned();
        let after = settled(&codes, 100);
        prop_assert_eq!(settled(&mirrored, 100), after.slice(s![.., ..;-1]).to_owned());
    }
}
