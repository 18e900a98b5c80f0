//! Collects the faults of one document with their places.

use std::fmt::Write as _;

use crate::error::Problem;
use crate::yaml::{YamlError, locate_nearest};

/// The faults found so far in one text.
pub(crate) struct Findings<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

/// What is wrong at one place; a builder so that the checks read as sentences.
pub(crate) struct Fault(Problem);

impl Fault {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(Problem {
            line: 1,
            column: 1,
            key: String::new(),
            what: what.into(),
            got: None,
            expected: None,
            hint: None,
        })
    }

    pub(crate) fn got(mut self, got: impl Into<String>) -> Self {
        self.0.got = Some(got.into());
        self
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.0.expected = Some(expected.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the hint `did you mean` when there is a nearest word.
    pub(crate) fn nearest(mut self, nearest: Option<&str>) -> Self {
        self.0.hint = nearest.map(|near| format!("did you mean `{near}`?")).or(self.0.hint);
        self
    }
}

impl<'t> Findings<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, problems: Vec::new() }
    }

    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Adds a fault at a key path, or at the nearest part of the path that exists.
    pub(crate) fn add(&mut self, path: &[&str], fault: Fault) {
        let (line, column) = locate_nearest(self.text, path);
        self.problems.push(Problem { line, column, key: shown(path), ..fault.0 });
    }

    /// Adds a fault that the parser located.
    pub(crate) fn add_located(&mut self, error: YamlError) {
        self.problems.push(error.into());
    }

    /// All faults, in the order of the text.
    pub(crate) fn sorted(mut self) -> Vec<Problem> {
        self.problems.sort_by(|a, b| {
            (a.line, a.column, &a.what, &a.got).cmp(&(b.line, b.column, &b.what, &b.got))
        });
        self.problems
    }
}

/// `["classes", "cs", "3", "code"]` as `classes.cs[3].code`.
fn shown(path: &[&str]) -> String {
    let mut key = String::new();
    for step in path {
        if step.bytes().all(|b| b.is_ascii_digit()) {
            let _ = write!(key, "[{step}]");
        } else {
            if !key.is_empty() {
                key.push('.');
            }
            key += step;
        }
    }
    key
}
