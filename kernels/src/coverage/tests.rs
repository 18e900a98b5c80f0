use proptest::prelude::*;

use super::*;
use crate::lattice::Ring;

fn ring(corners: &[(i32, i32)]) -> Ring {
    Ring(corners.iter().map(|&(x, y)| Point::new(x, y)).collect())
}

fn shape(corners: &[(i32, i32)]) -> Polygon {
    Polygon { exterior: ring(corners), holes: Vec::new() }
}

fn square(x: i32, y: i32, s: i32) -> Polygon {
    shape(&[(x, y), (x + s, y), (x + s, y + s), (x, y + s)])
}

/// What is wrong, without shapes.
fn found(polygons: &[Polygon]) -> Vec<Defect> {
    bare(check(polygons, None, Limits::default()).unwrap())
}

fn bare(mut defects: Vec<Defect>) -> Vec<Defect> {
    for defect in &mut defects {
        defect.shape = Shape::Place;
    }
    defects
}

fn defect(kind: DefectKind, place: (i32, i32), polygons: &[u32], twice_area: i128) -> Defect {
    let place = Point::new(place.0, place.1);
    Defect { kind, place, polygons: polygons.to_vec(), twice_area, shape: Shape::Place }
}

#[test]
fn neighbours_islands_and_point_contacts_are_sound() {
    let donut = Polygon {
        exterior: ring(&[(10, 0), (40, 0), (40, 30), (10, 30), (10, 10)]),
        holes: vec![ring(&[(20, 10), (20, 20), (30, 20), (30, 10)])],
    };
    let coverage =
        [square(0, 0, 10), donut, square(20, 10, 10), square(0, 30, 10), square(100, 0, 9)];
    assert_eq!(found(&coverage), []);
}

#[test]
fn the_way_rings_turn_is_no_defect() {
    let backwards = shape(&[(10, 0), (10, 10), (20, 10), (20, 0)]);
    assert_eq!(found(&[square(0, 0, 10), backwards]), []);
}

#[test]
fn an_enclosed_gap_has_its_place_and_area() {
    let around = [
        shape(&[(0, 0), (20, 0), (20, 10), (10, 10), (10, 20), (0, 20)]),
        shape(&[(20, 0), (30, 0), (30, 30), (0, 30), (0, 20), (10, 20), (20, 20), (20, 10)]),
    ];
    assert_eq!(found(&around), [defect(DefectKind::Gap, (10, 10), &[], 200)]);
}

#[test]
fn an_overlap_names_both_polygons() {
    let both = [square(0, 0, 10), square(6, 0, 10)];
    let overlap = defect(DefectKind::Overlap, (6, 0), &[0, 1], 80);
    let defects = found(&both);
    assert!(defects.contains(&overlap), "{defects:?}");
    assert!(defects[1..].iter().all(|d| d.kind == DefectKind::UnmatchedEdge));
}

#[test]
fn a_polygon_over_a_matched_pair_overlaps_each() {
    let pile = [
        square(0, 0, 10),
        square(10, 0, 10),
        shape(&[(0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (0, 10)]),
    ];
    assert_eq!(
        found(&pile),
        [
            defect(DefectKind::Overlap, (0, 0), &[0, 2], 200),
            defect(DefectKind::Overlap, (10, 0), &[1, 2], 200)
        ]
    );
}

#[test]
fn duplicates_are_told_once_however_they_are_written() {
    let twin = shape(&[(10, 10), (10, 0), (0, 0), (0, 10)]);
    assert_eq!(
        found(&[square(0, 0, 10), square(20, 0, 5), twin]),
        [defect(DefectKind::Duplicate, (0, 0), &[0, 2], 200)]
    );
}

#[test]
fn duplicates_that_lie_over_others_overlap_them_and_not_each_other() {
    let (low, high, alone) = (square(0, 0, 10), square(10, 0, 10), square(20, 0, 10));
    let over = square(0, 0, 20);
    let polygons = [low.clone(), over, high.clone(), alone, high, low];
    let mut defects = found(&polygons);
    defects.retain(|defect| defect.kind != DefectKind::UnmatchedEdge);
    assert_eq!(
        defects,
        [
            defect(DefectKind::Overlap, (0, 0), &[0, 1, 5], 200),
            defect(DefectKind::Overlap, (10, 0), &[1, 2, 4], 200),
            defect(DefectKind::Duplicate, (0, 0), &[0, 5], 200),
            defect(DefectKind::Duplicate, (10, 0), &[2, 4], 200),
        ]
    );
}

#[test]
fn a_neighbours_corner_in_a_side_is_an_unmatched_edge() {
    let coverage =
        [square(0, 0, 10), square(10, 0, 5), shape(&[(10, 5), (15, 5), (15, 10), (10, 10)])];
    assert_eq!(
        found(&coverage),
        [
            defect(DefectKind::UnmatchedEdge, (10, 5), &[0, 1], 0),
            defect(DefectKind::UnmatchedEdge, (10, 5), &[0, 2], 0)
        ]
    );
}

#[test]
fn a_sliver_under_half_a_step_is_an_unmatched_edge() {
    // The right polygons' shared corner is 1/3 step off the left polygon's side.
    let coverage = [
        shape(&[(0, 0), (10, 0), (11, 30), (0, 30)]),
        shape(&[(10, 0), (20, 0), (20, 10), (10, 10)]),
        shape(&[(10, 10), (20, 10), (20, 30), (11, 30)]),
    ];
    let kinds: Vec<DefectKind> = found(&coverage).iter().map(|d| d.kind).collect();
    assert_eq!(kinds, [DefectKind::UnmatchedEdge; 2]);
}

#[test]
fn rings_that_are_no_rings_are_invalid() {
    let bad = [
        shape(&[(0, 0), (5, 0)]),
        shape(&[(100, 0), (105, 0), (105, 0), (100, 5)]),
        shape(&[(200, 0), (210, 0), (205, 0), (200, 5)]),
    ];
    assert_eq!(
        found(&bad),
        [
            defect(DefectKind::InvalidRing, (0, 0), &[0], 0),
            defect(DefectKind::InvalidRing, (105, 0), &[1], 0),
            defect(DefectKind::InvalidRing, (210, 0), &[2], 0),
            defect(DefectKind::ZeroArea, (0, 0), &[0], 0),
        ]
    );
}

#[test]
fn a_bow_tie_and_a_ring_that_touches_itself_intersect_themselves() {
    let pinched = shape(&[(100, 0), (110, 0), (110, 10), (105, 0), (100, 10)]);
    let defects = found(&[shape(&[(0, 0), (10, 0), (0, 12), (10, 10)]), pinched]);
    let kinds: Vec<(DefectKind, &[u32])> =
        defects.iter().map(|d| (d.kind, &d.polygons[..])).collect();
    assert_eq!(
        kinds,
        [
            (DefectKind::SelfIntersection, &[0][..]),
            (DefectKind::SelfIntersection, &[1]),
            // The two lobes of this bow tie have the same area.
            (DefectKind::ZeroArea, &[0]),
        ]
    );
}

#[test]
fn holes_must_be_inside_and_apart() {
    let outer = ring(&[(0, 0), (50, 0), (50, 50), (0, 50)]);
    let hole = |x: i32, y: i32, s: i32| ring(&[(x, y), (x, y + s), (x + s, y + s), (x + s, y)]);
    let with = |holes: Vec<Ring>| found(&[Polygon { exterior: outer.clone(), holes }]);
    let alone = |holes| {
        with(holes).into_iter().filter(|d| !matches!(d.kind, DefectKind::Gap)).collect::<Vec<_>>()
    };
    assert_eq!(alone(vec![hole(10, 10, 5), hole(15, 15, 5)]), []);
    assert_eq!(alone(vec![hole(60, 10, 5)]), [defect(DefectKind::HoleOutside, (60, 10), &[0], 50)]);
    assert_eq!(
        alone(vec![hole(10, 10, 20), hole(12, 12, 5)]),
        [defect(DefectKind::HoleOutside, (12, 12), &[0], 50)]
    );
    assert_eq!(alone(vec![hole(40, 10, 20)])[0].kind, DefectKind::SelfIntersection);
    // Two holes that meet at two points cut the inside in two.
    let c = ring(&[(10, 10), (10, 30), (30, 30), (30, 25), (15, 20), (30, 15), (30, 10)]);
    let lid = ring(&[(30, 15), (30, 25), (40, 20)]);
    assert_eq!(alone(vec![c, lid]), [defect(DefectKind::SelfIntersection, (0, 0), &[0], 0)]);
}

#[test]
fn an_outline_tells_gaps_at_the_rim_and_what_sticks_out() {
    let outline = [square(0, 0, 30)];
    let inside = |polygons: &[Polygon]| {
        let defects = bare(check(polygons, Some(&outline), Limits::default()).unwrap());
        defects.into_iter().filter(|d| d.kind != DefectKind::UnmatchedEdge).collect::<Vec<_>>()
    };
    assert_eq!(inside(&outline), []);
    let halves = |x: i32| {
        [shape(&[(0, 0), (10, 0), (10, 30), (0, 30)]), shape(&[(10, 0), (x, 0), (x, 30), (10, 30)])]
    };
    assert_eq!(inside(&halves(30)), []);
    assert_eq!(inside(&halves(25)), [defect(DefectKind::Gap, (25, 0), &[], 300)]);
    assert_eq!(inside(&halves(32)), [defect(DefectKind::Outside, (30, 0), &[1], 120)]);
}

#[test]
fn micro_objects_and_micro_segments_are_listed_under_the_limits() {
    let coverage = [square(0, 0, 10), square(10, 0, 10), square(30, 0, 3)];
    let limits = Limits { object_twice_area: 200, segment_length: 10 };
    let defects = bare(check(&coverage, None, limits).unwrap());
    assert_eq!(defects[0], defect(DefectKind::MicroObject, (30, 0), &[2], 18));
    assert_eq!(defects.len(), 5);
    assert!(defects[1..].iter().all(|d| d.kind == DefectKind::MicroSegment && d.polygons == [2]));
}

#[test]
fn neighbours_of_equal_key_are_told_once_at_their_lowest_common_side() {
    let long = shape(&[(10, 0), (20, 0), (20, 20), (10, 20), (10, 10)]);
    let coverage = [square(0, 0, 10), long, square(0, 10, 10), square(20, 20, 10)];
    let pair = |place, polygons| defect(DefectKind::Unmerged, place, polygons, 0);
    // 0 and 1 share the side from (10 0), 0 and 2 that from (0 10), 1 and 2 that from (10 10).
    assert_eq!(bare(unmerged(&coverage, &[7, 7, 8, 7])), [pair((10, 0), &[0, 1])]);
    assert_eq!(bare(unmerged(&coverage, &[8, 7, 7, 7])), [pair((10, 10), &[1, 2])]);
    let all = [pair((0, 10), &[0, 2]), pair((10, 0), &[0, 1]), pair((10, 10), &[1, 2])];
    assert_eq!(bare(unmerged(&coverage, &[9; 4])), all);
}

#[test]
fn each_kind_of_defect_has_the_shape_that_shows_it() {
    let p = |x: i32, y: i32| Point::new(x, y);
    let ground = |corners: &[(i32, i32)]| Shape::Ground(shape(corners));
    let shapes = |polygons: &[Polygon], kind: DefectKind| -> Vec<Shape> {
        let limits = Limits { object_twice_area: 60, segment_length: 2 };
        let defects = check(polygons, None, limits).unwrap();
        defects.into_iter().filter(|d| d.kind == kind).map(|d| d.shape).collect()
    };
    let around = [
        shape(&[(0, 0), (20, 0), (20, 10), (10, 10), (10, 20), (0, 20)]),
        shape(&[(20, 0), (30, 0), (30, 30), (0, 30), (0, 20), (10, 20), (20, 20), (20, 10)]),
    ];
    assert_eq!(
        shapes(&around, DefectKind::Gap),
        [ground(&[(10, 10), (20, 10), (20, 20), (10, 20)])]
    );
    let both = [square(0, 0, 10), square(6, 2, 10)];
    assert_eq!(shapes(&both, DefectKind::Overlap), [ground(&[(6, 2), (10, 2), (10, 10), (6, 10)])]);
    let split =
        [square(0, 0, 10), square(10, 0, 5), shape(&[(10, 5), (15, 5), (15, 10), (10, 10)])];
    // The long side lacks the corner of both polygons in its middle.
    let side = Shape::Lines(vec![vec![p(10, 0), p(10, 10)]]);
    assert_eq!(shapes(&split, DefectKind::UnmatchedEdge), [side.clone(), side]);
    let cut = shape(&[(0, 0), (9, 0), (10, 1), (10, 10), (0, 10)]);
    let short = Shape::Lines(vec![vec![p(9, 0), p(10, 1)]]);
    assert_eq!(shapes(&[cut], DefectKind::MicroSegment), [short]);
    assert_eq!(shapes(&[square(0, 0, 5)], DefectKind::MicroObject), [Shape::Whole]);
    assert_eq!(shapes(&[square(0, 0, 9), square(0, 0, 9)], DefectKind::Duplicate), [Shape::Whole]);
    let elbow = shape(&[(10, 0), (10, 10), (0, 10), (0, 20), (20, 20), (20, 0)]);
    let border = vec![p(0, 10), p(10, 10), p(10, 0)];
    let same = unmerged(&[square(0, 0, 10), elbow], &[3, 3]);
    assert_eq!(same[0].shape, Shape::Lines(vec![border]));
}

#[test]
fn neighbours_that_share_two_sides_are_one_pair_and_key_zero_is_none() {
    let around = shape(&[(10, 0), (10, 10), (0, 10), (0, 20), (20, 20), (20, 0)]);
    let coverage = [square(0, 0, 10), around];
    let pair = defect(DefectKind::Unmerged, (0, 10), &[0, 1], 0);
    assert_eq!(bare(unmerged(&coverage, &[3, 3])), [pair]);
    assert_eq!(bare(unmerged(&coverage, &[0, 0])), []);
    // A point in common is no neighbourhood, nor is the ring of a polygon with itself.
    assert_eq!(unmerged(&[square(0, 0, 10), square(10, 10, 10)], &[1, 1]), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_dissolves_is_a_valid_coverage(
        corners in prop::collection::vec(prop::collection::vec((-30..30, -30..30), 3..9), 1..8),
        n_keys in 1_u32..4,
        keep_all: bool,
    ) {
        let polygons: Vec<Polygon> = corners.iter().map(|c| shape(c)).collect();
        let arrangement = arrange(&[&polygons]).unwrap();
        let key: Vec<u32> = (0..arrangement.n_faces() as u32)
            .map(|f| arrangement.label(f, 0).map_or(NO_KEY, |rank| rank % n_keys))
            .collect();
        let keep = if keep_all { LayerMask::ALL } else { LayerMask::NONE };
        let parts: Vec<Polygon> =
            arrangement.dissolve(&key, keep).into_iter().map(|part| part.polygon).collect();
        let defects = found(&parts);
        prop_assert!(defects.iter().all(|d| d.kind == DefectKind::Gap), "{defects:?}");
        // And the gaps are those of the arrangement of the parts.
        let again = arrange(&[&parts]).unwrap();
        let gaps: i128 = (1..again.n_faces() as u32)
            .filter(|&f| again.labels(f, 0).is_empty()).map(|f| again.twice_area(f)).sum();
        prop_assert_eq!(defects.iter().map(|d| d.twice_area).sum::<i128>(), gaps);
    }

    #[test]
    fn both_ways_of_finding_gaps_agree(
        corners in prop::collection::vec(prop::collection::vec((-12..12, -12..12), 3..7), 1..6),
    ) {
        let polygons: Vec<Polygon> = corners.iter().map(|c| shape(c)).collect();
        let arrangement = arrange(&[&polygons]).unwrap();
        let key: Vec<u32> = (0..arrangement.n_faces() as u32)
            .map(|f| arrangement.label(f, 0).unwrap_or(NO_KEY)).collect();
        let parts: Vec<Polygon> = arrangement
            .dissolve(&key, LayerMask::NONE).into_iter().map(|part| part.polygon).collect();
        let Survey { defects, loose } = survey(&parts, Limits::default());
        prop_assert_eq!(defects, vec![]);
        let loose = Seams::of_some(&loose.expect("all are sound"));
        let quick = gaps_of_loose(&loose).unwrap().expect("all sides match");
        let slow = misfits(&arrange(&[&parts, &[]]).unwrap(), false, &[]);
        prop_assert_eq!(quick, slow);
    }

    #[test]
    fn what_matching_sides_proves_is_what_the_arrangement_says(
        corners in prop::collection::vec(prop::collection::vec((-12..12, -12..12), 3..7), 1..6),
        breaks in prop::collection::vec((0_u8..4, any::<prop::sample::Index>(), -2..3), 0..3),
    ) {
        let mut parts = dissolved(&corners);
        for (way, which, by) in breaks {
            break_one(&mut parts, way, which, by);
        }
        let is_sound = (0..).zip(&parts)
            .all(|(rank, polygon)| rings::defects(polygon, rank, Limits::default()).is_empty());
        let loose = survey(&parts, Limits::default()).loose;
        let quick = loose.and_then(|loose| gaps_of_loose(&Seams::of_some(&loose)).unwrap());
        // Sides of three polygons or more, of which two cancelled, are never taken for sound.
        let strict = gaps_of_loose(&Seams::of(&parts)).unwrap().filter(|_| is_sound);
        prop_assert_eq!(&quick, &strict);
        prop_assume!(quick.is_some());
        let slow = all_misfits(&parts, None).unwrap();
        prop_assert!(slow.iter().all(|d| d.kind == DefectKind::Gap), "{slow:?}");
        // Rounding moves sides that pass a corner by less than half a step.
        let mut ends: Vec<(Point, Point)> = parts.iter().flat_map(Polygon::rings)
            .flat_map(Ring::segments).map(|(p, q)| (p.min(q), p.max(q))).collect();
        ends.sort_unstable();
        ends.dedup();
        if crossings_and_hits(&ends).unwrap() == (vec![], vec![]) {
            prop_assert_eq!(quick.unwrap(), slow);
        }
    }

    #[test]
    fn a_polygon_out_of_its_place_overlaps_what_it_covers(
        corners in prop::collection::vec(prop::collection::vec((-12..12, -12..12), 3..7), 1..6),
        which: prop::sample::Index,
        (dx, dy) in (-3..4, -3..4).prop_filter("a move", |step| *step != (0, 0)),
    ) {
        let mut parts = dissolved(&corners);
        prop_assume!(parts.len() > 1);
        let rank = which.index(parts.len());
        let Polygon { exterior, holes } = &mut parts[rank];
        for p in std::iter::once(exterior).chain(holes).flat_map(|ring| &mut ring.0) {
            *p = Point::new(p.x + dx, p.y + dy);
        }
        let has_overlap = |polygons: &[Polygon]| {
            let plane = arrange(&[polygons]).unwrap();
            (1..plane.n_faces() as u32).any(|f| plane.labels(f, 0).len() > 1)
        };
        let twice = |d: &Defect| matches!(d.kind, DefectKind::Overlap | DefectKind::Duplicate);
        let told = found(&parts).iter().any(twice);
        prop_assert_eq!(told, has_overlap(&parts));
    }

    #[test]
    fn sides_are_matched_as_sorting_them_tells(
        corners in prop::collection::vec(prop::collection::vec((0..4, 0..4), 3..6), 1..5),
    ) {
        let polygons: Vec<Polygon> = corners.iter().map(|c| shape(c)).collect();
        let seams = Seams::of(&polygons);
        let mut sides: Vec<(Point, Point, bool, u32)> = Vec::new();
        for (polygon, rank) in polygons.iter().zip(0_u32..) {
            let is_left = polygon.exterior.twice_area() > 0;
            let own = polygon.exterior.segments().filter(|(p, q)| p != q);
            sides.extend(own.map(|(p, q)| (p.min(q), p.max(q), (p < q) == is_left, rank)));
        }
        sides.sort_unstable();
        let groups: Vec<_> = sides.chunk_by(|s, t| (s.0, s.1) == (t.0, t.1)).collect();
        let is_regular = groups.iter()
            .all(|g| g.len() == 1 || (g.len() == 2 && g[0].2 != g[1].2 && g[0].3 != g[1].3));
        let single: Vec<_> = groups.iter().filter(|g| g.len() == 1)
            .map(|g| seams::SingleSide { ends: (g[0].0, g[0].1), forward: g[0].2 }).collect();
        prop_assert_eq!(seams.single_sides(), is_regular.then_some(single));
        let mut pairs: Vec<seams::Border> = Vec::new();
        for group in &groups {
            for (s, t) in group.iter().flat_map(|s| group.iter().map(move |t| (s, t))) {
                if s.2 != t.2 && s.3 < t.3 {
                    pairs.push(((s.3, t.3), (s.0, s.1)));
                }
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        prop_assert_eq!(seams.pairs(|_, _| true), pairs);
    }
}

/// The polygons of an arrangement of these, each face given to its lowest.
fn dissolved(corners: &[Vec<(i32, i32)>]) -> Vec<Polygon> {
    let polygons: Vec<Polygon> = corners.iter().map(|c| shape(c)).collect();
    let arrangement = arrange(&[&polygons]).unwrap();
    let key: Vec<u32> = (0..arrangement.n_faces() as u32)
        .map(|f| arrangement.label(f, 0).unwrap_or(NO_KEY))
        .collect();
    arrangement.dissolve(&key, LayerMask::NONE).into_iter().map(|part| part.polygon).collect()
}

/// Breaks a coverage: a polygon is dropped, is there twice, has one corner moved alone, or has one
/// moved in all polygons together, which leaves the sides matched.
fn break_one(parts: &mut Vec<Polygon>, way: u8, which: prop::sample::Index, by: i32) {
    if parts.is_empty() {
        return;
    }
    let rank = which.index(parts.len());
    let corner = parts[rank].exterior.0[by.unsigned_abs() as usize];
    let moved = Point::new(corner.x + by, corner.y - 1);
    match way {
        0 => drop(parts.remove(rank)),
        1 => parts.push(parts[rank].clone()),
        2 => parts[rank].exterior.0[by.unsigned_abs() as usize] = moved,
        _ => {
            for polygon in parts {
                let rings = std::iter::once(&mut polygon.exterior).chain(&mut polygon.holes);
                let corners = rings.flat_map(|ring| &mut ring.0);
                corners.filter(|p| **p == corner).for_each(|p| *p = moved);
            }
        }
    }
}
