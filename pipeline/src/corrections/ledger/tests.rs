use kernels::lattice::{Point, Ring};

use super::*;
use crate::corrections::identity::correction_id;
use crate::corrections::terms::{Aim, IgnStatus, Kind, Origin};
use crate::corrections::{Act, NATIONAL, record_act};
use crate::io::vector::layer_names;

fn head() -> Head {
    Head { department: "11".to_owned(), epsg: 2154, nomenclature: NATIONAL.to_owned() }
}

fn square(x: i32) -> Polygon {
    let corners = [(x, 0), (x + 3_000, 0), (x + 3_000, 3_000), (x, 3_000)];
    let corner = |(x, y)| Point::new(65_000_000 + x, 630_000_000 + y);
    Polygon { exterior: Ring(corners.map(corner).to_vec()), holes: Vec::new() }
}

/// A correction of the usage of object `OCSrank`, a square of 30 m.
pub(crate) fn entry(rank: i32) -> Entry {
    let polygon = square(rank * 5_000);
    let object = format!("OCS{rank}");
    let record = CorrectionRecord {
        correction_id: correction_id(2021, &object, (Aim::Usage, "US5"), &polygon),
        department: "11".to_owned(),
        insee: Some("11001".to_owned()),
        vintage: 2021,
        source_version: None,
        object_id: object,
        dimension: Aim::Usage,
        current_code: Some("US1.1".to_owned()),
        proposed_code: Some("US5".to_owned()),
        local_code: None,
        local_nomenclature: None,
        kind: Kind::Semantic,
        area_m2: polygon.area_m2(),
        artif_before: Some(false),
        artif_after: Some(true),
        evidence: None,
        confidence: Some(0.75),
        author_org: Some("Commune de l'Été".to_owned()),
        comment: Some("=1+1 <script>alert('é')</script>".to_owned()),
        origin: Origin::LocalCorrection,
        anchor: Point::new(polygon.exterior.0[0].x + 5, polygon.exterior.0[0].y + 7),
        ign_report_id: Some("512".to_owned()),
        ign_status: Some(IgnStatus::Pending1),
        ign_status_at: Some("2026-01-02".to_owned()),
        applied_in_version: None,
    };
    let source_ref = Some(format!("ligne {rank}"));
    let standing = Standing::Proposed;
    Entry { record, polygon, standing, source: "Test".to_owned(), source_ref, verdict: None }
}

fn note(entry: &Entry, action: Action) -> Note {
    let correction_id = entry.record.correction_id.clone();
    let at = "2026-11-21".to_owned();
    Note { correction_id, at, action, source: "Test".to_owned(), detail: None }
}

fn ledger(ranks: &[i32]) -> Ledger {
    let mut ledger = Ledger::create(head());
    ledger.enter(ranks.iter().map(|&rank| entry(rank)).collect()).unwrap();
    for entry in ledger.entries.clone() {
        ledger.note(note(&entry, Action::Entered)).unwrap();
    }
    ledger
}

#[test]
fn what_is_read_is_what_was_published_and_the_order_of_entry_is_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let [path, other] = ["a.gpkg", "b.gpkg"].map(|name| dir.path().join(name));
    let mut first = ledger(&[1, 2, 3]);
    let id = first.entries[1].record.correction_id.clone();
    let judged = first.get_mut(&id).unwrap();
    judged.standing = Standing::Accepted;
    let (share, reason) = (Some(0.5), Some("la moitié".to_owned()));
    judged.verdict =
        Some(Verdict { outcome: Outcome::Partly, share, reason, version: "v2".to_owned() });
    let judged = judged.clone();
    first.note(note(&judged, Action::Judged)).unwrap();
    let stamp = first.publish(&path).unwrap().stamp;
    let again = Ledger::read(&path).unwrap();
    assert_eq!(again, first);
    assert_eq!(again.history.last().map(|event| event.standing), Some(Standing::Accepted));
    assert_eq!(again.publish(&path).unwrap().stamp, stamp, "in place, the same bytes");
    let orders = [[1, 2, 3], [3, 1, 2]].map(|ranks| {
        std::fs::remove_file(&other).ok();
        ledger(&ranks).publish(&other).unwrap().stamp
    });
    assert_eq!(orders[0], orders[1]);
}

#[test]
fn a_ledger_opens_in_qgis_with_a_form_and_tables_without_geometry() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.gpkg");
    ledger(&[1]).publish(&path).unwrap();
    assert_eq!(layer_names(&path).unwrap(), [CORRECTIONS, HISTORY, HEAD]);
    let source = VectorSource::open(&path, Some("layer_styles")).unwrap().assume_epsg(2154);
    let column = source.require_column(&["styleQML"]).unwrap();
    let mut styles = source.features(&[column], 2154).unwrap();
    let qml = styles.next().unwrap().unwrap().values[0].text().unwrap();
    for (value, label) in [
        ("accepted", "Acceptée"),
        ("CS1.1.1.1", "CS1.1.1.1 – Zones bâties"),
        ("true", "Artificialisé"),
    ] {
        assert!(qml.contains(&format!("name=\"{label}\" value=\"{value}\"")), "{label}");
    }
    assert!(qml.contains("<field name=\"correction_id\" editable=\"0\"/>"));
    assert!(qml.contains("<field name=\"standing\" editable=\"1\"/>"));
}

#[test]
fn an_id_twice_an_unknown_event_and_an_open_file_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.gpkg");
    let mut twice = ledger(&[1]);
    assert!(twice.enter(vec![entry(1)]).is_err());
    assert!(ledger(&[1]).note(note(&entry(2), Action::Edited)).is_err());
    let mut lost = ledger(&[1, 2]);
    lost.entries.pop();
    lost.publish(&path).unwrap();
    let told = Ledger::read(&path).unwrap_err().to_string();
    assert!(told.contains("lost a correction") && told.contains("historique"), "{told}");
    ledger(&[1]).publish(&path).unwrap();
    std::fs::write(dir.path().join("ledger.gpkg-wal"), "x").unwrap();
    let told = Ledger::read(&path).unwrap_err();
    assert!(told.to_string().contains("open in another program"), "{told}");
    assert!(ledger(&[1]).publish(&path).is_err());
}

#[test]
fn a_record_says_what_it_asks_for() {
    let mut record = entry(1).record;
    assert_eq!(record_act(&record), Act::Recode);
    record.dimension = Aim::Geometry;
    record.kind = Kind::Geometry;
    assert_eq!(record_act(&record), Act::Redraw);
    record.object_id = "OCS1;OCS2".to_owned();
    assert_eq!(record_act(&record), Act::Merge);
    record.kind = Kind::Omission;
    assert_eq!(record_act(&record), Act::Insert);
}
