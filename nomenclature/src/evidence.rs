//! The evidence layers that a vintage is made with, and the natures of their objects.

use serde::{Deserialize, Serialize};

/// A layer of vector evidence; its rank is its place on the cells of a cube.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Buildings (BD TOPO).
    Buildings,
    /// Roads (BD TOPO).
    Roads,
    /// Surface rail (BD TOPO).
    Rail,
    /// Water surfaces (BD TOPO).
    Water,
    /// Farmed parcels (RPG).
    Crops,
    /// Woodland (BD Forêt).
    Forest,
    /// Cemeteries (BD TOPO).
    Cemeteries,
    /// Sports grounds (BD TOPO).
    Sports,
}

impl Layer {
    /// Number of layers.
    pub const COUNT: usize = 8;

    /// The layers in the order of the cube.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Buildings,
        Self::Roads,
        Self::Rail,
        Self::Water,
        Self::Crops,
        Self::Forest,
        Self::Cemeteries,
        Self::Sports,
    ];

    /// Its key in documents and its name in the cube.
    pub fn key(self) -> &'static str {
        match self {
            Self::Buildings => "buildings",
            Self::Roads => "roads",
            Self::Rail => "rail",
            Self::Water => "water",
            Self::Crops => "crops",
            Self::Forest => "forest",
            Self::Cemeteries => "cemeteries",
            Self::Sports => "sports",
        }
    }

    /// Its rank in the cube.
    pub fn rank(self) -> usize {
        self as usize
    }
}

/// The natures of the objects of each layer: value `1 + i` on a cell is nature `i` of its layer.
pub type Natures = [Vec<String>; Layer::COUNT];

/// When a rule about a layer holds on a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// The layer has an object there.
    #[default]
    Present,
    /// It has none.
    Absent,
}

/// The values of a layer's cells (0 absent, else 1 + nature) that a condition accepts.
///
/// * `natures`: when not empty, only these natures, compared without case.
pub(crate) fn accepted(presence: Presence, natures: &[String], known: &[String]) -> [bool; 256] {
    let mut accepted = [false; 256];
    if presence == Presence::Absent {
        accepted[0] = true;
        return accepted;
    }
    for (value, flag) in accepted.iter_mut().enumerate().skip(1) {
        let nature = known.get(value - 1).map(|nature| nature.to_lowercase());
        let is_named = |wanted: &String| nature.as_ref() == Some(&wanted.to_lowercase());
        *flag = natures.is_empty() || natures.iter().any(is_named);
    }
    accepted
}
