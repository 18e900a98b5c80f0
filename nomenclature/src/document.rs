//! The YAML form of a nomenclature, as written; nothing here is checked yet.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::couples::CouplePolicy;
use crate::yaml::Lenient;

/// A nomenclature document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    /// Version of this YAML form; 1. As the other keys that must be there, it may be absent here,
    /// so that all absent ones are reported at once.
    pub(crate) format: Option<u32>,
    pub(crate) id: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) version: Option<String>,
    /// Where the facts come from.
    pub(crate) source: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) notes: Vec<String>,
    /// Usual column names in vector files.
    #[serde(default)]
    pub(crate) columns: Columns,
    /// The built-in nomenclature whose leaves the leaves of this one refine.
    #[serde(default)]
    pub(crate) nests_in: Option<String>,
    #[serde(default)]
    pub(crate) nesting: Nesting,
    /// Whether a code deeper than a leaf (`CS2.2.1.4` under `CS2.2.1`) means that leaf.
    #[serde(default)]
    pub(crate) deeper_codes: bool,
    /// Minimum mapping unit of the classes that state none.
    #[serde(default)]
    pub(crate) min_area_m2: Option<f64>,
    #[serde(default)]
    pub(crate) classes: Classes,
    #[serde(default)]
    pub(crate) couples: Couples,
}

/// Column names of one layer, by dimension.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Columns {
    #[serde(default)]
    pub(crate) cs: Option<String>,
    #[serde(default)]
    pub(crate) us: Option<String>,
}

/// How leaves find their parent leaf.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Nesting {
    /// Each leaf names it.
    #[default]
    Explicit,
    /// It is the longest parent leaf code that the code starts with; a stated one wins.
    Prefix,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Classes {
    #[serde(default)]
    pub(crate) cs: Vec<Lenient<RawClass>>,
    #[serde(default)]
    pub(crate) us: Vec<Lenient<RawClass>>,
}

/// One class, as written.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawClass {
    pub(crate) code: String,
    pub(crate) label: String,
    #[serde(default)]
    pub(crate) parent: Option<String>,
    /// By default, a class without children is a leaf.
    #[serde(default)]
    pub(crate) leaf: Option<bool>,
    #[serde(default)]
    pub(crate) colour: Option<String>,
    #[serde(default)]
    pub(crate) min_area_m2: Option<f64>,
    #[serde(default)]
    pub(crate) nests_in: Option<String>,
    #[serde(default)]
    pub(crate) corrected: Option<String>,
    #[serde(default)]
    pub(crate) unmapped: Option<String>,
    #[serde(default)]
    pub(crate) aggregate_of: Vec<String>,
    #[serde(default)]
    pub(crate) aliases: Vec<String>,
    #[serde(default)]
    pub(crate) value: Option<u16>,
    #[serde(default)]
    pub(crate) includes: Option<String>,
    #[serde(default)]
    pub(crate) note: Option<String>,
}

/// Which covers go with which usages.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Couples {
    #[serde(default)]
    pub(crate) unlisted: CouplePolicy,
    /// Usages by cover code.
    #[serde(default)]
    pub(crate) allowed: BTreeMap<String, Vec<String>>,
    /// Usages by cover code.
    #[serde(default)]
    pub(crate) forbidden: BTreeMap<String, Vec<String>>,
}
