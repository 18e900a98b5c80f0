//! The arrangement against another implementation: `geo`'s boolean operations and validity tests.

use geo::{Area, BooleanOps, Validation};
use geo_types::{Coord, LineString};
use kernels::arrangement::{LayerMask, NO_KEY, arrange};
use kernels::lattice::{Point, Polygon, Ring, area_m2};
use proptest::prelude::*;

/// A polygon of `geo` in metres.
fn in_metres(polygon: &Polygon) -> geo_types::Polygon<f64> {
    let line = |ring: &Ring| {
        let corners = ring.0.iter().chain(ring.0.first());
        LineString(corners.map(|p| Coord::from(p.to_metres())).collect())
    };
    geo_types::Polygon::new(line(&polygon.exterior), polygon.holes.iter().map(line).collect())
}

/// A star around a centre: simple whatever its radii, with sides that cross others at odd places.
fn star(centre: (i32, i32), radii: &[u16]) -> Polygon {
    let n = radii.len() as f64;
    let corner = |(i, &radius): (usize, &u16)| {
        let turn = i as f64 / n * std::f64::consts::TAU;
        let reach = 200.0 + f64::from(radius);
        let at = |c: i32, v: f64| c + (reach * v).round() as i32;
        Point::new(at(centre.0, turn.cos()), at(centre.1, turn.sin()))
    };
    Polygon { exterior: Ring(radii.iter().enumerate().map(corner).collect()), holes: vec![] }
}

fn stars() -> impl Strategy<Value = Vec<Polygon>> {
    let one = ((0..4000_i32, 0..4000_i32), prop::collection::vec(0..1500_u16, 5..14));
    prop::collection::vec(one, 1..6)
        .prop_map(|all| all.iter().map(|(centre, radii)| star(*centre, radii)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn overlay_areas_are_those_of_boolean_operations(layers in (stars(), stars())) {
        let plane = arrange(&[&layers.0, &layers.1]).unwrap();
        for (a, shape_a) in layers.0.iter().enumerate() {
            for (b, shape_b) in layers.1.iter().enumerate() {
                let both = |f: &u32| {
                    plane.labels(*f, 0).contains(&(a as u32))
                        && plane.labels(*f, 1).contains(&(b as u32))
                };
                let faces = (1..plane.n_faces() as u32).filter(both);
                let ours = area_m2(faces.map(|f| plane.twice_area(f)).sum());
                let theirs = in_metres(shape_a).intersection(&in_metres(shape_b)).unsigned_area();
                // Sides bend by half a centimetre where they cross: metres of side, not of area.
                prop_assert!((ours - theirs).abs() < 1.0, "{ours} against {theirs} m2");
            }
        }
    }

    #[test]
    fn dissolved_polygons_are_valid_for_everyone(layers in (stars(), stars())) {
        let plane = arrange(&[&layers.0, &layers.1]).unwrap();
        let key: Vec<u32> = (0..plane.n_faces() as u32)
            .map(|f| match (plane.label(f, 0), plane.label(f, 1)) {
                (None, None) => NO_KEY,
                (a, b) => u32::from(a.is_some()) + 2 * u32::from(b.is_some()),
            })
            .collect();
        for piece in plane.dissolve(&key, LayerMask::ALL) {
            let polygon = in_metres(&piece.polygon);
            prop_assert!(polygon.is_valid(), "{polygon:?}");
        }
    }
}
