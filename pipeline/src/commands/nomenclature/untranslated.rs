//! The codes of a file that have no translation: how many, why, and where the first one is.

use std::collections::BTreeMap;

use nomenclature::{Dimension, Translation, Translator};

/// The most codes that one message lists.
const LISTED_MAX: usize = 8;

/// Codes without a translation, by dimension and code.
#[derive(Debug, Default)]
pub(super) struct Untranslated(BTreeMap<(Dimension, String), Found>);

#[derive(Debug)]
struct Found {
    count: u64,
    first: String,
    why: String,
}

impl Untranslated {
    /// The translation of a code; without one, counts it. An absent code stays absent.
    ///
    /// `place` names the row or feature; it is asked for the first time only.
    pub(super) fn translate<'n>(
        &mut self,
        translator: &Translator<'n>,
        (dimension, code): (Dimension, Option<&str>),
        place: impl FnOnce() -> String,
    ) -> Option<&'n str> {
        let code = code.map(str::trim).filter(|code| !code.is_empty())?;
        let translation = translator.translate(dimension, code);
        if let Translation::Code(target) = translation {
            return Some(target);
        }
        self.0
            .entry((dimension, code.to_owned()))
            .or_insert_with(|| Found { count: 0, first: place(), why: why(&translation) })
            .count += 1;
        None
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The place of the first code, in the order of the codes.
    pub(super) fn first_place(&self) -> Option<&str> {
        self.0.values().next().map(|found| found.first.as_str())
    }

    /// One line a code, the first [`LISTED_MAX`] of them.
    pub(super) fn listed(&self) -> String {
        let line = |((dimension, code), found): (&(Dimension, String), &Found)| {
            let Found { count, first, why } = found;
            format!("{dimension} `{code}` ({count} times, first: {first}): {why}")
        };
        let mut lines: Vec<String> = self.0.iter().take(LISTED_MAX).map(line).collect();
        if self.0.len() > LISTED_MAX {
            lines.push(format!("and {} more codes", self.0.len() - LISTED_MAX));
        }
        lines.join("; ")
    }
}

fn why(translation: &Translation<'_>) -> String {
    match translation {
        Translation::Code(target) => format!("becomes `{target}`"),
        Translation::Several(codes) => format!("may be {}", codes.join(" or ")),
        Translation::NoClass(reason) => reason.clone(),
        Translation::Unknown(Some(near)) => format!("unknown, perhaps `{near}`"),
        Translation::Unknown(None) => "unknown".to_owned(),
    }
}
