//! Lists of files by pattern: `*` and `?` inside one path component, in sorted order.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Whether a path has to be expanded.
pub(super) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?'])
}

/// The existing paths that a pattern matches, sorted by bytes; hidden names need a leading dot.
///
/// The result depends on the names alone, never on the order in which the system lists them.
///
/// # Errors
/// What the system says when a folder cannot be listed; a missing folder matches nothing.
pub(super) fn expand(pattern: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let name = component.as_os_str();
        match (component, name.to_str()) {
            (Component::Normal(_), Some(text)) if is_pattern(text) => {
                found = matching_children(&found, text)?;
            }
            _ => found.iter_mut().for_each(|path| path.push(name)),
        }
    }
    found.retain(|path| path.exists());
    found.sort();
    Ok(found)
}

fn matching_children(folders: &[PathBuf], pattern: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in folders {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder.as_path() };
        let entries = match fs::read_dir(here) {
            Err(error) if no_folder(&error) => continue,
            other => other?,
        };
        for entry in entries {
            let name = entry?.file_name();
            if name.to_str().is_some_and(|name| matches(pattern, name)) {
                found.push(folder.join(name));
            }
        }
    }
    Ok(found)
}

fn no_folder(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether a name matches: `*` is any run of characters, `?` any one character.
fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where to resume after the last star: one more character of the name goes to the star.
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => (p, n) = (p + 1, n + 1),
            _ => {
                let Some((star, taken)) = retry else { return false };
                retry = Some((star, taken + 1));
                (p, n) = (star + 1, taken + 1);
            }
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_takes_any_run_and_a_question_mark_one_character() {
        assert!(matches("*.tif", "a.tif"));
        assert!(matches("a*b*c", "aXbYbc"));
        assert!(!matches("a*b*c", "aXbYcd"));
        assert!(matches("t?.tif", "t1.tif"));
        assert!(!matches("t?.tif", "t.tif"));
        assert!(!matches("*", ".hidden"));
        assert!(matches("*", "é"));
    }

    #[test]
    fn matches_are_sorted_and_reach_through_folders() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b/2.tif", "a/1.tif", "a/10.tif", "a/x.txt", "c.tif"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let names: Vec<_> = expand(&dir.path().join("*/*.tif"))
            .unwrap()
            .into_iter()
            .map(|path| path.strip_prefix(dir.path()).unwrap().display().to_string())
            .collect();
        assert_eq!(names, ["a/1.tif", "a/10.tif", "b/2.tif"]);
        assert!(expand(&dir.path().join("missing/*.tif")).unwrap().is_empty());
    }
}
