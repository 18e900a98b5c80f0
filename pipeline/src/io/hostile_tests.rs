//! Files as they should not be: each is refused with an error that names it, or read with an
//! issue; none is read wrongly, none reaches the network.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use gdal::DriverManager;
use gdal::raster::RasterCreationOptions;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Geometry, LayerAccess, LayerOptions, OGRwkbGeometryType};
use tempfile::TempDir;

use super::error::Result;
use super::gdal::raise;
use super::issue::key;
use super::raster::RasterSource;
use super::vector::{Feature, Value, VectorSource};

fn folder() -> TempDir {
    raise();
    tempfile::tempdir().unwrap()
}

fn read_raster(path: &Path) -> Result<()> {
    let source = RasterSource::open(path)?;
    source.info().georef()?;
    source.info().require_epsg(2154)?;
    source.read::<u8>(1, source.info().window())?;
    Ok(())
}

fn read_vector(path: &Path) -> Result<Vec<Feature>> {
    let source = VectorSource::open(path, None)?;
    let columns: Vec<_> = (0..source.info().columns.len()).collect();
    source.features(&columns, 2154)?.collect()
}

/// A little-endian TIFF of one `u8` band: tags given, one tile or strip that is not there.
fn tiff(path: &Path, side: u32, tile: u32) {
    let tags: [(u16, u16, u32); 10] = [
        (256, 4, side),
        (257, 4, side),
        (258, 3, 8),
        (259, 3, 8),
        (262, 3, 1),
        (277, 3, 1),
        (322, 4, tile),
        (323, 4, tile),
        (324, 4, 8),
        (325, 4, 100),
    ];
    let mut bytes = vec![b'I', b'I', 42, 0, 8, 0, 0, 0];
    bytes.extend_from_slice(&(tags.len() as u16).to_le_bytes());
    for (tag, kind, value) in tags {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&kind.to_le_bytes());
        bytes.extend_from_slice(&1u32.to_le_bytes());
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    bytes.extend_from_slice(&[0; 4]);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn header_bombs_are_refused_before_a_cell_is_read() {
    let folder = folder();
    for (name, side, tile, expected) in [
        ("huge.tif", i32::MAX as u32, 256, "huge.tif"),
        ("large.tif", 3_000_000, 256, "too large"),
        ("tile.tif", 65_536, 65_536, "tiles of this raster are too large"),
        ("thin.tif", 1_900_000, 16_384, "too small for what its header announces"),
        ("absent.tif", 256, 256, "absent.tif"),
    ] {
        let path = folder.path().join(name);
        tiff(&path, side, tile);
        let fault = RasterSource::open(&path)
            .and_then(|source| source.read::<u8>(1, source.info().window()))
            .unwrap_err()
            .to_string();
        assert!(fault.contains(expected) && fault.contains(name), "{name}: {fault}");
    }
}

#[test]
fn nothing_reaches_the_network() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let port = server.local_addr().unwrap().port();
    let folder = folder();
    let url = format!("http://127.0.0.1:{port}/a.tif");
    let vrt = format!(
        "<VRTDataset rasterXSize=\"4\" rasterYSize=\"4\"><VRTRasterBand dataType=\"Byte\" band=\"1\">\
         <SimpleSource><SourceFilename>/vsicurl/{url}</SourceFilename><SourceBand>1</SourceBand>\
         </SimpleSource></VRTRasterBand></VRTDataset>"
    );
    let wms = format!(
        "<GDAL_WMS><Service name=\"TMS\"><ServerUrl>{url}</ServerUrl></Service><DataWindow>\
         <SizeX>4</SizeX><SizeY>4</SizeY></DataWindow></GDAL_WMS>"
    );
    let ogr = format!(
        "<OGRVRTDataSource><OGRVRTLayer name=\"a\"><SrcDataSource>/vsicurl/{url}\
         </SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    );
    for (name, text) in [("vrt.tif", &vrt), ("wms.tif", &wms), ("ogr.gpkg", &ogr)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let paths = ["vrt.tif", "wms.tif", "ogr.gpkg"].map(|name| folder.path().join(name));
    let addresses = [url.clone(), format!("/vsicurl/{url}"), format!("/vsicurl_streaming/{url}")];
    for path in paths.into_iter().chain(addresses.map(PathBuf::from)) {
        assert!(RasterSource::open(&path).is_err(), "{}", path.display());
        assert!(VectorSource::open(&path, None).is_err(), "{}", path.display());
    }
    assert!(server.accept().is_err(), "a connection was made");
}

/// A raster of floats, or of bytes with the position and CRS given.
fn raster(path: &Path, is_float: bool, transform: Option<[f64; 6]>, epsg: Option<u32>) {
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let options = RasterCreationOptions::new();
    let mut dataset = if is_float {
        driver.create_with_band_type_with_options::<f32, _>(path, 4, 4, 1, &options)
    } else {
        driver.create_with_band_type_with_options::<u8, _>(path, 4, 4, 1, &options)
    }
    .unwrap();
    if let Some(transform) = transform {
        dataset.set_geo_transform(&transform).unwrap();
    }
    if let Some(epsg) = epsg {
        dataset.set_spatial_ref(&SpatialRef::from_epsg(epsg).unwrap()).unwrap();
    }
    dataset.close().unwrap();
}

#[test]
fn rasters_of_the_wrong_kind_say_which() {
    let folder = folder();
    let path = folder.path().join("a.tif");
    let north_up = Some([650_000.0, 0.2, 0.0, 6_860_000.0, 0.0, -0.2]);
    let rotated = Some([650_000.0, 0.2, 0.1, 6_860_000.0, 0.1, -0.2]);
    let oblong = Some([650_000.0, 0.2, 0.0, 6_860_000.0, 0.0, -0.5]);
    for (is_float, transform, epsg, expected) in [
        (true, north_up, Some(2154), "floating-point"),
        (false, None, Some(2154), "no position"),
        (false, rotated, Some(2154), "rotated"),
        (false, oblong, Some(2154), "not square"),
        (false, north_up, None, "no coordinate system"),
        (false, north_up, Some(4326), "EPSG:4326"),
    ] {
        raster(&path, is_float, transform, epsg);
        let fault = read_raster(&path).unwrap_err();
        assert!(fault.to_string().contains(expected), "{fault}");
        assert!(fault.hint().is_some() && fault.exit_code() == 4);
    }
    raster(&path, false, north_up, Some(2154));
    read_raster(&path).unwrap();
}

#[test]
fn other_formats_in_disguise_are_refused() {
    let folder = folder();
    let image = ndarray::Array3::<u8>::zeros((4, 4, 3));
    let png = super::image::png_bytes(&image).unwrap();
    for (name, bytes) in [
        ("png.tif", &png[..]),
        ("empty.tif", b""),
        ("magic.tif", b"II*\0"),
        ("loop.tif", b"II*\0\x08\0\0\0\0\0\x08\0\0\0"),
        ("csv.gpkg", b"WKT,id\n\"POINT(0 0)\",1\n"),
        ("gml.gpkg", b"<?xml version=\"1.0\"?><gml:FeatureCollection xmlns:gml=\"x\"/>"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert!(RasterSource::open(&path).is_err(), "{name} as raster");
        assert!(VectorSource::open(&path, None).is_err(), "{name} as vector");
    }
    let missing = VectorSource::open(&folder.path().join("missing.gpkg"), None).unwrap_err();
    assert!(missing.to_string().contains("missing.gpkg"), "{missing}");
}

/// A layer of one text column `nom` with these geometries.
fn layer(path: &Path, driver: &str, geometries: Vec<Option<Geometry>>, options: &[&str]) {
    let driver = DriverManager::get_driver_by_name(driver).unwrap();
    let mut dataset = driver.create_vector_only(path).unwrap();
    let srs = SpatialRef::from_epsg(2154).unwrap();
    let ty = if driver.short_name() == "ESRI Shapefile" {
        OGRwkbGeometryType::wkbPolygon
    } else {
        OGRwkbGeometryType::wkbUnknown
    };
    let layer = dataset
        .create_layer(LayerOptions { name: "a", srs: Some(&srs), ty, options: Some(options) })
        .unwrap();
    layer.create_defn_fields(&[("nom", gdal::vector::OGRFieldType::OFTString)]).unwrap();
    for geometry in geometries {
        let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
        feature.set_field_string(0, "Été à Sète").unwrap();
        if let Some(geometry) = geometry {
            feature.set_geometry(geometry).unwrap();
        }
        feature.create(&layer).unwrap();
    }
    dataset.close().unwrap();
}

fn wkt(text: &str) -> Geometry {
    Geometry::from_wkt(text).unwrap()
}

fn polygon_with(bad: f64) -> Geometry {
    let mut ring = Geometry::empty(OGRwkbGeometryType::wkbLinearRing).unwrap();
    for (i, (x, y)) in [(0.0, 0.0), (2.0, 0.0), (2.0, bad), (0.0, 0.0)].into_iter().enumerate() {
        ring.set_point_2d(i, (x, y));
    }
    let mut polygon = Geometry::empty(OGRwkbGeometryType::wkbPolygon).unwrap();
    polygon.add_geometry(ring).unwrap();
    polygon
}

#[test]
fn dirty_geopackages_are_read_with_an_issue_for_each_feature() {
    let folder = folder();
    let path = folder.path().join("a.gpkg");
    let cases = [
        (None, key::GEOMETRY_NULL, 0),
        (Some(wkt("POLYGON EMPTY")), key::GEOMETRY_EMPTY, 0),
        (Some(polygon_with(f64::NAN)), key::COORDINATE_NOT_FINITE, 0),
        (Some(polygon_with(f64::INFINITY)), key::COORDINATE_NOT_FINITE, 0),
        (Some(polygon_with(1e300)), key::COORDINATE_OUT_OF_RANGE, 0),
        (Some(wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")), key::RING_SELF_INTERSECTION, 1),
        (Some(wkt("POLYGON ((0 0, 1 1, 2 2, 0 0))")), key::RING_COLLAPSED, 0),
        (Some(wkt("POLYGON Z ((0 0 1, 2 0 1, 2 2 1, 0 0 1))")), key::HEIGHT_DROPPED, 1),
        (Some(wkt("POLYGON M ((0 0 1, 2 0 1, 2 2 1, 0 0 1))")), key::HEIGHT_DROPPED, 1),
        (
            Some(wkt("CURVEPOLYGON (CIRCULARSTRING (0 0, 20 0, 20 20, 0 20, 0 0))")),
            key::CURVE_LINEARISED,
            1,
        ),
        (
            Some(wkt("MULTIPOLYGON (((0 0, 2 0, 2 2, 0 0)), ((5 5, 7 5, 7 7, 5 5)))")),
            key::GEOMETRY_MULTIPART,
            2,
        ),
        (
            Some(wkt("POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (1 1, 1 1, 1 1, 1 1))")),
            key::RING_COLLAPSED,
            1,
        ),
    ];
    let geometries = cases.iter().map(|(geometry, ..)| geometry.clone()).collect();
    layer(&path, "GPKG", geometries, &[]);
    let features = read_vector(&path).unwrap();
    assert_eq!(features.len(), cases.len());
    for (feature, (geometry, key, n)) in features.iter().zip(&cases) {
        let text = geometry.as_ref().map(|g| g.wkt().unwrap());
        assert_eq!(feature.polygons.len(), *n, "{text:?}");
        let keys: Vec<_> = feature.issues.iter().map(|issue| issue.key).collect();
        assert_eq!(keys, [*key], "{text:?}");
        assert!(feature.issues.iter().all(|issue| issue.fid == feature.fid));
    }
}

#[test]
fn truncated_vector_files_fail() {
    let folder = folder();
    let square = |i: i32| {
        let (x, y) = (i, i + 1);
        wkt(&format!("POLYGON (({x} {x}, {y} {x}, {y} {y}, {x} {y}, {x} {x}))"))
    };
    for (driver, extension) in [("GPKG", "gpkg"), ("FlatGeobuf", "fgb"), ("ESRI Shapefile", "shp")]
    {
        let whole = folder.path().join(format!("a.{extension}"));
        layer(&whole, driver, (0..3000).map(square).map(Some).collect(), &[]);
        assert_eq!(read_vector(&whole).unwrap().len(), 3000);
        let bytes = std::fs::read(&whole).unwrap();
        for percent in [1, 30, 60, 90] {
            // The other files of a shapefile stay whole.
            std::fs::write(&whole, &bytes[..bytes.len() * percent / 100]).unwrap();
            let outcome = read_vector(&whole);
            assert!(outcome.is_err(), "{driver} cut at {percent} %: {}", outcome.unwrap().len());
        }
    }
}

#[test]
fn a_latin_1_shapefile_without_declaration_is_read_right() {
    let folder = folder();
    let path = folder.path().join("a.shp");
    let square = || vec![Some(wkt("POLYGON ((0 0, 0 2, 2 2, 2 0, 0 0))"))];
    for (encoding, keys) in [("ISO-8859-1", &[key::TEXT_LATIN1][..]), ("UTF-8", &[])] {
        layer(&path, "ESRI Shapefile", square(), &[&format!("ENCODING={encoding}")]);
        std::fs::remove_file(path.with_extension("cpg")).unwrap();
        let dbf = path.with_extension("dbf");
        let mut bytes = std::fs::read(&dbf).unwrap();
        bytes[29] = 0;
        std::fs::write(&dbf, bytes).unwrap();
        let feature = read_vector(&path).unwrap().remove(0);
        assert_eq!(feature.values, [Value::Text("Été à Sète".to_owned())], "{encoding}");
        let found: Vec<_> = feature.issues.iter().map(|issue| issue.key).collect();
        assert_eq!(found, keys);
        for file in std::fs::read_dir(folder.path()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
    }
}

#[test]
fn shapefiles_that_lost_a_companion_say_which() {
    let folder = folder();
    let path = folder.path().join("a.shp");
    layer(
        &path,
        "ESRI Shapefile",
        vec![Some(wkt("POLYGON ((0 0, 0 2, 2 2, 2 0, 0 0))"))],
        &["ENCODING=UTF-8"],
    );
    std::fs::remove_file(path.with_extension("prj")).unwrap();
    let fault = read_vector(&path).unwrap_err();
    assert!(fault.to_string().contains("no coordinate system"), "{fault}");
    assert!(fault.hint().unwrap().contains(".prj"));
    let source = VectorSource::open(&path, None).unwrap().assume_epsg(2154);
    assert_eq!(source.features(&[0], 2154).unwrap().count(), 1);

    std::fs::remove_file(path.with_extension("dbf")).unwrap();
    let source = VectorSource::open(&path, None).unwrap().assume_epsg(2154);
    let fault = source.require_column(&["nom"]).unwrap_err();
    assert!(fault.hint().unwrap().contains(".dbf"), "{fault}");
    assert_eq!(source.features(&[], 2154).unwrap().count(), 1);

    std::fs::remove_file(path.with_extension("shx")).unwrap();
    let fault = VectorSource::open(&path, None).unwrap_err();
    assert!(fault.to_string().contains(".shx"), "{fault}");
    assert!(!path.with_extension("shx").exists(), "the user's folder was written");
}

#[test]
fn coordinates_that_leave_the_domain_of_a_projection_are_an_issue() {
    let folder = folder();
    let path = folder.path().join("a.geojson");
    let feature = |lon: f64, lat: f64| {
        format!(
            r#"{{"type":"Feature","properties":{{}},"geometry":{{"type":"Point","coordinates":[{lon},{lat}]}}}}"#
        )
    };
    let features = [feature(3.0, 46.5), feature(3.0, -90.0)].join(",");
    let text = format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#);
    std::fs::write(&path, text).unwrap();
    let features = read_vector(&path).unwrap();
    assert_eq!(features[0].points[0].to_metres(), (700_000.0, 6_600_000.0));
    assert!(features[1].points.is_empty());
    let key = features[1].issues[0].key;
    assert!([key::NOT_REPROJECTED, key::COORDINATE_OUT_OF_RANGE].contains(&key), "{key}");
}
