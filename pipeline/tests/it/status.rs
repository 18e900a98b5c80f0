//! What `status` says of workers, and of a run that failed after its last stage.

use pipeline::lock::Lock;
use pipeline::run::Options;
use pipeline::stage::Stage;
use pipeline::{Context, Error};
use serde_json::Value;

use crate::resume::{OPTIONS, run, run_with, write_one_file};
use crate::world::World;

/// Stdout of `status`.
fn status(world: &World, args: &[&str]) -> String {
    let output = world.millesime(&[&["status"], args].concat());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn workers_are_running_and_a_stage_that_they_left_is_interrupted() {
    let world = World::new();
    let to_ingest = Options { to: Some(Stage::Ingest), ..OPTIONS };
    let prepared = |ctx: &Context| match ctx.stage {
        Stage::Ingest => Err(Error::Interrupted {
            during: "a test".to_owned(),
            again: pipeline::error::Again::Resumes,
        }),
        _ => write_one_file(ctx),
    };
    assert!(run_with(&world, &to_ingest, prepared).0.is_err());
    assert!(status(&world, &["config.yaml"]).contains("ingest         interrupted"));

    let work = world.out().join(".work");
    let workers = [(); 2].map(|()| Lock::share(&work, &world.out()).unwrap());
    let text = status(&world, &["config.yaml"]);
    assert!(text.starts_with("ingest         running (workers)"), "{text}");
    assert!(text.contains("by             workers\n"), "{text}");
    let folder = world.out().display().to_string();
    let lines = status(&world, &[&folder, &folder]);
    assert_eq!(lines.matches("running (workers)  0 stages done").count(), 2, "{lines}");
    let json = status(&world, &["config.yaml", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let told = &json["runs"][0]["status"];
    assert_eq!((&told["state"], &told["by"]), (&"running".into(), &"workers".into()));

    drop(workers);
    assert!(status(&world, &["config.yaml"]).contains("ingest         interrupted"));
}

#[test]
fn a_run_that_failed_after_its_last_stage_is_told_until_one_ends_well() {
    let world = World::new();
    // These stages leave no file that an archive could be made of.
    world.edit("out: out", "out: out\ndelivery: { archives: [zip] }");
    let (ended, computed) = run_with(&world, &OPTIONS, write_one_file);
    let why = ended.unwrap_err().to_string();
    assert_eq!(computed, Stage::ALL);
    let text = status(&world, &["config.yaml"]);
    assert_eq!(text.lines().filter(|line| line.contains(" done ")).count(), 10, "{text}");
    let failed = format!("end            failed       {}", why.lines().next().unwrap());
    assert!(text.lines().any(|line| line == failed), "{text}\n{failed}");
    let folder = world.out().display().to_string();
    let line = status(&world, &[&folder, &folder]);
    assert!(line.contains("failed       10 stages done: end: "), "{line}");

    world.edit("\ndelivery: { archives: [zip] }", "");
    assert_eq!(run(&world), []);
    let text = status(&world, &["config.yaml"]);
    assert!(!text.contains("failed"), "{text}");
}
