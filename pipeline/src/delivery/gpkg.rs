//! `indicators.gpkg`: the tables on the map, one layer per level, in EPSG:4326.

use kernels::arrangement::{LayerMask, NO_KEY};
use kernels::lattice::Polygon;

use super::{Delivery, TABLES};
use crate::artefact::Draft;
use crate::comparison::Ground;
use crate::error::Error;
use crate::io::vector::Value;
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use crate::tables::gazetteer::Level;
use crate::tables::{Cell, Table};

/// The CRS of the national exports.
const EXPORT_EPSG: u32 = 4326;

/// Writes the file; see [`Delivery::tables_on_maps`].
pub(super) fn write(
    delivery: &Delivery<'_>,
    ground: &Ground,
    tables: &[Table],
) -> Result<Draft, Error> {
    let draft = delivery.draft(format!("{TABLES}/indicators.gpkg"))?;
    let find = |family: &str, level: Level| {
        let name = format!("{family}_{}", level.key());
        tables.iter().find(|table| table.name == name).map(|table| (level, table))
    };
    let wanted: Vec<(Level, &Table)> = ["artif", "imper"]
        .into_iter()
        .flat_map(|family| Level::ALL.map(|level| find(family, level)))
        .flatten()
        .collect();
    let layers: Vec<LayerSpec> = wanted.iter().map(|(_, table)| layer(delivery, table)).collect();
    let mut writer = VectorWriter::create(draft.temp(), VectorFormat::GeoPackage, &layers)?;
    for (rank, (level, table)) in wanted.iter().enumerate() {
        let shapes = shapes(ground, *level);
        for (fid, row) in (1..).zip(&table.rows) {
            let values: Vec<Value> = row.iter().map(value).collect();
            // The remainder comes last and has no ground of its own.
            let shape = shapes.get(fid as usize - 1).filter(|polygons| !polygons.is_empty());
            let shape = shape.map_or(Shape::None, |polygons| Shape::MultiPolygon(polygons));
            writer.add(rank, fid, shape, &values)?;
        }
    }
    writer.finish()?;
    Ok(draft)
}

fn layer(delivery: &Delivery<'_>, table: &Table) -> LayerSpec {
    let field = |(rank, column): (usize, &crate::tables::Column)| {
        let kind = match table.rows.iter().map(|row| &row[rank]).find(|cell| **cell != Cell::Empty)
        {
            Some(Cell::Integer(_)) => FieldKind::Integer,
            Some(Cell::Text(_)) | None => FieldKind::Text,
            Some(_) => FieldKind::Real,
        };
        Field::optional(&column.key, kind)
    };
    LayerSpec {
        name: table.name.clone(),
        title: delivery.titled(&table.title),
        geometry: GeometryKind::MultiPolygon,
        geometry_column: "geom",
        epsg: delivery.epsg,
        file_epsg: EXPORT_EPSG,
        fields: table.columns.iter().enumerate().map(field).collect(),
    }
}

/// The number that the CSV prints, or the words.
fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => Value::Text(text.clone()),
        Cell::Integer(value) => Value::Integer(*value),
        _ => cell.number().map_or(Value::Null, Value::Real),
    }
}

/// The ground of each place of a level, in the order of the places: its communes, dissolved.
fn shapes(ground: &Ground, level: Level) -> Vec<Vec<Polygon>> {
    let (places, parents) = ground.territory.communes.gazetteer.places(level);
    let place = |face| ground.commune(face).and_then(|commune| parents[commune as usize]);
    let keys: Vec<u32> =
        std::iter::once(NO_KEY).chain(ground.faces().map(|f| place(f).unwrap_or(NO_KEY))).collect();
    let mut shapes = vec![Vec::new(); places.len()];
    for dissolved in ground.plane.dissolve(&keys, LayerMask::of(&[ground.vintages.len()])) {
        shapes[dissolved.key as usize].push(dissolved.polygon);
    }
    shapes
}
