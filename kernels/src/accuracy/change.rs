//! How right a change is, cell by cell and region by region, where both dates are known.

use ndarray::{Array2, ArrayView2, Zip};
use nomenclature::ClassId;
use serde::Serialize;

use super::{AccuracyError, Share, same_shape};
use crate::label::label;
use crate::plane::Plane;

/// Four maps of [`ClassId`]s on the same cells; 0 is nodata.
#[derive(Debug, Clone, Copy)]
pub struct ChangeMaps<'a> {
    /// What the ground was.
    pub truth_before: ArrayView2<'a, u8>,
    /// What the ground is.
    pub truth_after: ArrayView2<'a, u8>,
    /// What the prior said, errors included.
    pub prior: ArrayView2<'a, u8>,
    /// What the new vintage says.
    pub vintage: ArrayView2<'a, u8>,
}

/// How right the change between a prior and its next vintage is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ChangeAccuracy {
    /// Cells known in all four maps.
    pub cells: u64,
    /// Cells that truly changed.
    pub cells_changed: u64,
    /// Those of them that the vintage changed to what they truly became.
    pub cells_found: u64,
    /// Cells that the vintage changed.
    pub cells_said: u64,
    /// Cells that the vintage changed though the ground did not.
    pub cells_false: u64,
    /// Those of them where the prior was wrong and the vintage is right.
    pub cells_put_right: u64,
    /// Of the true changes over the unit, those of which half was seen to become what it is.
    pub recall: Share,
    /// Of the changes of the vintage, those of which half truly changed.
    pub precision: Share,
}

impl ChangeAccuracy {
    /// Share of the territory that the vintage changed though the ground did not.
    pub fn false_share(&self) -> f64 {
        self.cells_false as f64 / self.cells.max(1) as f64
    }
}

/// Compares the change that a vintage shows with the true one.
///
/// * `unit_cells`: the minimum unit of a cover in cells; true changes under it are not asked for.
///
/// A region is a 4-connected set of cells that became the same class. A true region counts as seen
/// when at least half of its cells changed in the vintage to the class that they truly became; a
/// region of the vintage counts as right when at least half of its cells truly changed.
///
/// # Errors
/// [`AccuracyError::Shape`] when the maps have not the same shape.
pub fn change_accuracy(
    maps: &ChangeMaps<'_>,
    unit_cells: &dyn Fn(ClassId) -> f64,
) -> Result<ChangeAccuracy, AccuracyError> {
    same_shape("truth_after", &maps.truth_after, &maps.truth_before)?;
    same_shape("prior", &maps.prior, &maps.truth_before)?;
    same_shape("vintage", &maps.vintage, &maps.truth_before)?;
    let known = maps.known();
    let truth = changed(&maps.truth_before, &maps.truth_after, &known);
    let said = changed(&maps.prior, &maps.vintage, &known);
    let true_regions = label(truth.view());
    let seen = true_regions.count(&Plane::of(mask(&truth, |at| truth[at] == said[at]).view()));
    let asked: Vec<usize> = (0..seen.len())
        .filter(|&i| {
            let region = &true_regions.regions[i];
            region.n_cells as f64 >= unit_cells(ClassId(region.value as u8))
        })
        .collect();
    let found = asked.iter().filter(|&&i| 2 * seen[i] >= true_regions.regions[i].n_cells).count();
    let said_regions = label(said.view());
    let held = said_regions.count(&Plane::of(mask(&said, |at| truth[at] != 0).view()));
    let right = held.iter().zip(&said_regions.regions).filter(|(n, r)| 2 * **n >= r.n_cells);
    let count = |holds: &dyn Fn((usize, usize)) -> bool| {
        mask(&said, holds).iter().filter(|&&v| v).count() as u64
    };
    let is_false = |at| said[at] != 0 && truth[at] == 0;
    let is_put_right =
        |at: (usize, usize)| is_false(at) && maps.vintage[at] == maps.truth_after[at];
    Ok(ChangeAccuracy {
        cells: count(&|at| known[at]),
        cells_changed: count(&|at| truth[at] != 0),
        cells_found: count(&|at| said[at] != 0 && said[at] == truth[at]),
        cells_said: count(&|at| said[at] != 0),
        cells_false: count(&is_false),
        cells_put_right: count(&is_put_right),
        recall: Share::of(found as u64, asked.len() as u64),
        precision: Share::of(right.count() as u64, held.len() as u64),
    })
}

impl ChangeMaps<'_> {
    fn known(&self) -> Array2<bool> {
        Array2::from_shape_fn(self.prior.dim(), |at| {
            [self.truth_before[at], self.truth_after[at], self.prior[at], self.vintage[at]]
                .iter()
                .all(|&class| class != 0)
        })
    }
}

/// The class that each changed cell took, 0 elsewhere.
fn changed(
    before: &ArrayView2<'_, u8>,
    after: &ArrayView2<'_, u8>,
    known: &Array2<bool>,
) -> Array2<u16> {
    Zip::from(before)
        .and(after)
        .and(known)
        .map_collect(|&b, &a, &k| if k && a != b { u16::from(a) } else { 0 })
}

fn mask(like: &Array2<u16>, holds: impl Fn((usize, usize)) -> bool) -> Array2<bool> {
    Array2::from_shape_fn(like.dim(), holds)
}
