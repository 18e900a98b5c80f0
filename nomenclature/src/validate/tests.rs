use super::*;

/// A correct document; each test breaks one thing in it.
const GOOD: &str = "\
format: 1
id: own-2024
title: Own
version: \"1\"
source: [a test]
nests_in: ocsge-2-0
classes:
  cs:
    - { code: A, label: all }
    - { code: A1, label: trees, parent: A, nests_in: CS2.1.1.1, colour: \"#00ff00\" }
    - { code: A2, label: grass, parent: A, nests_in: CS2.2.1 }
  us:
    - { code: U1, label: farm, nests_in: US1.1, min_area_m2: 500 }
couples:
  unlisted: refuse
  allowed:
    A2: [U1]
";

/// The faults of the document after one replacement, as `line:column key: what; got; expected`.
fn faults(from: &str, to: &str) -> Vec<String> {
    assert!(GOOD.contains(from), "{from}");
    let problems = nomenclature(&GOOD.replace(from, to)).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

fn hint(from: &str, to: &str) -> Option<String> {
    nomenclature(&GOOD.replace(from, to)).unwrap_err()[0].hint.clone()
}

#[test]
fn the_correct_document_is_read() {
    let own = nomenclature(GOOD).unwrap();
    assert_eq!(own.leaves(Dimension::Cover), [ClassId(2), ClassId(3)]);
    let grass = own.class(Dimension::Cover, ClassId(3)).unwrap();
    assert_eq!(grass.colour.to_string(), "#ccf24d", "inherited from CS2.2.1");
    assert_eq!(own.class(Dimension::Usage, ClassId(1)).unwrap().min_area_m2, Some(500.0));
    let couple = |cs| Couple { cs: ClassId(cs), us: ClassId(1) };
    assert_eq!(own.couple_allowed(couple(3)), crate::CoupleStatus::Allowed);
    assert_eq!(own.couple_allowed(couple(2)), crate::CoupleStatus::Forbidden);
}

#[test]
fn an_unknown_parent_is_located_with_the_nearest_code() {
    assert_eq!(
        faults("label: grass, parent: A,", "label: grass, parent: B,"),
        ["line 11, column 33: `classes.cs[2].parent`: unknown parent; got `B`"]
    );
    let long = GOOD.replace("code: A,", "code: ABCD,").replace("parent: A,", "parent: ABCE,");
    let problems = nomenclature(&long).unwrap_err();
    let unknown: Vec<_> = problems.iter().filter(|p| p.what == "unknown parent").collect();
    assert_eq!(unknown.iter().map(|p| p.line).collect::<Vec<_>>(), [10, 11]);
    assert_eq!(unknown[0].hint.as_deref(), Some("did you mean `ABCD`?"));
}

#[test]
fn a_cycle_is_reported_once_with_its_codes() {
    let ring = faults("{ code: A, label: all }", "{ code: A, label: all, parent: A2 }");
    assert_eq!(
        ring[0],
        "line 9, column 30: `classes.cs[0].parent`: a cycle of parents; got `A -> A2 -> A`; \
         expected a chain of parents that ends at a class without `parent`"
    );
    assert_eq!(ring.iter().filter(|fault| fault.contains("cycle")).count(), 1);
    let own = faults("label: farm,", "label: farm, parent: U1,");
    assert!(own[0].contains("got `U1 -> U1`"), "{own:?}");
}

#[test]
fn a_duplicate_code_is_located_and_names_the_first() {
    assert_eq!(
        faults("code: A2", "code: a1"),
        [
            "line 11, column 9: `classes.cs[2].code`: duplicate code; got `a1`",
            "line 17, column 5: `couples.allowed.A2`: a couple with an unknown code; got `A2`"
        ]
    );
    assert_eq!(
        hint("code: A2", "code: a1").as_deref(),
        Some("it is the code of `classes.cs[1]` already")
    );
}

#[test]
fn an_alias_that_is_another_class_is_refused() {
    assert_eq!(
        faults("label: trees,", "label: trees, aliases: [A2],"),
        ["line 10, column 33: `classes.cs[1].aliases`: an alias that means another class too; \
          got `A2`"]
    );
}

#[test]
fn a_bad_colour_is_located() {
    assert_eq!(
        faults("\"#00ff00\"", "green"),
        ["line 10, column 65: `classes.cs[1].colour`: bad colour: not a colour of the form \
          `#rrggbb`; got `green`; expected `\"#rrggbb\"`, quoted, six hexadecimal digits"]
    );
}

#[test]
fn a_couple_with_an_unknown_or_inner_code_is_located() {
    assert_eq!(
        faults("A2: [U1]", "A3: [U1]"),
        ["line 17, column 5: `couples.allowed.A3`: a couple with an unknown code; got `A3`"]
    );
    assert_eq!(
        faults("A2: [U1]", "A2: [U1, U2]"),
        ["line 17, column 14: `couples.allowed.A2[1]`: a couple with an unknown code; got `U2`"]
    );
    assert_eq!(
        faults("A2: [U1]", "A: [U1]"),
        ["line 17, column 5: `couples.allowed.A`: a couple with a class that is no leaf; got `A`"]
    );
    assert_eq!(
        faults("A2: [U1]", "A2: [U1]\n  forbidden: { A2: [U1] }"),
        ["line 18, column 21: `couples.forbidden.A2[0]`: a couple listed twice; got `U1`"]
    );
}

#[test]
fn a_nested_leaf_without_an_ocs_ge_leaf_is_located() {
    assert_eq!(
        faults(", nests_in: CS2.2.1", ""),
        ["line 11, column 9: `classes.cs[2].code`: a leaf that nests in no leaf of `ocsge-2-0`; \
          got `A2`; expected `nests_in: CODE`, or `unmapped: REASON`"]
    );
    assert!(nomenclature(&GOOD.replace("nests_in: CS2.2.1", "unmapped: unclear")).is_ok());
    assert_eq!(
        faults("nests_in: CS2.2.1", "nests_in: CS2.2"),
        ["line 11, column 44: `classes.cs[2].nests_in`: nests in a class that is no leaf of \
          `ocsge-2-0`; got `CS2.2`"]
    );
    assert_eq!(
        faults("nests_in: CS2.2.1", "nests_in: CS2.2.3"),
        ["line 11, column 44: `classes.cs[2].nests_in`: nests in an unknown class of \
          `ocsge-2-0`; got `CS2.2.3`"]
    );
    assert_eq!(
        hint("nests_in: CS2.2.1", "nests_in: CS2.2.3").as_deref(),
        Some("did you mean `CS2.2.2`?")
    );
    let both = faults("nests_in: CS2.2.1", "nests_in: CS2.2.1, unmapped: unclear");
    assert!(both[0].contains("both `unmapped` and a class to nest in"), "{both:?}");
    let inner = faults("{ code: A, label: all }", "{ code: A, label: all, nests_in: CS2.2.1 }");
    assert!(inner[0].contains("a class that is no leaf cannot nest"), "{inner:?}");
}

#[test]
fn a_correction_needs_its_reason() {
    let to = "nests_in: CS2.2.2, corrected: CS2.2.1";
    assert_eq!(
        faults("nests_in: CS2.2.1", to),
        ["line 11, column 63: `classes.cs[2].corrected`: a correction of a published value \
          without its reason; expected a `note` that says why"]
    );
    assert!(nomenclature(&GOOD.replace("nests_in: CS2.2.1", &format!("{to}, note: why"))).is_ok());
}

#[test]
fn a_wrong_type_or_unknown_key_in_one_class_does_not_hide_the_others() {
    let text = GOOD
        .replace("min_area_m2: 500", "min_area_m2: large")
        .replace("label: grass", "lable: grass")
        .replace("\"#00ff00\"", "green");
    let problems = nomenclature(&text).unwrap_err();
    let shown: Vec<(usize, usize, &str)> =
        problems.iter().map(|p| (p.line, p.column, p.key.as_str())).collect();
    assert_eq!(
        shown,
        [
            (10, 65, "classes.cs[1].colour"),
            (11, 19, "classes.cs[2]"),
            (13, 62, "classes.us[0].min_area_m2"),
        ]
    );
    assert!(problems[1].what.starts_with("unknown field `lable`"));
    assert_eq!(problems[1].hint.as_deref(), Some("did you mean `label`?"));
    assert_eq!(problems[2].what, "invalid type: string \"large\", expected f64");
}

#[test]
fn an_unknown_key_of_the_document_is_located_with_the_nearest() {
    let text = GOOD.replace("title: Own", "tilte: Own");
    let problems = nomenclature(&text).unwrap_err();
    assert_eq!((problems[0].line, problems[0].column), (3, 1));
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `title`?"));
}

#[test]
fn all_missing_keys_are_reported_at_once() {
    let problems = nomenclature("format: 1\n").unwrap_err();
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "line 1, column 1: `id`: a missing key",
            "line 1, column 1: `title`: a missing key",
            "line 1, column 1: `version`: a missing key",
            "line 1, column 1: `source`: a missing key",
            "line 1, column 1: `classes`: no class at all; expected `cs` or `us` classes",
        ]
    );
}

#[test]
fn a_cell_value_stands_for_one_class() {
    let text = GOOD.replace("label: trees,", "label: trees, value: 3,");
    let problems = nomenclature(&text.replace("label: grass,", "label: grass, value: 3,"));
    assert_eq!(
        problems.unwrap_err()[0].to_string(),
        "line 11, column 33: `classes.cs[2].value`: a cell value of another class; got `3`"
    );
}

#[test]
fn the_head_is_checked() {
    assert_eq!(
        faults("format: 1", "format: 2"),
        ["line 1, column 1: `format`: this form of document is not read; got `2`; expected `1`"]
    );
    assert!(faults("id: own-2024", "id: Own 2024")[0].contains("`id`: bad id; got `Own 2024`"));
    assert_eq!(
        hint("nests_in: ocsge-2-0", "nests_in: ocsge-2").as_deref(),
        Some("did you mean `ocsge-2-0`?")
    );
    let own = faults("nests_in: ocsge-2-0", "nests_in: own-2024");
    assert!(own[0].contains("cannot nest in itself"), "{own:?}");
    let area = faults("min_area_m2: 500", "min_area_m2: -5");
    assert!(area[0].contains("bad area; got `-5`"), "{area:?}");
}

#[test]
fn an_aggregate_of_an_unknown_class_or_of_itself_is_refused() {
    let unknown = faults("label: farm,", "label: farm, aggregate_of: [U7],");
    assert!(unknown[0].contains("unknown member of an aggregate; got `U7`"), "{unknown:?}");
    let own = faults("label: farm,", "label: farm, aggregate_of: [U1],");
    assert!(own[0].contains("an aggregate of itself or of an aggregate"), "{own:?}");
}

#[test]
fn a_dimension_holds_at_most_254_classes() {
    let many = (0..255).map(|n| format!("    - {{ code: X{n}, label: x, unmapped: test }}\n"));
    let text = GOOD.replace("  us:\n", &(many.collect::<String>() + "  us:\n"));
    let problems = nomenclature(&text).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "line 263, column 7: `classes.cs[254]`: too many classes; got `258`; expected at most 254"
    );
}

#[test]
fn every_built_in_document_is_correct() {
    for id in Nomenclature::builtin_ids() {
        let own = Nomenclature::builtin(id).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(own.id(), *id);
    }
}

#[test]
fn built_in_documents_have_the_stated_number_of_leaves() {
    let counts = |id: &str| {
        let own = Nomenclature::builtin(id).unwrap();
        (own.leaves(Dimension::Cover).len(), own.leaves(Dimension::Usage).len())
    };
    assert_eq!(counts("ocsge-1-1"), (14, 17));
    assert_eq!(counts("cnig-extended"), (14 + 18, 20 + 3));
    assert_eq!(counts("ocs2d-hdf-2021"), (33, 53));
    assert_eq!(counts("geobretagne-2019"), (25, 34));
    assert_eq!(counts("ocsid-example"), (14, 20 + 7));
    assert_eq!(counts("flair-1"), (19, 0));
    assert_eq!(counts("flair-hub"), (19, 0));
}

#[test]
fn ocs2d_lists_701_of_1749_couples_and_reports_the_others() {
    let ocs2d = Nomenclature::builtin("ocs2d-hdf-2021").unwrap();
    assert_eq!(ocs2d.couples_listed(), 701);
    let status = |cs, us| {
        let cs = ocs2d.find(Dimension::Cover, cs).unwrap();
        let us = ocs2d.find(Dimension::Usage, us).unwrap();
        ocs2d.couple_allowed(Couple { cs, us })
    };
    assert_eq!(status("CS6.3.0", "US1.1.3"), crate::CoupleStatus::Allowed);
    assert_eq!(status("CS3.2.2", "US1.1.3"), crate::CoupleStatus::Unlisted);
}
