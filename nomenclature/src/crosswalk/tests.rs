use super::*;

fn builtin(id: &str) -> Nomenclature {
    Nomenclature::builtin(id).unwrap()
}

/// The code that a code becomes, `-` for none.
fn becomes(from: &str, to: &str, dimension: Dimension, code: &str) -> String {
    let (from, to) = (builtin(from), builtin(to));
    let crosswalk = Crosswalk::between(&from, &to).unwrap();
    let target = crosswalk.map(dimension, from.find(dimension, code).unwrap());
    target.map_or("-".to_owned(), |id| to.code(dimension, id).to_owned())
}

#[test]
fn ocs2d_goes_to_ocs_ge_by_its_table_not_by_its_codes() {
    let becomes = |d, code| becomes("ocs2d-hdf-2021", "ocsge-2-0", d, code);
    assert_eq!(becomes(Dimension::Cover, "CS2.1.1"), "CS1.2.1");
    assert_eq!(becomes(Dimension::Usage, "US2.2.0"), "US3");
    assert_eq!(becomes(Dimension::Usage, "US7.0.0"), "US6.3");
}

#[test]
fn a_wrong_published_nesting_is_kept_and_overridden_with_its_reason() {
    let (ocs2d, ocsge) = (builtin("ocs2d-hdf-2021"), builtin("ocsge-2-0"));
    let crosswalk = Crosswalk::between(&ocs2d, &ocsge).unwrap();
    let mut corrected = 0;
    for leaf in ocs2d.leaves(Dimension::Cover) {
        let link = crosswalk.link(Dimension::Cover, leaf).unwrap();
        if let Some(published) = link.published {
            assert_eq!(ocsge.code(Dimension::Cover, published), "CS2.2.2");
            assert_eq!(ocsge.code(Dimension::Cover, link.target.unwrap()), "CS2.2.1");
            assert!(link.note.as_deref().unwrap().contains("CS2.2.1"));
            corrected += 1;
        }
    }
    assert_eq!(corrected, 8);
}

#[test]
fn an_inner_class_goes_where_all_its_leaves_go() {
    let becomes = |code| becomes("ocs2d-hdf-2021", "ocsge-2-0", Dimension::Cover, code);
    assert_eq!(becomes("CS6"), "CS2.2.1");
    assert_eq!(becomes("CS4.1"), "CS2.1.1.1");
    assert_eq!(becomes("CS4"), "-");
}

#[test]
fn both_prediction_numberings_give_the_same_cover_for_the_same_class() {
    let (one, hub, ocsge) = (builtin("flair-1"), builtin("flair-hub"), builtin("ocsge-2-0"));
    let cover = |nomenclature: &Nomenclature, value| {
        let crosswalk = Crosswalk::between(nomenclature, &ocsge).unwrap();
        let id = nomenclature.class_of_value(Dimension::Cover, value).unwrap();
        let target = crosswalk.map(Dimension::Cover, id);
        target.map(|id| ocsge.code(Dimension::Cover, id).to_owned())
    };
    assert_eq!(cover(&one, 1).as_deref(), Some("CS1.1.1.1"));
    assert_eq!(cover(&hub, 0).as_deref(), Some("CS1.1.1.1"));
    assert_eq!(cover(&one, 6).as_deref(), Some("CS2.1.1.2"));
    assert_eq!(cover(&hub, 6).as_deref(), Some("CS1.2.2"));
    assert_eq!((cover(&one, 19), cover(&hub, 18)), (None, None));
    let same = |a: &Class| hub.find(Dimension::Cover, &a.code);
    let shared = one.classes(Dimension::Cover).iter().filter_map(|a| Some((a, same(a)?)));
    let mut compared = 0;
    for (class, id) in shared {
        assert_eq!(class.colour, hub.class(Dimension::Cover, id).unwrap().colour);
        let values =
            (class.value.unwrap(), hub.class(Dimension::Cover, id).unwrap().value.unwrap());
        assert_eq!(cover(&one, values.0), cover(&hub, values.1), "{}", class.code);
        compared += 1;
    }
    assert_eq!(compared, 18);
}

#[test]
fn the_older_aggregate_and_its_members_meet() {
    assert_eq!(becomes("ocsge-1-1", "ocsge-2-0", Dimension::Usage, "US235"), "US235");
    for code in ["US235", "US2", "US3", "US5"] {
        assert_eq!(becomes("ocsge-2-0", "ocsge-1-1", Dimension::Usage, code), "US235");
    }
    assert_eq!(becomes("ocsge-2-0", "ocsge-1-1", Dimension::Cover, "CS2.2.1"), "CS2.2.1");
}

#[test]
fn going_up_a_class_that_is_still_carried_is_taken_and_a_refined_one_has_candidates() {
    assert_eq!(becomes("ocsge-2-0", "cnig-extended", Dimension::Usage, "US1.1"), "US1.1");
    assert_eq!(becomes("ocsge-2-0", "ocs2d-hdf-2021", Dimension::Cover, "CS2.1.1.3"), "-");
    let (ocsge, ocs2d) = (builtin("ocsge-2-0"), builtin("ocs2d-hdf-2021"));
    let crosswalk = Crosswalk::between(&ocsge, &ocs2d).unwrap();
    let mixed = ocsge.find(Dimension::Cover, "CS2.1.1.3").unwrap();
    let link = crosswalk.link(Dimension::Cover, mixed).unwrap();
    let codes: Vec<&str> =
        link.candidates.iter().map(|id| ocs2d.code(Dimension::Cover, *id)).collect();
    assert_eq!(codes, ["CS4.3.1", "CS4.3.2"]);
}

#[test]
fn two_nomenclatures_that_nest_in_the_same_one_meet_there() {
    let becomes = |code| becomes("geobretagne-2019", "ocs2d-hdf-2021", Dimension::Usage, code);
    assert_eq!(becomes("US4.1.3"), "US4.3.0");
    assert_eq!(becomes("US5.1.1"), "-");
}

#[test]
fn every_nested_leaf_reaches_exactly_one_ocs_ge_leaf_unless_stated() {
    let ocsge = builtin("ocsge-2-0");
    let mut unmapped = Vec::new();
    for id in Nomenclature::builtin_ids() {
        let nested = builtin(id);
        let crosswalk = Crosswalk::between(&nested, &ocsge).unwrap();
        for dimension in [Dimension::Cover, Dimension::Usage] {
            for leaf in nested.leaves(dimension) {
                let code = nested.code(dimension, leaf);
                if let Some(target) = crosswalk.map(dimension, leaf) {
                    assert!(ocsge.class(dimension, target).unwrap().leaf, "{code}");
                } else {
                    assert!(crosswalk.link(dimension, leaf).unwrap().note.is_some(), "{code}");
                    unmapped.push(code.to_owned());
                }
            }
        }
    }
    assert_eq!(unmapped, ["EXEMPLE-FORETS", "other", "undefined"]);
}

#[test]
fn there_and_back_through_any_nested_nomenclature_is_where_one_was() {
    let ocsge = builtin("ocsge-2-0");
    for id in Nomenclature::builtin_ids() {
        let nested = builtin(id);
        let up = Crosswalk::between(&ocsge, &nested).unwrap();
        let down = Crosswalk::between(&nested, &ocsge).unwrap();
        for dimension in [Dimension::Cover, Dimension::Usage] {
            for leaf in ocsge.leaves(dimension) {
                let link = up.link(dimension, leaf).unwrap();
                for finer in link.target.iter().chain(&link.candidates) {
                    let back = down.map(dimension, *finer).unwrap();
                    let home = back == leaf
                        || ocsge.expand(dimension, back).contains(&leaf)
                        || ocsge.expand(dimension, leaf).contains(&back);
                    assert!(home, "{id}: {}", ocsge.code(dimension, leaf));
                }
            }
        }
    }
}

#[test]
fn nomenclatures_that_never_meet_have_no_crosswalk() {
    let text = "format: 1\nid: own\ntitle: own\nversion: \"1\"\nsource: []\nclasses:\n  cs:\n  - { code: A, label: a }\n";
    let own = Nomenclature::from_yaml(text).unwrap();
    let error = Crosswalk::between(&own, &builtin("ocsge-2-0")).unwrap_err();
    assert_eq!(error.to_string(), "no crosswalk leads from nomenclature `own` to `ocsge-2-0`");
}

#[test]
fn nodata_leads_nowhere() {
    let ocsge = builtin("ocsge-2-0");
    let crosswalk = Crosswalk::between(&ocsge, &ocsge).unwrap();
    assert_eq!(crosswalk.map(Dimension::Cover, ClassId::NODATA), None);
    assert_eq!(crosswalk.map(Dimension::Cover, ClassId(7)), Some(ClassId(7)));
}
