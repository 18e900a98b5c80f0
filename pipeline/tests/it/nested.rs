//! `millesime compare` on vintages in different nomenclatures: what the nesting explains is never
//! true change, what it loses is counted, and the figures are those of one nomenclature.

use std::fs;
use std::path::{Path, PathBuf};

use kernels::lattice::Point;
use nomenclature::{Couple, Crosswalk, Dimension, Nomenclature};

use crate::generated::{
    Codes, Sample, as_they_are, by_kind, changes, features, figure, rewrite, text,
};

fn builtin(id: &str) -> Nomenclature {
    Nomenclature::builtin(id).unwrap()
}

/// OCS GE couples in the codes of a nomenclature that nests in it; where several fit, the polygons
/// take turns.
fn written_in(id: &'static str) -> impl Fn(usize, Couple) -> (String, String) {
    let (ocsge, own) = (builtin("ocsge-2-0"), builtin(id));
    let up = Crosswalk::between(&ocsge, &own).unwrap();
    move |rank, couple| {
        let code = |dimension, class| {
            let link = up.link(dimension, class).unwrap();
            let fitting = &link.candidates;
            let finer = link.target.unwrap_or_else(|| fitting[rank % fitting.len()]);
            own.code(dimension, finer).to_owned()
        };
        (code(Dimension::Cover, couple.cs), code(Dimension::Usage, couple.us))
    }
}

/// The vintage of 2018 in other codes.
fn recoded(sample: &Sample, name: &str, codes: Codes<'_>) -> PathBuf {
    let to = sample.path(name);
    rewrite((&sample.before(), 2018), (&to, 2018), &|p| p, codes);
    to
}

/// Every published table of figures, with its name; the method tells the nomenclatures apart.
fn tables(out: &Path) -> Vec<(String, String)> {
    let files = fs::read_dir(out.join("indicators")).unwrap().map(|entry| entry.unwrap().path());
    let mut csv: Vec<_> = files.filter(|p| p.extension().is_some_and(|e| e == "csv")).collect();
    csv.retain(|path| !path.ends_with("methode.csv"));
    csv.sort();
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    csv.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn a_finer_nomenclature_gives_the_very_figures_of_the_one_it_nests_in() {
    let sample = Sample::new(11);
    let pair = (&*sample.before(), &*sample.after());
    let plain = sample.compare(pair, "plain", &[]);
    let ocs2d = recoded(&sample, "ocs2d.gpkg", &written_in("ocs2d-hdf-2021"));
    let more = ["--nomenclature", "2018=ocs2d-hdf-2021"];
    let mixed = sample.compare((&ocs2d, pair.1), "mixed", &more);
    crate::laws::are_french(&plain);
    crate::laws::are_french(&mixed);
    assert!(tables(&plain).len() > 5);
    assert_eq!(tables(&plain), tables(&mixed));
    assert_eq!(by_kind(&plain), by_kind(&mixed));
    let rows = changes(&mixed);
    let codes = builtin("ocs2d-hdf-2021");
    for (_, row) in &rows {
        let written = text(row, "code_or_2018");
        let all = written.split(' ').all(|couple| {
            let (cs, us) = couple.split_once('/').unwrap();
            codes.find(Dimension::Cover, cs).is_some() && codes.find(Dimension::Usage, us).is_some()
        });
        assert!(all, "{written}");
        assert_eq!(text(row, "code_or_2021"), "");
    }
    let artif = features(&mixed.join("artif_2018_11.gpkg"), &["code_cs", "code_us", "code_or"]);
    let beach = artif.iter().find(|(_, row)| text(row, "code_or").starts_with("CS1.1.1/")).unwrap();
    assert_eq!(text(&beach.1, "code_cs"), "CS1.1.1.1");
    let manifest = fs::read_to_string(mixed.join("manifest.json")).unwrap();
    assert!(manifest.contains("ocs2d-hdf-2021"));
    assert!(manifest.contains("0 codes without image: none"));
}

#[test]
fn the_same_ground_in_older_codes_differs_by_nomenclature_only() {
    let sample = Sample::new(11);
    let same = sample.path("same.gpkg");
    rewrite((&sample.before(), 2018), (&same, 2021), &|p| p, &as_they_are);
    let old = recoded(&sample, "old.gpkg", &written_in("ocsge-1-1"));
    let more = ["--nomenclature", "2018=ocsge-1-1"];
    let kinds = by_kind(&sample.compare((&old, &same), "null", &more));
    assert_eq!(kinds.keys().collect::<Vec<_>>(), ["nomenclature"]);
    assert!(kinds["nomenclature"] > 10_000.0, "{kinds:?}");
    let shifted = sample.path("shifted.gpkg");
    let place = |p: Point| Point::new(p.x + 60, p.y - 80);
    rewrite((&sample.before(), 2018), (&shifted, 2021), &place, &as_they_are);
    let kinds = by_kind(&sample.compare((&old, &shifted), "shift", &more));
    let other: f64 = kinds.iter().filter(|(k, _)| *k != "nomenclature").map(|(_, v)| v).sum();
    assert!(kinds["shift"] / other >= 0.99, "{kinds:?}");
    assert_eq!(kinds.get("real"), None);
}

#[test]
fn the_aggregate_of_the_older_version_moves_no_true_figure() {
    let sample = Sample::new(11);
    let pair = (&*sample.before(), &*sample.after());
    let plain = sample.compare(pair, "plain", &[]);
    let old = recoded(&sample, "old.gpkg", &written_in("ocsge-1-1"));
    let mixed = sample.compare((&old, pair.1), "mixed", &["--nomenclature", "2018=ocsge-1-1"]);
    let header = fs::read_to_string(plain.join("indicators/artif_departement.csv")).unwrap();
    let figures: Vec<&str> = header
        .lines()
        .next()
        .unwrap()
        .split(',')
        .filter(|key| key.contains("artif") || key.contains("imper"))
        .collect();
    assert!(figures.len() > 10, "{figures:?}");
    for key in figures {
        assert_eq!(figure(&plain, key), figure(&mixed, key), "{key}");
    }
    let is_member = |us: &str| ["US2", "US3", "US5", "US235"].contains(&us);
    for (_, row) in changes(&mixed) {
        let of = |key| text(&row, key);
        let only_named =
            of("cs_2018") == of("cs_2021") && of("us_2018") == "US235" && is_member(&of("us_2021"));
        assert_eq!(of("kind") == "nomenclature", only_named, "{row:?}");
        assert_eq!(of("likeness") == "aggregate", only_named, "{row:?}");
    }
}

#[test]
fn a_code_without_image_is_counted_with_its_area_and_is_no_change() {
    let sample = Sample::new(11);
    let codes = |rank: usize, couple: Couple| {
        let (cs, us) = as_they_are(rank, couple);
        let lost = us == "US1.2";
        (cs, if lost { "EXEMPLE-FORETS".to_owned() } else { us })
    };
    let own = recoded(&sample, "own.gpkg", &codes);
    let more = ["--nomenclature", "2018=ocsid-example"];
    let out = sample.compare((&own, &sample.after()), "out", &more);
    let rows = features(&own, &["code_us"]);
    let lost = rows.iter().filter(|(_, row)| text(row, "code_us") == "EXEMPLE-FORETS");
    let (n, area) = lost.fold((0, 0.0), |(n, area), (p, _)| (n + 1, area + p.area_m2()));
    assert!(n > 3, "the sample has woods");
    let repairs = fs::read_to_string(out.join("repairs.csv")).unwrap();
    let line = repairs.lines().find(|line| line.contains("code_without_image")).unwrap();
    assert!(line.contains(&format!(",{n},{area:.5},")), "{line}");
    let manifest = fs::read_to_string(out.join("manifest.json")).unwrap();
    assert!(manifest.contains(&format!("{n} codes without image: `EXEMPLE-FORETS` {n} polygons")));
    assert!(changes(&out).iter().all(|(_, row)| !text(row, "us_2018").is_empty()));
}

#[test]
fn nomenclatures_that_make_no_sense_together_are_refused() {
    let sample = Sample::new(11);
    let pair = (&*sample.before(), &*sample.after());
    let refused = |more: &[&str]| sample.try_compare(pair, "out", more).0;
    assert_eq!(refused(&["--nomenclature", "2019=ocsge-1-1"]), 2);
    assert_eq!(refused(&["--nomenclature", "ocsge-1-1", "--nomenclature", "ocsge-2-0"]), 2);
    let own = sample.path("own.yaml");
    let text = "format: 1\nid: own\ntitle: own\nversion: \"1\"\nsource: []\nclasses:\n  cs:\n  - { code: A, label: a }\n";
    fs::write(&own, text).unwrap();
    assert_eq!(refused(&["--nomenclature", &format!("2018={}", own.display())]), 2);
    assert_eq!(refused(&["--nomenclature", "2018=ocs2d-hdf-2021"]), 4, "the file is in OCS GE");
}
