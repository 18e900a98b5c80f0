//! The square on which web maps are drawn: EPSG:3857 in steps of tiles.

use std::path::Path;

use kernels::lattice::{Point, Polygon, Ring};
use rayon::prelude::*;

use super::mvt::EXTENT;
use crate::error::Error;
use crate::io::srs::Reprojection;

/// EPSG code of the projection.
pub(super) const EPSG: u32 = 3857;

/// Half the side of the square, in metres: half the equator of WGS 84.
const HALF_SIDE_M: f64 = 20_037_508.342_789_244;

/// Steps along the side of the square at a zoom.
fn steps(zoom: u8) -> f64 {
    f64::from(EXTENT) * f64::from(1_u32 << zoom)
}

/// Moves polygons to the tile steps of a zoom: x to the east, y to the south, from the north-west
/// corner of the square. Rings turn the other way round than before, as the axis does.
///
/// * `path`: the file that they come from, for errors.
///
/// # Errors
/// [`Error::Input`] for a place that the projection does not know.
pub(super) fn placed(
    path: &Path,
    polygons: &[Polygon],
    epsg: u32,
    zoom: u8,
) -> Result<Vec<Polygon>, Error> {
    const BATCH: usize = 1024;
    let batches: Result<Vec<Vec<Polygon>>, Error> = polygons
        .par_chunks(BATCH)
        .map(|batch| {
            let way = Reprojection::new(path, epsg, EPSG)?;
            batch.iter().map(|polygon| moved(&way, polygon, zoom)).collect()
        })
        .collect();
    Ok(batches?.into_iter().flatten().collect())
}

fn moved(way: &Reprojection, polygon: &Polygon, zoom: u8) -> Result<Polygon, Error> {
    let ring = |ring: &Ring| -> Result<Ring, Error> {
        let (mut x_m, mut y_m): (Vec<f64>, Vec<f64>) =
            ring.0.iter().map(|point| point.to_metres()).unzip();
        way.apply(&mut x_m, &mut y_m)?;
        Ok(Ring(x_m.into_iter().zip(y_m).map(|(x, y)| step(x, y, zoom)).collect()))
    };
    let holes = polygon.holes.iter().map(ring).collect::<Result<_, _>>()?;
    Ok(Polygon { exterior: ring(&polygon.exterior)?, holes })
}

/// The step nearest to a place.
fn step(x_m: f64, y_m: f64, zoom: u8) -> Point {
    let side = steps(zoom);
    let along = |metres: f64| (metres / (2.0 * HALF_SIDE_M) * side).round();
    Point::new((side / 2.0 + along(x_m)) as i32, (side / 2.0 - along(y_m)) as i32)
}

/// Longitude and latitude of a step, in degrees.
pub(super) fn degrees(point: Point, zoom: u8) -> (f64, f64) {
    let side = steps(zoom);
    let longitude = 360.0 * f64::from(point.x) / side - 180.0;
    let northing = std::f64::consts::PI * (1.0 - 2.0 * f64::from(point.y) / side);
    (longitude, northing.sinh().atan().to_degrees())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_in_the_middle_of_the_square() {
        assert_eq!(step(0.0, 0.0, 0), Point::new(2048, 2048));
        assert_eq!(degrees(Point::new(2048, 2048), 0), (0.0, 0.0));
        assert_eq!(step(-HALF_SIDE_M, HALF_SIDE_M, 3), Point::new(0, 0));
        let (longitude, latitude) = degrees(Point::new(0, 0), 3);
        assert!((longitude + 180.0).abs() < 1e-9 && (latitude - 85.051_128_78).abs() < 1e-8);
    }

    #[test]
    fn a_place_of_lambert_93_comes_to_its_longitude_and_latitude() {
        // The origin of Lambert-93: 3 degrees east, 46.5 north.
        let corner = |x, y| Point::from_metres(x, y).unwrap();
        let polygon = Polygon {
            exterior: Ring(vec![
                corner(700_000.0, 6_600_000.0),
                corner(700_100.0, 6_600_000.0),
                corner(700_100.0, 6_600_100.0),
            ]),
            holes: Vec::new(),
        };
        let placed = placed(Path::new("x"), std::slice::from_ref(&polygon), 2154, 14).unwrap();
        let (longitude, latitude) = degrees(placed[0].exterior.0[0], 14);
        assert!((longitude - 3.0).abs() < 1e-5 && (latitude - 46.5).abs() < 1e-5);
        assert_eq!(placed[0].twice_area().signum(), -polygon.twice_area().signum());
    }
}
