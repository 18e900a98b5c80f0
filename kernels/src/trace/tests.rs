use ndarray::{Array2, array};
use proptest::prelude::*;

use super::*;
use crate::arcs::NO_FACE;
use crate::label::NODATA;
use crate::label::tests::rasters;
use crate::lattice::{Point, Polygon, Ring};
use crate::rasterise::rasterise;

/// Cells of 10 steps whose south-west corner is (0, 0).
pub(crate) fn grid_of(codes: &Array2<u16>) -> Grid {
    let (rows, cols) = codes.dim();
    Grid { origin: Point::new(0, rows as i32 * 10), cell: 10, rows, cols }
}

fn traced(codes: &Array2<u16>) -> ArcCoverage {
    trace(codes.view(), &grid_of(codes))
}

fn ring(corners: &[(i32, i32)]) -> Ring {
    Ring(corners.iter().map(|&(x, y)| Point::new(x, y)).collect())
}

/// The ring that starts at its lowest point.
fn rotated(ring: &Ring) -> Ring {
    let mut points = ring.0.clone();
    let lowest = (0..points.len()).min_by_key(|&i| points[i]).unwrap();
    points.rotate_left(lowest);
    Ring(points)
}

#[test]
fn a_single_cell_is_one_arc_without_a_node() {
    let coverage = traced(&array![[4]]);
    assert_eq!(coverage.n_arcs(), 1);
    let arc = coverage.arc(0);
    assert_eq!((arc.left, arc.right, arc.is_loop), (0, NO_FACE, true));
    let square = [(0, 0), (10, 0), (10, 10), (0, 10)];
    assert_eq!(rotated(&coverage.polygon(0).exterior), ring(&square));
    assert_eq!(coverage.faces()[0].value, 4);
}

#[test]
fn the_straight_side_of_a_t_junction_has_the_node_too() {
    let coverage = traced(&array![[1, 1], [2, 3]]);
    // Five nodes: the centre, and where the two inner lines meet the outline.
    assert_eq!(coverage.n_arcs(), 6);
    let top = coverage.polygon(0);
    let corners = [(0, 10), (10, 10), (20, 10), (20, 20), (0, 20)];
    assert_eq!(rotated(&top.exterior), ring(&corners));
}

#[test]
fn a_checkerboard_has_a_node_in_the_middle_and_joins_no_diagonal() {
    let coverage = traced(&array![[1, 2], [2, 1]]);
    assert_eq!(coverage.faces().len(), 4);
    assert_eq!(coverage.n_arcs(), 8);
    assert!(coverage.polygons().iter().all(|p| p.twice_area() == 200 && p.holes.is_empty()));
}

#[test]
fn an_island_in_an_island_is_a_hole_in_a_hole() {
    let mut codes = Array2::from_elem((5, 5), 1);
    codes.slice_mut(ndarray::s![1..4, 1..4]).fill(2);
    codes[(2, 2)] = 3;
    let polygons = traced(&codes).polygons();
    assert_eq!(polygons.iter().map(|p| p.holes.len()).collect::<Vec<_>>(), [1, 1, 0]);
    let hole = [(10, 10), (10, 40), (40, 40), (40, 10)];
    assert_eq!(rotated(&polygons[0].holes[0]), ring(&hole));
    let areas: Vec<_> = polygons.iter().map(Polygon::twice_area).collect();
    assert_eq!(areas, [16 * 200, 8 * 200, 200]);
}

#[test]
fn a_hole_of_nodata_has_an_outline_of_its_own() {
    let coverage = traced(&array![[1, 1, 1], [1, 0, 1], [1, 1, 1]]);
    assert_eq!(coverage.n_arcs(), 2);
    assert_eq!(coverage.polygon(0).holes.len(), 1);
    assert_eq!(coverage.twice_areas(), [8 * 200]);
}

#[test]
fn holes_that_touch_by_a_corner_are_two_rings() {
    let codes = array![[1, 1, 1, 1], [1, 2, 1, 1], [1, 1, 3, 1], [1, 1, 1, 1]];
    let polygon = traced(&codes).polygon(0);
    assert_eq!(polygon.holes.len(), 2);
    assert!(polygon.holes.iter().all(|hole| hole.twice_area() == -200));
}

#[test]
fn a_notch_that_touches_a_hole_stays_with_the_exterior() {
    let codes = array![[1, 1, 1], [1, 2, 1], [1, 1, 3]];
    let polygon = traced(&codes).polygon(0);
    let outline = [(0, 0), (20, 0), (20, 10), (30, 10), (30, 30), (0, 30)];
    assert_eq!(rotated(&polygon.exterior), ring(&outline));
    assert_eq!(rotated(&polygon.holes[0]), ring(&[(10, 10), (10, 20), (20, 20), (20, 10)]));
}

#[test]
fn a_raster_of_nodata_has_no_face() {
    let coverage = traced(&Array2::zeros((3, 4)));
    assert_eq!((coverage.n_arcs(), coverage.faces().len()), (0, 0));
}

/// No corner twice in a ring, no straight corner but nodes.
fn assert_rings_are_simple(coverage: &ArcCoverage) {
    let is_end = |p: Point| {
        coverage.arcs().any(|a| !a.is_loop && (a.points[0] == p || *a.points.last().unwrap() == p))
    };
    for polygon in coverage.polygons() {
        assert!(polygon.exterior.twice_area() > 0);
        assert!(polygon.holes.iter().all(|hole| hole.twice_area() < 0));
        for ring in polygon.rings() {
            let mut sorted = ring.0.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), ring.0.len(), "a corner comes twice: {ring:?}");
            let n = ring.0.len();
            for i in 0..n {
                let (a, b, c) = (ring.0[i], ring.0[(i + 1) % n], ring.0[(i + 2) % n]);
                assert!(crate::lattice::cross(a, b, c) != 0 || is_end(b), "straight at {b:?}");
            }
        }
    }
}

#[test]
fn a_hole_without_data_above_the_last_region_is_found() {
    // Pieces of nodata are looked for after the regions, the last of which begins further south.
    let codes = array![[0, 1, 1, 1], [0, 1, 0, 1], [0, 1, 1, 1], [1, 0, 0, 0]];
    let coverage = traced(&codes);
    assert_eq!(coverage.n_arcs(), 3);
    assert_eq!(coverage.polygon(0).holes.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn burning_the_polygons_gives_the_raster_back(codes in rasters()) {
        let coverage = traced(&codes);
        let values: Vec<u16> = coverage.faces().iter().map(|face| face.value).collect();
        prop_assert_eq!(rasterise(&coverage.polygons(), &values, &grid_of(&codes)), &codes);
        prop_assert_eq!(first_difference(&coverage, &label(codes.view()), &grid_of(&codes)), None);
        assert_rings_are_simple(&coverage);
    }

    #[test]
    fn the_proof_finds_the_first_cell_that_differs(
        codes in rasters(), at in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!codes.is_empty());
        let mut other = codes.clone();
        let at = at.index(codes.len());
        let at = (at / codes.ncols(), at % codes.ncols());
        other[at] += 1;
        let (coverage, labels) = (traced(&codes), label(other.view()));
        prop_assert!(first_difference(&coverage, &labels, &grid_of(&codes)).is_some());
    }

    #[test]
    fn areas_are_exactly_the_cells(codes in rasters()) {
        let coverage = traced(&codes);
        let by_cells: Vec<_> =
            coverage.faces().iter().map(|face| i128::from(face.n_cells) * 200).collect();
        prop_assert_eq!(&coverage.twice_areas(), &by_cells);
        let of_polygons: Vec<_> = coverage.polygons().iter().map(Polygon::twice_area).collect();
        prop_assert_eq!(of_polygons, by_cells);
    }

    #[test]
    fn bands_do_not_change_the_coverage(codes in rasters(), band_rows in 1..6_usize) {
        let (labels, grid) = (label(codes.view()), grid_of(&codes));
        let rows = codes.nrows();
        let bands = (0..rows).step_by(band_rows).map(|row| row..rows.min(row + band_rows));
        prop_assert_eq!(trace_in_bands(&labels, &grid, bands.collect()), traced(&codes));
    }

    #[test]
    fn turning_or_mirroring_the_raster_keeps_areas_and_counts(codes in rasters()) {
        let turned = codes.t().slice(ndarray::s![.., ..;-1]).to_owned();
        let mirrored = codes.slice(ndarray::s![.., ..;-1]).to_owned();
        let summary = |codes: &Array2<u16>| {
            let coverage = traced(codes);
            let mut faces: Vec<_> = (0..coverage.faces().len())
                .map(|i| (coverage.faces()[i].value, coverage.faces()[i].n_cells, coverage.rings(i).len()))
                .collect();
            faces.sort_unstable();
            let n_open = coverage.arcs().filter(|arc| !arc.is_loop).count();
            (faces, n_open, coverage.n_arcs())
        };
        prop_assert_eq!(summary(&codes), summary(&turned));
        prop_assert_eq!(summary(&codes), summary(&mirrored));
    }

    #[test]
    fn each_side_of_the_cells_is_on_exactly_one_arc(codes in rasters()) {
        let coverage = traced(&codes);
        let length: i64 = coverage.arcs().flat_map(|arc| arc.points.windows(2)).map(|w| {
            i64::from(w[0].x - w[1].x).abs() + i64::from(w[0].y - w[1].y).abs()
        }).sum();
        let at = |row: i64, col: i64| {
            codes.get((row as usize, col as usize)).copied().unwrap_or(NODATA)
        };
        let (rows, cols) = (codes.nrows() as i64, codes.ncols() as i64);
        let cells = (-1..rows).flat_map(|row| (-1..cols).map(move |col| (row, col)));
        let n_sides: i64 = cells.map(|(row, col)| {
            i64::from(at(row, col) != at(row + 1, col)) + i64::from(at(row, col) != at(row, col + 1))
        }).sum();
        prop_assert_eq!(length, n_sides * 10);
    }
}
