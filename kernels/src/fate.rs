//! What became of a correction in the next version of a vintage: one verdict each.
//!
//! A correction says that some ground of a vintage (its version "before") is wrong, and how it
//! should be. The next version either takes it over, in whole or in part, or leaves the ground as it
//! was, or makes a third thing of it. Everything is a sum of exact areas over the faces on which both
//! versions and the correction lie, so verdicts need no geometry here: [`Seen`] tells what a face
//! shows, [`Ground`] adds the faces up, [`fate`] judges.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use nomenclature::{ClassId, Couple};

/// Shares that part the verdicts, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FateRules {
    /// Least share of the wrong ground that is as proposed when a correction counts as applied.
    ///
    /// Not 100: the version redraws outlines by up to the accuracy of the product (1 m), which on an
    /// object of the minimum unit moves a few per cent of the ground.
    pub applied: u8,
    /// Least share for a correction that counts as applied in part; under it a strip along a
    /// redrawn outline would count.
    pub partly: u8,
    /// Least share of the ground that both versions must cover.
    pub assessable: u8,
    /// Least share of the wrong ground that had the code that the correction wants corrected.
    pub as_stated: u8,
}

impl Default for FateRules {
    fn default() -> Self {
        Self { applied: 90, partly: 10, assessable: 50, as_stated: 50 }
    }
}

/// What a piece of the ground of a correction shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A version has no polygon or no known code there.
    Unknown,
    /// It was as proposed already: it counts neither for nor against.
    Right,
    /// It was not as proposed.
    Wrong {
        /// Whether it had the code that the correction wants corrected.
        is_as_stated: bool,
        /// What it is now.
        now: Now,
    },
}

/// What wrong ground is in the next version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    /// As proposed.
    Fixed,
    /// As it was.
    Kept,
    /// Neither: it has this code; the dimensions that the correction is not about are nodata.
    Other(Couple),
}

impl Seen {
    /// What ground shows of a correction of codes.
    ///
    /// * `codes`: before and after; nodata where a version has no polygon or no known code.
    /// * `stated`: the code that the correction wants corrected; nodata when it does not say.
    /// * `proposed`: what it should be. Dimensions that are nodata here are not looked at.
    pub fn of_codes((before, after): (Couple, Couple), stated: Couple, proposed: Couple) -> Self {
        let [before, after, stated] =
            [before, after, stated].map(|couple| masked(couple, proposed));
        if !covers(before, proposed) || !covers(after, proposed) {
            return Self::Unknown;
        }
        if before == proposed {
            return Self::Right;
        }
        let is_stated = |stated: ClassId, before| stated.is_nodata() || stated == before;
        Self::Wrong {
            is_as_stated: is_stated(stated.cs, before.cs) && is_stated(stated.us, before.us),
            now: match after {
                after if after == proposed => Now::Fixed,
                after if after == before => Now::Kept,
                after => Now::Other(after),
            },
        }
    }

    /// What ground shows of a correction of the outline of an object, whatever its code.
    ///
    /// * `is_inside`: whether the proposed outline holds it.
    /// * `was`, `is`: whether the object held it before, and whether its successor holds it now.
    /// * `codes`: before and after; nodata where a version has no polygon.
    pub fn of_outline(is_inside: bool, (was, is): (bool, bool), codes: (Couple, Couple)) -> Self {
        let (before, after) = codes;
        if before == Couple::NODATA || after == Couple::NODATA {
            return Self::Unknown;
        }
        if was == is_inside {
            return Self::Right;
        }
        let now = match (is == is_inside, is_inside && after != before) {
            (true, _) => Now::Fixed,
            (false, true) => Now::Other(after),
            (false, false) => Now::Kept,
        };
        Self::Wrong { is_as_stated: true, now }
    }
}

/// A couple without the dimensions that another one lacks.
fn masked(couple: Couple, mask: Couple) -> Couple {
    let of = |id: ClassId, mask: ClassId| if mask.is_nodata() { ClassId::NODATA } else { id };
    Couple { cs: of(couple.cs, mask.cs), us: of(couple.us, mask.us) }
}

/// Whether a couple has a code in every dimension in which another one has.
fn covers(couple: Couple, other: Couple) -> bool {
    let has = |id: ClassId, other: ClassId| other.is_nodata() || !id.is_nodata();
    has(couple.cs, other.cs) && has(couple.us, other.us)
}

/// The ground of one correction: doubled areas in square lattice steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ground {
    /// All of it.
    pub all: i128,
    /// What cannot be told.
    pub unknown: i128,
    /// What was as proposed before.
    pub right: i128,
    /// Wrong ground that is as proposed now.
    pub fixed: i128,
    /// Wrong ground that is as it was.
    pub kept: i128,
    /// Wrong ground that has a third code now, by that code.
    pub others: BTreeMap<Couple, i128>,
    /// Wrong ground that had the code that the correction wants corrected.
    pub as_stated: i128,
}

impl Ground {
    /// Adds a piece.
    pub fn add(&mut self, seen: Seen, twice_area: i128) {
        self.all += twice_area;
        match seen {
            Seen::Unknown => self.unknown += twice_area,
            Seen::Right => self.right += twice_area,
            Seen::Wrong { is_as_stated, now } => {
                self.as_stated += if is_as_stated { twice_area } else { 0 };
                match now {
                    Now::Fixed => self.fixed += twice_area,
                    Now::Kept => self.kept += twice_area,
                    Now::Other(code) => *self.others.entry(code).or_default() += twice_area,
                }
            }
        }
    }

    /// The ground that was wrong, which the verdict is about.
    pub fn wrong(&self) -> i128 {
        self.fixed + self.kept + self.others.values().sum::<i128>()
    }

    /// The third code that most wrong ground has now; of equals, the first in the nomenclature.
    pub fn third_code(&self) -> Option<Couple> {
        let most = self.others.iter().max_by_key(|&(&code, &area)| (area, Reverse(code)));
        most.map(|(&code, _)| code)
    }
}

/// Why nothing can be said of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unassessable {
    /// The correction has no ground: its outline is empty.
    NoGround,
    /// Most of its ground is not covered by both versions.
    NotCovered,
    /// Its ground was as proposed already.
    AlreadyRight,
    /// Most of its ground did not have the code that it wants corrected.
    OtherCodeBefore,
}

/// The one verdict of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The ground is as proposed.
    Applied,
    /// A part of the ground is as proposed.
    Partly,
    /// The ground is as it was.
    Ignored,
    /// The ground has another code, neither the one it had nor the one proposed.
    Superseded {
        /// [`Ground::third_code`].
        by: Couple,
    },
    /// Nothing can be said.
    NotAssessable(Unassessable),
}

/// Judges one correction by its ground: exactly one verdict.
///
/// Ground that was as proposed before counts neither for nor against; the share of a correction is
/// [`Ground::fixed`] of [`Ground::wrong`]. A correction that was followed on a part of its ground is
/// applied in part, whatever became of the rest.
pub fn fate(ground: &Ground, rules: FateRules) -> Fate {
    use Unassessable::{AlreadyRight, NoGround, NotCovered, OtherCodeBefore};
    let (wrong, covered) = (ground.wrong(), ground.all - ground.unknown);
    if ground.all <= 0 {
        return Fate::NotAssessable(NoGround);
    }
    if is_under(covered, ground.all, rules.assessable) {
        return Fate::NotAssessable(NotCovered);
    }
    if wrong == 0 || is_under(wrong, covered, rules.partly) {
        return Fate::NotAssessable(AlreadyRight);
    }
    if is_under(ground.as_stated, wrong, rules.as_stated) {
        return Fate::NotAssessable(OtherCodeBefore);
    }
    if !is_under(ground.fixed, wrong, rules.applied) {
        return Fate::Applied;
    }
    if !is_under(ground.fixed, wrong, rules.partly) {
        return Fate::Partly;
    }
    let of_most =
        ground.others.iter().max_by_key(|&(&code, &area)| (area, std::cmp::Reverse(code)));
    match of_most {
        Some((&by, _)) if ground.others.values().sum::<i128>() > ground.kept => {
            Fate::Superseded { by }
        }
        _ => Fate::Ignored,
    }
}

/// Whether a part is less than some percent of a whole.
fn is_under(part: i128, whole: i128, percent: u8) -> bool {
    100 * part < i128::from(percent) * whole
}

#[cfg(test)]
mod tests;
