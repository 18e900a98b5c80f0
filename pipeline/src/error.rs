//! Everything that can stop a command: what, where, got against expected, and what to do.
//!
//! One enum for the crate. Each variant maps to one documented exit code ([`Error::exit_code`]),
//! and [`crate::talk::failure`] is the only place that prints one.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use kernels::arrangement::ArrangementError;
use nomenclature::Problem;

/// The exit codes of the command, documented in the README.
pub mod exit {
    /// Everything was done.
    pub const OK: u8 = 0;
    /// The command line is wrong.
    pub const USAGE: u8 = 2;
    /// The configuration file is wrong.
    pub const CONFIG: u8 = 3;
    /// An input file is missing, unreadable or not what it must be.
    pub const INPUT: u8 = 4;
    /// A result broke an invariant or a quality gate; nothing was published.
    pub const INVARIANT: u8 = 5;
    /// Not enough disk, memory or another resource, or the output folder is in use.
    pub const RESOURCES: u8 = 6;
    /// A file could not be written; the disk may be full.
    pub const WRITE: u8 = 7;
    /// Stopped by a signal; the same command resumes the run.
    pub const INTERRUPTED: u8 = 8;
    /// A file is not the one that the manifest describes.
    pub const MISMATCH: u8 = 9;
    /// A defect of this program.
    pub const INTERNAL: u8 = 10;
}

/// Why a command stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The command line parses, but asks for something that cannot be.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// What to type instead.
        hint: Option<String>,
    },
    /// The configuration, or another YAML document of the user's, is wrong at one place.
    #[error(transparent)]
    Config(Box<ConfigError>),
    /// An input file is missing, unreadable or not what it must be.
    #[error(transparent)]
    Input(Box<InputError>),
    /// A file that should be readable is not.
    #[error("failed to read `{}`: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// A file could not be written, renamed or flushed.
    #[error("failed to write `{}`: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// A result broke one of the laws that every run checks.
    #[error("invariant `{name}` does not hold: {details}")]
    Invariant {
        /// The stable name of the invariant.
        name: &'static str,
        /// Where, got and expected.
        details: String,
    },
    /// Data of the user's does not pass the check that was asked for.
    #[error("{what}")]
    Unsound {
        /// What fails, and how often.
        what: String,
        /// What to do about it.
        hint: String,
    },
    /// The machine has less of something than the plan needs.
    #[error("{what}: {needed} needed, {available} free")]
    Resources {
        /// The resource, for instance "disk space in `out`".
        what: String,
        /// What the plan needs, with its unit.
        needed: String,
        /// What there is, with its unit.
        available: String,
        /// What the user can do about it.
        hint: &'static str,
    },
    /// Another process holds the output folder.
    #[error("another run is writing to `{}`", path.display())]
    Busy {
        /// The output folder.
        path: PathBuf,
    },
    /// SIGINT or SIGTERM arrived; nothing half-written is left.
    #[error("interrupted during `{during}`")]
    Interrupted {
        /// The stage or the step that was running.
        during: String,
        /// What the same command does with what was finished.
        again: Again,
    },
    /// A file differs from what the manifest or the journal says.
    #[error("`{}` is not the file that the manifest describes: got {got}, expected {expected}", path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// Its hash or state now.
        got: String,
        /// Its hash or state in the manifest.
        expected: String,
    },
    /// Files differ from what the manifests beside them say; each was named already.
    #[error("{differences} files are not as their manifests say; {intact} are")]
    Differs {
        /// Number of files that are missing, changed or in no manifest.
        differences: usize,
        /// Number of files that are as described.
        intact: usize,
    },
    /// Some of several runs did not end; each said why.
    #[error("{} of {runs} runs did not end: {}{}", failed.len(), failed.join(", "), not_begun(*left))]
    Batch {
        /// The names of those that failed.
        failed: Vec<String>,
        /// Number of those that were not begun.
        left: usize,
        /// Number of all.
        runs: usize,
        /// The largest exit code among them.
        code: u8,
    },
    /// A defect of this program.
    #[error("internal error: {what}")]
    Internal {
        /// What was expected to be impossible.
        what: String,
    },
}

/// What a command that was interrupted does when it is typed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It goes on: what was finished is journalled.
    Resumes,
    /// It begins anew: it keeps nothing but complete results.
    Restarts,
}

impl Again {
    fn hint(self) -> &'static str {
        match self {
            Self::Resumes => "the same command resumes where this run stopped",
            Self::Restarts => {
                "nothing was published and the previous result, if any, is whole; the same command \
                 starts again from the beginning"
            }
        }
    }
}

impl From<ArrangementError> for Error {
    fn from(error: ArrangementError) -> Self {
        match error {
            ArrangementError::TooLarge { what, count } => Self::Resources {
                what: format!("{what} of one arrangement"),
                needed: count.to_string(),
                available: (u32::MAX / 2).to_string(),
                hint: "cut the territory in parts",
            },
            // Readers refuse coordinates beyond the lattice, and no command takes so many layers.
            error => Self::internal(error.to_string()),
        }
    }
}

impl Error {
    /// A usage error without a hint.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::Usage { what: what.into(), hint: None }
    }

    /// A read error; made to be used as `map_err(Error::read(path))`.
    pub fn read(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { path: path.as_ref().to_owned(), source }
    }

    /// A write error; made to be used as `map_err(Error::write(path))`.
    pub fn write(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { path: path.as_ref().to_owned(), source }
    }

    /// The first fault of a user's document, at its place, with the number of the others.
    pub fn first_fault(path: &Path, problems: Vec<Problem>) -> Self {
        let others = problems.len().saturating_sub(1);
        let Some(problem) = problems.into_iter().next() else {
            return Self::internal(format!("`{}` was refused without a reason", path.display()));
        };
        let more = if others == 0 { String::new() } else { format!(" (and {others} more)") };
        ConfigError {
            file: path.to_owned(),
            place: Some((problem.line, problem.column)),
            key: problem.key,
            what: format!("{}{more}", problem.what),
            got: problem.got.map(|got| format!("`{got}`")),
            expected: problem.expected,
            hint: problem.hint,
        }
        .into()
    }

    /// A broken invariant.
    pub fn invariant(name: &'static str, details: impl Into<String>) -> Self {
        Self::Invariant { name, details: details.into() }
    }

    /// A defect of this program.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::Internal { what: what.into() }
    }

    /// The process's exit code for this error; see [`exit`].
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => exit::USAGE,
            Self::Config(_) => exit::CONFIG,
            Self::Input(_) | Self::Read { .. } => exit::INPUT,
            Self::Invariant { .. } | Self::Unsound { .. } => exit::INVARIANT,
            Self::Resources { .. } | Self::Busy { .. } => exit::RESOURCES,
            Self::Write { .. } => exit::WRITE,
            Self::Interrupted { .. } => exit::INTERRUPTED,
            Self::Mismatch { .. } | Self::Differs { .. } => exit::MISMATCH,
            Self::Batch { code, .. } => *code,
            Self::Internal { .. } => exit::INTERNAL,
        }
    }

    /// What the user can do about it, when there is something better than the message.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Usage { hint, .. } => hint.clone(),
            Self::Config(error) => error.hint.clone(),
            Self::Input(error) => error.hint.clone(),
            Self::Read { source, .. } => read_hint(source).map(str::to_owned),
            Self::Write { source, .. } => write_hint(source).map(str::to_owned),
            Self::Invariant { .. } => Some(
                "the stage's result was not published; please report this with the run's log"
                    .into(),
            ),
            Self::Unsound { hint, .. } => Some(hint.clone()),
            Self::Resources { hint, .. } => Some((*hint).to_owned()),
            Self::Busy { .. } => {
                Some("wait for it to end, or give this run another folder with `--out`".to_owned())
            }
            Self::Interrupted { again, .. } => Some(again.hint().to_owned()),
            Self::Mismatch { .. } => Some(
                "the file was changed or damaged after the run; `millesime run` computes it again"
                    .to_owned(),
            ),
            Self::Differs { .. } => Some(
                "make the result or the package again: what is complete and intact is kept".into(),
            ),
            Self::Batch { .. } => {
                Some("the same command keeps what is complete and takes up the others".to_owned())
            }
            Self::Internal { .. } => Some(
                "this is a defect of millesime; please report it with the command typed".into(),
            ),
        }
    }
}

/// The rest of the sentence of [`Error::Batch`].
fn not_begun(left: usize) -> String {
    if left == 0 { String::new() } else { format!("; {left} were not begun") }
}

fn read_hint(source: &io::Error) -> Option<&'static str> {
    match source.kind() {
        io::ErrorKind::NotFound => Some("check the path; relative ones start at the config file"),
        io::ErrorKind::PermissionDenied => Some("check who may read it"),
        io::ErrorKind::InvalidData => Some("the file is damaged or not of the expected format"),
        _ => None,
    }
}

fn write_hint(source: &io::Error) -> Option<&'static str> {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("the disk is full: free some space, then run the same command to resume")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some("choose a folder that you may write to with `--out`")
        }
        _ => None,
    }
}

/// What is wrong in a YAML document that the user wrote, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigError {
    /// The document.
    pub file: PathBuf,
    /// Line and column from 1, when the fault has a place.
    pub place: Option<(usize, usize)>,
    /// The key, as a path such as `prior.vintage`; empty when the document as a whole is wrong.
    pub key: String,
    /// What is wrong, as one lowercase fragment.
    pub what: String,
    /// The value found.
    pub got: Option<String>,
    /// What would be right.
    pub expected: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        write!(f, "\n  at {}", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        if !self.key.is_empty() {
            write!(f, "\n  key       `{}`", self.key)?;
        }
        got_and_expected(f, self.got.as_deref(), self.expected.as_deref())
    }
}

impl std::error::Error for ConfigError {}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}

/// What is wrong in an input file: path, layer, feature, got against expected.
///
/// Built step by step: `InputError::new(path, "the raster has no CRS").expected("EPSG:2154")`,
/// then `.into()` makes it an [`Error`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InputError {
    /// The file.
    pub path: PathBuf,
    /// The layer, when the file has several.
    pub layer: Option<String>,
    /// The feature (its id), when the fault has one.
    pub feature: Option<String>,
    /// The line, or the row and column, when the fault has a place.
    pub place: Option<String>,
    /// What is wrong, as one lowercase fragment.
    pub what: String,
    /// The value found.
    pub got: Option<String>,
    /// What would be right.
    pub expected: Option<String>,
    /// How much of the territory, or how many of the files, the fault concerns.
    pub concerns: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl InputError {
    /// An error about a whole file.
    pub fn new(path: impl AsRef<Path>, what: impl Into<String>) -> Self {
        Self { path: path.as_ref().to_owned(), what: what.into(), ..Self::default() }
    }

    /// Names the layer.
    #[must_use]
    pub fn layer(mut self, layer: impl fmt::Display) -> Self {
        self.layer = Some(layer.to_string());
        self
    }

    /// Names the line, or the row and column.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place = Some(place.to_string());
        self
    }

    /// Names the feature.
    #[must_use]
    pub fn feature(mut self, feature: impl fmt::Display) -> Self {
        self.feature = Some(feature.to_string());
        self
    }

    /// Says what was found.
    #[must_use]
    pub fn got(mut self, got: impl fmt::Display) -> Self {
        self.got = Some(got.to_string());
        self
    }

    /// Says what would be right.
    #[must_use]
    pub fn expected(mut self, expected: impl fmt::Display) -> Self {
        self.expected = Some(expected.to_string());
        self
    }

    /// Says how much the fault concerns.
    #[must_use]
    pub fn concerns(mut self, what: impl fmt::Display) -> Self {
        self.concerns = Some(what.to_string());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  in        `{}`", self.what, self.path.display())?;
        if let Some(layer) = &self.layer {
            write!(f, ", layer `{layer}`")?;
        }
        if let Some(feature) = &self.feature {
            write!(f, ", feature {feature}")?;
        }
        if let Some(place) = &self.place {
            write!(f, ", {place}")?;
        }
        got_and_expected(f, self.got.as_deref(), self.expected.as_deref())?;
        match &self.concerns {
            Some(concerns) => write!(f, "\n  concerns  {concerns}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for InputError {}

impl From<InputError> for Error {
    fn from(error: InputError) -> Self {
        Self::Input(Box::new(error))
    }
}

fn got_and_expected(
    f: &mut fmt::Formatter<'_>,
    got: Option<&str>,
    expected: Option<&str>,
) -> fmt::Result {
    if let Some(got) = got {
        write!(f, "\n  got       {got}")?;
    }
    if let Some(expected) = expected {
        write!(f, "\n  expected  {expected}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
