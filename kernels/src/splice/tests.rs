use nomenclature::{ClassId, Couple};

use super::*;
use crate::lattice::Ring;

const FIELD: Couple = Couple { cs: ClassId(1), us: ClassId(1) };
const WOOD: Couple = Couple { cs: ClassId(2), us: ClassId(1) };
const BUILT: Couple = Couple { cs: ClassId(3), us: ClassId(2) };
const RULE: SpliceRule = SpliceRule { snap: 150, thin: 200 };
const UNIT_500_M2: i128 = 500 * crate::lattice::TWICE_AREA_PER_M2;

/// A rectangle in metres, counter-clockwise.
fn rectangle(x: i32, y: i32, width: i32, height: i32) -> Polygon {
    let p = |dx, dy| Point::new((x + dx) * 100, (y + dy) * 100);
    Polygon {
        exterior: Ring(vec![p(0, 0), p(width, 0), p(width, height), p(0, height)]),
        holes: vec![],
    }
}

fn moved(mut polygon: Polygon, dx: i32, dy: i32) -> Polygon {
    for p in &mut polygon.exterior.0 {
        *p = Point::new(p.x + dx, p.y + dy);
    }
    polygon
}

fn run(prior: &[(Polygon, Couple)], changed: &[(Polygon, Couple)]) -> Vec<Spliced> {
    let polygons: Vec<Polygon> = prior.iter().map(|p| p.0.clone()).collect();
    let couples: Vec<Couple> = prior.iter().map(|p| p.1).collect();
    let regions: Vec<ChangedRegion> = changed
        .iter()
        .map(|(polygon, couple)| ChangedRegion { polygon: polygon.clone(), couple: *couple })
        .collect();
    let spliced = splice(&polygons, &couples, &regions, RULE, |_, _| UNIT_500_M2).unwrap();
    let before: i128 = polygons.iter().map(Polygon::twice_area).sum();
    let after: i128 = spliced.polygons.iter().map(|s| s.polygon.twice_area()).sum();
    assert_eq!(before, after, "the splice covers exactly what the prior covers");
    spliced.polygons
}

fn field_and_wood() -> Vec<(Polygon, Couple)> {
    vec![(rectangle(0, 0, 100, 100), FIELD), (rectangle(100, 0, 100, 100), WOOD)]
}

#[test]
fn without_change_every_polygon_comes_out_vertex_for_vertex() {
    let prior = field_and_wood();
    let spliced = run(&prior, &[]);
    assert_eq!(spliced.len(), 2);
    for (polygon, (before, couple)) in spliced.iter().zip(&prior) {
        assert_eq!((&polygon.polygon, polygon.couple), (before, *couple));
        assert_eq!(polygon.kinship, Kinship::Kept);
    }
}

#[test]
fn a_region_inside_a_field_becomes_a_hole_and_a_polygon() {
    let spliced = run(&field_and_wood(), &[(rectangle(30, 30, 40, 40), BUILT)]);
    let kinds: Vec<_> = spliced.iter().map(|s| (s.kinship, s.couple, s.prior)).collect();
    assert_eq!(
        kinds,
        [(Kinship::Cut, FIELD, 0), (Kinship::New, BUILT, 0), (Kinship::Kept, WOOD, 1)]
    );
    assert_eq!(spliced[0].polygon.holes.len(), 1);
    assert_eq!(spliced[2].polygon, rectangle(100, 0, 100, 100));
}

#[test]
fn an_outline_one_metre_off_is_drawn_onto_the_priors_lines() {
    let spliced = run(&field_and_wood(), &[(moved(rectangle(0, 0, 100, 100), 70, -90), BUILT)]);
    assert_eq!(spliced.len(), 2);
    assert_eq!(spliced[0].couple, BUILT);
    assert_eq!(spliced[0].polygon.twice_area(), rectangle(0, 0, 100, 100).twice_area());
    assert_eq!(spliced[1].kinship, Kinship::Kept);
}

#[test]
fn a_remnant_below_its_unit_joins_the_change_beside_it() {
    let spliced = run(&field_and_wood(), &[(rectangle(4, 0, 96, 100), BUILT)]);
    assert_eq!(spliced.iter().map(|s| s.couple).collect::<Vec<_>>(), [BUILT, WOOD]);
    assert_eq!(spliced[0].polygon.twice_area(), rectangle(0, 0, 100, 100).twice_area());
}

#[test]
fn a_change_below_its_unit_goes_back_to_the_prior() {
    let prior = field_and_wood();
    let spliced = run(&prior, &[(rectangle(30, 30, 20, 20), BUILT)]);
    assert_eq!(spliced.len(), 2);
    assert!(spliced.iter().all(|s| s.kinship == Kinship::Kept));
}

#[test]
fn a_sliver_beyond_a_boundary_is_given_back() {
    // The change covers the field and 1.8 m of the wood, beyond the reach of the snap.
    let spliced = run(&field_and_wood(), &[(moved(rectangle(50, 0, 52, 100), -20, 0), BUILT)]);
    let wood = spliced.iter().find(|s| s.couple == WOOD).unwrap();
    assert_eq!(wood.polygon.twice_area(), rectangle(100, 0, 100, 100).twice_area());
}

#[test]
fn a_change_to_the_neighbours_code_merges_with_the_neighbour() {
    let spliced = run(&field_and_wood(), &[(rectangle(50, 0, 50, 100), WOOD)]);
    let couples: Vec<_> = spliced.iter().map(|s| (s.couple, s.polygon.area_m2() as i32)).collect();
    assert_eq!(couples, [(FIELD, 5000), (WOOD, 15000)]);
}
