//! `millesime deliver`: what is made of a finished result for others.

use crate::config::{Form, Orders};
use crate::error::Error;
use crate::packages::Kind;

pub mod archives;
pub mod check;
pub mod qgis;
pub mod subject;
pub mod web;

/// The forms in which archives are written unless others are asked for.
const FORMS: [Form; 2] = [Form::Folder, Form::Zip];

/// What `deliver` is asked.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
RESULT is the folder of a finished result: `--out` of `compare`, or OUT/D011/2021 of `run`. Its files
and its manifest stay as they are; each package is a folder of its own with its own manifest, and is
kept when it is complete already.

Example: archives in the name of a region
  millesime deliver archives out/D011/2021 --organisation 'Région Occitanie' --email sig@region.fr"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Write archives with official names: data, metadata, nomenclature, licence, checksums
    Archives(archives::Args),
    /// Hold archives, ours or IGN's, against the contract of those who load them; exit 5 when one fails
    Check(check::Args),
    /// Write a `QGIS` project of every layer, grouped by theme, and the styles as files
    Qgis(qgis::Args),
    /// Write rasters, layers, map tiles, styles and a catalogue that a web server hands out
    Web(web::Args),
}

/// Runs the action.
///
/// # Errors
/// Those of the action.
pub fn execute(args: &Args) -> Result<(), Error> {
    match &args.action {
        Action::Archives(args) => archives::execute(args),
        Action::Check(args) => check::execute(args),
        Action::Qgis(args) => qgis::execute(args),
        Action::Web(args) => web::execute(args),
    }
}

/// The orders of these kinds of packages, each as it is made by default.
pub(super) fn of_kinds(kinds: &[Kind]) -> Orders {
    let mut orders = Orders::default();
    for kind in kinds {
        match kind {
            Kind::Archives => orders.archives = FORMS.into(),
            Kind::Qgis => orders.qgis = true,
            Kind::Web => orders.web = true,
        }
    }
    orders
}
