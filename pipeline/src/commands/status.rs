//! `millesime status`: how far a run is, and whether its results are still those delivered.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::format::Format;
use crate::artefact::name_of;
use crate::batch::Planned;
use crate::error::Error;
use crate::lock::Holder;
use crate::manifest::Manifest;
use crate::status::{self, END, Progress, StageStatus, Status, first_line};
use crate::talk;

/// What `status` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples: how far is the run, and is what it delivered still intact?
  millesime status aude/config.yaml
  millesime status batch.yaml                     a line for each run of a batch
  millesime status aude/out/D011/2021 --verify")]
pub struct Args {
    /// Configurations, batch documents, or folders of one vintage's results
    #[arg(value_name = "CONFIG|DIR", required = true)]
    of: Vec<PathBuf>,
    /// The output folder given to `run --out`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Read every delivered file again and compare it with the manifest
    #[arg(long)]
    verify: bool,
    /// Lines for people, or one JSON object
    #[arg(long, value_enum, default_value_t, hide_possible_values = true)]
    format: Format,
}

/// One of the folders asked for.
struct Asked {
    name: String,
    folder: PathBuf,
    status: Status,
}

/// Prints one line for each stage, or for each run when there are several.
///
/// # Errors
/// [`Error::Mismatch`] with `--verify` when a file differs from the manifest; otherwise as for
/// [`crate::Config::load`] and [`status::of`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let asked = asked(args)?;
    let text = match args.format {
        Format::Json => {
            let one =
                |of: &Asked| json!({ "run": of.name, "folder": of.folder, "status": of.status });
            format!("{:#}\n", json!({ "runs": asked.iter().map(one).collect::<Vec<_>>() }))
        }
        Format::Text => match asked.as_slice() {
            [one] => stages(&one.status),
            several => several.iter().map(line).collect(),
        },
    };
    talk::data(&text)?;
    if args.verify { asked.iter().try_for_each(|of| verify(&of.folder)) } else { Ok(()) }
}

/// The folders of what was named, in the order in which they run.
fn asked(args: &Args) -> Result<Vec<Asked>, Error> {
    let (folders, files): (Vec<_>, Vec<_>) = args.of.iter().cloned().partition(|of| of.is_dir());
    let mut asked = Vec::new();
    for folder in folders {
        let name = folder.parent().map(name_of).unwrap_or_default();
        let name = format!("{name}/{}", name_of(&folder));
        asked.push(Asked { name, status: status::of(&folder)?, folder });
    }
    let runs = Planned::load(&files, args.out.as_deref(), Ok);
    let n_runs = runs.len() + asked.len();
    for run in runs {
        let config = run.config?;
        let folder = config.vintage_dir();
        // Of a batch, the runs whose turn has not come are no mistake.
        let status = if n_runs > 1 { status::of_config(&config)? } else { status::of(&folder)? };
        asked.push(Asked { name: run.name, folder, status });
    }
    Ok(asked)
}

/// A line for each stage, then who is at it and what comes next.
fn stages(status: &Status) -> String {
    let mut text = String::new();
    for StageStatus { stage, state, note } in &status.stages {
        let (state, note) = (word(*state, status), first_line(note));
        let _ = writeln!(text, "{stage:<14} {state:<12} {note}");
    }
    if let Some(why) = &status.end {
        let _ = writeln!(text, "{END:<14} {:<12} {}", Progress::Failed, first_line(why));
    }
    if let Some(by) = &status.by {
        let _ = writeln!(text, "{:<14} {by}", "by");
    }
    if let Some(next) = status.next.filter(|_| status.by.is_none()) {
        let _ = writeln!(text, "{:<14} {next}", "next");
    }
    for task in &status.tasks {
        let _ = writeln!(text, "{:<14} {:<12} {}", "task", task.state, task.name);
        for line in task.tail.iter().filter(|_| task.state == "failed") {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

/// A line for one of several runs.
fn line(of: &Asked) -> String {
    let Status { state, by, stages, next, .. } = &of.status;
    let state = word(*state, &of.status);
    let n_done = stages.iter().filter(|of| of.state == Progress::Done).count();
    let mut text = format!("{:<14} {state:<12} {n_done:>2} stages done", of.name);
    if let Some(next) = next {
        let _ = write!(text, ", next {next}");
    }
    if let Some(by) = by {
        let _ = write!(text, ", {by}");
    }
    if let Some(why) = of.status.failure() {
        let _ = write!(text, ": {why}");
    }
    text + "\n"
}

/// A state, and whether it is workers that are at it.
fn word(state: Progress, status: &Status) -> String {
    match (state, &status.by) {
        (Progress::Running, Some(Holder::Workers)) => format!("{state} (workers)"),
        _ => state.to_string(),
    }
}

fn verify(out_dir: &Path) -> Result<(), Error> {
    let Some(manifest) = Manifest::read(out_dir)? else {
        talk::line("nothing to verify: no run has ended here yet");
        return Ok(());
    };
    manifest.verify(out_dir)?;
    talk::line(&format!("ok: {} files are those of the manifest", manifest.outputs.len()));
    Ok(())
}
