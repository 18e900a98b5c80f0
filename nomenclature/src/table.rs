//! A rule set made ready for cells: one look-up per couple.

use crate::class::{Couple, Dimension};
use crate::crosswalk::Crosswalk;
use crate::nomenclature::Nomenclature;
use crate::rules::{RuleSet, Thresholds};

/// For each couple of one nomenclature: artificial or not, and which article says so.
///
/// Couples with nodata, with a class that is no leaf, or that lead to no class of the rule set's
/// nomenclature are not artificial and have the article `""`: they are decided by nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct ArtificialTable {
    rule_set: String,
    thresholds: Thresholds,
    /// Article and verdict of each rule.
    rules: Vec<(String, bool)>,
    /// One plus the rank of the deciding rule, by cover then usage id; 0 = undecided.
    decisions: Vec<u8>,
    usages: usize,
}

impl ArtificialTable {
    pub(crate) fn new(
        rules: &RuleSet,
        decided: &[(Couple, usize)],
        (nomenclature, crosswalk): (&Nomenclature, &Crosswalk),
    ) -> Self {
        let usages = nomenclature.classes(Dimension::Usage).len() + 1;
        let covers = nomenclature.classes(Dimension::Cover).len() + 1;
        let mut decisions = vec![0; covers * usages];
        for cs in nomenclature.leaves(Dimension::Cover) {
            for us in nomenclature.leaves(Dimension::Usage) {
                let own =
                    crosswalk.map(Dimension::Cover, cs).zip(crosswalk.map(Dimension::Usage, us));
                let rule = own.and_then(|(cs, us)| {
                    let couple = Couple { cs, us };
                    decided.iter().find(|(known, _)| *known == couple).map(|(_, rule)| *rule)
                });
                decisions[usize::from(cs.0) * usages + usize::from(us.0)] =
                    rule.map_or(0, |rule| rule as u8 + 1);
            }
        }
        let list = rules.rules.iter().map(|rule| (rule.article.clone(), rule.artificial)).collect();
        Self {
            rule_set: rules.id.clone(),
            thresholds: rules.thresholds.clone(),
            rules: list,
            decisions,
            usages,
        }
    }

    /// The id of the rule set, to be printed in every output.
    pub fn rule_set(&self) -> &str {
        &self.rule_set
    }

    /// The thresholds of the rule set.
    pub fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    /// Whether the couple is artificial; thresholds are not applied.
    pub fn is_artificial(&self, couple: Couple) -> bool {
        self.rule(couple).is_some_and(|(_, artificial)| *artificial)
    }

    /// The article that decides the couple; empty when nothing does.
    pub fn article(&self, couple: Couple) -> &str {
        self.rule(couple).map_or("", |(article, _)| article)
    }

    fn rule(&self, couple: Couple) -> Option<&(String, bool)> {
        let (cs, us) = (usize::from(couple.cs.0), usize::from(couple.us.0));
        let decision = (us < self.usages).then(|| self.decisions.get(cs * self.usages + us))??;
        usize::from(*decision).checked_sub(1).map(|rank| &self.rules[rank])
    }
}
