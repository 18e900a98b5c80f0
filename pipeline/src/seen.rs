//! What imagery and evidence say of the changes of a run: the cells under each changed region.

use std::collections::BTreeMap;

use kernels::grid::Grid;
use kernels::rasterise::rasterise;
use kernels::update::Reason;

use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::error::Error;
use crate::figures::Step;

/// What the cells under a changed region say of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    cells: u64,
    confidence: u64,
    reasons: BTreeMap<u8, u64>,
}

impl Seen {
    /// Mean confidence of the cells, 0 to 100; `None` for a region without a cell.
    pub fn confidence_percent(&self) -> Option<u8> {
        (self.cells > 0).then(|| (self.confidence * 100 / (255 * self.cells)) as u8)
    }

    /// The reason of most cells; of equals, the one with the lowest number.
    pub fn reason(&self) -> Option<Reason> {
        let most = self.reasons.iter().max_by_key(|&(r, n)| (n, std::cmp::Reverse(r)));
        most.and_then(|(&reason, _)| Reason::from_cell(reason))
    }
}

/// Confidence and reasons of the cells under each changed region of a step, in its order.
///
/// # Errors
/// The cube is missing or damaged.
pub fn seen(ctx: &Context, grid: &Grid, step: &Step) -> Result<Vec<Seen>, Error> {
    let polygons: Vec<_> = step.changed.iter().map(|p| p.dissolved.polygon.clone()).collect();
    let ranks: Vec<u32> = (1..=polygons.len() as u32).collect();
    let regions = rasterise(&polygons, &ranks, grid);
    let confidence = cube::read_plane::<u8>(ctx, Quantity::Confidence)?;
    let reason = cube::read_plane::<u8>(ctx, Quantity::Reason)?;
    let mut seen: Vec<Seen> = polygons.iter().map(|_| Seen::default()).collect();
    for (at, &region) in regions.indexed_iter().filter(|(_, region)| **region != 0) {
        let of = &mut seen[region as usize - 1];
        of.cells += 1;
        of.confidence += u64::from(confidence[at]);
        *of.reasons.entry(reason[at]).or_default() += 1;
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_cells_give_the_reason_and_all_of_them_the_confidence() {
        let reasons = BTreeMap::from([
            (Reason::ChangeEvidence.to_cell(), 2),
            (Reason::ChangeImagery.to_cell(), 2),
            (Reason::PriorKept.to_cell(), 1),
        ]);
        let seen = Seen { cells: 5, confidence: 5 * 204, reasons };
        assert_eq!(seen.reason(), Some(Reason::ChangeImagery));
        assert_eq!(seen.confidence_percent(), Some(80));
        assert_eq!((Seen::default().reason(), Seen::default().confidence_percent()), (None, None));
    }
}
