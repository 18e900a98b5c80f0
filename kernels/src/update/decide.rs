//! From what cells want to what objects become.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Zip};
use nomenclature::{ClassId, Couple, UpdateTables};
use serde::{Deserialize, Serialize};

use super::fuse::{BY_EVIDENCE, BY_IMAGERY};
use super::opening::opened;
use super::{MARGIN_ONE, Proposal, Reason, UpdateError, UpdateParams, mislabel_rate, shape};
use crate::label::{Labels, NO_REGION, label};

/// Share of a region that must be made of whole objects for it to be a matter of their codes.
const MADE_OF_WHOLES: f64 = 0.8;

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
    /// Not 0 where an accepted correction forbids to change anything.
    pub locked: Option<ArrayView2<'a, u8>>,
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

/// What a region of cells that want the same class is made of.
#[derive(Debug, Clone, Default)]
struct Stats {
    n: u64,
    /// Sum of margins, and the same with the share of wrong codes taken out of the transition.
    margin: i64,
    margin_as_change: f64,
    by_imagery: u64,
    by_evidence: u64,
    /// Cells by prior object and cover.
    objects: BTreeMap<(u32, ClassId), u64>,
}

struct Decider<'a, 't> {
    territory: &'a Territory<'t>,
    tables: &'a UpdateTables,
    params: &'a UpdateParams,
    mislabel: f64,
    /// Cells of each object.
    sizes: Vec<u64>,
    /// Cells of each object that want each class, before thin parts are taken off.
    wanting: BTreeMap<(u32, u8), u64>,
}

/// Decides the cover of every cell of a territory.
///
/// * `n_classes`: number of classes that can be told apart.
/// * `unit_cells`: the minimum unit, in cells, of a cover at a place `(row, col)`.
///
/// Cells whose best class is not the prior's are grouped by class after an opening by squares of
/// `2 * fringe_cells + 1` cells (what it takes off is [`Reason::Fringe`]). A region, in this order:
///
/// 1. keeps the prior when its mean lead is under `margin`, or its area under the unit;
/// 2. is **a matter of codes** when 80 % of it are whole objects (at least `whole_share` of the
///    object wants this class). With one date of imagery a changed object and one that always had
///    a wrong code look the same; what tells them apart is plausibility. For `k` whole objects:
///    `odds = ln T(a, c) + (k - 1) ln(contagion) - k ln(noise / (classes - 1))`, `T` being the
///    greatest transition among them: wrong codes are independent, changes come in clusters.
///    Under 0 all its objects are [`Reason::CorrectionCandidate`]: the prior stays and they are
///    listed. So a lone field coded forest that was never felled is reported, a lone field that
///    became built is a change as far as the tables say that fields get built more often than
///    they get a wrong code; which remains a bet, stated by `change_odds`;
/// 3. otherwise only parts of objects differ, which no wrong code explains: it is a change if its
///    mean lead still holds with the transition alone, without the allowance for wrong codes.
///
/// An object of which `whole_share` changed to one class takes the rest of its cells along.
/// The result does not depend on threads.
///
/// # Errors
/// [`UpdateError`] when shapes or parameters do not fit.
pub fn decide(
    territory: &Territory<'_>,
    tables: &UpdateTables,
    params: &UpdateParams,
    n_classes: usize,
    unit_cells: &dyn Fn(ClassId, (usize, usize)) -> f64,
) -> Result<Decision, UpdateError> {
    params.check()?;
    territory.check()?;
    let wanted = territory.wanted();
    let labels = label(opened(wanted.view(), params.fringe_cells).view());
    let decider = Decider {
        territory,
        tables,
        params,
        mislabel: mislabel_rate(tables, n_classes),
        sizes: territory.sizes(),
        wanting: territory.wanting(&wanted),
    };
    let stats = decider.stats(&labels);
    let mut corrections = Vec::new();
    let reasons: Vec<Reason> = stats
        .iter()
        .zip(&labels.regions)
        .map(|(stats, region)| {
            let class = ClassId(region.value as u8);
            let first = (region.first.0 as usize, region.first.1 as usize);
            decider.reason(stats, class, unit_cells(class, first), &mut corrections)
        })
        .collect();
    corrections.sort_by_key(|c| (c.object, c.seen));
    let mut decision = territory.painted(&wanted, &labels, &reasons);
    decider.complete(&mut decision);
    decision.corrections = corrections;
    for &reason in &decision.reason {
        *decision.cells.entry(Reason::ALL[usize::from(reason)]).or_default() += 1;
    }
    Ok(decision)
}

impl Territory<'_> {
    fn check(&self) -> Result<(), UpdateError> {
        let expected = self.prior.shape();
        shape("object", self.object.shape(), expected)?;
        shape("valid", self.valid.shape(), expected)?;
        shape("proposal", self.proposal.best.shape(), expected)?;
        match self.locked {
            Some(locked) => shape("locked", locked.shape(), expected),
            None => Ok(()),
        }
    }

    fn is_locked(&self, at: (usize, usize)) -> bool {
        self.locked.is_some_and(|locked| locked[at] != 0)
    }

    /// The class that each cell wants instead of its prior's, 0 for none.
    fn wanted(&self) -> Array2<u16> {
        Array2::from_shape_fn(self.prior.dim(), |at| {
            let is_free = self.prior[at] >> 8 != 0 && !self.is_locked(at);
            if is_free && self.proposal.margin[at] > 0 {
                u16::from(self.proposal.best[at])
            } else {
                0
            }
        })
    }

    fn sizes(&self) -> Vec<u64> {
        let n = self.object.iter().max().map_or(0, |&last| last as usize + 1);
        let mut sizes = vec![0; n];
        for &object in &self.object {
            sizes[object as usize] += 1;
        }
        sizes
    }

    fn wanting(&self, wanted: &Array2<u16>) -> BTreeMap<(u32, u8), u64> {
        let mut counts = BTreeMap::new();
        Zip::from(&self.object).and(wanted).for_each(|&object, &class| {
            if object != 0 && class != 0 {
                *counts.entry((object, class as u8)).or_default() += 1;
            }
        });
        counts
    }

    /// The decision before objects are completed.
    fn painted(&self, wanted: &Array2<u16>, labels: &Labels, reasons: &[Reason]) -> Decision {
        let dim = self.prior.dim();
        let of_region = labels.paint(|region| reasons[region].to_cell());
        let reason = Array2::from_shape_fn(dim, |at| {
            let (prior, is_valid) = (self.prior[at] >> 8, self.valid[at] != 0);
            match (prior, is_valid) {
                (0, false) => Reason::Outside.to_cell(),
                (0, true) => Reason::NoPrior.to_cell(),
                _ if self.is_locked(at) => Reason::Locked.to_cell(),
                (_, false) => Reason::NoImagery.to_cell(),
                _ if of_region[at] != 0 => of_region[at],
                _ if wanted[at] != 0 => Reason::Fringe.to_cell(),
                _ => Reason::PriorKept.to_cell(),
            }
        });
        let takes_best = |at: (usize, usize)| {
            let reason = Reason::ALL[usize::from(reason[at])];
            reason.is_change() || reason == Reason::NoPrior
        };
        let proposal = self.proposal;
        let cover = Array2::from_shape_fn(dim, |at| {
            if takes_best(at) { proposal.best[at] } else { (self.prior[at] >> 8) as u8 }
        });
        let confidence = Array2::from_shape_fn(dim, |at| {
            if takes_best(at) { proposal.certainty[at] } else { proposal.certainty_prior[at] }
        });
        Decision { cover, confidence, reason, corrections: Vec::new(), cells: BTreeMap::new() }
    }
}

impl Decider<'_, '_> {
    fn stats(&self, labels: &Labels) -> Vec<Stats> {
        let mut stats = vec![Stats::default(); labels.regions.len()];
        let proposal = self.territory.proposal;
        for row in 0..labels.dim().0 {
            for (cols, region) in labels.runs(row).filter(|run| run.1 != NO_REGION) {
                let class = ClassId(labels.regions[region as usize].value as u8);
                let stats = &mut stats[region as usize];
                for col in cols {
                    let at = [row, col];
                    let prior = Couple::from_cell(self.territory.prior[at]).cs;
                    let margin = proposal.margin[at];
                    stats.n += 1;
                    stats.margin += i64::from(margin);
                    stats.by_imagery += u64::from(proposal.support[at] & BY_IMAGERY != 0);
                    stats.by_evidence += u64::from(proposal.support[at] & BY_EVIDENCE != 0);
                    let object = self.territory.object[at];
                    *stats.objects.entry((object, prior)).or_default() += 1;
                    stats.margin_as_change +=
                        f64::from(margin) / MARGIN_ONE - self.allowance(prior, class);
                }
            }
        }
        stats
    }

    /// What the allowance for wrong codes added to the lead of a class.
    fn allowance(&self, prior: ClassId, class: ClassId) -> f64 {
        let p = self.tables.transition(prior, class);
        self.params.prior_weight * ((p + self.mislabel) / p).ln()
    }

    fn reason(
        &self,
        stats: &Stats,
        class: ClassId,
        unit_cells: f64,
        corrections: &mut Vec<Correction>,
    ) -> Reason {
        let n = stats.n as f64;
        let margin = stats.margin as f64 / MARGIN_ONE / n;
        if margin < self.params.margin {
            return Reason::LowMargin;
        }
        if n < unit_cells {
            return Reason::BelowUnit;
        }
        let wholes = self.wholes(stats, class);
        let in_wholes: u64 = wholes.iter().map(|key| stats.objects[key]).sum();
        if in_wholes as f64 >= MADE_OF_WHOLES * n {
            let odds = self.change_odds(&wholes, class);
            if odds < 0.0 {
                corrections.extend(wholes.iter().map(|&(object, prior)| Correction {
                    object,
                    prior,
                    seen: class,
                    cells: self.wanting[&(object, class.0)],
                    of_cells: self.sizes[object as usize],
                    margin,
                    change_odds: odds,
                }));
                return Reason::CorrectionCandidate;
            }
        } else if stats.margin_as_change / n < self.params.margin {
            return Reason::LowMargin;
        }
        match (2 * stats.by_imagery >= stats.n, 2 * stats.by_evidence >= stats.n) {
            (true, true) => Reason::ChangeImageryEvidence,
            (_, false) => Reason::ChangeImagery,
            (false, true) => Reason::ChangeEvidence,
        }
    }

    /// The objects of a region that want its class as wholes.
    fn wholes(&self, stats: &Stats, class: ClassId) -> Vec<(u32, ClassId)> {
        let is_whole = |&&(object, _): &&(u32, ClassId)| {
            let wanting = self.wanting.get(&(object, class.0)).copied().unwrap_or(0);
            let size = self.sizes[object as usize];
            object != 0 && wanting as f64 >= self.params.whole_share * size as f64
        };
        stats.objects.keys().filter(is_whole).copied().collect()
    }

    /// Log-odds that whole objects changed together rather than all had a wrong code.
    fn change_odds(&self, wholes: &[(u32, ClassId)], class: ClassId) -> f64 {
        let way = |&(_, prior): &(u32, ClassId)| self.tables.transition(prior, class);
        let likeliest = wholes.iter().map(way).fold(f64::MIN_POSITIVE, f64::max);
        let others = wholes.len().saturating_sub(1) as f64;
        likeliest.ln() + others * self.tables.contagion.ln() - (others + 1.0) * self.mislabel.ln()
    }

    /// Gives the rest of mostly changed objects the class that they changed to.
    fn complete(&self, decision: &mut Decision) {
        let Territory { object, .. } = *self.territory;
        let mut changed: BTreeMap<(u32, u8), u64> = BTreeMap::new();
        let reason_at = |reason: u8| Reason::ALL[usize::from(reason)];
        Zip::from(object).and(&decision.cover).and(&decision.reason).for_each(|&o, &c, &r| {
            if o != 0 && reason_at(r).is_change() {
                *changed.entry((o, c)).or_default() += 1;
            }
        });
        let share = |o: u32, n: u64| n as f64 / self.sizes[o as usize] as f64;
        let whole: BTreeMap<u32, u8> = changed
            .into_iter()
            .filter(|&((o, _), n)| share(o, n) >= self.params.whole_share)
            .map(|((o, class), _)| (o, class))
            .collect();
        Zip::from(object).and(&mut decision.cover).and(&mut decision.reason).for_each(
            |o, cover, reason| {
                let held = matches!(
                    reason_at(*reason),
                    Reason::PriorKept | Reason::Fringe | Reason::LowMargin | Reason::BelowUnit
                );
                if let Some(&class) = whole.get(o).filter(|_| held) {
                    (*cover, *reason) = (class, Reason::ChangeWithObject.to_cell());
                }
            },
        );
    }
}
