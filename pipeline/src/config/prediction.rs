//! Predictions of the cover made elsewhere, as the configuration names them.

use std::path::PathBuf;

use nomenclature::PredictionClasses;
use serde::{Deserialize, Serialize};

use super::Reference;
use super::documents::document;
use super::load::Reader;
use super::raw::RawPrediction;
use crate::error::{ConfigError, Error};

/// Most predictions of one date.
pub const PREDICTIONS_MAX: usize = 4;

/// A raster of classes, or of their probabilities, made elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// Its tiles, sorted by path.
    pub files: Vec<PathBuf>,
    /// Where the meaning of its classes comes from.
    #[serde(rename = "classes")]
    pub classes_source: Reference,
    /// The meaning of its classes.
    #[serde(skip)]
    pub classes: PredictionClasses,
    /// What its pixels hold.
    pub kind: PredictionKind,
}

/// What the pixels of a prediction hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PredictionKind {
    /// The number of a class, in one band.
    #[default]
    Class,
    /// A probability for each class, in as many bands: 0 to 255, or 0 to 1 as floating point.
    Probability,
}

impl Reader<'_> {
    /// The predictions of a date, whose classes say something of the nomenclature.
    pub(super) fn predictions(
        &self,
        key: &[&str],
        raw: Vec<RawPrediction>,
    ) -> Result<Vec<Prediction>, Error> {
        if raw.len() > PREDICTIONS_MAX {
            return Err(ConfigError {
                got: Some(raw.len().to_string()),
                expected: Some(format!("at most {PREDICTIONS_MAX}")),
                ..self.source.fault(key, "too many predictions of one date")
            }
            .into());
        }
        let prediction = |(index, raw): (usize, RawPrediction)| {
            let index = index.to_string();
            let at = |last| [key, &[index.as_str(), last]].concat();
            let classes_source = self.reference_at(&at("classes"), &raw.classes)?;
            let classes = match &classes_source {
                Reference::Builtin(id) => PredictionClasses::builtin(id).map_err(|error| {
                    let fault = self.source.fault(&at("classes"), error.to_string());
                    ConfigError { hint: error.hint(), ..fault }
                })?,
                Reference::File(path) => document(path, PredictionClasses::from_yaml)?,
            };
            let files = self.files(&at("path"), &raw.path)?;
            Ok(Prediction { files, classes_source, classes, kind: raw.kind })
        };
        raw.into_iter().enumerate().map(prediction).collect()
    }
}
