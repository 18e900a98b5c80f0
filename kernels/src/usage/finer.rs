//! Finer covers of a nested nomenclature, told apart by attributes.

use nomenclature::usage_rules::UsageTable;

use super::{UsageCells, UsageError, push_run};
use crate::grid::Window;
use crate::plane::Edit;

/// The finer covers that rules tell for the changed cells of a block, and for those without prior.
///
/// * `window`: where the block lies in its territory.
///
/// Gives the cells that take another cover, for [`crate::update::Decision::refine`], and the number
/// of cells of each rule, in the order of the rules. Linear in the cells.
///
/// # Errors
/// [`UsageError::Shape`] when arrays do not line up.
pub fn finer_covers(
    table: &UsageTable,
    cells: &UsageCells<'_>,
    window: Window,
) -> Result<(Vec<Edit<u8>>, Vec<u64>), UsageError> {
    cells.check()?;
    let (mut edits, mut counts) = (Vec::new(), vec![0; table.rules.len()]);
    for ((row, col), &cover) in cells.cover.indexed_iter().filter(|(_, cover)| **cover != 0) {
        let Some(case) = cells.changed_case((row, col)) else { continue };
        let Some((rank, finer)) = table.finer_cover(&case) else { continue };
        counts[rank] += 1;
        if finer.0 != cover {
            let col = window.col + col;
            push_run(&mut edits, Edit::new(window.row + row, col..col + 1, finer.0));
        }
    }
    Ok((edits, counts))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ndarray::{Array2, Array3, array};
    use nomenclature::evidence::Layer;
    use nomenclature::{ClassId, Couple, Dimension, Natures, Nomenclature, UsageRules};

    use super::*;
    use crate::plane::Plane;
    use crate::update::{Decision, Reason};

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
        let cells =
            UsageCells { cover: cover.view(), prior: priors.view(), evidence: evidence.view() };
        let whole = Window { row: 0, col: 0, rows: 1, cols: 5 };
        let (edits, counts) = finer_covers(&table, &cells, whole).unwrap();
        let (change, kept) = (Reason::ChangeEvidence, Reason::PriorKept);
        let reason = array![[change, change, change, kept, Reason::NoPrior]];
        let mut decision = Decision {
            reason: Plane::of(reason.view()),
            takes_best: Plane::filled((1, 5), true),
            corrections: Vec::new(),
            cells: BTreeMap::from([(change, 3), (kept, 1), (Reason::NoPrior, 1)]),
            cover: Plane::of(cover.view()),
        };
        decision.refine(edits, &Plane::of(priors.view()));
        let codes: Vec<_> = decision.cover.to_array().iter().map(|&c| ClassId(c)).collect();
        let codes: Vec<_> = codes.iter().map(|&c| nomenclature.code(Dimension::Cover, c)).collect();
        assert_eq!(codes, ["CS2.2.1.1", "CS2.2.1.4", "CS2.1.3.1", "CS2.1.2.1", "CS2.2.1.4"]);
        assert_eq!(decision.reason.get((0, 0)), kept);
        assert_eq!(decision.reason.get((0, 1)), change);
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
