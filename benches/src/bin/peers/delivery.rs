//! A layer such as a department delivers: ids, covers and usages on a coverage with roads.

use std::path::Path;

use benches::network;
use kernels::lattice::Polygon;
use pipeline::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use serde_json::{Value, json};

use crate::Outcome;

/// Covers and usages that neighbours take in turn, so that no two of them have both in common.
const COVERS: [&str; 7] =
    ["CS1.1.1.1", "CS1.1.1.2", "CS1.1.2.1", "CS2.1.1.1", "CS2.1.2", "CS2.1.3", "CS2.2.1"];
const USAGES: [&str; 5] = ["US1.1", "US1.2", "US2", "US3", "US5"];

/// Writes the network coverage of `side x side` cells as `OCCUPATION_SOL`.
pub(crate) fn make(path: &Path, side: i32) -> Outcome<Value> {
    let [polygons, _] = network::pair(side);
    let text = |name: &str| Field::required(name, FieldKind::Text);
    let layer = LayerSpec {
        name: "OCCUPATION_SOL".to_owned(),
        title: "OCCUPATION_SOL".to_owned(),
        geometry: GeometryKind::Polygon,
        geometry_column: "geom",
        epsg: 2154,
        file_epsg: 2154,
        fields: vec![text("id"), text("code_cs"), text("code_us")],
    };
    let mut writer = VectorWriter::create(path, VectorFormat::GeoPackage, &[layer])?;
    for (rank, polygon) in polygons.iter().enumerate() {
        let codes = [COVERS[rank % COVERS.len()], USAGES[rank % USAGES.len()]];
        let values = [format!("OCSGE{rank:012}").into(), codes[0].into(), codes[1].into()];
        writer.add(0, rank as i64 + 1, Shape::Polygon(polygon), &values)?;
    }
    let n_corners: usize = polygons.iter().flat_map(Polygon::rings).map(|ring| ring.0.len()).sum();
    Ok(json!({ "polygons": writer.finish()?[0], "corners": n_corners }))
}
