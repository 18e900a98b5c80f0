//! Several runs in one command: departments x vintages, from configurations and batch documents.

mod run;
mod summary;

pub use run::run;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::config::{Config, Typed};
use crate::error::Error;

/// One run of a command that may have several.
#[derive(Debug)]
pub struct Planned {
    /// What it is called: `D011/2021`, or its file when that cannot be read.
    pub name: String,
    /// The folder of its results; `None` when the configuration is wrong there.
    pub folder: Option<PathBuf>,
    /// What it is, or why it cannot be run.
    pub config: Result<Config, Error>,
    /// Ranks of the earlier runs whose results it reads.
    pub after: Vec<usize>,
}

impl Planned {
    /// Reads configurations and batch documents, at least one, in the order in which they run:
    /// departments as they are given, the vintages of each oldest first. What is wrong with one
    /// stops no other.
    ///
    /// * `out`: replaces the output folder of every one.
    /// * `edit`: what the command line changes besides.
    pub fn load(
        files: &[PathBuf],
        out: Option<&Path>,
        edit: impl Fn(Config) -> Result<Config, Error>,
    ) -> Vec<Self> {
        let mut promised: BTreeSet<PathBuf> = BTreeSet::new();
        let mut runs: Vec<Self> = Vec::new();
        for typed in Typed::read(files, out) {
            let (name, folder) = (typed.name.clone(), typed.folder.clone());
            let earlier: Vec<PathBuf> = promised.iter().cloned().collect();
            let config = typed.config(&earlier).and_then(|config| edit(config.with_out(out)?));
            let is_taken = folder.clone().is_some_and(|folder| !promised.insert(folder));
            let config = if is_taken { Err(taken(&name)) } else { config };
            let after = config.as_ref().map_or_else(|_| Vec::new(), |config| reads(config, &runs));
            runs.push(Self { name, folder, config, after });
        }
        runs
    }

    /// Every configuration, for commands that do nothing by halves.
    ///
    /// # Errors
    /// As [`Config::load`], for the first that cannot be read.
    pub fn configs(files: &[PathBuf], out: Option<&Path>) -> Result<Vec<Config>, Error> {
        Self::load(files, out, Ok).into_iter().map(|run| run.config).collect()
    }
}

fn taken(name: &str) -> Error {
    Error::Usage {
        what: format!("two of these runs are `{name}` of one output folder"),
        hint: Some("give each department and vintage once, or folders of their own".to_owned()),
    }
}

/// Ranks of the runs whose results a configuration reads.
fn reads(config: &Config, runs: &[Planned]) -> Vec<usize> {
    let inputs = config.inputs();
    let makes = |run: &Planned| {
        run.folder.as_ref().is_some_and(|folder| inputs.iter().any(|i| i.starts_with(folder)))
    };
    (0..runs.len()).filter(|&rank| makes(&runs[rank])).collect()
}
