//! `millesime init`: a commented configuration to fill in.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use crate::error::Error;
use crate::talk;

/// The configuration that `init` writes: every key, with its meaning.
pub const TEMPLATE: &str = include_str!("../config/template.yaml");

/// What `init` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: start a folder for the Aude
  millesime init aude
  millesime check aude/config.yaml      says, line by line, what is still to fill in")]
pub struct Args {
    /// The folder that will hold `config.yaml`; made when missing
    #[arg(default_value = ".")]
    dir: PathBuf,
}

/// Writes `config.yaml`, never over an existing one.
///
/// # Errors
/// [`Error::Usage`] when the file exists, [`Error::Write`] when it cannot be written.
pub fn execute(args: &Args) -> Result<(), Error> {
    let path = args.dir.join("config.yaml");
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
    file.write_all(TEMPLATE.as_bytes()).map_err(Error::write(&path))?;
    talk::line(&format!("wrote `{}`; fill it in, then check it with:", path.display()));
    talk::line(&format!("  millesime check {}", path.display()));
    Ok(())
}
