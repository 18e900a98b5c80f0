//! Finer covers of a nested nomenclature, told apart by attributes.

use ndarray::{ArrayView2, ArrayView3, s};
use nomenclature::usage_rules::UsageTable;
use nomenclature::{ClassId, Couple};

use super::{UsageCells, UsageError, case};
use crate::update::{Decision, Reason};

/// Makes the covers of changed cells, and of those without prior, the finer ones that rules tell.
///
/// * `prior`: the prior's couple, 0 where there is none; `evidence`: shape `(layer, row, col)`, 0
///   absent, else 1 + nature.
///
/// A cell whose finer cover is the prior's did not change after all. Gives the number of cells of
/// each rule, in the order of the rules. Linear in the cells.
///
/// # Errors
/// [`UsageError::Shape`] when arrays do not line up.
pub fn refine_covers(
    table: &UsageTable,
    (prior, evidence): (ArrayView2<'_, u16>, ArrayView3<'_, u8>),
    decision: &mut Decision,
) -> Result<Vec<u64>, UsageError> {
    UsageCells { cover: decision.cover.view(), prior, evidence }.check()?;
    let mut counts = vec![0; table.rules.len()];
    if !table.has_finer_covers() {
        return Ok(counts);
    }
    for ((at, cover), reason) in decision.cover.indexed_iter_mut().zip(&mut decision.reason) {
        let case = case(ClassId(*cover), prior[at], evidence.slice(s![.., at.0, at.1]));
        if *cover == 0 || !case.is_changed {
            continue;
        }
        let Some((rank, finer)) = table.finer_cover(&case) else { continue };
        counts[rank] += 1;
        *cover = finer.0;
        if finer == Couple::from_cell(prior[at]).cs {
            let was = Reason::decided(*reason);
            decision.cells.entry(was).and_modify(|n| *n -= 1);
            *decision.cells.entry(Reason::PriorKept).or_default() += 1;
            *reason = Reason::PriorKept.to_cell();
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ndarray::{Array2, Array3, array};
    use nomenclature::evidence::Layer;
    use nomenclature::{Dimension, Natures, Nomenclature, UsageRules};

    use super::*;

    #[test]
    fn declared_crops_tell_finer_covers_and_what_was_so_before_is_no_change() {
        let nomenclature = Nomenclature::builtin("cnig-extended").unwrap();
        let id = |d, code| nomenclature.find(d, code).unwrap();
        let mut natures = Natures::default();
        natures[Layer::Crops.rank()] = ["BTH", "PPH", "VRC"].map(String::from).to_vec();
        let rules = UsageRules::builtin("cnig-extended").unwrap();
        let table = rules.compile(&nomenclature, &natures).unwrap();
        let prior = |cs, us| {
            Couple { cs: id(Dimension::Cover, cs), us: id(Dimension::Usage, us) }.to_cell()
        };
        let (meadow, scrub) = (prior("CS2.2.1.1", "US1.1.3"), prior("CS2.1.2.1", "US6.3"));
        let priors = array![[meadow, scrub, scrub, scrub, 0]];
        let cover = ["CS2.2.1.4", "CS2.2.1.1", "CS2.1.3", "CS2.1.2.1", "CS2.2.1"];
        let cover = cover.map(|code| id(Dimension::Cover, code).0);
        let cover = Array2::from_shape_vec((1, 5), cover.to_vec()).unwrap();
        let mut evidence = Array3::zeros((Layer::COUNT, 1, 5));
        for (col, nature) in [2, 1, 3, 2, 1].into_iter().enumerate() {
            evidence[[Layer::Crops.rank(), 0, col]] = nature;
        }
        let change = Reason::ChangeEvidence.to_cell();
        let kept = Reason::PriorKept.to_cell();
        let mut decision = Decision {
            confidence: Array2::zeros((1, 5)),
            reason: array![[change, change, change, kept, Reason::NoPrior.to_cell()]],
            corrections: Vec::new(),
            cells: BTreeMap::from([
                (Reason::ChangeEvidence, 3),
                (Reason::PriorKept, 1),
                (Reason::NoPrior, 1),
            ]),
            cover,
        };
        let known = (priors.view(), evidence.view());
        let counts = refine_covers(&table, known, &mut decision).unwrap();
        let codes: Vec<_> = decision.cover.iter().map(|&c| ClassId(c)).collect();
        let codes: Vec<_> = codes.iter().map(|&c| nomenclature.code(Dimension::Cover, c)).collect();
        assert_eq!(codes, ["CS2.2.1.1", "CS2.2.1.4", "CS2.1.3.1", "CS2.1.2.1", "CS2.2.1.4"]);
        assert_eq!(decision.reason[[0, 0]], kept);
        assert_eq!(decision.reason[[0, 1]], change);
        let n = |reason| decision.cells[&reason];
        assert_eq!(
            (n(Reason::ChangeEvidence), n(Reason::PriorKept), n(Reason::NoPrior)),
            (2, 2, 1)
        );
        let named = table.rules.iter().map(|rule| rule.name.as_str()).zip(counts);
        let named: Vec<_> = named.filter(|&(_, n)| n > 0).collect();
        assert_eq!(named, [("declared vine", 1), ("declared grass", 1), ("declared crop", 2)]);
    }
}
