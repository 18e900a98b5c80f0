//! Correct: objects whose prior code the evidence contradicts without a true change.

use kernels::arrangement::interior_point;
use kernels::lattice::{Point, Polygon};
use kernels::update::Correction;
use nomenclature::{ClassId, Couple, Crosswalk, Dimension, Nomenclature};

use crate::artefact::{Draft, publish_bytes};
use crate::context::Context;
use crate::corrections::NATIONAL;
use crate::corrections::candidates::worth;
use crate::corrections::identity::correction_id;
use crate::corrections::terms::{Aim, Kind, Origin};
use crate::error::{Error, InputError};
use crate::ign_report::Reporter;
use crate::io::record::{CorrectionRecord, Deliverable};
use crate::io::schema::Product;
use crate::judge::Judge;
use crate::stage_report::StageReport;
use crate::stages::{names, prior, update};
use crate::styles::{Legend, products};
use crate::tally::Tally;
use crate::territory::Communes;
use crate::territory::located::Located;
use crate::vintage::Vintage;

/// The ready-to-send reports, one JSON object a line.
const REPORTS: &str = "corrections/ign_reports.jsonl";

/// A candidate with its worth.
struct Candidate<'a> {
    polygon: &'a Polygon,
    record: CorrectionRecord,
    worth: f64,
}

/// What the candidates are made with.
struct Maker<'a> {
    ctx: &'a Context<'a>,
    prior: &'a Vintage,
    communes: Located<'a>,
    judge: &'a Judge,
    national: Nomenclature,
    crosswalk: Crosswalk,
}

/// Writes the candidates and the same as reports for IGN.
///
/// # Errors
/// A file cannot be read or written.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let epsg = config.crs.0;
    // `ingest` has counted the flaws of these files.
    let unheard = Tally::default();
    let prior = prior::read(ctx, ctx.prior()?, &unheard)?;
    let communes =
        Communes::read(&config.territories.communes, config.department.code(), epsg, ctx.tally)?;
    let judge = Judge::new(&config.rules, &config.nomenclature)?;
    let unfit = |error: nomenclature::NomenclatureError| Error::internal(error.to_string());
    let national = Nomenclature::builtin(NATIONAL).map_err(unfit)?;
    let crosswalk = Crosswalk::between(&config.nomenclature, &national).map_err(unfit)?;
    let maker = Maker {
        ctx,
        prior: &prior,
        communes: Located::new(&communes),
        judge: &judge,
        national,
        crosswalk,
    };
    let mut candidates: Vec<Candidate> =
        read_corrections(ctx)?.iter().filter_map(|found| maker.candidate(found)).collect();
    // An object whose doubtful cells form several regions is one correction: the surest one.
    candidates.sort_by(|a, b| {
        a.record.correction_id.cmp(&b.record.correction_id).then(b.worth.total_cmp(&a.worth))
    });
    candidates.dedup_by(|a, b| a.record.correction_id == b.record.correction_id);
    candidates.sort_by(|a, b| {
        let by_worth = b.worth.total_cmp(&a.worth);
        by_worth.then_with(|| a.record.correction_id.cmp(&b.record.correction_id))
    });
    let names = names(config);
    let draft = Draft::new(ctx.out(Product::Candidates.file_name(&names)))?;
    let mut layer = Deliverable::<CorrectionRecord>::create(
        draft.temp(),
        &names,
        &products::embedded(&Legend::of(&maker.national), Product::Candidates, &names),
    )?;
    for candidate in &candidates {
        layer.add(candidate.polygon, &candidate.record)?;
    }
    layer.finish()?;
    let gpkg = ctx.relative(&draft.publish()?.path);
    let reports = write_reports(ctx, &candidates)?;
    let area: f64 = candidates.iter().map(|c| c.record.area_m2).sum();
    let flips = candidates.iter().filter(|c| c.record.artif_before != c.record.artif_after);
    Ok(StageReport::default()
        .output(gpkg)
        .output(reports)
        .figure("candidates", candidates.len())
        .figure("candidates_m2", area)
        .figure("candidates_of_other_status", flips.count()))
}

fn read_corrections(ctx: &Context) -> Result<Vec<Correction>, Error> {
    let path = ctx.work(update::CORRECTIONS);
    let text = std::fs::read(&path).map_err(Error::read(&path))?;
    serde_json::from_slice(&text)
        .map_err(|error| InputError::new(&path, "this list is damaged").got(error).into())
}

impl Maker<'_> {
    /// The candidate behind a finding; `None` when the class seen has no national leaf.
    fn candidate(&self, found: &Correction) -> Option<Candidate<'_>> {
        let rank = found.object.checked_sub(1)? as usize;
        let polygon = self.prior.polygons.get(rank)?;
        let (current, object) = (self.prior.couples[rank], &self.prior.objects[rank]);
        let config = self.ctx.config;
        let proposed = self.national_code(found.seen)?;
        let anchor = interior_point(polygon).and_then(|(x, y)| Point::from_metres(x, y))?;
        let artif_before = self.judge.is_artificial(current);
        let artif_after = self.judge.is_artificial(Couple { cs: found.seen, us: current.us });
        let share = found.cells as f64 / found.of_cells.max(1) as f64;
        let confidence = share / (1.0 + (-found.margin).exp());
        let area_m2 = polygon.area_m2();
        let nested = config.nomenclature.id() != NATIONAL;
        let code = |id| config.nomenclature.code(Dimension::Cover, id).to_owned();
        let vintage = self.prior.year;
        let record = CorrectionRecord {
            correction_id: correction_id(vintage, &object.id, (Aim::Cover, &proposed), polygon),
            department: config.department.code().to_owned(),
            insee: self.communes.at(anchor).map(|commune| commune.code.clone()),
            vintage,
            source_version: None,
            object_id: object.id.clone(),
            dimension: Aim::Cover,
            current_code: self.national_code(current.cs),
            proposed_code: Some(proposed),
            local_code: nested.then(|| code(found.seen)),
            local_nomenclature: nested.then(|| config.nomenclature.id().to_owned()),
            kind: Kind::Semantic,
            area_m2,
            artif_before: Some(artif_before),
            artif_after: Some(artif_after),
            evidence: Some(self.evidence(found, share)),
            confidence: Some(confidence),
            author_org: None,
            comment: None,
            origin: Origin::Model,
            anchor,
            ign_report_id: None,
            ign_status: None,
            ign_status_at: None,
            applied_in_version: None,
        };
        Some(Candidate { polygon, worth: worth(&record), record })
    }

    fn national_code(&self, cs: ClassId) -> Option<String> {
        let id = self.crosswalk.map(Dimension::Cover, cs)?;
        Some(self.national.code(Dimension::Cover, id).to_owned())
    }

    /// The finding in French.
    fn evidence(&self, found: &Correction, share: f64) -> String {
        let label = |id| {
            let class = self.ctx.config.nomenclature.class(Dimension::Cover, id);
            class.map_or("", |class| class.label.as_str())
        };
        format!(
            "L'image et les données d'appui de {} montrent « {} » sur {:.0} % de l'objet, codé « {} » ; \
             un vrai changement est moins vraisemblable qu'une erreur de code (log-vraisemblance {:.1}).",
            self.ctx.config.vintage,
            label(found.seen),
            100.0 * share,
            label(found.prior),
            found.change_odds
        )
    }
}

fn write_reports(ctx: &Context, candidates: &[Candidate<'_>]) -> Result<String, Error> {
    let config = ctx.config;
    let path = ctx.out(REPORTS);
    let reporter = Reporter::new(&path, config.crs.0, &config.reports)?;
    let mut lines = Vec::new();
    for candidate in candidates {
        let report = reporter.correction(&candidate.record, candidate.polygon)?;
        serde_json::to_writer(&mut lines, &report)
            .map_err(|error| Error::internal(error.to_string()))?;
        lines.push(b'\n');
    }
    Ok(ctx.relative(&publish_bytes(path, &lines)?.path))
}
