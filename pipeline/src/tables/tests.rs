use kernels::flux::series::{Interval, Series};
use kernels::flux::{Face, Labels, Ledger, Status};
use kernels::lattice::TWICE_AREA_PER_M2;
use nomenclature::{Couple, Dimension, Nomenclature};
use proptest::prelude::*;

use super::gazetteer::{Commune, Gazetteer};
use super::indicators::{Indicators, Variant};
use super::*;

fn couple(nomenclature: &Nomenclature, cs: &str, us: &str) -> Couple {
    Couple {
        cs: nomenclature.find(Dimension::Cover, cs).unwrap(),
        us: nomenclature.find(Dimension::Usage, us).unwrap(),
    }
}

pub(crate) fn gazetteer() -> Gazetteer {
    let commune = |code: &str, name: &str, epci: &str| Commune {
        code: code.into(),
        name: name.into(),
        epci: epci.into(),
        epci_name: format!("CC {epci}"),
        scot: "S1".into(),
        scot_name: "Pays d'Aude".into(),
        department: "11".into(),
        region: "76".into(),
    };
    Gazetteer {
        communes: vec![
            commune("11002", "=SOMME(A1)", "E1"),
            commune("11001", "Aigues, \"la Neuve\"", "E1"),
            commune("11003", "L'Écluse <b>", "E2"),
        ],
    }
}

/// In m2: 11002 gains 3,000 of vines to building; 11001 loses 500.5; 11003 keeps 4; outside 7.
pub(crate) fn series(nomenclature: &Nomenclature) -> Series {
    let building = couple(nomenclature, "CS1.1.1.1", "US5");
    let vines = couple(nomenclature, "CS2.1.3", "US1.1");
    let face = |area: i128, territory, before: Couple, after: Couple| Face {
        twice_area: area,
        labels: Labels {
            territory,
            zone: Some(0),
            before,
            after,
            artif_before: before == building,
            artif_after: after == building,
            imper_before: before == building,
            imper_after: after == building,
            change: None,
        },
    };
    let m2 = TWICE_AREA_PER_M2;
    let ledger = Ledger::from_iter([
        face(3_000 * m2, Some(0), vines, building),
        face(7_000 * m2 + 1, Some(0), vines, vines),
        face(500 * m2 + m2 / 2, Some(1), building, vines),
        face(4 * m2, Some(2), building, building),
        face(7 * m2, None, vines, building),
    ]);
    Series::new(vec![(Interval { before: 2018, after: 2021 }, ledger)]).unwrap()
}

pub(crate) fn tables() -> Vec<Table> {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let series = series(&nomenclature);
    let variants = [Variant { suffix: "sans_seuil", label: "sans seuils", series: &series }];
    Indicators {
        series: &series,
        variants: &variants,
        gazetteer: &gazetteer(),
        zones: &["U".to_owned()],
        nomenclature: &nomenclature,
    }
    .tables()
}

fn find<'a>(tables: &'a [Table], name: &str) -> &'a Table {
    tables.iter().find(|t| t.name == name).unwrap()
}

#[test]
fn areas_are_printed_exactly() {
    let cases = [
        (0, "0.00000"),
        (1, "0.00005"),
        (-1, "-0.00005"),
        (20_000, "1.00000"),
        (-50_000_001, "-2500.00005"),
        (123_456_789_012_345, "6172839450.61725"),
    ];
    for (twice_area, text) in cases {
        assert_eq!(Cell::Area(twice_area).text(), text);
    }
}

#[test]
fn shares_and_rates_round_half_away_from_zero_and_nothing_over_nothing_is_empty() {
    assert_eq!(Cell::Share(1, 3).text(), "33.333333");
    assert_eq!(Cell::Share(-2, 3).text(), "-66.666667");
    assert_eq!(Cell::Share(1, 200_000_000).text(), "0.000001");
    assert_eq!(Cell::Share(0, 0).text(), "");
    assert_eq!(Cell::AreaPerYear(-60_000, 3).text(), "-1.00000");
    assert_eq!(Cell::AreaPerYear(1, 0).text(), "");
}

#[test]
fn csv_has_national_columns_codes_in_order_and_the_remainder_last() {
    let tables = tables();
    let text = String::from_utf8(csv::bytes(find(&tables, "artif_commune")).unwrap()).unwrap();
    insta::assert_snapshot!(text);
}

#[test]
fn every_published_table_is_there() {
    let names: Vec<String> = tables().into_iter().map(|t| t.name).collect();
    insta::assert_snapshot!(names.join("\n"));
}

#[test]
fn levels_add_up_to_the_same_flux() {
    let tables = tables();
    for key in ["flux_artif", "flux_desartif", "flux_artif_net", "surface_artif_2"] {
        let sum = |level: &str| -> i128 {
            let table = find(&tables, &format!("artif_{level}"));
            let areas = (0..table.rows.len()).map(|row| match table.cell(row, key) {
                Some(Cell::Area(twice_area)) => *twice_area,
                other => panic!("{key} is an area, got {other:?}"),
            });
            areas.sum()
        };
        let total = sum("commune");
        assert_ne!(total, 0);
        for level in ["epci", "scot", "departement", "region"] {
            assert_eq!(sum(level), total, "{key} of {level}");
        }
    }
}

#[test]
fn classes_put_gains_on_the_new_code_and_losses_on_the_old() {
    let tables = tables();
    let table = find(&tables, "couverture_departement");
    let built = table.rows.iter().position(|r| r[2] == Cell::words("CS1.1.1.1")).unwrap();
    assert_eq!(table.cell(built, "libelle"), Some(&Cell::words("Zones bâties")));
    assert_eq!(table.cell(built, "flux_artif").unwrap().text(), "3000.00000");
    assert_eq!(table.cell(built, "flux_desartif").unwrap().text(), "500.50000");
}

#[test]
fn formulas_are_neutralised_in_csv_and_kept_as_words_in_the_workbook() {
    let tables = tables();
    let text = String::from_utf8(csv::bytes(find(&tables, "artif_commune")).unwrap()).unwrap();
    assert!(text.contains("\n11002,'=SOMME(A1),2018,"));
    assert!(text.contains(",-500.50000,"), "negative figures stay numbers");
}

#[test]
fn json_numbers_print_like_the_csv() {
    let tables = tables();
    for table in &tables {
        let json = json::value(table);
        for (row, cells) in json["rows"].as_array().unwrap().iter().zip(&table.rows) {
            for (column, cell) in table.columns.iter().zip(cells) {
                let value = &row[&column.key];
                match cell.number() {
                    Some(number) => assert_eq!(value.as_f64(), Some(number)),
                    None => assert_eq!(value.as_str().unwrap_or(""), cell.text()),
                }
            }
        }
    }
}

#[test]
fn workbook_is_the_same_twice() {
    let tables = tables();
    let method = [("Règles".to_owned(), "decree-2023-1096".to_owned())];
    let once = xlsx::bytes(&tables, &method).unwrap();
    assert_eq!(once, xlsx::bytes(&tables, &method).unwrap());
    assert_eq!(&once[..2], b"PK");
}

#[test]
fn status_of_a_series_is_that_of_its_ledger() {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let total = series(&nomenclature).cumulated(Status::Artificial);
    assert_eq!(Cell::Area(total.net()).text(), "2506.50000");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Fifteen digits survive the trip through a double, so XLSX and JSON lose nothing up to
    /// 9,999 million m2, more than the largest department.
    #[test]
    fn printed_areas_survive_doubles(twice_area in -199_999_999_999_999_i128..199_999_999_999_999) {
        let text = Cell::Area(twice_area).text();
        let number: f64 = text.parse().unwrap();
        prop_assert_eq!(format!("{number:.5}"), text);
    }
}
