//! How right a vintage was found to be by `millesime assess result`, for those who publish it.
//!
//! An assessment tells of one file. It stands beside figures only when they were made from that very
//! file: its hash is in the assessment, so that department and vintage cannot be others.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::assess::document::Source;
use crate::assess::result::RESULT;
use crate::error::{Error, InputError};
use crate::stamp::Stamp;
use crate::tables::{Cell, Column, Table, Unit};

/// Decimals of a percentage in the tables of an assessment.
const DECIMALS: u32 = 2;
/// Doubled square lattice steps in a square metre.
const TWICE_PER_M2: f64 = kernels::lattice::TWICE_AREA_PER_M2 as f64;

/// The tables that are shown.
const TABLES: [&str; 3] = ["exactitude_globale", "exactitude_classes", "surfaces"];

/// An assessment as it is read.
#[derive(Debug, Clone, Deserialize)]
struct Document {
    plan: String,
    vintage: Source,
    rules: String,
    provisional: bool,
    places: Places,
    tables: Vec<Typed>,
}

/// The places of an assessment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Places {
    /// Drawn.
    pub drawn: u64,
    /// With an answer.
    pub answered: u64,
}

#[derive(Debug, Clone, Deserialize)]
struct Typed {
    name: String,
    title: String,
    columns: Vec<TypedColumn>,
    rows: Vec<Map<String, Value>>,
}

#[derive(Debug, Clone, Deserialize)]
struct TypedColumn {
    key: String,
    header: String,
    unit: Unit,
}

/// The assessment of one vintage.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// The year of the vintage.
    pub year: u16,
    /// Id of its plan.
    pub plan: String,
    /// The rule set behind its artificial status.
    pub rules: String,
    /// Whether places were still without answer.
    pub is_provisional: bool,
    /// How many places it rests on.
    pub places: Places,
    /// The document, as it was read.
    pub bytes: Vec<u8>,
    tables: Vec<Table>,
}

/// An assessment whose vintage is not yet known to be one of ours.
#[derive(Debug, Clone)]
pub struct Unplaced {
    path: PathBuf,
    vintage: Source,
    quality: Quality,
}

/// The file of an assessment: itself, or that of the folder that `assess result` wrote.
pub fn file(typed: &Path) -> PathBuf {
    if typed.is_dir() { typed.join(RESULT) } else { typed.to_owned() }
}

/// The name of the assessment of a vintage in a result.
pub fn name(year: u16) -> String {
    format!("qualite_{year}.json")
}

impl Unplaced {
    /// Reads what `assess result` wrote.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::Input`] for a file that is no assessment.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = fs::read(path).map_err(Error::read(path))?;
        let (vintage, quality) = Document::parse(bytes).map_err(|got| {
            let fault = InputError::new(path, "this is no result of `millesime assess result`");
            fault.got(got).hint("give the folder that it wrote, or its qualite.json, unedited")
        })?;
        Ok(Self { path: path.to_owned(), vintage, quality })
    }

    /// The assessment of the vintage that it tells of, among these files.
    ///
    /// # Errors
    /// [`Error::Input`] when it tells of another file, [`Error::Read`] for a file that cannot be read.
    pub fn of_one(self, files: &[(u16, PathBuf)]) -> Result<Quality, Error> {
        for (year, path) in files {
            if Stamp::of(path)? == self.vintage.stamp {
                return Ok(Quality { year: *year, ..self.quality });
            }
        }
        let names: Vec<String> =
            files.iter().map(|(year, path)| format!("`{}` ({year})", path.display())).collect();
        let Source { file, stamp, .. } = &self.vintage;
        Err(InputError::new(&self.path, "this assessment tells of another file")
            .got(format!("`{file}` of SHA-256 {}", stamp.sha256))
            .expected(format!("the very bytes of {}", names.join(" or ")))
            .hint("assess that file: `millesime assess plan`, then `assess result`")
            .into())
    }
}

impl Document {
    /// What a document says; in words what is wrong with it.
    fn parse(bytes: Vec<u8>) -> Result<(Source, Quality), String> {
        let document: Self = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let Self { plan, vintage, rules, provisional, places, tables } = document;
        let tables = tables.into_iter().filter(|table| TABLES.contains(&table.name.as_str()));
        let tables = tables.map(Typed::table).collect::<Result<Vec<_>, String>>()?;
        let quality =
            Quality { year: 0, plan, rules, is_provisional: provisional, places, bytes, tables };
        match TABLES.iter().find(|name| quality.table(name).is_none()) {
            Some(name) => Err(format!("no table `{name}`")),
            None => Ok((vintage, quality)),
        }
    }
}

impl Typed {
    fn table(self) -> Result<Table, String> {
        let columns = self.columns.into_iter().map(|c| Column::new(c.key, c.header, c.unit));
        let columns: Vec<Column> = columns.collect();
        let mut table = Table::new(self.name, self.title, columns);
        for row in self.rows {
            let cell = |column: &Column| {
                let value = row.get(&column.key);
                cell(value, column).ok_or_else(|| format!("`{}` is {value:?}", column.key))
            };
            let cells = table.columns.iter().map(cell).collect::<Result<Vec<_>, _>>()?;
            table.push(cells);
        }
        Ok(table)
    }
}

/// A value as the assessment's own tables print it.
fn cell(value: Option<&Value>, column: &Column) -> Option<Cell> {
    Some(match (value?, column.unit) {
        (Value::Null, _) => Cell::Empty,
        (Value::String(text), Unit::None) => Cell::words(text),
        (Value::Number(number), Unit::None) => match number.as_i64() {
            Some(whole) => Cell::Integer(whole),
            None => Cell::estimate(number.as_f64()?, DECIMALS),
        },
        (Value::Number(number), Unit::Percent) => Cell::estimate(number.as_f64()?, DECIMALS),
        // The area on the map is exact; the others are whole square metres, which it holds too.
        (Value::Number(number), Unit::SquareMetres) => {
            Cell::Area((number.as_f64()? * TWICE_PER_M2).round() as i128)
        }
        _ => return None,
    })
}

impl Quality {
    /// One of its tables.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Reads the copy that a result holds of the assessment of a vintage.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::Input`] for a file that is no assessment.
    pub fn of_result(path: &Path, year: u16) -> Result<Self, Error> {
        Ok(Self { year, ..Unplaced::read(path)?.quality })
    }

    /// What is compared, the share that is right and the ends of its interval at 95 %, in percent, as
    /// its tables print them.
    pub fn overall(&self) -> Vec<[String; 4]> {
        let Some(table) = self.table(TABLES[0]) else { return Vec::new() };
        let keys = ["comparaison", "exactitude", "exactitude_basse", "exactitude_haute"];
        let text = |row: usize, key| table.cell(row, key).map(Cell::text).unwrap_or_default();
        (0..table.rows.len()).map(|row| keys.map(|key| text(row, key))).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        let percent = |key: &str| json!({ "key": key, "header": key, "unit": "%" });
        let plain = |key: &str| json!({ "key": key, "header": key, "unit": "None" });
        json!({
            "program": "millesime", "plan": "p", "vintage": {
                "file": "OCCUPATION_SOL.gpkg", "layer": null,
                "stamp": { "bytes": 3, "sha256": crate::stamp::sha256(b"map") },
            },
            "rules": "brute", "provisional": false, "decision": "accepted",
            "places": { "drawn": 50, "answered": 48, "not_observable": [], "unanswered": [] },
            "tables": [
                { "name": "exactitude_globale", "title": "", "columns": [
                    plain("comparaison"), percent("exactitude"),
                    percent("exactitude_basse"), percent("exactitude_haute"),
                ], "rows": [{
                    "comparaison": "Couverture", "exactitude": 97.1,
                    "exactitude_basse": 95, "exactitude_haute": 98.25,
                }] },
                { "name": "exactitude_classes", "title": "", "columns": [], "rows": [] },
                { "name": "surfaces", "title": "", "columns": [], "rows": [] },
            ],
        })
    }

    fn written(dir: &Path, document: &Value) -> PathBuf {
        let path = dir.join(RESULT);
        fs::write(&path, document.to_string()).unwrap();
        file(dir)
    }

    #[test]
    fn an_assessment_is_that_of_the_file_with_its_hash() {
        let dir = tempfile::tempdir().unwrap();
        let assessment = Unplaced::read(&written(dir.path(), &document())).unwrap();
        let files = [(2018, dir.path().join("old")), (2021, dir.path().join("new"))];
        fs::write(&files[0].1, b"pam").unwrap();
        fs::write(&files[1].1, b"map").unwrap();
        let quality = assessment.clone().of_one(&files).unwrap();
        assert_eq!((quality.year, quality.places.answered), (2021, 48));
        let figures = ["Couverture", "97.10", "95.00", "98.25"].map(str::to_owned);
        assert_eq!(quality.overall(), [figures]);
        let error = assessment.of_one(&files[..1]).unwrap_err();
        assert_eq!(error.exit_code(), crate::error::exit::INPUT);
        assert!(error.to_string().contains("tells of another file"), "{error}");
    }

    #[test]
    fn what_is_no_assessment_is_refused_with_what_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        for (pointer, wrong) in [
            ("/tables/1/name", json!("classes")),
            ("/tables/0/rows/0/exactitude", json!("97 %")),
            ("/places/drawn", json!(-1)),
            ("/vintage", json!(null)),
        ] {
            let mut document = document();
            *document.pointer_mut(pointer).unwrap() = wrong;
            let error = Unplaced::read(&written(dir.path(), &document)).unwrap_err();
            assert_eq!(error.exit_code(), crate::error::exit::INPUT, "{pointer}");
        }
    }
}
