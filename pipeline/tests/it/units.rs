//! Units of work: what a plan declares is what a run does.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use kernels::lattice::{Point, Polygon, Ring};
use pipeline::io::vector::Value as Cell;
use pipeline::io::vector_writer::{Field, FieldKind};
use serde_json::Value;

use crate::generated::{Sample, features};
use crate::world::layer;

/// East of the territory lies a small commune, so that the grid has this many blocks.
pub(crate) const N_BLOCKS: usize = 3;

/// A generated territory of several blocks.
pub(crate) struct Territory(Sample);

impl Territory {
    pub(crate) fn new() -> Self {
        let sample = Sample::new(3);
        let path = sample.path("sample/territories/communes.gpkg");
        let polygons = features(&path, &["insee"]).into_iter().map(|(polygon, _)| polygon);
        let mut rows: Vec<(Polygon, Vec<Cell>)> = polygons
            .enumerate()
            .map(|(rank, polygon)| (polygon, vec![Cell::from(format!("110{rank:02}").as_str())]))
            .collect();
        let corner = rows[0].0.exterior.0[0];
        // Blocks of 2048 cells of 5 m.
        let east = |steps: i32, north: i32| {
            let from = corner.x + (N_BLOCKS as i32 - 1) * 2048 * 500 + 50_000;
            Point::new(from + steps, corner.y + north)
        };
        let ring = Ring(vec![east(0, 0), east(2000, 0), east(2000, 2000), east(0, 2000)]);
        let far = Polygon { exterior: ring, holes: Vec::new() };
        rows.push((far, vec![Cell::from("11099")]));
        fs::remove_file(&path).unwrap();
        layer(&path, vec![Field::optional("insee", FieldKind::Text)], &rows);
        let territory = Self(sample);
        territory.edit("layer: communes", "layer: layer");
        territory
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    fn edit(&self, from: &str, to: &str) {
        let path = self.path("sample/config.yaml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "`{from}` is not in {text}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_millesime"));
        command.args(args).current_dir(self.path("")).output().unwrap()
    }

    pub(crate) fn ok(&self, args: &[&str]) -> Output {
        let output = self.command(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "millesime {args:?}: {stderr}");
        output
    }

    /// The units of the plan.
    fn plan(&self) -> Vec<Value> {
        let output = self.ok(&["plan", "sample/config.yaml", "--out", "out", "--format", "json"]);
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The last completed record of each stage in the journal.
    pub(crate) fn done(&self, out: &str) -> BTreeMap<String, Value> {
        let journal = self.path(out).join("D011/2021/.work/journal.jsonl");
        let text = fs::read_to_string(journal).unwrap();
        let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let done = records.filter(|record| record["record"] == "done");
        done.map(|record| (record["unit"].as_str().unwrap().to_owned(), record)).collect()
    }
}

/// Whether a name is one that was declared; `*` stands for the rest of it.
fn is_declared(name: &str, declared: &str) -> bool {
    declared.strip_suffix('*').map_or(name == declared, |start| name.starts_with(start))
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

#[test]
fn a_plan_declares_what_a_run_then_writes_and_its_keys() {
    let territory = Territory::new();
    let before = territory.plan();
    assert_eq!(before.len(), 2 * (2 + N_BLOCKS) + 8, "two stages of blocks, eight whole ones");
    assert!(before.iter().all(|unit| unit["key"].is_null()), "nothing is hashed by a plan");
    let steps: Vec<u64> = before.iter().map(|unit| unit["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, [0, 1, 1, 1, 2, 3, 4, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    assert_eq!(before[1]["unit"], "D011/2021/ingest/block-1");
    assert_eq!(
        strings(&before[6]["command"])[1..],
        ["sample/config.yaml", "--run", "D011/2021", "--stage", "classify", "--slice", "1/3"]
    );
    let blocks = before.iter().filter(|unit| unit["step"] == 1);
    let cells: u64 = blocks.map(|unit| unit["cost"]["cells"].as_u64().unwrap()).sum();
    assert_eq!(cells, before[0]["cost"]["cells"].as_u64().unwrap());

    territory.ok(&["run", "sample/config.yaml", "--out", "out"]);
    let after = territory.plan();
    let done = territory.done("out");
    for unit in &after {
        let stage = unit["stage"].as_str().unwrap();
        assert_eq!(unit["key"], done[stage]["key"], "{stage}");
    }
    for (stage, done) in &done {
        let of_stage = || after.iter().filter(|unit| unit["stage"] == stage.as_str());
        let declared: Vec<&str> = of_stage().flat_map(|unit| strings(&unit["writes"])).collect();
        let written: Vec<&String> = done["outputs"].as_object().unwrap().keys().collect();
        for name in &written {
            assert!(declared.iter().any(|d| is_declared(name, d)), "{stage} wrote `{name}`");
        }
        for unit in of_stage().filter(|unit| unit["part"] != "block") {
            for d in strings(&unit["writes"]) {
                assert!(written.iter().any(|name| is_declared(name, d)), "{stage}: no `{d}`");
            }
        }
        for d in of_stage().filter(|u| u["part"] == "block").flat_map(|u| strings(&u["writes"])) {
            assert!(territory.path("out/D011/2021").join(d).is_file(), "{stage}: no shard `{d}`");
        }
    }
}

#[test]
fn a_plan_of_several_configurations_is_one_table() {
    let territory = Territory::new();
    let config = fs::read_to_string(territory.path("sample/config.yaml")).unwrap();
    let later = config.replace("vintage: 2021", "vintage: 2024");
    fs::write(territory.path("sample/later.yaml"), later).unwrap();
    let told = territory.ok(&["plan", "sample/config.yaml", "sample/later.yaml"]);
    let table = String::from_utf8(told.stdout).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 1 + 2 * (3 + 3 + 8) + 1, "{table}");
    assert!(lines[2].starts_with("D011/2021/ingest/block-*"), "{table}");
    assert!(lines.last().unwrap().starts_with("all"), "{table}");
    let each = territory.ok(&["plan", "sample/config.yaml", "--units"]);
    assert_eq!(String::from_utf8(each.stdout).unwrap().lines().count(), 1 + 18 + 1);
}
