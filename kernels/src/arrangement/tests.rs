//! The arrangement on small worlds that can be read at a glance.

mod laws;
mod oracle;

use std::collections::BTreeMap;

use super::*;
use crate::lattice::{Ring, cross};

/// A polygon without hole from `(x, y)` pairs.
fn shape(corners: &[(i32, i32)]) -> Polygon {
    Polygon { exterior: ring(corners), holes: Vec::new() }
}

fn ring(corners: &[(i32, i32)]) -> Ring {
    Ring(corners.iter().map(|&(x, y)| Point::new(x, y)).collect())
}

/// The square of side `s` whose lowest corner is `(x, y)`.
fn square(x: i32, y: i32, s: i32) -> Polygon {
    shape(&[(x, y), (x + s, y), (x + s, y + s), (x, y + s)])
}

/// Every bounded face as (twice its area, its ranks per layer), sorted.
fn census(arrangement: &Arrangement) -> Vec<(i128, Vec<Vec<u32>>)> {
    let mut faces: Vec<_> = (1..arrangement.n_faces() as u32)
        .map(|f| {
            let ranks = (0..arrangement.n_layers()).map(|l| arrangement.labels(f, l).to_vec());
            (arrangement.twice_area(f), ranks.collect())
        })
        .collect();
    faces.sort();
    faces
}

/// Twice the area that each polygon of a layer covers.
fn covered(arrangement: &Arrangement, layer: usize) -> BTreeMap<u32, i128> {
    let mut sums = BTreeMap::new();
    for f in 0..arrangement.n_faces() as u32 {
        for &rank in arrangement.labels(f, layer) {
            *sums.entry(rank).or_default() += arrangement.twice_area(f);
        }
    }
    sums
}

/// Every invariant that an arrangement promises, checked pair by pair.
fn assert_sound(arrangement: &Arrangement) {
    let edges: Vec<Edge> = arrangement.edges().collect();
    assert!(edges.windows(2).all(|w| (w[0].a, w[0].b) < (w[1].a, w[1].b)), "edges not sorted");
    for (i, e) in edges.iter().enumerate() {
        assert!(e.a < e.b && e.left != e.right, "edge {e:?} separates nothing");
        for f in &edges[i + 1..] {
            assert!(!interfere((e.a, e.b), (f.a, f.b)), "{e:?} meets {f:?} away from their ends");
        }
    }
    let total: i128 = (0..arrangement.n_faces() as u32).map(|f| arrangement.twice_area(f)).sum();
    assert_eq!(total, 0, "the faces do not tile the plane");
    assert!((1..arrangement.n_faces() as u32).all(|f| arrangement.twice_area(f) > 0));
    for layer in 0..arrangement.n_layers() {
        assert_eq!(arrangement.labels(UNBOUNDED, layer), [0_u32; 0]);
    }
    // Each face's area, recomputed from the edges around it.
    let mut sums = vec![0_i128; arrangement.n_faces()];
    for e in &edges {
        let piece = i128::from(e.a.x) * i128::from(e.b.y) - i128::from(e.b.x) * i128::from(e.a.y);
        sums[e.left as usize] += piece;
        sums[e.right as usize] -= piece;
    }
    for (f, sum) in sums.iter().enumerate() {
        assert_eq!(*sum, arrangement.twice_area(f as u32), "area of face {f}");
    }
}

/// Whether two segments share a point that is not an end of both.
fn interfere((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let inside = |p: Point, a: Point, b: Point| cross(a, b, p) == 0 && a < p && p < b;
    if inside(c, a, b) || inside(d, a, b) || inside(a, c, d) || inside(b, c, d) {
        return true;
    }
    let sides = |a, b, c, d| cross(a, b, c).signum() * cross(a, b, d).signum() < 0;
    sides(a, b, c, d) && sides(c, d, a, b)
}

fn arranged(layers: &[&[Polygon]]) -> Arrangement {
    let arrangement = arrange(layers).unwrap();
    assert_sound(&arrangement);
    arrangement
}

#[test]
fn nothing_has_only_the_unbounded_face() {
    let arrangement = arranged(&[&[], &[]]);
    assert_eq!((arrangement.n_faces(), arrangement.n_edges(), arrangement.n_layers()), (1, 0, 2));
    assert_eq!(arrangement.twice_area(UNBOUNDED), 0);
}

#[test]
fn two_squares_of_a_layer_share_one_edge() {
    let arrangement = arranged(&[&[square(0, 0, 10), square(10, 0, 10)]]);
    assert_eq!(census(&arrangement), [(200, vec![vec![0]]), (200, vec![vec![1]])]);
    assert_eq!(arrangement.n_edges(), 7);
    assert_eq!(arrangement.touching(0), [(0, 1)]);
}

#[test]
fn two_crossing_squares_of_two_layers_make_three_faces() {
    let arrangement = arranged(&[&[square(0, 0, 10)], &[square(6, 6, 10)]]);
    assert_eq!(
        census(&arrangement),
        [(32, vec![vec![0], vec![0]]), (168, vec![vec![], vec![0]]), (168, vec![vec![0], vec![]])]
    );
    assert_eq!(arrangement.twice_area(UNBOUNDED), -368);
}

#[test]
fn overlap_and_gap_of_one_layer_show_as_two_ranks_and_none() {
    let frame = [
        shape(&[(0, 0), (30, 0), (30, 10), (0, 10)]),
        shape(&[(0, 20), (30, 20), (30, 30), (0, 30)]),
        shape(&[(0, 10), (10, 10), (10, 20), (0, 20)]),
        shape(&[(20, 5), (30, 5), (30, 20), (20, 20)]),
    ];
    let arrangement = arranged(&[&frame]);
    assert_eq!(
        census(&arrangement),
        [
            (100, vec![vec![0, 3]]),
            (200, vec![vec![]]),
            (200, vec![vec![2]]),
            (200, vec![vec![3]]),
            (500, vec![vec![0]]),
            (600, vec![vec![1]]),
        ]
    );
}

#[test]
fn orientation_and_first_corner_do_not_matter() {
    let donut = |exterior, hole| Polygon { exterior, holes: vec![hole] };
    let outer = [(0, 0), (9, 0), (9, 9), (0, 9)];
    let inner = [(3, 3), (3, 6), (6, 6), (6, 3)];
    let reversed = |c: &[(i32, i32)]| c.iter().rev().copied().collect::<Vec<_>>();
    let expected = arranged(&[&[donut(ring(&outer), ring(&inner))]]);
    assert_eq!(census(&expected), [(18, vec![vec![]]), (144, vec![vec![0]])]);
    let rotated = [(9, 9), (0, 9), (0, 0), (9, 0)];
    for (o, i) in [(reversed(&outer), inner.to_vec()), (rotated.to_vec(), reversed(&inner))] {
        assert_eq!(arranged(&[&[donut(ring(&o), ring(&i))]]), expected);
    }
}

#[test]
fn nested_islands_find_the_face_around_them() {
    // Four squares inside one another, and two islands side by side at the same depth.
    let nested = [
        square(0, 0, 100),
        square(10, 10, 80),
        square(20, 20, 60),
        square(30, 30, 10),
        square(60, 60, 10),
        square(200, 0, 10),
    ];
    let arrangement = arranged(&[&nested]);
    assert_eq!(
        census(&arrangement),
        [
            (200, vec![vec![0, 1, 2, 3]]),
            (200, vec![vec![0, 1, 2, 4]]),
            (200, vec![vec![5]]),
            (2 * (6400 - 3600), vec![vec![0, 1]]),
            (2 * (3600 - 200), vec![vec![0, 1, 2]]),
            (2 * (10000 - 6400), vec![vec![0]]),
        ]
    );
}

#[test]
fn an_island_right_above_another_is_outside_it() {
    let islands = [square(0, 0, 50), square(20, 20, 4), square(20, 30, 4), square(22, 40, 4)];
    let arrangement = arranged(&[&islands]);
    assert_eq!(covered(&arrangement, 0)[&0], 5000);
    assert_eq!(arrangement.n_faces(), 5);
    assert_eq!(
        census(&arrangement)[..3],
        [(32, vec![vec![0, 1]]), (32, vec![vec![0, 2]]), (32, vec![vec![0, 3]])]
    );
}

#[test]
fn a_stray_polygon_far_away_changes_nothing_for_a_crowd_of_islands() {
    // 900 squares with an island each, all in one block because of the stray one.
    let mut crowd = Vec::new();
    for i in 0..900 {
        let (x, y) = (i % 30 * 40, i / 30 * 40);
        crowd.extend([square(x, y, 30), square(x + 10, y + 10, 9)]);
    }
    crowd.push(square(-1_000_000_000, 1_000_000_000, 7));
    let arrangement = arrange(&[&crowd]).unwrap();
    let faces = census(&arrangement);
    assert_eq!(faces.len(), 1801);
    assert_eq!(faces[0], (98, vec![vec![1800]]));
    for (i, face) in faces[1..901].iter().enumerate() {
        let i = i as u32;
        assert_eq!(*face, (162, vec![vec![2 * i, 2 * i + 1]]));
    }
    for (i, face) in faces[901..].iter().enumerate() {
        assert_eq!(*face, (1800 - 162, vec![vec![2 * i as u32]]));
    }
}

#[test]
fn squares_that_share_a_corner_touch_but_have_no_border() {
    let arrangement = arranged(&[&[square(0, 0, 10), square(10, 10, 10), square(21, 20, 5)]]);
    assert_eq!(arrangement.touching(0), [(0, 1)]);
    let class: Vec<u32> = (0..4).map(|f| arrangement.label(f, 0).unwrap_or(NO_KEY)).collect();
    assert_eq!(arrangement.vertex_contacts(&class), [(0, 1)]);
    assert_eq!(arrangement.borders(&class), []);
}

#[test]
fn a_corner_on_a_neighbours_side_breaks_the_side() {
    let arrangement = arranged(&[&[square(0, 0, 10), square(10, 3, 4)]]);
    assert_eq!(arrangement.n_edges(), 9);
    assert_eq!(arrangement.touching(0), [(0, 1)]);
    let class = [NO_KEY, 0, 1];
    assert_eq!(arrangement.borders(&class), [((0, 1), 4.0)]);
}

#[test]
fn a_sliver_thinner_than_half_a_step_collapses() {
    // The long side passes at (50 -1/2), in the square of (50 0): it bends there.
    let sliver = |y| shape(&[(0, 0), (50, y), (100, y - 1)]);
    let arrangement = arranged(&[&[sliver(0), square(200, 0, 1)]]);
    assert_eq!(census(&arrangement), [(2, vec![vec![1]])]);
    // One step higher it passes at (50 0), outside the square of (50 1).
    assert_eq!(census(&arranged(&[&[sliver(1)]])), [(100, vec![vec![0]])]);
    let flat = arranged(&[&[shape(&[(0, 0), (100, 0), (99, 0)])]]);
    assert_eq!((flat.n_faces(), flat.n_edges()), (1, 0));
    let hair = arranged(&[&[shape(&[(0, 0), (100, 0), (200, 1), (100, 0)])]]);
    assert_eq!((hair.n_faces(), hair.n_edges()), (1, 0));
}

#[test]
fn a_duplicate_polygon_overlaps_its_twin_everywhere() {
    let arrangement = arranged(&[&[square(0, 0, 10), square(0, 0, 10)]]);
    assert_eq!(census(&arrangement), [(200, vec![vec![0, 1]])]);
    assert_eq!(arrangement.label(1, 0), Some(0));
    assert_eq!(arrangement.touching(0), [(0, 1)]);
}

#[test]
fn a_ring_given_twice_covers_nothing() {
    let outer = ring(&[(0, 0), (9, 0), (9, 9), (0, 9)]);
    let arrangement = arranged(&[&[Polygon { exterior: outer.clone(), holes: vec![outer] }]]);
    assert_eq!(arrangement.n_faces(), 1);
}

#[test]
fn both_lobes_of_a_bow_tie_are_covered() {
    let arrangement = arranged(&[&[shape(&[(0, 0), (10, 10), (10, 0), (0, 10)])]]);
    assert_eq!(census(&arrangement), [(50, vec![vec![0]]), (50, vec![vec![0]])]);
}

#[test]
fn degenerate_rings_are_ignored() {
    let dots = [
        Polygon::default(),
        shape(&[(1, 1)]),
        shape(&[(1, 1), (1, 1), (1, 1)]),
        shape(&[(0, 0), (5, 5)]),
        Polygon { exterior: ring(&[]), holes: vec![ring(&[(0, 0), (2, 0), (0, 2)])] },
    ];
    let arrangement = arranged(&[&dots]);
    assert_eq!(census(&arrangement), [(4, vec![vec![4]])]);
}

#[test]
fn a_crossing_rounds_halves_up() {
    // The diagonals of a unit square cross at (1/2 1/2), which rounds to (1 1).
    let cross_shape = shape(&[(0, 0), (1, 1), (1, 0), (0, 1)]);
    let arrangement = arranged(&[&[cross_shape]]);
    // Segment (0 1)-(1 0) bends to (1 1): one triangle is left, one is flat.
    assert_eq!(census(&arrangement), [(1, vec![vec![0]])]);
    assert!(arrangement.edges().all(|e| e.a != Point::new(1, 0) && e.b != Point::new(1, 0)));
}

#[test]
fn a_crossing_that_rounds_onto_another_corner_is_noded_there() {
    // Sides cross at (10/3 10/3): the corner (3 3) of another polygon takes it.
    let a = shape(&[(0, 0), (10, 10), (0, 10)]);
    let b = shape(&[(0, 5), (10, 0), (10, 5)]);
    let c = square(3, 3, 2);
    let arrangement = arranged(&[&[a], &[b], &[c]]);
    let at = |p: Point| arrangement.edges().filter(|e| e.a == p || e.b == p).count();
    assert!(at(Point::new(3, 3)) >= 4);
}

#[test]
fn a_side_that_passes_a_corner_within_half_a_step_bends_to_it() {
    // At x = 50 the long side is at y = 0.495...: within the square of (50 0) only.
    let long = shape(&[(0, 0), (101, 1), (101, 40), (0, 40)]);
    let dot = square(50, -10, 10);
    let arrangement = arranged(&[&[long], &[dot]]);
    let through: Vec<_> = arrangement.edges().filter(|e| e.b == Point::new(50, 0)).collect();
    assert!(through.iter().any(|e| e.a == Point::new(0, 0)));
    assert_eq!(arrangement.labels(UNBOUNDED, 0), [0_u32; 0]);
}

#[test]
fn collinear_overlaps_are_cut_at_each_end() {
    let left = shape(&[(0, 0), (30, 0), (30, 5), (0, 5)]);
    let right = shape(&[(10, 0), (10, -5), (40, -5), (40, 0)]);
    let arrangement = arranged(&[&[left], &[right]]);
    let on_axis: Vec<_> =
        arrangement.edges().filter(|e| e.a.y == 0 && e.b.y == 0).map(|e| (e.a.x, e.b.x)).collect();
    assert_eq!(on_axis, [(0, 10), (10, 30), (30, 40)]);
}

#[test]
fn a_corner_beyond_the_lattice_is_an_error_with_its_place() {
    let far = shape(&[(0, 0), (1 << 30, 0), (0, 5)]);
    let error = arrange(&[&[], &[square(0, 0, 1), far]]).unwrap_err();
    assert_eq!(
        error,
        ArrangementError::Coordinate { layer: 1, polygon: 1, point: Point::new(1 << 30, 0) }
    );
}

#[test]
fn the_extreme_corners_of_the_lattice_are_exact() {
    let m = COORDINATE_MAX;
    let all = shape(&[(-m, -m), (m, -m), (m, m), (-m, m)]);
    let kite = shape(&[(-m, -m), (m, m), (m, -m), (-m, m)]);
    let arrangement = arranged(&[&[all], &[kite]]);
    let side = 2 * i128::from(m);
    assert_eq!(arrangement.twice_area(UNBOUNDED), -2 * side * side);
    assert_eq!(covered(&arrangement, 1)[&0], side * side);
}

#[test]
fn more_than_32_layers_are_refused() {
    let layers = vec![&[] as &[Polygon]; 33];
    assert_eq!(arrange(&layers).unwrap_err(), ArrangementError::TooManyLayers { count: 33 });
}

// ---- dissolve ----

fn by_first_layer(arrangement: &Arrangement) -> Vec<u32> {
    (0..arrangement.n_faces() as u32).map(|f| arrangement.label(f, 0).unwrap_or(NO_KEY)).collect()
}

#[test]
fn dissolving_two_halves_gives_the_whole_without_its_straight_nodes() {
    let halves = [square(0, 0, 10), shape(&[(10, 0), (20, 0), (20, 10), (10, 10)])];
    let arrangement = arranged(&[&halves]);
    let whole = arrangement.dissolve(&[NO_KEY, 7, 7], LayerMask::NONE);
    assert_eq!(
        whole,
        [Dissolved {
            key: 7,
            polygon: shape(&[(0, 0), (20, 0), (20, 10), (0, 10)]),
            faces: vec![1, 2]
        }]
    );
    let kept = arrangement.dissolve(&[NO_KEY, 7, 7], LayerMask::of(&[0]));
    assert_eq!(kept[0].polygon, shape(&[(0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (0, 10)]));
}

#[test]
fn faces_of_one_key_that_only_share_a_corner_stay_apart() {
    let arrangement = arranged(&[&[square(0, 0, 10), square(10, 10, 10)]]);
    let parts = arrangement.dissolve(&[3, 3, 3], LayerMask::NONE);
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].polygon, square(0, 0, 10));
    assert_eq!(parts[1].polygon, square(10, 10, 10));
}

#[test]
fn a_hole_that_touches_the_outside_at_a_point_is_a_ring_of_its_own() {
    // A square with a diamond bite whose tip touches the south side at (10 0).
    let notched = Polygon {
        exterior: ring(&[(0, 0), (10, 0), (20, 0), (20, 20), (0, 20)]),
        holes: vec![ring(&[(5, 5), (10, 10), (15, 5), (10, 0)])],
    };
    let arrangement = arranged(&[std::slice::from_ref(&notched)]);
    let parts = arrangement.dissolve(&by_first_layer(&arrangement), LayerMask::NONE);
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].polygon, notched);
}

#[test]
fn two_holes_that_share_a_point_stay_two_rings() {
    let sieve = Polygon {
        exterior: ring(&[(0, 0), (30, 0), (30, 30), (0, 30)]),
        holes: vec![
            ring(&[(5, 5), (5, 10), (10, 10), (10, 5)]),
            ring(&[(10, 10), (10, 15), (15, 15), (15, 10)]),
        ],
    };
    let arrangement = arranged(&[std::slice::from_ref(&sieve)]);
    let parts = arrangement.dissolve(&by_first_layer(&arrangement), LayerMask::NONE);
    assert_eq!(parts[0].polygon, sieve);
}

#[test]
fn a_node_of_three_results_stays_on_the_straight_side() {
    let three =
        [square(0, 0, 10), square(0, 10, 10), shape(&[(10, 0), (20, 0), (20, 20), (10, 20)])];
    let arrangement = arranged(&[&three]);
    let parts = arrangement.dissolve(&by_first_layer(&arrangement), LayerMask::NONE);
    assert_eq!(parts[2].polygon, shape(&[(10, 0), (20, 0), (20, 20), (10, 20), (10, 10)]));
}

#[test]
fn an_island_of_another_key_leaves_a_hole() {
    let arrangement = arranged(&[&[square(0, 0, 30)], &[square(10, 10, 10)]]);
    let inner = (1..3).find(|&f| arrangement.label(f, 1).is_some()).unwrap();
    let mut key = vec![NO_KEY; 3];
    key[3 - inner as usize] = 1;
    let parts = arrangement.dissolve(&key, LayerMask::NONE);
    assert_eq!(
        parts[0].polygon,
        Polygon {
            exterior: ring(&[(0, 0), (30, 0), (30, 30), (0, 30)]),
            holes: vec![ring(&[(10, 10), (10, 20), (20, 20), (20, 10)])],
        }
    );
    assert_eq!(parts[0].polygon.twice_area(), arrangement.twice_area(3 - inner));
}

#[test]
fn an_interior_point_is_on_the_lattice_when_a_row_allows() {
    assert_eq!(interior_point(&square(0, 0, 10)), Some((0.05, 0.05)));
    assert_eq!(interior_point(&square(0, 0, 1)), Some((0.005, 0.005)));
    assert_eq!(interior_point(&shape(&[(0, 0), (5, 5)])), None);
    let donut = Polygon {
        exterior: ring(&[(0, 0), (40, 0), (40, 40), (0, 40)]),
        holes: vec![ring(&[(10, 1), (10, 39), (39, 39), (39, 1)])],
    };
    assert_eq!(interior_point(&donut), Some((0.05, 0.2)));
}
