//! Lines one after the other in flat lists, as they are found.

use std::ops::Range;

use crate::lattice::Point;

/// What lies on both sides of an arc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sides {
    pub(crate) left: u32,
    pub(crate) right: u32,
}

/// Lines and what is known of each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    points: Vec<Point>,
    /// Where each line ends in the list of points.
    ends: Vec<usize>,
    sides: Vec<Sides>,
    /// What each line adds to the area on its left; see [`swept`].
    swept: Vec<i64>,
}

impl Lines {
    /// Makes room for so many points and lines.
    pub(crate) fn reserve(&mut self, n_points: usize, n_lines: usize) {
        self.points.reserve(n_points);
        self.ends.reserve(n_lines);
        self.sides.reserve(n_lines);
        self.swept.reserve(n_lines);
    }

    /// Number of lines that have ended.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Adds a point to the line that has not ended.
    #[inline]
    pub(crate) fn push(&mut self, point: Point) {
        self.points.push(point);
    }

    /// Adds points to the line that has not ended.
    pub(crate) fn extend(&mut self, points: impl IntoIterator<Item = Point>) {
        self.points.extend(points);
    }

    /// Ends a line.
    pub(crate) fn end(&mut self, sides: Sides) {
        let start = self.ends.last().map_or(0, |&end| end);
        self.ends.push(self.points.len());
        self.sides.push(sides);
        self.swept.push(swept(&self.points[start..]));
    }

    /// All points.
    pub(crate) fn into_points(self) -> Vec<Point> {
        self.points
    }

    /// The points of a line.
    pub(crate) fn line(&self, line: usize) -> &[Point] {
        self.points(line..line + 1)
    }

    /// The points of some lines.
    pub(crate) fn points(&self, lines: Range<usize>) -> &[Point] {
        &self.points[self.start(lines.start)..self.start(lines.end)]
    }

    /// How far each of some lines ends behind the start of the first.
    pub(crate) fn ends(&self, lines: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let start = self.start(lines.start);
        self.ends[lines].iter().map(move |end| end - start)
    }

    /// The sides of the lines.
    pub(crate) fn sides(&self) -> &[Sides] {
        &self.sides
    }

    /// What each line adds to the area on its left; see [`swept`].
    pub(crate) fn swept(&self) -> &[i64] {
        &self.swept
    }

    fn start(&self, line: usize) -> usize {
        if line == 0 { 0 } else { self.ends[line - 1] }
    }
}

/// What a line of horizontal and vertical parts adds to the area of a ring on its left, in square
/// lattice steps: the sum around the ring is its area, negative for a hole.
///
/// Parts may overflow, but never the sum of a ring on a grid, where it is exact again.
fn swept(points: &[Point]) -> i64 {
    points.windows(2).fold(0, |sum: i64, w| {
        let part = i64::from(w[0].y).wrapping_mul(i64::from(w[0].x) - i64::from(w[1].x));
        sum.wrapping_add(part)
    })
}
