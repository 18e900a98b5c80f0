//! Which cells that want another class looked like it before.

use ndarray::Array2;

/// Cells to each side over which the imagery of the prior's date is asked.
pub(super) const REACH: usize = 4;

/// The cells that looked before like the class that they want, so that they are regions of their
/// own.
///
/// * `wanted`: the class that each cell wants, 0 for none; `lead`: the lead of that class over the
///   prior's in the imagery of the prior's date.
///
/// A cell is marked when its class led over the prior's in most of the cells around it (those of a
/// square of 9 that want something): one object of the prior may hold ground that was always of
/// another class beside ground that became so, and single cells say little.
pub(super) fn looked_so(wanted: &Array2<u8>, lead: &Array2<i16>) -> Array2<bool> {
    let (rows, cols) = wanted.dim();
    let mut marked = Array2::from_elem((rows, cols), false);
    if !lead.iter().any(|&lead| lead > 0) {
        return marked;
    }
    // Per column, over the rows around: cells that want something, and those that looked so.
    let mut columns = vec![[0_u32; 2]; cols];
    for next in 0..rows + REACH {
        let counted = |row: usize, col: usize| {
            let asked = wanted[[row, col]] != 0;
            [u32::from(asked), u32::from(asked && lead[[row, col]] > 0)]
        };
        for (col, sums) in columns.iter_mut().enumerate() {
            let comes = if next < rows { counted(next, col) } else { [0; 2] };
            let goes = next.checked_sub(2 * REACH + 1).map_or([0; 2], |row| counted(row, col));
            *sums = [sums[0] + comes[0] - goes[0], sums[1] + comes[1] - goes[1]];
        }
        let Some(row) = next.checked_sub(REACH) else { continue };
        for col in (0..cols).filter(|&col| wanted[[row, col]] != 0) {
            let around = &columns[col.saturating_sub(REACH)..(col + REACH + 1).min(cols)];
            let [asked, led] =
                around.iter().fold([0; 2], |all, own| [all[0] + own[0], all[1] + own[1]]);
            marked[[row, col]] = 2 * led > asked;
        }
    }
    marked
}
