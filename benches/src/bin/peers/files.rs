//! A coverage written as a `GeoPackage` with its spatial index.

use std::path::Path;

use kernels::lattice::Polygon;
use pipeline::io::vector::Value as Cell;
use pipeline::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use serde_json::{Value, json};

use crate::{Outcome, clock, shapes};

/// Writes the first vintage with a class and an area on each polygon; the file is removed after.
pub(crate) fn write_geopackage(dir: &Path) -> Outcome<Value> {
    let polygons = shapes::read(dir, "before")?;
    let path = dir.join("ours.gpkg");
    if path.exists() {
        std::fs::remove_file(&path)?;
    }
    let facts = clock::time(
        || write(&path, &polygons).map_err(|error| error.to_string()),
        |n| json!({ "polygons": n.as_ref().ok(), "error": n.as_ref().err() }),
    )?;
    std::fs::remove_file(&path)?;
    Ok(facts)
}

fn write(path: &Path, polygons: &[Polygon]) -> Outcome<u64> {
    let layer = LayerSpec {
        name: "cover".to_owned(),
        title: "cover".to_owned(),
        geometry: GeometryKind::Polygon,
        geometry_column: "geom",
        epsg: 2154,
        file_epsg: 2154,
        fields: vec![
            Field::required("code_cs", FieldKind::Text),
            Field::required("aire", FieldKind::Real),
        ],
    };
    let mut writer = VectorWriter::create(path, VectorFormat::GeoPackage, &[layer])?;
    for (polygon, fid) in polygons.iter().zip(1_i64..) {
        let code = format!("CS{}", fid % 14);
        let values = [Cell::Text(code), Cell::Real(polygon.area_m2())];
        writer.add(0, fid, Shape::Polygon(polygon), &values)?;
    }
    Ok(writer.finish()?[0])
}
