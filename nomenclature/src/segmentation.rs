//! What a segmentation model takes and gives: channels, their normalisation, classes, patches.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::builtin::pick;
use crate::class::{ClassId, Dimension};
use crate::error::{NomenclatureError, Problem};
use crate::findings::{Fault, Findings};
use crate::nomenclature::Nomenclature;
use crate::yaml;

const IDS: &[&str] = &["flair-1", "flair-hub"];
const TEXTS: &[&str] = &[
    include_str!("../data/segmentation/flair-1.yaml"),
    include_str!("../data/segmentation/flair-hub.yaml"),
];

/// The widest patch, in pixels.
pub const PATCH_MAX: usize = 8192;

/// The description of a segmentation model, checked.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Segmentation {
    /// Version of the YAML form; 1.
    format: u32,
    /// Its id.
    pub id: String,
    /// Its full name.
    pub title: String,
    /// Where its figures come from.
    pub source: Vec<String>,
    /// Remarks: what is inferred, partial or left out.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The nomenclature of its classes: a built-in id or the path of a document.
    pub classes: String,
    /// Side of the pixels that it was trained on, in metres; whole centimetres.
    pub pixel_m: f64,
    /// Side of a patch, in pixels.
    pub patch: usize,
    /// Pixels on each side of a patch that are not its own: patches advance by what is left.
    pub margin: usize,
    /// What its figures are.
    pub answer: Answer,
    /// What it takes, in the order of the tensor.
    pub channels: Vec<Channel>,
    /// The code of each class that it gives, in the order of the tensor.
    pub outputs: Vec<String>,
}

/// What the figures that a model gives for the classes of a pixel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Any numbers; probabilities are their softmax.
    Logits,
    /// Probabilities, with a sum of 1.
    Probabilities,
}

/// An ortho product, or heights above the ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Product {
    /// Red, green, blue.
    Rvb,
    /// Near infrared, red, green.
    Irc,
    /// Metres above the ground.
    Heights,
}

impl Product {
    /// Its key in documents and the name of its option.
    pub fn key(self) -> &'static str {
        match self {
            Self::Rvb => "rvb",
            Self::Irc => "irc",
            Self::Heights => "heights",
        }
    }
}

/// One channel of the tensor that a model takes: `(within(value * scale) - mean) / deviation`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The product.
    pub from: Product,
    /// Its band, from 1 to 3; absent for heights.
    #[serde(default)]
    pub band: Option<usize>,
    /// What a value is multiplied by first.
    #[serde(default = "one")]
    pub scale: f64,
    /// The limits that the scaled value is held to.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
    /// What is then taken away.
    #[serde(default)]
    pub mean: f64,
    /// What it is then divided by.
    #[serde(default = "one")]
    pub deviation: f64,
}

fn one() -> f64 {
    1.0
}

impl Channel {
    /// What the model is given for a value: a byte of an image, or metres.
    pub fn input(&self, value: f64) -> f32 {
        let scaled = value * self.scale;
        let held = self.range.map_or(scaled, |[low, high]| scaled.clamp(low, high));
        ((held - self.mean) / self.deviation) as f32
    }
}

impl Segmentation {
    /// A description that ships with the program: `flair-1`, `flair-hub`.
    ///
    /// # Errors
    /// [`NomenclatureError::UnknownBuiltin`], with the nearest id as hint.
    pub fn builtin(id: &str) -> Result<Self, NomenclatureError> {
        let kind = "description of a model";
        let text = pick(kind, id, IDS, TEXTS)?;
        Self::from_yaml(text).map_err(|problems| NomenclatureError::Invalid {
            kind,
            id: id.to_owned(),
            problems,
        })
    }

    /// The ids that [`Segmentation::builtin`] knows.
    pub fn builtin_ids() -> &'static [&'static str] {
        IDS
    }

    /// Reads and checks a description; codes are checked by [`Segmentation::class_ids`].
    ///
    /// # Errors
    /// Every [`Problem`] found: unknown key, wrong type, figure out of range, missing band.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Problem>> {
        let model: Self = yaml::from_str(text).map_err(|error| vec![error.into()])?;
        let mut findings = Findings::new(text);
        model.check(&mut findings);
        if findings.is_empty() { Ok(model) } else { Err(findings.sorted()) }
    }

    /// Side of a pixel, in centimetres.
    pub fn pixel_cm(&self) -> i32 {
        (self.pixel_m * 100.0).round() as i32
    }

    /// Whether a channel comes from a product.
    pub fn needs(&self, product: Product) -> bool {
        self.channels.iter().any(|channel| channel.from == product)
    }

    /// The classes of the outputs, in their order.
    ///
    /// # Errors
    /// [`NomenclatureError::UnknownCode`] when the nomenclature lacks one.
    pub fn class_ids(
        &self,
        nomenclature: &Nomenclature,
    ) -> Result<Vec<ClassId>, NomenclatureError> {
        self.outputs.iter().map(|code| nomenclature.resolve(Dimension::Cover, code)).collect()
    }

    fn check(&self, findings: &mut Findings<'_>) {
        let mut require = |path: &[&str], ok: bool, got: String, expected: &str| {
            if !ok {
                findings.add(path, Fault::new("out of range").got(got).expected(expected));
            }
        };
        require(&["format"], self.format == 1, self.format.to_string(), "`1`");
        let cm = self.pixel_m * 100.0;
        let whole = (1.0..=10_000.0).contains(&cm) && (cm - cm.round()).abs() < 1e-6;
        require(&["pixel_m"], whole, self.pixel_m.to_string(), "whole centimetres, such as `0.2`");
        let patch = (1..=PATCH_MAX).contains(&self.patch);
        require(&["patch"], patch, self.patch.to_string(), "1 to 8192 pixels");
        let classes = (1..=254).contains(&self.outputs.len());
        require(&["outputs"], classes, self.outputs.len().to_string(), "1 to 254 classes");
        let channels = !self.channels.is_empty();
        require(&["channels"], channels, "none".to_owned(), "one channel at least");
        for (i, channel) in self.channels.iter().enumerate() {
            channel.check(&["channels", &i.to_string()], findings);
        }
        for (i, code) in self.outputs.iter().enumerate() {
            if self.outputs[..i].contains(code) {
                let fault = Fault::new("two outputs are of one class").got(code);
                findings.add(&["outputs", &i.to_string()], fault);
            }
        }
    }
}

impl Channel {
    fn check(&self, at: &[&str], findings: &mut Findings<'_>) {
        let mut add = |key: &str, what: &str, got: String, expected: &str| {
            let path = [at, &[key]].concat();
            findings.add(&path, Fault::new(what).got(got).expected(expected));
        };
        let got = || self.band.map_or("none".to_owned(), |band| band.to_string());
        match (self.from, self.band) {
            (Product::Heights, None) | (Product::Rvb | Product::Irc, Some(1..=3)) => {}
            (Product::Heights, Some(_)) => add("band", "heights have no bands", got(), "no `band`"),
            _ => add("band", "which band of the image is not told", got(), "1, 2 or 3"),
        }
        if !(self.deviation.is_finite() && self.deviation > 0.0) {
            add("deviation", "out of range", self.deviation.to_string(), "above 0");
        }
        for (key, value) in [("scale", self.scale), ("mean", self.mean)] {
            if !value.is_finite() {
                add(key, "out of range", value.to_string(), "a number");
            }
        }
        if self.range.is_some_and(|[low, high]| low.partial_cmp(&high).is_none_or(Ordering::is_gt))
        {
            add("range", "the lower limit comes first", format!("{:?}", self.range), "`[0, 255]`");
        }
    }
}

#[cfg(test)]
mod tests;
