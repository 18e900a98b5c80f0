//! Which commune a place lies in.

use kernels::boxes::Boxes;
use kernels::lattice::Point;

use super::Communes;
use crate::tables::gazetteer::Commune;

/// Communes that are found by place without looking at each.
pub struct Located<'a> {
    communes: &'a Communes,
    boxes: Boxes,
}

impl<'a> Located<'a> {
    /// Communes with the boxes of their polygons.
    pub fn new(communes: &'a Communes) -> Self {
        // What has no corner holds no point, wherever it is looked for.
        let corners = communes.polygons.iter().map(|polygon| polygon.bounds().unwrap_or_default());
        Self { communes, boxes: Boxes::new(corners) }
    }

    /// The ranks of the polygons whose boxes meet one.
    pub fn meeting(&self, one: (Point, Point)) -> Vec<u32> {
        self.boxes.meeting(one)
    }

    /// The commune whose ground holds a point; of several the first.
    pub fn at(&self, place: Point) -> Option<&'a Commune> {
        let communes = self.communes;
        let near = self.boxes.meeting((place, place));
        let holder = near.into_iter().find(|&p| communes.polygons[p as usize].holds(place))?;
        Some(&communes.gazetteer.communes[communes.owner[holder as usize] as usize])
    }
}
