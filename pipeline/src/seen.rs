//! What imagery and evidence say of the changes of a run: the cells under each changed region.

use std::collections::BTreeMap;

use kernels::grid::Grid;
use kernels::lattice::Point;
use kernels::rasterise::rasterise;
use kernels::update::Reason;
use ndarray::Array2;

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
    fn add(&mut self, other: Self) {
        self.cells += other.cells;
        self.confidence += other.confidence;
        for (reason, n) in other.reasons {
            *self.reasons.entry(reason).or_default() += n;
        }
    }

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
/// Block by block, where there are regions; memory grows with these, not with the territory.
///
/// # Errors
/// The cube is missing or damaged.
pub fn seen(ctx: &Context, grid: &Grid, step: &Step) -> Result<Vec<Seen>, Error> {
    let polygons: Vec<_> = step.changed.iter().map(|p| &p.dissolved.polygon).collect();
    let bounds: Vec<_> = polygons.iter().map(|polygon| polygon.bounds()).collect();
    let confidence = cube::open::<u8>(ctx, Quantity::Confidence)?;
    let reason = cube::open::<u8>(ctx, Quantity::Reason)?;
    let parts = cube::in_blocks(ctx, grid, |window| {
        let part = grid.sub(window);
        let ranks: Vec<_> = (0..polygons.len() as u32)
            .filter(|&rank| bounds[rank as usize].is_some_and(|b| meet(b, part.bounds())))
            .collect();
        if ranks.is_empty() {
            return Ok(Vec::new());
        }
        let regions: Vec<_> = ranks.iter().map(|&rank| polygons[rank as usize]).collect();
        let places: Vec<_> = (1..=ranks.len() as u32).collect();
        let cells = Cells {
            region: rasterise(&regions, &places, &part),
            confidence: confidence.read_plane(0, window)?,
            reason: reason.read_plane(0, window)?,
        };
        Ok(ranks.into_iter().zip(cells.seen(regions.len())).collect())
    })?;
    let mut seen = vec![Seen::default(); polygons.len()];
    for (rank, part) in parts.into_iter().flatten() {
        seen[rank as usize].add(part);
    }
    Ok(seen)
}

/// Whether two rectangles, by their south-west and north-east corners, have ground in common.
fn meet(a: (Point, Point), b: (Point, Point)) -> bool {
    a.0.x < b.1.x && b.0.x < a.1.x && a.0.y < b.1.y && b.0.y < a.1.y
}

/// The cells of a block.
struct Cells {
    /// 1 + rank of the region, 0 for none.
    region: Array2<u32>,
    confidence: Array2<u8>,
    reason: Array2<u8>,
}

impl Cells {
    /// What the cells under each region say.
    fn seen(&self, n_regions: usize) -> Vec<Seen> {
        let mut seen = vec![Seen::default(); n_regions];
        for (at, &region) in self.region.indexed_iter().filter(|(_, region)| **region != 0) {
            let of = &mut seen[region as usize - 1];
            of.cells += 1;
            of.confidence += u64::from(self.confidence[at]);
            *of.reasons.entry(self.reason[at]).or_default() += 1;
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_parts_of_a_region_in_two_blocks_add_up() {
        let cells = Cells {
            region: array![[0, 2, 2], [1, 2, 0]],
            confidence: array![[9, 100, 50], [7, 30, 9]],
            reason: array![[1, 4, 4], [5, 3, 1]],
        };
        let [first, second] = cells.seen(2).try_into().unwrap();
        assert_eq!(first, Seen { cells: 1, confidence: 7, reasons: BTreeMap::from([(5, 1)]) });
        let mut both = second.clone();
        both.add(first);
        let reasons = BTreeMap::from([(3, 1), (4, 2), (5, 1)]);
        assert_eq!(both, Seen { cells: 4, confidence: 187, reasons });
        assert_eq!(second.reason(), Some(Reason::ChangeImagery));
    }

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
