//! What really exists, read by `millesime compare`: every format, old archives, merged communes,
//! and a vintage with ten known faults whose every square centimetre is accounted for.

use std::collections::BTreeMap;
use std::fs;

use crate::town::{Layer, Town, rectangle, said, texts};

#[test]
fn every_format_gives_the_same_figures() {
    let town = Town::new();
    assert_eq!(said(&town.compare("2018.gpkg", "2021.gpkg", &[])).0, 0);
    let tables = |town: &Town| {
        ["artif_commune", "couverture_commune"].map(|name| {
            let path = town.path(&format!("out/indicators/{name}.csv"));
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
    };
    let expected = tables(&town);
    for (driver, name) in
        [("FlatGeobuf", "2021.fgb"), ("GeoJSON", "2021.geojson"), ("ESRI Shapefile", "2021.shp")]
    {
        let options: &[&str] = if driver == "ESRI Shapefile" { &["ENCODING=UTF-8"] } else { &[] };
        Layer::vintage(2021).write(&town.path(name), driver, options);
        let (code, text) = said(&town.compare("2018.gpkg", name, &["--strict"]));
        assert_eq!(code, 0, "{driver}: {text}");
        assert_eq!(tables(&town), expected, "{driver}");
    }
}

#[test]
fn a_shapefile_in_latin_1_without_cpg_nor_prj_is_read_and_both_are_told() {
    let town = Town::new();
    let path = town.path("OCCUPATION_SOL.SHP");
    Layer::vintage(2021).write(&town.path("a.shp"), "ESRI Shapefile", &["ENCODING=ISO-8859-1"]);
    for (from, to) in [("a.shp", "SHP"), ("a.shx", "SHX"), ("a.dbf", "DBF")] {
        fs::rename(town.path(from), path.with_extension(to)).unwrap();
    }
    let dbf = path.with_extension("DBF");
    let mut bytes = fs::read(&dbf).unwrap();
    bytes[29] = 0; // the language of the table: not declared
    fs::write(&dbf, bytes).unwrap();
    let (code, text) = said(&town.compare("2018.gpkg", "OCCUPATION_SOL.SHP", &[]));
    assert_eq!(code, 0, "{text}");
    assert_eq!(town.figure("flux_artif"), "10000.00000");
    let rows = repairs(&town);
    assert_eq!(rows["vintage_2021/text_latin1"]["nombre"], "2");
    assert_eq!(rows["vintage_2021/crs_assumed"]["nombre"], "1");
    assert_eq!(rows["vintage_2021/bilan"]["surface_gardee"], "20000.00000");
    let (code, text) = said(&town.compare("2018.gpkg", "OCCUPATION_SOL.SHP", &["--strict"]));
    assert_eq!(code, 4);
    assert!(text.contains("OCCUPATION_SOL.SHP") && text.contains("crs_assumed 1"), "{text}");
}

#[test]
fn the_folder_of_an_unpacked_archive_is_read_and_what_is_passed_over_is_told() {
    let town = Town::new();
    let folder = "OCS-GE_2-0__GPKG_LAMB93_D011_2025-11_04/OCS-GE/1_DONNEES_LIVRAISON";
    let file = |name: &str| town.path(&format!("{folder}/{name}"));
    Layer::vintage(2021).write(&file("OCCUPATION_SOL.gpkg"), "GPKG", &[]);
    Layer::vintage(2021).write(&file("OCCUPATION_SOL.shp"), "ESRI Shapefile", &[]);
    let zone = Layer { name: "ZONE_CONSTRUITE", ..Layer::vintage(2021) };
    zone.write(&file("ZONE_CONSTRUITE.gpkg"), "GPKG", &[]);
    let archive = folder.split('/').next().unwrap();
    let (code, text) = said(&town.compare("2018.gpkg", archive, &[]));
    assert_eq!(code, 0, "{text}");
    assert_eq!(town.figure("flux_artif"), "10000.00000");
    assert_eq!(repairs(&town)["vintage_2021/format_passed_over"]["nombre"], "1");
    let manifest = fs::read_to_string(town.path("out/manifest.json")).unwrap();
    assert!(manifest.contains("\"vintage_2021/OCCUPATION_SOL.gpkg\""), "{manifest}");
}

#[test]
fn merged_communes_are_counted_as_one_and_named() {
    let town = Town::new();
    let mut layer = Layer::communes();
    layer.rows = vec![
        (rectangle(0.0, 0.0, 100.0, 100.0), texts(&["11001", "Une"])),
        (rectangle(100.0, 0.0, 200.0, 100.0), texts(&["11002", "Deux"])),
    ];
    town.replace("communes.gpkg", &layer);
    let row = r#"[{"code": "11001", "nom": "Une-et-Deux", "departement": "11", "region": "76",
        "type": "commune-actuelle", "anciensCodes": ["11002"]}]"#;
    fs::write(town.path("cog.json"), row).unwrap();
    let (code, text) = said(&town.compare("2018.gpkg", "2021.gpkg", &["--cog", "cog.json"]));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("communes mapped by the COG: 11002 -> 11001"), "{text}");
    let figures = ["commune_code", "nom", "commune_surface", "flux_artif"].map(|k| town.figure(k));
    assert_eq!(figures, ["11001", "Une-et-Deux", "20000.00000", "10000.00000"]);
    let manifest = fs::read_to_string(town.path("out/manifest.json")).unwrap();
    assert!(manifest.contains("\"cog/cog.json\"") && manifest.contains("\"from\": \"11002\""));
}

/// The rows of `repairs.csv` by role and key, each by column.
fn repairs(town: &Town) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(town.path("out/repairs.csv")).unwrap();
    let rows = reader.deserialize().map(Result::unwrap);
    rows.map(|row: BTreeMap<String, String>| (format!("{}/{}", row["role"], row["cle"]), row))
        .collect()
}

#[test]
fn a_comparison_that_fails_leaves_the_previous_result_and_one_that_succeeds_replaces_all_of_it() {
    let town = Town::new();
    assert_eq!(said(&town.compare("2018.gpkg", "2021.gpkg", &[])).0, 0);
    let out = town.path("out");
    let verified = || pipeline::manifest::Manifest::read(&out).unwrap().unwrap().verify(&out);
    let before = fs::read_to_string(out.join("manifest.json")).unwrap();
    assert_eq!(said(&town.compare("2018.gpkg", "communes.gpkg", &[])).0, 4);
    assert_eq!(fs::read_to_string(out.join("manifest.json")).unwrap(), before);
    verified().unwrap();
    Layer::vintage(2015).write(&town.path("2015.gpkg"), "GPKG", &[]);
    let (code, text) = said(&town.compare("2015.gpkg", "2018.gpkg", &["--years", "2015,2018"]));
    assert_eq!(code, 0, "{text}");
    verified().unwrap();
    assert!(out.join("DIFF_11_2018_2015.gpkg").exists());
    assert!(!out.join("DIFF_11_2021_2018.gpkg").exists(), "a file of the previous result is left");
}

#[test]
fn a_difference_does_not_overwrite_a_comparison() {
    let town = Town::new();
    assert_eq!(said(&town.compare("2018.gpkg", "2021.gpkg", &[])).0, 0);
    let diff = |out: &str| {
        let args = ["indicators", "--diff", "out/DIFF_11_2021_2018.gpkg", "--years", "2018,2021"];
        town.millesime(&[&args[..], &["--territories", "communes.gpkg", "--out", out]].concat())
    };
    let (code, text) = said(&diff("out"));
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("the result of `millesime compare`") && text.contains("--out"), "{text}");
    let flux = town.figure("flux_artif");
    assert_eq!(said(&diff("flux")).0, 0);
    assert_eq!(town.figure_in("flux", "flux_artif"), flux);
}
