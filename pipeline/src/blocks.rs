//! The blocks of a stage: done by any process, in any order, each kept as soon as it is complete.
//!
//! While a stage is under way its arrays grow in a folder named after its key, beside journals of
//! which every process that does blocks has its own. A block counts when a journal has it and its
//! shards are, byte for byte, those journalled; a process that dies loses the blocks it was at, and
//! no others. Sealing puts the arrays in place, so an array in the cube is always complete.

mod share;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use kernels::grid::Window;
use ndarray::parallel::prelude::*;
use ndarray::{CowArray, Ix3};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use share::{Share, Slice};

use crate::artefact;
use crate::context::Context;
use crate::cube::{self, CUBE, Quantity};
use crate::error::{Error, InputError};
use crate::fault;
use crate::io::cube::{CubeArray, CubeCell, Frame, SHARD};
use crate::journal::{Done, Journal, Record, State};
use crate::lock::Lock;
use crate::stage::Stage;
use crate::stage_report::StageReport;
use crate::stamp::Stamp;
use crate::tally::{Flaws, Tally};
use crate::{machine, talk, units};

/// The folder of stages under way among the working files.
const PARTIAL: &str = "partial";
/// Figure of a block's record: what the stage made of it besides cells.
const RESULT: &str = "result";
/// Characters of the key in the name of a stage's folder.
const KEY_SHOWN: usize = 16;

/// The blocks of the stage that a context runs.
pub struct Blocks<'a> {
    ctx: &'a Context<'a>,
    frame: Frame,
    folder: PathBuf,
    /// What processes before this one did.
    known: Journal,
    /// What this one does.
    own: Mutex<Journal>,
}

/// One block while it is done.
pub struct Block<'a> {
    ctx: &'a Context<'a>,
    /// Its cells in the grid.
    pub window: Window,
    /// Where flaws of its data are counted.
    pub tally: Tally,
    outputs: BTreeMap<String, Stamp>,
}

/// An array that grows block by block.
pub struct Shards<T> {
    array: CubeArray<T>,
    quantity: Quantity,
}

impl<'a> Blocks<'a> {
    /// Takes up the blocks of the stage where earlier processes left them.
    ///
    /// # Errors
    /// The folder cannot be made or a journal not read; for a slice, [`Error::Usage`] when the stage
    /// was not prepared with this configuration.
    pub fn open(ctx: &'a Context<'a>, frame: Frame) -> Result<Self, Error> {
        let folder = folder(&ctx.work_dir, ctx.stage, ctx.key);
        if matches!(ctx.share, Share::Slice(_)) && !folder.is_dir() {
            return Err(unprepared(ctx));
        }
        fs::create_dir_all(&folder).map_err(Error::write(&folder))?;
        let known = Journal::read_all(&folder)?;
        let name = format!("{}-{}.jsonl", machine::host(), std::process::id());
        let own = Mutex::new(Journal::open_file(folder.join(name))?);
        Ok(Self { ctx, frame, folder, known, own })
    }

    /// What the stage is given.
    pub fn ctx(&self) -> &'a Context<'a> {
        self.ctx
    }

    /// What all blocks share, made by `make` unless an earlier process made it; the outputs are those
    /// that its report names.
    ///
    /// # Errors
    /// Those of `make`; it was not made and this process is not the one to make it.
    pub fn prepared(
        &self,
        make: impl FnOnce(&Tally) -> Result<StageReport, Error>,
    ) -> Result<StageReport, Error> {
        let unit = format!("{}/prepare", self.ctx.stage);
        let flaws = match self.trusted(&unit)? {
            Some(done) => return Ok(self.count(&done.flaws, done.report.clone())),
            None if !self.ctx.share.prepares() => return Err(unprepared(self.ctx)),
            None => Tally::default(),
        };
        let since = Instant::now();
        let report = make(&flaws)?;
        let done = Done {
            unit,
            key: self.ctx.key.to_owned(),
            outputs: report.stamps(&self.ctx.out_dir)?,
            report: report.clone(),
            flaws: flaws.flaws(),
            seconds: since.elapsed().as_secs_f64(),
            spent: None,
        };
        self.journal(Record::Done(done))?;
        Ok(self.count(&flaws.flaws(), report))
    }

    /// An array of the stage, as far as its blocks are done.
    ///
    /// * `bands`: as for [`cube::Growing::new`].
    ///
    /// # Errors
    /// It cannot be made, or is damaged.
    pub fn array<T: CubeCell>(
        &self,
        quantity: Quantity,
        bands: (&[&str], Map<String, Value>),
    ) -> Result<Shards<T>, Error> {
        let folder = self.folder.join(quantity.name());
        if self.ctx.share.prepares() || self.ctx.share.seals() {
            // A process that sealed and died has put some arrays in place already.
            let placed = self.placed(quantity);
            if !folder.exists() && placed.exists() && self.known.units().next().is_some() {
                fs::rename(&placed, &folder).map_err(Error::write(&placed))?;
            }
            if CubeArray::<T>::open(&folder).is_err() {
                artefact::remove(&folder)?;
                CubeArray::<T>::create(&folder, self.frame, bands.0, &bands.1)?;
            }
        }
        Ok(Shards { array: CubeArray::open(&folder)?, quantity })
    }

    /// Does the blocks that are to be done here; gives what `block` gave for every block of the grid
    /// in reading order, or `None` when the stage is not to be sealed here.
    ///
    /// As many blocks as there are threads are under way at once. A slice goes on after a block that
    /// fails, so that one bad tile does not keep others waiting; a run stops.
    ///
    /// * `passes`: how often `block` goes through its cells, for the progress.
    ///
    /// # Errors
    /// The first of `block`; when sealing only, a block that is not done.
    pub fn each<R: Serialize + DeserializeOwned + Send>(
        &self,
        passes: usize,
        block: impl Fn(&mut Block<'_>) -> Result<R, Error> + Sync,
    ) -> Result<Option<Vec<R>>, Error> {
        let windows = self.frame.grid.blocks(SHARD);
        let mine = self.ctx.share.blocks(windows.len());
        let is_done = |&rank: &usize| Ok((rank, self.trusted(&self.unit(rank))?.is_some()));
        let looked: Vec<(usize, bool)> =
            mine.into_par_iter().map(|rank| is_done(&rank)).collect::<Result<_, Error>>()?;
        let todo: Vec<usize> = looked.iter().filter(|(_, done)| !done).map(|&(r, _)| r).collect();
        if todo.len() < looked.len() {
            let (kept, n) = (looked.len() - todo.len(), looked.len());
            talk::line(&format!("{:<14} {kept} of {n} blocks complete, kept", self.ctx.stage));
        }
        if self.ctx.share == Share::Seal && !todo.is_empty() {
            return Err(self.missing(&todo, windows.len()));
        }
        let cells: usize = todo.iter().map(|&rank| windows[rank].n_cells()).sum();
        self.ctx.progress.start((cells * passes) as u64, "cells");
        let first_error = Mutex::new(None);
        cube::by_groups(self.ctx, &todo, |&rank| {
            let outcome = self.one(rank, windows[rank], &block);
            match outcome {
                Err(error) if self.goes_on_after(&error) => {
                    let mut first = first_error.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert(error);
                    Ok(())
                }
                other => other,
            }
        })?;
        if let Some(error) = first_error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        if !self.ctx.share.seals() {
            return Ok(None);
        }
        (0..windows.len()).map(|rank| self.result(rank)).collect::<Result<_, _>>().map(Some)
    }

    /// Puts a complete array in its place in the cube; gives its name among the outputs, and its stamp
    /// from those that its blocks were journalled with.
    ///
    /// # Errors
    /// A block is missing, or [`Error::Write`].
    pub fn publish<T: CubeCell>(&self, shards: &Shards<T>) -> Result<(String, Stamp), Error> {
        shards.array.check_complete()?;
        let folder = self.folder.join(shards.quantity.name());
        let known = self.stamps_below(&folder);
        let stamp = Stamp::of_folder(&folder, |file| known.get(&self.ctx.relative(file)).cloned())?;
        let placed = self.placed(shards.quantity);
        artefact::place(&folder, &placed)?;
        Ok((self.ctx.relative(&placed), stamp))
    }

    /// What blocks were journalled with below a folder.
    fn stamps_below(&self, folder: &Path) -> BTreeMap<String, Stamp> {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let (folder, ranks) = (self.ctx.relative(folder), 0..self.frame.grid.blocks(SHARD).len());
        let done = ranks.filter_map(|rank| self.done(&own, rank));
        let outputs = done.flat_map(|done| &done.outputs);
        let below = outputs.filter(|(name, _)| Path::new(name).starts_with(&folder));
        below.map(|(name, stamp)| (name.clone(), stamp.clone())).collect()
    }

    /// A complete block, as the journal of this process has it or those before.
    fn done<'b>(&'b self, own: &'b Journal, rank: usize) -> Option<&'b Done> {
        let (unit, key) = (self.unit(rank), self.ctx.key);
        own.claimed(&unit, key).or_else(|| self.known.claimed(&unit, key))
    }

    /// Does a block and journals what became of it.
    fn one<R: Serialize>(
        &self,
        rank: usize,
        window: Window,
        block: impl Fn(&mut Block<'_>) -> Result<R, Error>,
    ) -> Result<(), Error> {
        // A run and a seal are alone in the output folder; slices may be cut differently.
        let _lock = match self.ctx.share {
            Share::Slice(_) => match Lock::of_block(&self.folder, rank) {
                Err(Error::Busy { .. }) => {
                    talk::warning(&format!("{} is with another worker", self.unit(rank)));
                    return Ok(());
                }
                other => Some(other?),
            },
            _ => None,
        };
        let (ctx, tally, outputs) = (self.ctx, Tally::default(), BTreeMap::new());
        let mut under_way = Block { ctx, window, tally, outputs };
        let since = Instant::now();
        let span = tracing::info_span!("block", stage = ctx.stage.name(), block = rank + 1);
        match span.in_scope(|| block(&mut under_way)) {
            Ok(result) => {
                let result = serde_json::to_value(result)
                    .map_err(|error| Error::internal(format!("a block's result: {error}")))?;
                self.journal(Record::Done(Done {
                    unit: self.unit(rank),
                    key: ctx.key.to_owned(),
                    outputs: under_way.outputs,
                    report: StageReport::default().figure(RESULT, result),
                    flaws: under_way.tally.flaws(),
                    seconds: since.elapsed().as_secs_f64(),
                    spent: None,
                }))
            }
            Err(error) => {
                if !matches!(error, Error::Interrupted { .. }) {
                    // On a full disk this fails as well; the block's own error is the one to show.
                    let why = error.to_string();
                    let _ = self.journal(Record::Failed { unit: self.unit(rank), why });
                }
                Err(error)
            }
        }
    }

    fn goes_on_after(&self, error: &Error) -> bool {
        matches!(self.ctx.share, Share::Slice(_)) && !matches!(error, Error::Interrupted { .. })
    }

    /// What was kept of a complete block; its flaws are counted.
    fn result<R: DeserializeOwned>(&self, rank: usize) -> Result<R, Error> {
        let unit = self.unit(rank);
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let done = self.done(&own, rank);
        let done = done.ok_or_else(|| Error::internal(format!("`{unit}` is not done")))?;
        self.ctx.tally.absorb(&done.flaws);
        let result = done.report.figures.get(RESULT).cloned().unwrap_or_default();
        serde_json::from_value(result)
            .map_err(|error| Error::internal(format!("what was kept of `{unit}`: {error}")))
    }

    fn unit(&self, rank: usize) -> String {
        block_name(self.ctx.stage, rank)
    }

    fn trusted(&self, unit: &str) -> Result<Option<&Done>, Error> {
        self.known.trusted(unit, self.ctx.key, &self.ctx.out_dir)
    }

    fn journal(&self, record: Record) -> Result<(), Error> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).append(record)
    }

    fn count(&self, flaws: &Flaws, report: StageReport) -> StageReport {
        self.ctx.tally.absorb(flaws);
        report
    }

    fn placed(&self, quantity: Quantity) -> PathBuf {
        self.ctx.work(CUBE).join(quantity.name())
    }

    /// Blocks that a seal waits for, with the first reason known.
    fn missing(&self, todo: &[usize], n: usize) -> Error {
        let why = todo.iter().find_map(|&rank| match self.known.state(&self.unit(rank)) {
            Some(State::Failed(why)) => Some(format!("{}: {why}", self.unit(rank))),
            _ => None,
        });
        let got = why.unwrap_or_else(|| format!("`{}` was never done", self.unit(todo[0])));
        let (missing, n) = (units::count(todo.len() as u64), units::count(n as u64));
        let what = format!("{missing} of {n} blocks of `{}` are not done", self.ctx.stage);
        InputError::new(&self.folder, what)
            .got(got)
            .expected("every block, from the workers before")
            .hint(format!("do them: `millesime work CONFIG --stage {}`", self.ctx.stage))
            .into()
    }
}

impl Block<'_> {
    /// Writes the block's shard of an array to the disk; its shape is one that
    /// [`CubeArray::write`] takes.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write<'a, T: CubeCell>(
        &mut self,
        to: &Shards<T>,
        cells: impl Into<CowArray<'a, T, Ix3>>,
    ) -> Result<(), Error> {
        fault::point("cube.block");
        to.array.write(self.window, cells)?;
        fault::point("block.written");
        let path = to.array.shard_path(self.window);
        artefact::flush_file(&path)?;
        self.outputs.insert(self.ctx.relative(&path), Stamp::of(&path)?);
        Ok(())
    }
}

/// The name of a block in journals.
pub fn block_name(stage: Stage, rank: usize) -> String {
    format!("{stage}/block-{}", rank + 1)
}

/// What is known of the blocks of a stage that is not complete.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// Blocks that some journal says are done.
    pub done: usize,
    /// Units that failed and were not done since, with the reason.
    pub failed: BTreeMap<String, String>,
}

impl Progress {
    /// Reads the journals of a stage under way; `None` when none of its blocks ever began.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn of(work_dir: &Path, stage: Stage) -> Result<Option<Self>, Error> {
        let mut progress = None;
        for folder in folders(work_dir, stage)? {
            let journal = Journal::read_all(&folder)?;
            let so_far = progress.get_or_insert_with(Self::default);
            for (unit, state) in journal.units() {
                match state {
                    State::Done(_) if unit.contains("/block-") => so_far.done += 1,
                    State::Failed(why) => {
                        so_far.failed.insert(unit.to_owned(), why.clone());
                    }
                    State::Done(_) | State::Started => {}
                }
            }
        }
        Ok(progress)
    }
}

/// Removes what is left of a stage under way, except with `key`; only for the holder of the lock.
///
/// # Errors
/// [`Error::Write`].
pub fn forget(work_dir: &Path, stage: Stage, key: Option<&str>) -> Result<(), Error> {
    let kept = key.map(|key| folder(work_dir, stage, key));
    for folder in folders(work_dir, stage)? {
        if Some(&folder) != kept.as_ref() {
            artefact::remove(&folder)?;
        }
    }
    tidy(work_dir);
    Ok(())
}

/// What is left of stages under way that the journal of the run says are complete: a process that
/// sealed one died before it removed its blocks.
///
/// # Errors
/// [`Error::Read`].
pub fn left_over(work_dir: &Path, journal: &Journal) -> Result<Vec<PathBuf>, Error> {
    let is_done = |stage: &Stage| matches!(journal.state(stage.name()), Some(State::Done(_)));
    let mut left = Vec::new();
    for stage in Stage::ALL.into_iter().filter(is_done) {
        left.extend(folders(work_dir, stage)?);
    }
    Ok(left)
}

/// Removes the folder of stages under way unless some stage still has one.
pub fn tidy(work_dir: &Path) {
    let _ = fs::remove_dir(work_dir.join(PARTIAL));
}

fn folder(work_dir: &Path, stage: Stage, key: &str) -> PathBuf {
    work_dir.join(PARTIAL).join(format!("{stage}-{}", &key[..KEY_SHOWN.min(key.len())]))
}

/// The folders of a stage, whatever its key.
fn folders(work_dir: &Path, stage: Stage) -> Result<Vec<PathBuf>, Error> {
    let start = format!("{stage}-");
    let mut folders = artefact::children(&work_dir.join(PARTIAL))?;
    folders.retain(|folder| artefact::name_of(folder).starts_with(&start));
    Ok(folders)
}

fn unprepared(ctx: &Context) -> Error {
    let stage = ctx.stage;
    Error::Usage {
        what: format!("stage `{stage}` is not prepared for this configuration and these inputs"),
        hint: Some(format!("first `millesime work CONFIG --stage {stage} --prepare`")),
    }
}
