use std::path::Path;

use kernels::height::height_bytes;
use ndarray::{Array2, Array3, Axis, array};

use super::*;
use crate::inputs::heights;
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
