use proptest::prelude::*;

use super::*;
use crate::coverage;

const ALL: Detail = Detail { twice_area_min: 0, distance: 0 };

fn rectangle(west: i32, north: i32, east: i32, south: i32) -> Polygon {
    let corners = [(west, north), (east, north), (east, south), (west, south)];
    let exterior = Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec());
    Polygon { exterior, holes: Vec::new() }
}

fn keys(n: usize) -> Vec<u32> {
    (0..n as u32).collect()
}

fn twice_area_of(level: &Level, key: u32) -> i128 {
    level.polygons().filter(|(k, _)| *k == key).map(|(_, polygon)| polygon.twice_area()).sum()
}

/// A level is a partition: sound, no overlap, no gap but the ground outside its frame.
fn assert_is_partition(level: &Level) {
    let limits = coverage::Limits { object_twice_area: 0, segment_length: 0 };
    let defects = coverage::check(&level.polygons, None, limits).unwrap();
    assert_eq!(defects, []);
}

#[test]
fn ground_between_polygons_belongs_to_nothing() {
    let polygons = [rectangle(0, 0, 100, 100), rectangle(200, 0, 300, 100)];
    let level = Level::finest(&polygons, &keys(2), ALL).unwrap();
    let frame = 2 * i128::from(300 + 2 * MARGIN) * i128::from(100 + 2 * MARGIN);
    assert_eq!(twice_area_of(&level, 0), 20_000);
    assert_eq!(twice_area_of(&level, NOTHING), frame - 40_000);
    assert_eq!(level.bounds(), Some((Point::new(0, 0), Point::new(300, 100))));
    assert_is_partition(&level);
}

#[test]
fn ground_of_two_polygons_goes_to_the_first() {
    let polygons = [rectangle(0, 0, 100, 100), rectangle(50, 0, 200, 100)];
    let level = Level::finest(&polygons, &keys(2), ALL).unwrap();
    assert_eq!((twice_area_of(&level, 0), twice_area_of(&level, 1)), (20_000, 20_000));
}

#[test]
fn what_is_too_small_goes_to_the_neighbour_of_the_longest_border() {
    // The small square touches the large one along two sides, the strip along one.
    let polygons = [
        Polygon {
            exterior: Ring(
                [(0, 0), (90, 0), (90, 10), (80, 10), (80, 100), (0, 100)]
                    .map(|(x, y)| Point::new(x, y))
                    .to_vec(),
            ),
            holes: Vec::new(),
        },
        rectangle(80, 10, 90, 20),
        rectangle(80, 20, 90, 100),
    ];
    let detail = Detail { twice_area_min: 201, distance: 0 };
    let level = Level::finest(&polygons, &keys(3), detail).unwrap();
    assert_eq!(twice_area_of(&level, 1), 0);
    assert_eq!(twice_area_of(&level, 0), 2 * (80 * 100 + 10 * 20));
    assert_eq!(twice_area_of(&level, 2), 2 * 800);
    let kept = Level::finest(&polygons, &keys(3), Detail { twice_area_min: 200, ..detail });
    assert_eq!(twice_area_of(&kept.unwrap(), 1), 200);
}

#[test]
fn a_small_island_vanishes_and_a_small_hole_is_filled() {
    let mut land = rectangle(0, 0, 100, 100);
    land.holes.push(rectangle(40, 40, 45, 45).exterior);
    let polygons = [land, rectangle(300, 300, 305, 305)];
    let detail = Detail { twice_area_min: 60, distance: 0 };
    let level = Level::finest(&polygons, &keys(2), detail).unwrap();
    assert_eq!((twice_area_of(&level, 0), twice_area_of(&level, 1)), (20_000, 0));
}

#[test]
fn neighbours_of_one_key_become_one_in_the_coarser_level() {
    let polygons = [rectangle(0, 0, 100, 100), rectangle(100, 0, 200, 100)];
    let level = Level::finest(&polygons, &keys(2), ALL).unwrap();
    let coarser = level.coarser(ALL, |_| 7).unwrap();
    let ground: Vec<_> = coarser.polygons().filter(|(key, _)| *key == 7).collect();
    assert_eq!(ground.len(), 1);
    assert_eq!(ground[0].1, &rectangle(0, 0, 100, 50));
}

#[test]
fn both_sides_of_an_arc_are_thinned_alike() {
    // A zigzag of two steps between two polygons.
    let zigzag: Vec<Point> = (0..=50).map(|i| Point::new(500 + 2 * (i % 2), 20 * i)).collect();
    let mut left = vec![Point::new(0, 0)];
    left.extend(&zigzag);
    left.push(Point::new(0, 1000));
    let mut right: Vec<Point> = zigzag.iter().rev().copied().collect();
    right.extend([Point::new(1000, 0), Point::new(1000, 1000)]);
    let polygon = |corners| Polygon { exterior: Ring(corners), holes: Vec::new() };
    let level = Level::finest(&[polygon(left), polygon(right)], &keys(2), ALL).unwrap();
    let coarser = level.coarser(Detail { twice_area_min: 0, distance: 2 }, |key| key).unwrap();
    for (key, polygon) in coarser.polygons().filter(|(key, _)| *key != NOTHING) {
        assert_eq!(polygon.exterior.0.len(), 4, "{key}: {polygon:?}");
    }
    assert_is_partition(&coarser);
}

#[test]
fn a_tile_holds_its_ground_and_its_buffer_from_its_own_corner() {
    let polygons = [rectangle(0, 0, 4096, 2000), rectangle(0, 2000, 4096, 6000)];
    let level = Level::finest(&polygons, &keys(2), ALL).unwrap();
    let tile = Tile { corner: Point::new(0, 0), side: 4096, buffer: 64 };
    let pieces = level.tile(&level.boxes(), tile).unwrap();
    assert_eq!(pieces.len(), 2);
    assert_eq!(pieces[1].polygon, rectangle(0, 2000, 4096, 4160));
    let below = Tile { corner: Point::new(0, 4096), ..tile };
    let pieces = level.tile(&level.boxes(), below).unwrap();
    assert_eq!(pieces[0].key, 1);
    assert_eq!(pieces[0].polygon, rectangle(0, -64, 4096, 1904));
    let away = Tile { corner: Point::new(8192, 0), ..tile };
    assert_eq!(level.tile(&level.boxes(), away).unwrap(), []);
}

#[test]
fn no_polygon_makes_an_empty_level() {
    let level = Level::finest(&[], &[], ALL).unwrap();
    let coarser = level.coarser(ALL, |key| key).unwrap();
    assert_eq!((coarser.polygons().len(), coarser.bounds()), (0, None));
}

/// A patchwork of triangles over a square with corners moved at random: a partition of the square.
fn patchwork(shifts: &[(i32, i32)], n: usize) -> Vec<Polygon> {
    let side = 600;
    let corner = |row: usize, col: usize| {
        let is_rim = |i: usize| i == 0 || i == n;
        let (dx, dy) = shifts[row * (n + 1) + col];
        let x = col as i32 * side + if is_rim(col) { 0 } else { dx };
        let y = row as i32 * side + if is_rim(row) { 0 } else { dy };
        Point::new(x, y)
    };
    let mut polygons = Vec::new();
    for row in 0..n {
        for col in 0..n {
            let (a, b) = (corner(row, col), corner(row, col + 1));
            let (c, d) = (corner(row + 1, col + 1), corner(row + 1, col));
            for corners in [[a, b, c], [a, c, d]] {
                polygons.push(Polygon { exterior: Ring(corners.to_vec()), holes: Vec::new() });
            }
        }
    }
    polygons
}

const CELLS: usize = 5;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn at_every_level_the_tiles_are_partitions_of_their_ground(
        shifts in prop::collection::vec((-290..290_i32, -290..290_i32), (CELLS + 1) * (CELLS + 1)),
        distance in 0..40_i32,
        side_min in 0..200_i128,
    ) {
        let polygons = patchwork(&shifts, CELLS);
        let detail = Detail { twice_area_min: side_min * side_min, distance };
        let mut level = Level::finest(&polygons, &keys(polygons.len()), ALL).unwrap();
        let mut side = 600 * CELLS as i32;
        for _ in 0..3 {
            assert_is_partition(&level);
            let boxes = level.boxes();
            // The rim is straight, so the ground of each tile is known: what it has of the square.
            for corner in [(0, 0), (side / 3, side / 2), (side - 100, 7)] {
                let tile =
                    Tile { corner: Point::new(corner.0, corner.1), side: 512, buffer: 32 };
                let pieces = level.tile(&boxes, tile).unwrap();
                let reach = |at: i32| i128::from((at + 544).min(side) - (at - 32).max(0));
                let ground: i128 = pieces.iter().map(|piece| piece.polygon.twice_area()).sum();
                prop_assert_eq!(ground, 2 * reach(corner.0) * reach(corner.1));
                let shapes: Vec<Polygon> = pieces.into_iter().map(|p| p.polygon).collect();
                let limits = coverage::Limits { object_twice_area: 0, segment_length: 0 };
                prop_assert_eq!(coverage::check(&shapes, None, limits).unwrap(), []);
            }
            level = level.coarser(detail, |key| key).unwrap();
            side /= 2;
        }
    }
}
