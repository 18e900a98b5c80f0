use ndarray::{Array2, array};

use super::*;
use crate::regularise::capture::tests::SmallWorld;

/// The codes and the changed cells after the growth.
fn all_grown(
    codes: &Array2<u16>,
    changed: Option<Array2<bool>>,
    masks: &CellMasks<'_>,
) -> (Array2<u16>, Option<Array2<bool>>, Enlarged) {
    let changed = changed.map(|changed| Plane::of(changed.view()));
    let mut state = CellState { codes: Plane::of(codes.view()), changed };
    let (enlarged, edits) = enlarge(&state, masks, &SmallWorld);
    state.take(&edits, true);
    (state.codes.to_array(), state.changed.map(|changed| changed.to_array()), enlarged)
}

fn grown(codes: &Array2<u16>, changed: Option<Array2<bool>>) -> (Array2<u16>, Enlarged) {
    let (codes, _, enlarged) = all_grown(codes, changed, &CellMasks::default());
    (codes, enlarged)
}

#[test]
fn a_building_grows_away_from_roads_and_water_by_exactly_what_it_needs() {
    let codes =
        array![[1, 1, 1, 1, 1, 1], [4, 6, 6, 1, 1, 1], [4, 6, 6, 1, 1, 1], [3, 3, 3, 3, 3, 3],];
    let expected =
        array![[6, 6, 6, 1, 1, 1], [4, 6, 6, 6, 1, 1], [4, 6, 6, 6, 1, 1], [3, 3, 3, 3, 3, 3],];
    assert_eq!(grown(&codes, None), (expected, Enlarged { n_buildings: 1, n_cells: 5 }));
}

#[test]
fn a_building_without_room_stays_as_it_is() {
    let codes = array![[4, 4, 4, 4, 4], [4, 6, 6, 1, 4], [4, 6, 6, 1, 4], [4, 4, 4, 4, 4]];
    assert_eq!(grown(&codes, None), (codes, Enlarged::default()));
}

#[test]
fn a_building_that_touches_another_is_not_isolated() {
    let codes =
        array![[1, 1, 1, 1, 1, 1], [1, 6, 6, 7, 7, 1], [1, 6, 6, 7, 7, 1], [1, 1, 1, 1, 1, 1]];
    assert_eq!(grown(&codes, None), (codes, Enlarged::default()));
}

#[test]
fn buildings_that_come_to_touch_are_one() {
    // The left one meets the right one with its first cell, and together they are large enough.
    let codes = array![[3, 3, 3, 3, 3, 3, 3], [6, 6, 6, 6, 1, 6, 6], [3, 3, 3, 3, 3, 6, 6]];
    let expected = array![[3, 3, 3, 3, 3, 3, 3], [6, 6, 6, 6, 6, 6, 6], [3, 3, 3, 3, 3, 6, 6]];
    assert_eq!(grown(&codes, None), (expected, Enlarged { n_buildings: 1, n_cells: 1 }));
}

#[test]
fn locked_cells_are_not_grown_over() {
    let codes = array![[1, 6, 6, 1, 1, 1, 1], [1, 6, 6, 1, 1, 1, 1]];
    let mut locked = Array2::from_elem(codes.dim(), false);
    locked[(0, 3)] = true;
    let locked = Plane::of(locked.view());
    let masks = CellMasks { locked: Some(&locked), ..CellMasks::default() };
    let (codes, ..) = all_grown(&codes, None, &masks);
    assert_eq!(codes, array![[6, 6, 6, 1, 6, 1, 1], [6, 6, 6, 6, 6, 1, 1]]);
}

#[test]
fn with_a_prior_only_new_buildings_grow_and_their_ground_is_changed() {
    let codes = array![[1, 6, 6, 1, 1, 1], [1, 6, 6, 1, 1, 1], [1, 1, 1, 1, 1, 1]];
    let changed = |n: usize| {
        Array2::from_shape_fn((3, 6), |(r, c)| r < 2 && (1..3).contains(&c) && 2 * r + c - 1 < n)
    };
    assert_eq!(grown(&codes, Some(changed(2))).1.n_cells, 0);
    let (codes, changed, enlarged) = all_grown(&codes, Some(changed(3)), &CellMasks::default());
    assert_eq!(enlarged.n_cells, 5);
    let n_built = codes.iter().filter(|&&code| code == 6).count();
    let n_changed = changed.unwrap().iter().filter(|&&cell| cell).count();
    assert_eq!((n_built, n_changed), (9, 8));
}
