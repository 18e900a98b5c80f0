//! A polygon coverage held as nodes, arcs and faces: every boundary is stored once.
//!
//! What is done to an arc is done to both of its sides, so neighbours cannot drift apart; rings
//! and polygons are read from the arcs last.

use rayon::prelude::*;

use crate::label::{NO_REGION, Region};
use crate::lattice::{Point, Polygon, Ring, cross};

mod lines;
mod rings;

pub(crate) use lines::{Lines, Sides};
pub(crate) use rings::{Rings, Successors};

/// The face index of what is no face: nodata, and the outside of the coverage.
pub const NO_FACE: u32 = NO_REGION;

/// An arc in one of its two directions: `2 * arc`, plus 1 when it is walked backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HalfArc(pub u32);

impl HalfArc {
    /// The arc.
    pub fn arc(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// Whether the arc is walked from its last point to its first.
    pub fn is_reversed(self) -> bool {
        self.0 & 1 == 1
    }

    /// No arc at all.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// An arc from its first point to its last.
    pub(crate) fn forward(arc: usize) -> Self {
        Self((arc as u32) << 1)
    }

    /// The same arc in the other direction.
    pub(crate) fn reversed(self) -> Self {
        Self(self.0 ^ 1)
    }
}

/// One boundary between two faces, from a node to a node, or around when it meets no node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArcRef<'a> {
    /// Its points; the first and the last are nodes, or the same point of an arc without nodes.
    pub points: &'a [Point],
    /// The face on the left of its direction, or [`NO_FACE`].
    pub left: u32,
    /// The face on the right of its direction, or [`NO_FACE`].
    pub right: u32,
    /// Whether it goes around without a node.
    pub is_loop: bool,
}

/// One polygon of the coverage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Face {
    /// The code of its cells.
    pub value: u16,
    /// Number of its cells.
    pub n_cells: u64,
    /// Its first cell `(row, col)` in reading order.
    pub first: (u32, u32),
}

impl From<Region> for Face {
    fn from(region: Region) -> Self {
        let Region { value, n_cells, first, .. } = region;
        Self { value, n_cells, first }
    }
}

/// A coverage: faces that neither overlap nor leave gaps, bounded by shared arcs.
#[derive(Debug, Clone)]
pub struct ArcCoverage {
    /// The points of the arcs, in lists that were made apart.
    points: Vec<Vec<Point>>,
    /// Where the points of each arc are.
    spans: Vec<Span>,
    sides: Vec<Sides>,
    /// Arcs from this one on meet no node.
    first_loop: usize,
    faces: Vec<Face>,
    ring_halves: Vec<HalfArc>,
    ring_starts: Vec<u32>,
    /// The rings of face `i` are `face_rings[i]..face_rings[i + 1]`, the exterior first.
    face_rings: Vec<u32>,
}

/// Some consecutive points of one of several lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The list.
    pub(crate) list: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// The points of many arcs, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ArcPoints {
    pub(crate) points: Vec<Point>,
    /// Number of points of each arc.
    pub(crate) lengths: Vec<u32>,
}

impl ArcPoints {
    /// Adds an arc.
    pub(crate) fn push(&mut self, points: impl IntoIterator<Item = Point>) {
        let before = self.points.len();
        self.points.extend(points);
        self.lengths.push((self.points.len() - before) as u32);
    }
}

/// Coverages are equal when their arcs, rings and faces are, wherever the points are held.
impl PartialEq for ArcCoverage {
    fn eq(&self, other: &Self) -> bool {
        self.faces == other.faces
            && self.face_rings == other.face_rings
            && self.ring_starts == other.ring_starts
            && self.ring_halves == other.ring_halves
            && self.arcs().eq(other.arcs())
    }
}

impl Eq for ArcCoverage {}

impl ArcCoverage {
    /// Puts a coverage together.
    ///
    /// * `points`: lists of points, and where in them the points of each arc are.
    /// * `first_loop`: arcs from this one on meet no node.
    /// * `faces`: those whose outlines the arcs are, in order.
    pub(crate) fn new(
        (points, spans): (Vec<Vec<Point>>, Vec<Span>),
        (sides, first_loop): (Vec<Sides>, usize),
        rings: Rings,
        faces: Vec<Face>,
    ) -> Self {
        Self {
            points,
            spans,
            sides,
            first_loop,
            faces,
            ring_halves: rings.halves,
            ring_starts: rings.starts,
            face_rings: rings.of_face,
        }
    }

    /// Number of arcs.
    pub fn n_arcs(&self) -> usize {
        self.sides.len()
    }

    /// Number of points of all arcs.
    pub fn n_points(&self) -> usize {
        self.spans.iter().map(|span| (span.end - span.start) as usize).sum()
    }

    /// The faces, in order of their first cell.
    pub fn faces(&self) -> &[Face] {
        &self.faces
    }

    /// One arc.
    pub fn arc(&self, arc: usize) -> ArcRef<'_> {
        let Sides { left, right } = self.sides[arc];
        let Span { list, start, end } = self.spans[arc];
        let points = &self.points[list as usize][start as usize..end as usize];
        ArcRef { points, left, right, is_loop: arc >= self.first_loop }
    }

    /// All arcs, in order.
    pub fn arcs(&self) -> impl ExactSizeIterator<Item = ArcRef<'_>> + '_ {
        (0..self.n_arcs()).map(|arc| self.arc(arc))
    }

    /// The rings of a face as directed arcs, the face on their left; the exterior comes first.
    pub fn rings(&self, face: usize) -> impl ExactSizeIterator<Item = &[HalfArc]> + '_ {
        let rings = self.face_rings[face] as usize..self.face_rings[face + 1] as usize;
        rings.map(|ring| {
            let halves = self.ring_starts[ring] as usize..self.ring_starts[ring + 1] as usize;
            &self.ring_halves[halves]
        })
    }

    /// The polygon of a face: exterior counter-clockwise, holes clockwise.
    ///
    /// Nodes are kept even where a side runs straight through them, so neighbours match vertex
    /// for vertex.
    pub fn polygon(&self, face: usize) -> Polygon {
        let mut rings = self.rings(face).map(|halves| self.ring(halves));
        Polygon { exterior: rings.next().unwrap_or_default(), holes: rings.collect() }
    }

    /// The polygons of all faces, in the order of [`ArcCoverage::faces`].
    pub fn polygons(&self) -> Vec<Polygon> {
        (0..self.faces.len()).into_par_iter().map(|face| self.polygon(face)).collect()
    }

    /// Twice the area of every face in square lattice steps, holes taken off, exact.
    pub fn twice_areas(&self) -> Vec<i128> {
        let swept: Vec<i128> =
            (0..self.n_arcs()).into_par_iter().map(|arc| swept(self.arc(arc).points)).collect();
        let mut areas = vec![0; self.faces.len()];
        for (sides, swept) in self.sides.iter().zip(swept) {
            for (face, area) in [(sides.left, swept), (sides.right, -swept)] {
                if face != NO_FACE {
                    areas[face as usize] += area;
                }
            }
        }
        areas
    }

    /// The same nodes, faces and sides with other points on the arcs, which come in several lists.
    pub(crate) fn with_points(&self, lists: Vec<ArcPoints>) -> Self {
        let mut spans = Vec::with_capacity(self.n_arcs());
        for (list, arcs) in (0..).zip(&lists) {
            let mut end = 0;
            spans.extend(arcs.lengths.iter().map(|length| {
                let start = end;
                end += length;
                Span { list, start, end }
            }));
        }
        debug_assert_eq!(spans.len(), self.n_arcs());
        Self {
            points: lists.into_iter().map(|arcs| arcs.points).collect(),
            spans,
            sides: self.sides.clone(),
            first_loop: self.first_loop,
            faces: self.faces.clone(),
            ring_halves: self.ring_halves.clone(),
            ring_starts: self.ring_starts.clone(),
            face_rings: self.face_rings.clone(),
        }
    }

    /// The corners of one ring.
    fn ring(&self, halves: &[HalfArc]) -> Ring {
        let mut corners = Vec::new();
        for half in halves {
            let points = self.arc(half.arc()).points;
            if half.is_reversed() {
                corners.extend(points[1..].iter().rev());
            } else {
                corners.extend(&points[..points.len() - 1]);
            }
        }
        Ring(corners)
    }
}

/// Twice the area that the line from the lattice's origin sweeps along an arc.
fn swept(points: &[Point]) -> i128 {
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else { return 0 };
    // Sums of local triangles fit in i64 steps; the wide terms close the arc to the origin.
    let local: i128 = points.windows(2).map(|w| i128::from(cross(first, w[0], w[1]))).sum();
    let origin = Point::new(0, 0);
    local + i128::from(cross(origin, first, last))
}
