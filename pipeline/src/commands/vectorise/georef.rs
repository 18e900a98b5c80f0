//! Where a class raster lies: in the CRS of a French department, on the centimetre lattice.

use kernels::grid::Grid;
use kernels::lattice::{COORDINATE_MAX, Point, STEPS_PER_METRE};

use crate::error::{Error, InputError};
use crate::io::raster::{Georef, RasterInfo};

/// The CRSs of the French departments.
const EPSG_FRENCH: [u32; 5] = [2154, 5490, 2972, 2975, 4471];

/// How far, in lattice steps, a corner may be from the lattice: what 64-bit text formats lose.
const LATTICE_SLACK: f64 = 1e-3;

/// The EPSG code of a raster in the CRS of a French department.
///
/// # Errors
/// [`Error::Input`] when it is in another one, or in none.
pub(super) fn epsg(info: &RasterInfo) -> Result<u32, Error> {
    match info.epsg.filter(|epsg| EPSG_FRENCH.contains(epsg)) {
        Some(epsg) => Ok(epsg),
        // Says what the raster has instead.
        None => info.require_epsg(EPSG_FRENCH[0]).map(|()| EPSG_FRENCH[0]),
    }
}

/// The grid of the raster, whose pixels must lie on the lattice.
///
/// # Errors
/// [`Error::Input`] when they do not, or when the raster lies too far away.
pub(super) fn grid(info: &RasterInfo, georef: &Georef) -> Result<Grid, Error> {
    // What is wrong with a side adds up from pixel to pixel, to the far corner.
    let steps = |metres: f64, n_times: usize| {
        let steps = metres * f64::from(STEPS_PER_METRE);
        let off = (steps - steps.round()).abs() * n_times as f64;
        (off <= LATTICE_SLACK).then_some(steps.round() as i64)
    };
    let fault = |got: String| -> Error {
        InputError::new(&info.path, "the pixels do not lie on whole centimetres")
            .got(got)
            .expected("sides and corners that are multiples of 0.01 m")
            .hint("resample it: `gdalwarp -r near -tr 1 1 -tap IN OUT`")
            .into()
    };
    let (width, height) = (georef.pixel_width_m, georef.pixel_height_m);
    let side = match (steps(width, info.cols), steps(height, info.rows)) {
        (Some(width), Some(height)) if width == height && width >= 1 => width,
        _ => {
            let (rows, cols) = (info.rows, info.cols);
            let got = format!("pixels of {width} by {height} m, {rows} rows and {cols} columns");
            return Err(fault(got));
        }
    };
    if steps(georef.west_m, 1).is_none() || steps(georef.north_m, 1).is_none() {
        return Err(fault(format!("north-west corner {} {}", georef.west_m, georef.north_m)));
    }
    let corner = |x_m: f64, y_m: f64| {
        Point::from_metres(x_m, y_m).ok_or_else(|| -> Error {
            InputError::new(&info.path, "this raster lies outside every French coordinate system")
                .got(format!("a corner at {x_m} {y_m} m"))
                .expected(format!("coordinates below {} m", COORDINATE_MAX / STEPS_PER_METRE))
                .hint("check its position with `gdalinfo`: are its units metres?")
                .into()
        })
    };
    let origin = corner(georef.west_m, georef.north_m)?;
    corner(georef.west_m + width * info.cols as f64, georef.north_m - height * info.rows as f64)?;
    Ok(Grid { origin, cell: side as i32, rows: info.rows, cols: info.cols })
}
