//! Several runs in one command: a batch of generated territories, its summary and its index.

use std::fs;
use std::io::Write;
use std::process::Output;

use pipeline::status::Progress;
use serde_json::Value;

use crate::chain::{Chain, delivered};

/// The sample's configuration as what two vintages share; the department of the last has no image.
fn batch(chain: &Chain) {
    let config = fs::read_to_string(chain.path("sample/config.yaml")).unwrap();
    let mut shared = String::new();
    let mut is_prior = false;
    for line in config.lines() {
        is_prior = if line.starts_with(' ') { is_prior } else { line.starts_with("prior:") };
        let is_own = ["department:", "vintage:", "out:", "#"].iter().any(|k| line.starts_with(k));
        if !is_own && !is_prior {
            shared.extend(["  ", line, "\n"]);
        }
    }
    let prior = "{ vintage: 2018, path: prior/OCCUPATION_SOL.gpkg }";
    let text = format!(
        "shared:\n{shared}  out: ../out\nruns:\n\
         \x20 - {{ department: '11', vintage: 2024, prior: result }}\n\
         \x20 - {{ department: '11', vintage: 2021, prior: {prior} }}\n\
         \x20 - department: '34'\n    vintage: 2021\n    imagery: {{ rvb: ['{{department}}/*.tif'] }}\n"
    );
    fs::write(chain.path("sample/batch.yaml"), text).unwrap();
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_batch_is_a_chain_of_vintages_and_one_that_fails_stops_no_other() {
    let chain = Chain::of_size("200");
    batch(&chain);
    let args = ["run", "sample/batch.yaml", "--log-format", "json", "--trace", "trace.json"];
    let output = chain.command(&args);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("the pattern matches no file"), "{said}");
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let table = lines.iter().find(|line| line["event"] == "batch").unwrap();
    let told = |key: &str| -> Vec<Value> {
        table["runs"].as_array().unwrap().iter().map(|run| run[key].clone()).collect()
    };
    assert_eq!(told("run"), ["D011/2021", "D011/2024", "D034/2021"]);
    assert_eq!(told("exit_code"), [0, 0, 3]);
    let error = lines.last().unwrap();
    assert_eq!(error["message"], "1 of 3 runs did not end: `D034/2021`");

    the_trace_has_every_stage_of_both_runs_and_their_blocks(&chain);
    the_index_holds_the_departments_own_figures(&chain);
    let manifest = fs::read_to_string(chain.path("out/D011/2024/manifest.json")).unwrap();
    assert!(
        manifest.contains("D011/2021/OCCUPATION_SOL.gpkg"),
        "the later starts from the earlier"
    );

    let status = String::from_utf8(chain.ok(&["status", "out/D011/2021", "out/D011/2024"]).stdout);
    let status = status.unwrap();
    assert_eq!(status.lines().filter(|line| line.contains("done         10 stages")).count(), 2);

    // What is complete is kept, and the index is the same.
    let index = fs::read(chain.path("out/index.html")).unwrap();
    let first = delivered(&chain.path("out/D011/2024"));
    let again = chain.command(&["run", "sample/batch.yaml"]);
    assert_eq!(again.status.code(), Some(3));
    let said = stderr(&again);
    assert!(said.contains("  D011/2024  done"), "{said}");
    assert!(!said.contains("ingest 0"), "{said}");
    assert_eq!(fs::read(chain.path("out/index.html")).unwrap(), index);
    assert!(delivered(&chain.path("out/D011/2024")) == first);
    packages_that_failed_take_no_figure_out_of_the_index(&chain);
}

fn the_trace_has_every_stage_of_both_runs_and_their_blocks(chain: &Chain) {
    let text = fs::read_to_string(chain.path("trace.json")).unwrap();
    let events: Vec<Value> =
        serde_json::from_str(&format!("{}]", text.trim_end().trim_end_matches(','))).unwrap();
    let begun = |kind: &str, name: &str| {
        let is_one =
            |event: &&Value| event["ph"] == "B" && event["cat"] == kind && event["name"] == name;
        events.iter().filter(is_one).count()
    };
    for stage in pipeline::stage::Stage::ALL {
        assert_eq!(begun("stage", stage.name()), 2, "{stage}");
    }
    assert!(begun("unit", "ingest") >= 2 && begun("unit", "classify") >= 2);
    let ended = events.iter().filter(|event| event["ph"] == "E").count();
    assert_eq!(2 * ended, events.len(), "every span that began has ended");
}

fn the_index_holds_the_departments_own_figures(chain: &Chain) {
    let page = fs::read_to_string(chain.path("out/index.html")).unwrap();
    let index = fs::read_to_string(chain.path("out/index.csv")).unwrap();
    let heads: Vec<&str> = index.lines().next().unwrap().split(',').collect();
    let column = |row: usize, name: &str| -> String {
        let at = heads.iter().position(|head| *head == name).unwrap();
        index.lines().nth(row).unwrap().split(',').nth(at).unwrap().to_owned()
    };
    for (row, vintage) in [(1, "2021"), (2, "2024")] {
        let own = chain.path(&format!("out/D011/{vintage}/indicators/artif_departement.csv"));
        let own = fs::read_to_string(own).unwrap();
        let own_heads: Vec<&str> = own.lines().next().unwrap().split(',').collect();
        for name in ["surface_artif_1", "surface_artif_2", "flux_artif", "flux_artif_net"] {
            let at = own_heads.iter().position(|head| *head == name).unwrap();
            assert_eq!(column(row, name), own.lines().nth(1).unwrap().split(',').nth(at).unwrap());
        }
        assert!(page.contains(&format!("<data value=\"{}\">", column(row, "surface_artif_2"))));
        let report = format!("D011/{vintage}/report.html");
        assert!(
            page.contains(&format!("href=\"{report}\"")) && chain.path("out").join(report).exists()
        );
    }
    assert_eq!(column(2, "surface_artif_1"), column(1, "surface_artif_2"));
    assert_eq!(column(3, "etat"), "en échec");
    assert!(page.contains("the pattern matches no file"), "why it failed");
}

fn packages_that_failed_take_no_figure_out_of_the_index(chain: &Chain) {
    let out = chain.path("out");
    let known = pipeline::index::write(&out, &[]).unwrap();
    let journal = out.join("D011/2024/.work/journal.jsonl");
    let mut journal = fs::File::options().append(true).open(journal).unwrap();
    writeln!(journal, r#"{{"record":"ended","why":"disk full"}}"#).unwrap();
    let entries = pipeline::index::write(&out, &[]).unwrap();
    assert_eq!((entries[1].state, entries[0].state), (Progress::Failed, Progress::Done));
    assert_eq!(entries[1].why.as_deref(), Some("end: disk full"));
    assert!(entries[1].figures.is_some() && entries[1].figures == known[1].figures);
}

#[test]
fn two_configurations_of_one_folder_are_refused_and_a_batch_is_checked_run_by_run() {
    let world = crate::world::World::new();
    let output = world.millesime(&["run", "config.yaml", "config.yaml", "--dry-run"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("two of these runs are `D011/2021`"), "{}", stderr(&output));

    fs::write(world.path("broken.yaml"), "department: [").unwrap();
    let output = world.millesime(&["check", "broken.yaml", "config.yaml"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("ok: department 11"), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 of 2 runs did not end: `broken.yaml`"));
}
