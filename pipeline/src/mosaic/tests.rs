use std::path::{Path, PathBuf};

use kernels::height::height_bytes;
use ndarray::{Array2, Array3, Axis, array};

use super::*;
use crate::inputs::{heights, ortho};
use crate::io::raster_writer::{Compression, RasterSpec, write_geotiff};

const CORNER: Point = Point::new(65_000_000, 630_000_000);

/// Writes a raster of heights.
fn relief(path: &Path, origin: Point, cell: i32, metres: &Array2<f32>) {
    let (rows, cols) = metres.dim();
    let spec = RasterSpec {
        grid: Grid { origin, cell, rows, cols },
        bands: 1,
        epsg: 2154,
        nodata: Some(-9999),
        compression: Compression::Deflate,
        colours: Vec::new(),
    };
    let bands: Array3<f32> = metres.clone().insert_axis(Axis(0));
    write_geotiff(path, &spec, |_| Ok(bands.clone())).unwrap();
}

#[test]
fn coarse_ground_is_one_slope_over_the_seam_of_its_tiles_and_in_any_block() {
    let dir = tempfile::tempdir().unwrap();
    let paths = ["a.tif", "b.tif", "top.tif"].map(|name| dir.path().join(name));
    // The ground rises by 1 m for each metre eastwards, in pixels of 2 m, on two tiles of 4 m.
    relief(&paths[0], CORNER, 200, &array![[101.0, 103.0], [101.0, 103.0]]);
    let east = Point::new(CORNER.x + 400, CORNER.y);
    relief(&paths[1], east, 200, &array![[105.0, 107.0], [105.0, 107.0]]);
    // A roof at 110 m over the first six metres, in pixels of half a metre; nothing is known of the rest.
    let roof = Array2::from_shape_fn((8, 16), |(_, col)| if col < 12 { 110.0 } else { -9999.0 });
    relief(&paths[2], CORNER, 50, &roof);
    let ground = Mosaic::open(&paths[..2], 2154, heights).unwrap();
    let surface = Mosaic::open(&paths[2..], 2154, heights).unwrap();
    let grid = Grid { origin: CORNER, cell: 100, rows: 4, cols: 8 };
    let on = |block: &Grid| {
        let under = ground.reader().relief(block).unwrap();
        height_bytes(&surface.reader().relief(block).unwrap(), Some(&under))
    };
    let whole = on(&grid);
    // Column c lies at 100.5 + c metres; quarters of 9.5 m, 8.5 m ... and the edge holds its last pixel.
    let row: Vec<u8> = whole.slice(ndarray::s![0, 1, ..]).to_vec();
    assert_eq!(row, [37, 35, 31, 27, 23, 19, 0, 0]);
    for side in [1, 3, 5] {
        for block in grid.blocks(side) {
            let rows = block.row..block.row + block.rows;
            let part = whole.slice(ndarray::s![.., rows, block.col..block.col + block.cols]);
            assert_eq!(on(&grid.sub(block)), part, "{block:?}");
        }
    }
}

#[test]
fn a_raster_of_heights_has_one_band() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("three.tif");
    let grid = Grid { origin: CORNER, cell: 100, rows: 1, cols: 1 };
    let compression = Compression::Deflate;
    let spec =
        RasterSpec { grid, bands: 3, epsg: 2154, nodata: None, compression, colours: Vec::new() };
    write_geotiff(&path, &spec, |_| Ok(Array3::<u8>::zeros((3, 1, 1)))).unwrap();
    let error = Mosaic::open(&[path], 2154, heights).unwrap_err();
    assert!(error.to_string().contains("3 bands"), "{error}");
}

/// Writes an ortho tile of made up pixels, some of them void in all bands; its path.
fn ortho_tile(
    dir: &Path,
    name: &str,
    grid: Grid,
    (compression, nodata): (Compression, Option<i32>),
) -> PathBuf {
    let path = dir.join(format!("{name}_{compression:?}_{nodata:?}.tif"));
    let spec = RasterSpec { grid, bands: 3, epsg: 2154, nodata, compression, colours: Vec::new() };
    let seed = name.len();
    let pixel = |b: usize, row: usize, col: usize| {
        let at = row * 577 + col * 7 + seed * 31;
        if at.is_multiple_of(11) { 9 } else { (at * at / 5 + b * at) as u8 }
    };
    write_geotiff(&path, &spec, |w| {
        let shape = (3, w.rows, w.cols);
        Ok(Array3::from_shape_fn(shape, |(b, r, c)| pixel(b, w.row + r, w.col + c)))
    })
    .unwrap();
    path
}

/// Files in ZSTD are decoded here, those in DEFLATE by GDAL.
#[test]
fn sums_are_the_same_however_the_tiles_are_packed() {
    let dir = tempfile::tempdir().unwrap();
    let at = |x: i32, y: i32| Point::new(CORNER.x + x, CORNER.y - y);
    let grid = |origin| Grid { origin, cell: 20, rows: 1_100, cols: 700 };
    // Two that overlap by 60 pixels, and one south of the first.
    let tiles = [("a", at(0, 0)), ("bb", at(640 * 20, 7 * 20)), ("ccc", at(20, 1_100 * 20))];
    for nodata in [None, Some(9)] {
        let mosaic = |compression| {
            let paths = tiles.map(|(name, origin)| {
                ortho_tile(dir.path(), name, grid(origin), (compression, nodata))
            });
            Mosaic::open(&paths, 2154, ortho).unwrap()
        };
        let (zstd, deflate) = (mosaic(Compression::Zstd), mosaic(Compression::Deflate));
        // Cells of three and a half pixels: some hold more than others, and many lie on two tiles.
        let cells = Grid { origin: at(-300, -300), cell: 70, rows: 640, cols: 400 };
        for bands in [&[1, 2, 3][..], &[1], &[3, 2]] {
            let (mut ours, mut theirs) = (zstd.reader(), deflate.reader());
            for window in cells.blocks(150) {
                let block = cells.sub(window);
                let (ours, theirs) = (ours.sums(bands, &block), theirs.sums(bands, &block));
                assert!(ours.unwrap() == theirs.unwrap(), "{nodata:?} {bands:?} {window:?}");
            }
            // Bands in another order are GDAL's.
            assert_eq!(ours.open.is_empty(), bands[0] == 1, "{bands:?}");
            assert!(!theirs.open.is_empty());
        }
    }
}

#[test]
fn a_damaged_tile_is_told_by_gdal() {
    let dir = tempfile::tempdir().unwrap();
    let grid = Grid { origin: CORNER, cell: 20, rows: 600, cols: 600 };
    let path = ortho_tile(dir.path(), "a", grid, (Compression::Zstd, None));
    let mosaic = Mosaic::open(std::slice::from_ref(&path), 2154, ortho).unwrap();
    let cells = Grid { origin: CORNER, cell: 100, rows: 120, cols: 120 };
    mosaic.sums(&[1, 2, 3], &cells).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4_000].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let error = mosaic.sums(&[1, 2, 3], &cells).unwrap_err().to_string();
    assert!(error.contains("cannot be read to its end"), "{error}");
}

#[test]
fn more_files_than_may_be_open_are_read_one_after_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let files = |compression| {
        let path = |i: i32| {
            let origin = Point::new(CORNER.x + i * 3_000, CORNER.y);
            let grid = Grid { origin, cell: 20, rows: 150, cols: 150 };
            let name = format!("{i:02}");
            ortho_tile(dir.path(), &name, grid, (compression, None))
        };
        (0..2 * OPEN_MAX as i32 + 3).map(path).collect::<Vec<_>>()
    };
    let mosaic = |compression| Mosaic::open(&files(compression), 2154, ortho).unwrap();
    let (zstd, deflate) = (mosaic(Compression::Zstd), mosaic(Compression::Deflate));
    let cells = Grid { origin: CORNER, cell: 100, rows: 30, cols: 30 * (2 * OPEN_MAX + 3) };
    let (mut ours, mut theirs) = (zstd.reader(), deflate.reader());
    for window in cells.blocks(500) {
        let block = cells.sub(window);
        let (a, b) = (ours.sums(&[1, 2, 3], &block), theirs.sums(&[1, 2, 3], &block));
        assert!(a.unwrap() == b.unwrap(), "{window:?}");
    }
    assert!(ours.open.is_empty());
    // Cells of few pixels: GDAL reads those.
    let fine = Grid { cell: 40, rows: 70, cols: 70, ..cells };
    ours.sums(&[1, 2, 3], &fine).unwrap();
    assert!(!ours.open.is_empty());
}
