//! What is kept, what is computed again, and that both ways end with the same bytes.
//!
//! The stages here write one small file each: what is tested is the run around them.

use std::borrow::Cow;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use kernels::lattice::Point;
use pipeline::artefact::{Draft, publish_bytes};
use pipeline::cancel::Cancel;
use pipeline::plan::Plan;
use pipeline::progress::LogFormat;
use pipeline::proof::Measures;
use pipeline::run::{Options, drive};
use pipeline::stage::Stage;
use pipeline::{Context, Error, StageReport};

use crate::world::World;

pub(crate) const OPTIONS: Options = Options {
    from: None,
    to: None,
    threads: 1,
    memory_bytes: None,
    dry_run: false,
    force: true,
    log_format: LogFormat::Text,
};

/// Writes the stage's parameters and the hashes of what it read: a result that depends on both.
pub(crate) fn write_one_file(ctx: &Context) -> Result<StageReport, Error> {
    let needs: Vec<_> = ctx.earlier.values().map(|done| &done.outputs).collect();
    let text = format!("{} {needs:?}", ctx.stage.parameters(ctx.config));
    let name = if ctx.stage >= Stage::Vectorise { "" } else { ".work/" };
    let name = format!("{name}{}.txt", ctx.stage);
    publish_bytes(ctx.out(&name), text.as_bytes())?;
    ctx.tally.count_at("ring_self_intersection", Point::new(1, ctx.stage as i32), 0, "");
    Ok(StageReport::default().output(name).proof(Measures::CellsOfDrawing { regions: 64 }))
}

/// Runs with `body`, and gives the outcome and the stages that were computed.
pub(crate) fn run_with(
    world: &World,
    options: &Options,
    body: impl Fn(&Context) -> Result<StageReport, Error> + Sync,
) -> (Result<(), Error>, Vec<Stage>) {
    let computed = Mutex::new(Vec::new());
    let cancel = Cancel::default();
    let outcome = drive(&world.config(), options, &cancel, &|ctx: &Context| {
        computed.lock().unwrap().push(ctx.stage);
        body(ctx)
    });
    (outcome, computed.into_inner().unwrap())
}

pub(crate) fn run(world: &World) -> Vec<Stage> {
    let (outcome, computed) = run_with(world, &OPTIONS, write_one_file);
    outcome.unwrap();
    computed
}

fn manifest(world: &World) -> String {
    fs::read_to_string(world.out().join("manifest.json")).unwrap()
}

/// Every name below a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        names.push(entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            names.extend(self::names(&entry.path()));
        }
    }
    names
}

#[test]
fn a_second_run_computes_nothing_and_changes_nothing() {
    let world = World::new();
    assert_eq!(run(&world), Stage::ALL);
    let first = manifest(&world);
    assert_eq!(run(&world), []);
    assert_eq!(manifest(&world), first);
    assert!(first.contains("vectorise.txt"));
    assert!(!first.contains(".work"), "working files are no deliverables");
    assert!(!first.contains(world.out().to_str().unwrap()), "no machine path");
}

#[test]
fn headers_are_read_again_when_an_image_was_replaced_after_the_plan() {
    let world = World::new();
    let images = ["imagery/rvb/1.tif", "imagery/irc/1.tif"].map(|name| world.path(name));
    let replace = |ctx: &Context| {
        if ctx.stage == Stage::Ingest {
            assert!(matches!(ctx.mosaics()?, Cow::Borrowed(_)));
            let beside = world.path("imagery/other.tif");
            // Of the same bytes and time, as two tiles may be that are exchanged.
            let times = fs::metadata(&images[1]).unwrap().modified().unwrap();
            fs::copy(&images[1], &beside).unwrap();
            fs::File::options().append(true).open(&beside).unwrap().set_modified(times).unwrap();
            fs::rename(&beside, &images[1]).unwrap();
            assert!(matches!(ctx.mosaics()?, Cow::Owned(_)));
            fs::remove_file(&images[0]).unwrap();
            assert!(ctx.mosaics().is_err());
        }
        write_one_file(ctx)
    };
    run_with(&world, &Options { to: Some(Stage::Ingest), ..OPTIONS }, replace).0.unwrap();
}

#[test]
fn what_is_complete_needs_no_disk_again() {
    let world = World::new();
    let needed = || {
        let config = world.config();
        let plan = Plan::new(&config, Stage::Ingest..=Stage::Deliver).unwrap();
        plan.resumed(&config).disk_bytes()
    };
    let all = needed();
    run_with(&world, &Options { to: Some(Stage::Ingest), ..OPTIONS }, write_one_file).0.unwrap();
    let left = needed();
    assert!(0 < left && left < all, "{left} of {all}");
    run(&world);
    assert_eq!(needed(), 0);
}

#[test]
fn blocks_that_a_killed_run_left_beside_a_complete_stage_are_removed() {
    let world = World::new();
    run(&world);
    let partial = world.out().join(".work/partial");
    fs::create_dir_all(partial.join("ingest-0123456789abcdef")).unwrap();
    fs::write(partial.join("ingest-0123456789abcdef/host-7.jsonl"), "").unwrap();
    assert_eq!(run(&world), []);
    assert!(!partial.exists());
}

#[test]
fn the_manifest_does_not_depend_on_the_number_of_threads() {
    let (one, two) = (World::new(), World::new());
    run(&one);
    let (outcome, _) = run_with(&two, &Options { threads: 2, ..OPTIONS }, write_one_file);
    outcome.unwrap();
    assert_eq!(manifest(&one), manifest(&two));
}

#[test]
fn a_damaged_result_is_computed_again_and_what_follows_is_kept() {
    let world = World::new();
    run(&world);
    let first = manifest(&world);
    fs::write(world.out().join(".work/update.txt"), "damaged").unwrap();
    assert_eq!(run(&world), [Stage::Update]);
    assert_eq!(manifest(&world), first);
}

#[test]
fn a_parameter_recomputes_what_depends_on_it_and_nothing_else() {
    let world = World::new();
    run(&world);
    world.edit("out: out", "out: out\nthresholds: { other_min_m2: 1000 }");
    let computed = run(&world);
    assert_eq!(computed[0], Stage::Artificialise);
    assert!(computed.is_sorted());
}

#[test]
fn an_input_that_changed_recomputes_from_the_stage_that_reads_it() {
    let world = World::new();
    run(&world);
    let path = world.path("territories/plu.gpkg");
    fs::copy(world.path("territories/communes.gpkg"), &path).unwrap();
    world.edit("layer: zone_urba", "layer: communes");
    assert_eq!(run(&world)[0], Stage::Change);
}

#[test]
fn an_interrupted_run_is_8_and_resumes_to_the_same_bytes() {
    let (whole, cut) = (World::new(), World::new());
    run(&whole);
    for stop in Stage::ALL {
        let cancel = Cancel::default();
        let outcome = drive(&cut.config(), &OPTIONS, &cancel, &|ctx: &Context| {
            if ctx.stage == stop {
                cancel.raise();
                // A long loop looks at the flag between blocks.
                ctx.check_cancelled()?;
            }
            write_one_file(ctx)
        });
        let error = outcome.unwrap_err();
        assert_eq!(error.exit_code(), 8, "{error}");
        assert!(error.to_string().contains(stop.name()));
        let status = cut.told(&["status", "config.yaml"]);
        assert!(status.contains("interrupted"), "{status}");
    }
    assert_eq!(run(&cut), [Stage::Deliver]);
    assert_eq!(manifest(&cut), manifest(&whole));
    assert!(!names(&cut.out()).iter().any(|name| name.starts_with(".tmp-")));
}

#[test]
fn a_broken_invariant_is_5_and_publishes_nothing() {
    let world = World::new();
    let (outcome, _) = run_with(&world, &OPTIONS, |ctx| {
        if ctx.stage == Stage::Change {
            let draft = Draft::new(ctx.out("faces.bin"))?;
            fs::write(draft.temp(), "half").map_err(Error::write(draft.temp()))?;
            return Err(Error::invariant("flux_identity", "stock2 - stock1 = 3 m2, flux 2 m2"));
        }
        write_one_file(ctx)
    });
    assert_eq!(outcome.unwrap_err().exit_code(), 5);
    assert!(!names(&world.out()).iter().any(|name| name.contains("faces")));
    let status = world.told(&["status", "config.yaml"]);
    assert!(status.contains("failed"), "{status}");
    assert!(status.contains("flux_identity"), "{status}");
    assert_eq!(run(&world)[0], Stage::Change);
}

#[test]
fn flaws_of_kept_stages_are_still_counted() {
    let world = World::new();
    run(&world);
    let issues = || {
        let text = fs::read_to_string(world.out().join("run.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["issues"].clone()
    };
    assert_eq!(issues()[0]["count"], 10);
    assert_eq!(run(&world), []);
    assert_eq!(issues()[0]["count"], 10);
}

#[test]
fn what_each_stage_took_is_told_and_kept_with_its_result() {
    let world = World::new();
    run(&world);
    let told = || {
        let text = fs::read_to_string(world.out().join("run.json")).unwrap();
        let run: serde_json::Value = serde_json::from_str(&text).unwrap();
        run["stages"].as_array().unwrap().clone()
    };
    let first = told();
    assert_eq!(first.len(), Stage::ALL.len());
    for stage in &first {
        let spent = &stage["spent"];
        assert!(spent["seconds"].as_f64().unwrap() > 0.0, "{stage}");
        assert!(spent["written_bytes"].as_u64().unwrap() > 0, "the stage wrote a file: {stage}");
        assert!(spent["memory_peak_bytes"].as_u64().unwrap() > 1 << 20, "{stage}");
        assert_eq!(stage["kept"], false);
    }
    run(&world);
    for (again, stage) in told().iter().zip(&first) {
        assert_eq!((&again["spent"], &again["kept"]), (&stage["spent"], &serde_json::json!(true)));
    }
    let page = fs::read_to_string(world.out().join("run.html")).unwrap();
    assert_eq!(page.matches("<td>conservée</td>").count(), Stage::ALL.len());
    assert!(!manifest(&world).contains("run.html"), "it differs from run to run");
    assert!(world.told(&["verify", "out"]).starts_with("exit code: 0"), "and is in no manifest");
}

#[test]
fn from_computes_again_and_needs_what_comes_before() {
    let world = World::new();
    let from = Options { from: Some(Stage::Change), to: Some(Stage::Indicators), ..OPTIONS };
    let (outcome, computed) = run_with(&world, &from, write_one_file);
    assert_eq!(outcome.unwrap_err().exit_code(), 2);
    assert_eq!(computed, []);
    run(&world);
    let (outcome, computed) = run_with(&world, &from, write_one_file);
    outcome.unwrap();
    assert_eq!(computed, [Stage::Change, Stage::Artificialise, Stage::Indicators]);
}

#[test]
fn a_delivered_file_that_changed_is_9() {
    let world = World::new();
    run(&world);
    let verify = || world.millesime(&["status", "config.yaml", "--verify"]);
    assert_eq!(verify().status.code(), Some(0));
    fs::write(world.out().join("indicators.txt"), "edited").unwrap();
    let output = verify();
    assert_eq!(output.status.code(), Some(9));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("indicators.txt"), "{said}");
    fs::remove_file(world.out().join("indicators.txt")).unwrap();
    assert_eq!(verify().status.code(), Some(9));
}

#[test]
fn a_signal_raises_the_flag() {
    let cancel = Cancel::on_signals().unwrap();
    assert!(!cancel.is_raised());
    signal_hook::low_level::raise(signal_hook::consts::SIGTERM).unwrap();
    assert!(cancel.is_raised());
}
