#![expect(clippy::float_cmp, reason = "areas of whole square metres are exact")]

use nomenclature::{ClassId, Couple};
use proptest::prelude::*;

use super::*;
use crate::coverage::{Limits, check};
use crate::lattice::{Ring, area_m2};

const FIELD: Couple = Couple { cs: ClassId(1), us: ClassId(1) };
const WOOD: Couple = Couple { cs: ClassId(2), us: ClassId(1) };
const BUILT: Couple = Couple { cs: ClassId(3), us: ClassId(2) };
const AS_IT_WAS: Couple = Couple::NODATA;
const SNAP: i32 = 50;

/// A rectangle in metres, counter-clockwise.
fn rectangle(x: i32, y: i32, width: i32, height: i32) -> Polygon {
    let p = |dx, dy| Point::new((x + dx) * 100, (y + dy) * 100);
    let corners = vec![p(0, 0), p(width, 0), p(width, height), p(0, height)];
    Polygon { exterior: Ring(corners), holes: vec![] }
}

/// Three squares of a hectare in a row: field, wood, built ground.
fn row_of_three() -> (Vec<Polygon>, Vec<Couple>) {
    let squares = [0, 100, 200].map(|x| rectangle(x, 0, 100, 100));
    (squares.to_vec(), vec![FIELD, WOOD, BUILT])
}

/// Applies, and checks the laws of every result.
fn apply(prior: &[Polygon], couples: &[Couple], amendments: &[Amendment]) -> Corrected {
    let corrected = amend(prior, couples, amendments, SNAP).unwrap();
    let outlines = outlines(prior, &corrected);
    let area = |all: &[Polygon]| all.iter().map(Polygon::twice_area).sum::<i128>();
    assert_eq!(area(&outlines), area(prior), "it covers what the coverage covers");
    assert_eq!(check(&outlines, None, Limits::default()).unwrap(), [], "it is a coverage");
    let mut named: Vec<u32> =
        corrected.polygons.iter().filter(|p| p.is_object).map(|p| p.from).collect();
    let n_named = named.len();
    named.dedup();
    assert_eq!(named.len(), n_named, "one polygon at most has the name of an object");
    corrected
}

fn outlines(prior: &[Polygon], corrected: &Corrected) -> Vec<Polygon> {
    let outline = |p: &Amended| p.outline.clone().unwrap_or_else(|| prior[p.from as usize].clone());
    corrected.polygons.iter().map(outline).collect()
}

/// Area in square metres, couple, origin, whether it is the object, and by whom, of each polygon.
fn rows(prior: &[Polygon], corrected: &Corrected) -> Vec<(f64, Couple, u32, bool, Vec<u32>)> {
    let areas = outlines(prior, corrected).into_iter().map(|p| area_m2(p.twice_area()));
    let row = |(area, p): (f64, &Amended)| (area, p.couple, p.from, p.is_object, p.by.clone());
    areas.zip(&corrected.polygons).map(row).collect()
}

fn one(act: Act, couple: Couple) -> Vec<Amendment> {
    vec![Amendment { act, couple }]
}

#[test]
fn without_amendment_every_polygon_is_itself() {
    let (prior, couples) = row_of_three();
    let corrected = apply(&prior, &couples, &[]);
    assert_eq!(corrected.polygons.len(), 3);
    for ((rank, polygon), couple) in (0..).zip(&corrected.polygons).zip(couples) {
        let same = Amended { outline: None, couple, from: rank, is_object: true, by: Vec::new() };
        assert_eq!(*polygon, same);
    }
}

#[test]
fn a_whole_object_has_other_codes_and_the_same_outline() {
    let (prior, couples) = row_of_three();
    let usage = Couple { cs: ClassId::NODATA, us: ClassId(5) };
    let corrected = apply(&prior, &couples, &one(Act::Recode(vec![1]), usage));
    let recoded = Couple { us: ClassId(5), ..WOOD };
    assert_eq!(corrected.polygons[1].couple, recoded);
    assert_eq!(corrected.polygons[1].by, [0]);
    assert!(corrected.polygons.iter().all(|p| p.outline.is_none()));
    assert_eq!(area_m2(corrected.changed[0]), 10_000.0);
}

#[test]
fn a_part_of_an_object_is_split_off_and_the_rest_keeps_its_name() {
    let (prior, couples) = row_of_three();
    let outline = rectangle(10, 10, 20, 30);
    let act = Act::RecodePart { within: vec![0], outline };
    let corrected = apply(&prior, &couples, &one(act, BUILT));
    assert_eq!(
        rows(&prior, &corrected)[..2],
        [(9_400.0, FIELD, 0, true, vec![]), (600.0, BUILT, 0, false, vec![0])]
    );
    assert_eq!(corrected.changed.iter().map(|&a| area_m2(a)).collect::<Vec<_>>(), [600.0]);
    assert_eq!(corrected.polygons[0].outline.as_ref().unwrap().holes.len(), 1);
}

#[test]
fn an_outline_that_leaves_a_sliver_of_an_object_means_all_of_it() {
    let (prior, couples) = row_of_three();
    let recode = |width| {
        let act = Act::RecodePart { within: vec![0], outline: rectangle(0, 0, width, 100) };
        apply(&prior, &couples, &one(act, BUILT)).polygons.len()
    };
    assert_eq!((recode(96), recode(94)), (3, 4));
}

#[test]
fn a_part_does_not_reach_beyond_the_objects_it_names() {
    let (prior, couples) = row_of_three();
    let across = rectangle(80, 0, 40, 100);
    let act = Act::RecodePart { within: vec![0], outline: across.clone() };
    let named = apply(&prior, &couples, &one(act, BUILT));
    assert_eq!(area_m2(named.changed[0]), 2_000.0);
    let act = Act::RecodePart { within: vec![], outline: across };
    let any = apply(&prior, &couples, &one(act, BUILT));
    assert_eq!(area_m2(any.changed[0]), 4_000.0);
}

#[test]
fn an_outline_a_little_off_is_drawn_onto_the_line_that_it_means() {
    let (prior, couples) = row_of_three();
    let mut outline = rectangle(50, 0, 50, 100);
    outline.exterior.0.iter_mut().for_each(|p| *p = Point::new(p.x + 31, p.y - 20));
    let act = Act::RecodePart { within: vec![], outline };
    let corrected = apply(&prior, &couples, &one(act, BUILT));
    // The side within the field is where it was drawn, the others are lines of the coverage.
    assert_eq!(area_m2(corrected.changed[0]), 4_969.0);
    assert_eq!(corrected.polygons.len(), 4);
}

#[test]
fn a_redrawn_object_takes_ground_and_gives_ground_to_the_longest_neighbour() {
    let (prior, couples) = row_of_three();
    // The wood leaves 20 m to the field in the west and takes 30 m of the built ground.
    let act = Act::Redraw { object: 1, outline: rectangle(120, 0, 110, 100) };
    let corrected = apply(&prior, &couples, &one(act, AS_IT_WAS));
    assert_eq!(
        rows(&prior, &corrected),
        [
            (12_000.0, FIELD, 0, true, vec![0]),
            (11_000.0, WOOD, 1, true, vec![0]),
            (7_000.0, BUILT, 2, true, vec![])
        ]
    );
    assert_eq!(area_m2(corrected.changed[0]), 5_000.0);
    assert_eq!(corrected.unclaimed_twice_area, 0);
}

#[test]
fn ground_that_nobody_can_take_stays_with_its_object_and_is_told() {
    let prior = vec![rectangle(0, 0, 100, 100)];
    let act = Act::Redraw { object: 0, outline: rectangle(0, 0, 60, 100) };
    let corrected = apply(&prior, &[FIELD], &one(act, AS_IT_WAS));
    assert_eq!(area_m2(corrected.unclaimed_twice_area), 4_000.0);
    assert_eq!(corrected.polygons.len(), 1);
}

#[test]
fn merged_objects_are_the_first_of_them() {
    let (prior, couples) = row_of_three();
    let corrected = apply(&prior, &couples, &one(Act::Merge(vec![1, 0]), AS_IT_WAS));
    assert_eq!(
        rows(&prior, &corrected),
        [(20_000.0, WOOD, 1, true, vec![0]), (10_000.0, BUILT, 2, true, vec![])]
    );
}

#[test]
fn a_missing_object_is_cut_out_of_all_that_lies_there() {
    let (prior, couples) = row_of_three();
    let act = Act::Insert(rectangle(90, 40, 20, 20));
    let corrected = apply(&prior, &couples, &one(act, BUILT));
    assert_eq!(
        rows(&prior, &corrected),
        [
            (9_800.0, FIELD, 0, true, vec![]),
            (400.0, BUILT, 0, false, vec![0]),
            (9_800.0, WOOD, 1, true, vec![]),
            (10_000.0, BUILT, 2, true, vec![])
        ]
    );
}

#[test]
fn cover_and_usage_of_one_object_are_two_amendments_and_one_polygon() {
    let (prior, couples) = row_of_three();
    let part = |couple| Amendment {
        act: Act::RecodePart { within: vec![0], outline: rectangle(0, 0, 50, 100) },
        couple,
    };
    let (cs, us) = (ClassId(3), ClassId(7));
    let both = [part(Couple { cs, us: ClassId::NODATA }), part(Couple { cs: ClassId::NODATA, us })];
    let corrected = apply(&prior, &couples, &both);
    assert_eq!(corrected.polygons.len(), 4);
    let part = corrected.polygons.iter().find(|p| p.couple == Couple { cs, us }).unwrap();
    assert_eq!(part.by, [0, 1]);
}

#[test]
fn of_two_amendments_of_one_place_the_later_one_holds() {
    let (prior, couples) = row_of_three();
    let recode = |cs| Amendment {
        act: Act::Recode(vec![0]),
        couple: Couple { cs: ClassId(cs), us: ClassId::NODATA },
    };
    let corrected = apply(&prior, &couples, &[recode(8), recode(9)]);
    assert_eq!(
        (corrected.polygons[0].couple.cs, &corrected.polygons[0].by),
        (ClassId(9), &vec![0, 1])
    );
}

#[test]
fn what_is_so_already_changes_nothing() {
    let (prior, couples) = row_of_three();
    let corrected = apply(&prior, &couples, &one(Act::Recode(vec![0]), FIELD));
    assert_eq!(corrected.changed, [0]);
    assert!(corrected.polygons[0].by.is_empty());
}

/// A grid of squares of 20 m, and amendments of any kind on it.
fn any_amendments() -> impl Strategy<Value = Vec<Amendment>> {
    let outline = (-10..110, -10..110, 3..60, 3..60).prop_map(|(x, y, w, h)| rectangle(x, y, w, h));
    let object = || 0_u32..25;
    let act = prop_oneof![
        prop::collection::vec(object(), 1..3).prop_map(Act::Recode),
        (prop::collection::vec(object(), 0..3), outline.clone())
            .prop_map(|(within, outline)| Act::RecodePart { within, outline }),
        (object(), outline.clone()).prop_map(|(object, outline)| Act::Redraw { object, outline }),
        prop::collection::vec(object(), 2..4).prop_map(Act::Merge),
        outline.prop_map(Act::Insert),
    ];
    let couple =
        (0_u8..4, 0_u8..4).prop_map(|(cs, us)| Couple { cs: ClassId(cs), us: ClassId(us) });
    prop::collection::vec((act, couple).prop_map(|(act, couple)| Amendment { act, couple }), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_amendments_leave_a_coverage_of_the_same_ground(amendments in any_amendments()) {
        let prior: Vec<Polygon> = (0..25).map(|i| rectangle(i % 5 * 20, i / 5 * 20, 20, 20)).collect();
        let couples: Vec<Couple> =
            (0..25).map(|i| Couple { cs: ClassId(1 + i % 3), us: ClassId(1 + i % 2) }).collect();
        let corrected = apply(&prior, &couples, &amendments);
        let untouched = corrected.polygons.iter().filter(|p| p.by.is_empty());
        for polygon in untouched {
            prop_assert_eq!(polygon.couple, couples[polygon.from as usize]);
        }
    }
}
