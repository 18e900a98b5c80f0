//! What `vectorise` takes of the memory, and what it may take.
//!
//! No raster is held, only the runs of equal cells and the outlines: memory grows with the detail of
//! the raster, not with its extent. The capture rules hold some runs more: codes before and after,
//! what is narrow, free, in the zone, and labels. The figures per run and region are the peaks
//! measured on 10^8 cells of 14 classes, rounded up.

use std::path::Path;

use kernels::label::Labels;

use crate::error::Error;
use crate::machine::Machine;
use crate::units;

/// What the program takes whatever the raster: GDAL's cache and a strip of cells.
const FIXED_BYTES: u64 = 400_000_000;
/// Per run of a raster that is being labelled.
const PER_RUN_LABELLED: u64 = 20;
/// Per run, with the outlines.
const PER_RUN_TRACED: u64 = 80;
/// Per run, with the outlines and their generalisation.
const PER_RUN_GENERALISED: u64 = 130;
/// Per region, in all cases.
const PER_REGION: u64 = 600;
/// Per run of the raster that the capture rules are given.
const PER_RUN_CAPTURED: u64 = 100;

/// The memory that the command may take.
pub(super) struct Memory {
    budget_bytes: u64,
}

impl Memory {
    /// The budget given, or all that is free on the machine.
    ///
    /// # Errors
    /// [`Error::Read`] when the system does not tell what is free.
    pub(super) fn of(budget_bytes: Option<u64>, out: &Path) -> Result<Self, Error> {
        let free = || Machine::read(out).map(|machine| machine.memory_available_bytes);
        Ok(Self { budget_bytes: budget_bytes.map_or_else(free, Ok)? })
    }

    /// Whether the runs read so far fit.
    ///
    /// # Errors
    /// [`Error::Resources`] when they do not.
    pub(super) fn allow_runs(&self, n_runs: usize) -> Result<(), Error> {
        self.allow("memory for the runs read so far", n_runs as u64 * PER_RUN_LABELLED)
    }

    /// Whether the outlines fit.
    ///
    /// # Errors
    /// [`Error::Resources`] when they do not.
    pub(super) fn allow_outlines(&self, labels: &Labels, generalised: bool) -> Result<(), Error> {
        let per_run = if generalised { PER_RUN_GENERALISED } else { PER_RUN_TRACED };
        let n_regions = labels.regions.len() as u64;
        let needed = labels.n_runs() as u64 * per_run + n_regions * PER_REGION;
        self.allow("memory for the outlines", needed)
    }

    /// Whether the capture rules can work on the runs read so far.
    ///
    /// # Errors
    /// [`Error::Resources`] when they do not.
    pub(super) fn allow_capture(&self, n_runs: usize) -> Result<(), Error> {
        self.allow("memory for the capture rules", n_runs as u64 * PER_RUN_CAPTURED)
    }

    fn allow(&self, what: &str, needed: u64) -> Result<(), Error> {
        let needed = FIXED_BYTES + needed;
        if needed <= self.budget_bytes {
            return Ok(());
        }
        Err(Error::Resources {
            what: what.to_owned(),
            needed: units::bytes(needed),
            available: units::bytes(self.budget_bytes),
            hint: "give more with `--memory`, or cut the raster in parts",
        })
    }
}
