//! The margin beyond a department's limit: what its groups of polygons may go on into.
//!
//! The thresholds judge groups of touching polygons, which the limit of a delivery cuts. Polygons
//! of the neighbours, of the same vintage, take part in the groups and in nothing else.

use kernels::lattice::{Point, Polygon, STEPS_PER_METRE};
use rustc_hash::FxHashSet;

use crate::vintage::Vintage;

/// Neighbouring polygons nearer than this to the vintage are all kept, in metres.
pub const MARGIN_M: i32 = 1_000;

/// Side of the cells that tell near from far, in lattice steps.
const SIDE: i32 = MARGIN_M * STEPS_PER_METRE;

/// The polygons of `beyond` within the margin of `own`, whole; those up to three margins away may
/// be kept too.
pub fn within_margin(own: &[Polygon], beyond: Vintage) -> Vintage {
    let mut near: FxHashSet<(i32, i32)> = FxHashSet::default();
    for polygon in own {
        along(polygon, |(col, row)| {
            let around = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (col + dx, row + dy)));
            near.extend(around);
            false
        });
    }
    let mut kept = Vintage { year: beyond.year, ..Vintage::default() };
    let rows = beyond.polygons.into_iter().zip(beyond.couples).zip(beyond.objects);
    for ((polygon, couple), object) in rows {
        if along(&polygon, |cell| near.contains(&cell)) {
            kept.polygons.push(polygon);
            kept.couples.push(couple);
            kept.objects.push(object);
        }
    }
    kept
}

/// Tells `found` the cells along the rings of a polygon, until it is satisfied.
///
/// A side is walked in steps of at most half a cell, so every cell missed is beside a cell told.
fn along(polygon: &Polygon, mut found: impl FnMut((i32, i32)) -> bool) -> bool {
    polygon.rings().any(|ring| {
        let next = ring.0.iter().cycle().skip(1);
        ring.0.iter().zip(next).any(|(a, b)| {
            let (dx, dy) = (i64::from(b.x) - i64::from(a.x), i64::from(b.y) - i64::from(a.y));
            let n = 2 * dx.abs().max(dy.abs()) / i64::from(SIDE) + 1;
            (0..=n).any(|k| {
                let x = i64::from(a.x) + dx * k / n;
                let y = i64::from(a.y) + dy * k / n;
                found(cell_of(Point::new(x as i32, y as i32)))
            })
        })
    })
}

fn cell_of(point: Point) -> (i32, i32) {
    (point.x.div_euclid(SIDE), point.y.div_euclid(SIDE))
}

#[cfg(test)]
mod tests {
    use kernels::lattice::Ring;
    use nomenclature::Couple;

    use super::*;
    use crate::vintage::Object;

    fn square(x_m: i32, y_m: i32, side_m: i32) -> Polygon {
        let at = |x: i32, y: i32| Point::new((x_m + x) * 100, (y_m + y) * 100);
        let corners = vec![at(0, 0), at(side_m, 0), at(side_m, side_m), at(0, side_m)];
        Polygon { exterior: Ring(corners), holes: Vec::new() }
    }

    #[test]
    fn what_lies_within_the_margin_is_kept_even_beside_a_long_side() {
        let own = [square(0, 0, 20_000)];
        // Beside the middle of the long side, just within the margin, and far away.
        let polygons =
            vec![square(20_000, 10_000, 50), square(20_990, 5_000, 50), square(30_000, 9_000, 50)];
        let beyond = Vintage {
            year: 2018,
            couples: vec![Couple::NODATA; 3],
            objects: vec![Object::default(); 3],
            polygons: polygons.clone(),
            ..Vintage::default()
        };
        assert_eq!(within_margin(&own, beyond).polygons, polygons[..2]);
    }
}
