//! Indicators: the faces of the comparison summed per territory.

use kernels::change::ChangeKind;
use kernels::flux::Status;
use kernels::lattice::area_m2;
use serde_json::{Map, json};

use crate::artefact::publish_bytes;
use crate::context::Context;
use crate::error::Error;
use crate::figures::Figures;
use crate::judge::Judge;
use crate::method;
use crate::stage_report::StageReport;
use crate::stages::change::comparison;
use crate::tables::{csv, json as table_json, xlsx};

/// Folder of the tables.
const FOLDER: &str = "indicators";
/// All tables in one file, among the working files: the report reads them from there.
pub(super) const TABLES: &str = "tables.json";

/// Writes every table.
///
/// # Errors
/// A file cannot be read or written, or a law does not hold.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let comparison = comparison(ctx)?;
    let judge = Judge::new(&config.rules, &config.nomenclature)?;
    ctx.check_cancelled()?;
    let figures = Figures::of(&comparison, &judge, &config.capture, &config.nomenclature)?;
    let mut report = StageReport::default();
    for table in &figures.tables {
        let path = ctx.out(format!("{FOLDER}/{}.csv", table.name));
        report = report.output(ctx.relative(&publish_bytes(path, &csv::bytes(table)?)?.path));
    }
    let method = method::of(config, &judge);
    let workbook = xlsx::bytes(&figures.tables, &method)?;
    let workbook = publish_bytes(ctx.out(format!("{FOLDER}/indicators.xlsx")), &workbook)?;
    let all: Vec<_> = figures.tables.iter().map(table_json::value).collect();
    let all = serde_json::to_vec(&all).map_err(|error| Error::internal(error.to_string()))?;
    let all = publish_bytes(ctx.work(TABLES), &all)?;
    report = report.output(ctx.relative(&workbook.path)).output(ctx.relative(&all.path));
    report.proofs.extend(figures.proofs.iter().cloned());
    let by_kind: Map<_, _> = ChangeKind::ALL
        .iter()
        .map(|kind| {
            let of_kind = figures.changed.iter().zip(&figures.findings);
            let twice_area: i128 = of_kind
                .filter(|(_, finding)| finding.kind == *kind)
                .map(|(piece, _)| piece.dissolved.polygon.twice_area())
                .sum();
            (format!("{kind:?}").to_lowercase(), json!(area_m2(twice_area)))
        })
        .collect();
    let artificial = figures.ledger.total(Status::Artificial);
    Ok(report
        .figure("changed_m2_by_kind", by_kind)
        .figure("artificialisation_m2", area_m2(artificial.gross_in))
        .figure("desartificialisation_m2", area_m2(artificial.gross_out))
        .figure("net_m2", area_m2(artificial.net())))
}
