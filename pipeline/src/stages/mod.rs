//! The stages, one file each: `pub fn run(ctx: &Context) -> Result<StageReport, Error>`.
//!
//! A stage publishes every output as an artefact (`artefact::Draft`), names it in its report, and
//! returns an error instead of publishing when a law does not hold.

use crate::config::Config;
use crate::io::schema::Names;

pub mod artificialise;
pub mod change;
pub mod classify;
pub mod correct;
pub mod deliver;
pub mod indicators;
pub mod ingest;
mod prior;
pub mod regularise;
pub mod update;
pub mod vectorise;

/// What the names of the deliverables of a run are made of.
pub fn names(config: &Config) -> Names {
    Names {
        department: config.department.code().to_owned(),
        vintage: config.vintage,
        // Only layers that compare two vintages are named after the prior.
        prior: config.years()[0],
        epsg: config.crs.0,
    }
}
