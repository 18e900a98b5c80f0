//! Why a cell has its class, as a number on cells and a sentence in reports.

use serde::{Deserialize, Serialize};

/// Why a cell of a vintage has its cover. The numbers are written on cells and do not change.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Reason {
    /// Neither prior nor imagery.
    #[default]
    Outside = 0,
    /// Nothing contradicts the prior.
    PriorKept = 1,
    /// No imagery to say otherwise.
    NoImagery = 2,
    /// Imagery and evidence layers agree on a change.
    ChangeImageryEvidence = 3,
    /// Imagery alone says so.
    ChangeImagery = 4,
    /// Evidence layers alone say so.
    ChangeEvidence = 5,
    /// Wants another class, on less than the minimum unit.
    BelowUnit = 6,
    /// Wants another class, not clearly enough.
    LowMargin = 7,
    /// Wants another class on a thin strip: geometry noise or mixed cells.
    Fringe = 8,
    /// The prior's code looks wrong since before: reported, not changed.
    CorrectionCandidate = 9,
    /// Locked by an accepted correction.
    Locked = 10,
    /// There is no prior: the best class stands.
    NoPrior = 11,
    /// Taken along by its object, most of which changed.
    ChangeWithObject = 12,
    /// Wants another class, but looked like it at the prior's date already.
    SeenBefore = 13,
}

impl Reason {
    /// Every reason, in order of its number.
    pub const ALL: [Self; 14] = [
        Self::Outside,
        Self::PriorKept,
        Self::NoImagery,
        Self::ChangeImageryEvidence,
        Self::ChangeImagery,
        Self::ChangeEvidence,
        Self::BelowUnit,
        Self::LowMargin,
        Self::Fringe,
        Self::CorrectionCandidate,
        Self::Locked,
        Self::NoPrior,
        Self::ChangeWithObject,
        Self::SeenBefore,
    ];

    /// The reason of a cell's number, or `None` when it is not one.
    pub fn from_cell(cell: u8) -> Option<Self> {
        Self::ALL.get(usize::from(cell)).copied()
    }

    /// Its stable key in files, the name it also has in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::PriorKept => "prior_kept",
            Self::NoImagery => "no_imagery",
            Self::ChangeImageryEvidence => "change_imagery_evidence",
            Self::ChangeImagery => "change_imagery",
            Self::ChangeEvidence => "change_evidence",
            Self::BelowUnit => "below_unit",
            Self::LowMargin => "low_margin",
            Self::Fringe => "fringe",
            Self::CorrectionCandidate => "correction_candidate",
            Self::Locked => "locked",
            Self::NoPrior => "no_prior",
            Self::ChangeWithObject => "change_with_object",
            Self::SeenBefore => "seen_before",
        }
    }

    /// The reason of a key, or `None` when it is not one.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.key() == key)
    }

    /// The number on cells.
    pub fn to_cell(self) -> u8 {
        self as u8
    }

    /// Whether the cell's cover is not the prior's.
    pub fn is_change(self) -> bool {
        matches!(
            self,
            Self::ChangeImageryEvidence
                | Self::ChangeImagery
                | Self::ChangeEvidence
                | Self::ChangeWithObject
        )
    }

    /// Whether a cell that keeps its prior may still follow its object.
    pub fn may_follow(self) -> bool {
        matches!(
            self,
            Self::PriorKept | Self::Fringe | Self::LowMargin | Self::BelowUnit | Self::SeenBefore
        )
    }

    /// What a report says in French.
    pub fn french(self) -> &'static str {
        match self {
            Self::Outside => "hors du territoire observé",
            Self::PriorKept => "millésime antérieur conservé",
            Self::NoImagery => "pas d'image : millésime antérieur conservé",
            Self::ChangeImageryEvidence => "changement vu par l'image et par les données d'appui",
            Self::ChangeImagery => "changement vu par l'image seule",
            Self::ChangeEvidence => "changement vu par les données d'appui seules",
            Self::BelowUnit => "écart sous le seuil de saisie : antérieur conservé",
            Self::LowMargin => "écart trop peu sûr : antérieur conservé",
            Self::Fringe => "liseré (bruit géométrique) : antérieur conservé",
            Self::CorrectionCandidate => "code antérieur douteux : correction à proposer",
            Self::Locked => "verrouillé par une correction acceptée",
            Self::NoPrior => "pas de millésime antérieur",
            Self::ChangeWithObject => "changement avec le reste de l'objet",
            Self::SeenBefore => "déjà visible à la date antérieure : antérieur conservé",
        }
    }

    /// What a log says in English.
    pub fn english(self) -> &'static str {
        match self {
            Self::Outside => "outside the observed territory",
            Self::PriorKept => "prior kept",
            Self::NoImagery => "no imagery: prior kept",
            Self::ChangeImageryEvidence => "change seen by imagery and evidence",
            Self::ChangeImagery => "change seen by imagery alone",
            Self::ChangeEvidence => "change seen by evidence alone",
            Self::BelowUnit => "difference below the minimum unit: prior kept",
            Self::LowMargin => "difference not sure enough: prior kept",
            Self::Fringe => "fringe (geometry noise): prior kept",
            Self::CorrectionCandidate => "prior code doubtful: candidate correction",
            Self::Locked => "locked by an accepted correction",
            Self::NoPrior => "no prior",
            Self::ChangeWithObject => "change with the rest of its object",
            Self::SeenBefore => "already seen at the prior's date: prior kept",
        }
    }
}
