//! Writes a coverage as one layer of a `GeoPackage`.

use kernels::arcs::ArcCoverage;

use super::cells::{Cells, Meaning, value_of};
use super::codes_of;
use crate::artefact::Draft;
use crate::error::Error;
use crate::io::vector::Value;
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};

/// What `PostgreSQL` keeps of a name, in bytes.
const LAYER_NAME_MAX: usize = 63;

/// Beginnings of names of the tables of the file itself.
const NAMES_KEPT: [&str; 3] = ["gpkg", "rtree", "sqlite"];

/// Writes the polygons with their class and their area, in order of their first cell.
///
/// The draft is complete then, and its features were counted again.
pub(super) fn write(
    coverage: &ArcCoverage,
    cells: &Cells,
    meaning: &Meaning,
    (draft, layer): (&Draft, &str),
) -> Result<(), Error> {
    let spec = LayerSpec {
        name: layer.to_owned(),
        title: format!("Couverture de {}", cells.tiles.name()),
        geometry: GeometryKind::Polygon,
        geometry_column: "geom",
        epsg: cells.epsg,
        file_epsg: cells.epsg,
        fields: fields(meaning, cells.has_usage),
    };
    let mut writer = VectorWriter::create(draft.temp(), VectorFormat::GeoPackage, &[spec])?;
    for (face, fid) in coverage.faces().iter().zip(1_i64..) {
        let polygon = coverage.polygon(fid as usize - 1);
        let mut values = match meaning {
            Meaning::Values => vec![Value::Integer(value_of(face.value).into())],
            Meaning::Classes(nomenclature) => {
                let (cs, us) = codes_of(nomenclature, face.value);
                std::iter::once(cs).chain(us).map(Value::Text).collect()
            }
        };
        values.push(Value::Real(polygon.area_m2()));
        writer.add(0, fid, Shape::Polygon(&polygon), &values)?;
    }
    writer.finish()?;
    Ok(())
}

fn fields(meaning: &Meaning, has_usage: bool) -> Vec<Field> {
    let mut fields = match (meaning, has_usage) {
        (Meaning::Values, _) => vec![Field::required("value", FieldKind::Integer)],
        (_, false) => vec![Field::required("code_cs", FieldKind::Text)],
        (_, true) => {
            ["code_cs", "code_us"].map(|name| Field::required(name, FieldKind::Text)).to_vec()
        }
    };
    fields.push(Field::required("aire", FieldKind::Real));
    fields
}

/// Refuses what cannot be the name of a layer.
///
/// The national platform accepts letters, digits and underscores, no leading digit, and what
/// `PostgreSQL` keeps of a name; GeoPackage and `SQLite` keep some beginnings for themselves.
///
/// # Errors
/// [`Error::Usage`].
pub(super) fn check_layer_name(layer: &str) -> Result<(), Error> {
    let refused = |hint: String| {
        let what = format!("`{layer}` is no layer name");
        Err(Error::Usage { what, hint: Some(hint) })
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts_well = layer.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !layer.chars().all(is_plain) {
        return refused("use letters, digits and underscores, and begin with a letter".to_owned());
    }
    if layer.len() > LAYER_NAME_MAX {
        return refused(format!("use at most {LAYER_NAME_MAX} characters"));
    }
    let is_at_start = |kept: &&&str| layer.to_ascii_lowercase().starts_with(**kept);
    match NAMES_KEPT.iter().find(is_at_start) {
        Some(kept) => refused(format!("names that begin with `{kept}` are those of the format")),
        None => Ok(()),
    }
}
