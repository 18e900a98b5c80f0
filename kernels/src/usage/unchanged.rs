//! Usages that change under a cover that stays.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Zip};
use nomenclature::usage_rules::UsageTable;

use super::{UsageCells, UsageDecision, UsageError, shape};
use crate::update::opened;

/// The prior's objects, and from when a rule holds on them.
#[derive(Debug, Clone, Copy)]
pub struct Objects<'a> {
    /// The prior's object, 0 where there is none.
    pub object: ArrayView2<'a, u32>,
    /// Share of an object from which it is taken whole.
    pub whole_share: f64,
    /// A part of an object must hold squares of `2 * fringe_cells + 1` cells.
    pub fringe_cells: usize,
}

/// Applies the rules that are for all cells to those whose cover did not change.
///
/// Evidence and prior never have the same outlines. So a rule takes an object of the prior whole when
/// it claims `whole_share` of its unchanged cells; elsewhere it takes the cells that lie in a square
/// of cells that it claims, and narrower parts keep the prior's usage. Deterministic.
///
/// # Errors
/// [`UsageError::Shape`] when arrays do not line up.
pub fn refine_unchanged(
    table: &UsageTable,
    cells: &UsageCells<'_>,
    objects: &Objects<'_>,
    decision: &mut UsageDecision,
) -> Result<(), UsageError> {
    cells.check()?;
    shape("object", objects.object.shape(), cells.cover.shape())?;
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
        decision.rule[at] = rank as u8;
        decision.cells[rule] += 1;
    }
    Ok(())
}

/// 1 + rank of the rule that gives an unchanged cell another usage than the prior's, 0 for none.
fn claims(table: &UsageTable, cells: &UsageCells<'_>) -> Array2<u16> {
    Array2::from_shape_fn(cells.cover.dim(), |at| {
        let case = cells.case(at);
        if cells.cover[at] == 0 || case.is_changed {
            return 0;
        }
        let fit = table.first_fit(&case);
        let another = fit.filter(|&rank| table.rules[rank].usage.is_some_and(|u| u != case.prior));
        another.map_or(0, |rank| rank as u16 + 1)
    })
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

#[cfg(test)]
mod tests {
    use ndarray::{Array3, s};
    use nomenclature::evidence::Layer;
    use nomenclature::{Couple, Dimension, Natures, Nomenclature, UsageRules};

    use super::*;
    use crate::usage::assign_usage;

    /// Two fields side by side, the first of 8 columns; fallow is declared on `fallow` columns.
    fn usages(fallow: std::ops::Range<usize>) -> (String, u64) {
        let nomenclature = Nomenclature::builtin("cnig-extended").unwrap();
        let id = |d, code| nomenclature.find(d, code).unwrap();
        let mut natures = Natures::default();
        natures[Layer::Crops.rank()] = ["BTH", "J6S"].map(String::from).to_vec();
        let rules = UsageRules::builtin("cnig-extended").unwrap();
        let table = rules.compile(&nomenclature, &natures).unwrap();
        let (arable, farmed) = (id(Dimension::Cover, "CS2.2.1.4"), id(Dimension::Usage, "US1.1.3"));
        let prior = Array2::from_elem((8, 24), Couple { cs: arable, us: farmed }.to_cell());
        let cover = Array2::from_elem((8, 24), arable.0);
        let object = Array2::from_shape_fn((8, 24), |(_, col)| if col < 8 { 1 } else { 2 });
        let mut evidence = Array3::zeros((Layer::COUNT, 8, 24));
        evidence.slice_mut(s![Layer::Crops.rank(), .., ..]).fill(1);
        evidence.slice_mut(s![Layer::Crops.rank(), .., fallow]).fill(2);
        let cells =
            UsageCells { cover: cover.view(), prior: prior.view(), evidence: evidence.view() };
        let mut decision = assign_usage(&table, &cells).unwrap();
        assert!(decision.usage.iter().all(|&us| us == farmed.0), "left to the objects");
        let objects = Objects { object: object.view(), whole_share: 0.8, fringe_cells: 1 };
        refine_unchanged(&table, &cells, &objects, &mut decision).unwrap();
        let is_fallow = id(Dimension::Usage, "US1.1.4").0;
        let row = decision.usage.row(4).mapv(|us| if us == is_fallow { 'f' } else { '.' });
        let rank = table.rules.iter().position(|rule| rule.name == "fallow").unwrap();
        (row.iter().collect(), decision.cells[rank])
    }

    #[test]
    fn an_object_is_taken_whole_whatever_the_outline_and_a_sliver_not_at_all() {
        assert_eq!(usages(0..7), ("ffffffff................".to_owned(), 64));
        assert_eq!(
            usages(0..10),
            ("ffffffff................".to_owned(), 64),
            "2 of 16 is a sliver"
        );
    }

    #[test]
    fn a_broad_part_of_a_large_object_is_cut_out() {
        assert_eq!(usages(12..16), ("............ffff........".to_owned(), 32));
    }
}
