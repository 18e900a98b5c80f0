//! The name of a file to come, as a command is given it.

use std::path::Path;

use crate::error::Error;

/// Refuses a name that is taken, has another extension, or lies in no folder.
///
/// * `format`: the format that is written, with its article, and its extensions.
/// * `hint`: what to type for another format.
///
/// # Errors
/// [`Error::Usage`].
pub(super) fn require_new(
    out: &Path,
    (format, extensions): (&str, &[&str]),
    hint: &str,
) -> Result<(), Error> {
    let shown = out.display();
    let refused =
        |what: String, hint: &str| Err(Error::Usage { what, hint: Some(hint.to_owned()) });
    if out.exists() {
        return refused(
            format!("`{shown}` exists already"),
            "give another name, or remove it first",
        );
    }
    let fits = |found: &std::ffi::OsStr| extensions.iter().any(|e| found.eq_ignore_ascii_case(e));
    if !out.extension().is_some_and(fits) {
        return refused(format!("`{shown}` is not the name of {format}"), hint);
    }
    match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            refused(format!("there is no folder `{}`", folder.display()), "make it first")
        }
        _ => Ok(()),
    }
}
