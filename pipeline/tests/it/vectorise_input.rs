//! `millesime vectorise` on rasters that are not what they must be.

use std::fs;

use gdal::DriverManager;
use gdal::raster::{Buffer, GdalType, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;
use ndarray::{Array2, array};

use crate::vectorise::{raster, refused};
use crate::world::World;

/// A raster of 2 x 3 cells as GDAL writes it, for what our own writer rightly cannot make.
struct Odd {
    epsg: Option<u32>,
    transform: Option<[f64; 6]>,
    bands: usize,
    nodata: Option<f64>,
    options: &'static [&'static str],
}

const NORTH_UP: [f64; 6] = [650_000.0, 1.0, 0.0, 6_300_000.0, 0.0, -1.0];

const PLAIN: Odd =
    Odd { epsg: Some(2154), transform: Some(NORTH_UP), bands: 1, nodata: None, options: &[] };

impl Odd {
    fn write<T: GdalType + Copy>(&self, world: &World, cells: [T; 6]) {
        let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
        let options: RasterCreationOptions = self.options.iter().copied().collect();
        let mut file = driver
            .create_with_band_type_with_options::<T, _>(
                world.path("c.tif"),
                3,
                2,
                self.bands,
                &options,
            )
            .unwrap();
        if let Some(transform) = &self.transform {
            file.set_geo_transform(transform).unwrap();
        }
        if let Some(epsg) = self.epsg {
            file.set_spatial_ref(&SpatialRef::from_epsg(epsg).unwrap()).unwrap();
        }
        for band in 1..=self.bands {
            let mut band = file.rasterband(band).unwrap();
            band.set_no_data_value(self.nodata).unwrap();
            band.write((0, 0), (3, 2), &mut Buffer::new((3, 2), cells.to_vec())).unwrap();
        }
    }
}

#[test]
fn cells_that_are_no_small_whole_numbers_are_refused() {
    let world = World::new();
    let expected = "expected  unsigned 8-bit cells or unsigned 16-bit cells";
    let told = |got: &str| {
        let told = refused(&world, &[], 4);
        assert!(told.contains(&format!("got       {got}\n  {expected}")), "{told}");
        assert!(told.contains("gdal_translate -ot Byte"), "{told}");
    };
    PLAIN.write(&world, [1_f32, 2.0, 3.0, 1.0, f32::NAN, 2.0]);
    told("floating-point cells");
    PLAIN.write(&world, [1_f64, 2.0, 3.0, 1.0, 1.0, 2.0]);
    told("floating-point cells");
    Odd { nodata: Some(-1.0), ..PLAIN }.write(&world, [1_i16, 2, 3, -1, 1, 2]);
    told("signed cells");
    PLAIN.write(&world, [1_i32, 2, 3, 1, 1, 2]);
    told("signed cells");
    PLAIN.write(&world, [1_u32, 2, 3, 1, 1, 70_000]);
    told("unsigned 32-bit cells");
    // Bytes with a sign, as GDAL before 3.7 marks them: -1 would be read as 255.
    Odd { options: &["PIXELTYPE=SIGNEDBYTE"], ..PLAIN }.write(&world, [1_u8, 2, 3, 255, 1, 2]);
    told("signed cells");
}

#[test]
fn pixels_that_do_not_lie_on_the_lattice_are_refused() {
    let world = World::new();
    let placed = |transform, words: &str| {
        Odd { transform: Some(transform), ..PLAIN }.write(&world, [1_u8, 2, 3, 1, 1, 2]);
        let told = refused(&world, &[], 4);
        assert!(told.contains(words) && told.contains("hint:"), "{told}");
    };
    let [west, _, _, north, ..] = NORTH_UP;
    placed([west, 1.0, 0.1, north, -0.1, -1.0], "rotation terms 0.1 and -0.1");
    placed([west, 1.0, 0.0, north, 0.0, -2.0], "pixel 1 by 2 m");
    placed([west, 1.0, 0.0, north, 0.0, 1.0], "not north-up");
    placed([west, 0.125, 0.0, north, 0.0, -0.125], "pixels of 0.125 by 0.125 m");
    placed([west + 0.005, 1.0, 0.0, north, 0.0, -1.0], "north-west corner 650000.005");
    placed([1e8, 1.0, 0.0, north, 0.0, -1.0], "a corner at 100000000 6300000 m");
}

#[test]
fn pixels_are_on_the_lattice_when_the_last_one_is() {
    let world = World::new();
    let [west, _, _, north, ..] = NORTH_UP;
    // A hundredth of a millimetre at the third column at most.
    let write = |side: f64| {
        let transform = Some([west, side, 0.0, north, 0.0, -side]);
        Odd { transform, ..PLAIN }.write(&world, [1_u8, 2, 3, 1, 1, 2]);
    };
    write(1.000_004);
    let told = refused(&world, &[], 4);
    assert!(told.contains("pixels of 1.000004 by 1.000004 m, 2 rows and 3 columns"), "{told}");
    write(1.000_003);
    let told = world.told(&["vectorise", "c.tif", "--out", "near.gpkg"]);
    assert!(told.contains("ok: 6 cells"), "{told}");
}

#[test]
fn a_raster_of_another_place_or_of_none_is_refused() {
    let world = World::new();
    for (odd, words) in [
        (Odd { epsg: None, ..PLAIN }, "no coordinate system"),
        (Odd { epsg: Some(3857), ..PLAIN }, "EPSG:3857"),
        (Odd { transform: None, ..PLAIN }, "no georeference"),
    ] {
        odd.write(&world, [1_u8, 2, 3, 1, 1, 2]);
        let told = refused(&world, &[], 4);
        assert!(told.contains(words) && told.contains("hint:"), "{told}");
    }
}

#[test]
fn a_picture_is_no_class_raster() {
    let world = World::new();
    Odd { bands: 3, ..PLAIN }.write(&world, [1_u8, 2, 3, 1, 1, 2]);
    let told = refused(&world, &[], 4);
    assert!(told.contains("one band") && told.contains("gdal_translate -b 1"), "{told}");
}

#[test]
fn one_bit_and_palettes_are_whole_numbers() {
    let world = World::new();
    for (name, options) in [("bits", &["NBITS=1"]), ("colours", &["PHOTOMETRIC=PALETTE"])] {
        Odd { nodata: Some(0.0), options, ..PLAIN }.write(&world, [1_u8, 0, 1, 1, 1, 0]);
        let told = world.told(&["vectorise", "c.tif", "--out", &format!("{name}.gpkg")]);
        assert!(told.contains("ok: 6 cells, 2 polygons"), "{told}");
    }
}

#[test]
fn a_nodata_value_that_no_cell_can_hold_explains_no_zero() {
    let world = World::new();
    for nodata in [1e30, -9999.0, 2.5, 256.0] {
        Odd { nodata: Some(nodata), ..PLAIN }.write(&world, [1_u8, 2, 3, 1, 0, 2]);
        let told = refused(&world, &[], 4);
        assert!(told.contains("row 1, column 1\n  got       0"), "{told}");
        assert!(told.contains("gdal_edit.py -a_nodata 0"), "{told}");
    }
    // Another value that a cell can hold makes 0 a class.
    Odd { nodata: Some(255.0), ..PLAIN }.write(&world, [1_u8, 1, 1, 1, 0, 255]);
    let told = world.told(&["vectorise", "c.tif", "--out", "zero.gpkg"]);
    assert!(told.contains("ok: 6 cells, 2 polygons"), "{told}");
}

#[test]
fn a_raster_without_any_data_is_refused() {
    let world = World::new();
    raster(&world.path("c.tif"), &Array2::<u8>::zeros((3, 4)), 100, Some(0));
    let told = refused(&world, &[], 4);
    assert!(told.contains("no cell of this raster holds data"), "{told}");
}

#[test]
fn what_is_no_raster_is_refused() {
    let world = World::new();
    for bytes in [&b""[..], b"hello", b"II*\0\x08\0\0\0"] {
        fs::write(world.path("c.tif"), bytes).unwrap();
        assert!(refused(&world, &[], 4).contains("a complete file of one of: GTiff"));
    }
    let out = ["--out", "o.gpkg"];
    for (name, words) in [
        ("nosuch.tif", "check the path"),
        (".", "a folder"),
        ("prior/OCCUPATION_SOL.gpkg", "a complete file of one of: GTiff"),
        ("/vsizip/a.zip/a.tif", "a virtual file system"),
    ] {
        let told = world.told(&[&["vectorise", name], &out[..]].concat());
        assert!(told.starts_with("exit code: 4") && told.contains(words), "{name}: {told}");
        assert!(!world.path("o.gpkg").exists());
    }
}

#[test]
fn a_vrt_is_refused_with_the_way_to_give_its_tiles() {
    let world = World::new();
    raster(&world.path("c.tif"), &array![[1_u8, 2]], 100, None);
    fs::write(world.path("c.vrt"), "<VRTDataset rasterXSize=\"2\" rasterYSize=\"1\"/>").unwrap();
    let told = world.told(&["vectorise", "c.vrt", "--out", "c.gpkg"]);
    assert!(told.starts_with("exit code: 4"), "{told}");
    assert!(told.contains("`millesime vectorise TILE TILE ...`"), "{told}");
}

#[test]
fn a_truncated_raster_is_told_to_be_one() {
    let world = World::new();
    let cells = Array2::from_shape_fn((600, 600), |(r, c)| ((r * 31 + c * 17) % 250) as u8 + 1);
    raster(&world.path("c.tif"), &cells, 100, None);
    let bytes = fs::read(world.path("c.tif")).unwrap();
    for part in [2, 3, 9, 50] {
        fs::write(world.path("c.tif"), &bytes[..bytes.len() * (part - 1) / part]).unwrap();
        let told = refused(&world, &[], 4);
        assert!(told.contains("copy it again"), "{told}");
    }
}

#[test]
fn odd_names_of_layers_and_reports_are_refused_before_any_work() {
    let world = World::new();
    raster(&world.path("c.tif"), &array![[1_u8, 2]], 100, None);
    let long = "a".repeat(64);
    for layer in ["", "a b", "é", "gpkg_contents", "SQLite_x", "rtree_cover_geom", &long] {
        let told = refused(&world, &["--layer", layer], 2);
        assert!(told.contains("is no layer name") && told.contains("hint:"), "{told}");
    }
    refused(&world, &["--report", "c.tif"], 2);
    refused(&world, &["--tolerance-m", "-1"], 2);
    refused(&world, &["--min-area-m2", "-1"], 2);
    assert!(world.path("c.tif").metadata().unwrap().len() > 0);
}

#[test]
fn a_report_is_not_written_over_the_output_to_come() {
    let world = World::new();
    raster(&world.path("c.tif"), &array![[1_u8, 2]], 100, None);
    let absolute = world.path("c.gpkg").display().to_string();
    for report in ["c.gpkg", "./c.gpkg", "prior/../c.gpkg", "x/../c.gpkg", &absolute] {
        let told = refused(&world, &["--report", report], 2);
        assert!(told.contains("is the raster or the output") && told.contains("hint:"), "{told}");
        assert!(!world.path("x").exists());
    }
}

#[test]
fn a_report_that_cannot_be_written_leaves_no_output_in_the_way_of_another_try() {
    let world = World::new();
    raster(&world.path("c.tif"), &array![[1_u8, 2]], 100, None);
    // A folder has the name of the report.
    let told = refused(&world, &["--report", "prior"], 7);
    assert!(told.contains("prior"), "{told}");
    let told = world.told(&["vectorise", "c.tif", "--out", "c.gpkg", "--report", "c.json"]);
    assert!(told.contains("ok: 2 cells, 2 polygons"), "{told}");
    assert!(world.path("c.gpkg").exists() && world.path("c.json").exists());
}

#[test]
fn a_folder_that_takes_no_file_is_found_out_first() {
    let world = World::new();
    // Nobody, not even root, makes files there.
    let told = world.told(&["vectorise", "nosuch.tif", "--out", "/proc/c.gpkg"]);
    assert!(told.starts_with("exit code: 7") && told.contains("/proc/c.gpkg"), "{told}");
}
