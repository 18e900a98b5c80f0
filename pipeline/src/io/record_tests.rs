use kernels::lattice::Ring;

use super::*;
use crate::io::vector::VectorSource;
use crate::tally::Tally;

fn names() -> Names {
    Names { department: "34".to_owned(), vintage: 2021, prior: 2018, epsg: 2154 }
}

fn square(x: i32) -> Polygon {
    let corners = [(x, 0), (x + 100, 0), (x + 100, 100), (x, 100)];
    let exterior = Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec());
    Polygon { exterior, holes: Vec::new() }
}

fn occupation(id: &str) -> OccupationRecord {
    OccupationRecord {
        id: id.to_owned(),
        code_cs: "CS1.1.1.1".to_owned(),
        code_us: "US5".to_owned(),
        vintage: 2021,
        source: "millesime".to_owned(),
        is_ossature: true,
        ..OccupationRecord::default()
    }
}

/// Writes one record of each kind given and returns its values as read again.
fn round_trip<R: Record>(record: &R) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(R::PRODUCT.file_name(&names()).replace('/', "_"));
    let mut file = Deliverable::<R>::create(&path, &names(), &[]).unwrap();
    file.add(&square(0), record).unwrap();
    assert_eq!(file.finish().unwrap(), 1);
    let source = VectorSource::open(&path, Some(&R::PRODUCT.layer_name(&names()))).unwrap();
    let columns: Vec<_> = (0..source.info().columns.len()).collect();
    let feature = source.features(&columns, 2154).unwrap().next().unwrap().unwrap();
    assert_eq!((feature.fid, &feature.polygons[..]), (1, &[square(0)][..]));
    feature.values
}

#[test]
fn every_record_is_read_again_in_the_order_of_its_columns() {
    let artif = ArtifRecord {
        occupation: occupation("OCS1"),
        area_m2: 1.0,
        is_artificial: true,
        is_from_threshold: false,
    };
    assert_eq!(round_trip(&artif), artif.values());
    assert_eq!(artif.values()[8..], [1.0.into(), "artif".into(), false.into()]);
    let zone = BuiltZoneRecord { id: "ZC1".to_owned(), vintage: 2021 };
    assert_eq!(round_trip(&zone), zone.values());
    let diff = DiffRecord {
        before: ("CS2.2.1".to_owned(), "US1.1".to_owned()),
        after: ("CS1.1.1.1".to_owned(), "US5".to_owned()),
    };
    assert_eq!(round_trip(&diff), ["CS2.2.1", "US1.1", "CS1.1.1.1", "US5"].map(Value::from));
    let correction = CorrectionRecord {
        correction_id: "c1".to_owned(),
        artif_before: Some(true),
        confidence: Some(0.5),
        anchor: Point::new(150, -2),
        ..crate::corrections::ledger::tests::entry(1).record
    };
    assert_eq!(round_trip(&correction), correction.values());
    assert!(correction.values().contains(&"POINT (1.5 -0.02)".into()));
}

#[test]
fn the_direction_of_an_evolution_is_one_or_minus_one() {
    let side = |is_artificial| EvolutionSide {
        id: Some("OCS1".to_owned()),
        code_cs: "CS2.2.1".to_owned(),
        code_us: "US5".to_owned(),
        is_artificial,
    };
    let record = ZanEvolRecord { before: side(false), after: side(true), area_m2: 1.0 };
    assert_eq!(round_trip(&record)[8..], [1i64.into(), 1.0.into()]);
    let record = ZanEvolRecord { before: side(true), after: side(false), area_m2: 1.0 };
    assert_eq!(round_trip(&record)[8..], [(-1i64).into(), 1.0.into()]);
}

#[test]
fn an_identifier_used_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("OCCUPATION_SOL.gpkg");
    let mut file = Deliverable::create(&path, &names(), &[]).unwrap();
    file.add(&square(0), &occupation("OCS1")).unwrap();
    assert!(file.add(&square(200), &occupation("OCS1")).is_err());
}

#[test]
fn issues_keep_their_places_and_those_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("issues.gpkg");
    let tally = Tally::default();
    tally.count_at("ring_self_intersection", Point::new(100, 200), 20_000, "a.gpkg, feature 1");
    tally.count("year_other");
    assert_eq!(write_issues(&path, &names(), &tally.flaws()).unwrap(), 2);
    let source = VectorSource::open(&path, None).unwrap();
    let rows: Vec<_> = source.features(&[0, 1, 2, 3], 2154).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows[0].points, [Point::new(100, 200)]);
    let expected: [Value; 4] =
        ["ring_self_intersection".into(), "a.gpkg, feature 1".into(), 1i64.into(), 1.0.into()];
    assert_eq!(rows[0].values, expected);
    assert_eq!(rows[1].values[0], "year_other".into());
}
