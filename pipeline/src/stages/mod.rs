//! The stages, one file each: `pub fn run(ctx: &Context) -> Result<StageReport, Error>`.
//!
//! A stage publishes every output as an artefact (`artefact::Draft`), names it in its report, and
//! returns an error instead of publishing when a law does not hold.
