//! The trajectory of ENAF consumption 2021-2031: a notion apart, from a table of the user's.

use std::collections::BTreeMap;

use super::gazetteer::{Gazetteer, Level};
use super::{Cell, Column, Table, Unit, divide};
use crate::enaf::{Consumption, Enaf, OBJECTIVE, REFERENCE};

/// What the method says of these tables.
pub const METHOD: (&str, &str) = (
    "Consommation d'ENAF",
    "Notion distincte de l'artificialisation : consommation d'espaces naturels, agricoles et \
     forestiers, d'après les fichiers fonciers. Lue dans la table fournie, jamais calculée à partir \
     de l'OCS GE. Objectif : moitié de la décennie 2011-2020 sur 2021-2030 (loi n° 2021-1104, art. \
     191), le même taux partout et linéaire ; la répartition des documents de planification et la \
     garantie communale d'un hectare ne sont pas appliquées. « Écart » : consommation cumulée moins \
     trajectoire à la dernière année observée.",
);

/// Years in each of the two decades.
const DECADE: u32 = 10;

/// `enaf_<level>`, at every level: reference, objective, path year by year, and what is observed.
///
/// A level sums the communes that the table knows; their number stands beside that of all.
pub fn tables(enaf: &Enaf, gazetteer: &Gazetteer) -> Vec<Table> {
    Level::ALL.map(|level| table(enaf, gazetteer, level)).into()
}

/// What the communes of a place consumed together.
#[derive(Debug, Clone, Default)]
struct Sum {
    communes: i64,
    known: i64,
    consumption: Consumption,
}

fn table(enaf: &Enaf, gazetteer: &Gazetteer, level: Level) -> Table {
    let (places, parents) = gazetteer.places(level);
    let mut sums: BTreeMap<u32, Sum> = BTreeMap::new();
    for (commune, parent) in gazetteer.communes.iter().zip(parents) {
        let Some(place) = parent else { continue };
        let sum = sums.entry(place).or_default();
        sum.communes += 1;
        if let Some(of) = enaf.communes.get(&commune.code) {
            sum.known += 1;
            sum.consumption.reference += of.reference;
            for (&year, twice_area) in &of.observed {
                *sum.consumption.observed.entry(year).or_default() += twice_area;
            }
        }
    }
    let name = format!("enaf_{}", level.key());
    let title = format!("Trajectoire de consommation d'ENAF par {}", level.title());
    let mut table = Table::new(name, title, columns(enaf, level));
    for (rank, place) in (0..).zip(&places) {
        let sum = sums.remove(&rank).unwrap_or_default();
        let mut row = vec![
            Cell::words(&place.code),
            Cell::words(&place.name),
            Cell::Integer(sum.communes),
            Cell::Integer(sum.known),
        ];
        if sum.known == 0 {
            row.resize(table.columns.len(), Cell::Empty);
        } else {
            row.extend(figures(enaf, &sum.consumption));
        }
        table.push(row);
    }
    table
}

fn columns(enaf: &Enaf, level: Level) -> Vec<Column> {
    let mut columns = vec![
        Column::new(format!("{}_code", level.key()), "Code", Unit::None),
        Column::new("nom", "Nom", Unit::None),
        Column::new("communes", "Communes", Unit::None),
        Column::new("communes_renseignees", "Communes renseignées", Unit::None),
    ];
    let mut add = |key: String, header: String, unit| columns.push(Column::new(key, header, unit));
    let ((first, last), (from, to)) = (REFERENCE, OBJECTIVE);
    let (m2, rate) = (Unit::SquareMetres, Unit::SquareMetresPerYear);
    add(format!("enaf_{first}_{last}"), format!("Consommation d'ENAF {first}-{last}"), m2);
    add("enaf_reference_annuelle".into(), format!("Consommation annuelle {first}-{last}"), rate);
    add(format!("enaf_objectif_{from}_{to}"), format!("Objectif {from}-{to} (−50 %)"), m2);
    add("enaf_objectif_annuel".into(), format!("Objectif annuel {from}-{to}"), rate);
    for year in from..=to {
        add(format!("enaf_trajectoire_{year}"), format!("Trajectoire, cumul fin {year}"), m2);
    }
    for year in &enaf.years {
        add(format!("enaf_{year}"), format!("Consommation d'ENAF {year}"), m2);
        add(format!("enaf_cumul_{year}"), format!("Consommation cumulée fin {year}"), m2);
    }
    if !enaf.years.is_empty() {
        add("enaf_annee_observee".into(), "Dernière année observée".into(), Unit::None);
        add("enaf_ecart_trajectoire".into(), "Écart à la trajectoire".into(), m2);
        add("enaf_reste_objectif".into(), format!("Reste de l'objectif {from}-{to}"), m2);
    }
    columns
}

fn figures(enaf: &Enaf, of: &Consumption) -> Vec<Cell> {
    let decade = i128::from(DECADE);
    let path = |years: i128| divide(of.reference * years, 2 * decade);
    let mut cells = vec![
        Cell::Area(of.reference),
        Cell::AreaPerYear(of.reference, DECADE),
        Cell::Area(path(decade)),
        Cell::AreaPerYear(of.reference, 2 * DECADE),
    ];
    cells.extend((1..=decade).map(|years| Cell::Area(path(years))));
    let mut total = 0;
    for year in &enaf.years {
        let observed = of.observed.get(year).copied().unwrap_or_default();
        total += observed;
        cells.extend([Cell::Area(observed), Cell::Area(total)]);
    }
    if let Some(&last) = enaf.years.last() {
        cells.extend([
            Cell::Integer(last.into()),
            Cell::Area(total - path(enaf.years.len() as i128)),
            Cell::Area(path(decade) - total),
        ]);
    }
    cells
}

#[cfg(test)]
mod tests {
    use kernels::lattice::TWICE_AREA_PER_M2;

    use super::super::tests::gazetteer;
    use super::*;

    fn enaf() -> Enaf {
        let of = |reference: i128, observed: [i128; 2]| Consumption {
            reference: reference * TWICE_AREA_PER_M2,
            observed: BTreeMap::from([
                (2021, observed[0] * TWICE_AREA_PER_M2),
                (2022, observed[1] * TWICE_AREA_PER_M2),
            ]),
        };
        let communes = BTreeMap::from([
            ("11001".to_owned(), of(10_000, [300, 900])),
            ("11002".to_owned(), of(2_000, [0, 100])),
            ("99999".to_owned(), of(7, [7, 7])),
        ]);
        Enaf { communes, years: vec![2021, 2022] }
    }

    #[test]
    fn half_of_the_decade_before_year_by_year_and_what_is_left() {
        let tables = tables(&enaf(), &gazetteer());
        let cell = |key: &str| tables[1].cell(0, key).unwrap().text();
        assert_eq!(tables[1].name, "enaf_epci");
        assert_eq!((cell("communes"), cell("communes_renseignees")), ("2".into(), "2".into()));
        assert_eq!(cell("enaf_2011_2020"), "12000.00000");
        assert_eq!(cell("enaf_reference_annuelle"), "1200.00000");
        assert_eq!(cell("enaf_objectif_2021_2030"), "6000.00000");
        assert_eq!(cell("enaf_objectif_annuel"), "600.00000");
        assert_eq!(cell("enaf_trajectoire_2021"), "600.00000");
        assert_eq!(cell("enaf_trajectoire_2030"), "6000.00000");
        assert_eq!(cell("enaf_cumul_2022"), "1300.00000");
        assert_eq!(cell("enaf_ecart_trajectoire"), "100.00000");
        assert_eq!(cell("enaf_reste_objectif"), "4700.00000");
    }

    #[test]
    fn a_commune_that_the_table_lacks_has_no_figure_and_every_level_says_how_many_it_has() {
        let tables = tables(&enaf(), &gazetteer());
        let of_code = |table: &Table, code: &str| {
            table.rows.iter().position(|row| row[0] == Cell::words(code)).unwrap()
        };
        let row = of_code(&tables[0], "11003");
        assert_eq!(tables[0].cell(row, "enaf_2011_2020"), Some(&Cell::Empty));
        for table in &tables[3..] {
            assert_eq!(table.cell(0, "communes"), Some(&Cell::Integer(3)));
            assert_eq!(table.cell(0, "communes_renseignees"), Some(&Cell::Integer(2)));
            assert_eq!(table.cell(0, "enaf_2011_2020").unwrap().text(), "12000.00000");
        }
        assert_eq!(tables[4].cell(0, "nom"), Some(&Cell::words("Occitanie")));
    }
}
