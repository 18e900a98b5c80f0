use ndarray::array;
use proptest::prelude::*;

use super::*;

#[test]
fn four_pixels_become_one_mean_and_one_spread() {
    let mut sums = CellSums::new(1, (1, 1), 4);
    let pixels = array![[[10, 20], [30, 40]]];
    sums.add(Lines::by_band(pixels.view()), None, &[Some(0), Some(0)], &[Some(0), Some(0)]);
    // The variance is 125, its root 11.18, times four 44.7.
    assert_eq!(sums.mean_and_spread(0, 0, 0), (25, 45));
    assert_eq!(sums.count()[[0, 0]], 4);
}

#[test]
fn void_pixels_and_pixels_outside_the_block_count_nowhere() {
    let mut sums = CellSums::new(1, (1, 2), 9);
    let (pixels, valid) = (array![[[10, 20, 99]]], array![[255, 0, 255]]);
    sums.add(
        Lines::by_band(pixels.view()),
        Some(valid.view()),
        &[Some(0)],
        &[Some(0), Some(1), None],
    );
    assert_eq!(sums.mean_and_spread(0, 0, 0), (10, 0));
    assert_eq!(sums.mean_and_spread(0, 0, 1), (0, 0));
    assert_eq!(sums.count(), array![[1, 0]]);
}

#[test]
fn of_two_pictures_of_a_cell_the_first_whole_one_counts() {
    let mut sums = CellSums::new(1, (1, 2), 2);
    let cols = [Some(0), Some(0), Some(1), Some(1)];
    let hole = array![[255, 255, 255, 0]];
    sums.add(Lines::by_band(array![[[1, 3, 7, 9]]].view()), Some(hole.view()), &[Some(0)], &cols);
    sums.close();
    assert!(sums.wants((1, 2), (0, 0)) && !sums.wants((1, 1), (0, 0)));
    assert!(sums.wants((3, 9), (-1, 1)) && !sums.wants((3, 9), (1, 0)));
    sums.add(Lines::by_band(array![[[200, 200, 3, 5]]].view()), None, &[Some(0)], &cols);
    // The second cell lacked a pixel, and takes both of the second picture.
    assert_eq!(sums.count(), array![[2, 3]]);
    assert_eq!(sums.mean_and_spread(0, 0, 0).0, 2);
    assert_eq!(sums.mean_and_spread(0, 0, 1).0, 5);
    sums.close();
    assert!(!sums.wants((1, 2), (0, 0)));
}

#[test]
fn a_cell_takes_all_that_a_picture_has_of_it_however_it_is_divided() {
    // Pixels a little smaller than half a cell: three fall in this one.
    let pixels = array![[[10, 20, 60]]];
    let cols = [Some(0); 3];
    let mut sums = CellSums::new(1, (1, 1), 2);
    for at in [0..2, 2..3] {
        let part = Lines::by_band(pixels.slice(s![.., .., at.clone()]));
        sums.add(part, None, &[Some(0)], &cols[at]);
    }
    sums.close();
    assert_eq!((sums.count()[[0, 0]], sums.mean(0, 0, 0)), (3, Some(30)));
}

#[test]
fn parts_of_a_picture_add_up_wherever_they_lie() {
    let pixels = Array3::from_shape_fn((2, 6, 8), |(b, i, j)| (b * 90 + i * 17 + j * 5) as u8);
    let cells: Vec<Option<usize>> = (0..8).map(|i| Some(i / 2)).collect();
    let of = |pixels: ArrayView3<'_, u8>| {
        let (_, rows, cols) = pixels.dim();
        let mut sums = CellSums::new(2, (rows / 2, cols / 2), 4);
        sums.add(Lines::by_band(pixels), None, &cells[..rows], &cells[..cols]);
        sums
    };
    let whole = of(pixels.view());
    let mut parts = CellSums::new(2, (3, 4), 4);
    for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let part = s![.., i * 4..6.min(i * 4 + 4), j * 4..j * 4 + 4];
        parts.merge(&of(pixels.slice(part)), (i as isize * 2, j as isize * 2));
    }
    assert_eq!(parts, whole);
    // Some of the cells only, and none of them.
    let mut middle = CellSums::new(2, (1, 2), 4);
    for offset in [(-1, -1), (1, 0), (0, 2), (-3, 0), (0, -4)] {
        middle.merge(&whole, offset);
    }
    assert_eq!(middle.count, array![[4, 4]]);
    assert_eq!(middle.sum, whole.sum.slice(s![.., 1..2, 1..3]));
    // What is full takes nothing more.
    middle.close();
    middle.merge(&whole, (0, 0));
    assert_eq!(middle.squares, whole.squares.slice(s![.., 1..2, 1..3]));
}

#[test]
fn means_are_those_of_whole_numbers() {
    for n in [1_u32, 2, 3, 5, 24, 25, 30, 2_499, 65_536] {
        for sum in (0..=255 * n).step_by(1 + n as usize / 3).chain([255 * n]) {
            let expected = (2 * u64::from(sum) + u64::from(n)) / (2 * u64::from(n));
            let squares = (u64::from(sum).pow(2)).div_ceil(u64::from(n)) as u32;
            assert_eq!(u64::from(mean_and_spread(n, sum, squares).0), expected, "{sum} / {n}");
        }
    }
}

#[test]
fn few_pixels_have_the_mean_and_the_spread_of_many() {
    for n in 0..=FEW {
        let sums = (0..=255 * n).map(|sum| (sum, (sum * sum).div_ceil(n.max(1))));
        // No pixels leave more than those half black, half white.
        let spreads = (0..=n * 255 * 255 / 4).step_by(1 + n as usize / 8).map(|sum| (0, sum));
        for (sum, squares) in sums.chain(spreads) {
            let few = mean_and_spread_of_few(n, sum, squares);
            assert_eq!(few, mean_and_spread(n, sum, squares), "{n} {sum} {squares}");
        }
    }
}

#[test]
fn the_spread_saturates() {
    let mut sums = CellSums::new(1, (1, 1), 2);
    sums.add(Lines::by_band(array![[[0, 255]]].view()), None, &[Some(0)], &[Some(0), Some(0)]);
    assert_eq!(sums.mean_and_spread(0, 0, 0), (128, 255));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sums_are_those_of_each_pixel_by_itself(
        n_stored in 2_usize..7,
        values in prop::collection::vec(any::<u8>(), 6 * 14 * 19),
        void in prop::option::of(prop::collection::vec(any::<bool>(), 14 * 19)),
        side in 1_usize..13,
        shift in 0_usize..4,
        full in prop::collection::vec(any::<bool>(), 4),
    ) {
        let values = values[..n_stored * 14 * 19].to_vec();
        let by_pixel = Array2::from_shape_vec((14, 19 * n_stored), values.clone()).unwrap();
        let pixel = |band: usize, i: usize, j: usize| by_pixel[[i, j * n_stored + band]];
        let by_band = Array3::from_shape_fn((2, 14, 19), |(band, i, j)| pixel(band, i, j));
        let valid = void.map(|void| Array2::from_shape_vec((14, 19), void).unwrap())
            .map(|valid| valid.mapv(|v| u8::from(v) * 255));
        let valid = valid.as_ref().map(|valid| valid.view());
        let cell_of = |n: usize| -> Vec<Option<usize>> {
            let cell = |i: usize| Some((i + shift).checked_sub(2)? / side).filter(|&c| c < 2);
            (0..n).map(cell).collect()
        };
        let (rows, cols) = (cell_of(14), cell_of(19));
        let mut empty = CellSums::new(2, (2, 2), u32::MAX);
        empty.full = Array2::from_shape_vec((2, 2), full).unwrap();
        let mut expected = empty.clone();
        for ((band, i, j), &pixel) in by_band.indexed_iter() {
            let (Some(row), Some(col)) = (rows[i], cols[j]) else { continue };
            if valid.is_some_and(|valid| valid[[i, j]] == 0) || empty.full[[row, col]] {
                continue;
            }
            expected.count[[row, col]] += u32::from(band == 0);
            expected.sum[[band, row, col]] += u32::from(pixel);
            expected.squares[[band, row, col]] += u32::from(pixel).pow(2);
        }
        for pixels in [Lines::by_band(by_band.view()), Lines::by_pixel(by_pixel.view(), n_stored)] {
            let mut sums = empty.clone();
            sums.add(pixels, valid, &rows, &cols);
            prop_assert_eq!(&sums, &expected);
        }
    }
}
