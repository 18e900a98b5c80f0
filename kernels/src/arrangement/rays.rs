//! Exact vertical rays: which boundary lies right below each connected component.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::ArrangementError;
use super::blocks::Blocks;
use super::topology::Cycle;
use crate::lattice::{Point, cross};

/// Edges above which a block is searched through smaller blocks of its own.
const CROWD: usize = 512;

/// Levels of blocks within blocks: more cannot separate edges any further.
const DEPTH_MAX: usize = 8;

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
    let shafts = Shafts::build(Cow::Borrowed(ends), block_shift, DEPTH_MAX)?;
    let below = |cycle: &Cycle| {
        let edge = (cycle.twice_area <= 0).then(|| shafts.edge_below(cycle.lowest))??;
        Some(cycle_of[2 * edge as usize])
    };
    Ok(cycles.par_iter().map(below).collect())
}

/// Blocks to search downwards, with further blocks inside the crowded ones: a stray polygon far
/// away makes every block of the rest large.
struct Shafts<'a> {
    ends: Cow<'a, [(Point, Point)]>,
    blocks: Blocks,
    /// For a crowded block, its own blocks and the rank here of each of their edges.
    crowded: BTreeMap<usize, (Shafts<'static>, Vec<u32>)>,
}

impl<'a> Shafts<'a> {
    fn build(
        ends: Cow<'a, [(Point, Point)]>,
        block_shift: Option<u32>,
        depth: usize,
    ) -> Result<Self, ArrangementError> {
        let blocks = Blocks::build(&ends, block_shift)?;
        let mut crowded = BTreeMap::new();
        for block in (0..blocks.len()).filter(|_| depth > 0) {
            let edges = blocks.segments(block);
            if edges.len() > CROWD {
                let inner: Vec<_> = edges.iter().map(|&e| ends[e as usize]).collect();
                let shafts = Shafts::build(Cow::Owned(inner), None, depth - 1)?;
                crowded.insert(block, (shafts, edges.to_vec()));
            }
        }
        Ok(Self { ends, blocks, crowded })
    }

    /// The first edge strictly below a point.
    fn edge_below(&self, p: Point) -> Option<u32> {
        let mut block = self.blocks.first_below(p)?;
        loop {
            let highest = match self.crowded.get(&block) {
                Some((inner, ranks)) => inner.edge_below(p).map(|e| ranks[e as usize]),
                None => self.highest(self.blocks.segments(block), p),
            };
            // An edge that crosses the ray under this block is left to the block where it does.
            let bottom = self.blocks.cell(block).y;
            if highest.is_some_and(|e| reaches(self.ends[e as usize], p.x, bottom)) {
                return highest;
            }
            match self.blocks.below(block) {
                Some(lower) => block = lower,
                None => return highest,
            }
        }
    }

    /// The highest of the given edges strictly below a point.
    fn highest(&self, edges: &[u32], p: Point) -> Option<u32> {
        let end = |e: u32| self.ends[e as usize];
        let is_below = |&e: &u32| {
            let (a, b) = end(e);
            a.x <= p.x && p.x < b.x && cross(a, b, p) > 0
        };
        edges.iter().copied().filter(is_below).max_by(|&e, &f| higher(end(e), end(f), p.x))
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
