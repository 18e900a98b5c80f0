//! What a stage is given: the configuration, its folders, and ways to report.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::artefact::Draft;
use crate::blocks::Share;
use crate::cancel::Cancel;
use crate::config::{Config, Prior};
use crate::error::{Again, Error};
use crate::journal::Done;
use crate::progress::Meter;
use crate::stage::Stage;
use crate::stamp::Stamp;
use crate::survey::Mosaics;
use crate::tally::{Flaws, Tally};

/// The folder of working files inside the output folder.
pub const WORK: &str = ".work";

/// Everything a stage may use; it reads the results of [`Stage::needs`] and nothing else.
#[derive(Debug)]
pub struct Context<'a> {
    /// The stage that runs.
    pub stage: Stage,
    /// Hash of everything that the stage's result depends on.
    pub key: &'a str,
    /// The part of the stage that this process does.
    pub share: Share,
    /// The checked configuration.
    pub config: &'a Config,
    /// The folder of deliverables: `OUT/D011/2021`.
    pub out_dir: PathBuf,
    /// The folder of working files: `OUT/D011/2021/.work`.
    pub work_dir: PathBuf,
    /// Size of the rayon pool in which the stage runs; the result never depends on it.
    pub threads: usize,
    /// The input files that the stage's result depends on, as the manifest names them.
    pub inputs: &'a BTreeMap<String, Stamp>,
    /// The headers of the images, where the plan of the run read them.
    pub headers: Option<&'a Mosaics>,
    /// How far the stage is.
    pub progress: &'a Meter,
    /// Where flaws of the data are counted.
    pub tally: &'a Tally,
    /// The completed stages before this one.
    pub earlier: &'a BTreeMap<Stage, Done>,
    /// Raised by SIGINT and SIGTERM.
    pub cancel: &'a Cancel,
}

impl<'a> Context<'a> {
    /// Every product of images; headers are read again when a file is no longer the one of the plan,
    /// since it is the later one that was hashed.
    ///
    /// # Errors
    /// Those of [`Mosaics::open`].
    pub fn mosaics(&self) -> Result<Cow<'a, Mosaics>, Error> {
        match self.headers {
            Some(mosaics) if mosaics.are_current() => Ok(Cow::Borrowed(mosaics)),
            _ => Mosaics::open(self.config).map(Cow::Owned),
        }
    }

    /// The prior, for stages that have no work without one.
    ///
    /// # Errors
    /// [`Error::Internal`] when there is none: [`Stage::of`] leaves such stages out.
    pub fn prior(&self) -> Result<&Prior, Error> {
        let missing = || Error::internal(format!("stage `{}` without a prior", self.stage));
        self.config.prior.as_ref().ok_or_else(missing)
    }

    /// The path of a deliverable.
    pub fn out(&self, name: impl AsRef<Path>) -> PathBuf {
        self.out_dir.join(name)
    }

    /// The path of a working file.
    pub fn work(&self, name: impl AsRef<Path>) -> PathBuf {
        self.work_dir.join(name)
    }

    /// A path as [`crate::stage_report::StageReport::outputs`] names it: relative to the output
    /// folder, with `/` between folders.
    pub fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.out_dir).unwrap_or(path).display().to_string()
    }

    /// Publishes a draft and names it as [`Context::relative`] does.
    ///
    /// # Errors
    /// It cannot be flushed or renamed.
    pub fn publish(&self, draft: Draft) -> Result<String, Error> {
        Ok(self.relative(&draft.place()?))
    }

    /// The flaws counted by the completed stages before this one, and by this one so far.
    pub fn all_flaws(&self) -> Flaws {
        let mut all = Flaws::default();
        self.earlier.values().for_each(|done| all.merge(&done.flaws));
        all.merge(&self.tally.flaws());
        all
    }

    /// Stops the stage when a signal asked for it; to be called between blocks.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the flag is raised.
    pub fn check_cancelled(&self) -> Result<(), Error> {
        if self.cancel.is_raised() {
            let during = self.stage.name().to_owned();
            return Err(Error::Interrupted { during, again: Again::Resumes });
        }
        Ok(())
    }
}
