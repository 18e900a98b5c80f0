//! A coverage for maps of every scale: each level half as fine as the one below it, and no level with
//! a gap or an overlap.
//!
//! A [`Level`] is a set of polygons that fit together corner for corner on a square lattice, the
//! ground of nothing among them. The next coarser level is made in four steps: shared arcs are
//! thinned, the same way for both of their sides; corners move to the lattice of half the fineness;
//! everything is arranged again by snap rounding ([`arrange`]); neighbours of one key become one, and
//! what is too small goes to the neighbour of the longest border. The arrangement is the guard:
//! where thinned arcs cross, each little face that they make is given to exactly one neighbour. So
//! no level can have a gap or an overlap, whatever the thinning did. A [`Level::tile`] is made the
//! same way from what lies in its window.
//!
//! Coordinates are those of map tiles: x to the east, y to the south. Exteriors have a positive area
//! in these axes, which is what vector tiles ask for.

use rayon::prelude::*;

use crate::arrangement::{Arrangement, ArrangementError, LayerMask, NO_KEY, UNBOUNDED, arrange};
use crate::boxes::Boxes;
use crate::clip::clip;
use crate::lattice::{Point, Polygon, Ring};

mod merge;
mod thin;

pub use thin::thinned;

#[cfg(test)]
mod tests;

/// The key of ground that belongs to nothing: what lies around and between the polygons.
pub const NOTHING: u32 = NO_KEY - 1;

/// How far around the polygons the ground of nothing reaches, in steps of the finest level.
const MARGIN: i32 = 256;

/// What a level leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail {
    /// Polygons under this area (doubled, in square steps of the level) go to a neighbour.
    pub twice_area_min: i128,
    /// How far, in steps of the level, a thinned arc may pass from its corners; 0 keeps all.
    pub distance: i32,
}

/// A part of a coverage in a tile: a key and its ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The key of the polygon it is part of.
    pub key: u32,
    /// Its ground, from the north-west corner of the tile.
    pub polygon: Polygon,
}

/// Polygons that fit together, and the key of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    polygons: Vec<Polygon>,
    keys: Vec<u32>,
}

/// A square of a level and what is drawn around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// Its north-west corner.
    pub corner: Point,
    /// Its side, in steps.
    pub side: i32,
    /// How far beyond its sides pieces go, in steps.
    pub buffer: i32,
}

impl Level {
    /// The finest level of some polygons.
    ///
    /// * `polygons`: any orientation; where several lie on one ground the first has it.
    /// * `keys`: one each, below [`NOTHING`].
    ///
    /// Ground without polygon in their bounding box belongs to [`NOTHING`].
    ///
    /// # Errors
    /// As [`arrange`].
    pub fn finest(
        polygons: &[Polygon],
        keys: &[u32],
        detail: Detail,
    ) -> Result<Self, ArrangementError> {
        debug_assert_eq!(polygons.len(), keys.len(), "one key per polygon");
        let Some(frame) = frame(polygons) else {
            return Ok(Self { polygons: Vec::new(), keys: Vec::new() });
        };
        let plane = arrange(&[polygons, &[frame]])?;
        let beside = |face| if plane.label(face, 1).is_some() { NOTHING } else { NO_KEY };
        let of_face = owners(&plane, keys, beside);
        Ok(Self::settled(&plane, of_face, detail))
    }

    /// The next coarser level, on a lattice of half the fineness.
    ///
    /// * `key_of`: the key of a polygon there, by its key here; neighbours of one key become one.
    ///
    /// # Errors
    /// As [`arrange`].
    pub fn coarser(
        &self,
        detail: Detail,
        key_of: impl Fn(u32) -> u32,
    ) -> Result<Self, ArrangementError> {
        // On this lattice a distance counts twice as many steps as on the next one.
        self.redrawn(detail, 2 * detail.distance, key_of, halved)
    }

    /// The same level with less in it.
    ///
    /// # Errors
    /// As [`arrange`].
    pub fn simpler(&self, detail: Detail) -> Result<Self, ArrangementError> {
        self.redrawn(detail, detail.distance, |key| key, |point| point)
    }

    /// Thins arcs by a distance of this level, moves corners, and arranges what came of it.
    fn redrawn(
        &self,
        detail: Detail,
        distance: i32,
        key_of: impl Fn(u32) -> u32,
        place: impl Fn(Point) -> Point + Sync,
    ) -> Result<Self, ArrangementError> {
        let key_of = |&key: &u32| if key == NOTHING { NOTHING } else { key_of(key) };
        let keys: Vec<u32> = self.keys.iter().map(key_of).collect();
        let thinned = thin::thinned(&self.polygons, distance);
        let moved: Vec<Polygon> = thinned.par_iter().map(|p| map(p, &place)).collect();
        let plane = arrange(&[&moved])?;
        let of_face = owners(&plane, &keys, |_| NO_KEY);
        Ok(Self::settled(&plane, of_face, detail))
    }

    /// Gives what is too small, or nobody's, to a neighbour, and reads the polygons.
    fn settled(plane: &Arrangement, of_face: Vec<u32>, detail: Detail) -> Self {
        let of_face = merge::merged(plane, of_face, detail.twice_area_min);
        let dissolved = plane.dissolve(&of_face, LayerMask::NONE);
        let (keys, polygons) = dissolved.into_iter().map(|d| (d.key, d.polygon)).unzip();
        Self { polygons, keys }
    }

    /// The polygons, those of [`NOTHING`] among them, sorted by key.
    pub fn polygons(&self) -> impl ExactSizeIterator<Item = (u32, &Polygon)> + '_ {
        self.keys.iter().copied().zip(&self.polygons)
    }

    /// The north-west and south-east corners of all ground that is not [`NOTHING`].
    pub fn bounds(&self) -> Option<(Point, Point)> {
        let ground = self.polygons().filter(|(key, _)| *key != NOTHING);
        ground.filter_map(|(_, polygon)| polygon.bounds()).reduce(around)
    }

    /// The boxes of the polygons, by which [`Level::tile`] finds those of a tile.
    pub fn boxes(&self) -> Boxes {
        let nowhere = (Point::new(i32::MAX, i32::MAX), Point::new(i32::MIN, i32::MIN));
        Boxes::new(self.polygons.iter().map(|polygon| polygon.bounds().unwrap_or(nowhere)))
    }

    /// The ground of a tile and its buffer: pieces that neither overlap nor leave gaps, sorted by
    /// key, without [`NOTHING`].
    ///
    /// * `boxes`: those of this level.
    ///
    /// # Errors
    /// As [`arrange`].
    pub fn tile(&self, boxes: &Boxes, tile: Tile) -> Result<Vec<Piece>, ArrangementError> {
        let Tile { corner, side, buffer } = tile;
        let low = Point::new(corner.x - buffer, corner.y - buffer);
        let high = Point::new(corner.x + side + buffer, corner.y + side + buffer);
        let mut parts = Vec::new();
        let mut keys = Vec::new();
        for rank in boxes.meeting((low, high)) {
            if let Some(part) = clip(&self.polygons[rank as usize], low, high) {
                parts.push(part);
                keys.push(self.keys[rank as usize]);
            }
        }
        if keys.iter().all(|&key| key == NOTHING) {
            return Ok(Vec::new());
        }
        let plane = arrange(&[&parts])?;
        let of_face = owners(&plane, &keys, |_| NO_KEY);
        // Nothing is too small here: what is left out was left out of the level.
        let mut of_face = merge::merged(&plane, of_face, 0);
        for key in &mut of_face {
            if *key == NOTHING {
                *key = NO_KEY;
            }
        }
        let home = |p: Point| Point::new(p.x - corner.x, p.y - corner.y);
        let pieces = plane.dissolve(&of_face, LayerMask::NONE).into_iter();
        Ok(pieces.map(|d| Piece { key: d.key, polygon: map(&d.polygon, home) }).collect())
    }
}

/// A box around all polygons, with a margin; `None` when there is no polygon.
fn frame(polygons: &[Polygon]) -> Option<Polygon> {
    let (low, high) = polygons.iter().filter_map(Polygon::bounds).reduce(around)?;
    let (west, north) = (low.x - MARGIN, low.y - MARGIN);
    let (east, south) = (high.x + MARGIN, high.y + MARGIN);
    let corners = [(west, north), (east, north), (east, south), (west, south)];
    let exterior = Ring(corners.map(|(x, y)| Point::new(x, y)).to_vec());
    Some(Polygon { exterior, holes: Vec::new() })
}

fn around(one: (Point, Point), other: (Point, Point)) -> (Point, Point) {
    (
        Point::new(one.0.x.min(other.0.x), one.0.y.min(other.0.y)),
        Point::new(one.1.x.max(other.1.x), one.1.y.max(other.1.y)),
    )
}

/// The key of each face: that of the first polygon on it, else what `otherwise` says.
fn owners(plane: &Arrangement, keys: &[u32], otherwise: impl Fn(u32) -> u32) -> Vec<u32> {
    let owner = |face: u32| match plane.labels(face, 0).first() {
        Some(&polygon) => keys[polygon as usize],
        None if face == UNBOUNDED => NO_KEY,
        None => otherwise(face),
    };
    (0..plane.n_faces() as u32).map(owner).collect()
}

/// A polygon with every corner moved.
fn map(polygon: &Polygon, place: impl Fn(Point) -> Point) -> Polygon {
    let ring = |ring: &Ring| Ring(ring.0.iter().map(|&point| place(point)).collect());
    Polygon { exterior: ring(&polygon.exterior), holes: polygon.holes.iter().map(ring).collect() }
}

/// The place on the lattice of half the fineness, halves to the south-east.
fn halved(point: Point) -> Point {
    Point::new((point.x + 1).div_euclid(2), (point.y + 1).div_euclid(2))
}
