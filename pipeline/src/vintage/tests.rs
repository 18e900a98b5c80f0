use std::path::{Path, PathBuf};

use kernels::lattice::{Polygon, Ring};
use nomenclature::{ClassId, Dimension};

use super::*;
use crate::error::exit;
use crate::io::vector::Value;
use crate::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};
use crate::territory::{Communes, Zones};

fn square(x_m: i32, y_m: i32, side_m: i32) -> Polygon {
    let corners =
        [(x_m, y_m), (x_m + side_m, y_m), (x_m + side_m, y_m + side_m), (x_m, y_m + side_m)];
    let points = corners.map(|(x, y)| Point::new((650_000 + x) * 100, (6_230_000 + y) * 100));
    Polygon { exterior: Ring(points.to_vec()), holes: vec![] }
}

/// A file to write: its layers, columns, and rows of a shape and texts.
struct File<'a> {
    layer: &'a str,
    epsg: u32,
    columns: &'a [&'a str],
    rows: Vec<(Polygon, Vec<Option<&'a str>>)>,
}

impl<'a> File<'a> {
    /// Two squares side by side with these codes.
    fn of(columns: &'a [&'a str], rows: &[&[Option<&'a str>]]) -> Self {
        let place =
            |(i, row): (usize, &&[Option<&'a str>])| (square(100 * i as i32, 0, 100), row.to_vec());
        let rows = rows.iter().enumerate().map(place).collect();
        Self { layer: "OCCUPATION_SOL", epsg: 2154, columns, rows }
    }

    fn sound() -> File<'static> {
        File::of(
            &["id", "code_cs", "code_us", "millesime"],
            &[
                &[Some("a"), Some("CS1.1.1.1"), Some("US5"), Some("2018")],
                &[Some("b"), Some("CS2.1.1.1"), Some("US1.2"), Some("2018")],
            ],
        )
    }

    fn write(&self, path: &Path) {
        let format = if path.extension().is_some_and(|e| e == "fgb") {
            VectorFormat::FlatGeobuf
        } else {
            VectorFormat::GeoPackage
        };
        let spec = LayerSpec {
            name: self.layer.to_owned(),
            title: String::new(),
            geometry: GeometryKind::Polygon,
            geometry_column: "geom",
            epsg: 2154,
            file_epsg: self.epsg,
            fields: self.columns.iter().map(|c| Field::optional(*c, FieldKind::Text)).collect(),
        };
        let mut writer = VectorWriter::create(path, format, &[spec]).unwrap();
        for (rank, (shape, values)) in self.rows.iter().enumerate() {
            let values: Vec<Value> = values.iter().map(|text| Value::from(*text)).collect();
            writer.add(0, rank as i64 + 1, Shape::Polygon(shape), &values).unwrap();
        }
        writer.finish().unwrap();
    }

    /// Writes the file under this name in a folder of its own.
    fn at(&self, name: &str) -> (tempfile::TempDir, Layer) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        self.write(&path);
        (folder, Layer { path, layer: None })
    }
}

fn ocsge() -> Nomenclature {
    Nomenclature::builtin("ocsge-2-0").unwrap()
}

fn read_as(layer: &Layer, year: u16, tally: &Tally, strict: bool) -> Result<Vintage, Error> {
    let nomenclature = ocsge();
    let reading = Reading { epsg: 2154, nomenclature: &nomenclature, tally, strict };
    reading.vintage(layer, year).map(|(vintage, _)| vintage)
}

fn read(layer: &Layer) -> Result<Vintage, Error> {
    read_as(layer, 2018, &Tally::default(), false)
}

/// The error of an input, checked to be one of input, as text with its hint.
fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    let error = outcome.unwrap_err();
    assert_eq!(error.exit_code(), exit::INPUT, "{error}");
    format!("{error}\nhint {}", error.hint().expect("a hint"))
}

fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

fn codes(vintage: &Vintage) -> Vec<(String, String)> {
    let nomenclature = ocsge();
    let code = |dimension, id: ClassId| nomenclature.code(dimension, id).to_owned();
    vintage
        .couples
        .iter()
        .map(|c| (code(Dimension::Cover, c.cs), code(Dimension::Usage, c.us)))
        .collect()
}

fn geojson(name: &str, features: &str) -> (tempfile::TempDir, Layer) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let crs = r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}}"#;
    let text = format!(r#"{{"type":"FeatureCollection",{crs},"features":[{features}]}}"#);
    std::fs::write(&path, text).unwrap();
    (folder, Layer { path, layer: None })
}

#[test]
fn the_columns_of_every_producer_are_found_in_any_case() {
    for columns in [
        ["ID", "CODE_CS", "CODE_US"],
        ["id", "couverture", "usage"],
        ["id", "CS_2018", "US_2018"],
        ["id", "cs18", "us18"],
        ["ID_OCS", "cs", "us"],
    ] {
        let rows: &[&[_]] = &[&[Some("a"), Some("cs1.1.1.1"), Some("US5")]];
        let (_folder, layer) = File::of(&columns, rows).at("OCCUPATION_SOL.gpkg");
        let vintage = read(&layer).unwrap();
        assert_eq!(codes(&vintage), [("CS1.1.1.1".to_owned(), "US5".to_owned())], "{columns:?}");
        assert_eq!(vintage.objects[0].id, "a");
    }
}

#[test]
fn a_flatgeobuf_and_an_unpacked_archive_are_read_alike() {
    let (_a, fgb) = File::sound().at("ocsge.fgb");
    let (folder, _) = File::sound().at("OCCUPATION_SOL.gpkg");
    let archive = Layer { path: folder.path().to_path_buf(), layer: None };
    let mut both = [read(&fgb).unwrap(), read(&archive).unwrap()].map(|vintage| {
        let ids = vintage.objects.iter().map(|object| object.id.clone());
        ids.zip(vintage.polygons.clone()).collect::<Vec<_>>()
    });
    both[0].sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(both[0], both[1]);
    assert_eq!(both[0][1].1, square(100, 0, 100));
}

#[test]
fn codes_that_give_no_class_are_counted_each_under_its_key() {
    let mut rows: Vec<&[Option<&str>]> = vec![
        &[None, Some("US5")],
        &[Some("CS1.1.1.1"), Some("INDETERMINE")],
        &[Some("CS2.1.1"), Some("US5")],
        &[Some("CS2.2.1.4"), Some("US235")],
        &[Some("CS9.9"), Some("US5")],
    ];
    rows.extend([&[Some("CS1.1.1.1"), Some("US5")] as &[_]; 10]);
    let (_folder, layer) = File::of(&["code_cs", "code_us"], &rows).at("OCCUPATION_SOL.gpkg");
    let tally = Tally::default();
    let vintage = read_as(&layer, 2018, &tally, false).unwrap();
    let flaws = tally.flaws();
    let count = |key: &str| flaws.0.get(key).map_or(0, |flaw| flaw.count);
    let counts = [key::CODE_NULL, key::CODE_UNDETERMINED, key::CODE_NOT_LEAF, key::CODE_UNKNOWN];
    assert_eq!(counts.map(count), [1; 4]);
    assert!(count(key::CODE_COLLAPSED) >= 1);
    assert_eq!(vintage.couples[0].cs, ClassId::NODATA);
    assert_eq!(codes(&vintage)[3].0, "CS2.2.1");
    assert_eq!(vintage.couples[4].cs, ClassId::NODATA);
}

#[test]
fn too_many_unknown_codes_are_refused_with_the_nearest() {
    let rows: &[&[_]] = &[&[Some("CS1.1.1.9"), Some("US5")], &[Some("CS1.1.1.1"), Some("US5")]];
    let (_folder, layer) = File::of(&["code_cs", "code_us"], rows).at("OCCUPATION_SOL.gpkg");
    let text = refused(read(&layer));
    assert_says(
        &text,
        &[
            "OCCUPATION_SOL.gpkg",
            "layer `OCCUPATION_SOL`",
            "feature 1",
            "1 of 4",
            "`CS1.1.1.9` (1)",
        ],
    );
    assert_says(&text, &["the nearest code is `CS1.1.1.", "--nomenclature"]);
}

#[test]
fn another_year_is_refused_with_both() {
    let (_folder, layer) = File::sound().at("OCCUPATION_SOL.gpkg");
    let text = refused(read_as(&layer, 2021, &Tally::default(), false));
    assert_says(&text, &["2018 on 2 features", "2021", "feature 1", "swapped"]);
    let rows: &[&[_]] = &[&[Some("CS1.1.1.1"), Some("US5")]];
    let (_folder, layer) = File::of(&["CS_2015", "US_2015"], rows).at("OCCUPATION_SOL.gpkg");
    assert_says(&refused(read(&layer)), &["columns of 2015", "columns of 2018"]);
}

#[test]
fn an_empty_layer_is_refused() {
    let (_folder, layer) = File::of(&["code_cs", "code_us"], &[]).at("OCCUPATION_SOL.gpkg");
    assert_says(&refused(read(&layer)), &["no polygon", "layer `OCCUPATION_SOL`", "0 features"]);
}

#[test]
fn degrees_are_reprojected_and_another_projection_is_refused() {
    let mut file = File::sound();
    file.epsg = 4326;
    let (_folder, layer) = file.at("OCCUPATION_SOL.gpkg");
    let tally = Tally::default();
    let vintage = read_as(&layer, 2018, &tally, false).unwrap();
    assert_eq!(vintage.polygons, [square(0, 0, 100), square(100, 0, 100)]);
    assert_eq!(tally.flaws().0[key::CRS_REPROJECTED].count, 1);
    file.epsg = 32631;
    let (_folder, layer) = file.at("OCCUPATION_SOL.gpkg");
    assert_says(&refused(read(&layer)), &["EPSG:32631", "EPSG:2154", "ogr2ogr -t_srs"]);
}

#[test]
fn a_coordinate_that_is_not_a_number_is_refused_at_its_feature() {
    let feature = |x: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"code_cs":"CS1.1.1.1","code_us":"US5"}},"geometry":
            {{"type":"Polygon","coordinates":[[[650000,6230000],[{x},6230000],[650010,6230010],[650000,6230000]]]}}}}"#
        )
    };
    let features = format!("{},{}", feature("650010"), feature("1e300"));
    let (_folder, layer) = geojson("occupation.geojson", &features);
    assert_says(&refused(read(&layer)), &["occupation.geojson", "feature 1", "finite coordinates"]);
    let (_folder, layer) = geojson("occupation.geojson", &feature("650010"));
    assert_eq!(read(&layer).unwrap().n_polygons(), 1);
    let nan = format!("{},{}", feature("650010"), feature("NaN"));
    let (_folder, layer) = geojson("occupation.geojson", &nan);
    assert_says(&refused(read(&layer)), &["occupation.geojson"]);
}

#[test]
fn a_half_written_file_is_refused_at_every_length() {
    let (folder, layer) = File::sound().at("OCCUPATION_SOL.gpkg");
    let whole = std::fs::read(&layer.path).unwrap();
    for tenth in [0, 1, 3, 5, 9] {
        let path = folder.path().join("cut.gpkg");
        std::fs::write(&path, &whole[..whole.len() * tenth / 10]).unwrap();
        let cut = Layer { path, layer: None };
        assert_says(&refused(read(&cut)), &["cut.gpkg"]);
    }
    let mut journal = layer.path.clone().into_os_string();
    journal.push("-journal");
    std::fs::write(PathBuf::from(journal), b"\0").unwrap();
    assert_says(&refused(read(&layer)), &["not written to its end", "journal"]);
}

#[test]
fn overlaps_are_repaired_or_refused_by_strict() {
    let mut file = File::sound();
    file.rows[1].0 = square(50, 0, 100);
    let (_folder, layer) = file.at("OCCUPATION_SOL.gpkg");
    let vintage = read(&layer).unwrap();
    let areas: Vec<i128> = vintage.polygons.iter().map(Polygon::twice_area).collect();
    assert_eq!(areas, [200_000_000, 100_000_000]);
    let text = refused(read_as(&layer, 2018, &Tally::default(), true));
    assert_says(&text, &["overlap 1", "`a`, `b`", "at 650050.00,6230000.00"]);
    let (_folder, layer) = File::sound().at("OCCUPATION_SOL.gpkg");
    assert_eq!(read_as(&layer, 2018, &Tally::default(), true).unwrap().n_polygons(), 2);
}

#[test]
fn a_difference_is_read_by_years_or_by_before_and_after() {
    let nomenclature = ocsge();
    let tally = Tally::default();
    let reading = Reading { epsg: 2154, nomenclature: &nomenclature, tally: &tally, strict: false };
    for columns in [
        ["CS_2021", "US_2021", "CS_2018", "US_2018"],
        ["cs_apres", "us_apres", "cs_avant", "us_avant"],
        ["CODE_CS_AP", "code_us_ap", "couverture_av", "usage_old"],
        ["cs21", "us_21", "couverture_2018", "code_us_2018"],
    ] {
        let rows: &[&[_]] = &[&[Some("CS1.1.1.1"), Some("US5"), Some("CS2.2.1"), Some("US1.1")]];
        let mut file = File::of(&columns, rows);
        file.layer = "DIFF_34_2021_2018";
        let (_folder, layer) = file.at("DIFF_34_2021_2018.gpkg");
        let diff = reading.difference(&layer, (2018, 2021)).unwrap();
        let code = |id| nomenclature.code(Dimension::Cover, id);
        assert_eq!((code(diff.before[0].cs), code(diff.after[0].cs)), ("CS2.2.1", "CS1.1.1.1"));
        let text = refused(read_as(&layer, 2015, &tally, false));
        assert!(text.contains("2021") || text.contains("two dates"), "{text}");
    }
}

#[test]
fn territories_without_codes_or_elsewhere_are_refused() {
    let mut file = File::of(&["nom"], &[&[Some("Ici")]]);
    file.layer = "communes";
    let (_folder, layer) = file.at("communes.gpkg");
    let text = refused(Communes::read(&layer, "11", 2154, &Tally::default()));
    assert_says(&text, &["no codes", "layer `communes`", "`nom`", "`insee`"]);
    let mut file = File::of(&["insee"], &[&[Some("11001")], &[None]]);
    file.layer = "communes";
    let (_folder, layer) = file.at("communes.gpkg");
    let text = refused(Communes::read(&layer, "11", 2154, &Tally::default()));
    assert_says(&text, &["no code", "feature 2"]);
    let far = [square(0, 0, 10)];
    assert!(require_overlap(&layer, &far, "the vintage", &[square(5, 5, 10)]).is_ok());
    let text = refused(require_overlap(&layer, &far, "the vintage", &[square(10, 0, 10)]));
    assert_says(&text, &["does not meet the vintage", "650000,6230000 to 650010,6230010 m"]);
}

#[test]
fn zones_are_found_in_a_folder() {
    let mut file = File::of(&["TYPEZONE"], &[&[Some("U")], &[Some("Nh")]]);
    file.layer = "zone_urba";
    let (folder, _) = file.at("30014_ZONE_URBA_20171013.gpkg");
    let layer = Layer { path: folder.path().to_path_buf(), layer: None };
    let zones = Zones::read(&layer, 2154, &Tally::default()).unwrap();
    assert_eq!(zones.kinds, ["N", "U"]);
    assert_eq!(zones.owner, [1, 0]);
}
