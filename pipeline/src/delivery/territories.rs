//! `territories_<department>.gpkg`: the layers that the figures were counted in, as they were read.

use super::Delivery;
use crate::artefact::Draft;
use crate::comparison::Ground;
use crate::error::Error;
use crate::io::vector::Value;
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use crate::styles::{Style, documents, products};

/// The layer of communes.
pub const COMMUNES: &str = "communes";
/// The layer of planning zones; absent when there are none.
pub const ZONES: &str = "zones";
/// How the names of the layers of the user's own start.
pub const CUSTOM_PREFIX: &str = "custom_";
/// The columns of the layer of communes.
pub const COMMUNE_COLUMNS: [&str; 8] = [
    "commune_code",
    "nom",
    "epci_code",
    "epci_nom",
    "scot_code",
    "scot_nom",
    "departement_code",
    "region_code",
];

/// Name of the file; no word of it is one that the national platform routes by.
pub fn file_name(department: &str) -> String {
    format!("territories_{department}.gpkg")
}

/// Writes the file; see [`Delivery::territories`].
pub(super) fn write(delivery: &Delivery<'_>, ground: &Ground) -> Result<Draft, Error> {
    let draft = delivery.draft(file_name(delivery.department))?;
    let mut layers = vec![layer(delivery, COMMUNES, "Communes", &COMMUNE_COLUMNS)];
    if !ground.territory.zones.polygons.is_empty() {
        layers.push(layer(delivery, ZONES, "Zones du document d'urbanisme", &["zonage"]));
    }
    for custom in &ground.territory.customs {
        let name = format!("{CUSTOM_PREFIX}{}", custom.name);
        layers.push(layer(delivery, &name, &custom.name, &["code", "nom"]));
    }
    let styles: Vec<Vec<Style>> = layers.iter().map(styles).collect();
    let styles: Vec<_> = styles.iter().map(Vec::as_slice).enumerate().collect();
    let mut writer = VectorWriter::create(draft.temp(), VectorFormat::GeoPackage, &layers)?;
    writer.set_styles(&styles)?;
    let communes = &ground.territory.communes;
    for ((fid, polygon), &owner) in (1..).zip(&communes.polygons).zip(&communes.owner) {
        let of = &communes.gazetteer.communes[owner as usize];
        let texts = [
            &of.code,
            &of.name,
            &of.epci,
            &of.epci_name,
            &of.scot,
            &of.scot_name,
            &of.department,
            &of.region,
        ];
        let values = texts.map(|text| Value::Text(text.clone()));
        writer.add(0, fid, Shape::Polygon(polygon), &values)?;
    }
    let zones = &ground.territory.zones;
    for ((fid, polygon), &owner) in (1..).zip(&zones.polygons).zip(&zones.owner) {
        let kind = zones.kinds[owner as usize].as_str();
        writer.add(1, fid, Shape::Polygon(polygon), &[kind.into()])?;
    }
    let first = layers.len() - ground.territory.customs.len();
    for (rank, custom) in (first..).zip(&ground.territory.customs) {
        for ((fid, polygon), &owner) in (1..).zip(&custom.polygons).zip(&custom.owner) {
            let (code, name) = &custom.places[owner as usize];
            let values = [code.as_str().into(), name.as_str().into()];
            writer.add(rank, fid, Shape::Polygon(polygon), &values)?;
        }
    }
    writer.finish()?;
    Ok(draft)
}

/// How `QGIS` draws a layer of territories.
fn styles(layer: &LayerSpec) -> Vec<Style> {
    let theme = products::territory_theme(&layer.title, layer.name == COMMUNES);
    documents(&layer.name, &[theme], &[])
}

fn layer(delivery: &Delivery<'_>, name: &str, title: &str, columns: &[&str]) -> LayerSpec {
    LayerSpec {
        name: name.to_owned(),
        title: title.to_owned(),
        geometry: GeometryKind::Polygon,
        geometry_column: "geom",
        epsg: delivery.epsg,
        file_epsg: delivery.epsg,
        fields: columns.iter().map(|name| Field::optional(*name, FieldKind::Text)).collect(),
    }
}
