//! A uniform grid of square blocks that says which segments and points may meet.
//!
//! Blocks only choose the candidates: every decision is taken by exact tests on whole segments, so
//! no block size can change a result. Crowded blocks are cut in four again and again.

use std::ops::Range;

use rayon::prelude::*;

use super::{ArrangementError, counted};
use crate::lattice::Point;

/// Least number of segments a block holds on average when the side is chosen automatically.
const SEGMENTS_PER_BLOCK: usize = 3;

/// Neighbouring blocks that one task searches.
const RUN: usize = 64;

/// Segments up to which a cell is searched pair by pair.
const LEAF: usize = 48;

/// Segments above which a cell is cut even when cutting does not reduce the number of pairs.
const CROWD: usize = 1024;

/// A square of lattice points: `size` a side, from `(x, y)` up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) size: i64,
}

impl Cell {
    /// Whether the segment may come within one step of the points of the cell; never misses one.
    fn may_meet(&self, (a, b): (Point, Point)) -> bool {
        let (ax, ay, bx, by) = (i64::from(a.x), i64::from(a.y), i64::from(b.x), i64::from(b.y));
        let (x0, y0) = (self.x - 1, self.y - 1);
        let (x1, y1) = (self.x + self.size, self.y + self.size);
        if bx < x0 || ax > x1 || ay.max(by) < y0 || ay.min(by) > y1 {
            return false;
        }
        // Separating line test on the doubled centre; 128 bits because the corners are off-lattice.
        let (dx, dy) = (i128::from(bx - ax), i128::from(by - ay));
        let centre = dx * i128::from(y0 + y1 - 2 * ay) - dy * i128::from(x0 + x1 - 2 * ax);
        centre.abs() <= (dx + dy.abs()) * i128::from(x1 - x0)
    }

    /// Whether the point is one of the cell's.
    fn holds(&self, p: Point) -> bool {
        let inside = |v: i32, lo: i64| (lo..lo + self.size).contains(&i64::from(v));
        inside(p.x, self.x) && inside(p.y, self.y)
    }

    /// The four quarters of a cell of even size.
    fn quarters(&self) -> [Self; 4] {
        let size = self.size / 2;
        [(0, 0), (size, 0), (0, size), (size, size)].map(|(dx, dy)| Self {
            x: self.x + dx,
            y: self.y + dy,
            size,
        })
    }
}

/// The segments that pass through (or within one step of) each block.
///
/// Blocks are numbered column after column, as segments and points are sorted: neighbours in one
/// order are then near in the other, and in the processor's cache.
pub(super) struct Blocks {
    x0: i64,
    y0: i64,
    shift: u32,
    n_cols: usize,
    n_rows: usize,
    start: Vec<u32>,
    segments: Vec<u32>,
}

impl Blocks {
    /// Distributes the segments over blocks of `2^shift` steps, or of a size chosen by their number.
    pub(super) fn build(
        ends: &[(Point, Point)],
        shift: Option<u32>,
    ) -> Result<Self, ArrangementError> {
        let (x0, y0, x1, y1) = extent(ends);
        let shift = side_shift(x1 - x0 + 1, y1 - y0 + 1, ends.len(), shift);
        let (n_cols, n_rows) =
            (((x1 - x0) >> shift) as usize + 1, ((y1 - y0) >> shift) as usize + 1);
        let blocks =
            Self { x0, y0, shift, n_cols, n_rows, start: Vec::new(), segments: Vec::new() };
        blocks.of_others(ends)
    }

    /// The same blocks with other segments, which lie in the same extent.
    pub(super) fn of_others(&self, ends: &[(Point, Point)]) -> Result<Self, ArrangementError> {
        let mut start = vec![0_u32; self.len() + 1];
        let mut total = 0;
        for &segment in ends {
            self.for_each_block(segment, |block| {
                start[block] += 1;
                total += 1;
            });
        }
        counted("segments in blocks", total)?;
        let mut sum = 0;
        for slot in &mut start {
            sum += *slot;
            *slot = sum;
        }
        let mut segments = vec![0; total];
        for (id, &segment) in ends.iter().enumerate().rev() {
            self.for_each_block(segment, |block| {
                start[block] -= 1;
                segments[start[block] as usize] = id as u32;
            });
        }
        Ok(Self { start, segments, ..*self })
    }

    /// Number of blocks.
    pub(super) fn len(&self) -> usize {
        self.n_cols * self.n_rows
    }

    /// All blocks, in runs of neighbours that are worth a task each.
    pub(super) fn runs(&self) -> impl ParallelIterator<Item = Range<usize>> + '_ {
        let n_runs = self.len().div_ceil(RUN);
        (0..n_runs).into_par_iter().map(|i| i * RUN..((i + 1) * RUN).min(self.len()))
    }

    /// The segments of a block, in increasing order.
    pub(super) fn segments(&self, block: usize) -> &[u32] {
        &self.segments[self.start[block] as usize..self.start[block + 1] as usize]
    }

    /// The block of a point inside the extent.
    pub(super) fn block_of(&self, p: Point) -> usize {
        let col = ((i64::from(p.x) - self.x0) >> self.shift) as usize;
        let row = ((i64::from(p.y) - self.y0) >> self.shift) as usize;
        col * self.n_rows + row
    }

    /// The block where a ray from `p` southwards enters the extent, if it does.
    pub(super) fn first_below(&self, p: Point) -> Option<usize> {
        let col = (i64::from(p.x) - self.x0) >> self.shift;
        let row = ((i64::from(p.y) - self.y0) >> self.shift).min(self.n_rows as i64 - 1);
        let enters = (0..self.n_cols as i64).contains(&col) && row >= 0;
        enters.then(|| col as usize * self.n_rows + row as usize)
    }

    /// The block south of a block, if any.
    pub(super) fn below(&self, block: usize) -> Option<usize> {
        (!block.is_multiple_of(self.n_rows)).then(|| block - 1)
    }

    /// The square of a block.
    pub(super) fn cell(&self, block: usize) -> Cell {
        let (row, col) = ((block % self.n_rows) as i64, (block / self.n_rows) as i64);
        Cell {
            x: self.x0 + (col << self.shift),
            y: self.y0 + (row << self.shift),
            size: 1 << self.shift,
        }
    }

    /// Calls `visit` for each block that the segment may come within one step of.
    fn for_each_block(&self, (a, b): (Point, Point), mut visit: impl FnMut(usize)) {
        let col_of = |x: i64| (((x - self.x0) >> self.shift).max(0) as usize).min(self.n_cols - 1);
        let row_of = |y: i64| (((y - self.y0) >> self.shift).max(0) as usize).min(self.n_rows - 1);
        let (ax, ay, bx, by) = (i64::from(a.x), i64::from(a.y), i64::from(b.x), i64::from(b.y));
        let (c0, c1) = (col_of(ax - 1), col_of(bx + 1));
        let (r0, r1) = (row_of(ay.min(by) - 1), row_of(ay.max(by) + 1));
        if c0 == c1 || r0 == r1 {
            for col in c0..=c1 {
                for row in r0..=r1 {
                    visit(col * self.n_rows + row);
                }
            }
            return;
        }
        // Height of the segment, rounded down, at an abscissa brought inside its range.
        let height =
            |x: i64| ay + ((by - ay) * (x.clamp(ax, bx) - ax)).div_euclid((bx - ax).max(1));
        for col in c0..=c1 {
            let west = self.x0 + ((col as i64) << self.shift);
            let (y1, y2) = match bx - ax {
                0 => (ay, by),
                _ => (height(west - 1), height(west + (1 << self.shift))),
            };
            for row in row_of(y1.min(y2) - 1)..=row_of(y1.max(y2) + 2) {
                visit(col * self.n_rows + row);
            }
        }
    }
}

/// Bounds of all segments, as `(x0, y0, x1, y1)`; zeros when there is none.
fn extent(ends: &[(Point, Point)]) -> (i64, i64, i64, i64) {
    let Some(&(first, _)) = ends.first() else { return (0, 0, 0, 0) };
    let start = (first.x, first.y, first.x, first.y);
    let (x0, y0, x1, y1) = ends.iter().fold(start, |(x0, y0, x1, y1), &(a, b)| {
        (x0.min(a.x), y0.min(a.y).min(b.y), x1.max(b.x), y1.max(a.y).max(b.y))
    });
    (i64::from(x0), i64::from(y0), i64::from(x1), i64::from(y1))
}

/// Logarithm of the block side: the wanted one, or the one that gives some
/// [`SEGMENTS_PER_BLOCK`]; large enough in any case for at most 2^22 blocks.
fn side_shift(width: i64, height: i64, n_segments: usize, wanted: Option<u32>) -> u32 {
    let n_blocks = |shift: u32| ((width >> shift) + 1).saturating_mul((height >> shift) + 1);
    let wanted_blocks = (n_segments / SEGMENTS_PER_BLOCK).max(1) as i64;
    let most = wanted.map_or(wanted_blocks, |_| 1 << 22);
    let mut shift = wanted.unwrap_or(0).min(31);
    while n_blocks(shift) > most && shift < 31 {
        shift += 1;
    }
    shift
}

/// Calls `leaf` with ever smaller cells, the segments that may meet each and the points in it,
/// until each is quick to search.
///
/// Two segments that cross in the unit square around a lattice point of `cell` are both given with
/// the one leaf that holds this point; so are a point and the segments that pass within one step.
pub(super) fn refine(
    ends: &[(Point, Point)],
    cell: Cell,
    segments: &[u32],
    points: &[Point],
    leaf: &mut impl FnMut(Cell, &[u32], &[Point]),
) {
    let n = segments.len();
    if n <= LEAF || cell.size <= 1 {
        return leaf(cell, segments, points);
    }
    let parts = cell.quarters().map(|quarter| {
        let segments: Vec<u32> =
            segments.iter().copied().filter(|&s| quarter.may_meet(ends[s as usize])).collect();
        let points: Vec<Point> = points.iter().copied().filter(|&p| quarter.holds(p)).collect();
        (quarter, segments, points)
    });
    let n_pairs: usize = parts.iter().map(|(_, segments, _)| segments.len().pow(2)).sum();
    if n <= CROWD && 10 * n_pairs > 9 * n.pow(2) {
        return leaf(cell, segments, points);
    }
    for (quarter, segments, points) in &parts {
        refine(ends, *quarter, segments, points, leaf);
    }
}
