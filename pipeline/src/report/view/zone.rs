//! The sheet of a place of a layer of the user's own, such as an activity zone.

use serde::Serialize;

use super::changes::{self, ChangeLine};
use super::{Card, Figure, Grid, Line, Picture, Row, has_flux, vintages};
use crate::error::Error;
use crate::pages::Shown;
use crate::report::ReportData;
use crate::report::chart::{self, Bar};
use crate::report::scene::SceneView;

/// A place of a layer.
#[derive(Debug, Clone, Copy)]
pub struct Zone<'a> {
    /// What the user calls the layer.
    pub layer: &'a str,
    /// Rank of the place, which is its row in the table of the layer.
    pub rank: usize,
    /// What the page shows besides.
    pub shown: &'a Shown,
}

/// The whole sheet.
#[derive(Debug, Serialize)]
pub(in crate::report) struct ZoneView {
    title: String,
    layer: String,
    years: String,
    has_flux: bool,
    program: String,
    rules: String,
    key_figures: Vec<Card>,
    svg: String,
    grid: Grid,
    maps: Vec<Picture>,
    kinds: Grid,
    changes: Vec<ChangeLine>,
    unlisted: usize,
    unphotographed: usize,
    scene: Option<SceneView>,
    method: Vec<(String, String)>,
    sources: Vec<String>,
}

impl ZoneView {
    /// The sheet of a zone; its words are those of the department's page.
    pub(in crate::report) fn of(data: &ReportData<'_>, zone: &Zone<'_>) -> Result<Self, Error> {
        let name = format!("zones_{}", zone.layer);
        let missing = || Error::internal(format!("no table `{name}`"));
        let table = super::table(data, &name).ok_or_else(missing)?;
        let row = Row { table, row: zone.rank };
        let vintages = vintages(&row);
        let title = match (row.cell("nom")?.text(), row.cell("code")?.text()) {
            (name, code) if name.is_empty() => code,
            (name, _) => name,
        };
        let years: Vec<&str> = vintages.iter().map(|(_, year)| year.as_str()).collect();
        Ok(Self {
            title,
            layer: zone.layer.to_owned(),
            years: years.join(" – "),
            has_flux: has_flux(&vintages),
            program: data.program.clone(),
            rules: data.rules.clone(),
            key_figures: key_figures(&row, &vintages)?,
            svg: stocks(&row, &vintages)?,
            grid: grid(&row, &vintages)?,
            maps: zone.shown.maps.iter().map(Picture::of).collect(),
            kinds: changes::kinds(zone.shown),
            changes: changes::lines(zone.shown),
            unlisted: zone.shown.unlisted,
            unphotographed: zone.shown.unphotographed,
            scene: SceneView::of(zone.shown)?,
            method: data.method.clone(),
            sources: data.sources.clone(),
        })
    }
}

type Years = [(usize, String)];

fn key_figures(row: &Row<'_>, vintages: &Years) -> Result<Vec<Card>, Error> {
    let (last, year) = vintages.last().cloned().unwrap_or((1, String::new()));
    let named = |label: &str, key: &str, note: String| -> Result<Card, Error> {
        Ok(Card { label: label.to_owned(), figure: row.figure(key)?, note })
    };
    let of = |what: &str, key: &str| named(what, &format!("{key}_{last}"), format!("en {year}"));
    let mut figures = vec![
        of("Taux d'artificialisation", "pourcent_artif")?,
        of("Part bâtie", "pourcent_bati")?,
        named("Surface", "surface", "couverte par le dernier millésime".to_owned())?,
    ];
    if has_flux(vintages) {
        let annual = row.figure("flux_artif_net_annuel")?.display;
        figures.extend([
            named("Artificialisation nette", "flux_artif_net", annual)?,
            named("Artificialisation", "flux_artif", "flux brut entrant".to_owned())?,
            named("Désartificialisation", "flux_desartif", "flux brut sortant".to_owned())?,
        ]);
    }
    Ok(figures)
}

/// The artificial and the built area at the first and the last date.
fn stocks(row: &Row<'_>, vintages: &Years) -> Result<String, Error> {
    let (Some((first, old)), Some((last, new))) = (vintages.first(), vintages.last()) else {
        return Ok(String::new());
    };
    let bar = |key: &str, label: &str, colour: &str| -> Result<Bar, Error> {
        let area = |rank: &usize| row.twice_area(&format!("{key}_{rank}"));
        let areas = [area(first)?, area(last)?];
        Ok(Bar { code: String::new(), label: label.into(), colour: colour.into(), areas })
    };
    let bars = [
        bar("surface_artif", "Surface artificialisée", "#b5502f")?,
        bar("surface_batie", "Surface bâtie", "#ff377a")?,
    ];
    let years = has_flux(vintages).then_some([old.as_str(), new.as_str()]);
    Ok(chart::stocks("Surface artificialisée et surface bâtie de la zone", years, &bars))
}

fn grid(row: &Row<'_>, vintages: &Years) -> Result<Grid, Error> {
    let keys = ["surface_artif", "pourcent_artif", "surface_batie", "pourcent_bati"];
    let line = |(rank, year): &(usize, String)| -> Result<Line, Error> {
        let cell = |key: &&str| -> Result<Figure, Error> { row.figure(&format!("{key}_{rank}")) };
        Ok(Line {
            head: vec![year.clone()],
            cells: keys.iter().map(cell).collect::<Result<_, _>>()?,
        })
    };
    let columns = ["Artificialisée", "Taux", "Bâtie", "Part bâtie"].map(str::to_owned);
    Ok(Grid {
        caption: "La zone à chaque millésime".to_owned(),
        head: vec!["Millésime".to_owned()],
        columns: columns.into(),
        lines: vintages.iter().map(line).collect::<Result<_, _>>()?,
    })
}
