//! `millesime doctor`: what this machine has for a run.

use std::fmt::Write;
use std::path::PathBuf;

use crate::error::Error;
use crate::io::gdal;
use crate::machine::{self, Machine};
use crate::units::bytes;
use crate::{VERSION, talk};

/// The least memory with which a run is worth starting, in bytes.
const MEMORY_MIN_BYTES: u64 = 2 << 30;
/// The least free disk with which a run is worth starting, in bytes.
const DISK_MIN_BYTES: u64 = 1 << 30;
/// The least number of files that a run may have open.
const OPEN_FILES_MIN: u64 = 256;

/// The GDAL drivers without which no run is possible.
const DRIVERS: [&str; 2] = ["GTiff", "GPKG"];

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
    let needs = [
        ("memory", MEMORY_MIN_BYTES, machine.memory_available_bytes),
        ("disk", DISK_MIN_BYTES, machine.disk_free_bytes),
    ];
    let mut text = format!("millesime  {VERSION}\ncores      {}\n", machine.cores);
    for (what, needed, available) in needs {
        let verdict = if available < needed { "too little" } else { "ok" };
        let _ = writeln!(text, "{what:<10} {} free, {verdict}", bytes(available));
    }
    let verdict = if machine.open_files_max < OPEN_FILES_MIN { "too few" } else { "ok" };
    let _ = writeln!(text, "files      {} may be open, {verdict}", machine.open_files_max);
    let _ =
        writeln!(text, "gdal       {}, {}", gdal::version(), drivers(&missing(&gdal::drivers())));
    for (name, value) in machine::dangerous_variables() {
        let _ = writeln!(text, "warning    {name}={value} changes how GDAL loads code; ignored");
    }
    talk::data(&text)?;
    let missing = missing(&gdal::drivers());
    if !missing.is_empty() {
        return Err(Error::Resources {
            what: "GDAL drivers (`libgdal-dev` has them all)".to_owned(),
            needed: missing.join(", "),
            available: format!("GDAL {}", gdal::version()),
            hint: "`make run` installs it",
        });
    }
    for (what, needed, available) in needs {
        machine::require_bytes(what, needed, available)?;
    }
    if machine.open_files_max < OPEN_FILES_MIN {
        return Err(Error::Resources {
            what: "open files (`ulimit -n`)".to_owned(),
            needed: OPEN_FILES_MIN.to_string(),
            available: machine.open_files_max.to_string(),
            hint: "raise it: `ulimit -n 4096`",
        });
    }
    Ok(())
}

fn missing(found: &[String]) -> Vec<&'static str> {
    DRIVERS.into_iter().filter(|driver| !found.iter().any(|name| name == driver)).collect()
}

fn drivers(missing: &[&str]) -> String {
    if missing.is_empty() {
        "drivers ok".to_owned()
    } else {
        format!("lacks {}", missing.join(", "))
    }
}
