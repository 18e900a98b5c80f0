//! Usages on whole arrays of cells, as a second opinion in tests: every rule cell by cell.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Zip};
use nomenclature::usage_rules::{GroundsTable, UsageTable};
use nomenclature::{ClassId, Couple, Footprint};

use super::UsageCells;
use super::unchanged::claims;
use crate::built_zone::{BuiltZoneRule, built_zone};
use crate::label::{Labels, NO_REGION, label};
use crate::update::opened;

/// The usages as an array.
pub(super) struct Decided {
    pub(super) usage: Array2<u8>,
    pub(super) cells: Vec<u64>,
}

/// [`super::assign_usage`].
pub(super) fn assign_usage(table: &UsageTable, cells: &UsageCells<'_>) -> Decided {
    let dim = cells.cover.dim();
    let mut waiting = Array2::<u16>::zeros(dim);
    let mut usage = Array2::<u8>::zeros(dim);
    let mut counts = vec![0; table.rules.len()];
    for (at, _) in cells.cover.indexed_iter().filter(|(_, cover)| **cover != 0) {
        let case = cells.case(at);
        let kept = if case.prior.is_nodata() { table.without_prior } else { case.prior };
        let fit = if case.is_changed { table.first_fit(&case) } else { None };
        let Some(rank) = fit else {
            usage[at] = kept.0;
            continue;
        };
        counts[rank] += 1;
        if table.rules[rank].neighbour.is_empty() {
            usage[at] = table.rules[rank].usage.unwrap_or(kept).0;
        } else {
            waiting[at] = rank as u16 + 1;
        }
    }
    from_neighbours(table, &waiting, &mut usage);
    Decided { usage, cells: counts }
}

/// Gives the waiting cells (1 + rank of their rule) the usage that most surrounds their group.
fn from_neighbours(table: &UsageTable, waiting: &Array2<u16>, usage: &mut Array2<u8>) {
    let labels = label(waiting.view());
    let mut around: Vec<BTreeMap<u8, u64>> = vec![BTreeMap::new(); labels.regions.len()];
    for row in 0..labels.dim().0 {
        for (cols, region) in labels.runs(row).filter(|run| run.1 != NO_REGION) {
            for col in cols {
                for beside in sides(row, col) {
                    // Waiting cells and cells outside still hold 0.
                    if let Some(&found) = usage.get(beside).filter(|&&found| found != 0) {
                        *around[region as usize].entry(found).or_default() += 1;
                    }
                }
            }
        }
    }
    let taken: Vec<u8> = labels
        .regions
        .iter()
        .zip(&around)
        .map(|(region, around)| {
            let rule = &table.rules[usize::from(region.value) - 1];
            let listed = around.iter().filter(|(id, _)| rule.neighbour.contains(&ClassId(**id)));
            let most = listed.max_by_key(|&(&id, &n)| (n, std::cmp::Reverse(id)));
            most.map_or(rule.usage.unwrap_or(table.without_prior).0, |(&id, _)| id)
        })
        .collect();
    let painted = labels.paint(|region| taken[region]);
    usage.zip_mut_with(&painted, |cell, &taken| {
        if taken != 0 {
            *cell = taken;
        }
    });
}

/// The four cells beside one; those before row or column 0 wrap to the far end and are no cell.
fn sides(row: usize, col: usize) -> [(usize, usize); 4] {
    [(row.wrapping_sub(1), col), (row + 1, col), (row, col.wrapping_sub(1)), (row, col + 1)]
}

/// For each region, the value that most of its cells have and how many cells have any; 0 is none.
fn most_of_each(labels: &Labels, value: impl Fn((usize, usize)) -> u8) -> Vec<(u8, u64)> {
    let mut counts: Vec<BTreeMap<u8, u64>> = vec![BTreeMap::new(); labels.regions.len()];
    for row in 0..labels.dim().0 {
        for (cols, region) in labels.runs(row).filter(|run| run.1 != NO_REGION) {
            for found in cols.map(|col| value((row, col))).filter(|&found| found != 0) {
                *counts[region as usize].entry(found).or_default() += 1;
            }
        }
    }
    let most = |counts: &BTreeMap<u8, u64>| {
        let first = counts.iter().max_by_key(|&(&id, &n)| (n, std::cmp::Reverse(id)));
        (first.map_or(0, |(&id, _)| id), counts.values().sum())
    };
    counts.iter().map(most).collect()
}

/// [`super::finer_covers`]; the covers are changed in place.
pub(super) fn refine_covers(table: &UsageTable, cells: &UsageCells<'_>) -> (Array2<u8>, Vec<u64>) {
    let (mut covers, mut counts) = (cells.cover.to_owned(), vec![0; table.rules.len()]);
    for (at, cover) in covers.indexed_iter_mut() {
        let case = cells.case(at);
        if *cover == 0 || !case.is_changed {
            continue;
        }
        let Some((rank, finer)) = table.finer_cover(&case) else { continue };
        counts[rank] += 1;
        *cover = finer.0;
    }
    (covers, counts)
}

/// [`super::unite_footprints`].
pub(super) fn unite_footprints(
    footprint: &Footprint,
    cells: &UsageCells<'_>,
    decision: &mut Decided,
) -> u64 {
    let shown = |at: (usize, usize)| cells.evidence[[footprint.layer.rank(), at.0, at.1]] != 0;
    let is_new = |at: (usize, usize)| {
        let before = Couple::from_cell(cells.prior[at]).cs;
        cells.cover[at] == footprint.cover.0 && before != footprint.cover
    };
    let new = Array2::from_shape_fn(cells.cover.dim(), |at| u16::from(is_new(at)));
    let objects = label(new.view());
    let shown_usage = most_of_each(&objects, |at| if shown(at) { decision.usage[at] } else { 0 });
    let mut n_taken = 0;
    for row in 0..objects.dim().0 {
        for (cols, object) in objects.runs(row).filter(|run| run.1 != NO_REGION) {
            let (usage, _) = shown_usage[object as usize];
            for at in cols.map(|col| (row, col)) {
                if usage != 0 && !shown(at) && decision.usage[at] != usage {
                    decision.usage[at] = usage;
                    n_taken += 1;
                }
            }
        }
    }
    n_taken
}

/// [`super::spread_to_grounds`].
pub(super) fn spread_to_grounds(
    table: &GroundsTable,
    cells: &UsageCells<'_>,
    cells_per_metre: f64,
    decision: &mut Decided,
) -> u64 {
    let usage = &decision.usage;
    let is_changed = |at: (usize, usize)| {
        let prior = Couple::from_cell(cells.prior[at]).cs;
        !prior.is_nodata() && prior.0 != cells.cover[at]
    };
    let shown = |layer: nomenclature::evidence::Layer, at: (usize, usize)| {
        cells.evidence[[layer.rank(), at.0, at.1]] != 0
    };
    let new = Array2::from_shape_fn(usage.dim(), |at| {
        is_changed(at) && shown(table.buildings, at) && table.spreads(ClassId(usage[at]))
    });
    if !new.iter().any(|&is_new| is_new) {
        return 0;
    }
    let radius = |metres: f64| (metres * cells_per_metre).round() as u32;
    let (closing_radius, margin) = (radius(table.closing_m), radius(table.margin_m));
    let rule = BuiltZoneRule { closing_radius, margin };
    let zones = label(built_zone(new.view(), rule).mapv(u16::from).view());
    let zone_usage = most_of_each(&zones, |at| if new[at] { usage[at] } else { 0 });
    let in_zone = |at: (usize, usize)| {
        let zone = zones.region_at(at.0 as i64, at.1 as i64);
        if zone == NO_REGION { 0 } else { zone_usage[zone as usize].0 }
    };
    let is_open = |at: (usize, usize)| {
        table.takes(ClassId(cells.cover[at]), ClassId(usage[at]))
            && !table.declared.iter().any(|&layer| shown(layer, at))
    };
    let pieces = label(Array2::from_shape_fn(usage.dim(), |at| u16::from(is_open(at))).view());
    let piece_usage = most_of_each(&pieces, in_zone);
    let mut taken = Array2::<u8>::zeros(usage.dim());
    for row in 0..pieces.dim().0 {
        for (cols, piece) in pieces.runs(row).filter(|run| run.1 != NO_REGION) {
            let (most, n_in_zones) = piece_usage[piece as usize];
            let n = pieces.regions[piece as usize].n_cells;
            let is_whole = n_in_zones > 0 && n_in_zones as f64 >= table.share * n as f64;
            for at in cols.map(|col| (row, col)) {
                taken[at] = match (is_whole, is_changed(at)) {
                    (true, _) => most,
                    (false, true) => in_zone(at),
                    (false, false) => 0,
                };
            }
        }
    }
    let mut n_taken = 0;
    for (at, &id) in taken.indexed_iter().filter(|(_, id)| **id != 0) {
        n_taken += u64::from(decision.usage[at] != id);
        decision.usage[at] = id;
    }
    n_taken
}

/// The prior's objects, and from when a rule holds on them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Objects<'a> {
    /// The prior's object, 0 where there is none.
    pub(super) object: ArrayView2<'a, u32>,
    /// Share of an object from which it is taken whole.
    pub(super) whole_share: f64,
    /// A part of an object must hold squares of `2 * fringe_cells + 1` cells.
    pub(super) fringe_cells: usize,
}

/// [`super::refine_unchanged`].
pub(super) fn refine_unchanged(
    table: &UsageTable,
    cells: &UsageCells<'_>,
    objects: &Objects<'_>,
    decision: &mut Decided,
) {
    let claims = claims(table, cells);
    // Claims on neighbouring objects do not lend each other their width.
    let part = |row, col| match claims[[row, col]] {
        0 => (0, 0),
        claim => (objects.object[[row, col]], claim),
    };
    let broad = opened(claims.dim(), part, objects.fringe_cells);
    let whole = whole(&claims, cells, objects);
    for ((at, &claim), &is_broad) in claims.indexed_iter().zip(&broad) {
        let case = cells.case(at);
        if cells.cover[at] == 0 || case.is_changed {
            continue;
        }
        let rank = match whole.get(&objects.object[at]) {
            Some(&rank) => rank,
            None if is_broad => claim,
            None => continue,
        };
        let rule = usize::from(rank) - 1;
        let Some(usage) = table.rules[rule].usage else { continue };
        decision.usage[at] = usage.0;
        decision.cells[rule] += 1;
    }
}

/// The rule that takes each object whole.
fn whole(
    claims: &Array2<u16>,
    cells: &UsageCells<'_>,
    objects: &Objects<'_>,
) -> BTreeMap<u32, u16> {
    let mut sizes: BTreeMap<u32, u64> = BTreeMap::new();
    let mut claimed: BTreeMap<(u32, u16), u64> = BTreeMap::new();
    Zip::indexed(&objects.object).and(claims).for_each(|at, &object, &claim| {
        if object == 0 || cells.case(at).is_changed {
            return;
        }
        *sizes.entry(object).or_default() += 1;
        if claim != 0 {
            *claimed.entry((object, claim)).or_default() += 1;
        }
    });
    let is_whole = |object: u32, n: u64| n as f64 >= objects.whole_share * sizes[&object] as f64;
    let whole = claimed.into_iter().filter(|&((object, _), n)| is_whole(object, n));
    whole.map(|((object, claim), _)| (object, claim)).collect()
}
