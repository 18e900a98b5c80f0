//! The communes of a run and what holds them, by rank.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::region_name;

/// One commune; codes are text (`2A004`, `01001`), empty when not known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Commune {
    /// INSEE code.
    pub code: String,
    /// Name.
    pub name: String,
    /// SIREN code of its EPCI.
    pub epci: String,
    /// Name of its EPCI.
    pub epci_name: String,
    /// Code of its `SCoT`.
    pub scot: String,
    /// Name of its `SCoT`.
    pub scot_name: String,
    /// Department code.
    pub department: String,
    /// Region code.
    pub region: String,
}

/// A level of territory at which figures are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Commune.
    Commune,
    /// Établissement public de coopération intercommunale.
    Epci,
    /// Schéma de cohérence territoriale.
    Scot,
    /// Department.
    #[serde(rename = "departement")]
    Department,
    /// Region: what the communes given hold of it.
    Region,
}

impl Level {
    /// From the smallest to the largest.
    pub const ALL: [Self; 5] =
        [Self::Commune, Self::Epci, Self::Scot, Self::Department, Self::Region];

    /// The word in file and column names.
    pub fn key(self) -> &'static str {
        match self {
            Self::Commune => "commune",
            Self::Epci => "epci",
            Self::Scot => "scot",
            Self::Department => "departement",
            Self::Region => "region",
        }
    }

    /// The word in titles.
    pub fn title(self) -> &'static str {
        match self {
            Self::Commune => "commune",
            Self::Epci => "EPCI",
            Self::Scot => "SCoT",
            Self::Department => "département",
            Self::Region => "région",
        }
    }
}

/// A place at one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// The communes of a run; faces refer to them by rank.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Gazetteer {
    /// In the order of the ranks that faces carry.
    pub communes: Vec<Commune>,
}

impl Gazetteer {
    /// The places of a level in the order of their codes, and the rank of the place that holds
    /// each commune; `None` for a commune without code at that level.
    pub fn places(&self, level: Level) -> (Vec<Place>, Vec<Option<u32>>) {
        let key = |commune: &Commune| -> (String, String) {
            match level {
                Level::Commune => (commune.code.clone(), commune.name.clone()),
                Level::Epci => (commune.epci.clone(), commune.epci_name.clone()),
                Level::Scot => (commune.scot.clone(), commune.scot_name.clone()),
                Level::Department => {
                    let name = format!("Département {}", commune.department);
                    (commune.department.clone(), name)
                }
                Level::Region => {
                    let name = region_name(&commune.region).map(str::to_owned);
                    let name = name.unwrap_or_else(|| format!("Région {}", commune.region));
                    (commune.region.clone(), name)
                }
            }
        };
        let named: Vec<(String, String)> = self.communes.iter().map(key).collect();
        let mut names: BTreeMap<&str, &str> = BTreeMap::new();
        for (code, name) in named.iter().filter(|(code, _)| !code.is_empty()) {
            names.entry(code).or_insert(name);
        }
        let codes: Vec<&str> = names.keys().copied().collect();
        let rank = |code: &str| codes.binary_search(&code).ok().map(|rank| rank as u32);
        let parents = named.iter().map(|(code, _)| rank(code)).collect();
        let places = names
            .iter()
            .map(|(&code, &name)| Place { code: code.to_owned(), name: name.to_owned() })
            .collect();
        (places, parents)
    }
}
