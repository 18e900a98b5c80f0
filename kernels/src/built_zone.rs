//! The zone construite: the built-up envelope that drives the minimum mapping unit.

use ndarray::{Array2, ArrayView2};
use nomenclature::{CaptureUnits, Couple};

use crate::distance::{dilated, eroded};
use crate::lattice::STEPS_PER_METRE;

/// Half of the distance under which buildings are joined, in metres.
///
/// With [`MARGIN_M`]: the dilation of 50 m and erosion of 25 m by which urban patches ("tache
/// urbaine") are usually drawn in France. IGN does not publish its own figures.
const CLOSING_M: i32 = 25;

/// Margin around the joined buildings, in metres.
const MARGIN_M: i32 = 25;

/// Parameters of [`built_zone`], in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltZoneRule {
    /// Buildings closer than twice this radius are joined.
    pub closing_radius: u32,
    /// Margin kept around the joined buildings.
    pub margin: u32,
}

/// Cells of the zone construite: buildings joined by a closing, then widened by a margin.
///
/// * `built`: true on built cells, shape (rows, cols); cells outside the territory are false.
///
/// The envelope is the dilation of the buildings by `closing_radius + margin` cells, eroded by
/// `closing_radius` cells, with Euclidean discs. The published specification says what the zone is
/// for, not how it is built: this rule is ours, and only the minimum mapping unit depends on it.
pub fn built_zone(built: ArrayView2<'_, bool>, rule: BuiltZoneRule) -> Array2<bool> {
    let joined = dilated(built, rule.closing_radius + rule.margin);
    eroded(joined.view(), rule.closing_radius)
}

/// The zone construite of a raster of couples; 0 is outside the territory and never in the zone.
///
/// * `cell`: side of a cell, in lattice steps.
pub fn of_couples(codes: ArrayView2<'_, u16>, units: &CaptureUnits, cell: i32) -> Array2<bool> {
    let built = codes.mapv(|code| units.is_built(Couple::from_cell(code).cs));
    let cells = |metres: i32| {
        let side = cell.max(1);
        ((metres * STEPS_PER_METRE + side / 2) / side) as u32
    };
    let rule = BuiltZoneRule { closing_radius: cells(CLOSING_M), margin: cells(MARGIN_M) };
    let mut zone = built_zone(built.view(), rule);
    zone.zip_mut_with(&codes, |inside, &code| *inside &= code != 0);
    zone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_buildings_share_a_zone_and_far_ones_do_not() {
        let mut built = Array2::from_elem((9, 60), false);
        for col in [10, 18, 50] {
            built[[4, col]] = true;
        }
        let zone = built_zone(built.view(), BuiltZoneRule { closing_radius: 5, margin: 1 });
        assert!((10..=18).all(|col| zone[[4, col]]), "the gap of 8 cells is closed");
        assert!(!zone[[4, 34]], "the gap of 32 cells stays open");
        assert!(zone[[4, 51]] && zone[[3, 50]], "an isolated building keeps its margin");
        assert!(!zone[[4, 53]]);
    }
}
