use std::fs;
use std::path::Path;

use super::*;
use crate::commands::init::TEMPLATE;
use crate::error::Error;

/// Every file that the template names.
const FILES: [&str; 9] = [
    "prior/OCCUPATION_SOL.gpkg",
    "imagery/rvb/b.tif",
    "imagery/rvb/a.tif",
    "imagery/irc/a.tif",
    "evidence/bdtopo.gpkg",
    "evidence/rpg.gpkg",
    "evidence/bdforet.gpkg",
    "territories/communes.gpkg",
    "territories/plu.gpkg",
];

/// A folder with the template's files, and the template after replacing one piece of text.
fn folder(replace: &str, with: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in FILES {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    assert!(TEMPLATE.contains(replace), "`{replace}` is not in the template");
    fs::write(dir.path().join("config.yaml"), TEMPLATE.replacen(replace, with, 1)).unwrap();
    dir
}

fn load(dir: &Path) -> Result<Config, Error> {
    Config::load(&dir.join("config.yaml"))
}

/// The whole message with the temporary folder's name taken out.
fn refusal(replace: &str, with: &str) -> String {
    let dir = folder(replace, with);
    let error = load(dir.path()).expect_err("the configuration is wrong");
    assert_eq!(error.exit_code(), crate::error::exit::CONFIG);
    let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    let base = dir.path().canonicalize().unwrap();
    format!("{error}{hint}").replace(&base.display().to_string(), "DIR")
}

#[test]
fn the_template_means_what_its_comments_say() {
    let dir = folder("", "");
    let config = load(dir.path()).unwrap();
    let base = dir.path().canonicalize().unwrap();
    assert_eq!(config.department.code(), "11");
    assert_eq!((config.vintage, config.years()), (2021, vec![2018, 2021]));
    assert_eq!((config.crs, config.cell_cm), (Epsg(2154), 100));
    assert_eq!(config.vintage_dir(), base.join("out/D011/2021"));
    assert_eq!(
        config.imagery.rvb,
        [base.join("imagery/rvb/a.tif"), base.join("imagery/rvb/b.tif")],
        "sorted, whatever the order on disk"
    );
    let roads = config.evidence.get(EvidenceKind::Roads).unwrap();
    assert_eq!(roads.width_field.as_deref(), Some("largeur_de_chaussee"));
    assert_eq!(roads.width_m, Some(5.0));
    assert_eq!(config.update, UpdateParams::default());
    assert_eq!(config.inputs().len(), FILES.len());
    assert_eq!(
        config.shown(&config.prior.as_ref().unwrap().layer.path),
        "prior/OCCUPATION_SOL.gpkg"
    );
}

#[test]
fn evidence_is_optional_and_stays_in_the_order_of_the_cube() {
    let start = TEMPLATE.find("  buildings:").unwrap();
    let end = TEMPLATE.find("  crops:").unwrap();
    let dir = folder(&TEMPLATE[start..end], "");
    let config = load(dir.path()).unwrap();
    let kinds: Vec<_> = config.evidence.layers.iter().map(|layer| layer.kind).collect();
    assert_eq!(
        kinds,
        [EvidenceKind::Crops, EvidenceKind::Forest, EvidenceKind::Cemeteries, EvidenceKind::Sports]
    );
}

#[test]
fn an_unknown_key_comes_with_the_nearest_known_one() {
    insta::assert_snapshot!(refusal("  irc: [", "  icr: ["));
}

#[test]
fn a_department_may_be_typed_without_quotes() {
    for (typed, code) in [("11", "11"), ("01", "01"), ("2a", "2A")] {
        let dir = folder("\"11\"", typed);
        assert_eq!(load(dir.path()).unwrap().department.code(), code);
    }
}

#[test]
fn a_department_that_does_not_exist_is_refused() {
    insta::assert_snapshot!(refusal("\"11\"", "\"20\""));
}

#[test]
fn a_crs_of_another_department_is_refused() {
    insta::assert_snapshot!(refusal("crs: EPSG:2154", "crs: EPSG:2975"));
}

#[test]
fn a_cell_too_fine_or_off_the_lattice_is_refused() {
    insta::assert_snapshot!(refusal("cell_m: 1.0", "cell_m: 0.05"));
    assert!(refusal("cell_m: 1.0", "cell_m: 0.333").contains("whole centimetres"));
    assert!(refusal("cell_m: 1.0", "cell_m: .nan").contains("NaN"));
}

#[test]
fn a_vintage_before_its_prior_is_refused() {
    insta::assert_snapshot!(refusal("vintage: 2018", "vintage: 2021"));
}

#[test]
fn a_missing_file_is_located() {
    insta::assert_snapshot!(refusal("evidence/rpg.gpkg", "evidence/rgp.gpkg"));
}

#[test]
fn a_pattern_without_a_match_is_located_in_its_list() {
    insta::assert_snapshot!(refusal("imagery/irc/*.tif", "imagery/irc/*.jp2"));
}

#[test]
fn imagery_of_the_prior_s_date_is_optional_and_located() {
    let plain = folder("", "");
    assert_eq!(load(plain.path()).unwrap().imagery_before(), None);
    let commented = "  # imagery: { rvb: [imagery_2018/rvb/*.tif], irc: [imagery_2018/irc/*.tif] }";
    let both = "  imagery: { rvb: [imagery/rvb/*.tif], irc: [imagery/irc/*.tif] }";
    let dir = folder(commented, both);
    let config = load(dir.path()).unwrap();
    assert_eq!(config.imagery_before(), Some(&config.imagery));
    assert_eq!(config.images().count(), 6);
    insta::assert_snapshot!(refusal(commented, &commented.replace("# ", "")));
}

#[test]
fn heights_are_above_the_ground_or_a_surface_and_its_ground() {
    let commented = "  # mnh: [imagery/mnh/*.tif]";
    let with = |heights: &str| folder(commented, &format!("  {heights}"));
    let heights = |dir: &tempfile::TempDir| load(dir.path()).unwrap().imagery.heights.unwrap();
    let above = heights(&with("mnh: [imagery/rvb/*.tif]"));
    assert_eq!((above.surface.len(), above.ground.len()), (2, 0));
    let pair = heights(&with("mns: [imagery/rvb/*.tif]\n  mnt: [imagery/irc/*.tif]"));
    assert_eq!((pair.surface.len(), pair.ground.len()), (2, 1));
    insta::assert_snapshot!(refusal(commented, "  mns: [imagery/rvb/*.tif]"));
    insta::assert_snapshot!(refusal(
        commented,
        "  mnh: [imagery/rvb/*.tif]\n  mnt: [imagery/irc/*.tif]"
    ));
}

#[test]
fn network_and_virtual_paths_are_refused() {
    insta::assert_snapshot!(refusal("prior/OCCUPATION_SOL.gpkg", "/vsicurl/http://host/a.gpkg"));
    assert!(refusal("territories/plu.gpkg", "https://host/a.gpkg").contains("not read"));
}

#[test]
fn a_parameter_out_of_range_is_located() {
    insta::assert_snapshot!(refusal("out: out", "out: out\nupdate: { whole_share: 1.5 }"));
}

#[test]
fn what_to_deliver_is_read_and_an_imprint_that_cannot_be_is_located() {
    let with = |text: &str| format!("out: out\ndelivery: {{ archives: [zip], {text} }}");
    let dir = folder("out: out", &with("product: OCS-GE, edition: 2025-06-30"));
    let orders = load(dir.path()).unwrap().delivery;
    assert_eq!(orders.archives, [super::Form::Zip].into());
    assert_eq!(orders.imprint.product, "OCS-GE");
    let told = refusal("out: out", &with("edition: 2025-02-30"));
    assert!(told.contains("key       `delivery.edition`"), "{told}");
    let told = refusal("out: out", "out: out\ndelivery: { shapefiles: true }");
    assert!(told.contains("key       `delivery.shapefiles`"), "{told}");
    let told = refusal("out: out", "out: out\ndelivery: { archives: [rar] }");
    assert!(told.contains("delivery.archives"), "{told}");
}

#[test]
fn a_missing_configuration_points_at_init() {
    let error = Config::load(Path::new("nowhere/config.yaml")).unwrap_err();
    assert_eq!(error.exit_code(), crate::error::exit::CONFIG);
    assert!(error.hint().unwrap().contains("millesime init"));
}

#[test]
fn an_unknown_nomenclature_or_rule_set_comes_with_those_there_are() {
    insta::assert_snapshot!(refusal("nomenclature: ocsge-2-0", "nomenclature: ocsge-2.0"));
    insta::assert_snapshot!(refusal("rules: decree-2023-1096", "rules: decree-2023-1069"));
}

#[test]
fn a_nomenclature_of_the_users_is_checked_at_its_own_lines() {
    let dir = folder("nomenclature: ocsge-2-0", "nomenclature: own.yaml");
    fs::write(dir.path().join("own.yaml"), "format: 1\nid: own\ntitel: Own\n").unwrap();
    let error = load(dir.path()).unwrap_err();
    assert_eq!(error.exit_code(), crate::error::exit::CONFIG);
    assert!(error.to_string().contains("own.yaml:3:1"), "{error}");
}

#[test]
fn an_overridden_threshold_reaches_the_rule_set() {
    let dir = folder("out: out", "out: out\nthresholds: { other_min_m2: 0, forcing: false }");
    let config = load(dir.path()).unwrap();
    assert!(config.rules.thresholds.other_min_m2.abs() < f64::EPSILON);
    assert!((config.rules.thresholds.built_min_m2 - 50.0).abs() < f64::EPSILON);
    assert_eq!(config.artificial.thresholds(), &config.rules.thresholds);
}
