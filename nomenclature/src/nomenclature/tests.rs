use proptest::prelude::*;

use super::*;

fn ocsge() -> Nomenclature {
    Nomenclature::builtin("ocsge-2-0").unwrap()
}

fn collapsed(dimension: Dimension, code: &str) -> Option<String> {
    let nomenclature = ocsge();
    nomenclature.collapse(dimension, code).map(|id| nomenclature.code(dimension, id).to_owned())
}

#[test]
fn ocs_ge_has_14_covers_and_20_usages_in_a_delivery() {
    let nomenclature = ocsge();
    assert_eq!(nomenclature.leaves(Dimension::Cover).len(), 14);
    assert_eq!(nomenclature.leaves(Dimension::Usage).len(), 20);
    assert_eq!(nomenclature.classes(Dimension::Cover).len(), 23);
    assert_eq!(nomenclature.classes(Dimension::Usage).len(), 24);
}

#[test]
fn a_class_id_is_its_rank_in_the_document_from_one() {
    let nomenclature = ocsge();
    let id = nomenclature.find(Dimension::Cover, "CS1.1.1.1").unwrap();
    assert_eq!(id, ClassId(4));
    let class = nomenclature.class(Dimension::Cover, id).unwrap();
    assert_eq!((class.code.as_str(), class.label.as_str()), ("CS1.1.1.1", "Zones bâties"));
    assert_eq!(class.colour.to_string(), "#ff377a");
    assert_eq!(nomenclature.code(Dimension::Cover, ClassId::NODATA), "");
    assert_eq!(nomenclature.class(Dimension::Cover, ClassId(24)), None);
}

#[test]
fn deeper_older_and_variant_codes_collapse_to_the_delivery_leaf() {
    for (code, leaf) in
        [("CS2.2.1.4", "CS2.2.1"), ("CS2.1.3.1", "CS2.1.3"), (" cs1.2.1 ", "CS1.2.1")]
    {
        assert_eq!(collapsed(Dimension::Cover, code).as_deref(), Some(leaf), "{code}");
    }
    for (code, leaf) in [
        ("US6.4", "US6.6"),
        ("US1.1.3", "US1.1"),
        ("US2.123", "US2"),
        ("US3.23.1", "US3"),
        ("US235", "US235"),
    ] {
        assert_eq!(collapsed(Dimension::Usage, code).as_deref(), Some(leaf), "{code}");
    }
}

#[test]
fn a_class_that_is_no_leaf_or_no_code_at_all_collapses_to_nothing() {
    for code in ["CS2.1.1", "CS1", "CS2.1.1.9", "CS3", "CS1.2.10", "INDETERMINE", "", "."] {
        assert_eq!(collapsed(Dimension::Cover, code), None, "{code}");
    }
    for code in ["US4", "US6.5", "US23", "US6"] {
        assert_eq!(collapsed(Dimension::Usage, code), None, "{code}");
    }
}

#[test]
fn an_unknown_code_comes_with_the_nearest() {
    let error = ocsge().resolve(Dimension::Cover, "CS1.1.1.3").unwrap_err();
    assert_eq!(error.to_string(), "cs code `CS1.1.1.3` is not in nomenclature `ocsge-2-0`");
    assert_eq!(error.hint().as_deref(), Some("did you mean `CS1.1.1.2`?"));
    assert_eq!(ocsge().resolve(Dimension::Usage, "XX1").unwrap_err().hint(), None);
}

#[test]
fn an_unknown_nomenclature_comes_with_the_nearest() {
    let error = Nomenclature::builtin("ocsge-2.0").unwrap_err();
    assert_eq!(error.to_string(), "no built-in nomenclature is named `ocsge-2.0`");
    assert_eq!(error.hint().as_deref(), Some("did you mean `ocsge-2-0`?"));
}

#[test]
fn the_tree_answers_who_is_above_and_how_far() {
    let nomenclature = ocsge();
    let cs = |code| nomenclature.find(Dimension::Cover, code).unwrap();
    let up = nomenclature.ancestors(Dimension::Cover, cs("CS2.1.1.2"));
    assert_eq!(up, [cs("CS2.1.1"), cs("CS2.1"), cs("CS2")]);
    assert!(nomenclature.is_within(Dimension::Cover, cs("CS2.1.1.2"), cs("CS2.1")));
    assert!(nomenclature.is_within(Dimension::Cover, cs("CS2.1"), cs("CS2.1")));
    assert!(!nomenclature.is_within(Dimension::Cover, cs("CS2.2.1"), cs("CS2.1")));
    let distance = |a, b| nomenclature.semantic_distance(Dimension::Cover, cs(a), cs(b));
    assert_eq!(distance("CS2.1.1.1", "CS2.1.1.1"), 0);
    assert_eq!(distance("CS2.1.1.1", "CS2.1.1.2"), 2);
    assert_eq!(distance("CS2.1.1.1", "CS2.1.2"), 3);
    assert_eq!(distance("CS1.1.1.1", "CS2.2.1"), 7);
}

#[test]
fn an_aggregate_stands_one_edge_above_its_members() {
    let nomenclature = ocsge();
    let us = |code| nomenclature.find(Dimension::Usage, code).unwrap();
    assert_eq!(
        nomenclature.expand(Dimension::Usage, us("US235")),
        [us("US2"), us("US3"), us("US5")]
    );
    assert_eq!(nomenclature.expand(Dimension::Usage, us("US3")), [us("US3")]);
    assert_eq!(nomenclature.expand(Dimension::Usage, us("US4.1")).len(), 5);
    assert!(nomenclature.expand(Dimension::Usage, ClassId::NODATA).is_empty());
    let distance = |a, b| nomenclature.semantic_distance(Dimension::Usage, us(a), us(b));
    assert_eq!((distance("US235", "US5"), distance("US5", "US235")), (1, 1));
    assert_eq!((distance("US2", "US3"), distance("US235", "US1.1")), (2, 3));
}

#[test]
fn every_couple_of_leaves_is_accepted_and_no_other() {
    let nomenclature = ocsge();
    let cs = nomenclature.find(Dimension::Cover, "CS1.2.3").unwrap();
    let us = nomenclature.find(Dimension::Usage, "US1.4").unwrap();
    assert_eq!(nomenclature.couple_policy(), CouplePolicy::Accept);
    assert_eq!(nomenclature.couple_allowed(Couple { cs, us }), CoupleStatus::Allowed);
    let inner = nomenclature.find(Dimension::Usage, "US4").unwrap();
    assert_eq!(nomenclature.couple_allowed(Couple { cs, us: inner }), CoupleStatus::Forbidden);
    assert_eq!(nomenclature.couple_allowed(Couple::NODATA), CoupleStatus::Forbidden);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn collapse_is_idempotent_and_gives_leaves(code in "(CS|US|cs)[0-9](\\.[0-9]{1,2}){0,4}") {
        let nomenclature = ocsge();
        for dimension in [Dimension::Cover, Dimension::Usage] {
            if let Some(id) = nomenclature.collapse(dimension, &code) {
                prop_assert!(nomenclature.class(dimension, id).unwrap().leaf);
                let again = nomenclature.collapse(dimension, nomenclature.code(dimension, id));
                prop_assert_eq!(again, Some(id));
            }
        }
    }

    #[test]
    fn semantic_distance_is_symmetric_and_zero_only_to_itself(a in 1u8..=24, b in 1u8..=24) {
        let nomenclature = ocsge();
        let there = nomenclature.semantic_distance(Dimension::Usage, ClassId(a), ClassId(b));
        let back = nomenclature.semantic_distance(Dimension::Usage, ClassId(b), ClassId(a));
        prop_assert_eq!(there, back);
        prop_assert_eq!(there == 0, a == b);
    }
}
