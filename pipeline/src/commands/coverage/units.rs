//! Polygons smaller than the minimum unit of their codes.

use kernels::arrangement::arrange;
use kernels::lattice::{Polygon, twice_area_of};
use nomenclature::{CaptureUnits, Couple};

use crate::error::Error;

/// The ranks of the polygons below their unit, with twice their areas.
///
/// * `couples`: one per polygon; a polygon whose cover and usage are unknown has no unit.
/// * `zone`: the zone construite. A polygon is in it when at least half of its ground is, as for
///   the cells of a raster. Without it, the smaller of both units holds.
///
/// # Errors
/// More boundaries than can be counted.
pub(super) fn below(
    polygons: &[Polygon],
    couples: &[Couple],
    units: &CaptureUnits,
    zone: Option<&[Polygon]>,
) -> Result<Vec<(u32, i128)>, Error> {
    let (mut below, mut unsure) = (Vec::new(), Vec::new());
    for (rank, (polygon, &couple)) in polygons.iter().zip(couples).enumerate() {
        let area = polygon.twice_area();
        if couple == Couple::NODATA || area <= 0 {
            continue;
        }
        let [inside, outside] =
            [true, false].map(|in_zone| twice_area_of(units.min_area_m2(couple, in_zone)));
        if area < inside.min(outside) {
            below.push((rank as u32, area));
        } else if area < inside.max(outside) {
            unsure.push((rank as u32, area, area < inside));
        }
    }
    if let Some(zone) = zone {
        let is_in_zone = within(polygons, &unsure, zone)?;
        for (&(rank, area, is_below_inside), in_zone) in unsure.iter().zip(is_in_zone) {
            // Between both units: below exactly one of them.
            if in_zone == is_below_inside {
                below.push((rank, area));
            }
        }
        below.sort_unstable();
    }
    Ok(below)
}

/// Whether at least half of each of these polygons is in the zone.
fn within(
    polygons: &[Polygon],
    which: &[(u32, i128, bool)],
    zone: &[Polygon],
) -> Result<Vec<bool>, Error> {
    let small: Vec<Polygon> =
        which.iter().map(|(rank, ..)| polygons[*rank as usize].clone()).collect();
    let plane = arrange(&[&small, zone])?;
    let mut inside = vec![0_i128; small.len()];
    let mut whole = vec![0_i128; small.len()];
    for face in 0..plane.n_faces() as u32 {
        let area = plane.twice_area(face);
        let is_in_zone = plane.label(face, 1).is_some();
        for &polygon in plane.labels(face, 0) {
            whole[polygon as usize] += area;
            inside[polygon as usize] += if is_in_zone { area } else { 0 };
        }
    }
    Ok(inside.iter().zip(&whole).map(|(inside, whole)| 2 * inside >= *whole).collect())
}

#[cfg(test)]
mod tests {
    use kernels::lattice::{Point, Ring};
    use nomenclature::{CaptureRules, Dimension, Nomenclature};

    use super::*;

    /// A square whose side is in metres.
    fn square(x: i32, side: i32) -> Polygon {
        let (x, side) = (100 * x, 100 * side);
        let corners = [(x, 0), (x + side, 0), (x + side, side), (x, side)];
        let exterior = Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec());
        Polygon { exterior, holes: Vec::new() }
    }

    #[test]
    fn a_unit_depends_on_the_codes_and_on_where_half_of_the_polygon_is() {
        let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
        let units = CaptureRules::builtin("ocsge-2-0").unwrap().compile(&ocsge).unwrap();
        let couple = |cs, us| Couple {
            cs: ocsge.find(Dimension::Cover, cs).unwrap(),
            us: ocsge.find(Dimension::Usage, us).unwrap(),
        };
        let (built, grass) = (couple("CS1.1.1.1", "US5"), couple("CS2.2.1", "US1.1"));
        // 400, 625, 625, 625, 196 and 2500 m2.
        let polygons =
            [square(0, 20), square(100, 25), square(200, 25), square(300, 25), square(400, 14)];
        let polygons = [&polygons[..], &[square(500, 50)]].concat();
        let couples = [grass, grass, grass, built, built, grass];
        let found = |zone: Option<&[Polygon]>| {
            let found = below(&polygons, &couples, &units, zone).unwrap();
            found.into_iter().map(|(rank, _)| rank).collect::<Vec<_>>()
        };
        assert_eq!(found(None), [0, 4]);
        // The zone holds 15 m of the 25 of the second polygon, and nothing of the third.
        assert_eq!(found(Some(&[square(90, 25)])), [0, 2, 4]);
        // And 12 m of 25: less than half.
        assert_eq!(found(Some(&[square(87, 25)])), [0, 1, 2, 4]);
        assert_eq!(below(&polygons[..1], &couples, &units, None).unwrap(), [(0, 8_000_000)]);
        assert_eq!(below(&polygons, &[Couple::NODATA; 6], &units, None).unwrap(), []);
    }
}
