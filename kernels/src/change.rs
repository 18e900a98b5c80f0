//! What a change between two vintages is.

use serde::{Deserialize, Serialize};

/// What lies behind a difference between two vintages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// The ground changed.
    Real,
    /// A boundary was drawn elsewhere; the ground did not change.
    Shift,
    /// Below the minimum mapping unit or width: the capture rules cannot tell.
    Threshold,
    /// The same ground under another code of the nomenclature.
    Nomenclature,
    /// The prior vintage was wrong and a published correction says so.
    Correction,
}
