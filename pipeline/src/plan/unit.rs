//! The units of a plan: the pieces of work that any process may do, and do again, by themselves.

use serde::Serialize;
use serde_json::{Value, json};

use super::cost::Cost;
use crate::config::Config;
use crate::io::cube::SHARD;
use crate::stage::Stage;

/// Which part of a stage a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// All of a stage whose method needs the whole territory at once.
    Whole,
    /// What the blocks of a stage share: checks of the inputs, the model.
    Prepare,
    /// One block of the grid, by its rank in reading order.
    Block(usize),
    /// What needs every block: limits that hold for the territory, arrays put in place, journal.
    Seal,
}

/// A piece of work: department x vintage x stage x block.
///
/// Idempotent: done again, it leaves the same bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// The folder of its results below `out`, such as `D011/2021`.
    pub folder: String,
    /// The stage.
    pub stage: Stage,
    /// The part of the stage.
    pub part: Part,
    /// Blocks of the stage.
    pub n_blocks: usize,
    /// Rank of its step: units of one folder and one step may be done at once and in any order, once
    /// those of the steps before are done.
    pub step: usize,
    /// What it reads: input files as the manifest names them, and files of the folder.
    pub reads: Vec<String>,
    /// What it writes, in the folder; `*` stands for any part of a name.
    pub writes: Vec<String>,
    /// What it takes.
    pub cost: Cost,
    /// Hash of everything that its result depends on (the stage's key in the journal); `None` as long
    /// as earlier stages are not complete, or an input was never hashed.
    pub key: Option<String>,
}

impl Unit {
    /// Its name: `D011/2021/classify/block-12`.
    pub fn name(&self) -> String {
        let part = match self.part {
            Part::Whole => "whole".to_owned(),
            Part::Prepare => "prepare".to_owned(),
            Part::Block(rank) => format!("block-{}", rank + 1),
            Part::Seal => "seal".to_owned(),
        };
        format!("{}/{}/{part}", self.folder, self.stage)
    }

    /// The arguments of `millesime work CONFIG` for it, of a block those of its stage.
    pub fn arguments_of_stage(&self) -> Vec<String> {
        let stage = self.stage.name();
        let mut arguments: Vec<String> =
            ["--run", &self.folder, "--stage", stage].map(str::to_owned).into();
        match self.part {
            Part::Whole | Part::Block(_) => {}
            Part::Prepare => arguments.push("--prepare".to_owned()),
            Part::Seal => arguments.push("--seal".to_owned()),
        }
        arguments
    }

    /// The arguments of `millesime work CONFIG` that do it.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = self.arguments_of_stage();
        if let Part::Block(rank) = self.part {
            let slice = format!("{}/{}", rank + 1, self.n_blocks);
            arguments.extend(["--slice".to_owned(), slice]);
        }
        arguments
    }

    /// The unit as programs read it.
    ///
    /// * `config`: the configuration's path, as it was typed.
    pub fn fields(&self, config: &str) -> Value {
        let mut command = vec!["work".to_owned(), config.to_owned()];
        command.extend(self.arguments());
        json!({
            "unit": self.name(),
            "stage": self.stage,
            "part": match self.part { Part::Block(_) => json!("block"), part => json!(part) },
            "step": self.step,
            "command": command,
            "reads": self.reads,
            "writes": self.writes,
            "cost": self.cost,
            "key": self.key,
        })
    }
}

/// The shard of an array that a block of the grid fills, below the folder of the results.
///
/// * `blocks_across`: blocks in a row of the grid.
pub(super) fn shard(array: &str, is_banded: bool, rank: usize, blocks_across: usize) -> String {
    let (row, col) = (rank / blocks_across, rank % blocks_across);
    let band = if is_banded { "0/" } else { "" };
    format!("{array}/c/{band}{row}/{col}")
}

/// Blocks in a row of a grid of this many columns.
pub(super) fn blocks_across(cols: usize) -> usize {
    cols.div_ceil(SHARD).max(1)
}

/// The folder of a configuration's results below `out`.
pub(super) fn folder(config: &Config) -> String {
    format!("{}/{}", config.department.folder(), config.vintage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_named_as_the_cube_names_it() {
        // 3 blocks across: the fifth is the second of the second row.
        assert_eq!(blocks_across(2 * SHARD + 1), 3);
        assert_eq!(shard("cube.zarr/prior", false, 4, 3), "cube.zarr/prior/c/1/1");
        assert_eq!(shard("cube.zarr/imagery", true, 4, 3), "cube.zarr/imagery/c/0/1/1");
    }
}
