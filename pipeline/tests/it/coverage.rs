//! `millesime coverage` on hand-broken layers: every fault is found once, what can be is mended.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gdal::DriverManager;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use kernels::lattice::{Polygon, TWICE_AREA_PER_M2};
use pipeline::io::vector::VectorSource;
use serde_json::Value;

use crate::generated::{Sample, command};
use crate::town::{Layer, polygon, rectangle, ring, texts};

/// The fields of a line, in the order of the national validator.
const FIELDS: [&str; 11] = [
    "code",
    "level",
    "message",
    "documentModel",
    "fileModel",
    "attribute",
    "file",
    "id",
    "featureBbox",
    "errorGeometry",
    "featureId",
];

/// A folder for the files of one test.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// A `GeoPackage` of a layer.
    fn put(&self, name: &str, layer: &Layer) {
        layer.write(&self.path(name), "GPKG", &[]);
    }

    /// Runs `coverage ACTION FILE` with a report; gives the exit code and the lines.
    fn run(&self, action: &str, file: &str, more: &[&str]) -> (u8, Vec<String>) {
        let (file, report) = (self.text(file), self.text("report.jsonl"));
        let args = [&["coverage", action, &file, "--report", &report], more].concat();
        let _ = fs::remove_file(&report);
        let code = command(&args);
        let lines = fs::read_to_string(&report).unwrap_or_default();
        (code, lines.lines().map(str::to_owned).collect())
    }
}

/// How often each code is told.
fn counts(lines: &[String]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in lines {
        let line: Value = serde_json::from_str(line).unwrap();
        *counts.entry(line["code"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

fn of(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(key, n)| ((*key).to_owned(), *n)).collect()
}

/// A vintage of polygons with their ids and codes.
fn vintage(rows: &[(String, &str, &str, &str)]) -> Layer {
    let rows = rows.iter().map(|(wkt, id, cs, us)| (wkt.clone(), texts(&[id, cs, us])));
    Layer {
        name: "OCCUPATION_SOL",
        epsg: Some(2154),
        columns: vec!["id", "code_cs", "code_us"],
        rows: rows.collect(),
    }
}

/// A square of 60 m, `place` times 200 m to the east.
fn square(place: u8) -> String {
    let x = 200.0 * f64::from(place);
    rectangle(x, 0.0, x + 60.0, 60.0)
}

const GRASS: [&str; 2] = ["CS2.2.1", "US1.1"];
const WOOD: [&str; 2] = ["CS2.1.1.1", "US1.2"];

/// Each fault once, apart from each other, in a column of polygons 200 m apart.
fn broken() -> Layer {
    let at = |place: u8, corners: &[(f64, f64)]| {
        let y = 200.0 * f64::from(place) + 1000.0;
        polygon(&corners.iter().map(|(cx, cy)| (*cx, cy + y)).collect::<Vec<_>>())
    };
    let parts = |place: u8, rings: [&[(f64, f64)]; 2], between: &str| {
        let y = 200.0 * f64::from(place) + 1000.0;
        let text = |corners: &[(f64, f64)]| {
            ring(&corners.iter().map(|(cx, cy)| (*cx, cy + y)).collect::<Vec<_>>())
        };
        format!("{}{between}{}", text(rings[0]), text(rings[1]))
    };
    let box_of = |w: f64, h: f64| [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
    let east = |x: f64, w: f64| [(x, 0.0), (x + w, 0.0), (x + w, w), (x, w)];
    let grass = |wkt: String, id: &'static str| (wkt, id, GRASS[0], GRASS[1]);
    let wood = |wkt: String, id: &'static str| (wkt, id, WOOD[0], WOOD[1]);
    let elbow = [(0.0, 0.0), (60.0, 0.0), (60.0, 30.0), (30.0, 30.0), (30.0, 60.0), (0.0, 60.0)];
    let around = [
        (60.0, 0.0),
        (90.0, 0.0),
        (90.0, 90.0),
        (0.0, 90.0),
        (0.0, 60.0),
        (30.0, 60.0),
        (60.0, 60.0),
        (60.0, 30.0),
    ];
    let left = [(0.0, 0.0), (50.0, 0.0), (60.0, 0.0), (60.0, 60.0), (50.0, 60.0), (0.0, 60.0)];
    let right = [(50.0, 0.0), (60.0, 0.0), (110.0, 0.0), (110.0, 60.0), (60.0, 60.0), (50.0, 60.0)];
    let noded = [(60.0, 0.0), (120.0, 0.0), (120.0, 60.0), (60.0, 60.0), (60.0, 30.0)];
    let tie = [(0.0, 0.0), (60.0, 60.0), (60.0, 0.0), (0.0, 90.0)];
    let spike = [(0.0, 0.0), (90.0, 0.0), (60.0, 0.0), (60.0, 60.0), (0.0, 60.0)];
    let cut = [(0.0, 0.0), (60.0, 0.0), (60.0, 59.9), (59.9, 60.0), (0.0, 60.0)];
    vintage(&[
        grass(at(0, &elbow), "gap-1"),
        wood(at(0, &around), "gap-2"),
        grass(at(1, &left), "over-1"),
        wood(at(1, &right), "over-2"),
        grass(at(2, &box_of(60.0, 60.0)), "twin-1"),
        grass(at(2, &box_of(60.0, 60.0)), "twin-2"),
        grass(at(3, &tie), "tie"),
        grass(at(4, &box_of(60.0, 60.0)), "edge-1"),
        wood(at(4, &noded), "edge-2"),
        grass(
            format!(
                "MULTIPOLYGON (({}))",
                parts(5, [&box_of(60.0, 60.0), &east(70.0, 60.0)], "), (")
            ),
            "parts",
        ),
        grass(at(6, &spike), "spike"),
        grass(
            format!("POLYGON ({})", parts(7, [&box_of(60.0, 60.0), &east(80.0, 20.0)], ", ")),
            "hole",
        ),
        grass(at(8, &[(0.0, 0.0), (9.0, 0.0), (4.0, 0.0)]), "flat"),
        grass(at(9, &box_of(0.5, 0.5)), "micro"),
        grass(at(10, &cut), "cut"),
        grass(at(11, &box_of(20.0, 20.0)), "small"),
        grass(at(12, &box_of(60.0, 60.0)), "same-1"),
        grass(at(12, &east(60.0, 60.0)), "same-2"),
        grass("POLYGON EMPTY".to_owned(), "empty"),
        grass(at(14, &box_of(60.0, 60.0)), "twice"),
        wood(at(15, &box_of(60.0, 60.0)), "twice"),
        wood(at(16, &box_of(60.0, 60.0)), ""),
        (at(17, &box_of(60.0, 60.0)), "null", "CS2.2.1", ""),
        (at(18, &box_of(60.0, 60.0)), "unknown", "CS9.9", "US1.1"),
        grass("POINT (650000 6230000)".to_owned(), "point"),
    ])
}

/// What is wrong with [`broken`], whatever the limits.
fn faults() -> Vec<(&'static str, usize)> {
    vec![
        ("code_null", 1),
        ("code_unknown", 1),
        ("duplicate_geometry", 1),
        ("gap", 1),
        ("geometry_empty", 1),
        ("geometry_multipart", 1),
        ("geometry_not_polygon", 1),
        ("hole_outside", 1),
        ("id_duplicate", 1),
        ("id_missing", 1),
        ("invalid_ring", 1),
        ("micro_object", 1),
        ("neighbours_unmerged", 1),
        ("overlap", 1),
        ("ring_collapsed", 1),
        ("self_intersection", 1),
        ("unmatched_edge", 1),
    ]
}

#[test]
fn each_fault_is_found_once_and_told_in_the_validators_shape() {
    let bench = Bench::new();
    bench.put("OCCUPATION_SOL.gpkg", &broken());
    let places = bench.text("places.gpkg");
    let options = ["--capture-rules", "ocsge-2-0", "--micro-length-m", "0.2", "--places", &places];
    let (code, lines) = bench.run("check", "OCCUPATION_SOL.gpkg", &options);
    assert_eq!(code, 5);
    // The micro-object is below its unit as well.
    let expected = [&faults()[..], &[("below_unit", 2), ("micro_segment", 1)]].concat();
    assert_eq!(counts(&lines), of(&expected));
    for line in &lines {
        let at = FIELDS.map(|field| line.find(&format!("\"{field}\":")).expect(field));
        assert!(at.is_sorted(), "{line}");
        assert_eq!(serde_json::from_str::<Value>(line).unwrap().as_object().unwrap().len(), 11);
    }
    let line = |key: &str| -> Value {
        let line = lines.iter().find(|line| line.contains(&format!("\"code\":\"{key}\"")));
        serde_json::from_str(line.unwrap()).unwrap()
    };
    let overlap = line("overlap");
    assert_eq!(overlap["level"], "ERROR");
    assert_eq!(overlap["message"], "Recouvrements : `over-1`, `over-2`, 600,00 m²");
    assert_eq!(overlap["documentModel"], "ocsge-2-0");
    assert_eq!(overlap["fileModel"], "OCCUPATION_SOL");
    assert_eq!(overlap["file"], "OCCUPATION_SOL.gpkg");
    assert_eq!((&overlap["id"], &overlap["featureId"]), (&"3".into(), &"over-1".into()));
    assert_eq!(overlap["featureBbox"], "650000.00,6231200.00,650060.00,6231260.00");
    assert_eq!(overlap["errorGeometry"], "POINT (650050.00 6231200.00)");
    assert_eq!(line("code_null")["attribute"], "code_us");
    assert_eq!(
        line("code_unknown")["message"],
        "Codes inconnus de la nomenclature : CS9.9, `unknown`"
    );
    assert_eq!(line("gap")["featureId"], Value::Null);
    assert_eq!(line("geometry_empty")["errorGeometry"], Value::Null);
    assert_eq!(line("micro_object")["level"], "WARNING");
    let drawn = drawn(&bench.path("places.gpkg"));
    assert_eq!(drawn.len(), lines.len());
    // The lines of the report and the features have the same order.
    for (line, drawing) in lines.iter().zip(&drawn) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["code"], drawing.code.as_str());
    }
    let shapes = |layer: &str| -> Vec<(&str, i128)> {
        let own = drawn.iter().filter(|drawing| drawing.layer == layer);
        own.map(|drawing| (drawing.code.as_str(), drawing.size)).collect()
    };
    // Square metres: the object concerned, or the ground that is missing or too much.
    let surfaces = [
        ("below_unit", 0),
        ("below_unit", 400),
        ("code_null", 3600),
        ("code_unknown", 3600),
        ("duplicate_geometry", 3600),
        ("gap", 900),
        ("geometry_multipart", 7200),
        ("hole_outside", 400),
        ("id_duplicate", 3600),
        ("id_missing", 3600),
        ("micro_object", 0),
        ("overlap", 600),
    ];
    assert_eq!(shapes("surfaces"), surfaces);
    // Metres, rounded down: a side of 14 cm, a border of 60 m, the side that lacks a corner.
    let borders = [("micro_segment", 0), ("neighbours_unmerged", 60), ("unmatched_edge", 60)];
    assert_eq!(shapes("lignes"), borders);
    let places = [
        ("geometry_empty", 0),
        ("geometry_not_polygon", 1),
        ("invalid_ring", 1),
        ("ring_collapsed", 1),
        ("self_intersection", 1),
    ];
    assert_eq!(shapes("points"), places);
}

/// What a feature of the places shows.
struct Drawing {
    fid: i64,
    layer: &'static str,
    code: String,
    /// Square metres, metres or points.
    size: i128,
}

/// The features of all layers of the places, by their numbers.
fn drawn(places: &Path) -> Vec<Drawing> {
    let mut drawn = Vec::new();
    for layer in ["surfaces", "lignes", "points"] {
        let source = VectorSource::open(places, Some(layer)).unwrap();
        let names = ["code", "libelle", "niveau", "surface_m2", "objets", "fichier"];
        let columns = names.map(|name| source.require_column(&[name]).unwrap());
        for feature in source.features(&columns, 2154).unwrap() {
            let feature = feature.unwrap();
            let area: i128 = feature.polygons.iter().map(Polygon::twice_area).sum();
            let sides = feature.lines.iter().flat_map(|line| line.windows(2));
            let length: f64 = sides
                .map(|ends| f64::from(ends[1].x - ends[0].x).hypot((ends[1].y - ends[0].y).into()))
                .sum();
            let size = match layer {
                "surfaces" => area / TWICE_AREA_PER_M2,
                "lignes" => length as i128 / 100,
                _ => feature.points.len() as i128,
            };
            let code = feature.values[0].text().unwrap();
            drawn.push(Drawing { fid: feature.fid, layer, code, size });
        }
    }
    drawn.sort_unstable_by_key(|drawing| drawing.fid);
    assert!(drawn.iter().zip(1..).all(|(drawing, line)| drawing.fid == line));
    drawn
}

#[test]
fn a_repaired_layer_is_sound_but_for_what_must_be_decided_by_hand() {
    let bench = Bench::new();
    bench.put("OCCUPATION_SOL.gpkg", &broken());
    let before = fs::read(bench.path("OCCUPATION_SOL.gpkg")).unwrap();
    let out = bench.text("made/OCCUPATION_SOL.gpkg");
    let options = ["--out", &out, "--merge", "--nomenclature", "ocsge-2-0"];
    let (code, lines) = bench.run("repair", "OCCUPATION_SOL.gpkg", &options);
    assert_eq!(code, 5);
    let left = [("code_null", 1), ("code_unknown", 1), ("gap", 1), ("micro_object", 1)];
    assert_eq!(counts(&lines), of(&left));
    assert_eq!(fs::read(bench.path("OCCUPATION_SOL.gpkg")).unwrap(), before);
    let made = areas(Path::new(&out));
    let area = |id: &str| made.iter().find(|(own, _)| own == id).expect(id).1 / TWICE_AREA_PER_M2;
    assert_eq!([area("over-1"), area("over-2")], [3600, 3000]);
    assert_eq!([area("tie"), area("tie/2")], [1620, 720]);
    assert_eq!([area("parts"), area("parts#2")], [3600, 3600]);
    assert_eq!([area("same-1"), area("twice"), area("twice~2")], [7200, 3600, 3600]);
    assert!(!made.iter().any(|(id, _)| id == "twin-2" || id == "same-2" || id == "flat"));
    // Checked again, only what is allowed is left.
    let allow = ["--allow", "gap,code_null,code_unknown", "--nomenclature", "ocsge-2-0"];
    let (code, lines) = bench.run("check", "made/OCCUPATION_SOL.gpkg", &allow);
    assert_eq!((code, counts(&lines)), (0, of(&left)));
    // What was done is told with its areas, and nothing else is; stdout has the lines.
    let own = bench.text("OCCUPATION_SOL.gpkg");
    let args = ["coverage", "repair", &own, "--out", &bench.text("again.gpkg")];
    let output = Command::new(env!("CARGO_BIN_EXE_millesime")).args(args).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let overlap = "  overlap                repaired        1  of 600.00000 m2  lost 0.00000  \
                   invented 0.00000  reassigned 600.00000";
    assert!(told.contains(overlap), "{told}");
    assert!(!told.contains("code_null              repaired"), "{told}");
    let lines: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    // Without a nomenclature no code is unknown; without `--merge` neighbours stay.
    let left = [("code_null", 1), ("gap", 1), ("micro_object", 1), ("neighbours_unmerged", 1)];
    assert_eq!((output.status.code(), counts(&lines)), (Some(5), of(&left)));
    // The name is taken now; the input is never written to.
    assert_eq!(bench.run("repair", "OCCUPATION_SOL.gpkg", &options).0, 2);
    assert_eq!(bench.run("repair", "OCCUPATION_SOL.gpkg", &["--out", &own]).0, 2);
}

#[test]
fn a_copy_appears_with_its_report_or_not_at_all() {
    let bench = Bench::new();
    bench.put("OCCUPATION_SOL.gpkg", &broken());
    let own = bench.text("OCCUPATION_SOL.gpkg");
    let (out, report) = (bench.text("made.gpkg"), bench.text("report.jsonl"));
    let args = ["coverage", "repair", &own, "--out", &out, "--report", &report];
    // A folder has the name of the report: it is found out only when the report gets its name.
    fs::create_dir_all(bench.path("report.jsonl/taken")).unwrap();
    assert_eq!(command(&args), 7);
    let names = fs::read_dir(bench.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let names: BTreeSet<_> = names.collect();
    assert_eq!(names, ["OCCUPATION_SOL.gpkg", "report.jsonl"].map(Into::into).into());
    fs::remove_dir_all(bench.path("report.jsonl")).unwrap();
    assert_eq!(command(&args), 5);
    assert!(fs::read_to_string(&report).unwrap().contains("\"file\":\"made.gpkg\""));
    assert!(Path::new(&out).is_file());
}

/// Id and twice the area in square centimetres of each polygon.
fn areas(path: &Path) -> Vec<(String, i128)> {
    let source = VectorSource::open(path, None).unwrap();
    let id = source.require_column(&["id"]).unwrap();
    let features = source.features(&[id], 2154).unwrap().map(|feature| feature.unwrap());
    let area = |p: &[Polygon]| p.iter().map(Polygon::twice_area).sum();
    features.map(|f| (f.values[0].text().unwrap(), area(&f.polygons))).collect()
}

#[test]
fn a_sound_vintage_passes_without_a_line() {
    let sample = Sample::new(3);
    let bench = Bench::new();
    let truth = sample.before().display().to_string();
    let report = bench.text("report.jsonl");
    let args = ["coverage", "check", &truth, "--capture-rules", "ocsge-2-0", "--report", &report];
    assert_eq!(command(&args), 0);
    assert_eq!(fs::read_to_string(&report).unwrap(), "");
    // Mended, it has the same polygons.
    let out = bench.text("out.gpkg");
    assert_eq!(command(&["coverage", "repair", &truth, "--out", &out, "--merge"]), 0);
    assert_eq!(areas(Path::new(&out)), areas(&sample.before()));
}

#[test]
fn ground_left_out_is_a_gap_in_a_vintage_and_not_in_a_map_of_changes() {
    let bench = Bench::new();
    let frame = [
        rectangle(0.0, 0.0, 90.0, 30.0),
        rectangle(0.0, 60.0, 90.0, 90.0),
        rectangle(0.0, 30.0, 30.0, 60.0),
        rectangle(60.0, 30.0, 90.0, 60.0),
    ];
    let columns = vec!["CS_2018", "US_2018", "CS_2021", "US_2021"];
    let codes = |n: usize| texts(&["CS2.2.1", "US1.1", "CS1.1.1.1", ["US5", "US3"][n / 2]]);
    let rows: Vec<_> = frame.iter().enumerate().map(|(n, wkt)| (wkt.clone(), codes(n))).collect();
    let layer = Layer { name: "DIFF_11_2021_2018", epsg: Some(2154), columns, rows };
    bench.put("DIFF_11_2021_2018.gpkg", &layer);
    bench.put("outline.gpkg", &vintage(&[(rectangle(0.0, 0.0, 90.0, 80.0), "", "", "")]));
    // Its frame is not noded: four corners lie on the sides of the upper and lower rectangles.
    let allow = ["--allow", "unmatched_edge"];
    let (code, lines) = bench.run("check", "DIFF_11_2021_2018.gpkg", &allow);
    assert_eq!((code, counts(&lines)), (0, of(&[("unmatched_edge", 4)])));
    let outline = bench.text("outline.gpkg");
    let (code, lines) = bench.run(
        "check",
        "DIFF_11_2021_2018.gpkg",
        &[&allow[..], &["--outline", &outline]].concat(),
    );
    assert_eq!(code, 5);
    let with_outline = [("gap", 1), ("outside_outline", 1), ("unmatched_edge", 4)];
    assert_eq!(counts(&lines), of(&with_outline));
    fs::rename(bench.path("DIFF_11_2021_2018.gpkg"), bench.path("cover.gpkg")).unwrap();
    // A layer of two dates, whatever its name.
    assert_eq!(bench.run("check", "cover.gpkg:DIFF_11_2021_2018", &allow).0, 0);
}

#[test]
fn a_crs_is_needed_and_levels_and_keys_decide_what_fails() {
    let bench = Bench::new();
    let mut layer = vintage(&[(square(0), "a", "CS2.2.1", "US1.1")]);
    layer.epsg = None;
    bench.put("a.gpkg", &layer);
    assert_eq!(bench.run("check", "a.gpkg", &[]).0, 4);
    let told =
        |more: &[&str]| bench.run("check", "a.gpkg", &[&["--department", "11"], more].concat());
    assert_eq!(told(&[]).0, 0);
    let (code, lines) = told(&["--fail-on", "warning"]);
    assert_eq!((code, counts(&lines)), (5, of(&[("crs_assumed", 1)])));
    assert_eq!(told(&["--fail-on", "warning", "--allow", "crs_assumed"]).0, 0);
    assert_eq!(told(&["--allow", "gaps"]).0, 2);
    assert_eq!(told(&["--micro-area-m2=-1"]).0, 2);
    assert_eq!(told(&["--zone", "a.gpkg"]).0, 2);
    // What is checked is never written over.
    let own = bench.text("a.gpkg");
    let bytes = fs::read(&own).unwrap();
    assert_eq!(told(&["--places", &own]).0, 2);
    assert_eq!(command(&["coverage", "check", &own, "--report", &own]), 2);
    assert_eq!(fs::read(&own).unwrap(), bytes);
    layer.epsg = Some(4326);
    bench.put("degrees.gpkg", &layer);
    assert_eq!(bench.run("check", "degrees.gpkg", &[]).0, 4);
}

#[test]
fn the_places_the_report_and_the_copy_are_files_of_their_own() {
    let bench = Bench::new();
    bench.put("a.gpkg", &vintage(&[(square(0), "a", "CS2.2.1", "US1.1")]));
    fs::create_dir(bench.path("sub")).unwrap();
    let own = bench.text("a.gpkg");
    let [plain, round, lost] = ["x.gpkg", "sub/../x.gpkg", "no/../x.gpkg"].map(|n| bench.text(n));
    for other in [&plain, &round, &lost] {
        for [a, b] in [["--places", "--report"], ["--report", "--places"]] {
            assert_eq!(command(&["coverage", "check", &own, a, &plain, b, other]), 2);
        }
        for output in ["--places", "--report"] {
            let args = ["coverage", "repair", &own, "--out", &plain, output, other];
            assert_eq!(command(&args), 2);
        }
    }
    bench.put("ground.gpkg", &vintage(&[(square(0), "a", "CS2.2.1", "US1.1")]));
    let ground = bench.text("ground.gpkg");
    let bytes = fs::read(&ground).unwrap();
    for output in ["--places", "--report"] {
        let args = ["coverage", "check", &own, "--outline", &ground, output, &ground];
        assert_eq!(command(&args), 2);
    }
    assert_eq!(fs::read(&ground).unwrap(), bytes);
    fs::remove_file(&ground).unwrap();
    let left = fs::read_dir(bench.0.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<BTreeSet<_>>(), ["a.gpkg", "sub"].map(Into::into).into());
}

#[test]
fn a_column_called_as_the_copys_own_is_kept() {
    let bench = Bench::new();
    let mut layer = vintage(&[(square(0), "a", "CS2.2.1", "US1.1")]);
    layer.columns[0] = "FID";
    layer.write(&bench.path("a.geojson"), "GeoJSON", &[]);
    let out = bench.text("out.gpkg");
    assert_eq!(bench.run("repair", "a.geojson", &["--out", &out]), (0, vec![]));
    let source = VectorSource::open(Path::new(&out), None).unwrap();
    let names: Vec<&str> = source.info().columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["FID", "code_cs", "code_us"]);
    let column = source.column(&["FID"]).unwrap();
    let feature = source.features(&[column], 2154).unwrap().next().unwrap().unwrap();
    assert_eq!(feature.values[0].text().as_deref(), Some("a"));
}

#[test]
fn an_empty_layer_is_no_vintage_but_may_be_a_map_of_changes() {
    let bench = Bench::new();
    bench.put("OCCUPATION_SOL.gpkg", &vintage(&[]));
    assert_eq!(bench.run("check", "OCCUPATION_SOL.gpkg", &[]).0, 4);
    let mut changes = vintage(&[]);
    (changes.name, changes.columns) = ("DIFF_11", vec!["CS_2018", "US_2018", "CS_2021", "US_2021"]);
    bench.put("DIFF_11.gpkg", &changes);
    let places = bench.text("places.gpkg");
    assert_eq!(bench.run("check", "DIFF_11.gpkg", &["--places", &places]), (0, vec![]));
    assert!(VectorSource::open(Path::new(&places), Some("surfaces")).is_ok());
}

#[test]
fn every_column_keeps_its_type_and_values() {
    let bench = Bench::new();
    let path = bench.path("artif_2021_11.gpkg");
    let driver = DriverManager::get_driver_by_name("GPKG").unwrap();
    let mut dataset = driver.create_vector_only(&path).unwrap();
    let kinds = [
        ("id", OGRFieldType::OFTInteger64),
        ("code_cs", OGRFieldType::OFTString),
        ("vu_le", OGRFieldType::OFTDate),
        ("vu_a", OGRFieldType::OFTDateTime),
        ("aire", OGRFieldType::OFTReal),
        ("n", OGRFieldType::OFTInteger),
        ("image", OGRFieldType::OFTBinary),
    ];
    let layer = dataset
        .create_layer(LayerOptions {
            name: "artif_2021_11",
            srs: Some(&SpatialRef::from_epsg(2154).unwrap()),
            ty: OGRwkbGeometryType::wkbUnknown,
            options: Some(&["GEOMETRY_NAME=the_geom"]),
        })
        .unwrap();
    layer.create_defn_fields(&kinds).unwrap();
    let two = format!(
        "MULTIPOLYGON (({}), ({}))",
        ring(&[(0.0, 0.0), (20.0, 0.0), (20.0, 20.0)]),
        ring(&[(90.0, 0.0), (99.0, 0.0), (99.0, 9.0)])
    );
    for (wkt, id) in [(two, 7), (square(3), 8)] {
        let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
        feature.set_geometry(Geometry::from_wkt(&wkt).unwrap()).unwrap();
        feature.set_field_integer64(0, id).unwrap();
        feature.set_field_string(1, " Été ").unwrap();
        feature.set_field_string(2, "2021/05/06").unwrap();
        feature.set_field_string(3, "2021/05/06 07:08:09+02").unwrap();
        feature.set_field_double(4, 0.1).unwrap();
        feature.set_field_null(5).unwrap();
        feature.create(&layer).unwrap();
    }
    dataset.close().unwrap();
    let out = bench.text("out.gpkg");
    assert_eq!(bench.run("repair", "artif_2021_11.gpkg", &["--out", &out]).0, 0);
    let texts = |path: &Path| -> Vec<Vec<String>> {
        let dataset = gdal::Dataset::open(path).unwrap();
        let mut layer = dataset.layer_by_name("artif_2021_11").unwrap();
        let fields = layer.defn().fields().map(|f| (f.name(), f.field_type()));
        let expected = kinds.map(|(name, kind)| (name.to_owned(), kind));
        assert_eq!(fields.collect::<Vec<_>>(), expected);
        layer
            .features()
            .map(|f| {
                assert!(f.geometry().unwrap().geometry_count() > 0);
                (0..7).map(|i| f.field_as_string(i).unwrap().unwrap_or_default()).collect()
            })
            .collect()
    };
    let (was, is) = (texts(&path), texts(Path::new(&out)));
    assert_eq!(is.len(), 3);
    assert_eq!(is.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["7", "9", "8"]);
    for (made, from) in [(0, 0), (1, 0), (2, 1)] {
        assert_eq!(is[made][1..], was[from][1..]);
    }
}
