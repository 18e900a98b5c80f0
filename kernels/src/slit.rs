//! Polygons with holes cut into polygons without, for formats that know none.

use crate::arrangement::{ArrangementError, LayerMask, NO_KEY, UNBOUNDED, arrange};
use crate::lattice::{Point, Polygon, Ring};

/// Cuts a polygon along a vertical line through the middle of each hole.
///
/// The pieces have no hole, do not overlap and have the polygon's area between them, up to the
/// half steps by which a cut may move a side. A polygon without hole comes back as it is.
///
/// # Errors
/// Those of [`arrange`].
pub fn without_holes(polygon: &Polygon) -> Result<Vec<Polygon>, ArrangementError> {
    let Some((low, high)) = polygon.bounds().filter(|_| !polygon.holes.is_empty()) else {
        return Ok(vec![polygon.clone()]);
    };
    let mut cuts: Vec<i32> = polygon.holes.iter().map(middle).collect();
    cuts.push(low.x);
    cuts.push(high.x);
    cuts.sort_unstable();
    cuts.dedup();
    let strips: Vec<Polygon> =
        cuts.windows(2).map(|cut| strip(cut[0], cut[1], low.y, high.y)).collect();
    let plane = arrange(&[std::slice::from_ref(polygon), &strips])?;
    let keys: Vec<u32> = (UNBOUNDED..plane.n_faces() as u32)
        .map(|face| plane.label(face, 0).and_then(|_| plane.label(face, 1)).unwrap_or(NO_KEY))
        .collect();
    let pieces = plane.dissolve(&keys, LayerMask::of(&[0]));
    Ok(pieces.into_iter().map(|piece| piece.polygon).collect())
}

/// The easting halfway between the west and the east end of a ring.
fn middle(ring: &Ring) -> i32 {
    let west = ring.0.iter().map(|p| p.x).min().unwrap_or(0);
    let east = ring.0.iter().map(|p| p.x).max().unwrap_or(0);
    west + (east - west) / 2
}

fn strip(west: i32, east: i32, south: i32, north: i32) -> Polygon {
    let corners = [(west, south), (east, south), (east, north), (west, north)];
    let exterior = Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec());
    Polygon { exterior, holes: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(corners: &[(i32, i32)]) -> Ring {
        Ring(corners.iter().map(|&(x, y)| Point::new(x, y)).collect())
    }

    #[test]
    fn a_polygon_without_hole_is_left_alone() {
        let polygon = Polygon { exterior: ring(&[(0, 0), (9, 0), (9, 9)]), holes: vec![] };
        assert_eq!(without_holes(&polygon), Ok(vec![polygon.clone()]));
    }

    #[test]
    fn two_holes_side_by_side_give_pieces_of_the_same_area_without_hole() {
        let polygon = Polygon {
            exterior: ring(&[(0, 0), (100, 0), (100, 50), (0, 50)]),
            holes: vec![
                ring(&[(10, 10), (10, 40), (30, 40), (30, 10)]),
                ring(&[(60, 10), (60, 40), (80, 40), (80, 10)]),
            ],
        };
        let pieces = without_holes(&polygon).unwrap();
        assert_eq!(pieces.len(), 3);
        assert!(pieces.iter().all(|piece| piece.holes.is_empty()));
        let total: i128 = pieces.iter().map(Polygon::twice_area).sum();
        assert_eq!(total, polygon.twice_area());
    }
}
