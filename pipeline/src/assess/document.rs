//! `plan.json`: everything that the assessment of a vintage rests on, but for the key.

use std::fs;
use std::path::Path;

use nomenclature::Nomenclature;
use serde::{Deserialize, Serialize};

use super::strata::StrataOf;
use crate::error::{Error, InputError};
use crate::stamp::{Stamp, sha256};

/// Name of the plan.
pub const PLAN: &str = "plan.json";
/// Name of the key: what the map says of each place.
pub const KEY: &str = "cle.csv";
/// Name of the blank sheet.
pub const SHEET: &str = "fiche.gpkg";
/// Name of the user's nomenclature, kept with the plan.
pub const NOMENCLATURE: &str = "nomenclature.yaml";

/// Version of the document.
pub const FORMAT: u32 = 1;

/// The plan of an assessment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Version of this document.
    pub format: u32,
    /// What the ids of the places start with: a hash of all that follows but the program.
    pub id: String,
    /// Name and version of the program that drew the sample.
    pub program: String,
    /// The vintage assessed.
    pub vintage: Source,
    /// The year that it states.
    pub year: Option<u16>,
    /// EPSG code of the coordinates.
    pub epsg: u32,
    /// The layer of changes that parts the ground, if any.
    pub changes: Option<Source>,
    /// Id of the nomenclature.
    pub nomenclature: String,
    /// Hash of the user's document, kept beside the plan; none for a built-in nomenclature.
    pub nomenclature_sha256: Option<String>,
    /// How the sample was drawn.
    pub design: Design,
    /// The strata, in order.
    pub strata: Vec<Stratum>,
    /// What the map holds, by couple.
    pub couples: Vec<CoupleArea>,
    /// Ground of the map without a known cover or usage, which is in no stratum.
    pub left_out: Extent,
    /// The key.
    pub key: Kept,
    /// Places in the sheet.
    pub places: u64,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name.
    pub file: String,
    /// Its layer, where one was named.
    pub layer: Option<String>,
    /// Its size and hash.
    pub stamp: Stamp,
}

/// A file kept beside the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its name.
    pub file: String,
    /// Its hash.
    pub sha256: String,
}

/// How the sample was drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Seed of every draw.
    pub seed: u64,
    /// What makes the strata.
    pub strata: StrataOf,
    /// Depth of the classes in their tree, from 1; none for the leaves.
    pub level: Option<u8>,
    /// The rule set, where the status makes the strata.
    pub rules: Option<String>,
    /// Places asked for, where a number was.
    pub sample_size: Option<u64>,
    /// Standard error of the overall accuracy that gave the number of places, otherwise.
    pub standard_error: Option<f64>,
    /// Least places of a stratum.
    pub minimum: u64,
    /// Side of the window shown around a place, in metres.
    pub window_m: f64,
}

/// A number of objects and their area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extent {
    /// Objects.
    pub objects: u64,
    /// Doubled area in square centimetres: exact.
    pub twice_area_cm2: u64,
}

impl Extent {
    /// Adds an object.
    pub fn add(&mut self, twice_area: i128) {
        self.objects += 1;
        self.twice_area_cm2 += u64::try_from(twice_area).unwrap_or(0);
    }

    /// Its doubled area, in square lattice steps.
    pub fn twice_area(&self) -> i128 {
        i128::from(self.twice_area_cm2)
    }
}

/// A stratum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stratum {
    /// Its code: of a class or a couple, `artif`, `non artif` or `changement`.
    pub code: String,
    /// Its name, in French.
    pub label: String,
    /// What it holds.
    pub extent: Extent,
    /// The user's accuracy conjectured.
    pub expected: f64,
    /// Places drawn.
    pub places: u64,
    /// Whether every object has its own, at least two.
    pub is_full: bool,
}

/// What the map holds of a couple.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoupleArea {
    /// Code of the cover.
    pub code_cs: String,
    /// Code of the usage.
    pub code_us: String,
    /// What it holds.
    pub extent: Extent,
}

impl Document {
    /// The plan as it is written.
    ///
    /// # Errors
    /// [`Error::Internal`] when it has no JSON form.
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::internal(format!("the plan has no JSON form: {error}")))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads the plan of a folder, and refuses a key that is not the one drawn with it.
    ///
    /// # Errors
    /// [`Error::Usage`] when the folder holds no plan, [`Error::Input`] for a plan that is not one or for
    /// another key.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(PLAN);
        if !path.is_file() {
            return Err(Error::Usage {
                what: format!("`{}` holds no plan", folder.display()),
                hint: Some("--plan takes a folder made by `millesime assess plan`".to_owned()),
            });
        }
        let bytes = fs::read(&path).map_err(Error::read(&path))?;
        let document: Self = serde_json::from_slice(&bytes).map_err(|error| {
            InputError::new(&path, "this is not a plan of `millesime assess plan`")
                .got(error)
                .hint("restore the file as it was made: a plan is never edited")
        })?;
        if document.format != FORMAT {
            return Err(InputError::new(&path, "this plan is of another version")
                .got(document.format)
                .expected(FORMAT)
                .into());
        }
        refuse_changed(&folder.join(&document.key.file), &document.key.sha256)?;
        Ok(document)
    }

    /// The nomenclature of the plan.
    ///
    /// # Errors
    /// [`Error::Input`] for a document that is not the one of the plan, [`Error::Config`] for one
    /// that is wrong, [`Error::Usage`] for a built-in one that this version does not know.
    pub fn nomenclature(&self, folder: &Path) -> Result<Nomenclature, Error> {
        let Some(hash) = &self.nomenclature_sha256 else {
            return crate::commands::nomenclature::load(&self.nomenclature);
        };
        let path = folder.join(NOMENCLATURE);
        refuse_changed(&path, hash)?;
        let text = fs::read_to_string(&path).map_err(Error::read(&path))?;
        Nomenclature::from_yaml(&text).map_err(|problems| Error::first_fault(&path, problems))
    }
}

fn refuse_changed(path: &Path, expected: &str) -> Result<(), Error> {
    let bytes = fs::read(path).map_err(Error::read(path))?;
    let got = sha256(&bytes);
    if got == expected {
        return Ok(());
    }
    Err(InputError::new(path, "this file is not the one that the plan was made with")
        .got(format!("SHA-256 {got}"))
        .expected(expected)
        .hint("restore the file as `millesime assess plan` wrote it: it is never edited")
        .into())
}
