//! The arrangement against GEOS, on recorded cases: see `benches/peers/geos_cases.py`.
//!
//! Snap rounding moves each point of a boundary by at most half a step along each axis, so by at
//! most `sqrt(1/2)` centimetre, and never across another corner. The area that two polygons share
//! therefore differs from the unrounded one by at most that distance along its own boundary, plus
//! a disc of that radius: `0.71 cm x perimeter + 1.6 cm2`. Where all crossings lie on the lattice it
//! does not differ at all.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use kernels::arrangement::{Arrangement, arrange};
use kernels::lattice::{Point, Polygon, Ring};

/// Far from the origin, as real coordinates are: Lambert-93 in centimetres.
const ORIGIN: Point = Point::new(65_012_345, 630_054_321);

/// The farthest that snap rounding moves a point, in centimetres.
const BEND_CM: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// Two layers and what GEOS found.
#[derive(Default)]
struct Case {
    name: String,
    is_exact: bool,
    layers: [Vec<Polygon>; 2],
    /// Ranks of two polygons, area and perimeter of what they share.
    pairs: Vec<((usize, usize), f64, f64)>,
    /// Layer, area and perimeter of its union.
    unions: Vec<(usize, f64, f64)>,
}

fn polygon(text: &str) -> Polygon {
    let mut rings = text.split('|').map(|ring| {
        let numbers: Vec<i32> = ring.split(' ').map(|n| n.parse().unwrap()).collect();
        let corner = |xy: &[i32]| Point::new(ORIGIN.x + xy[0], ORIGIN.y + xy[1]);
        Ring(numbers.chunks_exact(2).map(corner).collect())
    });
    Polygon { exterior: rings.next().unwrap(), holes: rings.collect() }
}

fn cases() -> Vec<Case> {
    let mut all: Vec<Case> = Vec::new();
    for line in include_str!("data/geos_cases.csv").lines().filter(|l| !l.starts_with('#')) {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |rank: usize| fields[rank].parse::<f64>().unwrap();
        let rank = |rank: usize| fields[rank].parse::<usize>().unwrap();
        if fields[0] == "case" {
            let (name, is_exact) = (fields[1].to_owned(), fields[2] == "exact");
            all.push(Case { name, is_exact, ..Case::default() });
            continue;
        }
        let case = all.last_mut().unwrap();
        match fields[0] {
            "a" => case.layers[0].push(polygon(fields[1])),
            "b" => case.layers[1].push(polygon(fields[1])),
            "p" => case.pairs.push(((rank(1), rank(2)), number(3), number(4))),
            "u" => case.unions.push((usize::from(fields[1] == "b"), number(2), number(3))),
            other => panic!("`{other}` is no kind of line"),
        }
    }
    all
}

/// Area in square centimetres of the faces that a rule keeps.
fn area_cm2(plane: &Arrangement, keeps: impl Fn(u32) -> bool) -> f64 {
    let faces = (1..plane.n_faces() as u32).filter(|&face| keeps(face));
    faces.map(|face| plane.twice_area(face)).sum::<i128>() as f64 / 2.0
}

impl Case {
    /// The largest difference allowed on ground of this perimeter.
    fn bound_cm2(&self, perimeter_cm: f64) -> f64 {
        let disc = std::f64::consts::PI * BEND_CM * BEND_CM;
        if self.is_exact { 1e-3 } else { BEND_CM * perimeter_cm + disc }
    }

    fn check(&self, what: &str, ours: f64, theirs: f64, perimeter_cm: f64) {
        let bound = self.bound_cm2(perimeter_cm);
        let difference = (ours - theirs).abs();
        assert!(
            difference <= bound,
            "{}, {what}: {ours} cm2 against {theirs}, at most {bound} apart",
            self.name
        );
    }
}

#[test]
fn shared_areas_are_those_of_geos_within_the_bound_of_snap_rounding() {
    let (mut n_pairs, mut n_exact) = (0, 0);
    for case in cases() {
        let plane = arrange(&[&case.layers[0], &case.layers[1]]).unwrap();
        let has = |face: u32, layer: usize, rank: usize| {
            plane.labels(face, layer).contains(&(rank as u32))
        };
        let mut found = vec![vec![0.0; case.layers[1].len()]; case.layers[0].len()];
        for (a, row) in found.iter_mut().enumerate() {
            for (b, area) in row.iter_mut().enumerate() {
                *area = area_cm2(&plane, |face| has(face, 0, a) && has(face, 1, b));
            }
        }
        for &((a, b), theirs, perimeter_cm) in &case.pairs {
            case.check(&format!("{a} with {b}"), found[a][b], theirs, perimeter_cm);
            found[a][b] = 0.0;
            n_pairs += 1;
            n_exact += u32::from(case.is_exact);
        }
        // Rounding never makes two polygons share ground that share none.
        let stray: f64 = found.iter().flatten().sum();
        assert!(stray < 0.25, "{}: {found:?}", case.name);
    }
    assert!(n_pairs > 500 && n_exact > 50, "{n_pairs} pairs, {n_exact} of them exact");
}

#[test]
fn unions_are_those_of_geos() {
    for case in cases() {
        let plane = arrange(&[&case.layers[0], &case.layers[1]]).unwrap();
        for &(layer, theirs, perimeter_cm) in &case.unions {
            let ours = area_cm2(&plane, |face| !plane.labels(face, layer).is_empty());
            case.check(&format!("union of layer {layer}"), ours, theirs, perimeter_cm);
        }
    }
}
