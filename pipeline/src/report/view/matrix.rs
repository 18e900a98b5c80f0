//! The matrix of covers of a territory, as its table has it.

use super::{Figure, Grid, Line, table};
use crate::error::Error;
use crate::report::ReportData;
use crate::tables::Cell;
use crate::tables::gazetteer::Level;

/// The square CS -> CS matrix of the newest interval, without classes that never occur.
pub(super) fn grid(data: &ReportData<'_>) -> Result<Option<Grid>, Error> {
    let name = match data.level {
        Level::Department => "matrice_cs".to_owned(),
        level => format!("passages_cs_{}", level.key()),
    };
    let Some(table) = table(data, &name) else { return Ok(None) };
    let keys = ["millesime_fin", "cs_avant", "cs_apres", "surface"];
    let missing = |key| Error::internal(format!("`{name}` has no column `{key}`"));
    let [end, from, to, area] = keys.map(|key| table.column(key).ok_or_else(|| missing(key)));
    let (end, from, to, area) = (end?, from?, to?, area?);
    let code = Cell::words(&data.code);
    let is_own = |row: &&Vec<Cell>| data.level == Level::Department || row[0] == code;
    let own: Vec<&Vec<Cell>> = table.rows.iter().filter(is_own).collect();
    let Some(newest) = own.last().map(|row| &row[end]) else { return Ok(None) };
    let rows: Vec<&Vec<Cell>> = own.iter().copied().filter(|row| &row[end] == newest).collect();
    let mut codes: Vec<String> = rows.iter().flat_map(|r| [r[from].text(), r[to].text()]).collect();
    codes.sort();
    codes.dedup();
    let cell = |before: &str, after: &str| {
        let found = rows.iter().find(|r| r[from].text() == before && r[to].text() == after);
        found.map_or_else(Figure::default, |r| Figure::in_hectares(&r[area]))
    };
    let lines = codes.iter().map(|before| Line {
        head: vec![before.clone()],
        cells: codes.iter().map(|after| cell(before, after)).collect(),
    });
    Ok(Some(Grid {
        caption: format!(
            "Surface passée de chaque couverture (ligne) à chaque couverture (colonne) jusqu'en {newest}, en hectares",
            newest = newest.text()
        ),
        head: vec!["De \\ À".into()],
        columns: codes.clone(),
        lines: lines.collect(),
    }))
}
