//! `millesime vectorise` on tiles: their seams are nowhere in the result.

use kernels::lattice::Point;
use ndarray::{Array2, array, s};
use nomenclature::{Dimension, Nomenclature};

use crate::vectorise::{ORIGIN, drawn, raster, raster_at};
use crate::world::World;

/// Shapes of several cells that cross all seams.
fn shapes(rows: usize, cols: usize) -> Array2<u8> {
    Array2::from_shape_fn((rows, cols), |(r, c)| {
        let (u, v) = ((3 * r + c) / 17, (4 * c + 600 - r) / 23);
        1 + ((u * u + 3 * v) % 4) as u8
    })
}

/// Cuts cells of 1 m in tiles, some wider than others; their names.
fn tiles(world: &World, cells: &Array2<u8>) -> Vec<String> {
    let spans = |ends: [usize; 3]| [0..ends[0], ends[0]..ends[1], ends[1]..ends[2]];
    let mut names = Vec::new();
    for rows in spans([70, 71, cells.nrows()]) {
        for cols in spans([40, 90, cells.ncols()]) {
            let name = format!("tile_{}_{}.tif", rows.start, cols.start);
            let part = cells.slice(s![rows.clone(), cols.clone()]).to_owned();
            let corner = (cols.start as i32 * 100, -(rows.start as i32) * 100);
            let corner = Point::new(ORIGIN.x + corner.0, ORIGIN.y + corner.1);
            raster_at(&world.path(&name), &part, (corner, 100), Some(0));
            names.push(name);
        }
    }
    names
}

#[test]
fn tiles_in_any_order_give_what_one_raster_gives() {
    let world = World::new();
    let cells = shapes(600, 140);
    raster(&world.path("whole.tif"), &cells, 100, Some(0));
    let mut names = tiles(&world, &cells);
    names.rotate_left(4);
    for (i, more) in [&[][..], &["--min-area-m2", "40"], &["--tolerance-m", "1"]].iter().enumerate()
    {
        let [whole, tiled] = ["whole", "tiled"].map(|of| format!("{of}{i}.gpkg"));
        let one = world.told(&[&["vectorise", "whole.tif", "--out", &whole], *more].concat());
        let inputs: Vec<&str> = names.iter().map(String::as_str).collect();
        let many = world.told(&[&["vectorise"], &inputs[..], &["--out", &tiled], *more].concat());
        assert!(one.starts_with("exit code: 0") && many.contains("ok: 84,000 cells"), "{many}");
        assert!(!many.contains("warning"), "{many}");
        let [one, many] = [&whole, &tiled].map(|name| drawn(&world.path(name), "value"));
        assert!(one.len() > 20);
        assert_eq!(one, many, "{more:?}");
    }
}

#[test]
fn a_missing_tile_is_ground_without_data_and_is_told() {
    let world = World::new();
    let cells = shapes(100, 140);
    let mut names = tiles(&world, &cells);
    assert_eq!(names.remove(4), "tile_70_40.tif");
    let mut holed = cells;
    holed.slice_mut(s![70..71, 40..90]).fill(0);
    raster(&world.path("whole.tif"), &holed, 100, Some(0));
    let inputs: Vec<&str> = names.iter().map(String::as_str).collect();
    let told = world.told(&[&["vectorise"], &inputs[..], &["--out", "tiled.gpkg"]].concat());
    let warning = "the 8 tiles leave 50 of the 14,000 cells of their rectangle uncovered";
    assert!(told.contains(warning), "{told}");
    assert!(world.told(&["vectorise", "whole.tif", "--out", "whole.gpkg"]).contains("ok: "));
    assert_eq!(
        drawn(&world.path("tiled.gpkg"), "value"),
        drawn(&world.path("whole.gpkg"), "value")
    );
}

#[test]
fn tiles_that_do_not_fit_together_are_refused() {
    let world = World::new();
    let cells = array![[1_u8, 2], [1, 2]];
    let at = |x: i32, y: i32| Point::new(ORIGIN.x + x, ORIGIN.y + y);
    raster(&world.path("a.tif"), &cells, 100, None);
    raster_at(&world.path("overlap.tif"), &cells, (at(100, -100), 100), None);
    raster_at(&world.path("between.tif"), &cells, (at(250, 0), 100), None);
    raster_at(&world.path("coarse.tif"), &cells, (at(200, 0), 200), None);
    raster_at(&world.path("far.tif"), &cells, (at(300_000_000, 0), 100), None);
    raster_at(&world.path("wide.tif"), &cells.mapv(u16::from), (at(200, 0), 100), None);
    for (name, words) in [
        ("overlap.tif", "1 rows and 1 columns also in `a.tif`"),
        ("a.tif", "2 rows and 2 columns also in `a.tif`"),
        ("between.tif", "corners 50 and 0 cm off"),
        ("coarse.tif", "got       2 m\n  expected  1 m, as `a.tif`"),
        ("far.tif", "too far apart"),
        ("wide.tif", "unsigned 16-bit cells\n  expected  unsigned 8-bit cells, as `a.tif`"),
    ] {
        let told = world.told(&["vectorise", "a.tif", name, "--out", "c.gpkg"]);
        assert!(told.starts_with("exit code: 4") && told.contains(words), "{name}: {told}");
        assert!(told.contains("hint:") && !world.path("c.gpkg").exists(), "{told}");
    }
}

#[test]
fn a_fault_is_told_at_its_place_in_its_tile() {
    let world = World::new();
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let codes = ["CS1.1.1.1", "CS1.1.1.2", "CS2.1.1.1", "CS2.2.1"];
    let classes = codes.map(|code| ocsge.find(Dimension::Cover, code).unwrap().0);
    let mut cells = shapes(100, 140).mapv(|value| classes[usize::from(value) - 1]);
    cells[(80, 95)] = 99;
    let names = tiles(&world, &cells);
    let inputs: Vec<&str> = names.iter().map(String::as_str).collect();
    let more = ["--out", "c.gpkg", "--nomenclature", "ocsge-2-0"];
    let told = world.told(&[&["vectorise"], &inputs[..], &more].concat());
    assert!(told.starts_with("exit code: 4") && told.contains("got       99"), "{told}");
    assert!(told.contains("in        `tile_71_90.tif`, row 9, column 5"), "{told}");
}
