//! `millesime deliver archives`: archives that users download and the national platform loads.

use super::subject::{Opened, Subject};
use crate::archive::{self, Request};
use crate::config::{Form, OddImprint, Orders, TypedImprint};
use crate::error::Error;
use crate::packages::Kind;

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
    #[command(flatten)]
    subject: Subject,
    /// The forms to write
    #[arg(long, value_name = "FORM", value_delimiter = ',', default_value = "folder,zip")]
    forms: Vec<Form>,
    /// Also archives of shapefiles: columns upper-case, of at most ten characters
    #[arg(long)]
    shapefiles: bool,
    #[command(flatten)]
    imprint: TypedImprint,
}

/// Writes the archives.
///
/// # Errors
/// [`Error::Input`] when the folder holds no finished result, [`Error::Mismatch`] for a file of it
/// that was changed, [`Error::Usage`], [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let imprint = args.imprint.check().map_err(|OddImprint { key, got, expected }| {
        Error::Usage { what: format!("`--{key} {got}` cannot be"), hint: Some(expected.to_owned()) }
    })?;
    let archives = args.forms.iter().copied().collect();
    let shapefiles = args.shapefiles;
    let orders = Orders { archives, shapefiles, imprint, ..Orders::default() };
    let opened = args.subject.open(Kind::Archives)?;
    let Opened { result, codes, out, .. } = &opened;
    let request = Request { result, codes, orders: &orders, out };
    archive::deliver(&request)?.say(args.subject.log_format, out);
    Ok(())
}
