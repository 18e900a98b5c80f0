//! What generalising did to the areas of the polygons.

use std::collections::BTreeMap;

use kernels::arcs::ArcCoverage;
use kernels::generalise::{Generalised, Spread, Tolerance};
use kernels::lattice::{STEPS_PER_METRE, area_m2};
use serde_json::{Value, json};

use super::cells::Cells;
use crate::error::Error;
use crate::talk;
use crate::units::count;

/// Parts per million in one hundredth.
const PPM_PER_PERCENT: f64 = 10_000.0;

/// A generalisation, measured.
pub(super) struct Drawn {
    tolerance: Tolerance,
    n_points: [usize; 2],
    n_arcs_by_level: [usize; 3],
    /// The polygons of each code.
    pub(super) by_code: BTreeMap<u16, Spread>,
    /// All polygons.
    pub(super) all: Spread,
    /// Where the polygon begins whose area changed most, for its size.
    worst: Option<String>,
}

impl Drawn {
    /// Measures a generalisation.
    ///
    /// # Errors
    /// [`Error::Invariant`] when a polygon has left its bound.
    pub(super) fn of(
        result: &Generalised,
        traced: &ArcCoverage,
        tolerance: Tolerance,
        cells: &Cells,
    ) -> Result<Self, Error> {
        let (by_code, all) = result.spreads();
        let place = |face: usize| {
            let (row, col) = traced.faces()[face].first;
            cells.tiles.place(row as usize, col as usize)
        };
        let worst = all.worst.filter(|_| all.max_ppm > 0).map(place);
        if all.max_ppm > 1000 * tolerance.area_permille {
            let details = format!(
                "{} %, bound {} %: the polygon that begins at {}",
                percent(all.max_ppm),
                percent(1000 * tolerance.area_permille),
                worst.unwrap_or_default()
            );
            return Err(Error::invariant("polygon_drift_within_bound", details));
        }
        Ok(Self {
            tolerance,
            n_points: [traced.n_points(), result.coverage.n_points()],
            n_arcs_by_level: result.n_arcs_by_level,
            by_code,
            all,
            worst,
        })
    }

    /// Says how far the generalisation went.
    pub(super) fn say(&self) {
        let [fitted, half, kept] = self.n_arcs_by_level.map(|n| count(n as u64));
        let [before, after] = self.n_points.map(|n| count(n as u64));
        talk::line(&format!(
            "generalised: {after} points of {before} left; {fitted} arcs fitted, {half} at half the \
             tolerance, {kept} as they were"
        ));
        let all = &self.all;
        let place = self.worst.as_ref().map(|at| format!(", from {at}")).unwrap_or_default();
        talk::line(&format!(
            "area of a polygon: changed by {} % at most (bound {} %){place}; by {} % at most for 99 \
             in 100, by {} % on average; {} of {} kept theirs; {:.2} m2 changed sides, {:.3} % of \
             the ground",
            percent(all.max_ppm),
            percent(1000 * self.tolerance.area_permille),
            percent(all.p99_ppm),
            percent(all.mean_ppm),
            count(all.n_faces - all.n_moved),
            count(all.n_faces),
            area_m2(all.twice_won),
            100.0 * all.twice_won as f64 / (all.twice_before as f64).max(1.0),
        ));
    }

    /// The same for programs.
    pub(super) fn document(&self) -> Value {
        let [fitted, half, kept] = self.n_arcs_by_level;
        let [before, after] = self.n_points;
        json!({
            "tolerance_m": f64::from(self.tolerance.distance) / f64::from(STEPS_PER_METRE),
            "drift_percent_bound": f64::from(self.tolerance.area_permille) / 10.0,
            "arcs": { "fitted": fitted, "at_half_the_tolerance": half, "as_they_were": kept },
            "points": { "before": before, "after": after },
            "drift": document(&self.all),
            "largest_drift_at": self.worst,
        })
    }
}

/// Shares and areas of some polygons.
pub(super) fn document(spread: &Spread) -> Value {
    json!({
        "polygons": spread.n_faces,
        "polygons_of_other_area": spread.n_moved,
        "area_m2_before": area_m2(spread.twice_before),
        "area_m2_after": area_m2(spread.twice_after()),
        "area_m2_won": area_m2(spread.twice_won),
        "area_m2_lost": area_m2(spread.twice_lost),
        "percent_max": f64::from(spread.max_ppm) / PPM_PER_PERCENT,
        "percent_p99": f64::from(spread.p99_ppm) / PPM_PER_PERCENT,
        "percent_mean": f64::from(spread.mean_ppm) / PPM_PER_PERCENT,
    })
}

/// Parts per million as hundredths, with the four digits that they have.
pub(super) fn percent(ppm: u32) -> String {
    format!("{:.4}", f64::from(ppm) / PPM_PER_PERCENT)
}
