//! Findings as the national validator of geographic deliveries (IGN) tells them: JSON lines.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use kernels::lattice::{Point, Polygon};
use nomenclature::nearest::nearest_code;
use serde::Serialize;

use crate::artefact::Draft;
use crate::error::Error;
use crate::talk;
use crate::vintage::bounds_of;

/// Bytes of lines gathered before they go to stdout.
const CHUNK: usize = 1 << 16;

/// How grave a finding is, in the words of the national validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// To know.
    #[value(skip)]
    Info,
    /// To look at.
    Warning,
    /// Against the contract of the delivery.
    Error,
    /// The feature or the file cannot be read.
    #[value(skip)]
    Fatal,
}

impl Level {
    /// The validator's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

/// What fails: options that every command which checks has.
#[derive(Debug, Clone, clap::Args)]
pub struct Severity {
    /// The least level that fails: `error`, or `warning` as well
    #[arg(long, value_name = "LEVEL", default_value = "error", hide_possible_values = true)]
    fail_on: Level,
    /// Keys that are reported at level INFO and never fail
    #[arg(long = "allow", value_name = "KEY", value_delimiter = ',')]
    allowed: Vec<String>,
}

impl Severity {
    /// How grave a key is here that is of a level elsewhere.
    pub fn level(&self, key: &str, level: Level) -> Level {
        if self.allowed.iter().any(|allowed| allowed == key) { Level::Info } else { level }
    }

    /// Whether what has a finding of a key fails that is of a level elsewhere.
    pub fn fails(&self, key: &str, level: Level) -> bool {
        self.level(key, level) >= self.fail_on
    }

    /// Refuses a key that is none of those known.
    ///
    /// # Errors
    /// [`Error::Usage`] with the nearest key.
    pub fn refuse_unknown(&self, known: &[&'static str]) -> Result<(), Error> {
        let odd = self.allowed.iter().find(|key| !known.contains(&key.as_str()));
        let Some(key) = odd else { return Ok(()) };
        let hint = nearest_code(key, known.iter().copied()).map_or_else(
            || format!("the keys are: {}", known.join(", ")),
            |near| format!("the nearest key is `{near}`"),
        );
        let what = format!("`--allow {key}`: there is no such key");
        Err(Error::Usage { what, hint: Some(hint) })
    }
}

/// One line.
///
/// Coordinates are in the CRS of the file; `featureBbox` is west, south, east, north.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line<'a> {
    /// The stable key of the rule.
    pub code: &'a str,
    /// How grave it is.
    pub level: Level,
    /// What is wrong, in French.
    pub message: String,
    /// The id of the nomenclature that the delivery is held against.
    pub document_model: Option<&'a str>,
    /// The product that the file is one of.
    pub file_model: Option<&'a str>,
    /// The column.
    pub attribute: Option<&'a str>,
    /// The file.
    pub file: &'a str,
    /// The number of the feature in the file.
    pub id: Option<String>,
    /// The box of the feature.
    pub feature_bbox: Option<String>,
    /// Where, as WKT.
    pub error_geometry: Option<String>,
    /// The id of the feature.
    pub feature_id: Option<&'a str>,
}

/// A place as a line writes it.
pub fn wkt(place: Point) -> String {
    let (x_m, y_m) = place.to_metres();
    format!("POINT ({x_m:.2} {y_m:.2})")
}

/// West, south, east and north of polygons in metres; `None` when there is none.
pub fn bbox(polygons: &[Polygon]) -> Option<String> {
    let (low, high) = bounds_of(polygons)?;
    let ((west, south), (east, north)) = (low.to_metres(), high.to_metres());
    Some(format!("{west:.2},{south:.2},{east:.2},{north:.2}"))
}

/// Where lines are written.
#[derive(Debug)]
pub enum Lines {
    /// Those that are still to be printed.
    Stdout(String),
    /// A file to be published when all lines are there.
    File(Draft, BufWriter<File>),
}

impl Lines {
    /// Writes to a file, or to stdout.
    ///
    /// # Errors
    /// [`Error::Write`] when the file cannot be created.
    pub fn to(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(Self::Stdout(String::new())) };
        let draft = Draft::new(path)?;
        let file = File::create(draft.temp()).map_err(Error::write(path))?;
        Ok(Self::File(draft, BufWriter::new(file)))
    }

    /// Adds a line.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&mut self, line: &Line<'_>) -> Result<(), Error> {
        let line = serde_json::to_string(line).unwrap_or_default() + "\n";
        match self {
            Self::File(draft, file) => {
                file.write_all(line.as_bytes()).map_err(Error::write(draft.path()))
            }
            Self::Stdout(text) => {
                text.push_str(&line);
                if text.len() < CHUNK { Ok(()) } else { talk::data(&std::mem::take(text)) }
            }
        }
    }

    /// Writes what is left; a file keeps its temporary name.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn finish(self) -> Result<Option<Draft>, Error> {
        match self {
            Self::File(draft, mut file) => {
                file.flush().map_err(Error::write(draft.path()))?;
                Ok(Some(draft))
            }
            Self::Stdout(text) => talk::data(&text).map(|()| None),
        }
    }
}
