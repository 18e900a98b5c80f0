//! The small numbers that stand for codes on cells and faces.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the two questions a land-cover polygon answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dimension {
    /// What covers the ground: couverture, CS codes.
    #[serde(rename = "cs")]
    Cover,
    /// What the ground is used for: usage, US codes.
    #[serde(rename = "us")]
    Usage,
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cover => "cs",
            Self::Usage => "us",
        })
    }
}

/// A class of one dimension of one nomenclature: its rank in the document, from 1.
///
/// Zero is [`ClassId::NODATA`]. Ids of two nomenclatures, or of two dimensions, are not comparable.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ClassId(pub u8);

impl ClassId {
    /// No class: outside the territory, not observed, or a NULL code.
    pub const NODATA: Self = Self(0);

    /// Whether this is [`ClassId::NODATA`].
    pub fn is_nodata(self) -> bool {
        self == Self::NODATA
    }
}

/// A cover and a usage together, as every polygon of an OCS GE vintage carries them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub struct Couple {
    /// The cover.
    pub cs: ClassId,
    /// The usage.
    pub us: ClassId,
}

impl Couple {
    /// No cover and no usage.
    pub const NODATA: Self = Self { cs: ClassId::NODATA, us: ClassId::NODATA };

    /// Packs the couple into one cell value, cover in the high byte; nodata is 0.
    pub fn to_cell(self) -> u16 {
        u16::from(self.cs.0) << 8 | u16::from(self.us.0)
    }

    /// Unpacks a cell value made by [`Couple::to_cell`].
    pub fn from_cell(cell: u16) -> Self {
        Self { cs: ClassId((cell >> 8) as u8), us: ClassId((cell & 0xff) as u8) }
    }
}
