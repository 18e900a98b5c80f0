//! `millesime deliver archives`: archives that users download and the national platform loads.

use std::path::PathBuf;

use crate::archive::{self, Request};
use crate::config::{Form, OddImprint, Orders, TypedImprint};
use crate::error::Error;
use crate::finished::Finished;
use crate::packages::{self, Kind};
use crate::progress::LogFormat;
use crate::talk;

/// What `deliver archives` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
One archive per vintage (OCCUPATION_SOL, ZONE_CONSTRUITE), per artificialisation of a vintage, per
difference and per evolution of the artificialisation. What the result does not hold is told and left
out. The same result always gives the same bytes.

Examples: as folders and .zip files in the result, then .zip files elsewhere under IGN's name
  millesime deliver archives out/D011/2021
  millesime deliver archives out/D011/2021 --forms zip --product OCS-GE --out /data/archives")]
pub struct Args {
    /// The folder of a finished result
    #[arg(value_name = "RESULT")]
    result: PathBuf,
    /// The forms to write
    #[arg(long, value_name = "FORM", value_delimiter = ',', default_value = "folder,zip")]
    forms: Vec<Form>,
    /// Also archives of shapefiles: columns upper-case, of at most ten characters
    #[arg(long)]
    shapefiles: bool,
    #[command(flatten)]
    imprint: TypedImprint,
    /// The nomenclature's YAML document, where the result was made with one that does not ship
    #[arg(long, value_name = "FILE")]
    nomenclature: Option<PathBuf>,
    /// The folder to write into [default: RESULT/archives]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How to talk on stderr: `text` for people, `json` for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    log_format: LogFormat,
}

/// Writes the archives.
///
/// # Errors
/// [`Error::Input`] when the folder holds no finished result, [`Error::Mismatch`] for a file of it
/// that was changed, [`Error::Usage`], [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    talk::as_json(args.log_format == LogFormat::Json);
    let imprint = args.imprint.check().map_err(|OddImprint { key, got, expected }| {
        Error::Usage { what: format!("`--{key} {got}` cannot be"), hint: Some(expected.to_owned()) }
    })?;
    let archives = args.forms.iter().copied().collect();
    let shapefiles = args.shapefiles;
    let orders = Orders { archives, shapefiles, imprint, ..Orders::default() };
    let out = args.out.clone().unwrap_or_else(|| args.result.join(Kind::Archives.name()));
    let result = Finished::open(&args.result)?;
    let _lock = packages::lock(&args.result, &out)?;
    let codes = result.codes(args.nomenclature.as_slice())?;
    let request = Request { result: &result, codes: &codes, orders: &orders, out: &out };
    archive::deliver(&request)?.say(args.log_format, &out);
    Ok(())
}
