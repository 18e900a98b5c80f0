//! Real French files, read when the folder `shared` stands beside the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kernels::lattice::{Polygon, area_m2};

use super::issue::key;
use super::raster::RasterSource;
use super::vector::{Feature, VectorSource};
use crate::shared_data::shared;

fn read(path: &Path, columns: &[&[&str]]) -> Vec<Feature> {
    let source = VectorSource::open(path, None).unwrap().assume_epsg(2154);
    let columns: Vec<_> = columns.iter().map(|c| source.require_column(c).unwrap()).collect();
    let features: Vec<_> =
        source.features(&columns, 2154).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(features.len() as u64, source.info().n_features);
    features
}

fn keys(features: &[Feature]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for issue in features.iter().flat_map(|feature| &feature.issues) {
        *counts.entry(issue.key).or_default() += 1;
    }
    counts
}

fn area_ha(features: &[Feature]) -> f64 {
    let twice: i128 = features.iter().flat_map(|f| &f.polygons).map(Polygon::twice_area).sum();
    area_m2(twice) / 10_000.0
}

#[test]
fn the_changes_of_arcachon_are_read_with_their_codes() {
    let Some(path) = shared("changes_arcachon/entered_cs11_2015_2018.shp") else { return };
    let columns: [&[&str]; 3] = [&["CS_2015"], &["CS_2018"], &["surface"]];
    let features = read(&path, &columns);
    assert_eq!(features.len(), 684);
    assert!(features.iter().all(|f| f.values[1].text().unwrap().starts_with("CS1.1")));
    // The column `Surface` is about 0.1 % below the planar area.
    let stated: f64 = features.iter().filter_map(|f| f.values[2].real()).sum::<f64>() / 10_000.0;
    let ratio = area_ha(&features) / stated;
    assert!((0.999..1.003).contains(&ratio), "{ratio}");
    assert_eq!(keys(&features), BTreeMap::from([(key::GEOMETRY_MULTIPART, 68)]));

    let Some(path) = shared("changes_arcachon/communes.gpkg") else { return };
    let communes = read(&path, &[&["insee", "code_insee"], &["nom"]]);
    let codes: Vec<_> = communes.iter().filter_map(|f| f.values[0].text()).collect();
    assert!(codes.contains(&"33529".to_owned()) && codes.contains(&"33260".to_owned()));
    assert!((area_ha(&communes) - 23_905.55).abs() < 0.01, "{}", area_ha(&communes));
}

#[test]
fn a_road_layer_without_its_dbf_and_3d_buildings_are_read() {
    let Some(path) = shared("bdtopo_olemps/TRONCON_DE_ROUTE.shp") else { return };
    let roads = read(&path, &[]);
    assert_eq!(roads.len(), 1094);
    // 27 of them are multilines.
    assert!(roads.iter().all(|f| !f.lines.is_empty() && f.polygons.is_empty()));
    assert_eq!(keys(&roads), BTreeMap::from([(key::HEIGHT_DROPPED, 1094)]));

    let Some(path) = shared("bdtopo_olemps/BATIMENT.shp") else { return };
    let buildings = read(&path, &[&["usage_1", "usage1"], &["hauteur"]]);
    assert_eq!(buildings.len(), 2273);
    assert_eq!(buildings.iter().map(|f| f.polygons.len()).sum::<usize>(), 2274);
    assert!(buildings.iter().any(|f| f.values[0].text().as_deref() == Some("Résidentiel")));
    assert!(buildings.iter().any(|f| f.values[1].real().is_some_and(|h| h > 3.0)));
    assert_eq!(keys(&buildings)[key::GEOMETRY_MULTIPART], 1);
}

#[test]
fn a_zoning_without_prj_is_refused_until_its_system_is_assumed() {
    let Some(folder) = shared("plu_30014") else { return };
    let path = find(&folder, "ZONE_URBA").expect("a zoning");
    let source = VectorSource::open(&path, None).unwrap();
    assert!(source.features(&[], 2154).is_err());
    let zones = read(&path, &[&["TYPEZONE"]]);
    assert!(zones.iter().any(|f| f.values[0].text().as_deref() == Some("U")));
    assert!((area_ha(&zones) - 1369.24).abs() < 0.01, "{}", area_ha(&zones));
}

fn find(folder: &Path, word: &str) -> Option<PathBuf> {
    std::fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return find(&path, word);
        }
        let is_shapefile = path.extension().is_some_and(|extension| extension == "shp");
        (is_shapefile && path.to_string_lossy().contains(word)).then_some(path)
    })
}

#[test]
fn an_ortho_whose_crs_is_only_named_is_recognised() {
    for name in ["rvb", "irc"] {
        let Some(path) = shared(&format!("ortho_herault/{name}.tif")) else { return };
        let source = RasterSource::open(&path).unwrap();
        let info = source.info();
        assert_eq!((info.rows, info.cols, info.bands), (252, 252, 3));
        info.require_epsg(2154).unwrap();
        let georef = info.georef().unwrap();
        assert!((georef.west_m - 770_549.8).abs() < 1e-6, "{georef:?}");
        assert!((georef.pixel_width_m - 0.2).abs() < 1e-9);
        let cells = source.read_bands::<u8>(&[1, 2, 3], info.window()).unwrap();
        assert!(cells.iter().any(|&cell| cell != cells[[0, 0, 0]]));
        let valid = source.read_valid(info.window()).unwrap();
        assert!(valid.iter().map(|&v| usize::from(v)).sum::<usize>() > 60_000);
    }
}
