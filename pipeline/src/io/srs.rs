//! Coordinate reference systems: recognising them, and moving coordinates between two of them.

use std::path::{Path, PathBuf};

use gdal::errors::GdalError;
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
use gdal_sys::OGRSpatialReferenceH;
use kernels::lattice::Point;

use super::error::{InputError, Result};
use super::gdal::{quiet, raise, strict};

/// WGS 84 longitude and latitude, in degrees.
pub const WGS84: u32 = 4326;

/// Confidence, in per cent, from which PROJ's identification of an undeclared CRS is believed.
const MATCH_CONFIDENCE_MIN: i32 = 70;

/// A CRS from its EPSG code, with easting or longitude always first.
pub(super) fn from_epsg(epsg: u32) -> std::result::Result<SpatialRef, GdalError> {
    let mut srs = SpatialRef::from_epsg(epsg)?;
    srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    Ok(srs)
}

/// Whether a CRS is projected and in metres, so that its coordinates fit the lattice.
pub fn is_in_metres(epsg: u32) -> bool {
    strict(|| from_epsg(epsg))
        .is_ok_and(|srs| srs.is_projected() && (srs.linear_units() - 1.0).abs() < 1e-9)
}

/// The EPSG code of a CRS: declared, identified by PROJ, or given in its name.
///
/// `None` when the CRS is none of EPSG's; a warning of PROJ on the way is not an error.
pub(super) fn epsg_of(srs: &SpatialRef) -> Option<u32> {
    quiet(|| declared(srs).or_else(|| named(srs)).or_else(|| identified(srs)))
}

fn declared(srs: &SpatialRef) -> Option<u32> {
    let authority = srs.auth_name()?;
    let code = srs.auth_code().ok()?;
    authority.eq_ignore_ascii_case("EPSG").then(|| u32::try_from(code).ok()).flatten()
}

fn named(srs: &SpatialRef) -> Option<u32> {
    let name = srs.name()?;
    let (authority, code) = name.split_once(':')?;
    if !authority.eq_ignore_ascii_case("EPSG") {
        return None;
    }
    let code: u32 = code.trim().parse().ok()?;
    strict(|| from_epsg(code)).is_ok().then_some(code)
}

fn identified(srs: &SpatialRef) -> Option<u32> {
    let (mut count, mut confidence) = (0, std::ptr::null_mut());
    // SAFETY: the handle is alive; the list and the array returned are freed below, both by the
    // functions that GDAL prescribes, and read only within `count` entries.
    unsafe {
        let matches = gdal_sys::OSRFindMatches(
            srs.to_c_hsrs(),
            std::ptr::null_mut(),
            &raw mut count,
            &raw mut confidence,
        );
        let found = (!matches.is_null() && count > 0 && *confidence >= MATCH_CONFIDENCE_MIN)
            .then(|| epsg_of_handle(*matches))
            .flatten();
        if !matches.is_null() {
            gdal_sys::OSRFreeSRSArray(matches);
        }
        gdal_sys::VSIFree(confidence.cast());
        found
    }
}

/// # Safety
/// `handle` must be a live spatial reference.
unsafe fn epsg_of_handle(handle: OGRSpatialReferenceH) -> Option<u32> {
    // SAFETY: guaranteed by the caller; the object is cloned.
    declared(&unsafe { SpatialRef::from_c_obj(handle) }.ok()?)
}

/// Moves coordinates from one CRS to another; easting or longitude comes first in both.
pub struct Reprojection {
    transform: CoordTransform,
    path: PathBuf,
    from: u32,
    to: u32,
}

impl Reprojection {
    /// Prepares the way from one EPSG code to another, for the coordinates of the file `path`.
    ///
    /// # Errors
    /// One of the codes is unknown, or PROJ knows no way between them.
    pub fn new(path: &Path, from: u32, to: u32) -> Result<Self> {
        raise();
        let made = strict(|| CoordTransform::new(&from_epsg(from)?, &from_epsg(to)?));
        let transform = made.map_err(|said| {
            InputError::new(path, "no way between these coordinate systems")
                .got(format!("EPSG:{from} to EPSG:{to}: {said}"))
                .expected("two known EPSG codes")
        })?;
        Ok(Self { transform, path: path.to_path_buf(), from, to })
    }

    /// Moves points in place: `x_m` eastings or longitudes, `y_m` northings or latitudes, of the
    /// same length.
    ///
    /// # Errors
    /// A point lies outside the domain of the transformation.
    pub fn apply(&self, x_m: &mut [f64], y_m: &mut [f64]) -> Result<()> {
        strict(|| self.transform.transform_coords(x_m, y_m, &mut [])).map_err(|said| {
            InputError::new(&self.path, "coordinates cannot be reprojected")
                .got(format!("EPSG:{} to EPSG:{}: {said}", self.from, self.to))
                .into()
        })
    }

    /// Moves one lattice point; the result is in the units of the target (metres or degrees).
    ///
    /// # Errors
    /// The point lies outside the domain of the transformation.
    pub fn point(&self, point: Point) -> Result<(f64, f64)> {
        let (x_m, y_m) = point.to_metres();
        let (mut x, mut y) = ([x_m], [y_m]);
        self.apply(&mut x, &mut y)?;
        Ok((x[0], y[0]))
    }

    pub(super) fn transform(&self) -> &CoordTransform {
        &self.transform
    }

    pub(super) fn handle(&self) -> gdal_sys::OGRCoordinateTransformationH {
        // SAFETY: the handle is used while `self` is borrowed, hence alive.
        unsafe { self.transform.to_c_hct() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambert_93_origin_is_3_east_46_5_north() {
        let way = Reprojection::new(Path::new("a"), 2154, WGS84).unwrap();
        let (lon, lat) = way.point(Point::from_metres(700_000.0, 6_600_000.0).unwrap()).unwrap();
        assert!((lon - 3.0).abs() < 1e-9 && (lat - 46.5).abs() < 1e-9, "{lon} {lat}");
    }

    #[test]
    fn degrees_are_no_metres() {
        assert!(is_in_metres(2154) && is_in_metres(2975));
        assert!(!is_in_metres(WGS84) && !is_in_metres(1));
    }

    #[test]
    fn an_unknown_code_is_an_error() {
        assert!(Reprojection::new(Path::new("a"), 2154, 1).is_err());
    }

    #[test]
    fn an_undeclared_lambert_93_is_identified() {
        raise();
        let wkt = strict(|| SpatialRef::from_epsg(2154)?.to_wkt()).unwrap();
        let stripped = strict(|| {
            let srs = SpatialRef::from_wkt(&wkt)?;
            srs.morph_to_esri()?;
            SpatialRef::from_esri(&srs.to_wkt()?)
        })
        .unwrap();
        assert_eq!(epsg_of(&stripped), Some(2154));
    }
}
