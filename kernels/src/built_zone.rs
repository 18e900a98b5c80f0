//! The zone construite: the built-up envelope that drives the minimum mapping unit.

use ndarray::{Array2, ArrayView2};
use nomenclature::{CaptureUnits, Couple};
use rayon::prelude::*;

use crate::distance::{dilated, eroded};
use crate::grid::Window;
use crate::lattice::STEPS_PER_METRE;
use crate::plane::{Edit, Plane, edits_between};

/// Half of the distance under which buildings are joined, in metres.
///
/// With [`MARGIN_M`]: the dilation of 50 m and erosion of 25 m by which urban patches ("tache
/// urbaine") are usually drawn in France. IGN does not publish its own figures.
const CLOSING_M: i32 = 25;

/// Margin around the joined buildings, in metres.
const MARGIN_M: i32 = 25;

/// Side of the blocks that are worked on apart, in cells; only a matter of speed.
const BLOCK: usize = 1024;

/// Parameters of [`built_zone`], in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltZoneRule {
    /// Buildings closer than twice this radius are joined.
    pub closing_radius: u32,
    /// Margin kept around the joined buildings.
    pub margin: u32,
}

impl BuiltZoneRule {
    /// How far away the buildings lie that decide a cell.
    fn reach(self) -> usize {
        (2 * self.closing_radius + self.margin) as usize
    }
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
pub fn of_couples(codes: &Plane<u16>, units: &CaptureUnits, cell: i32) -> Plane<bool> {
    let built = codes.map(|code| units.is_built(Couple::from_cell(code).cs));
    let cells = |metres: i32| {
        let side = cell.max(1);
        ((metres * STEPS_PER_METRE + side / 2) / side) as u32
    };
    let rule = BuiltZoneRule { closing_radius: cells(CLOSING_M), margin: cells(MARGIN_M) };
    zone_of_plane(&built, rule).zip(codes, |inside, code| inside && code != 0)
}

/// [`built_zone`] of a plane: only where there are buildings are cells looked at.
pub(crate) fn zone_of_plane(built: &Plane<bool>, rule: BuiltZoneRule) -> Plane<bool> {
    zone_in_blocks(built, rule, BLOCK.max(4 * rule.reach()))
}

/// [`built_zone`] of a plane, block by block: a cell is decided by those within both radii.
fn zone_in_blocks(built: &Plane<bool>, rule: BuiltZoneRule, side: usize) -> Plane<bool> {
    let edits_of = |block: Window| -> Vec<Edit<bool>> {
        let around = block.grown_within(rule.reach(), built.dim());
        if !built.any(around) {
            return Vec::new();
        }
        let zone = built_zone(built.window(around).view(), rule);
        let nothing = Array2::from_elem((block.rows, block.cols), false);
        edits_between(nothing.view(), around.part(zone.view(), &block), block)
    };
    let edits = Window::blocks(built.dim(), side).into_par_iter().flat_map_iter(edits_of);
    Plane::filled(built.dim(), false).edited(edits.collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn blocks_give_the_zone_of_the_whole(
            built in proptest::collection::vec(proptest::bool::weighted(0.03), 40 * 30),
            side in 1..20_usize, closing_radius in 0..5_u32, margin in 0..4_u32,
        ) {
            let built = Array2::from_shape_vec((40, 30), built).unwrap();
            let rule = BuiltZoneRule { closing_radius, margin };
            let whole = built_zone(built.view(), rule);
            let blocks = zone_in_blocks(&Plane::of(built.view()), rule, side);
            prop_assert_eq!(blocks.to_array(), whole);
        }
    }
}
