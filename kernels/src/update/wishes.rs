//! What the cells of a territory want, gathered block by block.
//!
//! Few cells want another class than their prior's: their classes are held as runs, and what the
//! verdicts weigh only for those that lie in a broad part. So memory follows what may change, and
//! not the cells.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Zip};

use super::opening::opened;
use super::seen_before::{self, looked_so};
use super::{Proposal, UpdateError, UpdateParams, shape};
use crate::grid::Window;
use crate::plane::Plane;

/// Set beside the class of cells that looked like it in the imagery of the prior's date.
const BEFORE: u16 = 1 << 8;

/// Set beside the class wanted in parts that are too thin for a change.
const THIN: u16 = 1 << 9;

/// Set beside the best class of cells that have no prior.
const BARE: u16 = 1 << 10;

/// What a cell wants: a class, 0 for none, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Wish(u16);

impl Wish {
    /// The class wanted instead of the prior's, or where there is no prior the best one.
    pub(super) fn class(self) -> u8 {
        self.0 as u8
    }

    /// Whether it lies in a part that is too thin for a change.
    pub(super) fn is_thin(self) -> bool {
        self.0 & THIN != 0
    }

    /// The class wanted in a broad part, with a mark where it looked like that before: 0 elsewhere.
    pub(super) fn broad(self) -> u16 {
        if self.0 & (THIN | BARE) == 0 { self.0 } else { 0 }
    }
}

/// The class of a region of [`Wish::broad`], and whether it looked like that before.
pub(super) fn unmarked(value: u16) -> (u8, bool) {
    (value as u8, value & BEFORE != 0)
}

/// The value of a region of the same class without the mark.
pub(super) fn without_mark(value: u16) -> u16 {
    value & !BEFORE
}

/// What a cell of a broad part says of the class that it wants; see [`Proposal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lead {
    pub(super) margin: i16,
    pub(super) before: i16,
    pub(super) support: u8,
}

/// The leads of the broad parts of a block, in reading order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Leads {
    /// Those of row `r` are `row_starts[r]..row_starts[r + 1]`.
    row_starts: Vec<u32>,
    leads: Vec<Lead>,
}

impl Leads {
    fn of(wishes: &Array2<Wish>, proposal: &Proposal, inner: Window) -> Self {
        let (mut row_starts, mut leads) = (vec![0], Vec::new());
        for (row, wishes) in (inner.row..).zip(wishes.outer_iter()) {
            for (col, _) in (inner.col..).zip(wishes).filter(|(_, wish)| wish.broad() != 0) {
                let at = [row, col];
                let (margin, support) = (proposal.margin[at], proposal.support[at]);
                leads.push(Lead { margin, before: proposal.lead_before[at], support });
            }
            row_starts.push(leads.len() as u32);
        }
        leads.shrink_to_fit();
        Self { row_starts, leads }
    }

    fn row(&self, row: usize) -> &[Lead] {
        &self.leads[self.row_starts[row] as usize..self.row_starts[row + 1] as usize]
    }
}

/// What is known of a block and of the cells around it; all on the same rows and columns.
#[derive(Debug, Clone, Copy)]
pub struct WishBlock<'a> {
    /// What its cells want.
    pub proposal: &'a Proposal,
    /// The prior's couple, 0 where there is none.
    pub prior: ArrayView2<'a, u16>,
    /// The prior's object, 0 where there is none.
    pub object: ArrayView2<'a, u32>,
    /// True where nothing may change.
    pub locked: Option<ArrayView2<'a, bool>>,
}

/// What the cells of a territory want, as far as a decision asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    pub(super) cells: Plane<Wish>,
    /// Cells of each object that want each class, thin parts included.
    pub(super) wanting: BTreeMap<(u32, u8), u64>,
    /// Blocks of this side lie so many in a row.
    side: usize,
    across: usize,
    blocks: Vec<Leads>,
}

impl Wishes {
    /// Cells needed around a block for its wishes to be those of the whole territory.
    ///
    /// * `is_seen_before`: whether there is imagery of the prior's date.
    pub fn halo(params: &UpdateParams, is_seen_before: bool) -> usize {
        2 * params.fringe_cells + if is_seen_before { seen_before::REACH } else { 0 }
    }

    /// The wishes of a window of a block.
    ///
    /// * `inner`: the window, in the block's own rows and columns, [`Wishes::halo`] cells inside the
    ///   block except at the limit of the territory.
    ///
    /// A cell *wants* a class that leads over its prior's, unless it is locked. It is kept when it
    /// lies in a square of `2 * fringe_cells + 1` cells that all want this class, or that all want to
    /// leave one object; the rest is thin.
    ///
    /// # Errors
    /// [`UpdateError::Shape`] when the arrays do not line up.
    pub fn of_block(
        block: &WishBlock<'_>,
        inner: Window,
        params: &UpdateParams,
    ) -> Result<Self, UpdateError> {
        block.check()?;
        let wanted = block.wanted();
        let kept = block.broad(&wanted, params.fringe_cells);
        let looked_so = looked_so(&kept, &block.proposal.lead_before);
        let wishes = Array2::from_shape_fn((inner.rows, inner.cols), |(row, col)| {
            let at = [inner.row + row, inner.col + col];
            let class = u16::from(wanted[at]);
            Wish(match (block.prior[at] >> 8, kept[at]) {
                (0, _) => u16::from(block.proposal.best[at]) | BARE,
                (_, 0) if class != 0 => class | THIN,
                _ if looked_so[at] => class | BEFORE,
                _ => class,
            })
        });
        Ok(Self {
            wanting: block.wanting(&wanted, inner),
            side: inner.rows.max(1),
            across: 1,
            blocks: vec![Leads::of(&wishes, block.proposal, inner)],
            cells: Plane::of(wishes.view()),
        })
    }

    /// The wishes of a territory from those of its blocks.
    ///
    /// * `dim`: rows and columns; `side`: that of the blocks, which come as [`Window::blocks`] cuts
    ///   them.
    ///
    /// # Panics
    /// When blocks are missing or of another shape.
    pub fn joined(dim: (usize, usize), side: usize, blocks: Vec<Self>) -> Self {
        let mut all = Self {
            cells: Plane::filled((0, 0), Wish::default()),
            wanting: BTreeMap::new(),
            side,
            across: dim.1.div_ceil(side),
            blocks: Vec::with_capacity(blocks.len()),
        };
        let mut cells = Vec::with_capacity(blocks.len());
        for block in blocks {
            cells.push(block.cells);
            all.blocks.extend(block.blocks);
            for (key, n) in block.wanting {
                *all.wanting.entry(key).or_default() += n;
            }
        }
        all.cells = Plane::joined(dim, side, &cells);
        all
    }

    /// The leads of the broad parts of a row, from west to east.
    pub(super) fn leads(&self, row: usize) -> impl Iterator<Item = Lead> + '_ {
        let beside = &self.blocks[row / self.side * self.across..][..self.across];
        beside.iter().flat_map(move |block| block.row(row % self.side).iter().copied())
    }
}

impl WishBlock<'_> {
    fn check(&self) -> Result<(), UpdateError> {
        let expected = self.prior.shape();
        shape("object", self.object.shape(), expected)?;
        shape("proposal", self.proposal.best.shape(), expected)?;
        self.locked.map_or(Ok(()), |locked| shape("locked", locked.shape(), expected))
    }

    /// The class that each cell wants instead of its prior's, 0 for none.
    fn wanted(&self) -> Array2<u8> {
        Array2::from_shape_fn(self.prior.dim(), |at| {
            let is_free = self.prior[at] >> 8 != 0 && !self.locked.is_some_and(|l| l[at]);
            if is_free && self.proposal.margin[at] > 0 { self.proposal.best[at] } else { 0 }
        })
    }

    /// The class wanted by cells that lie in a square of cells that all want this class, or all
    /// want to leave the same object.
    fn broad(&self, wanted: &Array2<u8>, reach: usize) -> Array2<u8> {
        let class = |row, col| wanted[[row, col]];
        let leaving = |row, col| if class(row, col) == 0 { 0 } else { self.object[[row, col]] };
        let same = opened(wanted.dim(), class, reach);
        let together = opened(wanted.dim(), leaving, reach);
        Zip::from(wanted)
            .and(&same)
            .and(&together)
            .map_collect(|&class, &same, &together| if same || together { class } else { 0 })
    }

    /// Cells of the window, by object and class wanted.
    fn wanting(&self, wanted: &Array2<u8>, inner: Window) -> BTreeMap<(u32, u8), u64> {
        let whole = Window { row: 0, col: 0, rows: wanted.nrows(), cols: wanted.ncols() };
        let (objects, wanted) =
            (whole.part(self.object, &inner), whole.part(wanted.view(), &inner));
        let mut counts = BTreeMap::new();
        let (mut last, mut n) = ((0, 0), 0);
        for key in objects.iter().copied().zip(wanted.iter().copied()) {
            if key != last {
                *counts.entry(last).or_default() += n;
                (last, n) = (key, 0);
            }
            n += 1;
        }
        *counts.entry(last).or_default() += n;
        counts.retain(|&(object, class), _| object != 0 && class != 0);
        counts
    }
}
