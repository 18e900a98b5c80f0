use ndarray::{Array2, array};
use proptest::prelude::*;

use super::*;
use crate::lattice::Ring;

/// `rows x cols` cells of `cell` steps whose south-west corner is the origin.
fn grid(rows: usize, cols: usize, cell: i32) -> Grid {
    Grid { origin: Point::new(0, rows as i32 * cell), cell, rows, cols }
}

fn polygon(rings: &[&[(i32, i32)]]) -> Polygon {
    let ring = |r: &&[(i32, i32)]| Ring(r.iter().map(|&(x, y)| Point::new(x, y)).collect());
    Polygon { exterior: ring(&rings[0]), holes: rings[1..].iter().map(ring).collect() }
}

fn square(x: i32, y: i32, side: i32) -> Polygon {
    polygon(&[&[(x, y), (x + side, y), (x + side, y + side), (x, y + side)]])
}

#[test]
fn a_square_with_a_hole_burns_a_frame() {
    let frame = polygon(&[
        &[(0, 0), (30, 0), (30, 30), (0, 30)],
        &[(10, 10), (10, 20), (20, 20), (20, 10)],
    ]);
    let cells = rasterise(&[frame], &[7_u16], &grid(3, 4, 10));
    assert_eq!(cells, array![[7, 7, 7, 0], [7, 0, 7, 0], [7, 7, 7, 0]]);
}

#[test]
fn row_zero_is_the_north() {
    let cells = rasterise(&[square(0, 0, 10)], &[1_u8], &grid(2, 2, 10));
    assert_eq!(cells, array![[0, 0], [1, 0]]);
}

#[test]
fn the_last_polygon_wins() {
    let shapes = [square(0, 0, 20), square(10, 0, 10)];
    let cells = rasterise(&shapes, &[1_u8, 2], &grid(2, 2, 10));
    assert_eq!(cells, array![[1, 1], [1, 2]]);
}

#[test]
fn a_centre_on_an_edge_belongs_to_the_polygon_east_or_north_of_it() {
    // Edges x = 5 and y = 5 pass through the centres of cells of side 10.
    let cells = rasterise(&[square(5, 5, 10)], &[1_u8], &grid(2, 2, 10));
    assert_eq!(cells, array![[0, 0], [1, 0]]);
}

#[test]
fn parts_outside_the_grid_are_cut() {
    let cells = rasterise(&[square(-1000, -1000, 2000)], &[3_u8], &grid(2, 3, 10));
    assert_eq!(cells, Array2::from_elem((2, 3), 3));
    let cells = rasterise(&[square(5000, 0, 10)], &[3_u8], &grid(2, 3, 10));
    assert_eq!(cells, Array2::zeros((2, 3)));
}

#[test]
fn cells_of_odd_side_have_their_centre_on_half_a_step() {
    // Centres at 0.5, 1.5, 2.5: the edge x = 1 separates the first two.
    let cells = rasterise(&[square(0, 0, 1)], &[1_u8], &grid(1, 3, 1));
    assert_eq!(cells, array![[1, 0, 0]]);
}

#[test]
fn a_line_covers_the_centres_within_its_half_width() {
    let line = WideLine { points: vec![Point::new(5, 15), Point::new(25, 15)], half_width: 10 };
    let cells = rasterise_lines(&[line], &[1_u8], &grid(3, 5, 10));
    assert_eq!(cells, array![[1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 1, 0, 0]]);
}

#[test]
fn a_lone_point_is_a_disc() {
    let disc = WideLine { points: vec![Point::new(15, 15)], half_width: 10 };
    let cells = rasterise_lines(&[disc], &[1_u8], &grid(3, 3, 10));
    assert_eq!(cells, array![[0, 1, 0], [1, 1, 1], [0, 1, 0]]);
}

fn corner() -> impl Strategy<Value = Point> {
    (-40..240_i32, -40..240_i32).prop_map(|(x, y)| Point::new(x, y))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A fan of triangles around a polygon's corners covers each cell as often as the triangles do.
    #[test]
    fn two_triangles_that_share_an_edge_share_no_cell_and_leave_none(
        a in corner(), b in corner(), c in corner(), d in corner(), cell in 1..15_i32,
    ) {
        let grid = grid(12, 12, cell);
        let tri = |p: Point, q: Point, r: Point| Polygon { exterior: Ring(vec![p, q, r]), holes: vec![] };
        // By parity, quad abcd = abc xor acd whatever its shape.
        let quad = Polygon { exterior: Ring(vec![a, b, c, d]), holes: vec![] };
        let [one, two, all] =
            [tri(a, b, c), tri(a, c, d), quad].map(|shape| rasterise(&[shape], &[true], &grid));
        prop_assert_eq!(&one ^ &two, all);
    }

    #[test]
    fn lines_burn_exactly_the_centres_that_a_direct_test_finds(
        a in corner(), b in corner(), half_width in 0..60_i32, cell in 1..15_i32,
    ) {
        let grid = grid(70, 9, cell);
        let line = WideLine { points: vec![a, b], half_width };
        let burnt = rasterise_lines(&[line], &[true], &grid);
        let direct = Array2::from_shape_fn((70, 9), |(row, col)| {
            is_near((twice_centre_x(col, &grid), twice_centre_y(row, &grid)), a, b, half_width)
        });
        prop_assert_eq!(burnt, direct);
    }
}
