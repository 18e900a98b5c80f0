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
//! pass sees a bounded neighbourhood, so blocks with a margin give what the whole raster gives, and a
//! pass looks only where cells, or what is offered, differ from the pass before.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Zip};
use rayon::prelude::*;

use super::{CellMasks, CellState, ShapeRule, network};
use crate::grid::Window;
use crate::plane::{Edit, Plane, edits_between};

pub(super) mod reach;

use reach::{Levels, Takers};

/// Side of the blocks that are worked on apart, in cells; only a matter of speed.
const BLOCK: usize = 512;

/// The code of changed cells where only change counts.
const CHANGE: u16 = 1;

/// The code of all other cells there.
const NO_CHANGE: u16 = 2;

/// To whom the cells of a window are offered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offers<'a> {
    /// The codes that take their own cells back before any other does.
    pub(super) prior: Option<ArrayView2<'a, u16>>,
    /// While networks are served first: the cells that only they may take.
    pub(super) parting: Option<ArrayView2<'a, bool>>,
}

/// The disc diameters of all codes, in cells; 0 for codes without a minimum width.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Diameters {
    by_code: Vec<u16>,
    /// Of each diameter in use.
    reaches: BTreeMap<u16, Vec<i32>>,
    pub(super) max: u16,
}

impl Diameters {
    /// Asks the rule for every code.
    pub(super) fn of(rule: &(impl ShapeRule + ?Sized)) -> Self {
        let diameter =
            |code| rule.min_width(code).saturating_sub(1).min(u32::from(u16::MAX)) as u16;
        let mut by_code: Vec<u16> = (0..=u16::MAX).map(diameter).collect();
        by_code[0] = 0;
        Self::new(by_code)
    }

    /// One diameter for changed cells, whatever their codes.
    pub(super) fn of_change(diameter: u16) -> Self {
        let mut by_code = vec![0; 1 << 16];
        by_code[usize::from(CHANGE)] = diameter;
        Self::new(by_code)
    }

    fn new(by_code: Vec<u16>) -> Self {
        let max = by_code.iter().copied().max().unwrap_or(0);
        let mut reaches = BTreeMap::new();
        for &diameter in &by_code {
            reaches.entry(diameter).or_insert_with(|| {
                let quarter = u64::from(diameter).pow(2) / 4;
                let reach = |height: u64| (quarter - height * height).isqrt() as i32;
                (0..=u64::from(diameter / 2)).map(reach).collect()
            });
        }
        Self { by_code, reaches, max }
    }

    /// How far along a row a cell is too near to another for a core, by how far up or down that one
    /// is; beyond the end of the list it is not.
    fn reaches(&self, code: u16) -> &[i32] {
        &self.reaches[&self.get(code)]
    }

    /// Diameter of the discs of a code, and how many steps its wide cells may be from a core.
    pub(super) fn get(&self, code: u16) -> u16 {
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

/// The widths of a raster on its way through the rules.
pub(super) struct Widths {
    diameters: Diameters,
    block: usize,
    /// The narrow cells, wherever they may be given.
    narrow: Plane<bool>,
    /// The cells whose code is another than when narrow cells were last marked and offered.
    stale: Plane<bool>,
    /// What was offered then.
    offered: Option<Offered>,
}

/// The cells that were offered, and those of them that only networks might take.
struct Offered {
    free: Plane<bool>,
    parting: Plane<bool>,
}

impl Widths {
    /// Of a raster of which nothing is known yet.
    ///
    /// * `block`: side of the blocks, where it is chosen.
    pub(super) fn new(
        dim: (usize, usize),
        rule: &(impl ShapeRule + ?Sized),
        block: Option<usize>,
    ) -> Self {
        let diameters = Diameters::of(rule);
        // Small cells have wide margins, which small blocks would work on again and again.
        let block = block.unwrap_or_else(|| BLOCK.max(4 * diameters.margin_of_takers()));
        Self {
            diameters,
            block,
            narrow: Plane::filled(dim, false),
            stale: Plane::filled(dim, true),
            offered: None,
        }
    }

    /// Notes the cells that others have changed.
    pub(super) fn touch(&mut self, edits: &[Edit<u16>]) {
        self.stale = self.stale.edited(edits.iter().map(|edit| edit.with(true)).collect());
    }

    /// Gives the narrow cells to wide ground, pass after pass until nothing changes.
    ///
    /// Returns the number of cells given.
    pub(super) fn settle(
        &mut self,
        state: &mut CellState,
        masks: &CellMasks<'_>,
        prior: Option<&Plane<u16>>,
        rule: &(impl ShapeRule + ?Sized),
    ) -> u64 {
        if self.diameters.max == 0 {
            return 0;
        }
        let mut n_given = 0;
        // What parts the network as it comes is first offered to the network alone.
        let mut parting: Option<Plane<bool>> = None;
        let mut is_network_first = true;
        let nothing = Plane::filled(state.codes.dim(), false);
        loop {
            let free = self.free(state, masks, rule);
            let of_network =
                parting.get_or_insert_with(|| network::parting_cells(&state.codes, &free, rule));
            let of_network = if is_network_first { of_network } else { &nothing };
            let offered = Offered { free, parting: of_network.clone() };
            let given = self.give(&state.codes, offered, (prior, rule));
            let n: u64 = given.iter().map(|edit| edit.cols().len() as u64).sum();
            take_over(state, &given, prior);
            self.stale = nothing.clone();
            self.touch(&given);
            if n == 0 && !is_network_first {
                return n_given;
            }
            is_network_first = n > 0;
            n_given += n;
        }
    }

    /// The narrow cells that are to be given away.
    fn free(
        &mut self,
        state: &CellState,
        masks: &CellMasks<'_>,
        rule: &(impl ShapeRule + ?Sized),
    ) -> Plane<bool> {
        let changed = state.changed.as_ref();
        let movable = match (changed, masks.locked) {
            (Some(changed), Some(locked)) => Some(changed.zip(locked, |is, locked| is && !locked)),
            (Some(changed), None) => Some(changed.clone()),
            (None, Some(locked)) => Some(locked.map(|locked| !locked)),
            (None, None) => None,
        };
        self.mark_narrow(&state.codes, movable.as_ref());
        let mut free = match movable {
            Some(movable) => self.narrow.zip(&movable, |is_narrow, may| is_narrow && may),
            None => self.narrow.clone(),
        };
        if let Some(changed) = changed {
            free = self.keep_wide_changes(&free, changed, &state.codes);
            free = network::keep_necks(&state.codes, &free);
        }
        network::keep_links(&state.codes, &free, rule)
    }

    /// Marks the narrow cells anew in the blocks that stale cells may decide, as far as any may be
    /// given away.
    fn mark_narrow(&mut self, codes: &Plane<u16>, movable: Option<&Plane<bool>>) {
        let margin = self.diameters.margin_of_levels();
        let wanted = |block: Window| -> Option<Window> {
            let wanted = movable.map_or(Some(block), |movable| movable.bounds(block))?;
            near(&self.stale, wanted, margin)
        };
        let edits_of = |part: Window| -> Vec<Edit<bool>> {
            let around = part.grown_within(margin, codes.dim());
            let narrow = narrow_in(codes, around, &self.diameters);
            let was = self.narrow.window(part);
            edits_between(was.view(), around.part(narrow.view(), &part), part)
        };
        let parts = parts(codes.dim(), self.block, margin, wanted);
        let edits: Vec<Edit<bool>> = parts.into_par_iter().flat_map_iter(edits_of).collect();
        self.narrow = self.narrow.edited(edits);
    }

    /// Takes the cells off the free ones that lie in a change as wide as their code must be.
    fn keep_wide_changes(
        &self,
        free: &Plane<bool>,
        changed: &Plane<bool>,
        codes: &Plane<u16>,
    ) -> Plane<bool> {
        let wanted =
            codes.zip(free, |code, is_free| if is_free { self.diameters.get(code) } else { 0 });
        let change = changed.map(|is_changed| if is_changed { CHANGE } else { NO_CHANGE });
        let mut free = free.clone();
        for diameter in wanted.n_cells_by_value().into_keys().filter(|&diameter| diameter > 0) {
            let of_change = Diameters::of_change(diameter);
            let asked = wanted.map(|wanted| wanted == diameter);
            let margin = of_change.margin_of_levels();
            let edits_of = |part: Window| -> Vec<Edit<bool>> {
                let around = part.grown_within(margin, codes.dim());
                let narrow = narrow_in(&change, around, &of_change);
                let was = asked.window(part);
                let mut is = was.clone();
                is.zip_mut_with(&around.part(narrow.view(), &part), |is, narrow| *is &= narrow);
                edits_between(was.view(), is.view(), part)
            };
            let parts = parts(codes.dim(), self.block, margin, |block| asked.bounds(block));
            free = free.edited(parts.into_par_iter().flat_map_iter(edits_of).collect());
        }
        free
    }

    /// What the free cells are given to; network pieces that cannot be given whole stay whole.
    fn give(
        &mut self,
        codes: &Plane<u16>,
        mut offered: Offered,
        (prior, rule): (Option<&Plane<u16>>, &(impl ShapeRule + ?Sized)),
    ) -> Vec<Edit<u16>> {
        let nothing = Plane::filled(codes.dim(), false);
        let margin = self.diameters.margin_of_takers();
        // Where nothing differs from the last time, nothing is given, as nothing was then.
        let mut open = match &self.offered {
            None => self.stale.map(|_| true),
            Some(last) => {
                let is_other = last.free.zip(&offered.free, |was, is| was != is);
                let is_parting = last.parting.zip(&offered.parting, |was, is| was != is);
                let is_open = is_other.zip(&is_parting, |free, parting| free || parting);
                is_open.zip(&self.stale, |is_open, is_stale| is_open || is_stale)
            }
        };
        let mut free_before = nothing.clone();
        let mut given = codes.clone();
        loop {
            // What is no longer free is given back.
            let asked = offered.free.zip(&free_before, |is_free, was_free| is_free || was_free);
            let wanted = |block: Window| near(&open, asked.bounds(block)?, margin);
            let edits_of =
                |part: Window| self.give_in(codes, &given, &offered, part, (prior, rule));
            let parts = parts(codes.dim(), self.block, margin, wanted);
            let edits = parts.into_par_iter().flat_map_iter(edits_of).collect();
            given = given.edited(edits);
            let all = codes.edits_to(&given);
            let is_given = nothing.edited(all.iter().map(|edit| edit.with(true)).collect());
            let Some(free) = network::keep_partial(codes, &is_given, &offered.free, rule) else {
                self.offered = Some(offered);
                return all;
            };
            open = offered.free.zip(&free, |was, is| was != is);
            free_before = std::mem::replace(&mut offered.free, free);
        }
    }

    /// How the cells of a window differ from those given so far when its free cells are given.
    fn give_in(
        &self,
        codes: &Plane<u16>,
        given: &Plane<u16>,
        offered: &Offered,
        part: Window,
        (prior, rule): (Option<&Plane<u16>>, &(impl ShapeRule + ?Sized)),
    ) -> Vec<Edit<u16>> {
        let around = part.grown_within(self.diameters.margin_of_takers(), codes.dim());
        let (was, free) = (codes.window(around), offered.free.window(around));
        let prior = prior.map(|prior| prior.window(around));
        let parting = offered.parting.any(around).then(|| offered.parting.window(around));
        let levels = Levels::of(was.view(), &self.diameters);
        let offers = Offers {
            prior: prior.as_ref().map(|prior| prior.view()),
            parting: parting.as_ref().map(|parting| parting.view()),
        };
        let mut takers = Takers::new(was.view(), levels, free.view(), &self.diameters);
        let now = takers.spread(offers, rule);
        edits_between(given.window(part).view(), around.part(now.view(), &part), part)
    }
}

/// The smallest rectangle of the cells of a window that may have a cell of a mask within a margin.
fn near(mask: &Plane<bool>, window: Window, margin: usize) -> Option<Window> {
    let found = mask.bounds(window.grown_within(margin, mask.dim()))?;
    Some(found.grown_within(margin, mask.dim()).common(&window))
}

/// Windows that hold all that is wanted, each block of a raster cut in four as long as that is less
/// work.
///
/// * `wanted`: the rectangle of a window that holds what is wanted there, if anything is.
fn parts(
    dim: (usize, usize),
    block: usize,
    margin: usize,
    wanted: impl Fn(Window) -> Option<Window> + Sync,
) -> Vec<Window> {
    let blocks = Window::blocks(dim, block).into_par_iter();
    blocks.flat_map_iter(|block| cut(wanted(block), &wanted, margin)).collect()
}

/// The parts of one window.
fn cut(
    window: Option<Window>,
    wanted: &impl Fn(Window) -> Option<Window>,
    margin: usize,
) -> Vec<Window> {
    let Some(window) = window else { return Vec::new() };
    let work = |part: &Window| (part.rows + 2 * margin) * (part.cols + 2 * margin);
    let side = window.rows.max(window.cols).div_ceil(2);
    if window.n_cells() < 4 || side < margin / 2 {
        return vec![window];
    }
    let place =
        |part: Window| Window { row: window.row + part.row, col: window.col + part.col, ..part };
    let quarters = Window::blocks((window.rows, window.cols), side).into_iter().map(place);
    let quarters: Vec<_> = quarters.map(|quarter| (quarter, wanted(quarter))).collect();
    if quarters.iter().all(|(quarter, wanted)| *wanted == Some(*quarter)) {
        return vec![window];
    }
    let parts: Vec<Window> =
        quarters.into_iter().flat_map(|(_, part)| cut(part, wanted, margin)).collect();
    if parts.iter().map(work).sum::<usize>() < work(&window) { parts } else { vec![window] }
}

/// The narrow cells of a window of a raster; those nearer to its sides than the margin are not
/// decided.
fn narrow_in(codes: &Plane<u16>, window: Window, diameters: &Diameters) -> Array2<bool> {
    if codes.is_constant(window) {
        return Array2::from_elem((window.rows, window.cols), false);
    }
    let codes = codes.window(window);
    let levels = Levels::of(codes.view(), diameters);
    Zip::indexed(&codes).map_collect(|at, &code| code != 0 && !levels.is_wide(at))
}

/// Takes over the codes given; cells that are as in the prior again are no changes.
fn take_over(state: &mut CellState, given: &[Edit<u16>], prior: Option<&Plane<u16>>) {
    state.codes = state.codes.edited(given.to_vec());
    let (Some(changed), Some(prior)) = (&mut state.changed, prior) else { return };
    let still = |edit: &Edit<u16>| {
        let row = edit.row as usize;
        let was = prior.row(row).over(edit.cols());
        let edit = *edit;
        was.map(move |(cols, was)| Edit::new(row, cols, was != edit.value)).collect::<Vec<_>>()
    };
    *changed = changed.edited(given.iter().flat_map(still).collect());
}

#[cfg(test)]
mod tests;
