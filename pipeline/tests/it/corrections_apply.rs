//! Corrections applied to a vintage drawn by hand and taken back, by the command.
//!
//! The ground: a field in the west, a wood and a road and a built area in the east, two small
//! fields in the north.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kernels::lattice::Polygon;
use pipeline::corrections::apply;
use pipeline::corrections::ledger::Entry;
use pipeline::corrections::terms::{Aim, Kind, Standing};
use pipeline::io::vector::VectorSource;
use pipeline::{cli, error::exit};
use proptest::prelude::*;

use crate::drawn::{Box4, correction, occupation, plain, write_ledger};
use crate::world::EPSG;

const FIELD: (&str, &str) = ("CS2.2.1", "US1.1");
const WOOD: (&str, &str) = ("CS2.1.1.1", "US1.2");
const ROAD: (&str, &str) = ("CS1.1.1.2", "US4.1.1");
const BUILT: (&str, &str) = ("CS1.1.1.1", "US2");

const F: Box4 = [0, 0, 20_000, 40_000];
const W: Box4 = [20_000, 0, 40_000, 20_000];
const R: Box4 = [20_000, 20_000, 40_000, 22_000];
const B: Box4 = [20_000, 22_000, 40_000, 40_000];
const G1: Box4 = [0, 40_000, 20_000, 50_000];
const G2: Box4 = [20_000, 40_000, 40_000, 50_000];

fn territory() -> Vec<(&'static str, (&'static str, &'static str), Polygon)> {
    vec![
        ("F", FIELD, plain(F)),
        ("W", WOOD, plain(W)),
        ("R", ROAD, plain(R)),
        ("B", BUILT, plain(B)),
        ("G1", FIELD, plain(G1)),
        ("G2", FIELD, plain(G2)),
    ]
}

fn semantic(object: &str, aim: Aim, codes: (&str, &str), ground: Box4) -> Entry {
    correction((2021, object), (aim, Kind::Semantic), (Some(codes.0), Some(codes.1)), plain(ground))
}

/// One correction of every kind, and three that must not be applied.
fn corrections() -> Vec<Entry> {
    let geometry = (Aim::Geometry, Kind::Geometry);
    let omission = (Aim::Geometry, Kind::Omission);
    let mut rejected = semantic("G2", Aim::Usage, ("US1.1", "US5"), G2);
    rejected.standing = Standing::Rejected;
    vec![
        semantic("B", Aim::Usage, ("US2", "US5"), B),
        semantic("F", Aim::Cover, ("CS2.2.1", "CS1.1.1.2"), [1_000, 1_000, 6_000, 6_000]),
        correction((2021, "W"), geometry, (None, None), plain([20_000, 0, 40_000, 18_000])),
        correction((2021, "G1;G2"), geometry, (None, None), plain([0, 40_000, 40_000, 50_000])),
        correction(
            (2021, "W"),
            omission,
            (None, Some("CS1.1.1.1/US5")),
            plain([25_000, 5_000, 27_000, 7_000]),
        ),
        semantic("nowhere", Aim::Cover, ("CS2.2.1", "CS1.2.2"), [90_000, 0, 91_000, 1_000]),
        semantic("F", Aim::Usage, ("US4.1.1", "US5"), F),
        rejected,
    ]
}

struct World {
    dir: tempfile::TempDir,
}

impl World {
    fn new(entries: Vec<Entry>) -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap() };
        occupation(&world.path("OCCUPATION_SOL.gpkg"), 2021, &territory());
        write_ledger(&world.path("ledger.gpkg"), entries);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `millesime corrections` with arguments whose `DIR/` is the world's folder.
    fn corrections(&self, args: &str) -> u8 {
        let dir = format!("{}/", self.dir.path().display());
        let args = format!("millesime corrections {args}");
        cli::main(args.split_whitespace().map(|arg| arg.replace("DIR/", &dir).into()))
    }

    fn apply(&self, more: &str) -> u8 {
        self.corrections(&format!(
            "apply --ledger DIR/ledger.gpkg --vintage DIR/OCCUPATION_SOL.gpkg --year 2021 {more}"
        ))
    }
}

/// Codes and area in square metres of each polygon of a vintage, by id.
fn vintage(path: &Path) -> BTreeMap<String, (String, String, f64)> {
    let source = VectorSource::open(path, Some("OCCUPATION_SOL")).unwrap();
    let columns = ["id", "code_cs", "code_us"].map(|name| source.require_column(&[name]).unwrap());
    let row = |feature: pipeline::io::vector::Feature| {
        let text = |i: usize| feature.values[i].text().unwrap();
        (text(0), (text(1), text(2), feature.polygons[0].area_m2()))
    };
    source.features(&columns, EPSG).unwrap().map(|feature| row(feature.unwrap())).collect()
}

fn own(codes: (&str, &str), area_m2: f64) -> (String, String, f64) {
    (codes.0.to_owned(), codes.1.to_owned(), area_m2)
}

/// What became of each correction, by its demand and object.
fn fates(path: &Path) -> Vec<(String, String, String)> {
    let mut rows = csv::Reader::from_path(path).unwrap();
    let row = |row: Result<csv::StringRecord, csv::Error>| {
        let row = row.unwrap();
        (row[1].to_owned(), row[2].to_owned(), row[5].to_owned())
    };
    rows.records().map(row).collect()
}

#[test]
fn every_kind_of_correction_is_applied_to_the_square_metre() {
    let world = World::new(corrections());
    assert_eq!(world.apply("--out DIR/out"), 0);
    let expected = BTreeMap::from([
        ("B".to_owned(), own(("CS1.1.1.1", "US5"), 36_000.0)),
        ("F".to_owned(), own(FIELD, 77_500.0)),
        ("F-2".to_owned(), own(("CS1.1.1.2", "US1.1"), 2_500.0)),
        // The wood gave 20 m up to the road, which borders it for 200 m, the field only for 20 m.
        ("R".to_owned(), own(ROAD, 8_000.0)),
        ("W".to_owned(), own(WOOD, 35_600.0)),
        ("W-2".to_owned(), own(("CS1.1.1.1", "US5"), 400.0)),
        ("G1".to_owned(), own(FIELD, 40_000.0)),
    ]);
    assert_eq!(vintage(&world.path("out/OCCUPATION_SOL.gpkg")), expected);
    let fates = fates(&world.path("out/corrections.csv"));
    let of = |demand: &str, object: &str| {
        fates.iter().find(|f| (&*f.0, &*f.1) == (object, demand)).unwrap().2.clone()
    };
    for (demand, object) in [
        ("Usage", "B"),
        ("Couverture", "F"),
        ("Contour", "W"),
        ("Fusion", "G1;G2"),
        ("Objet manquant", "W"),
    ] {
        assert_eq!(of(demand, object), "appliquée", "{demand} {object}");
    }
    assert_eq!(of("Couverture", "nowhere"), "refusée");
    assert_eq!(of("Usage", "F"), "refusée");
    assert_eq!(of("Usage", "G2"), "laissée de côté");
}

#[test]
fn the_provenance_says_what_changed_who_asked_and_why() {
    let world = World::new(corrections());
    assert_eq!(world.apply("--out DIR/out"), 0);
    let path = world.path("out/OCCUPATION_SOL.gpkg");
    let source = VectorSource::open(&path, Some("provenance")).unwrap().assume_epsg(EPSG);
    let columns = ["id", "us_avant", "us_apres", "auteur", "justification", "surface_m2"]
        .map(|name| source.require_column(&[name]).unwrap());
    let rows: Vec<Vec<String>> = source
        .features(&columns, EPSG)
        .unwrap()
        .map(|f| f.unwrap().values.iter().map(|v| v.text().unwrap_or_default()).collect())
        .collect();
    let built = rows.iter().find(|row| row[0] == "B").unwrap();
    assert_eq!(built[1..5], ["US2", "US5", "Mairie d'Alairac", "vu sur place"]);
    let mut ids: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["B", "F-2", "G1", "R", "W", "W-2"]);
}

#[test]
fn reverting_gives_the_bytes_of_the_vintage_back() {
    let world = World::new(corrections());
    assert_eq!(world.apply("--out DIR/out"), 0);
    assert_eq!(world.corrections("revert --in DIR/out --out DIR/back.gpkg"), 0);
    let bytes = |name: &str| fs::read(world.path(name)).unwrap();
    assert_eq!(bytes("back.gpkg"), bytes("OCCUPATION_SOL.gpkg"));
    assert_ne!(bytes("out/OCCUPATION_SOL.gpkg"), bytes("OCCUPATION_SOL.gpkg"));
    let again = world.corrections("revert --in DIR/out --out DIR/back.gpkg");
    assert_eq!(again, exit::USAGE, "a file is never overwritten");
    assert_eq!(world.corrections("revert --in DIR/out --out DIR/back.fgb"), exit::USAGE);
}

#[test]
fn one_correction_taken_back_leaves_what_the_others_alone_give() {
    let entries = corrections();
    let id = entries[1].record.correction_id.clone();
    let world = World::new(entries);
    assert_eq!(world.apply("--out DIR/all"), 0);
    assert_eq!(world.apply(&format!("--except {id} --out DIR/without")), 0);
    let revert = format!("revert --in DIR/all --only {id} --out DIR/reverted");
    assert_eq!(world.corrections(&revert), 0);
    for name in ["OCCUPATION_SOL.gpkg", "corrections.csv"] {
        let bytes = |folder: &str| fs::read(world.path(folder).join(name)).unwrap();
        assert_eq!(bytes("reverted"), bytes("without"), "{name}");
    }
    let after = vintage(&world.path("reverted/OCCUPATION_SOL.gpkg"));
    assert_eq!(after["F"], own(FIELD, 80_000.0));
    let unknown = "revert --in DIR/all --only 0123456789abcdef --out DIR/other";
    assert_eq!(world.corrections(unknown), exit::USAGE);
}

#[test]
fn a_folder_that_was_touched_reverts_nothing() {
    let world = World::new(corrections());
    assert_eq!(world.apply("--out DIR/out"), 0);
    let original = world.path("out").join(apply::ORIGINAL).join("OCCUPATION_SOL.gpkg");
    fs::write(&original, b"other").unwrap();
    assert_ne!(world.corrections("revert --in DIR/out --out DIR/back.gpkg"), 0);
    assert!(!world.path("back.gpkg").exists());
    assert_eq!(world.corrections("revert --in DIR/ --out DIR/back.gpkg"), exit::INPUT);
}

#[test]
fn of_two_corrections_of_one_object_the_one_entered_last_holds() {
    let of = |code| semantic("B", Aim::Usage, ("US2", code), B);
    for (first, last) in [("US5", "US3"), ("US3", "US5")] {
        let world = World::new(vec![of(first), of(last)]);
        assert_eq!(world.apply("--out DIR/out"), 0);
        assert_eq!(vintage(&world.path("out/OCCUPATION_SOL.gpkg"))["B"].1, last);
    }
}

#[test]
fn a_year_without_corrections_and_an_unknown_standing_are_told() {
    let world = World::new(corrections());
    let year =
        "apply --ledger DIR/ledger.gpkg --vintage DIR/OCCUPATION_SOL.gpkg --year 2018 --out DIR/o";
    assert_ne!(world.corrections(year), 0);
    assert_eq!(world.apply("--standing perhaps --out DIR/o"), exit::USAGE);
    assert!(!world.path("o/OCCUPATION_SOL.gpkg").exists());
}

/// A correction of any kind anywhere on the ground, most of them crossing several objects.
fn any_correction() -> impl Strategy<Value = Entry> {
    let object = (0_usize..6).prop_map(|rank| territory()[rank].0);
    let corner = (0_i32..38, 0_i32..48, 1_i32..25, 1_i32..25);
    let ground = corner.prop_map(|(x, y, width, height)| {
        [x, y, (x + width).min(40), (y + height).min(50)].map(|tens| 1_000 * tens)
    });
    (object, ground, 0..5).prop_map(|(object, ground, kind)| {
        let geometry = |object: &str, kind, proposed| {
            correction((2021, object), (Aim::Geometry, kind), (None, proposed), plain(ground))
        };
        let code = |aim, proposed| {
            let of = (aim, Kind::Semantic);
            correction((2021, object), of, (None, Some(proposed)), plain(ground))
        };
        match kind {
            0 => code(Aim::Cover, "CS1.2.2"),
            1 => code(Aim::Usage, "US3"),
            2 => geometry(object, Kind::Geometry, None),
            3 => geometry(&format!("{object};W"), Kind::Geometry, None),
            _ => geometry(object, Kind::Omission, Some("CS1.1.1.1/US5")),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_is_applied_keeps_the_ground_and_is_taken_back_to_the_byte(
        entries in prop::collection::vec(any_correction(), 1..6),
    ) {
        let by_id: BTreeMap<String, Entry> =
            entries.into_iter().map(|entry| (entry.record.correction_id.clone(), entry)).collect();
        let ids: Vec<String> = by_id.keys().cloned().collect();
        let world = World::new(by_id.into_values().collect());
        prop_assert_eq!(world.apply("--out DIR/out"), 0);
        let before = vintage(&world.path("OCCUPATION_SOL.gpkg"));
        let ground = |of: &BTreeMap<String, (String, String, f64)>| -> f64 {
            of.values().map(|(_, _, area_m2)| area_m2).sum()
        };
        let after = vintage(&world.path("out/OCCUPATION_SOL.gpkg"));
        prop_assert!((ground(&after) - ground(&before)).abs() < 1e-6);
        prop_assert_eq!(world.corrections("revert --in DIR/out --out DIR/back.gpkg"), 0);
        let bytes = |name: &str| fs::read(world.path(name)).unwrap();
        prop_assert_eq!(bytes("back.gpkg"), bytes("OCCUPATION_SOL.gpkg"));
        let revert = format!("revert --in DIR/out --out DIR/none --only {}", ids.join(" --only "));
        prop_assert_eq!(world.corrections(&revert), 0);
        prop_assert_eq!(vintage(&world.path("none/OCCUPATION_SOL.gpkg")), before);
    }
}
