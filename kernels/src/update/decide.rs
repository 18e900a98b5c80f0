//! From what cells want to what objects become.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Zip};
use nomenclature::{ClassId, UpdateTables};
use serde::{Deserialize, Serialize};

use super::opening::opened;
use super::seen_before::marked;
use super::verdict::{Judge, Verdict};
use super::{Proposal, Reason, UpdateError, UpdateParams, mislabel_rate, shape};
use super::{footprints, remnants};
use crate::label::{NO_REGION, label};

/// A territory on which to decide; all arrays on the same rows and columns.
#[derive(Debug, Clone, Copy)]
pub struct Territory<'a> {
    /// What its cells want.
    pub proposal: &'a Proposal,
    /// The prior's couple, 0 where there is none.
    pub prior: ArrayView2<'a, u16>,
    /// The prior's object, 0 where there is none; numbers are dense.
    pub object: ArrayView2<'a, u32>,
    /// 1 where there is imagery.
    pub valid: ArrayView2<'a, u8>,
    /// For each of the tables' footprints the evidence of its layer, 0 where there is none of it;
    /// empty when footprints are not to be completed.
    pub footprints: &'a [ArrayView2<'a, u8>],
    /// Not 0 where an accepted correction forbids to change anything.
    pub locked: Option<ArrayView2<'a, u8>>,
}

/// The minimum units of the covers, in cells.
#[derive(Clone, Copy)]
pub struct Units<'a> {
    /// The least ground of which a polygon of a cover can be made anywhere.
    pub least: &'a dyn Fn(ClassId) -> f64,
    /// The unit outside the zone construite.
    pub outside: &'a dyn Fn(ClassId) -> f64,
}

/// An object whose code in the prior looks wrong since before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// The object.
    pub object: u32,
    /// Its cover in the prior.
    pub prior: ClassId,
    /// The cover that it looks like.
    pub seen: ClassId,
    /// Cells that want it.
    pub cells: u64,
    /// Cells of the object.
    pub of_cells: u64,
    /// Mean lead of the cover seen, in natural logarithms.
    pub margin: f64,
    /// Log-odds of a true change against a wrong code; negative.
    pub change_odds: f64,
}

/// The cover decided, cell by cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The cover, a [`ClassId`].
    pub cover: Array2<u8>,
    /// Probability of that cover, 255 = certain; 0 without imagery.
    pub confidence: Array2<u8>,
    /// Why, a [`Reason`].
    pub reason: Array2<u8>,
    /// Objects to correct, by object then cover seen.
    pub corrections: Vec<Correction>,
    /// Cells of each reason.
    pub cells: BTreeMap<Reason, u64>,
}

/// Decides the cover of every cell of a territory.
///
/// * `n_classes`: number of classes that can be told apart.
/// * `units`: the minimum units.
///
/// Cells whose best class is not the prior's are opened by squares of `2 * fringe_cells + 1` cells
/// that want one class, or that all want to leave one object (what it takes off is
/// [`Reason::Fringe`]). Connected cells that want the same class are a region; regions that touch
/// are a cluster. A region keeps the prior when its mean lead is under `margin`, or its area under
/// the least unit and nothing else in its cluster changed. Otherwise:
///
/// * The **parts of objects** in it are a change: no wrong code explains a part. Where most of the
///   imagery of the prior's date around looked like that already, they are regions of their own and
///   no change ([`Reason::SeenBefore`]). The mean lead of the others must still hold with the
///   transition alone, without the allowance for wrong codes.
/// * A **whole object** (at least `whole_share` of it wants the class) may have changed or may
///   always have had a wrong code: with one date of imagery both look the same. What tells them
///   apart is plausibility. With `T` the transition, `q = T(a, c) / (1 - T(a, a))` the way taken
///   once something changes, and `m = noise / (classes - 1)` the chance of just this wrong code:
///   - alone, the odds of a change are `ln T - ln m`;
///   - in a cluster with others, changes are contagious and wrong codes are independent. The
///     cluster as a whole has odds `max(ln T - ln(contagion q)) + sum(ln(contagion q) - ln m)`,
///     unless it holds a part of an object, which settles that it changed; within it an object has
///     odds `ln(contagion q) - ln m`;
///   - imagery of the prior's date settles most of it: to the odds of an object is added what that
///     imagery says for the prior's class against the class wanted, the mean of its cells taken
///     `object_cells` times.
///
///   Odds under 0, its own or its cluster's, make it a [`Reason::CorrectionCandidate`]: the prior
///   stays and the object is listed. So a lone field that looks like a wood is reported; a lone
///   field that looks built is a change only as far as the tables say that fields get built more
///   often than they get a wrong code. Without imagery of the prior's date that remains a bet, and
///   the list states its odds.
///
/// What changed takes the cover that the tables say such a change really is
/// ([`UpdateTables::becomes`]). An object of which `whole_share` changed to one class takes the rest
/// of its cells along, and so do the footprints of the evidence and pieces of a cut object of which
/// no polygon can be made.
/// The result does not depend on threads.
///
/// # Errors
/// [`UpdateError`] when shapes or parameters do not fit.
pub fn decide(
    territory: &Territory<'_>,
    tables: &UpdateTables,
    params: &UpdateParams,
    n_classes: usize,
    units: &Units<'_>,
) -> Result<Decision, UpdateError> {
    params.check()?;
    territory.check()?;
    if !territory.footprints.is_empty() {
        shape("footprints", &[territory.footprints.len()], &[tables.footprints().len()])?;
    }
    let wanted = territory.wanted();
    let kept = territory.broad(&wanted, params.fringe_cells);
    let sizes = territory.sizes();
    let wanting = territory.wanting(&wanted);
    let is_whole = |object: u32, class: u8| {
        let n = wanting.get(&(object, class)).copied().unwrap_or(0);
        object != 0 && n as f64 >= params.whole_share * sizes[object as usize] as f64
    };
    let labels = label(marked(&kept, territory, &is_whole).view());
    let judge = Judge {
        territory,
        params,
        tables,
        mislabel: mislabel_rate(tables, n_classes),
        sizes: &sizes,
        wanting: &wanting,
        is_whole: &is_whole,
    };
    let clusters = label(kept.mapv(|class| u16::from(class != 0)).view());
    let verdict = judge.verdict(&labels, &clusters, units);
    let mut reason = territory.plain_reasons(&wanted);
    drop((wanted, kept, clusters));
    for row in 0..labels.dim().0 {
        for (cols, region) in labels.runs(row).filter(|run| run.1 != NO_REGION) {
            for col in cols {
                let object = territory.object[[row, col]];
                reason[[row, col]] = verdict.reason(region, object).to_cell();
            }
        }
    }
    let mut decision = territory.decision(reason, verdict, tables);
    footprints::complete(territory, tables, &mut decision);
    territory.complete(&mut decision, &sizes, params.whole_share);
    remnants::take_along(territory, &mut decision, units);
    for &reason in &decision.reason {
        *decision.cells.entry(Reason::decided(reason)).or_default() += 1;
    }
    Ok(decision)
}

impl Decision {
    /// Cells by their cover in the prior and the cover decided, where both are known.
    ///
    /// * `prior`: the prior's couple of each cell, on the decision's rows and columns.
    pub fn ways(&self, prior: ArrayView2<'_, u16>) -> BTreeMap<(ClassId, ClassId), u64> {
        let mut ways = BTreeMap::new();
        for (&cover, &prior) in self.cover.iter().zip(prior) {
            let before = (prior >> 8) as u8;
            if cover != 0 && before != 0 {
                *ways.entry((ClassId(before), ClassId(cover))).or_default() += 1;
            }
        }
        ways
    }
}

impl Territory<'_> {
    fn check(&self) -> Result<(), UpdateError> {
        let expected = self.prior.shape();
        shape("object", self.object.shape(), expected)?;
        shape("valid", self.valid.shape(), expected)?;
        shape("proposal", self.proposal.best.shape(), expected)?;
        for layer in self.footprints {
            shape("layer of a footprint", layer.shape(), expected)?;
        }
        match self.locked {
            Some(locked) => shape("locked", locked.shape(), expected),
            None => Ok(()),
        }
    }

    fn is_locked(&self, at: (usize, usize)) -> bool {
        self.locked.is_some_and(|locked| locked[at] != 0)
    }

    /// The class that each cell wants instead of its prior's, 0 for none.
    fn wanted(&self) -> Array2<u8> {
        Array2::from_shape_fn(self.prior.dim(), |at| {
            let is_free = self.prior[at] >> 8 != 0 && !self.is_locked(at);
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

    fn sizes(&self) -> Vec<u64> {
        let n = self.object.iter().max().map_or(0, |&last| last as usize + 1);
        let mut sizes = vec![0; n];
        for &object in &self.object {
            sizes[object as usize] += 1;
        }
        sizes
    }

    fn wanting(&self, wanted: &Array2<u8>) -> BTreeMap<(u32, u8), u64> {
        let mut counts = BTreeMap::new();
        Zip::from(&self.object).and(wanted).for_each(|&object, &class| {
            if object != 0 && class != 0 {
                *counts.entry((object, class)).or_default() += 1;
            }
        });
        counts
    }

    /// The reasons of cells that no region holds.
    fn plain_reasons(&self, wanted: &Array2<u8>) -> Array2<u8> {
        Array2::from_shape_fn(self.prior.dim(), |at| {
            let reason = match (self.prior[at] >> 8, self.valid[at] != 0) {
                (0, false) => Reason::Outside,
                (0, true) => Reason::NoPrior,
                _ if self.is_locked(at) => Reason::Locked,
                (_, false) => Reason::NoImagery,
                _ if wanted[at] != 0 => Reason::Fringe,
                _ => Reason::PriorKept,
            };
            reason.to_cell()
        })
    }

    /// The decision before objects are completed.
    fn decision(&self, reason: Array2<u8>, verdict: Verdict, tables: &UpdateTables) -> Decision {
        let takes_best = |at: (usize, usize)| {
            let reason = Reason::decided(reason[at]);
            reason.is_change() || reason == Reason::NoPrior
        };
        let (proposal, dim) = (self.proposal, self.prior.dim());
        let cover = Array2::from_shape_fn(dim, |at| {
            let before = ClassId((self.prior[at] >> 8) as u8);
            if takes_best(at) {
                tables.becomes(before, ClassId(proposal.best[at])).0
            } else {
                before.0
            }
        });
        let confidence = Array2::from_shape_fn(dim, |at| {
            if takes_best(at) { proposal.certainty[at] } else { proposal.certainty_prior[at] }
        });
        let corrections = verdict.corrections;
        Decision { cover, confidence, reason, corrections, cells: BTreeMap::new() }
    }

    /// Gives the rest of mostly changed objects the class that they changed to.
    fn complete(&self, decision: &mut Decision, sizes: &[u64], whole_share: f64) {
        let object = self.object;
        let mut changed: BTreeMap<(u32, u8), u64> = BTreeMap::new();
        Zip::from(object).and(&decision.cover).and(&decision.reason).for_each(|&o, &c, &r| {
            if o != 0 && Reason::decided(r).is_change() {
                *changed.entry((o, c)).or_default() += 1;
            }
        });
        let share = |o: u32, n: u64| n as f64 / sizes[o as usize] as f64;
        let whole: BTreeMap<u32, u8> = changed
            .into_iter()
            .filter(|&((o, _), n)| share(o, n) >= whole_share)
            .map(|((o, class), _)| (o, class))
            .collect();
        Zip::from(object).and(&mut decision.cover).and(&mut decision.reason).for_each(
            |o, cover, reason| {
                if let Some(&class) = whole.get(o).filter(|_| Reason::decided(*reason).may_follow())
                {
                    (*cover, *reason) = (class, Reason::ChangeWithObject.to_cell());
                }
            },
        );
    }
}
