//! Opening a layer of somebody else's: the file, the layer, and what to make of its CRS.

use std::ffi::OsString;
use std::path::Path;

use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::io::issue::key as issue;
use crate::io::vector::{Feature, VectorSource};
use crate::tally::Tally;

use super::key;
use super::locate::{Product, locate};

/// Geographic CRS whose datum is taken to be that of the French legal systems: WGS 84, RGF93 v1,
/// v2 and v2b, ETRS89, and the overseas ones (RGAF09, RGFG95, RGR92, RGM04).
///
/// Moving between them and the department's projection is a formula, without any local grid.
const SAME_DATUM: [u32; 9] = [4326, 4171, 9777, 9782, 4258, 5489, 4624, 4627, 4470];

/// Lambert-93 under its three realisations; coordinates are the same to the millimetre.
const LAMBERT_93: [u32; 3] = [2154, 9793, 9794];

/// What may be read in another CRS than the department's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crs {
    /// Only what a formula brings to the department's CRS: the rule for vintages, where a metre of
    /// error would look like change.
    Exact,
    /// Whatever PROJ knows a way from: territories and zonings.
    Any,
}

/// What to open, and how to take it.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// What to look for in a folder, or in a file of several layers.
    pub product: Product,
    /// Its years, which tell twins apart; may be empty.
    pub years: &'a [u16],
    /// EPSG code of the department's CRS.
    pub epsg: u32,
    /// Which other CRS may be read.
    pub crs: Crs,
}

impl Opening<'_> {
    /// Opens the layer; a missing CRS is taken to be the department's, and counted.
    ///
    /// # Errors
    /// As [`locate`]; the file is damaged, half-written or in a CRS that is not accepted.
    pub fn open(&self, layer: &Layer, tally: &Tally) -> Result<VectorSource, Error> {
        let layer = locate(layer, self.product, self.years, tally)?;
        refuse_unfinished(&layer.path)?;
        let source = VectorSource::open(&layer.path, layer.layer.as_deref())?;
        let info = source.info();
        match info.epsg {
            None if !info.has_crs => tally.count(key::CRS_ASSUMED),
            Some(epsg) if epsg != self.epsg => {
                if self.crs == Crs::Exact && !is_exact(epsg, self.epsg) {
                    return Err(InputError::new(source.path(), "this layer is in another CRS")
                        .layer(&info.name)
                        .got(format!("EPSG:{epsg}"))
                        .expected(format!("EPSG:{}, that of the department", self.epsg))
                        .hint(format!("reproject it: `ogr2ogr -t_srs EPSG:{} OUT IN`", self.epsg))
                        .into());
                }
                tally.count(key::CRS_REPROJECTED);
            }
            _ => {}
        }
        Ok(source.assume_epsg(self.epsg))
    }
}

/// Whether coordinates go from one CRS to the other by a formula alone.
fn is_exact(from: u32, to: u32) -> bool {
    SAME_DATUM.contains(&from) || [from, to].iter().all(|epsg| LAMBERT_93.contains(epsg))
}

/// Refuses a `GeoPackage` whose rollback journal is still there: its last writer was stopped.
pub(crate) fn refuse_unfinished(path: &Path) -> Result<(), Error> {
    let mut journal = OsString::from(path);
    journal.push("-journal");
    if std::fs::metadata(&journal).is_ok_and(|meta| meta.len() > 0) {
        return Err(InputError::new(path, "this file was not written to its end")
            .got(format!("a journal beside it: `{}`", Path::new(&journal).display()))
            .hint("wait for its writer to end, or make the file again")
            .into());
    }
    Ok(())
}

/// Counts what was wrong with a feature; refuses what would make its ground disappear.
///
/// # Errors
/// A coordinate is not a number, beyond any French CRS, or cannot be reprojected.
pub fn accept(feature: &Feature, source: &VectorSource, tally: &Tally) -> Result<(), Error> {
    for found in &feature.issues {
        let what = match found.key {
            issue::COORDINATE_NOT_FINITE => "a coordinate is not a number",
            issue::COORDINATE_OUT_OF_RANGE => "a coordinate is beyond any French CRS",
            issue::NOT_REPROJECTED => "a geometry cannot be reprojected",
            _ => {
                found.count_in(tally, &source.info().name);
                continue;
            }
        };
        let declared = source.info().epsg.map_or("none".to_owned(), |epsg| format!("EPSG:{epsg}"));
        let place = found.place.map(|p| format!(", after {p:?} cm")).unwrap_or_default();
        return Err(InputError::new(source.path(), what)
            .layer(&source.info().name)
            .feature(feature.fid)
            .got(format!("declared CRS {declared}{place}"))
            .expected("finite coordinates in the declared CRS")
            .hint("correct or delete this feature, and check the CRS that the file declares")
            .into());
    }
    if feature.polygons.is_empty() && !(feature.lines.is_empty() && feature.points.is_empty()) {
        tally.count(key::GEOMETRY_NOT_POLYGON);
    }
    Ok(())
}
