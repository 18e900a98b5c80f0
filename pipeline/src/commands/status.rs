//! `millesime status`: how far a run is, and whether its results are still those delivered.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::error::Error;
use crate::manifest::Manifest;
use crate::{status, talk};

/// What `status` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples: how far is the run, and is what it delivered still intact?
  millesime status aude/config.yaml
  millesime status aude/out/D011/2021 --verify")]
pub struct Args {
    /// The configuration, or the folder of one vintage's results
    #[arg(value_name = "CONFIG|DIR")]
    of: PathBuf,
    /// The output folder given to `run --out`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Read every delivered file again and compare it with the manifest
    #[arg(long)]
    verify: bool,
}

/// Prints one line for each stage.
///
/// # Errors
/// [`Error::Mismatch`] with `--verify` when a file differs from the manifest; otherwise as for
/// [`Config::load`] and [`status::of`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let out_dir = folder(args)?;
    let mut text = String::new();
    for line in status::of(&out_dir)? {
        let first = line.note.lines().next().unwrap_or_default();
        let _ = writeln!(text, "{:<14} {:<12} {first}", line.stage, line.state);
    }
    talk::data(&text)?;
    if args.verify { verify(&out_dir) } else { Ok(()) }
}

fn folder(args: &Args) -> Result<PathBuf, Error> {
    if args.of.is_dir() {
        return Ok(args.of.clone());
    }
    Ok(Config::load(&args.of)?.with_out(args.out.as_deref())?.vintage_dir())
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
