//! The tables of one family at every level, as one table: a sheet that people can filter.

use super::gazetteer::Level;
use super::{Cell, Column, Table, Unit};

/// Column that tells the level of a row.
const LEVEL: &str = "niveau";

/// Tables in their order, those of one family joined into one with a column for the level.
///
/// Columns named after their level (`epci_code`, `epci_surface`) become `code` and `surface`; the
/// codes of the levels above stay, empty where a level has none.
pub fn families(tables: &[Table]) -> Vec<Table> {
    let mut families: Vec<Table> = Vec::new();
    for table in tables {
        let Some((family, level)) = family_of(table) else {
            families.push(table.clone());
            continue;
        };
        if families.iter().all(|known| known.name != family) {
            let title = table.title.rsplit_once(" par ").map_or(&*table.title, |(title, _)| title);
            let column = Column::new(LEVEL, "Niveau", Unit::None);
            families.push(Table::new(family, title, vec![column]));
        }
        let joined = families.iter_mut().find(|known| known.name == family);
        append(joined.expect("it was made above"), table, level);
    }
    families
}

/// The family and the level of a table, when it is one of several levels.
fn family_of(table: &Table) -> Option<(&str, Level)> {
    let first = &table.columns.first()?.key;
    Level::ALL.into_iter().find_map(|level| {
        let family = table.name.strip_suffix(level.key())?.strip_suffix('_')?;
        (*first == format!("{}_code", level.key())).then_some((family, level))
    })
}

fn append(family: &mut Table, table: &Table, level: Level) {
    let surface = format!("{}_surface", level.key());
    let ranks: Vec<usize> = table
        .columns
        .iter()
        .enumerate()
        .map(|(rank, column)| {
            let key = match (rank, &column.key) {
                (0, _) => "code",
                (_, key) if *key == surface => "surface",
                (_, key) => key,
            };
            family.column(key).unwrap_or_else(|| {
                let header = column.header.clone();
                family.columns.push(Column::new(key, header, column.unit));
                family.columns.len() - 1
            })
        })
        .collect();
    for row in &mut family.rows {
        row.resize(family.columns.len(), Cell::Empty);
    }
    for cells in &table.rows {
        let mut row = vec![Cell::Empty; family.columns.len()];
        row[0] = Cell::words(level.title());
        for (&rank, cell) in ranks.iter().zip(cells) {
            row[rank] = cell.clone();
        }
        family.push(row);
    }
}

/// What a sheet is called: at most 31 characters.
pub fn sheet_name(name: &str) -> String {
    let french = match name {
        "artif" => "Artificialisation",
        "imper" => "Imperméabilisation",
        "couverture" => "Couverture (CS)",
        "usage" => "Usage (US)",
        "couverture_flux" => "Flux par couverture",
        "usage_flux" => "Flux par usage",
        "matrice_cs" => "Matrice CS",
        "matrice_us" => "Matrice US",
        "passages_cs" => "Passages CS par territoire",
        "zonage" => "Zonage",
        "enaf" => "Trajectoire ENAF",
        "corrections" => "Corrections",
        "acceptees_non_appliquees" => "Acceptées, sans suite",
        "artificialisation_en_jeu" => "Artificialisation en jeu",
        "statuts_verdicts" => "Statuts et verdicts",
        "taux_departement" => "Taux du département",
        "taux_theme" => "Taux par thème",
        "taux_contributeur" => "Taux par contributeur",
        "taux_classe" => "Taux par poste",
        "taux_commune" => "Taux par commune",
        "ecarts_corriges" => "Écarts corrigés",
        other => other,
    };
    french.chars().take(31).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::tables;
    use super::*;

    #[test]
    fn a_family_holds_every_row_of_its_levels_under_the_same_columns() {
        let tables = tables();
        let families = families(&tables);
        let names: Vec<&str> = families.iter().map(|table| table.name.as_str()).collect();
        let expected = [
            "artif",
            "imper",
            "couverture",
            "usage",
            "matrice_cs",
            "matrice_us",
            "passages_cs",
            "zonage",
        ];
        assert_eq!(names, expected);
        let artif = &families[0];
        let of_levels = |table: &&Table| table.name.starts_with("artif_");
        let rows: usize = tables.iter().filter(of_levels).map(|table| table.rows.len()).sum();
        assert_eq!(artif.rows.len(), rows);
        assert_eq!(artif.title, "Surface artificialisée et flux");
        let epci = artif.rows.iter().position(|row| row[0] == Cell::words("EPCI")).unwrap();
        assert_eq!(artif.cell(epci, "code"), Some(&Cell::words("E1")));
        assert_eq!(artif.cell(epci, "surface"), tables[1].cell(0, "epci_surface"));
        assert_eq!(artif.cell(epci, "flux_artif"), tables[1].cell(0, "flux_artif"));
        assert_eq!(artif.cell(epci, "scot_code"), Some(&Cell::Empty));
        assert_eq!(artif.cell(0, "scot_code"), Some(&Cell::words("S1")));
    }

    #[test]
    fn a_table_of_its_own_stays_alone() {
        let mut zones = Table::new("zones_commune", "", vec![Column::new("code", "", Unit::None)]);
        zones.push(vec![Cell::words("Z1")]);
        assert_eq!(families(&[zones.clone()]), [zones]);
        assert_eq!(sheet_name("zones_abcdefghijklmnopqrstuvwxyz").len(), 31);
    }
}
