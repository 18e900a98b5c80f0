//! The capture rules of a product, as the units and distances of couples on cells.

use nomenclature::{CaptureUnits, ClassId, Couple, Dimension, Nomenclature};

use super::{Candidate, CaptureRule, ShapeRule};
use crate::lattice::STEPS_PER_METRE;

/// Square lattice steps in one square metre.
const STEPS_SQ_PER_M2: f64 = (STEPS_PER_METRE as f64) * (STEPS_PER_METRE as f64);

/// How much a step between covers weighs against a step between usages.
const COVER_WEIGHT: u32 = 16;

/// Units and distances for rasters of [`Couple::to_cell`] codes.
///
/// A region is in the zone construite when at least half of its cells are. The distance is the
/// number of edges between the covers in the nomenclature's tree, then between the usages.
#[derive(Debug, Clone, Copy)]
pub struct CoupleUnits<'a> {
    units: &'a CaptureUnits,
    nomenclature: &'a Nomenclature,
    cell: i32,
}

impl<'a> CoupleUnits<'a> {
    /// The rule for cells of side `cell` lattice steps.
    pub fn new(units: &'a CaptureUnits, nomenclature: &'a Nomenclature, cell: i32) -> Self {
        Self { units, nomenclature, cell }
    }

    fn edges(&self, dimension: Dimension, a: ClassId, b: ClassId) -> u32 {
        if a == b { 0 } else { self.nomenclature.semantic_distance(dimension, a, b) }
    }
}

impl CaptureRule for CoupleUnits<'_> {
    fn min_cells(&self, candidate: &Candidate) -> u64 {
        let is_in_zone = 2 * candidate.n_zone_cells >= candidate.n_cells;
        let couple = Couple::from_cell(candidate.value);
        cells_of_area(self.units.min_area_m2(couple, is_in_zone), self.cell)
    }

    fn distance(&self, from: u16, to: u16) -> u32 {
        let (from, to) = (Couple::from_cell(from), Couple::from_cell(to));
        COVER_WEIGHT * self.edges(Dimension::Cover, from.cs, to.cs)
            + self.edges(Dimension::Usage, from.us, to.us)
    }

    fn is_last_resort(&self, from: u16, to: u16) -> bool {
        self.is_network(from) && !self.is_network(to)
    }
}

impl ShapeRule for CoupleUnits<'_> {
    fn min_width(&self, value: u16) -> u32 {
        cells_of_width(self.units.min_width_m(Couple::from_cell(value)), self.cell)
    }

    fn is_network(&self, value: u16) -> bool {
        self.units.is_network_couple(Couple::from_cell(value))
    }

    fn is_built(&self, value: u16) -> bool {
        self.units.is_built(Couple::from_cell(value).cs)
    }

    fn is_free_ground(&self, value: u16) -> bool {
        let is_water = self.units.is_water(Couple::from_cell(value).cs);
        !is_water && !self.is_built(value) && !self.is_network(value)
    }

    fn isolated_built_cells(&self) -> (u64, u64) {
        let rules = self.units.rules();
        let [from, to] = [rules.isolated_built_from_m2, rules.isolated_built_to_m2]
            .map(|area_m2| cells_of_area(area_m2, self.cell));
        (from, to)
    }
}

/// The smallest number of cells of side `cell` lattice steps that covers an area.
///
/// The area is rounded to square lattice steps first, so 500 m2 is 500 cells of 1 m exactly.
pub fn cells_of_area(area_m2: f64, cell: i32) -> u64 {
    let area = (area_m2 * STEPS_SQ_PER_M2).round().max(0.0) as u64;
    let side = cell.unsigned_abs().max(1).into();
    let cell_area: u64 = u64::checked_mul(side, side).unwrap_or(u64::MAX);
    area.div_ceil(cell_area)
}

/// The largest number of cells of side `cell` lattice steps in a row that is no longer than a width.
///
/// The width is rounded to lattice steps first, so 5 m is 5 cells of 1 m exactly.
pub fn cells_of_width(width_m: f64, cell: i32) -> u32 {
    let width = (width_m * f64::from(STEPS_PER_METRE)).round().max(0.0) as u32;
    width / cell.unsigned_abs().max(1)
}

#[cfg(test)]
mod tests {
    use nomenclature::CaptureRules;

    use super::*;

    fn cell(nomenclature: &Nomenclature, cs: &str, us: &str) -> u16 {
        let find = |dimension, code| nomenclature.find(dimension, code).unwrap();
        Couple { cs: find(Dimension::Cover, cs), us: find(Dimension::Usage, us) }.to_cell()
    }

    #[test]
    fn built_regions_have_200_m2_and_others_500_in_the_zone_and_2500_outside() {
        let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
        let units = CaptureRules::builtin("ocsge-2-0").unwrap().compile(&ocsge).unwrap();
        let rule = CoupleUnits::new(&units, &ocsge, 200);
        let min =
            |value, n_zone_cells| rule.min_cells(&Candidate { value, n_cells: 10, n_zone_cells });
        let built = cell(&ocsge, "CS1.1.1.1", "US5");
        let grass = cell(&ocsge, "CS2.2.1", "US1.1");
        assert_eq!([min(built, 10), min(grass, 5), min(grass, 4)], [50, 125, 625]);
    }

    #[test]
    fn covers_count_before_usages() {
        let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
        let units = CaptureRules::builtin("ocsge-2-0").unwrap().compile(&ocsge).unwrap();
        let rule = CoupleUnits::new(&units, &ocsge, 100);
        let from = cell(&ocsge, "CS1.1.1.1", "US5");
        let other_usage = cell(&ocsge, "CS1.1.1.1", "US1.1");
        let other_cover = cell(&ocsge, "CS1.1.1.2", "US5");
        assert_eq!(rule.distance(from, from), 0);
        assert!(rule.distance(from, other_usage) < rule.distance(from, other_cover));
    }

    #[test]
    fn an_area_is_rounded_up_to_whole_cells() {
        assert_eq!(cells_of_area(500.0, 100), 500);
        assert_eq!(cells_of_area(500.1, 100), 501);
        assert_eq!(cells_of_area(200.0, 20), 5000);
        assert_eq!(cells_of_area(0.0, 100), 0);
    }

    #[test]
    fn a_width_is_rounded_down_to_whole_cells() {
        assert_eq!([cells_of_width(5.0, 100), cells_of_width(5.0, 20)], [5, 25]);
        assert_eq!([cells_of_width(5.0, 200), cells_of_width(0.0, 100)], [2, 0]);
    }

    #[test]
    fn roads_are_narrow_below_5_m_forestry_below_20_and_buildings_never() {
        let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
        let units = CaptureRules::builtin("ocsge-2-0").unwrap().compile(&ocsge).unwrap();
        let rule = CoupleUnits::new(&units, &ocsge, 100);
        let (road, wood) =
            (cell(&ocsge, "CS1.1.1.2", "US4.1.1"), cell(&ocsge, "CS2.1.1.1", "US1.2"));
        let (house, lake) = (cell(&ocsge, "CS1.1.1.1", "US5"), cell(&ocsge, "CS1.2.2", "US6.3"));
        assert_eq!([road, wood, house, lake].map(|code| rule.min_width(code)), [5, 20, 0, 10]);
        assert_eq!(
            [road, wood, house, lake].map(|c| rule.is_free_ground(c)),
            [false, true, false, false]
        );
        assert!(rule.is_last_resort(road, wood) && !rule.is_last_resort(wood, road));
        assert_eq!(rule.isolated_built_cells(), (50, 200));
        let cs = ocsge.find(Dimension::Cover, "CS1.1.1.2").unwrap();
        let paved = Couple { cs, us: nomenclature::ClassId::NODATA }.to_cell();
        assert!(rule.is_network(paved), "where no usage is known the cover decides");
    }
}
