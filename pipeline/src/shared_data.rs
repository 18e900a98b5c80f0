//! Real French files for tests, read when the folder `shared` stands beside the project.

use std::path::{Path, PathBuf};

/// A file or folder of the shared data, or `None` where the shared data are absent.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|ancestor| ancestor.join("shared/data"))
        .find(|folder| folder.is_dir())?;
    let file = folder.join(path);
    assert!(file.exists(), "{} is missing", file.display());
    Some(file)
}
