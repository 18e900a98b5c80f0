//! `millesime compare` on files that are not what they must be: exit code 4, a message that says
//! where, got, expected and what to do, and nothing published.

use std::fs;

use crate::town::{Layer, Town, polygon, said, texts};

/// Runs the comparison of the town's vintages, which must fail as a fault of an input.
fn refused(town: &Town, (before, after): (&str, &str), parts: &[&str]) {
    let (code, text) = said(&town.compare(before, after, &[]));
    assert_eq!(code, 4, "{text}");
    for part in ["error: ", "hint: "].iter().chain(parts) {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
    assert!(!town.path("out/manifest.json").exists());
    assert!(!town.path("out/DIFF_11_2021_2018.gpkg").exists());
}

const VINTAGES: (&str, &str) = ("2018.gpkg", "2021.gpkg");

/// Replaces the newer vintage by this layer and expects it to be refused.
fn refused_vintage(layer: &Layer, parts: &[&str]) {
    let town = Town::new();
    town.replace("2021.gpkg", layer);
    let mut all = vec!["2021.gpkg", "layer `OCCUPATION_SOL`", "got  ", "expected  "];
    all.extend(parts);
    refused(&town, VINTAGES, &all);
}

#[test]
fn the_town_itself_is_right() {
    let town = Town::new();
    let (code, text) = said(&town.compare("2018.gpkg", "2021.gpkg", &["--strict"]));
    assert_eq!(code, 0, "{text}");
    assert_eq!(town.figure("flux_artif"), "10000.00000");
}

#[test]
fn another_crs() {
    let layer = Layer { epsg: Some(32631), ..Layer::vintage(2021) };
    refused_vintage(&layer, &["EPSG:32631", "EPSG:2154", "ogr2ogr -t_srs EPSG:2154"]);
}

#[test]
fn an_empty_layer() {
    let layer = Layer { rows: Vec::new(), ..Layer::vintage(2021) };
    refused_vintage(&layer, &["no polygon", "0 features", "at least one polygon"]);
}

#[test]
fn a_vintage_elsewhere() {
    let town = Town::new();
    let mut layer = Layer::vintage(2021);
    for (rank, row) in (0..).zip(&mut layer.rows) {
        let x = 50_000.0 + 100.0 * f64::from(rank);
        row.0 = crate::town::rectangle(x, 0.0, x + 100.0, 100.0);
    }
    town.replace("2021.gpkg", &layer);
    let parts = ["2021.gpkg", "does not meet vintage 2018", "700000,6230000", "650000,6230000"];
    refused(&town, VINTAGES, &parts);
}

#[test]
fn territories_elsewhere() {
    let town = Town::new();
    let mut layer = Layer::communes();
    layer.rows[0].0 = crate::town::rectangle(9e4, 0.0, 9.1e4, 100.0);
    town.replace("communes.gpkg", &layer);
    refused(&town, VINTAGES, &["communes.gpkg", "does not meet the newest vintage", "740000"]);
}

#[test]
fn a_wrong_year_and_swapped_years() {
    let parts = ["another year", "feature 1", "`millesime` 2015 on 2 features", "2021, the year"];
    refused_vintage(&Layer::vintage(2015), &parts);
    let parts = ["2021.gpkg", "feature 1", "`millesime` 2021", "2018, the year", "swapped"];
    refused(&Town::new(), ("2021.gpkg", "2018.gpkg"), &parts);
    let town = Town::new();
    let (code, text) = said(&town.compare("2018.gpkg", "2021.gpkg", &["--years", "2021,2018"]));
    assert_eq!(code, 2, "{text}");
}

#[test]
fn unknown_codes() {
    let layer = Layer::vintage(2021).with(1, "code_cs", "CS1.1.1.9");
    let parts = ["feature 2", "1 of 4", "`CS1.1.1.9` (1)", "nearest code is `CS1.1.1."];
    refused_vintage(&layer, &parts);
}

#[test]
fn no_code_at_all() {
    for column in ["code_cs", "code_us"] {
        let layer = Layer::vintage(2021).with(0, column, "").with(1, column, "");
        let dimension = column.trim_start_matches("code_");
        refused_vintage(&layer, &[&format!("has a `{dimension}` code"), "2 features, all without"]);
    }
}

#[test]
fn a_missing_column() {
    let mut layer = Layer::vintage(2021);
    layer.columns[1] = "cover_class";
    refused_vintage(&layer, &["lacks a column", "`cover_class`", "`code_cs`", "`couverture`"]);
}

#[test]
fn a_coordinate_that_is_not_a_number() {
    let town = Town::new();
    let mut layer = Layer::vintage(2021);
    layer.rows[1].0 = polygon(&[(100.0, 0.0), (200.0, 0.0), (154.625, 50.0), (100.0, 100.0)]);
    town.replace("2021.gpkg", &layer);
    town.poison("2021.gpkg", 154.625);
    let place = ["2021.gpkg", "layer `OCCUPATION_SOL`", "feature 2"];
    let parts = [&place[..], &["is not a number", "EPSG:2154", "finite coordinates"]].concat();
    refused(&town, VINTAGES, &parts);
}

#[test]
fn territories_without_codes_or_with_an_empty_one() {
    let town = Town::new();
    let mut layer = Layer::communes();
    layer.columns[0] = "numero";
    town.replace("communes.gpkg", &layer);
    let parts = ["communes.gpkg", "layer `communes`", "no codes", "`numero`", "`insee`"];
    refused(&town, VINTAGES, &parts);
    town.replace("communes.gpkg", &Layer::communes().with(0, "insee", ""));
    refused(&town, VINTAGES, &["communes.gpkg", "feature 1", "no code", "`11001`"]);
}

#[test]
fn a_half_written_geopackage() {
    let town = Town::new();
    let whole = fs::read(town.path("2021.gpkg")).unwrap();
    for percent in [1, 40, 90] {
        fs::write(town.path("2021.gpkg"), &whole[..whole.len() * percent / 100]).unwrap();
        refused(&town, VINTAGES, &["2021.gpkg", "got  "]);
    }
}

#[test]
fn a_half_written_shapefile_or_one_that_lost_its_dbf() {
    let town = Town::new();
    Layer::vintage(2021).write(&town.path("2021.shp"), "ESRI Shapefile", &["ENCODING=UTF-8"]);
    let whole = fs::read(town.path("2021.shp")).unwrap();
    for percent in [1, 40, 90] {
        fs::write(town.path("2021.shp"), &whole[..whole.len() * percent / 100]).unwrap();
        refused(&town, ("2018.gpkg", "2021.shp"), &["2021.shp", "got  "]);
    }
    fs::write(town.path("2021.shp"), whole).unwrap();
    fs::remove_file(town.path("2021.dbf")).unwrap();
    refused(&town, ("2018.gpkg", "2021.shp"), &["2021.shp", "lacks a column", "the .dbf of this"]);
}

#[test]
fn a_format_that_gdal_cannot_read_here_and_a_packed_archive() {
    let town = Town::new();
    fs::write(town.path("2021.7z"), "7z").unwrap();
    refused(&town, ("2018.gpkg", "2021.7z"), &["2021.7z", "still packed", "7z x"]);
    if gdal::DriverManager::get_driver_by_name("Parquet").is_err() {
        fs::write(town.path("2021.parquet"), "PAR1").unwrap();
        let parts = ["2021.parquet", "lacks the driver `Parquet`", "expected  ", "FlatGeobuf"];
        refused(&town, ("2018.gpkg", "2021.parquet"), &parts);
    } else {
        Layer::vintage(2021).write(&town.path("2021.parquet"), "Parquet", &[]);
        let (code, text) = said(&town.compare("2018.gpkg", "2021.parquet", &[]));
        assert_eq!((code, town.figure("flux_artif").as_str()), (0, "10000.00000"), "{text}");
    }
}

#[test]
fn a_cog_table_of_another_department() {
    let town = Town::new();
    let row = r#"[{"code": "66001", "nom": "Là-bas", "type": "commune-actuelle"}]"#;
    fs::write(town.path("cog.json"), row).unwrap();
    let (code, text) = said(&town.compare("2018.gpkg", "2021.gpkg", &["--cog", "cog.json"]));
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("cog.json") && text.contains("`11001`"), "{text}");
}

#[test]
fn strict_names_the_file_that_needs_a_repair() {
    let town = Town::new();
    let mut layer = Layer::communes();
    let part = "MULTIPOLYGON (((650000 6230000, 650100 6230000, 650100 6230100, 650000 6230100, \
                650000 6230000)), ((650150 6230000, 650200 6230000, 650200 6230100, 650150 6230100, \
                650150 6230000)))";
    layer.rows = vec![(part.to_owned(), texts(&["11001", "Une"]))];
    town.replace("communes.gpkg", &layer);
    let (code, text) = said(&town.compare("2018.gpkg", "2021.gpkg", &["--strict"]));
    assert_eq!(code, 4, "{text}");
    for part in ["communes.gpkg", "geometry_multipart 1", "feature 1", "without `--strict`"] {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
    let (code, text) = said(&town.compare("2018.gpkg", "2021.gpkg", &[]));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("5000 m2 outside the communes"), "{text}");
}
