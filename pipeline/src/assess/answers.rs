//! The filled sheet: read, held against the key, refused when it is not the one that was made.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::{Path, PathBuf};

use kernels::lattice::Point;
use nomenclature::{ClassId, Couple, Dimension, Nomenclature};

use super::document::Document;
use super::key::Row;
use super::sheet::{CERTAINTIES, LAYER, NOT_OBSERVABLE};
use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::io::vector::{Value, VectorSource, layer_names};
use crate::tables::csv::separator;

/// How far a place may have moved, in lattice steps: rounding of a detour through another format.
const MOVED_MAX: i32 = 2;
/// Ids named in an error.
const SHOWN_MAX: usize = 10;

/// What was answered of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// Both codes.
    Told(Couple),
    /// The place cannot be told.
    NotObservable,
    /// Nothing, or only one of the codes.
    Nothing,
}

/// An answer with what stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What was answered.
    pub given: Given,
    /// How sure.
    pub certainty: Option<String>,
    /// Who.
    pub interpreter: Option<String>,
    /// A remark.
    pub comment: Option<String>,
}

/// The answers of a sheet, in the order of the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The sheet.
    pub path: PathBuf,
    /// One for each row of the key.
    pub rows: Vec<Answered>,
}

/// A row of the sheet as it is written.
struct Raw {
    id: Option<String>,
    point: Option<Point>,
    /// Cover, usage, certainty, interpreter, comment.
    values: [Option<String>; 5],
    number: i64,
}

/// The columns, in the order of [`Raw::values`]; the first two must be there.
const COLUMNS: [&str; 5] = ["code_cs", "code_us", "certitude", "interprete", "commentaire"];

/// Reads a sheet, a vector file or CSV, and holds it against the key.
///
/// Rows may come in any order; columns that are not ours are ignored.
///
/// # Errors
/// [`Error::Input`] when the sheet cannot be read, is of another plan, lacks rows, holds one twice,
/// holds an unknown code or certainty, or a place that moved.
pub fn read(
    layer: &Layer,
    document: &Document,
    key: &[Row],
    nomenclature: &Nomenclature,
) -> Result<Answers, Error> {
    let is_csv = layer.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let raw = if is_csv { of_csv(&layer.path)? } else { of_vector(layer, document.epsg)? };
    let by_id = by_id(&layer.path, raw, document, key)?;
    let reader = Reader { path: &layer.path, nomenclature };
    let rows = key.iter().map(|row| reader.answer(row, &by_id[&row.id]));
    Ok(Answers { path: layer.path.clone(), rows: rows.collect::<Result<_, _>>()? })
}

fn of_vector(layer: &Layer, epsg: u32) -> Result<Vec<Raw>, Error> {
    let names = layer_names(&layer.path)?;
    let ours = names.iter().any(|name| name == LAYER).then_some(LAYER);
    let source = VectorSource::open(&layer.path, layer.layer.as_deref().or(ours))?;
    let mut columns = vec![source.require_column(&["id"])?];
    for name in &COLUMNS[..2] {
        columns.push(source.require_column(&[name])?);
    }
    // A shapefile keeps ten characters of a name.
    let others =
        COLUMNS[2..].iter().map(|name| source.column(&[name, &name[..name.len().min(10)]]));
    let others: Vec<Option<usize>> = others.collect();
    columns.extend(others.iter().flatten());
    let source = source.assume_epsg(epsg);
    let mut rows = Vec::new();
    for feature in source.features(&columns, epsg)? {
        let feature = feature?;
        let mut values = feature.values.iter().map(Value::text);
        let mut next = || values.next().flatten();
        let id = next();
        let codes = [next(), next()];
        let [certainty, interpreter, comment] =
            [0, 1, 2].map(|other: usize| others[other].and_then(|_| next()));
        let [cs, us] = codes;
        let values = [cs, us, certainty, interpreter, comment];
        rows.push(Raw { id, point: feature.points.first().copied(), values, number: feature.fid });
    }
    Ok(rows)
}

fn of_csv(path: &Path) -> Result<Vec<Raw>, Error> {
    let bytes = std::fs::read(path).map_err(Error::read(path))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        InputError::new(path, "this sheet is not UTF-8 text")
            .hint("save it again as CSV with the encoding UTF-8")
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let fault = |error: csv::Error| InputError::new(path, "this sheet is not CSV").got(error);
    let headers = reader.headers().map_err(fault)?.clone();
    let find = |name: &str| headers.iter().position(|header| header.eq_ignore_ascii_case(name));
    let require = |name: &str| {
        find(name).ok_or_else(|| {
            let fault = InputError::new(path, "this sheet lacks a column")
                .got(format!("columns {}", headers.iter().collect::<Vec<_>>().join(", ")));
            Error::from(fault.expected(format!("`{name}`")))
        })
    };
    let id = require("id")?;
    require(COLUMNS[0])?;
    require(COLUMNS[1])?;
    let columns = COLUMNS.map(find);
    let mut rows = Vec::new();
    for (number, record) in (2..).zip(reader.records()) {
        let record = record.map_err(fault)?;
        let value = |at: usize| record.get(at).filter(|v| !v.is_empty()).map(str::to_owned);
        let values = columns.map(|column| column.and_then(value));
        rows.push(Raw { id: value(id), point: None, values, number });
    }
    Ok(rows)
}

/// The rows by id: each of the key once, and no other.
fn by_id(
    path: &Path,
    raw: Vec<Raw>,
    document: &Document,
    key: &[Row],
) -> Result<BTreeMap<String, Raw>, Error> {
    let known: BTreeSet<&str> = key.iter().map(|row| row.id.as_str()).collect();
    let mut by_id = BTreeMap::new();
    let (mut strange, mut twice) = (Vec::new(), Vec::new());
    for row in raw {
        let Some(id) = row.id.clone() else {
            return Err(InputError::new(path, "a row of this sheet has no id")
                .feature(row.number)
                .hint("fill in the sheet that the plan made; add no row of your own")
                .into());
        };
        if !known.contains(id.as_str()) {
            strange.push(id);
            continue;
        }
        match by_id.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(row);
            }
            Entry::Occupied(entry) => twice.push(entry.key().clone()),
        }
    }
    let missing = key.iter().filter(|row| !by_id.contains_key(&row.id)).map(|row| row.id.clone());
    refuse(path, &document.id, key.len(), [strange, twice, missing.collect()])?;
    Ok(by_id)
}

/// Refuses ids that are none of the plan's, that are twice, or that are missing.
fn refuse(
    path: &Path,
    plan: &str,
    n_places: usize,
    [strange, twice, missing]: [Vec<String>; 3],
) -> Result<(), Error> {
    let fault = |what: &str, ids: &[String]| InputError::new(path, what).got(listed(ids));
    let of_others = strange.iter().filter(|id| !id.starts_with(&format!("{plan}-")));
    if of_others.count() > 0 {
        return Err(fault("this sheet holds places of another plan", &strange)
            .expected(format!("ids that start with `{plan}-`"))
            .hint("give the sheet that was made with this plan, or the plan of this sheet")
            .into());
    }
    if !strange.is_empty() {
        return Err(fault("this sheet holds places that the plan does not", &strange).into());
    }
    if !twice.is_empty() {
        return Err(fault("places are twice in this sheet", &twice)
            .expected("each place once")
            .hint("two interpreters fill in two sheets: `--sheet` and `--second`")
            .into());
    }
    if !missing.is_empty() {
        return Err(fault("places of the plan are missing from this sheet", &missing)
            .expected(format!("all {n_places} places"))
            .hint("no place may be taken out: one that cannot be told is `non_observable`")
            .into());
    }
    Ok(())
}

/// A number of ids and the first of them.
pub(super) fn listed<T: Display>(ids: &[T]) -> String {
    let shown: Vec<String> = ids.iter().take(SHOWN_MAX).map(ToString::to_string).collect();
    let more = if ids.len() > SHOWN_MAX { ", ..." } else { "" };
    format!("{}: {}{more}", ids.len(), shown.join(", "))
}

struct Reader<'a> {
    path: &'a Path,
    nomenclature: &'a Nomenclature,
}

impl Reader<'_> {
    fn answer(&self, row: &Row, raw: &Raw) -> Result<Answered, Error> {
        let fault = |what: &str| InputError::new(self.path, what).feature(format!("`{}`", row.id));
        if let Some(point) = raw.point {
            let moved = (point.x - row.point.x).abs().max((point.y - row.point.y).abs());
            if moved > MOVED_MAX {
                let metres = |p: Point| format!("{:.2},{:.2}", p.to_metres().0, p.to_metres().1);
                return Err(fault("a place of this sheet was moved")
                    .got(metres(point))
                    .expected(metres(row.point))
                    .hint("what counts is what is exactly there: put it back")
                    .into());
            }
        }
        let [cs, us, certainty, interpreter, comment] = raw.values.clone();
        let certainty = certainty.map(|text| self.certainty(row, text)).transpose()?;
        let cs = cs.map(|code| self.class(row, Dimension::Cover, &code)).transpose()?;
        let us = us.map(|code| self.class(row, Dimension::Usage, &code)).transpose()?;
        let is_untold = certainty.as_deref() == Some(NOT_OBSERVABLE);
        let given = match (cs, us) {
            (None, None) if is_untold => Given::NotObservable,
            (Some(_), _) | (_, Some(_)) if is_untold => {
                return Err(fault("a place is not observable and has a code")
                    .expected("no code, or another certainty")
                    .into());
            }
            (Some(cs), Some(us)) => Given::Told(Couple { cs, us }),
            _ => Given::Nothing,
        };
        Ok(Answered { given, certainty, interpreter, comment })
    }

    fn certainty(&self, row: &Row, text: String) -> Result<String, Error> {
        let known = CERTAINTIES.iter().find(|(code, _)| code.eq_ignore_ascii_case(&text));
        known.map(|(code, _)| (*code).to_owned()).ok_or_else(|| {
            let codes = CERTAINTIES.map(|(code, _)| format!("`{code}`"));
            InputError::new(self.path, "this certainty is not known")
                .feature(format!("`{}`", row.id))
                .got(format!("`{text}`"))
                .expected(codes.join(", "))
                .into()
        })
    }

    fn class(&self, row: &Row, dimension: Dimension, code: &str) -> Result<ClassId, Error> {
        let nomenclature = self.nomenclature;
        let exact = nomenclature.find(dimension, code);
        let is_leaf =
            |id: &ClassId| nomenclature.class(dimension, *id).is_some_and(|class| class.leaf);
        if let Some(id) = exact.filter(is_leaf).or_else(|| nomenclature.collapse(dimension, code)) {
            return Ok(id);
        }
        let fault = |what: &str| {
            InputError::new(self.path, what)
                .feature(format!("`{}`", row.id))
                .got(format!("`code_{dimension}` = `{code}`"))
        };
        if exact.is_some() {
            return Err(fault("this code is of a class that is too general")
                .expected(format!("a leaf of `{}`", nomenclature.id()))
                .into());
        }
        let codes = nomenclature.iter(dimension).map(|(_, class)| class.code.as_str());
        let near = nomenclature::nearest::nearest_code(code, codes);
        let error =
            fault("this code is not known").expected(format!("a leaf of `{}`", nomenclature.id()));
        Err(match near {
            Some(near) => error.hint(format!("the nearest code is `{near}`")),
            None => error,
        }
        .into())
    }
}
