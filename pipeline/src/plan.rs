//! What a run will do and what it needs, said before it does it.

mod cost;
mod declared;
mod list;
mod table;
mod unit;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::RangeInclusive;
use std::path::Path;

pub use cost::Cost;
pub use list::units;
pub use table::table;
pub use unit::{Part, Unit};

use cost::Images;
use serde_json::{Value, json};

use crate::config::Config;
use crate::error::Error;
use crate::inputs::Inputs;
use crate::machine::{MEMORY_BASE_BYTES, Machine, Needs};
use crate::preflight::{self, Wanted};
use crate::stage::Stage;
use crate::survey::Mosaics;
use crate::{VERSION, units as shown};

/// The ending of images in JPEG2000.
const JPEG2000: &str = "jp2";

/// A run before it starts.
#[derive(Debug, Clone)]
pub struct Plan {
    stages: Vec<Stage>,
    inputs: Inputs,
    n_cells: u64,
    /// Stages that the journal says are complete: they need nothing.
    complete: BTreeSet<Stage>,
    images: Images,
    /// Bytes of a cell in the arrays that each stage holds on the disk.
    stored: BTreeMap<Stage, f64>,
    /// GDAL drivers besides those of every run.
    drivers: Vec<&'static str>,
    /// Threads, and so blocks under way.
    threads: usize,
    machine: Machine,
}

impl Plan {
    /// Inspects the inputs and the machine.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is no prior and the run is not from scratch or has no model, [`Error::Input`]
    /// when an input is not what a run needs, [`Error::Read`] when one cannot be read.
    pub fn new(config: &Config, stages: RangeInclusive<Stage>) -> Result<Self, Error> {
        if config.prior.is_none() && !config.scratch {
            let what = "the configuration has no prior vintage to start from".to_owned();
            let hint = "write `prior:`, or make a first vintage with `--scratch`".to_owned();
            return Err(Error::Usage { what, hint: Some(hint) });
        }
        if config.prior.is_none() && config.model.is_none() {
            let what = "there is no prior vintage to learn from, and no model".to_owned();
            let hint = "give `model:` or `--model`: a run writes its model_*.json".to_owned();
            return Err(Error::Usage { what, hint: Some(hint) });
        }
        let inputs = Inputs::inspect(config)?;
        let stages: Vec<Stage> = Stage::of(config).filter(|stage| stages.contains(stage)).collect();
        let stored = |&stage: &Stage| (stage, declared::held_per_cell(stage, config));
        Ok(Self {
            stored: stages.iter().map(stored).collect(),
            stages,
            n_cells: inputs.n_cells(config),
            complete: BTreeSet::new(),
            images: Images::of(config, inputs.pixel_m),
            inputs,
            drivers: drivers(config),
            threads: 1,
            machine: Machine::read(&config.out)?,
        })
    }

    /// The same plan for a run that goes on from what the journal says is complete, as far as that is
    /// known without hashing.
    #[must_use]
    pub fn resumed(mut self, config: &Config) -> Self {
        // A journal that cannot be read tells nothing here; the run says so when it opens it.
        let told = list::told(config).unwrap_or_default();
        self.complete = told.done.into_keys().collect();
        self
    }

    /// The same plan with at most so many threads: as many as fit into memory, one at least, since a
    /// thread holds a block of cells.
    ///
    /// * `memory_bytes`: the memory that it may take; by default what is free.
    #[must_use]
    pub fn within(mut self, threads: usize, memory_bytes: Option<u64>) -> Self {
        let free = &mut self.machine.memory_available_bytes;
        *free = memory_bytes.map_or(*free, |given| given.min(*free));
        self.threads = threads.max(1);
        while self.threads > 1 && self.memory_bytes() > self.machine.memory_available_bytes {
            self.threads -= 1;
        }
        self
    }

    /// The headers that it read, for the stages that follow it.
    pub fn into_mosaics(self) -> Mosaics {
        self.inputs.mosaics
    }

    /// Threads that it runs with.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Seconds that a stage is expected to take, by its declared cost.
    pub fn seconds(&self, stage: Stage) -> f64 {
        let seconds = |&part: &Part| {
            let is_shared = matches!(part, Part::Block(_))
                || matches!(stage, Stage::Update | Stage::Regularise);
            let threads = if is_shared { self.threads } else { 1 };
            self.cost(stage, part).core_seconds as f64 / threads as f64
        };
        parts(stage).iter().map(seconds).sum()
    }

    /// What a part of a stage takes when it goes through the whole territory.
    fn cost(&self, stage: Stage, part: Part) -> Cost {
        cost::rates(stage, part, self.images).cost(self.n_cells, self.n_cells)
    }

    /// Its stages, in order.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    fn to_do(&self) -> impl Iterator<Item = Stage> {
        self.stages.iter().copied().filter(|stage| !self.complete.contains(stage))
    }

    /// Disk that what is still to do may take, in bytes.
    pub fn disk_bytes(&self) -> u64 {
        self.to_do().map(|stage| self.disk_of(stage)).sum()
    }

    fn disk_of(&self, stage: Stage) -> u64 {
        let arrays = self.stored.get(&stage).copied().unwrap_or_default() * self.n_cells as f64;
        let files = parts(stage).iter().map(|&part| self.cost(stage, part).written_bytes);
        arrays.ceil() as u64 + files.sum::<u64>()
    }

    /// Memory that the largest stage may take, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.to_do().map(|stage| self.memory_of(stage)).max().unwrap_or(MEMORY_BASE_BYTES)
    }

    fn memory_of(&self, stage: Stage) -> u64 {
        let of_part = |&part: &Part| self.cost(stage, part).memory(self.threads);
        parts(stage).iter().map(of_part).max().unwrap_or(MEMORY_BASE_BYTES)
    }

    /// Refuses a run that does not fit; with `force` it is only told.
    ///
    /// # Errors
    /// [`Error::Resources`] with what is needed and what is free, and the stage that needs most.
    pub fn preflight(&self, force: bool) -> Result<(), Error> {
        let most = self.to_do().max_by_key(|&stage| self.memory_of(stage));
        let of_stage = most.map(|stage| format!(" for `{stage}`")).unwrap_or_default();
        let wanted = Wanted {
            disk: (self.disk_bytes(), String::new()),
            memory: (self.memory_bytes(), of_stage),
            drivers: self.drivers.clone(),
        };
        preflight::require(&preflight::checks(&wanted, &self.machine), force)
    }

    /// Disk and memory.
    fn needs(&self) -> Needs {
        Needs { disk_bytes: self.disk_bytes(), memory_bytes: self.memory_bytes() }
    }

    /// The plan as people read it.
    pub fn text(&self, config: &Config) -> String {
        let mut text = format!(
            "millesime {VERSION} · department {} · vintages {} · nomenclature {} · rules {}\n",
            config.department,
            shown::arrows(&config.years()),
            config.nomenclature.id(),
            config.rules.id,
        );
        let _ = writeln!(
            text,
            "{} · cell {} m · {} cells · {} images ({}) · results in {}",
            config.crs,
            config.cell_m(),
            shown::count(self.n_cells),
            self.inputs.n_images,
            shown::bytes(self.inputs.image_bytes),
            config.vintage_dir().display(),
        );
        for (index, stage) in self.stages.iter().enumerate() {
            let head = if index == 0 { "plan" } else { "" };
            let (reads, writes) = flow(*stage);
            let sentence = stage.sentence();
            let _ = writeln!(text, "{head:<5} {stage:<14} {sentence:<48} {reads} -> {writes}");
        }
        let _ = write!(text, "      {}", self.needs().text(&self.machine));
        text
    }

    /// The plan as programs read it.
    pub fn fields(&self) -> Value {
        let stage = |stage: &Stage| {
            let (reads, writes) = flow(*stage);
            json!({
                "stage": stage,
                "reads": reads,
                "writes": writes,
                "disk_bytes": self.disk_of(*stage),
                "memory_bytes": self.memory_of(*stage),
                "seconds": self.seconds(*stage),
            })
        };
        json!({
            "version": VERSION,
            "stages": self.stages.iter().map(stage).collect::<Vec<_>>(),
            "n_cells": self.n_cells,
            "threads": self.threads,
            "image_bytes": self.inputs.image_bytes,
            "disk_bytes": self.disk_bytes(),
            "disk_free_bytes": self.machine.disk_free_bytes,
            "memory_bytes": self.memory_bytes(),
            "memory_free_bytes": self.machine.memory_available_bytes,
        })
    }
}

/// GDAL drivers that the files read and written need, besides those of every run.
fn drivers(config: &Config) -> Vec<&'static str> {
    let inputs = config.inputs();
    let reads = |ending: &str| inputs.iter().any(|path| ends_in(path, ending));
    let orders = &config.delivery;
    let needed = [
        ("JP2OpenJPEG", reads(JPEG2000)),
        ("FlatGeobuf", reads("fgb") || orders.web),
        ("ESRI Shapefile", reads("shp") || orders.shapefiles),
    ];
    needed.into_iter().filter(|(_, is_needed)| *is_needed).map(|(driver, _)| driver).collect()
}

/// Whether a file has an ending, in small letters or large ones.
fn ends_in(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
}

/// The kinds of parts of a stage; one block stands for all of them.
fn parts(stage: Stage) -> &'static [Part] {
    if stage.has_blocks() { &[Part::Prepare, Part::Block(0), Part::Seal] } else { &[Part::Whole] }
}

/// What a stage reads and writes, in words.
fn flow(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Ingest => ("images, evidence, prior", "cube"),
        Stage::Classify => ("cube", "model, probability"),
        Stage::Update => ("cube, model, probability", "cover, usage, confidence, reason"),
        Stage::Regularise => ("cover, usage", "regular couples"),
        Stage::Vectorise => ("regular couples, prior", "OCCUPATION_SOL, ZONE_CONSTRUITE"),
        Stage::Change => ("both vintages, territories", "faces, DIFF"),
        Stage::Artificialise => ("faces, rules", "ARTIF, zan_evol"),
        Stage::Indicators => ("faces, territories", "indicators/*.csv"),
        Stage::Correct => ("update, prior", "corrections/*"),
        Stage::Deliver => ("every result", "report.html, issues.gpkg, manifest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(disk_free_bytes: u64, memory_available_bytes: u64) -> Plan {
        let inputs = Inputs {
            n_images: 2,
            image_bytes: 1_000,
            ground_m2: 1.0e6,
            pixel_m: 0.2,
            mosaics: Mosaics::default(),
        };
        Plan {
            stages: Stage::ALL.to_vec(),
            inputs,
            n_cells: 1_000_000,
            complete: BTreeSet::new(),
            images: Images { n_dates: 1, pixels: 25.0, jpeg2000: false },
            stored: BTreeMap::from([(Stage::Ingest, 7.0), (Stage::Update, 0.5)]),
            drivers: Vec::new(),
            threads: 2,
            machine: Machine::with_free(disk_free_bytes, memory_available_bytes),
        }
    }

    #[test]
    fn as_many_threads_as_fit_into_memory_and_one_at_least() {
        let free = 500 << 20;
        let block = plan(u64::MAX, 2 << 30);
        assert_eq!(block.clone().within(8, None).threads(), 6);
        assert_eq!(block.clone().within(4, None).threads(), 4);
        assert_eq!(block.clone().within(8, Some(free)).threads(), 1);
        assert!(block.clone().within(8, Some(free)).preflight(false).is_err());
        assert!(block.within(8, Some(u64::MAX)).threads() == 6, "never more than is free");
    }

    #[test]
    fn a_plan_needs_the_sum_of_the_disk_and_the_largest_memory() {
        let plan = plan(u64::MAX, u64::MAX);
        let one = |stage| Plan { stages: vec![stage], ..plan.clone() };
        // Arrays, then files.
        assert_eq!(one(Stage::Ingest).disk_bytes(), 7_000_000);
        assert_eq!(one(Stage::Update).disk_bytes(), 500_000 + 1_000);
        let all: u64 = Stage::ALL.map(|stage| one(stage).disk_bytes()).iter().sum();
        assert_eq!(plan.disk_bytes(), all);
        // Block by block: the threads count, and hardly the cells.
        assert_eq!(plan.memory_bytes(), one(Stage::Ingest).memory_bytes());
        assert_eq!(one(Stage::Ingest).memory_bytes(), (300 << 20) + 2 * 300_000_000 + 500_000);
        let complete = Plan { complete: Stage::ALL.into(), ..plan.clone() };
        assert_eq!((complete.disk_bytes(), complete.memory_bytes()), (0, MEMORY_BASE_BYTES));
        let large = Plan { n_cells: 6_000_000_000, ..plan.clone() };
        let of = |stage| Plan { stages: vec![stage], ..large.clone() }.memory_bytes();
        assert_eq!(large.memory_bytes(), Stage::ALL.map(of).into_iter().max().unwrap());
        assert!(large.memory_bytes() < 12_000_000_000, "a department fits into 16 GB");
    }

    #[test]
    fn a_plan_that_does_not_fit_is_refused_unless_forced() {
        let needed = plan(u64::MAX, u64::MAX).disk_bytes();
        let small = plan(needed - 1, u64::MAX);
        let error = small.preflight(false).unwrap_err();
        assert_eq!(error.exit_code(), crate::error::exit::RESOURCES);
        assert!(error.hint().unwrap().contains("--force"));
        assert!(small.preflight(true).is_ok());
        assert!(plan(needed, 1 << 30).preflight(false).is_ok());
        assert!(plan(needed, 600 << 20).preflight(false).is_err());
    }
}
