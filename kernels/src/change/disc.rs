//! The largest disc that fits in a polygon, searched only as far as the question needs.
//!
//! Branch and bound on squares (as the "pole of inaccessibility" of `Garcia-Castellanos` and
//! Lombardo, 2007, is searched in practice), with two economies: a square only keeps the segments
//! near it, and inside or outside is carried from the centre of a square to those of its quarters
//! by counting crossings, so that a sliver of any length costs time in proportion to its length.

use crate::lattice::{Polygon, Ring, STEPS_PER_METRE};

use super::steps;

/// A directed segment `(x0, y0, x1, y1)` relative to the middle of the polygon's box.
type Segment = [f64; 4];

/// A square that may hold the centre of a larger disc.
struct Square {
    centre: (f64, f64),
    half: f64,
    inside: bool,
    near: Vec<Segment>,
}

/// Diameter in metres of the largest disc that fits in `polygon`: a lower bound, exact within an
/// eighth of half of `enough_m`; the search stops as soon as `enough_m` is reached.
///
/// `mean_width_m` is twice the area over the perimeter. In a polygon without holes every point is
/// within the radius of the largest disc from the boundary, so the area is at most radius times
/// perimeter: a mean width that is enough answers at once.
pub(super) fn diameter_m(polygon: &Polygon, mean_width_m: f64, enough_m: f64) -> f64 {
    if polygon.holes.is_empty() && mean_width_m >= enough_m {
        return mean_width_m;
    }
    let floor_m = if polygon.holes.is_empty() { mean_width_m } else { 0.0 };
    let Some(root) = root(polygon) else { return 0.0 };
    let radius = search(root, steps(floor_m) / 2.0, steps(enough_m) / 2.0);
    2.0 * radius / f64::from(STEPS_PER_METRE)
}

fn root(polygon: &Polygon) -> Option<Square> {
    let (low, high) = polygon.bounds()?;
    let middle = |a: i32, b: i32| f64::midpoint(f64::from(a), f64::from(b));
    let (x, y) = (middle(low.x, high.x), middle(low.y, high.y));
    let half = (f64::from(high.x) - x).max(f64::from(high.y) - y);
    let near: Vec<Segment> = polygon
        .rings()
        .flat_map(Ring::segments)
        .map(|(a, b)| {
            [f64::from(a.x) - x, f64::from(a.y) - y, f64::from(b.x) - x, f64::from(b.y) - y]
        })
        .collect();
    // The walk to the first centre starts left of everything, hence outside.
    let inside = odd_crossings(&near, (-2.0 * half - 1.0, 0.0), (0.0, 0.0));
    Some(Square { centre: (0.0, 0.0), half, inside, near })
}

fn search(root: Square, floor: f64, enough: f64) -> f64 {
    let precision = enough / 8.0;
    let mut best = floor;
    let mut squares = vec![root];
    while let Some(square) = squares.pop() {
        let reach = square.half * std::f64::consts::SQRT_2;
        let distance = nearest(&square.near, square.centre);
        let signed = if square.inside { distance } else { -distance };
        best = best.max(signed.min(enough));
        if best >= enough {
            return best;
        }
        if signed + reach > best + precision {
            squares.extend(quarters(&square, enough));
        }
    }
    best
}

fn quarters(square: &Square, enough: f64) -> [Square; 4] {
    let half = square.half / 2.0;
    let (x, y) = square.centre;
    [(-half, -half), (half, -half), (-half, half), (half, half)].map(|(dx, dy)| {
        let centre = (x + dx, y + dy);
        let crossed = odd_crossings(&square.near, square.centre, centre);
        // Beyond this reach a segment can neither be crossed below nor shrink a disc that counts.
        let reach = half + enough;
        let near = square.near.iter().copied().filter(|s| meets(s, centre, reach)).collect();
        Square { centre, half, inside: square.inside != crossed, near }
    })
}

/// Whether the box of a segment meets the square of half side `reach` around `centre`.
fn meets(&[x0, y0, x1, y1]: &Segment, (x, y): (f64, f64), reach: f64) -> bool {
    x0.min(x1) <= x + reach
        && x0.max(x1) >= x - reach
        && y0.min(y1) <= y + reach
        && y0.max(y1) >= y - reach
}

/// Distance from a point to the nearest segment; infinite when there is none.
fn nearest(segments: &[Segment], (x, y): (f64, f64)) -> f64 {
    let squared = segments.iter().map(|&[x0, y0, x1, y1]| {
        let (dx, dy) = (x1 - x0, y1 - y0);
        let along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
        let t = along.clamp(0.0, 1.0);
        (x - x0 - t * dx).powi(2) + (y - y0 - t * dy).powi(2)
    });
    squared.fold(f64::INFINITY, f64::min).sqrt()
}

/// Whether the walk from `a` to `b`, first along x then along y, crosses an odd number of times.
fn odd_crossings(segments: &[Segment], a: (f64, f64), b: (f64, f64)) -> bool {
    let along_x = segments.iter().filter(|&&[x0, y0, x1, y1]| {
        (y0 > a.1) != (y1 > a.1) && {
            let x = x0 + (a.1 - y0) * (x1 - x0) / (y1 - y0);
            (x > a.0) != (x > b.0)
        }
    });
    let along_y = segments.iter().filter(|&&[x0, y0, x1, y1]| {
        (x0 > b.0) != (x1 > b.0) && {
            let y = y0 + (b.0 - x0) * (y1 - y0) / (x1 - x0);
            (y > a.1) != (y > b.1)
        }
    });
    (along_x.count() + along_y.count()) % 2 == 1
}
