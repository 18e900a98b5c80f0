use ndarray::{Array2, s};

use super::*;
use crate::regularise::capture::tests::SmallWorld;
use crate::regularise::{CellMasks, capture};

/// A field with two roads of 3 cells, and a lane of one cell from the upper one to a row.
fn roads_with_lane(lane_end: usize) -> Array2<u16> {
    let mut codes = Array2::from_elem((20, 20), 1);
    codes.slice_mut(s![3..6, ..]).fill(4);
    codes.slice_mut(s![14..17, ..]).fill(4);
    codes.slice_mut(s![6..lane_end, 10]).fill(5);
    codes
}

fn captured(codes: &Array2<u16>) -> Array2<u16> {
    let plane = Plane::of(codes.view());
    capture(&plane, &CellMasks::default(), None, &SmallWorld).codes.to_array()
}

#[test]
fn a_lane_that_links_two_roads_stays_and_a_blind_one_goes() {
    let blind = roads_with_lane(12);
    assert_eq!(captured(&blind), roads_with_lane(6));
    let link = roads_with_lane(14);
    let kept = captured(&link);
    assert_eq!(n_components(&Plane::of(kept.view()), &SmallWorld), 1);
    // Its own cover is below the unit: it goes to the road that it continues.
    assert_eq!(kept, link.mapv(|code| if code == 5 { 4 } else { code }));
}

#[test]
fn a_lane_that_leaves_the_raster_or_comes_back_to_its_road_stays() {
    let leaves = roads_with_lane(14).slice(s![..12, ..]).to_owned();
    assert_eq!(captured(&leaves), leaves.mapv(|code| if code == 5 { 4 } else { code }));
    let mut loops = roads_with_lane(11);
    loops.slice_mut(s![6..11, 4]).fill(5);
    loops.slice_mut(s![10, 4..11]).fill(5);
    assert_eq!(captured(&loops), loops.mapv(|code| if code == 5 { 4 } else { code }));
}

#[test]
fn a_floating_piece_below_its_unit_goes_to_the_field() {
    let mut codes = Array2::from_elem((20, 20), 1);
    codes.slice_mut(s![8..11, 8..12]).fill(4);
    assert_eq!(captured(&codes), Array2::from_elem((20, 20), 1));
}

#[test]
fn trees_over_a_road_are_too_narrow_to_cut_it() {
    let mut codes = Array2::from_elem((20, 30), 1);
    codes.slice_mut(s![8..12, ..]).fill(4);
    codes.slice_mut(s![8..12, 14..16]).fill(2);
    assert_eq!(n_components(&Plane::of(codes.view()), &SmallWorld), 2);
    assert_eq!(captured(&codes), codes.mapv(|code| if code == 2 { 4 } else { code }));
}

#[test]
fn a_verge_between_a_road_and_a_field_goes_to_the_field() {
    let mut codes = Array2::from_elem((20, 30), 1);
    codes.slice_mut(s![8..12, ..]).fill(4);
    codes.slice_mut(s![12..14, ..]).fill(2);
    assert_eq!(captured(&codes), codes.mapv(|code| if code == 2 { 1 } else { code }));
}
