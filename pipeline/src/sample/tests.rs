use kernels::grid::{Grid, Window};
use kernels::lattice::{Point, TWICE_AREA_PER_M2};
use ndarray::s;

use super::changes::second_uses;
use super::evidence::Evidence;
use super::generate::{Order, generate};
use super::ground::Ground;
use super::mosaic::Mosaic;
use super::paint::Drawing;
use super::prior::Prior;
use super::render::Scene;
use super::settle::Land;
use super::site::Site;
use super::territories;
use super::usage::BUILT;

fn ground(seed: u64, size_m: i32) -> Ground {
    Ground { seed, anchor: Point::new(65_000_000, 623_000_000), size_m }
}

fn mosaic(ground: Ground) -> (Land, Drawing, Mosaic) {
    let land = Land::settle(ground);
    let uses = second_uses(&land);
    let drawing = Drawing::of(&land, &uses);
    let mosaic = Mosaic::of(&ground, &drawing).unwrap();
    (land, drawing, mosaic)
}

#[test]
fn both_truths_and_the_prior_cover_the_square_exactly() {
    for (seed, size_m) in [(7, 1000), (1, 600), (2, 200)] {
        let ground = ground(seed, size_m);
        let (_, _, mosaic) = mosaic(ground);
        let square = ground.square().twice_area();
        let prior = Prior::of(&ground, &mosaic).unwrap();
        for objects in
            [mosaic.objects(&mosaic.before), mosaic.objects(&mosaic.after), prior.objects]
        {
            let total: i128 = objects.iter().map(|o| o.polygon.twice_area()).sum();
            assert_eq!(total, square, "seed {seed}, {size_m} m");
            let polygons: Vec<_> = objects.iter().map(|o| o.polygon.clone()).collect();
            let cover = kernels::arrangement::arrange(&[&polygons]).unwrap();
            for face in 1..cover.n_faces() as u32 {
                assert_eq!(cover.labels(face, 0).len(), 1, "an overlap or a gap");
            }
        }
    }
}

#[test]
fn changes_are_the_difference_of_the_truths_each_above_its_unit() {
    let ground = ground(7, 1600);
    let (_, _, mosaic) = mosaic(ground);
    let changes = mosaic.changes();
    let listed: i128 = changes.iter().map(|c| c.polygon.twice_area()).sum();
    assert_eq!(listed, mosaic.twice_area_between(&mosaic.before, &mosaic.after));
    for change in &changes {
        let unit = if change.to.cs == "CS1.1.1.1" { 200 } else { 500 };
        assert!(change.polygon.twice_area() >= unit * TWICE_AREA_PER_M2, "{change:?}");
        assert_ne!(change.from, change.to);
    }
    let share = listed as f64 / ground.square().twice_area() as f64;
    assert!((0.025..0.035).contains(&share), "{share} of the area changes");
}

#[test]
fn every_object_is_above_its_unit_and_no_neighbour_has_its_codes() {
    let (_, _, mosaic) = mosaic(ground(3, 1200));
    for labels in [&mosaic.before, &mosaic.after] {
        for object in mosaic.objects(labels) {
            let unit = if object.codes.cs == "CS1.1.1.1" { 200.0 } else { 500.0 };
            assert!(object.polygon.area_m2() >= unit, "{:?}", object.codes);
        }
    }
}

#[test]
fn one_label_in_twenty_of_the_prior_is_wrong_and_vertices_move_by_half_a_metre_at_most() {
    let ground = ground(7, 1600);
    let (_, _, mosaic) = mosaic(ground);
    let truth = mosaic.objects(&mosaic.before);
    let prior = Prior::of(&ground, &mosaic).unwrap();
    let share = prior.wrong.len() as f64 / truth.len() as f64;
    assert!((0.045..0.055).contains(&share), "{share} of the labels");
    assert!(prior.wrong.iter().all(|w| w.truth != w.prior));
    let still: std::collections::BTreeSet<Point> =
        truth.iter().flat_map(|o| o.polygon.exterior.0.clone()).collect();
    let vertices: Vec<Point> =
        prior.objects.iter().flat_map(|o| o.polygon.exterior.0.clone()).collect();
    let unmoved = vertices.iter().filter(|p| still.contains(p)).count();
    assert!(10 * unmoved < vertices.len(), "{unmoved} of {} vertices unmoved", vertices.len());
}

#[test]
fn the_same_seed_gives_the_same_territory_on_one_and_two_threads() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let ground = ground(11, 500);
            let (_, _, mosaic) = mosaic(ground);
            (mosaic.objects(&mosaic.after), Prior::of(&ground, &mosaic).unwrap().objects)
        })
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn communes_partition_the_territory_in_two_epci() {
    let ground = ground(7, 1500);
    let (land, _, mosaic) = mosaic(ground);
    let communes = territories::communes("11", &mosaic, &territories::communes_of(&land));
    assert!((4..=6).contains(&communes.len()), "{} communes", communes.len());
    let total: i128 =
        communes.iter().flat_map(|c| &c.polygons).map(kernels::lattice::Polygon::twice_area).sum();
    assert_eq!(total, ground.square().twice_area());
    let epci: std::collections::BTreeSet<_> = communes.iter().map(|c| c.epci.0).collect();
    assert_eq!(epci.len(), 2);
    assert!(communes.iter().all(|c| c.insee.len() == 5));
}

#[test]
fn a_block_shot_alone_is_the_same_as_within_a_larger_one() {
    let ground = ground(7, 600);
    let (_, drawing, _) = mosaic(ground);
    let scene = Scene::of(&ground, &drawing);
    let origin = Point::new(ground.anchor.x, ground.anchor.y + 60_000);
    let grid = Grid { origin, cell: 50, rows: 1200, cols: 1200 };
    let whole = scene.shoot(&grid, Window { row: 300, col: 400, rows: 200, cols: 160 });
    let part = scene.shoot(&grid, Window { row: 370, col: 450, rows: 60, cols: 70 });
    assert_eq!(whole.rvb.slice(s![.., 70..130, 50..120]), part.rvb);
    assert_eq!(whole.irc.slice(s![.., 70..130, 50..120]), part.irc);
}

#[test]
fn both_products_see_the_same_red_but_for_the_sensor_noise() {
    let ground = ground(5, 400);
    let (_, drawing, _) = mosaic(ground);
    let scene = Scene::of(&ground, &drawing);
    let origin = Point::new(ground.anchor.x, ground.anchor.y + 40_000);
    let grid = Grid { origin, cell: 100, rows: 400, cols: 400 };
    let shot = scene.shoot(&grid, grid.window());
    let pairs = shot.rvb.slice(s![0, .., ..]).into_iter().zip(shot.irc.slice(s![1, .., ..]));
    let gaps: Vec<u8> = pairs.map(|(a, b)| a.abs_diff(*b)).collect();
    assert!(gaps.iter().all(|&gap| gap <= 10), "noise of at most 5 levels in each product");
    assert!(gaps.iter().any(|&gap| gap > 0), "two exposures");
}

#[test]
fn a_sample_has_the_same_bytes_on_one_and_two_threads_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let order = Order {
        site: Site::of("972").unwrap(),
        size_m: 600,
        seed: 4,
        cell: 100,
        before: 2018,
        after: 2021,
    };
    let made = [1, 2].map(|threads| {
        let out = folder.path().join(threads.to_string());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let summary = pool.install(|| generate(&order, &out)).unwrap();
        assert_eq!(summary.n_tiles, 4);
        let refused = generate(&order, &out).unwrap_err();
        assert_eq!(refused.exit_code(), crate::error::exit::USAGE);
        let mut files = vec![out.join("truth/changes.csv"), out.join("truth/label_noise.csv")];
        for product in ["rvb", "irc"] {
            let tiles = std::fs::read_dir(out.join("imagery").join(product)).unwrap();
            files.extend(tiles.map(|t| t.unwrap().path()));
        }
        files.sort();
        assert_eq!(files.len(), 10);
        files.iter().map(|f| std::fs::read(f).unwrap()).collect::<Vec<_>>()
    });
    assert!(made[0] == made[1], "one and two threads differ");
}

#[test]
fn evidence_misses_some_buildings_and_some_fields_but_not_many() {
    let ground = ground(7, 2000);
    let (land, drawing, mosaic) = mosaic(ground);
    let uses = second_uses(&land);
    let evidence = Evidence::of(&land, &uses, &drawing, &mosaic);
    let in_truth = mosaic.objects(&mosaic.after).iter().filter(|o| o.codes.cs == BUILT).count();
    let known = evidence.buildings.len() as f64 / in_truth as f64;
    assert!((0.93..1.03).contains(&known), "{known} of the buildings");
    let declared: f64 = evidence.crops.iter().map(|c| c.polygon.area_m2()).sum();
    let farmed: f64 = mosaic
        .objects(&mosaic.after)
        .iter()
        .filter(|o| o.codes.us == "US1.1" && o.codes.cs != BUILT)
        .map(|o| o.polygon.area_m2())
        .sum();
    assert!((0.75..0.97).contains(&(declared / farmed)), "{} declared", declared / farmed);
    assert!(!evidence.roads.is_empty() && !evidence.water.is_empty());
}
