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
/// Per connected piece of a band, while it is labelled.
const PER_PIECE_LABELLED: u64 = 60;
/// Per run, with a second copy of the runs.
const PER_RUN_MERGED: u64 = 20;
/// Per region, with its borders.
const PER_REGION_MERGED: u64 = 250;
/// Per run, with the outlines.
const PER_RUN_TRACED: u64 = 80;
/// Per run, with the outlines and their generalisation.
const PER_RUN_GENERALISED: u64 = 130;
/// Per region, in all cases.
const PER_REGION: u64 = 600;
/// Per run of the raster that the capture rules are given.
const PER_RUN_CAPTURED: u64 = 100;
/// Per cell of the windows on which the capture rules work, one for each thread.
const PER_CELL_OF_WINDOW: u64 = 45;
/// Side of such a window in cells, and what is added to it for each cell of the widest network or
/// ground asked for, 20 m.
const WINDOW_SIDE: u64 = 512;
const WINDOW_MARGIN_CM: u64 = 20_000;
/// Runs that can be numbered, with room for another strip.
const RUNS_MAX: u64 = 1 << 31;
/// Regions that can be outlined: a plane of so many has fewer than 2^31 arcs.
const REGIONS_MAX: u64 = 1 << 29;

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
    pub(super) fn allow_runs(&self, n_runs: usize, n_pieces: usize) -> Result<(), Error> {
        few("runs of equal cells", n_runs as u64, RUNS_MAX)?;
        let needed = n_runs as u64 * PER_RUN_LABELLED + n_pieces as u64 * PER_PIECE_LABELLED;
        self.allow("memory for the runs read so far", needed)
    }

    /// Whether regions below their unit can be merged.
    ///
    /// # Errors
    /// [`Error::Resources`] when they cannot.
    pub(super) fn allow_merge(&self, labels: &Labels) -> Result<(), Error> {
        let needed = labels.n_runs() as u64 * PER_RUN_MERGED
            + labels.regions.len() as u64 * PER_REGION_MERGED;
        self.allow("memory for the minimum unit", needed)
    }

    /// Whether the outlines fit.
    ///
    /// # Errors
    /// [`Error::Resources`] when they do not.
    pub(super) fn allow_outlines(&self, labels: &Labels, generalised: bool) -> Result<(), Error> {
        let per_run = if generalised { PER_RUN_GENERALISED } else { PER_RUN_TRACED };
        let n_regions = labels.regions.len() as u64;
        few("regions", n_regions, REGIONS_MAX)?;
        let needed = labels.n_runs() as u64 * per_run + n_regions * PER_REGION;
        self.allow("memory for the outlines", needed)
    }

    /// Whether the capture rules can work on the runs read so far.
    ///
    /// # Errors
    /// [`Error::Resources`] when they do not.
    pub(super) fn allow_capture(&self, n_runs: usize, cell: i32) -> Result<(), Error> {
        few("runs of equal cells", n_runs as u64, RUNS_MAX)?;
        let side = WINDOW_SIDE + WINDOW_MARGIN_CM / u64::from(cell.unsigned_abs().max(1));
        let windows = rayon::current_num_threads() as u64 * side * side * PER_CELL_OF_WINDOW;
        self.allow("memory for the capture rules", n_runs as u64 * PER_RUN_CAPTURED + windows)
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

/// Refuses what cannot be numbered, whatever the memory.
fn few(what: &str, n: u64, most: u64) -> Result<(), Error> {
    if n < most {
        return Ok(());
    }
    Err(Error::Resources {
        what: format!("numbers for the {what}"),
        needed: units::count(n),
        available: units::count(most - 1),
        hint: "cut the raster in parts",
    })
}
