//! `millesime assess` on a generated territory, whose truth is known on every place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kernels::arrangement::arrange;
use kernels::lattice::{Point, area_m2};
use nomenclature::{Couple, Dimension, Nomenclature, RuleSet};
use pipeline::config::Layer;
use pipeline::io::vector::{Value, VectorSource};
use pipeline::tally::Tally;
use pipeline::vintage::Vintage;

use crate::generated::{EPSG, Sample};

/// Runs the command in a process of its own.
pub(crate) fn millesime(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_millesime")).args(args).output().unwrap()
}

/// Runs a command that must succeed; gives stdout.
fn done(args: &[&str]) -> String {
    let output = millesime(args);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The older vintage with its wrong labels and noisy outlines: what is assessed.
pub(crate) fn delivered(sample: &Sample) -> PathBuf {
    sample.path("sample/prior/OCCUPATION_SOL.gpkg")
}

/// Draws a plan beside the sample.
pub(crate) fn plan(sample: &Sample, out: &str, more: &[&str]) -> PathBuf {
    let folder = sample.path(out);
    let vintage = delivered(sample);
    let mut args = vec!["assess", "plan", vintage.to_str().unwrap(), "--out"];
    args.push(folder.to_str().unwrap());
    args.extend(more);
    done(&args);
    folder
}

fn read(path: &Path, ocsge: &Nomenclature) -> Vintage {
    let layer = Layer { path: path.to_owned(), layer: None };
    Vintage::read(&layer, 2018, EPSG, ocsge, &Tally::default()).unwrap()
}

/// Ids and places of a sheet.
pub(crate) fn places(plan: &Path) -> Vec<(String, Point)> {
    let source = VectorSource::open(&plan.join("fiche.gpkg"), Some("echantillon")).unwrap();
    let features = source.features(&[0], EPSG).unwrap().map(Result::unwrap);
    features.map(|f| (f.values[0].text().unwrap(), f.points[0])).collect()
}

/// Answers every place as a vintage has it; gives `(id, cover, usage)`.
pub(crate) fn interpreted(plan: &Path, truth: &Path) -> Vec<[String; 3]> {
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let truth = read(truth, &ocsge);
    let answer = |(id, place): (String, Point)| {
        let rank = truth.polygons.iter().position(|polygon| polygon.holds(place));
        let Couple { cs, us } = truth.couples[rank.unwrap()];
        let code = |dimension, class| ocsge.code(dimension, class).to_owned();
        [id, code(Dimension::Cover, cs), code(Dimension::Usage, us)]
    };
    places(plan).into_iter().map(answer).collect()
}

/// Writes answers as CSV.
pub(crate) fn sheet(plan: &Path, name: &str, rows: &[[String; 3]]) -> String {
    let mut text = "id;code_cs;code_us;certitude\n".to_owned();
    for [id, cs, us] in rows {
        let certainty = if cs == "?" { "non_observable" } else { "certain" };
        text.push_str(&format!("{id};{cs};{us};{certainty}\n").replace('?', ""));
    }
    let path = plan.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// A table of the results, by the texts of its first columns.
fn table(folder: &Path, name: &str, n_keys: usize) -> BTreeMap<Vec<String>, Vec<f64>> {
    let mut reader = csv::Reader::from_path(folder.join(format!("resultat/{name}.csv"))).unwrap();
    let rows = reader.records().map(|record| {
        let cells: Vec<String> = record.unwrap().iter().map(str::to_owned).collect();
        let (keys, figures) = cells.split_at(n_keys);
        (keys.to_vec(), figures.iter().filter_map(|cell| cell.parse().ok()).collect())
    });
    rows.collect()
}

/// What is true of the whole territory: areas in square metres by pair of couples, map and truth.
fn census(sample: &Sample) -> BTreeMap<(Couple, Couple), f64> {
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let (map, truth) = (read(&delivered(sample), &ocsge), read(&sample.before(), &ocsge));
    let plane = arrange(&[&map.polygons, &truth.polygons]).unwrap();
    let mut areas = BTreeMap::new();
    for face in 1..plane.n_faces() as u32 {
        if let (Some(mapped), Some(real)) = (plane.label(face, 0), plane.label(face, 1)) {
            let pair = (map.couples[mapped as usize], truth.couples[real as usize]);
            *areas.entry(pair).or_insert(0.0) += area_m2(plane.twice_area(face));
        }
    }
    areas
}

#[test]
fn the_intervals_of_an_honest_sheet_hold_what_a_census_finds() {
    let sample = Sample::new(3);
    let folder = plan(&sample, "qualite", &["--sample-size", "1200", "--seed", "4"]);
    let rows = interpreted(&folder, &sample.before());
    assert_eq!(rows.len(), 1200);
    let filled = sheet(&folder, "remplie.csv", &rows);
    let plan_dir = folder.to_str().unwrap();
    done(&["assess", "result", "--plan", plan_dir, "--sheet", &filled, "--fail-on", "never"]);
    let census = census(&sample);
    let total: f64 = census.values().sum();
    let share = |holds: &dyn Fn(Couple, Couple) -> bool| {
        let parts = census.iter().filter(|((m, t), _)| holds(*m, *t)).map(|(_, area)| area);
        100.0 * parts.sum::<f64>() / total
    };
    let overall = table(&folder, "exactitude_globale", 1);
    let holds = |label: &str, truth: f64| {
        let [_, _, low, high] = overall[&vec![label.to_owned()]][..] else { panic!("{label}") };
        assert!(low <= truth && truth <= high, "{label}: {truth} in {low} to {high}");
        assert!(high - low < 8.0, "{label}: {low} to {high}");
    };
    holds("Couverture et usage", share(&|m, t| m == t));
    holds("Couverture, postes livrés", share(&|m, t| m.cs == t.cs));
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let rules = RuleSet::builtin("decree-2023-1096").unwrap().compile(&ocsge).unwrap();
    let artificial = share(&|_, t| rules.is_artificial(t)) * total / 100.0;
    let mapped = share(&|m, _| rules.is_artificial(m)) * total / 100.0;
    let areas = table(&folder, "surfaces", 3);
    let key = ["artif", "artif", "Sol artificialisé"].map(str::to_owned).to_vec();
    let [on_map, _, _, low, high] = areas[&key][..] else { panic!("five areas") };
    assert!((on_map - mapped).abs() < 1.0, "{on_map} {mapped}");
    assert!(low <= artificial && artificial <= high, "{artificial} in {low} to {high}");
    // Of nineteen in twenty classes the interval must hold the truth; one may not.
    let missed: Vec<String> = table(&folder, "exactitude_classes", 3)
        .iter()
        .filter(|(key, figures)| key[0] == "cs" && figures.len() == 15)
        .filter(|(key, figures)| {
            let class = ocsge.find(Dimension::Cover, &key[1]).unwrap();
            let truth = 100.0 * share(&|m, t| m.cs == class && t.cs == class)
                / share(&|m, _| m.cs == class);
            !(figures[5]..=figures[6]).contains(&truth)
        })
        .map(|(key, _)| key[1].clone())
        .collect();
    assert!(missed.len() <= 1, "{missed:?}");
    let counted = fs::read_to_string(folder.join("resultat/matrice_cs.csv")).unwrap();
    assert!(counted.lines().last().unwrap().ends_with(",1200"), "{counted}");
}

#[test]
fn a_plan_is_the_same_bytes_for_any_number_of_threads_and_another_for_another_seed() {
    let sample = Sample::new(5);
    let vintage = delivered(&sample).display().to_string();
    let drawn = |out: &str, threads: &str, seed: &str| {
        let folder = sample.path(out);
        let mut command = Command::new(env!("CARGO_BIN_EXE_millesime"));
        command.env("RAYON_NUM_THREADS", threads).args(["assess", "plan", &vintage, "--out"]);
        command.arg(&folder).args(["--seed", seed, "--strata", "couple", "--minimum", "4"]);
        assert!(command.output().unwrap().status.success());
        ["fiche.gpkg", "cle.csv", "plan.json"].map(|name| fs::read(folder.join(name)).unwrap())
    };
    let one = drawn("one", "1", "9");
    assert_eq!(one, drawn("four", "4", "9"));
    assert_ne!(one[1], drawn("other", "4", "10")[1]);
}

#[test]
fn the_sheet_is_blind_and_its_order_tells_nothing() {
    let sample = Sample::new(3);
    let folder = plan(&sample, "qualite", &["--sample-size", "700"]);
    let source = VectorSource::open(&folder.join("fiche.gpkg"), Some("echantillon")).unwrap();
    let columns: Vec<usize> = (0..source.info().columns.len()).collect();
    for feature in source.features(&columns, EPSG).unwrap() {
        let values = feature.unwrap().values;
        assert!(values[1..].iter().all(|value| *value == Value::Null), "{values:?}");
    }
    let key = fs::read_to_string(folder.join("cle.csv")).unwrap();
    let rows: Vec<Vec<&str>> = key.lines().skip(1).map(|l| l.split(',').collect()).collect();
    let sheet = fs::read(folder.join("fiche.gpkg")).unwrap();
    let object = rows[0][5].as_bytes();
    assert!(!sheet.windows(object.len()).any(|bytes| bytes == object), "an object is named");
    let changes = rows.windows(2).filter(|pair| pair[0][3] != pair[1][3]).count();
    assert!(changes > rows.len() / 2, "{changes} changes of stratum in {} rows", rows.len());
    let ids: BTreeSet<&str> = rows.iter().map(|row| row[0]).collect();
    let listed: Vec<String> = places(&folder).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 700);
    assert!(listed.iter().map(String::as_str).eq(rows.iter().map(|row| row[0])));
}

#[test]
fn changed_ground_is_a_stratum_and_the_strata_make_the_whole() {
    let sample = Sample::new(3);
    let changes = sample.truth("changes.gpkg").display().to_string();
    let plain = plan(&sample, "plain", &["--sample-size", "700"]);
    let parted = plan(&sample, "parted", &["--sample-size", "700", "--changes", &changes]);
    let strata = |folder: &Path| {
        let text = fs::read_to_string(folder.join("plan.json")).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let strata = document["strata"].as_array().unwrap().iter();
        let pair = |stratum: &serde_json::Value| {
            let code = stratum["code"].as_str().unwrap().to_owned();
            (code, stratum["extent"]["twice_area_cm2"].as_u64().unwrap())
        };
        strata.map(pair).collect::<BTreeMap<_, _>>()
    };
    let (plain, parted) = (strata(&plain), strata(&parted));
    assert!(parted["changement"] > 0 && !plain.contains_key("changement"));
    let total = |strata: &BTreeMap<String, u64>| strata.values().sum::<u64>() as f64;
    // Corners where boundaries cross are rounded to the centimetre; nothing else differs.
    assert!((total(&plain) - total(&parted)).abs() < 1e-6 * total(&plain));
}

#[test]
fn two_interpreters_agree_as_far_as_they_do_and_what_cannot_be_told_is_bounded() {
    let sample = Sample::new(3);
    let folder = plan(&sample, "qualite", &["--sample-size", "700"]);
    let mut rows = interpreted(&folder, &sample.before());
    for row in &mut rows[..7] {
        row[1] = "?".to_owned();
        row[2] = "?".to_owned();
    }
    let first = sheet(&folder, "un.csv", &rows);
    for row in rows.iter_mut().skip(7).step_by(10) {
        row[1] = if row[1] == "CS2.2.1" { "CS1.2.2" } else { "CS2.2.1" }.to_owned();
    }
    let second = sheet(&folder, "deux.csv", &rows);
    let plan_dir = folder.to_str().unwrap();
    let args = ["assess", "result", "--plan", plan_dir, "--sheet", &first, "--second", &second];
    done(&[&args[..], &["--fail-on", "never"]].concat());
    let agreed = table(&folder, "accord", 1);
    let cover = &agreed[&vec!["Couverture".to_owned()]];
    assert!(cover[0] > 692.0 && (cover[1] - 90.0).abs() < 5.0, "{cover:?}");
    let usage = &agreed[&vec!["Usage".to_owned()]];
    assert!((usage[1] - 100.0).abs() < 1e-9, "{usage:?}");
    let page = fs::read_to_string(folder.join("resultat/qualite.html")).unwrap();
    assert!(page.contains("7 points non observables sont hors du calcul"));
    assert!(page.contains("Accord entre deux interprètes"));
    assert!(!page.contains("http://") && !page.contains("<script"), "the page needs nothing else");
    let json = fs::read_to_string(folder.join("resultat/qualite.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["places"]["not_observable"].as_array().unwrap().len(), 7);
    assert_eq!(json["places"]["answered"], 693);
}
