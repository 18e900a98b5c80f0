//! YAML text in, typed values or a located error out: the only module that sees `serde_yaml`.
//!
//! On top of the parser: a byte-order mark is skipped, tabs are named, duplicate keys are refused
//! everywhere (also in maps), depth and size are capped, and an unknown key comes with the nearest
//! known one. [`locate`] gives the place of a key path, so that a check made after parsing can
//! still say line and column.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::nearest::nearest_word;

mod place;
mod strict;
#[cfg(test)]
mod tests;

pub use place::{locate, locate_nearest};

/// The largest text accepted, in bytes.
pub const SIZE_MAX_BYTES: usize = 8 << 20;

/// The deepest nesting of maps and lists accepted.
pub const DEPTH_MAX: usize = 32;

/// Why a YAML text was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct YamlError {
    /// Line of the fault, from 1.
    pub line: usize,
    /// Column of the fault in characters, from 1.
    pub column: usize,
    /// Keys and indices from the root to the fault, such as `classes.cs[3].code`; empty at the root.
    pub path: String,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What to do about it, when that is known.
    pub hint: Option<String>,
}

impl YamlError {
    /// An error at a place; the path is empty and there is no hint.
    pub fn at((line, column): (usize, usize), message: impl Into<String>) -> Self {
        Self { line, column, path: String::new(), message: message.into(), hint: None }
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for YamlError {}

/// Reads one YAML document into a typed value.
///
/// # Errors
/// [`YamlError`] when the text is too large or too deep, is not YAML, repeats a key, holds more
/// than one document, or does not have the shape of `T`.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    if text.len() > SIZE_MAX_BYTES {
        let message = format!("{} bytes, at most {SIZE_MAX_BYTES} are read", text.len());
        return Err(YamlError::at((1, 1), message));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.lines().all(is_blank) {
        let mut error = YamlError::at((1, 1), "the document is empty");
        error.hint = Some("write at least one `key: value` line".to_owned());
        return Err(error);
    }
    serde_yaml::from_str::<strict::Strict>(text).map_err(|e| explain(text, &e))?;
    serde_yaml::from_str(text).map_err(|e| explain(text, &e))
}

/// A list item that may be ill-formed, so that one bad item does not hide the next ones.
///
/// [`Lenient::Refused`] items are explained by [`from_str_at`], which knows their place.
#[derive(Debug, Clone)]
pub enum Lenient<T> {
    /// The item has the shape of `T`.
    Read(T),
    /// It has not.
    Refused,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_yaml::Value::deserialize(deserializer)?;
        Ok(serde_yaml::from_value(value).map_or(Self::Refused, Self::Read))
    }
}

/// Reads the value at a key path of a document (see [`locate`]) into a typed value.
///
/// # Errors
/// [`YamlError`], with its place in the whole text, when the path is absent or the value there
/// does not have the shape of `T`.
pub fn from_str_at<T: DeserializeOwned>(text: &str, path: &[&str]) -> Result<T, YamlError> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    match place::read_at(body, path) {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(explain(body, &error)),
        None => Err(YamlError::at(locate_nearest(text, path), "the key is absent")),
    }
}

/// Whether a line holds no value: empty, a comment, or a document marker.
fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line == "---" || line == "..."
}

/// Turns the parser's error into ours: place, path and message apart, and a hint where one helps.
fn explain(text: &str, error: &serde_yaml::Error) -> YamlError {
    let end = (text.lines().count().max(1), 1);
    let place = error.location().map(|at| (at.line(), at.column()));
    let shown = error.to_string();
    let shown = match place {
        Some((line, column)) => shown.replacen(&format!(" at line {line} column {column}"), "", 1),
        None => shown,
    };
    let (path, message) = split_path(&shown);
    let mut located = YamlError::at(place.unwrap_or(end), message);
    path.clone_into(&mut located.path);
    if let Some(line) = tab_line(text, located.line) {
        located = YamlError::at((line, 1), "a tab in the indentation");
        located.hint = Some("indent with spaces".to_owned());
    } else if let Some((got, known)) = unknown_name(message) {
        located.hint =
            nearest_word(got, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    }
    located
}

/// Splits `a.b[2]: message` into its path and its message; the path is empty at the root.
fn split_path(shown: &str) -> (&str, &str) {
    match shown.split_once(": ") {
        Some((path, message)) if !path.contains([' ', '`', '"']) => (path, message),
        _ => ("", shown),
    }
}

/// The first line up to the fault that a tab indents, from 1.
fn tab_line(text: &str, fault_line: usize) -> Option<usize> {
    text.lines()
        .take(fault_line)
        .position(|line| {
            let indent = line.len() - line.trim_start().len();
            line[..indent].contains('\t') && !is_blank(line)
        })
        .filter(|_| serde_yaml::from_str::<strict::Strict>(text).is_err())
        .map(|index| index + 1)
}

/// The unknown name and the known ones, out of serde's message for fields and variants.
fn unknown_name(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest =
        message.strip_prefix("unknown field `").or(message.strip_prefix("unknown variant `"))?;
    let (got, known) = rest.split_once('`')?;
    Some((got, known.split('`').skip(1).step_by(2).collect()))
}
