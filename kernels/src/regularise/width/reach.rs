//! Steps from the cores of discs, within a code and then over the narrow cells around it.

use std::cmp::Reverse;

use ndarray::{Array2, ArrayView2};

use super::{Diameters, Offers};
use crate::distance::squared_distances_to_other;
use crate::regularise::{CaptureRule, ShapeRule};

/// The level of cells that no core has reached.
const UNREACHED: u16 = u16::MAX;

/// Steps from each cell to a core of its code, within its code.
pub(super) struct Levels(Array2<u16>);

impl Levels {
    /// Counts the steps of all cells of a window.
    pub(super) fn of(codes: ArrayView2<'_, u16>, diameters: &Diameters) -> Self {
        let mut levels = Array2::from_elem(codes.raw_dim(), UNREACHED);
        let distances = squared_distances_to_other(codes);
        ndarray::Zip::from(&mut levels).and(codes).and(&distances).for_each(
            |level, &code, &squared| {
                let diameter = u64::from(diameters.get(code));
                if 4 * u64::from(squared) > diameter * diameter {
                    *level = 0;
                }
            },
        );
        let is_open = |levels: &Array2<u16>, from: Cell, to: Cell| {
            codes[from] == codes[to] && levels[to] == UNREACHED
        };
        let touches_open = |&at: &Cell| {
            levels[at] == 0 && sides(at, codes.dim()).any(|to| is_open(&levels, at, to))
        };
        let mut front: Vec<Cell> = cells(codes.dim()).filter(touches_open).collect();
        let mut level = 0;
        while !front.is_empty() {
            level += 1;
            let mut next = Vec::new();
            for &at in &front {
                for to in sides(at, codes.dim()) {
                    if is_open(&levels, at, to) && level <= diameters.get(codes[to]) {
                        levels[to] = level;
                        next.push(to);
                    }
                }
            }
            front = next;
        }
        Self(levels)
    }

    /// Whether a cell is within its code's number of steps from a core.
    pub(super) fn is_wide(&self, at: (usize, usize)) -> bool {
        self.0[at] != UNREACHED
    }
}

/// Row and column in a window.
type Cell = (usize, usize);

/// All cells of a window in reading order.
fn cells((rows, cols): (usize, usize)) -> impl Iterator<Item = Cell> {
    (0..rows).flat_map(move |row| (0..cols).map(move |col| (row, col)))
}

/// The cells that share a side with a cell.
fn sides((row, col): Cell, (rows, cols): (usize, usize)) -> impl Iterator<Item = Cell> {
    let up = row.checked_sub(1).map(|row| (row, col));
    let left = col.checked_sub(1).map(|col| (row, col));
    let right = (col + 1 < cols).then_some((row, col + 1));
    let down = (row + 1 < rows).then_some((row + 1, col));
    [up, left, right, down].into_iter().flatten()
}

/// Wide ground that takes narrow cells, ring after ring.
pub(super) struct Takers<'a> {
    was: ArrayView2<'a, u16>,
    codes: Array2<u16>,
    levels: Array2<u16>,
    free: ArrayView2<'a, bool>,
    diameters: &'a Diameters,
}

/// What a code offers to a cell: its sides around it and the steps to its nearest core.
#[derive(Clone, Copy)]
struct Offer {
    code: u16,
    n_sides: u8,
    level: u16,
}

impl<'a> Takers<'a> {
    /// Takers of a window; `free` cells are the narrow ones that may be given.
    pub(super) fn new(
        codes: ArrayView2<'a, u16>,
        levels: Levels,
        free: ArrayView2<'a, bool>,
        diameters: &'a Diameters,
    ) -> Self {
        Self { was: codes, codes: codes.to_owned(), levels: levels.0, free, diameters }
    }

    /// Gives what can be given, to the prior's code first; networks take network and what parts it,
    /// all other codes the rest. The codes that result.
    pub(super) fn spread(
        &mut self,
        offers: Offers<'_>,
        rule: &(impl ShapeRule + ?Sized),
    ) -> &Array2<u16> {
        let was = self.was;
        let is_parting = |at| offers.parting.is_some_and(|is_parting| is_parting[at]);
        let may_take = |at, code| match (is_parting(at), rule.is_network(was[at])) {
            (true, _) => rule.is_network(code),
            (false, true) => true,
            (false, false) => !rule.is_network(code),
        };
        if let Some(prior) = offers.prior {
            self.take_rings(|at, code| prior[at] == code && may_take(at, code), rule);
        }
        self.take_rings(may_take, rule);
        &self.codes
    }

    /// Takes ring after ring the free cells whose taker is accepted.
    fn take_rings(
        &mut self,
        accepts: impl Fn(Cell, u16) -> bool,
        rule: &(impl CaptureRule + ?Sized),
    ) {
        let dim = self.codes.dim();
        let is_open = |takers: &Self, at: Cell| takers.free[at] && takers.levels[at] == UNREACHED;
        let mut ring: Vec<Cell> = cells(dim).filter(|&at| is_open(self, at)).collect();
        while !ring.is_empty() {
            // All offers of a ring are made before any is taken up.
            let best = |&at: &Cell| Some((at, self.best_offer(at, &accepts, rule)?));
            let taken: Vec<(Cell, Offer)> = ring.iter().filter_map(best).collect();
            for &(at, offer) in &taken {
                self.codes[at] = offer.code;
                self.levels[at] = offer.level + 1;
            }
            ring = taken.iter().flat_map(|&(at, _)| sides(at, dim)).collect();
            ring.retain(|&at| is_open(self, at));
            ring.sort_unstable();
            ring.dedup();
        }
    }

    /// The code that takes a cell, if any may.
    fn best_offer(
        &self,
        at: Cell,
        accepts: &impl Fn(Cell, u16) -> bool,
        rule: &(impl CaptureRule + ?Sized),
    ) -> Option<Offer> {
        let mut offers: [Option<Offer>; 4] = [None; 4];
        for from in sides(at, self.codes.dim()) {
            let (code, level) = (self.codes[from], self.levels[from]);
            let is_within = level < self.diameters.get(code);
            if level == UNREACHED || !is_within || code == self.was[at] || !accepts(at, code) {
                continue;
            }
            let slot = offers.iter_mut().find(|slot| slot.is_none_or(|offer| offer.code == code));
            let slot = slot.expect("a cell has four sides, so at most four codes");
            *slot = Some(slot.map_or(Offer { code, n_sides: 1, level }, |offer| Offer {
                n_sides: offer.n_sides + 1,
                level: offer.level.min(level),
                code,
            }));
        }
        let rank = |offer: &Offer| {
            (Reverse(offer.n_sides), rule.distance(self.was[at], offer.code), offer.code)
        };
        offers.into_iter().flatten().min_by_key(rank)
    }
}
