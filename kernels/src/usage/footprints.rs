//! One usage for a new building, also where its layer does not show it.

use ndarray::Array2;
use nomenclature::{Couple, Footprint};

use super::{UsageCells, UsageDecision, UsageError, most_of_each};
use crate::label::{NO_REGION, label};

/// Gives the cells of new objects that their layer does not show the usage of those that it shows;
/// returns the number of cells that took another.
///
/// * `decision`: the usages that the rules gave, changed in place. The cells that take one have
///   `rule` 255.
///
/// A *new object* is a 4-connected set of cells that changed to the cover of the footprint. Imagery
/// and layer never agree on its edge; a strip of another usage along a house would be another
/// building to the capture rules, and both would fall below their unit. The usage taken is that of
/// most cells shown, the lowest id of equals; an object of which the layer shows nothing is left.
///
/// # Errors
/// [`UsageError`] when arrays do not line up.
pub fn unite_footprints(
    footprint: &Footprint,
    cells: &UsageCells<'_>,
    decision: &mut UsageDecision,
) -> Result<u64, UsageError> {
    cells.check()?;
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
                    decision.rule[at] = u8::MAX;
                    n_taken += 1;
                }
            }
        }
    }
    Ok(n_taken)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, array};
    use nomenclature::ClassId;
    use nomenclature::evidence::Layer;

    use super::*;

    #[test]
    fn the_edge_of_a_new_building_takes_the_usage_of_what_its_layer_shows() {
        let (grass, built, field, home, shop) = (2, 1, 7, 5, 3);
        let prior = Array2::from_elem((2, 6), u16::from(grass) << 8 | field);
        let cover = array![
            [built, built, built, grass, built, built],
            [built, built, built, grass, grass, grass]
        ];
        let mut evidence = Array3::zeros((Layer::COUNT, 2, 6));
        for at in [(0, 0), (0, 1), (1, 1)] {
            evidence[[Layer::Buildings.rank(), at.0, at.1]] = 1;
        }
        let cells =
            UsageCells { cover: cover.view(), prior: prior.view(), evidence: evidence.view() };
        let field = field as u8;
        let usage = array![
            [home, home, field, field, field, field],
            [shop, shop, field, field, field, field]
        ];
        let mut decision = UsageDecision { usage, rule: Array2::zeros((2, 6)), cells: Vec::new() };
        let footprint = Footprint { layer: Layer::Buildings, cover: ClassId(built), share: 0.5 };
        // What is shown keeps its own; a building of which nothing is shown is left.
        assert_eq!(unite_footprints(&footprint, &cells, &mut decision), Ok(3));
        let expected = array![
            [home, home, home, field, field, field],
            [home, shop, home, field, field, field]
        ];
        assert_eq!(decision.usage, expected);
        assert_eq!((decision.rule[[0, 2]], decision.rule[[0, 1]]), (u8::MAX, 0));
    }
}
