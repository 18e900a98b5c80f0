//! Which cells that want another class looked like it before.

use ndarray::Array2;

use super::decide::Territory;

/// Added to the class of cells that looked like it in the imagery of the prior's date.
const BEFORE: u16 = 1 << 8;

/// Cells to each side over which the imagery of the prior's date is asked.
const REACH: usize = 4;

/// The class that a region wants, and whether it looked like that before.
pub(super) fn unmarked(value: u16) -> (u8, bool) {
    (value as u8, value & BEFORE != 0)
}

/// Marks the cells that looked before like the class that they want, so that they are regions of
/// their own.
///
/// * `wanted`: the class that each cell wants, 0 for none; `is_whole`: whether a whole object wants a
///   class: such objects are left in one piece, they are judged as such.
///
/// A cell is marked when its class led over the prior's in most of the cells around it (those of a
/// square of 9 that want something): one object of the prior may hold ground that was always of
/// another class beside ground that became so, and single cells say little.
pub(super) fn marked(
    wanted: &Array2<u8>,
    territory: &Territory<'_>,
    is_whole: &dyn Fn(u32, u8) -> bool,
) -> Array2<u16> {
    let lead = &territory.proposal.lead_before;
    let (rows, cols) = wanted.dim();
    let mut marked = wanted.mapv(u16::from);
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
            let class = wanted[[row, col]];
            if 2 * led > asked && !is_whole(territory.object[[row, col]], class) {
                marked[[row, col]] |= BEFORE;
            }
        }
    }
    marked
}
