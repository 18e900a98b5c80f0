//! Folders held against the manifests that they hold: every difference named.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::artefact::{TEMP_PREFIX, name_of};
use crate::context::WORK;
use crate::error::{Error, InputError};
use crate::journal::Journal;
use crate::manifest::{self, Manifest};
use crate::run;
use crate::stamp::Stamp;

/// What a run writes beside its manifest because it differs from run to run.
const UNLISTED: [&str; 2] = ["run.json", run::PAGE];

/// One file that is not as its manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The manifest names it; it is not there.
    Missing(PathBuf),
    /// It is another one.
    Changed {
        /// The file.
        path: PathBuf,
        /// What it is.
        got: Stamp,
        /// What the manifest says.
        expected: Stamp,
    },
    /// It is there; no manifest names it.
    Unlisted(PathBuf),
}

/// What was found in a folder and below.
#[derive(Debug, Default)]
pub struct Verified {
    /// Folders with a manifest.
    pub manifests: Vec<PathBuf>,
    /// Number of files that are as described.
    pub n_files: usize,
    /// Everything that is not.
    pub differences: Vec<Difference>,
}

/// Recomputes every manifest in a folder and below it.
///
/// What lies below a folder with a manifest is its own, but for what has a manifest again. Working
/// files, `run.json` and `run.html`, which differ from run to run, are nobody's.
///
/// # Errors
/// [`Error::Input`] when there is no manifest or one that is none, [`Error::Read`].
pub fn verify(folder: &Path) -> Result<Verified, Error> {
    let mut verified = Verified::default();
    find(folder, &mut verified.manifests)?;
    if verified.manifests.is_empty() {
        return Err(InputError::new(folder, "this folder holds no manifest")
            .got(if folder.is_dir() { "none, nor below it" } else { "no such folder" })
            .expected(format!("a `{}`, as every command that publishes writes it", manifest::FILE))
            .into());
    }
    for own in verified.manifests.clone() {
        one(&own, &mut verified)?;
    }
    Ok(verified)
}

/// Recomputes what the journal of a run says of its working files, and every manifest of its folder.
///
/// * `out_dir`: `OUT/D011/2021`. Before its first run has ended there is no manifest: then the
///   outputs of the stages that are complete are held against the journal alone.
///
/// # Errors
/// [`Error::Input`] when no run ever wrote there or for a manifest that is none, [`Error::Read`].
pub fn verify_run(out_dir: &Path) -> Result<Verified, Error> {
    let work_dir = out_dir.join(WORK);
    if !work_dir.is_dir() {
        return verify(out_dir);
    }
    let has_manifest = out_dir.join(manifest::FILE).is_file();
    let mut verified = if has_manifest { verify(out_dir)? } else { Verified::default() };
    let journal = Journal::read(&work_dir)?;
    for (name, expected) in journal.complete().flat_map(|done| &done.outputs) {
        let is_working = Path::new(name).starts_with(WORK);
        if is_working && !journal.is_freed(name) || !has_manifest {
            hold(&out_dir.join(name), expected, &mut verified)?;
        }
    }
    Ok(verified)
}

/// Compares one output with what is said of it.
fn hold(path: &Path, expected: &Stamp, verified: &mut Verified) -> Result<(), Error> {
    if !path.exists() {
        verified.differences.push(Difference::Missing(path.to_owned()));
        return Ok(());
    }
    let got = Stamp::of(path)?;
    if got == *expected {
        verified.n_files += 1;
        return Ok(());
    }
    let (path, expected) = (path.to_owned(), expected.clone());
    verified.differences.push(Difference::Changed { path, got, expected });
    Ok(())
}

/// The folders with a manifest, outer ones first, in the order of their names.
fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    if !folder.is_dir() {
        return Ok(());
    }
    if folder.join(manifest::FILE).is_file() {
        found.push(folder.to_path_buf());
    }
    for path in children(folder)? {
        if path.is_dir() && !path.is_symlink() {
            find(&path, found)?;
        }
    }
    Ok(())
}

/// Compares one folder with its manifest.
fn one(folder: &Path, verified: &mut Verified) -> Result<(), Error> {
    let Some(manifest) = Manifest::read(folder)? else { return Ok(()) };
    for (name, expected) in &manifest.outputs {
        hold(&folder.join(name), expected, verified)?;
    }
    let mut there = Vec::new();
    files(folder, &mut there)?;
    let listed: BTreeSet<PathBuf> = manifest.outputs.keys().map(|name| folder.join(name)).collect();
    // An output may be a folder: what is in it is in its hash.
    let is_listed = |path: &PathBuf| path.ancestors().any(|above| listed.contains(above));
    let is_known = |path: &PathBuf| {
        let name = path.strip_prefix(folder).unwrap_or(path);
        name == Path::new(manifest::FILE) || UNLISTED.iter().any(|known| name == Path::new(known))
    };
    let unlisted = there.into_iter().filter(|path| !is_listed(path) && !is_known(path));
    verified.differences.extend(unlisted.map(Difference::Unlisted));
    Ok(())
}

/// Files below a folder, but those of folders with a manifest of their own.
fn files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    for path in children(folder)? {
        if path.is_dir() && !path.is_symlink() {
            if !path.join(manifest::FILE).is_file() {
                files(&path, found)?;
            }
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// What a folder holds, sorted, without working files and drafts.
fn children(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::read(folder))? {
        let path = entry.map_err(Error::read(folder))?.path();
        let name = name_of(&path);
        if name != WORK && !name.starts_with(TEMP_PREFIX) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A folder of these files with the manifest of some of them.
    fn publish(folder: &Path, files: &[(&str, &str)]) {
        let mut outputs = BTreeMap::new();
        for (name, text) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            outputs.insert((*name).to_owned(), Stamp::of(&path).unwrap());
        }
        let manifest = Manifest {
            format: 1,
            versions: BTreeMap::new(),
            parameters: serde_json::Value::Null,
            inputs: BTreeMap::new(),
            outputs,
            coverage: None,
            proofs: Vec::new(),
        };
        manifest.publish(folder).unwrap();
    }

    #[test]
    fn each_kind_of_difference_is_named_where_it_is_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        publish(root, &[("a.csv", "a"), ("indicators/b.csv", "b"), ("c.csv", "c")]);
        publish(&root.join("archives"), &[("x.zip", "x")]);
        for name in ["run.json", "run.html", ".work/journal", ".tmp-1-d.csv"] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), "").unwrap();
        }
        let verified = verify(root).unwrap();
        assert_eq!((verified.n_files, verified.differences.len()), (4, 0));
        assert_eq!(verified.manifests, [root.to_path_buf(), root.join("archives")]);

        fs::remove_file(root.join("a.csv")).unwrap();
        fs::write(root.join("indicators/b.csv"), "B").unwrap();
        fs::write(root.join("archives/y.zip"), "y").unwrap();
        let verified = verify(root).unwrap();
        assert_eq!(verified.n_files, 2);
        let [missing, changed, unlisted] = &verified.differences[..] else { panic!("three") };
        assert_eq!(*missing, Difference::Missing(root.join("a.csv")));
        let Difference::Changed { path, got, expected } = changed else { panic!("changed") };
        assert_eq!(*path, root.join("indicators/b.csv"));
        assert_ne!(got.sha256, expected.sha256);
        assert_eq!(*unlisted, Difference::Unlisted(root.join("archives/y.zip")));
    }

    #[test]
    fn a_folder_without_a_manifest_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(verify(dir.path()).unwrap_err().exit_code(), crate::error::exit::INPUT);
        assert!(verify(&dir.path().join("none")).is_err());
    }
}
