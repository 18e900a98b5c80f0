//! Ground drawn by hand: rectangles in centimetres, and vintages made of them.

use std::path::Path;

use kernels::lattice::{Point, Polygon, Ring};
use pipeline::io::record::{Deliverable, OccupationRecord};
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
    let mut file = Deliverable::<OccupationRecord>::create(path, &names).unwrap();
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
