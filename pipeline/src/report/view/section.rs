//! Stocks and fluxes by cover or by usage: charts, and the table behind them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Grid, Line, Row, has_flux, rows};
use crate::Error;
use crate::report::ReportData;
use crate::report::chart::{self, Bar};

/// Stocks and fluxes of the classes of one dimension.
#[derive(Debug, Serialize)]
pub(super) struct Section {
    id: &'static str,
    title: &'static str,
    stock_svg: String,
    flux_svg: Option<String>,
    grid: Grid,
}

impl Section {
    /// The section of a dimension.
    ///
    /// * `stem` and `title`: what its tables are named after, and what readers call it.
    pub(super) fn of(
        data: &ReportData<'_>,
        (stem, title): (&'static str, &'static str),
        vintages: &[(usize, String)],
    ) -> Result<Self, Error> {
        let rows = rows(data, stem)?;
        let colours: BTreeMap<&str, &str> =
            data.colours.iter().map(|(code, colour)| (code.as_str(), colour.as_str())).collect();
        let bars = |keys: [String; 2]| -> Result<Vec<Bar>, Error> {
            let bars = rows.iter().map(|row| {
                let code = row.cell(stem)?.text();
                let colour = colours.get(code.as_str()).copied().unwrap_or("#8d99a1").to_owned();
                let label = row.cell("libelle")?.text();
                let areas = [row.twice_area(&keys[0])?, row.twice_area(&keys[1])?];
                Ok(Bar { code, label, colour, areas })
            });
            bars.filter(|bar| bar.as_ref().map_or(true, |b| b.areas != [0, 0])).collect()
        };
        let (first, last) = (vintages.first(), vintages.last());
        let rank = |v: Option<&(usize, String)>| v.map_or(1, |(k, _)| *k);
        let year = |v: Option<&(usize, String)>| v.map_or("", |(_, y)| y.as_str()).to_owned();
        let (old, new) = (year(first), year(last));
        let stock = bars([format!("surface_{}", rank(first)), format!("surface_{}", rank(last))])?;
        if !has_flux(vintages) {
            let stock_title = format!("{title} : surface de chaque classe en {new}");
            let stock_svg = chart::stocks(&stock_title, None, &stock);
            let grid = stock_grid(&rows, (stem, title), &new)?;
            return Ok(Section { id: stem, title, stock_svg, flux_svg: None, grid });
        }
        let flux = bars(["flux_desartif".into(), "flux_artif".into()])?;
        let stock_title = format!("{title} : surface de chaque classe en {old} et en {new}");
        let flux_title =
            format!("{title} : désartificialisation et artificialisation de chaque classe");
        let words = ["désartificialisation", "artificialisation"];
        Ok(Section {
            id: stem,
            title,
            stock_svg: chart::stocks(&stock_title, Some([&old, &new]), &stock),
            flux_svg: Some(chart::fluxes(&flux_title, words, &flux)),
            grid: class_grid(&rows, (stem, title), (rank(first), &old), (rank(last), &new))?,
        })
    }
}

/// Lines of classes: code and label, then the figures under some keys.
fn class_lines(rows: &[Row<'_>], stem: &str, keys: &[String]) -> Result<Vec<Line>, Error> {
    let line = |row: &Row<'_>| {
        let head = vec![row.cell(stem)?.text(), row.cell("libelle")?.text()];
        let cells = keys.iter().map(|key| row.figure(key)).collect::<Result<_, _>>()?;
        Ok(Line { head, cells })
    };
    rows.iter().map(line).collect()
}

/// The classes of a vintage alone.
fn stock_grid(rows: &[Row<'_>], (stem, title): (&str, &str), year: &str) -> Result<Grid, Error> {
    let keys = ["surface_1", "surface_artif_1", "surface_imper_1"].map(str::to_owned);
    Ok(Grid {
        caption: format!("{title} : surface par classe"),
        head: vec!["Code".into(), "Libellé".into()],
        columns: vec![
            format!("Surface {year}"),
            "dont artificialisée".into(),
            "dont imperméable".into(),
        ],
        lines: class_lines(rows, stem, &keys)?,
    })
}

fn class_grid(
    rows: &[Row<'_>],
    (stem, title): (&str, &str),
    (first, old): (usize, &str),
    (last, new): (usize, &str),
) -> Result<Grid, Error> {
    let keys = [
        format!("surface_{first}"),
        format!("surface_{last}"),
        "surface_gagnee".into(),
        "surface_perdue".into(),
        "flux_artif".into(),
        "flux_desartif".into(),
        format!("surface_artif_{last}"),
    ];
    Ok(Grid {
        caption: format!("{title} : surfaces et flux par classe"),
        head: vec!["Code".into(), "Libellé".into()],
        columns: vec![
            format!("Surface {old}"),
            format!("Surface {new}"),
            "Gagnée".into(),
            "Perdue".into(),
            "Artificialisation".into(),
            "Désartificialisation".into(),
            format!("dont artificialisée {new}"),
        ],
        lines: class_lines(rows, stem, &keys)?,
    })
}
