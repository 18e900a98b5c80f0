//! What is left of an object when the rest of it changed.

use std::collections::BTreeMap;

use ndarray::Array2;
use nomenclature::{ClassId, Couple};

use super::Reason;
use super::decide::{Decision, Territory, Units};

/// Row and column.
type Cell = (usize, usize);

/// Who stands beside a remnant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Beside {
    /// Cells that changed to a cover.
    Changed(u8),
    /// An object that keeps its prior there.
    Kept(u32),
}

/// Gives the remnants of cut objects to the change that cut them.
///
/// A remnant is a 4-connected piece of an object that keeps its prior while other cells of the
/// object changed, and of which no polygon can be made: it is smaller than the least unit of its
/// cover, or than the unit outside the zone construite and half of what changed of its object. It
/// takes the cover of the change with which it shares its longest border (of equals the lowest
/// cover); where that is its own, or its longest border is with another object, it stays.
pub(super) fn take_along(territory: &Territory<'_>, decision: &mut Decision, units: &Units<'_>) {
    let n_changed = changed_cells(territory, decision);
    let mut is_seen = Array2::from_elem(territory.prior.raw_dim(), false);
    let mut taken: Vec<(Vec<Cell>, u8)> = Vec::new();
    for (at, &object) in territory.object.indexed_iter() {
        let n_changed = n_changed[object as usize];
        if n_changed == 0 || is_seen[at] || !follows(decision, at) {
            continue;
        }
        let (piece, beside) = flood(territory, decision, at, &mut is_seen);
        let cover = Couple::from_cell(territory.prior[at]).cs;
        let longest = beside.into_iter().max_by_key(|&(who, n)| (n, std::cmp::Reverse(who)));
        if let Some((Beside::Changed(to), _)) = longest
            && to != cover.0
            && is_remnant(piece.len() as u64, n_changed, cover, units)
        {
            taken.push((piece, to));
        }
    }
    for (piece, cover) in taken {
        for at in piece {
            decision.cover[at] = cover;
            decision.reason[at] = Reason::ChangeWithObject.to_cell();
        }
    }
}

/// Whether no polygon can be made of a piece of an object.
fn is_remnant(n_cells: u64, n_changed: u64, cover: ClassId, units: &Units<'_>) -> bool {
    let n = n_cells as f64;
    n < (units.least)(cover) || (n < (units.outside)(cover) && 2 * n_cells <= n_changed)
}

/// Changed cells of each object.
fn changed_cells(territory: &Territory<'_>, decision: &Decision) -> Vec<u64> {
    let n = territory.object.iter().max().map_or(0, |&last| last as usize) + 1;
    let mut n_changed = vec![0; n];
    for (&object, &reason) in territory.object.iter().zip(&decision.reason) {
        n_changed[object as usize] += u64::from(Reason::decided(reason).is_change());
    }
    n_changed[0] = 0;
    n_changed
}

/// The piece of an object that holds a cell, and the lengths of its borders.
fn flood(
    territory: &Territory<'_>,
    decision: &Decision,
    from: Cell,
    is_seen: &mut Array2<bool>,
) -> (Vec<Cell>, BTreeMap<Beside, u64>) {
    let (rows, cols) = is_seen.dim();
    let object = territory.object[from];
    let mut piece = vec![from];
    let mut beside = BTreeMap::new();
    is_seen[from] = true;
    let mut next = 0;
    while next < piece.len() {
        let (row, col) = piece[next];
        next += 1;
        let sides = [
            (row.wrapping_sub(1), col),
            (row, col.wrapping_sub(1)),
            (row, col + 1),
            (row + 1, col),
        ];
        for at in sides.into_iter().filter(|&(r, c)| r < rows && c < cols) {
            if territory.object[at] == object && follows(decision, at) {
                if !is_seen[at] {
                    is_seen[at] = true;
                    piece.push(at);
                }
            } else if Reason::decided(decision.reason[at]).is_change() {
                *beside.entry(Beside::Changed(decision.cover[at])).or_default() += 1;
            } else {
                *beside.entry(Beside::Kept(territory.object[at])).or_default() += 1;
            }
        }
    }
    (piece, beside)
}

/// Whether a cell keeps its prior and may still follow its object.
fn follows(decision: &Decision, at: Cell) -> bool {
    Reason::decided(decision.reason[at]).may_follow()
}
