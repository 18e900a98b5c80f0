use std::fs;

use super::*;

/// What a batch document means, run by run: the merged keys.
fn runs(text: &str) -> Result<Vec<Value>, Error> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("batch.yaml");
    fs::write(&path, text).unwrap();
    let sources = expand(&Source::read(&path).unwrap(), None)?;
    Ok(sources.iter().map(|source| source.parse().unwrap()).collect())
}

/// Key, place, what and hint of the error of a document.
fn fault(text: &str) -> (String, (usize, usize), String, Option<String>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("batch.yaml");
    fs::write(&path, text).unwrap();
    let error = read(&path, None).into_iter().find_map(Result::err).expect("a fault");
    let Error::Config(error) = error else { panic!("{error}") };
    (error.key.clone(), error.place.unwrap(), error.what.clone(), error.hint.clone())
}

#[test]
fn departments_times_vintages_oldest_first_with_names_filled_in() {
    let made = runs(
        "shared: { out: results, imagery: { rvb: ['{department}/{vintage}/*.tif'] } }\n\
         runs:\n  - department: ['11', 2A]\n    vintage: [2024, 2021]\n",
    )
    .unwrap();
    let told: Vec<String> = made
        .iter()
        .map(|run| format!("{} {} {}", run["department"], run["vintage"], run["imagery"]["rvb"][0]))
        .collect();
    assert_eq!(
        told,
        [
            r#""11" 2021 "11/2021/*.tif""#,
            r#""2A" 2021 "2A/2021/*.tif""#,
            r#""11" 2024 "11/2024/*.tif""#,
            r#""2A" 2024 "2A/2024/*.tif""#,
        ]
    );
    assert!(made.iter().all(|run| run["out"] == "results"));
}

#[test]
fn an_entry_lays_its_keys_over_the_shared_ones_and_null_takes_one_away() {
    let made = runs(
        "shared: { cell_m: 1, evidence: { rail: { path: a }, water: { path: b } }, model: m }\n\
         runs:\n  - { department: '11', vintage: 2021, cell_m: 2, model: null,\n\
         \x20     evidence: { water: { path: c } } }\n",
    )
    .unwrap();
    assert_eq!(made[0]["cell_m"], 2);
    assert_eq!(made[0].get("model"), None);
    assert_eq!(made[0]["evidence"], json!({ "rail": { "path": "a" }, "water": { "path": "c" } }));
}

#[test]
fn a_prior_that_is_a_result_is_that_of_the_run_before_with_what_it_saw() {
    let made = runs(
        "shared: { out: results, imagery: { rvb: ['{vintage}.tif'] } }\n\
         runs:\n  - { department: '11', vintage: 2018, prior: { vintage: 2015, path: p } }\n  \
         - { department: '11', vintage: [2021, 2024], prior: result }\n",
    )
    .unwrap();
    let priors: Vec<&Value> = made.iter().map(|run| &run["prior"]).collect();
    assert_eq!(*priors[0], json!({ "vintage": 2015, "path": "p" }));
    for (prior, year) in priors[1..].iter().zip([2018, 2021]) {
        let path = format!("results/D011/{year}/OCCUPATION_SOL.gpkg");
        assert_eq!(prior["path"], json!(path));
        assert_eq!(prior["vintage"], year);
        assert_eq!(prior["imagery"]["rvb"][0], json!(format!("{year}.tif")));
    }
}

#[test]
fn faults_are_told_where_they_are_written() {
    let (key, place, what, _) = fault("shared: { out: a }\nruns:\n  - { vintage: 2021 }\n");
    assert_eq!((key.as_str(), place), ("runs[0].department", (3, 5)));
    assert_eq!(what, "the entry names no department");

    let text = "shared:\n  crs: EPSG:2154\n  imagery: { rvb: ['{dept}'], irc: [b] }\n\
                runs:\n  - { department: '11', vintage: 2021 }\n";
    let (key, place, what, hint) = fault(text);
    assert_eq!((key.as_str(), place), ("shared.imagery.rvb[0]", (3, 20)));
    assert_eq!(what, "nothing is called `{dept}`");
    assert!(hint.unwrap().contains("{department}"));

    let text = "shared: { crs: EPSG:2154 }\nruns:\n  - department: '11'\n    vintage: 2021\n    \
                imagrey: { rvb: [a], irc: [b] }\n    territories: { communes: { path: c } }\n";
    let (key, place, what, hint) = fault(text);
    assert_eq!((key.as_str(), place), ("runs[0].imagrey", (5, 5)));
    assert!(what.starts_with("unknown field `imagrey`"), "{what}");
    assert_eq!(hint.as_deref(), Some("did you mean `imagery`?"));

    let (key, place, what, hint) =
        fault("runs:\n  - department: '11'\n    vintage: 2021\n    prior: result\n");
    assert_eq!((key.as_str(), place), ("runs[0].prior", (4, 5)));
    assert_eq!(what, "there is no earlier run to start from");
    assert!(hint.is_some());

    let (key, place, what, _) = fault("shared: { out: a }\nrun: []\n");
    assert_eq!((key.as_str(), place), ("", (2, 1)));
    assert!(what.starts_with("unknown field `run`"), "{what}");
}

#[test]
fn a_document_without_runs_is_one_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.yaml");
    fs::write(&path, crate::commands::init::TEMPLATE).unwrap();
    let read = read(&path, None);
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].as_ref().unwrap().vintage(), 2021);
}

#[test]
fn departments_keep_their_order_and_what_cannot_be_read_comes_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let write = |name: &str, department: &str, vintage: u16| {
        let text = crate::commands::init::TEMPLATE
            .replace("department: \"11\"", &format!("department: \"{department}\""))
            .replace("vintage: 2021", &format!("vintage: {vintage}"));
        fs::write(path(name), text).unwrap();
    };
    write("b.yaml", "34", 2024);
    write("c.yaml", "11", 2021);
    write("d.yaml", "34", 2021);
    fs::write(path("e.yaml"), "department: [").unwrap();
    let files = ["b.yaml", "c.yaml", "d.yaml", "e.yaml"].map(path);
    let names: Vec<String> =
        Typed::read(&files, None).into_iter().map(|typed| typed.name).collect();
    assert_eq!(names[0], path("e.yaml").display().to_string());
    assert_eq!(names[1..], ["D034/2021", "D034/2024", "D011/2021"]);
}

#[test]
fn the_template_describes_five_runs_that_parse() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("batch.yaml");
    fs::write(&path, crate::commands::init::BATCH_TEMPLATE).unwrap();
    let typed = Typed::read(&[path], None);
    let names: Vec<&str> = typed.iter().map(|typed| typed.name.as_str()).collect();
    let expected = ["D011/2021", "D011/2024", "D034/2021", "D034/2024", "D066/2021"];
    assert_eq!(names, expected);
    let made = runs(crate::commands::init::BATCH_TEMPLATE).unwrap();
    let later = made.iter().find(|run| run["vintage"] == 2024).unwrap();
    assert_eq!(later["prior"]["imagery"]["rvb"][0], "11/2021/rvb/*.tif");
    assert!(made.iter().any(|run| run["evidence"].get("crops").is_none()), "null takes it away");
}
