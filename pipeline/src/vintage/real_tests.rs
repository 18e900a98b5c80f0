//! Real French files, read when the folder `shared` stands beside the project.

use kernels::lattice::{Polygon, area_m2};

use super::*;
use crate::shared_data::shared;
use crate::territory::Zones;

fn area_ha(polygons: &[Polygon]) -> f64 {
    area_m2(polygons.iter().map(Polygon::twice_area).sum()) / 10_000.0
}

#[test]
fn both_changes_of_arcachon_are_read_with_their_old_and_lost_codes() {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    for (name, n_features, artificial_side) in [("entered", 684, 1), ("left", 0, 0)] {
        let Some(path) = shared(&format!("changes_arcachon/{name}_cs11_2015_2018.shp")) else {
            return;
        };
        let tally = Tally::default();
        let reading =
            Reading { epsg: 2154, nomenclature: &nomenclature, tally: &tally, strict: false };
        let diff = reading.difference(&Layer { path, layer: None }, (2015, 2018)).unwrap();
        assert!(diff.polygons.len() >= n_features && !diff.polygons.is_empty());
        let sides = [&diff.before, &diff.after];
        let is_built = |couple: &Couple| {
            nomenclature.code(nomenclature::Dimension::Cover, couple.cs).starts_with("CS1.1")
        };
        assert!(sides[artificial_side].iter().all(is_built), "{name}");
        assert!(!sides[1 - artificial_side].iter().any(is_built), "{name}");
        let flaws = tally.flaws();
        assert!(flaws.0.keys().any(|key| key.starts_with("code_")), "{flaws:?}");
        assert!(!flaws.0.contains_key(key::CRS_ASSUMED));
    }
}

#[test]
fn a_change_layer_serves_as_a_vintage_of_either_year_and_its_repairs_balance() {
    let Some(path) = shared("changes_arcachon/entered_cs11_2015_2018.shp") else { return };
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let tally = Tally::default();
    let reading = Reading { epsg: 2154, nomenclature: &nomenclature, tally: &tally, strict: false };
    let layer = Layer { path, layer: None };
    let (vintage, repairs) = reading.vintage(&layer, 2018).unwrap();
    assert_eq!(repairs.twice_area_expected(), repairs.twice_area_kept);
    assert_eq!(
        repairs.twice_area_kept,
        vintage.polygons.iter().map(Polygon::twice_area).sum::<i128>()
    );
    assert_eq!(repairs.by_key["geometry_multipart"].count, 68);
    let strict = Reading { strict: true, ..reading };
    assert_eq!(strict.vintage(&layer, 2018).unwrap_err().exit_code(), crate::error::exit::INPUT);
    assert_eq!(reading.vintage(&layer, 2021).unwrap_err().exit_code(), crate::error::exit::INPUT);
}

#[test]
fn a_zoning_without_prj_is_found_in_its_folder_and_its_crs_assumed() {
    let Some(path) = shared("plu_30014/Donnees_geographiques") else { return };
    let tally = Tally::default();
    let zones = Zones::read(&Layer { path, layer: None }, 2154, &tally).unwrap();
    assert_eq!(tally.flaws().0[key::CRS_ASSUMED].count, 1);
    assert!(zones.kinds.contains(&"U".to_owned()), "{:?}", zones.kinds);
    assert!((area_ha(&zones.polygons) - 1369.24).abs() < 0.01, "{}", area_ha(&zones.polygons));
}
