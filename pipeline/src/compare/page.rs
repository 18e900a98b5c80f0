//! The report of a comparison.

use kernels::grid::Grid;
use kernels::lattice::STEPS_PER_METRE;
use kernels::rasterise::rasterise;
use ndarray::{Array2, Array3};

use super::Request;
use crate::artefact::{Draft, name_of};
use crate::comparison::Ground;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::figures::{Figures, Norms, Step};
use crate::picture::{self, Highlight};
use crate::report::{self, Map, ReportData};
use crate::tables::Table;
use crate::tables::gazetteer::Level;
use crate::tables::xlsx::Method;
use crate::tally::Tally;
use crate::vintage::bounds_of;
use crate::{VERSION, page};

/// Name of the report.
const REPORT: &str = "report.html";
/// Cells along the longer side of a map.
const SIDE_CELLS: i32 = 760;
/// Grey of the ground under the changes.
const GROUND_GREY: u8 = 236;

/// Writes the report.
pub(super) fn write(
    request: &Request,
    delivery: &Delivery<'_>,
    (ground, figures): (&Ground, &Figures),
    (norms, tally, repairs): (Norms<'_>, &Tally, &Table),
    method: Box<Method>,
) -> Result<Draft, Error> {
    let nomenclature = &request.nomenclature;
    let last = figures.steps.last().ok_or_else(|| Error::internal("no vintages to report on"))?;
    let page = report::render(&ReportData {
        name: format!("Département {}", request.department.code()),
        level: Level::Department,
        code: page::department(ground),
        program: format!("millesime {VERSION}"),
        rules: crate::method::statement(&request.rules, &request.choices())
            .trim_start_matches("Règles : ")
            .to_owned(),
        nomenclature: format!("{} — {}", nomenclature.id(), nomenclature.title()),
        colours: page::colours(nomenclature),
        thresholds: page::thresholds(ground, figures),
        kinds: page::kinds(figures),
        changes: page::changes(ground, last, nomenclature, |_| (None, String::new())),
        maps: maps(ground, last, norms)?,
        issues: page::issues(&tally.flaws()),
        repairs: Some(repairs.clone()),
        invariants: page::invariants(figures.proofs.iter()),
        accuracy: Vec::new(),
        learning: None,
        method: method.into_vec(),
        sources: sources(request),
        tables: figures.tables.clone(),
    })?;
    delivery.bytes(REPORT, page.as_bytes())
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

/// The last changes and the newest vintage's covers.
fn maps(ground: &Ground, step: &Step, norms: Norms<'_>) -> Result<Vec<Map>, Error> {
    let newest = &ground.vintages[ground.vintages.len() - 1];
    let Some((low, high)) = bounds_of(&newest.polygons) else { return Ok(Vec::new()) };
    let side = (high.x - low.x).max(high.y - low.y);
    let cell = (side / SIDE_CELLS + 1).max(STEPS_PER_METRE);
    let grid = Grid::covering(low, high, cell);
    let couples: Vec<u16> = newest.couples.iter().map(|couple| couple.to_cell()).collect();
    let covers: Array2<u16> = rasterise(&newest.polygons, &couples, &grid);
    let polygons: Vec<_> = step.changed.iter().map(|p| p.dissolved.polygon.clone()).collect();
    let highlights = page::highlights(step, norms.judge);
    let on_cells: Array2<Highlight> = rasterise(&polygons, &highlights, &grid);
    let plain = Array3::from_elem((3, grid.rows, grid.cols), GROUND_GREY);
    let changes = picture::changes(plain.view(), &on_cells)?;
    let covers = picture::covers(covers.view(), norms.nomenclature)?;
    Ok(page::maps(step, &highlights, "", Some(changes), covers))
}
