//! What the template prints, taken from the delivered tables by key.

use serde::Serialize;

use kernels::artificialise::Totals;

use super::figure::{Figure, grouped};
use super::scene::SceneView;
use super::{Card, Invariant, ReportData, data_uri};
use crate::Error;
use crate::pages;
use crate::tables::gazetteer::Level;
use crate::tables::indicators::REMAINDER;
use crate::tables::{Cell, Table};

mod changes;
mod learning;
mod matrix;
mod quality;
mod readings;
mod repairs;
mod section;
mod trajectory;
pub(super) mod zone;

/// A row of figures.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    head: Vec<String>,
    cells: Vec<Figure>,
}

/// A table of the page.
#[derive(Debug, Serialize)]
pub(super) struct Grid {
    caption: String,
    head: Vec<String>,
    columns: Vec<String>,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Picture {
    title: String,
    alt: String,
    src: String,
    marks: Vec<Mark>,
}

/// The number of a change on a map, in percent of its width and height.
#[derive(Debug, Serialize)]
struct Mark {
    rank: usize,
    left: String,
    top: String,
}

#[derive(Debug, Serialize)]
struct IssueLine {
    key: String,
    label: String,
    count: String,
}

/// The whole page.
#[derive(Debug, Serialize)]
pub(super) struct View {
    title: String,
    level: &'static str,
    years: String,
    /// Whether there are two vintages to compare.
    has_flux: bool,
    program: String,
    rules: String,
    nomenclature: String,
    key_figures: Vec<Card>,
    maps: Vec<Picture>,
    sections: Vec<section::Section>,
    matrix: Option<Grid>,
    conventions: Grid,
    thresholds: Option<Grid>,
    readings: readings::Readings,
    trajectory: Option<trajectory::Trajectory>,
    kinds: Grid,
    changes: Vec<changes::ChangeLine>,
    unlisted: usize,
    unphotographed: usize,
    scene: Option<SceneView>,
    communes: Option<Grid>,
    /// The page of each line of the communes; empty where there is none.
    commune_pages: Vec<String>,
    /// Words and addresses of other pages.
    links: Vec<(String, String)>,
    issues: Vec<IssueLine>,
    repairs: Option<Grid>,
    invariants: Vec<Invariant>,
    quality: Vec<quality::QualityView>,
    learning: Option<learning::LearningView>,
    method: Vec<(String, String)>,
    sources: Vec<String>,
    run: Option<String>,
}

/// A row of a table, read by key.
struct Row<'a> {
    table: &'a Table,
    row: usize,
}

impl Row<'_> {
    fn figure(&self, key: &str) -> Result<Figure, Error> {
        self.cell(key).map(Figure::of)
    }

    fn cell(&self, key: &str) -> Result<&Cell, Error> {
        self.table
            .cell(self.row, key)
            .ok_or_else(|| Error::internal(format!("`{}` has no column `{key}`", self.table.name)))
    }

    fn twice_area(&self, key: &str) -> Result<i128, Error> {
        match self.cell(key)? {
            Cell::Area(twice_area) => Ok(*twice_area),
            other => Err(Error::internal(format!("`{key}` is no area: {other:?}"))),
        }
    }
}

/// Rows of the territory in a table of its level.
fn rows<'a>(data: &'a ReportData<'_>, stem: &str) -> Result<Vec<Row<'a>>, Error> {
    let name = format!("{stem}_{}", data.level.key());
    let table = table(data, &name)
        .ok_or_else(|| Error::internal(format!("report.html needs the table `{name}`")))?;
    let code = Cell::words(&data.code);
    let ranks = (0..table.rows.len()).filter(|&row| table.rows[row].first() == Some(&code));
    Ok(ranks.map(|row| Row { table, row }).collect())
}

fn row<'a>(data: &'a ReportData<'_>, stem: &str) -> Result<Row<'a>, Error> {
    let missing = || Error::internal(format!("`{stem}` has no row for `{}`", data.code));
    rows(data, stem)?.into_iter().next().ok_or_else(missing)
}

fn table<'a>(data: &'a ReportData<'_>, name: &str) -> Option<&'a Table> {
    data.tables.iter().find(|table| table.name == name)
}

impl View {
    pub(super) fn of(data: &ReportData<'_>) -> Result<Self, Error> {
        let artif = row(data, "artif")?;
        let vintages = vintages(&artif);
        let years = vintages.iter().map(|(_, year)| year.as_str()).collect::<Vec<_>>();
        let shown = &data.shown;
        let communes =
            (data.level != Level::Commune).then(|| communes(data, &vintages)).transpose()?;
        Ok(Self {
            title: data.name.clone(),
            level: data.level.title(),
            years: years.join(" – "),
            has_flux: has_flux(&vintages),
            program: data.program.clone(),
            rules: data.rules.clone(),
            nomenclature: data.nomenclature.clone(),
            key_figures: key_figures(data, &vintages)?,
            maps: shown.maps.iter().map(Picture::of).collect(),
            sections: vec![
                section::Section::of(data, ("couverture", "Couverture du sol"), &vintages)?,
                section::Section::of(data, ("usage", "Usage du sol"), &vintages)?,
            ],
            matrix: matrix::grid(data)?,
            conventions: conventions(&artif, &vintages)?,
            thresholds: (!data.thresholds.is_empty()).then(|| thresholds(&data.thresholds)),
            readings: readings::Readings::of(match data.level {
                Level::Department => data.tables,
                // They tell of the whole department.
                _ => &[],
            }),
            trajectory: trajectory::Trajectory::of(data)?,
            kinds: changes::kinds(shown),
            changes: changes::lines(shown),
            unlisted: shown.unlisted,
            unphotographed: shown.unphotographed,
            scene: SceneView::of(shown)?,
            commune_pages: communes
                .iter()
                .flat_map(|grid| commune_pages(data.level, grid))
                .collect(),
            communes,
            links: shown.links.clone(),
            issues: issues(data),
            repairs: data.repairs.as_ref().and_then(repairs::grid),
            invariants: data.invariants.clone(),
            quality: data.quality.iter().map(|q| quality::QualityView::of(q, data.level)).collect(),
            learning: data.learning.as_ref().map(learning::LearningView::of),
            method: data.method.clone(),
            sources: data.sources.clone(),
            run: data.run.clone(),
        })
    }
}

/// The rank (from 1) and the year of each vintage.
fn vintages(artif: &Row<'_>) -> Vec<(usize, String)> {
    let year = |k| artif.table.cell(artif.row, &format!("millesimes_{k}")).map(Cell::text);
    (1..).map_while(|k| year(k).map(|year| (k, year))).collect()
}

/// Whether there are two vintages to compare: then tables have columns of fluxes.
fn has_flux(vintages: &[(usize, String)]) -> bool {
    vintages.len() > 1
}

fn key_figures(data: &ReportData<'_>, vintages: &[(usize, String)]) -> Result<Vec<Card>, Error> {
    let (artif, imper) = (row(data, "artif")?, row(data, "imper")?);
    let (last, year) = vintages.last().cloned().unwrap_or((1, String::new()));
    let period = vintages.iter().map(|(_, y)| y.as_str()).collect::<Vec<_>>().join(" → ");
    let share = artif.figure(&format!("pourcent_artif_{last}"))?.display;
    let imper_share = imper.figure(&format!("pourcent_imper_{last}"))?.display;
    let named = |label: &str, figure, note: String| Card { label: label.to_owned(), figure, note };
    let artificial = named(
        "Surface artificialisée",
        artif.figure(&format!("surface_artif_{last}"))?,
        format!("{share} du territoire en {year}"),
    );
    let impermeable = named(
        "Surface imperméable",
        imper.figure(&format!("surface_imper_{last}"))?,
        format!("{imper_share} du territoire en {year}"),
    );
    if !has_flux(vintages) {
        return Ok(vec![artificial, impermeable]);
    }
    let annual = artif.figure("flux_artif_net_annuel")?.display;
    Ok(vec![
        artificial,
        named(
            "Artificialisation nette",
            artif.figure("flux_artif_net")?,
            format!("{period} · {annual}"),
        ),
        named("Artificialisation", artif.figure("flux_artif")?, "flux brut entrant".into()),
        named("Désartificialisation", artif.figure("flux_desartif")?, "flux brut sortant".into()),
        impermeable,
        named("Imperméabilisation nette", imper.figure("flux_imper_net")?, period),
    ])
}

impl Picture {
    fn of(map: &super::Map) -> Self {
        let percent = |part: u32| format!("{}.{:02}", part / 100, part % 100);
        let marks = (1..).zip(&map.marks).map(|(rank, &(left, top))| Mark {
            rank,
            left: percent(left),
            top: percent(top),
        });
        Self {
            title: map.title.clone(),
            alt: map.alt.clone(),
            src: data_uri(&map.image),
            marks: marks.collect(),
        }
    }
}

/// The same balance under each convention that the tables publish.
fn conventions(artif: &Row<'_>, vintages: &[(usize, String)]) -> Result<Grid, Error> {
    let mut lines = Vec::new();
    let known = [
        ("", "Chiffres retenus"),
        ("_sans_seuil", "Matrice seule, sans seuils"),
        ("_reel", "Changements réels seulement (bruit écarté)"),
        ("_recalcule", "Statut recalculé par les règles"),
        ("_sans_exemption", "Règles, sans les exemptions"),
    ];
    for (suffix, label) in known {
        let key = |stem: &str| format!("{stem}{suffix}");
        if artif.table.column(&key("surface_artif_1")).is_none() {
            continue;
        }
        let mut keys: Vec<String> =
            vintages.iter().map(|(k, _)| key(&format!("surface_artif_{k}"))).collect();
        if has_flux(vintages) {
            keys.extend(["flux_artif", "flux_desartif", "flux_artif_net"].map(key));
        }
        let cells = keys.iter().map(|key| artif.figure(key)).collect::<Result<_, _>>()?;
        lines.push(Line { head: vec![label.to_owned()], cells });
    }
    let mut columns: Vec<String> =
        vintages.iter().map(|(_, year)| format!("Stock {year}")).collect();
    if has_flux(vintages) {
        columns.extend(["Artificialisation", "Désartificialisation", "Nette"].map(str::to_owned));
    }
    let caption = "Le même bilan selon chaque convention".to_owned();
    Ok(Grid { caption, head: vec!["Convention".into()], columns, lines })
}

/// What a step is called and the area it moved.
type Step = (&'static str, fn(&Totals) -> i128);

fn thresholds(vintages: &[(u16, Totals)]) -> Grid {
    let steps: [Step; 6] = [
        ("Artificialisé selon la matrice seule", |t| t.without_thresholds),
        ("− Groupes artificialisés sous le seuil, absorbés", |t| t.absorbed),
        ("+ Enclaves sous le seuil, comblées", |t| t.filled),
        ("+ Bâti rétabli", |t| t.restored),
        ("+ Surfaces forcées près du bâti", |t| t.forced),
        ("= Artificialisé après seuils", |t| t.with_thresholds),
    ];
    let lines = steps.map(|(label, of)| Line {
        head: vec![label.to_owned()],
        cells: vintages.iter().map(|(_, totals)| Figure::of(&Cell::Area(of(totals)))).collect(),
    });
    Grid {
        caption: "Effet de chaque étape des seuils sur le stock artificialisé".to_owned(),
        head: vec!["Étape".into()],
        columns: vintages.iter().map(|(year, _)| year.to_string()).collect(),
        lines: lines.into(),
    }
}

/// The communes of the tables, the remainder last.
fn communes(data: &ReportData<'_>, vintages: &[(usize, String)]) -> Result<Grid, Error> {
    let table = table(data, "artif_commune")
        .ok_or_else(|| Error::internal("report.html needs the table `artif_commune`"))?;
    let last = vintages.last().map_or(1, |(k, _)| *k);
    let mut keys = vec![
        "commune_surface".to_owned(),
        format!("surface_artif_{last}"),
        format!("pourcent_artif_{last}"),
    ];
    let mut columns = vec!["Surface", "Artificialisée", "Part"];
    if has_flux(vintages) {
        keys.extend(["flux_artif", "flux_desartif", "flux_artif_net"].map(str::to_owned));
        columns.extend(["Artificialisation", "Désartificialisation", "Nette"]);
    }
    let parent = match data.level {
        Level::Epci => Some("epci_code"),
        Level::Scot => Some("scot_code"),
        Level::Region => Some("region_code"),
        Level::Commune | Level::Department => None,
    };
    let code = Cell::words(&data.code);
    let mut lines = Vec::new();
    for rank in 0..table.rows.len() {
        let row = Row { table, row: rank };
        if let Some(parent) = parent
            && row.cell(parent)? != &code
        {
            continue;
        }
        let cells = keys.iter().map(|key| row.figure(key)).collect::<Result<_, _>>()?;
        let number = row.cell("commune_code")?.text();
        let number = if number == REMAINDER { String::new() } else { number };
        lines.push(Line { head: vec![number, row.cell("nom")?.text()], cells });
    }
    Ok(Grid {
        caption: "Artificialisation par commune".to_owned(),
        head: vec!["Code".into(), "Commune".into()],
        columns: columns.into_iter().map(str::to_owned).collect(),
        lines,
    })
}

/// Where the page of each commune lies, seen from this one.
fn commune_pages(level: Level, communes: &Grid) -> Vec<String> {
    let folder = match level {
        Level::Department => format!("{}/", pages::FOLDER),
        _ => String::new(),
    };
    let page = |line: &Line| match line.head[0].as_str() {
        "" => String::new(),
        code => format!("{folder}{}", pages::address(Level::Commune, code)),
    };
    communes.lines.iter().map(page).collect()
}

fn issues(data: &ReportData<'_>) -> Vec<IssueLine> {
    let line = |issue: &super::Issue| IssueLine {
        key: issue.key.clone(),
        label: issue.label.clone(),
        count: grouped(&issue.count.to_string()),
    };
    data.issues.iter().map(line).collect()
}
