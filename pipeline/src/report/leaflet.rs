//! Leaflet (<https://leafletjs.com>), the library of the interactive maps, as pages hold it.
//!
//! It is no source of this project: the build takes it from the machine's package.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::base64;

/// The version of the package that it was taken from.
pub(crate) const VERSION: &str = env!("LEAFLET_VERSION");

/// Its style sheet, without what names other files.
pub(super) const STYLE: &str = include_str!(concat!(env!("OUT_DIR"), "/leaflet.css"));

const CODE: &str = include_str!(concat!(env!("OUT_DIR"), "/leaflet.js"));

/// Its script after the notice that its licence asks for.
pub(super) static SCRIPT: LazyLock<String> =
    LazyLock::new(|| format!("{}{CODE}", include_str!("leaflet-licence.txt")));

/// The SHA-256 of its code as it was taken.
pub(crate) fn sha256() -> String {
    crate::stamp::sha256(CODE.as_bytes())
}

/// What a page's policy calls a script that it may run: the Content Security Policy's hash source
/// (<https://www.w3.org/TR/CSP3/#grammardef-hash-source>).
pub(super) fn hash_source(script: &str) -> String {
    format!("'sha256-{}'", base64::encode(&Sha256::digest(script.as_bytes())))
}
