//! What the interactive map of a page draws around its changes.

use std::collections::BTreeMap;

use kernels::arrangement::interior_point;
use kernels::grid::Grid;
use kernels::lattice::{Point, Polygon};
use kernels::zoom::thinned;

use super::{Land, Pages};
use crate::report::{Limit, Scene};

/// The largest side of a change, in parts of which its outline is drawn.
const PARTS: i32 = 400;

impl Pages<'_> {
    /// The limits that cross the maps of a page.
    pub(super) fn scene(&self, land: &Land<'_>, grid: &Grid) -> Scene {
        let frame = grid.bounds();
        let communes = &self.ground.territory.communes;
        let ranks = self.communes.meeting(frame);
        let polygons: Vec<Polygon> =
            ranks.iter().map(|&rank| communes.polygons[rank as usize].clone()).collect();
        // Half a pixel of the pictures, together: neighbours keep one line.
        let polygons = thinned(&polygons, grid.cell / 2);
        let mut parts: BTreeMap<u32, Vec<Polygon>> = BTreeMap::new();
        for (rank, polygon) in ranks.into_iter().zip(polygons) {
            parts.entry(communes.owner[rank as usize]).or_default().push(polygon);
        }
        let commune = |(owner, polygons): (u32, Vec<Polygon>)| {
            let name = communes.gazetteer.communes[owner as usize].name.clone();
            limit(name, land.communes.binary_search(&owner).is_ok(), polygons)
        };
        let mut limits: Vec<Limit> = parts.into_iter().map(commune).collect();
        if let Some(name) = land.place {
            let own = thinned(land.polygons.unwrap_or_default(), grid.cell / 2);
            limits.push(limit(name.to_owned(), true, own));
        }
        Scene { frame, limits }
    }
}

fn limit(name: String, is_own: bool, polygons: Vec<Polygon>) -> Limit {
    let largest = polygons.iter().max_by_key(|polygon| polygon.twice_area());
    let inside = largest.and_then(interior_point).and_then(|(x, y)| Point::from_metres(x, y));
    Limit { name, at: inside.unwrap_or_default(), is_own, polygons }
}

/// The ground of a change with as many corners as a map of it can show.
pub(super) fn outline(polygon: &Polygon) -> Polygon {
    let Some((low, high)) = polygon.bounds() else { return Polygon::default() };
    let side = (high.x - low.x).max(high.y - low.y);
    thinned(std::slice::from_ref(polygon), side / PARTS).pop().unwrap_or_default()
}
