//! `millesime vectorise` on small rasters.

use std::fs::{self, File};
use std::path::Path;

use kernels::grid::{Grid, Window};
use kernels::lattice::{Point, Polygon};
use ndarray::{Array2, Axis, array, s};
use nomenclature::{Couple, Dimension, Nomenclature};
use pipeline::io::raster::Cell;
use pipeline::io::raster_writer::{Compression, RasterSpec, write_geotiff};
use pipeline::io::vector::VectorSource;
use tiff::encoder::{TiffEncoder, colortype};

use crate::world::World;

/// The north-west corner of the rasters.
pub(crate) const ORIGIN: Point = Point::new(65_000_000, 630_000_000);

/// A raster of square cells.
pub(crate) fn raster<T: Cell>(path: &Path, cells: &Array2<T>, cell: i32, nodata: Option<i32>) {
    raster_at(path, cells, (ORIGIN, cell), nodata);
}

/// A raster of square cells at a place.
pub(crate) fn raster_at<T: Cell>(
    path: &Path,
    cells: &Array2<T>,
    (origin, cell): (Point, i32),
    nodata: Option<i32>,
) {
    let grid = Grid { origin, cell, rows: cells.nrows(), cols: cells.ncols() };
    let compression = Compression::Deflate;
    let spec = RasterSpec { grid, bands: 1, epsg: 2154, nodata, compression, colours: vec![] };
    let block = |w: Window| {
        let rows = s![w.row..w.row + w.rows, w.col..w.col + w.cols];
        Ok(cells.slice(rows).to_owned().insert_axis(Axis(0)))
    };
    write_geotiff::<T>(path, &spec, block).unwrap();
}

/// The classes and twice the areas in square centimetres of the polygons of a file.
fn polygons(path: &Path, columns: &[&str]) -> Vec<(Vec<String>, i128)> {
    let source = VectorSource::open(path, None).unwrap();
    let columns: Vec<usize> =
        columns.iter().map(|name| source.require_column(&[name]).unwrap()).collect();
    let features = source.features(&columns, 2154).unwrap();
    features
        .map(|feature| {
            let feature = feature.unwrap();
            let texts = feature.values.iter().map(|value| value.text().unwrap()).collect();
            (texts, feature.polygons.iter().map(Polygon::twice_area).sum())
        })
        .collect()
}

/// The values and the polygons of a file, in its order.
pub(crate) fn drawn(path: &Path, column: &str) -> Vec<(String, Polygon)> {
    let source = VectorSource::open(path, None).unwrap();
    let column = source.require_column(&[column]).unwrap();
    let features = source.features(&[column], 2154).unwrap();
    features
        .map(|feature| {
            let mut feature = feature.unwrap();
            assert_eq!((feature.polygons.len(), feature.issues.len()), (1, 0));
            (feature.values[0].text().unwrap(), feature.polygons.remove(0))
        })
        .collect()
}

#[test]
fn each_region_is_a_polygon_with_its_value() {
    let world = World::new();
    raster(&world.path("c.tif"), &array![[7_u8, 7, 0], [9, 7, 7]], 200, Some(0));
    let told = world.told(&["vectorise", "c.tif", "--out", "c.gpkg"]);
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(told.contains("ok: 6 cells, 2 polygons"), "{told}");
    let found = polygons(&world.path("c.gpkg"), &["value"]);
    let square = 2 * 200 * 200;
    assert_eq!(found, [(vec!["7".to_owned()], 4 * square), (vec!["9".to_owned()], square)]);
}

#[test]
fn couples_come_out_as_codes_and_the_capture_rules_merge() {
    let world = World::new();
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let couple = |cs, us| {
        let cs = ocsge.find(Dimension::Cover, cs).unwrap();
        let us = ocsge.find(Dimension::Usage, us).unwrap();
        Couple { cs, us }.to_cell()
    };
    // Cells of 10 m: 4 built cells are 400 m2 and stay, 3 of grass are 300 m2 and go.
    let mut cells = Array2::from_elem((20, 20), couple("CS2.1.1.1", "US1.2"));
    cells.slice_mut(s![5..7, 5..7]).fill(couple("CS1.1.1.1", "US5"));
    cells.slice_mut(s![15, 12..15]).fill(couple("CS2.2.1", "US1.1"));
    raster(&world.path("c.tif"), &cells, 1000, Some(0));
    let args = ["vectorise", "c.tif", "--out", "c.gpkg", "--nomenclature", "ocsge-2-0"];
    let told = world.told(&[&args[..], &["--capture-rules", "ocsge-2-0"]].concat());
    assert!(told.contains("CS2.2.1/US1.1,300.00,0.00"), "{told}");
    assert!(told.contains("CS1.1.1.1/US5,400.00,400.00"), "{told}");
    assert!(told.contains("total,40000.00,40000.00,300.00,300.00,0.0"), "{told}");
    let found = polygons(&world.path("c.gpkg"), &["code_cs", "code_us"]);
    let codes: Vec<_> = found.iter().map(|(codes, _)| codes.join("/")).collect();
    assert_eq!(codes, ["CS2.1.1.1/US1.2", "CS1.1.1.1/US5"]);
}

#[test]
fn the_capture_rules_of_covers_keep_roads_enlarge_houses_and_leave_no_thin_strip() {
    let world = World::new();
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let cover = |code| ocsge.find(Dimension::Cover, code).unwrap().0;
    let mut cells = Array2::from_elem((120, 480), cover("CS2.2.1"));
    // A road of 6 m with trees 4 m long over it, a house of 144 m2, a hedge of 3 m.
    cells.slice_mut(s![20..26, ..]).fill(cover("CS1.1.1.2"));
    cells.slice_mut(s![20..26, 60..64]).fill(cover("CS2.1.1.1"));
    cells.slice_mut(s![60..72, 40..52]).fill(cover("CS1.1.1.1"));
    cells.slice_mut(s![100..103, ..]).fill(cover("CS2.1.1.1"));
    raster(&world.path("c.tif"), &cells, 100, Some(0));
    let args = ["vectorise", "c.tif", "--out", "c.gpkg", "--nomenclature", "ocsge-2-0"];
    let told = world.told(&[&args[..], &["--capture-rules", "ocsge-2-0"]].concat());
    assert!(told.contains("CS1.1.1.2,2856.00,2880.00,0.00,24.00"), "{told}");
    assert!(told.contains("CS1.1.1.1,144.00,200.00,0.00,56.00,38.9"), "{told}");
    assert!(told.contains("CS2.1.1.1,1464.00,0.00,1464.00,0.00,-100.0"), "{told}");
    assert!(told.contains("total,57600.00,57600.00,1520.00,1520.00,0.0"), "{told}");
    assert!(told.contains("isolated buildings: 1 enlarged by 56 cells"), "{told}");
    assert!(told.contains("roads and rail: 2 pieces before, 1 after; none was cut"), "{told}");
}

#[test]
fn generalising_keeps_the_outline_and_the_total_area() {
    let world = World::new();
    let cells = Array2::from_shape_fn((60, 60), |(r, c)| 1 + u8::from(3 * r < c + 30));
    raster(&world.path("c.tif"), &cells, 100, None);
    let args = ["vectorise", "c.tif", "--out", "c.gpkg", "--tolerance-m", "1"];
    let told = world.told(&args);
    assert!(told.contains("points of"), "{told}");
    let found = polygons(&world.path("c.gpkg"), &["value"]);
    assert_eq!(found.iter().map(|(_, area)| area).sum::<i128>(), 2 * 6000 * 6000);
}

#[test]
fn the_drift_of_the_polygons_is_told_by_class_and_within_its_bound() {
    let world = World::new();
    let cells = Array2::from_shape_fn((120, 120), |(r, c)| {
        let (u, v) = (r as i32 - 60, c as i32 - 50);
        1 + u8::from(3 * r < c + 130) + 2 * u8::from(u * u + v * v < 900)
    });
    raster(&world.path("c.tif"), &cells, 100, None);
    let args =
        ["vectorise", "c.tif", "--out", "c.gpkg", "--tolerance-m", "2", "--report", "c.json"];
    let told = world.told(&args);
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(world.path("c.json")).unwrap()).unwrap();
    let of = |value: &serde_json::Value, key: &str| value[key].as_f64().unwrap();
    let generalised = &report["generalised"];
    assert_eq!(
        (of(generalised, "drift_percent_bound"), of(generalised, "tolerance_m")),
        (5.0, 2.0)
    );
    // By the polygons themselves: their cells are those of the classes, each of which is one piece
    // or two.
    let found = drawn(&world.path("c.gpkg"), "value");
    let labels = kernels::label::label(cells.mapv(u16::from).view());
    assert_eq!(found.len(), labels.regions.len());
    let shares: Vec<(u16, f64)> = found
        .iter()
        .zip(&labels.regions)
        .map(|((_, polygon), region)| {
            let before = region.n_cells as f64;
            (region.value, 100.0 * (polygon.area_m2() - before).abs() / before)
        })
        .collect();
    let largest = |of: &dyn Fn(u16) -> bool| {
        let shares = shares.iter().filter(|(value, _)| of(*value)).map(|(_, share)| *share);
        shares.fold(0.0, f64::max)
    };
    let is_near = |told: f64, share: f64| (0.0..=1.01e-4).contains(&(told - share));
    let max = of(&generalised["drift"], "percent_max");
    assert!(max > 0.0 && is_near(max, largest(&|_| true)), "{max} {shares:?}");
    let classes = report["classes"].as_array().unwrap();
    assert_eq!(classes.len(), 4);
    for class in classes {
        let value: u16 = class["class"].as_str().unwrap().parse().unwrap();
        let max = of(&class["drift"], "percent_max");
        assert!(is_near(max, largest(&|of| of == value)), "{class}");
        let polygons = found.iter().filter(|(of, _)| *of == value.to_string());
        let area: f64 = polygons.map(|(_, polygon)| polygon.area_m2()).sum();
        assert!((of(&class["drift"], "area_m2_after") - area).abs() < 1e-6);
        assert!(told.contains(&format!("\n{value},")), "{told}");
    }
    let mean = shares.iter().map(|(_, share)| share).sum::<f64>() / shares.len() as f64;
    assert!(is_near(of(&generalised["drift"], "percent_mean"), mean), "{generalised}");
    assert!(
        told.contains(&format!("changed by {max:.4} % at most (bound 5.0000 %), from row")),
        "{told}"
    );
    assert!(told.contains(",polygons,area_m2_drawn,drift_percent_max,"), "{told}");
    assert!(told.contains("total,14400.00,14400.00,0.00,0.00,0.0,"), "{told}");
}

#[test]
fn the_bytes_do_not_depend_on_the_threads() {
    let world = World::new();
    let cells = Array2::from_shape_fn((300, 300), |(r, c)| {
        1 + ((r * 7 + c * c / 9) / 13 + (r / 5) * (c / 7)) as u16 % 5
    });
    raster(&world.path("c.tif"), &cells, 100, None);
    let bytes = |threads: &str| {
        let out = format!("{threads}.gpkg");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_millesime"));
        command.args(["vectorise", "c.tif", "--out", &out, "--min-area-m2", "12"]);
        command.args(["--tolerance-m", "1.5"]).env("RAYON_NUM_THREADS", threads);
        let done = command.current_dir(world.path("c.tif").parent().unwrap()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        (done.stdout, fs::read(world.path(&out)).unwrap())
    };
    assert!(bytes("1") == bytes("2"), "one and two threads differ");
}

/// Runs the command on a raster that must be refused, and checks that nothing is left.
pub(crate) fn refused(world: &World, args: &[&str], code: i32) -> String {
    let told = world.told(&[&["vectorise", "c.tif", "--out", "c.gpkg"], args].concat());
    assert!(told.starts_with(&format!("exit code: {code}\n")), "{told}");
    let left = fs::read_dir(world.path("c.tif").parent().unwrap()).unwrap();
    let mut names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!names.any(|name| name.contains("gpkg") && !name.contains("OCCUPATION")), "{told}");
    told
}

#[test]
fn a_float_raster_is_refused() {
    let world = World::new();
    let file = File::create(world.path("c.tif")).unwrap();
    let mut encoder = TiffEncoder::new(file).unwrap();
    encoder.write_image::<colortype::Gray32Float>(2, 2, &[1.0, 2.0, 3.0, f32::NAN]).unwrap();
    assert!(refused(&world, &[], 4).contains("floating-point cells"));
}

#[test]
fn a_raster_without_a_crs_is_refused() {
    let world = World::new();
    let file = File::create(world.path("c.tif")).unwrap();
    TiffEncoder::new(file).unwrap().write_image::<colortype::Gray8>(2, 2, &[1, 2, 3, 4]).unwrap();
    assert!(refused(&world, &[], 4).contains("no coordinate system"));
}

#[test]
fn a_truncated_raster_is_refused() {
    let world = World::new();
    let cells = Array2::from_shape_fn((600, 600), |(r, c)| (r * 31 + c * 17) as u8 | 1);
    raster(&world.path("c.tif"), &cells, 100, None);
    let bytes = fs::read(world.path("c.tif")).unwrap();
    fs::write(world.path("c.tif"), &bytes[..bytes.len() / 2]).unwrap();
    refused(&world, &[], 4);
}

#[test]
fn a_value_without_a_meaning_is_located() {
    let world = World::new();
    raster(&world.path("c.tif"), &array![[4_u8, 5], [4, 99]], 100, Some(0));
    let told = refused(&world, &["--nomenclature", "ocsge-2-0"], 4);
    assert!(told.contains("`c.tif`, row 1, column 1") && told.contains("99"), "{told}");
}

#[test]
fn a_zero_without_a_declared_nodata_is_refused() {
    let world = World::new();
    raster(&world.path("c.tif"), &array![[1_u8, 0]], 100, None);
    assert!(refused(&world, &[], 4).contains("gdal_edit.py -a_nodata 0"));
}

#[test]
fn wrong_options_are_usage_errors() {
    let world = World::new();
    raster(&world.path("c.tif"), &array![[1_u8, 2]], 100, None);
    refused(&world, &["--connectivity", "8"], 2);
    refused(&world, &["--tolerance-m", "0"], 2);
    refused(&world, &["--min-area-m2", "nan"], 2);
    refused(&world, &["--layer", "2 layers"], 2);
    refused(&world, &["--capture-rules", "ocsge-2-0"], 2);
    refused(&world, &["--nomenclature", "ocsge-20"], 2);
    refused(&world, &["--memory", "4 apples"], 2);
}

#[test]
fn the_output_is_a_new_geopackage_in_a_folder_that_exists() {
    let world = World::new();
    raster(&world.path("c.tif"), &array![[1_u8, 2]], 100, None);
    for (out, told_of) in [("c.shp", "ogr2ogr"), ("nowhere/c.gpkg", "make it first")] {
        let told = world.told(&["vectorise", "c.tif", "--out", out]);
        assert!(told.starts_with("exit code: 2") && told.contains(told_of), "{told}");
        assert!(!world.path(out).exists());
    }
}

#[test]
fn what_does_not_fit_in_the_memory_given_is_refused() {
    let world = World::new();
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let cover = |code| ocsge.find(Dimension::Cover, code).unwrap().0;
    // No two neighbours are alike: as many runs as cells.
    let covers = [cover("CS1.2.2"), cover("CS2.2.1")];
    let cells = Array2::from_shape_fn((300, 300), |(r, c)| covers[(r + c) % 2]);
    raster(&world.path("c.tif"), &cells, 100, Some(0));
    let told = refused(&world, &["--memory", "1MB"], 6);
    assert!(told.contains("give more with `--memory`"), "{told}");
    let rules = ["--nomenclature", "ocsge-2-0", "--capture-rules", "ocsge-2-0"];
    let told = refused(&world, &[&rules[..], &["--memory", "402MB"]].concat(), 6);
    assert!(told.contains("memory for the capture rules"), "{told}");
    assert!(world.told(&["vectorise", "c.tif", "--out", "c.gpkg"]).starts_with("exit code: 0"));
}

#[test]
fn capture_rules_take_the_memory_of_the_detail_and_not_of_the_extent() {
    let world = World::new();
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let cover = |code| ocsge.find(Dimension::Cover, code).unwrap().0;
    // 16 million cells, of which whole planes would take 384 MB; given is what the program takes in
    // any case, and a window for each thread.
    let mut cells = Array2::from_elem((4000, 4000), cover("CS2.2.1"));
    cells.slice_mut(s![2500.., ..]).fill(cover("CS1.2.2"));
    cells.slice_mut(s![1000..1003, ..]).fill(cover("CS2.1.1.1"));
    cells.slice_mut(s![600..612, 3000..3012]).fill(cover("CS1.1.1.1"));
    raster(&world.path("c.tif"), &cells, 100, Some(0));
    let args = ["vectorise", "c.tif", "--out", "c.gpkg", "--nomenclature", "ocsge-2-0"];
    let n_threads = std::thread::available_parallelism().unwrap().get();
    let memory = format!("{}MB", 400 + 24 * n_threads);
    let rules = ["--capture-rules", "ocsge-2-0", "--memory", &memory];
    let told = world.told(&[&args[..], &rules[..]].concat());
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(told.contains("CS1.1.1.1,144.00,200.00,0.00,56.00,38.9"), "{told}");
    assert!(told.contains("CS2.1.1.1,12000.00,0.00,12000.00,0.00,-100.0"), "{told}");
    assert!(told.contains("ok: 16,000,000 cells, 3 polygons"), "{told}");
}

#[test]
fn a_class_that_has_children_is_no_class_of_a_cell() {
    let world = World::new();
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let parent = ocsge.find(Dimension::Cover, "CS1.1.1").unwrap();
    raster(&world.path("c.tif"), &array![[parent.0, parent.0]], 100, Some(0));
    let told = refused(&world, &["--nomenclature", "ocsge-2-0"], 4);
    assert!(told.contains("a value without a meaning"), "{told}");
}
