//! Small photographs of one change, before and after.

use kernels::grid::Grid;
use kernels::lattice::{Point, Polygon, STEPS_PER_METRE};
use kernels::rasterise::rasterise;
use ndarray::Array2;

use super::ortho::Ortho;
use crate::error::Error;
use crate::io::image::jpeg_bytes;
use crate::report::Glimpse;

/// Pixels along a side.
const SIDE: i32 = 128;
/// Ground along a side at least, in metres: a change is understood by what lies around it.
const GROUND_MIN_M: i32 = 80;
/// The line around the change.
const OUTLINE: [u8; 3] = [255, 225, 0];

/// What each ortho shows of a polygon and its surroundings, the polygon outlined.
///
/// # Errors
/// The ortho is damaged, or the picture cannot be encoded.
pub(super) fn of(orthos: &[Ortho], polygon: &Polygon) -> Result<Vec<Glimpse>, Error> {
    let Some((low, high)) = polygon.bounds() else { return Ok(Vec::new()) };
    let side = (high.x - low.x).max(high.y - low.y);
    let reach = (side * 3 / 4).max(GROUND_MIN_M * STEPS_PER_METRE / 2);
    let (x, y) = (low.x + (high.x - low.x) / 2, low.y + (high.y - low.y) / 2);
    let cell = (2 * reach / SIDE).max(1);
    let grid = Grid {
        origin: Point::new(x - cell * SIDE / 2, y + cell * SIDE / 2),
        cell,
        rows: SIDE as usize,
        cols: SIDE as usize,
    };
    let inside: Array2<u8> = rasterise(&[polygon], &[1], &grid);
    let is_edge = |(row, col): (usize, usize)| {
        let beside = [(row + 1, col), (row, col + 1)];
        beside.iter().any(|&at| inside.get(at).is_some_and(|&other| other != inside[(row, col)]))
    };
    let glimpse = |ortho: &Ortho| {
        let mut image = ortho.on(&grid)?;
        for (at, _) in inside.indexed_iter().filter(|&(at, _)| is_edge(at)) {
            for (band, &value) in OUTLINE.iter().enumerate() {
                image[[at.0, at.1, band]] = value;
            }
        }
        Ok(Glimpse {
            year: ortho.year,
            corner: grid.bounds().0,
            side: cell * SIDE,
            image: jpeg_bytes(&image)?,
        })
    };
    orthos.iter().map(glimpse).collect()
}
