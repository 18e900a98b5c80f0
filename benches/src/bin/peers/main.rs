//! Our side of the comparison with public tools: makes the seeded inputs and times one kernel.
//!
//! `peers make-raster`, `peers make-coverages` and `peers make-network` write inputs as `.npy` files,
//! which the scripts of `benches/peers/` give to the public tools; `peers make-delivery` writes a
//! layer for the program itself. `peers time KERNEL DIR` reads
//! them, runs one kernel once and prints one line of JSON: processor seconds of all threads, peak
//! memory of the process, counts of the result. Reading the inputs is not timed.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use benches::{coverage, network};
use serde_json::Value;

mod clock;
mod delivery;
mod files;
mod npy;
mod overlay;
mod raster;
mod shapes;
mod trees;

/// What a run gives: facts to print, or what went wrong.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "peers make-raster DIR SIDE | make-coverages DIR SIDE ONE_IN | \
    make-network DIR SIDE | make-delivery FILE SIDE | time KERNEL DIR";

/// Times one kernel on the inputs of a folder.
type Kernel = fn(&Path) -> Outcome<Value>;

/// Kernels by name.
const KERNELS: [(&str, Kernel); 14] = [
    ("label-raw", |dir| raster::label_raster(dir, "raw")),
    ("label-sieved", |dir| raster::label_raster(dir, "sieved")),
    ("regularise", raster::regularise_raster),
    ("trace-raw", |dir| raster::trace_raster(dir, "raw")),
    ("trace-sieved", |dir| raster::trace_raster(dir, "sieved")),
    ("generalise", raster::generalise_coverage),
    ("check", |dir| raster::check_coverage(dir, "part")),
    ("check-fitted", |dir| raster::check_coverage(dir, "fitted")),
    ("zonal", raster::zonal),
    ("overlay", overlay::arrange_vintages),
    ("pairs", overlay::intersect_pairs),
    ("write", files::write_geopackage),
    ("fit", trees::fit),
    ("predict", trees::predict),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(facts) => {
            let mut out = std::io::stdout().lock();
            if writeln!(out, "{facts}").is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Outcome<Value> {
    match *args {
        ["make-raster", dir, side] => raster::make(Path::new(dir), side.parse()?),
        ["make-coverages", dir, side, one_in] => {
            overlay::make(Path::new(dir), &coverage::pair(side.parse()?, one_in.parse()?))
        }
        ["make-network", dir, side] => overlay::make(Path::new(dir), &network::pair(side.parse()?)),
        ["make-delivery", file, side] => delivery::make(Path::new(file), side.parse()?),
        ["time", name, dir] => {
            let kernel = KERNELS.iter().find(|kernel| kernel.0 == name);
            let (_, kernel) = kernel.ok_or_else(|| format!("no kernel is named `{name}`"))?;
            kernel(Path::new(dir))
        }
        _ => Err(USAGE.into()),
    }
}
