//! Exact distances to the nearest cell of a mask.

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut1, Axis};
use rayon::prelude::*;

/// Squared distance of a cell when the mask is empty.
pub const UNREACHED: u32 = u32::MAX;

/// Squared Euclidean distance, in cells, from each cell centre to the nearest cell of `mask`.
///
/// * `mask`: shape (rows, cols), at most 30,000 a side so that squares fit in `u32`.
///
/// A cell of the mask has distance 0; every cell is [`UNREACHED`] when the mask is empty. Linear
/// in the number of cells, exact in integers, the same for any number of threads.
///
/// Source: Meijster, Roerdink and Hesselink (2000), "A general algorithm for computing distance
/// transforms in linear time".
pub fn squared_distances(mask: ArrayView2<'_, bool>) -> Array2<u32> {
    let mut columns = Array2::<u32>::from_elem(mask.raw_dim(), UNREACHED);
    columns
        .axis_iter_mut(Axis(1))
        .into_par_iter()
        .zip(mask.axis_iter(Axis(1)).into_par_iter())
        .for_each(|(out, column)| column_distances(out, column));
    let mut squared = Array2::<u32>::zeros(mask.raw_dim());
    squared
        .axis_iter_mut(Axis(0))
        .into_par_iter()
        .zip(columns.axis_iter(Axis(0)).into_par_iter())
        .for_each(|(out, row)| row_envelope(out, row));
    squared
}

/// Distance along the column, in cells, to the nearest masked cell.
fn column_distances(mut out: ArrayViewMut1<'_, u32>, mask: ArrayView1<'_, bool>) {
    let mut last = UNREACHED;
    for (distance, &inside) in out.iter_mut().zip(mask) {
        last = if inside { 0 } else { last.saturating_add(1) };
        *distance = last;
    }
    let mut last = UNREACHED;
    for distance in out.iter_mut().rev() {
        last = (*distance).min(last.saturating_add(1));
        *distance = last;
    }
}

/// Lower envelope of the parabolas of one row: `min over j of (i - j)^2 + column[j]^2`.
fn row_envelope(mut out: ArrayViewMut1<'_, u32>, column: ArrayView1<'_, u32>) {
    let height = |j: usize| i64::from(column[j]).pow(2);
    // Parabolas of the envelope, with the first index at which each is the lowest.
    let mut envelope: Vec<(usize, i64)> = Vec::new();
    for j in (0..column.len()).filter(|&j| column[j] != UNREACHED) {
        let mut start = 0;
        while let Some(&(k, k_start)) = envelope.last() {
            // First integer index where parabola j is not above parabola k.
            let gain = height(j) - height(k) + (j * j) as i64 - (k * k) as i64;
            start = gain.div_euclid(2 * (j - k) as i64)
                + i64::from(gain.rem_euclid(2 * (j - k) as i64) != 0);
            if start > k_start {
                break;
            }
            envelope.pop();
            start = 0;
        }
        if start < column.len() as i64 {
            envelope.push((j, start));
        }
    }
    let mut rank = 0;
    for (i, squared) in out.iter_mut().enumerate() {
        while rank + 1 < envelope.len() && envelope[rank + 1].1 <= i as i64 {
            rank += 1;
        }
        *squared = envelope
            .get(rank)
            .map_or(UNREACHED, |&(j, _)| ((i as i64 - j as i64).pow(2) + height(j)) as u32);
    }
}

/// The cells within `radius` cells of the mask (centre to centre).
pub fn dilated(mask: ArrayView2<'_, bool>, radius: u32) -> Array2<bool> {
    squared_distances(mask).mapv(|d| d <= radius * radius)
}

/// The cells farther than `radius` cells from any cell outside the mask; the outside of the grid
/// does not erode.
pub fn eroded(mask: ArrayView2<'_, bool>, radius: u32) -> Array2<bool> {
    let outside = mask.mapv(|inside| !inside);
    squared_distances(outside.view()).mapv(|d| d > radius * radius)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    #[test]
    fn distances_around_one_cell_are_squares() {
        let mut mask = Array2::from_elem((3, 4), false);
        mask[[1, 1]] = true;
        assert_eq!(
            squared_distances(mask.view()),
            array![[2, 1, 2, 5], [1, 0, 1, 4], [2, 1, 2, 5]]
        );
    }

    #[test]
    fn an_empty_mask_reaches_nothing_and_a_full_one_everything() {
        let empty = Array2::from_elem((2, 2), false);
        assert!(squared_distances(empty.view()).iter().all(|&d| d == UNREACHED));
        let full = Array2::from_elem((2, 2), true);
        assert!(squared_distances(full.view()).iter().all(|&d| d == 0));
        assert_eq!(eroded(full.view(), 3), full);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn equals_the_search_over_all_cells(rows in 1usize..12, cols in 1usize..12, bits: u128) {
            let mask = Array2::from_shape_fn((rows, cols), |(r, c)| {
                (bits >> ((r * cols + c) % 128)) & 0b11 == 0b11
            });
            let brute = Array2::from_shape_fn((rows, cols), |(r, c)| {
                mask.indexed_iter()
                    .filter(|(_, inside)| **inside)
                    .map(|((i, j), _)| (r.abs_diff(i).pow(2) + c.abs_diff(j).pow(2)) as u32)
                    .min()
                    .unwrap_or(UNREACHED)
            });
            prop_assert_eq!(squared_distances(mask.view()), brute);
        }
    }
}
