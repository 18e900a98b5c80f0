//! Polygons as the ragged arrays that `shapely.from_ragged_array` takes: corners in centimetres,
//! offsets of the rings in the corners and of the polygons in the rings.

use std::path::Path;

use kernels::lattice::{Point, Polygon, Ring};

use crate::{Outcome, npy};

/// Writes polygons as `NAME_corners.npy`, `NAME_rings.npy` and `NAME_polygons.npy`; rings are
/// closed.
pub(crate) fn write(dir: &Path, name: &str, polygons: &[Polygon]) -> Outcome<()> {
    let (mut corners, mut rings, mut starts) = (Vec::new(), vec![0_i64], vec![0_i64]);
    for polygon in polygons {
        for ring in polygon.rings() {
            corners.extend(ring.0.iter().chain(ring.0.first()).flat_map(|p| [p.x, p.y]));
            rings.push(corners.len() as i64 / 2);
        }
        starts.push(rings.len() as i64 - 1);
    }
    let path = |what: &str| dir.join(format!("{name}_{what}.npy"));
    npy::write(&path("corners"), &[corners.len() / 2, 2], corners.into_iter())?;
    npy::write(&path("rings"), &[rings.len()], rings.into_iter())?;
    npy::write(&path("polygons"), &[starts.len()], starts.into_iter())
}

/// Reads what `write` wrote.
pub(crate) fn read(dir: &Path, name: &str) -> Outcome<Vec<Polygon>> {
    let path = |what: &str| dir.join(format!("{name}_{what}.npy"));
    let corners: Vec<i32> = npy::read(&path("corners"))?;
    let rings: Vec<i64> = npy::read(&path("rings"))?;
    let starts: Vec<i64> = npy::read(&path("polygons"))?;
    let ring = |i: usize| {
        let open = &corners[2 * rings[i] as usize..2 * rings[i + 1] as usize - 2];
        Ring(open.chunks_exact(2).map(|p| Point::new(p[0], p[1])).collect())
    };
    let polygon = |own: &[i64]| Polygon {
        exterior: ring(own[0] as usize),
        holes: (own[0] as usize + 1..own[1] as usize).map(ring).collect(),
    };
    Ok(starts.windows(2).map(polygon).collect())
}
