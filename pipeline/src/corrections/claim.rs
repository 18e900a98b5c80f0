//! What a correction asks for, in classes and objects of the vintage that it corrects.

use kernels::lattice::Polygon;
use nomenclature::{Couple, Dimension, Nomenclature};

use super::ledger::Entry;
use super::objects::Objects;
use super::{Act, CODE_SEPARATOR, record_act};

/// What a correction wants of the ground in its polygon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    /// Codes; dimensions that are nodata are not asked for, or not stated.
    Codes {
        /// What the correction says that the ground has.
        stated: Couple,
        /// What it should have.
        proposed: Couple,
    },
    /// That the object (or part of one) of this id in the vintage have this outline.
    Outline {
        /// The object.
        object: String,
    },
}

/// Corrections whose ground is to be looked at.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// Where each is.
    pub(super) polygons: Vec<Polygon>,
    /// What each asks for.
    pub(super) asks: Vec<Ask>,
}

impl Ask {
    /// The codes that it proposes.
    pub(super) fn proposed(&self) -> Option<Couple> {
        match *self {
            Self::Codes { proposed, .. } => Some(proposed),
            Self::Outline { .. } => None,
        }
    }

    /// The id of the object that it redraws.
    pub(super) fn object(&self) -> Option<&str> {
        match self {
            Self::Outline { object } => Some(object),
            Self::Codes { .. } => None,
        }
    }
}

/// Why a correction cannot be judged, before its ground is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unclear {
    /// It proposes no code.
    NoProposal,
    /// It proposes a code that is no class.
    UnknownCode,
    /// The object that it draws anew is not in the version.
    NoObject,
}

/// What a correction asks for.
pub(super) fn ask(
    entry: &Entry,
    nomenclature: &Nomenclature,
    objects: &Objects<'_>,
) -> Result<Ask, Unclear> {
    let record = &entry.record;
    let class = |dimension, code: &str| nomenclature.collapse(dimension, code.trim());
    // What it says that the ground has is taken or left; what it proposes must be known.
    let one = |dimension, code: &Option<String>| code.as_deref().and_then(|c| class(dimension, c));
    let proposed = || record.proposed_code.as_deref().ok_or(Unclear::NoProposal);
    Ok(match (record_act(record), record.dimension.dimension()) {
        (Act::Recode, Some(dimension)) => {
            let id = class(dimension, proposed()?).ok_or(Unclear::UnknownCode)?;
            let stated = one(dimension, &record.current_code).unwrap_or_default();
            let only = |id| Couple::NODATA.with(dimension, id);
            Ask::Codes { stated: only(stated), proposed: only(id) }
        }
        (Act::Insert, _) => {
            let (cs, us) = proposed()?.split_once(CODE_SEPARATOR).ok_or(Unclear::UnknownCode)?;
            let codes = (class(Dimension::Cover, cs), class(Dimension::Usage, us));
            let (Some(cs), Some(us)) = codes else { return Err(Unclear::UnknownCode) };
            Ask::Codes { stated: Couple::NODATA, proposed: Couple { cs, us } }
        }
        (Act::Redraw | Act::Merge, _) | (Act::Recode, None) => {
            let parts = objects.find(entry).ok_or(Unclear::NoObject)?;
            let part = objects.nearest_part(&parts, entry) as usize;
            Ask::Outline { object: objects.vintage.objects[part].id.clone() }
        }
    })
}
