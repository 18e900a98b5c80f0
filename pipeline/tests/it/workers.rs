//! Blocks done by several processes, or by one that dies: the end is the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use pipeline::blocks::Progress;
use pipeline::lock::Lock;
use pipeline::stage::Stage;
use serde_json::Value;

use crate::units::{N_BLOCKS, Territory};

impl Territory {
    fn out(&self, out: &str) -> PathBuf {
        self.path(out).join("D011/2021")
    }

    /// Does a part of a stage in the folder `out`.
    fn work(&self, stage: &str, part: &[&str], out: &str) -> String {
        let told =
            self.ok(
                &[&["work", "sample/config.yaml", "--stage", stage, "--out", out], part].concat()
            );
        String::from_utf8(told.stderr).unwrap()
    }

    /// Exit code and words of a part of a stage that is refused.
    fn refused(&self, stage: &str, part: &[&str], out: &str) -> (i32, String) {
        let told = self.command(
            &[&["work", "sample/config.yaml", "--stage", stage, "--out", out], part].concat(),
        );
        (told.status.code().unwrap(), String::from_utf8(told.stderr).unwrap())
    }

    fn run_to(&self, stage: &str, out: &str) -> String {
        let told = self.ok(&["run", "sample/config.yaml", "--to", stage, "--out", out]);
        String::from_utf8(told.stderr).unwrap()
    }

    fn start(&self, args: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_millesime"));
        let command = command.args(args).current_dir(self.path(""));
        command.stderr(Stdio::null()).spawn().unwrap()
    }

    /// Outputs, figures and flaws of each complete stage.
    fn results(&self, out: &str) -> BTreeMap<String, [Value; 3]> {
        let of =
            |done: Value| [&done["outputs"], &done["report"], &done["flaws"]].map(Value::clone);
        self.done(out).into_iter().map(|(stage, done)| (stage, of(done))).collect()
    }

    fn progress(&self, stage: Stage, out: &str) -> Progress {
        Progress::of(&self.out(out).join(".work"), stage).unwrap().unwrap()
    }
}

/// Every file below a folder whose name ends so.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.display().to_string().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn workers_that_share_a_folder_leave_what_one_run_leaves() {
    let territory = Territory::new();
    territory.run_to("classify", "one");
    for stage in ["ingest", "classify"] {
        territory.work(stage, &["--prepare"], "many");
        let slice = |slice: &str| {
            ["work", "sample/config.yaml", "--stage", stage, "--out", "many", "--slice", slice]
                .map(str::to_owned)
        };
        // Both at once, the last blocks first, and some blocks in both.
        let mut workers =
            ["2/2", "1/1"].map(|part| territory.start(&slice(part).each_ref().map(String::as_str)));
        for worker in &mut workers {
            assert!(worker.wait().unwrap().success(), "{stage}");
        }
        let again = territory.work(stage, &["--slice", "1/1"], "many");
        assert!(again.contains("3 of 3 blocks complete, kept"), "{again}");
        territory.work(stage, &["--seal"], "many");
        assert!(!territory.out("many").join(".work/partial").exists());
        let kept = territory.work(stage, &["--slice", "1/3"], "many");
        assert!(kept.contains("complete, kept"), "{kept}");
    }
    assert_eq!(territory.results("many"), territory.results("one"));
    let told = territory.run_to("classify", "many");
    assert_eq!(told.matches("complete, kept").count(), 2, "{told}");
    assert!(
        files(&territory.out("many"), ".jsonl").len() == 1,
        "the parts of the journal are gone"
    );
}

#[test]
fn a_run_that_is_killed_among_its_blocks_does_at_most_one_again() {
    let territory = Territory::new();
    territory.run_to("classify", "whole");
    for (stage, n) in [(Stage::Ingest, 1), (Stage::Classify, 2)] {
        let to = ["--to", "classify", "--out", "cut", "--threads", "1"];
        let mut run = territory.start(&[&["run", "sample/config.yaml"][..], &to].concat());
        let work = territory.out("cut").join(".work");
        let since = Instant::now();
        while Progress::of(&work, stage).unwrap().is_none_or(|so_far| so_far.done < n) {
            assert!(since.elapsed() < Duration::from_mins(2), "{stage} has no block");
            assert!(run.try_wait().unwrap().is_none(), "the run ended before it was killed");
            sleep(Duration::from_millis(2));
        }
        run.kill().unwrap();
        run.wait().unwrap();
        let done = territory.progress(stage, "cut").done;
        assert!((n..N_BLOCKS).contains(&done), "{done} blocks of {stage}");
        // What a power cut leaves of the last line.
        let journal = files(&work.join("partial"), ".jsonl").pop().unwrap();
        let mut text = fs::read(&journal).unwrap();
        text.extend(b"{\"record\":\"done\",\"unit\":\"inge");
        fs::write(journal, text).unwrap();
        let told = territory.run_to(stage.name(), "cut");
        assert!(told.contains(&format!("{done} of 3 blocks complete, kept")), "{told}");
    }
    assert_eq!(territory.results("cut"), territory.results("whole"));
}

#[test]
fn a_seal_takes_only_what_is_on_the_disk_as_it_was_journalled() {
    let territory = Territory::new();
    territory.run_to("ingest", "one");
    let (code, said) = territory.refused("ingest", &["--slice", "1/2"], "two");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("--stage ingest --prepare"), "{said}");

    territory.work("ingest", &["--prepare"], "two");
    territory.work("ingest", &["--slice", "1/2"], "two");
    let (code, said) = territory.refused("ingest", &["--seal"], "two");
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("2 of 3 blocks of `ingest` are not done"), "{said}");

    territory.work("ingest", &["--slice", "2/2"], "two");
    let shard = files(&territory.out("two").join(".work/partial"), "prior/c/0/1").pop().unwrap();
    let mut bytes = fs::read(&shard).unwrap();
    bytes[10] ^= 1;
    fs::write(&shard, bytes).unwrap();
    let (_, said) = territory.refused("ingest", &["--seal"], "two");
    assert!(said.contains("1 of 3 blocks of `ingest` are not done"), "{said}");
    let told = territory.work("ingest", &["--slice", "1/1"], "two");
    assert!(told.contains("2 of 3 blocks complete, kept"), "{told}");

    // A seal that was killed when it had put one array in place.
    let grown =
        files(&territory.out("two").join(".work/partial"), "valid/zarr.json").pop().unwrap();
    let grown = grown.parent().unwrap();
    fs::rename(grown, territory.out("two").join(".work/cube.zarr/valid")).unwrap();
    territory.work("ingest", &["--seal"], "two");
    assert_eq!(territory.results("two"), territory.results("one"));
}

#[test]
fn a_block_that_fails_is_recorded_and_the_others_are_done() {
    let territory = Territory::new();
    territory.work("ingest", &["--prepare"], "out");
    // Every tile lies in the first block. Size and time stay: nothing is noticed before it is read.
    for tile in files(&territory.path("sample/imagery/irc"), ".tif") {
        let times = fs::metadata(&tile).unwrap().modified().unwrap();
        let mut bytes = fs::read(&tile).unwrap();
        let n = bytes.len();
        bytes[n / 3..].fill(0);
        fs::write(&tile, bytes).unwrap();
        fs::File::options().write(true).open(&tile).unwrap().set_modified(times).unwrap();
    }
    let (code, said) = territory.refused("ingest", &["--slice", "1/1"], "out");
    assert_ne!(code, 0, "{said}");
    let progress = territory.progress(Stage::Ingest, "out");
    assert_eq!(progress.done, N_BLOCKS - 1);
    assert_eq!(progress.failed.keys().collect::<Vec<_>>(), ["ingest/block-1"]);
    let (_, said) = territory.refused("ingest", &["--seal"], "out");
    assert!(said.contains("ingest/block-1:"), "{said}");
}

#[test]
fn workers_and_a_run_never_share_a_folder() {
    let territory = Territory::new();
    let (work, out) = (territory.out("out").join(".work"), territory.out("out"));
    fs::create_dir_all(&work).unwrap();
    let alone = Lock::take(&work, &out).unwrap();
    assert_eq!(territory.refused("ingest", &["--slice", "1/1"], "out").0, 6);
    drop(alone);
    let beside = Lock::share(&work, &out).unwrap();
    assert!(Lock::share(&work, &out).is_ok(), "workers do");
    assert_eq!(territory.refused("ingest", &["--prepare"], "out").0, 6);
    drop(beside);
    let (code, said) = territory.refused("update", &["--seal"], "out");
    assert_eq!(code, 2);
    assert!(said.contains("stage `update` has no blocks"), "{said}");
    let (code, said) = territory.refused("classify", &["--prepare"], "out");
    assert_eq!(code, 2);
    assert!(said.contains("stage `ingest` is not complete"), "{said}");
}

#[test]
fn a_submission_writes_scripts_that_a_shell_understands() {
    let territory = Territory::new();
    let args = ["submit", "sample/config.yaml", "--out", "it's here", "--cpus", "2"];
    let more = ["--task-minutes", "0", "--partition", "cpu", "--account", "ocsge", "--dry-run"];
    let told = territory.ok(&[&args[..], &more].concat());
    let text = String::from_utf8(told.stdout).unwrap();
    let scripts: Vec<&str> = text.lines().collect();
    assert_eq!(scripts.len(), 3 + 3 + 8, "one job a step");
    for script in &scripts {
        let checked = Command::new("bash").args(["-n", script]).status().unwrap();
        assert!(checked.success(), "{script}");
    }
    let blocks = fs::read_to_string(scripts[1]).unwrap();
    for line in [
        "#SBATCH --job-name=D011-2021-ingest-blocks",
        "#SBATCH --array=1-3",
        "#SBATCH --cpus-per-task=2",
        "#SBATCH --requeue",
        "#SBATCH --partition=cpu",
        "#SBATCH --account=ocsge",
    ] {
        assert!(blocks.lines().any(|l| l == line), "no `{line}` in {blocks}");
    }
    let command = blocks.lines().find(|line| line.contains(" work ")).unwrap();
    assert!(command.contains("--stage ingest --out '"), "{command}");
    assert!(command.contains(r"it'\''s here'"), "{command}");
    assert!(command.ends_with(r#"--slice "$SLURM_ARRAY_TASK_ID/3" --threads 2 &"#), "{command}");
    assert!(!fs::read_to_string(scripts[6]).unwrap().contains("--array"), "`update` is one unit");
}

#[test]
fn a_script_counts_failures_and_tells_status_with_the_end_of_its_log() {
    let territory = Territory::new();
    let submit = ["submit", "sample/config.yaml", "--out", "out", "--retries", "1", "--dry-run"];
    let told = territory.ok(&submit);
    let text = String::from_utf8(told.stdout).unwrap();
    // `classify` cannot be prepared before `ingest` is complete: exit code 2, which is final.
    let script = text.lines().nth(3).unwrap();
    let job = |script: &str| {
        let mut shell = Command::new("bash");
        shell.arg(script).env("SLURM_JOB_ID", "77").current_dir(territory.path(""));
        shell.output().unwrap()
    };
    let output = job(script);
    assert_eq!(output.status.code(), Some(2));
    let work = territory.out("out").join(".work");
    let name = "D011-2021-classify-prepare";
    fs::write(work.join(format!("slurm/logs/{name}-77.log")), &output.stdout).unwrap();
    let status = territory.ok(&["status", "sample/config.yaml", "--out", "out"]);
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains(&format!("task           failed       {name}")), "{status}");
    assert!(status.contains(&format!("    millesime: {name} failed with 2")), "{status}");
    // The first step does its work, and is told no more.
    assert!(job(text.lines().next().unwrap()).status.success());
    let status = territory.ok(&["status", "sample/config.yaml", "--out", "out"]);
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("0 blocks done") && !status.contains("ingest-prepare"), "{status}");
}
