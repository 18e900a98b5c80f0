//! A drawn territory, and what is decided of it.

use ndarray::{Array2, ArrayView2, s};

use super::super::oracle::{self, Cells, Decided};
use super::*;
use crate::grid::Window;
use crate::plane::Plane;

/// A territory where everything is grass in one object, wants nothing and is seen well.
pub(super) struct World {
    pub(super) proposal: Proposal,
    pub(super) prior: Array2<u16>,
    pub(super) object: Array2<u32>,
    pub(super) valid: Array2<u8>,
    pub(super) locked: Array2<u8>,
    /// The layer of buildings, when its footprints are to be completed.
    pub(super) buildings: Option<Array2<u8>>,
}

impl World {
    pub(super) fn grass(rows: usize, cols: usize) -> Self {
        let grass = cover("CS2.2.1");
        Self {
            proposal: Proposal {
                best: Array2::from_elem((rows, cols), grass.0),
                margin: Array2::zeros((rows, cols)),
                certainty: Array2::from_elem((rows, cols), 200),
                certainty_prior: Array2::from_elem((rows, cols), 200),
                support: Array2::zeros((rows, cols)),
                lead_before: Array2::zeros((rows, cols)),
            },
            prior: Array2::from_elem((rows, cols), u16::from(grass.0) << 8 | 1),
            object: Array2::ones((rows, cols)),
            valid: Array2::ones((rows, cols)),
            locked: Array2::zeros((rows, cols)),
            buildings: None,
        }
    }

    /// Cells of a rectangle want a class, with a lead in natural logarithms.
    pub(super) fn want(
        &mut self,
        rows: std::ops::Range<usize>,
        cols: std::ops::Range<usize>,
        code: &str,
        lead: f64,
    ) {
        let part = s![rows, cols];
        self.proposal.best.slice_mut(part).fill(cover(code).0);
        self.proposal.margin.slice_mut(part).fill((lead * MARGIN_ONE) as i16);
        self.proposal.support.slice_mut(part).fill(fuse::BY_IMAGERY);
    }

    pub(super) fn object(
        &mut self,
        rows: std::ops::Range<usize>,
        cols: std::ops::Range<usize>,
        id: u32,
        code: &str,
    ) {
        let part = s![rows, cols];
        self.object.slice_mut(part).fill(id);
        self.prior.slice_mut(part).fill(u16::from(cover(code).0) << 8 | 1);
    }

    /// What the cells want, from blocks of this side.
    fn wishes(&self, params: &UpdateParams, side: usize) -> Wishes {
        let dim = self.prior.dim();
        let locked = self.locked.mapv(|locked| locked != 0);
        let of_block = |inner: Window| {
            let around = inner.grown_within(Wishes::halo(params, true), dim);
            let Window { row, col, rows, cols } = around;
            let part = s![row..row + rows, col..col + cols];
            let of = &self.proposal;
            let block = WishBlock {
                proposal: &Proposal {
                    best: of.best.slice(part).to_owned(),
                    margin: of.margin.slice(part).to_owned(),
                    certainty: of.certainty.slice(part).to_owned(),
                    certainty_prior: of.certainty_prior.slice(part).to_owned(),
                    support: of.support.slice(part).to_owned(),
                    lead_before: of.lead_before.slice(part).to_owned(),
                },
                prior: self.prior.slice(part),
                object: self.object.slice(part),
                locked: Some(locked.slice(part)),
            };
            let inner = Window { row: inner.row - row, col: inner.col - col, ..inner };
            Wishes::of_block(&block, inner, params).unwrap()
        };
        let blocks = Window::blocks(dim, side).into_iter().map(of_block).collect();
        Wishes::joined(dim, side, blocks)
    }

    /// The decision, which does not depend on blocks and is that of every rule cell by cell.
    pub(super) fn decide(&self) -> Decided {
        self.decide_in_blocks(9)
    }

    pub(super) fn decide_in_blocks(&self, side: usize) -> Decided {
        let footprints: Vec<_> = self.buildings.iter().map(|layer| layer.view()).collect();
        let params = UpdateParams { fringe_cells: 1, ..UpdateParams::default() };
        let units = Units { least: &|_| 20.0, outside: &|_| 20.0 };
        let (wishes, tables) = (self.wishes(&params, side), tables());
        let is_set = |cells: ArrayView2<'_, u8>| Plane::of(cells.mapv(|cell| cell != 0).view());
        let (prior, object) = (Plane::of(self.prior.view()), Plane::of(self.object.view()));
        let planes: Vec<_> = footprints.iter().map(|&layer| is_set(layer)).collect();
        let territory = Territory {
            wishes: &wishes,
            prior: &prior,
            object: &object,
            valid: &is_set(self.valid.view()),
            footprints: &planes,
            locked: Some(&is_set(self.locked.view())),
        };
        let decision = decide(&territory, &tables, &params, 14, &units).unwrap();
        let of = &self.proposal;
        let certainty = |at| {
            if decision.takes_best.get(at) { of.certainty[at] } else { of.certainty_prior[at] }
        };
        let decided = Decided {
            cover: decision.cover.to_array(),
            confidence: Array2::from_shape_fn(self.prior.dim(), certainty),
            reason: decision.reason.map(Reason::to_cell).to_array(),
            corrections: decision.corrections,
            cells: decision.cells,
        };
        let cells = Cells {
            proposal: of,
            prior: self.prior.view(),
            object: self.object.view(),
            valid: self.valid.view(),
            footprints,
            locked: self.locked.view(),
        };
        let expected = oracle::decide(&cells, &territory, (&tables, &params), 14, &units);
        assert_eq!(decided, expected);
        decided
    }
}

pub(super) fn reason(decision: &Decided, row: usize, col: usize) -> Reason {
    Reason::from_cell(decision.reason[[row, col]]).unwrap()
}
