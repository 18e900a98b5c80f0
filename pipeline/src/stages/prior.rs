//! The prior vintage of a run: as it was delivered, with the corrections of the ledger.

use crate::config::Prior;
use crate::context::Context;
use crate::corrections::apply::{Application, in_order};
use crate::corrections::ledger::{Entry, Ledger};
use crate::corrections::provenance::vintage_of;
use crate::error::{Error, InputError};
use crate::tally::Tally;
use crate::vintage::Vintage;

/// The prior, and what somebody corrected in it.
pub(super) struct Corrected {
    /// The vintage that the run starts from.
    pub(super) vintage: Vintage,
    /// Ranks of its polygons whose codes or outlines a correction gave, ascending.
    pub(super) ranks: Vec<usize>,
}

/// Reads the prior; `tally` gets its flaws. See [`corrected`].
///
/// # Errors
/// As [`corrected`].
pub(super) fn read(ctx: &Context, prior: &Prior, tally: &Tally) -> Result<Vintage, Error> {
    Ok(corrected(ctx, prior, tally)?.vintage)
}

/// Reads the prior and applies the corrections of its year that stand as the configuration asks, so
/// that neither the model learns from what is known to be wrong nor is a correction counted as a
/// change; `tally` gets the flaws of the prior.
///
/// # Errors
/// A file cannot be read, or the ledger is of another department.
pub(super) fn corrected(ctx: &Context, prior: &Prior, tally: &Tally) -> Result<Corrected, Error> {
    let config = ctx.config;
    let (epsg, nomenclature) = (config.crs.0, &config.nomenclature);
    let vintage = Vintage::read(&prior.layer, prior.vintage, epsg, nomenclature, tally)?;
    let Some(corrections) = &config.corrections else {
        return Ok(Corrected { vintage, ranks: Vec::new() });
    };
    let ledger = Ledger::read(&corrections.ledger)?;
    if ledger.head.department != config.department.code() {
        return Err(InputError::new(&corrections.ledger, "this ledger is of another department")
            .got(ledger.head.department)
            .expected(config.department.code())
            .into());
    }
    let entries = in_order(&ledger, prior.vintage);
    let is_chosen = |entry: &Entry| corrections.standings.contains(&entry.standing);
    let application = Application::of(&vintage, nomenclature, &entries, is_chosen)?;
    let polygons = application.corrected.polygons.iter().enumerate();
    let ranks = polygons.filter(|(_, polygon)| !polygon.by.is_empty()).map(|(rank, _)| rank);
    let ranks = ranks.collect();
    Ok(Corrected { vintage: vintage_of(&vintage, nomenclature, &application.corrected), ranks })
}
