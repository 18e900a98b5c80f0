//! The runs of a command one after the other; one that fails stops only those that start from it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Planned, summary};
use crate::artefact::folder_of;
use crate::cancel::Cancel;
use crate::error::{Error, exit};
use crate::index::{self, Entry};
use crate::progress::say;
use crate::run::{self, Options};
use crate::status::Progress;
use crate::talk;

/// What became of one run.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) name: String,
    pub(super) folder: Option<PathBuf>,
    pub(super) state: Progress,
    /// The exit code that it alone would have had; `None` when it was not begun.
    pub(super) code: Option<u8>,
    /// The first line of its error, or why it was not begun.
    pub(super) why: Option<String>,
    pub(super) time: Duration,
}

/// Runs every configuration, tells what became of each, and writes the index of the results.
///
/// # Errors
/// That of the run when there is only one; otherwise [`Error::Batch`] when one did not end, and what
/// the index may answer.
pub fn run(mut runs: Vec<Planned>, options: &Options) -> Result<(), Error> {
    let cancel = Cancel::on_signals()?;
    let is_one = runs.len() == 1;
    if let Some(only) = runs.pop_if(|_| is_one) {
        let (config, folder) = (only.config?, only.folder);
        run::run(&config, options, &cancel)?;
        // A folder that has an index keeps one that is right.
        let out = folder.as_deref().map(out_of).filter(|out| out.join(index::PAGE).exists());
        return out.map_or(Ok(()), |out| index::write(out, &[]).map(drop));
    }
    let mut outcomes: Vec<Outcome> = Vec::new();
    for planned in runs {
        let outcome = one(planned, &outcomes, options, &cancel);
        outcomes.push(outcome);
    }
    if !options.dry_run {
        let ended = write_indexes(&outcomes)?;
        let text = summary::text(&outcomes, &ended);
        say(options.log_format, "batch", &text, summary::fields(&outcomes, &ended));
    }
    verdict(&outcomes)
}

/// One run, unless one that it starts from did not end or a signal came.
fn one(planned: Planned, before: &[Outcome], options: &Options, cancel: &Cancel) -> Outcome {
    let Planned { name, folder, config, after } = planned;
    let since = Instant::now();
    let mut outcome = Outcome {
        name,
        folder,
        state: Progress::ToDo,
        code: None,
        why: None,
        time: Duration::ZERO,
    };
    if cancel.is_raised() {
        outcome.why = Some("a signal came before".to_owned());
        return outcome;
    }
    let missing = after.iter().map(|&rank| &before[rank]).find(|of| of.state != Progress::Done);
    // In a dry run nothing is made, so nothing is missing: the plan of the later is not told.
    let first = after.first().map(|&rank| &before[rank]).filter(|_| options.dry_run);
    if let (Ok(_), Some(missing)) = (&config, missing.or(first)) {
        let why = format!("it starts from the result of `{}`", missing.name);
        talk::warning(&format!("`{}` is not begun: {why}", outcome.name));
        outcome.why = Some(why);
        return outcome;
    }
    say(options.log_format, "run", &format!("\n{}", outcome.name), json!({ "run": outcome.name }));
    let ended = config.and_then(|config| run::run(&config, options, cancel));
    outcome.time = since.elapsed();
    match ended {
        Ok(()) => (outcome.state, outcome.code) = (Progress::Done, Some(exit::OK)),
        Err(error) => {
            talk::failure(&error);
            let is_stop = matches!(error, Error::Interrupted { .. });
            outcome.state = if is_stop { Progress::Interrupted } else { Progress::Failed };
            outcome.code = Some(error.exit_code());
            outcome.why = error.to_string().lines().next().map(str::to_owned);
        }
    }
    outcome
}

/// Writes the index of every output folder; gives the entry of each run by its folder.
fn write_indexes(outcomes: &[Outcome]) -> Result<BTreeMap<PathBuf, Entry>, Error> {
    let mut told: BTreeMap<PathBuf, Vec<Entry>> = BTreeMap::new();
    for outcome in outcomes {
        let Some(folder) = &outcome.folder else { continue };
        let entries = told.entry(out_of(folder).to_owned()).or_default();
        entries.extend((outcome.state != Progress::Done).then(|| entry(folder, outcome)).flatten());
    }
    let mut all = BTreeMap::new();
    for (out, entries) in told {
        std::fs::create_dir_all(&out).map_err(Error::write(&out))?;
        let indexed = index::write(&out, &entries)?;
        all.extend(indexed.into_iter().map(|entry| (out.join(&entry.folder), entry)));
    }
    Ok(all)
}

/// What the command knows of a run that did not end.
fn entry(folder: &Path, outcome: &Outcome) -> Option<Entry> {
    let known = Entry::of_folder(folder)?;
    let (state, why) = (outcome.state, outcome.why.clone());
    Some(Entry { state, why, ..known })
}

/// The output folder of `OUT/D011/2021`.
fn out_of(folder: &Path) -> &Path {
    folder_of(folder_of(folder))
}

/// Fails when a run did not end, with the largest of their exit codes.
fn verdict(outcomes: &[Outcome]) -> Result<(), Error> {
    let failed: Vec<&Outcome> =
        outcomes.iter().filter(|of| of.code.is_some_and(|code| code != exit::OK)).collect();
    let Some(code) = failed.iter().filter_map(|of| of.code).max() else { return Ok(()) };
    let names: Vec<String> = failed.iter().map(|of| format!("`{}`", of.name)).collect();
    let left = outcomes.iter().filter(|of| of.code.is_none()).count();
    Err(Error::Batch { failed: names, left, runs: outcomes.len(), code })
}
