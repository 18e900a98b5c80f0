//! The sample's vector files and tables, in the layouts that the pipeline reads.

use std::path::Path;

use kernels::lattice::{Point, Polygon};

use super::evidence::{Course, Evidence, Surface};
use super::ground::Ground;
use super::mosaic::{Change, Object};
use super::prior::WrongLabel;
use super::site::Site;
use super::territories::{Commune, SCOT, Zone};
use crate::Error;
use crate::io::record::{OccupationRecord, Record};
use crate::io::schema::{Names, Product};
use crate::io::vector::Value;
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};

/// A feature to write: its shape and its values.
type Row<'a> = (Shape<'a>, Vec<Value>);

fn layer(
    name: &str,
    geometry: GeometryKind,
    epsg: u32,
    columns: &[(&str, FieldKind)],
) -> LayerSpec {
    LayerSpec {
        name: name.to_owned(),
        title: name.replace('_', " "),
        geometry,
        geometry_column: "geom",
        epsg,
        file_epsg: epsg,
        fields: columns.iter().map(|&(name, kind)| Field::required(name, kind)).collect(),
    }
}

fn write(path: &Path, layers: &[(LayerSpec, Vec<Row<'_>>)]) -> Result<(), Error> {
    let specs: Vec<LayerSpec> = layers.iter().map(|l| l.0.clone()).collect();
    let mut writer = VectorWriter::create(path, VectorFormat::GeoPackage, &specs)?;
    for (rank, (_, rows)) in layers.iter().enumerate() {
        for (fid, (shape, values)) in (1..).zip(rows) {
            writer.add(rank, fid, *shape, values)?;
        }
    }
    writer.finish()?;
    Ok(())
}

/// Writes a vintage as an `OCCUPATION_SOL` file.
///
/// # Errors
/// The file exists or cannot be written.
pub fn occupation(
    path: &Path,
    site: &Site,
    vintage: u16,
    source: &str,
    objects: &[Object],
) -> Result<(), Error> {
    let names =
        Names { department: site.department.clone(), vintage, prior: vintage, epsg: site.epsg };
    let rows = (1..)
        .zip(objects)
        .map(|(rank, object): (usize, &Object)| {
            let record = OccupationRecord {
                id: format!("OCSGE{}{vintage}{rank:08}", site.department),
                code_cs: object.codes.cs.to_owned(),
                code_us: object.codes.us.to_owned(),
                vintage,
                source: source.to_owned(),
                is_ossature: object.is_ossature,
                id_origine: None,
                code_or: None,
            };
            (Shape::Polygon(&object.polygon), record.values())
        })
        .collect();
    write(path, &[(Product::Occupation.layer(&names), rows)])
}

/// Writes the true changes.
///
/// # Errors
/// The file exists or cannot be written.
pub fn changes(path: &Path, epsg: u32, changes: &[Change]) -> Result<(), Error> {
    let text = FieldKind::Text;
    let columns = [
        ("id", FieldKind::Integer),
        ("cs_avant", text),
        ("us_avant", text),
        ("cs_apres", text),
        ("us_apres", text),
        ("surface_m2", FieldKind::Real),
    ];
    let rows = (1_i64..)
        .zip(changes)
        .map(|(id, c)| {
            let values = vec![
                id.into(),
                c.from.cs.into(),
                c.from.us.into(),
                c.to.cs.into(),
                c.to.us.into(),
                c.polygon.area_m2().into(),
            ];
            (Shape::Polygon(&c.polygon), values)
        })
        .collect();
    write(path, &[(layer("changes", GeometryKind::Polygon, epsg, &columns), rows)])
}

/// Writes one line of a table per true change or wrong label: number, codes, area and a place.
///
/// # Errors
/// The file cannot be written.
pub fn pairs_table<'a>(
    path: &Path,
    header: [&str; 8],
    rows: impl Iterator<Item = (&'a Polygon, [&'a str; 4])>,
) -> Result<(), Error> {
    let write_error = |e: csv::Error| Error::write(path)(e.into());
    let mut table = csv::Writer::from_path(path).map_err(write_error)?;
    table.write_record(header).map_err(write_error)?;
    for (id, (polygon, codes)) in (1..).zip(rows) {
        let (x_m, y_m) = kernels::arrangement::interior_point(polygon).unwrap_or((0.0, 0.0));
        let mut record = vec![format!("{id}")];
        record.extend(codes.map(str::to_owned));
        record.push(format!("{:.2}", polygon.area_m2()));
        record.extend([format!("{x_m:.2}"), format!("{y_m:.2}")]);
        table.write_record(&record).map_err(write_error)?;
    }
    table.flush().map_err(Error::write(path))
}

/// Writes the tables of the true changes and of the wrong labels of the prior vintage.
///
/// # Errors
/// A file cannot be written.
pub fn tables(folder: &Path, changes: &[Change], wrong: &[WrongLabel]) -> Result<(), Error> {
    let codes = ["cs_avant", "us_avant", "cs_apres", "us_apres"];
    let header = ["id", codes[0], codes[1], codes[2], codes[3], "surface_m2", "x", "y"];
    let rows = changes.iter().map(|c| (&c.polygon, [c.from.cs, c.from.us, c.to.cs, c.to.us]));
    pairs_table(&folder.join("changes.csv"), header, rows)?;
    let header = ["id", "cs_vrai", "us_vrai", "cs_prior", "us_prior", "surface_m2", "x", "y"];
    let rows = wrong.iter().map(|w| (&w.polygon, [w.truth.cs, w.truth.us, w.prior.cs, w.prior.us]));
    pairs_table(&folder.join("label_noise.csv"), header, rows)
}

fn surfaces(list: &[Surface]) -> Vec<Row<'_>> {
    list.iter().map(|s| (Shape::Polygon(&s.polygon), vec![s.nature.into()])).collect()
}

fn courses(list: &[Course]) -> Vec<Row<'_>> {
    list.iter().map(|c| (Shape::Line(&c.points), vec![c.nature.into(), c.width_m.into()])).collect()
}

/// Writes the layers of evidence: `bdtopo.gpkg`, `rpg.gpkg` and `bdforet.gpkg`.
///
/// # Errors
/// A file exists or cannot be written.
pub fn evidence(folder: &Path, epsg: u32, evidence: &Evidence) -> Result<(), Error> {
    let (text, real) = (FieldKind::Text, FieldKind::Real);
    let polygons =
        |name: &str, column: &str| layer(name, GeometryKind::Polygon, epsg, &[(column, text)]);
    let lines = |name: &str, width: &str| {
        layer(name, GeometryKind::Line, epsg, &[("nature", text), (width, real)])
    };
    write(
        &folder.join("bdtopo.gpkg"),
        &[
            (polygons("batiment", "usage_1"), surfaces(&evidence.buildings)),
            (lines("troncon_de_route", "largeur_de_chaussee"), courses(&evidence.roads)),
            (lines("troncon_de_voie_ferree", "largeur"), courses(&evidence.rail)),
            (polygons("surface_hydrographique", "nature"), surfaces(&evidence.water)),
            (polygons("terrain_de_sport", "nature"), surfaces(&evidence.sports)),
        ],
    )?;
    let crops = (polygons("rpg", "code_cultu"), surfaces(&evidence.crops));
    write(&folder.join("rpg.gpkg"), &[crops])?;
    let forest = (polygons("bdforet", "essence"), surfaces(&evidence.forest));
    write(&folder.join("bdforet.gpkg"), &[forest])
}

/// Writes the communes and the planning zones.
///
/// # Errors
/// A file exists or cannot be written.
pub fn territories(
    folder: &Path,
    epsg: u32,
    communes: &[Commune],
    zones: &[Zone],
) -> Result<(), Error> {
    let columns = ["insee", "nom", "epci", "epci_nom", "scot", "scot_nom"];
    let columns = columns.map(|name| (name, FieldKind::Text));
    let rows = communes
        .iter()
        .map(|c| {
            let values = [c.insee.as_str(), c.name, c.epci.0, c.epci.1, SCOT.0, SCOT.1];
            (Shape::MultiPolygon(&c.polygons), values.map(Value::from).to_vec())
        })
        .collect();
    let spec = layer("communes", GeometryKind::MultiPolygon, epsg, &columns);
    write(&folder.join("communes.gpkg"), &[(spec, rows)])?;
    let columns = [("TYPEZONE", FieldKind::Text), ("LIBELLE", FieldKind::Text)];
    let rows = zones
        .iter()
        .map(|z| (Shape::Polygon(&z.polygon), vec![z.kind.into(), z.kind.into()]))
        .collect();
    let spec = layer("zone_urba", GeometryKind::Polygon, epsg, &columns);
    write(&folder.join("plu.gpkg"), &[(spec, rows)])
}

/// The corners of the territory, in metres, for the talk.
pub fn corners_m(ground: &Ground) -> [(f64, f64); 2] {
    let Point { x, y } = ground.anchor;
    let side = ground.size_m * kernels::lattice::STEPS_PER_METRE;
    [Point::new(x, y).to_metres(), Point::new(x + side, y + side).to_metres()]
}
