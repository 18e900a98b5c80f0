//! What the columns of somebody's file mean: a YAML document, ours for the known formats, the
//! user's for any other.

use std::collections::BTreeMap;
use std::path::Path;

use nomenclature::yaml;
use serde::Deserialize;

use super::sheet::Sheet;
use crate::error::{ConfigError, Error, InputError};

/// The documents of the known formats, in the order in which a file is tried.
const KNOWN: [(&str, &str); 5] = [
    ("millesime", include_str!("maps/millesime.yaml")),
    ("signalement", include_str!("maps/signalement.yaml")),
    ("erreurs-manifestes", include_str!("maps/erreurs-manifestes.yaml")),
    ("patch", include_str!("maps/patch.yaml")),
    ("geocontrib", include_str!("maps/geocontrib.yaml")),
];

/// The whole document.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Map {
    /// What the format is, for people.
    pub title: String,
    /// Columns by which a file of this format is known.
    pub recognised_by: Vec<String>,
    /// The columns.
    pub columns: Columns,
    /// Values that propose nothing, such as `RAS`.
    pub nothing: Vec<String>,
    /// What values of `columns.dimension` mean: `cs`, `us` or `geometry`.
    pub dimensions: BTreeMap<String, String>,
    /// What values of `columns.kind` mean: `semantic`, `geometry` or `omission`.
    pub kinds: BTreeMap<String, String>,
    /// What values of `columns.standing` mean: `proposed`, `sent`, `accepted`, `rejected` or `draft`.
    pub standings: BTreeMap<String, String>,
    /// What values of the code columns mean, in codes.
    pub codes: BTreeMap<String, String>,
    /// The nomenclature of the codes, when it is not the command's.
    pub nomenclature: Option<String>,
    /// What the corrections rest on, when no column says: `local_correction`, `model` or
    /// `photo_interpretation`.
    pub origin: Option<String>,
    /// How far they are, when no column says.
    pub standing: Option<String>,
    /// CRS of `x`, `y` and `wkt`, such as `EPSG:4326`; the department's when absent.
    pub crs: Option<String>,
}

/// The names of the columns; none is needed but those of what the rows propose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    /// Id of the correction, of a file of ours.
    pub correction_id: Option<String>,
    /// What the source calls the row.
    pub reference: Option<String>,
    /// Id of the object; several joined by `;` are to be merged.
    pub object: Option<String>,
    /// Year of the vintage.
    pub year: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// INSEE code of the commune, for when the command has no limits of communes.
    pub commune: Option<String>,
    /// What of the object is wrong.
    pub dimension: Option<String>,
    /// The code proposed, of the dimension that `dimension` or the code itself says.
    pub code: Option<String>,
    /// The cover proposed.
    pub cover: Option<String>,
    /// The usage proposed.
    pub usage: Option<String>,
    /// What is wrong: a code, an outline, a missing object.
    pub kind: Option<String>,
    /// The finer code that was given with a national one.
    pub local_code: Option<String>,
    /// Its nomenclature.
    pub local_nomenclature: Option<String>,
    /// What speaks for it.
    pub evidence: Vec<String>,
    /// From 0 to 1.
    pub confidence: Option<String>,
    /// Who proposes it.
    pub author: Option<String>,
    /// In plain words.
    pub comment: Vec<String>,
    /// What it rests on.
    pub origin: Option<String>,
    /// How far it is.
    pub standing: Option<String>,
    /// Version of the delivery to correct.
    pub version: Option<String>,
    /// Number of the report at IGN.
    pub report: Option<String>,
    /// State of the report.
    pub report_status: Option<String>,
    /// Day of that state.
    pub report_at: Option<String>,
    /// Texts in which a sentence of ours may stand: see [`super::sentence`].
    pub sentence: Vec<String>,
    /// Easting or longitude.
    pub x: Option<String>,
    /// Northing or latitude.
    pub y: Option<String>,
    /// Geometry as well-known text.
    pub wkt: Option<String>,
}

impl Map {
    /// Reads a user's map.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Config`] with the place of the fault.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::read(path))?;
        let map: Self = yaml::from_str(&text).map_err(|error| ConfigError {
            file: path.to_owned(),
            place: Some((error.line, error.column)),
            key: error.path,
            what: error.message,
            hint: error.hint.or_else(|| Some("`millesime corrections map` shows one".to_owned())),
            ..ConfigError::default()
        })?;
        let Columns { code, cover, usage, kind, sentence, .. } = &map.columns;
        if [code, cover, usage, kind].iter().all(|c| c.is_none()) && sentence.is_empty() {
            return Err(ConfigError {
                file: path.to_owned(),
                key: "columns".to_owned(),
                what: "no column says what a row proposes".to_owned(),
                expected: Some("`cover`, `usage`, `code` or `kind`".to_owned()),
                hint: Some("`millesime corrections map` shows a map".to_owned()),
                ..ConfigError::default()
            }
            .into());
        }
        Ok(map)
    }

    /// The map of a known format; `None` for another name.
    pub fn known(name: &str) -> Option<Self> {
        Self::text(name).map(|text| yaml::from_str(text).expect("our own documents are tested"))
    }

    /// The document of a known format.
    pub fn text(name: &str) -> Option<&'static str> {
        KNOWN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// The names of the known formats.
    pub fn names() -> [&'static str; KNOWN.len()] {
        KNOWN.map(|(name, _)| name)
    }

    /// The map of the format that the columns of a file are of.
    ///
    /// # Errors
    /// [`Error::Input`] when they are of none.
    pub fn recognise(sheet: &Sheet) -> Result<Self, Error> {
        let fits = |map: &Self| map.recognised_by.iter().all(|name| sheet.column(name).is_some());
        let maps = KNOWN.iter().filter_map(|(name, _)| Self::known(name));
        maps.into_iter().find(fits).ok_or_else(|| {
            InputError::new(&sheet.path, "the format of this file is not known")
                .got(format!("columns {}", sheet.columns.join(", ")))
                .expected(format!("one of {}", Self::names().join(", ")))
                .hint(
                    "say what its columns mean: `millesime corrections map > map.yaml`, \
                     fill it in, then `--map map.yaml`",
                )
                .into()
        })
    }

    /// Names of columns that a user's map asks for: each must be in the file.
    pub fn named(&self) -> Vec<&str> {
        let Columns { evidence, comment, sentence, .. } = &self.columns;
        let c = &self.columns;
        let singles = [
            &c.correction_id,
            &c.reference,
            &c.object,
            &c.year,
            &c.department,
            &c.commune,
            &c.dimension,
            &c.code,
            &c.cover,
            &c.usage,
            &c.kind,
            &c.local_code,
            &c.local_nomenclature,
            &c.confidence,
            &c.author,
            &c.origin,
            &c.standing,
            &c.version,
            &c.report,
            &c.report_status,
            &c.report_at,
            &c.x,
            &c.y,
            &c.wkt,
        ];
        let lists = [evidence, comment, sentence].into_iter().flatten();
        singles.into_iter().flatten().chain(lists).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_format_has_a_map_that_says_how_it_is_known() {
        for name in Map::names() {
            let map = Map::known(name).unwrap();
            assert!(!map.recognised_by.is_empty() && !map.title.is_empty(), "{name}");
        }
        assert_eq!(Map::known("other"), None);
    }
}
