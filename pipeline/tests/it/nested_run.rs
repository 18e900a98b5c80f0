//! `millesime run` on a nested nomenclature: finer codes go through every stage, rules on attributes
//! tell them apart, and the result collapses to a vintage of OCS GE.

use std::fs;
use std::path::Path;

use kernels::lattice::Polygon;
use nomenclature::{Couple, Crosswalk, Dimension, Nomenclature};
use pipeline::io::vector::Value;
use pipeline::io::vector_writer::{Field, FieldKind};

use crate::generated::{Sample, command, features, rewrite, text};
use crate::world::layer;

/// The couple of a polygon of the prior in the finer codes.
fn finer(_: usize, couple: Couple) -> (String, String) {
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let cs = ocsge.code(Dimension::Cover, couple.cs);
    let us = ocsge.code(Dimension::Usage, couple.us);
    let fine = match (cs, us) {
        ("CS2.1.3", _) => "CS2.1.3.1",
        ("CS1.2.2", _) => "CS1.2.2.1",
        ("CS2.2.1", "US1.1") => "CS2.2.1.4",
        ("CS2.2.1", "US3" | "US5") => "CS2.2.1.2",
        ("CS2.2.1", _) => "CS2.2.1.5",
        _ => cs,
    };
    (fine.to_owned(), if us == "US1.1" { "US1.1.3" } else { us }.to_owned())
}

/// Declares every second large field a fallow; gives the fields that became one.
fn declare_fallows(from: &Path, to: &Path) -> Vec<Polygon> {
    let mut fields = Vec::new();
    let mut fallows = Vec::new();
    for (polygon, row) in features(from, &["code_cultu"]) {
        let mut crop = text(&row, "code_cultu");
        let is_arable = ["BTH", "BDH", "TRN", "MIS", "LUZ"].contains(&crop.as_str());
        if is_arable && polygon.area_m2() > 5_000.0 && fallows.len() < 2 {
            "J6S".clone_into(&mut crop);
            fallows.push(polygon.clone());
        }
        fields.push((polygon, vec![Value::from(crop.as_str())]));
    }
    layer(to, vec![Field::required("code_cultu", FieldKind::Text)], &fields);
    fallows
}

#[test]
fn finer_codes_go_through_every_stage_and_collapse_to_a_vintage_of_ocs_ge() {
    let sample = Sample::new(11);
    let prior = sample.path("sample/prior/nested.gpkg");
    rewrite(
        (&sample.path("sample/prior/OCCUPATION_SOL.gpkg"), 2018),
        (&prior, 2018),
        &|p| p,
        &finer,
    );
    let crops = sample.path("sample/evidence/nested.gpkg");
    let fallows = declare_fallows(&sample.path("sample/evidence/rpg.gpkg"), &crops);
    assert_eq!(fallows.len(), 2);
    let config = sample.path("sample/config.yaml");
    let written = fs::read_to_string(&config)
        .unwrap()
        .replace("nomenclature: ocsge-2-0", "nomenclature: cnig-extended")
        .replace("prior/OCCUPATION_SOL.gpkg", "prior/nested.gpkg")
        .replace("evidence/rpg.gpkg, layer: rpg", "evidence/nested.gpkg");
    fs::write(&config, written).unwrap();
    assert_eq!(command(&["run", config.to_str().unwrap()]), 0);

    let out = sample.path("sample/out/D011/2021");
    let rows = features(&out.join("OCCUPATION_SOL.gpkg"), &["code_cs", "code_us"]);
    let own = Nomenclature::builtin("cnig-extended").unwrap();
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let down = Crosswalk::between(&own, &ocsge).unwrap();
    let collapsed = |dimension, code: &str| {
        let id = own.collapse(dimension, code).unwrap_or_else(|| panic!("`{code}` is no leaf"));
        let class = down.map(dimension, id).unwrap_or_else(|| panic!("`{code}` nests nowhere"));
        assert!(ocsge.class(dimension, class).unwrap().leaf, "{code}");
        class
    };
    let mut fallow_m2 = 0.0;
    let mut finer_covers = 0;
    for (polygon, row) in &rows {
        let (cs, us) = (text(row, "code_cs"), text(row, "code_us"));
        let class = collapsed(Dimension::Cover, &cs);
        collapsed(Dimension::Usage, &us);
        finer_covers += usize::from(cs != ocsge.code(Dimension::Cover, class));
        fallow_m2 += if us == "US1.1.4" { polygon.area_m2() } else { 0.0 };
    }
    assert!(finer_covers > 5, "{finer_covers} of {}", rows.len());
    let declared_m2: f64 = fallows.iter().map(Polygon::area_m2).sum();
    assert!((fallow_m2 / declared_m2 - 1.0).abs() < 0.15, "{fallow_m2} of {declared_m2}");

    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["parameters"]["usage_rules"]["id"], "cnig-extended");
    assert_eq!(manifest["parameters"]["update_rules"]["id"], "ocsge-2-0");
    let journal = fs::read_to_string(out.join(".work/journal.jsonl")).unwrap();
    let update = journal
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .find(|line| line.to_string().contains("cells_by_usage_rule"))
        .unwrap();
    let by_rule = find(&update, "cells_by_usage_rule").unwrap();
    let cells_m2 = by_rule["fallow"].as_f64().unwrap() * 25.0;
    assert!((cells_m2 / declared_m2 - 1.0).abs() < 0.15, "{cells_m2} of {declared_m2}");
    assert!(by_rule["declared vine"].is_u64() && by_rule["farmed parcel"].is_u64());
    a_first_vintage_has_finer_codes_too(&sample);
}

/// Makes the vintage of a sample again without its prior, by the model of its run.
///
/// The rules of such a nomenclature also hold where nothing changed, object by object; here there
/// is no object.
fn a_first_vintage_has_finer_codes_too(sample: &Sample) {
    let (config, first) = (sample.path("sample/config.yaml"), sample.path("sample/first.yaml"));
    let text = fs::read_to_string(&config).unwrap();
    let (before, rest) = text.split_once("prior:\n").unwrap();
    let (_, after) = rest.split_once("\nimagery:").unwrap();
    fs::write(&first, format!("{before}imagery:{after}")).unwrap();
    let model = sample.path("sample/out/D011/2021/model_11_2021.json");
    let out = sample.path("first");
    let [first, model, folder] = [&first, &model, &out].map(|path| path.to_str().unwrap());
    let args = ["run", first, "--scratch", "--model", model, "--out", folder, "--to", "update"];
    assert_eq!(command(&args), 0);
    let journal = fs::read_to_string(out.join("D011/2021/.work/journal.jsonl")).unwrap();
    let mut lines = journal.lines().map(|line| serde_json::from_str(line).unwrap());
    let by_rule = lines.find_map(|line| find(&line, "cells_by_usage_rule").cloned()).unwrap();
    // The rules speak about ground whose cover the imagery alone told.
    let told = |rule: &str| by_rule[rule].as_u64().unwrap();
    assert!(told("new fallow") > 0 && told("farmed parcel") > 0, "{by_rule}");
}

/// The value of a key anywhere in a document.
fn find<'v>(value: &'v serde_json::Value, key: &str) -> Option<&'v serde_json::Value> {
    match value {
        serde_json::Value::Object(map) => {
            map.get(key).or_else(|| map.values().find_map(|value| find(value, key)))
        }
        serde_json::Value::Array(items) => items.iter().find_map(|value| find(value, key)),
        _ => None,
    }
}

#[test]
fn rules_in_the_codes_of_another_nomenclature_are_refused_with_the_key() {
    let world = crate::world::World::new();
    world.edit("nomenclature: ocsge-2-0", "nomenclature: ocs2d-hdf-2021");
    let told = world.told(&["check", "config.yaml"]);
    assert!(told.starts_with("exit code: 3"), "{told}");
    assert!(told.contains("these rules do not fit the nomenclature"), "{told}");
    assert!(told.contains("update_rules"), "{told}");
}

#[test]
fn usage_rules_of_the_users_are_an_input_and_change_the_key_of_the_update() {
    let world = crate::world::World::new();
    let mine = "format: 1\nid: mine\ntitle: mine\nsource: []\nextends: ocsge-2-0\nrules: []\n";
    fs::write(world.path("mine.yaml"), mine).unwrap();
    world.edit("# usage_rules: ocsge-2-0", "usage_rules: mine.yaml");
    let config = world.config();
    assert_eq!(config.usage_rules.id, "mine");
    assert!(config.inputs().iter().any(|path| path.ends_with("mine.yaml")));
    let update = pipeline::stage::Stage::Update;
    assert!(update.inputs(&config).iter().any(|path| path.ends_with("mine.yaml")));
    let key = update.parameters(&config);
    let rule = "rules: [{ name: water first, cover: [CS1.2.2], usage: US1.4 }]\n";
    fs::write(world.path("mine.yaml"), mine.replace("rules: []\n", rule)).unwrap();
    assert_ne!(key, update.parameters(&world.config()));
}
