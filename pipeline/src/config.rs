//! What a configuration means: one department, one vintage, every path resolved, every value checked.
//!
//! Two levels: `raw` is what the user typed, [`Config`] what the rest of the crate trusts.

mod batch;
mod department;
mod documents;
mod glob;
mod load;
mod orders;
pub mod parameters;
mod prediction;
mod raw;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub use batch::Typed;
pub use department::{Department, Epsg, region_name};
use kernels::update::UpdateParams;
/// What a layer of evidence shows, in the order of the cube's `evidence` array.
pub use nomenclature::Layer as EvidenceKind;
use nomenclature::{ArtificialTable, CaptureUnits, Nomenclature, RuleSet, UpdateRules, UsageRules};
pub use orders::{Form, Imprint, OddImprint, Orders, TypedImprint};
pub use parameters::{Limits, ReportStatus, Reports, Thresholds};
pub use prediction::{PREDICTIONS_MAX, Prediction, PredictionKind};
use serde::Serialize;

use crate::artefact::name_of;
use crate::corrections::terms::Standing;
use crate::error::Error;
use crate::method::Choices;

/// A checked configuration; every path is absolute and existed when it was loaded.
#[derive(Debug, Clone, Serialize)]
pub struct Config {
    /// The configuration file, as the user named it.
    #[serde(skip)]
    pub file: PathBuf,
    /// The folder that relative paths start from; the manifest names inputs relative to it.
    #[serde(skip)]
    pub base: PathBuf,
    /// The department.
    pub department: Department,
    /// The year to produce.
    pub vintage: u16,
    /// The CRS of every file read and written.
    pub crs: Epsg,
    /// Side of a working cell, in centimetres (lattice steps).
    pub cell_cm: i32,
    /// Where the nomenclature comes from.
    #[serde(rename = "nomenclature")]
    pub nomenclature_source: Reference,
    /// The nomenclature of the prior and of the result.
    #[serde(skip)]
    pub nomenclature: Nomenclature,
    /// Where the rule set comes from.
    #[serde(rename = "rules")]
    pub rules_source: Reference,
    /// The artificialisation rule set, with [`Config::thresholds`] applied.
    #[serde(skip)]
    pub rules: RuleSet,
    /// The rule set made ready for the couples of the nomenclature.
    #[serde(skip)]
    pub artificial: ArtificialTable,
    /// Minimum units and widths, made ready for the couples of the nomenclature.
    #[serde(skip)]
    pub capture: CaptureUnits,
    /// The vintage before, when there is one.
    pub prior: Option<Prior>,
    /// Decide and draw everything anew: the prior, if any, teaches and is compared, no more.
    pub scratch: bool,
    /// The ortho imagery.
    pub imagery: Imagery,
    /// Corrections that somebody entered, to be taken over.
    pub corrections: Option<Corrections>,
    /// What `assess result` found of the vintage that this configuration makes.
    pub quality: Option<PathBuf>,
    /// The model that classifies; `None` to train one on the prior.
    pub model: Option<PathBuf>,
    /// Predictions of the cover at the date of the vintage, made elsewhere.
    pub predictions: Vec<Prediction>,
    /// The vector evidence.
    pub evidence: Evidence,
    /// Where to count.
    pub territories: Territories,
    /// How much of the territory a run may go without.
    pub limits: Limits,
    /// Overrides of the rule set's thresholds.
    pub thresholds: Thresholds,
    /// Where the update rules come from.
    #[serde(rename = "update_rules")]
    pub update_rules_source: Reference,
    /// Transitions and evidence terms of the update; they fit the nomenclature.
    #[serde(skip)]
    pub update_rules: UpdateRules,
    /// Where the usage rules come from.
    #[serde(rename = "usage_rules")]
    pub usage_rules_source: Reference,
    /// What usage changed ground takes; they fit the nomenclature.
    #[serde(skip)]
    pub usage_rules: UsageRules,
    /// How much evidence a change needs.
    pub update: UpdateParams,
    /// How correction reports are addressed.
    pub reports: Reports,
    /// What is made of the result for others once it is complete.
    pub delivery: Orders,
    /// The folder that holds `D011/2021/`; `--out` replaces it.
    #[serde(skip)]
    pub out: PathBuf,
}

/// A nomenclature or a set of rules: shipped with the program, or the user's own YAML.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// The id of a shipped document.
    Builtin(String),
    /// A file of the user's.
    File(PathBuf),
}

impl Reference {
    /// The file, when it is the user's.
    pub fn file(&self) -> Option<&PathBuf> {
        match self {
            Self::File(path) => Some(path),
            Self::Builtin(_) => None,
        }
    }
}

/// The prior vintage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prior {
    /// Its year, before [`Config::vintage`].
    pub vintage: u16,
    /// Its polygons.
    pub layer: Layer,
    /// The ortho imagery of its date, which tells a change from a code that was always wrong.
    pub imagery: Option<Imagery>,
    /// Predictions of the cover at its date, made elsewhere.
    pub predictions: Vec<Prediction>,
}

/// Corrections that a run takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Corrections {
    /// The ledger.
    pub ledger: PathBuf,
    /// How far a correction must be to be taken over.
    pub standings: BTreeSet<Standing>,
}

/// A vector layer: a file, and the layer's name when it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// The file.
    pub path: PathBuf,
    /// The layer; `None` when the file must have exactly one.
    pub layer: Option<String>,
}

/// The ortho imagery: at least one file of each kind, sorted by path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imagery {
    /// Files with the bands red, green, blue.
    pub rvb: Vec<PathBuf>,
    /// Files with the bands near infrared, red, green.
    pub irc: Vec<PathBuf>,
    /// How high things stand at its date, when it is known.
    pub heights: Option<Heights>,
    /// Whether a reduced level of the files may be read in the place of their full pixels.
    pub reduced: bool,
}

impl Imagery {
    /// Every file.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let heights = self.heights.iter().flat_map(Heights::files);
        self.rvb.iter().chain(&self.irc).chain(heights)
    }
}

/// Rasters of heights in metres, sorted by path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heights {
    /// The tops of things: above the ground (MNH), or altitudes (MNS) when there is a ground.
    pub surface: Vec<PathBuf>,
    /// Altitudes of the ground (MNT); empty when the surface is above the ground.
    pub ground: Vec<PathBuf>,
}

impl Heights {
    /// Every file.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.surface.iter().chain(&self.ground)
    }

    /// The products that they come as, by their keys: the surface, then its ground if there is one.
    pub fn products(&self) -> Vec<(&'static str, &[PathBuf])> {
        match self.ground.as_slice() {
            [] => vec![("mnh", &self.surface)],
            ground => vec![("mns", &self.surface), ("mnt", ground)],
        }
    }
}

/// One layer of evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceLayer {
    /// What it shows.
    pub kind: EvidenceKind,
    /// The file and the layer.
    pub layer: Layer,
    /// The column with a line's full width in metres.
    pub width_field: Option<String>,
    /// The full width of lines without a value in [`EvidenceLayer::width_field`], in metres.
    pub width_m: Option<f64>,
    /// The column with the nature (usage of a building, crop code ...).
    pub nature_field: Option<String>,
}

/// The vector evidence that exists, in the order of [`EvidenceKind::ALL`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(transparent)]
pub struct Evidence {
    /// At most one layer of each kind.
    pub layers: Vec<EvidenceLayer>,
}

impl Evidence {
    /// The layer of one kind, when there is one.
    pub fn get(&self, kind: EvidenceKind) -> Option<&EvidenceLayer> {
        self.layers.iter().find(|layer| layer.kind == kind)
    }
}

/// Where to count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Territories {
    /// Communes, with the columns insee, nom, epci, `epci_nom`, scot, `scot_nom`.
    pub communes: Layer,
    /// Planning zones, with the column TYPEZONE (CNIG PLU standard).
    pub planning: Option<Layer>,
    /// Ground that the local authority exempts (article R. 101-1): parks, ground solar plants.
    pub exemptions: Option<Layer>,
    /// Layers of the user's own to count in, by their names.
    pub custom: BTreeMap<String, Layer>,
}

impl Territories {
    /// The files that need not be, in the order of the keys.
    pub fn optional(&self) -> impl Iterator<Item = &Layer> {
        self.planning.iter().chain(&self.exemptions).chain(self.custom.values())
    }
}

impl Config {
    /// Side of a working cell, in metres.
    pub fn cell_m(&self) -> f64 {
        f64::from(self.cell_cm) / f64::from(kernels::lattice::STEPS_PER_METRE)
    }

    /// The same configuration with its results elsewhere; relative folders start at the current one.
    ///
    /// # Errors
    /// [`Error::Read`] when there is no current folder.
    pub fn with_out(mut self, out: Option<&Path>) -> Result<Self, Error> {
        if let Some(out) = out {
            self.out = std::path::absolute(out).map_err(Error::read(out))?;
        }
        Ok(self)
    }

    /// The same configuration from scratch when `scratch` asks for it; otherwise as it is written.
    #[must_use]
    pub fn with_scratch(mut self, scratch: bool) -> Self {
        self.scratch |= scratch;
        self
    }

    /// The vintages of the result, oldest first: the prior's, if any, and the one to produce.
    pub fn years(&self) -> Vec<u16> {
        let prior = self.prior.iter().map(|prior| prior.vintage);
        prior.chain([self.vintage]).collect()
    }

    /// The imagery of the prior's date.
    pub fn imagery_before(&self) -> Option<&Imagery> {
        self.prior.as_ref().and_then(|prior| prior.imagery.as_ref())
    }

    /// The same configuration with this model; relative paths start at the current folder.
    ///
    /// # Errors
    /// [`Error::Read`] when there is no current folder.
    pub fn with_model(mut self, model: Option<&Path>) -> Result<Self, Error> {
        if let Some(model) = model {
            self.model = Some(std::path::absolute(model).map_err(Error::read(model))?);
        }
        Ok(self)
    }

    /// The folder of this vintage's results: `OUT/D011/2021`.
    pub fn vintage_dir(&self) -> PathBuf {
        self.out.join(self.department.folder()).join(self.vintage.to_string())
    }

    /// What was chosen besides the rule set.
    pub fn choices(&self) -> Choices {
        let name = |layer: &Layer| name_of(&layer.path);
        let exemptions = self.territories.exemptions.as_ref().map(name);
        Choices { exemptions, ..Choices::default() }
    }

    /// The predictions of both dates.
    pub fn all_predictions(&self) -> impl Iterator<Item = &Prediction> {
        let before = self.prior.iter().flat_map(|prior| &prior.predictions);
        self.predictions.iter().chain(before)
    }

    /// Every image and raster of heights, of both dates.
    pub fn images(&self) -> impl Iterator<Item = &PathBuf> {
        let dates = std::iter::once(&self.imagery).chain(self.imagery_before());
        dates.flat_map(Imagery::files)
    }

    /// Every input file, sorted and without repetition.
    pub fn inputs(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = self.images().cloned().collect();
        files.extend(self.prior.iter().map(|prior| prior.layer.path.clone()));
        files.extend(self.model.iter().chain(&self.quality).cloned());
        files.extend(self.corrections.iter().map(|corrections| corrections.ledger.clone()));
        files.extend(self.evidence.layers.iter().map(|evidence| evidence.layer.path.clone()));
        files.push(self.territories.communes.path.clone());
        files.extend(self.territories.optional().map(|layer| layer.path.clone()));
        let documents = [
            &self.nomenclature_source,
            &self.rules_source,
            &self.update_rules_source,
            &self.usage_rules_source,
        ];
        files.extend(documents.into_iter().filter_map(Reference::file).cloned());
        for prediction in self.all_predictions() {
            files.extend(prediction.files.iter().chain(prediction.classes_source.file()).cloned());
        }
        files.sort();
        files.dedup();
        files
    }

    /// A path as the manifest names it: relative to [`Config::base`] when it lies below it.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.base).unwrap_or(path).display().to_string()
    }
}

#[cfg(test)]
mod tests;
