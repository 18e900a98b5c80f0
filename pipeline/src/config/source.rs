//! The text of the configuration, and errors that point into it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use nomenclature::yaml;
use serde::de::DeserializeOwned;

use crate::error::{ConfigError, Error};

/// A YAML document with the place it was read from.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The file, as the user named it.
    pub(super) file: PathBuf,
    text: String,
    /// Where the configuration's keys are in the text, the place that wins first: the root, but for
    /// one run of a batch.
    roots: Vec<Vec<String>>,
    /// The configuration that a batch makes for one run; otherwise it is the text.
    merged: Option<String>,
}

impl Source {
    /// Reads the text.
    pub(super) fn read(file: &Path) -> Result<Self, Error> {
        let fault = |what: &str, hint: &str| {
            Error::from(ConfigError {
                file: file.to_owned(),
                what: what.to_owned(),
                hint: Some(hint.to_owned()),
                ..ConfigError::default()
            })
        };
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(fault(
                    "the configuration file does not exist",
                    "`millesime init DIR` writes one to fill in",
                ));
            }
            Err(source) => return Err(Error::read(file)(source)),
        };
        let text = String::from_utf8(bytes)
            .map_err(|_| fault("the configuration is not UTF-8 text", "save it as UTF-8"))?;
        Ok(Self { file: file.to_owned(), text, roots: vec![Vec::new()], merged: None })
    }

    /// The same document, of which one run's configuration is `merged` from these places.
    pub(super) fn merged(&self, merged: String, roots: Vec<Vec<String>>) -> Self {
        Self { roots, merged: Some(merged), ..self.clone() }
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Parses the configuration.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let Some(merged) = &self.merged else { return self.parse_text() };
        yaml::from_str(merged).map_err(|error| {
            // The place is one of the merged text, which nobody wrote.
            let mut key = steps(&error.path);
            key.extend(named_field(&error.message).map(str::to_owned));
            let key: Vec<&str> = key.iter().map(String::as_str).collect();
            ConfigError { hint: error.hint, ..self.fault(&key, error.message) }.into()
        })
    }

    /// Parses the text as the user wrote it.
    pub(super) fn parse_text<T: DeserializeOwned>(&self) -> Result<T, Error> {
        yaml::from_str(&self.text).map_err(|error| {
            ConfigError {
                file: self.file.clone(),
                place: Some((error.line, error.column)),
                key: error.path,
                what: error.message,
                hint: error.hint,
                ..ConfigError::default()
            }
            .into()
        })
    }

    /// An error about the value at a key path (list items by their index).
    pub(super) fn fault(&self, key: &[&str], what: impl Into<String>) -> ConfigError {
        let (root, place) = self.find(key);
        let root = root.iter().map(String::as_str);
        ConfigError {
            file: self.file.clone(),
            place: Some(place),
            key: dotted(&root.chain(key.iter().copied()).collect::<Vec<_>>()),
            what: what.into(),
            ..ConfigError::default()
        }
    }

    /// The place of a key path, or of the longest part of it that is written, and its root.
    fn find(&self, key: &[&str]) -> (&[String], (usize, usize)) {
        for length in (0..=key.len()).rev() {
            for root in &self.roots {
                let path: Vec<&str> =
                    root.iter().map(String::as_str).chain(key[..length].iter().copied()).collect();
                if let Some(place) = yaml::locate(&self.text, &path) {
                    return (root, place);
                }
            }
        }
        (&[], (1, 1))
    }
}

/// The field of the reader's words when it met one that it does not know or missed one.
fn named_field(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("unknown field `")?;
    rest.split_once('`').map(|(name, _)| name)
}

/// `imagery.rvb[0]` as `["imagery", "rvb", "0"]`.
fn steps(path: &str) -> Vec<String> {
    path.split(['.', '[', ']']).filter(|step| !step.is_empty()).map(str::to_owned).collect()
}

/// `["imagery", "rvb", "0"]` as `imagery.rvb[0]`.
fn dotted(key: &[&str]) -> String {
    let mut out = String::new();
    for step in key {
        if step.bytes().all(|b| b.is_ascii_digit()) {
            let _ = write!(out, "[{step}]");
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(step);
        }
    }
    out
}
