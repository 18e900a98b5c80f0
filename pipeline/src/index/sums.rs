//! Sums over departments: only of results that mean the same.

use std::collections::BTreeMap;

use super::results::{Entry, Figures};

/// What must agree before figures are added up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alike {
    /// The vintages, oldest first.
    pub(super) years: Vec<u16>,
    /// The artificialisation rule set.
    pub(super) rules: String,
    /// The nomenclature.
    pub(super) nomenclature: String,
}

/// The sum of figures that mean the same; areas are doubled, in square lattice steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// The departments in it, sorted.
    pub(super) departments: Vec<String>,
    /// Their ground.
    pub(super) ground: i128,
    /// Artificialised ground at each vintage.
    pub(super) stocks: Vec<i128>,
    /// Ground that became artificialised and that ceased to be.
    pub(super) fluxes: Option<(i128, i128)>,
}

/// The sums of all complete results, each department once in each.
pub(super) fn of(entries: &[Entry]) -> BTreeMap<Alike, Sum> {
    let mut sums: BTreeMap<Alike, Sum> = BTreeMap::new();
    for (entry, figures) in entries.iter().filter_map(|e| Some((e, e.figures.as_ref()?))) {
        let Figures { years, rules, nomenclature, ground, stocks, fluxes, .. } = figures.clone();
        let sum = sums.entry(Alike { years, rules, nomenclature }).or_default();
        sum.departments.push(entry.department.clone());
        sum.departments.sort();
        sum.ground += ground;
        sum.stocks.resize(stocks.len(), 0);
        sum.stocks.iter_mut().zip(stocks).for_each(|(sum, stock)| *sum += stock);
        if let Some((gained, lost)) = fluxes {
            let (of_gained, of_lost) = sum.fluxes.unwrap_or_default();
            sum.fluxes = Some((of_gained + gained, of_lost + lost));
        }
    }
    sums
}
