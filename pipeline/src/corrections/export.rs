//! Export: the corrections of a ledger in the forms that others take.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kernels::lattice::{Polygon, Ring};
use nomenclature::{Dimension, Nomenclature};
use serde_json::{Value as Json, json};

use super::ledger::{Entry, Ledger};
use super::sentence::sentence;
use super::terms::{Aim, IgnStatus, Kind, Origin, Outcome, Standing, Term};
use super::{CODE_SEPARATOR, labels, rows};
use crate::config::Reports;
use crate::error::Error;
use crate::ign_report::Reporter;
use crate::io::srs::{Reprojection, WGS84};
use crate::io::vector::Value;
use crate::tables::{Cell, Column, Table, Unit};

/// The column of a sheet that holds the geometry.
const WKT: &str = "wkt";
/// The group of what names none.
const NOBODY: &str = "non précisé";

/// What the corrections of a sheet have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum By {
    /// Who proposed them, or else the source.
    Contributor,
    /// The commune of their anchor.
    Commune,
}

/// Which geometry a contribution has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Geometry {
    /// A point inside.
    #[default]
    Point,
    /// The polygon.
    Polygon,
}

/// Some corrections of a ledger with their history, as a ledger of their own.
pub fn part(ledger: &Ledger, keep: impl Fn(&Entry) -> bool) -> Ledger {
    let mut part = Ledger::create(ledger.head.clone());
    part.entries = ledger.entries.iter().filter(|entry| keep(entry)).cloned().collect();
    let history = ledger.history.iter();
    let history = history.filter(|event| part.get(&event.note.correction_id).is_some());
    part.history = history.cloned().collect();
    part
}

/// Reports for IGN, one JSON object a line; `file` is named in errors.
///
/// # Errors
/// A point cannot be moved to EPSG:4326.
pub fn reports(ledger: &Ledger, file: &Path, addressed: &Reports) -> Result<Vec<u8>, Error> {
    let reporter = Reporter::new(file, ledger.head.epsg, addressed)?;
    let mut lines = Vec::new();
    for entry in &ledger.entries {
        let report = reporter.correction(&entry.record, &entry.polygon)?;
        serde_json::to_writer(&mut lines, &report)
            .map_err(|error| Error::internal(error.to_string()))?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// Contributions as GeoJSON in EPSG:4326 (RFC 7946), in the properties that `GeoContrib` has.
///
/// # Errors
/// A point cannot be moved to EPSG:4326.
pub fn contributions(
    ledger: &Ledger,
    file: &Path,
    nomenclature: &Nomenclature,
    geometry: Geometry,
) -> Result<Vec<u8>, Error> {
    let way = Reprojection::new(file, ledger.head.epsg, WGS84)?;
    let mut out = b"{\"type\":\"FeatureCollection\",\"features\":[\n".to_vec();
    for (rank, entry) in ledger.entries.iter().enumerate() {
        let feature = json!({
            "type": "Feature",
            "properties": properties(entry, nomenclature),
            "geometry": shape(entry, &way, geometry)?,
        });
        out.extend_from_slice(if rank == 0 { b"" } else { b",\n" });
        serde_json::to_writer(&mut out, &feature)
            .map_err(|error| Error::internal(error.to_string()))?;
    }
    out.extend_from_slice(b"\n]}\n");
    Ok(out)
}

fn properties(entry: &Entry, nomenclature: &Nomenclature) -> Json {
    let record = &entry.record;
    let label = |dimension, code: &str| {
        let id = nomenclature.find(dimension, code)?;
        let class = nomenclature.class(dimension, id)?;
        Some(json!({ "label": format!("{} - {}", class.code, class.label) }))
    };
    let code = record.proposed_code.as_deref().unwrap_or_default();
    let (cs, us) = match (record.dimension, code.split_once(CODE_SEPARATOR)) {
        (Aim::Geometry, Some((cs, us))) => {
            (label(Dimension::Cover, cs), label(Dimension::Usage, us))
        }
        (Aim::Cover, _) => (label(Dimension::Cover, code), None),
        (Aim::Usage, _) => (None, label(Dimension::Usage, code)),
        (Aim::Geometry, None) => (None, None),
    };
    // What GeoContrib calls the states of a contribution.
    let status = match entry.standing {
        Standing::Proposed | Standing::Sent => "pending",
        Standing::Accepted => "published",
        Standing::Rejected => "archived",
    };
    json!({
        "feature_id": record.correction_id,
        "correction_id": record.correction_id,
        "title": format!("Correction OCS GE {} : {}", record.vintage, record.object_id),
        "description": sentence(record),
        "status": status,
        "feature_type": "correction_ocsge",
        "project": format!("Corrections OCS GE {} {}", record.department, record.vintage),
        "id_objet": record.object_id,
        "millesime": record.vintage,
        "type_erreur": record.kind.key(),
        "cs_new": cs,
        "us_new": us,
        "comment": record.comment,
        "author": record.author_org,
        "commune": record.insee,
    })
}

fn shape(entry: &Entry, way: &Reprojection, geometry: Geometry) -> Result<Json, Error> {
    // Eight decimals are a millimetre.
    let rounded = |degrees: f64| (degrees * 1e8).round() / 1e8;
    let place = |point| -> Result<Json, Error> {
        let (longitude, latitude) = way.point(point)?;
        Ok(json!([rounded(longitude), rounded(latitude)]))
    };
    Ok(match geometry {
        Geometry::Point => {
            json!({ "type": "Point", "coordinates": place(entry.record.anchor)? })
        }
        Geometry::Polygon => {
            let ring = |ring: &Ring| -> Result<Vec<Json>, Error> {
                ring.0.iter().chain(ring.0.first()).map(|&corner| place(corner)).collect()
            };
            let rings = entry.polygon.rings().map(ring).collect::<Result<Vec<_>, _>>()?;
            json!({ "type": "Polygon", "coordinates": rings })
        }
    })
}

/// The corrections as one table in the columns of the ledger and a geometry in WKT: what `import`
/// reads again.
pub fn table(entries: &[Entry]) -> Table {
    let names = rows::of_corrections().into_iter().map(|field| field.name);
    let mut columns: Vec<Column> =
        names.map(|name| Column::new(&name, &name, Unit::None)).collect();
    columns.push(Column::new(WKT, WKT, Unit::None));
    let mut table = Table::new("corrections", "Corrections", columns);
    for entry in entries {
        let mut row: Vec<Cell> = rows::of_entry(entry).iter().map(cell).collect();
        row.push(Cell::words(polygon_wkt(&entry.polygon)));
        table.push(row);
    }
    table
}

/// The corrections as a sheet for people: French heads and words, without the geometry.
pub fn sheet(name: impl Into<String>, title: impl Into<String>, entries: &[&Entry]) -> Table {
    let known: Vec<String> = rows::of_corrections().into_iter().map(|field| field.name).collect();
    let columns = labels::LABELS.iter().map(|(key, label)| Column::new(*key, *label, Unit::None));
    let mut table = Table::new(name, title, columns.collect());
    for entry in entries {
        let values = rows::of_entry(entry);
        let row = labels::LABELS.iter().map(|(key, _)| {
            let rank = known.iter().position(|name| name == key);
            rank.map_or(Cell::Empty, |rank| in_words(key, &values[rank]))
        });
        table.push(row.collect());
    }
    table
}

/// Corrections by what they have in common, in the order of its name.
pub fn groups(entries: &[Entry], by: By) -> BTreeMap<String, Vec<&Entry>> {
    let mut groups: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        let record = &entry.record;
        let name = match by {
            By::Contributor => record.author_org.as_deref().or(Some(&entry.source)),
            By::Commune => record.insee.as_deref(),
        };
        groups.entry(name.unwrap_or(NOBODY).to_owned()).or_default().push(entry);
    }
    groups
}

/// Names that are accepted as those of sheets and files: letters, digits, blanks and dashes, at most
/// 25 characters, each once in any case.
pub fn plain_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    const LENGTH_MAX: usize = 25;
    // The workbook has a sheet of method, and spreadsheets keep one name for themselves.
    let mut taken = BTreeSet::from(["méthode", "history"].map(str::to_owned));
    let plain = |name: &str| -> String {
        let kept = |c: char| if c.is_alphanumeric() || " -".contains(c) { c } else { '_' };
        let name: String = name.chars().take(LENGTH_MAX).map(kept).collect();
        let name = name.trim().to_owned();
        if name.is_empty() { NOBODY.to_owned() } else { name }
    };
    let mut unique = |name: &str| {
        let name = plain(name);
        let numbered = (2..).map(|k| format!("{name} {k}"));
        let mut candidates = std::iter::once(name.clone()).chain(numbered);
        candidates.find(|name| taken.insert(name.to_lowercase())).unwrap_or(name)
    };
    names.into_iter().map(&mut unique).collect()
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Empty,
        Value::Integer(number) => Cell::Integer(*number),
        Value::Real(number) => number_cell(*number),
        Value::Text(text) => Cell::words(text),
    }
}

/// A number with the decimals of an exact area, five.
fn number_cell(number: f64) -> Cell {
    Cell::estimate(number, 5)
}

/// A value as people read it.
fn in_words(column: &str, value: &Value) -> Cell {
    fn label<T: Term>(value: &Value) -> Option<&'static str> {
        value.text().and_then(|text| T::of_key(&text)).map(T::label)
    }
    let words = match column {
        "dimension" => label::<Aim>(value),
        "kind" => label::<Kind>(value),
        "origin" => label::<Origin>(value),
        "ign_status" => label::<IgnStatus>(value),
        "standing" => label::<Standing>(value),
        "verdict" => label::<Outcome>(value),
        "artif_before" | "artif_after" => match value.integer() {
            Some(0) => Some("Non artificialisé"),
            Some(_) => Some("Artificialisé"),
            None => None,
        },
        _ => return cell(value),
    };
    words.map_or(Cell::Empty, Cell::words)
}

/// A polygon in metres as well-known text, exactly.
fn polygon_wkt(polygon: &Polygon) -> String {
    let ring = |ring: &Ring| {
        let corners = ring.0.iter().chain(ring.0.first()).map(|corner| {
            let (x_m, y_m) = corner.to_metres();
            format!("{x_m} {y_m}")
        });
        format!("({})", corners.collect::<Vec<_>>().join(","))
    };
    let rings: Vec<String> = polygon.rings().map(ring).collect();
    format!("POLYGON ({})", rings.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corrections::ledger::tests::entry;
    use crate::corrections::terms::Standing;

    #[test]
    fn names_of_sheets_are_short_plain_and_different() {
        let long = "é".repeat(60);
        let names = ["[A]:B?", "_A__B_", "a", "A", "", "Méthode", &long];
        let plain = plain_names(names);
        assert_eq!(plain[..6], ["_A__B_", "_A__B_ 2", "a", "A 2", NOBODY, "Méthode 2"]);
        assert_eq!(plain[6].chars().count(), 25);
    }

    #[test]
    fn a_part_of_a_ledger_keeps_its_history_alone() {
        let head = super::super::ledger::Head {
            department: "11".to_owned(),
            epsg: 2154,
            nomenclature: super::super::NATIONAL.to_owned(),
        };
        let mut ledger = Ledger::create(head);
        let mut second = entry(2);
        second.standing = Standing::Accepted;
        ledger.enter(vec![entry(1), second.clone()]).unwrap();
        for id in [entry(1), second.clone()].map(|entry| entry.record.correction_id) {
            let (at, source) = ("2026-11-21".to_owned(), "Test".to_owned());
            let action = super::super::terms::Action::Entered;
            let note =
                super::super::ledger::Note { correction_id: id, at, action, source, detail: None };
            ledger.note(note).unwrap();
        }
        let part = part(&ledger, |entry| entry.standing == Standing::Accepted);
        assert_eq!(part.entries, [second.clone()]);
        assert_eq!(part.history.len(), 1);
        assert_eq!(part.history[0].note.correction_id, second.record.correction_id);
    }

    #[test]
    fn a_sheet_for_people_has_french_heads_and_words() {
        let entry = entry(1);
        let sheet = sheet("a", "A", &[&entry]);
        assert_eq!(sheet.cell(0, "standing"), Some(&Cell::words("Proposée")));
        assert_eq!(sheet.cell(0, "artif_after"), Some(&Cell::words("Artificialisé")));
        assert_eq!(sheet.columns[0].header, "Identifiant");
        let own = table(std::slice::from_ref(&entry));
        assert_eq!(own.cell(0, "standing"), Some(&Cell::words("proposed")));
        assert_eq!(own.cell(0, "area_m2").map(Cell::text).as_deref(), Some("900.00000"));
        let wkt = own.cell(0, WKT).map(Cell::text).unwrap();
        assert!(wkt.starts_with("POLYGON ((650050 6300000,650080 6300000,"), "{wkt}");
    }
}
