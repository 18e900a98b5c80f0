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
            machine: Machine::read(&config.out)?,
        })
    }

    /// Disk that the results may take, in bytes: arrays counted without compression.
    pub fn disk_bytes(&self) -> u64 {
        let of_stage = |stage: &Stage| {
            let Needed { disk_per_cell, disk_per_date, .. } = needed(*stage);
            let predicted = if *stage == Stage::Ingest { self.n_predicted } else { 0 };
            disk_per_cell + self.n_dates * disk_per_date + predicted
        };
        let per_cell: u64 = self.stages.iter().map(of_stage).sum();
        self.n_cells * per_cell
    }

    /// Memory that the largest stage may take, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        let n_threads = self.machine.cores as u64;
        let of_stage = |stage: &Stage| {
            let Needed { memory_per_cell, memory_per_thread, .. } = needed(*stage);
            self.n_cells * memory_per_cell + n_threads * memory_per_thread
        };
        MEMORY_BASE_BYTES + self.stages.iter().map(of_stage).max().unwrap_or(0)
    }

    /// Refuses a run that does not fit; with `force` it is only told.
    ///
    /// # Errors
    /// [`Error::Resources`] with what is needed and what is free.
    pub fn preflight(&self, force: bool) -> Result<(), Error> {
        self.needs().require(&self.machine, force)
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
            json!({ "stage": stage, "reads": reads, "writes": writes })
        };
        json!({
            "version": VERSION,
            "stages": self.stages.iter().map(stage).collect::<Vec<_>>(),
            "n_cells": self.n_cells,
            "image_bytes": self.inputs.image_bytes,
            "disk_bytes": self.disk_bytes(),
            "disk_free_bytes": self.machine.disk_free_bytes,
            "memory_bytes": self.memory_bytes(),
            "memory_free_bytes": self.machine.memory_available_bytes,
        })
    }
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
        let machine =
            Machine { cores: 2, memory_available_bytes, disk_free_bytes, open_files_max: 1024 };
        let inputs = Inputs { n_images: 2, image_bytes: 1_000, ground_m2: 1.0e6 };
        Plan {
            stages: Stage::ALL.to_vec(),
            inputs,
            n_cells: 1_000_000,
            n_dates: 1,
            n_predicted: 0,
            machine,
        }
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
