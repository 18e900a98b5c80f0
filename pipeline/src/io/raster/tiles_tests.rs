use std::path::{Path, PathBuf};

use gdal::DriverManager;
use gdal::raster::{Buffer, GdalType, RasterCreationOptions};
use kernels::grid::Window;
use ndarray::{Axis, s};

use super::*;
use crate::io::raster::RasterSource;

const ROWS: usize = 70;
const COLS: usize = 150;

/// Writes a raster of `bands` in tiles of 64 columns and 32 rows, unless the options say otherwise.
fn written<T: GdalType + Copy + From<u8>>(
    path: &Path,
    bands: usize,
    options: &[(&str, &str)],
) -> RasterInfo {
    crate::io::gdal::raise();
    let mut all = RasterCreationOptions::new();
    let usual =
        [("TILED", "YES"), ("BLOCKXSIZE", "64"), ("BLOCKYSIZE", "32"), ("COMPRESS", "ZSTD")];
    for (key, value) in usual.iter().chain(options) {
        all.set_name_value(key, value).unwrap();
    }
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut dataset =
        driver.create_with_band_type_with_options::<T, _>(path, COLS, ROWS, bands, &all).unwrap();
    dataset.set_geo_transform(&[650_000.0, 0.2, 0.0, 6_300_000.0, 0.0, -0.2]).unwrap();
    for band in 1..=bands {
        let cell = |at: usize| T::from((at * at / 7 + at % 31 * band) as u8);
        let cells = (0..ROWS * COLS).map(cell).collect();
        let mut buffer = Buffer::new((COLS, ROWS), cells);
        dataset.rasterband(band).unwrap().write((0, 0), (COLS, ROWS), &mut buffer).unwrap();
    }
    dataset.close().unwrap();
    RasterSource::open(path).unwrap().info().clone()
}

fn in_folder(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    (folder, path)
}

/// Holds every tile against what GDAL reads there.
fn same_as_gdal(info: &RasterInfo) {
    let file = TileFile::open(info).expect("of the layout that is read here");
    let source = RasterSource::open(&info.path).unwrap();
    let mut decoding = Decoding::default();
    let bands: Vec<usize> = (1..=info.bands).collect();
    let (height, width) = file.side();
    for (row, col) in ndarray::indices((ROWS.div_ceil(height), COLS.div_ceil(width))) {
        let pixels = file.decode(file.rank(row, col), &mut decoding).unwrap();
        let (row, col) = (row * height, col * width);
        let (rows, cols) = (height.min(ROWS - row), width.min(COLS - col));
        let expected = source.read_bands::<u8>(&bands, Window { row, col, rows, cols }).unwrap();
        for ((band, i, j), &pixel) in expected.indexed_iter() {
            assert_eq!(pixels[[i, j * info.bands + band]], pixel, "{row} {col}: {band} {i} {j}");
        }
        let void = expected[[0, 0, 0]];
        let valid = expected.map_axis(Axis(0), |pixel| u8::from(pixel.iter().any(|&v| v != void)));
        let not_all = file.not_all(void, pixels.slice(s![..rows, ..cols * info.bands]));
        let expected = valid.iter().any(|&valid| valid == 0).then(|| valid * 255);
        assert_eq!(not_all, expected, "{row} {col}");
    }
}

#[test]
fn every_tile_holds_what_gdal_reads() {
    let (_folder, path) = in_folder("a.tif");
    for bands in [1, 3, 4, 5] {
        for options in [
            &[][..],
            &[("PREDICTOR", "2")],
            &[("PREDICTOR", "2"), ("BIGTIFF", "YES"), ("ENDIANNESS", "BIG")],
            &[("BLOCKXSIZE", "160"), ("BLOCKYSIZE", "80"), ("PREDICTOR", "2")],
        ] {
            let info = written::<u8>(&path, bands, options);
            same_as_gdal(&info);
        }
    }
}

#[test]
fn other_layouts_are_left_to_gdal() {
    let (_folder, path) = in_folder("a.tif");
    for options in [
        ("COMPRESS", "DEFLATE"),
        ("COMPRESS", "LZW"),
        ("INTERLEAVE", "BAND"),
        ("TILED", "NO"),
        ("NBITS", "7"),
        ("PHOTOMETRIC", "CMYK"),
    ] {
        let info = written::<u8>(&path, 4, &[options]);
        assert!(TileFile::open(&info).is_none(), "{options:?}");
    }
    let info = written::<u16>(&path, 3, &[]);
    assert!(TileFile::open(&info).is_none(), "wide cells");
    let info = written::<u8>(&path, 3, &[]);
    assert!(TileFile::open(&RasterInfo { has_mask: true, ..info.clone() }).is_none(), "a mask");
    assert!(TileFile::open(&RasterInfo { cols: COLS - 1, ..info.clone() }).is_none(), "replaced");
    assert!(TileFile::open(&RasterInfo { bands: 4, ..info.clone() }).is_none(), "replaced");
    std::fs::remove_file(&path).unwrap();
    assert!(TileFile::open(&info).is_none(), "gone");
}

#[test]
fn tiles_that_were_never_written_are_left_to_gdal() {
    let (_folder, path) = in_folder("a.tif");
    let mut options = RasterCreationOptions::new();
    for (key, value) in [("TILED", "YES"), ("COMPRESS", "ZSTD"), ("SPARSE_OK", "TRUE")] {
        options.set_name_value(key, value).unwrap();
    }
    crate::io::gdal::raise();
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let dataset =
        driver.create_with_band_type_with_options::<u8, _>(&path, COLS, ROWS, 3, &options).unwrap();
    dataset.close().unwrap();
    let info = RasterSource::open(&path).unwrap().info().clone();
    assert!(TileFile::open(&info).is_none());
}

#[test]
fn a_cut_file_is_not_opened_and_a_damaged_tile_is_an_error() {
    let (_folder, path) = in_folder("a.tif");
    let info = written::<u8>(&path, 3, &[("PREDICTOR", "2")]);
    let bytes = std::fs::read(&path).unwrap();
    for percent in [0, 1, 30, 60, 99] {
        std::fs::write(&path, &bytes[..bytes.len() * percent / 100]).unwrap();
        assert!(TileFile::open(&info).is_none(), "cut at {percent} %");
    }
    std::fs::write(&path, &bytes).unwrap();
    let file = TileFile::open(&info).unwrap();
    let mut decoding = Decoding::default();
    let mut is_sound = |rank| file.decode(rank, &mut decoding).is_ok();
    for (rank, &(offset, length)) in file.places.iter().enumerate() {
        assert!(is_sound(rank));
        let mut damaged = bytes.clone();
        damaged[offset as usize..][..length.min(12)].fill(0xa5);
        std::fs::write(&path, &damaged).unwrap();
        assert!(!is_sound(rank), "{rank}");
        std::fs::write(&path, &bytes[..offset as usize + length / 2]).unwrap();
        assert!(!is_sound(rank), "{rank} cut");
        std::fs::write(&path, &bytes).unwrap();
    }
}

#[test]
fn a_tile_of_another_size_than_its_pixels_is_an_error() {
    let (_folder, path) = in_folder("a.tif");
    let info = written::<u8>(&path, 3, &[]);
    let mut file = TileFile::open(&info).unwrap();
    let mut decoding = Decoding::default();
    file.decode(0, &mut decoding).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let n_pixels = 32 * 64 * 3;
    for n in [10, n_pixels - 1, n_pixels + 1, 5 * n_pixels] {
        let frame = zstd::bulk::compress(&vec![7; n], 1).unwrap();
        let mut spliced = bytes.clone();
        file.places[0] = (bytes.len() as u64, frame.len());
        spliced.extend(frame);
        std::fs::write(&path, spliced).unwrap();
        assert!(file.decode(0, &mut decoding).is_err(), "{n}");
    }
    std::fs::write(&path, &bytes).unwrap();
    assert!(file.decode(1, &mut decoding).is_ok());
}
