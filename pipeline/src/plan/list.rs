//! The list of the units of one configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use kernels::grid::{Grid, Window};

use super::cost::{self, Images, rates};
use super::declared::{array, arrays_read, arrays_written, files_written, is_banded};
use super::unit::{Part, Unit, blocks_across, folder, shard};
use crate::config::Config;
use crate::cube::Quantity;
use crate::date::Date;
use crate::error::Error;
use crate::io::cube::SHARD;
use crate::journal::{Done, Journal};
use crate::land::Land;
use crate::mosaic::Mosaic;
use crate::run::{stage_key, work_dir};
use crate::stage::Stage;
use crate::stamp::Stamp;
use crate::survey::Mosaics;
use crate::tally::Tally;

/// The units of some stages of a configuration, in the order of the steps.
///
/// # Errors
/// The communes, an image's header or the journal cannot be read.
pub fn units(config: &Config, stages: &[Stage]) -> Result<Vec<Unit>, Error> {
    let grid = *Land::read(config, &Tally::default())?.grid();
    let mosaics = Mosaics::open(config)?;
    let list = List {
        config,
        images: Images::of(config, mosaics.of(Date::Now, "rvb").pixel_m),
        folder: folder(config),
        windows: grid.blocks(SHARD),
        grid,
        mosaics,
        keys: told(config)?.keys,
    };
    let mut units: Vec<Unit> = Vec::new();
    for &stage in stages {
        let step = units.last().map_or(0, |last| last.step + 1);
        units.extend(list.of_stage(stage, step));
    }
    Ok(units)
}

/// What the units of a configuration are made from.
struct List<'a> {
    config: &'a Config,
    folder: String,
    grid: Grid,
    windows: Vec<Window>,
    mosaics: Mosaics,
    images: Images,
    keys: BTreeMap<Stage, String>,
}

impl List<'_> {
    fn of_stage(&self, stage: Stage, step: usize) -> Vec<Unit> {
        if !stage.has_blocks() {
            return vec![self.whole(stage, step)];
        }
        let blocks = (0..self.windows.len()).map(|rank| self.block(stage, step + 1, rank));
        let mut units = vec![self.prepare(stage, step)];
        units.extend(blocks);
        units.push(self.seal(stage, step + 2));
        units
    }

    fn unit(&self, stage: Stage, part: Part, step: usize) -> Unit {
        let (cells, n_blocks) = match part {
            Part::Block(rank) => (self.windows[rank].n_cells() as u64, self.windows.len()),
            Part::Prepare | Part::Seal => (self.grid.n_cells() as u64, self.windows.len()),
            Part::Whole => (self.grid.n_cells() as u64, 1),
        };
        let (folder, key) = (self.folder.clone(), self.keys.get(&stage).cloned());
        let (reads, writes) = (Vec::new(), Vec::new());
        let n_cells = self.grid.n_cells() as u64;
        let cost = rates(stage, part, self.images).cost(cells, n_cells);
        // Blocks share their process with others.
        let cost = if matches!(part, Part::Block(_)) { cost } else { cost.with_start(n_cells) };
        Unit { folder, stage, part, n_blocks, step, reads, writes, cost, key }
    }

    /// Reads arrays and files, writes arrays and files.
    fn whole(&self, stage: Stage, step: usize) -> Unit {
        let mut unit = self.unit(stage, Part::Whole, step);
        self.read_files(&mut unit, stage.inputs(self.config));
        read_arrays(&mut unit, &arrays_read(stage, self.config));
        let written = arrays_written(stage, self.config);
        unit.writes = written.iter().map(|&quantity| array(quantity)).collect();
        unit.writes.extend(files_written(stage, self.config));
        unit.cost.written_bytes += stored(&written, unit.cost.cells);
        unit
    }

    /// Reads headers and vector layers and hashes every input, or reads what the model learns from.
    fn prepare(&self, stage: Stage, step: usize) -> Unit {
        let mut unit = self.unit(stage, Part::Prepare, step);
        self.read_files(&mut unit, stage.inputs(self.config));
        read_arrays(&mut unit, &arrays_read(stage, self.config));
        unit.writes = files_written(stage, self.config);
        unit
    }

    /// Reads the tiles over the block, or the block of each array and the cells around it.
    fn block(&self, stage: Stage, step: usize, rank: usize) -> Unit {
        let mut unit = self.unit(stage, Part::Block(rank), step);
        let across = blocks_across(self.grid.cols);
        let shards = |arrays: &[Quantity]| -> Vec<String> {
            let one = |&q: &Quantity| shard(&array(q), is_banded(q), rank, across);
            arrays.iter().map(one).collect()
        };
        if stage == Stage::Ingest {
            self.read_tiles(&mut unit, &self.grid.sub(self.windows[rank]));
        } else {
            let arrays: Vec<Quantity> = arrays_read(stage, self.config)
                .into_iter()
                .filter(|q| !matches!(q, Quantity::Prior | Quantity::PriorObject))
                .collect();
            unit.cost.read_bytes = stored(&arrays, unit.cost.cells);
            unit.reads = shards(&arrays);
            unit.reads.extend(files_written(stage, self.config));
        }
        let written = arrays_written(stage, self.config);
        unit.cost.written_bytes = stored(&written, unit.cost.cells);
        unit.writes = shards(&written);
        unit
    }

    /// Reads every array again for its hash.
    fn seal(&self, stage: Stage, step: usize) -> Unit {
        let mut unit = self.unit(stage, Part::Seal, step);
        let written = arrays_written(stage, self.config);
        read_arrays(&mut unit, &written);
        unit.writes = written.iter().map(|&quantity| array(quantity)).collect();
        unit
    }

    /// Names files. Later stages read no image again: they are inputs for their hash, which is known.
    fn read_files(&self, unit: &mut Unit, files: Vec<PathBuf>) {
        let images: BTreeSet<&PathBuf> = self.images().collect();
        for file in files {
            if unit.stage == Stage::Ingest || !images.contains(&file) {
                unit.cost.read_bytes += bytes_of(&file);
            }
            unit.reads.push(self.config.shown(&file));
        }
    }

    /// The tiles that have a cell in a block, each counted by its share of them.
    fn read_tiles(&self, unit: &mut Unit, block: &Grid) {
        let over = |mosaic| Mosaic::over(mosaic, block, 0.0).map(|(_, tile)| tile);
        for tile in self.mosaics.iter().flat_map(over) {
            let Some(under) = tile.cells_under(block) else { continue };
            let bytes = bytes_of(tile.path());
            let share = under.n_cells() as f64 * block.cell_area_m2() / tile.ground_m2();
            unit.cost.read_bytes += (bytes as f64 * share.min(1.0)) as u64;
            unit.reads.push(self.config.shown(tile.path()));
        }
    }

    fn images(&self) -> impl Iterator<Item = &PathBuf> {
        let predicted = self.config.all_predictions().flat_map(|given| given.files.iter());
        self.config.images().chain(predicted)
    }
}

/// Size of a file; 0 for the result of a run that is still to come.
fn bytes_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn read_arrays(unit: &mut Unit, arrays: &[Quantity]) {
    unit.reads.extend(arrays.iter().map(|&quantity| array(quantity)));
    unit.cost.read_bytes += stored(arrays, unit.cost.cells);
}

/// Bytes of cells of arrays on the disk.
fn stored(arrays: &[Quantity], cells: u64) -> u64 {
    (cost::stored(arrays) * cells as f64) as u64
}

/// What the journal tells of the stages of a configuration.
#[derive(Default)]
pub(super) struct Told {
    /// The keys of the stages that are complete and of the one after them.
    pub(super) keys: BTreeMap<Stage, String>,
    /// The stages that it says are complete.
    pub(super) done: BTreeMap<Stage, Done>,
}

/// The stages as far as the journal tells them: nothing is hashed here.
///
/// # Errors
/// The journal cannot be read, or an input cannot be looked at.
pub(super) fn told(config: &Config) -> Result<Told, Error> {
    let journal = Journal::read(&work_dir(config))?;
    let mut told = Told::default();
    for stage in Stage::of(config) {
        let mut inputs: BTreeMap<String, Stamp> = BTreeMap::new();
        for path in stage.inputs(config) {
            let Some(stamp) = journal.known_stamp(&path)? else { return Ok(told) };
            inputs.insert(config.shown(&path), stamp);
        }
        let key = stage_key(config, stage, &inputs, &told.done);
        let complete = journal.claimed(stage.name(), &key).cloned();
        told.keys.insert(stage, key);
        let Some(complete) = complete else { break };
        told.done.insert(stage, complete);
    }
    Ok(told)
}
