//! Relative paths from a folder, as projects keep them.

use std::path::{Component, Path};

use crate::error::Error;

/// The way from a folder to a file or folder, with `/` between its parts; `.` for the folder itself.
///
/// Neither has to exist.
///
/// # Errors
/// [`Error::Read`] when the working folder of the process is gone.
pub(crate) fn from(folder: &Path, to: &Path) -> Result<String, Error> {
    let place = |path: &Path| std::path::absolute(path).map_err(Error::read(path));
    let (folder, to) = (place(folder)?, place(to)?);
    let parts = |path: &Path| -> Vec<String> {
        let mut parts = Vec::new();
        for part in path.components() {
            match part {
                Component::ParentDir => {
                    parts.pop();
                }
                Component::CurDir => {}
                other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
            }
        }
        parts
    };
    let (folder, to) = (parts(&folder), parts(&to));
    let shared = folder.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", folder.len() - shared);
    let way: Vec<&str> = up.chain(to[shared..].iter().map(String::as_str)).collect();
    Ok(if way.is_empty() { ".".to_owned() } else { way.join("/") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_go_up_to_what_is_shared_and_down_again() {
        let way = |folder: &str, to: &str| from(Path::new(folder), Path::new(to)).unwrap();
        assert_eq!(way("/a/out/qgis", "/a/out/artif.gpkg"), "../artif.gpkg");
        assert_eq!(way("/a/out/qgis", "/b/ortho/x.tif"), "../../../b/ortho/x.tif");
        assert_eq!(way("/a/./b/../c", "/a/c"), ".");
        assert_eq!(way("out/qgis", "out/corrections/c.gpkg"), "../corrections/c.gpkg");
    }
}
