//! The zone construite of a vintage that was delivered without one, drawn from its buildings.
//!
//! The rule is that of `run` ([`built_zone`](kernels::built_zone)) on coarser cells: only the minimum
//! unit of collection depends on the zone, no figure.

use kernels::boxes::Boxes;
use kernels::built_zone::of_couples;
use kernels::generalise::{Outline, Tolerance, generalise};
use kernels::grid::{Grid, Window};
use kernels::label::label_plane;
use kernels::lattice::{Polygon, STEPS_PER_METRE};
use kernels::plane::Plane;
use kernels::rasterise::rasterise;
use kernels::trace::trace_labels;
use ndarray::Array2;
use nomenclature::CaptureRules;

use super::Request;
use crate::compare::CAPTURE;
use crate::error::Error;
use crate::finished::ground::Vintage;
use crate::vintage::bounds_of;

/// Side of a cell, in metres.
pub(super) const CELL_M: i32 = 5;
/// Rows of cells that are burnt together.
const STRIP_ROWS: usize = 512;
/// How far the area of a part of the zone may go when its outline is fitted.
const AREA_PERMILLE: u32 = 20;

/// The zone of a vintage of the result; no polygon when nothing is built.
///
/// # Errors
/// [`Error::Input`] or [`Error::Mismatch`] when the vintage cannot be read, [`Error::Usage`] when its
/// nomenclature has no capture rules.
pub(super) fn of_vintage(request: &Request<'_>, year: u16) -> Result<Vec<Polygon>, Error> {
    let nomenclature = &request.codes.nomenclature;
    let vintage = Vintage::read(request.result, year, nomenclature)?;
    let units = CaptureRules::builtin(CAPTURE)
        .and_then(|rules| rules.compile(nomenclature))
        .map_err(|error| Error::usage(error.to_string()))?;
    let Some((low, high)) = bounds_of(&vintage.polygons) else { return Ok(Vec::new()) };
    let cell = CELL_M * STEPS_PER_METRE;
    let grid = Grid::covering(low, high, cell);
    let zone = of_couples(&burnt(&vintage, &grid), &units, cell);
    let traced = trace_labels(&label_plane(&zone.map(u16::from)), &grid);
    let outline = Outline::Generalised;
    let tolerance = Tolerance { distance: cell, area_permille: AREA_PERMILLE, outline };
    Ok(generalise(&traced, cell, &tolerance).coverage.polygons())
}

/// The couples of a vintage on cells, strip by strip.
fn burnt(vintage: &Vintage, grid: &Grid) -> Plane<u16> {
    let corners = vintage.polygons.iter().map(|polygon| polygon.bounds().unwrap_or_default());
    let boxes = Boxes::new(corners);
    let mut plane = Plane::with_cols(grid.cols);
    for row in (0..grid.rows).step_by(STRIP_ROWS) {
        let rows = STRIP_ROWS.min(grid.rows - row);
        let strip = grid.sub(Window { row, col: 0, rows, cols: grid.cols });
        let near = boxes.meeting(strip.bounds());
        let polygons: Vec<&Polygon> =
            near.iter().map(|&rank| &vintage.polygons[rank as usize]).collect();
        let couples: Vec<u16> =
            near.iter().map(|&rank| vintage.objects[rank as usize].couple.to_cell()).collect();
        let cells: Array2<u16> = rasterise(&polygons, &couples, &strip);
        plane.push(cells.view());
    }
    plane
}

#[cfg(test)]
mod tests {
    use kernels::lattice::{Point, Ring};
    use nomenclature::{ClassId, Couple};

    use super::*;
    use crate::finished::ground::Object;

    #[test]
    fn strips_burn_what_the_whole_would() {
        let square = |x: i32, y: i32, side: i32| {
            let corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)];
            let exterior = Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec());
            Polygon { exterior, holes: Vec::new() }
        };
        // 1,200 rows: three strips, and a polygon that crosses all of them.
        let polygons = vec![square(0, 0, 600_000), square(600_000, 300_000, 30_000)];
        let couple = |class| Couple { cs: ClassId(class), us: ClassId(1) };
        let object =
            |class| Object { id: String::new(), couple: couple(class), is_artificial: false };
        let objects = vec![object(1), object(2)];
        let vintage = Vintage { polygons, objects };
        let (low, high) = bounds_of(&vintage.polygons).unwrap();
        let grid = Grid::covering(low, high, CELL_M * STEPS_PER_METRE);
        assert_eq!((grid.rows, grid.cols), (1_200, 1_260));
        let codes = [couple(1), couple(2)].map(Couple::to_cell);
        let whole: Array2<u16> = rasterise(&vintage.polygons, &codes, &grid);
        assert_eq!(burnt(&vintage, &grid).to_array(), whole);
    }
}
