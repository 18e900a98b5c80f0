//! What became of a correction in the next version of a vintage: one verdict each.
//!
//! A correction says that some ground of a vintage (its version "before") has one code and should
//! have another. The next version either takes it over, in whole or in part, or leaves the ground as
//! it was, or gives it a third code. Everything is a sum of areas over the faces on which both
//! versions and the correction lie, so verdicts need no geometry here.

use std::collections::BTreeMap;

use nomenclature::ClassId;

/// Shares that part the verdicts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FateRules {
    /// Least share of the ground that has the proposed code when a correction counts as applied.
    ///
    /// Not 1: the version redraws outlines by up to the accuracy of the product (1 m), which on an
    /// object of the minimum unit moves a few per cent of the ground.
    pub applied: f64,
    /// Least share for a correction that counts as applied in part; under it a strip along a
    /// redrawn outline would count.
    pub partly: f64,
    /// Least share of the ground that both versions must cover.
    pub assessable: f64,
}

impl Default for FateRules {
    fn default() -> Self {
        Self { applied: 0.9, partly: 0.1, assessable: 0.5 }
    }
}

/// The ground of one correction, in doubled square lattice steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ground {
    /// The area of the correction's outline.
    pub area: i128,
    /// Area by the codes before and after, in the dimension of the correction; nodata where a
    /// version has no polygon or no known code.
    pub codes: BTreeMap<(ClassId, ClassId), i128>,
}

/// Why nothing can be said of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unassessable {
    /// The correction has no ground: its outline is empty.
    NoGround,
    /// Most of its ground is not covered by both versions.
    NotCovered,
    /// It proposes no code, so nothing can be looked for.
    NoProposal,
    /// Its ground had the proposed code already.
    AlreadyRight,
    /// Most of its ground did not have the code that it wants corrected.
    OtherCodeBefore,
}

/// The one verdict of a correction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    /// The ground has the proposed code.
    Applied {
        /// Share of the covered ground with the proposed code.
        share: f64,
    },
    /// A part of the ground has the proposed code.
    Partly {
        /// That part, as a share of the covered ground.
        share: f64,
    },
    /// The ground kept the code that it had.
    Ignored,
    /// The ground has another code, neither the one it had nor the one proposed.
    Superseded {
        /// The code of most of that ground; of equals, the first in the nomenclature.
        by: ClassId,
    },
    /// Nothing can be said.
    NotAssessable(Unassessable),
}

/// Judges one correction.
///
/// * `current`: the code that it wants corrected, when it says so; otherwise whatever was there.
/// * `proposed`: the code that it wants.
///
/// Exactly one verdict. Ground that had the proposed code before counts neither for nor against: it
/// is taken off the ground to look at.
pub fn fate(
    ground: &Ground,
    current: Option<ClassId>,
    proposed: Option<ClassId>,
    rules: FateRules,
) -> Fate {
    let Some(proposed) = proposed else { return Fate::NotAssessable(Unassessable::NoProposal) };
    if ground.area <= 0 {
        return Fate::NotAssessable(Unassessable::NoGround);
    }
    let known = || {
        let codes = ground.codes.iter();
        codes.filter(|((before, after), _)| !before.is_nodata() && !after.is_nodata())
    };
    let sum = |is: &dyn Fn(ClassId, ClassId) -> bool| -> i128 {
        known().filter(|((before, after), _)| is(*before, *after)).map(|(_, &area)| area).sum()
    };
    let covered = sum(&|_, _| true);
    if under(covered, ground.area, rules.assessable) {
        return Fate::NotAssessable(Unassessable::NotCovered);
    }
    let wrong = sum(&|before, _| before != proposed);
    if under(wrong, covered, rules.partly) {
        return Fate::NotAssessable(Unassessable::AlreadyRight);
    }
    if let Some(current) = current
        && under(sum(&|before, _| before == current), wrong, 0.5)
    {
        return Fate::NotAssessable(Unassessable::OtherCodeBefore);
    }
    let now = sum(&|before, after| before != proposed && after == proposed);
    let share = now as f64 / wrong as f64;
    if !under(now, wrong, rules.applied) {
        return Fate::Applied { share };
    }
    if !under(now, wrong, rules.partly) {
        return Fate::Partly { share };
    }
    let is_third = |before: ClassId, after| after != before && after != proposed;
    let kept = sum(&|before, after| before != proposed && after == before);
    if sum(&|before, after| before != proposed && is_third(before, after)) <= kept {
        return Fate::Ignored;
    }
    let mut by_code: BTreeMap<ClassId, i128> = BTreeMap::new();
    for (&(before, after), &area) in known() {
        if before != proposed && is_third(before, after) {
            *by_code.entry(after).or_default() += area;
        }
    }
    let most = by_code.into_iter().max_by_key(|&(code, area)| (area, std::cmp::Reverse(code)));
    Fate::Superseded { by: most.map_or(ClassId::NODATA, |(code, _)| code) }
}

/// Whether a part is less than a share of a whole.
fn under(part: i128, whole: i128, share: f64) -> bool {
    (part as f64) < share * whole as f64
}

#[cfg(test)]
mod tests;
