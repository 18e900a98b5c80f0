//! Deliver: the report, the pages of the territories and the places of the data issues.

use nomenclature::Dimension;

use crate::VERSION;
use crate::artefact::{Draft, publish_bytes};
use crate::config::Prior;
use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::error::Error;
use crate::figures::{Figures, Norms};
use crate::io::record::write_issues;
use crate::io::schema::Product;
use crate::judge::Judge;
use crate::method;
use crate::model::{ModelFile, Origin};
use crate::pages::ortho::Ortho;
use crate::pages::{Pages, common};
use crate::quality::{self, Quality, Unplaced};
use crate::report::{self, LearnedClass, Learning, ReportData};
use crate::seen::seen;
use crate::stage_report::StageReport;
use crate::stages::change::ground;
use crate::stages::classify::model_path;
use crate::stages::names;
use crate::tables::gazetteer::Level;
use crate::words::{self, features::feature};

/// Name of the report.
const REPORT: &str = "report.html";

/// Writes the report, the pages of the territories and the issues.
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
    let orthos = orthos(ctx)?;
    let pages = Pages::new(&ground, &figures, norms, (&orthos, &seen));
    let department = ReportData {
        name: config.department.code().to_owned(),
        level: Level::Department,
        code: common::department(&ground),
        program: format!("millesime {VERSION}"),
        rules: method::statement(&config.rules, &config.choices())
            .trim_start_matches("Règles : ")
            .to_owned(),
        nomenclature: format!("{} — {}", config.nomenclature.id(), config.nomenclature.title()),
        colours: common::colours(&config.nomenclature),
        thresholds: common::thresholds(&ground, &figures),
        shown: pages.department()?,
        issues: common::issues(&ctx.all_flaws()),
        repairs: None,
        invariants: common::invariants(ctx.earlier.values().flat_map(|d| &d.report.proofs)),
        quality: quality(ctx)?,
        learning: Some(learning(ctx)?),
        method: method::of(config).into_vec(),
        sources: sources(ctx),
        run: Some(crate::run::PAGE.to_owned()),
        tables: &figures.tables,
    };
    let page = publish_bytes(ctx.out(REPORT), report::render(&department)?.as_bytes())?;
    let territories = pages.territories(&department, |address, page| {
        ctx.check_cancelled()?;
        publish_bytes(ctx.out(address), page)
    })?;
    let assessed: Result<Vec<_>, Error> = department
        .quality
        .iter()
        .map(|of| publish_bytes(ctx.out(quality::name(of.year)), &of.bytes))
        .collect();
    let names = names(config);
    let draft = Draft::new(ctx.out(Product::Issues.file_name(&names)))?;
    let places = write_issues(draft.temp(), &names, &ctx.all_flaws())?;
    let issues = draft.publish()?;
    let mut report =
        StageReport::default().output(ctx.relative(&page.path)).output(ctx.relative(&issues.path));
    for file in territories.iter().chain(&assessed?) {
        report = report.output(ctx.relative(&file.path));
    }
    Ok(report
        .figure("territory_pages", territories.len())
        .figure("report_bytes", page.stamp.bytes)
        .figure("issue_places", places))
}

/// What an assessment found of the vintage of the run.
fn quality(ctx: &Context) -> Result<Vec<Quality>, Error> {
    let Some(path) = &ctx.config.quality else { return Ok(Vec::new()) };
    let own = ctx.out(Product::Occupation.file_name(&names(ctx.config)));
    Ok(vec![Unplaced::read(path)?.of_one(&[(ctx.config.vintage, own)])?])
}

/// The orthophotos of the run, oldest first.
fn orthos(ctx: &Context) -> Result<Vec<Ortho>, Error> {
    let config = ctx.config;
    let prior = config.prior.as_ref().filter(|prior| prior.imagery.is_some());
    let mut dates = Vec::from_iter(prior.map(|prior| (prior.vintage, Quantity::ImageryBefore)));
    dates.push((config.vintage, Quantity::Imagery));
    let open = |(year, quantity)| Ok(Ortho { year, cells: cube::open::<u8>(ctx, quantity)? });
    dates.into_iter().map(open).collect()
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
    let custom = config.territories.custom.iter();
    sources
        .extend(custom.map(|(name, of)| format!("Couche « {name} » : {}", config.shown(&of.path))));
    sources
}
