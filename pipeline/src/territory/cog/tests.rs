use super::*;
use crate::config::Layer;
use crate::shared_data::shared;

fn row(code: &str, former: &[&str]) -> Row {
    Row {
        code: code.to_owned(),
        nom: format!("Commune {code}"),
        departement: "32".to_owned(),
        region: "76".to_owned(),
        kind: "commune-actuelle".to_owned(),
        former: former.iter().map(|code| (*code).to_owned()).collect(),
    }
}

fn cog(rows: Vec<Row>) -> Result<Cog, Error> {
    Cog::of_rows(Path::new("cog.json"), rows)
}

fn communes(codes: &[&str]) -> Communes {
    let commune = |code: &&str| Commune {
        code: (*code).to_owned(),
        epci: format!("epci of {code}"),
        ..Commune::default()
    };
    Communes {
        gazetteer: Gazetteer { communes: codes.iter().map(commune).collect() },
        polygons: vec![Polygon::default(); codes.len()],
        owner: (0..codes.len() as u32).collect(),
    }
}

#[test]
fn a_code_of_any_date_leads_to_its_current_commune() {
    let cog = cog(vec![row("32365", &["32067", "32260"]), row("32001", &["32999"])]).unwrap();
    for (code, current) in [
        ("32001", Some("32001")),
        ("32067", Some("32365")),
        ("32365", Some("32365")),
        ("33001", None),
    ] {
        assert_eq!(cog.current(code), current, "{code}");
    }
}

#[test]
fn a_former_code_with_two_heirs_is_refused() {
    let error = cog(vec![row("32001", &["32009"]), row("32002", &["32009"])]).unwrap_err();
    assert!(error.to_string().contains("`32001` and `32002`"), "{error}");
}

#[test]
fn merged_communes_share_one_rank_and_the_heir_keeps_its_own_epci() {
    let cog = cog(vec![row("32365", &["32067", "32413"]), row("32001", &[])]).unwrap();
    let tally = Tally::default();
    let old = communes(&["32001", "32067", "32365", "32413", "33999"]);
    let (made, mapped) = old.at_cog(&cog, &tally).unwrap();
    let pairs: Vec<_> = mapped.iter().map(|m| (m.from.as_str(), m.to.as_str())).collect();
    assert_eq!(pairs, [("32067", "32365"), ("32413", "32365")]);
    let codes: Vec<&str> = made.gazetteer.communes.iter().map(|c| c.code.as_str()).collect();
    assert_eq!(codes, ["32001", "32365", "33999"]);
    assert_eq!(made.owner, [0, 1, 1, 1, 2]);
    let heir = &made.gazetteer.communes[1];
    assert_eq!((heir.name.as_str(), heir.epci.as_str()), ("Commune 32365", "epci of 32365"));
    let flaws = tally.flaws();
    assert_eq!(flaws.0[key::COMMUNE_MERGED].count, 2);
    assert_eq!(flaws.0[key::COMMUNE_UNKNOWN].count, 1);
}

#[test]
fn a_table_of_another_department_is_refused() {
    let cog = cog(vec![row("66001", &[])]).unwrap();
    let error = communes(&["32001"]).at_cog(&cog, &Tally::default()).unwrap_err();
    assert_eq!(error.exit_code(), crate::error::exit::INPUT);
}

#[test]
fn what_is_no_table_is_refused_with_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cog.json");
    for text in ["", "{}", "[{\"nom\": \"x\"}]", "[{\"code\": \"32001\"", "[]"] {
        std::fs::write(&path, text).unwrap();
        let error = Cog::read(&path).unwrap_err();
        assert_eq!(error.exit_code(), crate::error::exit::INPUT, "{text}");
        assert!(error.to_string().contains("cog.json"), "{text}");
    }
}

#[test]
fn the_four_communes_that_merged_in_gers_give_their_exact_ground_to_their_heirs() {
    let Some(folder) = shared("admin") else { return };
    let tally = Tally::default();
    let layer = Layer { path: folder.join("communes-32.geojson"), layer: None };
    // The file is in degrees: it is reprojected, and that is counted.
    let old = Communes::read(&layer, "32", 2154, &tally).unwrap();
    assert_eq!(tally.flaws().0[key::CRS_REPROJECTED].count, 1);
    let of = |communes: &Communes, code: &str| -> i128 {
        let owned = communes.polygons.iter().zip(&communes.owner);
        let own = |rank: u32| communes.gazetteer.communes[rank as usize].code == code;
        owned.filter(|(_, rank)| own(**rank)).map(|(p, _)| p.twice_area()).sum()
    };
    let sum =
        |communes: &Communes| -> i128 { communes.polygons.iter().map(Polygon::twice_area).sum() };
    // Gers has 6 257 km2 (INSEE); the limits of the file are simplified.
    let area_km2 = kernels::lattice::area_m2(sum(&old)) / 1e6;
    assert!((6_200.0..6_320.0).contains(&area_km2), "{area_km2}");
    let cog = Cog::read(&folder.join("cog2026_communes_32_66.json")).unwrap();
    let (new, mapped) = old.clone().at_cog(&cog, &tally).unwrap();
    assert_eq!(mapped.len(), 4);
    assert_eq!((old.gazetteer.communes.len(), new.gazetteer.communes.len()), (462, 458));
    for (heir, former) in [("32365", &["32067", "32260", "32413"][..]), ("32344", &["32074"][..])] {
        let before: i128 = former.iter().chain([&heir]).map(|code| of(&old, code)).sum();
        assert!(former.iter().all(|code| of(&old, code) > 0 && of(&new, code) == 0));
        assert_eq!(of(&new, heir), before, "{heir}");
    }
    assert_eq!(sum(&old), sum(&new));
    assert_eq!(tally.flaws().0[key::COMMUNE_MERGED].count, 4);
}
