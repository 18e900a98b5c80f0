//! The report of a comparison.

use super::Request;
use crate::VERSION;
use crate::artefact::{Draft, name_of};
use crate::comparison::Ground;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::figures::{Figures, Norms};
use crate::pages::{Pages, common};
use crate::quality::{self, Quality};
use crate::report::{self, ReportData};
use crate::tables::Table;
use crate::tables::gazetteer::Level;
use crate::tables::xlsx::Method;
use crate::tally::Tally;

/// Name of the report.
const REPORT: &str = "report.html";

/// Writes the report and the pages of the territories.
pub(super) fn write(
    request: &Request,
    delivery: &Delivery<'_>,
    (ground, figures): (&Ground, &Figures),
    (norms, tally, repairs): (Norms<'_>, &Tally, &Table),
    (method, quality): (Box<Method>, Vec<Quality>),
) -> Result<Vec<Draft>, Error> {
    let nomenclature = &request.nomenclature;
    let pages = Pages::new(ground, figures, norms, (&[], &[]));
    let department = ReportData {
        name: format!("Département {}", request.department.code()),
        level: Level::Department,
        code: common::department(ground),
        program: format!("millesime {VERSION}"),
        rules: crate::method::statement(&request.rules, &request.choices())
            .trim_start_matches("Règles : ")
            .to_owned(),
        nomenclature: format!("{} — {}", nomenclature.id(), nomenclature.title()),
        colours: common::colours(nomenclature),
        thresholds: common::thresholds(ground, figures),
        shown: pages.department()?,
        issues: common::issues(&tally.flaws()),
        repairs: Some(repairs.clone()),
        invariants: common::invariants(figures.proofs.iter()),
        quality,
        learning: None,
        method: method.into_vec(),
        sources: sources(request),
        run: None,
        tables: &figures.tables,
    };
    let assessed = department.quality.iter();
    let mut drafts: Vec<Draft> = assessed
        .map(|of| delivery.bytes(quality::name(of.year), &of.bytes))
        .collect::<Result<_, _>>()?;
    drafts.push(delivery.bytes(REPORT, report::render(&department)?.as_bytes())?);
    drafts.extend(pages.territories(&department, |address, page| delivery.bytes(address, page))?);
    Ok(drafts)
}

fn sources(request: &Request) -> Vec<String> {
    let vintages = request.vintages.iter();
    let mut sources: Vec<String> = vintages
        .map(|source| format!("Millésime {} : {}", source.of, name_of(&source.layer.path)))
        .collect();
    for layer in &request.territories {
        sources.push(format!("Communes : {}", name_of(&layer.path)));
    }
    if let Some(path) = &request.cog {
        sources.push(format!("Code officiel géographique : {}", name_of(path)));
    }
    if let Some(path) = &request.enaf {
        sources.push(format!("Consommation d'ENAF (fichiers fonciers) : {}", name_of(path)));
    }
    sources.extend(request.planning.iter().map(|l| format!("Zonage : {}", name_of(&l.path))));
    sources.extend(
        request.customs.iter().map(|c| format!("Couche « {} » : {}", c.of, name_of(&c.layer.path))),
    );
    let dated = |what: &str, of: &crate::compare::Source<u16>| {
        format!("{what} {} : {}", of.of, name_of(&of.layer.path))
    };
    sources.extend(request.officials.iter().map(|of| dated("Couche ARTIF officielle", of)));
    sources.extend(request.exemptions.iter().map(|l| format!("Exemptions : {}", name_of(&l.path))));
    let ledger = request.corrections.iter();
    sources.extend(ledger.map(|path| format!("Registre des corrections : {}", name_of(path))));
    sources.extend(request.neighbours.iter().map(|of| dated("Voisins", of)));
    sources
}
