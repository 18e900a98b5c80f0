//! Which ground is artificial, face by face, and on whose word.
//!
//! A delivered ARTIF layer and an exemption overlay have limits of their own: they are layers of
//! the arrangement, so a status belongs to a face and never to a polygon that is covered in part.

use kernels::arrangement::FaceId;
use kernels::artificialise::Artificialised;

use crate::comparison::Ground;

/// Whose word makes a face artificial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// The delivered ARTIF layer, taken as published; ground that it leaves out is not artificial.
    Official,
    /// The rule set with its thresholds, then the exemptions.
    Rules,
    /// The rule set with its thresholds, without the exemptions.
    Unexempted,
}

impl Basis {
    /// What ends the names of columns that rest on it, where it is not the main one.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Official => "officiel",
            Self::Rules => "recalcule",
            Self::Unexempted => "sans_exemption",
        }
    }

    /// What headers call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Official => "officiel",
            Self::Rules => "recalculé par la règle",
            Self::Unexempted => "règle sans exemptions",
        }
    }
}

/// Doubled areas of a polygon's ground, in square lattice steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shares {
    /// Artificial by the main basis.
    pub artificial: i128,
    /// Not artificial by the main basis.
    pub natural: i128,
    /// Artificial by the rule set and exempted.
    pub exempted: i128,
    /// Artificial by the official layer.
    pub official_artificial: i128,
    /// Not artificial by the official layer.
    pub official_natural: i128,
    /// Official status that comes from a threshold or from forcing.
    pub official_by_threshold: i128,
}

impl Shares {
    /// Whether a part of the ground is artificial and another is not.
    pub fn is_mixed(&self) -> bool {
        self.artificial != 0 && self.natural != 0
    }
}

impl Ground {
    /// The basis of the main figures, then the others that are published beside it.
    pub fn bases(&self) -> Vec<Basis> {
        let official = (!self.territory.officials.is_empty()).then_some(Basis::Official);
        let unexempted = (!self.territory.exemptions.is_empty()).then_some(Basis::Unexempted);
        official.into_iter().chain([Basis::Rules]).chain(unexempted).collect()
    }

    /// The basis of the main figures: the official layers where they are given.
    pub fn main_basis(&self) -> Basis {
        if self.territory.officials.is_empty() { Basis::Rules } else { Basis::Official }
    }

    /// Whether a face is artificial in a vintage.
    pub fn is_artificial(
        &self,
        face: FaceId,
        vintage: usize,
        verdicts: &Artificialised,
        basis: Basis,
    ) -> bool {
        let by_rules = || {
            let rank = self.plane.label(face, vintage);
            rank.is_some_and(|rank| verdicts.verdicts[rank as usize].status)
        };
        match basis {
            Basis::Official => self.official(face, vintage) == Some(true),
            Basis::Rules => by_rules() && self.exemption(face).is_none(),
            Basis::Unexempted => by_rules(),
        }
    }

    /// Whether a face is artificial in a vintage by the basis of the main figures.
    pub fn status(&self, face: FaceId, vintage: usize, verdicts: &Artificialised) -> bool {
        self.is_artificial(face, vintage, verdicts, self.main_basis())
    }

    /// Doubled area of what is artificial in a vintage by a basis.
    pub fn stock(&self, vintage: usize, verdicts: &Artificialised, basis: Basis) -> i128 {
        self.faces()
            .filter(|&face| self.is_artificial(face, vintage, verdicts, basis))
            .map(|face| self.plane.twice_area(face))
            .sum()
    }

    /// What each polygon of a vintage holds; see [`Shares`].
    pub fn shares(&self, vintage: usize, verdicts: &Artificialised) -> Vec<Shares> {
        let mut all = vec![Shares::default(); self.vintages[vintage].n_polygons()];
        for face in self.faces() {
            let Some(rank) = self.plane.label(face, vintage) else { continue };
            let (shares, area) = (&mut all[rank as usize], self.plane.twice_area(face));
            let is = |basis| self.is_artificial(face, vintage, verdicts, basis);
            if is(self.main_basis()) {
                shares.artificial += area;
            } else {
                shares.natural += area;
            }
            shares.exempted += if is(Basis::Unexempted) && !is(Basis::Rules) { area } else { 0 };
            match self.official(face, vintage) {
                Some(true) => shares.official_artificial += area,
                Some(false) => shares.official_natural += area,
                None => {}
            }
            let by_threshold = self.official_threshold(face, vintage) == Some(true);
            shares.official_by_threshold += if by_threshold { area } else { 0 };
        }
        all
    }
}
