//! A run that is killed, killed again, out of disk, refused a read: the next one ends with the bytes of
//! a run that nothing happened to.
//!
//! Every case is a real process on a generated territory. After the fault: a named exit code and a
//! named file, no deliverable under its final name that is not the final one. After the next run: no
//! draft, and every file as without the fault. `make test` does a few of each; `make test-long` does
//! hundreds (`MILLESIME_FAULTS=N` scales them).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::chain::Chain;

mod cases;

use cases::{Case, Cases};

/// The territory, and what a run that nothing happens to makes of it.
struct Bench {
    chain: Chain,
    layer: PathBuf,
    /// Ends the runs of the small battery early: packages and pages take most of their time.
    to: &'static str,
    reference: BTreeMap<PathBuf, Vec<u8>>,
    time: Duration,
    /// Bytes written below the output folder, reads below the territory's.
    traffic: (u64, u64),
    /// Fault points in the order in which a run passes them.
    points: Vec<String>,
}

/// The program: the one built with the tests, or another build of it.
fn binary() -> PathBuf {
    let other = std::env::var_os("MILLESIME_BINARY");
    other.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_millesime")), PathBuf::from)
}

impl Bench {
    fn new(to: &'static str) -> Self {
        let chain = Chain::of_size("200");
        smaller(&chain.path("sample/config.yaml"));
        let layer = chain.path("layer.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/faults/layer.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&layer)
            .args([source, "-ldl"])
            .status();
        assert!(built.is_ok_and(|status| status.success()), "`cc` builds {source}");
        let (reference, points) = (BTreeMap::new(), Vec::new());
        let (time, traffic) = (Duration::ZERO, (0, 0));
        let mut bench = Self { chain, layer, to, reference, time, traffic, points };
        bench.measure();
        bench
    }

    /// One run that nothing happens to, watched.
    fn measure(&mut self) {
        let out = self.chain.path("reference");
        let since = Instant::now();
        ok(&self.command(&out, &[]).output().unwrap());
        self.time = since.elapsed();
        self.reference = tree(&out);
        let mut watched = self.command(&self.chain.path("watched"), &[]);
        watched.env("MILLESIME_LOG", "pipeline::fault=trace");
        let output = watched.output().unwrap();
        ok(&output);
        let said = String::from_utf8(output.stderr).unwrap();
        let name = |line: &str| {
            let (_, rest) = line.split_once("fault point")?;
            rest.split('"').nth(1).map(str::to_owned)
        };
        self.points = said.lines().filter_map(name).collect();
        assert!(self.points.len() > 20, "{} fault points", self.points.len());
        let count = |under: &Path, at: usize| -> u64 {
            let file = self.chain.path("count");
            let mut counted = self.command(&self.chain.path("counted"), &[]);
            self.preload(&mut counted, under).env("FAULT_COUNT", &file);
            ok(&counted.output().unwrap());
            let text = fs::read_to_string(file).unwrap();
            let _ = fs::remove_dir_all(self.chain.path("counted"));
            text.split_whitespace().nth(at).unwrap().parse().unwrap()
        };
        let root = self.chain.path("sample");
        let reads = count(root.parent().unwrap(), 1);
        self.traffic = (count(&self.chain.path("counted"), 0), reads);
        assert!(self.traffic.0 > 100_000 && self.traffic.1 > 100, "{:?}", self.traffic);
        fs::remove_dir_all(self.chain.path("watched")).unwrap();
    }

    fn command(&self, out: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(["run", "sample/config.yaml", "--threads", "2", "--to", self.to, "--out"]);
        command.arg(out).args(more).current_dir(self.chain.path("."));
        command.stdout(Stdio::null()).stderr(Stdio::piped()).env_remove("MILLESIME_FAULT");
        command
    }

    fn preload<'a>(&self, command: &'a mut Command, under: &Path) -> &'a mut Command {
        command.env("LD_PRELOAD", &self.layer).env("FAULT_UNDER", under)
    }

    /// Does one case and checks it; gives the exit codes of the runs that something happened to.
    fn check(&self, name: &str, case: &Case) -> Vec<Option<i32>> {
        let out = self.chain.path(name);
        let codes = self.suffer(&out, case);
        // Whatever carries a final name is final.
        for (path, bytes) in tree(&out) {
            let is_whole = self.reference.get(&path).is_none_or(|whole| *whole == bytes);
            assert!(is_whole || is_draft(&path), "{case:?}: `{}` is a part", path.display());
        }
        let complete = complete(&out);
        ok(&self.command(&out, &[]).output().unwrap());
        let after = tree(&out);
        for (path, bytes) in &self.reference {
            let is_same = after.get(path).is_some_and(|again| again == bytes);
            assert!(is_same, "{case:?}: `{}` is not that of an uninterrupted run", path.display());
        }
        let strange: Vec<&PathBuf> =
            after.keys().filter(|path| !self.reference.contains_key(*path)).collect();
        assert!(strange.is_empty(), "{case:?}: left behind: {strange:?}");
        let again = completed(&out);
        for stage in complete {
            assert_eq!(again.get(&stage), Some(&1), "{case:?}: `{stage}` was computed again");
        }
        fs::remove_dir_all(&out).unwrap();
        codes
    }

    /// Runs with the fault.
    fn suffer(&self, out: &Path, case: &Case) -> Vec<Option<i32>> {
        match case {
            Case::KillAfter(after) => vec![self.killed_after(out, *after)],
            Case::KillTwice(first, second) => {
                vec![self.killed_after(out, *first), self.killed_after(out, *second)]
            }
            Case::KillAt(place, nth) => {
                let mut command = self.command(out, &[]);
                let output = command.env("MILLESIME_FAULT", format!("{place}:{nth}")).output();
                let status = output.unwrap().status;
                assert_eq!(status.code(), None, "{case:?}: the place was not reached");
                vec![status.code()]
            }
            Case::Full(bytes) => {
                let mut command = self.command(out, &[]);
                self.preload(&mut command, out).env("FAULT_FULL", bytes.to_string());
                vec![failed(case, &command.output().unwrap(), &[7])]
            }
            Case::Unreadable(nth) => {
                let mut command = self.command(out, &[]);
                let under = self.chain.path("sample");
                self.preload(&mut command, under.parent().unwrap());
                let output = command.env("FAULT_READ", nth.to_string()).output().unwrap();
                // SQLite reads some pages for comfort only, and what we write is read back.
                if output.status.success() {
                    return vec![Some(0)];
                }
                vec![failed(case, &output, &[3, 4, 7])]
            }
        }
    }

    /// Kills a run after some time, unless it ends before.
    fn killed_after(&self, out: &Path, after: Duration) -> Option<i32> {
        let mut child = self.command(out, &[]).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap().code()
    }

    /// Does all cases, some at a time; gives the number of each outcome.
    fn check_all(&self, cases: &[Case]) -> BTreeMap<String, usize> {
        let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        let n_workers = thread::available_parallelism().map_or(2, usize::from);
        thread::scope(|scope| {
            for _ in 0..n_workers {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(case) = cases.get(index) else { break };
                        let codes = self.check(&format!("case{index}"), case);
                        let code = |code: &Option<i32>| {
                            code.map_or_else(|| "killed".to_owned(), |code| format!("exit {code}"))
                        };
                        let codes: Vec<String> = codes.iter().map(code).collect();
                        let key = format!("{}: {}", case.kind(), codes.join(", "));
                        *outcomes.lock().unwrap().entry(key).or_default() += 1;
                    }
                });
            }
        });
        outcomes.into_inner().unwrap()
    }
}

/// Takes from a sample's configuration what only costs time here: the imagery and the heights of the
/// prior's date, and three cells of four.
fn smaller(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let mut is_before = false;
    let lines = text.lines().filter(|line| {
        is_before = line.starts_with("  imagery:") || is_before && line.starts_with("    ");
        !is_before && !line.contains("mnh")
    });
    let text: Vec<&str> = lines.collect();
    let text = text.join("\n").replace("cell_m: 1.0", "cell_m: 2.0");
    assert!(text.contains("cell_m: 2.0"));
    fs::write(path, text).unwrap();
}

fn ok(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
}

/// A run that could not go on said so with one of these codes, and named a file.
fn failed(case: &Case, output: &Output, codes: &[i32]) -> Option<i32> {
    let said = String::from_utf8_lossy(&output.stderr);
    let code = output.status.code();
    assert!(code.is_some_and(|code| codes.contains(&code)), "{case:?}: {code:?}\n{said}");
    let error = said.rsplit("error: ").next().unwrap_or_default();
    assert!(error.contains("`/") || error.contains(" at "), "{case:?}: no file is named: {said}");
    code
}

/// Every file below an output folder but those that tell of the run itself.
fn tree(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![out.to_owned()]);
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !["journal.jsonl", "lock", "run.json", "run.html"].contains(&name.as_str()) {
                files.insert(path.strip_prefix(out).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Whether a file is a draft or is in one.
fn is_draft(path: &Path) -> bool {
    path.components().any(|step| step.as_os_str().to_string_lossy().starts_with(".tmp-"))
}

fn records(out: &Path) -> Vec<serde_json::Value> {
    let text = fs::read(out.join("D011/2021/.work/journal.jsonl")).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n');
    lines.filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// The units that are complete in a journal.
fn complete(out: &Path) -> Vec<String> {
    let done = records(out).into_iter().filter(|record| record["record"] == "done");
    done.map(|record| record["unit"].as_str().unwrap().to_owned()).collect()
}

/// How often each unit was completed.
fn completed(out: &Path) -> BTreeMap<String, usize> {
    let mut done = BTreeMap::new();
    for record in records(out).iter().filter(|record| record["record"] == "done") {
        *done.entry(record["unit"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    done
}

#[test]
fn a_chain_that_is_killed_full_or_refused_ends_as_if_nothing_had_happened() {
    let bench = Bench::new("update");
    let cases = Cases { seed: 7, time: bench.time, traffic: bench.traffic, points: &bench.points };
    let outcomes = bench.check_all(&cases.some([2, 3, 1, 2, 1]));
    assert_eq!(outcomes.values().sum::<usize>(), 9, "{outcomes:?}");
}

#[test]
#[ignore = "minutes: `make test-long`"]
fn the_whole_battery_of_faults_leaves_no_trace() {
    let scale: usize = std::env::var("MILLESIME_FAULTS").map_or(100, |text| text.parse().unwrap());
    // A kill that comes when the run has just ended is none: some more are drawn.
    let counts = [170, 150, 70, 100, 50].map(|n: usize| (n * scale).div_ceil(100));
    let bench = Bench::new("deliver");
    let cases = Cases { seed: 1, time: bench.time, traffic: bench.traffic, points: &bench.points };
    let since = Instant::now();
    let outcomes = bench.check_all(&cases.some(counts));
    for (outcome, n) in &outcomes {
        println!("{n:>4}  {outcome}");
    }
    println!("{:>4}  fault points in a run", bench.points.len());
    println!(
        "      in {:.0} s, a run takes {:.1} s",
        since.elapsed().as_secs_f64(),
        bench.time.as_secs_f64()
    );
    assert_eq!(outcomes.values().sum::<usize>(), counts.iter().sum::<usize>());
}

/// How the imagery is cut into tiles, in which order the tiles are named, how many threads there are.
#[test]
#[ignore = "minutes: `make test-long`"]
fn sixty_ways_to_compute_give_one_result() {
    let bench = Bench::new("deliver");
    // What names the input files differs with them, and with nothing else.
    let names_inputs = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_page = path.extension().is_some_and(|extension| extension == "html");
        is_page || name == "manifest.json" || name.starts_with("model_")
    };
    let mut ways = 0;
    for side in [1, 2, 3, 4] {
        for order in 0..3 {
            let config = bench.retiled(side, order);
            let mut of_tiles = BTreeMap::new();
            for threads in ["1", "2", "3", "5", "8"] {
                let out = bench.chain.path("way");
                let mut command = Command::new(binary());
                command.args(["run", &config, "--threads", threads, "--out", "way"]);
                ok(&command.current_dir(bench.chain.path(".")).output().unwrap());
                let made = tree(&out);
                assert!(made.keys().eq(bench.reference.keys()));
                for (path, bytes) in &made {
                    let first: &Vec<u8> = of_tiles.entry(path.clone()).or_insert(bytes.clone());
                    let expected = if names_inputs(path) { first } else { &bench.reference[path] };
                    let way = format!("{side} x {side} tiles in order {order}, {threads} threads");
                    assert!(bytes == expected, "{way}: `{}` differs", path.display());
                }
                fs::remove_dir_all(&out).unwrap();
                ways += 1;
            }
        }
    }
    println!("{ways} ways, one hash for each of {} files", bench.reference.len());
}

impl Bench {
    /// The configuration with each image cut into `side` x `side` tiles.
    fn retiled(&self, side: usize, order: usize) -> String {
        let name = format!("sample/tiles{side}-{order}.yaml");
        for kind in ["rvb", "irc"] {
            let folder = self.chain.path("sample/imagery").join(kind);
            let whole = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
            let tiles = self.chain.path(&format!("sample/tiles{side}-{order}/{kind}"));
            fs::create_dir_all(&tiles).unwrap();
            let pixels = 1000 / side;
            for rank in 0..side * side {
                let (row, col) = (rank / side, rank % side);
                let span = |at: usize| if at + 1 == side { 1000 - at * pixels } else { pixels };
                let window = [col * pixels, row * pixels, span(col), span(row)];
                let window = window.map(|number| number.to_string());
                // Files are read in the order of their names.
                let named =
                    [rank, side * side - 1 - rank, (rank * 7 + 3) % (side * side + 1)][order];
                let status = Command::new("gdal_translate")
                    .args(["-q", "-srcwin"])
                    .args(window)
                    .arg(&whole)
                    .arg(tiles.join(format!("{named:02}-{rank:02}.tif")))
                    .status();
                assert!(status.is_ok_and(|status| status.success()), "`gdal_translate` cuts tiles");
            }
        }
        let config = fs::read_to_string(self.chain.path("sample/config.yaml")).unwrap();
        let cut = config.replace("imagery/", &format!("tiles{side}-{order}/"));
        fs::write(self.chain.path(&name), cut).unwrap();
        name
    }
}
