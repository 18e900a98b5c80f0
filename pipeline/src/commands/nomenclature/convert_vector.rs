//! Converts the code columns of a vector file into a new GeoPackage.

use std::path::Path;

use nomenclature::Dimension;

use super::convert::Task;
use super::convert_table::{new_names, report};
use super::untranslated::Untranslated;
use crate::artefact::Draft;
use crate::error::{Error, InputError};
use crate::io::vector::{ColumnKind, Feature, Value, VectorSource};
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use crate::talk;

/// The projected systems of French land-cover deliveries, whose unit is the metre.
const CRS: [u32; 5] = [2154, 5490, 2972, 2975, 4471];

/// Writes the layer again with its code columns converted: same features, numbers and order, the
/// other columns as they are, polygons on the 1 cm lattice.
///
/// Two passes: nothing is written before every code is known to have a translation.
///
/// # Errors
/// [`Error::Input`] for a file, layer, column or CRS that cannot be used, features that are no
/// polygons, and codes without a translation unless the task keeps going; [`Error::Write`].
pub(super) fn convert(
    path: &Path,
    layer: Option<&str>,
    out: &Path,
    task: &Task<'_>,
) -> Result<(), Error> {
    if !out.extension().is_some_and(|e| e.eq_ignore_ascii_case("gpkg")) {
        return Err(Error::Usage {
            what: format!("`{}` is not a GeoPackage", out.display()),
            hint: Some("give it a name that ends in `.gpkg`".to_owned()),
        });
    }
    let source = VectorSource::open(path, layer)?;
    let epsg = crs(&source)?;
    let places = places(&source, task)?;
    let survey = survey(&source, epsg, &places, task)?;
    let draft = Draft::new(out)?;
    let spec = spec(&source, epsg, &places, (task, &survey));
    let mut writer = VectorWriter::create(draft.temp(), VectorFormat::GeoPackage, &[spec])?;
    let all: Vec<usize> = (0..source.info().columns.len()).collect();
    let mut empty = 0_u64;
    for feature in source.features(&all, epsg)? {
        let feature = feature?;
        let shape = shape(&feature, survey.is_multipart);
        empty += u64::from(matches!(shape, Shape::None));
        writer.add(0, feature.fid, shape, &converted(&feature, &places, task))?;
    }
    let written: u64 = writer.finish()?.iter().sum();
    draft.publish()?;
    if empty > 0 {
        talk::warning(&format!("`{}`: {empty} features have no polygon", path.display()));
    }
    talk::line(&format!("wrote {written} features to `{}`", out.display()));
    Ok(())
}

/// The layer's own CRS, which must be one in metres.
fn crs(source: &VectorSource) -> Result<u32, Error> {
    match source.info().epsg {
        Some(epsg) if CRS.contains(&epsg) => Ok(epsg),
        found => {
            let known = CRS.map(|epsg| format!("EPSG:{epsg}")).join(", ");
            Err(InputError::new(source.path(), "this layer is not in a French delivery system")
                .layer(&source.info().name)
                .got(found.map_or("none".to_owned(), |epsg| format!("EPSG:{epsg}")))
                .expected(known)
                .hint("reproject it first: `ogr2ogr -t_srs EPSG:2154 OUT IN`")
                .into())
        }
    }
}

/// The places of the code columns.
fn places(source: &VectorSource, task: &Task<'_>) -> Result<Vec<(Dimension, usize)>, Error> {
    let mut places = Vec::new();
    for (dimension, name) in &task.columns {
        places.push((*dimension, source.require_column(&[name])?));
        let origin = format!("{dimension}_origin");
        if source.column(&[&origin]).is_some() {
            return Err(InputError::new(source.path(), "this layer was converted already")
                .layer(&source.info().name)
                .got(format!("a column `{origin}`"))
                .hint("convert the original, or drop the column")
                .into());
        }
    }
    Ok(places)
}

/// What the first pass finds.
struct Survey {
    is_multipart: bool,
}

fn survey(
    source: &VectorSource,
    epsg: u32,
    places: &[(Dimension, usize)],
    task: &Task<'_>,
) -> Result<Survey, Error> {
    let columns: Vec<usize> = places.iter().map(|(_, index)| *index).collect();
    let mut untranslated = Untranslated::default();
    let mut is_multipart = false;
    for feature in source.features(&columns, epsg)? {
        let feature = feature?;
        if !feature.lines.is_empty() || !feature.points.is_empty() {
            return Err(InputError::new(source.path(), "this feature is no polygon")
                .layer(&source.info().name)
                .feature(feature.fid)
                .expected("polygons, as land cover is made of")
                .into());
        }
        is_multipart |= feature.polygons.len() > 1;
        for ((dimension, _), value) in places.iter().zip(&feature.values) {
            let code = value.text();
            let asked = (*dimension, code.as_deref());
            let place = || format!("feature {}", feature.fid);
            untranslated.translate(&task.translator, asked, place);
        }
    }
    report(source.path(), &untranslated, task)?;
    Ok(Survey { is_multipart })
}

/// The layer to write.
fn spec(
    source: &VectorSource,
    epsg: u32,
    places: &[(Dimension, usize)],
    (task, survey): (&Task<'_>, &Survey),
) -> LayerSpec {
    let info = source.info();
    let old: Vec<&str> = info.columns.iter().map(|column| column.name.as_str()).collect();
    let is_code = |index: usize| places.iter().any(|(_, place)| *place == index);
    let kinds = info.columns.iter().enumerate().map(|(index, column)| match column.kind {
        _ if is_code(index) => FieldKind::Text,
        ColumnKind::Integer => FieldKind::Integer64,
        ColumnKind::Real => FieldKind::Real,
        ColumnKind::Text => FieldKind::Text,
    });
    let kinds = kinds.chain(places.iter().map(|_| FieldKind::Text));
    // Schemas are constants elsewhere; this one lives as long as the process, a few names long.
    let names = new_names(&old, places, task).into_iter().map(|name| &*name.leak());
    LayerSpec {
        name: info.name.clone(),
        title: format!("{}, codes of {}", info.name, task.to.id()),
        geometry: if survey.is_multipart {
            GeometryKind::MultiPolygon
        } else {
            GeometryKind::Polygon
        },
        geometry_column: "geom",
        epsg,
        file_epsg: epsg,
        fields: names.zip(kinds).map(|(name, kind)| Field::optional(name, kind)).collect(),
    }
}

fn shape(feature: &Feature, is_multipart: bool) -> Shape<'_> {
    match feature.polygons.as_slice() {
        [] => Shape::None,
        several if is_multipart => Shape::MultiPolygon(several),
        [first, ..] => Shape::Polygon(first),
    }
}

/// The values of a feature with the codes converted, then its old codes.
fn converted(feature: &Feature, places: &[(Dimension, usize)], task: &Task<'_>) -> Vec<Value> {
    let text = |text: Option<String>| text.map_or(Value::Null, Value::Text);
    let mut values = feature.values.clone();
    // The survey has counted what has no translation.
    let mut counted = Untranslated::default();
    for (dimension, index) in places {
        let old = feature.values[*index].text();
        let asked = (*dimension, old.as_deref());
        let target = counted.translate(&task.translator, asked, String::new);
        values[*index] = text(target.map(ToOwned::to_owned));
        values.push(text(old));
    }
    values
}
