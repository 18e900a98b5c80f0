//! Morphological opening of a code raster: what squares of one code can cover.

use ndarray::{Array2, ArrayView2};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

/// Keeps the cells that lie in a square of side `2 * reach + 1` of their own code; others lose it.
///
/// * `codes`: shape `(rows, cols)`; the default is no code. Squares must fit in the raster.
///
/// Serra, "Image Analysis and Mathematical Morphology", 1982. Parallel over rows; pure.
pub(crate) fn opened<T>(codes: ArrayView2<'_, T>, reach: usize) -> Array2<T>
where
    T: Copy + Default + PartialEq + Send + Sync,
{
    let none = T::default();
    let (rows, cols) = codes.dim();
    let side = 2 * reach + 1;
    if reach == 0 {
        return codes.to_owned();
    }
    // Cores: centres of full squares.
    let mut cores = Array2::from_elem((rows, cols), none);
    each_row(&mut cores, |r, line| {
        if r < reach || r + reach >= rows {
            return;
        }
        let mut streak = 0;
        for c in 0..cols {
            let code = codes[[r, c]];
            let column = |c: usize| {
                code != none && (r - reach..=r + reach).all(|row| codes[[row, c]] == code)
            };
            let goes_on = streak > 0 && codes[[r, c - 1]] == code;
            streak = if !column(c) {
                0
            } else if goes_on {
                streak + 1
            } else {
                1
            };
            if streak >= side {
                line[c - reach] = code;
            }
        }
    });
    let mut kept = Array2::from_elem((rows, cols), none);
    each_row(&mut kept, |r, line| {
        for row in r.saturating_sub(reach)..(r + reach + 1).min(rows) {
            for c in (0..cols).filter(|&c| cores[[row, c]] != none) {
                let code = cores[[row, c]];
                line[c - reach..=c + reach].fill(code);
            }
        }
    });
    kept
}

fn each_row<T: Send>(cells: &mut Array2<T>, work: impl Fn(usize, &mut [T]) + Sync) {
    let rows = cells.rows_mut().into_iter().collect::<Vec<_>>();
    rows.into_par_iter().enumerate().for_each(|(r, mut line)| {
        if let Some(line) = line.as_slice_mut() {
            work(r, line);
        }
    });
}
