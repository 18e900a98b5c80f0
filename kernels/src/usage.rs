//! Gives every cell its usage, by ordered rules.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayView3, s};
use nomenclature::evidence::Layer;
use nomenclature::usage_rules::{UsageCase, UsageTable};
use nomenclature::{ClassId, Couple};

use crate::label::{Labels, NO_REGION, label};

mod finer;
mod footprints;
mod grounds;
mod unchanged;

pub use finer::refine_covers;
pub use footprints::unite_footprints;
pub use grounds::spread_to_grounds;
pub use unchanged::{Objects, refine_unchanged};

/// What the usage of cells rests on; all on the same rows and columns.
#[derive(Debug, Clone, Copy)]
pub struct UsageCells<'a> {
    /// The cover decided, a [`ClassId`]; 0 is nodata.
    pub cover: ArrayView2<'a, u8>,
    /// The prior's couple, 0 where there is none.
    pub prior: ArrayView2<'a, u16>,
    /// Evidence, shape `(layer, row, col)`: 0 absent, else 1 + nature.
    pub evidence: ArrayView3<'a, u8>,
}

/// The usage decided, cell by cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageDecision {
    /// The usage, a [`ClassId`]; 0 where there is no cover.
    pub usage: Array2<u8>,
    /// 1 + rank of the rule that gave it; 0 where it is the prior's or the default.
    pub rule: Array2<u8>,
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

/// Applies usage rules to the cells of a territory.
///
/// The first rule that fits a changed cell holds; without one the prior's usage stays, and a cell
/// without prior takes the table's default. Cells whose cover did not change keep the prior's usage:
/// [`refine_unchanged`] is for them. Rules that look at neighbours come last: their touching cells
/// form groups (4-connected, one rule each), and a group takes, of the usages that its rule lists,
/// the one that the most cell sides around it touch (the lowest id of equals); usages given by other
/// such groups do not count. Deterministic; linear in the cells.
///
/// # Errors
/// [`UsageError::Shape`] when arrays do not line up.
pub fn assign_usage(
    table: &UsageTable,
    cells: &UsageCells<'_>,
) -> Result<UsageDecision, UsageError> {
    cells.check()?;
    let dim = cells.cover.dim();
    let mut rule = Array2::<u8>::zeros(dim);
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
        rule[at] = rank as u8 + 1;
        if table.rules[rank].neighbour.is_empty() {
            usage[at] = table.rules[rank].usage.unwrap_or(kept).0;
        } else {
            waiting[at] = rank as u16 + 1;
        }
    }
    from_neighbours(table, &waiting, &mut usage);
    Ok(UsageDecision { usage, rule, cells: counts })
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

    fn case(&self, at: (usize, usize)) -> UsageCase {
        case(ClassId(self.cover[at]), self.prior[at], self.evidence.slice(s![.., at.0, at.1]))
    }
}

/// What the rules are asked about a cell of a cover: its couple in the prior, its evidence by layer.
fn case(cover: ClassId, prior: u16, evidence: ArrayView1<'_, u8>) -> UsageCase {
    let prior = Couple::from_cell(prior);
    UsageCase {
        cover,
        prior: prior.us,
        is_changed: prior.cs != cover,
        evidence: std::array::from_fn(|layer| evidence[layer]),
    }
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

#[cfg(test)]
mod tests {
    use ndarray::{Array3, array};
    use nomenclature::{Dimension, Nomenclature, UsageRules};

    use super::*;

    fn id(dimension: Dimension, code: &str) -> ClassId {
        Nomenclature::builtin("ocsge-2-0").unwrap().find(dimension, code).unwrap()
    }

    fn table() -> UsageTable {
        let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
        let rules = UsageRules::builtin("ocsge-2-0").unwrap();
        rules.compile(&nomenclature, &Default::default()).unwrap()
    }

    fn couple(cs: &str, us: &str) -> u16 {
        Couple { cs: id(Dimension::Cover, cs), us: id(Dimension::Usage, us) }.to_cell()
    }

    #[test]
    fn unchanged_cells_keep_their_usage_and_new_ones_follow_the_rules() {
        let [field, home] = [couple("CS2.2.1", "US1.1"), couple("CS1.1.1.1", "US5")];
        let prior = array![[field, field, field, field, home, 0]];
        let [grass, built, sealed] =
            ["CS2.2.1", "CS1.1.1.1", "CS1.1.1.2"].map(|code| id(Dimension::Cover, code).0);
        let cover = array![[grass, sealed, sealed, sealed, built, grass]];
        let mut evidence = Array3::zeros((Layer::COUNT, 1, 6));
        evidence[[Layer::Roads.rank(), 0, 1]] = 1;
        let cells =
            UsageCells { cover: cover.view(), prior: prior.view(), evidence: evidence.view() };
        let decision = assign_usage(&table(), &cells).unwrap();
        let expected =
            ["US1.1", "US4.1.1", "US5", "US5", "US5", "US6.6"].map(|c| id(Dimension::Usage, c).0);
        assert_eq!(decision.usage.row(0).to_vec(), expected);
        let table = table();
        let counted: Vec<_> =
            table.rules.iter().zip(&decision.cells).filter(|c| *c.1 > 0).collect();
        let counted: Vec<_> = counted.iter().map(|(r, n)| (r.name.as_str(), **n)).collect();
        assert_eq!(counted, [("road", 1), ("sealed ground", 2)]);
        assert_eq!(decision.rule[[0, 0]], 0);
    }

    #[test]
    fn sealed_ground_with_no_known_neighbour_is_in_transition_and_nodata_has_no_usage() {
        let wild = couple("CS2.2.1", "US6.3");
        let prior = array![[wild, wild, 0]];
        let sealed = id(Dimension::Cover, "CS1.1.1.2").0;
        let cover = array![[id(Dimension::Cover, "CS2.2.1").0, sealed, 0]];
        let evidence = Array3::zeros((Layer::COUNT, 1, 3));
        let cells =
            UsageCells { cover: cover.view(), prior: prior.view(), evidence: evidence.view() };
        let decision = assign_usage(&table(), &cells).unwrap();
        let usage = |code: &str| id(Dimension::Usage, code).0;
        assert_eq!(decision.usage, array![[usage("US6.3"), usage("US6.1"), 0]]);
    }

    #[test]
    fn arrays_that_do_not_line_up_are_told() {
        let (cover, prior) = (Array2::zeros((2, 2)), Array2::zeros((2, 3)));
        let evidence = Array3::zeros((Layer::COUNT, 2, 2));
        let cells =
            UsageCells { cover: cover.view(), prior: prior.view(), evidence: evidence.view() };
        let error = assign_usage(&table(), &cells).unwrap_err();
        assert_eq!(error.to_string(), "prior has shape [2, 3], expected [2, 2]");
    }
}
