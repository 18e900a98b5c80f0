//! The model of a run as a file: what it answers, what it was made from, how right it was.
//!
//! The file outlives the run: another vintage or another department may be predicted with it, so
//! it names its classes by their codes and says what its features mean (nomenclature, cell).

use std::collections::BTreeMap;
use std::path::Path;

use kernels::features::feature_names;
use kernels::sampling::SamplePlan;
use kernels::sampling::clean::CleanParams;
use kernels::trees::Model;
use nomenclature::{ClassId, Dimension, Nomenclature};
use serde::{Deserialize, Serialize};

use crate::artefact::{Artefact, publish_bytes};
use crate::config::Config;
use crate::date::Date;
use crate::error::{Error, InputError};
use crate::io::schema::Names;
use crate::stage;
use crate::stamp::Stamp;

/// What the file says that it is.
const FORMAT: &str = "millesime-model";
/// How every file begins.
const BEGINNING: &[u8] = b"{\"format\":\"millesime-model\",";
/// Version of its form.
const FORM: u32 = 1;
/// Largest file read, in bytes: four hundred times the one of a default training.
const BYTES_MAX: u64 = 256 << 20;

/// The model of a run with where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    format: String,
    form: u32,
    /// What it was made from.
    pub origin: Origin,
    /// How right it was on what it had not seen, class by class.
    pub accuracy: Vec<ClassAccuracy>,
    model: Model<String>,
}

/// What a model was made from: everything needed to make it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Name and version of the program, with the commit.
    pub program: String,
    /// Department whose ground it learned.
    pub department: String,
    /// Year of the vintage that gave the labels.
    pub labels: u16,
    /// Years of the imagery.
    pub imagery: Vec<u16>,
    /// Id of the nomenclature of the classes.
    pub nomenclature: String,
    /// Hash of that nomenclature's content.
    pub nomenclature_sha256: String,
    /// Side of the cells, in centimetres: texture is measured in cells.
    pub cell_cm: i32,
    /// How samples were chosen.
    pub samples: SamplePlan,
    /// How they were cleaned.
    pub cleaning: CleanParams,
    /// The files that it learned from, as the manifest names them.
    pub inputs: BTreeMap<String, Stamp>,
}

/// How right judges that had not seen an object were about its samples: the labels of the prior,
/// wrong ones included, are the reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassAccuracy {
    /// Code of the class.
    pub code: String,
    /// Cells that have it in the vintage that gave the labels.
    pub cells: u64,
    /// Samples judged.
    pub samples: u32,
    /// Those found to be of their class.
    pub agreed: u32,
    /// Code of the class most often found for the others.
    pub mistaken_for: Option<String>,
    /// Samples that the model then learned from.
    pub kept: u32,
}

/// The name of the file within the folder of a run.
pub fn file_name(names: &Names) -> String {
    format!("model_{}_{}.json", names.department, names.vintage)
}

impl ModelFile {
    /// The file of a trained model.
    ///
    /// # Errors
    /// [`Error::Internal`] when the model does not fit the nomenclature.
    pub fn new(
        model: Model,
        nomenclature: &Nomenclature,
        origin: Origin,
        accuracy: Vec<ClassAccuracy>,
    ) -> Result<Self, Error> {
        let code = |&class: &ClassId| nomenclature.code(Dimension::Cover, class).to_owned();
        let codes = model.classes().iter().map(code).collect();
        let model = model.with_classes(codes).map_err(|e| Error::internal(e.to_string()))?;
        Ok(Self { format: FORMAT.to_owned(), form: FORM, origin, accuracy, model })
    }

    /// Reads a file; whether it fits a configuration is another question ([`ModelFile::fitted`]).
    ///
    /// # Errors
    /// [`Error::Read`] when it cannot be read, [`Error::Input`] when it is no model or a damaged one.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::metadata(path).map_err(Error::read(path))?.len();
        if bytes > BYTES_MAX {
            return Err(InputError::new(path, "the file is too large for a model")
                .got(format!("{bytes} bytes"))
                .expected(format!("at most {BYTES_MAX} bytes"))
                .hint("a run writes its model as `model_DEPARTMENT_YEAR.json`")
                .into());
        }
        let text = std::fs::read(path).map_err(Error::read(path))?;
        let damaged = |got: String| {
            InputError::new(path, "the model is damaged")
                .got(got)
                .expected("the file as a run wrote it")
                .hint("copy it again from the run that made it; its hash is in that manifest")
        };
        let head = match serde_json::from_slice::<Head>(&text) {
            // It begins as one and goes on as none.
            Err(error) if text.starts_with(BEGINNING) => {
                return Err(damaged(error.to_string()).into());
            }
            head => head.unwrap_or_default(),
        };
        if (head.format.as_str(), head.form) != (FORMAT, FORM) {
            return Err(InputError::new(path, "the file is not a model of this program")
                .got(head)
                .expected(format!("JSON with `format` {FORMAT}, `form` {FORM}"))
                .hint("a run writes its model as `model_DEPARTMENT_YEAR.json`")
                .into());
        }
        let file: Self = serde_json::from_slice(&text).map_err(|e| damaged(e.to_string()))?;
        if let Some(odd) = file.accuracy.iter().find(|a| a.agreed.max(a.kept) > a.samples) {
            return Err(damaged(format!("class `{}` has more right than samples", odd.code)).into());
        }
        Ok(file)
    }

    /// Publishes the file.
    ///
    /// # Errors
    /// [`Error::Write`] when it cannot be written.
    pub fn publish(&self, path: &Path) -> Result<Artefact, Error> {
        let mut text = serde_json::to_vec(self).map_err(|e| Error::internal(e.to_string()))?;
        text.push(b'\n');
        publish_bytes(path, &text)
    }

    /// What each feature brought to the fit, in parts per million, most useful first.
    pub fn importance(&self) -> Vec<(&str, u32)> {
        self.model.importance()
    }

    /// Share of each of these classes on the ground that gave the labels; even when that is unknown.
    pub fn ground_shares(&self, classes: &[ClassId], nomenclature: &Nomenclature) -> Vec<f64> {
        let cells = |&class: &ClassId| {
            let code = nomenclature.code(Dimension::Cover, class);
            let known = self.accuracy.iter().find(|class| class.code == code);
            known.map_or(0.0, |class| class.cells as f64)
        };
        let total: f64 = classes.iter().map(cells).sum();
        let share =
            |class| if total > 0.0 { cells(class) / total } else { 1.0 / classes.len() as f64 };
        classes.iter().map(share).collect()
    }

    /// Whether it reads heights.
    pub fn knows_heights(&self) -> bool {
        self.model.features().len() == feature_names(true).len()
    }

    /// The model, once it is known to fit the cells and the nomenclature of a configuration.
    ///
    /// * `path`: where it was read, for the message.
    ///
    /// # Errors
    /// [`Error::Input`] for another nomenclature, unknown codes, another cell, other features, or
    /// heights that are not given.
    pub fn fitted(&self, config: &Config, path: &Path) -> Result<Model, Error> {
        let Origin { nomenclature, cell_cm, .. } = &self.origin;
        let own = &config.nomenclature;
        let refused = |what: &str| InputError::new(path, what);
        if nomenclature != own.id() {
            return Err(refused("the model tells the classes of another nomenclature apart")
                .got(format!("`{nomenclature}`"))
                .expected(format!("`{}`", own.id()))
                .hint("give the nomenclature of the model, or train: leave `model` out")
                .into());
        }
        if *cell_cm != config.cell_cm {
            return Err(refused("the model was trained on cells of another side")
                .got(format!("{} m", f64::from(*cell_cm) / 100.0))
                .expected(format!("{} m, the configuration's `cell_m`", config.cell_m()))
                .hint("texture is measured in cells: give that `cell_m`, or train")
                .into());
        }
        self.features_fit(config, path)?;
        let mut classes = Vec::new();
        for code in self.model.classes() {
            let Some(class) = own.find(Dimension::Cover, code) else {
                return Err(refused("the model has a class that the nomenclature has not")
                    .got(format!("`{code}`"))
                    .expected(format!("covers of `{}`", own.id()))
                    .hint("the nomenclature has changed since the training: train again")
                    .into());
            };
            classes.push(class);
        }
        let model = self.model.clone().with_classes(classes);
        model.map_err(|error| refused("the model is damaged").got(error).into())
    }

    fn features_fit(&self, config: &Config, path: &Path) -> Result<(), Error> {
        let known = feature_names(self.knows_heights());
        let got = self.model.features();
        if got != known {
            let odd = (0..got.len().max(known.len()))
                .find(|&i| got.get(i).map(String::as_str) != known.get(i).copied());
            let odd = odd.unwrap_or_default();
            let shown = |name: Option<&str>| name.map_or("none".to_owned(), |n| format!("`{n}`"));
            return Err(InputError::new(path, "the model reads features that are not computed")
                .got(format!(
                    "{} features, of which number {} is {}",
                    got.len(),
                    odd + 1,
                    shown(got.get(odd).map(String::as_str))
                ))
                .expected(format!(
                    "{} features, with heights {}; there {}",
                    feature_names(false).len(),
                    feature_names(true).len(),
                    shown(known.get(odd).copied())
                ))
                .hint("the model was made by another version of the program: train again")
                .into());
        }
        let is_high = |(_, given): &(Date, &crate::config::Imagery)| given.heights.is_some();
        if self.knows_heights() && !Date::of(config).iter().any(is_high) {
            return Err(InputError::new(path, "the model reads heights and none are given")
                .got("no `mnh`, `mns` or `mnt` in the configuration")
                .expected("heights of one date at least")
                .hint("give heights, or a model that was trained without")
                .into());
        }
        Ok(())
    }
}

/// The first fields of a model file.
#[derive(Debug, Default, Deserialize)]
struct Head {
    #[serde(default)]
    format: String,
    #[serde(default)]
    form: u32,
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.format.as_str() {
            "" => f.write_str("no `format`, or no JSON at all"),
            format => write!(f, "`format` {format:?}, `form` {}", self.form),
        }
    }
}

impl Origin {
    /// Where the model of a run comes from.
    ///
    /// * `labels`: the year of the vintage that it learns; `inputs`: the files that it learns from.
    pub fn of(
        config: &Config,
        labels: u16,
        (samples, cleaning): (SamplePlan, CleanParams),
        inputs: BTreeMap<String, Stamp>,
    ) -> Self {
        let year = |(date, _): &(Date, &crate::config::Imagery)| match date {
            Date::Now => config.vintage,
            Date::Before => labels,
        };
        Self {
            program: format!("millesime {}", crate::VERSION),
            department: config.department.code().to_owned(),
            labels,
            imagery: Date::of(config).iter().map(year).collect(),
            nomenclature: config.nomenclature.id().to_owned(),
            nomenclature_sha256: stage::nomenclature_sha256(config),
            cell_cm: config.cell_cm,
            samples,
            cleaning,
            inputs,
        }
    }
}
