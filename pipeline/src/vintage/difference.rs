//! A difference layer as delivered: changed ground with its couples at both dates.

use kernels::lattice::Polygon;
use nomenclature::{Couple, Dimension};
use rustc_hash::FxHashMap;

use crate::config::Layer;
use crate::error::Error;

use super::Reading;
use super::codes::{At, Codes};
use super::columns::Columns;
use super::locate::Product;
use super::open::{Crs, Opening, accept};
use super::reader::{Ids, empty, place_of};

/// All polygons of a difference, in the order of the file; parts of a multipolygon are polygons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// The years before and after.
    pub years: (u16, u16),
    /// The shapes, as the file has them.
    pub polygons: Vec<Polygon>,
    /// The couple of each polygon in the first year; nodata where there is no usable code.
    pub before: Vec<Couple>,
    /// The couple of each polygon in the second year.
    pub after: Vec<Couple>,
    /// The id of each polygon, unique within its file; made of the feature's number when the file has none.
    pub ids: Vec<String>,
}

impl Difference {
    /// Adds the polygons of another file of the same years after these.
    pub fn append(&mut self, mut other: Self) {
        self.polygons.append(&mut other.polygons);
        self.before.append(&mut other.before);
        self.after.append(&mut other.after);
        self.ids.append(&mut other.ids);
    }
}

impl Reading<'_> {
    /// Reads a difference between the years `years.0` and `years.1`.
    ///
    /// Columns are `CS_2018`, `US_2018`, `CS_2021`, `US_2021`, or `cs_avant`, `us_avant`,
    /// `cs_apres`, `us_apres`, or other variants of these, in any case: the declared years count, not those of the file's name,
    /// which are swapped in some deliveries.
    ///
    /// # Errors
    /// As [`super::Vintage::read`].
    pub fn difference(&self, layer: &Layer, years: (u16, u16)) -> Result<Difference, Error> {
        let both = [years.0, years.1];
        let opening = Opening {
            product: Product::Difference,
            years: &both,
            epsg: self.epsg,
            crs: Crs::Exact,
        };
        let source = opening.open(layer, self.tally)?;
        let (codes_at, id_at) = Columns::of_difference(&source, years)?;
        let wanted: Vec<usize> = codes_at.iter().copied().chain(id_at).collect();
        let mut codes = Codes::new(self.nomenclature, self.tally, &source);
        let layer_name = source.info().name.clone();
        let mut ids = Ids { tally: self.tally, layer: layer_name, seen: FxHashMap::default() };
        let mut all = Difference { years, ..Difference::default() };
        for feature in source.features(&wanted, self.epsg)? {
            let feature = feature?;
            accept(&feature, &source, self.tally)?;
            let at = At { place: place_of(&feature.polygons), fid: feature.fid };
            let mut couple = |cs: usize| Couple {
                cs: codes.class(Dimension::Cover, &feature.values[cs], at),
                us: codes.class(Dimension::Usage, &feature.values[cs + 1], at),
            };
            let (before, after) = (couple(0), couple(2));
            let id = match id_at {
                Some(_) => ids.unique(feature.values[4].text(), at),
                None => format!("fid{}", feature.fid),
            };
            for part in 0..feature.polygons.len() {
                all.before.push(before);
                all.after.push(after);
                all.ids.push(if part == 0 { id.clone() } else { format!("{id}#{}", part + 1) });
            }
            all.polygons.extend(feature.polygons);
        }
        if all.polygons.is_empty() {
            return Err(empty(&source, "this difference holds no polygon").into());
        }
        codes.finish(&source, &[Dimension::Cover])?;
        Ok(all)
    }
}
