//! The corrected vintage: its polygons in the columns of any vintage, and a table that says of each
//! changed one what it was, which correction changed it, who asked for that and why.

use std::collections::BTreeMap;
use std::path::Path;

use kernels::amend::{Amended, Corrected};
use kernels::lattice::Polygon;
use nomenclature::{Couple, Dimension, Nomenclature};
use rustc_hash::FxHashSet;

use super::demand::demand_label;
use super::ledger::{Entry, Head};
use super::terms::Term;
use crate::artefact::Draft;
use crate::error::Error;
use crate::io::record::{OccupationRecord, Record};
use crate::io::schema::{Names, Product};
use crate::io::vector::Value;
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use crate::vintage::{Object, Vintage};

/// The layer that tells where changed polygons come from.
const LAYER: &str = "provenance";
/// What `source` says of a polygon whose code a correction changed.
const SOURCE: &str = "correction";

/// The outlines of a corrected vintage.
pub fn outlines(vintage: &Vintage, corrected: &Corrected) -> Vec<Polygon> {
    corrected.polygons.iter().map(|polygon| outline(vintage, polygon).clone()).collect()
}

/// The outline of one of its polygons.
pub fn outline<'a>(vintage: &'a Vintage, polygon: &'a Amended) -> &'a Polygon {
    polygon.outline.as_ref().unwrap_or(&vintage.polygons[polygon.from as usize])
}

/// Writes the corrected vintage as a draft of `path`.
///
/// * `by`: the corrections, in the order of the amendments that [`Amended::by`] names.
///
/// # Errors
/// [`Error::Write`] when the file cannot be written completely.
pub fn write(
    path: &Path,
    (head, nomenclature): (&Head, &Nomenclature),
    vintage: &Vintage,
    corrected: &Corrected,
    by: &[&Entry],
) -> Result<Draft, Error> {
    let (department, year) = (head.department.clone(), vintage.year);
    let names = Names { department, vintage: year, prior: year, epsg: head.epsg };
    let draft = Draft::new(path)?;
    let layers = [Product::Occupation.layer(&names), provenance(&names)];
    let mut writer = VectorWriter::create(draft.temp(), VectorFormat::GeoPackage, &layers)?;
    let result = vintage_of(vintage, nomenclature, corrected);
    let mut n_rows = 0;
    for (rank, polygon) in corrected.polygons.iter().enumerate() {
        let (shape, codes) =
            (&result.polygons[rank], Codes::of(nomenclature, result.couples[rank]));
        let record = record(&result, rank, &codes);
        writer.add(0, rank as i64 + 1, Shape::Polygon(shape), &record.values())?;
        let was = Codes::of(nomenclature, vintage.couples[polygon.from as usize]);
        let from = &vintage.objects[polygon.from as usize].id;
        for &rank in &polygon.by {
            n_rows += 1;
            let mut row = row((&record.id, from), (&was, &codes), by[rank as usize]);
            row.push(shape.area_m2().into());
            writer.add(1, n_rows, Shape::None, &row)?;
        }
    }
    writer.finish()?;
    Ok(draft)
}

fn provenance(names: &Names) -> LayerSpec {
    let text = |name| Field::required(name, FieldKind::Text);
    let maybe = |name| Field::optional(name, FieldKind::Text);
    LayerSpec {
        name: LAYER.to_owned(),
        title: format!(
            "Provenance des polygones corrigés du millésime {}, département {}",
            names.vintage, names.department
        ),
        geometry: GeometryKind::None,
        geometry_column: "geom",
        epsg: names.epsg,
        file_epsg: names.epsg,
        fields: vec![
            text("id"),
            text("correction_id"),
            text("demande"),
            text("objet_origine"),
            text("cs_avant"),
            text("us_avant"),
            text("cs_apres"),
            text("us_apres"),
            maybe("auteur"),
            text("source"),
            text("origine"),
            maybe("justification"),
            Field::required("surface_m2", FieldKind::Real),
        ],
    }
}

/// The two codes of a couple.
struct Codes {
    cs: String,
    us: String,
}

impl Codes {
    fn of(nomenclature: &Nomenclature, couple: Couple) -> Self {
        Self {
            cs: nomenclature.code(Dimension::Cover, couple.cs).to_owned(),
            us: nomenclature.code(Dimension::Usage, couple.us).to_owned(),
        }
    }
}

/// An id for each polygon: that of its object, or of its object with the rank of the part.
fn ids(vintage: &Vintage, corrected: &Corrected) -> Vec<String> {
    let mut taken: FxHashSet<String> =
        vintage.objects.iter().map(|object| object.id.clone()).collect();
    let mut parts: BTreeMap<u32, u32> = BTreeMap::new();
    let mut id_of = |polygon: &Amended| {
        let own = &vintage.objects[polygon.from as usize].id;
        if polygon.is_object {
            return own.clone();
        }
        let part = parts.entry(polygon.from).or_insert(1);
        loop {
            *part += 1;
            let id = format!("{own}-{part}");
            if taken.insert(id.clone()) {
                return id;
            }
        }
    };
    corrected.polygons.iter().map(&mut id_of).collect()
}

/// What the corrected vintage says of a polygon besides its couple.
fn object(vintage: &Vintage, polygon: &Amended, id: String, was: &Codes) -> Object {
    let from = &vintage.objects[polygon.from as usize];
    let is_recoded = polygon.couple != vintage.couples[polygon.from as usize];
    let id_origine = if polygon.is_object { &from.id_origine } else { &from.id };
    Object {
        ossature: from.ossature && !is_recoded,
        source: if is_recoded { SOURCE.to_owned() } else { from.source.clone() },
        code_or: if is_recoded { format!("{}/{}", was.cs, was.us) } else { from.code_or.clone() },
        id_origine: id_origine.clone(),
        id,
    }
}

/// A corrected vintage.
///
/// A polygon keeps the identity of its object; a part cut off gets one of its own and names the
/// object in `id_origine`. Where a code changed, `code_or` has the codes before and `source` says
/// that it was a correction.
pub fn vintage_of(
    vintage: &Vintage,
    nomenclature: &Nomenclature,
    corrected: &Corrected,
) -> Vintage {
    let object = |(polygon, id): (&Amended, String)| {
        let was = Codes::of(nomenclature, vintage.couples[polygon.from as usize]);
        object(vintage, polygon, id, &was)
    };
    Vintage {
        year: vintage.year,
        polygons: outlines(vintage, corrected),
        couples: corrected.polygons.iter().map(|polygon| polygon.couple).collect(),
        objects: corrected.polygons.iter().zip(ids(vintage, corrected)).map(object).collect(),
        origin: None,
    }
}

fn record(vintage: &Vintage, rank: usize, codes: &Codes) -> OccupationRecord {
    let object = &vintage.objects[rank];
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    OccupationRecord {
        id: object.id.clone(),
        code_cs: codes.cs.clone(),
        code_us: codes.us.clone(),
        vintage: vintage.year,
        source: object.source.clone(),
        is_ossature: object.ossature,
        id_origine: text(&object.id_origine),
        code_or: text(&object.code_or),
    }
}

/// What the provenance says of one correction of a polygon, but for its area.
///
/// * ids of the polygon and of the object that it comes from; codes before and after.
fn row((id, from): (&str, &str), (was, is): (&Codes, &Codes), entry: &Entry) -> Vec<Value> {
    let record = &entry.record;
    vec![
        id.into(),
        record.correction_id.as_str().into(),
        demand_label(entry).into(),
        from.into(),
        was.cs.as_str().into(),
        was.us.as_str().into(),
        is.cs.as_str().into(),
        is.us.as_str().into(),
        record.author_org.clone().into(),
        entry.source.as_str().into(),
        record.origin.label().into(),
        record.comment.clone().or_else(|| record.evidence.clone()).into(),
    ]
}
