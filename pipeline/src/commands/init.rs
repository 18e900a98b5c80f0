//! `millesime init`: a commented configuration to fill in.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use crate::error::Error;
use crate::talk;

/// The configuration that `init` writes: every key, with its meaning.
pub const TEMPLATE: &str = include_str!("../config/template.yaml");

/// The batch document that `init --batch` writes.
pub const BATCH_TEMPLATE: &str = include_str!("../config/batch_template.yaml");

/// What `init` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples: start a folder for the Aude, or for several departments and vintages
  millesime init aude
  millesime init --batch occitanie      writes batch.yaml, for `millesime run occitanie/batch.yaml`
  millesime check aude/config.yaml      says, line by line, what is still to fill in")]
pub struct Args {
    /// The folder that will hold the file; made when missing
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Write `batch.yaml` instead: departments x vintages that share parameters
    #[arg(long)]
    batch: bool,
}

/// Writes `config.yaml` or `batch.yaml`, never over an existing one.
///
/// # Errors
/// [`Error::Usage`] when the file exists, [`Error::Write`] when it cannot be written.
pub fn execute(args: &Args) -> Result<(), Error> {
    let (name, template) =
        if args.batch { ("batch.yaml", BATCH_TEMPLATE) } else { ("config.yaml", TEMPLATE) };
    let path = args.dir.join(name);
    fs::create_dir_all(&args.dir).map_err(Error::write(&args.dir))?;
    let mut file = match fs::File::create_new(&path) {
        Ok(file) => file,
        Err(source) if source.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Error::Usage {
                what: format!("`{}` exists already", path.display()),
                hint: Some("name another folder, or move the file away".to_owned()),
            });
        }
        Err(source) => return Err(Error::write(&path)(source)),
    };
    file.write_all(template.as_bytes()).map_err(Error::write(&path))?;
    talk::line(&format!("wrote `{}`; fill it in, then check it with:", path.display()));
    talk::line(&format!("  millesime check {}", path.display()));
    Ok(())
}
