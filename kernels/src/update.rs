//! Decides the cover of every cell: the prior, unless the evidence clearly says otherwise.
//!
//! Two steps. [`fuse`] works on blocks: it adds up, per cell and class, what the imagery says
//! (smoothed, but not across contrasts), how plausible the way from the prior's class is, and what
//! the evidence layers say; it gives the best class and its lead over the prior's. [`decide()`] works
//! on the territory: cells that want another class form regions, and a region changes only when it
//! is large, sure and wide enough and is not better explained by a wrong code of the prior.
//!
//! After Maas, Rottensteiner and Heipke, "Classification under label noise based on outdated maps",
//! ISPRS Annals IV-1/W1, 2017 (change comes in clusters, label noise as a transition table); the
//! rule for objects is the project's own and is stated at [`decide()`].

use nomenclature::{ClassId, UpdateTables};
use serde::{Deserialize, Serialize};

pub mod confusion;
pub mod decide;
mod footprints;
pub mod fuse;
mod opening;
pub mod reason;
mod remnants;
mod seen_before;
mod smooth;
mod verdict;
mod wishes;

pub use confusion::{Confusion, ConfusionCounts};
pub use decide::{Correction, Decision, Territory, Units, decide};
pub use fuse::{Block, Fusion, Proposal, Seen, Shares};
pub(crate) use opening::opened;
pub use reason::Reason;
pub use wishes::{WishBlock, Wishes};

/// Margins are in 1/64 of a natural logarithm.
pub const MARGIN_ONE: f64 = 64.0;

/// Parameters of the update.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpdateParams {
    /// Weight of the prior's transition in a cell. Under 1, for the cells of a region change
    /// together: the doubt about a change is one per region, not one per cell.
    pub prior_weight: f64,
    /// Weight of the evidence terms.
    pub evidence_weight: f64,
    /// Weight of the predictions made elsewhere. Under 1, for they rest on the imagery that our own
    /// probabilities rest on.
    pub prediction_weight: f64,
    /// Passes of smoothing: also the halo that a block needs, in cells.
    pub smooth_passes: usize,
    /// Difference of bands across which smoothing falls by e.
    pub smooth_contrast: f64,
    /// Mean lead over the prior's class that a region needs, in natural logarithms.
    pub margin: f64,
    /// A change must hold squares of `2 * fringe_cells + 1` cells: narrower parts are the prior's
    /// geometry noise.
    pub fringe_cells: usize,
    /// Share of an object from which it is taken whole.
    pub whole_share: f64,
    /// As how many independent cells the imagery of the prior's date counts for an object.
    pub object_cells: f64,
    /// Times that the transitions are estimated again from what was decided with them, as in an EM
    /// algorithm. On generated territories (seeds 7, 1, 3, 11) one pass found as many changes or one
    /// more, up to 1.2 points more of their ground, at the same false change; a second pass added
    /// nothing and each takes as long as the first decision.
    pub estimations: u32,
    /// How many hectares of a cover the stated transitions are worth in that.
    pub estimation_ha: f64,
}

impl Default for UpdateParams {
    fn default() -> Self {
        Self {
            prior_weight: 0.5,
            evidence_weight: 1.0,
            prediction_weight: 0.5,
            smooth_passes: 4,
            smooth_contrast: 16.0,
            margin: 1.0,
            fringe_cells: 2,
            whole_share: 0.8,
            object_cells: 4.0,
            estimations: 1,
            estimation_ha: 50.0,
        }
    }
}

/// Why an update cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// Arrays that line up on the same cells do not.
    #[error("{what} has shape {got:?}, expected {expected:?}")]
    Shape {
        /// The array.
        what: &'static str,
        /// Its shape.
        got: Vec<usize>,
        /// The shape expected.
        expected: Vec<usize>,
    },
    /// A class is not of the nomenclature of the tables.
    #[error("class {} is not of the nomenclature, which has {n_classes} covers", class.0)]
    Class {
        /// The class.
        class: ClassId,
        /// Number of covers known.
        n_classes: usize,
    },
    /// A parameter is out of its range.
    #[error("update parameter `{name}` is {got}, expected {expected}")]
    Param {
        /// Name of the parameter.
        name: &'static str,
        /// Value given.
        got: f64,
        /// Range expected.
        expected: &'static str,
    },
}

impl UpdateParams {
    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// [`UpdateError::Param`] for the first one that is not.
    pub fn check(&self) -> Result<(), UpdateError> {
        let weight = |v: f64| (0.0..=10.0).contains(&v);
        let checks = [
            ("prior_weight", self.prior_weight, weight(self.prior_weight), "0 to 10"),
            ("evidence_weight", self.evidence_weight, weight(self.evidence_weight), "0 to 10"),
            (
                "prediction_weight",
                self.prediction_weight,
                weight(self.prediction_weight),
                "0 to 10",
            ),
            ("smooth_passes", self.smooth_passes as f64, self.smooth_passes <= 64, "0 to 64"),
            ("smooth_contrast", self.smooth_contrast, self.smooth_contrast > 0.0, "above 0"),
            ("margin", self.margin, (0.0..=100.0).contains(&self.margin), "0 to 100"),
            ("fringe_cells", self.fringe_cells as f64, self.fringe_cells <= 16, "0 to 16"),
            (
                "whole_share",
                self.whole_share,
                self.whole_share > 0.5 && self.whole_share <= 1.0,
                "above 0.5, at most 1",
            ),
            (
                "object_cells",
                self.object_cells,
                (0.0..=1e3).contains(&self.object_cells),
                "0 to 1000",
            ),
            ("estimations", f64::from(self.estimations), self.estimations <= 4, "0 to 4"),
            (
                "estimation_ha",
                self.estimation_ha,
                self.estimation_ha > 0.0 && self.estimation_ha <= 1e7,
                "above 0, at most 10000000",
            ),
        ];
        match checks.into_iter().find(|(_, _, ok, _)| !ok) {
            Some((name, got, _, expected)) => Err(UpdateError::Param { name, got, expected }),
            None => Ok(()),
        }
    }
}

/// How often an object of the prior of one class carries the code of a given other one.
fn mislabel_rate(tables: &UpdateTables, n_classes: usize) -> f64 {
    tables.label_noise / (n_classes.max(2) - 1) as f64
}

fn shape(what: &'static str, got: &[usize], expected: &[usize]) -> Result<(), UpdateError> {
    if got == expected {
        return Ok(());
    }
    Err(UpdateError::Shape { what, got: got.to_vec(), expected: expected.to_vec() })
}

#[cfg(test)]
mod oracle;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod chain_tests;
