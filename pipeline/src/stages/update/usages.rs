//! Finer covers and the usage of every cell, by the rules.

use kernels::grid::{Grid, Window};
use kernels::lattice::STEPS_PER_METRE;
use kernels::plane::Plane;
use kernels::update::Decision;
use kernels::usage::{
    Claims, UsageCells, UsageDecision, UsageError, UsageGround, assign_usage, finer_covers,
    fitting_rules, refine_unchanged, spread_to_grounds, unite_footprints,
};
use ndarray::parallel::prelude::*;
use nomenclature::{UpdateTables, UsageTable};

use super::known::{Known, layers};
use super::sight::SIDE;
use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::error::Error;
use crate::io::cube::CubeArray;
use crate::stages::classify::inside;

/// Usages, and what gave them.
pub(super) struct Usages {
    /// The usage of each cell.
    pub(super) usage: Plane<u8>,
    /// Cells of each rule, in the order of the rules, those of finer covers included.
    pub(super) by_rule: Vec<u64>,
    /// Cells of new buildings that took the usage of the rest.
    pub(super) of_footprints: u64,
    /// Cells of open ground that took the usage of new buildings.
    pub(super) of_grounds: u64,
}

/// Gives changed cells their finer covers, then every cell its usage.
///
/// # Errors
/// A working file is damaged.
pub(super) fn usages(
    ctx: &Context,
    known: &Known,
    decision: &mut Decision,
    (table, tables): (&UsageTable, &UpdateTables),
) -> Result<Usages, Error> {
    let rules = Rules { ctx, known, table, evidence: cube::open(ctx, Quantity::Evidence)? };
    let refined = rules.refine_covers(decision)?;
    let ground = UsageGround { cover: &decision.cover, prior: &known.prior, object: &known.object };
    let fits = rules
        .in_changed_blocks(&decision.cover, |cells, window| fitting_rules(table, cells, window))?;
    let mut usages = assign_usage(table, &ground, fits.into_iter().flatten().collect());
    let mut of_footprints = 0;
    for (footprint, layer) in tables.footprints().iter().zip(&known.footprints) {
        of_footprints += unite_footprints(footprint, layer, &ground, &mut usages);
    }
    let of_grounds = rules.spread_to_grounds(&ground, &mut usages)?;
    if table.has_everywhere() {
        let claims = rules.claims(&decision.cover)?;
        let whole_share = ctx.config.update.whole_share;
        refine_unchanged(table, &ground, &claims, whole_share, &mut usages);
    }
    let by_rule = usages.cells.iter().zip(&refined).map(|(a, b)| a + b).collect();
    Ok(Usages { usage: usages.usage, by_rule, of_footprints, of_grounds })
}

/// The rules, and what they are asked about.
struct Rules<'a> {
    ctx: &'a Context<'a>,
    known: &'a Known,
    table: &'a UsageTable,
    evidence: CubeArray<u8>,
}

impl Rules<'_> {
    fn grid(&self) -> Grid {
        self.evidence.frame().grid
    }

    /// Gives changed cells the finer covers that rules tell; the number of cells of each rule.
    fn refine_covers(&self, decision: &mut Decision) -> Result<Vec<u64>, Error> {
        let mut by_rule = vec![0; self.table.rules.len()];
        if !self.table.has_finer_covers() {
            return Ok(by_rule);
        }
        let parts = self.in_changed_blocks(&decision.cover, |cells, window| {
            finer_covers(self.table, cells, window)
        })?;
        let mut all = Vec::new();
        for (edits, n) in parts {
            all.extend(edits);
            by_rule.iter_mut().zip(n).for_each(|(all, n)| *all += n);
        }
        decision.refine(all, &self.known.prior);
        Ok(by_rule)
    }

    /// Looks at the blocks in which a cover is not the prior's, as far as they are changed.
    fn in_changed_blocks<R: Send>(
        &self,
        cover: &Plane<u8>,
        look: impl Fn(&UsageCells<'_>, Window) -> Result<R, UsageError> + Sync,
    ) -> Result<Vec<R>, Error> {
        let changed = cover
            .zip(&self.known.prior, |cover, prior| cover != 0 && u16::from(cover) != prior >> 8);
        let blocks = self.grid().blocks(SIDE).into_par_iter();
        let looked = blocks.filter_map(|block| changed.bounds(block)).map(|window| {
            self.ctx.check_cancelled()?;
            self.with_cells(cover, window, |cells| look(cells, window))
        });
        looked.collect()
    }

    fn with_cells<R>(
        &self,
        cover: &Plane<u8>,
        window: Window,
        look: impl FnOnce(&UsageCells<'_>) -> Result<R, UsageError>,
    ) -> Result<R, Error> {
        let (cover, prior) = (cover.window(window), self.known.prior.window(window));
        let evidence = self.evidence.read(window)?;
        let cells =
            UsageCells { cover: cover.view(), prior: prior.view(), evidence: evidence.view() };
        look(&cells).map_err(|error| Error::internal(error.to_string()))
    }

    fn spread_to_grounds(
        &self,
        ground: &UsageGround<'_>,
        usages: &mut UsageDecision,
    ) -> Result<u64, Error> {
        let Some(grounds) = &self.table.grounds else { return Ok(0) };
        let cells_per_metre = f64::from(STEPS_PER_METRE) / f64::from(self.grid().cell);
        let buildings = layers(self.ctx, &[grounds.buildings])?;
        let declared = layers(self.ctx, &grounds.declared)?;
        let layers = (&buildings, &declared);
        Ok(spread_to_grounds(grounds, ground, layers, cells_per_metre, usages))
    }

    /// What rules claim of unchanged cells.
    fn claims(&self, cover: &Plane<u8>) -> Result<Claims, Error> {
        let (grid, params) = (self.grid(), &self.ctx.config.update);
        let of_block = |window: Window| {
            self.ctx.check_cancelled()?;
            let around = window.grown(Claims::halo(params), &grid);
            let object = self.known.object.window(around);
            self.with_cells(cover, around, |cells| {
                let inner = inside(window, around);
                Claims::of_block(self.table, (cells, object.view()), inner, params)
            })
        };
        let blocks = grid.blocks(SIDE).into_par_iter().map(of_block);
        let blocks = blocks.collect::<Result<Vec<_>, Error>>()?;
        Ok(Claims::joined((grid.rows, grid.cols), SIDE, blocks))
    }
}
