//! `method.json`: the rules, the codes and the tolerances behind a delivery, for programs.
//!
//! The workbook's `Méthode` says the same in French. `millesime explain` reads this file, so that
//! a delivery explains itself with the rules it was made with, whatever is built in today.

use std::collections::BTreeMap;

use kernels::change;
use nomenclature::{Dimension, Nomenclature, RuleSet};
use serde::{Deserialize, Serialize};

use super::Delivery;
use crate::error::Error;
use crate::method::Choices;

/// Name of the file.
pub const FILE: &str = "method.json";

/// What the figures of a delivery were made with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Version of this form; 1.
    pub format: u32,
    /// Department code.
    pub department: String,
    /// EPSG code of every coordinate and area.
    pub epsg: u32,
    /// Years of the vintages, oldest first.
    pub years: Vec<u16>,
    /// What counts as artificial.
    pub rules: RuleFacts,
    /// What was chosen besides: official layers, exemptions, neighbours.
    #[serde(default)]
    pub choices: Choices,
    /// What the codes mean.
    pub nomenclature: CodeFacts,
    /// Accuracy of a boundary that tells change from noise, in metres.
    pub tolerance_m: f64,
}

/// A rule set, without its couples: each verdict names its article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleFacts {
    /// Its id.
    pub id: String,
    /// Its full name.
    pub title: String,
    /// The text of law or the method that it restates.
    pub article: String,
    /// Groups under this area take the other status; 0 = no threshold.
    pub group_min_m2: f64,
    /// Buildings count from this footprint on; 0 = no threshold.
    pub built_min_m2: f64,
    /// Whether small surfaces next to buildings are forced to artificial.
    pub forcing: bool,
}

/// A nomenclature: the label of each code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeFacts {
    /// Its id.
    pub id: String,
    /// Its full name.
    pub title: String,
    /// Labels of the covers.
    pub cs: BTreeMap<String, String>,
    /// Labels of the usages.
    pub us: BTreeMap<String, String>,
}

impl Facts {
    /// The facts of a delivery.
    pub(super) fn of(delivery: &Delivery<'_>, years: &[u16], rules: &RuleSet) -> Self {
        Self {
            format: 1,
            department: delivery.department.to_owned(),
            epsg: delivery.epsg,
            years: years.to_vec(),
            choices: delivery.choices.clone(),
            rules: RuleFacts {
                id: rules.id.clone(),
                title: rules.title.clone(),
                article: rules.article.clone(),
                group_min_m2: rules.thresholds.other_min_m2,
                built_min_m2: rules.thresholds.built_min_m2,
                forcing: rules.thresholds.forcing,
            },
            nomenclature: CodeFacts {
                id: delivery.nomenclature.id().to_owned(),
                title: delivery.nomenclature.title().to_owned(),
                cs: labels(delivery.nomenclature, Dimension::Cover),
                us: labels(delivery.nomenclature, Dimension::Usage),
            },
            tolerance_m: change::Rules::default().tolerance_m,
        }
    }

    /// Its bytes in a file.
    ///
    /// # Errors
    /// [`Error::Internal`] when a number has no JSON form.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Error> {
        let text = serde_json::to_string_pretty(self);
        let text = text.map_err(|error| Error::internal(format!("{FILE}: {error}")))?;
        Ok(format!("{text}\n").into_bytes())
    }
}

/// The label of each class, by its code.
pub(crate) fn labels(
    nomenclature: &Nomenclature,
    dimension: Dimension,
) -> BTreeMap<String, String> {
    let classes = nomenclature.iter(dimension);
    classes.map(|(_, class)| (class.code.clone(), class.label.clone())).collect()
}
