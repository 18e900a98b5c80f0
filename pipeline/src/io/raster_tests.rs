use std::path::PathBuf;

use kernels::grid::Grid;
use kernels::lattice::Point;
use ndarray::{Array3, s};

use super::*;
use crate::error::Error;
use crate::io::raster_writer::{Compression, RasterSpec, write_geotiff};

fn spec(rows: usize, cols: usize, bands: usize) -> RasterSpec {
    let origin = Point::from_metres(652_000.0, 6_862_000.0).unwrap();
    RasterSpec {
        grid: Grid { origin, cell: 20, rows, cols },
        bands,
        epsg: 2154,
        nodata: None,
        compression: Compression::Deflate,
        colours: Vec::new(),
    }
}

fn pattern<T: Cell>(bands: usize, window: Window, cell: impl Fn(usize) -> T) -> Array3<T> {
    Array3::from_shape_fn((bands, window.rows, window.cols), |(b, r, c)| {
        cell((window.row + r) * 31 + (window.col + c) * 7 + b * 3)
    })
}

fn written(folder: &tempfile::TempDir, name: &str, spec: &RasterSpec) -> (PathBuf, RasterInfo) {
    let path = folder.path().join(name);
    let produce = |window| -> Result<_> { Ok(pattern(spec.bands, window, |v| (v * v) as u8)) };
    let info = write_geotiff(&path, spec, produce).unwrap();
    (path, info)
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let spec = RasterSpec { nodata: Some(0), ..spec(700, 530, 3) };
    let (path, info) = written(&folder, "rgb.tif", &spec);
    assert_eq!((info.rows, info.cols, info.bands), (700, 530, 3));
    assert_eq!((info.epsg, info.nodata, info.cell_type), (Some(2154), Some(0.0), CellType::U8));
    assert_eq!((info.block_rows, info.block_cols), (512, 512));
    assert_eq!((info.has_mask, info.alpha_band), (false, None));
    let georef = info.georef().unwrap();
    assert_eq!((georef.west_m, georef.north_m), (652_000.0, 6_862_000.0));
    assert_eq!((georef.pixel_width_m, georef.pixel_height_m), (0.2, 0.2));

    let source = RasterSource::open(&path).unwrap();
    let window = Window { row: 500, col: 500, rows: 200, cols: 30 };
    let cells = source.read_bands::<u8>(&[3, 1], window).unwrap();
    let expected = pattern(3, window, |v| (v * v) as u8);
    assert_eq!(cells.slice(s![0, .., ..]), expected.slice(s![2, .., ..]));
    assert_eq!(cells.slice(s![1, .., ..]), expected.slice(s![0, .., ..]));
}

#[test]
fn bands_read_together_are_those_read_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("void.tif");
    // Every third pixel holds the nodata value in all bands, others in one band.
    let pixel = |b: usize, at: usize| {
        if at.is_multiple_of(3) || (at + b).is_multiple_of(5) { 9 } else { at as u8 }
    };
    let produce = |w: Window| -> Result<_> {
        let cell = |(b, r, c)| pixel(b, (w.row + r) * 31 + (w.col + c) * 7);
        Ok(Array3::from_shape_fn((4, w.rows, w.cols), cell))
    };
    for nodata in [None, Some(9)] {
        let _ = std::fs::remove_file(&path);
        write_geotiff::<u8>(&path, &RasterSpec { nodata, ..spec(600, 530, 4) }, produce).unwrap();
        let source = RasterSource::open(&path).unwrap();
        let mut buffer = Vec::new();
        for window in [(500, 500, 90, 30), (0, 510, 20, 10), (3, 3, 200, 527)] {
            let (row, col, rows, cols) = window;
            let window = Window { row, col, rows, cols };
            let pixels = source.read_pixels(&[3, 1], window, &mut buffer).unwrap();
            for (index, band) in [(0, 3), (1, 1)] {
                let alone = source.read::<u8>(band, window).unwrap();
                assert_eq!(pixels.bands.index_axis(Axis(0), index), alone);
            }
            let valid = source.read_valid(window).unwrap();
            assert_eq!(pixels.valid.is_some(), nodata.is_some());
            let told = pixels.valid.map_or_else(|| valid.clone(), |valid| valid.mapv(|v| v / 255));
            assert_eq!(told, valid);
            assert_eq!(valid.iter().any(|&v| v == 0), nodata.is_some());
        }
        let outside = Window { row: 590, col: 0, rows: 20, cols: 1 };
        assert!(source.read_pixels(&[1], outside, &mut buffer).is_err());
        let all = source.info().window();
        assert!(source.read_pixels(&[5], all, &mut buffer).is_err());
    }
}

#[test]
fn wider_cells_and_palettes_survive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.tif");
    let wide = RasterSpec { compression: Compression::Zstd, ..spec(20, 30, 1) };
    let produce = |window| -> Result<_> { Ok(pattern(1, window, |v| v as u32 * 70_000)) };
    write_geotiff(&path, &wide, produce).unwrap();
    let source = RasterSource::open(&path).unwrap();
    let all = source.info().window();
    assert_eq!(source.read::<u32>(1, all).unwrap()[[3, 4]], (3 * 31 + 4 * 7) * 70_000);
    let fault = source.read::<u16>(1, all).unwrap_err().to_string();
    assert!(fault.contains("unsigned 32-bit") && fault.contains("unsigned 16-bit"), "{fault}");

    let colours = vec![[0, 0, 0, 0], [255, 0, 0, 255]];
    let (path, _) = written(&folder, "palette.tif", &RasterSpec { colours, ..spec(20, 30, 1) });
    let dataset = open_raster(&path, None).unwrap();
    let band = dataset.rasterband(1).unwrap();
    let entry = band.color_table().unwrap().entry_as_rgb(1).unwrap();
    assert_eq!((entry.r, entry.g, entry.b), (255, 0, 0));
}

#[test]
fn a_fourth_band_is_not_called_opacity() {
    let folder = tempfile::tempdir().unwrap();
    let (path, info) = written(&folder, "rgbn.tif", &spec(8, 8, 4));
    assert_eq!((info.bands, info.alpha_band, info.has_mask), (4, None, false));
    let source = RasterSource::open(&path).unwrap();
    assert!(source.read_valid(info.window()).unwrap().iter().all(|&v| v == 1));
}

#[test]
fn two_runs_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (first, _) = written(&folder, "a.tif", &spec(1100, 900, 3));
    let (second, _) = written(&folder, "b.tif", &spec(1100, 900, 3));
    assert_eq!(std::fs::read(first).unwrap(), std::fs::read(second).unwrap());
}

#[test]
fn a_truncated_file_fails_to_read_and_names_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (path, info) = written(&folder, "whole.tif", &spec(1500, 1500, 3));
    let bytes = std::fs::read(&path).unwrap();
    for percent in [1, 10, 30, 60, 90, 99] {
        let cut = folder.path().join(format!("cut{percent}.tif"));
        std::fs::write(&cut, &bytes[..bytes.len() * percent / 100]).unwrap();
        let outcome = RasterSource::open(&cut)
            .and_then(|source| source.read_bands::<u8>(&[1, 2, 3], info.window()));
        let fault = outcome.expect_err("a truncated file was read").to_string();
        assert!(fault.contains(&format!("cut{percent}.tif")), "{fault}");
    }
}

#[test]
fn nodata_in_every_band_makes_a_void_cell() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("void.tif");
    let spec = RasterSpec { nodata: Some(9), ..spec(1, 3, 2) };
    let cells = Array3::from_shape_vec((2, 1, 3), vec![9u8, 9, 1, 9, 2, 9]).unwrap();
    write_geotiff(&path, &spec, |_| -> Result<_> { Ok(cells.clone()) }).unwrap();
    let source = RasterSource::open(&path).unwrap();
    let valid = source.read_valid(source.info().window()).unwrap();
    assert_eq!(valid.into_raw_vec_and_offset().0, [0, 1, 1]);
}

#[test]
fn a_vrt_disguised_as_tif_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret.txt");
    std::fs::write(&secret, "secret secret secret").unwrap();
    let path = folder.path().join("innocent.tif");
    let vrt = format!(
        "<VRTDataset rasterXSize=\"4\" rasterYSize=\"4\"><VRTRasterBand dataType=\"Byte\" band=\"1\" \
         subClass=\"VRTRawRasterBand\"><SourceFilename>{}</SourceFilename></VRTRasterBand>\
         </VRTDataset>",
        secret.display()
    );
    std::fs::write(&path, vrt).unwrap();
    assert!(RasterSource::open(&path).is_err());
}

#[test]
fn a_window_outside_the_raster_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (path, info) = written(&folder, "small.tif", &spec(10, 10, 1));
    let source = RasterSource::open(&path).unwrap();
    assert!(source.read::<u8>(1, Window { row: 1, ..info.window() }).is_err());
    assert!(source.read::<u8>(2, info.window()).is_err());
    assert!(source.read::<u8>(0, info.window()).is_err());
}

#[test]
fn a_block_of_the_wrong_shape_is_a_write_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.tif");
    let produce = |_| -> Result<_> { Ok(Array3::<u8>::zeros((1, 2, 2))) };
    assert!(matches!(write_geotiff(&path, &spec(10, 10, 1), produce), Err(Error::Write { .. })));
    let nowhere = folder.path().join("no/such/folder.tif");
    let produce = |_| -> Result<_> { Ok(Array3::<u8>::zeros((1, 10, 10))) };
    assert!(write_geotiff(&nowhere, &spec(10, 10, 1), produce).is_err());
}

fn header(transform: Option<[f64; 6]>, epsg: Option<u32>, has_crs: bool) -> RasterInfo {
    RasterInfo {
        path: "a.tif".into(),
        rows: 1,
        cols: 1,
        bands: 1,
        cell_type: CellType::Float,
        transform,
        epsg,
        has_crs,
        nodata: None,
        block_rows: 1,
        block_cols: 1,
        has_mask: false,
        alpha_band: None,
        has_palette: false,
        levels: Vec::new(),
    }
}

#[test]
fn each_unusable_header_says_what_is_wrong() {
    for (transform, expected) in [
        (None, "no position"),
        (Some([0.0, 0.2, 0.01, 0.0, 0.0, -0.2]), "rotated"),
        (Some([0.0, 0.2, 0.0, 0.0, 0.0, 0.2]), "not north-up"),
        (Some([0.0, 0.2, 0.0, 0.0, 0.0, -0.5]), "not square"),
        (Some([0.0, f64::NAN, 0.0, 0.0, 0.0, -0.5]), "no usable position"),
    ] {
        let fault = header(transform, None, false).georef().unwrap_err().to_string();
        assert!(fault.contains(expected), "{fault}");
    }
    assert!(header(Some([0.0, 0.2, 0.0, 0.0, 0.0, -0.1999]), None, false).georef().is_ok());
    for (epsg, has_crs, expected) in [
        (Some(4326), true, "EPSG:4326"),
        (None, true, "unknown to EPSG"),
        (None, false, "no coord"),
    ] {
        let fault = header(None, epsg, has_crs).require_epsg(2154).unwrap_err().to_string();
        assert!(fault.contains(expected), "{fault}");
    }
    assert!(header(None, None, false).require_cells::<u8>().is_err());
}
