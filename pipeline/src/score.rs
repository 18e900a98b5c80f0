//! How right a result is on a generated territory, whose truth is known everywhere.
//!
//! Everything is counted on the working grid, all cells of the territory, so shares of ground are a
//! census of that territory and have no sampling error; shares of objects carry Wilson's interval
//! at 95 %, for the objects drawn stand for those that another seed would draw. Terms:
//!
//! * **agreement**: share of the cells whose class is the truth's of the second date. The baseline
//!   is the prior vintage taken as the new one, *no update*.
//! * **true change**: a cell whose class differs between the truths of the two dates.
//! * **said change**: a cell whose class differs between the prior and the result.
//! * **recall**, of ground: share of the true change that the result says, with the class that it
//!   truly became; of objects: share of the true regions over the minimum unit of which half is so.
//! * **precision**, of ground: share of the said change that truly changed; of objects: share of
//!   the said regions of which half truly changed.
//! * **false change**: said change where the ground did not change, as a share of the territory. It
//!   is *a wrong label put right* (the result is right, and the prior's code of that object was
//!   wrong: right on the map, wrong as a change), *an outline put right* (the result is right, and
//!   the prior's limit was off) or *plainly false* (the result is wrong).
//! * **errors at limits**: cells of a wrong couple at most [`NEAR_CELLS`] cells from a true limit;
//!   the others are errors of class.

use std::collections::BTreeSet;
use std::path::Path;

use kernels::accuracy::{ChangeAccuracy, ChangeMaps, Share, change_accuracy};
use ndarray::{Array2, Zip};
use nomenclature::{ClassId, Couple};
use serde::Serialize;

use crate::error::{Error, InputError};

mod ground;
mod labels;
mod text;

use ground::Ground;
pub use labels::LabelScore;

/// How far from a true limit a wrong cell is still counted as an error of outline, in cells.
pub const NEAR_CELLS: usize = 2;

/// How right a result is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Cells of the territory.
    pub cells: u64,
    /// Ground area of a cell.
    pub cell_area_m2: f64,
    /// By cover alone.
    pub cover: ClassScore,
    /// By couple of cover and usage.
    pub couple: ClassScore,
    /// Share of the cells with a wrong couple near a true limit.
    pub wrong_at_limits: f64,
    /// Share of the cells with a wrong couple elsewhere.
    pub wrong_inside: f64,
    /// What became of the wrong covers of the prior.
    pub labels: LabelScore,
}

/// How right classes are, and their changes; see the terms of the module.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassScore {
    /// Share of the cells where the result is the truth.
    pub agreement: f64,
    /// The same for the prior taken as the result.
    pub agreement_without_update: f64,
    /// Share of the territory that truly changed.
    pub true_change: f64,
    /// Share of the true change that the result says.
    pub recall: f64,
    /// Share of the said change that truly changed.
    pub precision: f64,
    /// Of the true regions over the minimum unit outside the zone construite, those seen.
    pub recall_objects: Share,
    /// Of the true regions over the minimum unit inside it, those seen, wherever they lie.
    pub recall_objects_fine: Share,
    /// Of the said regions, those of which half truly changed.
    pub precision_objects: Share,
    /// False change, as a share of the territory.
    pub false_change: f64,
    /// Its part that puts a wrong label of the prior right.
    pub false_label: f64,
    /// Its part that puts an outline of the prior right.
    pub false_outline: f64,
    /// Its part where the result is wrong.
    pub false_plain: f64,
}

/// Compares the folder of one vintage's results with the truth of the sample that it was made from.
///
/// # Errors
/// [`Error::Config`] when the sample has no valid configuration; [`Error::Input`] or
/// [`Error::Read`] when a file of the truth or of the result is missing, cannot be read, or holds
/// more couples than can be told apart.
pub fn score(result: &Path, sample: &Path) -> Result<Score, Error> {
    let ground = Ground::read(result, sample)?;
    let wrong = ground.wrong_labels()?;
    let is_wrong = ground.objects_of(&wrong);
    let capture = &ground.config.capture;
    let unit =
        |couple: Couple, fine: bool| capture.min_area_m2(couple, fine) / ground.grid.cell_area_m2();
    let cover = ground.maps(|couple| couple.cs.0);
    let of_cover = |class: ClassId, fine| unit(Couple { cs: class, us: ClassId::NODATA }, fine);
    let couples = ground.couples();
    if couples.len() > usize::from(u8::MAX) {
        let what = "more couples than can be told apart";
        return Err(InputError::new(result, what)
            .got(couples.len())
            .expected("at most 255")
            .into());
    }
    let rank = |couple: Couple| couples.binary_search(&couple.to_cell()).map_or(0, |r| r as u8 + 1);
    let couple = ground.maps(rank);
    let of_couple =
        |class: ClassId, fine| unit(Couple::from_cell(couples[usize::from(class.0) - 1]), fine);
    let (wrong_at_limits, wrong_inside) = couple.errors();
    Ok(Score {
        cells: couple.n_known(),
        cell_area_m2: ground.grid.cell_area_m2(),
        cover: cover.score(&is_wrong, &of_cover)?,
        couple: couple.score(&is_wrong, &of_couple)?,
        wrong_at_limits,
        wrong_inside,
        labels: ground.label_score(&wrong, &cover)?,
    })
}

/// Four maps of classes on the same cells.
struct Maps {
    truth_before: Array2<u8>,
    truth_after: Array2<u8>,
    prior: Array2<u8>,
    vintage: Array2<u8>,
}

impl Maps {
    fn is_known(&self, at: (usize, usize)) -> bool {
        [&self.truth_before, &self.truth_after, &self.prior, &self.vintage]
            .iter()
            .all(|map| map[at] != 0)
    }

    fn n_known(&self) -> u64 {
        self.count(|_| true)
    }

    /// Known cells for which something holds.
    fn count(&self, holds: impl Fn((usize, usize)) -> bool) -> u64 {
        let cells = self.prior.indexed_iter().map(|(at, _)| at);
        cells.filter(|&at| self.is_known(at) && holds(at)).count() as u64
    }

    fn is_false_change(&self, at: (usize, usize)) -> bool {
        self.prior[at] != self.vintage[at] && self.truth_before[at] == self.truth_after[at]
    }

    fn score(
        &self,
        is_wrong: &Array2<bool>,
        unit_cells: &dyn Fn(ClassId, bool) -> f64,
    ) -> Result<ClassScore, Error> {
        let accuracy = |fine: bool| -> Result<ChangeAccuracy, Error> {
            let maps = ChangeMaps {
                truth_before: self.truth_before.view(),
                truth_after: self.truth_after.view(),
                prior: self.prior.view(),
                vintage: self.vintage.view(),
            };
            change_accuracy(&maps, &|class| unit_cells(class, fine))
                .map_err(|error| Error::internal(error.to_string()))
        };
        let (change, fine) = (accuracy(false)?, accuracy(true)?);
        let share = |part: u64, of: u64| part as f64 / of as f64;
        let of_all = |part: u64| share(part, change.cells);
        let is_right = |at| self.vintage[at] == self.truth_after[at];
        let put_right = |at| self.is_false_change(at) && is_right(at);
        Ok(ClassScore {
            agreement: of_all(self.count(is_right)),
            agreement_without_update: of_all(
                self.count(|at| self.prior[at] == self.truth_after[at]),
            ),
            true_change: of_all(change.cells_changed),
            recall: share(change.cells_found, change.cells_changed),
            precision: share(change.cells_said - change.cells_false, change.cells_said),
            recall_objects: change.recall,
            recall_objects_fine: fine.recall,
            precision_objects: change.precision,
            false_change: of_all(change.cells_false),
            false_label: of_all(self.count(|at| put_right(at) && is_wrong[at])),
            false_outline: of_all(self.count(|at| put_right(at) && !is_wrong[at])),
            false_plain: of_all(change.cells_false - change.cells_put_right),
        })
    }

    /// Shares of the cells that are wrong near a true limit, and elsewhere.
    fn errors(&self) -> (f64, f64) {
        let near = near_limits(&self.truth_after, NEAR_CELLS);
        let is_wrong = |at| self.vintage[at] != self.truth_after[at];
        let all = self.n_known() as f64;
        let at_limits = self.count(|at| is_wrong(at) && near[at]) as f64;
        (at_limits / all, self.count(|at| is_wrong(at) && !near[at]) as f64 / all)
    }
}

/// The cells with another class within `reach` rows and columns.
fn near_limits(classes: &Array2<u8>, reach: usize) -> Array2<bool> {
    let (rows, cols) = classes.dim();
    let around = |i: usize, n: usize| i.saturating_sub(reach)..(i + reach + 1).min(n);
    let differs_in_row = Array2::from_shape_fn((rows, cols), |(row, col)| {
        around(col, cols).any(|c| classes[[row, c]] != classes[[row, col]])
    });
    Array2::from_shape_fn((rows, cols), |(row, col)| {
        around(row, rows)
            .any(|r| differs_in_row[[r, col]] || classes[[r, col]] != classes[[row, col]])
    })
}

/// The distinct couples of some maps, increasing, nodata left out.
fn distinct<'a>(maps: impl IntoIterator<Item = &'a Array2<u16>>) -> Vec<u16> {
    let mut seen = BTreeSet::new();
    for map in maps {
        let mut last = 0;
        Zip::from(map).for_each(|&couple| {
            if couple != last {
                seen.insert(couple);
                last = couple;
            }
        });
    }
    seen.remove(&0);
    seen.into_iter().collect()
}

#[cfg(test)]
mod tests;
