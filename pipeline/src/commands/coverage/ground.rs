//! The shapes that a coverage is held against: an outline, a zone construite.

use kernels::lattice::Polygon;

use crate::commands::compare::layer;
use crate::error::{Error, InputError};
use crate::tally::Tally;
use crate::vintage::locate::Product;
use crate::vintage::open::{Crs, Opening, accept};

/// The polygons of a layer in the CRS `epsg`; `path` may end in `:LAYER`.
///
/// # Errors
/// The file cannot be found or read, or holds no polygon.
pub(super) fn read(path: &str, product: Product, epsg: u32) -> Result<Vec<Polygon>, Error> {
    let tally = Tally::default();
    let opening = Opening { product, years: &[], epsg, crs: Crs::Any };
    let source = opening.open(&layer(path), &tally)?;
    let mut polygons = Vec::new();
    for feature in source.features(&[], epsg)? {
        let feature = feature?;
        accept(&feature, &source, &tally)?;
        polygons.extend(feature.polygons);
    }
    if polygons.is_empty() {
        return Err(InputError::new(source.path(), "this layer holds no polygon")
            .layer(&source.info().name)
            .got(format!("{} features", source.info().n_features))
            .expected("at least one polygon")
            .into());
    }
    Ok(polygons)
}
