//! `millesime doctor`: what this machine has for a run.

use std::fmt::Write;
use std::path::PathBuf;

use crate::error::Error;
use crate::machine::{self, Machine};
use crate::preflight::{self, Wanted};
use crate::{VERSION, talk};

/// The least memory with which a run is worth starting, in bytes.
const MEMORY_MIN_BYTES: u64 = 2 << 30;
/// The least free disk with which a run is worth starting, in bytes.
const DISK_MIN_BYTES: u64 = 1 << 30;
/// What `doctor` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: is there room for the results in this folder?
  millesime doctor --out /data/ocsge")]
pub struct Args {
    /// The folder that results will go to
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

/// Prints the findings, one a line.
///
/// # Errors
/// [`Error::Resources`] for the first thing that is missing, [`Error::Read`] when the machine
/// cannot be asked.
pub fn execute(args: &Args) -> Result<(), Error> {
    let machine = Machine::read(&args.out)?;
    let least = |bytes| (bytes, String::new());
    let wanted = Wanted {
        disk: least(DISK_MIN_BYTES),
        memory: least(MEMORY_MIN_BYTES),
        // What imagery and vector layers come as.
        drivers: vec!["JP2OpenJPEG", "ESRI Shapefile", "FlatGeobuf"],
    };
    let checks = preflight::checks(&wanted, &machine);
    let mut text = format!("{:<10} {VERSION}\n{:<10} {}\n", "millesime", "cores", machine.cores);
    text.push_str(&preflight::text(&checks));
    for (name, value) in machine::dangerous_variables() {
        let _ = writeln!(text, "warning    {name}={value} changes how GDAL loads code; ignored");
    }
    talk::data(&text)?;
    preflight::require(&checks, false)
}
