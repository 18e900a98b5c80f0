use super::*;

#[test]
fn the_tree_of_ocs_ge_is_printed_whole() {
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    insta::assert_snapshot!(text(&ocsge, &[Dimension::Cover, Dimension::Usage], true));
}

#[test]
fn the_leaves_of_a_nested_nomenclature_show_where_they_nest() {
    let ocs2d = Nomenclature::builtin("ocs2d-hdf-2021").unwrap();
    insta::assert_snapshot!(text(&ocs2d, &[Dimension::Cover], false));
}

#[test]
fn the_decree_is_shown_as_rules_and_as_the_matrix_of_its_couples() {
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let decree = RuleSet::builtin("decree-2023-1096").unwrap();
    insta::assert_snapshot!(rules_text(&decree, &ocsge).unwrap());
}
