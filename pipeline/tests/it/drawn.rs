//! Ground drawn by hand: rectangles in centimetres, and vintages made of them.

use std::path::Path;

use kernels::lattice::{Point, Polygon, Ring};
use pipeline::corrections::NATIONAL;
use pipeline::corrections::identity::correction_id;
use pipeline::corrections::ledger::{Entry, Head, Ledger, Note};
use pipeline::corrections::terms::{Action, Aim, Kind, Origin, Standing};
use pipeline::io::record::{CorrectionRecord, Deliverable, OccupationRecord};
use pipeline::io::schema::Names;

use crate::world::EPSG;

/// Corners west, south, east, north, in centimetres from the origin.
pub(crate) type Box4 = [i32; 4];

/// The outline of a rectangle, counter-clockwise.
fn ring([west, south, east, north]: Box4) -> Ring {
    let at = |x, y| Point::new(65_000_000 + x, 630_000_000 + y);
    Ring(vec![at(west, south), at(east, south), at(east, north), at(west, north)])
}

/// A rectangle.
pub(crate) fn plain(of: Box4) -> Polygon {
    Polygon { exterior: ring(of), holes: Vec::new() }
}

/// A rectangle with rectangular holes.
pub(crate) fn holed(of: Box4, holes: &[Box4]) -> Polygon {
    Polygon { exterior: ring(of), holes: holes.iter().map(|&hole| ring(hole)).collect() }
}

/// Writes a vintage: id, codes and shape of each object.
pub(crate) fn occupation(path: &Path, year: u16, rows: &[(&str, (&str, &str), Polygon)]) {
    let names = Names { department: "11".to_owned(), vintage: year, prior: year, epsg: EPSG };
    let mut file = Deliverable::<OccupationRecord>::create(path, &names, &[]).unwrap();
    for (id, (cs, us), polygon) in rows {
        let record = OccupationRecord {
            id: (*id).to_owned(),
            code_cs: (*cs).to_owned(),
            code_us: (*us).to_owned(),
            vintage: year,
            ..OccupationRecord::default()
        };
        file.add(polygon, &record).unwrap();
    }
    file.finish().unwrap();
}

/// A correction of an object of the vintage of a year: aim, kind, current and proposed code, where.
pub(crate) fn correction(
    (year, object): (u16, &str),
    (aim, kind): (Aim, Kind),
    (current, proposed): (Option<&str>, Option<&str>),
    polygon: Polygon,
) -> Entry {
    let id = correction_id(year, object, (aim, proposed.unwrap_or_default()), &polygon);
    let first = polygon.exterior.0[0];
    let record = CorrectionRecord {
        correction_id: id,
        department: "11".to_owned(),
        insee: None,
        vintage: year,
        source_version: None,
        object_id: object.to_owned(),
        dimension: aim,
        current_code: current.map(str::to_owned),
        proposed_code: proposed.map(str::to_owned),
        local_code: None,
        local_nomenclature: None,
        kind,
        area_m2: polygon.area_m2(),
        artif_before: None,
        artif_after: None,
        evidence: None,
        confidence: None,
        author_org: Some("Mairie d'Alairac".to_owned()),
        comment: Some("vu sur place".to_owned()),
        origin: Origin::LocalCorrection,
        anchor: Point::new(first.x + 100, first.y + 100),
        ign_report_id: None,
        ign_status: None,
        ign_status_at: None,
        applied_in_version: None,
    };
    let (source, standing) = ("Mairie".to_owned(), Standing::Proposed);
    Entry { record, polygon, standing, source, source_ref: None, verdict: None }
}

/// Writes a ledger of department 11 with these corrections, entered in their order.
pub(crate) fn write_ledger(path: &Path, entries: Vec<Entry>) {
    let nomenclature = NATIONAL.to_owned();
    let mut ledger = Ledger::create(Head { department: "11".to_owned(), epsg: EPSG, nomenclature });
    let ids: Vec<String> = entries.iter().map(|e| e.record.correction_id.clone()).collect();
    ledger.enter(entries).unwrap();
    for correction_id in ids {
        let (at, source) = ("2026-11-21".to_owned(), "Mairie".to_owned());
        let action = Action::Entered;
        ledger.note(Note { correction_id, at, action, source, detail: None }).unwrap();
    }
    ledger.publish(path).unwrap();
}
