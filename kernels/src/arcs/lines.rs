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
    ends: Vec<u32>,
    sides: Vec<Sides>,
    /// How far north each line goes, in lattice steps.
    tops: Vec<i32>,
}

impl Lines {
    /// Makes room for so many points and lines.
    pub(crate) fn reserve(&mut self, n_points: usize, n_lines: usize) {
        self.points.reserve(n_points);
        self.ends.reserve(n_lines);
        self.sides.reserve(n_lines);
        self.tops.reserve(n_lines);
    }

    /// Gives back the room that nothing needs.
    pub(crate) fn shrink(&mut self) {
        self.points.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.sides.shrink_to_fit();
        self.tops.shrink_to_fit();
    }

    /// Number of lines that have ended.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Number of points.
    pub(crate) fn n_points(&self) -> usize {
        self.points.len()
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
    ///
    /// # Panics
    /// When there are 2^32 points or more.
    pub(crate) fn end(&mut self, sides: Sides) {
        let start = self.start(self.ends.len());
        let end = u32::try_from(self.points.len()).expect("fewer than 2^32 points in a list");
        self.ends.push(end);
        self.sides.push(sides);
        let north = self.points[start as usize..].iter().map(|point| point.y);
        self.tops.push(north.fold(i32::MIN, i32::max));
    }

    /// All points.
    pub(crate) fn into_points(self) -> Vec<Point> {
        self.points
    }

    /// The points of a line.
    pub(crate) fn line(&self, line: usize) -> &[Point] {
        &self.points[self.start(line) as usize..self.ends[line] as usize]
    }

    /// Where some lines lie in the list of points.
    pub(crate) fn spans(&self, lines: Range<usize>) -> impl Iterator<Item = Range<u32>> + '_ {
        let mut start = self.start(lines.start);
        self.ends[lines].iter().map(move |&end| std::mem::replace(&mut start, end)..end)
    }

    /// The sides of the lines.
    pub(crate) fn sides(&self) -> &[Sides] {
        &self.sides
    }

    /// How far north each line goes, in lattice steps.
    pub(crate) fn tops(&self) -> &[i32] {
        &self.tops
    }

    fn start(&self, line: usize) -> u32 {
        if line == 0 { 0 } else { self.ends[line - 1] }
    }
}
