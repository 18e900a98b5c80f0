use ndarray::{Array2, array};
use proptest::prelude::*;

use super::*;
use crate::label::tests::rasters;
use crate::lattice::{Polygon, cross};
use crate::trace::tests::grid_of;
use crate::trace::trace;

const CELL: i32 = 10;

const AREA_PERMILLE: u32 = 800;

fn tolerance(distance: i32, outline: Outline) -> Tolerance {
    // A lax bound of area, so that the other checks are on their own.
    Tolerance { distance, area_permille: AREA_PERMILLE, outline }
}

fn generalised(codes: &Array2<u16>, distance: i32) -> (ArcCoverage, Generalised) {
    let traced = trace(codes.view(), &grid_of(codes));
    let result = generalise(&traced, CELL, &tolerance(distance, Outline::Kept));
    (traced, result)
}

/// A raster of a given size: code 2 where `is_two` holds at a cell's centre, in cells from the
/// north-west, else 1.
fn drawn(side: usize, is_two: impl Fn(i64, i64) -> bool) -> Array2<u16> {
    Array2::from_shape_fn((side, side), |(row, col)| {
        1 + u16::from(is_two(2 * col as i64 + 1, 2 * row as i64 + 1))
    })
}

#[test]
fn a_building_along_the_axes_keeps_its_four_corners() {
    let codes = drawn(12, |x, y| (6..18).contains(&x) && (8..16).contains(&y));
    let (traced, result) = generalised(&codes, CELL);
    let sorted = |polygon: Polygon| {
        let mut points = polygon.exterior.0;
        points.sort_unstable();
        points
    };
    assert_eq!(sorted(result.coverage.polygon(1)), sorted(traced.polygon(1)));
    assert!(result.twice_drifts.iter().all(|&drift| drift == 0));
}

#[test]
fn a_slanted_edge_becomes_one_straight_line() {
    // Thirteen steps of two corners each, and two ends on the outline.
    let codes = drawn(40, |x, y| 3 * y < x + 40);
    let (traced, result) = generalised(&codes, CELL);
    let inner = |coverage: &ArcCoverage| {
        coverage
            .arcs()
            .filter(|arc| arc.left < 2 && arc.right < 2)
            .map(|a| a.points.len())
            .sum::<usize>()
    };
    assert_eq!((inner(&traced), inner(&result.coverage)), (28, 2));
}

#[test]
fn a_turned_building_keeps_four_sides_and_its_area() {
    // A square whose sides run at 3:1.
    let codes = drawn(40, |x, y| {
        let (u, v) = (3 * (x - 40) + (y - 40), 3 * (y - 40) - (x - 40));
        u.abs() < 60 && v.abs() < 60
    });
    let (traced, result) = generalised(&codes, CELL);
    let polygon = result.coverage.polygon(1);
    assert!(polygon.exterior.0.len() <= 6, "{:?}", polygon.exterior);
    assert!(polygon.exterior.0.len() < traced.polygon(1).exterior.0.len() / 4);
    let drift = 1000 * result.twice_drifts[1].abs() / traced.twice_areas()[1];
    assert!(drift <= 10, "{drift} permille");
}

#[test]
fn a_single_cell_stays_a_square() {
    let codes = drawn(5, |x, y| (x, y) == (5, 5));
    let (traced, result) = generalised(&codes, CELL);
    assert_eq!(result.coverage.polygon(1), traced.polygon(1));
}

#[test]
fn an_outline_may_cut_its_own_first_cell() {
    // Ponds of several sizes: the first cell of each stands out of the curve.
    for radius in [9, 13, 17, 21_i64] {
        let codes = drawn(60, |x, y| (x - 60).pow(2) + (y - 60).pow(2) < (2 * radius).pow(2));
        for distance in [CELL, 3 * CELL / 2, 2 * CELL] {
            let (traced, result) = generalised(&codes, distance);
            assert_is_valid(&traced, &result, distance);
            // The outline of the raster is kept, the pond is fitted.
            assert_eq!(result.n_arcs_by_level, [1, 0, 1], "{radius} {distance}");
        }
    }
}

#[test]
fn an_edge_does_not_pass_over_an_island() {
    // A bay of 1 in 2, three cells deep, with one cell of 3 in the middle: within four cells a
    // straight line would cut the bay off and leave the island in 2, without crossing anything.
    let mut codes = drawn(24, |x, y| y > 26 || (y > 20 && !(16..30).contains(&x)));
    codes[(11, 11)] = 3;
    let (traced, result) = generalised(&codes, 4 * CELL);
    assert_is_valid(&traced, &result, 4 * CELL);
    // Two arcs are the kept outline; a third one is the edge.
    assert_eq!(result.n_arcs_by_level[1] + result.n_arcs_by_level[2], 3, "the edge fell back");
}

#[test]
fn a_face_s_drift_is_bounded() {
    // Discs cut by a line, of several sizes.
    let drifts = |area_permille: u32| {
        (4..12_i64).map(move |radius| {
            let codes = drawn(30, |x, y| {
                let (u, v) = (x - 30, y - 30);
                u * u + v * v < 4 * radius * radius && 3 * u + v < radius
            });
            let traced = trace(codes.view(), &grid_of(&codes));
            let bound = Tolerance { distance: 3 * CELL, area_permille, outline: Outline::Kept };
            let result = generalise(&traced, CELL, &bound);
            1000 * result.twice_drifts[1].abs() / traced.twice_areas()[1]
        })
    };
    assert!(drifts(5).all(|drift| drift <= 5));
    assert!(drifts(1000).any(|drift| drift > 5));
}

#[test]
fn a_face_at_its_unit_does_not_fall_below_it() {
    // A corner of the raster cut off by a slanted edge: the fit takes a little of one side.
    let codes = drawn(20, |x, y| 2 * x + 3 * y < 47);
    let traced = trace(codes.view(), &grid_of(&codes));
    let tolerance = tolerance(CELL, Outline::Kept);
    let free = generalise(&traced, CELL, &tolerance);
    let face = free.twice_drifts.iter().position(|&drift| drift < 0).expect("one side loses");
    let (value, unit) = (traced.faces()[face].value, traced.twice_areas()[face]);
    let limit = |at: u16| [if at == value { unit } else { 0 }, 0];
    assert!(generalise_above(&traced, CELL, &tolerance, limit).twice_drifts[face] >= 0);
    let beyond = |at: u16| [if at == value { unit + 1 } else { 0 }, 0];
    assert_eq!(generalise_above(&traced, CELL, &tolerance, beyond), free, "it never was over it");
}

#[test]
fn without_tolerance_nothing_changes() {
    let codes = array![[1, 1, 2], [1, 2, 2], [3, 3, 2]];
    let (traced, result) = generalised(&codes, 0);
    assert_eq!(result.coverage, traced);
    assert_eq!(result.n_arcs_by_level, [0, 0, traced.n_arcs()]);
}

/// Whether two segments share a point that is no end of both.
fn is_crossing((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let (sc, sd) = (cross(a, b, c).signum(), cross(a, b, d).signum());
    let (sa, sb) = (cross(c, d, a).signum(), cross(c, d, b).signum());
    if [sa, sb, sc, sd] == [0; 4] {
        let key = |p: Point| (p.x, p.y);
        let (lo1, hi1) = (key(a).min(key(b)), key(a).max(key(b)));
        let (lo2, hi2) = (key(c).min(key(d)), key(c).max(key(d)));
        return lo1.max(lo2) < hi1.min(hi2);
    }
    let is_shared = [a, b].iter().any(|p| [c, d].contains(p));
    !is_shared && sc * sd <= 0 && sa * sb <= 0
}

/// A valid coverage by other means: all pairs of segments, all faces against a sample of places.
fn assert_is_valid(traced: &ArcCoverage, result: &Generalised, distance: i32) {
    let coverage = &result.coverage;
    let segments: Vec<(Point, Point)> =
        coverage.arcs().flat_map(|arc| arc.points.windows(2)).map(|w| (w[0], w[1])).collect();
    for (i, &s) in segments.iter().enumerate() {
        assert!(s.0 != s.1, "a segment has no length");
        for &t in &segments[i + 1..] {
            assert!(!is_crossing(s, t), "{s:?} crosses {t:?}");
        }
    }
    for (before, after) in traced.arcs().zip(coverage.arcs()) {
        if !after.is_loop {
            assert_eq!(before.points.first(), after.points.first());
            assert_eq!(before.points.last(), after.points.last());
        }
        for &corner in before.points {
            let is_near = |w: &[Point]| is_within(corner, (w[0], w[1]), distance);
            assert!(after.points.windows(2).any(is_near), "{corner:?} was left behind");
        }
    }
    let (before, after) = (traced.twice_areas(), coverage.twice_areas());
    for face in 0..before.len() {
        let drift = after[face] - before[face];
        assert_eq!(drift, result.twice_drifts[face]);
        assert!(
            1000 * drift.abs() <= i128::from(AREA_PERMILLE) * before[face],
            "face {face} drifts by {drift}"
        );
        let polygon = coverage.polygon(face);
        assert!(polygon.exterior.twice_area() > 0);
        assert!(polygon.holes.iter().all(|hole| hole.twice_area() < 0));
        assert_eq!(polygon.twice_area(), after[face]);
    }
    assert_is_partition(coverage);
}

/// Every place of a fine sample is in as many faces after burning as it should: one at most, and
/// the areas burnt add up.
fn assert_is_partition(coverage: &ArcCoverage) {
    let polygons = coverage.polygons();
    let Some((low, high)) = polygons.iter().filter_map(Polygon::bounds).reduce(|x, y| {
        let low = Point::new(x.0.x.min(y.0.x), x.0.y.min(y.0.y));
        (low, Point::new(x.1.x.max(y.1.x), x.1.y.max(y.1.y)))
    }) else {
        return;
    };
    let grid = crate::grid::Grid::covering(low, high, 3);
    let mut covered = Array2::<u8>::zeros((grid.rows, grid.cols));
    for polygon in &polygons {
        covered += &crate::rasterise::rasterise(&[polygon], &[1_u8], &grid);
    }
    assert!(covered.iter().all(|&n| n <= 1), "two faces overlap");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_result_is_a_valid_coverage(codes in rasters(), distance in 1..31_i32) {
        let (traced, result) = generalised(&codes, distance);
        assert_is_valid(&traced, &result, distance);
    }

    #[test]
    fn a_kept_outline_keeps_the_total_area(codes in rasters(), distance in 1..31_i32) {
        let (_, result) = generalised(&codes, distance);
        prop_assert_eq!(result.twice_drifts.iter().sum::<i128>(), 0);
    }

    /// The bound of the command, on coverages where most arcs fall back at least once.
    #[test]
    fn no_face_drifts_beyond_the_bound(
        codes in rasters(), distance in 5..41_i32, area_permille in 1..200_u32,
    ) {
        for codes in [blown_up(&codes, 3), codes] {
            let traced = trace(codes.view(), &grid_of(&codes));
            let free = Tolerance { distance, area_permille, outline: Outline::Generalised };
            for tolerance in [free, Tolerance { outline: Outline::Kept, ..free }] {
                let result = generalise(&traced, CELL, &tolerance);
                let (by_code, all) = result.spreads();
                prop_assert!(all.max_ppm <= 1000 * area_permille, "{:?}", all);
                prop_assert!(by_code.values().all(|s| s.max_ppm <= all.max_ppm));
                let areas = |coverage: &ArcCoverage| coverage.twice_areas().iter().sum::<i128>();
                prop_assert_eq!(all.twice_before, areas(&traced));
                prop_assert_eq!(all.twice_after(), areas(&result.coverage));
                let won = by_code.values().map(|s| s.twice_won).sum::<i128>();
                prop_assert_eq!((won, by_code.values().map(|s| s.n_faces).sum::<u64>()),
                    (all.twice_won, traced.faces().len() as u64));
            }
        }
    }

    #[test]
    fn a_free_outline_is_valid_too(codes in rasters(), distance in 1..31_i32) {
        let traced = trace(codes.view(), &grid_of(&codes));
        let result = generalise(&traced, CELL, &tolerance(distance, Outline::Generalised));
        assert_is_valid(&traced, &result, distance);
    }

    /// Larger shapes than random cells make: random blobs of several cells.
    #[test]
    fn blobs_are_generalised_validly(codes in rasters(), distance in 5..31_i32) {
        let codes = blown_up(&codes, 3);
        let (traced, result) = generalised(&codes, distance);
        assert_is_valid(&traced, &result, distance);
    }
}

/// Each cell as a lozenge-edged patch: the corners of the patches go to the neighbours.
fn blown_up(codes: &Array2<u16>, times: usize) -> Array2<u16> {
    let (rows, cols) = codes.dim();
    Array2::from_shape_fn((rows * times, cols * times), |(row, col)| {
        let wobble = (row * 7 + col * 3) % 5 / 2;
        let (r, c) = ((row + wobble) / times, (col + (row + col) % 2) / times);
        codes[(r.min(rows - 1), c.min(cols - 1))]
    })
}
