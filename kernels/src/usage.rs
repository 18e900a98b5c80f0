//! Gives every cell its usage, by ordered rules.
//!
//! What a rule asks of single cells is looked up block by block, where cells changed; what it asks of
//! whole objects works on planes of runs. So no array of the whole territory is ever held.

use std::collections::BTreeMap;

use ndarray::{ArrayView2, ArrayView3, s};
use nomenclature::evidence::Layer;
use nomenclature::usage_rules::{UsageCase, UsageTable};
use nomenclature::{ClassId, Couple};

use crate::grid::Window;
use crate::label::{Labels, NO_REGION, label_plane};
use crate::plane::{Edit, Plane, zip_rows};

mod finer;
mod footprints;
mod grounds;
mod unchanged;

pub use finer::finer_covers;
pub use footprints::unite_footprints;
pub use grounds::spread_to_grounds;
pub use unchanged::{Claims, refine_unchanged};

/// What the usage of the cells of a block rests on; all on the same rows and columns.
#[derive(Debug, Clone, Copy)]
pub struct UsageCells<'a> {
    /// The cover decided, a [`ClassId`]; 0 is nodata.
    pub cover: ArrayView2<'a, u8>,
    /// The prior's couple, 0 where there is none.
    pub prior: ArrayView2<'a, u16>,
    /// Evidence, shape `(layer, row, col)`: 0 absent, else 1 + nature.
    pub evidence: ArrayView3<'a, u8>,
}

/// The cells of a territory that get a usage; planes of the same rows and columns.
#[derive(Debug, Clone, Copy)]
pub struct UsageGround<'a> {
    /// The cover decided, a [`ClassId`]; 0 is nodata.
    pub cover: &'a Plane<u8>,
    /// The prior's couple, 0 where there is none.
    pub prior: &'a Plane<u16>,
    /// The prior's object, 0 where there is none.
    pub object: &'a Plane<u32>,
}

/// The usage decided, cell by cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageDecision {
    /// The usage, a [`ClassId`]; 0 where there is no cover.
    pub usage: Plane<u8>,
    /// Cells of each rule, in the order of the rules.
    pub cells: Vec<u64>,
}

/// Why usages cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// Arrays that line up on the same cells do not.
    #[error("{what} has shape {got:?}, expected {expected:?}")]
    Shape {
        /// The array.
        what: &'static str,
        /// Its shape.
        got: Vec<usize>,
        /// The shape expected.
        expected: Vec<usize>,
    },
}

/// The rule that fits each changed cell of a block: the first one.
///
/// * `window`: where the block lies in its territory.
///
/// Gives runs of 1 + rank of the rule, in reading order; cells that did not change, and those that no
/// rule fits, are left out. Linear in the cells.
///
/// # Errors
/// [`UsageError::Shape`] when arrays do not line up.
pub fn fitting_rules(
    table: &UsageTable,
    cells: &UsageCells<'_>,
    window: Window,
) -> Result<Vec<Edit<u16>>, UsageError> {
    cells.check()?;
    let mut fits: Vec<Edit<u16>> = Vec::new();
    for ((row, col), _) in cells.cover.indexed_iter().filter(|(_, cover)| **cover != 0) {
        let Some(case) = cells.changed_case((row, col)) else { continue };
        let Some(rank) = table.first_fit(&case) else { continue };
        let col = window.col + col;
        push_run(&mut fits, Edit::new(window.row + row, col..col + 1, rank as u16 + 1));
    }
    Ok(fits)
}

/// Adds a run after others, in reading order; neighbours of one value become one run.
fn push_run<T: PartialEq>(runs: &mut Vec<Edit<T>>, run: Edit<T>) {
    match runs.last_mut() {
        Some(last) if (last.row, last.end) == (run.row, run.start) && last.value == run.value => {
            last.end = run.end;
        }
        _ => runs.push(run),
    }
}

/// Applies usage rules to the cells of a territory.
///
/// * `fits`: the rules that fit, as [`fitting_rules`] gives them for the blocks of the territory.
///
/// The first rule that fits a changed cell holds; without one the prior's usage stays, and a cell
/// without prior takes the table's default. Cells whose cover did not change keep the prior's usage:
/// [`refine_unchanged`] is for them. Rules that look at neighbours come last: their touching cells
/// form groups (4-connected, one rule each), and a group takes, of the usages that its rule lists,
/// the one that the most cell sides around it touch (the lowest id of equals); usages given by other
/// such groups do not count. Deterministic; time and memory grow with the runs.
pub fn assign_usage(
    table: &UsageTable,
    ground: &UsageGround<'_>,
    fits: Vec<Edit<u16>>,
) -> UsageDecision {
    let rule = Plane::filled(ground.cover.dim(), 0_u16).edited(fits);
    let mut cells = vec![0; table.rules.len()];
    for (rule, n) in rule.n_cells_by_value().into_iter().filter(|&(rule, _)| rule != 0) {
        cells[usize::from(rule) - 1] += n;
    }
    let waits = |rule: u16| rule != 0 && !table.rules[usize::from(rule) - 1].neighbour.is_empty();
    let kept = ground.cover.zip(ground.prior, |cover, prior| {
        let prior = Couple::from_cell(prior).us;
        match cover {
            0 => 0,
            _ if prior.is_nodata() => table.without_prior.0,
            _ => prior.0,
        }
    });
    let usage = kept.zip(&rule, |kept, rule| match rule {
        0 => kept,
        rule if waits(rule) => 0,
        rule => table.rules[usize::from(rule) - 1].usage.map_or(kept, |usage| usage.0),
    });
    let waiting = rule.map(|rule| if waits(rule) { rule } else { 0 });
    let usage = usage.edited(from_neighbours(table, &waiting, &usage));
    UsageDecision { usage, cells }
}

fn shape(what: &'static str, got: &[usize], expected: &[usize]) -> Result<(), UsageError> {
    if got == expected {
        return Ok(());
    }
    Err(UsageError::Shape { what, got: got.to_vec(), expected: expected.to_vec() })
}

impl UsageCells<'_> {
    fn check(&self) -> Result<(), UsageError> {
        let (rows, cols) = self.cover.dim();
        shape("prior", self.prior.shape(), &[rows, cols])?;
        shape("evidence", self.evidence.shape(), &[Layer::COUNT, rows, cols])
    }

    /// What the rules are asked about a cell: its couple in the prior, its evidence by layer.
    fn case(&self, at: (usize, usize)) -> UsageCase {
        let prior = Couple::from_cell(self.prior[at]);
        let evidence = self.evidence.slice(s![.., at.0, at.1]);
        UsageCase {
            cover: ClassId(self.cover[at]),
            prior: prior.us,
            is_changed: prior.cs.0 != self.cover[at],
            evidence: std::array::from_fn(|layer| evidence[layer]),
        }
    }

    /// [`Self::case`] of a cell whose cover is not the prior's.
    fn changed_case(&self, at: (usize, usize)) -> Option<UsageCase> {
        let is_changed = self.cover[at] != (self.prior[at] >> 8) as u8;
        is_changed.then(|| self.case(at))
    }
}

/// What the groups of waiting cells (1 + rank of their rule) take: the usage that most surrounds them.
fn from_neighbours(table: &UsageTable, waiting: &Plane<u16>, usage: &Plane<u8>) -> Vec<Edit<u8>> {
    let labels = label_plane(waiting);
    let (rows, n_cols) = labels.dim();
    let mut around: Vec<BTreeMap<u8, u64>> = vec![BTreeMap::new(); labels.regions.len()];
    for (row, cols, region) in labels.runs_where(|_| true) {
        let sides = [
            (row.wrapping_sub(1), cols.clone()),
            (row + 1, cols.clone()),
            (row, cols.start.saturating_sub(1)..cols.start),
            (row, cols.end..(cols.end + 1).min(n_cols)),
        ];
        for (row, cols) in sides.into_iter().filter(|side| side.0 < rows) {
            // Waiting cells and cells outside still hold 0.
            for (cols, found) in usage.row(row).over(cols).filter(|run| run.1 != 0) {
                *around[region].entry(found).or_default() += cols.len() as u64;
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
    let edit = |(row, cols, region): (usize, _, usize)| Edit::new(row, cols, taken[region]);
    labels.runs_where(|_| true).map(edit).collect()
}

/// For each region, the value that most of its cells have and how many cells have any; 0 is none.
fn most_of_each(labels: &Labels, values: &Plane<u8>) -> Vec<(u8, u64)> {
    let mut counts: Vec<BTreeMap<u8, u64>> = vec![BTreeMap::new(); labels.regions.len()];
    for row in 0..labels.dim().0 {
        zip_rows(labels.row(row), values.row(row), |cols, region, value| {
            if region != NO_REGION && value != 0 {
                *counts[region as usize].entry(value).or_default() += cols.len() as u64;
            }
        });
    }
    let most = |counts: &BTreeMap<u8, u64>| {
        let first = counts.iter().max_by_key(|&(&id, &n)| (n, std::cmp::Reverse(id)));
        (first.map_or(0, |(&id, _)| id), counts.values().sum())
    };
    counts.iter().map(most).collect()
}

impl UsageDecision {
    /// Gives cells a usage; returns the number of those that had another.
    fn take(&mut self, edits: Vec<Edit<u8>>) -> u64 {
        let usage = self.usage.edited(edits);
        let n_taken = self.usage.differences(&usage).values().sum();
        self.usage = usage;
        n_taken
    }
}

#[cfg(test)]
mod oracle;

#[cfg(test)]
mod tests;
