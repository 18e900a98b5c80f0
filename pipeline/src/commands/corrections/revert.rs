//! `millesime corrections revert`: an application taken back.

use std::path::PathBuf;

use crate::commands::nomenclature::load;
use crate::corrections::revert::Folder;
use crate::error::Error;
use crate::talk;

/// What `revert` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples: the vintage as it was, byte for byte, then the same corrections but two
  millesime corrections revert --in corrected --out OCCUPATION_SOL.gpkg
  millesime corrections revert --in corrected --only 0f3c9a6612be47d0,77ab01c2d3e4f506 --out again")]
pub struct Args {
    /// The folder that `corrections apply` wrote
    #[arg(long = "in", value_name = "DIR")]
    folder: PathBuf,
    /// Take back these corrections and keep the others applied
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,
    /// The nomenclature of the vintage, where it is a YAML document that has moved
    #[arg(long, value_name = "ID")]
    nomenclature: Option<String>,
    /// The file to write; with `--only` the folder to write into
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

/// Takes the application back.
///
/// # Errors
/// [`Error::Usage`] for options that make no sense or a name that is taken, and those of
/// [`Folder`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let application = Folder::read(&args.folder)?;
    if !args.only.is_empty() {
        let nomenclature = args.nomenclature.as_deref().unwrap_or(application.nomenclature());
        let ids = args.only.iter().cloned().collect();
        super::apply::tell(&application.without(&ids, load(nomenclature)?, &args.out)?);
        return Ok(());
    }
    if args.out.exists() {
        return Err(Error::Usage {
            what: format!("`{}` exists already", args.out.display()),
            hint: Some("give another name, or remove it first".to_owned()),
        });
    }
    for artefact in application.restore(&args.out)? {
        let (path, sha256) = (artefact.path.display(), artefact.stamp.sha256);
        talk::line(&format!("{path}: as it was, sha256 {sha256}"));
    }
    Ok(())
}
