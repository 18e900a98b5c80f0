use super::*;

fn table(id: &str) -> (Nomenclature, ArtificialTable) {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let table = RuleSet::builtin(id).unwrap().compile(&nomenclature).unwrap();
    (nomenclature, table)
}

/// The artificial couples of OCS GE, as (cover code, usage code).
fn artificial(id: &str) -> Vec<(String, String)> {
    let (nomenclature, table) = table(id);
    let mut couples = Vec::new();
    for cs in nomenclature.leaves(Dimension::Cover) {
        for us in nomenclature.leaves(Dimension::Usage) {
            if table.is_artificial(Couple { cs, us }) {
                let cover = nomenclature.code(Dimension::Cover, cs).to_owned();
                couples.push((cover, nomenclature.code(Dimension::Usage, us).to_owned()));
            }
        }
    }
    couples
}

const HERBACEOUS_USAGES: [&str; 13] = [
    "US2", "US3", "US5", "US235", "US4.1.1", "US4.1.2", "US4.1.3", "US4.1.4", "US4.1.5", "US4.2",
    "US4.3", "US6.1", "US6.2",
];

#[test]
fn the_decree_makes_105_of_280_couples_artificial_and_every_cell_is_as_stated() {
    let (nomenclature, table) = table("decree-2023-1096");
    let (mut cells, mut count) = (0, 0);
    for cs in nomenclature.leaves(Dimension::Cover) {
        for us in nomenclature.leaves(Dimension::Usage) {
            let usage = nomenclature.code(Dimension::Usage, us);
            let stated = match nomenclature.code(Dimension::Cover, cs) {
                "CS1.1.1.1" | "CS1.1.1.2" | "CS1.1.2.2" => true,
                "CS1.1.2.1" => usage != "US1.3",
                "CS2.2.1" | "CS2.2.2" => HERBACEOUS_USAGES.contains(&usage),
                _ => false,
            };
            let couple = Couple { cs, us };
            assert_eq!(table.is_artificial(couple), stated, "{cs:?} {usage}");
            assert!(!table.article(couple).is_empty());
            cells += 1;
            count += usize::from(stated);
        }
    }
    assert_eq!((cells, count), (280, 105));
}

#[test]
fn each_category_of_the_decree_decides_its_own_couples() {
    let (nomenclature, table) = table("decree-2023-1096");
    let article = |cs, us| {
        let cs = nomenclature.find(Dimension::Cover, cs).unwrap();
        let us = nomenclature.find(Dimension::Usage, us).unwrap();
        table.article(Couple { cs, us }).split(" (").next().unwrap().to_owned()
    };
    assert_eq!(article("CS1.1.1.1", "US5"), "R. 101-1, 1°");
    assert_eq!(article("CS1.1.1.2", "US4.1.1"), "R. 101-1, 2°");
    assert_eq!(article("CS1.1.2.1", "US3"), "R. 101-1, 3°");
    assert_eq!(article("CS2.2.1", "US5"), "R. 101-1, 4°");
    assert_eq!(article("CS1.1.2.1", "US6.1"), "R. 101-1, 5°");
    assert_eq!(article("CS1.1.2.1", "US1.3"), "R. 101-1, 6°");
    assert_eq!(article("CS1.2.2", "US6.3"), "R. 101-1, 6°");
    assert_eq!(article("CS2.2.1", "US1.1"), "R. 101-1, 7°");
    assert_eq!(article("CS2.1.1.1", "US1.2"), "R. 101-1, 8°");
    assert_eq!(article("CS2.1.2", "US6.3"), "R. 101-1, 9°");
    assert_eq!(article("CS2.1.1.3", "US5"), "R. 101-1, 10°");
}

#[test]
fn the_thresholds_of_the_decree_are_data() {
    let limits = RuleSet::builtin("decree-2023-1096").unwrap().thresholds;
    assert_eq!((limits.built_min_m2, limits.other_min_m2), (50.0, 2500.0));
    assert_eq!(limits.restored_covers, ["CS1.1.1.1"]);
    assert!(!limits.forcing);
}

#[test]
fn the_older_rule_holds_the_four_anthropised_covers_with_every_usage() {
    let couples = artificial("brute-cs11");
    assert_eq!(couples.len(), 4 * 20);
    assert!(couples.iter().all(|(cs, _)| cs.starts_with("CS1.1.")));
    assert_eq!(RuleSet::builtin("brute-cs11").unwrap().thresholds, Thresholds::default());
}

#[test]
fn sealed_ground_is_two_covers_with_every_usage() {
    let couples = artificial("impermeabilisation");
    assert_eq!(couples.len(), 2 * 20);
    assert!(couples.iter().all(|(cs, _)| cs == "CS1.1.1.1" || cs == "CS1.1.1.2"));
}

#[test]
fn nodata_and_inner_classes_are_decided_by_nothing() {
    let (nomenclature, table) = table("decree-2023-1096");
    let inner = nomenclature.find(Dimension::Cover, "CS1.1").unwrap();
    let us = nomenclature.find(Dimension::Usage, "US5").unwrap();
    for couple in
        [Couple::NODATA, Couple { cs: inner, us }, Couple { cs: ClassId(1), us: ClassId(200) }]
    {
        assert!(!table.is_artificial(couple));
        assert_eq!(table.article(couple), "");
    }
}

#[test]
fn an_unknown_rule_set_comes_with_the_nearest() {
    let error = RuleSet::builtin("decree-2023-1906").unwrap_err();
    assert_eq!(error.to_string(), "no built-in rule set is named `decree-2023-1906`");
    assert_eq!(error.hint().as_deref(), Some("did you mean `decree-2023-1096`?"));
}

const SHORT: &str = "\
format: 1
id: own
title: own
article: own
source: []
nomenclature: ocsge-2-0
rules:
  - { article: one, artificial: true, cs: [CS1.1.1.3], us: [US9] }
";

#[test]
fn every_unknown_code_of_a_rule_is_located() {
    let problems = RuleSet::from_yaml(SHORT).unwrap_err();
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "line 8, column 44: `rules[0].cs[0]`: unknown code of `ocsge-2-0`; got `CS1.1.1.3`",
            "line 8, column 61: `rules[0].us[0]`: unknown code of `ocsge-2-0`; got `US9`",
        ]
    );
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `CS1.1.1.2`?"));
    assert_eq!(problems[1].hint, None);
}

#[test]
fn a_rule_set_that_leaves_couples_undecided_is_refused() {
    let text = SHORT.replace("[CS1.1.1.3]", "[CS1.1.1.1]").replace("[US9]", "[US5]");
    let problems = RuleSet::from_yaml(&text).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "line 7, column 1: `rules`: rule set `own` leaves 279 couple(s) undecided, \
         first: CS1.1.1.1 US1.1"
    );
}

#[test]
fn a_threshold_out_of_range_is_refused_where_it_stands() {
    let text = SHORT.replace(
        "rules:",
        "thresholds: { built_min_m2: -1, other_min_m2: 0, herbaceous_max_tree_cover: 25 }\nrules:",
    );
    let problems = RuleSet::from_yaml(&text).unwrap_err();
    assert_eq!((problems[0].line, problems[0].key.as_str()), (7, "thresholds.built_min_m2"));
    assert_eq!(problems[1].got.as_deref(), Some("25"));
    assert_eq!(problems[1].expected.as_deref(), Some("0 to 1"));
}

#[test]
fn a_rule_set_holds_at_most_254_rules() {
    let text = SHORT.to_owned() + &"  - { article: x, artificial: true }\n".repeat(254);
    let problems = RuleSet::from_yaml(&text).unwrap_err();
    let many = problems.iter().find(|problem| problem.what == "too many rules").unwrap();
    assert_eq!((many.line, many.key.as_str()), (8 + 254, "rules[254]"));
}

#[test]
fn a_nested_nomenclature_is_judged_by_the_ocs_ge_leaves_it_nests_in() {
    let ocs2d = Nomenclature::builtin("ocs2d-hdf-2021").unwrap();
    let table = RuleSet::builtin("decree-2023-1096").unwrap().compile(&ocs2d).unwrap();
    let is_artificial = |cs, us| {
        let cs = ocs2d.find(Dimension::Cover, cs).unwrap();
        let us = ocs2d.find(Dimension::Usage, us).unwrap();
        table.is_artificial(Couple { cs, us })
    };
    assert!(is_artificial("CS1.1.1", "US5.4.0"));
    assert!(is_artificial("CS6.6.0", "US2.2.0"), "herbaceous, commerce");
    assert!(!is_artificial("CS1.2.1", "US1.3.1"), "a quarry");
    assert!(!is_artificial("CS2.1.1", "US3.2.5"), "a beach, not trees");
}
