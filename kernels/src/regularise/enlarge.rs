//! Isolated buildings are enlarged to the size from which a building is captured.
//!
//! A building is a region of one built code. It is isolated when no cell of another built code
//! touches it by a side: two buildings across a gap cannot be one polygon, so each of them must
//! reach the size by itself. Its cells are added one by one to those it has, nearest to the building
//! first (exact squared distance), in reading order where equally near, always touching what it has
//! by a side, until the size is reached and not one cell more. Networks, water, built, locked and
//! unknown cells are not grown over, nor are cells farther away than the side of a square of the
//! size. A building that finds too little room is left to the minimum unit, as are those below the
//! smaller size. Buildings grow in reading order of their first cell; one that comes to touch another
//! of its code is one with it.
//!
//! With a prior, only buildings grow of which more than half is new.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use ndarray::{Array2, ArrayView2};

use super::{CellMasks, CellState, ShapeRule};
use crate::distance::squared_distances;
use crate::label::label;

/// What growing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Enlarged {
    /// Buildings that were enlarged.
    pub n_buildings: u64,
    /// Cells that they were given.
    pub n_cells: u64,
}

impl Enlarged {
    /// Adds what another pass did.
    pub(super) fn add(&mut self, other: Self) {
        self.n_buildings += other.n_buildings;
        self.n_cells += other.n_cells;
    }
}

/// Enlarges the isolated buildings between the two sizes of the rule.
pub(super) fn enlarge(
    state: &mut CellState,
    masks: &CellMasks<'_>,
    rule: &(impl ShapeRule + ?Sized),
) -> Enlarged {
    let (from_cells, to_cells) = rule.isolated_built_cells();
    let labels = label(state.codes.view());
    let n_new = state.changed.as_ref().map(|changed| labels.count(changed.view()));
    let mut total = Enlarged::default();
    for (rank, region) in labels.regions.iter().enumerate() {
        let is_new = n_new.as_ref().is_none_or(|counts| 2 * counts[rank] > region.n_cells);
        let is_small = (from_cells..to_cells).contains(&region.n_cells);
        if !is_new || !is_small || !rule.is_built(region.value) {
            continue;
        }
        let first = (region.first.0 as usize, region.first.1 as usize);
        let growth =
            Growth { codes: state.codes.view(), locked: masks.locked, rule, n_wanted: to_cells };
        let Some(cells) = growth.of_building(first) else { continue };
        total.add(Enlarged { n_buildings: 1, n_cells: cells.len() as u64 });
        for at in cells {
            state.codes[at] = region.value;
            if let Some(changed) = &mut state.changed {
                changed[at] = true;
            }
        }
    }
    total
}

/// Row and column.
type Cell = (usize, usize);

/// The growth of one building.
struct Growth<'a, R: ?Sized> {
    codes: ArrayView2<'a, u16>,
    locked: Option<ArrayView2<'a, bool>>,
    rule: &'a R,
    n_wanted: u64,
}

impl<R: ShapeRule + ?Sized> Growth<'_, R> {
    /// The cells to add to the building that holds a cell; `None` when it is large enough, not
    /// isolated, or has too little room.
    fn of_building(&self, first: Cell) -> Option<Vec<Cell>> {
        let mut held = BTreeSet::new();
        self.join(&mut held, first);
        let is_isolated = held.iter().all(|&at| self.sides(at).all(|to| !self.is_other(first, to)));
        if held.len() as u64 >= self.n_wanted || !is_isolated {
            return None;
        }
        let near = Near::around(&held, self.codes.dim(), self.n_wanted);
        let mut seen = BTreeSet::new();
        let mut edge = BinaryHeap::new();
        let mut reach = |edge: &mut BinaryHeap<_>, at: Cell| {
            for to in self.sides(at).filter(|&to| self.is_free(to)) {
                let Some(squared) = near.squared_distance(to) else { continue };
                if seen.insert(to) {
                    edge.push(Reverse((squared, to)));
                }
            }
        };
        for &at in &held {
            reach(&mut edge, at);
        }
        let mut added = Vec::new();
        while (held.len() as u64) < self.n_wanted {
            let Reverse((_, at)) = edge.pop()?;
            held.insert(at);
            added.push(at);
            reach(&mut edge, at);
            let value = self.codes[first];
            let met: Vec<Cell> = self
                .sides(at)
                .filter(|to| self.codes[*to] == value && !held.contains(to))
                .collect();
            for to in met {
                self.join(&mut held, to);
            }
        }
        Some(added)
    }

    /// Adds the region of a cell, as far as it matters.
    fn join(&self, held: &mut BTreeSet<Cell>, first: Cell) {
        let mut open = vec![first];
        held.insert(first);
        while let Some(at) = open.pop() {
            if held.len() as u64 >= self.n_wanted {
                return;
            }
            for to in self.sides(at).filter(|&to| self.codes[to] == self.codes[first]) {
                if held.insert(to) {
                    open.push(to);
                }
            }
        }
    }

    /// Whether a cell is of another building than the one that holds `first`.
    fn is_other(&self, first: Cell, at: Cell) -> bool {
        let code = self.codes[at];
        code != 0 && code != self.codes[first] && self.rule.is_built(code)
    }

    /// Whether a building may grow over a cell.
    fn is_free(&self, at: Cell) -> bool {
        let code = self.codes[at];
        code != 0 && self.rule.is_free_ground(code) && self.locked.is_none_or(|locked| !locked[at])
    }

    fn sides(&self, (row, col): Cell) -> impl Iterator<Item = Cell> + use<R> {
        let (rows, cols) = self.codes.dim();
        let up = row.checked_sub(1).map(|row| (row, col));
        let left = col.checked_sub(1).map(|col| (row, col));
        let right = (col + 1 < cols).then_some((row, col + 1));
        let down = (row + 1 < rows).then_some((row + 1, col));
        [up, left, right, down].into_iter().flatten()
    }
}

/// Squared distances to a building in the window that it may grow in.
struct Near {
    top: usize,
    left: usize,
    squared: Array2<u32>,
}

impl Near {
    fn around(held: &BTreeSet<Cell>, (rows, cols): Cell, n_wanted: u64) -> Self {
        let margin = (n_wanted.isqrt() + 1) as usize;
        let span = |values: &mut dyn Iterator<Item = usize>, n: usize| {
            let (low, high) = values.fold((n, 0), |(low, high), v| (low.min(v), high.max(v)));
            (low.saturating_sub(margin), (high + margin + 1).min(n))
        };
        let (top, bottom) = span(&mut held.iter().map(|at| at.0), rows);
        let (left, right) = span(&mut held.iter().map(|at| at.1), cols);
        let mut mask = Array2::from_elem((bottom - top, right - left), false);
        for at in held {
            mask[(at.0 - top, at.1 - left)] = true;
        }
        Self { top, left, squared: squared_distances(mask.view()) }
    }

    /// The distance of a cell, unless it is too far away to be grown over.
    fn squared_distance(&self, (row, col): Cell) -> Option<u32> {
        let at = (row.checked_sub(self.top)?, col.checked_sub(self.left)?);
        self.squared.get(at).copied()
    }
}

#[cfg(test)]
mod tests;
