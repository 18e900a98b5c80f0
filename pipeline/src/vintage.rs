//! A vintage as delivered: polygons on the lattice, their couples and their identity.

pub(crate) mod codes;
mod columns;
pub mod difference;
pub mod key;
pub mod layout;
pub mod locate;
pub mod official;
pub mod open;
mod reader;
pub mod recode;

#[cfg(test)]
mod real_tests;
#[cfg(test)]
mod tests;

use kernels::lattice::{Point, Polygon};
use nomenclature::{Couple, Nomenclature};

use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::io::vector::VectorSource;
use crate::repair::{self, Repairs};
use crate::tally::Tally;

use recode::Origin;

/// What identifies a polygon, besides its shape and codes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Object {
    /// Unique within the vintage.
    pub id: String,
    /// Skeleton of main roads and surface rail.
    pub ossature: bool,
    /// Where the polygon comes from, as the file says it.
    pub source: String,
    /// Original code, as the file says it.
    pub code_or: String,
    /// Id of the object that it comes from, as the file says it.
    pub id_origine: String,
}

/// All polygons of a vintage, in the order of the file; parts of a multipolygon are polygons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vintage {
    /// Its year.
    pub year: u16,
    /// The shapes.
    pub polygons: Vec<Polygon>,
    /// The couple of each polygon; a class is nodata where the code is empty or unknown.
    pub couples: Vec<Couple>,
    /// The identity of each polygon.
    pub objects: Vec<Object>,
    /// The codes that it was written in, where they are not those of the couples.
    pub origin: Option<Origin>,
}

/// How to read the vintages and differences of one department.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// EPSG code of the department's CRS.
    pub epsg: u32,
    /// Whose codes the files carry.
    pub nomenclature: &'a Nomenclature,
    /// Where all that had to be repaired is counted.
    pub tally: &'a Tally,
    /// Refuse a file that needs a repair.
    pub strict: bool,
}

impl Reading<'_> {
    /// Reads a vintage and makes a coverage of it: valid polygons, one on every place, noded.
    ///
    /// `layer.path` may be a file or the folder of an unpacked archive. Gaps are reported, not
    /// filled. See [`repair`] for the rules, and the result for what they cost.
    ///
    /// # Errors
    /// As [`Vintage::read`]; with `strict`, a repair is needed.
    pub fn vintage(&self, layer: &Layer, year: u16) -> Result<(Vintage, Repairs), Error> {
        let local = Tally::default();
        let Self { epsg, nomenclature, strict, .. } = *self;
        let reading = Reading { epsg, nomenclature, tally: &local, strict };
        let (vintage, path) = reader::read(&reading, layer, year)?;
        let (vintage, repairs) = repair::repair(vintage, &path, &local)?;
        self.tally.absorb(&local.flaws());
        if strict {
            repairs.refuse()?;
        }
        Ok((vintage, repairs))
    }
}

impl Vintage {
    /// Reads a vintage, collapsing codes to the leaves of `nomenclature` and counting in `tally`
    /// all that had to be repaired; shapes stay as the file has them.
    ///
    /// # Errors
    /// The file cannot be found or read, is of another year, has no cover or usage column, no CRS
    /// that leads to `epsg`, a coordinate that is not a number, mostly unknown codes, no code at
    /// all, or not one polygon.
    pub fn read(
        layer: &Layer,
        year: u16,
        epsg: u32,
        nomenclature: &Nomenclature,
        tally: &Tally,
    ) -> Result<Self, Error> {
        let reading = Reading { epsg, nomenclature, tally, strict: false };
        reader::read(&reading, layer, year).map(|(vintage, _)| vintage)
    }

    /// The year that the first feature of a layer states, when it states one.
    ///
    /// # Errors
    /// The layer cannot be read.
    pub fn stated_year(source: &VectorSource) -> Result<Option<u16>, Error> {
        let (Some(column), Some(epsg)) = (source.column(&columns::YEAR), source.info().epsg) else {
            return Ok(None);
        };
        let Some(first) = source.features(&[column], epsg)?.next() else { return Ok(None) };
        Ok(first?.values[0].text().as_deref().and_then(reader::year_of))
    }

    /// Number of polygons.
    pub fn n_polygons(&self) -> usize {
        self.polygons.len()
    }

    /// The south-west and north-east corners of all polygons.
    pub fn bounds(&self) -> Option<(Point, Point)> {
        bounds_of(&self.polygons)
    }
}

/// The south-west and north-east corners of a set of polygons.
pub fn bounds_of(polygons: &[Polygon]) -> Option<(Point, Point)> {
    polygons.iter().filter_map(Polygon::bounds).reduce(|(a, b), (lo, hi)| {
        (Point::new(a.x.min(lo.x), a.y.min(lo.y)), Point::new(b.x.max(hi.x), b.y.max(hi.y)))
    })
}

/// Refuses polygons of `layer` whose extent does not meet that of `others`, called `whose`.
///
/// # Errors
/// Both have an extent, and these have no ground in common.
pub fn require_overlap(
    layer: &Layer,
    polygons: &[Polygon],
    whose: &str,
    others: &[Polygon],
) -> Result<(), Error> {
    let (Some(own), Some(other)) = (bounds_of(polygons), bounds_of(others)) else { return Ok(()) };
    let is_apart = own.1.x <= other.0.x
        || other.1.x <= own.0.x
        || own.1.y <= other.0.y
        || other.1.y <= own.0.y;
    if !is_apart {
        return Ok(());
    }
    let metres = |(lo, hi): (Point, Point)| {
        let (low, high) = (lo.to_metres(), hi.to_metres());
        format!("{:.0},{:.0} to {:.0},{:.0} m", low.0, low.1, high.0, high.1)
    };
    let mut fault = InputError::new(&layer.path, format!("this layer does not meet {whose}"));
    fault.layer.clone_from(&layer.layer);
    Err(fault
        .got(metres(own))
        .expected(format!("an extent that meets {}", metres(other)))
        .hint("check that both are of the same department, and the CRS that each file declares")
        .into())
}
