//! The small numbers that stand for codes on cells and faces.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::colour::Rgb;

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

    /// The class of a dimension.
    pub fn of(self, dimension: Dimension) -> ClassId {
        match dimension {
            Dimension::Cover => self.cs,
            Dimension::Usage => self.us,
        }
    }

    /// The couple with another class in one dimension.
    #[must_use]
    pub fn with(self, dimension: Dimension, class: ClassId) -> Self {
        match dimension {
            Dimension::Cover => Self { cs: class, ..self },
            Dimension::Usage => Self { us: class, ..self },
        }
    }

    /// The couple with the classes of another one, where that is not nodata.
    #[must_use]
    pub fn overlaid(self, codes: Self) -> Self {
        let other = |was: ClassId, code: ClassId| if code.is_nodata() { was } else { code };
        Self { cs: other(self.cs, codes.cs), us: other(self.us, codes.us) }
    }

    /// Packs the couple into one cell value, cover in the high byte; nodata is 0.
    pub fn to_cell(self) -> u16 {
        u16::from(self.cs.0) << 8 | u16::from(self.us.0)
    }

    /// Unpacks a cell value made by [`Couple::to_cell`].
    pub fn from_cell(cell: u16) -> Self {
        Self { cs: ClassId((cell >> 8) as u8), us: ClassId((cell & 0xff) as u8) }
    }
}

/// One class of one dimension: a line of the nomenclature document, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Its code: opaque, unique in its nomenclature and dimension.
    pub code: String,
    /// Its name, in the language of the source.
    pub label: String,
    /// The class above it, `None` at the root.
    pub parent: Option<ClassId>,
    /// Whether a delivered polygon may carry it.
    pub leaf: bool,
    /// Legend colour; inherited from the class it nests in when the document states none.
    pub colour: Rgb,
    /// Minimum mapping unit of its own in m2, else that of the nomenclature, if any.
    pub min_area_m2: Option<f64>,
    /// Where it nests in the parent nomenclature; `None` when there is no such nomenclature, or
    /// for a class that is no leaf.
    pub nest: Option<Nest>,
    /// The classes that this one stands for together, such as US2, US3 and US5 for US235.
    pub aggregate_of: Vec<ClassId>,
    /// Other or older codes of the same class.
    pub aliases: Vec<String>,
    /// The cell value that stands for it in the rasters of a prediction product.
    pub value: Option<u16>,
    /// What the class covers, in short.
    pub includes: Option<String>,
    /// A remark on the source or on a choice made.
    pub note: Option<String>,
}

/// Where a leaf of a nested nomenclature falls in the parent nomenclature.
///
/// The ids are those of the parent nomenclature, same dimension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nest {
    /// The class as the source publishes it.
    pub published: Option<ClassId>,
    /// The class used in its stead, where the published one is wrong.
    pub corrected: Option<ClassId>,
    /// Why no class of the parent fits, when none is stated on purpose.
    pub unmapped: Option<String>,
}

impl Nest {
    /// The class that counts: the corrected one, else the published one.
    pub fn target(&self) -> Option<ClassId> {
        self.corrected.or(self.published)
    }
}
