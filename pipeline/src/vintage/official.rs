//! A delivered ARTIF layer: the status of the ground of a vintage, as published.

use std::collections::BTreeMap;

use kernels::lattice::Polygon;

use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::io::vector::{Value, VectorSource};
use crate::tally::Tally;

use super::key;
use super::locate::Product;
use super::open::{Crs, Opening, accept};
use super::reader::{check_years, empty, place_of, year_of};

/// What a polygon of the layer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Whether it is artificial.
    pub is_artificial: bool,
    /// Whether the status comes from a threshold or from forcing; `None` where the layer is silent.
    pub by_threshold: Option<bool>,
}

/// The ARTIF layer of one vintage, in the order of the file; parts of a multipolygon are polygons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Official {
    /// The shapes, as the file has them.
    pub polygons: Vec<Polygon>,
    /// What each of them says.
    pub statuses: Vec<Status>,
}

impl Official {
    /// Reads the ARTIF layer of a year.
    ///
    /// The columns are `artif` and, if the file has it, `crit_seuil`, in any case. A polygon without
    /// status is left out and counted: nothing is published about its ground.
    ///
    /// # Errors
    /// The file cannot be found or read, is of another year, has no `artif` column, a status that
    /// is neither `artif` nor `non artif`, or not one polygon with a status.
    pub fn read(layer: &Layer, year: u16, epsg: u32, tally: &Tally) -> Result<Self, Error> {
        let opening = Opening { product: Product::Artif, years: &[year], epsg, crs: Crs::Exact };
        let source = opening.open(layer, tally)?;
        let artif = source.require_column(&["artif", "artificialise", "is_artif"])?;
        let seuil = source.column(&["crit_seuil", "crit_seuils", "seuil"]);
        let dated = source.column(&["millesime", "millésime"]);
        let wanted: Vec<usize> = [Some(artif), seuil, dated].into_iter().flatten().collect();
        let mut years: BTreeMap<u16, (u64, i64)> = BTreeMap::new();
        let mut all = Self::default();
        for feature in source.features(&wanted, epsg)? {
            let feature = feature?;
            accept(&feature, &source, tally)?;
            let mut values = feature.values.iter();
            let mut next = |column: Option<usize>| column.and_then(|_| values.next());
            let (artif, seuil, dated) = (next(Some(artif)), next(seuil), next(dated));
            if let Some(year) = dated.and_then(Value::text).as_deref().and_then(year_of) {
                years.entry(year).or_insert((0, feature.fid)).0 += 1;
            }
            let Some(text) = artif.and_then(Value::text).filter(|text| !text.trim().is_empty())
            else {
                let area = feature.polygons.iter().map(Polygon::twice_area).sum();
                let note = format!("{}, feature {}", source.info().name, feature.fid);
                tally.count_at(key::ARTIF_NULL, place_of(&feature.polygons), area, note);
                continue;
            };
            let is_artificial =
                status_of(&text).ok_or_else(|| unknown(&source, feature.fid, &text))?;
            let by_threshold = seuil.and_then(Value::text).as_deref().and_then(yes_of);
            let status = Status { is_artificial, by_threshold };
            all.statuses.extend(feature.polygons.iter().map(|_| status));
            all.polygons.extend(feature.polygons);
        }
        if all.polygons.is_empty() {
            return Err(empty(&source, "this ARTIF layer holds no polygon with a status").into());
        }
        check_years(&source, &years, year, tally)?;
        Ok(all)
    }
}

/// The status that a value of the `artif` column stands for.
fn status_of(text: &str) -> Option<bool> {
    let word: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    match word.as_str() {
        "artif" | "artificialise" | "artificialisé" | "artificiel" => Some(true),
        "nonartif" | "nonartificialise" | "nonartificialisé" | "nonartificiel" => Some(false),
        other => yes_of(other),
    }
}

/// Yes or no, in the ways that files write it.
fn yes_of(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "1" | "true" | "t" | "oui" | "vrai" => Some(true),
        "0" | "false" | "f" | "non" | "faux" => Some(false),
        _ => None,
    }
}

fn unknown(source: &VectorSource, fid: i64, text: &str) -> Error {
    InputError::new(source.path(), "this status is not known")
        .layer(&source.info().name)
        .feature(fid)
        .got(format!("`artif` = `{text}`"))
        .expected("`artif` or `non artif`")
        .hint("give the ARTIF layer of the vintage, as IGN delivers it")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_read_in_any_case_and_spelling_and_nothing_else_is_guessed() {
        for text in ["artif", "ARTIF", " Artif ", "1", "true", "Artificialisé"] {
            assert_eq!(status_of(text), Some(true), "{text}");
        }
        for text in ["non artif", "NON ARTIF", "non_artif", "Non-Artif", "0", "false"] {
            assert_eq!(status_of(text), Some(false), "{text}");
        }
        for text in ["", "artificielle ?", "2", "peut-être"] {
            assert_eq!(status_of(text), None, "{text}");
        }
    }
}
