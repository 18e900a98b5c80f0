use kernels::lattice::{Polygon, Ring};

use super::*;
use crate::io::issue::key;
use crate::io::srs::WGS84;
use crate::io::vector::VectorSource;

fn square(x: i32, y: i32, side: i32) -> Polygon {
    let corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)];
    Polygon { exterior: Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec()), holes: Vec::new() }
}

fn spec() -> LayerSpec {
    LayerSpec {
        name: "ZONES".to_owned(),
        title: "Zones d'essai".to_owned(),
        geometry: GeometryKind::Polygon,
        geometry_column: "the_geom",
        epsg: 2154,
        file_epsg: 2154,
        fields: vec![
            Field::unique("id", FieldKind::Text),
            Field::optional("CS_2021", FieldKind::Text),
            Field::required("aire", FieldKind::Real),
            Field::required("crit_seuil", FieldKind::Boolean),
            Field::optional("n", FieldKind::Integer64),
        ],
    }
}

fn row(i: i64) -> [Value; 5] {
    let code = if i % 2 == 0 { Value::Null } else { Value::Text("CS1.1.1.1 é".to_owned()) };
    let id = Value::Text(format!("OCS{i:04}"));
    [id, code, Value::Real(0.1 * i as f64), Value::Integer(i % 2), Value::Integer(i << 40)]
}

fn polygon(i: i64) -> Polygon {
    square(70_000_000 + 300 * i as i32, 660_000_000, 200)
}

fn write(path: &Path, n: i64) -> Vec<u64> {
    let mut writer = VectorWriter::create(path, VectorFormat::GeoPackage, &[spec()]).unwrap();
    for i in 0..n {
        writer.add(0, 10 + i, Shape::Polygon(&polygon(i)), &row(i)).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zones.gpkg");
    assert_eq!(write(&path, 50), [50]);
    let source = VectorSource::open(&path, None).unwrap();
    assert_eq!((source.info().epsg, source.info().n_features), (Some(2154), 50));
    let names: Vec<_> = source.info().columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["id", "CS_2021", "aire", "crit_seuil", "n"]);
    assert_eq!(source.column(&["code_cs", "cs_2021"]), Some(1));
    let features: Vec<_> =
        source.features(&[0, 1, 2, 3, 4], 2154).unwrap().map(Result::unwrap).collect();
    assert_eq!(features.len(), 50);
    for (i, feature) in (0..).zip(&features) {
        assert_eq!(feature.fid, 10 + i);
        assert_eq!(feature.polygons, [polygon(i)]);
        assert_eq!(feature.values, row(i));
        assert!(feature.issues.is_empty());
    }
}

#[test]
fn two_runs_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.gpkg"), folder.path().join("b.gpkg"));
    write(&a, 3000);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    write(&b, 3000);
    assert!(std::fs::read(a).unwrap() == std::fs::read(b).unwrap());
}

#[test]
fn several_layers_live_in_one_file_and_other_systems_are_reached() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.gpkg");
    let point_layer = LayerSpec {
        name: "anchors".to_owned(),
        geometry: GeometryKind::Point,
        file_epsg: WGS84,
        fields: vec![],
        ..spec()
    };
    let layers = [spec(), point_layer];
    let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &layers).unwrap();
    writer.add(0, 1, Shape::Polygon(&polygon(1)), &row(1)).unwrap();
    writer.add(1, 1, Shape::Point(Point::new(70_000_000, 660_000_000)), &[]).unwrap();
    writer.add(1, 2, Shape::None, &[]).unwrap();
    assert_eq!(writer.finish().unwrap(), [1, 2]);

    let fault = VectorSource::open(&path, None).unwrap_err().to_string();
    assert!(fault.contains("`ZONES`, `anchors`"), "{fault}");
    let source = VectorSource::open(&path, Some("ANCHORS")).unwrap();
    assert_eq!(source.info().epsg, Some(WGS84));
    let features: Vec<_> = source.features(&[], 2154).unwrap().map(Result::unwrap).collect();
    assert_eq!(features[0].points, [Point::new(70_000_000, 660_000_000)]);
    assert_eq!(features[1].issues[0].key, key::GEOMETRY_NULL);
}

#[test]
fn flatgeobuf_is_written_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zones.fgb");
    let mut writer = VectorWriter::create(&path, VectorFormat::FlatGeobuf, &[spec()]).unwrap();
    for i in 0..20 {
        writer.add(0, i, Shape::Polygon(&polygon(i)), &row(i)).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), [20]);
    let source = VectorSource::open(&path, None).unwrap();
    assert_eq!(source.features(&[0], 2154).unwrap().map(Result::unwrap).count(), 20);
}

#[test]
fn rows_that_do_not_fit_are_refused_before_they_are_converted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.gpkg");
    let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &[spec()]).unwrap();
    let good = row(1);
    for (index, bad) in [
        (0, Value::Null),
        (1, Value::Integer(3)),
        (2, Value::Real(f64::NAN)),
        (3, Value::Integer(2)),
        (3, Value::Null),
    ] {
        let mut values = good.clone();
        values[index] = bad;
        let shape = polygon(1);
        assert!(writer.add(0, 1, Shape::Polygon(&shape), &values).is_err(), "column {index}");
    }
    assert!(writer.add(0, 1, Shape::Point(Point::new(0, 0)), &good).is_err());
    assert!(writer.add(0, 1, Shape::Polygon(&polygon(1)), &good[..4]).is_err());
    assert!(writer.add(0, 1, Shape::Polygon(&Polygon::default()), &good).is_err());
    writer.add(0, 1, Shape::Polygon(&polygon(1)), &good).unwrap();
    assert!(writer.add(0, 1, Shape::Polygon(&polygon(2)), &good).is_err(), "fid 1 twice");
    assert!(VectorWriter::create(&path, VectorFormat::GeoPackage, &[spec()]).is_err());
}

#[test]
fn a_shapefile_refuses_what_the_format_would_cut_short_and_has_no_clock() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let create = |name: &str, column: &str| {
        let field = Field::required(column, FieldKind::Text);
        let spec = LayerSpec { name: name.to_owned(), fields: vec![field], ..spec() };
        VectorWriter::create(&path(&format!("{name}.shp")), VectorFormat::Shapefile, &[spec])
    };
    let refused = create("names", "ARTIFICIALISATION").err().unwrap().to_string();
    assert!(refused.contains("`ARTIFICIALISATION`") && refused.contains("10"), "{refused}");
    for name in ["one", "two"] {
        let mut writer = create(name, "CODE").unwrap();
        let shape = polygon(0);
        writer.add(0, 1, Shape::Polygon(&shape), &["é".repeat(127).into()]).unwrap();
        let refused = writer.add(0, 2, Shape::Polygon(&shape), &["é".repeat(128).into()]);
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("feature 2") && refused.contains("256 bytes"), "{refused}");
        assert_eq!(writer.finish().unwrap(), [1]);
    }
    for part in ["cpg", "dbf", "prj", "shp", "shx"] {
        let bytes = |name: &str| std::fs::read(path(&format!("{name}.{part}"))).unwrap();
        assert!(bytes("one") == bytes("two"), "{part}");
    }
    // The date of the last change stands in bytes 1 to 3 of a .dbf, years from 1900.
    assert_eq!(std::fs::read(path("one.dbf")).unwrap()[1..4], [70, 1, 1]);
}
