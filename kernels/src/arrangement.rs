//! One arrangement of every boundary: the exact subdivision all figures are summed on.
//!
//! All rings of all layers are noded once by snap rounding on the lattice; every face then knows,
//! for every layer, which polygons cover it, and has an exact integer area. Stocks, fluxes and
//! tables are sums over these faces, so they agree with each other to the last square centimetre.
//!
//! Sources: J. Hobby, *Practical segment intersection with finite precision output* (1999);
//! L. Guibas and D. Marimont, *Rounding arrangements dynamically* (1998).

mod blocks;
mod contact;
mod dissolve;
mod interior;
mod label;
pub(crate) mod order;
mod rays;
mod segments;
mod snap;
mod topology;

#[cfg(test)]
mod tests;

use crate::lattice::{COORDINATE_MAX, Point, Polygon};
use label::Labels;
use segments::Segments;
use topology::Topology;

pub use dissolve::{Dissolved, LayerMask, NO_KEY};
pub use interior::interior_point;

/// Number of a face of an [`Arrangement`]; [`UNBOUNDED`] is the outside.
pub type FaceId = u32;

/// The face that holds everything outside all boundaries.
pub const UNBOUNDED: FaceId = 0;

/// Most layers that one arrangement takes: one bit each in a [`LayerMask`].
pub const LAYERS_MAX: usize = 32;

/// Why a set of layers cannot be arranged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrangementError {
    /// A corner lies beyond the lattice.
    #[error(
        "corner {point:?} of polygon {polygon} of layer {layer} is beyond the lattice (largest coordinate {COORDINATE_MAX})"
    )]
    Coordinate {
        /// Rank of the layer.
        layer: usize,
        /// Rank of the polygon in its layer.
        polygon: usize,
        /// The corner, in lattice steps.
        point: Point,
    },
    /// More layers than bits in a [`LayerMask`].
    #[error("{count} layers, at most {LAYERS_MAX} can be arranged together")]
    TooManyLayers {
        /// Number of layers given.
        count: usize,
    },
    /// A table would hold more entries than a 32-bit number can count.
    #[error("{count} {what}, at most {} can be arranged at once", u32::MAX / 2)]
    TooLarge {
        /// What is too numerous.
        what: &'static str,
        /// How many there are.
        count: usize,
    },
}

/// One straight piece of boundary between two faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edge {
    /// Its lower end in the order of [`Point`].
    pub a: Point,
    /// Its upper end.
    pub b: Point,
    /// The face on the left of `a -> b`.
    pub left: FaceId,
    /// The face on the right of `a -> b`.
    pub right: FaceId,
}

/// The planar subdivision by all boundaries of all layers.
///
/// Invariants: edges meet only at their ends; no edge lies on another; every edge separates two
/// faces with different labels; the areas of all faces, the unbounded one included, sum to zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrangement {
    topology: Topology,
    labels: Labels,
}

/// Arranges all rings of all `layers` and labels every face with the polygons that cover it.
///
/// * `layers`: polygons of each layer, in lattice steps. Any orientation; rings may cross, overlap,
///   repeat or collapse, polygons may leave gaps. A polygon covers what its rings enclose an odd
///   number of times (even-odd rule), which is its ordinary meaning for a valid polygon.
///
/// The result depends only on the set of boundaries: not on the order of the polygons (but for
/// their ranks), nor of the ring corners, nor on the number of threads. Corners never move; sides
/// bend, by at most half a step per axis (more only where a bent side meets a further corner), where
/// they cross or pass within half a step of a corner. In the result every corner is at least that
/// far from every other side, so arranging a result again changes nothing.
///
/// # Errors
/// [`ArrangementError::Coordinate`] for a corner beyond the lattice,
/// [`ArrangementError::TooManyLayers`] and [`ArrangementError::TooLarge`] beyond 32 layers or
/// 2^31 entries of a table.
pub fn arrange(layers: &[&[Polygon]]) -> Result<Arrangement, ArrangementError> {
    arrange_by_blocks(layers, None)
}

/// [`arrange`] with a given block side of `2^block_shift` steps, which must not change the result.
///
/// # Errors
/// As [`arrange`].
#[doc(hidden)]
pub fn arrange_by_blocks(
    layers: &[&[Polygon]],
    block_shift: Option<u32>,
) -> Result<Arrangement, ArrangementError> {
    let first_of_layer = check_layers(layers)?;
    let segments = Segments::of_layers(layers, &first_of_layer)?;
    Arrangement::of_segments(segments, &first_of_layer, block_shift)
}

/// The rounded proper crossings of distinct sorted segments, and the ends and crossings that lie in
/// the inside of a segment or within half a step of it, sorted by segment.
///
/// # Errors
/// As [`arrange`].
pub(crate) fn crossings_and_hits(
    ends: &[(Point, Point)],
) -> Result<CrossingsAndHits, ArrangementError> {
    snap::crossings_and_hits(ends, None)
}

/// Rounded crossings, then (segment, point) pairs.
pub(crate) type CrossingsAndHits = (Vec<Point>, Vec<(u32, Point)>);

/// Checks the sizes and coordinates; gives the global rank of each layer's first polygon, and the
/// total at the end.
pub(crate) fn check_layers(layers: &[&[Polygon]]) -> Result<Vec<u32>, ArrangementError> {
    if layers.len() > LAYERS_MAX {
        return Err(ArrangementError::TooManyLayers { count: layers.len() });
    }
    let mut first_of_layer = vec![0];
    let mut total = 0;
    for (layer, polygons) in layers.iter().enumerate() {
        total += polygons.len();
        first_of_layer.push(counted("polygons", total)?);
        for (polygon, shape) in polygons.iter().enumerate() {
            let far =
                |p: &&Point| p.x.unsigned_abs().max(p.y.unsigned_abs()) > COORDINATE_MAX as u32;
            // The limit is one less than a power of two: all bits at once tell whether one is beyond.
            let bits = |all: u32, p: &Point| all | p.x.unsigned_abs() | p.y.unsigned_abs();
            if shape.rings().all(|r| r.0.iter().fold(0, bits) <= COORDINATE_MAX as u32) {
                continue;
            }
            if let Some(&point) = shape.rings().flat_map(|r| &r.0).find(far) {
                return Err(ArrangementError::Coordinate { layer, polygon, point });
            }
        }
    }
    Ok(first_of_layer)
}

/// A count as a 32-bit number with one bit to spare, or the error that says it is too large.
fn counted(what: &'static str, count: usize) -> Result<u32, ArrangementError> {
    match u32::try_from(count) {
        Ok(small) if small <= u32::MAX / 2 => Ok(small),
        _ => Err(ArrangementError::TooLarge { what, count }),
    }
}

impl Arrangement {
    /// Arranges distinct sorted segments that make closed lines, as the boundary of one polygon of
    /// one layer.
    ///
    /// # Errors
    /// As [`arrange`].
    pub(crate) fn of_chain(ends: Vec<(Point, Point)>) -> Result<Self, ArrangementError> {
        Self::of_segments(Segments::of_one_polygon(ends)?, &[0, 1], None)
    }

    /// Nodes, links and labels.
    fn of_segments(
        segments: Segments,
        first_of_layer: &[u32],
        block_shift: Option<u32>,
    ) -> Result<Self, ArrangementError> {
        let noded = snap::round(&segments, first_of_layer, block_shift)?;
        drop(segments);
        let (topology, toggles) = Topology::build(noded, block_shift)?;
        let labels = Labels::spread(&topology, &toggles, first_of_layer)?;
        Ok(Self { topology, labels })
    }

    /// Number of faces, the unbounded one included.
    pub fn n_faces(&self) -> usize {
        self.topology.twice_areas.len()
    }

    /// Number of edges.
    pub fn n_edges(&self) -> usize {
        self.topology.ends.len()
    }

    /// Number of layers.
    pub fn n_layers(&self) -> usize {
        self.labels.n_layers()
    }

    /// Twice the exact area of a face, in square lattice steps; for [`UNBOUNDED`], minus the sum of
    /// all others.
    pub fn twice_area(&self, f: FaceId) -> i128 {
        self.topology.twice_areas[f as usize]
    }

    /// The polygons of a layer that cover a face, as sorted ranks: none in a gap, one in a valid
    /// coverage, several in an overlap.
    pub fn labels(&self, f: FaceId, layer: usize) -> &[u32] {
        self.labels.of(f, layer)
    }

    /// The polygon of a layer that a face is given to: the lowest rank where several overlap.
    pub fn label(&self, f: FaceId, layer: usize) -> Option<u32> {
        self.labels(f, layer).first().copied()
    }

    /// All edges with their faces, sorted by their ends.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = Edge> + '_ {
        let faces = &self.topology.faces;
        self.topology.ends.iter().enumerate().map(|(e, &(a, b))| Edge {
            a,
            b,
            left: faces[2 * e],
            right: faces[2 * e + 1],
        })
    }
}
