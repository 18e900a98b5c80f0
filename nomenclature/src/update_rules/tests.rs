use std::collections::BTreeMap;

use super::*;

fn natures() -> Natures {
    let mut natures: Natures = Default::default();
    natures[Layer::Forest.rank()] = vec!["feuillus".into(), "Conifères".into()];
    natures[Layer::Sports.rank()] =
        vec!["Grand terrain de sport".into(), "Terrain de tennis".into()];
    natures
}

fn compiled(years: f64) -> (Nomenclature, UpdateTables) {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let rules = UpdateRules::builtin("ocsge-2-0").unwrap();
    let tables = rules.compile(&nomenclature, years, &natures()).unwrap();
    (nomenclature, tables)
}

fn cover(nomenclature: &Nomenclature, code: &str) -> ClassId {
    nomenclature.find(Dimension::Cover, code).unwrap()
}

#[test]
fn building_on_grass_is_likelier_than_the_reverse_and_sealed_ground_never_becomes_forest() {
    let (n, tables) = compiled(3.0);
    let [built, grass, trees] = ["CS1.1.1.1", "CS2.2.1", "CS2.1.1.1"].map(|code| cover(&n, code));
    let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(close(tables.transition(grass, built), 0.004));
    assert!(close(tables.transition(built, grass), 0.0005));
    assert!(close(tables.transition(built, trees), 0.0001));
}

#[test]
fn the_ways_from_a_cover_to_the_leaves_sum_to_one() {
    let (n, tables) = compiled(3.0);
    let leaves = n.leaves(Dimension::Cover);
    for &from in &leaves {
        let sum: f64 = leaves.iter().map(|&to| tables.transition(from, to)).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{from:?}: {sum}");
    }
}

#[test]
fn twice_the_years_is_the_chance_of_either_half() {
    let (n, three) = compiled(3.0);
    let (_, six) = compiled(6.0);
    let (grass, built) = (cover(&n, "CS2.2.1"), cover(&n, "CS1.1.1.1"));
    let p = three.transition(grass, built);
    assert!((six.transition(grass, built) - (2.0 * p - p * p)).abs() < 1e-12);
}

#[test]
fn terms_of_a_layer_and_of_a_nature_add_up_whatever_the_case() {
    let (n, tables) = compiled(3.0);
    let (broad, conifer) = (cover(&n, "CS2.1.1.1"), cover(&n, "CS2.1.1.2"));
    let at = |value, class| tables.evidence(Layer::Forest, value, class);
    assert_eq!((at(0, broad), at(1, broad), at(2, broad)), (-0.5, 2.0, 1.0));
    assert_eq!((at(1, conifer), at(2, conifer)), (1.0, 2.0));
}

#[test]
fn a_court_speaks_for_sealed_ground_and_a_pitch_for_grass() {
    let (n, tables) = compiled(3.0);
    let said = |value| {
        let of = |code| tables.evidence(Layer::Sports, value, cover(&n, code));
        (of("CS1.1.1.2"), of("CS2.2.1"), of("CS2.1.1.1"))
    };
    assert_eq!(said(0), (0.0, 0.0, 0.0));
    assert_eq!(said(1), (0.0, 0.5, -1.5));
    assert_eq!(said(2), (1.5, 0.0, -1.5));
    let in_cemetery = |code| tables.evidence(Layer::Cemeteries, 1, cover(&n, code));
    assert_eq!((in_cemetery("CS1.2.2"), in_cemetery("CS2.2.1")), (-2.0, 0.0));
}

#[test]
fn observed_transitions_pull_the_table_and_keep_rows_whole() {
    let (n, tables) = compiled(3.0);
    let (grass, built) = (cover(&n, "CS2.2.1"), cover(&n, "CS1.1.1.1"));
    let seen = BTreeMap::from([((grass, built), 40), ((grass, grass), 960)]);
    let moved = tables.reestimated(&seen, 1000.0);
    assert!((moved.transition(grass, built) - 0.022).abs() < 1e-12);
    // What was not observed loses: 0.0005 * 1000 / 2000.
    assert!((moved.transition(grass, cover(&n, "CS2.1.1.1")) - 0.000_25).abs() < 1e-12);
    let leaves = n.leaves(Dimension::Cover);
    let sum: f64 = leaves.iter().map(|&to| moved.transition(grass, to)).sum();
    assert!((sum - 1.0).abs() < 1e-12);
}

#[test]
fn a_way_that_no_rule_states_stays_shut_whatever_was_observed() {
    let (n, tables) = compiled(3.0);
    let (built, broad) = (cover(&n, "CS1.1.1.1"), cover(&n, "CS2.1.1.1"));
    let seen = BTreeMap::from([((built, broad), 900), ((built, built), 100)]);
    let moved = tables.reestimated(&seen, 1.0);
    assert!((moved.transition(built, broad) - tables.transition(built, broad)).abs() < 1e-15);
    assert!(moved.transition(built, built) > 0.99);
    assert!(tables.stated().all(|pair| pair != (built, broad)));
    // A stated way that was never taken falls to the floor, no further.
    let grass = cover(&n, "CS2.2.1");
    assert!((moved.transition(built, grass) - tables.transition(built, broad)).abs() < 1e-15);
}

#[test]
fn a_wrong_figure_and_a_wrong_code_are_told_with_their_place() {
    let text = TEXTS[0].replace("floor: 0.0001", "floor: 2");
    let problems = UpdateRules::from_yaml(&text).unwrap_err();
    assert_eq!((problems.len(), problems[0].line), (1, 9));
    let text = TEXTS[0].replace("cover: CS2.1.3", "cover: CS2.1.9");
    let rules = UpdateRules::from_yaml(&text).unwrap();
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let error = rules.compile(&nomenclature, 3.0, &natures()).unwrap_err();
    assert!(error.to_string().contains("CS2.1.9"), "{error}");
}
