//! `millesime check`: is this configuration ready to run?

use std::path::PathBuf;

use crate::config::Config;
use crate::error::Error;
use crate::inputs::Inputs;
use crate::survey::Survey;
use crate::{talk, units};

/// What `check` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: find what is wrong before a long run; errors name the line
  millesime check aude/config.yaml")]
pub struct Args {
    /// The configuration, as `millesime init` writes it
    config: PathBuf,
}

/// Loads the configuration, opens its inputs and prints what it means, as JSON with every path resolved.
///
/// # Errors
/// [`Error::Config`] for the first thing that is wrong, [`Error::Input`] for the first
/// file that is not what it must be or that leaves too much of the territory out, [`Error::Read`] for
/// an unreadable one.
pub fn execute(args: &Args) -> Result<(), Error> {
    let config = Config::load(&args.config)?;
    let inputs = Inputs::inspect(&config)?;
    Survey::of_files(&config)?.say();
    let meant = serde_json::to_string_pretty(&config)
        .map_err(|error| Error::internal(format!("the configuration has no JSON form: {error}")))?;
    talk::data(&format!("{meant}\n"))?;
    talk::line(&format!(
        "ok: department {}, vintages {}, {} input files, {} working cells",
        config.department,
        units::arrows(&config.years()),
        config.inputs().len(),
        units::count(inputs.n_cells(&config))
    ));
    Ok(())
}
