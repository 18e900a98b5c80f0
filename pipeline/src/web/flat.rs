//! Delivered layers as `FlatGeobuf`: read by place over the web, without a server.

use crate::artefact::Draft;
use crate::error::Error;
use crate::finished::Finished;
use crate::io::vector::{ColumnKind, VectorSource};
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};

/// Copies a layer of polygons with all its columns; one feature is in memory at a time, and the
/// boxes of all.
///
/// # Errors
/// [`Error::Mismatch`] for a file of the result that is not the one delivered, [`Error::Write`].
pub(super) fn copy(
    result: &Finished,
    (file, table, title): (&str, &str, &str),
    draft: &Draft,
) -> Result<(), Error> {
    let source = VectorSource::open(&result.file(file)?, Some(table))?;
    let epsg = result.facts().epsg;
    let fields = source.info().columns.iter().map(|column| {
        let kind = match column.kind {
            ColumnKind::Integer => FieldKind::Integer64,
            ColumnKind::Real => FieldKind::Real,
            ColumnKind::Text => FieldKind::Text,
        };
        Field::optional(column.name.clone(), kind)
    });
    let layer = LayerSpec {
        name: table.to_owned(),
        title: title.to_owned(),
        geometry: GeometryKind::Polygon,
        geometry_column: "geom",
        epsg,
        file_epsg: epsg,
        fields: fields.collect(),
    };
    let columns: Vec<usize> = (0..layer.fields.len()).collect();
    let mut writer = VectorWriter::create(draft.temp(), VectorFormat::FlatGeobuf, &[layer])?;
    let mut fid = 0;
    for feature in source.features(&columns, epsg)? {
        let feature = feature?;
        for polygon in &feature.polygons {
            writer.add(0, fid, Shape::Polygon(polygon), &feature.values)?;
            fid += 1;
        }
    }
    writer.finish()?;
    Ok(())
}
