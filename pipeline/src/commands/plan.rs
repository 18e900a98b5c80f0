//! `millesime plan`: the units of work of configurations, before any of them is done.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::batch::Planned;
use crate::error::Error;
use crate::plan;
use crate::stage::Stage;
use crate::talk;

/// What `plan` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples: what a department takes; the same for a cluster's own engine, one unit a line
  millesime plan aude/config.yaml
  millesime plan aude/config.yaml gard/config.yaml --format json | head -3")]
pub struct Args {
    /// Configurations, as `millesime init` writes them, or batch documents
    #[arg(value_name = "CONFIG", required = true)]
    configs: Vec<PathBuf>,
    /// Results are in DIR/D011/2021 instead of the configuration's `out`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// `table` for people, `json` for programs: one unit a line, with its command
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_possible_values = true)]
    format: Format,
    /// In the table, a line for every block
    #[arg(long)]
    units: bool,
}

/// How the units are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line for each stage
    Table,
    /// One JSON object for each unit
    Json,
}

/// Prints the units in the order in which they can be done.
///
/// # Errors
/// Those of [`crate::Config::load`] and [`plan::units`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let mut all = Vec::new();
    for config in Planned::configs(&args.configs, args.out.as_deref())? {
        let stages: Vec<Stage> = Stage::of(&config).collect();
        let units = plan::units(&config, &stages)?;
        if args.format == Format::Json {
            let path = config.file.display().to_string();
            let lines: Vec<String> =
                units.iter().map(|u| format!("{}\n", u.fields(&path))).collect();
            talk::data(&lines.concat())?;
        }
        all.extend(units);
    }
    if args.format == Format::Table { talk::data(&plan::table(&all, args.units)) } else { Ok(()) }
}
