//! Deliver: the report and the places of the data issues.

use kernels::grid::Grid;
use kernels::rasterise::rasterise;
use kernels::update::Reason;
use ndarray::Array2;
use nomenclature::Dimension;

use crate::VERSION;
use crate::artefact::{Draft, publish_bytes};
use crate::config::Prior;
use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::error::Error;
use crate::figures::{Figures, Norms, Step};
use crate::io::record::write_issues;
use crate::io::schema::Product;
use crate::judge::Judge;
use crate::model::{ModelFile, Origin};
use crate::picture::{self, Highlight};
use crate::report::{self, LearnedClass, Learning, Map, ReportData};
use crate::seen::{Seen, seen};
use crate::stage_report::StageReport;
use crate::stages::change::ground;
use crate::stages::classify::model_path;
use crate::stages::names;
use crate::tables::gazetteer::Level;
use crate::words::{self, features::feature};
use crate::{method, page};

/// Name of the report.
const REPORT: &str = "report.html";

/// Writes the report and the issues.
///
/// # Errors
/// A file cannot be read or written.
pub fn run(ctx: &Context) -> Result<StageReport, Error> {
    let config = ctx.config;
    let ground = ground(ctx)?;
    let judge = Judge::new(&config.rules, &config.nomenclature)?;
    let norms =
        Norms { judge: &judge, capture: &config.capture, nomenclature: &config.nomenclature };
    let figures = Figures::of(&ground, norms)?;
    let step = &figures.steps[0];
    ctx.check_cancelled()?;
    let grid = cube::grid(ctx)?;
    let seen = seen(ctx, &grid, step)?;
    let page = report::render(&ReportData {
        name: config.department.code().to_owned(),
        level: Level::Department,
        code: page::department(&ground),
        program: format!("millesime {VERSION}"),
        rules: method::statement(&config.rules, &config.choices())
            .trim_start_matches("Règles : ")
            .to_owned(),
        nomenclature: format!("{} — {}", config.nomenclature.id(), config.nomenclature.title()),
        colours: page::colours(&config.nomenclature),
        thresholds: page::thresholds(&ground, &figures),
        kinds: page::kinds(&figures),
        changes: page::changes(&ground, step, &config.nomenclature, |i| words_of(&seen[i])),
        maps: maps(ctx, &grid, step, &judge)?,
        issues: page::issues(&ctx.all_flaws()),
        repairs: None,
        invariants: page::invariants(ctx.earlier.values().flat_map(|d| &d.report.proofs)),
        accuracy: Vec::new(),
        learning: Some(learning(ctx)?),
        method: method::of(config).into_vec(),
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

/// Confidence in percent and main reason of a changed region, in French.
fn words_of(seen: &Seen) -> (Option<u8>, String) {
    (seen.confidence_percent(), seen.reason().map_or("", Reason::french).to_owned())
}

/// The new vintage's covers, and the changes over the ortho.
fn maps(ctx: &Context, grid: &Grid, step: &Step, judge: &Judge) -> Result<Vec<Map>, Error> {
    let config = ctx.config;
    let regular = cube::read_plane::<u16>(ctx, Quantity::Regular)?;
    let imagery = cube::read::<u8>(ctx, Quantity::Imagery)?;
    let highlights = page::highlights(step, judge);
    let polygons: Vec<_> =
        step.changed.iter().map(|piece| piece.dissolved.polygon.clone()).collect();
    let on_cells: Array2<Highlight> = rasterise(&polygons, &highlights, grid);
    let covers = picture::covers(regular.view(), &config.nomenclature)?;
    let changes =
        (!step.is_still()).then(|| picture::changes(imagery.view(), &on_cells)).transpose()?;
    Ok(page::maps(step, &highlights, "Orthophoto en gris. ", changes, covers))
}

/// What the model of the run learned, in the words of the report.
fn learning(ctx: &Context) -> Result<Learning, Error> {
    let nomenclature = &ctx.config.nomenclature;
    let file = ModelFile::read(&model_path(ctx))?;
    let Origin { department, labels, imagery, .. } = &file.origin;
    let years: Vec<String> = imagery.iter().map(u16::to_string).collect();
    let made = match &ctx.config.model {
        Some(path) => format!("Modèle donné ({}), appris", ctx.config.shown(path)),
        None => "Modèle appris".to_owned(),
    };
    let words = |code: &String| match nomenclature.find(Dimension::Cover, code) {
        Some(id) => {
            let label = nomenclature.class(Dimension::Cover, id).map(|class| class.label.as_str());
            format!("{code} {}", label.unwrap_or_default())
        }
        None => code.clone(),
    };
    let classes = file.accuracy.iter().map(|class| LearnedClass {
        class: words(&class.code),
        samples: class.samples,
        agreed: class.agreed,
        kept: class.kept,
        mistaken_for: class.mistaken_for.as_ref().map(words),
    });
    let features = file.importance();
    Ok(Learning {
        origin: format!(
            "{made} sur les couvertures du millésime {labels} du département {department} et \
             l'imagerie de {} ; il est livré à côté de cette page.",
            years.join(" et ")
        ),
        classes: classes.collect(),
        features: features.into_iter().map(|(name, ppm)| (feature(name), ppm)).collect(),
    })
}

fn sources(ctx: &Context) -> Vec<String> {
    let config = ctx.config;
    let mut sources = vec![format!(
        "Orthophotographie : {} dalles RVB et {} dalles IRC ({})",
        config.imagery.rvb.len(),
        config.imagery.irc.len(),
        config.vintage
    )];
    if let Some(Prior { vintage, layer, imagery, predictions: _ }) = &config.prior {
        sources.push(format!("Millésime antérieur {vintage} : {}", config.shown(&layer.path)));
        sources.extend(imagery.iter().map(|imagery| {
            let (rvb, irc) = (imagery.rvb.len(), imagery.irc.len());
            format!(
                "Orthophotographie antérieure : {rvb} dalles RVB et {irc} dalles IRC ({vintage})"
            )
        }));
    }
    for prediction in config.all_predictions() {
        sources.push(format!(
            "Prédictions « {} » : {} dalles, la première {}",
            prediction.classes.title,
            prediction.files.len(),
            config.shown(&prediction.files[0])
        ));
    }
    for layer in &config.evidence.layers {
        sources.push(format!(
            "Données d'appui « {} » : {}",
            words::evidence(layer.kind),
            config.shown(&layer.layer.path)
        ));
    }
    sources.push(format!("Communes : {}", config.shown(&config.territories.communes.path)));
    sources
}
