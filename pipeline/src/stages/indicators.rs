//! Indicators: the faces of the comparison summed per territory.

use kernels::flux::Status;
use kernels::lattice::area_m2;
use serde_json::{Map, json};

use crate::artefact::publish_bytes;
use crate::comparison::Comparison;
use crate::context::Context;
use crate::error::Error;
use crate::figures::{Figures, Norms};
use crate::judge::Judge;
use crate::seen::seen;
use crate::stage_report::StageReport;
use crate::stages::change::{delivery, ground};
use crate::tables::json as table_json;
use crate::{cube, method};

/// All tables in one file, among the working files: the report reads them from there.
pub(super) const TABLES: &str = "tables.json";

/// Writes every table.
///
/// # Errors
/// A file cannot be read or written, or a law does not hold.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let ground = ground(ctx)?;
    let judge = Judge::new(&config.rules, &config.nomenclature)?;
    ctx.check_cancelled()?;
    let norms =
        Norms { judge: &judge, capture: &config.capture, nomenclature: &config.nomenclature };
    let figures = Figures::of(&ground, norms)?;
    let step = &figures.steps[0];
    let choices = config.choices();
    let delivery = delivery(ctx, &choices);
    let mut report = StageReport::default();
    let mut drafts = delivery.tables(&figures.tables, &method::of(config))?;
    drafts.push(delivery.tables_on_maps(&ground, &figures.tables)?);
    if let [before, after] = figures.verdicts.as_slice() {
        let seen = seen(ctx, &cube::grid(ctx)?, step)?;
        let comparison = Comparison::of(&ground, 0, 1);
        drafts.push(delivery.changes(&comparison, step, (before, after), &seen)?);
    }
    drafts.push(delivery.territories(&ground)?);
    drafts.push(delivery.facts(&config.years(), &config.rules)?);
    for draft in drafts {
        report = report.output(ctx.publish(draft)?);
    }
    let all: Vec<_> = figures.tables.iter().map(table_json::value).collect();
    let all = serde_json::to_vec(&all).map_err(|error| Error::internal(error.to_string()))?;
    let all = publish_bytes(ctx.work(TABLES), &all)?;
    report = report.output(ctx.relative(&all.path));
    report.proofs.extend(figures.proofs.iter().cloned());
    let artificial = step.ledger.total(Status::Artificial);
    if step.is_still() {
        return Ok(report.figure("artificial_m2", area_m2(artificial.stock_after)));
    }
    let by_kind: Map<_, _> = step
        .by_kind()
        .into_iter()
        .map(|(kind, _, twice_area)| {
            (format!("{kind:?}").to_lowercase(), json!(area_m2(twice_area)))
        })
        .collect();
    Ok(report
        .figure("changed_m2_by_kind", by_kind)
        .figure("artificialisation_m2", area_m2(artificial.gross_in))
        .figure("desartificialisation_m2", area_m2(artificial.gross_out))
        .figure("net_m2", area_m2(artificial.net())))
}
