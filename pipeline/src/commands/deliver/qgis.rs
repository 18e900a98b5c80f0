//! `millesime deliver qgis`: a project that opens a result in official colours at a double-click.

use std::path::PathBuf;

use crate::error::Error;
use crate::finished::Finished;
use crate::packages::{self, Kind};
use crate::progress::LogFormat;
use crate::qgis::{self, Request};
use crate::talk;

/// What `deliver qgis` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The project points to the files of RESULT by relative paths: keep both together. Each layer can be
drawn in several ways: QGIS lists them under the layer's styles.

Example: with the ortho underneath
  millesime deliver qgis out/D011/2021 --ortho imagery/rvb/*.tif")]
pub struct Args {
    /// The folder of a finished result
    #[arg(value_name = "RESULT")]
    result: PathBuf,
    /// Ortho imagery to show underneath
    #[arg(long, value_name = "FILE", num_args = 1..)]
    ortho: Vec<PathBuf>,
    /// The nomenclature's YAML document, where the result was made with one that does not ship
    #[arg(long, value_name = "FILE")]
    nomenclature: Option<PathBuf>,
    /// The folder to write into [default: RESULT/qgis]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How to talk on stderr: `text` for people, `json` for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    log_format: LogFormat,
}

/// Writes the project.
///
/// # Errors
/// [`Error::Input`] when the folder holds no finished result or an ortho cannot be read,
/// [`Error::Mismatch`] for a file of the result that was changed, [`Error::Usage`],
/// [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    talk::as_json(args.log_format == LogFormat::Json);
    let out = args.out.clone().unwrap_or_else(|| args.result.join(Kind::Qgis.name()));
    let result = Finished::open(&args.result)?;
    let _lock = packages::lock(&args.result, &out)?;
    let codes = result.codes(args.nomenclature.as_slice())?;
    let request = Request { result: &result, codes: &codes, ortho: &args.ortho, out: &out };
    qgis::deliver(&request)?.say(args.log_format, &out);
    Ok(())
}
