//! `millesime compare` on generated vintages: nothing from nothing, shift from shift, change from
//! change, and the same bytes for any number of threads.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kernels::lattice::{Point, Polygon, Ring};
use nomenclature::{Dimension, Nomenclature};
use pipeline::cli;
use pipeline::config::Layer;
use pipeline::io::record::{Deliverable, OccupationRecord};
use pipeline::io::schema::Names;
use pipeline::io::vector::{Value, VectorSource};
use pipeline::tally::Tally;
use pipeline::vintage::Vintage;

const EPSG: u32 = 2154;

fn command(args: &[&str]) -> u8 {
    cli::main(std::iter::once("millesime").chain(args.iter().copied()).map(Into::into))
}

fn sample(dir: &Path) -> PathBuf {
    let out = dir.join("sample");
    let path = out.to_str().unwrap();
    assert_eq!(command(&["sample", "--size-m", "600", "--seed", "11", "--out", path]), 0);
    out
}

fn compare(sample: &Path, before: &Path, after: &Path, out: &Path, more: &[&str]) -> u8 {
    let communes = sample.join("territories/communes.gpkg");
    let [before, after, communes, out] =
        [before, after, &communes, out].map(|path| path.to_str().unwrap());
    let mut args = vec!["compare", "--department", "11", "--before", before, "--after", after];
    args.extend(["--years", "2018,2021", "--territories", communes, "--out", out]);
    args.extend(more);
    command(&args)
}

/// Area of the changes of each kind, in m2.
fn by_kind(out: &Path) -> BTreeMap<String, f64> {
    let source = VectorSource::open(&out.join("changes_11_2018_2021.gpkg"), None).unwrap();
    let columns = ["kind", "surface"].map(|name| source.column(&[name]).unwrap());
    let mut sums = BTreeMap::new();
    for feature in source.features(&columns, EPSG).unwrap() {
        let values = feature.unwrap().values;
        *sums.entry(values[0].text().unwrap()).or_insert(0.0) += values[1].real().unwrap();
    }
    sums
}

/// The column of the department's row of `artif_departement.csv`.
fn figure(out: &Path, key: &str) -> String {
    let text = fs::read_to_string(out.join("indicators/artif_departement.csv")).unwrap();
    let mut lines = text.lines();
    let rank = lines.next().unwrap().split(',').position(|name| name == key).unwrap();
    lines.next().unwrap().split(',').nth(rank).unwrap().to_owned()
}

/// A copy of the vintage of 2018 as one of 2021, moved by (dx, dy) centimetres.
fn moved(from: &Path, to: &Path, (dx, dy): (i32, i32)) {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let layer = Layer { path: from.to_owned(), layer: None };
    let vintage = Vintage::read(&layer, 2018, EPSG, &nomenclature, &Tally::default()).unwrap();
    let names = Names { department: "11".to_owned(), vintage: 2018, prior: 2018, epsg: EPSG };
    let mut file = Deliverable::<OccupationRecord>::create(to, &names).unwrap();
    let shift = |ring: &Ring| Ring(ring.0.iter().map(|p| Point::new(p.x + dx, p.y + dy)).collect());
    for (rank, polygon) in vintage.polygons.iter().enumerate() {
        let couple = vintage.couples[rank];
        let record = OccupationRecord {
            id: vintage.objects[rank].id.clone(),
            code_cs: nomenclature.code(Dimension::Cover, couple.cs).to_owned(),
            code_us: nomenclature.code(Dimension::Usage, couple.us).to_owned(),
            vintage: 2021,
            ..OccupationRecord::default()
        };
        let polygon = Polygon {
            exterior: shift(&polygon.exterior),
            holes: polygon.holes.iter().map(shift).collect(),
        };
        file.add(&polygon, &record).unwrap();
    }
    file.finish().unwrap();
}

#[test]
fn a_vintage_against_itself_has_no_change_and_against_itself_displaced_only_shift() {
    let dir = tempfile::tempdir().unwrap();
    let sample = sample(dir.path());
    let before = sample.join("truth/occupation_before.gpkg");
    let (same, out) = (dir.path().join("same.gpkg"), dir.path().join("null"));
    moved(&before, &same, (0, 0));
    assert_eq!(compare(&sample, &before, &same, &out, &[]), 0);
    assert_eq!(by_kind(&out), BTreeMap::new());
    for key in ["flux_artif", "flux_desartif", "flux_artif_net"] {
        assert_eq!(figure(&out, key), "0.00000", "{key}");
    }
    let (shifted, out) = (dir.path().join("shifted.gpkg"), dir.path().join("shift"));
    moved(&before, &shifted, (60, 80));
    assert_eq!(compare(&sample, &before, &shifted, &out, &[]), 0);
    let kinds = by_kind(&out);
    let all: f64 = kinds.values().sum();
    assert!(all > 1_000.0, "a displacement of 1 m must show, got {all} m2");
    let share = kinds["shift"] / all;
    assert!(share >= 0.99, "{:.2} % of the false change is shift: {kinds:?}", share * 100.0);
}

#[test]
fn known_changes_over_the_unit_are_real() {
    let dir = tempfile::tempdir().unwrap();
    let sample = sample(dir.path());
    let (before, after) =
        (sample.join("truth/occupation_before.gpkg"), sample.join("truth/occupation_after.gpkg"));
    let out = dir.path().join("out");
    assert_eq!(compare(&sample, &before, &after, &out, &[]), 0);
    let source = VectorSource::open(&out.join("changes_11_2018_2021.gpkg"), None).unwrap();
    let columns = ["kind", "surface"].map(|name| source.column(&[name]).unwrap());
    let (mut real, mut all) = (0.0, 0.0);
    for feature in source.features(&columns, EPSG).unwrap() {
        let values: Vec<Value> = feature.unwrap().values;
        let area = values[1].real().unwrap();
        if area >= 500.0 {
            all += area;
            real += if values[0].text().unwrap() == "real" { area } else { 0.0 };
        }
    }
    assert!(all > 0.0, "the sample changes");
    assert!(real / all >= 0.99, "recall {:.3}", real / all);
}

#[test]
fn threads_change_no_byte_and_the_manifest_tells_every_file() {
    let dir = tempfile::tempdir().unwrap();
    let sample = sample(dir.path());
    let (before, after) =
        (sample.join("truth/occupation_before.gpkg"), sample.join("truth/occupation_after.gpkg"));
    let manifests = ["1", "2"].map(|threads| {
        let out = dir.path().join(threads);
        assert_eq!(compare(&sample, &before, &after, &out, &["--threads", threads]), 0);
        fs::read_to_string(out.join("manifest.json")).unwrap()
    });
    assert_eq!(manifests[0], manifests[1]);
    for name in ["DIFF_11_2021_2018.gpkg", "artif_2018_11.gpkg", "indicators/indicators.xlsx"] {
        assert!(manifests[0].contains(name), "{name}");
    }
}

#[test]
fn vintages_that_share_no_ground_are_refused_and_nothing_is_published() {
    let dir = tempfile::tempdir().unwrap();
    let sample = sample(dir.path());
    let before = sample.join("truth/occupation_before.gpkg");
    let far = dir.path().join("far.gpkg");
    moved(&before, &far, (500_000, 0));
    let out = dir.path().join("out");
    assert_eq!(compare(&sample, &before, &far, &out, &[]), 4);
    assert!(!out.join("manifest.json").exists());
    assert!(!out.join("DIFF_11_2021_2018.gpkg").exists());
}
