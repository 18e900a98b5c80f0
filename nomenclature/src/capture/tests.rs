use super::*;

fn couple(nomenclature: &Nomenclature, cs: &str, us: &str) -> Couple {
    Couple {
        cs: nomenclature.find(Dimension::Cover, cs).unwrap(),
        us: nomenclature.find(Dimension::Usage, us).unwrap(),
    }
}

#[test]
fn ocs_ge_units_depend_on_the_cover_and_on_the_zone_construite() {
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let units = CaptureRules::builtin("ocsge-2-0").unwrap().compile(&ocsge).unwrap();
    let built = couple(&ocsge, "CS1.1.1.1", "US5");
    let grass = couple(&ocsge, "CS2.2.1", "US5");
    assert_eq!((units.min_area_m2(built, true), units.min_area_m2(built, false)), (200.0, 200.0));
    assert_eq!((units.min_area_m2(grass, true), units.min_area_m2(grass, false)), (500.0, 2500.0));
}

#[test]
fn ocs_ge_widths_are_5_for_networks_20_for_forestry_and_10_elsewhere() {
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let units = CaptureRules::builtin("ocsge-2-0").unwrap().compile(&ocsge).unwrap();
    let width_m = |cs, us| units.min_width_m(couple(&ocsge, cs, us));
    let (road, wood, wild, house) = (
        width_m("CS1.1.1.2", "US4.1.1"),
        width_m("CS2.1.1.1", "US1.2"),
        width_m("CS2.1.1.1", "US6.3"),
        width_m("CS1.1.1.1", "US5"),
    );
    assert_eq!((road, wood, wild, house), (5.0, 20.0, 10.0, 0.0));
    let rules = units.rules();
    assert_eq!((rules.isolated_built_from_m2, rules.isolated_built_to_m2), (50.0, 200.0));
}

#[test]
fn a_class_with_a_unit_of_its_own_keeps_it() {
    let ocs2d = Nomenclature::builtin("ocs2d-hdf-2021").unwrap();
    let units = CaptureRules::builtin("ocsge-2-0").unwrap().compile(&ocs2d).unwrap();
    let area_m2 = |cs, us| units.min_area_m2(couple(&ocs2d, cs, us), false);
    let (built, isolated, meadow) = (
        area_m2("CS1.1.1", "US5.1.1"),
        area_m2("CS6.1.1", "US5.4.0"),
        area_m2("CS6.1.1", "US1.1.1"),
    );
    assert_eq!((built, isolated, meadow), (50.0, 50.0, 300.0));
    assert!(units.is_built(couple(&ocs2d, "CS1.1.1", "US5.1.1").cs));
    assert!(units.is_network(couple(&ocs2d, "CS1.1.2", "US4.2.2").us));
}

#[test]
fn wrong_figures_and_codes_are_located() {
    let text = TEXTS[0]
        .replace("other_min_width_m: 10", "other_min_width_m: -10")
        .replace("[US1.2]", "[US1.9]")
        .replace("to_m2: 200", "to_m2: 20");
    let problems = CaptureRules::from_yaml(&text).unwrap_err();
    let shown: Vec<(usize, &str)> = problems.iter().map(|p| (p.line, p.key.as_str())).collect();
    assert_eq!(
        shown,
        [(13, "silvicultural_usages[0]"), (21, "other_min_width_m"), (23, "isolated_built_to_m2")]
    );
}
