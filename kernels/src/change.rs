//! True change apart from noise: what lies behind a difference between two vintages.
//!
//! Two facts carry the rule.
//!
//! * Where a coverage is compared with itself displaced by `v`, no disc wider than `|v|` fits in a
//!   changed piece. (A piece that went from A to B lies in A and outside A displaced; a disc in it
//!   is therefore disjoint from its own image by `-v`.) Two boundaries that are each known within
//!   a tolerance differ by less than twice the tolerance. The capture rules ask 5 m of a road and
//!   10 m of other covers. So the *largest disc that fits* separates noise from change; mean width
//!   alone does not, because one real parcel tied to a long sliver has a small mean width.
//! * Under a displacement, ground that has the piece's newer code in the older vintage, and ground
//!   that has its older code in the newer vintage, both lie against the piece: the two sides of
//!   the boundary that moved.
//!
//! In this order: a piece that a published corrective patch or accepted corrections account for is a
//! `correction`; one whose two codes mean the same is `nomenclature`; a piece narrower than twice the
//! tolerance whose two sides are both found is a `shift`; any other piece as narrow, or under the
//! minimum unit without being part of an object that came or went, is a `threshold`; the rest is
//! `real`. (A house of 203 m2 was
//! captured; that half a metre of noise, or a limit between two former parcels, leaves 195 m2 of it
//! in one piece does not put it under its unit of 200 m2.) Nothing is deleted: each [`Finding`] keeps the measures behind it.

use std::f64::consts::PI;

use nomenclature::Couple;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::lattice::{Polygon, STEPS_PER_METRE, area_m2};

mod disc;
mod neighbours;
#[cfg(test)]
mod tests;

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
    /// The prior vintage was wrong and a published or accepted correction says so.
    Correction,
}

impl ChangeKind {
    /// Every kind, in the order of publication.
    pub const ALL: [Self; 5] =
        [Self::Real, Self::Shift, Self::Threshold, Self::Nomenclature, Self::Correction];
}

/// Connected ground of one couple before and one couple after, changed or not.
///
/// Pieces come from one arrangement: neighbours share their vertices exactly.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// Its shape.
    pub polygon: &'a Polygon,
    /// Cover and usage in the older vintage.
    pub before: Couple,
    /// Cover and usage in the newer vintage.
    pub after: Couple,
    /// Minimum mapping unit of the place and class, doubled, in square lattice steps.
    pub twice_area_min: i128,
    /// Whether it lies in an object, of either vintage, that is over its own minimum unit and most
    /// of which changed: the object came or went, so its own area is the one that counts.
    pub is_of_object: bool,
    /// Whether a published corrective patch or accepted corrections account for it.
    pub patched: bool,
}

/// How far boundaries may be off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// Accuracy of a boundary in either vintage, in metres.
    pub tolerance_m: f64,
}

impl Default for Rules {
    /// One metre: five pixels of the 20 cm orthophotograph, a fifth of the narrowest road.
    fn default() -> Self {
        Self { tolerance_m: 1.0 }
    }
}

/// What a changed piece is, and the measures that say so.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The class.
    pub kind: ChangeKind,
    /// Diameter of the largest disc that fits, in metres: a lower bound within an eighth of the
    /// tolerance; the search stops at twice the tolerance.
    pub disc_m: f64,
    /// Mean width in metres: twice the area over the perimeter.
    pub mean_width_m: f64,
    /// Compactness: 4 pi area / perimeter², 1 for a disc.
    pub compactness: f64,
    /// Share of the perimeter along one of the two sides of a displaced boundary, in 0..=1.
    pub displaced_share: f64,
}

/// Classes every changed piece; `None` where both couples are equal.
///
/// * `is_alike`: whether a couple of the older vintage and one of the newer may be the same ground
///   under two codes, because one was renamed, merged or split; equal couples are.
///
/// Give the unchanged pieces too, at least those that touch a changed one: they are the evidence
/// of a displacement. One sort of the vertices of changed pieces, then one search per narrow piece
/// on rayon's threads; the result does not depend on them.
///
/// A sliver of the same two couples as a real change that it touches belongs to that change: it is
/// one piece.
pub fn classify(
    pieces: &[Piece<'_>],
    rules: Rules,
    is_alike: impl Fn(Couple, Couple) -> bool + Sync,
) -> Vec<Option<Finding>> {
    let sides = neighbours::sides(pieces, &is_alike);
    let judged = |(piece, sides): (&Piece<'_>, neighbours::Sides)| {
        let is_renamed = is_alike(piece.before, piece.after);
        (piece.before != piece.after).then(|| judge(piece, sides, is_renamed, rules))
    };
    pieces.par_iter().zip(sides).map(judged).collect()
}

fn judge(piece: &Piece<'_>, sides: neighbours::Sides, is_renamed: bool, rules: Rules) -> Finding {
    let perimeter_m = piece.polygon.perimeter_m();
    let twice_area = piece.polygon.twice_area();
    let area_m2 = area_m2(twice_area);
    let mean_width_m = 2.0 * area_m2 / perimeter_m;
    let disc_m = disc::diameter_m(piece.polygon, mean_width_m, 2.0 * rules.tolerance_m);
    let narrow = disc_m < 2.0 * rules.tolerance_m;
    let kind = if piece.patched {
        ChangeKind::Correction
    } else if is_renamed {
        ChangeKind::Nomenclature
    } else if narrow && sides.old && sides.new {
        ChangeKind::Shift
    } else if narrow || (twice_area < piece.twice_area_min && !piece.is_of_object) {
        ChangeKind::Threshold
    } else {
        ChangeKind::Real
    };
    Finding {
        kind,
        disc_m,
        mean_width_m,
        compactness: 4.0 * PI * area_m2 / (perimeter_m * perimeter_m),
        displaced_share: (sides.displaced_m / perimeter_m).min(1.0),
    }
}

/// Lattice steps of a length in metres.
fn steps(length_m: f64) -> f64 {
    length_m * f64::from(STEPS_PER_METRE)
}
