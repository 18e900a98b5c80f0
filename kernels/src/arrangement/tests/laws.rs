//! What holds for any input: soundness, conservation, independence of order, blocks and threads.

use proptest::prelude::*;

use super::*;

/// A star polygon with corners at random distances: simple, any shape, thin spikes included.
fn star(range: i32, reach: i32) -> impl Strategy<Value = Polygon> {
    let spokes = prop::collection::vec((0.05..1.0_f64, 0.1..1.0_f64), 3..12);
    (-range..range, -range..range, spokes).prop_map(move |(x, y, spokes)| {
        let total: f64 = spokes.iter().map(|s| s.0).sum();
        let mut angle = 0.0_f64;
        let corners = spokes.iter().map(|&(turn, far)| {
            angle += turn / total * std::f64::consts::TAU;
            let far = far * f64::from(reach);
            Point::new(x + (far * angle.cos()) as i32, y + (far * angle.sin()) as i32)
        });
        Polygon { exterior: Ring(corners.collect()), holes: Vec::new() }
    })
}

/// Any closed line at all: crossings, spikes, repeats.
fn scribble(range: i32) -> impl Strategy<Value = Polygon> {
    let corners = prop::collection::vec((-range..range, -range..range), 0..9);
    prop::collection::vec(corners, 1..3).prop_map(|rings| {
        let mut rings = rings.iter().map(|corners| ring(corners));
        Polygon { exterior: rings.next().unwrap_or_default(), holes: rings.collect() }
    })
}

/// A few layers of scribbles and stars on a lattice small enough for every coincidence.
fn layers(range: i32) -> impl Strategy<Value = Vec<Vec<Polygon>>> {
    let polygon = prop_oneof![star(range, range), scribble(range)];
    prop::collection::vec(prop::collection::vec(polygon, 0..5), 1..4)
}

fn arrange_owned(layers: &[Vec<Polygon>]) -> Arrangement {
    let slices: Vec<&[Polygon]> = layers.iter().map(Vec::as_slice).collect();
    arrange(&slices).unwrap()
}

fn moved(layers: &[Vec<Polygon>], by: Point) -> Vec<Vec<Polygon>> {
    let ring = |r: &Ring| Ring(r.0.iter().map(|p| Point::new(p.x + by.x, p.y + by.y)).collect());
    let polygon = |p: &Polygon| Polygon {
        exterior: ring(&p.exterior),
        holes: p.holes.iter().map(ring).collect(),
    };
    layers.iter().map(|layer| layer.iter().map(polygon).collect()).collect()
}

/// A coverage: the squares of a grid with every corner moved a little.
fn perturbed_grid(n: i32, moves: &[(i32, i32)]) -> Vec<Polygon> {
    let corner = |row: i32, col: i32| {
        let (dx, dy) = moves[(row * (n + 1) + col) as usize % moves.len()];
        (col * 20 + dx, row * 20 + dy)
    };
    let mut cells = Vec::new();
    for row in 0..n {
        for col in 0..n {
            cells.push(shape(&[
                corner(row, col),
                corner(row, col + 1),
                corner(row + 1, col + 1),
                corner(row + 1, col),
            ]));
        }
    }
    cells
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_input_gives_a_sound_arrangement(layers in prop_oneof![layers(6), layers(40), layers(3000)]) {
        assert_sound(&arrange_owned(&layers));
    }

    #[test]
    fn block_size_changes_nothing(layers in layers(60), shift in 0_u32..8) {
        let slices: Vec<&[Polygon]> = layers.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(arrange_by_blocks(&slices, Some(shift)).unwrap(), arrange(&slices).unwrap());
    }

    #[test]
    fn the_number_of_threads_changes_nothing(layers in layers(300)) {
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        prop_assert_eq!(
            one.install(|| arrange_owned(&layers)),
            three.install(|| arrange_owned(&layers))
        );
    }

    #[test]
    fn translation_moves_everything_alike(layers in layers(30), dx in -1_000_000..1_000_000, dy in -1_000_000..1_000_000) {
        let by = Point::new(dx, dy);
        let (here, there) = (arrange_owned(&layers), arrange_owned(&moved(&layers, by)));
        prop_assert_eq!(census(&here), census(&there));
        let shift = |p: Point| Point::new(p.x + dx, p.y + dy);
        let shifted: Vec<Edge> =
            here.edges().map(|e| Edge { a: shift(e.a), b: shift(e.b), ..e }).collect();
        prop_assert_eq!(shifted, there.edges().collect::<Vec<_>>());
    }

    #[test]
    fn the_order_of_polygons_changes_only_their_ranks(layers in layers(40)) {
        let reversed: Vec<Vec<Polygon>> =
            layers.iter().map(|layer| layer.iter().rev().cloned().collect()).collect();
        let (here, there) = (arrange_owned(&layers), arrange_owned(&reversed));
        prop_assert_eq!(here.edges().collect::<Vec<_>>(), there.edges().collect::<Vec<_>>());
        for f in 0..here.n_faces() as u32 {
            for (l, layer) in layers.iter().enumerate() {
                let mut back: Vec<u32> =
                    there.labels(f, l).iter().map(|r| layer.len() as u32 - 1 - r).collect();
                back.reverse();
                prop_assert_eq!(here.labels(f, l), back);
            }
        }
    }

    #[test]
    fn a_coverage_keeps_every_area_exactly(moves in prop::collection::vec((-7..8, -7..8), 49)) {
        // Every corner of a convex-enough cell is more than half a step from other sides.
        let cells = perturbed_grid(6, &moves);
        let arrangement = arranged(&[&cells]);
        prop_assert_eq!(arrangement.n_faces(), 37);
        for (rank, cell) in cells.iter().enumerate() {
            prop_assert_eq!(covered(&arrangement, 0)[&(rank as u32)], cell.twice_area());
        }
        let total: i128 = cells.iter().map(Polygon::twice_area).sum();
        prop_assert_eq!(arrangement.twice_area(UNBOUNDED), -total);
    }

    #[test]
    fn dissolved_faces_are_valid_and_arrange_to_themselves(layers in layers(40)) {
        let arrangement = arrange_owned(&layers);
        let key: Vec<u32> = (0..arrangement.n_faces() as u32)
            .map(|f| arrangement.label(f, 0).map_or(NO_KEY, |r| r % 2)).collect();
        let parts = arrangement.dissolve(&key, LayerMask::ALL);
        for part in &parts {
            let sum: i128 = part.faces.iter().map(|&f| arrangement.twice_area(f)).sum();
            prop_assert_eq!(part.polygon.twice_area(), sum);
            prop_assert!(part.polygon.exterior.twice_area() > 0);
            prop_assert!(part.polygon.holes.iter().all(|r| r.twice_area() < 0));
            for ring in part.polygon.rings() {
                let mut corners = ring.0.clone();
                corners.sort_unstable();
                corners.dedup();
                prop_assert_eq!(corners.len(), ring.0.len());
            }
        }
        let polygons: Vec<Polygon> = parts.iter().map(|p| p.polygon.clone()).collect();
        let again = arranged(&[&polygons]);
        prop_assert_eq!(again.n_faces(), parts.len() + again_gaps(&again));
        for (rank, polygon) in polygons.iter().enumerate() {
            prop_assert_eq!(covered(&again, 0)[&(rank as u32)], polygon.twice_area());
        }
        let ranks = by_first_layer(&again);
        let back: Vec<Polygon> =
            again.dissolve(&ranks, LayerMask::ALL).into_iter().map(|p| p.polygon).collect();
        prop_assert_eq!(back, polygons);
    }

    #[test]
    fn an_interior_point_is_inside(polygon in star(50, 40)) {
        let arrangement = arranged(&[&[polygon]]);
        for part in arrangement.dissolve(&by_first_layer(&arrangement), LayerMask::NONE) {
            let (x, y) = interior_point(&part.polygon).unwrap();
            let n_left = part.polygon.rings().flat_map(Ring::segments).filter(|(p, q)| {
                let ((px, py), (qx, qy)) = (p.to_metres(), q.to_metres());
                (py <= y) != (qy <= y) && px + (qx - px) * (y - py) / (qy - py) < x
            }).count();
            prop_assert_eq!(n_left % 2, 1);
        }
    }
}

/// Number of faces of a coverage that nothing covers, the unbounded one included.
fn again_gaps(arrangement: &Arrangement) -> usize {
    (0..arrangement.n_faces() as u32).filter(|&f| arrangement.labels(f, 0).is_empty()).count()
}
