//! What can be wrong with a nomenclature document, or with a question put to one.

use std::fmt;

use crate::class::Dimension;
use crate::yaml::YamlError;

/// One fault of a document: where it is, what is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Key path, such as `classes.cs[3].parent`; empty for the whole document.
    pub key: String,
    /// What is wrong: a lowercase fragment.
    pub what: String,
    /// What the document says.
    pub got: Option<String>,
    /// What would be right.
    pub expected: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        f.write_str(&self.what)?;
        if let Some(got) = &self.got {
            write!(f, "; got `{got}`")?;
        }
        if let Some(expected) = &self.expected {
            write!(f, "; expected {expected}")?;
        }
        Ok(())
    }
}

impl From<YamlError> for Problem {
    fn from(error: YamlError) -> Self {
        Self {
            line: error.line,
            column: error.column,
            key: error.path,
            what: error.message,
            got: None,
            expected: None,
            hint: error.hint,
        }
    }
}

/// Why a question to a nomenclature, a crosswalk or a rule set has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NomenclatureError {
    /// No document of this id is built in.
    #[error("no built-in {kind} is named `{id}`")]
    UnknownBuiltin {
        /// What was looked for: `nomenclature`, `rule set`, `capture rules`.
        kind: &'static str,
        /// The id asked for.
        id: String,
        /// The ids there are.
        known: &'static [&'static str],
        /// The one most likely meant.
        nearest: Option<String>,
    },
    /// The code belongs to no class of the nomenclature.
    #[error("{dimension} code `{code}` is not in nomenclature `{nomenclature}`")]
    UnknownCode {
        /// The code asked for.
        code: String,
        /// Cover or usage.
        dimension: Dimension,
        /// The id of the nomenclature.
        nomenclature: String,
        /// A code that shares at least three leading characters.
        nearest: Option<String>,
    },
    /// The document has faults.
    #[error("{kind} `{id}` has {} problem(s), first: {}", problems.len(), first(problems))]
    Invalid {
        /// What the document is.
        kind: &'static str,
        /// Its id.
        id: String,
        /// Every fault.
        problems: Vec<Problem>,
    },
    /// No chain of stated nestings leads from one nomenclature to the other.
    #[error("no crosswalk leads from nomenclature `{from}` to `{to}`")]
    NoCrosswalk {
        /// The nomenclature of the codes at hand.
        from: String,
        /// The nomenclature wanted.
        to: String,
    },
    /// A rule makes of a cover a finer one that is not one of its own.
    #[error("rule `{rule}` makes `{into}` of `{cover}`, which does not nest in the same class")]
    NotFiner {
        /// The name of the rule.
        rule: String,
        /// A cover that the rule is for.
        cover: String,
        /// The cover that it makes of it.
        into: String,
    },
    /// Some couples of the nomenclature are decided by no rule.
    #[error("rule set `{rules}` leaves {count} couple(s) undecided, first: {first}")]
    Undecided {
        /// The id of the rule set.
        rules: String,
        /// How many couples.
        count: usize,
        /// The first one, cover then usage.
        first: String,
    },
}

fn first(problems: &[Problem]) -> String {
    problems.first().map(ToString::to_string).unwrap_or_default()
}

impl NomenclatureError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownBuiltin { nearest: Some(nearest), .. }
            | Self::UnknownCode { nearest: Some(nearest), .. } => {
                Some(format!("did you mean `{nearest}`?"))
            }
            Self::UnknownBuiltin { known, .. } => Some(format!("there are: {}", known.join(", "))),
            Self::UnknownCode { .. } => None,
            Self::Invalid { problems, .. } => problems.first().and_then(|p| p.hint.clone()),
            Self::NoCrosswalk { .. } => {
                Some("state `nests_in` in the nomenclature document".to_owned())
            }
            Self::NotFiner { .. } => Some(
                "a rule with `into` refines a cover; what becomes another cover is for the update rules"
                    .to_owned(),
            ),
            Self::Undecided { .. } => Some("end the rules with one for every couple".to_owned()),
        }
    }
}
