//! Minimum widths, on cells.
//!
//! **What is narrow.** A code of minimum width `w` cells has discs of diameter `w - 1` (a cell is
//! what the rasterising of an outline may take off a width): the cells whose centres lie within half
//! the diameter of a cell centre. A *core* is a cell around which such a disc holds its code alone.
//! A cell is *wide* when it lies at most `w - 1` steps from side to side, within its code, from a
//! core of its code: inside a disc, or not farther beyond it than half the width, so that right
//! angles stay whole however they are turned. Every other cell is *narrow*. Codes of width 0
//! (for OCS GE: buildings) are never narrow and take nothing.
//!
//! **What becomes of it.** Narrow cells are given to the wide ground around them, from its edge
//! inwards and one ring of cells at a time, no farther from a core of the taker than the taker's own
//! `w - 1` steps: what is given is wide where it goes. When several codes meet at a cell: most cell
//! sides, then smallest semantic distance to what the cell was, then lowest code. Networks take only
//! network, and narrow regions that part two pieces of network, which they take before any other:
//! verges and front gardens do not become road. Narrow cells that no wide ground reaches keep
//! their code.
//!
//! **With a prior** the width is asked of the change: cells are given only where they differ from the
//! prior and where the whole of the change, whatever its codes, is narrow too by the width of the
//! cell's code. A strip along a moved line is no change; the gardens of a new quarter are. A narrow
//! neck between two parts of a region stays. The prior's own code takes all it can reach before any
//! other does.
//!
//! **What stays.** Locked cells; narrow stretches of a network that link (see [`super::network`]).
//!
//! A wide cell stays wide for good and each pass makes the cells that it gives wide, so passes are
//! repeated until nothing is narrow that could be given, and their number is finite. Each ring of a
//! pass sees a bounded neighbourhood, so blocks with a margin give what the whole raster gives.

use ndarray::{Array2, ArrayView2, Zip, s};
use rayon::prelude::*;

use super::{CellMasks, CellState, ShapeRule, network};
use crate::grid::Window;

mod reach;

use reach::{Levels, Takers};

/// Side of the blocks that are worked on apart, in cells; only a matter of speed.
const BLOCK: usize = 512;

/// The code of changed cells where only change counts.
const CHANGE: u16 = 1;

/// The code of all other cells there.
const NO_CHANGE: u16 = 2;

/// To whom cells are offered.
#[derive(Debug, Clone, Copy)]
struct Offers<'a> {
    /// The codes that take their own cells back before any other does.
    prior: Option<ArrayView2<'a, u16>>,
    /// While networks are served first: the cells that only they may take.
    parting: Option<ArrayView2<'a, bool>>,
}

/// The disc diameters of all codes, in cells; 0 for codes without a minimum width.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Diameters {
    by_code: Vec<u16>,
    max: u16,
}

impl Diameters {
    /// Asks the rule for every code.
    pub(super) fn of(rule: &(impl ShapeRule + ?Sized)) -> Self {
        let diameter =
            |code| rule.min_width(code).saturating_sub(1).min(u32::from(u16::MAX)) as u16;
        let mut by_code: Vec<u16> = (0..=u16::MAX).map(diameter).collect();
        by_code[0] = 0;
        let max = by_code.iter().copied().max().unwrap_or(0);
        Self { by_code, max }
    }

    /// One diameter for changed cells, whatever their codes.
    fn of_change(diameter: u16) -> Self {
        let mut by_code = vec![0; 1 << 16];
        by_code[usize::from(CHANGE)] = diameter;
        Self { by_code, max: diameter }
    }

    /// Diameter of the discs of a code, and how many steps its wide cells may be from a core.
    fn get(&self, code: u16) -> u16 {
        self.by_code[usize::from(code)]
    }

    /// How far around a cell the cells lie that decide whether it is wide.
    fn margin_of_levels(&self) -> usize {
        // Steps to a core, half a disc, and the cell beyond that tells that the disc fits.
        usize::from(self.max) + usize::from(self.max) / 2 + 2
    }

    /// How far around a cell the cells lie that decide what it is given to.
    fn margin_of_takers(&self) -> usize {
        // The prior takes first, then all others: as many rings each as there are steps.
        self.margin_of_levels() + 2 * usize::from(self.max) + 1
    }
}

/// Gives the narrow cells to wide ground, pass after pass until nothing changes.
///
/// Returns the number of cells given.
pub(super) fn settle(
    state: &mut CellState,
    masks: &CellMasks<'_>,
    prior: Option<ArrayView2<'_, u16>>,
    rule: &(impl ShapeRule + ?Sized),
) -> u64 {
    settle_in_blocks(state, masks, prior, rule, BLOCK)
}

/// [`settle`] with a chosen side of the blocks.
fn settle_in_blocks(
    state: &mut CellState,
    masks: &CellMasks<'_>,
    prior: Option<ArrayView2<'_, u16>>,
    rule: &(impl ShapeRule + ?Sized),
    block: usize,
) -> u64 {
    let diameters = Diameters::of(rule);
    let mut n_given = 0;
    let mut narrow = Array2::from_elem(state.codes.raw_dim(), false);
    let mut is_stale = Array2::from_elem(state.codes.raw_dim(), true);
    // What parts the network as it comes is first offered to the network alone, pass after pass.
    let mut parting: Option<Array2<bool>> = None;
    let mut is_network_first = true;
    if diameters.max == 0 {
        return 0;
    }
    loop {
        mark_narrow(&mut narrow, state.codes.view(), &is_stale, &diameters, block);
        let mut free = giveable(&narrow, state, masks);
        if let Some(changed) = &state.changed {
            keep_wide_changes(&mut free, changed, state.codes.view(), &diameters, block);
            network::keep_necks(state.codes.view(), &mut free);
        }
        network::keep_links(state.codes.view(), &mut free, rule);
        let codes = state.codes.view();
        let parting = parting.get_or_insert_with(|| network::parting_cells(codes, &free, rule));
        let offers = Offers { prior, parting: is_network_first.then(|| parting.view()) };
        let given = give(codes, &mut free, offers, (rule, &diameters), block);
        let n = take_over(state, &given, prior, &mut is_stale);
        if n == 0 && !is_network_first {
            return n_given;
        }
        is_network_first = n > 0;
        n_given += n;
    }
}

/// Marks the narrow cells of a raster anew, in the blocks that stale cells may decide.
fn mark_narrow(
    narrow: &mut Array2<bool>,
    codes: ArrayView2<'_, u16>,
    is_stale: &Array2<bool>,
    diameters: &Diameters,
    block: usize,
) {
    let found: Vec<(Block, Array2<bool>)> =
        Block::all(codes.dim(), block, diameters.margin_of_levels())
            .into_par_iter()
            .filter(|block| block.around(is_stale.view()).iter().any(|&cell| cell))
            .map(|block| {
                let around = block.around(codes);
                let levels = Levels::of(around, diameters);
                let is_narrow = |at, &code: &u16| code != 0 && !levels.is_wide(at);
                let narrow = Zip::indexed(around).map_collect(is_narrow);
                (block, narrow.slice(block.inner()).to_owned())
            })
            .collect();
    for (block, cells) in found {
        narrow.slice_mut(block.core()).assign(&cells);
    }
}

/// Takes the cells off the free ones that lie in a change as wide as their code must be.
fn keep_wide_changes(
    free: &mut Array2<bool>,
    changed: &Array2<bool>,
    codes: ArrayView2<'_, u16>,
    diameters: &Diameters,
    block: usize,
) {
    let mut used: Vec<u16> = Zip::from(&*free)
        .and(codes)
        .map_collect(|&is_free, &code| if is_free { diameters.get(code) } else { 0 })
        .into_iter()
        .collect();
    used.sort_unstable();
    used.dedup();
    let change = changed.mapv(|is_changed| if is_changed { CHANGE } else { NO_CHANGE });
    for diameter in used.into_iter().filter(|&diameter| diameter > 0) {
        let mut narrow = Array2::from_elem(free.raw_dim(), false);
        let of_change = Diameters::of_change(diameter);
        mark_narrow(&mut narrow, change.view(), free, &of_change, block);
        Zip::from(&mut *free).and(codes).and(&narrow).for_each(|is_free, &code, &is_narrow| {
            *is_free &= diameters.get(code) != diameter || is_narrow;
        });
    }
}

/// The narrow cells that may be given at all.
fn giveable(narrow: &Array2<bool>, state: &CellState, masks: &CellMasks<'_>) -> Array2<bool> {
    let mut free = narrow.clone();
    if let Some(locked) = masks.locked {
        free.zip_mut_with(&locked, |free, &is_locked| *free &= !is_locked);
    }
    if let Some(changed) = &state.changed {
        free.zip_mut_with(changed, |free, &is_changed| *free &= is_changed);
    }
    free
}

/// The codes once the free cells are given; network pieces that cannot be given whole stay whole.
fn give(
    codes: ArrayView2<'_, u16>,
    free: &mut Array2<bool>,
    offers: Offers<'_>,
    (rule, diameters): (&(impl ShapeRule + ?Sized), &Diameters),
    block: usize,
) -> Array2<u16> {
    let blocks = Block::all(codes.dim(), block, diameters.margin_of_takers());
    loop {
        let has_free = |block: &&Block| free.slice(block.core()).iter().any(|&cell| cell);
        let busy: Vec<Block> = blocks.iter().filter(has_free).copied().collect();
        let taken: Vec<(Block, Array2<u16>)> = busy
            .into_par_iter()
            .map(|block| {
                let around = block.around(codes);
                let levels = Levels::of(around, diameters);
                let mut takers = Takers::new(around, levels, block.around(free.view()), diameters);
                let offers = Offers {
                    prior: offers.prior.map(|prior| block.around(prior)),
                    parting: offers.parting.map(|parting| block.around(parting)),
                };
                let given = takers.spread(offers, rule);
                (block, given.slice(block.inner()).to_owned())
            })
            .collect();
        let mut given = codes.to_owned();
        for (block, cells) in taken {
            given.slice_mut(block.core()).assign(&cells);
        }
        if !network::keep_partial(codes, &given, free, rule) {
            return given;
        }
    }
}

/// Takes over the codes given and marks where they differ; the number of cells given.
fn take_over(
    state: &mut CellState,
    given: &Array2<u16>,
    prior: Option<ArrayView2<'_, u16>>,
    is_stale: &mut Array2<bool>,
) -> u64 {
    let mut n_given = 0;
    Zip::indexed(&mut state.codes).and(given).and(is_stale).for_each(|at, code, &now, is_stale| {
        *is_stale = *code != now;
        n_given += u64::from(*is_stale);
        *code = now;
        if let (true, Some(changed), Some(prior)) = (*is_stale, &mut state.changed, prior) {
            changed[at] = prior[at] != now;
        }
    });
    n_given
}

/// A block of cells and the window around it that decides it.
#[derive(Debug, Clone, Copy)]
struct Block {
    core: Window,
    around: Window,
}

impl Block {
    /// The blocks of a raster, in reading order.
    fn all((rows, cols): (usize, usize), side: usize, margin: usize) -> Vec<Self> {
        let starts = |n: usize| (0..n).step_by(side.max(1));
        let at = |row: usize, col: usize| {
            let core = Window { row, col, rows: side.min(rows - row), cols: side.min(cols - col) };
            let (top, left) = (row.saturating_sub(margin), col.saturating_sub(margin));
            let bottom = (row + core.rows + margin).min(rows);
            let right = (col + core.cols + margin).min(cols);
            let around = Window { row: top, col: left, rows: bottom - top, cols: right - left };
            Self { core, around }
        };
        starts(rows).flat_map(|row| starts(cols).map(move |col| at(row, col))).collect()
    }

    /// The cells of the window around the block.
    fn around<'a, T>(&self, cells: ArrayView2<'a, T>) -> ArrayView2<'a, T> {
        let w = self.around;
        cells.slice_move(s![w.row..w.row + w.rows, w.col..w.col + w.cols])
    }

    /// The block as a slice of the raster.
    fn core(&self) -> ndarray::SliceInfo<[ndarray::SliceInfoElem; 2], ndarray::Ix2, ndarray::Ix2> {
        let w = self.core;
        s![w.row..w.row + w.rows, w.col..w.col + w.cols]
    }

    /// The block as a slice of the window around it.
    fn inner(&self) -> ndarray::SliceInfo<[ndarray::SliceInfoElem; 2], ndarray::Ix2, ndarray::Ix2> {
        let (row, col) = (self.core.row - self.around.row, self.core.col - self.around.col);
        s![row..row + self.core.rows, col..col + self.core.cols]
    }
}

#[cfg(test)]
mod tests;
