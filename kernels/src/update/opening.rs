//! Morphological opening of a code raster: what squares of one code can cover.

use ndarray::Array2;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

/// The cells that lie in a square of side `2 * reach + 1` of cells of their own code.
///
/// * `dim`: rows and columns; `code`: the code of a cell; the default is none. Squares must fit in
///   the raster.
///
/// Serra, "Image Analysis and Mathematical Morphology", 1982. Parallel over rows; pure. Memory: two
/// bytes a cell.
pub(crate) fn opened<T>(
    (rows, cols): (usize, usize),
    code: impl Fn(usize, usize) -> T + Sync,
    reach: usize,
) -> Array2<bool>
where
    T: Default + PartialEq,
{
    let none = T::default();
    if reach == 0 {
        return Array2::from_shape_fn((rows, cols), |(r, c)| code(r, c) != none);
    }
    // Cores: centres of full squares.
    let mut cores = Array2::from_elem((rows, cols), false);
    each_row(&mut cores, |r, line| mark_cores((r, line), rows, &code, reach));
    let mut kept = Array2::from_elem((rows, cols), false);
    each_row(&mut kept, |r, line| {
        for row in r.saturating_sub(reach)..(r + reach + 1).min(rows) {
            for c in (0..cols).filter(|&c| cores[[row, c]]) {
                line[c - reach..=c + reach].fill(true);
            }
        }
    });
    kept
}

/// Marks the centres of full squares on a row.
fn mark_cores<T: Default + PartialEq>(
    (r, line): (usize, &mut [bool]),
    rows: usize,
    code: &impl Fn(usize, usize) -> T,
    reach: usize,
) {
    if r < reach || r + reach >= rows {
        return;
    }
    let mut streak = 0;
    let mut of_streak = T::default();
    for c in 0..line.len() {
        let own = code(r, c);
        let is_column =
            own != T::default() && (r - reach..=r + reach).all(|row| code(row, c) == own);
        streak = match (is_column, own == of_streak) {
            (false, _) => 0,
            (true, true) => streak + 1,
            (true, false) => 1,
        };
        of_streak = own;
        if streak > 2 * reach {
            line[c - reach] = true;
        }
    }
}

fn each_row<T: Send>(cells: &mut Array2<T>, work: impl Fn(usize, &mut [T]) + Sync) {
    let rows = cells.rows_mut().into_iter().collect::<Vec<_>>();
    rows.into_par_iter().enumerate().for_each(|(r, mut line)| {
        if let Some(line) = line.as_slice_mut() {
            work(r, line);
        }
    });
}
