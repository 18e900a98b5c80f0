//! Exact vertical rays: which boundary lies right below each connected component.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::ArrangementError;
use super::blocks::Blocks;
use super::topology::Cycle;
use crate::lattice::{Point, cross};

/// For each cycle that goes round a component, the cycle right below its lowest node, if any.
///
/// The ray starts at that node and runs south an infinitely small step to the east, so that only
/// edges with `a.x <= x < b.x` count and vertical ones never do.
pub(super) fn cycles_below(
    ends: &[(Point, Point)],
    cycles: &[Cycle],
    cycle_of: &[u32],
    block_shift: Option<u32>,
) -> Result<Vec<Option<u32>>, ArrangementError> {
    let n_outer = cycles.iter().filter(|cycle| cycle.twice_area <= 0).count();
    if n_outer < 2 {
        return Ok(vec![None; cycles.len()]);
    }
    let blocks = Blocks::build(ends, block_shift)?;
    let below = |cycle: &Cycle| {
        let hit = (cycle.twice_area <= 0).then(|| edge_below(ends, &blocks, cycle.lowest))?;
        hit.map(|edge| cycle_of[2 * edge as usize])
    };
    Ok(cycles.par_iter().map(below).collect())
}

/// The first edge strictly below a point.
fn edge_below(ends: &[(Point, Point)], blocks: &Blocks, p: Point) -> Option<u32> {
    let mut block = blocks.block_of(p);
    loop {
        let bottom = blocks.cell(block).y;
        let highest = blocks
            .segments(block)
            .iter()
            .copied()
            .filter(|&e| {
                let (a, b) = ends[e as usize];
                a.x <= p.x && p.x < b.x && cross(a, b, p) > 0
            })
            .max_by(|&e, &f| higher(ends[e as usize], ends[f as usize], p.x));
        // An edge that crosses the ray under this block is left to the block where it does.
        if highest.is_some_and(|e| reaches(ends[e as usize], p.x, bottom)) {
            return highest;
        }
        block = blocks.below(block)?;
    }
}

/// Whether the edge is at `y` or above it at the abscissa `x`.
fn reaches((a, b): (Point, Point), x: i32, y: i64) -> bool {
    let (num, den) = height((a, b), x);
    num >= i128::from(y) * den
}

/// The ordinate of a non-vertical edge at an abscissa, as a fraction of positive denominator.
fn height((a, b): (Point, Point), x: i32) -> (i128, i128) {
    let (dx, dy) = (i128::from(b.x) - i128::from(a.x), i128::from(b.y) - i128::from(a.y));
    (i128::from(a.y) * dx + dy * (i128::from(x) - i128::from(a.x)), dx)
}

/// Orders two edges by their ordinates just east of the abscissa.
fn higher(e: (Point, Point), f: (Point, Point), x: i32) -> Ordering {
    let ((num_e, den_e), (num_f, den_f)) = (height(e, x), height(f, x));
    (num_e * den_f).cmp(&(num_f * den_e)).then_with(|| {
        // Noded edges that are level there share their left end: the steeper one is above.
        0.cmp(&cross(e.0, e.1, f.1))
    })
}
