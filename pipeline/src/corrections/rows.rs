//! The columns of a ledger, and its rows as they are written and read.

use std::path::Path;

use kernels::lattice::Point;

use super::ledger::{CORRECTIONS, Entry, Event, HEAD, HISTORY, Head, Note, Verdict};
use super::terms::Term;
use crate::error::{Error, InputError};
use crate::io::record::{CorrectionRecord, Record};
use crate::io::schema;
use crate::io::vector::{Feature, Value, VectorSource};
use crate::io::vector_writer::{Field, FieldKind, GeometryKind, LayerSpec};

/// The shape of the file; another one is not read.
const FORMAT: i64 = 1;

/// The layers, in the order of their ranks.
pub(super) fn layers(head: &Head) -> [LayerSpec; 3] {
    let department = &head.department;
    let layer = |name: &str, title: &str, geometry, fields| LayerSpec {
        name: name.to_owned(),
        title: format!("{title}, département {department}"),
        geometry,
        geometry_column: "geom",
        epsg: head.epsg,
        file_epsg: head.epsg,
        fields,
    };
    let registered = "Registre des corrections : ce qu'il contient";
    [
        layer(CORRECTIONS, "Registre des corrections", GeometryKind::Polygon, of_corrections()),
        layer(HISTORY, "Historique des corrections", GeometryKind::None, of_history()),
        layer(HEAD, registered, GeometryKind::None, of_head_fields()),
    ]
}

/// The columns of the corrections.
pub(super) fn of_corrections() -> Vec<Field> {
    let maybe = |name| Field::optional(name, FieldKind::Text);
    let mut fields = schema::correction();
    fields.extend([
        Field::required("standing", FieldKind::Text),
        Field::required("source", FieldKind::Text),
        maybe("source_ref"),
        maybe("verdict"),
        Field::optional("verdict_share", FieldKind::Real),
        maybe("verdict_reason"),
        maybe("verdict_version"),
    ]);
    fields
}

fn of_history() -> Vec<Field> {
    let text = |name| Field::required(name, FieldKind::Text);
    vec![
        Field::unique("seq", FieldKind::Integer64),
        text("correction_id"),
        text("at"),
        text("action"),
        text("source"),
        Field::optional("detail", FieldKind::Text),
        text("standing"),
    ]
}

fn of_head_fields() -> Vec<Field> {
    let text = |name| Field::required(name, FieldKind::Text);
    vec![Field::required("format", FieldKind::Integer), text("department"), text("nomenclature")]
}

/// The row of a correction.
pub(super) fn of_entry(entry: &Entry) -> Vec<Value> {
    let Entry { record, polygon: _, standing, source, source_ref, verdict } = entry;
    let mut values = record.values();
    let verdict = verdict.as_ref();
    values.extend([
        standing.key().into(),
        source.as_str().into(),
        source_ref.clone().into(),
        verdict.map(|verdict| verdict.outcome.key()).into(),
        verdict.and_then(|verdict| verdict.share).into(),
        verdict.and_then(|verdict| verdict.reason.clone()).into(),
        verdict.map(|verdict| verdict.version.clone()).into(),
    ]);
    values
}

/// The row of an event.
pub(super) fn of_event(event: &Event) -> Vec<Value> {
    let Event { seq, note, standing } = event;
    vec![
        i64::try_from(*seq).unwrap_or(i64::MAX).into(),
        note.correction_id.as_str().into(),
        note.at.as_str().into(),
        note.action.key().into(),
        note.source.as_str().into(),
        note.detail.clone().into(),
        standing.key().into(),
    ]
}

/// The row of the head.
pub(super) fn of_head(head: &Head) -> Vec<Value> {
    vec![FORMAT.into(), head.department.as_str().into(), head.nomenclature.as_str().into()]
}

/// Reads what a ledger is of.
pub(super) fn head(source: &VectorSource, epsg: u32) -> Result<Head, Error> {
    let fields = of_head_fields();
    let mut heads = read(source, epsg, &fields)?;
    let (Some(row), true) = (heads.pop(), heads.is_empty()) else {
        let fault = InputError::new(source.path(), "this ledger does not say what it is of");
        return Err(fault.layer(HEAD).expected("one row").into());
    };
    if row.value("format").integer() != Some(FORMAT) {
        return Err(row.fault("format", "this ledger is of another version of millesime"));
    }
    let (department, nomenclature) = (row.text("department")?, row.text("nomenclature")?);
    Ok(Head { department, epsg, nomenclature })
}

/// Reads the corrections.
pub(super) fn entries(source: &VectorSource, epsg: u32) -> Result<Vec<Entry>, Error> {
    read(source, epsg, &of_corrections())?.into_iter().map(Row::entry).collect()
}

/// Reads the events, in their order.
pub(super) fn events(source: &VectorSource, epsg: u32) -> Result<Vec<Event>, Error> {
    let rows = read(source, epsg, &of_history())?;
    let mut events: Vec<Event> = rows.iter().map(Row::event).collect::<Result<_, _>>()?;
    events.sort_by_key(|event| event.seq);
    Ok(events)
}

/// The records of a file of corrections, such as a run's candidates, with their rows.
pub(super) fn read<'a>(
    source: &'a VectorSource,
    epsg: u32,
    fields: &[Field],
) -> Result<Vec<Row<'a>>, Error> {
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let columns: Vec<usize> =
        names.iter().map(|name| source.require_column(&[name])).collect::<Result<_, _>>()?;
    let layer = &source.info().name;
    let features = source.features(&columns, epsg)?;
    features
        .map(|feature| {
            Ok(Row { path: source.path(), layer, names: names.clone().into(), feature: feature? })
        })
        .collect()
}

/// A row with the names of its columns.
pub(super) struct Row<'a> {
    path: &'a Path,
    layer: &'a str,
    names: std::rc::Rc<[String]>,
    feature: Feature,
}

impl Row<'_> {
    fn value(&self, name: &str) -> &Value {
        let rank = self.names.iter().position(|known| known == name);
        &self.feature.values[rank.expect("the column was asked for")]
    }

    fn fault(&self, column: &str, what: &str) -> Error {
        let got = self.value(column).text().unwrap_or_else(|| "nothing".to_owned());
        InputError::new(self.path, what)
            .layer(self.layer)
            .feature(self.feature.fid)
            .got(format!("`{column}` = {got}"))
            .into()
    }

    fn maybe(&self, name: &str) -> Option<String> {
        self.value(name).text()
    }

    fn text(&self, name: &str) -> Result<String, Error> {
        self.maybe(name).ok_or_else(|| self.fault(name, "a value is missing"))
    }

    fn term<T: Term>(&self, name: &str) -> Result<T, Error> {
        let known = self.maybe(name).and_then(|text| T::of_key(&text));
        known.ok_or_else(|| self.fault(name, &format!("this is none of {}", T::keys())))
    }

    fn maybe_term<T: Term>(&self, name: &str) -> Result<Option<T>, Error> {
        self.maybe(name).map(|_| self.term(name)).transpose()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.value(name).integer().map(|flag| flag != 0)
    }

    fn entry(self) -> Result<Entry, Error> {
        let record = self.record()?;
        let (standing, source) = (self.term("standing")?, self.text("source")?);
        let source_ref = self.maybe("source_ref");
        let verdict = match self.maybe_term("verdict")? {
            None => None,
            Some(outcome) => Some(Verdict {
                outcome,
                share: self.value("verdict_share").real(),
                reason: self.maybe("verdict_reason"),
                version: self.text("verdict_version")?,
            }),
        };
        let Ok([polygon]) = <[_; 1]>::try_from(self.feature.polygons) else {
            return Err(InputError::new(self.path, "a correction is not one polygon")
                .layer(self.layer)
                .feature(self.feature.fid)
                .into());
        };
        Ok(Entry { record, polygon, standing, source, source_ref, verdict })
    }

    fn record(&self) -> Result<CorrectionRecord, Error> {
        let year = self.value("vintage").integer().and_then(|year| u16::try_from(year).ok());
        Ok(CorrectionRecord {
            correction_id: self.text("correction_id")?,
            department: self.text("department")?,
            insee: self.maybe("insee"),
            vintage: year.ok_or_else(|| self.fault("vintage", "this is no year"))?,
            source_version: self.maybe("source_version"),
            object_id: self.text("object_id")?,
            dimension: self.term("dimension")?,
            current_code: self.maybe("current_code"),
            proposed_code: self.maybe("proposed_code"),
            local_code: self.maybe("local_code"),
            local_nomenclature: self.maybe("local_nomenclature"),
            kind: self.term("kind")?,
            area_m2: self.value("area_m2").real().unwrap_or_default(),
            artif_before: self.flag("artif_before"),
            artif_after: self.flag("artif_after"),
            evidence: self.maybe("evidence"),
            confidence: self.value("confidence").real(),
            author_org: self.maybe("author_org"),
            comment: self.maybe("comment"),
            origin: self.term("origin")?,
            anchor: self.anchor()?,
            ign_report_id: self.maybe("ign_report_id"),
            ign_status: self.maybe_term("ign_status")?,
            ign_status_at: self.maybe("ign_status_at"),
            applied_in_version: self.maybe("applied_in_version"),
        })
    }

    fn anchor(&self) -> Result<Point, Error> {
        let text = self.text("anchor")?;
        point(&text).ok_or_else(|| self.fault("anchor", "this is no `POINT (x y)`"))
    }

    fn event(&self) -> Result<Event, Error> {
        let seq = self.value("seq").integer().and_then(|seq| u64::try_from(seq).ok());
        Ok(Event {
            seq: seq.ok_or_else(|| self.fault("seq", "this is no rank"))?,
            note: Note {
                correction_id: self.text("correction_id")?,
                at: self.text("at")?,
                action: self.term("action")?,
                source: self.text("source")?,
                detail: self.maybe("detail"),
            },
            standing: self.term("standing")?,
        })
    }
}

/// A point in metres as well-known text.
fn point(text: &str) -> Option<Point> {
    let inner = text.trim().strip_prefix("POINT")?.trim().strip_prefix('(')?.strip_suffix(')')?;
    let mut numbers = inner.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(x_m)), Some(Ok(y_m)), None) => Point::from_metres(x_m, y_m),
        _ => None,
    }
}
