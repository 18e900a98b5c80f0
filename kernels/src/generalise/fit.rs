//! Fits one arc: from a staircase to the edge that it stands for.
//!
//! A straight edge, sampled on cells, is a staircase whose steps in one of the two directions are
//! all one cell long, and the middles of its sides lie along the edge (Rosenfeld, "Digital
//! straight line segments", IEEE Trans. Computers C-23, 1974). So the vertices are chosen among
//! the middles of the sides, not among the corners; a corner is a candidate only between two sides
//! of two cells or more, which no straight edge can make. The choice is Douglas and Peucker's,
//! with the distance measured on the corners of the staircase. Each straight part is then shifted
//! so that it leaves the same area on both sides as the staircase did, and neighbouring parts meet
//! where their shifted lines cross (in the spirit of Selinger, "Potrace", 2003, section 2.3).

use super::rectangle::rectangle;
use super::{Point, is_within, scaled_distance, vector};
use crate::lattice::cross;

/// A place on the staircase where a vertex may be.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    point: Point,
    /// `2 i` for corner `i`, `2 i + 1` for the middle of the side that follows it.
    position: usize,
}

/// A staircase, open or closed.
struct Staircase<'a> {
    /// The corners; a closed staircase repeats none.
    corners: &'a [Point],
    is_loop: bool,
    cell: i32,
    distance: i32,
}

/// The fitted points of an arc: the first and the last are those of the staircase, or equal.
///
/// Every corner of the staircase is within `distance` of the part that replaces it. A closed
/// staircase for which a rectangle stands is that rectangle (see [`super::rectangle`]). A closed
/// staircase that would keep fewer than four corners is returned as it is.
pub(super) fn fit(points: &[Point], is_loop: bool, cell: i32, distance: i32) -> Vec<Point> {
    let corners = if is_loop { &points[..points.len() - 1] } else { points };
    if is_loop && let Some(rectangle) = rectangle(corners, cell, distance) {
        return rectangle;
    }
    let stairs = Staircase { corners, is_loop, cell, distance };
    let candidates = stairs.candidates();
    let chosen =
        if is_loop { stairs.choose_around(&candidates) } else { stairs.choose(&candidates) };
    if is_loop && chosen.len() < 5 {
        return points.to_vec();
    }
    let mut fitted = stairs.shift(&chosen);
    fitted.dedup();
    let is_collapsed = fitted.len() < if is_loop { 5 } else { 2 };
    if is_collapsed { points.to_vec() } else { fitted }
}

impl Staircase<'_> {
    /// Number of sides.
    fn n_sides(&self) -> usize {
        if self.is_loop { self.corners.len() } else { self.corners.len() - 1 }
    }

    /// A corner by index; a closed staircase goes around.
    fn corner(&self, i: usize) -> Point {
        self.corners[i % self.corners.len()]
    }

    /// The middle of the side after corner `i`, on the lattice.
    fn middle(&self, i: usize) -> Point {
        let (a, b) = (self.corner(i), self.corner(i + 1));
        Point::new(a.x + (b.x - a.x).div_euclid(2), a.y + (b.y - a.y).div_euclid(2))
    }

    /// Number of cells along the side after corner `i`.
    fn n_cells(&self, i: usize) -> i32 {
        let (dx, dy) = vector(self.corner(i), self.corner(i + 1));
        ((dx.abs() + dy.abs()) / i64::from(self.cell.max(1))) as i32
    }

    /// Whether the corner before side `i` must be, or may well be, a vertex.
    fn is_corner_candidate(&self, i: usize) -> bool {
        let before = i + self.corners.len() - 1;
        let before = if self.is_loop { before } else { i - 1 };
        if self.n_cells(before) >= 2 && self.n_cells(i) >= 2 {
            return true;
        }
        !is_within(self.corner(i), (self.middle(before), self.middle(i)), self.distance)
    }

    /// Where vertices may be, in order; the ends of an open staircase always.
    fn candidates(&self) -> Vec<Candidate> {
        let n = self.n_sides();
        let mut candidates = Vec::with_capacity(n + 2);
        for i in 0..n {
            if (i == 0 && !self.is_loop) || self.is_corner_candidate(i) {
                candidates.push(Candidate { point: self.corner(i), position: 2 * i });
            }
            candidates.push(Candidate { point: self.middle(i), position: 2 * i + 1 });
        }
        if !self.is_loop {
            candidates.push(Candidate { point: self.corner(n), position: 2 * n });
        }
        candidates
    }

    /// The vertices of a closed staircase; the first comes again at the end.
    ///
    /// It is opened at its lowest candidate, a corner if there is one, and at the place that is
    /// farthest from there.
    fn choose_around(&self, candidates: &[Candidate]) -> Vec<Candidate> {
        let rank = |i: &usize| (candidates[*i].position % 2, candidates[*i].point);
        let first = (0..candidates.len()).min_by_key(rank).unwrap_or(0);
        let mut round = candidates[first..].to_vec();
        let again = |c: &Candidate| Candidate { position: c.position + 2 * self.n_sides(), ..*c };
        round.extend(candidates[..=first].iter().map(again));
        let far = |i: &usize| {
            let (dx, dy) = vector(round[0].point, round[*i].point);
            (dx * dx + dy * dy, std::cmp::Reverse(*i))
        };
        let opposite = (0..round.len()).max_by_key(far).unwrap_or(0);
        let mut chosen = self.choose(&round[..=opposite]);
        chosen.extend(self.choose(&round[opposite..]).into_iter().skip(1));
        chosen
    }

    /// Keeps the first and the last candidate and as many between as the distance asks for.
    fn choose(&self, candidates: &[Candidate]) -> Vec<Candidate> {
        let mut is_kept = vec![false; candidates.len()];
        let last = candidates.len() - 1;
        (is_kept[0], is_kept[last]) = (true, true);
        let mut open = vec![(0, last)];
        while let Some((start, end)) = open.pop() {
            let (a, b) = (candidates[start], candidates[end]);
            if end - start < 2 || self.is_fitted((a.position, b.position), (a.point, b.point)) {
                continue;
            }
            let away = |i: &usize| {
                let centre = (2 * i).abs_diff(start + end);
                let away = scaled_distance(candidates[*i].point, a.point, b.point);
                (away, std::cmp::Reverse(centre), std::cmp::Reverse(*i))
            };
            let split = (start + 1..end).max_by_key(away).unwrap_or(start);
            is_kept[split] = true;
            open.extend([(start, split), (split, end)]);
        }
        candidates.iter().zip(is_kept).filter(|(_, kept)| *kept).map(|(c, _)| *c).collect()
    }

    /// The corners strictly between two positions.
    fn between(&self, start: usize, end: usize) -> impl Iterator<Item = Point> + '_ {
        (start / 2 + 1..end.div_ceil(2)).map(|i| self.corner(i))
    }

    /// Whether a segment is near enough to all the corners between two positions.
    fn is_fitted(&self, (start, end): (usize, usize), segment: (Point, Point)) -> bool {
        self.between(start, end).all(|corner| is_within(corner, segment, self.distance))
    }

    /// Half of twice the area between the staircase and the chord of two vertices, as the
    /// cross product that a parallel line has with the chord when it takes the area away.
    fn offset(&self, a: &Candidate, b: &Candidate) -> i64 {
        let mut last = a.point;
        let mut twice_area = 0;
        for corner in self.between(a.position, b.position).chain([b.point]) {
            twice_area += cross(a.point, last, corner);
            last = corner;
        }
        -twice_area.div_euclid(2)
    }

    /// Shifts the straight parts so that they keep the areas; vertices whose shift would bring a
    /// part too far from its staircase stay.
    fn shift(&self, chosen: &[Candidate]) -> Vec<Point> {
        let n_parts = chosen.len() - 1;
        let mut offsets: Vec<i64> =
            chosen.windows(2).map(|pair| self.offset(&pair[0], &pair[1])).collect();
        if !self.is_loop {
            // A part with a fixed end turns around it: a triangle, half of the parallelogram.
            offsets[0] *= 2;
            offsets[n_parts - 1] *= 2;
        }
        let mut points: Vec<Point> = chosen.iter().map(|c| c.point).collect();
        let moving = if self.is_loop { 0..n_parts } else { 1..n_parts };
        for k in moving {
            let before = (k + n_parts - 1) % n_parts;
            let lines = [before, k]
                .map(|part| (vector(chosen[part].point, chosen[part + 1].point), offsets[part]));
            if let Some(point) = self.crossing(chosen[k].point, lines) {
                points[k] = point;
            }
        }
        self.undo_bad_shifts(chosen, &mut points);
        points
    }

    /// Where two shifted lines meet near the vertex that their chords share.
    fn crossing(&self, vertex: Point, lines: [((i64, i64), i64); 2]) -> Option<Point> {
        let [((dx1, dy1), c1), ((dx2, dy2), c2)] =
            lines.map(|((dx, dy), c)| ((i128::from(dx), i128::from(dy)), i128::from(c)));
        let det = dx1 * dy2 - dy1 * dx2;
        if det == 0 {
            return None;
        }
        let x = divide_rounded(c1 * dx2 - c2 * dx1, det);
        let y = divide_rounded(c1 * dy2 - c2 * dy1, det);
        let reach = i128::from(self.distance.min(self.cell));
        (x.abs() <= reach && y.abs() <= reach)
            .then(|| Point::new(vertex.x + x as i32, vertex.y + y as i32))
    }

    /// Puts vertices back until every part is near enough to its staircase again.
    fn undo_bad_shifts(&self, chosen: &[Candidate], points: &mut [Point]) {
        let last = chosen.len() - 1;
        loop {
            if self.is_loop {
                points[last] = points[0];
            }
            let is_bad = |k: &usize| {
                let is_moved =
                    points[*k] != chosen[*k].point || points[*k + 1] != chosen[*k + 1].point;
                let positions = (chosen[*k].position, chosen[*k + 1].position);
                is_moved
                    && !self.is_part_fitted(
                        positions,
                        (points[*k], points[*k + 1]),
                        chosen[*k].point,
                    )
            };
            let bad: Vec<usize> = (0..last).filter(is_bad).collect();
            if bad.is_empty() {
                return;
            }
            for k in bad {
                for end in [k, k + 1] {
                    points[end] = chosen[end].point;
                    if self.is_loop && (end == 0 || end == last) {
                        (points[0], points[last]) = (chosen[0].point, chosen[0].point);
                    }
                }
            }
        }
    }

    /// Whether a shifted part is near enough to the corners it replaces and to where it started.
    fn is_part_fitted(
        &self,
        positions: (usize, usize),
        segment: (Point, Point),
        start: Point,
    ) -> bool {
        is_within(start, segment, self.distance) && self.is_fitted(positions, segment)
    }
}

/// The nearest integer to a quotient; halves go up.
fn divide_rounded(num: i128, den: i128) -> i128 {
    let (num, den) = if den < 0 { (-num, -den) } else { (num, den) };
    (2 * num + den).div_euclid(2 * den)
}
