//! `fiche.gpkg`: the blank sheet that an interpreter fills in, without anything that the map says.

use std::path::Path;

use kernels::lattice::{Point, Polygon, Ring, STEPS_PER_METRE};
use nomenclature::Nomenclature;

use super::form;
use crate::error::Error;
use crate::io::vector::Value;
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use crate::styles::Style;

/// The layer of the places.
pub const LAYER: &str = "echantillon";
/// The layer of the windows around them.
pub const WINDOWS: &str = "fenetres";

/// The certainty that says that a place cannot be told.
pub const NOT_OBSERVABLE: &str = "non_observable";
/// What a certainty can be, with its name.
pub const CERTAINTIES: [(&str, &str); 4] = [
    ("certain", "Certain"),
    ("probable", "Probable"),
    ("douteux", "Douteux"),
    (NOT_OBSERVABLE, "Non observable (laisser les codes vides)"),
];

/// The columns besides the id, all empty.
const COLUMNS: [&str; 6] = ["code_cs", "code_us", "certitude", "interprete", "date", "commentaire"];

/// Writes the sheet.
///
/// * `places`: ids and places, in the order of the sheet.
/// * `window_m`: side of the square shown around each place.
///
/// # Errors
/// [`Error::Write`] when the file cannot be written.
pub fn write(
    path: &Path,
    (epsg, window_m): (u32, f64),
    places: &[(String, Point)],
    nomenclature: &Nomenclature,
) -> Result<(), Error> {
    let layers = [
        spec(LAYER, "Échantillon à interpréter", GeometryKind::Point, epsg, &COLUMNS),
        spec(WINDOWS, "Fenêtres autour des points", GeometryKind::Polygon, epsg, &[]),
    ];
    let mut writer = VectorWriter::create(path, VectorFormat::GeoPackage, &layers)?;
    for (fid, (id, point)) in (1..).zip(places) {
        let mut row = vec![Value::from(id.as_str())];
        row.resize(1 + COLUMNS.len(), Value::Null);
        writer.add(0, fid, Shape::Point(*point), &row)?;
        let window = window(*point, window_m);
        writer.add(1, fid, Shape::Polygon(&window), &[id.as_str().into()])?;
    }
    writer.set_styles(&[
        (0, &[Style::of(LAYER, form::places(nomenclature))]),
        (1, &[Style::of(WINDOWS, form::windows())]),
    ])?;
    writer.finish()?;
    Ok(())
}

fn spec(name: &str, title: &str, geometry: GeometryKind, epsg: u32, empty: &[&str]) -> LayerSpec {
    let empty = empty.iter().map(|name| Field::optional(*name, FieldKind::Text));
    LayerSpec {
        name: name.to_owned(),
        title: title.to_owned(),
        geometry,
        geometry_column: "geom",
        epsg,
        file_epsg: epsg,
        fields: std::iter::once(Field::unique("id", FieldKind::Text)).chain(empty).collect(),
    }
}

/// The square around a place.
fn window(place: Point, side_m: f64) -> Polygon {
    let half = (side_m * f64::from(STEPS_PER_METRE) / 2.0).round() as i32;
    let corner = |x: i32, y: i32| Point::new(place.x + x * half, place.y + y * half);
    let corners = vec![corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
    Polygon { exterior: Ring(corners), holes: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::vector::{VectorSource, layer_names};

    fn written(dir: &Path) -> std::path::PathBuf {
        let path = dir.join("fiche.gpkg");
        let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
        let places = [("ab-1", 65_000_000), ("ab-2", 65_001_000)];
        let places = places.map(|(id, x)| (id.to_owned(), Point::new(x, 630_000_000)));
        write(&path, (2154, 50.0), &places, &ocsge).unwrap();
        path
    }

    #[test]
    fn a_sheet_holds_places_and_windows_and_nothing_of_the_map() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path());
        assert_eq!(layer_names(&path).unwrap(), [LAYER, WINDOWS]);
        let source = VectorSource::open(&path, Some(LAYER)).unwrap();
        let names: Vec<_> = source.info().columns.iter().map(|c| c.name.as_str()).collect();
        let expected =
            ["id", "code_cs", "code_us", "certitude", "interprete", "date", "commentaire"];
        assert_eq!(names, expected);
        let columns: Vec<usize> = (0..7).collect();
        for feature in source.features(&columns, 2154).unwrap() {
            let values = feature.unwrap().values;
            assert!(values[1..].iter().all(|value| *value == Value::Null), "{values:?}");
        }
    }

    #[test]
    fn the_form_lists_every_leaf_with_its_french_name_and_is_whole() {
        let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
        let qml = form::places(&ocsge);
        for (code, label) in [("CS1.1.1.1", "Zones bâties"), ("US1.1", "Agriculture")] {
            assert!(qml.contains(&format!("value=\"{code}\"")), "{code}");
            assert!(qml.contains(&format!("{code} – {label}")), "{label}");
        }
        assert!(!qml.contains("value=\"CS1.1\""), "only leaves are offered");
        for qml in [qml, form::windows()] {
            let mut open = Vec::new();
            for tag in qml.split('<').skip(1).filter(|tag| !tag.starts_with('!')) {
                let (tag, _) = tag.split_once('>').unwrap();
                let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
                match (tag.starts_with('/'), tag.ends_with('/')) {
                    (true, _) => assert_eq!(open.pop(), Some(name)),
                    (false, false) => open.push(name),
                    (false, true) => {}
                }
            }
            assert!(open.is_empty(), "{open:?}");
        }
    }
}
