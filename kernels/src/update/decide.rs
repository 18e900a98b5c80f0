//! From what cells want to what objects become.

use std::collections::BTreeMap;
use std::ops::Range;

use nomenclature::{ClassId, UpdateTables};
use serde::{Deserialize, Serialize};

use super::verdict::{Judge, Verdict};
use super::wishes::{Wish, Wishes, unmarked, without_mark};
use super::{Reason, UpdateError, UpdateParams, mislabel_rate, shape};
use super::{footprints, remnants};
use crate::label::{Labels, NO_REGION, label_plane};
use crate::plane::{Edit, Plane, zip_rows};

/// A territory on which to decide; all planes of the same rows and columns.
#[derive(Debug, Clone, Copy)]
pub struct Territory<'a> {
    /// What its cells want.
    pub wishes: &'a Wishes,
    /// The prior's couple, 0 where there is none.
    pub prior: &'a Plane<u16>,
    /// The prior's object, 0 where there is none; numbers are dense.
    pub object: &'a Plane<u32>,
    /// True where there is imagery.
    pub valid: &'a Plane<bool>,
    /// For each of the tables' footprints where its layer has something; empty when footprints are
    /// not to be completed.
    pub footprints: &'a [Plane<bool>],
    /// True where an accepted correction forbids to change anything.
    pub locked: Option<&'a Plane<bool>>,
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
    pub cover: Plane<u8>,
    /// Why.
    pub reason: Plane<Reason>,
    /// Whether its confidence is the certainty of the best class ([`super::Proposal::certainty`]), or
    /// else that of the prior's ([`super::Proposal::certainty_prior`]).
    pub takes_best: Plane<bool>,
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
/// The result does not depend on threads. Time and memory grow with the runs of the planes, not with
/// their cells.
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
    let (object, wishes) = (territory.object, territory.wishes);
    let sizes = territory.sizes();
    let is_whole = |object: u32, class: u8| {
        let n = wishes.wanting.get(&(object, class)).copied().unwrap_or(0);
        object != 0 && n as f64 >= params.whole_share * sizes[object as usize] as f64
    };
    // Whole objects are left in one piece: they are judged as such.
    let marked = wishes.cells.zip(object, |wish, object| match wish.broad() {
        0 => 0,
        value if is_whole(object, unmarked(value).0) => without_mark(value),
        value => value,
    });
    let labels = label_plane(&marked);
    drop(marked);
    let clusters = label_plane(&wishes.cells.map(|wish| u16::from(wish.broad() != 0)));
    let judge = Judge {
        territory,
        params,
        tables,
        mislabel: mislabel_rate(tables, n_classes),
        sizes: &sizes,
        is_whole: &is_whole,
    };
    let verdict = judge.verdict(&labels, &clusters, units);
    drop(clusters);
    let mut decision = territory.decision(&labels, verdict, tables);
    drop(labels);
    footprints::complete(territory, tables, &mut decision);
    territory.complete(&mut decision, &sizes, params.whole_share);
    remnants::take_along(territory, &mut decision, units);
    decision.cells = decision.reason.n_cells_by_value();
    Ok(decision)
}

impl Decision {
    /// Cells by their cover in the prior and the cover decided, where both are known.
    ///
    /// * `prior`: the prior's couple of each cell, on the decision's rows and columns.
    pub fn ways(&self, prior: &Plane<u16>) -> BTreeMap<(ClassId, ClassId), u64> {
        let mut ways = BTreeMap::new();
        for row in 0..prior.dim().0 {
            zip_rows(prior.row(row), self.cover.row(row), |cols, prior, cover| {
                let before = (prior >> 8) as u8;
                if cover != 0 && before != 0 {
                    *ways.entry((ClassId(before), ClassId(cover))).or_default() +=
                        cols.len() as u64;
                }
            });
        }
        ways
    }

    /// Gives changed cells the finer covers that rules tell; see [`crate::usage::finer_covers`].
    ///
    /// A cell whose finer cover is the prior's did not change after all.
    pub fn refine(&mut self, edits: Vec<Edit<u8>>, prior: &Plane<u16>) {
        let mut stay = Vec::new();
        for edit in &edits {
            let (row, finer) = (edit.row as usize, u16::from(edit.value));
            let priors = prior.row(row).over(edit.cols()).filter(|run| run.1 >> 8 == finer);
            for (cols, was) in priors.flat_map(|run| self.reason.row(row).over(run.0)) {
                let n = cols.len() as u64;
                self.cells.entry(was).and_modify(|all| *all -= n);
                *self.cells.entry(Reason::PriorKept).or_default() += n;
                stay.push(Edit::new(row, cols, Reason::PriorKept));
            }
        }
        self.reason = self.reason.edited(stay);
        self.cover = self.cover.edited(edits);
    }

    /// Columns, cover and reason of the pieces of a row over some columns.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn over(
        &self,
        row: usize,
        cols: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, u8, Reason)> + '_ {
        self.reason.row(row).over(cols).flat_map(move |(cols, reason)| {
            let covers = self.cover.row(row).over(cols);
            covers.map(move |(cols, cover)| (cols, cover, reason))
        })
    }

    /// Row, columns, cover and reason of the pieces that changed.
    pub(super) fn changes(&self) -> impl Iterator<Item = (usize, Range<usize>, u8, Reason)> + '_ {
        (0..self.reason.dim().0).flat_map(move |row| {
            let changed = self.reason.row(row).runs().filter(|(_, reason)| reason.is_change());
            changed.flat_map(move |(cols, reason)| {
                let covers = self.cover.row(row).over(cols);
                covers.map(move |(cols, cover)| (row, cols, cover, reason))
            })
        })
    }

    /// Gives cells a cover because of the object that they belong to.
    pub(super) fn follow(&mut self, edits: Vec<Edit<u8>>) {
        let reasons = edits.iter().map(|edit| edit.with(Reason::ChangeWithObject)).collect();
        self.reason = self.reason.edited(reasons);
        self.cover = self.cover.edited(edits);
    }
}

impl Territory<'_> {
    fn check(&self) -> Result<(), UpdateError> {
        let dim = |(rows, cols): (usize, usize)| [rows, cols];
        let expected = dim(self.prior.dim());
        shape("object", &dim(self.object.dim()), &expected)?;
        shape("valid", &dim(self.valid.dim()), &expected)?;
        shape("wishes", &dim(self.wishes.cells.dim()), &expected)?;
        for layer in self.footprints {
            shape("layer of a footprint", &dim(layer.dim()), &expected)?;
        }
        self.locked.map_or(Ok(()), |locked| shape("locked", &dim(locked.dim()), &expected))
    }

    /// Cells of each object.
    fn sizes(&self) -> Vec<u64> {
        let mut sizes = Vec::new();
        for (cols, object) in (0..self.object.dim().0).flat_map(|row| self.object.row(row).runs()) {
            if sizes.len() <= object as usize {
                sizes.resize(object as usize + 1, 0);
            }
            sizes[object as usize] += cols.len() as u64;
        }
        sizes
    }

    /// The reasons of cells that no region holds.
    fn plain_reasons(&self) -> Plane<Reason> {
        let reasons = self.prior.zip(self.valid, |prior, valid| match (prior >> 8, valid) {
            (0, false) => Reason::Outside,
            (0, true) => Reason::NoPrior,
            (_, false) => Reason::NoImagery,
            _ => Reason::PriorKept,
        });
        let reasons = match self.locked {
            Some(locked) => reasons.zip(locked, |reason, locked| match reason {
                Reason::NoImagery | Reason::PriorKept if locked => Reason::Locked,
                reason => reason,
            }),
            None => reasons,
        };
        let thin = |reason, wish: Wish| match reason {
            Reason::PriorKept if wish.is_thin() => Reason::Fringe,
            reason => reason,
        };
        reasons.zip(&self.wishes.cells, thin)
    }

    /// The decision before objects are completed.
    fn decision(&self, labels: &Labels, verdict: Verdict, tables: &UpdateTables) -> Decision {
        let mut judged = Vec::new();
        for row in 0..labels.dim().0 {
            for (cols, region) in labels.runs(row).filter(|run| run.1 != NO_REGION) {
                for (cols, object) in self.object.row(row).over(cols) {
                    judged.push(Edit::new(row, cols, verdict.reason(region, object)));
                }
            }
        }
        let reason = self.plain_reasons().edited(judged);
        let takes_best = reason.map(|reason| reason.is_change() || reason == Reason::NoPrior);
        let covers = self.prior.zip(&self.wishes.cells, |prior, wish| {
            let before = ClassId((prior >> 8) as u8);
            (before.0, tables.becomes(before, ClassId(wish.class())).0)
        });
        let cover =
            covers.zip(&takes_best, |(before, best), takes| if takes { best } else { before });
        let corrections = verdict.corrections;
        Decision { cover, reason, takes_best, corrections, cells: BTreeMap::new() }
    }

    /// Gives the rest of mostly changed objects the class that they changed to.
    fn complete(&self, decision: &mut Decision, sizes: &[u64], whole_share: f64) {
        let mut changed: BTreeMap<(u32, u8), u64> = BTreeMap::new();
        for (row, cols, cover, _) in decision.changes() {
            for (cols, object) in self.object.row(row).over(cols).filter(|run| run.1 != 0) {
                *changed.entry((object, cover)).or_default() += cols.len() as u64;
            }
        }
        let share = |o: u32, n: u64| n as f64 / sizes[o as usize] as f64;
        let whole: BTreeMap<u32, u8> = changed
            .into_iter()
            .filter(|&((o, _), n)| share(o, n) >= whole_share)
            .map(|((o, class), _)| (o, class))
            .collect();
        if whole.is_empty() {
            return;
        }
        let mut edits = Vec::new();
        for row in 0..self.object.dim().0 {
            for (cols, object) in self.object.row(row).runs() {
                let Some(&class) = whole.get(&object) else { continue };
                let open = decision.reason.row(row).over(cols).filter(|run| run.1.may_follow());
                edits.extend(open.map(|(cols, _)| Edit::new(row, cols, class)));
            }
        }
        decision.follow(edits);
    }
}
