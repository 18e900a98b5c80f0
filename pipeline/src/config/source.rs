//! The text of the configuration, and errors that point into it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use nomenclature::yaml;
use serde::de::DeserializeOwned;

use crate::error::{ConfigError, Error};

/// A YAML document with the place it was read from.
pub(super) struct Source {
    /// The file, as the user named it.
    pub(super) file: PathBuf,
    text: String,
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
        Ok(Self { file: file.to_owned(), text })
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Parses the text.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
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
        ConfigError {
            file: self.file.clone(),
            place: Some(yaml::locate_nearest(&self.text, key)),
            key: dotted(key),
            what: what.into(),
            ..ConfigError::default()
        }
    }
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
