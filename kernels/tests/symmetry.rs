//! What turning and mirroring a raster leaves alone.
//!
//! Eight ways to lay the same ground: four turns, each also mirrored. The trace and the minimum
//! widths know no direction at all. Merging knows one, where two regions are equally small: the one
//! whose first cell is read first goes first. So does the growth of buildings, among cells equally
//! near. Fitting rounds halves up and opens a ring at its lowest place, which moves vertices by
//! steps of the lattice, and may choose another of two equally good vertices.

use kernels::arcs::ArcCoverage;
use kernels::generalise::{Outline, Tolerance, generalise};
use kernels::grid::Grid;
use kernels::label::label;
use kernels::lattice::{Point, Polygon};
use kernels::plane::Plane;
use kernels::regularise::{Candidate, CaptureRule, CellMasks, CoupleUnits, capture, regularise};
use kernels::trace::trace;
use ndarray::{Array2, Axis};
use nomenclature::{CaptureRules, ClassId, Couple, Dimension, Nomenclature};
use proptest::prelude::*;

/// Side of a cell; even, so that the middle of a side is on the lattice.
const CELL: i32 = 10;

/// One of the eight ways: quarter turns clockwise, then east and west exchanged.
#[derive(Debug, Clone, Copy)]
struct Way {
    turns: usize,
    is_mirrored: bool,
}

impl Way {
    fn all() -> impl Iterator<Item = Self> {
        (0..4).flat_map(|turns| [false, true].map(|is_mirrored| Self { turns, is_mirrored }))
    }

    fn cells(self, codes: &Array2<u16>) -> Array2<u16> {
        let mut codes = codes.clone();
        for _ in 0..self.turns {
            codes = codes.t().to_owned();
            codes.invert_axis(Axis(1));
        }
        if self.is_mirrored {
            codes.invert_axis(Axis(1));
        }
        codes.as_standard_layout().into_owned()
    }

    /// Where a point of a raster of this shape comes to lie; the south-west corner is (0, 0).
    fn point(self, mut point: Point, (mut rows, mut cols): (usize, usize)) -> Point {
        for _ in 0..self.turns {
            point = Point::new(point.y, cols as i32 * CELL - point.x);
            (rows, cols) = (cols, rows);
        }
        if self.is_mirrored { Point::new(cols as i32 * CELL - point.x, point.y) } else { point }
    }
}

fn traced(codes: &Array2<u16>) -> ArcCoverage {
    let (rows, cols) = codes.dim();
    let grid = Grid { origin: Point::new(0, rows as i32 * CELL), cell: CELL, rows, cols };
    trace(codes.view(), &grid)
}

/// The rings of a polygon from their lowest points, in the direction of what comes first.
fn canonical(polygon: &Polygon, place: impl Fn(Point) -> Point) -> Vec<Vec<Point>> {
    let ring = |ring: &kernels::lattice::Ring| {
        let mut points: Vec<Point> = ring.0.iter().map(|&point| place(point)).collect();
        let lowest = (0..points.len()).min_by_key(|&i| points[i]).expect("a ring has points");
        points.rotate_left(lowest);
        if points[1] > points[points.len() - 1] {
            points[1..].reverse();
        }
        points
    };
    let mut holes: Vec<Vec<Point>> = polygon.holes.iter().map(ring).collect();
    holes.sort_unstable();
    [vec![ring(&polygon.exterior)], holes].concat()
}

/// Codes and rings of all polygons, sorted.
fn outlines(coverage: &ArcCoverage, place: impl Fn(Point) -> Point) -> Vec<(u16, Vec<Vec<Point>>)> {
    let polygons = coverage.polygons();
    let values = coverage.faces().iter().map(|face| face.value);
    let mut all: Vec<_> =
        values.zip(&polygons).map(|(value, polygon)| (value, canonical(polygon, &place))).collect();
    all.sort_unstable();
    all
}

/// Rasters of 1 to 14 rows and columns, of codes 0 to 4, in blocks of 1 to 4 cells.
fn rasters() -> impl Strategy<Value = Array2<u16>> {
    (1..15_usize, 1..15_usize, 1..5_usize).prop_flat_map(|(rows, cols, grain)| {
        let n = rows.div_ceil(grain) * cols.div_ceil(grain);
        let codes = proptest::collection::vec(0..5_u16, n);
        codes.prop_map(move |codes| {
            let wide = cols.div_ceil(grain);
            Array2::from_shape_fn((rows, cols), |(r, c)| codes[r / grain * wide + c / grain])
        })
    })
}

/// The same unit for all codes, which are as far apart as their numbers.
struct Unit(u64);

impl CaptureRule for Unit {
    fn min_cells(&self, _: &Candidate) -> u64 {
        self.0
    }

    fn distance(&self, from: u16, to: u16) -> u32 {
        u32::from(from.abs_diff(to))
    }
}

fn merged(codes: &Array2<u16>, unit: u64) -> Array2<u16> {
    regularise(codes.clone(), &CellMasks::default(), &Unit(unit)).codes
}

/// Whether, at every unit up to this one, the next region to be merged is smaller than all others.
///
/// Merging at the size of the smallest region and one more is one step of merging at any larger
/// unit, so this walks all steps.
fn has_no_tie(codes: &Array2<u16>, unit: u64) -> bool {
    let mut codes = codes.clone();
    loop {
        let labels = label(codes.view());
        let borders = labels.borders();
        let has_neighbour =
            |i: &usize| borders.of_region(*i).iter().any(|b| b.neighbour != u32::MAX);
        let mut sizes: Vec<u64> = (0..labels.regions.len())
            .filter(has_neighbour)
            .map(|i| labels.regions[i].n_cells)
            .filter(|&n| n < unit)
            .collect();
        sizes.sort_unstable();
        match sizes.as_slice() {
            [] => return true,
            [one, two, ..] if one == two => return false,
            [one, ..] => codes = merged(&codes, one + 1),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_trace_knows_no_direction(codes in rasters()) {
        let plain = traced(&codes);
        for way in Way::all() {
            let turned = traced(&way.cells(&codes));
            let expected = outlines(&plain, |point| way.point(point, codes.dim()));
            prop_assert_eq!(outlines(&turned, |point| point), expected, "{:?}", way);
            prop_assert_eq!(turned.n_arcs(), plain.n_arcs());
        }
    }

    #[test]
    fn merging_leaves_nothing_below_its_unit_whatever_the_way(codes in rasters(), unit in 1..12_u64) {
        for way in Way::all() {
            let turned = way.cells(&codes);
            let result = regularise(turned.clone(), &CellMasks::default(), &Unit(unit));
            let labels = label(result.codes.view());
            let n_small = labels.regions.iter().filter(|region| region.n_cells < unit).count();
            prop_assert_eq!(n_small, result.exemptions.len());
            let n_known = |codes: &Array2<u16>| codes.iter().filter(|&&code| code != 0).count();
            prop_assert_eq!(n_known(&result.codes), n_known(&turned));
            // What is alone among nodata is so from all sides.
            let alone = regularise(codes.clone(), &CellMasks::default(), &Unit(unit)).exemptions;
            prop_assert_eq!(n_small, alone.len());
        }
    }

    #[test]
    fn fitting_keeps_faces_arcs_and_bounds_whatever_the_way(
        codes in rasters(), distance in 4..21_i32,
    ) {
        let tolerance = Tolerance { distance, area_permille: 50, outline: Outline::Kept };
        let shape = |coverage: &ArcCoverage| {
            let faces = coverage.faces().iter().zip(0..);
            let mut faces: Vec<_> =
                faces.map(|(f, i)| (f.value, f.n_cells, coverage.rings(i).len())).collect();
            faces.sort_unstable();
            (faces, coverage.n_arcs())
        };
        let plain = generalise(&traced(&codes), CELL, &tolerance);
        for way in Way::all() {
            let turned = generalise(&traced(&way.cells(&codes)), CELL, &tolerance);
            prop_assert_eq!(shape(&turned.coverage), shape(&plain.coverage));
            let (_, spread) = turned.spreads();
            prop_assert!(spread.max_ppm <= 50_000, "{:?}", spread);
            prop_assert_eq!(spread.twice_before, plain.spreads().1.twice_before);
            prop_assert_eq!(spread.twice_won, spread.twice_lost);
        }
    }
}

#[test]
fn without_two_regions_equally_small_merging_knows_no_direction() {
    let mut n_merges = 0;
    for seed in 0..400_u32 {
        // Rectangles over each other: their sizes mostly differ.
        let mut state = seed;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) % below) as usize
        };
        let mut codes = Array2::from_elem((23, 19), 1_u16);
        for _ in 0..9 {
            let (row, col) = (random(20), random(16));
            let (bottom, right) = ((row + 1 + random(8)).min(23), (col + 1 + random(8)).min(19));
            codes.slice_mut(ndarray::s![row..bottom, col..right]).fill(random(5) as u16);
        }
        for unit in [6, 12, 20, 35] {
            if !has_no_tie(&codes, unit) {
                continue;
            }
            let plain = merged(&codes, unit);
            n_merges += usize::from(plain != codes);
            for way in Way::all() {
                assert_eq!(merged(&way.cells(&codes), unit), way.cells(&plain), "{way:?}");
            }
        }
    }
    assert!(n_merges > 50, "{n_merges} rasters were changed");
}

#[test]
fn of_two_regions_equally_small_the_first_read_goes_first() {
    // 2 and 3, of two cells each, touch each other most: whoever goes first goes to the other.
    let lines = [[1, 1, 1, 2, 2, 4, 4, 4], [1, 1, 1, 3, 3, 4, 4, 4]];
    let codes = Array2::from_shape_fn((2, 8), |(row, col)| lines[row][col]);
    let down = merged(&codes, 3);
    assert_eq!(down.row(0).to_vec(), [1, 1, 1, 3, 3, 4, 4, 4]);
    let mut turned = codes.clone();
    turned.invert_axis(Axis(0));
    let turned = merged(&turned, 3);
    assert_eq!(turned.row(0).to_vec(), [1, 1, 1, 2, 2, 4, 4, 4]);
}

#[test]
fn the_capture_rules_give_the_same_areas_from_all_sides() {
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let units = CaptureRules::builtin("ocsge-2-0").unwrap().compile(&ocsge).unwrap();
    let cover = |code: &str| {
        let cs = ocsge.find(Dimension::Cover, code).unwrap();
        Couple { cs, us: ClassId::NODATA }.to_cell()
    };
    let mut codes = Array2::from_elem((140, 400), cover("CS2.2.1"));
    // A road with a bend and trees over it, a hedge, a house too small, a shed, a pond too narrow.
    let mut fill = |rows: std::ops::Range<usize>, cols: std::ops::Range<usize>, code: &str| {
        codes.slice_mut(ndarray::s![rows, cols]).fill(cover(code));
    };
    fill(20..27, 0..300, "CS1.1.1.2");
    fill(20..140, 293..300, "CS1.1.1.2");
    fill(20..27, 50..55, "CS2.1.1.1");
    fill(60..63, 0..100, "CS2.1.1.1");
    fill(90..101, 30..43, "CS1.1.1.1");
    fill(120..125, 20..25, "CS1.1.1.1");
    fill(40..110, 150..157, "CS1.2.2");
    let rule = CoupleUnits::new(&units, &ocsge, 100);
    let areas = |codes: &Array2<u16>| {
        let plane = Plane::of(codes.view());
        let result = capture(&plane, &CellMasks::default(), None, &rule);
        assert!(result.is_settled);
        assert_eq!(result.enlarged.n_buildings, 1);
        (result.codes.n_cells_by_value(), result.n_network_pieces, result.moved)
    };
    let plain = areas(&codes);
    assert_eq!(plain.0[&cover("CS1.1.1.1")], 200);
    assert_eq!(plain.1, (2, 1));
    for way in Way::all() {
        assert_eq!(areas(&way.cells(&codes)), plain, "{way:?}");
    }
}

#[test]
fn a_house_is_the_same_rectangle_from_all_sides() {
    // A house of 16 x 10 cells whose long side runs at 3:1, and a pond: an edge without a rectangle.
    let codes = Array2::from_shape_fn((40, 50), |(r, c)| {
        let (x, y) = (2 * c as i32 - 49, 39 - 2 * r as i32);
        let (u, v) = (3 * x + y, 3 * y - x);
        1 + u16::from(u.abs() * 10 < 16 * 32 && v.abs() * 10 < 10 * 32)
    });
    let tolerance = Tolerance { distance: CELL, area_permille: 50, outline: Outline::Kept };
    let corners = |codes: &Array2<u16>| {
        let result = generalise(&traced(codes), CELL, &tolerance).coverage;
        let house = result.faces().iter().position(|face| face.value == 2).unwrap();
        result.polygon(house).exterior.0
    };
    let plain = corners(&codes);
    assert_eq!(plain.len(), 4);
    for way in Way::all() {
        let turned = corners(&way.cells(&codes));
        assert_eq!(turned.len(), 4, "{way:?}");
        for corner in plain.iter().map(|&corner| way.point(corner, codes.dim())) {
            let is_near = |p: &&Point| (p.x - corner.x).abs() <= 1 && (p.y - corner.y).abs() <= 1;
            assert!(turned.iter().any(|p| is_near(&p)), "{way:?}: {corner:?} in {turned:?}");
        }
    }
}
