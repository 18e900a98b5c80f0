//! The ground that places are drawn from: the map as a coverage, parted by change if asked.

use kernels::arrangement::{Arrangement, FaceId, LayerMask, NO_KEY, arrange};
use kernels::lattice::Polygon;
use nomenclature::{Couple, Nomenclature};

use super::document::{CoupleArea, Extent};
use crate::error::Error;
use crate::vintage::Vintage;
use nomenclature::Dimension::{Cover, Usage};

/// A piece of ground of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its shape.
    pub polygon: Polygon,
    /// What the map says of it.
    pub couple: Couple,
    /// The rank of its object in the map.
    pub object: u32,
    /// Whether it lies in a change.
    pub is_changed: bool,
}

/// All ground with a known cover and usage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    /// The pieces, by object.
    pub units: Vec<Unit>,
    /// Ground without a cover or a usage.
    pub left_out: Extent,
}

impl Frame {
    /// The ground of a vintage that is a coverage; `changes` part each object in two.
    ///
    /// # Errors
    /// [`Error::Resources`] when the boundaries are too many for one arrangement.
    pub fn of(vintage: &Vintage, changes: Option<&[Polygon]>) -> Result<Self, Error> {
        let mut frame = Self::default();
        match changes {
            None => {
                let all = (0_u32..).zip(&vintage.polygons);
                all.for_each(|(rank, polygon)| frame.add(vintage, rank, polygon.clone(), false));
            }
            Some(changes) => {
                let plane = arrange(&[&vintage.polygons, changes])?;
                let keys: Vec<u32> = std::iter::once(NO_KEY)
                    .chain((1..plane.n_faces() as FaceId).map(|face| key_of(&plane, face)))
                    .collect();
                for piece in plane.dissolve(&keys, LayerMask::ALL) {
                    frame.add(vintage, piece.key / 2, piece.polygon, piece.key % 2 == 1);
                }
            }
        }
        Ok(frame)
    }

    fn add(&mut self, vintage: &Vintage, object: u32, polygon: Polygon, is_changed: bool) {
        let couple = vintage.couples[object as usize];
        if couple.cs.is_nodata() || couple.us.is_nodata() {
            return self.left_out.add(polygon.twice_area());
        }
        self.units.push(Unit { polygon, couple, object, is_changed });
    }

    /// What the map holds, by couple of codes.
    pub fn couples(&self, nomenclature: &Nomenclature) -> Vec<CoupleArea> {
        let mut of = std::collections::BTreeMap::<u16, Extent>::new();
        for unit in &self.units {
            of.entry(unit.couple.to_cell()).or_default().add(unit.polygon.twice_area());
        }
        let rows = of.into_iter().map(|(cell, extent)| {
            let couple = Couple::from_cell(cell);
            CoupleArea {
                code_cs: nomenclature.code(Cover, couple.cs).to_owned(),
                code_us: nomenclature.code(Usage, couple.us).to_owned(),
                extent,
            }
        });
        rows.collect()
    }
}

/// Twice the rank of the object on a face, plus one in a change.
fn key_of(plane: &Arrangement, face: FaceId) -> u32 {
    let is_changed = u32::from(!plane.labels(face, 1).is_empty());
    plane.label(face, 0).map_or(NO_KEY, |rank| 2 * rank + is_changed)
}
