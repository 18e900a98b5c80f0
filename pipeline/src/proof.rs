//! Laws that were checked and hold, with what was measured.
//!
//! A proof keeps figures, never sentences: who shows it words them, in English for the terminal
//! and the manifest ([`Measures`]'s `Display`), in French for the report ([`crate::words::laws`]).

use std::fmt;

use kernels::lattice::{area_m2, twice_area_of};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use measures::{Balance, Cover, Flux, Loss, Measures, Move, Recoding, Shared, Stocks};

mod measures;

/// A law that was checked and holds; a broken one is [`crate::Error::Invariant`] instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Form", from = "Form")]
pub struct Proof {
    /// The law and its figures.
    pub measures: Measures,
    /// Which of the checks of this law it is: a variant of the figures, years; often none.
    pub of: Vec<String>,
}

/// A proof in the manifest and the journal: the name and the sentence are there for readers.
#[derive(Serialize, Deserialize)]
struct Form {
    /// Stable name, such as `flux_identity_artificial_2021`.
    invariant: String,
    /// What was measured, as an English sentence.
    measured: String,
    /// The same figures by name, with the law.
    measures: Measures,
    /// See [`Proof::of`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    of: Vec<String>,
}

/// An area as a doubled count of square lattice steps; square metres in JSON and in text.
///
/// Both ways are exact below 4e11 m2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area(pub i128);

impl Proof {
    /// The only check of its law, until [`Proof::of`] tells it from others.
    pub fn new(measures: Measures) -> Self {
        Self { measures, of: Vec::new() }
    }

    /// The check of one variant of the figures, or of one year.
    #[must_use]
    pub fn of(mut self, part: impl fmt::Display) -> Self {
        self.of.push(part.to_string());
        self
    }

    /// The stable name, such as `flux_identity_artificial_2021`.
    pub fn invariant(&self) -> String {
        let parts = self.of.iter().map(String::as_str);
        std::iter::once(self.measures.name()).chain(parts).collect::<Vec<_>>().join("_")
    }
}

impl From<Proof> for Form {
    fn from(proof: Proof) -> Self {
        let (invariant, measured) = (proof.invariant(), proof.measures.to_string());
        Self { invariant, measured, measures: proof.measures, of: proof.of }
    }
}

impl From<Form> for Proof {
    fn from(form: Form) -> Self {
        Self { measures: form.measures, of: form.of }
    }
}

/// `flux_identity_artificial: 3 - 2 = 1 - 0 m2 ...`, for the terminal.
impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant(), self.measures)
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        area_m2(self.0).fmt(f)
    }
}

impl Serialize for Area {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        area_m2(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Area {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(|area| Self(twice_area_of(area)))
    }
}

#[cfg(test)]
pub(crate) mod tests;
