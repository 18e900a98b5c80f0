//! A finished result, of `run` or of `compare`: every file of it is checked against the manifest
//! before it is read, and what it was made with is told by itself.

pub(crate) mod ground;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use nomenclature::{Dimension, Nomenclature};

use crate::config::Department;
use crate::delivery::facts::{self, CodeFacts, Facts};
use crate::error::{Error, InputError};
use crate::io::schema::Names;
use crate::manifest::{self, Manifest};
use crate::stamp::Stamp;

/// What the codes of a result mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Codes {
    /// The nomenclature.
    pub nomenclature: Nomenclature,
    /// Its YAML document.
    pub document: String,
}

/// The folder of one result.
#[derive(Debug)]
pub struct Finished {
    dir: PathBuf,
    manifest: Manifest,
    facts: Facts,
    /// Files that were checked, by name.
    checked: RefCell<BTreeMap<String, PathBuf>>,
    /// Names of files that somebody else checks while reading them.
    promised: RefCell<BTreeSet<String>>,
}

impl Finished {
    /// Reads the manifest and the facts of a result.
    ///
    /// # Errors
    /// The folder holds no complete result, or one whose files do not tell enough;
    /// [`Error::Mismatch`].
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let Some(manifest) = Manifest::read(dir)? else {
            let path = dir.join(manifest::FILE);
            let fault = InputError::new(&path, "this folder holds no complete result");
            let fault = fault.got("no such file").expected("the manifest of a result");
            let hint = "give the folder of `compare --out`, or OUT/D011/2021 of a run that ended";
            return Err(fault.hint(hint).into());
        };
        let checked = RefCell::default();
        let path = checked_file(dir, &manifest, &checked, facts::FILE)?;
        let bytes = fs::read(&path).map_err(Error::read(&path))?;
        let facts = serde_json::from_slice(&bytes)
            .map_err(|error| InputError::new(&path, "not the method of a result").got(error))?;
        Ok(Self { dir: dir.to_owned(), manifest, facts, checked, promised: RefCell::default() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// What its figures were made with.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The program that made it.
    pub fn made_by(&self) -> String {
        let version = self.manifest.versions.get("millesime");
        format!("millesime {}", version.map_or("of unknown version", String::as_str))
    }

    /// What the files of two vintages are named after.
    pub fn names(&self, prior: u16, vintage: u16) -> Names {
        let Facts { department, epsg, .. } = &self.facts;
        Names { department: department.clone(), vintage, prior, epsg: *epsg }
    }

    /// The path of a file that is the one that the manifest describes.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when it is not, [`Error::Input`] when the manifest does not name it.
    pub fn file(&self, name: &str) -> Result<PathBuf, Error> {
        checked_file(&self.dir, &self.manifest, &self.checked, name)
    }

    /// The path of a file and what the manifest says of it, for those who hash what they read.
    ///
    /// # Errors
    /// [`Error::Input`] when the manifest does not name it.
    pub fn expected(&self, name: &str) -> Result<(PathBuf, Stamp), Error> {
        let stamp = self.manifest.outputs.get(name).cloned();
        let stamp = stamp.ok_or_else(|| lacking(&self.dir, &self.manifest, name))?;
        self.promised.borrow_mut().insert(name.to_owned());
        Ok((self.dir.join(name), stamp))
    }

    /// Whether it holds a file of this name.
    pub fn has(&self, name: &str) -> bool {
        self.manifest.outputs.contains_key(name)
    }

    /// The names of its files, sorted.
    pub fn names_of_files(&self) -> impl Iterator<Item = &str> {
        self.manifest.outputs.keys().map(String::as_str)
    }

    /// The names of the files that were read, sorted.
    pub fn read(&self) -> Vec<String> {
        let checked = self.checked.borrow();
        let all: BTreeSet<String> =
            checked.keys().chain(self.promised.borrow().iter()).cloned().collect();
        all.into_iter().collect()
    }

    /// What the manifest says of each file that was read.
    pub fn stamps_read(&self) -> BTreeMap<String, Stamp> {
        let outputs = &self.manifest.outputs;
        let read = self.read().into_iter();
        read.filter_map(|name| Some((name.clone(), outputs.get(&name)?.clone()))).collect()
    }

    /// What it was made from and with.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The command that made it: `run` or `compare`.
    pub fn command(&self) -> &str {
        self.manifest.command()
    }

    /// Its department.
    ///
    /// # Errors
    /// [`Error::Input`] for a code that is no department's.
    pub fn department(&self) -> Result<Department, Error> {
        let code = &self.facts.department;
        Department::parse(code).ok_or_else(|| {
            InputError::new(self.dir.join(facts::FILE), "there is no such department")
                .got(format!("`{code}`"))
                .into()
        })
    }

    /// Its nomenclature: one of these documents, or else the one that ships under its id.
    ///
    /// # Errors
    /// [`Error::Input`] when none has its id and its labels, [`Error::Read`] or [`Error::Config`]
    /// for a document that is none.
    pub fn codes(&self, documents: &[PathBuf]) -> Result<Codes, Error> {
        for path in documents {
            let document = fs::read_to_string(path).map_err(Error::read(path))?;
            let nomenclature = Nomenclature::from_yaml(&document)
                .map_err(|problems| Error::first_fault(path, problems))?;
            if self.is_written_in(&nomenclature) {
                return Ok(Codes { nomenclature, document });
            }
        }
        let id = &self.facts.nomenclature.id;
        let shipped = Nomenclature::builtin(id).ok().zip(Nomenclature::builtin_document(id).ok());
        let ours = shipped.filter(|(nomenclature, _)| self.is_written_in(nomenclature));
        let Some((nomenclature, document)) = ours else {
            let what = "the nomenclature of this result is not at hand";
            let fault = InputError::new(self.dir.join(facts::FILE), what).got(format!("`{id}`"));
            return Err(fault
                .expected("one that ships with this program, or its document")
                .hint("give the YAML document that the result was made with: `--nomenclature FILE`")
                .into());
        };
        Ok(Codes { nomenclature, document: document.to_owned() })
    }

    /// Whether a nomenclature has the id, the codes and the labels of the result's.
    fn is_written_in(&self, nomenclature: &Nomenclature) -> bool {
        let CodeFacts { id, title, cs, us } = &self.facts.nomenclature;
        id == nomenclature.id()
            && title == nomenclature.title()
            && *cs == facts::labels(nomenclature, Dimension::Cover)
            && *us == facts::labels(nomenclature, Dimension::Usage)
    }
}

fn checked_file(
    dir: &Path,
    manifest: &Manifest,
    checked: &RefCell<BTreeMap<String, PathBuf>>,
    name: &str,
) -> Result<PathBuf, Error> {
    if let Some(path) = checked.borrow().get(name) {
        return Ok(path.clone());
    }
    let path = manifest.verified(dir, name)?.ok_or_else(|| lacking(dir, manifest, name))?;
    checked.borrow_mut().insert(name.to_owned(), path.clone());
    Ok(path)
}

/// Why a file cannot be had.
fn lacking(dir: &Path, manifest: &Manifest, name: &str) -> Error {
    let version = manifest.versions.get("millesime").cloned().unwrap_or_default();
    InputError::new(dir.join(name), "this result lacks a file that is needed")
        .got(format!("a result of millesime {version} without `{name}`"))
        .expected("a result of `run` or `compare`")
        .hint("make it again with this version: older ones did not write that file")
        .into()
}
