use proptest::prelude::*;

use super::*;

const FIELD: ClassId = ClassId(1);
const YARD: ClassId = ClassId(2);
const WOOD: ClassId = ClassId(3);
const LAKE: ClassId = ClassId(4);
const NONE: ClassId = ClassId::NODATA;

fn cover(cs: ClassId) -> Couple {
    Couple { cs, us: NONE }
}

/// A couple whose usage the corrections of these tests must not look at.
fn on_map(cs: ClassId) -> Couple {
    Couple { cs, us: ClassId(7) }
}

/// Ground by its covers before and after, of a correction to a yard.
fn ground(stated: ClassId, codes: &[(ClassId, ClassId, i128)]) -> Ground {
    let mut ground = Ground::default();
    for &(before, after, area) in codes {
        let seen = Seen::of_codes((on_map(before), on_map(after)), cover(stated), cover(YARD));
        ground.add(seen, area);
    }
    ground
}

/// The verdict of a field that is said to be a yard.
fn of(codes: &[(ClassId, ClassId, i128)]) -> Fate {
    fate(&ground(FIELD, codes), FateRules::default())
}

#[test]
fn ground_that_took_the_proposed_code_is_applied_though_its_outline_moved() {
    assert_eq!(of(&[(FIELD, YARD, 100)]), Fate::Applied);
    assert_eq!(of(&[(FIELD, YARD, 90), (FIELD, FIELD, 10)]), Fate::Applied);
}

#[test]
fn a_part_is_applied_whatever_became_of_the_rest() {
    assert_eq!(of(&[(FIELD, YARD, 89), (FIELD, FIELD, 11)]), Fate::Partly);
    assert_eq!(of(&[(FIELD, YARD, 10), (FIELD, WOOD, 90)]), Fate::Partly);
    let part = ground(FIELD, &[(FIELD, YARD, 30), (FIELD, FIELD, 45), (YARD, YARD, 25)]);
    assert_eq!((part.fixed, part.wrong(), part.right), (30, 75, 25));
}

#[test]
fn ground_that_kept_its_code_was_ignored_and_a_third_code_supersedes() {
    assert_eq!(of(&[(FIELD, FIELD, 100)]), Fate::Ignored);
    assert_eq!(of(&[(FIELD, FIELD, 91), (FIELD, YARD, 9)]), Fate::Ignored);
    assert_eq!(of(&[(FIELD, FIELD, 50), (FIELD, WOOD, 50)]), Fate::Ignored, "no more than kept");
    let by_wood = Fate::Superseded { by: cover(WOOD) };
    assert_eq!(of(&[(FIELD, FIELD, 40), (FIELD, WOOD, 60)]), by_wood);
    let two = [(FIELD, LAKE, 40), (FIELD, WOOD, 40), (FIELD, FIELD, 20)];
    assert_eq!(of(&two), by_wood, "of equals the first");
}

#[test]
fn what_cannot_be_assessed_says_why() {
    let why = |fate| match fate {
        Fate::NotAssessable(why) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(of(&[])), Unassessable::NoGround);
    assert_eq!(why(of(&[(FIELD, YARD, 49), (FIELD, NONE, 51)])), Unassessable::NotCovered);
    assert_eq!(why(of(&[(YARD, YARD, 91), (FIELD, YARD, 9)])), Unassessable::AlreadyRight);
    assert_eq!(why(of(&[(YARD, WOOD, 100)])), Unassessable::AlreadyRight);
    assert_eq!(why(of(&[(WOOD, YARD, 60), (FIELD, YARD, 40)])), Unassessable::OtherCodeBefore);
}

#[test]
fn ground_that_was_right_before_is_not_looked_at() {
    assert_eq!(of(&[(YARD, YARD, 80), (FIELD, YARD, 20)]), Fate::Applied);
    assert_eq!(of(&[(YARD, YARD, 80), (FIELD, FIELD, 20)]), Fate::Ignored);
}

#[test]
fn a_correction_that_names_no_code_to_correct_takes_what_was_there() {
    let mixed = ground(NONE, &[(FIELD, YARD, 50), (WOOD, YARD, 50)]);
    assert_eq!(fate(&mixed, FateRules::default()), Fate::Applied);
}

#[test]
fn a_missing_object_needs_both_of_its_codes() {
    let couple = |cs, us| Couple { cs, us: ClassId(us) };
    let seen = |after| Seen::of_codes((couple(FIELD, 1), after), Couple::NODATA, couple(YARD, 2));
    let wrong = |now| Seen::Wrong { is_as_stated: true, now };
    assert_eq!(seen(couple(YARD, 2)), wrong(Now::Fixed));
    assert_eq!(seen(couple(FIELD, 1)), wrong(Now::Kept));
    assert_eq!(seen(couple(YARD, 1)), wrong(Now::Other(couple(YARD, 1))));
    assert_eq!(seen(Couple { cs: YARD, us: NONE }), Seen::Unknown);
}

#[test]
fn an_outline_is_followed_where_the_object_gains_and_loses_what_it_should() {
    let (own, next) = (on_map(FIELD), on_map(WOOD));
    let wrong = |now| Seen::Wrong { is_as_stated: true, now };
    let gained = |is, after| Seen::of_outline(true, (false, is), (next, after));
    assert_eq!(gained(true, own), wrong(Now::Fixed));
    assert_eq!(gained(false, next), wrong(Now::Kept));
    assert_eq!(gained(false, on_map(LAKE)), wrong(Now::Other(on_map(LAKE))));
    let lost = |is, after| Seen::of_outline(false, (true, is), (own, after));
    assert_eq!(lost(false, next), wrong(Now::Fixed));
    assert_eq!(lost(true, own), wrong(Now::Kept));
    assert_eq!(lost(true, on_map(LAKE)), wrong(Now::Kept), "recoded, and still in the object");
    assert_eq!(Seen::of_outline(true, (true, false), (own, next)), Seen::Right);
    assert_eq!(gained(true, Couple::NODATA), Seen::Unknown);
}

proptest! {
    #[test]
    fn the_verdict_depends_on_shares_and_not_on_the_scale_or_order_of_areas(
        codes in prop::collection::vec((0_u8..5, 0_u8..5, 1_i128..1000), 0..8),
        factor in 1_i128..1_000_000,
    ) {
        let codes = codes.iter().map(|&(b, a, area)| (ClassId(b), ClassId(a), area));
        let one = ground(FIELD, &codes.clone().collect::<Vec<_>>());
        let many = codes.rev().map(|(b, a, area)| (b, a, factor * area)).collect::<Vec<_>>();
        let many = ground(FIELD, &many);
        prop_assert_eq!(factor * one.fixed, many.fixed);
        prop_assert_eq!(one.all, one.unknown + one.right + one.wrong());
        let rules = FateRules::default();
        prop_assert_eq!(fate(&one, rules), fate(&many, rules));
    }

    #[test]
    fn more_ground_with_the_proposed_code_never_makes_a_verdict_worse(
        kept in 0_i128..1000, third in 0_i128..1000, now in 0_i128..1000, more in 0_i128..1000,
    ) {
        let rank = |fate: Fate| match fate {
            Fate::Applied => 2,
            Fate::Partly => 1,
            _ => 0,
        };
        let with = |now| of(&[(FIELD, FIELD, kept), (FIELD, WOOD, third), (FIELD, YARD, now)]);
        prop_assert!(rank(with(now + more)) >= rank(with(now)));
    }
}
