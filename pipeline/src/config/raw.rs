//! The configuration as typed: the shape of the YAML, nothing resolved.
//!
//! [`super::Config`] is what it means. Every key of the document is a field here, and unknown keys
//! are refused.

use std::collections::BTreeMap;

use kernels::update::UpdateParams;
use serde::Deserialize;

use super::orders::Form;
use super::parameters::{Limits, Reports, Thresholds};
use super::prediction::PredictionKind;
use crate::corrections::terms::{Standing, Term};

/// The whole document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) department: String,
    pub(super) vintage: u16,
    pub(super) crs: String,
    #[serde(default = "one_metre")]
    pub(super) cell_m: f64,
    #[serde(default = "ocsge")]
    pub(super) nomenclature: String,
    #[serde(default = "decree")]
    pub(super) rules: String,
    pub(super) update_rules: Option<String>,
    pub(super) usage_rules: Option<String>,
    pub(super) prior: Option<RawPrior>,
    #[serde(default)]
    pub(super) scratch: bool,
    pub(super) imagery: RawImagery,
    pub(super) corrections: Option<RawCorrections>,
    pub(super) quality: Option<String>,
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) predictions: Vec<RawPrediction>,
    #[serde(default)]
    pub(super) evidence: RawEvidence,
    pub(super) territories: RawTerritories,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) thresholds: Thresholds,
    #[serde(default)]
    pub(super) update: UpdateParams,
    #[serde(default)]
    pub(super) reports: Reports,
    #[serde(default)]
    pub(super) delivery: RawDelivery,
    #[serde(default = "out")]
    pub(super) out: String,
}

fn one_metre() -> f64 {
    1.0
}

fn ocsge() -> String {
    "ocsge-2-0".to_owned()
}

fn decree() -> String {
    "decree-2023-1096".to_owned()
}

/// Where results go unless the configuration says otherwise.
pub(super) const OUT: &str = "out";

fn out() -> String {
    OUT.to_owned()
}

/// `corrections:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCorrections {
    pub(super) ledger: String,
    #[serde(default = "accepted")]
    pub(super) standing: Vec<String>,
}

fn accepted() -> Vec<String> {
    vec![Standing::Accepted.key().to_owned()]
}

/// `delivery:`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawDelivery {
    pub(super) archives: Vec<Form>,
    pub(super) shapefiles: bool,
    pub(super) qgis: bool,
    pub(super) web: bool,
    pub(super) product: Option<String>,
    pub(super) edition: Option<String>,
    pub(super) organisation: Option<String>,
    pub(super) email: Option<String>,
}

/// `prior:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPrior {
    pub(super) vintage: u16,
    pub(super) path: String,
    pub(super) layer: Option<String>,
    pub(super) imagery: Option<RawImagery>,
    #[serde(default)]
    pub(super) predictions: Vec<RawPrediction>,
}

/// One item of `predictions:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPrediction {
    pub(super) path: Vec<String>,
    pub(super) classes: String,
    #[serde(default)]
    pub(super) kind: PredictionKind,
}

/// `imagery:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawImagery {
    pub(super) rvb: Vec<String>,
    pub(super) irc: Vec<String>,
    pub(super) mnh: Option<Vec<String>>,
    pub(super) mns: Option<Vec<String>>,
    pub(super) mnt: Option<Vec<String>>,
    #[serde(default)]
    pub(super) reduced: bool,
}

/// `evidence:`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawEvidence {
    pub(super) buildings: Option<RawLayer>,
    pub(super) roads: Option<RawLayer>,
    pub(super) rail: Option<RawLayer>,
    pub(super) water: Option<RawLayer>,
    pub(super) crops: Option<RawLayer>,
    pub(super) forest: Option<RawLayer>,
    pub(super) cemeteries: Option<RawLayer>,
    pub(super) sports: Option<RawLayer>,
}

/// One vector layer of evidence.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLayer {
    pub(super) path: String,
    pub(super) layer: Option<String>,
    pub(super) width_field: Option<String>,
    pub(super) width_m: Option<f64>,
    pub(super) nature_field: Option<String>,
}

/// `territories:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTerritories {
    pub(super) communes: RawTerritory,
    pub(super) planning: Option<RawTerritory>,
    pub(super) exemptions: Option<RawTerritory>,
    #[serde(default)]
    pub(super) custom: BTreeMap<String, RawTerritory>,
}

/// One vector layer of territories.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTerritory {
    pub(super) path: String,
    pub(super) layer: Option<String>,
}
