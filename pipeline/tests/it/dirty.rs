//! The sample's true vintage broken in ten known ways: every fault is found, every square
//! centimetre accounted for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use kernels::lattice::{Point, Polygon, Ring};
use nomenclature::{Dimension, Nomenclature};
use pipeline::cli;
use pipeline::config::Layer as Source;
use pipeline::io::vector::VectorSource;
use pipeline::tally::Tally;
use pipeline::vintage::Vintage;

use crate::town::{Layer, said, texts};

/// Side of the field that is redrawn with faults.
const FIELD_M: i32 = 60;
/// Corners on its outline that its new parcels have, in decimetres, counter-clockwise.
const OUTLINE_DM: [(i32, i32); 14] = [
    (0, 0),
    (200, 0),
    (400, 0),
    (450, 0),
    (600, 0),
    (600, 200),
    (600, 203),
    (600, 400),
    (600, 600),
    (400, 600),
    (200, 600),
    (0, 600),
    (0, 400),
    (0, 200),
];

fn wkt_ring(ring: &Ring) -> String {
    let text = |p: &Point| format!("{:.2} {:.2}", f64::from(p.x) / 100.0, f64::from(p.y) / 100.0);
    let closed = ring.0.iter().chain(ring.0.first()).map(text);
    format!("({})", closed.collect::<Vec<_>>().join(", "))
}

fn wkt(polygon: &Polygon) -> String {
    let rings: Vec<String> = polygon.rings().map(wkt_ring).collect();
    format!("POLYGON ({})", rings.join(", "))
}

/// Corners in decimetres from the corner of the field.
fn ring(corner: Point, corners_dm: &[(i32, i32)]) -> Ring {
    let point = |&(x, y): &(i32, i32)| Point::new(corner.x + 10 * x, corner.y + 10 * y);
    Ring(corners_dm.iter().map(point).collect())
}

/// A square of the side of the field inside a polygon, clear of its sides.
fn field(polygon: &Polygon) -> Option<Point> {
    let (low, high) = polygon.bounds()?;
    let side = 100 * FIELD_M;
    let is_clear = |corner: Point| {
        let far = Point::new(corner.x + side, corner.y + side);
        let is_apart = |(a, b): (Point, Point)| {
            a.x.max(b.x) < corner.x - 100
                || a.x.min(b.x) > far.x + 100
                || a.y.max(b.y) < corner.y - 100
                || a.y.min(b.y) > far.y + 100
        };
        polygon.rings().flat_map(Ring::segments).all(is_apart) && polygon.holds(corner)
    };
    let steps = |from: i32, to: i32| (from / 100..to / 100 - FIELD_M).map(|metre| 100 * metre);
    steps(low.x, high.x)
        .flat_map(|x| steps(low.y, high.y).map(move |y| Point::new(x, y)))
        .find(|&corner| is_clear(corner))
}

/// Corners of a ring, in decimetres.
type Corners = Vec<(i32, i32)>;

/// The parcels drawn in the field: id, cover, and corners in decimetres.
fn parcels() -> Vec<(&'static str, &'static str, Vec<Corners>)> {
    let plain = vec![(200, 203), (600, 203), (600, 400), (400, 400), (200, 400)];
    let square = |x: i32, y: i32| vec![(x, y), (x + 200, y), (x + 200, y + 200), (x, y + 200)];
    vec![
        // A bow tie, whose two lobes of 100 m2 cancel out in its area.
        ("x-bow", "CS2.2.1", vec![vec![(0, 0), (200, 200), (200, 0), (0, 200)]]),
        // Two triangles of the same id.
        ("x-tri", "CS2.2.1", vec![vec![(0, 200), (100, 100), (200, 200)]]),
        ("x-tri", "CS2.2.1", vec![vec![(0, 0), (200, 0), (100, 100)]]),
        // Two parcels that share 5 m x 20 m; the second has an older, deeper code.
        (
            "x-one",
            "CS2.1.1.1",
            vec![vec![(200, 0), (400, 0), (450, 0), (450, 200), (400, 200), (200, 200)]],
        ),
        (
            "x-two",
            "CS2.2.1.4",
            vec![vec![(400, 0), (450, 0), (600, 0), (600, 200), (450, 200), (400, 200)]],
        ),
        // A strip of 40 m x 0.3 m.
        (
            "x-strip",
            "CS2.2.1",
            vec![vec![(200, 200), (400, 200), (450, 200), (600, 200), (600, 203), (200, 203)]],
        ),
        // The same parcel twice, 40 m x 19.7 m.
        ("x-plain", "CS2.2.1", vec![plain.clone()]),
        ("x-plain-again", "CS2.2.1", vec![plain]),
        // One feature of two squares, and one without cover between them.
        ("x-parts", "CS2.2.1", vec![square(0, 400), square(400, 400)]),
        ("x-null", "", vec![square(200, 400)]),
        // Nothing from (0, 200) to (200, 400): a gap of 400 m2.
    ]
}

/// Writes the true vintage of 2021 with one field redrawn, under the column names of 2009.
fn break_vintage(truth: &Path, to: &Path) {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let source = Source { path: truth.to_owned(), layer: None };
    let whole = Vintage::read(&source, 2021, 2154, &nomenclature, &Tally::default()).unwrap();
    let (host, corner) = (0..whole.n_polygons())
        .find_map(|rank| Some((rank, field(&whole.polygons[rank])?)))
        .expect("an object of the sample is wide enough");
    let mut rows = Vec::new();
    for (rank, polygon) in whole.polygons.iter().enumerate() {
        let mut polygon = polygon.clone();
        if rank == host {
            let mut hole = ring(corner, &OUTLINE_DM);
            hole.0.reverse();
            polygon.holes.push(hole);
        }
        let cs = nomenclature.code(Dimension::Cover, whole.couples[rank].cs);
        let us = nomenclature.code(Dimension::Usage, whole.couples[rank].us);
        rows.push((wkt(&polygon), texts(&[&whole.objects[rank].id, cs, us])));
    }
    for (id, cs, parts) in parcels() {
        let parts: Vec<String> =
            parts.iter().map(|part| format!("({})", wkt_ring(&ring(corner, part)))).collect();
        rows.push((format!("MULTIPOLYGON ({})", parts.join(", ")), texts(&[id, cs, "US1.1"])));
    }
    let columns = vec!["id", "couverture", "usage"];
    let layer = Layer { name: "ocsge", epsg: Some(2154), columns, rows };
    layer.write(to, "GPKG", &[]);
}

/// Count and areas (concerned, lost, invented, reassigned) of each key of a vintage.
fn accounts(out: &Path, role: &str) -> BTreeMap<String, (String, [String; 4])> {
    let mut reader = csv::Reader::from_path(out.join("repairs.csv")).unwrap();
    let rows = reader.deserialize().map(|row| row.unwrap());
    rows.filter(|row: &BTreeMap<String, String>| row["role"] == role)
        .map(|row| {
            let areas = ["concernee", "perdue", "ajoutee", "reattribuee"];
            let areas = areas.map(|name| row[&format!("surface_{name}")].clone());
            (row["cle"].clone(), (row["nombre"].clone(), areas))
        })
        .collect()
}

#[test]
fn ten_known_faults_are_found_counted_and_balanced() {
    let dir = tempfile::tempdir().unwrap();
    let sample = dir.path().join("sample");
    let words = ["millesime", "sample", "--size-m", "600", "--seed", "11", "--out"];
    let args = words.iter().map(|&word| word.into()).chain([sample.clone().into()]);
    assert_eq!(cli::main(args), 0);
    let dirty = dir.path().join("dirty.gpkg");
    break_vintage(&sample.join("truth/occupation_after.gpkg"), &dirty);
    let compare = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_millesime"));
        command.current_dir(dir.path()).args(["compare", "--department", "11", "--out", "out"]);
        command.args(["--before", "sample/truth/occupation_before.gpkg", "--years", "2018,2021"]);
        command.args(["--after", "dirty.gpkg"]);
        command.args(["--territories", "sample/territories/communes.gpkg"]).args(more);
        said(&command.output().unwrap())
    };
    let (code, text) = compare(&["--strict"]);
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("dirty.gpkg") && text.contains("overlap 1"), "{text}");
    let (code, text) = compare(&[]);
    assert_eq!(code, 0, "{text}");

    let out = dir.path().join("out");
    let found = accounts(&out, "vintage_2021");
    let expect = |key: &str, count: &str, areas: [&str; 4]| {
        let (n, got) = found.get(key).unwrap_or_else(|| panic!("`{key}` in {found:#?}"));
        assert_eq!((n.as_str(), got.each_ref().map(String::as_str)), (count, areas), "{key}");
    };
    let nothing = "0.00000";
    let concerned = |area: &'static str| [area, nothing, nothing, nothing];
    expect("self_intersection", "1", [nothing, nothing, "200.00000", nothing]);
    expect("polygon_split", "1", concerned(nothing));
    expect("overlap", "1", ["100.00000", nothing, nothing, "100.00000"]);
    expect("duplicate_geometry", "1", ["788.00000", nothing, nothing, "788.00000"]);
    expect("gap", "1", concerned("400.00000"));
    expect("sliver", "1", concerned("12.00000"));
    expect("geometry_multipart", "1", concerned(nothing));
    expect("code_null", "1", concerned(nothing));
    expect("code_collapsed", "1", concerned(nothing));
    expect("id_duplicate", "1", concerned(nothing));
    expect("bilan", "", ["", nothing, "200.00000", "888.00000"]);
    // The triangles meet at the middle of the bow tie, where it has no corner of its own.
    expect("unmatched_edge", "2", concerned(nothing));
    assert_eq!(found.len(), 12, "{found:#?}");
    assert_eq!(accounts(&out, "vintage_2018").keys().collect::<Vec<_>>(), ["bilan"]);

    // 360,000 m2 less the gap and the lobes, more what is there twice.
    let balance = "read 360288.00000 m2 + invented 200.00000 - lost 0.00000 - reassigned 888.00000 \
                   = kept 359600.00000 m2";
    let manifest = fs::read_to_string(out.join("manifest.json")).unwrap();
    assert!(text.contains(balance), "{text}");
    assert!(manifest.contains(&format!("{balance}, difference 0 m2")), "{manifest}");
    assert!(manifest.contains("359600 m2 covered, 0 m2 covered twice"), "{manifest}");
    assert!(manifest.contains("400 m2 of the communes not covered"), "{manifest}");
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("Réparations et bilan des surfaces"));
    crate::laws::are_french(&out);
    assert!(report.contains("<data value=\"359600.00000\">"));
    assert_eq!(delivered(&out), 2 * 359_600 * 10_000);
}

/// Doubled area of the delivered polygons of 2021, from their own corners, in square centimetres.
fn delivered(out: &Path) -> i128 {
    let source = VectorSource::open(&out.join("artif_2021_11.gpkg"), None).unwrap();
    let polygons = source.features(&[], 2154).unwrap().flat_map(|f| f.unwrap().polygons);
    polygons.map(|polygon| polygon.twice_area()).sum()
}
