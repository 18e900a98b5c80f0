//! `millesime deliver qgis`: a project that opens a result in official colours at a double-click.

use std::path::PathBuf;

use super::subject::{Opened, Subject};
use crate::error::Error;
use crate::packages::Kind;
use crate::qgis::{self, Request};

/// What `deliver qgis` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The project points to the files of RESULT by relative paths: keep both together. Each layer can be
drawn in several ways: QGIS lists them under the layer's styles.

Example: with the ortho underneath
  millesime deliver qgis out/D011/2021 --ortho imagery/rvb/*.tif")]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// Ortho imagery to show underneath
    #[arg(long, value_name = "FILE", num_args = 1..)]
    ortho: Vec<PathBuf>,
}

/// Writes the project.
///
/// # Errors
/// [`Error::Input`] when the folder holds no finished result or an ortho cannot be read,
/// [`Error::Mismatch`] for a file of the result that was changed, [`Error::Usage`],
/// [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let opened = args.subject.open(Kind::Qgis)?;
    let Opened { result, codes, out, .. } = &opened;
    qgis::deliver(&Request { result, codes, ortho: &args.ortho, out })?
        .say(args.subject.log_format, out);
    Ok(())
}
