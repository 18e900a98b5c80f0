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
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use ndarray::Array2;

use super::{CellMasks, CellState, ShapeRule};
use crate::distance::squared_distances;
use crate::label::label_plane;
use crate::plane::{Edit, Plane};

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

/// Enlarges the isolated buildings between the two sizes of the rule: the cells that they take.
pub(super) fn enlarge(
    state: &CellState,
    masks: &CellMasks<'_>,
    rule: &(impl ShapeRule + ?Sized),
) -> (Enlarged, Vec<Edit<u16>>) {
    let (from_cells, to_cells) = rule.isolated_built_cells();
    let labels = label_plane(&state.codes.map(|code| if rule.is_built(code) { code } else { 0 }));
    let n_new = state.changed.as_ref().map(|changed| labels.count(changed));
    let mut ground = Ground { codes: &state.codes, taken: BTreeMap::new() };
    let mut total = Enlarged::default();
    for (rank, region) in labels.regions.iter().enumerate() {
        let is_new = n_new.as_ref().is_none_or(|counts| 2 * counts[rank] > region.n_cells);
        if !is_new || !(from_cells..to_cells).contains(&region.n_cells) {
            continue;
        }
        let first = (region.first.0 as usize, region.first.1 as usize);
        let growth = Growth { ground: &ground, locked: masks.locked, rule, n_wanted: to_cells };
        let Some(cells) = growth.of_building(first) else { continue };
        total.add(Enlarged { n_buildings: 1, n_cells: cells.len() as u64 });
        ground.taken.extend(cells.into_iter().map(|at| (at, region.value)));
    }
    (total, ground.edits())
}

/// The codes with what the buildings have taken so far.
struct Ground<'a> {
    codes: &'a Plane<u16>,
    taken: BTreeMap<Cell, u16>,
}

impl Ground<'_> {
    fn code(&self, at: Cell) -> u16 {
        self.taken.get(&at).copied().unwrap_or_else(|| self.codes.get(at))
    }

    fn edits(self) -> Vec<Edit<u16>> {
        let edit = |((row, col), code)| Edit::new(row, col..col + 1, code);
        self.taken.into_iter().map(edit).collect()
    }
}

/// Row and column.
type Cell = (usize, usize);

/// The growth of one building.
struct Growth<'a, R: ?Sized> {
    ground: &'a Ground<'a>,
    locked: Option<&'a Plane<bool>>,
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
        let near = Near::around(&held, self.ground.codes.dim(), self.n_wanted);
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
            let value = self.ground.code(first);
            let met: Vec<Cell> = self
                .sides(at)
                .filter(|to| self.ground.code(*to) == value && !held.contains(to))
                .collect();
            for to in met {
                self.join(&mut held, to);
            }
        }
        Some(added)
    }

    /// Adds the region of a cell, as far as it matters.
    fn join(&self, held: &mut BTreeSet<Cell>, first: Cell) {
        let value = self.ground.code(first);
        let mut open = vec![first];
        held.insert(first);
        while let Some(at) = open.pop() {
            if held.len() as u64 >= self.n_wanted {
                return;
            }
            for to in self.sides(at).filter(|&to| self.ground.code(to) == value) {
                if held.insert(to) {
                    open.push(to);
                }
            }
        }
    }

    /// Whether a cell is of another building than the one that holds `first`.
    fn is_other(&self, first: Cell, at: Cell) -> bool {
        let code = self.ground.code(at);
        code != 0 && code != self.ground.code(first) && self.rule.is_built(code)
    }

    /// Whether a building may grow over a cell.
    fn is_free(&self, at: Cell) -> bool {
        let code = self.ground.code(at);
        code != 0
            && self.rule.is_free_ground(code)
            && self.locked.is_none_or(|locked| !locked.get(at))
    }

    fn sides(&self, (row, col): Cell) -> impl Iterator<Item = Cell> + use<R> {
        let (rows, cols) = self.ground.codes.dim();
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
