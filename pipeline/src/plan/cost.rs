//! What units take, from what runs took.
//!
//! Measured with `millesime run --to STAGE`, one process for each stage, two threads, on a generated
//! territory of 9 km2 at 1 m with imagery of one date at 20 cm and eight layers of evidence: user
//! and system time, peak of resident memory, sizes of the outputs in the journal. Imagery of generated
//! ground compresses less well than real one: bytes are on the safe side. A finished run's own figures
//! are in its journal and `run.json`.

use serde::Serialize;

use super::unit::Part;
use crate::cube::Quantity;
use crate::machine::MEMORY_BASE_BYTES;
use crate::stage::Stage;

/// What one unit takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Cost {
    /// Working cells that it goes through.
    pub cells: u64,
    /// Bytes read from the disk.
    pub read_bytes: u64,
    /// Bytes written to it.
    pub written_bytes: u64,
    /// Memory of one process that does it with one thread.
    pub memory_bytes: u64,
    /// Memory of each thread more.
    pub memory_per_thread_bytes: u64,
    /// Time on one core, in seconds.
    pub core_seconds: u64,
}

impl Cost {
    /// Memory of one process with so many threads, in bytes.
    pub fn memory(&self, threads: usize) -> u64 {
        self.memory_bytes + (threads as u64).saturating_sub(1) * self.memory_per_thread_bytes
    }
}

/// What a part of a stage takes for each cell.
pub(super) struct Rates {
    /// Bytes of its results that are no array of the cube.
    pub(super) written: f64,
    memory: f64,
    memory_per_thread: u64,
    core_ns: f64,
}

impl Rates {
    /// The cost of a unit.
    ///
    /// * `cells`: those that it goes through; `n_cells`: those of the territory, which vector layers
    ///   and samples follow, held by every process whatever its block.
    pub(super) fn cost(&self, cells: u64, n_cells: u64, (read, written): (u64, u64)) -> Cost {
        let of = |rate: f64, n: u64| (rate * n as f64).ceil() as u64;
        Cost {
            cells,
            read_bytes: read,
            written_bytes: written,
            memory_bytes: MEMORY_BASE_BYTES + of(self.memory, n_cells) + self.memory_per_thread,
            memory_per_thread_bytes: self.memory_per_thread,
            core_seconds: 1 + of(self.core_ns * 1e-9, cells),
        }
    }
}

/// What the parts of the stages take for each cell.
pub(super) fn rates(stage: Stage, part: Part) -> Rates {
    let (written, memory, memory_per_thread, core_ns) = match (stage, part) {
        (Stage::Ingest, Part::Prepare) => (0.0, 1.0, 0, 200.0),
        (Stage::Ingest, Part::Block(_)) => (0.0, 1.0, 300_000_000, 2300.0),
        (Stage::Classify, Part::Prepare) => (0.0, 1.0, 160_000_000, 1000.0),
        (Stage::Classify, Part::Block(_)) => (0.0, 0.0, 160_000_000, 2900.0),
        (Stage::Ingest | Stage::Classify, _) => (0.0, 0.0, 0, 50.0),
        (Stage::Update, _) => (0.001, 6.0, 70_000_000, 6800.0),
        (Stage::Regularise, _) => (0.0, 40.0, 0, 120.0),
        (Stage::Vectorise, _) => (0.15, 48.0, 0, 70.0),
        (Stage::Change, _) => (0.04, 48.0, 0, 60.0),
        (Stage::Artificialise, _) => (0.3, 32.0, 0, 70.0),
        (Stage::Indicators, _) => (0.2, 16.0, 0, 80.0),
        (Stage::Correct, _) => (0.02, 32.0, 0, 50.0),
        (Stage::Deliver, _) => (0.6, 16.0, 0, 260.0),
    };
    Rates { written, memory, memory_per_thread, core_ns }
}

/// Bytes of a cell of an array on the disk, compressed.
pub(super) fn stored_per_cell(quantity: Quantity) -> f64 {
    match quantity {
        Quantity::Imagery | Quantity::ImageryBefore => 13.0,
        Quantity::Heights
        | Quantity::HeightsBefore
        | Quantity::Probability
        | Quantity::ProbabilityBefore => 1.9,
        Quantity::Prediction(_) | Quantity::PredictionBefore(_) => 0.3,
        Quantity::Certainty => 0.46,
        Quantity::Confidence => 0.23,
        Quantity::Evidence
        | Quantity::Prior
        | Quantity::PriorObject
        | Quantity::Decided
        | Quantity::Reason
        | Quantity::Regular => 0.03,
        Quantity::Valid
        | Quantity::ValidBefore
        | Quantity::Bare
        | Quantity::BareObject
        | Quantity::Candidate
        | Quantity::BuiltZone => 0.006,
    }
}
