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
    line[feature_names(true).iter().position(|n| *n == name).unwrap()]
}

#[test]
fn a_uniform_image_has_indices_of_its_colour_and_no_texture() {
    let colour = [40, 80, 20, 200, 4, 8, 12, 3];
    let imagery = Array3::from_shape_fn((N_BANDS, 4, 5), |(band, _, _)| colour[band]);
    let features = cell_features(imagery.view(), None, whole(4, 5)).unwrap();
    assert_eq!(features.dim(), (20, feature_names(false).len()));
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
    let features = cell_features(imagery.view(), None, whole(3, 12)).unwrap();
    let at = |col: usize, name: &str| named(features.row(12 + col), name);
    assert_eq!((at(4, "gradient"), at(5, "gradient"), at(6, "gradient")), (0, 90, 90));
    // One column of three is bright: mean 30, deviation 90 * sqrt(2) / 3 = 42.4, doubled.
    assert_eq!((at(5, "brightness_mean_3"), at(5, "brightness_std_3")), (30, 84));
    assert_eq!((at(4, "brightness_mean_3"), at(4, "brightness_std_3")), (0, 0));
    assert_eq!(at(4, "brightness_mean_9"), 30);
}

#[test]
fn heights_add_their_own_features_and_change_no_other() {
    let imagery = noise(3, 3, 7);
    let heights =
        Array3::from_shape_fn((2, 3, 3), |(band, row, _)| [[1, 1, 31], [0, 2, 9]][band][row]);
    let seen = cell_features(imagery.view(), None, whole(3, 3)).unwrap();
    let all = cell_features(imagery.view(), Some(heights.view()), whole(3, 3)).unwrap();
    assert_eq!(all.slice(s![.., ..seen.ncols()]), seen);
    let middle = all.row(4);
    assert_eq!((named(middle, "height"), named(middle, "height_std")), (1, 2));
    // One row of three is 7.5 m high: mean 11, deviation 30 * sqrt(2) / 3 = 14.1, doubled.
    assert_eq!((named(middle, "height_mean_3"), named(middle, "height_std_3")), (11, 28));
    let error = cell_features(imagery.view(), Some(imagery.view()), whole(3, 3)).unwrap_err();
    assert_eq!(error.to_string(), "heights have shape (8, 3, 3), expected (2, 3, 3)");
}

#[test]
fn a_cell_without_light_has_neutral_indices() {
    let features = cell_features(Array3::zeros((N_BANDS, 1, 1)).view(), None, whole(1, 1)).unwrap();
    let line = features.row(0);
    assert_eq!(
        (named(line, "ndvi"), named(line, "saturation"), named(line, "blue_share")),
        (128, 0, 85)
    );
}

#[test]
fn wrong_bands_and_windows_are_told() {
    let four = Array3::zeros((4, 3, 3));
    assert_eq!(cell_features(four.view(), None, whole(3, 3)), Err(FeatureError::Bands { got: 4 }));
    let error =
        cell_features(Array3::zeros((N_BANDS, 3, 3)).view(), None, whole(3, 4)).unwrap_err();
    assert_eq!(error.to_string(), "window of 3 x 4 cells at (0, 0) leaves a block of 3 x 3 cells");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_block_with_its_halo_gives_the_bytes_of_the_whole_image(
        rows in 1_usize..60, cols in 1_usize..60, side in 5_usize..40, seed: u64,
    ) {
        let imagery = noise(rows, cols, seed);
        let heights = noise(rows, cols, !seed).slice_move(s![..2, .., ..]);
        let all =
            cell_features(imagery.view(), Some(heights.view()), whole(rows, cols)).unwrap();
        let grid = Grid { origin: Point::new(0, 0), cell: 100, rows, cols };
        for block in grid.blocks(side) {
            let outer = block.grown(HALO, &grid);
            let part_of = s![
                .., outer.row..outer.row + outer.rows, outer.col..outer.col + outer.cols
            ];
            let (view, heights) = (imagery.slice(part_of), heights.slice(part_of));
            let inner = Window { row: block.row - outer.row, col: block.col - outer.col, ..block };
            let part = cell_features(view, Some(heights), inner).unwrap();
            for (i, line) in part.rows().into_iter().enumerate() {
                let (row, col) = (block.row + i / block.cols, block.col + i % block.cols);
                prop_assert_eq!(line, all.row(row * cols + col));
            }
        }
    }
}
