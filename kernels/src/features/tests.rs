use ndarray::{Array3, s};
use proptest::prelude::*;

use super::*;
use crate::grid::Grid;
use crate::lattice::Point;
use crate::random::draw;

fn whole(rows: usize, cols: usize) -> Window {
    Window { row: 0, col: 0, rows, cols }
}

fn noise(rows: usize, cols: usize, seed: u64) -> Array3<u8> {
    Array3::from_shape_fn((N_BANDS, rows, cols), |(band, row, col)| {
        draw(seed ^ band as u64, row as u64, col as u64) as u8
    })
}

fn named(line: ndarray::ArrayView1<'_, u8>, name: &str) -> u8 {
    line[FEATURE_NAMES.iter().position(|n| *n == name).unwrap()]
}

#[test]
fn a_uniform_image_has_indices_of_its_colour_and_no_texture() {
    let colour = [40, 80, 20, 200, 4, 8, 12, 3];
    let imagery = Array3::from_shape_fn((N_BANDS, 4, 5), |(band, _, _)| colour[band]);
    let features = cell_features(imagery.view(), whole(4, 5)).unwrap();
    assert_eq!(features.dim(), (20, N_FEATURES));
    for line in features.rows() {
        assert_eq!(named(line, "nir"), 200);
        assert_eq!(named(line, "ndvi"), 128 + (127 * 160 / 240) as u8);
        assert_eq!(named(line, "ndwi"), (128 - 127 * 120 / 280) as u8);
        assert_eq!(named(line, "brightness"), 46);
        assert_eq!(named(line, "saturation"), (60 * 255_u16 / 80) as u8);
        assert_eq!(named(line, "red_share"), (40 * 255_u16 / 140) as u8);
        assert_eq!(named(line, "gradient"), 0);
        assert_eq!(named(line, "fine_mean_27"), 8);
        assert_eq!(named(line, "ndvi_mean_9"), named(line, "ndvi"));
        assert_eq!(named(line, "brightness_std_27"), 0);
    }
}

#[test]
fn a_step_shows_in_gradient_and_in_windows_that_reach_it() {
    let imagery =
        Array3::from_shape_fn(
            (N_BANDS, 3, 12),
            |(band, _, col)| {
                if band < 3 && col >= 6 { 90 } else { 0 }
            },
        );
    let features = cell_features(imagery.view(), whole(3, 12)).unwrap();
    let at = |col: usize, name: &str| named(features.row(12 + col), name);
    assert_eq!((at(4, "gradient"), at(5, "gradient"), at(6, "gradient")), (0, 90, 90));
    // One column of three is bright: mean 30, deviation 90 * sqrt(2) / 3 = 42.4, doubled.
    assert_eq!((at(5, "brightness_mean_3"), at(5, "brightness_std_3")), (30, 84));
    assert_eq!((at(4, "brightness_mean_3"), at(4, "brightness_std_3")), (0, 0));
    assert_eq!(at(4, "brightness_mean_9"), 30);
}

#[test]
fn a_cell_without_light_has_neutral_indices() {
    let features = cell_features(Array3::zeros((N_BANDS, 1, 1)).view(), whole(1, 1)).unwrap();
    let line = features.row(0);
    assert_eq!(
        (named(line, "ndvi"), named(line, "saturation"), named(line, "blue_share")),
        (128, 0, 85)
    );
}

#[test]
fn wrong_bands_and_windows_are_told() {
    let four = Array3::zeros((4, 3, 3));
    assert_eq!(cell_features(four.view(), whole(3, 3)), Err(FeatureError::Bands { got: 4 }));
    let error = cell_features(Array3::zeros((N_BANDS, 3, 3)).view(), whole(3, 4)).unwrap_err();
    assert_eq!(error.to_string(), "window of 3 x 4 cells at (0, 0) leaves a block of 3 x 3 cells");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_block_with_its_halo_gives_the_bytes_of_the_whole_image(
        rows in 1_usize..60, cols in 1_usize..60, side in 5_usize..40, seed: u64,
    ) {
        let imagery = noise(rows, cols, seed);
        let all = cell_features(imagery.view(), whole(rows, cols)).unwrap();
        let grid = Grid { origin: Point::new(0, 0), cell: 100, rows, cols };
        for block in grid.blocks(side) {
            let outer = block.grown(HALO, &grid);
            let view = imagery.slice(s![
                .., outer.row..outer.row + outer.rows, outer.col..outer.col + outer.cols
            ]);
            let inner = Window { row: block.row - outer.row, col: block.col - outer.col, ..block };
            let part = cell_features(view, inner).unwrap();
            for (i, line) in part.rows().into_iter().enumerate() {
                let (row, col) = (block.row + i / block.cols, block.col + i % block.cols);
                prop_assert_eq!(line, all.row(row * cols + col));
            }
        }
    }
}
