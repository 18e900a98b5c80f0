//! Steps from the cores of discs, within a code and then over the narrow cells around it.

use std::cmp::Reverse;

use ndarray::{Array2, ArrayView2};

use super::{Diameters, Offers};
use crate::regularise::{CaptureRule, ShapeRule};

/// The level of cells that no core has reached.
pub(in crate::regularise) const UNREACHED: u16 = u16::MAX;

/// Steps from each cell to a core of its code, within its code.
pub(in crate::regularise) struct Levels(pub(in crate::regularise) Array2<u16>);

impl Levels {
    /// Counts the steps of all cells of a window.
    pub(in crate::regularise) fn of(codes: ArrayView2<'_, u16>, diameters: &Diameters) -> Self {
        let mut window = Padded::around(codes);
        window.mark_cores(diameters);
        window.count_steps(diameters);
        let (cols, levels) = (window.cols, window.levels);
        let inner = |at: Cell| levels[(at.0 + 1) * cols + at.1 + 1];
        Self(Array2::from_shape_fn(codes.dim(), inner))
    }

    /// Whether a cell is within its code's number of steps from a core.
    pub(in crate::regularise) fn is_wide(&self, at: (usize, usize)) -> bool {
        self.0[at] != UNREACHED
    }
}

/// The cells of a window in reading order, with a ring of unknown ones around that are cores.
struct Padded {
    rows: usize,
    cols: usize,
    codes: Vec<u16>,
    levels: Vec<u16>,
}

impl Padded {
    fn around(cells: ArrayView2<'_, u16>) -> Self {
        let (rows, cols) = (cells.nrows() + 2, cells.ncols() + 2);
        let mut codes = vec![0; rows * cols];
        let inner = codes.chunks_exact_mut(cols).skip(1);
        for (line, cells) in inner.zip(cells.outer_iter()) {
            line[1..cols - 1].iter_mut().zip(cells).for_each(|(code, &cell)| *code = cell);
        }
        Self { rows, cols, codes, levels: vec![0; rows * cols] }
    }

    /// The columns of a row inside the ring, as places in the window.
    fn inner(&self, row: usize) -> std::ops::Range<usize> {
        row * self.cols + 1..(row + 1) * self.cols - 1
    }

    /// Leaves level 0 to the cores only.
    fn mark_cores(&mut self, diameters: &Diameters) {
        let heights = self.heights();
        for row in 1..self.rows - 1 {
            let inner = self.inner(row);
            let mut start = inner.start;
            for run in self.codes[inner].chunk_by(|a, b| a == b) {
                let cells = start..start + run.len();
                let is_end = (cells.start % self.cols > 1, cells.end % self.cols < self.cols - 1);
                let levels = &mut self.levels[cells.clone()];
                mark_run(levels, &heights[cells.clone()], is_end, diameters.reaches(run[0]));
                start = cells.end;
            }
        }
    }

    /// Cells up or down from each cell to one of another code, without end where there is none.
    fn heights(&self) -> Vec<u16> {
        let mut heights = vec![UNREACHED; self.codes.len()];
        let rows = 1..self.rows - 1;
        let beside = |row: usize, other: usize| (self.inner(row), self.inner(other));
        for row in rows.clone().skip(1) {
            let (own, above) = beside(row, row - 1);
            let (before, after) = heights.split_at_mut(own.start);
            let codes = self.codes[own].iter().zip(&self.codes[above.clone()]);
            for ((height, &over), (code, other)) in after.iter_mut().zip(&before[above]).zip(codes)
            {
                *height = if code == other { over.saturating_add(1) } else { 1 };
            }
        }
        for row in rows.rev().skip(1) {
            let (own, below) = beside(row, row + 1);
            let (before, after) = heights.split_at_mut(below.start);
            let codes = self.codes[own.clone()].iter().zip(&self.codes[below]);
            for ((height, &under), (code, other)) in before[own].iter_mut().zip(&*after).zip(codes)
            {
                let from_below = if code == other { under.saturating_add(1) } else { 1 };
                *height = from_below.min(*height);
            }
        }
        heights
    }

    /// Counts the steps of the cells that are no cores, ring by ring.
    fn count_steps(&mut self, diameters: &Diameters) {
        let sides = [self.cols.wrapping_neg(), usize::MAX, 1, self.cols];
        let mut front: Vec<usize> = Vec::new();
        for at in (1..self.rows - 1).flat_map(|row| self.inner(row)) {
            let is_reached = |by: &usize| {
                let from = at.wrapping_add(*by);
                self.levels[from] == 0 && self.codes[from] == self.codes[at]
            };
            if self.levels[at] == UNREACHED && sides.iter().any(is_reached) {
                front.push(at);
            }
        }
        for &at in &front {
            self.levels[at] = 1;
        }
        let mut next = Vec::new();
        for level in 2.. {
            for &at in &front {
                let code = self.codes[at];
                if level > diameters.get(code) {
                    continue;
                }
                for to in sides.map(|by| at.wrapping_add(by)) {
                    if self.levels[to] == UNREACHED && self.codes[to] == code {
                        self.levels[to] = level;
                        next.push(to);
                    }
                }
            }
            if next.is_empty() {
                return;
            }
            std::mem::swap(&mut front, &mut next);
            next.clear();
        }
    }
}

/// Takes the level 0 off the cells of a run that have another code within half a disc.
///
/// * `heights`: of the cells, up or down; `is_end`: whether another code bounds the run at its ends.
/// * `reaches`: by height, how far along the row that is too near ([`Diameters::reaches`]).
///
/// Nothing beyond the ends of the run can be nearer than the cell that ends it.
fn mark_run(
    levels: &mut [u16],
    heights: &[u16],
    (is_west_end, is_east_end): (bool, bool),
    reaches: &[i32],
) {
    // Discs of one cell fit everywhere.
    if reaches[0] == 0 {
        return;
    }
    let n = levels.len() as i32;
    let reach = |height: u16| reaches.get(usize::from(height)).copied().unwrap_or(-1);
    let mut end = if is_west_end { reaches[0] - 1 } else { -1 };
    for (at, (level, &height)) in (0..n).zip(levels.iter_mut().zip(heights)) {
        end = end.max(at + reach(height));
        if at <= end {
            *level = UNREACHED;
        }
    }
    let mut start = if is_east_end { n - reaches[0] } else { n };
    for (at, (level, &height)) in (0..n).zip(levels.iter_mut().zip(heights)).rev() {
        start = start.min(at - reach(height));
        if at >= start {
            *level = UNREACHED;
        }
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
pub(in crate::regularise) struct Takers<'a> {
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
    pub(in crate::regularise) fn new(
        codes: ArrayView2<'a, u16>,
        levels: Levels,
        free: ArrayView2<'a, bool>,
        diameters: &'a Diameters,
    ) -> Self {
        Self { was: codes, codes: codes.to_owned(), levels: levels.0, free, diameters }
    }

    /// Gives what can be given, to the prior's code first; networks take network and what parts it,
    /// all other codes the rest. The codes that result.
    pub(in crate::regularise) fn spread(
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
