//! One package: published all at once with its manifest, or kept when nothing changed.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::Kind;
use crate::artefact::Draft;
use crate::context::WORK;
use crate::error::Error;
use crate::finished::Finished;
use crate::manifest::{self, Manifest};
use crate::progress::{LogFormat, say};
use crate::stamp::Stamp;
use crate::{VERSION, io, publication};

/// A package to make.
#[derive(Debug)]
pub struct Package<'a> {
    /// What kind of package.
    pub kind: Kind,
    /// Of which result.
    pub result: &'a Finished,
    /// Its folder.
    pub out: &'a Path,
    /// Everything besides the result that its files depend on: an object.
    pub parameters: Value,
}

/// What became of a package that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its kind.
    pub kind: Kind,
    /// Number of files.
    pub n_files: usize,
    /// Whether what was there already is what was asked for.
    pub is_kept: bool,
    /// What the result does not hold, and the package therefore neither.
    pub lacking: Vec<String>,
}

impl Package<'_> {
    /// Publishes the drafts in place of what the folder held, the manifest last; writes nothing when
    /// it holds the same package already, whole.
    ///
    /// * `draft`: gives every file as a finished draft below [`Package::out`].
    ///
    /// # Errors
    /// [`Error::Usage`] when the folder holds something else, [`Error::Busy`], those of `draft`,
    /// [`Error::Write`].
    pub fn publish(
        &self,
        draft: impl FnOnce() -> Result<Vec<Draft>, Error>,
    ) -> Result<State, Error> {
        let lock = publication::enter(self.out, &self.kind.command())?;
        let published = self.replace(draft);
        // What is for others holds no working folder.
        lock.leave(&self.out.join(WORK));
        published
    }

    fn replace(&self, draft: impl FnOnce() -> Result<Vec<Draft>, Error>) -> Result<State, Error> {
        let Self { kind, result, out, .. } = self;
        let state = |n_files, is_kept| State { kind: *kind, n_files, is_kept, lacking: Vec::new() };
        if let Some(n_files) = self.is_there()? {
            return Ok(state(n_files, true));
        }
        let drafts = draft()?;
        let n_files = drafts.len();
        let mut inputs = result.stamps_read();
        inputs.insert(manifest::FILE.to_owned(), self.identity()?);
        publication::publish(out, drafts, |outputs| Manifest {
            format: 1,
            versions: versions(),
            parameters: self.all_parameters(),
            inputs,
            outputs,
            coverage: None,
            proofs: Vec::new(),
        })?;
        Ok(state(n_files, false))
    }

    /// The number of files when the folder holds this very package, each file untouched.
    fn is_there(&self) -> Result<Option<usize>, Error> {
        let Some(there) = Manifest::read(self.out)? else { return Ok(None) };
        let is_same = there.versions == versions()
            && there.parameters == self.all_parameters()
            && there.inputs.get(manifest::FILE) == Some(&self.identity()?);
        match is_same.then(|| there.verify(self.out)) {
            Some(Ok(())) => Ok(Some(there.outputs.len())),
            Some(Err(Error::Mismatch { .. })) | None => Ok(None),
            Some(Err(error)) => Err(error),
        }
    }

    /// The manifest of the result: it names the hash of all that the result holds.
    fn identity(&self) -> Result<Stamp, Error> {
        Stamp::of(&self.result.path().join(manifest::FILE))
    }

    fn all_parameters(&self) -> Value {
        let facts = self.result.facts();
        json!({
            "command": self.kind.command(),
            "result": {
                "command": self.result.command(),
                "made_by": self.result.made_by(),
                "department": facts.department,
                "years": facts.years,
            },
            "asked": self.parameters,
        })
    }
}

impl State {
    /// Says it.
    pub fn say(&self, format: LogFormat, out: &Path) {
        let Self { kind, n_files, is_kept, lacking } = self;
        let name = kind.name();
        for what in lacking {
            let fields = json!({ "kind": name, "what": what });
            say(format, "lacking", &format!("{name:<14} not made: {what}"), fields);
        }
        let how = if *is_kept { "complete, kept" } else { "written" };
        let text = format!("{name:<14} {n_files} files {how}, in {}", out.display());
        let fields = json!({ "kind": name, "files": n_files, "kept": is_kept, "out": out.display().to_string() });
        say(format, "delivered", &text, fields);
    }
}

fn versions() -> BTreeMap<String, String> {
    BTreeMap::from([
        ("millesime".to_owned(), VERSION.to_owned()),
        ("gdal".to_owned(), io::gdal::version()),
    ])
}
