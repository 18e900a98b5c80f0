//! `millesime gc`: what runs left that nothing needs any more.

use std::fmt::Write;
use std::path::PathBuf;

use crate::batch::Planned;
use crate::error::Error;
use crate::gc::{Cleaning, Waste};
use crate::talk;
use crate::units::bytes;

/// What `gc` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Drafts of processes that died, working files that no stage's latest result names, blocks of stages that
are complete, scripts and logs of the jobs of a complete run. With `--finished` also the working files of
complete results, most of what they take; such a run can be verified and delivered, and computes from the
start when its configuration is changed. Deliverables, and files that no run wrote, are never touched.

Examples:
  millesime gc aude/config.yaml --dry-run
  millesime gc batch.yaml --finished")]
pub struct Args {
    /// Configurations or batch documents
    #[arg(value_name = "CONFIG", required = true)]
    configs: Vec<PathBuf>,
    /// The output folder given to `run --out`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Also the working files of complete results
    #[arg(long)]
    finished: bool,
    /// List, remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// Removes, and prints one line for each thing.
///
/// # Errors
/// [`Error::Busy`] when one of the runs is under way; as [`Cleaning::find`] and [`Cleaning::remove`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let (mut n, mut freed) = (0, 0);
    for config in Planned::configs(&args.configs, args.out.as_deref())? {
        let Some(cleaning) = Cleaning::enter(&config.vintage_dir())? else { continue };
        let waste = cleaning.find(args.finished)?;
        let mut text = String::new();
        for Waste { path, bytes: size, why } in &waste {
            let _ = writeln!(text, "{:<9} {:>9}  {}", why.word(), bytes(*size), path.display());
            freed += size;
        }
        n += waste.len();
        if !args.dry_run {
            cleaning.remove(&waste)?;
        }
        talk::data(&text)?;
    }
    let done = if args.dry_run { "to remove" } else { "removed" };
    talk::line(&format!("ok: {n} {done}, {}", bytes(freed)));
    Ok(())
}
