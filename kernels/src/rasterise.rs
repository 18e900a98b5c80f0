//! Burns polygons and widened lines onto the cells of a grid, exactly.
//!
//! A cell belongs to a shape when its centre does. Everything is integer arithmetic on doubled
//! coordinates (the centre of a cell of odd side lies on half a lattice step), so a centre that
//! falls exactly on an edge is decided by rule, never by rounding, and two polygons that share an
//! edge share no cell and leave none out.

use std::borrow::Borrow;
use std::ops::Range;

use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayViewMut1, ArrayViewMut2, Axis};

use crate::grid::Grid;
use crate::lattice::{Point, Polygon, Ring};

/// Rows burnt by one task; only a matter of speed.
const BAND_ROWS: usize = 64;

/// A broken line that covers the ground up to `half_width` lattice steps from itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WideLine {
    /// The corners of the line; a single point is a disc.
    pub points: Vec<Point>,
    /// Half of the width, in lattice steps (centimetres).
    pub half_width: i32,
}

/// Burns polygons onto a new raster of the grid's shape `(rows, cols)`.
///
/// A cell takes the value of the last polygon of the list that holds its centre, and
/// `V::default()` when none does. A polygon holds a point by the even-odd rule on all its rings,
/// so neither their direction nor which is the exterior matters. A centre exactly on an edge
/// belongs to the polygon on its east side, or on its north side when the edge is horizontal.
///
/// # Panics
/// When `polygons` and `values` do not have the same length: they line up by the caller's hand.
pub fn rasterise<P, V>(polygons: &[P], values: &[V], grid: &Grid) -> Array2<V>
where
    P: Borrow<Polygon> + Sync,
    V: Copy + Default + Send + Sync,
{
    let mut cells = Array2::default((grid.rows, grid.cols));
    burn(&mut cells.view_mut(), polygons, values, grid);
    cells
}

/// The cells of some rows that a polygon takes, as runs of columns, row by row; see [`rasterise`]
/// for the rule.
///
/// * `sides`: those of its rings that meet the rows, in any order; others may be left out.
pub(crate) fn spans<I: Iterator<Item = (Point, Point)>>(
    sides: I,
    rows: Range<usize>,
    grid: &Grid,
) -> impl Iterator<Item = (usize, Range<usize>)> + use<I> {
    let first_row = rows.start;
    let crossings = crossings(sides, rows, grid);
    (0..crossings.len() / 2).filter_map(move |pair| {
        let [(row, start), (_, end)] = [crossings[2 * pair], crossings[2 * pair + 1]];
        (start < end).then_some((first_row + row as usize, start as usize..end as usize))
    })
}

/// Burns polygons over what a raster already holds; see [`rasterise`] for the rule.
///
/// # Panics
/// When `polygons` and `values` differ in length, or `cells` has not the grid's shape.
pub fn burn<P, V>(cells: &mut ArrayViewMut2<'_, V>, polygons: &[P], values: &[V], grid: &Grid)
where
    P: Borrow<Polygon> + Sync,
    V: Copy + Send + Sync,
{
    assert_eq!(polygons.len(), values.len(), "one value per polygon");
    let bounds = |shape: &P| shape.borrow().bounds();
    burn_by_band(cells, grid, polygons, bounds, |shape_idx, rows, band| {
        let sides = polygons[shape_idx].borrow().rings().flat_map(Ring::segments);
        let crossings = crossings(sides, rows, grid);
        fill_pairs(&crossings, values[shape_idx], band);
    });
}

/// Burns widened lines onto a new raster of the grid's shape `(rows, cols)`.
///
/// A cell takes the value of the last line of the list whose distance to the cell's centre is at
/// most the line's half width (ends are round), and `V::default()` when there is none.
///
/// # Panics
/// When `lines` and `values` do not have the same length: they line up by the caller's hand.
pub fn rasterise_lines<V>(lines: &[WideLine], values: &[V], grid: &Grid) -> Array2<V>
where
    V: Copy + Default + Send + Sync,
{
    let mut cells = Array2::default((grid.rows, grid.cols));
    burn_lines(&mut cells.view_mut(), lines, values, grid);
    cells
}

/// Burns widened lines over what a raster already holds; see [`rasterise_lines`] for the rule.
///
/// # Panics
/// When `lines` and `values` differ in length, or `cells` has not the grid's shape.
pub fn burn_lines<L, V>(cells: &mut ArrayViewMut2<'_, V>, lines: &[L], values: &[V], grid: &Grid)
where
    L: Borrow<WideLine> + Sync,
    V: Copy + Send + Sync,
{
    assert_eq!(lines.len(), values.len(), "one value per line");
    let bounds = |line: &L| line.borrow().bounds();
    burn_by_band(cells, grid, lines, bounds, |line_idx, rows, band| {
        let line = lines[line_idx].borrow();
        for (a, b) in line.segments() {
            burn_capsule((a, b, line.half_width), rows.clone(), grid, |row, col| {
                band[row][col] = values[line_idx];
            });
        }
    });
}

impl WideLine {
    /// The box of everything within the half width of the line; `None` without a point.
    pub fn bounds(&self) -> Option<(Point, Point)> {
        let first = *self.points.first()?;
        let w = self.half_width;
        let (low, high) = self.points.iter().fold((first, first), |(lo, hi), p| {
            (Point::new(lo.x.min(p.x), lo.y.min(p.y)), Point::new(hi.x.max(p.x), hi.y.max(p.y)))
        });
        Some((Point::new(low.x - w, low.y - w), Point::new(high.x + w, high.y + w)))
    }

    /// The segments; a lone point gives one segment of no length.
    fn segments(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        let lone = (self.points.len() == 1).then(|| (self.points[0], self.points[0]));
        lone.into_iter().chain(self.points.windows(2).map(|w| (w[0], w[1])))
    }
}

/// Cuts the raster in bands of rows, and burns into each, in order, the shapes that touch it.
fn burn_by_band<V, S>(
    cells: &mut ArrayViewMut2<'_, V>,
    grid: &Grid,
    shapes: &[S],
    bounds: impl Fn(&S) -> Option<(Point, Point)>,
    burn_one: impl Fn(usize, Range<usize>, &mut [ArrayViewMut1<'_, V>]) + Sync,
) where
    V: Send + Sync,
{
    assert_eq!(cells.dim(), (grid.rows, grid.cols), "the raster has the grid's shape");
    let mut shapes_by_band: Vec<Vec<usize>> = vec![Vec::new(); grid.rows.div_ceil(BAND_ROWS)];
    for (shape_idx, shape) in shapes.iter().enumerate() {
        let Some((low, high)) = bounds(shape) else { continue };
        let rows = rows_between(low, high, grid);
        if !rows.is_empty() {
            let bands = rows.start / BAND_ROWS..=(rows.end - 1) / BAND_ROWS;
            bands.for_each(|band| shapes_by_band[band].push(shape_idx));
        }
    }
    cells.axis_chunks_iter_mut(Axis(0), BAND_ROWS).into_par_iter().enumerate().for_each(
        |(band_idx, mut band)| {
            let start = band_idx * BAND_ROWS;
            let rows = start..start + band.nrows();
            let mut lines: Vec<_> = band.axis_iter_mut(Axis(0)).collect();
            for &shape_idx in &shapes_by_band[band_idx] {
                burn_one(shape_idx, rows.clone(), &mut lines);
            }
        },
    );
}

/// The rows of the grid that a box may reach.
fn rows_between(low: Point, high: Point, grid: &Grid) -> Range<usize> {
    let row_of = |y: i32| (i64::from(grid.origin.y) - i64::from(y)).div_euclid(grid.cell.into());
    clamp_range(row_of(high.y), row_of(low.y) + 1, grid.rows)
}

/// `start..end` cut to `0..len`.
fn clamp_range(start: i64, end: i64, len: usize) -> Range<usize> {
    let cut = |v: i64| usize::try_from(v.max(0)).map_or(len, |v| v.min(len));
    cut(start)..cut(end).max(cut(start))
}

/// Twice the northing of the centres of a row.
fn twice_centre_y(row: usize, grid: &Grid) -> i64 {
    2 * i64::from(grid.origin.y) - (2 * row as i64 + 1) * i64::from(grid.cell)
}

/// Twice the easting of the centres of a column.
fn twice_centre_x(col: usize, grid: &Grid) -> i64 {
    2 * i64::from(grid.origin.x) + (2 * col as i64 + 1) * i64::from(grid.cell)
}

/// Where sides of rings cross the centre lines of `rows`: sorted (row in the band, first column east).
fn crossings(
    sides: impl Iterator<Item = (Point, Point)>,
    rows: Range<usize>,
    grid: &Grid,
) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    let (top, bottom) = (twice_centre_y(rows.start, grid), twice_centre_y(rows.end, grid));
    for (a, b) in sides {
        let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
        // Most sides of a large polygon are elsewhere: told without a division.
        if 2 * i64::from(low.y) > top || 2 * i64::from(high.y) <= bottom {
            continue;
        }
        let reach = rows_between(low, high, grid);
        for row in reach.start.max(rows.start)..reach.end.min(rows.end) {
            let y2 = twice_centre_y(row, grid);
            // Half-open: an edge owns its lower end, so a corner is crossed once or twice, never by
            // accident; horizontal edges cross nothing.
            if 2 * i64::from(low.y) <= y2 && y2 < 2 * i64::from(high.y) {
                let col = first_col_east(low, high, y2, grid);
                found.push(((row - rows.start) as u32, col));
            }
        }
    }
    found.sort_unstable();
    found
}

/// The first column whose centre is not west of the edge at height `y2 / 2`.
fn first_col_east(low: Point, high: Point, y2: i64, grid: &Grid) -> u32 {
    let cell = i64::from(grid.cell);
    let dx = i64::from(high.x) - i64::from(low.x);
    let dy = i64::from(high.y) - i64::from(low.y);
    let west2 = 2 * (i64::from(low.x) - i64::from(grid.origin.x)) - cell;
    let up2 = y2 - 2 * i64::from(low.y);
    // centre(col) >= edge  <=>  col >= ((west2 * dy) + up2 * dx) / (2 * cell * dy), exactly.
    let num = i128::from(west2) * i128::from(dy) + i128::from(up2) * i128::from(dx);
    let den = 2 * i128::from(cell) * i128::from(dy);
    let col = match (i64::try_from(num), i64::try_from(den)) {
        (Ok(num), Ok(den)) => -i128::from((-num).div_euclid(den)),
        _ => -(-num).div_euclid(den),
    };
    col.clamp(0, grid.cols as i128) as u32
}

/// Fills between the first and the second crossing of a row, the third and the fourth, and so on.
fn fill_pairs<V: Copy>(crossings: &[(u32, u32)], value: V, band: &mut [ArrayViewMut1<'_, V>]) {
    for pair in crossings.chunks_exact(2) {
        let (row, start) = pair[0];
        debug_assert_eq!(row, pair[1].0, "closed rings cross a line an even number of times");
        for col in start..pair[1].1 {
            band[row as usize][col as usize] = value;
        }
    }
}

/// Visits the cells of `rows` whose centre lies within `half_width` of a segment.
fn burn_capsule(
    (a, b, half_width): (Point, Point, i32),
    rows: Range<usize>,
    grid: &Grid,
    mut visit: impl FnMut(usize, usize),
) {
    let w = half_width;
    let low = Point::new(a.x.min(b.x) - w, a.y.min(b.y) - w);
    let high = Point::new(a.x.max(b.x) + w, a.y.max(b.y) + w);
    let reach = rows_between(low, high, grid);
    for row in reach.start.max(rows.start)..reach.end.min(rows.end) {
        let y2 = twice_centre_y(row, grid);
        for col in capsule_cols((a, b, w), y2, grid) {
            if is_near((twice_centre_x(col, grid), y2), a, b, w) {
                visit(row - rows.start, col);
            }
        }
    }
}

/// Columns that hold every cell of a row within `w` of a segment (and a few others).
fn capsule_cols((a, b, w): (Point, Point, i32), y2: i64, grid: &Grid) -> Range<usize> {
    let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
    let (dx, dy) = (i64::from(high.x) - i64::from(low.x), i64::from(high.y) - i64::from(low.y));
    let x_at = |y: i64| {
        let up = y.clamp(low.y.into(), high.y.into()) - i64::from(low.y);
        i64::from(low.x) + up * dx / dy.max(1)
    };
    let (w, y) = (i64::from(w), y2.div_euclid(2));
    let (mut west, mut east) = (x_at(y - w - 1), x_at(y + w + 1));
    if dy == 0 {
        (west, east) = (low.x.min(high.x).into(), low.x.max(high.x).into());
    }
    let col_of = |x: i64| (x - i64::from(grid.origin.x)).div_euclid(grid.cell.into());
    clamp_range(col_of(west.min(east) - w - 1), col_of(west.max(east) + w + 1) + 1, grid.cols)
}

/// Whether a place in doubled coordinates lies within `w` lattice steps of a segment.
fn is_near((x2, y2): (i64, i64), a: Point, b: Point, w: i32) -> bool {
    let wide = |v: i64| i128::from(v);
    let from = |p: Point| (wide(x2 - 2 * i64::from(p.x)), wide(y2 - 2 * i64::from(p.y)));
    let (ax, ay) = from(a);
    let (bx, by) = from(b);
    let (dx, dy) = (ax - bx, ay - by);
    let (along, length_sq) = (ax * dx + ay * dy, dx * dx + dy * dy);
    let reach_sq = wide(4 * i64::from(w) * i64::from(w));
    if along <= 0 {
        ax * ax + ay * ay <= reach_sq
    } else if along >= length_sq {
        bx * bx + by * by <= reach_sq
    } else {
        let across = ax * dy - ay * dx;
        across * across <= reach_sq * length_sq
    }
}

#[cfg(test)]
mod tests;
