use std::path::PathBuf;

use kernels::flux::Status;
use kernels::lattice::area_m2;
use nomenclature::{Nomenclature, RuleSet};

use super::*;
use crate::config::Layer;
use crate::shared_data::shared;
use crate::vintage::Reading;

/// Source: the published figures of two communes of the Arcachon basin, cover rule, 2015-2018.
#[test]
fn published_figures_of_two_communes_come_out() {
    let names = ["entered_cs11_2015_2018.shp", "left_cs11_2015_2018.shp", "communes.gpkg"];
    let [Some(entered), Some(left), Some(communes)] =
        names.map(|name| shared(&format!("changes_arcachon/{name}")))
    else {
        return;
    };
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let judge = Judge::new(&RuleSet::builtin("brute-cs11").unwrap(), &nomenclature).unwrap();
    let tally = Tally::default();
    let layer = |path: PathBuf| Layer { path, layer: None };
    let communes = Communes::read(&layer(communes), "33", 2154, &tally).unwrap();
    let reading = Reading { epsg: 2154, nomenclature: &nomenclature, tally: &tally, strict: false };
    let mut difference = reading.difference(&layer(entered), (2015, 2018)).unwrap();
    difference.append(reading.difference(&layer(left), (2015, 2018)).unwrap());
    let ledger = ledger(&difference, &communes, &judge, &tally).unwrap();
    let balances = ledger.by_territory(Status::Artificial);
    let hectares = |code: &str| {
        let rank = communes.gazetteer.communes.iter().position(|c| c.code == code).unwrap();
        let balance = balances[&Some(rank as u32)];
        [balance.gross_in, balance.gross_out].map(|area| (area_m2(area) / 1e4).round() as i64)
    };
    assert_eq!(hectares("33529"), [52, 11]);
    assert_eq!(hectares("33260"), [20, 9]);
}
