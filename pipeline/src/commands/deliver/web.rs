//! `millesime deliver web`: files that a web server hands out as they are.

use std::path::PathBuf;

use crate::error::Error;
use crate::finished::Finished;
use crate::packages::{self, Kind};
use crate::progress::LogFormat;
use crate::talk;
use crate::web::{self, Request};

/// What `deliver web` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Cloud optimised GeoTIFF of cover, usage and change, FlatGeobuf of the layers, PMTiles with a
generalised coverage for every zoom, a MapLibre style of it, and a STAC catalogue with checksums.
All are made from the polygons of the result.

Example:
  millesime deliver web out/D011/2021")]
pub struct Args {
    /// The folder of a finished result
    #[arg(value_name = "RESULT")]
    result: PathBuf,
    /// Side of the cells of the rasters, in metres [default: that of the run, else 5]
    #[arg(long, value_name = "METRES")]
    cell_m: Option<f64>,
    /// The nomenclature's YAML document, where the result was made with one that does not ship
    #[arg(long, value_name = "FILE")]
    nomenclature: Option<PathBuf>,
    /// The folder to write into [default: RESULT/web]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How to talk on stderr: `text` for people, `json` for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    log_format: LogFormat,
}

/// Writes the files.
///
/// # Errors
/// [`Error::Input`] when the folder holds no finished result, [`Error::Mismatch`] for a file of the
/// result that was changed, [`Error::Usage`], [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    talk::as_json(args.log_format == LogFormat::Json);
    let out = args.out.clone().unwrap_or_else(|| args.result.join(Kind::Web.name()));
    let result = Finished::open(&args.result)?;
    let _lock = packages::lock(&args.result, &out)?;
    let codes = result.codes(args.nomenclature.as_slice())?;
    let request = Request { result: &result, codes: &codes, cell_m: args.cell_m, out: &out };
    web::deliver(&request)?.say(args.log_format, &out);
    Ok(())
}
