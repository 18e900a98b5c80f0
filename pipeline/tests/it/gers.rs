//! `millesime vectorise` on real annotations of IGN: two patches of 256 m that abut.
//!
//! Skipped, with a word, where the shared data are absent.

use std::path::{Path, PathBuf};

use kernels::coverage::{Limits, check};
use kernels::grid::Grid;
use kernels::label::{Labeller, label};
use kernels::lattice::{Point, Polygon};
use kernels::rasterise::rasterise;
use ndarray::{Array2, Axis, concatenate, s};
use nomenclature::{Dimension, Nomenclature};
use pipeline::io::raster::RasterSource;
use pipeline::talk;

use crate::shared_data::shared;
use crate::vectorise::{drawn, raster_at};
use crate::world::World;

/// North-west corner of the northern patch, in centimetres.
const CORNER: Point = Point::new(47_820_800, 627_584_000);

/// Side of a cell, in centimetres.
const CELL: i32 = 25;

/// Area of both patches.
const PATCHES_M2: i128 = 2 * 256 * 256;

/// What GDAL 3.10.3's polygonizer, 4-connected, finds on both patches put together: polygons, holes,
/// sum of the squared areas in cells (recorded as in `benches/peers/gdal_cases.py`), and polygons
/// of the northern and the southern patch alone.
const BY_GDAL: [(&str, [u64; 5]); 4] = [
    ("2016/naf", [28, 4, 1_426_046_566_700, 2, 28]),
    ("2016/urbain", [11, 5, 1_762_502_138_390, 2, 11]),
    ("2019/naf", [53, 14, 1_370_102_015_588, 2, 53]),
    ("2019/urbain", [9, 0, 1_691_431_329_198, 2, 9]),
];

/// The two patches of a year and a nomenclature, the northern one first.
fn patches(of: &str) -> Option<[PathBuf; 2]> {
    let folder = shared(&format!("annotation_gers/{of}"));
    if folder.is_none() {
        talk::line("skipped: the shared data are absent");
    }
    folder.map(|folder| ["6275840.tif", "6275584.tif"].map(|name| folder.join(name)))
}

fn cells_of(path: &Path) -> Array2<u8> {
    let source = RasterSource::open(path).unwrap();
    source.read::<u8>(1, source.info().window()).unwrap()
}

/// Both patches as one raster.
fn together(patches: &[PathBuf; 2]) -> Array2<u8> {
    let [north, south] = patches.each_ref().map(|path| cells_of(path));
    concatenate(Axis(0), &[north.view(), south.view()]).unwrap()
}

/// Runs the command on rasters; its polygons with the texts of a column.
fn vectorised(
    world: &World,
    rasters: &[&Path],
    name: &str,
    (column, more): (&str, &[&str]),
) -> Vec<(String, Polygon)> {
    let rasters: Vec<&str> = rasters.iter().map(|path| path.to_str().unwrap()).collect();
    let told = world.told(&[&["vectorise"], &rasters[..], &["--out", name], more].concat());
    assert!(told.starts_with("exit code: 0") && !told.contains("warning"), "{told}");
    drawn(&world.path(name), column)
}

fn assert_valid(polygons: &[(String, Polygon)], area_m2: i128) {
    let polygons: Vec<Polygon> = polygons.iter().map(|(_, polygon)| polygon.clone()).collect();
    assert_eq!(check(&polygons, None, Limits::default()).unwrap(), []);
    let area: i128 = polygons.iter().map(Polygon::twice_area).sum();
    assert_eq!(area, 2 * 10_000 * area_m2, "all ground, once");
}

#[test]
fn the_exact_outlines_are_the_cells_and_as_many_as_gdal_s() {
    for (of, by_gdal) in BY_GDAL {
        let Some(patches) = patches(of) else { return };
        let world = World::new();
        let [north, south] = patches.each_ref().map(PathBuf::as_path);
        let found = vectorised(&world, &[south, north], "both.gpkg", ("value", &[]));
        let cells = together(&patches);
        let (rows, cols) = cells.dim();
        let grid = Grid { origin: CORNER, cell: CELL, rows, cols };
        let (values, polygons): (Vec<u8>, Vec<Polygon>) = found
            .iter()
            .map(|(value, polygon)| (value.parse::<u8>().unwrap(), polygon.clone()))
            .unzip();
        assert!(rasterise(&polygons, &values, &grid) == cells, "{of}: other cells");
        assert_valid(&found, PATCHES_M2);
        let holes: usize = polygons.iter().map(|polygon| polygon.holes.len()).sum();
        let square = 2 * i128::from(CELL * CELL);
        let areas = polygons.iter().map(|polygon| {
            assert_eq!(polygon.twice_area() % square, 0, "{of}: whole cells");
            (polygon.twice_area() / square) as u64
        });
        let squares: u64 = areas.map(|area| area * area).sum();
        let alone = [north, south].map(|patch| {
            let name = format!("{}.gpkg", patch.file_stem().unwrap().to_str().unwrap());
            vectorised(&world, &[patch], &name, ("value", &[])).len() as u64
        });
        let ours = [polygons.len() as u64, holes as u64, squares, alone[0], alone[1]];
        assert_eq!(ours, by_gdal, "{of}");
        assert!(ours[0] < alone[0] + alone[1], "polygons cross the seam");
    }
}

#[test]
fn the_patches_are_labelled_apart_as_together() {
    for (of, _) in BY_GDAL {
        let Some(patches) = patches(of) else { return };
        let cells = together(&patches).mapv(u16::from);
        let mut labeller = Labeller::new(cells.ncols());
        for patch in &patches {
            labeller.push(cells_of(patch).mapv(u16::from).view());
        }
        assert!(labeller.finish() == label(cells.view()), "{of}");
    }
}

#[test]
fn units_and_fitted_outlines_do_not_know_the_seam() {
    for (i, of) in ["2016/naf", "2019/naf"].into_iter().enumerate() {
        let Some(patches) = patches(of) else { return };
        let (world, cells) = (World::new(), together(&patches));
        let whole = world.path("whole.tif");
        raster_at(&whole, &cells, (CORNER, CELL), None);
        let [north, south] = patches.each_ref().map(PathBuf::as_path);
        let unit = ["--min-area-m2", "500"];
        let fit = ["--tolerance-m", "0.5"];
        for (j, more) in [&unit[..], &fit, &[unit, fit].concat()].into_iter().enumerate() {
            let [one, two] = ["one", "two"].map(|name| format!("{name}_{i}_{j}.gpkg"));
            let one = vectorised(&world, &[&whole], &one, ("value", more));
            let two = vectorised(&world, &[north, south], &two, ("value", more));
            assert_eq!(one, two, "{of} {more:?}");
            assert_valid(&two, PATCHES_M2);
        }
    }
}

#[test]
fn the_capture_rules_do_not_know_the_seam() {
    for of in ["2016/naf", "2019/naf"] {
        assert_captured_alike(of, 4);
    }
}

#[test]
#[ignore = "widths of 80 cells: a minute"]
fn the_capture_rules_do_not_know_the_seam_at_full_resolution() {
    assert_captured_alike("2019/naf", 1);
}

/// What the annotations say, as covers: permeable ground, conifers, clear-cut, broadleaved, shrub,
/// crops.
fn cover_of(ocsge: &Nomenclature, value: u8) -> u8 {
    let code = match value {
        2 => "CS1.1.2.1",
        8 => "CS2.1.1.2",
        9 | 11 => "CS2.1.2",
        10 => "CS2.1.1.1",
        13 => "CS2.2.1",
        other => panic!("an annotation of value {other}"),
    };
    ocsge.find(Dimension::Cover, code).unwrap().0
}

/// Two tiles and one raster of every `step`-th cell follow the rules alike.
fn assert_captured_alike(of: &str, step: usize) {
    let Some(patches) = patches(of) else { return };
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let cells = together(&patches).mapv(|value| cover_of(&ocsge, value));
    let cells = cells.slice(s![..;step, ..;step]).to_owned();
    let (world, cell) = (World::new(), CELL * step as i32);
    let [whole, north, south] = ["whole.tif", "north.tif", "south.tif"].map(|n| world.path(n));
    let half = cells.nrows() / 2;
    let (upper, lower) = cells.view().split_at(Axis(0), half);
    raster_at(&whole, &cells, (CORNER, cell), None);
    raster_at(&north, &upper.to_owned(), (CORNER, cell), None);
    let below = Point::new(CORNER.x, CORNER.y - half as i32 * cell);
    raster_at(&south, &lower.to_owned(), (below, cell), None);
    let rules = ["--nomenclature", "ocsge-2-0", "--capture-rules", "ocsge-2-0"];
    for more in [&rules[..], &[&rules[..], &["--tolerance-m", "1"]].concat()] {
        let [one, two] = ["one", "two"].map(|name| format!("{name}_{}.gpkg", more.len()));
        let one = vectorised(&world, &[&whole], &one, ("code_cs", more));
        let two = vectorised(&world, &[&south, &north], &two, ("code_cs", more));
        assert!(two.len() > 1);
        assert_eq!(one, two, "{of} {more:?}");
        assert_valid(&two, PATCHES_M2);
        // 2,500 m2 outside the zone construite, of which there is none.
        let smallest = two.iter().map(|(_, polygon)| polygon.twice_area()).min().unwrap();
        assert!(smallest >= 2 * 25_000_000, "{smallest}");
    }
}
