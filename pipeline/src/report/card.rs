//! A figure that stands out at the top of a page.

use serde::Serialize;

use super::figure::Figure;

/// A figure with words around it, as the macro `cards` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct Card {
    /// What it is.
    pub(crate) label: String,
    /// It.
    pub(crate) figure: Figure,
    /// What to know besides.
    pub(crate) note: String,
}

impl Card {
    /// A figure by its exact string and as people read it.
    pub(crate) fn new(
        label: impl Into<String>,
        (value, display): (String, String),
        note: impl Into<String>,
    ) -> Self {
        let figure = Figure { value, display, sign: "" };
        Self { label: label.into(), figure, note: note.into() }
    }
}
