//! What units take, from what runs took.
//!
//! Sizes of arrays were measured on 9 km2 with imagery of 20 cm, the time that decoding takes on 4 km2
//! (`benches/peers/decode.py`), all else on 600 km2 with imagery of 1 m (`benches/peers/scale.py`), of
//! which a square kilometre has as many polygons as a real department: processor time and peak of
//! resident memory of each stage in `run.json`, sizes in the journal. Ground was generated, with heights
//! of two dates. Time of images and cells is counted by date. Time and memory that grow with the cells
//! are what was seen and half as much again; the memory of a thread is the largest seen with any driver.

use serde::Serialize;

use super::unit::Part;
use super::{JPEG2000, ends_in};
use crate::config::Config;
use crate::cube::Quantity;
use crate::date::Date;
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

    /// The same in a process of its own, on a territory of `n_cells`.
    pub(super) fn with_start(self, n_cells: u64) -> Self {
        Self { core_seconds: self.core_seconds + of(START_NS * 1e-9, n_cells), ..self }
    }
}

/// The imagery that there is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Images {
    /// Dates of which there is any.
    pub(super) n_dates: usize,
    /// Pixels of a cell.
    pub(super) pixels: f64,
    /// Whether any image is one in JPEG2000.
    pub(super) jpeg2000: bool,
}

impl Images {
    /// Those of a configuration, whose pixels have a side of `pixel_m`.
    pub(super) fn of(config: &Config, pixel_m: f64) -> Self {
        Self {
            n_dates: Date::of(config).len(),
            pixels: (config.cell_m() / pixel_m).powi(2),
            jpeg2000: config.images().any(|path| ends_in(path, JPEG2000)),
        }
    }
}

/// What a process takes to look at what is there before it begins, for each cell of the territory.
const START_NS: f64 = 45.0;

/// What a part of a stage takes for each cell.
pub(super) struct Rates {
    /// Bytes of its results that are no array of the cube.
    written: f64,
    memory: f64,
    memory_per_thread: u64,
    base_s: u64,
    core_ns: f64,
}

impl Rates {
    /// The cost of a unit, without what it reads and the arrays that it writes.
    ///
    /// * `cells`: those that it goes through; `n_cells`: those of the territory, which vector layers
    ///   and samples follow, held by every process whatever its block.
    pub(super) fn cost(&self, cells: u64, n_cells: u64) -> Cost {
        Cost {
            cells,
            read_bytes: 0,
            written_bytes: of(self.written, cells),
            memory_bytes: MEMORY_BASE_BYTES + of(self.memory, n_cells) + self.memory_per_thread,
            memory_per_thread_bytes: self.memory_per_thread,
            core_seconds: self.base_s + of(self.core_ns * 1e-9, cells),
        }
    }
}

/// A rate for so many cells, rounded up.
fn of(rate: f64, n: u64) -> u64 {
    (rate * n as f64).ceil() as u64
}

/// What the parts of the stages take for each cell.
///
/// * `images`: the imagery that there is.
pub(super) fn rates(stage: Stage, part: Part, images: Images) -> Rates {
    let n_dates = images.n_dates as f64;
    // RVB and IRC of a pixel: seen 8 in ZSTD, 16 in DEFLATE, 230 in JPEG2000.
    let decode_ns = images.pixels * if images.jpeg2000 { 350.0 } else { 25.0 };
    // Survey and hashes.
    let look_ns = 30.0 + images.pixels * if images.jpeg2000 { 10.0 } else { 5.0 };
    // Bytes written, memory and its part of a thread; seconds whatever the cells, nanoseconds of each.
    let (written, memory, memory_per_thread, (base_s, core_ns)) = match (stage, part) {
        (Stage::Ingest, Part::Prepare) => (0.0, 0.5, 0, (1, look_ns * n_dates)),
        (Stage::Ingest, Part::Block(_)) => {
            (0.0, 0.5, 300_000_000, (1, (200.0 + decode_ns) * n_dates))
        }
        // It reads the vectors again.
        (Stage::Ingest, _) => (0.0, 0.5, 0, (1, 25.0 * n_dates)),
        // It trains on a sample that does not grow with the territory.
        (Stage::Classify, Part::Prepare) => (0.0, 0.5, 160_000_000, (12, 60.0 * n_dates)),
        (Stage::Classify, Part::Block(_)) => (0.0, 0.0, 160_000_000, (1, 300.0 * n_dates)),
        (Stage::Classify, _) => (0.0, 0.0, 0, (1, 25.0 * n_dates)),
        // Regions, objects and buildings know no block, so their runs are held, here and later.
        (Stage::Update, _) => (0.001, 1.6, 70_000_000, (1, 500.0 * n_dates)),
        (Stage::Regularise, _) => (0.0, 1.2, 0, (1, 80.0)),
        (Stage::Vectorise, _) => (0.16, 1.5, 0, (1, 15.0)),
        (Stage::Change, _) => (0.015, 1.0, 0, (1, 10.0)),
        (Stage::Artificialise, _) => (0.35, 1.0, 0, (1, 10.0)),
        (Stage::Indicators, _) => (0.05, 1.0, 0, (1, 15.0)),
        (Stage::Correct, _) => (0.01, 1.0, 0, (1, 10.0)),
        // With the packages that may be ordered.
        (Stage::Deliver, _) => (0.6, 1.0, 0, (1, 50.0)),
    };
    Rates { written, memory, memory_per_thread, base_s, core_ns }
}

/// Bytes of a cell of arrays on the disk.
pub(super) fn stored(arrays: &[Quantity]) -> f64 {
    arrays.iter().map(|&quantity| stored_per_cell(quantity)).sum()
}

/// Bytes of a cell of an array on the disk, compressed.
fn stored_per_cell(quantity: Quantity) -> f64 {
    match quantity {
        Quantity::Imagery | Quantity::ImageryBefore => 6.0,
        Quantity::Heights
        | Quantity::HeightsBefore
        | Quantity::Probability
        | Quantity::ProbabilityBefore => 0.9,
        Quantity::Prediction(_) | Quantity::PredictionBefore(_) => 0.3,
        Quantity::Certainty => 0.46,
        Quantity::Confidence => 0.12,
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
        | Quantity::BuiltZone => 0.006,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_takes_time_for_its_cells_and_memory_for_the_vectors_of_the_territory() {
        let images = Images { n_dates: 2, pixels: 25.0, jpeg2000: false };
        let of = |cells| rates(Stage::Ingest, Part::Block(0), images).cost(cells, 6_000_000_000);
        let (small, large) = (of(100_000_000), of(400_000_000));
        assert_eq!(small.memory_bytes, large.memory_bytes);
        assert!(
            (4 * small.core_seconds).abs_diff(large.core_seconds) <= 8,
            "seconds are rounded up"
        );
        assert_eq!(large.memory(3) - large.memory(1), 2 * large.memory_per_thread_bytes);
    }

    #[test]
    fn each_date_takes_the_time_of_one() {
        let seconds = |n_dates| {
            let images = Images { n_dates, pixels: 25.0, jpeg2000: false };
            rates(Stage::Classify, Part::Block(0), images)
                .cost(400_000_000, 400_000_000)
                .core_seconds
        };
        assert!((2 * seconds(1)).abs_diff(seconds(2)) <= 4, "seconds are rounded up");
    }
}
