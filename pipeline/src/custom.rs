//! Layers of the user's own to count in: activity zones, brownfields, neighbourhoods.

use kernels::lattice::Polygon;

use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::tally::Tally;
use crate::vintage::locate::Product;
use crate::vintage::open::{Crs, Opening, accept};

/// Columns that name a place, in any case; the first one wins.
const CODES: [&str; 8] =
    ["code", "id", "identifiant", "site_id", "insee", "code_insee", "cleabs", "fid_zone"];
/// Columns that say what a place is called.
const NAMES: [&str; 5] = ["nom", "name", "libelle", "site_nom", "intitule"];

/// What [`is_name`] asks of a name, for messages.
pub const NAME: &str = "at most 24 lower-case letters, digits and `_`";

/// Whether a layer may be called so: its name becomes part of file and column names.
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty() && name.len() <= 24 && name.chars().all(plain)
}

/// The places of one layer, sorted by code; they may overlap and need not cover the territory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Custom {
    /// What the user calls the layer; part of file names.
    pub name: String,
    /// Code and name of each place.
    pub places: Vec<(String, String)>,
    /// The polygons of all places.
    pub polygons: Vec<Polygon>,
    /// Rank of the place of each polygon.
    pub owner: Vec<u32>,
}

impl Custom {
    /// Reads a layer; a place without a code column is called by its number in the file.
    ///
    /// # Errors
    /// The file cannot be found or read, holds a coordinate that is not a number, or no polygon.
    pub fn read(name: &str, layer: &Layer, epsg: u32, tally: &Tally) -> Result<Self, Error> {
        let opening = Opening { product: Product::Any, years: &[], epsg, crs: Crs::Any };
        let source = opening.open(layer, tally)?;
        let (code, title) = (source.column(&CODES), source.column(&NAMES));
        let wanted: Vec<usize> = [code, title].into_iter().flatten().collect();
        let mut rows = Vec::new();
        for feature in source.features(&wanted, epsg)? {
            let feature = feature?;
            accept(&feature, &source, tally)?;
            let mut texts = feature.values.iter().map(crate::io::vector::Value::text);
            let mut next = |column: Option<usize>| column.and_then(|_| texts.next().flatten());
            let (code, title) = (next(code), next(title));
            let code = code.unwrap_or_else(|| format!("fid{:08}", feature.fid));
            rows.push((code, title.unwrap_or_default(), feature.polygons));
        }
        rows.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        let mut all = Self { name: name.to_owned(), ..Self::default() };
        for (code, title, polygons) in rows {
            if all.places.last().is_none_or(|last| last.0 != code) {
                all.places.push((code, title));
            }
            let rank = all.places.len() as u32 - 1;
            all.owner.extend(polygons.iter().map(|_| rank));
            all.polygons.extend(polygons);
        }
        if all.polygons.is_empty() {
            let fault = InputError::new(source.path(), "this layer holds no polygon to count in");
            return Err(fault.layer(&source.info().name).expected("at least one polygon").into());
        }
        Ok(all)
    }
}
