//! `MD5SUMS` and `SHA256SUMS`, for `md5sum --check` and `sha256sum --check` in the folder of an
//! archive.

use std::fmt::Write;

use super::entry::{Entry, Measured};
use crate::digest::Digests;

/// Name of the list that the national platform reads.
pub(crate) const MD5: &str = "MD5SUMS";
/// Name of the list for everybody else.
pub(crate) const SHA256: &str = "SHA256SUMS";

/// The two lists of the files below a folder of an archive; neither names a list.
pub(super) fn files(folder: &str, files: &[Measured]) -> [Entry; 2] {
    let list = |name: &str, sum: fn(&Digests) -> &str| {
        let mut lines: Vec<(&str, &str)> = files
            .iter()
            .map(|file| {
                let path = file.entry.path.as_str();
                let inside = path.strip_prefix(folder).and_then(|path| path.strip_prefix('/'));
                (inside.unwrap_or(path), sum(&file.digests))
            })
            .collect();
        lines.sort_unstable();
        let mut text = String::new();
        for (path, sum) in lines {
            // Two spaces: text and binary are one on every system that has these tools today.
            let _ = writeln!(text, "{sum}  {path}");
        }
        Entry::text(name.to_owned(), text).under(folder)
    };
    [list(MD5, |file| &file.md5), list(SHA256, |file| &file.sha256)]
}

#[cfg(test)]
mod tests {
    use super::super::entry::Body;
    use super::*;

    #[test]
    fn lists_name_files_from_the_folder_of_the_archive_in_the_form_of_the_tools() {
        let file =
            |path: &str| Measured::of(Entry::text(format!("A/{path}"), "abc".to_owned())).unwrap();
        let [md5, sha256] = files("A", &[file("b/c.gpkg"), file("LISEZMOI.txt")]);
        let text = |entry: Entry| match entry.body {
            Body::Text(text) => (entry.path, text),
            _ => unreachable!("a list is a text"),
        };
        // RFC 1321 and FIPS 180-2 give these for `abc`.
        let sum = "900150983cd24fb0d6963f7d28e17f72";
        assert_eq!(
            text(md5),
            ("A/MD5SUMS".to_owned(), format!("{sum}  LISEZMOI.txt\n{sum}  b/c.gpkg\n"))
        );
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(text(sha256).1.ends_with(&format!("{sum}  b/c.gpkg\n")));
    }
}
