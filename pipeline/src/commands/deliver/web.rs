//! `millesime deliver web`: files that a web server hands out as they are.

use super::subject::{Opened, Subject};
use crate::error::Error;
use crate::packages::Kind;
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
    #[command(flatten)]
    subject: Subject,
    /// Side of the cells of the rasters, in metres [default: that of the run, else 5]
    #[arg(long, value_name = "METRES")]
    cell_m: Option<f64>,
}

/// Writes the files.
///
/// # Errors
/// [`Error::Input`] when the folder holds no finished result, [`Error::Mismatch`] for a file of the
/// result that was changed, [`Error::Usage`], [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let opened = args.subject.open(Kind::Web)?;
    let Opened { result, codes, out, .. } = &opened;
    web::deliver(&Request { result, codes, cell_m: args.cell_m, out })?
        .say(args.subject.log_format, out);
    Ok(())
}
