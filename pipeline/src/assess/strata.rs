//! The parts of the ground that places are drawn in.

use std::collections::BTreeMap;

use clap::ValueEnum;
use nomenclature::{ArtificialTable, Dimension, Nomenclature};
use serde::{Deserialize, Serialize};

use super::document::Extent;
use super::frame::Frame;
use super::legend::Legend;

/// What makes the strata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StrataOf {
    /// The cover on the map
    #[default]
    Cover,
    /// The usage on the map
    Usage,
    /// Both together
    Couple,
    /// Artificial or not, by the couple alone
    Status,
}

/// One stratum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its code.
    pub code: String,
    /// Its name, in French.
    pub label: String,
    /// What it holds.
    pub extent: Extent,
    /// The ranks of its units in the frame.
    pub units: Vec<usize>,
}

impl StrataOf {
    /// The legend whose classes are the strata.
    pub fn legend(self, level: Option<u8>, artificial: &ArtificialTable) -> Legend<'_> {
        match self {
            Self::Cover => Legend::Class(Dimension::Cover, level),
            Self::Usage => Legend::Class(Dimension::Usage, level),
            Self::Couple => Legend::Couple,
            Self::Status => Legend::Status(artificial),
        }
    }
}

/// Parts the ground by the classes of a legend, in their order; changed ground comes first, as one
/// stratum whatever its classes.
pub fn parts(frame: &Frame, legend: Legend<'_>, nomenclature: &Nomenclature) -> Vec<Part> {
    let mut of = BTreeMap::<Option<u16>, (Extent, Vec<usize>)>::new();
    for (rank, unit) in frame.units.iter().enumerate() {
        let class = (!unit.is_changed).then(|| legend.class(nomenclature, unit.couple));
        let (extent, units) = of.entry(class).or_default();
        extent.add(unit.polygon.twice_area());
        units.push(rank);
    }
    let part = |(class, (extent, units)): (Option<u16>, (Extent, Vec<usize>))| {
        let changed =
            || ("changement".to_owned(), "Sol changé depuis le millésime précédent".to_owned());
        let (code, label) = class.map_or_else(changed, |class| legend.name(nomenclature, class));
        Part { code, label, extent, units }
    };
    // A stratum without area, of degenerate objects alone, has no place to draw.
    of.into_iter().map(part).filter(|part| part.extent.twice_area_cm2 > 0).collect()
}
