//! The laws of a report, read as people read them: one for each proof of the manifest, in French.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Words of the English sentences of proofs that French has not.
const ENGLISH: [&str; 38] = [
    "add",
    "and",
    "apart",
    "are",
    "area",
    "at",
    "before",
    "below",
    "both",
    "by",
    "cells",
    "covered",
    "difference",
    "every",
    "gaps",
    "in",
    "kept",
    "level",
    "lost",
    "m2",
    "not",
    "none",
    "of",
    "official",
    "only",
    "outside",
    "overlap",
    "pieces",
    "polygons",
    "prior",
    "read",
    "regions",
    "remainder",
    "status",
    "the",
    "to",
    "twice",
    "with",
];

/// Checks that the report of a result says every law of its manifest in French.
///
/// # Panics
/// When a law is missing, unnamed or in English.
pub(crate) fn are_french(folder: &Path) {
    let manifest: Value =
        serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let proofs = manifest["proofs"].as_array().unwrap();
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    let (_, laws) = page.split_once("<h3>Contrôles exécutés</h3>").unwrap();
    let (laws, _) = laws.split_once("</tbody>").unwrap();
    let rows: Vec<&str> = laws.split("<tr><th scope=\"row\">").skip(1).collect();
    assert_eq!(rows.len(), proofs.len(), "a law for each proof");
    for (row, proof) in rows.into_iter().zip(proofs) {
        let name = proof["invariant"].as_str().unwrap();
        assert!(!proof["measured"].as_str().unwrap().is_empty(), "{name}");
        assert!(proof["measures"]["law"].is_string(), "{name}");
        let (law, rest) = row.split_once("</th><td>").unwrap();
        let (measured, _) = rest.split_once("</td>").unwrap();
        assert!(!law.contains('_'), "`{law}` is a key");
        assert!(!measured.is_empty(), "{law}");
        let english = [law, measured].into_iter().flat_map(|text| {
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| ENGLISH.contains(word))
        });
        assert_eq!(english.collect::<Vec<_>>(), [""; 0], "{name}: {law}: {measured}");
    }
}
