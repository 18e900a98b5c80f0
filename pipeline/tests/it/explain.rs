//! `millesime explain` on two drawn vintages whose every figure is known.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kernels::lattice::{Point, Polygon, Ring};
use pipeline::io::record::{Deliverable, OccupationRecord};
use pipeline::io::schema::Names;
use pipeline::io::vector_writer::{Field, FieldKind};
use serde_json::Value;

use crate::world::{self, EPSG};

/// West, south, east and north of a rectangle, in metres from the origin.
pub(crate) type Rectangle = [i32; 4];

/// Where the drawing begins, in metres.
const ORIGIN: (i32, i32) = (650_000, 6_230_000);

/// 200 m x 100 m: a meadow, a house of 400 m2 and a wood around it.
const BEFORE: [(&str, &str, &str, &[Rectangle]); 3] = [
    ("meadow", "CS2.2.1", "US1.1", &[[0, 0, 100, 100]]),
    ("house", "CS1.1.1.1", "US5", &[[100, 0, 120, 20]]),
    ("wood", "CS2.1.1.1", "US1.2", &[[100, 20, 120, 100], [120, 0, 200, 100]]),
];

/// The east of the meadow became a yard of 4,000 m2 that touches the house.
const AFTER: [(&str, &str, &str, &[Rectangle]); 4] = [
    ("meadow", "CS2.2.1", "US1.1", &[[0, 0, 60, 100]]),
    ("yard", "CS1.1.2.1", "US5", &[[60, 0, 100, 100]]),
    ("house", "CS1.1.1.1", "US5", &[[100, 0, 120, 20]]),
    ("wood", "CS2.1.1.1", "US1.2", &[[100, 20, 120, 100], [120, 0, 200, 100]]),
];

/// Rectangles side by side drawn as one ring: the outline of an L when there are two.
fn polygon(rectangles: &[Rectangle]) -> Polygon {
    let corners: Vec<(i32, i32)> = match *rectangles {
        [[w, s, e, n]] => vec![(w, s), (e, s), (e, n), (w, n)],
        [[w, s, _, _], [x, low, e, n]] => vec![(w, s), (x, s), (x, low), (e, low), (e, n), (w, n)],
        _ => unreachable!("one or two"),
    };
    let point = |(x, y): (i32, i32)| Point::new((ORIGIN.0 + x) * 100, (ORIGIN.1 + y) * 100);
    Polygon { exterior: Ring(corners.into_iter().map(point).collect()), holes: Vec::new() }
}

/// Writes a layer of rectangles with text columns.
pub(crate) fn layer(path: &Path, columns: &[&str], rows: &[(Rectangle, &[&str])]) {
    let fields = columns.iter().map(|name| Field::optional(*name, FieldKind::Text)).collect();
    let row = |(rectangle, texts): &(Rectangle, &[&str])| {
        (polygon(&[*rectangle]), texts.iter().map(|text| (*text).into()).collect())
    };
    world::layer(path, fields, &rows.iter().map(row).collect::<Vec<_>>());
}

pub(crate) fn vintage(path: &Path, year: u16, rows: &[(&str, &str, &str, &[Rectangle])]) {
    let names = Names { department: "11".to_owned(), vintage: year, prior: year, epsg: EPSG };
    let mut file = Deliverable::<OccupationRecord>::create(path, &names, &[]).unwrap();
    for (id, code_cs, code_us, rectangles) in rows {
        let record = OccupationRecord {
            id: (*id).to_owned(),
            code_cs: (*code_cs).to_owned(),
            code_us: (*code_us).to_owned(),
            vintage: year,
            source: "photo".to_owned(),
            ..OccupationRecord::default()
        };
        file.add(&polygon(rectangles), &record).unwrap();
    }
    file.finish().unwrap();
}

/// The drawing and its comparison, removed with it.
pub(crate) struct Drawn(tempfile::TempDir);

impl Drawn {
    pub(crate) fn new() -> Self {
        let drawn = Self(tempfile::tempdir().unwrap());
        vintage(&drawn.path("2018.gpkg"), 2018, &BEFORE);
        vintage(&drawn.path("2021.gpkg"), 2021, &AFTER);
        layer(
            &drawn.path("communes.gpkg"),
            &["insee", "nom", "epci", "epci_nom", "scot", "scot_nom"],
            &[
                ([0, 0, 100, 100], &["11001", "Ouest", "200", "Deux-Rives", "S1", "Plaine"]),
                ([100, 0, 200, 100], &["11002", "Est", "200", "Deux-Rives", "S1", "Plaine"]),
            ],
        );
        layer(
            &drawn.path("plu.gpkg"),
            &["typezone"],
            &[
                ([0, 0, 60, 100], &["A"]),
                ([60, 0, 100, 100], &["AUc"]),
                ([100, 0, 200, 100], &["U"]),
            ],
        );
        layer(
            &drawn.path("zae.gpkg"),
            &["code", "nom"],
            &[([60, 0, 120, 100], &["Z1", "La Gare"])],
        );
        let output = drawn.millesime(&[
            "compare",
            "--department",
            "11",
            "--before",
            "2018.gpkg",
            "--after",
            "2021.gpkg",
            "--years",
            "2018,2021",
            "--territories",
            "communes.gpkg",
            "--planning",
            "plu.gpkg",
            "--custom",
            "zae=zae.gpkg",
            "--out",
            "out",
        ]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        drawn
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn millesime(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_millesime"));
        command.args(args).current_dir(self.0.path()).output().unwrap()
    }

    /// Exit code and stderr of a command.
    pub(crate) fn told(&self, args: &[&str]) -> String {
        let output = self.millesime(args);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        format!("exit code: {}\n{stderr}", output.status.code().unwrap())
    }

    fn explain(&self, args: &[&str]) -> Output {
        self.millesime(&[&["explain", "--in", "out"], args].concat())
    }

    fn text(&self, args: &[&str]) -> String {
        let output = self.explain(args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().replace(pipeline::VERSION, "VERSION")
    }

    fn json(&self, args: &[&str]) -> Value {
        let text = self.text(&[args, &["--format", "json"]].concat());
        serde_json::from_str(&text).unwrap()
    }

    /// Exit code and stderr of a question without answer.
    fn refused(&self, args: &[&str]) -> (i32, String) {
        let output = self.explain(args);
        assert!(output.stdout.is_empty(), "{args:?}");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

#[test]
fn a_place_tells_codes_rules_groups_verdicts_change_and_territories() {
    let drawn = Drawn::new();
    insta::assert_snapshot!(drawn.text(&["--at", "650080,6230050"]));
    let story = drawn.json(&["--at", "650080,6230050"]);
    let (before, after) =
        (&story["vintages"][0]["objects"][0], &story["vintages"][1]["objects"][0]);
    assert_eq!((&before["id"], &before["area_m2"]), (&"meadow".into(), &10_000.0.into()));
    assert_eq!(before["step"], "matrice");
    assert_eq!(before["group"]["area_m2"], 19_600.0);
    assert_eq!(before["artificial"], false);
    assert_eq!((&after["id"], &after["area_m2"]), (&"yard".into(), &4_000.0.into()));
    assert_eq!(
        (&after["group"]["polygons"], &after["group"]["area_m2"]),
        (&2.into(), &4_400.0.into())
    );
    assert_eq!((&after["artificial"], &after["crit_seuil"]), (&true.into(), &false.into()));
    let region = &story["intervals"][0]["regions"][0];
    assert_eq!((&region["kind"], &region["area_m2"]), (&"real".into(), &4_000.0.into()));
    assert_eq!(region["reason"], Value::Null);
    let evolution = &story["intervals"][0]["evolutions"][0];
    assert_eq!((&evolution["direction"], &evolution["area_m2"]), (&1.into(), &4_000.0.into()));
    assert_eq!(
        (&story["zones"][0]["code"], &story["communes"][0]["code"]),
        (&"AU".into(), &"11001".into())
    );
    assert_eq!(story["customs"]["zae"][0]["name"], "La Gare");
}

#[test]
fn a_status_may_change_its_reason_without_a_change_of_code() {
    let drawn = Drawn::new();
    let story = drawn.json(&["--at", "650110,6230010"]);
    let (before, after) =
        (&story["vintages"][0]["objects"][0], &story["vintages"][1]["objects"][0]);
    assert_eq!((&before["step"], &after["step"]), (&"bati_restaure".into(), &"matrice".into()));
    assert_eq!((&before["artificial"], &after["artificial"]), (&true.into(), &true.into()));
    assert_eq!(before["group"]["under_threshold"], true);
    assert_eq!(story["intervals"][0]["regions"], Value::Array(Vec::new()));
    let text = drawn.text(&["--at", "650110,6230010"]);
    assert!(text.contains("2018 -> 2021  same codes"), "{text}");
    assert!(text.contains("the restoration of buildings"), "{text}");
}

#[test]
fn on_a_boundary_every_polygon_is_told_and_the_boundary_said() {
    let drawn = Drawn::new();
    let story = drawn.json(&["--at", "650100,6230050"]);
    assert_eq!(story["on_boundary_of"], serde_json::json!([2018, 2021]));
    let ids = |k: usize| -> Vec<&str> {
        let objects = story["vintages"][k]["objects"].as_array().unwrap();
        objects.iter().map(|object| object["id"].as_str().unwrap()).collect()
    };
    assert_eq!((ids(0), ids(1)), (vec!["meadow", "wood"], vec!["yard", "wood"]));
    assert_eq!(story["communes"].as_array().unwrap().len(), 2);
    let inside = drawn.json(&["--at", "650100.02,6230050"]);
    assert_eq!(inside["on_boundary_of"], serde_json::json!([]));
    let text = drawn.text(&["--at", "650100,6230050"]);
    assert!(text.contains("on a boundary in 2018 and 2021"), "{text}");
}

#[test]
fn a_polygon_tells_what_became_of_its_ground() {
    let drawn = Drawn::new();
    insta::assert_snapshot!(drawn.text(&["--id", "meadow", "--year", "2018"]));
    let story = drawn.json(&["--id", "meadow", "--year", "2018"]);
    let shares = |k: usize| -> Vec<(String, f64)> {
        let objects = story["vintages"][k]["objects"].as_array().unwrap();
        let share =
            |o: &Value| (o["id"].as_str().unwrap().to_owned(), o["shared_m2"].as_f64().unwrap());
        objects.iter().map(share).collect()
    };
    assert_eq!(shares(0), [("meadow".to_owned(), 10_000.0)]);
    assert_eq!(shares(1), [("meadow".to_owned(), 6_000.0), ("yard".to_owned(), 4_000.0)]);
    assert_eq!(story["zones"][0]["shared_m2"], 6_000.0);
    let newest = drawn.json(&["--id", "meadow"]);
    assert_eq!(newest["asked"]["id"]["year"], 2021);
    assert_eq!(newest["asked"]["id"]["also_in"], serde_json::json!([2018]));
}

#[test]
fn longitude_and_latitude_lead_to_the_same_polygons() {
    let drawn = Drawn::new();
    let way = pipeline::io::srs::Reprojection::new(Path::new("a"), EPSG, 4326).unwrap();
    let place = Point::from_metres(650_080.0, 6_230_050.0).unwrap();
    let (lon, lat) = way.point(place).unwrap();
    let at = format!("{lon:.8},{lat:.8}");
    let story = drawn.json(&["--at", &at, "--crs", "EPSG:4326"]);
    assert_eq!(story["vintages"], drawn.json(&["--at", "650080,6230050"])["vintages"]);
    let x_m = story["asked"]["at"]["x_m"].as_f64().unwrap();
    assert!((x_m - 650_080.0).abs() < 0.01, "{x_m}");
}

#[test]
fn a_question_without_answer_says_where_there_is_one() {
    let drawn = Drawn::new();
    let (code, said) = drawn.refused(&["--at", "651000,6230050"]);
    assert_eq!(code, 4);
    assert!(said.contains("650000.00 to 650200.00 east, 6230000.00 to 6230100.00 north"), "{said}");
    let (code, said) = drawn.refused(&["--id", "nobody"]);
    assert!(code == 4 && said.contains("`nobody`") && said.contains("as `meadow`"), "{said}");
    let (code, said) = drawn.refused(&["--id", "meadow", "--year", "2019"]);
    assert!(code == 2 && said.contains("2018 or 2021"), "{said}");
    let (code, said) = drawn.refused(&["--id", "yard", "--year", "2018"]);
    assert!(code == 4 && said.contains("no polygon has this id"), "{said}");
    assert_eq!(drawn.refused(&["--at", "650000"]).0, 2);
    assert_eq!(drawn.refused(&[]).0, 2);
    let elsewhere = drawn.millesime(&["explain", "--in", ".", "--at", "1,2"]);
    assert_eq!(elsewhere.status.code(), Some(4));
}

#[test]
fn a_file_that_is_not_the_one_of_the_manifest_is_9() {
    let drawn = Drawn::new();
    let path = drawn.path("out/verdicts_2021.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("matrice,", "magie,")).unwrap();
    let (code, said) = drawn.refused(&["--at", "650080,6230050"]);
    assert!(code == 9 && said.contains("verdicts_2021.csv"), "{said}");
    fs::remove_file(&path).unwrap();
    let (code, said) = drawn.refused(&["--at", "650080,6230050"]);
    assert!(code == 9 && said.contains("no file"), "{said}");
}
