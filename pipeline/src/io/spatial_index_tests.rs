use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::io::gdal::open_vector;
use crate::io::vector::VectorSource;
use crate::io::vector::copy::Piece;
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use kernels::lattice::{Point, Polygon, Ring};
use proptest::prelude::*;

/// A layer whose name has what SQL quotes.
const LAYER: &str = "l'\"été";

fn written(path: &Path, points: &[Point]) -> Dataset {
    let layer = LayerSpec {
        name: LAYER.to_owned(),
        title: String::new(),
        geometry: GeometryKind::Point,
        geometry_column: "geom",
        epsg: 2154,
        file_epsg: 2154,
        fields: vec![Field::optional("n", FieldKind::Integer)],
    };
    let mut writer = VectorWriter::create(path, VectorFormat::GeoPackage, &[layer]).unwrap();
    let null = [crate::io::vector::Value::Null];
    for (point, fid) in points.iter().zip(7..) {
        writer.add(0, fid, Shape::Point(*point), &null).unwrap();
    }
    // A feature without shape is not in the index.
    writer.add(0, 3, Shape::None, &null).unwrap();
    writer.finish().unwrap();
    open_vector(path).unwrap()
}

fn points(n: i64) -> Vec<Point> {
    let place = |i: i64| Point::new((i * 7919 % 100_003) as i32, (i * 104_729 % 99_991) as i32);
    (0..n).map(place).collect()
}

#[test]
fn sqlite_finds_the_tree_sound_at_every_height() {
    let folder = tempfile::tempdir().unwrap();
    // Empty, one leaf, a full leaf, two levels, a full second level, three levels.
    for n in [0, 1, 51, 52, 2601, 2602, 6000] {
        let dataset = written(&folder.path().join(format!("{n}.gpkg")), &points(n));
        let table = format!("rtree_{LAYER}_geom");
        let check = format!("SELECT rtreecheck({})", text(&table));
        assert_eq!(column_of(&dataset, &check).unwrap(), ["ok"], "{n} features");
        let count = format!("SELECT COUNT(*) FROM {}", identifier(&table));
        assert_eq!(column_of(&dataset, &count).unwrap(), [n.to_string()]);
    }
}

#[test]
fn a_window_finds_what_it_should() {
    let folder = tempfile::tempdir().unwrap();
    let points = points(6000);
    let dataset = written(&folder.path().join("a.gpkg"), &points);
    let sql = format!(
        "SELECT id FROM {} WHERE minx <= 600 AND maxx >= 400 AND miny <= 500 AND maxy >= 100",
        identifier(&format!("rtree_{LAYER}_geom"))
    );
    let ids = column_of(&dataset, &sql).unwrap();
    let found: BTreeSet<i64> = ids.iter().map(|id| id.parse().unwrap()).collect();
    let is_in = |p: &Point| (40_000..=60_000).contains(&p.x) && (10_000..=50_000).contains(&p.y);
    let expected: BTreeSet<i64> =
        points.iter().zip(7..).filter(|(p, _)| is_in(p)).map(|(_, fid)| fid).collect();
    assert!(expected.len() > 100);
    assert_eq!(found, expected);
}

#[test]
fn the_triggers_of_the_standard_keep_the_index_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gpkg");
    drop(written(&path, &points(100)));
    let options = gdal::DatasetOptions {
        open_flags: gdal::GdalOpenFlags::GDAL_OF_VECTOR | gdal::GdalOpenFlags::GDAL_OF_UPDATE,
        ..Default::default()
    };
    let dataset = Dataset::open_ex(&path, options).unwrap();
    let triggers =
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'rtree_%'";
    // Insert, delete, and the four cases of an update.
    assert_eq!(column_of(&dataset, triggers).unwrap(), ["6"]);
    run(&dataset, &format!("DELETE FROM {} WHERE fid = 8", identifier(LAYER))).unwrap();
    let table = format!("rtree_{LAYER}_geom");
    let left = format!("SELECT COUNT(*) FROM {}", identifier(&table));
    assert_eq!(column_of(&dataset, &left).unwrap(), ["99"]);
    let check = format!("SELECT rtreecheck({})", text(&table));
    assert_eq!(column_of(&dataset, &check).unwrap(), ["ok"]);
}

/// The features of a layer whose boxes meet each of some windows, by its index.
fn answers(dataset: &Dataset) -> Vec<Vec<i64>> {
    let table = identifier(&format!("rtree_{LAYER}_geom"));
    let windows = [(0, 0, 2000, 2000), (400, 100, 420, 130), (-9, -9, 0, 0), (955, 12, 955, 700)];
    let ids_in = |(west, south, east, north): (i32, i32, i32, i32)| {
        let sql = format!(
            "SELECT id FROM {table} WHERE minx <= {east} AND maxx >= {west} \
             AND miny <= {north} AND maxy >= {south} ORDER BY id"
        );
        let ids = column_of(dataset, &sql).unwrap();
        ids.iter().map(|id| id.parse().unwrap()).collect()
    };
    windows.map(ids_in).to_vec()
}

#[test]
fn a_copied_layer_answers_as_with_the_index_of_gdal() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from.gpkg"), folder.path().join("to.gpkg"));
    drop(written(&from, &points(3000)));
    let shapes: Vec<Polygon> = points(3000)
        .into_iter()
        .map(|p| {
            let corners = [(0, 0), (900, 0), (0, 1700)];
            let corner = |(dx, dy): (i32, i32)| Point::new(p.x + dx, p.y + dy);
            Polygon { exterior: Ring(corners.map(corner).to_vec()), holes: vec![] }
        })
        .collect();
    let source = VectorSource::open(&from, None).unwrap();
    let pieces = |rank: usize| -> Vec<Piece<'_>> {
        let own = shapes.get(rank).into_iter();
        own.map(|polygon| Piece { polygon, changed: None }).collect()
    };
    assert_eq!(source.copy_with(&to, 2154, None, pieces).unwrap(), 3000);
    let options = gdal::DatasetOptions {
        open_flags: gdal::GdalOpenFlags::GDAL_OF_VECTOR | gdal::GdalOpenFlags::GDAL_OF_UPDATE,
        ..Default::default()
    };
    let copy = Dataset::open_ex(&to, options).unwrap();
    let check = format!("SELECT rtreecheck({})", text(&format!("rtree_{LAYER}_geom")));
    assert_eq!(column_of(&copy, &check).unwrap(), ["ok"]);
    let ours = answers(&copy);
    assert_eq!(ours[0].len(), 3000);
    assert!(ours[1..].iter().all(|ids| ids.len() < 200) && ours[3].len() > 10);
    for action in ["DisableSpatialIndex", "CreateSpatialIndex"] {
        let sql = format!("SELECT {action}({}, 'geom')", text(LAYER));
        assert_eq!(column_of(&copy, &sql).unwrap(), ["1"]);
    }
    assert_eq!(answers(&copy), ours);
}

proptest! {
    #[test]
    fn rounding_goes_outwards_by_less_than_one_step(v in -1e8_f64..1e8) {
        let (low, high) = (below(v), above(v));
        prop_assert!(f64::from(low) <= v && v <= f64::from(high));
        prop_assert!([low, low.next_up()].map(f32::to_bits).contains(&high.to_bits()));
    }

    #[test]
    fn every_feature_is_in_one_leaf_and_every_node_in_the_box_above(n in 1_usize..8000) {
        let cell = |(id, p): (i64, Point)| {
            let (x, y) = p.to_metres();
            Cell { id, extent: Extent { low: [below(x), below(y)], high: [above(x), above(y)] } }
        };
        let nodes = packed((0..).zip(points(n as i64)).map(cell).collect());
        let ids: BTreeSet<i64> =
            nodes.iter().filter(|v| v.height == 0).flat_map(|v| &v.cells).map(|c| c.id).collect();
        prop_assert!(ids.into_iter().eq(0..n as i64));
        for (rank, node) in nodes.iter().enumerate() {
            prop_assert_eq!(node.number, rank as i64 + 1);
            for cell in node.cells.iter().filter(|_| node.height > 0) {
                let below = &nodes[cell.id as usize - 1];
                prop_assert_eq!(below.height + 1, node.height);
                let around = below.cells.iter().map(|c| c.extent).reduce(Extent::with);
                prop_assert_eq!(around, Some(cell.extent));
            }
        }
    }
}
