use std::collections::BTreeSet;

use kernels::flux::Status;
use kernels::lattice::TWICE_AREA_PER_M2;

use super::*;

/// An area of whole square metres, and half a square centimetre more.
fn area(whole_m2: i128) -> Area {
    Area(whole_m2 * TWICE_AREA_PER_M2 + 1)
}

/// One of every law.
pub(crate) fn samples() -> Vec<Measures> {
    let status = Status::Artificial;
    let most = Some(Move { from: "CS2.1.1.1".into(), to: "CS1.1.1.1".into(), cells: 7 });
    let lost = vec![Loss { code: "999".into(), polygons: 2, area_m2: area(5) }];
    let names = ("ocsid-oc-2020".to_owned(), "ocsge-2-0".to_owned());
    vec![
        Measures::EveryCellHasAReason { cells: 12_345, most },
        Measures::NetworkNotCut { pieces_before: 4, pieces_after: 3 },
        Measures::MinimumUnit { regions: 1, listed: 2 },
        Measures::CellsOfDrawing { regions: 1_000 },
        Measures::AreaOfPrior { covered_m2: area(9), excess_m2: Area(-1) },
        Measures::Coverage { polygons: 8, gaps_m2: area(6) },
        Measures::CoverageOfVintage { covered_m2: area(1) },
        Measures::AreaOfChange { changed_m2: area(2) },
        Measures::EvolutionIsStockDifference { net_m2: area(3) },
        Measures::FluxIdentity(Flux {
            status,
            stock_before_m2: area(1_000_000),
            stock_after_m2: area(1_000_500),
            flux_m2: area(700),
            reverse_m2: area(200),
        }),
        Measures::CommunesAddUp { status, territories: 3 },
        Measures::VintagesChain { vintages: 3 },
        Measures::Neighbours { polygons: 1, gained_m2: area(4), lost_m2: area(5) },
        Measures::DisagreementAddsUp(Stocks {
            official_m2: area(10),
            recomputed_m2: area(11),
            only_official_m2: area(1),
            only_recomputed_m2: area(2),
            beyond_matrix_m2: area(3),
            unpublished_m2: area(4),
            disputed_m2: area(5),
        }),
        Measures::VintageCoversOnce(Cover { covered_m2: area(1), ..Cover::default() }),
        Measures::GroundOf(Shared {
            before: 2018,
            after: 2021,
            both_m2: area(1),
            only_before_m2: area(2),
            only_after_m2: area(3),
        }),
        Measures::AreaOfRepairs(Balance {
            read_m2: area(10),
            invented_m2: area(1),
            lost_m2: area(2),
            reassigned_m2: area(3),
            kept_m2: Area(6 * TWICE_AREA_PER_M2 - 3),
        }),
        Measures::CommonLevel(Recoding {
            polygons: 4,
            read_in: names.0,
            compared_in: names.1,
            lost,
        }),
    ]
}

/// The tag of a law in JSON.
fn tag(measures: &Measures) -> String {
    serde_json::to_value(measures).unwrap()["law"].as_str().unwrap().to_owned()
}

#[test]
fn the_samples_hold_one_of_every_law() {
    // What is said of an unknown law names all those that are known.
    let unknown = serde_json::from_str::<Measures>(r#"{ "law": "?" }"#).unwrap_err().to_string();
    let known: BTreeSet<&str> = unknown.split('`').skip(3).step_by(2).collect();
    let samples: BTreeSet<String> = samples().iter().map(tag).collect();
    assert!(samples.iter().map(String::as_str).eq(known.iter().copied()), "{known:?} {samples:?}");
}

#[test]
fn a_proof_comes_back_from_json_to_the_last_square_step() {
    for measures in samples() {
        let proof = Proof::new(measures).of("reel").of(2021);
        let text = serde_json::to_string(&proof).unwrap();
        assert_eq!(serde_json::from_str::<Proof>(&text).unwrap(), proof, "{text}");
    }
    let largest = Proof::new(Measures::AreaOfChange { changed_m2: area(399_999_999_999) });
    let text = serde_json::to_string(&largest).unwrap();
    assert_eq!(serde_json::from_str::<Proof>(&text).unwrap(), largest, "{text}");
}

#[test]
fn a_proof_in_json_has_its_name_its_sentence_and_its_figures() {
    let gained = TWICE_AREA_PER_M2 / 4;
    let measures = Measures::Neighbours { polygons: 3, gained_m2: Area(gained), lost_m2: Area(0) };
    let expected = serde_json::json!({
        "invariant": "neighbours_2021",
        "measured": "3 polygons beyond the limit, in no figure; thanks to them 0.25 m2 are \
                     artificial and 0 m2 are not",
        "measures": { "law": "neighbours", "polygons": 3, "gained_m2": 0.25, "lost_m2": 0.0 },
        "of": ["2021"],
    });
    assert_eq!(serde_json::to_value(Proof::new(measures).of(2021)).unwrap(), expected);
}

#[test]
fn a_name_tells_the_law_its_status_its_variant_and_its_year() {
    let flux = samples().into_iter().find(|m| matches!(m, Measures::FluxIdentity(_))).unwrap();
    let proof = Proof::new(flux).of("sans_seuil").of(2021);
    assert_eq!(
        proof.to_string(),
        "flux_identity_artificial_sans_seuil_2021: 1000500.00005 - 1000000.00005 = 700.00005 - \
         200.00005 m2 at every level and by code, difference 0"
    );
}
