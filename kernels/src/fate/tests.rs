use proptest::prelude::*;

use super::*;

const FIELD: ClassId = ClassId(1);
const YARD: ClassId = ClassId(2);
const WOOD: ClassId = ClassId(3);
const LAKE: ClassId = ClassId(4);
const NONE: ClassId = ClassId::NODATA;

fn ground(codes: &[(ClassId, ClassId, i128)]) -> Ground {
    let area = codes.iter().map(|code| code.2).sum();
    Ground { area, codes: codes.iter().map(|&(b, a, area)| ((b, a), area)).collect() }
}

/// The verdict of a field that is said to be a yard.
fn of(codes: &[(ClassId, ClassId, i128)]) -> Fate {
    fate(&ground(codes), Some(FIELD), Some(YARD), FateRules::default())
}

#[test]
fn ground_that_took_the_proposed_code_is_applied_though_its_outline_moved() {
    assert_eq!(of(&[(FIELD, YARD, 100)]), Fate::Applied { share: 1.0 });
    assert_eq!(of(&[(FIELD, YARD, 90), (FIELD, FIELD, 10)]), Fate::Applied { share: 0.9 });
}

#[test]
fn a_part_is_stated_with_its_share() {
    assert_eq!(of(&[(FIELD, YARD, 89), (FIELD, FIELD, 11)]), Fate::Partly { share: 0.89 });
    assert_eq!(of(&[(FIELD, YARD, 10), (FIELD, WOOD, 90)]), Fate::Partly { share: 0.1 });
}

#[test]
fn ground_that_kept_its_code_was_ignored_and_a_third_code_supersedes() {
    assert_eq!(of(&[(FIELD, FIELD, 100)]), Fate::Ignored);
    assert_eq!(of(&[(FIELD, FIELD, 91), (FIELD, YARD, 9)]), Fate::Ignored);
    assert_eq!(of(&[(FIELD, FIELD, 50), (FIELD, WOOD, 50)]), Fate::Ignored, "no more than kept");
    assert_eq!(of(&[(FIELD, FIELD, 40), (FIELD, WOOD, 60)]), Fate::Superseded { by: WOOD });
    let two = [(FIELD, LAKE, 40), (FIELD, WOOD, 40), (FIELD, FIELD, 20)];
    assert_eq!(of(&two), Fate::Superseded { by: WOOD }, "of equals the first");
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
    assert_eq!(why(of(&[(WOOD, YARD, 60), (FIELD, YARD, 40)])), Unassessable::OtherCodeBefore);
    let silent = fate(&ground(&[(FIELD, YARD, 1)]), Some(FIELD), None, FateRules::default());
    assert_eq!(why(silent), Unassessable::NoProposal);
}

#[test]
fn ground_that_was_right_before_is_not_looked_at() {
    assert_eq!(of(&[(YARD, YARD, 80), (FIELD, YARD, 20)]), Fate::Applied { share: 1.0 });
    assert_eq!(of(&[(YARD, YARD, 80), (FIELD, FIELD, 20)]), Fate::Ignored);
}

#[test]
fn a_correction_that_names_no_code_to_correct_takes_what_was_there() {
    let mixed = ground(&[(FIELD, YARD, 50), (WOOD, YARD, 50)]);
    let got = fate(&mixed, None, Some(YARD), FateRules::default());
    assert_eq!(got, Fate::Applied { share: 1.0 });
}

proptest! {
    #[test]
    fn the_verdict_does_not_depend_on_the_scale_of_areas(
        areas in prop::collection::vec((0_u8..5, 0_u8..5, 1_i128..1000), 0..8),
        factor in 1_i128..1_000_000,
    ) {
        let codes: BTreeMap<_, _> =
            areas.iter().map(|&(b, a, area)| ((ClassId(b), ClassId(a)), area)).collect();
        let area = codes.values().sum();
        let one = Ground { area, codes: codes.clone() };
        let many = Ground {
            area: area * factor,
            codes: codes.into_iter().map(|(key, area)| (key, area * factor)).collect(),
        };
        let judge = |ground| fate(ground, Some(FIELD), Some(YARD), FateRules::default());
        match (judge(&one), judge(&many)) {
            (Fate::Applied { share: a }, Fate::Applied { share: b })
            | (Fate::Partly { share: a }, Fate::Partly { share: b }) => {
                prop_assert!((a - b).abs() < 1e-9);
            }
            (a, b) => prop_assert_eq!(a, b),
        }
    }

    #[test]
    fn more_ground_with_the_proposed_code_never_makes_a_verdict_worse(
        kept in 0_i128..1000, third in 0_i128..1000, now in 0_i128..1000, more in 0_i128..1000,
    ) {
        let rank = |fate: Fate| match fate {
            Fate::Applied { .. } => 2,
            Fate::Partly { .. } => 1,
            _ => 0,
        };
        let with = |now| of(&[(FIELD, FIELD, kept), (FIELD, WOOD, third), (FIELD, YARD, now)]);
        prop_assert!(rank(with(now + more)) >= rank(with(now)));
    }
}
