//! A folder of results, every file of which is checked against the manifest before it is read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::delivery::facts::{self, Facts};
use crate::error::{Error, InputError};
use crate::io::schema::Names;
use crate::manifest::{self, Manifest};

/// The folder of one result, of `compare` or of `run`.
pub(super) struct Folder {
    dir: PathBuf,
    manifest: Manifest,
    facts: Facts,
    /// Files that were checked, by name.
    checked: RefCell<BTreeMap<String, PathBuf>>,
}

impl Folder {
    /// Reads the manifest and the facts of a result.
    ///
    /// # Errors
    /// The folder holds no complete result, or one whose files do not tell enough;
    /// [`Error::Mismatch`].
    pub(super) fn open(dir: &Path) -> Result<Self, Error> {
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
        Ok(Self { dir: dir.to_owned(), manifest, facts, checked })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.dir
    }

    /// What its figures were made with.
    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The program that made it.
    pub(super) fn made_by(&self) -> String {
        let version = self.manifest.versions.get("millesime");
        format!("millesime {}", version.map_or("of unknown version", String::as_str))
    }

    /// What the files of two vintages are named after.
    pub(super) fn names(&self, prior: u16, vintage: u16) -> Names {
        let Facts { department, epsg, .. } = &self.facts;
        Names { department: department.clone(), vintage, prior, epsg: *epsg }
    }

    /// The path of a file that is the one that the manifest describes.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when it is not, [`Error::Input`] when the manifest does not name it.
    pub(super) fn file(&self, name: &str) -> Result<PathBuf, Error> {
        checked_file(&self.dir, &self.manifest, &self.checked, name)
    }

    /// The names of the files that were read.
    pub(super) fn read(&self) -> Vec<String> {
        self.checked.borrow().keys().cloned().collect()
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
    let Some(path) = manifest.verified(dir, name)? else {
        let version = manifest.versions.get("millesime").cloned().unwrap_or_default();
        let fault = InputError::new(dir.join(name), "this result lacks a file that explains it");
        let fault = fault.got(format!("a result of millesime {version} without `{name}`"));
        return Err(fault
            .expected("a result of `run` or `compare`")
            .hint("make it again with this version: older ones did not write that file")
            .into());
    };
    checked.borrow_mut().insert(name.to_owned(), path.clone());
    Ok(path)
}
