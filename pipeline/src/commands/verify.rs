//! `millesime verify`: are the files of a result and of its packages those that were published?

use std::path::PathBuf;

use crate::batch::Planned;
use crate::error::Error;
use crate::talk;
use crate::verify::{Difference, Verified, verify, verify_run};

/// What `verify` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every manifest in the folders and below is recomputed: the result's, and those of archives, web
formats and whatever else was made of it. Of a configuration or a batch, so are the working files, by
the journal of the run. Each difference is printed on stdout, one a line; exit 9 when there is one.

Examples:
  millesime verify out/D011/2021
  millesime verify aude/config.yaml")]
pub struct Args {
    /// Folders of results or packages, configurations or batch documents
    #[arg(value_name = "DIR|CONFIG", required = true)]
    of: Vec<PathBuf>,
    /// The output folder given to `run --out`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints every difference.
///
/// # Errors
/// [`Error::Differs`] when there is one; [`Error::Input`] for a folder without manifest,
/// [`Error::Read`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let (mut n_manifests, mut n_files, mut n_differences) = (0, 0, 0);
    let (folders, files): (Vec<_>, Vec<_>) = args.of.iter().cloned().partition(|of| !of.is_file());
    let mut all: Vec<Verified> = folders.iter().map(|dir| verify(dir)).collect::<Result<_, _>>()?;
    if !files.is_empty() {
        for config in Planned::configs(&files, args.out.as_deref())? {
            all.push(verify_run(&config.vintage_dir())?);
        }
    }
    for verified in all {
        n_manifests += verified.manifests.len();
        n_files += verified.n_files;
        n_differences += verified.differences.len();
        let lines: String = verified.differences.iter().map(line).collect();
        talk::data(&lines)?;
    }
    if n_differences > 0 {
        return Err(Error::Differs { differences: n_differences, intact: n_files });
    }
    talk::line(&format!("ok: {n_files} files are those of {n_manifests} manifests"));
    Ok(())
}

fn line(difference: &Difference) -> String {
    match difference {
        Difference::Missing(path) => format!("missing   {}\n", path.display()),
        Difference::Unlisted(path) => format!("unlisted  {}\n", path.display()),
        Difference::Changed { path, got, expected } => format!(
            "changed   {}\n          got       sha256 {}, {} bytes\n          expected  sha256 {}, {} bytes\n",
            path.display(),
            got.sha256,
            got.bytes,
            expected.sha256,
            expected.bytes
        ),
    }
}
