//! What `gc` removes, what it never touches, and what `verify` says of a configuration.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use pipeline::lock::Lock;
use pipeline::run::Options;
use pipeline::stage::Stage;

use crate::resume::{OPTIONS, names, run, run_with, write_one_file};
use crate::world::World;

/// Stdout of a command that must succeed, without the world's folder.
fn listed(world: &World, args: &[&str]) -> Vec<String> {
    let told = world.told(args);
    assert!(told.starts_with("exit code: 0"), "{told}");
    let stdout = told.split("--- stderr").next().unwrap();
    stdout.lines().skip(2).map(str::to_owned).collect()
}

#[test]
fn drafts_and_stale_working_files_go_and_nothing_else() {
    let world = World::new();
    run(&world);
    let out = world.out();
    // A draft at any depth, a file that nobody of ours wrote, and one that an earlier plan left.
    fs::create_dir_all(out.join("archives")).unwrap();
    fs::write(out.join("archives/.tmp-9-x.zip"), "half").unwrap();
    fs::write(out.join(".work/notes.txt"), "the user's").unwrap();
    let journal = out.join(".work/journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let first = text.lines().find(|line| line.contains("\"done\"")).unwrap();
    assert!(first.contains("ingest.txt"));
    for name in ["old.txt", "edited.txt"] {
        let earlier = first.replace("ingest.txt", name);
        fs::write(&journal, format!("{earlier}\n{}", fs::read_to_string(&journal).unwrap()))
            .unwrap();
    }
    fs::copy(out.join(".work/ingest.txt"), out.join(".work/old.txt")).unwrap();
    fs::write(out.join(".work/edited.txt"), "no longer what was written").unwrap();
    let before = names(&out);

    let dry = listed(&world, &["gc", "config.yaml", "--dry-run"]);
    assert_eq!(names(&out), before);
    let said: Vec<&str> = dry.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(said, ["draft", "stale"], "{dry:?}");
    assert_eq!(listed(&world, &["gc", "config.yaml"]), dry);
    let gone = [".tmp-9-x.zip", "old.txt"];
    let expected: Vec<&String> = before.iter().filter(|n| !gone.contains(&n.as_str())).collect();
    assert_eq!(names(&out).iter().collect::<Vec<_>>(), expected);
    assert_eq!(run(&world), [], "nothing that a run needs was removed");
}

#[test]
fn working_files_of_a_finished_result_go_on_demand_and_it_stays_verified() {
    let world = World::new();
    run(&world);
    let out = world.out();
    let manifest = fs::read(out.join("manifest.json")).unwrap();
    assert_eq!(listed(&world, &["gc", "config.yaml"]).len(), 0);
    let gone = listed(&world, &["gc", "config.yaml", "--finished"]);
    assert_eq!(gone.len(), 4, "{gone:?}");
    assert_eq!(names(&out.join(".work")).len(), 2, "the journal and the lock");
    listed(&world, &["verify", "config.yaml"]);
    // What was removed is made again, to the byte, and then watched again.
    assert_eq!(run(&world).len(), 4);
    assert_eq!(fs::read(out.join("manifest.json")).unwrap(), manifest);
    fs::remove_file(out.join(".work/ingest.txt")).unwrap();
    assert!(world.told(&["verify", "config.yaml"]).starts_with("exit code: 9"));
}

#[test]
fn a_damaged_result_keeps_its_working_files_and_a_running_one_is_left_alone() {
    let world = World::new();
    run(&world);
    let out = world.out();
    fs::write(out.join("indicators.txt"), "edited").unwrap();
    let told = world.told(&["gc", "config.yaml", "--finished"]);
    assert!(told.starts_with("exit code: 9"), "{told}");
    assert!(out.join(".work/ingest.txt").exists());
    let _held = Lock::take(&out.join(".work"), &out).unwrap();
    assert!(world.told(&["gc", "config.yaml"]).starts_with("exit code: 6"));
    let status = world.told(&["status", "config.yaml"]);
    assert!(
        status.contains(&format!("by             process {} on ", std::process::id())),
        "{status}"
    );
}

/// Writes a working file that is as old as given.
fn working_file(world: &World, name: &str, age_s: u64) {
    let path = world.out().join(".work").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = File::create(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(age_s)).unwrap();
}

#[test]
fn blocks_of_a_complete_stage_go_once_no_worker_is_there() {
    let world = World::new();
    let to_ingest = Options { to: Some(Stage::Ingest), ..OPTIONS };
    run_with(&world, &to_ingest, write_one_file).0.unwrap();
    let (sealed, begun) = ("partial/ingest-0123456789abcdef", "partial/classify-0123456789abcdef");
    for folder in [sealed, begun] {
        working_file(&world, &format!("{folder}/prior/c/0/0"), 0);
    }
    let work = world.out().join(".work");
    let worker = Lock::share(&work, &world.out()).unwrap();
    assert!(world.told(&["gc", "config.yaml"]).starts_with("exit code: 6"));
    drop(worker);
    let gone = listed(&world, &["gc", "config.yaml"]);
    assert_eq!(gone.len(), 1, "{gone:?}");
    assert!(gone[0].starts_with("stale ") && gone[0].ends_with(sealed), "{gone:?}");
    assert!(!work.join(sealed).exists() && work.join(begun).exists());
    run(&world);
    working_file(&world, &format!("{sealed}/ingest.jsonl"), 0);
    listed(&world, &["gc", "config.yaml"]);
    assert!(!work.join("partial").exists());
}

#[test]
fn jobs_of_a_complete_run_go_with_their_logs_and_those_to_come_stay() {
    let world = World::new();
    let (script, state) = ("slurm/D011-2021-update-whole.sh", "slurm/tasks/D011-2021-update-whole");
    for name in [script, state, "slurm/logs/D011-2021-update-whole-7.log", "slurm/mine.sh"] {
        working_file(&world, name, 60);
    }
    let to_update = Options { to: Some(Stage::Update), ..OPTIONS };
    run_with(&world, &to_update, write_one_file).0.unwrap();
    assert_eq!(listed(&world, &["gc", "config.yaml"]).len(), 0, "the run is not complete");
    run(&world);
    let manifest = File::options().append(true).open(world.out().join("manifest.json")).unwrap();
    manifest.set_modified(SystemTime::now() - Duration::from_secs(30)).unwrap();
    for name in [script, state] {
        working_file(&world, name, 0);
        assert_eq!(listed(&world, &["gc", "config.yaml"]).len(), 0, "`{name}` is of a later job");
        working_file(&world, name, 60);
    }
    let work = world.out().join(".work");
    let dry = listed(&world, &["gc", "config.yaml", "--dry-run"]);
    assert_eq!(dry.len(), 3, "{dry:?}");
    assert!(dry.iter().all(|line| line.starts_with("stale ")), "{dry:?}");
    assert!(work.join(script).exists());
    assert_eq!(listed(&world, &["gc", "config.yaml"]), dry);
    let mut left = names(&work.join("slurm"));
    left.sort();
    assert_eq!(left, ["logs", "mine.sh", "tasks"]);
}

#[test]
fn verify_holds_working_files_against_the_journal() {
    let world = World::new();
    assert!(world.told(&["verify", "config.yaml"]).starts_with("exit code: 4"), "nothing there");
    run(&world);
    let verified = world.told(&["verify", "config.yaml"]);
    assert!(verified.contains("ok: 10 files are those of 1 manifests"), "{verified}");
    let damaged = Path::new(".work/update.txt");
    fs::write(world.out().join(damaged), "damaged").unwrap();
    let told = world.told(&["verify", "config.yaml"]);
    assert!(told.starts_with("exit code: 9") && told.contains("changed   "), "{told}");
    assert!(told.contains(damaged.to_str().unwrap()), "{told}");
}
