use kernels::lattice::{Point, TWICE_AREA_PER_M2};

use super::changes::second_uses;
use super::evidence::Evidence;
use super::ground::Ground;
use super::mosaic::Mosaic;
use super::paint::Drawing;
use super::prior::Prior;
use super::settle::Land;

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
    assert!((0.02..0.04).contains(&share), "{share} of the area changes");
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
fn the_truth_tables_in_samples_are_those_of_the_territory_that_make_run_generates() {
    let ground = ground(7, 2000);
    let (_, _, mosaic) = mosaic(ground);
    let prior = Prior::of(&ground, &mosaic).unwrap();
    let folder = tempfile::tempdir().unwrap();
    super::layers::tables(folder.path(), &mosaic.changes(), &prior.wrong).unwrap();
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/truth");
    for name in ["changes.csv", "label_noise.csv"] {
        let read = |folder: &std::path::Path| std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(read(folder.path()), read(&kept), "{name}");
    }
}

#[test]
fn sports_grounds_are_shown_where_the_truth_has_their_usage() {
    let ground = ground(7, 2000);
    let (land, drawing, mosaic) = mosaic(ground);
    let uses = second_uses(&land);
    let shown = Evidence::of(&land, &uses, &drawing, &mosaic).sports;
    assert!(!shown.is_empty() && shown.iter().all(|s| s.nature == "Grand terrain de sport"));
    let truth = mosaic.objects(&mosaic.after);
    let grass = truth.iter().filter(|o| (o.codes.cs, o.codes.us) == ("CS2.2.1", "US3"));
    let grass: Vec<_> = grass.map(|o| o.polygon.clone()).collect();
    let shown: Vec<_> = shown.into_iter().map(|s| s.polygon).collect();
    let cover = kernels::arrangement::arrange(&[&shown, &grass]).unwrap();
    let faces = (1..cover.n_faces() as u32).filter(|&face| !cover.labels(face, 0).is_empty());
    let (on, all) = faces.fold((0, 0), |(on, all), face| {
        let twice = cover.twice_area(face);
        (on + if cover.labels(face, 1).is_empty() { 0 } else { twice }, all + twice)
    });
    // Its producer is a metre off.
    assert!(10 * on > 9 * all, "{on} of {all}");
}
