//! The trajectory of ENAF consumption of a territory, as its table has it.

use serde::Serialize;

use super::{Figure, Grid, Line, Row, rows};
use crate::enaf::OBJECTIVE;
use crate::error::Error;
use crate::report::{ReportData, chart};
use crate::tables::Cell;

/// The section.
#[derive(Debug, Serialize)]
pub(super) struct Trajectory {
    svg: String,
    grid: Grid,
}

impl Trajectory {
    /// That of the territory of the page; nothing without a table, or where it knows no commune.
    pub(super) fn of(data: &ReportData<'_>) -> Result<Option<Self>, Error> {
        if !data.tables.iter().any(|table| table.name.starts_with("enaf_")) {
            return Ok(None);
        }
        let rows = rows(data, "enaf")?;
        let Some(row) = rows.first() else { return Ok(None) };
        let (from, to) = OBJECTIVE;
        let years: Vec<_> = (from..=to).collect();
        let cell = |row: &Row<'_>, key: String| row.table.cell(row.row, &key).cloned();
        let of = |stem: &str| -> Vec<Cell> {
            let cells = years.iter().map(|year| cell(row, format!("{stem}_{year}")));
            cells.map(|cell| cell.unwrap_or(Cell::Empty)).collect()
        };
        let (path, observed) = (of("enaf_trajectoire"), of("enaf_cumul"));
        if path.iter().all(|cell| *cell == Cell::Empty) {
            return Ok(None);
        }
        let areas = |cells: &[Cell]| -> Vec<Option<i128>> {
            let area = |cell: &Cell| match cell {
                Cell::Area(twice_area) => Some(*twice_area),
                _ => None,
            };
            cells.iter().map(area).collect()
        };
        let title = format!("Consommation d'ENAF cumulée depuis {from}, et trajectoire de −50 %");
        let line = |label: &str, cells: &[Cell]| Line {
            head: vec![label.to_owned()],
            cells: cells.iter().map(Figure::of).collect(),
        };
        Ok(Some(Self {
            svg: chart::trajectory(&title, &years, &areas(&path), &areas(&observed)),
            grid: Grid {
                caption: title,
                head: vec!["Cumul à la fin de l'année".into()],
                columns: years.iter().map(ToString::to_string).collect(),
                lines: vec![line("Trajectoire", &path), line("Observé", &observed)],
            },
        }))
    }
}
