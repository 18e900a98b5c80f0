//! Ground that a local authority chose to exempt: parks, ground photovoltaic plants.
//!
//! Article R. 101-1 of the code de l'urbanisme lets vegetated public parks over 2,500 m2 and ground
//! photovoltaic plants that keep the functions of the soil count as not artificial. That is a
//! choice, so it comes as an overlay of the user's own: off unless given, named in every output.

use kernels::lattice::Polygon;

use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::io::vector::{Value, VectorSource};
use crate::tally::Tally;

/// Columns that say why a place is exempted, in any case; the first one wins.
const KINDS: [&str; 6] = ["motif", "nature", "kind", "type", "categorie", "exemption"];
/// Columns that say what a place is called.
const NAMES: [&str; 5] = ["nom", "name", "libelle", "intitule", "id"];

/// An exempted place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// Why it is exempted, as the file says it; may be empty.
    pub kind: String,
    /// What it is called; its number in the file when that has no name.
    pub name: String,
}

/// The exempted places, sorted, and their polygons; overlaps count once, with the first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exemptions {
    /// Each place once.
    pub places: Vec<Place>,
    /// The polygons of all places.
    pub polygons: Vec<Polygon>,
    /// Rank of the place of each polygon.
    pub owner: Vec<u32>,
}

impl Exemptions {
    /// Whether nothing is exempted.
    pub fn is_empty(&self) -> bool {
        self.polygons.is_empty()
    }

    /// Reads an overlay.
    ///
    /// # Errors
    /// The file cannot be read or holds no polygon.
    pub fn read(layer: &Layer, epsg: u32, tally: &Tally) -> Result<Self, Error> {
        let source = VectorSource::open(&layer.path, layer.layer.as_deref())?;
        let (kind, name) = (source.column(&KINDS), source.column(&NAMES));
        let wanted: Vec<usize> = [kind, name].into_iter().flatten().collect();
        let mut rows = Vec::new();
        for feature in source.features(&wanted, epsg)? {
            let feature = feature?;
            feature.issues.iter().for_each(|issue| issue.count_in(tally, &source.info().name));
            let mut texts = feature.values.iter().map(Value::text);
            let mut next = |column: Option<usize>| column.and_then(|_| texts.next().flatten());
            let (kind, name) = (next(kind).unwrap_or_default(), next(name));
            let name = name.unwrap_or_else(|| format!("fid{:08}", feature.fid));
            rows.push((Place { kind, name }, feature.polygons));
        }
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let all = Self::of_sorted(rows);
        if all.is_empty() {
            let fault = InputError::new(&layer.path, "this layer exempts no polygon");
            return Err(fault.layer(&source.info().name).expected("at least one polygon").into());
        }
        Ok(all)
    }

    fn of_sorted(rows: Vec<(Place, Vec<Polygon>)>) -> Self {
        let mut all = Self::default();
        for (place, polygons) in rows {
            if all.places.last() != Some(&place) {
                all.places.push(place);
            }
            let rank = all.places.len() as u32 - 1;
            all.owner.extend(polygons.iter().map(|_| rank));
            all.polygons.extend(polygons);
        }
        all
    }
}
