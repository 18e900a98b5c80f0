//! The decision on whole arrays of cells, as a second opinion in tests: every rule cell by cell.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Zip};
use nomenclature::{ClassId, Couple, Footprint, UpdateTables};

use super::decide::{Correction, Territory, Units};
use super::opening::opened;
use super::seen_before::looked_so;
use super::verdict::{Judge, Verdict};
use super::wishes::without_mark;
use super::{Proposal, Reason, UpdateParams, mislabel_rate};
use crate::label::{NO_REGION, label};

/// What [`super::decide()`] decides on, as arrays.
pub(super) struct Cells<'a> {
    pub(super) proposal: &'a Proposal,
    pub(super) prior: ArrayView2<'a, u16>,
    pub(super) object: ArrayView2<'a, u32>,
    pub(super) valid: ArrayView2<'a, u8>,
    pub(super) footprints: Vec<ArrayView2<'a, u8>>,
    pub(super) locked: ArrayView2<'a, u8>,
}

/// The decision as arrays.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decided {
    pub(super) cover: Array2<u8>,
    pub(super) confidence: Array2<u8>,
    pub(super) reason: Array2<u8>,
    pub(super) corrections: Vec<Correction>,
    pub(super) cells: BTreeMap<Reason, u64>,
}

/// [`super::decide()`]; only the verdicts are those of the territory.
pub(super) fn decide(
    of: &Cells<'_>,
    territory: &Territory<'_>,
    (tables, params): (&UpdateTables, &UpdateParams),
    n_classes: usize,
    units: &Units<'_>,
) -> Decided {
    let wanted = of.wanted();
    let kept = of.broad(&wanted, params.fringe_cells);
    let sizes = of.sizes();
    let wanting = of.wanting(&wanted);
    assert_eq!(wanting, territory.wishes.wanting);
    let is_whole = |object: u32, class: u8| {
        let n = wanting.get(&(object, class)).copied().unwrap_or(0);
        object != 0 && n as f64 >= params.whole_share * sizes[object as usize] as f64
    };
    let looked_so = looked_so(&kept, &of.proposal.lead_before);
    let marked = Array2::from_shape_fn(kept.dim(), |at| {
        let is_marked = looked_so[at] && !is_whole(of.object[at], kept[at]);
        let marked = u16::from(kept[at]) | 1 << 8;
        if is_marked { marked } else { without_mark(marked) }
    });
    let labels = label(marked.view());
    let mislabel = mislabel_rate(tables, n_classes);
    let judge = Judge { territory, params, tables, mislabel, sizes: &sizes, is_whole: &is_whole };
    let clusters = label(kept.mapv(|class| u16::from(class != 0)).view());
    let verdict = judge.verdict(&labels, &clusters, units);
    let mut reason = of.plain_reasons(&wanted);
    for row in 0..labels.dim().0 {
        for (cols, region) in labels.runs(row).filter(|run| run.1 != NO_REGION) {
            for col in cols {
                let object = of.object[[row, col]];
                reason[[row, col]] = verdict.reason(region, object).to_cell();
            }
        }
    }
    let mut decision = of.decision(reason, verdict, tables);
    complete_footprints(of, tables, &mut decision);
    of.complete(&mut decision, &sizes, params.whole_share);
    take_along(of, &mut decision, units);
    for &reason in &decision.reason {
        *decision.cells.entry(decided(reason)).or_default() += 1;
    }
    decision
}

impl Cells<'_> {
    fn is_locked(&self, at: (usize, usize)) -> bool {
        self.locked[at] != 0
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
    fn decision(&self, reason: Array2<u8>, verdict: Verdict, tables: &UpdateTables) -> Decided {
        let takes_best = |at: (usize, usize)| {
            let reason = decided(reason[at]);
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
        Decided { cover, confidence, reason, corrections, cells: BTreeMap::new() }
    }

    /// Gives the rest of mostly changed objects the class that they changed to.
    fn complete(&self, decision: &mut Decided, sizes: &[u64], whole_share: f64) {
        let object = self.object;
        let mut changed: BTreeMap<(u32, u8), u64> = BTreeMap::new();
        Zip::from(object).and(&decision.cover).and(&decision.reason).for_each(|&o, &c, &r| {
            if o != 0 && decided(r).is_change() {
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
                if let Some(&class) = whole.get(o).filter(|_| decided(*reason).may_follow()) {
                    (*cover, *reason) = (class, Reason::ChangeWithObject.to_cell());
                }
            },
        );
    }
}

/// Objects of the evidence that changed as wholes.
fn complete_footprints(territory: &Cells<'_>, tables: &UpdateTables, decision: &mut Decided) {
    for (footprint, layer) in tables.footprints().iter().zip(&territory.footprints) {
        let objects = label(layer.mapv(|value| u16::from(value != 0)).view());
        let mut cells: Vec<Vec<(usize, usize)>> = vec![Vec::new(); objects.regions.len()];
        for row in 0..objects.dim().0 {
            for (cols, object) in objects.runs(row).filter(|run| run.1 != NO_REGION) {
                let open = cols
                    .map(|col| (row, col))
                    .filter(|&at| may_take(territory, decision, footprint, at));
                cells[object as usize].extend(open);
            }
        }
        for cells in &cells {
            let has_changed = |at: &&(usize, usize)| {
                decided(decision.reason[**at]).is_change()
                    && decision.cover[**at] == footprint.cover.0
            };
            let n_changed = cells.iter().filter(has_changed).count();
            if n_changed == 0 || (n_changed as f64) < footprint.share * cells.len() as f64 {
                continue;
            }
            for &at in cells {
                if decision.cover[at] != footprint.cover.0 {
                    decision.cover[at] = footprint.cover.0;
                    decision.reason[at] = Reason::ChangeWithObject.to_cell();
                    decision.confidence[at] = territory.proposal.certainty_prior[at]
                        .max(territory.proposal.certainty[at]);
                }
            }
        }
    }
}

/// Whether a cell had another cover before and may take that of its footprint.
fn may_take(
    territory: &Cells<'_>,
    decision: &Decided,
    footprint: &Footprint,
    at: (usize, usize),
) -> bool {
    let before = (territory.prior[at] >> 8) as u8;
    let reason = decided(decision.reason[at]);
    before != 0 && before != footprint.cover.0 && (reason.is_change() || reason.may_follow())
}

/// Row and column.
type Cell = (usize, usize);

/// Who stands beside a remnant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Beside {
    /// Cells that changed to a cover.
    Changed(u8),
    /// An object that keeps its prior there.
    Kept(u32),
}

/// Gives the remnants of cut objects to the change that cut them.
///
/// A remnant is a 4-connected piece of an object that keeps its prior while other cells of the
/// object changed, and of which no polygon can be made: it is smaller than the least unit of its
/// cover, or than the unit outside the zone construite and half of what changed of its object. It
/// takes the cover of the change with which it shares its longest border (of equals the lowest
/// cover); where that is its own, or its longest border is with another object, it stays.
fn take_along(territory: &Cells<'_>, decision: &mut Decided, units: &Units<'_>) {
    let n_changed = changed_cells(territory, decision);
    let mut is_seen = Array2::from_elem(territory.prior.raw_dim(), false);
    let mut taken: Vec<(Vec<Cell>, u8)> = Vec::new();
    for (at, &object) in territory.object.indexed_iter() {
        let n_changed = n_changed[object as usize];
        if n_changed == 0 || is_seen[at] || !follows(decision, at) {
            continue;
        }
        let (piece, beside) = flood(territory, decision, at, &mut is_seen);
        let cover = Couple::from_cell(territory.prior[at]).cs;
        let longest = beside.into_iter().max_by_key(|&(who, n)| (n, std::cmp::Reverse(who)));
        if let Some((Beside::Changed(to), _)) = longest
            && to != cover.0
            && is_remnant(piece.len() as u64, n_changed, cover, units)
        {
            taken.push((piece, to));
        }
    }
    for (piece, cover) in taken {
        for at in piece {
            decision.cover[at] = cover;
            decision.reason[at] = Reason::ChangeWithObject.to_cell();
        }
    }
}

/// Whether no polygon can be made of a piece of an object.
fn is_remnant(n_cells: u64, n_changed: u64, cover: ClassId, units: &Units<'_>) -> bool {
    let n = n_cells as f64;
    n < (units.least)(cover) || (n < (units.outside)(cover) && 2 * n_cells <= n_changed)
}

/// Changed cells of each object.
fn changed_cells(territory: &Cells<'_>, decision: &Decided) -> Vec<u64> {
    let n = territory.object.iter().max().map_or(0, |&last| last as usize) + 1;
    let mut n_changed = vec![0; n];
    for (&object, &reason) in territory.object.iter().zip(&decision.reason) {
        n_changed[object as usize] += u64::from(decided(reason).is_change());
    }
    n_changed[0] = 0;
    n_changed
}

/// The piece of an object that holds a cell, and the lengths of its borders.
fn flood(
    territory: &Cells<'_>,
    decision: &Decided,
    from: Cell,
    is_seen: &mut Array2<bool>,
) -> (Vec<Cell>, BTreeMap<Beside, u64>) {
    let (rows, cols) = is_seen.dim();
    let object = territory.object[from];
    let mut piece = vec![from];
    let mut beside = BTreeMap::new();
    is_seen[from] = true;
    let mut next = 0;
    while next < piece.len() {
        let (row, col) = piece[next];
        next += 1;
        let sides = [
            (row.wrapping_sub(1), col),
            (row, col.wrapping_sub(1)),
            (row, col + 1),
            (row + 1, col),
        ];
        for at in sides.into_iter().filter(|&(r, c)| r < rows && c < cols) {
            if territory.object[at] == object && follows(decision, at) {
                if !is_seen[at] {
                    is_seen[at] = true;
                    piece.push(at);
                }
            } else if decided(decision.reason[at]).is_change() {
                *beside.entry(Beside::Changed(decision.cover[at])).or_default() += 1;
            } else {
                *beside.entry(Beside::Kept(territory.object[at])).or_default() += 1;
            }
        }
    }
    (piece, beside)
}

/// Whether a cell keeps its prior and may still follow its object.
fn follows(decision: &Decided, at: Cell) -> bool {
    decided(decision.reason[at]).may_follow()
}

/// The reason of a cell.
fn decided(cell: u8) -> Reason {
    Reason::from_cell(cell).expect("a cell of a decision has a reason")
}
