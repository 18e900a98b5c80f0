//! A point inside a polygon, for labels and for asking what covers it.

use crate::lattice::{Point, Polygon, STEPS_PER_METRE};

/// A place strictly inside a polygon, in metres, or `None` when the polygon has no inside.
///
/// A lattice point in the middle of the widest free run of one of a few rows, when there is one;
/// else the middle of the widest run half a step off the rows, which no corner can touch (exact up
/// to the rounding of `f64`).
pub fn interior_point(polygon: &Polygon) -> Option<(f64, f64)> {
    let (lo, hi) = polygon.bounds()?;
    let (lo, hi) = (i64::from(lo.y), i64::from(hi.y));
    // The last of equals wins: the middle row.
    let rows = [14, 10, 6, 2, 12, 4, 8].map(|part| lo + (hi - lo) * part / 16);
    let on_lattice = rows.iter().filter_map(|&y| lattice_run(polygon, y)).max_by_key(|run| run.0);
    if let Some((_, x, y)) = on_lattice {
        return Some(Point::new(x as i32, y as i32).to_metres());
    }
    let half_row =
        |y: &i64| half_row_run(polygon, *y).map(|(width, x)| (width, x, *y as f64 + 0.5));
    // A sliver may miss the chosen rows' runs, never all rows next to its corners.
    let corners = polygon.rings().flat_map(|r| &r.0).map(|p| i64::from(p.y));
    let (_, x, y) = rows
        .into_iter()
        .chain(corners.take(64))
        .filter_map(|y| half_row(&y))
        .max_by(|p, q| p.0.total_cmp(&q.0))?;
    Some((x / f64::from(STEPS_PER_METRE), y / f64::from(STEPS_PER_METRE)))
}

/// The widest run of lattice points strictly inside along a row, as `(width, middle x, y)`.
fn lattice_run(polygon: &Polygon, y: i64) -> Option<(i64, i64, i64)> {
    // Crossings as fractions, for the even-odd test; walls as `(first, last)` forbidden abscissa,
    // `last = first - 1` where the boundary passes between two lattice points.
    let (mut crossings, mut walls) = (Vec::new(), Vec::new());
    for (p, q) in polygon.rings().flat_map(crate::lattice::Ring::segments) {
        let (p, q) = if p.y <= q.y { (p, q) } else { (q, p) };
        let (px, py, qx, qy) = (i64::from(p.x), i64::from(p.y), i64::from(q.x), i64::from(q.y));
        if y < py || y > qy {
            continue;
        }
        if py == qy {
            walls.push((px.min(qx), px.max(qx)));
            continue;
        }
        let (num, den) = ((qx - px) * (y - py), qy - py);
        let floor = px + num.div_euclid(den);
        walls.push((floor + i64::from(num.rem_euclid(den) != 0), floor));
        if y < qy {
            crossings.push((i128::from(px) * i128::from(den) + i128::from(num), i128::from(den)));
        }
    }
    walls.sort_unstable();
    let inside =
        |x: i64| crossings.iter().filter(|&&(num, den)| num < i128::from(x) * den).count() % 2 == 1;
    let mut free_from = walls.first()?.1 + 1;
    let mut best: Option<(i64, i64, i64)> = None;
    for &(first, last) in &walls {
        let width = first - free_from;
        let middle = free_from + (width - 1) / 2;
        if width > best.map_or(0, |b| b.0) && inside(middle) {
            best = Some((width, middle, y));
        }
        free_from = free_from.max(last + 1);
    }
    best
}

/// The widest run inside along the line half a step above a row, as `(width, middle x)`.
fn half_row_run(polygon: &Polygon, y: i64) -> Option<(f64, f64)> {
    let mut crossings: Vec<f64> = polygon
        .rings()
        .flat_map(crate::lattice::Ring::segments)
        .filter_map(|(p, q)| {
            let (p, q) = if p.y <= q.y { (p, q) } else { (q, p) };
            let crosses = i64::from(p.y) <= y && y < i64::from(q.y);
            let (dx, dy) = (f64::from(q.x) - f64::from(p.x), f64::from(q.y) - f64::from(p.y));
            crosses.then(|| f64::from(p.x) + dx * (y as f64 + 0.5 - f64::from(p.y)) / dy)
        })
        .collect();
    crossings.sort_unstable_by(f64::total_cmp);
    let runs = crossings.chunks_exact(2).map(|run| (run[1] - run[0], run[0].midpoint(run[1])));
    runs.filter(|run| run.0 > 0.0).max_by(|p, q| p.0.total_cmp(&q.0))
}
