//! Deliver: the report and the places of the data issues.

use std::collections::BTreeMap;

use kernels::arrangement::interior_point;
use kernels::artificialise::Totals;
use kernels::change::ChangeKind;
use kernels::grid::Grid;
use kernels::lattice::Point;
use kernels::rasterise::rasterise;
use kernels::update::Reason;
use ndarray::Array2;
use nomenclature::{Couple, Dimension, Nomenclature};

use crate::VERSION;
use crate::artefact::{Draft, publish_bytes};
use crate::comparison::{Comparison, Side};
use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::error::Error;
use crate::figures::Figures;
use crate::io::record::write_issues;
use crate::io::schema::Product;
use crate::judge::Judge;
use crate::picture::{self, Highlight};
use crate::report::{self, Change, Invariant, Issue, KindTally, Map, ReportData};
use crate::stage_report::StageReport;
use crate::stages::change::comparison;
use crate::stages::names;
use crate::tables::gazetteer::Level;
use crate::{method, words};

/// Name of the report.
const REPORT: &str = "report.html";
/// Changes listed one by one.
const CHANGES_MAX: usize = 100;

/// Writes the report and the issues.
///
/// # Errors
/// A file cannot be read or written.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let comparison = comparison(ctx)?;
    let judge = Judge::new(&config.rules, &config.nomenclature)?;
    let figures = Figures::of(&comparison, &judge, &config.capture, &config.nomenclature)?;
    ctx.check_cancelled()?;
    let grid = cube::grid(ctx)?;
    let page = report::render(&ReportData {
        name: format!("Département {}", config.department.code()),
        level: Level::Department,
        code: department(&comparison),
        program: format!("millesime {VERSION}"),
        rules: format!("{} — {}", config.rules.id, config.rules.title),
        nomenclature: format!("{} — {}", config.nomenclature.id(), config.nomenclature.title()),
        colours: colours(&config.nomenclature),
        thresholds: [(Side::Before, &figures.before), (Side::After, &figures.after)]
            .map(|(side, verdicts)| {
                let areas = comparison.twice_areas(side);
                (comparison.vintage(side).year, Totals::of(verdicts, &areas))
            })
            .to_vec(),
        kinds: kinds(&figures),
        changes: changes(ctx, &grid, &comparison, &figures)?,
        maps: maps(ctx, &grid, &figures, &judge)?,
        issues: issues(ctx),
        invariants: invariants(ctx),
        accuracy: Vec::new(),
        method: method::of(config, &judge).into_vec(),
        sources: sources(ctx),
        tables: figures.tables,
    })?;
    let page = publish_bytes(ctx.out(REPORT), page.as_bytes())?;
    let names = names(config);
    let draft = Draft::new(ctx.out(Product::Issues.file_name(&names)))?;
    let places = write_issues(draft.temp(), &names, &ctx.all_flaws())?;
    let issues = draft.publish()?;
    Ok(StageReport::default()
        .output(ctx.relative(&page.path))
        .output(ctx.relative(&issues.path))
        .figure("report_bytes", page.stamp.bytes)
        .figure("issue_places", places))
}

/// The code of the department in the tables.
fn department(comparison: &Comparison) -> String {
    let communes = &comparison.communes.gazetteer.communes;
    communes.first().map(|commune| commune.department.clone()).unwrap_or_default()
}

fn colours(nomenclature: &Nomenclature) -> Vec<(String, String)> {
    [Dimension::Cover, Dimension::Usage]
        .into_iter()
        .flat_map(|dimension| nomenclature.iter(dimension))
        .map(|(_, class)| (class.code.clone(), class.colour.to_string()))
        .collect()
}

fn kinds(figures: &Figures) -> Vec<KindTally> {
    ChangeKind::ALL
        .into_iter()
        .map(|kind| {
            let of_kind = figures.changed.iter().zip(&figures.findings);
            let areas: Vec<i128> = of_kind
                .filter(|(_, finding)| finding.kind == kind)
                .map(|(piece, _)| piece.dissolved.polygon.twice_area())
                .collect();
            KindTally { kind, objects: areas.len() as u64, twice_area: areas.iter().sum() }
        })
        .collect()
}

/// What the cells under a changed region say of it.
#[derive(Default)]
struct Seen {
    cells: u64,
    confidence: u64,
    reasons: BTreeMap<u8, u64>,
}

/// The largest changes, true ones first.
fn changes(
    ctx: &Context,
    grid: &Grid,
    comparison: &Comparison,
    figures: &Figures,
) -> Result<Vec<Change>, Error> {
    let seen = seen(ctx, grid, figures)?;
    let mut order: Vec<usize> = (0..figures.changed.len()).collect();
    let area = |i: usize| figures.changed[i].dissolved.polygon.twice_area();
    order.sort_by_key(|&i| (figures.findings[i].kind, std::cmp::Reverse(area(i)), i));
    order.truncate(CHANGES_MAX);
    let nomenclature = &ctx.config.nomenclature;
    Ok(order
        .into_iter()
        .map(|i| {
            let piece = &figures.changed[i];
            let place = interior_point(&piece.dissolved.polygon).unwrap_or_default();
            let reason = seen[i].reasons.iter().max_by_key(|&(r, n)| (n, std::cmp::Reverse(r)));
            let reason = reason.and_then(|(&reason, _)| Reason::from_cell(reason));
            Change {
                place: commune(comparison, place),
                at_m: (place.0.round() as i64, place.1.round() as i64),
                before: label(nomenclature, piece.key.0),
                after: label(nomenclature, piece.key.1),
                twice_area: area(i),
                confidence: (seen[i].cells > 0)
                    .then(|| (seen[i].confidence * 100 / (255 * seen[i].cells)) as u8),
                reason: reason.map_or("", Reason::french).to_owned(),
                kind: figures.findings[i].kind,
            }
        })
        .collect())
}

/// Confidence and reasons of the cells under each changed region.
fn seen(ctx: &Context, grid: &Grid, figures: &Figures) -> Result<Vec<Seen>, Error> {
    let polygons: Vec<_> = figures.changed.iter().map(|p| &p.dissolved.polygon).collect();
    let ranks: Vec<u32> = (1..=polygons.len() as u32).collect();
    let polygons: Vec<_> = polygons.into_iter().cloned().collect();
    let regions = rasterise(&polygons, &ranks, grid);
    let confidence = cube::read_plane::<u8>(ctx, Quantity::Confidence)?;
    let reason = cube::read_plane::<u8>(ctx, Quantity::Reason)?;
    let mut seen: Vec<Seen> = polygons.iter().map(|_| Seen::default()).collect();
    for (at, &region) in regions.indexed_iter().filter(|(_, region)| **region != 0) {
        let of = &mut seen[region as usize - 1];
        of.cells += 1;
        of.confidence += u64::from(confidence[at]);
        *of.reasons.entry(reason[at]).or_default() += 1;
    }
    Ok(seen)
}

fn commune(comparison: &Comparison, (x_m, y_m): (f64, f64)) -> String {
    let communes = &comparison.communes;
    let place = Point::from_metres(x_m, y_m).unwrap_or_default();
    let polygon = communes.polygons.iter().position(|polygon| polygon.holds(place));
    polygon.map_or_else(
        || "hors commune".to_owned(),
        |polygon| communes.gazetteer.communes[communes.owner[polygon] as usize].name.clone(),
    )
}

/// Codes and labels of a couple.
fn label(nomenclature: &Nomenclature, couple: Couple) -> String {
    let of = |dimension, id| {
        let class = nomenclature.class(dimension, id);
        class.map_or_else(String::new, |class| format!("{} {}", class.code, class.label))
    };
    format!("{} / {}", of(Dimension::Cover, couple.cs), of(Dimension::Usage, couple.us))
}

/// The new vintage's covers, and the changes over the ortho.
fn maps(ctx: &Context, grid: &Grid, figures: &Figures, judge: &Judge) -> Result<Vec<Map>, Error> {
    let config = ctx.config;
    let regular = cube::read_plane::<u16>(ctx, Quantity::Regular)?;
    let imagery = cube::read::<u8>(ctx, Quantity::Imagery)?;
    let highlights: Vec<Highlight> = figures
        .changed
        .iter()
        .map(|piece| {
            let (before, after) = piece.key;
            match (judge.is_artificial(before), judge.is_artificial(after)) {
                (false, true) => Highlight::Artificialised,
                (true, false) => Highlight::Restored,
                _ => Highlight::Other,
            }
        })
        .collect();
    let polygons: Vec<_> =
        figures.changed.iter().map(|piece| piece.dissolved.polygon.clone()).collect();
    let on_cells: Array2<Highlight> = rasterise(&polygons, &highlights, grid);
    let count = |wanted| highlights.iter().filter(|&&h| h == wanted).count();
    Ok(vec![
        Map {
            title: format!(
                "Changements {} → {} : artificialisation en rouge, désartificialisation en vert, \
                 autres en orange",
                config.prior.vintage, config.vintage
            ),
            alt: format!(
                "Orthophoto en gris. {} objets artificialisés, {} désartificialisés, {} autres \
                 changements ; la liste numérotée les situe.",
                count(Highlight::Artificialised),
                count(Highlight::Restored),
                count(Highlight::Other)
            ),
            png: picture::changes(imagery.view(), &on_cells)?,
        },
        Map {
            title: format!("Couverture du sol en {}, couleurs officielles", config.vintage),
            alt: "Carte de la couverture ; les surfaces par poste sont dans le tableau « Stock et \
                  flux par couverture »."
                .to_owned(),
            png: picture::covers(regular.view(), &config.nomenclature)?,
        },
    ])
}

fn issues(ctx: &Context) -> Vec<Issue> {
    let flaws = ctx.all_flaws();
    flaws
        .by_count()
        .into_iter()
        .map(|(key, flaw)| Issue {
            key: key.to_owned(),
            label: words::flaw(key).to_owned(),
            count: flaw.count,
        })
        .collect()
}

/// The laws checked by the stages before this one; a broken one would have stopped the run.
fn invariants(ctx: &Context) -> Vec<Invariant> {
    ctx.earlier
        .values()
        .flat_map(|done| &done.report.proofs)
        .map(|proof| Invariant {
            law: words::law(&proof.invariant).to_owned(),
            result: proof.measured.clone(),
            holds: true,
        })
        .collect()
}

fn sources(ctx: &Context) -> Vec<String> {
    let config = ctx.config;
    let mut sources = vec![
        format!(
            "Orthophotographie : {} dalles RVB et {} dalles IRC ({})",
            config.imagery.rvb.len(),
            config.imagery.irc.len(),
            config.vintage
        ),
        format!(
            "Millésime antérieur {} : {}",
            config.prior.vintage,
            config.shown(&config.prior.layer.path)
        ),
    ];
    for layer in &config.evidence.layers {
        sources.push(format!(
            "Données d'appui « {} » : {}",
            layer.kind.key(),
            config.shown(&layer.layer.path)
        ));
    }
    sources.push(format!("Communes : {}", config.shown(&config.territories.communes.path)));
    sources
}
