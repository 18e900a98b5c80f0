//! The published figures of three drawn vintages at unequal intervals: known, and the same number
//! in every file.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pipeline::io::vector::{VectorSource, layer_names};
use serde_json::Value;

use crate::explain::{Rectangle, layer, vintage};

/// 240 m x 100 m: a yard of 3,000 m2 in the west by 2015, houses of 6,000 m2 in the east by 2021.
type Rows = [(&'static str, &'static str, &'static str, &'static [Rectangle])];
const Y2012: &Rows = &[
    ("meadow", "CS2.2.1", "US1.1", &[[0, 0, 100, 100]]),
    ("wood", "CS2.1.1.1", "US1.2", &[[100, 0, 240, 100]]),
];
const Y2015: &Rows = &[
    ("meadow", "CS2.2.1", "US1.1", &[[0, 0, 70, 100]]),
    ("yard", "CS1.1.2.1", "US5", &[[70, 0, 100, 100]]),
    ("wood", "CS2.1.1.1", "US1.2", &[[100, 0, 240, 100]]),
];
const Y2021: &Rows = &[
    ("meadow", "CS2.2.1", "US1.1", &[[0, 0, 70, 100]]),
    ("yard", "CS1.1.1.2", "US5", &[[70, 0, 100, 100]]),
    ("houses", "CS1.1.1.1", "US5", &[[100, 0, 160, 100]]),
    ("wood", "CS2.1.1.1", "US1.2", &[[160, 0, 240, 100]]),
];

pub(crate) struct Drawn(tempfile::TempDir);

impl Drawn {
    pub(crate) fn new() -> Self {
        let drawn = Self(tempfile::tempdir().unwrap());
        for (year, rows) in [(2012, Y2012), (2015, Y2015), (2021, Y2021)] {
            vintage(&drawn.path(&format!("{year}.gpkg")), year, rows);
        }
        layer(
            &drawn.path("communes.gpkg"),
            &["insee", "nom", "epci", "epci_nom", "scot", "scot_nom"],
            &[
                ([0, 0, 100, 100], &["11001", "Ouest", "200", "Deux-Rives", "S1", "Plaine"]),
                ([100, 0, 200, 100], &["11002", "Est", "200", "Deux-Rives", "S1", "Plaine"]),
                ([200, 0, 240, 100], &["11003", "Bois", "300", "Hauts", "S1", "Plaine"]),
            ],
        );
        layer(
            &drawn.path("plu.gpkg"),
            &["typezone"],
            &[
                ([0, 0, 60, 100], &["Ah"]),
                ([60, 0, 120, 100], &["AUc"]),
                ([120, 0, 240, 100], &["Nd"]),
            ],
        );
        layer(
            &drawn.path("zae.gpkg"),
            &["code", "nom"],
            &[([60, 0, 120, 100], &["Z1", "La Gare"]), ([200, 0, 220, 100], &["Z2", "Friche"])],
        );
        let enaf = "idcom;reference_ha;conso_2021_m2\n11001;1;300\n11002;0,5;0\n01001;9;9\n";
        fs::write(drawn.path("enaf.csv"), enaf).unwrap();
        drawn
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn compare(&self, more: &[&str]) -> Output {
        let vintages = ["2012=2012.gpkg", "2015=2015.gpkg", "2021=2021.gpkg"];
        let mut args = vec!["compare", "--department", "11", "--territories", "communes.gpkg"];
        args.extend(vintages.iter().flat_map(|vintage| ["--vintage", vintage]));
        args.extend(["--planning", "plu.gpkg", "--custom", "zae=zae.gpkg", "--out", "out"]);
        args.extend(more);
        let mut command = Command::new(env!("CARGO_BIN_EXE_millesime"));
        command.args(args).current_dir(self.0.path()).output().unwrap()
    }

    /// The folder of the tables.
    pub(crate) fn tables(&self) -> PathBuf {
        let output = self.compare(&["--enaf", "enaf.csv"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.path("out/indicators")
    }
}

/// Header and rows of a CSV file without quotes.
pub(crate) fn csv(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// The texts of some columns in the row of a code.
fn figures<const N: usize>(folder: &Path, table: &str, code: &str, keys: [&str; N]) -> [String; N] {
    let rows = csv(&folder.join(format!("{table}.csv")));
    let row = rows.iter().find(|row| row[0] == code).unwrap();
    keys.map(|key| {
        let column = rows[0].iter().position(|name| name == key);
        row[column.unwrap_or_else(|| panic!("{table} has no {key}"))].clone()
    })
}

#[test]
fn with_three_vintages_each_law_of_an_interval_bears_its_year() {
    let drawn = Drawn::new();
    drawn.tables();
    let manifest = pipeline::manifest::Manifest::read(&drawn.path("out")).unwrap().unwrap();
    let names: Vec<String> =
        manifest.proofs.iter().map(pipeline::proof::Proof::invariant).collect();
    let mut unlike = names.clone();
    unlike.sort_unstable();
    unlike.dedup();
    assert_eq!(unlike.len(), names.len(), "a name comes twice: {names:#?}");
    for law in ["area_of_change", "evolution_is_stock_difference"] {
        for year in [2015, 2021] {
            assert!(unlike.contains(&format!("{law}_{year}")), "{law}, {year}: {names:#?}");
        }
    }
}

#[test]
fn three_vintages_at_unequal_intervals_are_annualised_one_by_one() {
    let (_drawn, folder) = Drawn::new().tables_kept();
    let keys = [
        "surface_artif_1",
        "surface_artif_2",
        "surface_artif_3",
        "flux_surface_2_3",
        "flux_annuel_1_2",
        "flux_annuel_2_3",
        "flux_artif_net",
        "flux_artif_annuel",
        "flux_artif_net_annuel",
        "pourcent_artif_3",
        "region_code",
    ];
    let of = |table: &str, code: &str| figures(&folder, table, code, keys).join(" ");
    // Three years, then six.
    assert_eq!(
        of("artif_commune", "11001"),
        "0.00000 3000.00000 3000.00000 0.00000 1000.00000 0.00000 3000.00000 333.33333 333.33333 \
         30.000000 76"
    );
    assert_eq!(
        of("artif_commune", "11002"),
        "0.00000 0.00000 6000.00000 6000.00000 0.00000 1000.00000 6000.00000 666.66667 666.66667 \
         60.000000 76"
    );
    // A commune without anything artificial keeps its row, and its ground counts above it.
    assert!(of("artif_commune", "11003").starts_with("0.00000 0.00000 0.00000 0.00000"));
    for (table, code) in [("artif_scot", "S1"), ("artif_departement", "11")] {
        assert_eq!(
            of(table, code),
            "0.00000 3000.00000 9000.00000 6000.00000 1000.00000 1000.00000 9000.00000 1000.00000 \
             1000.00000 37.500000 76"
        );
    }
    let region = ["nom", "surface_artif_3", "region_surface", "departement_code"];
    assert_eq!(
        figures(&folder, "artif_region", "76", region).join(" "),
        "Occitanie 9000.00000 24000.00000 11"
    );
    let impermeable =
        figures(&folder, "imper_region", "76", ["surface_imper_2", "surface_imper_3"]);
    assert_eq!(impermeable, ["0.00000", "9000.00000"]);
}

#[test]
fn zones_custom_layers_and_the_enaf_trajectory_have_their_figures() {
    let (_drawn, folder) = Drawn::new().tables_kept();
    let keys = [
        "surface",
        "pourcent_artif_1",
        "pourcent_artif_2",
        "pourcent_artif_3",
        "pourcent_bati_3",
        "flux_artif_net_annuel",
    ];
    assert_eq!(
        figures(&folder, "zones_zae", "Z1", keys),
        ["6000.00000", "0.000000", "50.000000", "83.333333", "33.333333", "555.55556"]
    );
    assert_eq!(
        figures(&folder, "zones_zae", "Z2", keys),
        ["2000.00000", "0.000000", "0.000000", "0.000000", "0.000000", "0.00000"]
    );
    let zones = csv(&folder.join("zonage.csv"));
    let column = |key: &str| zones[0].iter().position(|name| name == key).unwrap();
    let (zone, artif) = (column("zonage"), column("surface_artif_3"));
    let of = |code: &str, kind: &str| {
        let row = zones.iter().find(|row| row[0] == code && row[zone] == kind).unwrap();
        row[artif].clone()
    };
    assert_eq!((of("11001", "A"), of("11001", "AU")), ("0.00000".into(), "3000.00000".into()));
    assert_eq!((of("11002", "AU"), of("11002", "N")), ("2000.00000".into(), "4000.00000".into()));
    let keys = [
        "communes",
        "communes_renseignees",
        "enaf_2011_2020",
        "enaf_objectif_2021_2030",
        "enaf_trajectoire_2021",
        "enaf_cumul_2021",
        "enaf_ecart_trajectoire",
    ];
    assert_eq!(
        figures(&folder, "enaf_departement", "11", keys),
        ["3", "2", "15000.00000", "7500.00000", "750.00000", "300.00000", "-450.00000"]
    );
    assert_eq!(
        figures(&folder, "enaf_commune", "11003", ["communes_renseignees", "enaf_2011_2020"]),
        ["0", ""]
    );
}

#[test]
fn a_table_of_other_communes_is_refused_and_nothing_is_published() {
    let drawn = Drawn::new();
    fs::write(drawn.path("other.csv"), "insee,reference_m2\n01001,5\n").unwrap();
    let output = drawn.compare(&["--enaf", "other.csv"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("knows none of the communes"), "{said}");
    assert!(!drawn.path("out/manifest.json").exists());
}

impl Drawn {
    /// The drawing, which keeps the folder of the tables alive.
    fn tables_kept(self) -> (Self, PathBuf) {
        let folder = self.tables();
        (self, folder)
    }
}

/// A sheet: for each row, its cells by column number.
type Sheet = Vec<BTreeMap<usize, String>>;

/// What stands between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let start = text.find(from)? + from.len();
    Some(&text[start..start + text[start..].find(to)?])
}

fn unescaped(text: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// The number of a column from the letters of a cell's name.
fn column_of(name: &str) -> usize {
    let letters = name.bytes().take_while(u8::is_ascii_uppercase);
    letters.fold(0, |n, letter| n * 26 + usize::from(letter - b'A') + 1) - 1
}

/// The sheets of a workbook by name, read from its XML: what a spreadsheet would show.
fn workbook(path: &Path) -> BTreeMap<String, Sheet> {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut text = |name: &str| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let shared = text("xl/sharedStrings.xml");
    let shared: Vec<String> = shared
        .split("<si>")
        .skip(1)
        .map(|item| {
            let after = item.find("<t").map(|at| &item[at..]).unwrap();
            unescaped(between(after, ">", "</t>").unwrap())
        })
        .collect();
    let book = text("xl/workbook.xml");
    let names = book.split("<sheet ").skip(1).map(|sheet| between(sheet, "name=\"", "\"").unwrap());
    let mut sheets = BTreeMap::new();
    for (number, name) in (1..).zip(names) {
        let xml = text(&format!("xl/worksheets/sheet{number}.xml"));
        let rows = xml.split("<row ").skip(1).map(|row| {
            let cells = row.split("<c ").skip(1).filter_map(|cell| {
                let value = between(cell, "<v>", "</v>")?;
                let column = column_of(between(cell, "r=\"", "\"").unwrap());
                let is_shared = between(cell, "<", ">").is_some() && cell.contains("t=\"s\"");
                let value = if is_shared {
                    shared[value.parse::<usize>().unwrap()].clone()
                } else {
                    value.to_owned()
                };
                Some((column, value))
            });
            cells.collect()
        });
        sheets.insert(unescaped(name), rows.collect());
    }
    sheets
}

/// Whether two printed values are the same number, or the same words.
fn same(a: &str, b: &str) -> bool {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b).is_eq(),
        _ => a == b,
    }
}

fn json_text(value: &Value) -> String {
    value.as_str().map_or_else(
        || if value.is_null() { String::new() } else { value.to_string() },
        str::to_owned,
    )
}

/// Family, title of the level and key of the level of a table.
fn level_of(table: &str) -> Option<(&str, &'static str, &'static str)> {
    let levels = [
        ("commune", "commune"),
        ("epci", "EPCI"),
        ("scot", "SCoT"),
        ("departement", "département"),
        ("region", "région"),
    ];
    levels.into_iter().find_map(|(key, title)| {
        let family = table.strip_suffix(key)?.strip_suffix('_')?;
        (family != "zones").then_some((family, title, key))
    })
}

/// The name of the sheet of a family.
fn sheet_of(family: &str) -> String {
    let names = BTreeMap::from([
        ("artif", "Artificialisation"),
        ("imper", "Imperméabilisation"),
        ("couverture", "Couverture (CS)"),
        ("usage", "Usage (US)"),
        ("enaf", "Trajectoire ENAF"),
        ("matrice_cs", "Matrice CS"),
        ("matrice_us", "Matrice US"),
        ("passages_cs", "Passages CS par territoire"),
        ("zonage", "Zonage"),
    ]);
    names.get(family).map_or_else(|| family.to_owned(), |name| (*name).to_owned())
}

/// Compares a table with its sheet; gives how many values were compared.
fn same_in_workbook(table: &str, rows: &[Vec<String>], sheets: &BTreeMap<String, Sheet>) -> usize {
    let (family, level) =
        level_of(table).map_or((table, None), |(f, title, key)| (f, Some((title, key))));
    let sheet = &sheets[&sheet_of(family)];
    let keys = &sheet[2];
    let text = |row: &BTreeMap<usize, String>, key: &str| {
        let column = keys.iter().find(|(_, name)| *name == key).map(|(column, _)| *column);
        row.get(&column.unwrap_or_else(|| panic!("{family} has no column {key}")))
            .cloned()
            .unwrap_or_default()
    };
    let of_level: Vec<_> = match level {
        Some((title, _)) => sheet[3..].iter().filter(|row| text(row, "niveau") == title).collect(),
        None => sheet[3..].iter().collect(),
    };
    assert_eq!(of_level.len(), rows.len() - 1, "{table}");
    for (cells, row) in rows[1..].iter().zip(of_level) {
        for (rank, (key, cell)) in rows[0].iter().zip(cells).enumerate() {
            let key = match level {
                Some(_) if rank == 0 => "code",
                Some((_, level)) if *key == format!("{level}_surface") => "surface",
                _ => key,
            };
            let shown = text(row, key);
            assert!(same(cell, &shown), "{table} {key}: CSV {cell}, XLSX {shown}");
        }
    }
    (rows.len() - 1) * rows[0].len()
}

#[test]
fn the_same_number_stands_in_every_file() {
    let (_drawn, folder) = Drawn::new().tables_kept();
    let sheets = workbook(&folder.join("indicators.xlsx"));
    let all: Vec<Value> =
        serde_json::from_slice(&fs::read(folder.join("indicators.json")).unwrap()).unwrap();
    let maps = folder.join("indicators.gpkg");
    let layers = layer_names(&maps).unwrap();
    let mut compared = [0, 0, 0];
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    // What explains the figures is told in words.
    files.retain(|path| !path.ends_with("methode.csv"));
    assert_eq!(files.len(), all.len());
    for path in files {
        let table = path.file_stem().unwrap().to_str().unwrap();
        let rows = csv(&path);
        compared[0] += same_in_workbook(table, &rows, &sheets);
        let json = all.iter().find(|value| value["name"] == table).unwrap();
        for (cells, row) in rows[1..].iter().zip(json["rows"].as_array().unwrap()) {
            for (key, cell) in rows[0].iter().zip(cells) {
                let value = json_text(&row[key]);
                assert!(same(cell, &value), "{table} {key}: CSV {cell}, JSON {value}");
                compared[1] += 1;
            }
        }
        if !layers.iter().any(|layer| layer == table) {
            continue;
        }
        let source = VectorSource::open(&maps, Some(table)).unwrap();
        assert_eq!(source.info().epsg, Some(4326));
        let columns: Vec<usize> =
            rows[0].iter().map(|key| source.require_column(&[key]).unwrap()).collect();
        let features = source.features(&columns, 4326).unwrap().map(Result::unwrap);
        let on_map: Vec<_> = features.collect();
        assert_eq!(on_map.len(), rows.len() - 1, "{table}");
        for (cells, feature) in rows[1..].iter().zip(on_map) {
            for ((key, cell), value) in rows[0].iter().zip(cells).zip(feature.values) {
                let value = value.text().unwrap_or_default();
                assert!(same(cell, &value), "{table} {key}: CSV {cell}, GPKG {value}");
                compared[2] += 1;
            }
        }
    }
    assert!(compared.iter().all(|&n| n > 300), "{compared:?}");
    let method: Vec<String> =
        sheets["Méthode"].iter().flat_map(BTreeMap::values).cloned().collect();
    assert!(method.iter().any(|text| text.contains("fichiers fonciers")), "{method:?}");
}
