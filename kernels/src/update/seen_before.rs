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
    wanted: &Array2<u16>,
    territory: &Territory<'_>,
    is_whole: &dyn Fn(u32, u8) -> bool,
) -> Array2<u16> {
    let lead = &territory.proposal.lead_before;
    let asked = Sums::of(wanted.dim(), |at| wanted[at] != 0);
    let led = Sums::of(wanted.dim(), |at| wanted[at] != 0 && lead[at] > 0);
    Array2::from_shape_fn(wanted.dim(), |at| {
        let class = wanted[at];
        let looked_so = class != 0
            && 2 * led.around(at) > asked.around(at)
            && !is_whole(territory.object[at], class as u8);
        if looked_so { class | BEFORE } else { class }
    })
}

/// Counts of cells from the corner (Crow, "Summed-area tables for texture mapping", 1984).
struct Sums(Array2<u32>);

impl Sums {
    fn of((rows, cols): (usize, usize), holds: impl Fn((usize, usize)) -> bool) -> Self {
        let mut sums = Array2::zeros((rows + 1, cols + 1));
        for row in 0..rows {
            let mut run = 0;
            for col in 0..cols {
                run += u32::from(holds((row, col)));
                sums[[row + 1, col + 1]] = sums[[row, col + 1]] + run;
            }
        }
        Self(sums)
    }

    /// Cells counted in the square around a cell, as far as there are any.
    fn around(&self, (row, col): (usize, usize)) -> u32 {
        let (rows, cols) = self.0.dim();
        let span = |at: usize, n: usize| (at.saturating_sub(REACH), (at + REACH + 1).min(n - 1));
        let ((top, bottom), (left, right)) = (span(row, rows), span(col, cols));
        let sums = &self.0;
        sums[[bottom, right]] + sums[[top, left]] - sums[[top, right]] - sums[[bottom, left]]
    }
}
