//! The checksums that an archive brings, held against its files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::unpack::Unpacked;
use super::{Finding, keys};
use crate::digest::Digests;
use crate::error::Error;

/// Compares every list of sums of an archive with its files; counts those that none lists.
///
/// A list is `MD5SUMS`, `SHA256SUMS` or a `.md5` file; its paths start at its own folder.
///
/// # Errors
/// [`Error::Read`].
pub(super) fn check(unpacked: &Unpacked, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let lists: Vec<&String> = unpacked.files.iter().filter(|name| is_list(name)).collect();
    let tell = |key, file: &str, got: String| Finding {
        key,
        got,
        file: file.to_owned(),
        ..Finding::default()
    };
    if lists.is_empty() {
        findings.push(tell(keys::SUMS_MISSING, &unpacked.name, String::new()));
        return Ok(());
    }
    let all: BTreeSet<&str> = unpacked.files.iter().map(String::as_str).collect();
    let mut listed: BTreeSet<String> = BTreeSet::new();
    let mut found: BTreeMap<String, Digests> = BTreeMap::new();
    for list in &lists {
        let path = unpacked.root.join(list);
        let text = fs::read(&path).map_err(Error::read(&path))?;
        for (sum, name) in entries(&String::from_utf8_lossy(&text)) {
            let folder = list.rsplit_once('/').map(|(folder, _)| format!("{folder}/"));
            let file = format!("{}{name}", folder.unwrap_or_default());
            if !all.contains(file.as_str()) {
                findings.push(tell(keys::SUM_FILE_MISSING, &file, format!("liste {list}")));
                continue;
            }
            if !found.contains_key(&file) {
                let path = unpacked.root.join(&file);
                let mut open = fs::File::open(&path).map_err(Error::read(&path))?;
                found.insert(file.clone(), Digests::of(&mut open).map_err(Error::read(&path))?);
            }
            let Digests { md5, sha256, .. } = &found[&file];
            if sum != *md5 && sum != *sha256 {
                findings.push(tell(keys::SUM_OTHER, &file, format!("{sum} selon {list}")));
            }
            listed.insert(file);
        }
    }
    for name in all.iter().filter(|name| !is_list(name) && !listed.contains(**name)) {
        findings.push(tell(keys::SUM_UNLISTED, name, String::new()));
    }
    Ok(())
}

fn is_list(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    ["md5sums", "sha256sums", "md5sum.txt"].contains(&file.as_str())
        || Path::new(&file).extension().is_some_and(|extension| extension == "md5")
}

/// Sums and names of the lines `SUM  NAME` or `SUM *NAME`.
fn entries(text: &str) -> Vec<(String, String)> {
    let line = |line: &str| {
        let (sum, name) = line.trim_end().split_once(' ')?;
        let name = name.trim_start_matches([' ', '*']).trim_start_matches("./");
        let is_sum = [32, 64].contains(&sum.len()) && sum.bytes().all(|b| b.is_ascii_hexdigit());
        (is_sum && !name.is_empty()).then(|| (sum.to_lowercase(), name.replace('\\', "/")))
    };
    text.lines().filter_map(line).collect()
}
