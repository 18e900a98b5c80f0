//! What a run will do and what it needs, said before it does it.

mod cost;
mod declared;
mod list;
mod table;
mod unit;

use std::fmt::Write;
use std::ops::RangeInclusive;

pub use cost::Cost;
pub use list::units;
pub use table::table;
pub use unit::{Part, Unit};

use serde_json::{Value, json};

use crate::config::Config;
use crate::date::Date;
use crate::error::Error;
use crate::inputs::Inputs;
use crate::machine::{MEMORY_BASE_BYTES, Machine, Needs};
use crate::preflight::{self, Wanted};
use crate::stage::Stage;
use crate::{VERSION, units as shown};

/// A run before it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    stages: Vec<Stage>,
    inputs: Inputs,
    n_cells: u64,
    /// Dates of which there is imagery.
    n_dates: u64,
    /// Classes of the predictions made elsewhere, together.
    n_predicted: u64,
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
        Ok(Self {
            stages: Stage::of(config).filter(|stage| stages.contains(stage)).collect(),
            inputs,
            n_cells: inputs.n_cells(config),
            n_dates: Date::of(config).len() as u64,
            n_predicted: config.all_predictions().map(|p| p.classes.classes().len() as u64).sum(),
            drivers: drivers(config),
            threads: 1,
            machine: Machine::read(&config.out)?,
        })
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

    /// Threads that it runs with.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Seconds that a stage is expected to take, by its declared cost.
    pub fn seconds(&self, stage: Stage) -> f64 {
        let parts: &[Part] = if stage.has_blocks() {
            &[Part::Prepare, Part::Block(0), Part::Seal]
        } else {
            &[Part::Whole]
        };
        let seconds = |&part: &Part| {
            let threads = if matches!(part, Part::Block(_)) { self.threads } else { 1 };
            cost::rates(stage, part, self.n_dates as usize)
                .cost(self.n_cells, self.n_cells)
                .core_seconds as f64
                / threads as f64
        };
        parts.iter().map(seconds).sum()
    }

    /// Its stages, in order.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Disk that the results may take, in bytes: arrays counted without compression.
    pub fn disk_bytes(&self) -> u64 {
        self.stages.iter().map(|stage| self.disk_of(*stage)).sum()
    }

    fn disk_of(&self, stage: Stage) -> u64 {
        let Needed { disk_per_cell, disk_per_date, .. } = needed(stage);
        let predicted = if stage == Stage::Ingest { self.n_predicted } else { 0 };
        self.n_cells * (disk_per_cell + self.n_dates * disk_per_date + predicted)
    }

    /// Memory that the largest stage may take, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.stages.iter().map(|stage| self.memory_of(*stage)).max().unwrap_or(MEMORY_BASE_BYTES)
    }

    fn memory_of(&self, stage: Stage) -> u64 {
        let Needed { memory_per_cell, memory_per_thread, .. } = needed(stage);
        let of_threads = self.threads as u64 * memory_per_thread;
        MEMORY_BASE_BYTES + self.n_cells * memory_per_cell + of_threads
    }

    /// Refuses a run that does not fit; with `force` it is only told.
    ///
    /// # Errors
    /// [`Error::Resources`] with what is needed and what is free, and the stage that needs most.
    pub fn preflight(&self, force: bool) -> Result<(), Error> {
        let most = self.stages.iter().max_by_key(|stage| self.memory_of(**stage));
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
            let Needed { reads, writes, .. } = needed(*stage);
            let sentence = stage.sentence();
            let _ = writeln!(text, "{head:<5} {stage:<14} {sentence:<48} {reads} -> {writes}");
        }
        let _ = write!(text, "      {}", self.needs().text(&self.machine));
        text
    }

    /// The plan as programs read it.
    pub fn fields(&self) -> Value {
        let stage = |stage: &Stage| {
            let Needed { reads, writes, .. } = needed(*stage);
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
    let reads = |ending: &str| {
        inputs.iter().any(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending)))
    };
    let orders = &config.delivery;
    let needed = [
        ("JP2OpenJPEG", reads("jp2")),
        ("FlatGeobuf", reads("fgb") || orders.web),
        ("ESRI Shapefile", reads("shp") || orders.shapefiles),
    ];
    needed.into_iter().filter(|(_, is_needed)| *is_needed).map(|(driver, _)| driver).collect()
}

/// What a stage reads and writes, and the most it takes for each working cell.
struct Needed {
    reads: &'static str,
    writes: &'static str,
    disk_per_cell: u64,
    /// The same for each date of which there is imagery.
    disk_per_date: u64,
    memory_per_cell: u64,
    /// What a block under way takes: each thread has one at most.
    memory_per_thread: u64,
}

/// Bytes for each cell: the sizes of the arrays a stage writes and holds, without compression.
fn needed(stage: Stage) -> Needed {
    let (reads, writes, disk_per_cell, memory_per_cell) = match stage {
        // 8 layers of evidence, prior couple and prior object; 8 bands, validity, 2 bands of heights
        // for each date.
        Stage::Ingest => ("images, evidence, prior", "cube", 14, 1),
        // One probability for each of up to 16 covers, for each date.
        Stage::Classify => ("cube", "model, probability", 0, 1),
        // Couples, confidence, reason, and two certainties until it is done. Regions, objects and
        // buildings know no block, so their runs are held: measured from 4 to 16 million cells 0.6, on
        // generated ground, which is simpler than real one.
        Stage::Update => ("cube, model, probability", "cover, usage, confidence, reason", 6, 6),
        Stage::Regularise => ("cover, usage", "regular couples", 2, 40),
        Stage::Vectorise => ("regular couples, prior", "OCCUPATION_SOL, ZONE_CONSTRUITE", 2, 48),
        Stage::Change => ("both vintages, territories", "faces, DIFF", 2, 48),
        Stage::Artificialise => ("faces, rules", "ARTIF, zan_evol", 2, 32),
        Stage::Indicators => ("faces, territories", "indicators/*.csv", 1, 16),
        Stage::Correct => ("update, prior", "corrections/*", 1, 32),
        Stage::Deliver => ("every result", "report.html, issues.gpkg, manifest", 1, 16),
    };
    let disk_per_date = match stage {
        Stage::Ingest => 11,
        Stage::Classify => 16,
        _ => 0,
    };
    // They go through the territory block by block; what they hold for each cell is that of the vector
    // layers, of the samples and of the runs.
    let memory_per_thread = match stage {
        // A shard as it is made and as it is written, and the decoded tiles of two products.
        Stage::Ingest => 300_000_000,
        Stage::Classify => 160_000_000,
        // What is read and proposed on a block of 512 cells, for two dates.
        Stage::Update => 70_000_000,
        _ => 0,
    };
    Needed { reads, writes, disk_per_cell, disk_per_date, memory_per_cell, memory_per_thread }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(disk_free_bytes: u64, memory_available_bytes: u64) -> Plan {
        let inputs = Inputs { n_images: 2, image_bytes: 1_000, ground_m2: 1.0e6 };
        Plan {
            stages: Stage::ALL.to_vec(),
            inputs,
            n_cells: 1_000_000,
            n_dates: 1,
            n_predicted: 0,
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
        assert_eq!(plan.disk_bytes(), 58_000_000);
        assert_eq!(plan.memory_bytes(), (300 << 20) + 2 * 300_000_000 + 1_000_000);
        let large = Plan { n_cells: 100_000_000, ..plan.clone() };
        assert_eq!(large.memory_bytes(), (300 << 20) + 4_800_000_000);
        let one = |stage| Plan { stages: vec![stage], ..plan.clone() };
        assert_eq!(one(Stage::Update).disk_bytes(), 6_000_000);
        // Block by block: the threads count, and hardly the cells.
        assert_eq!(one(Stage::Ingest).memory_bytes(), (300 << 20) + 2 * 300_000_000 + 1_000_000);
        let predicted = Plan { n_predicted: 19, ..plan.clone() };
        assert_eq!(predicted.disk_bytes(), 77_000_000);
    }

    #[test]
    fn a_plan_that_does_not_fit_is_refused_unless_forced() {
        let small = plan(57_999_999, u64::MAX);
        let error = small.preflight(false).unwrap_err();
        assert_eq!(error.exit_code(), crate::error::exit::RESOURCES);
        assert!(error.hint().unwrap().contains("--force"));
        assert!(small.preflight(true).is_ok());
        assert!(plan(58_000_000, 1 << 30).preflight(false).is_ok());
        assert!(plan(58_000_000, 600 << 20).preflight(false).is_err());
    }
}
