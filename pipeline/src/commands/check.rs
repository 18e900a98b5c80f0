//! `millesime check`: is this configuration ready to run?

use std::path::PathBuf;

use crate::batch::Planned;
use crate::config::Config;
use crate::error::Error;
use crate::inputs::Inputs;
use crate::survey::Survey;
use crate::{talk, units};

/// What `check` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: find what is wrong before a long run; errors name the line
  millesime check aude/config.yaml
  millesime check batch.yaml        every run of a batch")]
pub struct Args {
    /// Configurations, as `millesime init` writes them, or batch documents
    #[arg(value_name = "CONFIG", required = true)]
    configs: Vec<PathBuf>,
}

/// Loads each configuration, opens its inputs and prints what it means, as JSON with every path resolved.
///
/// # Errors
/// [`Error::Config`] for the first thing that is wrong, [`Error::Input`] for the first
/// file that is not what it must be or that leaves too much of the territory out, [`Error::Read`] for
/// an unreadable one; [`Error::Batch`] when there are several and some are wrong.
pub fn execute(args: &Args) -> Result<(), Error> {
    let runs = Planned::load(&args.configs, None, Ok);
    let n_runs = runs.len();
    let (mut failed, mut codes) = (Vec::new(), Vec::new());
    for Planned { name, config, after, .. } in runs {
        let checked = config.and_then(|config| {
            if after.is_empty() {
                return check(&config);
            }
            talk::line(&format!("ok: {name}, but for the results of earlier runs that it reads"));
            Ok(())
        });
        match checked {
            Err(error) if n_runs == 1 => return Err(error),
            Err(error) => {
                talk::failure(&error);
                codes.push(error.exit_code());
                failed.push(format!("`{name}`"));
            }
            Ok(()) => {}
        }
    }
    match codes.into_iter().max() {
        None => Ok(()),
        Some(code) => Err(Error::Batch { failed, left: 0, runs: n_runs, code }),
    }
}

/// Checks one configuration and prints it.
fn check(config: &Config) -> Result<(), Error> {
    let inputs = Inputs::inspect(config)?;
    Survey::of_files(config, &inputs.mosaics)?.say();
    let meant = serde_json::to_string_pretty(config)
        .map_err(|error| Error::internal(format!("the configuration has no JSON form: {error}")))?;
    talk::data(&format!("{meant}\n"))?;
    talk::line(&format!(
        "ok: department {}, vintages {}, {} input files, {} working cells",
        config.department,
        units::arrows(&config.years()),
        config.inputs().len(),
        units::count(inputs.n_cells(config))
    ));
    Ok(())
}
