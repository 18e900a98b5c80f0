//! The maps of a page: what changed, numbered as in the list, and the covers of the newest vintage.

use kernels::arrangement::interior_point;
use kernels::flux::series::Interval;
use kernels::grid::Grid;
use kernels::lattice::{Point, Polygon};
use kernels::rasterise::rasterise;
use ndarray::Array2;

use super::{Land, Pages, Share};
use crate::error::Error;
use crate::figures::Step;
use crate::picture::{self, Highlight};
use crate::report::Map;
use crate::vintage::bounds_of;

/// Pixels along the longer side.
const SIDE: i32 = 760;
/// Which part of its side lies around a territory.
const MARGIN: i32 = 16;
/// Changes numbered on a map, all of which every list has: more would hide it.
const MARKS_MAX: usize = 40;

impl Pages<'_> {
    /// The pixels of the maps of some ground; none where there is no ground.
    pub(super) fn frame(&self, land: &Land<'_>) -> Option<Grid> {
        let newest = &self.ground.vintages[self.ground.vintages.len() - 1];
        let (low, high) = bounds_of(land.polygons.unwrap_or(&newest.polygons))?;
        let side = (high.x - low.x).max(high.y - low.y);
        // What lies around a territory tells where it is.
        let margin = if land.polygons.is_some() { side / MARGIN } else { 0 };
        let low = Point::new(low.x - margin, low.y - margin);
        let high = Point::new(high.x + margin, high.y + margin);
        Some(Grid::covering(low, high, (side + 2 * margin) / SIDE + 1))
    }

    /// The maps of some ground.
    ///
    /// * `listed`: its changes in the order of the list.
    pub(super) fn maps(
        &self,
        land: &Land<'_>,
        grid: &Grid,
        step: &Step,
        listed: &[Share],
    ) -> Result<Vec<Map>, Error> {
        let inside: Option<Array2<bool>> =
            land.polygons.map(|own| rasterise(own, &vec![true; own.len()], grid));
        let mut maps = Vec::new();
        if !step.is_still() {
            maps.push(self.changes_map(grid, inside.as_ref(), step, listed)?);
        }
        maps.push(self.covers_map(grid, inside.as_ref(), step)?);
        Ok(maps)
    }

    fn changes_map(
        &self,
        grid: &Grid,
        inside: Option<&Array2<bool>>,
        step: &Step,
        listed: &[Share],
    ) -> Result<Map, Error> {
        let highlights: Vec<Highlight> =
            listed.iter().map(|share| self.highlight(step, share)).collect();
        let polygon = |share: &Share| &step.changed[share.piece].dissolved.polygon;
        let polygons: Vec<&Polygon> = listed.iter().map(polygon).collect();
        let on_cells: Array2<Highlight> = rasterise(&polygons, &highlights, grid);
        let ortho = self.orthos.last().map(|ortho| ortho.on(grid)).transpose()?;
        let count = |wanted| highlights.iter().filter(|&&highlight| highlight == wanted).count();
        let Interval { before, after } = step.interval;
        Ok(Map {
            title: format!(
                "Changements {before} → {after} : artificialisation en rouge, désartificialisation \
                 en vert, autres en orange"
            ),
            alt: format!(
                "{}{} objets artificialisés, {} désartificialisés, {} autres changements ; \
                 la liste numérotée les situe.",
                if ortho.is_some() { "Orthophoto en gris. " } else { "" },
                count(Highlight::Artificialised),
                count(Highlight::Restored),
                count(Highlight::Other)
            ),
            image: picture::changes(ortho.as_ref().map(|ortho| ortho.view()), &on_cells, inside)?,
            marks: listed.iter().take(MARKS_MAX).map(|s| mark(polygon(s), grid)).collect(),
        })
    }

    fn covers_map(
        &self,
        grid: &Grid,
        inside: Option<&Array2<bool>>,
        step: &Step,
    ) -> Result<Map, Error> {
        let newest = &self.ground.vintages[self.ground.vintages.len() - 1];
        let ranks = self.boxes.meeting(grid.bounds());
        let polygons: Vec<&Polygon> =
            ranks.iter().map(|&rank| &newest.polygons[rank as usize]).collect();
        let couples: Vec<u16> =
            ranks.iter().map(|&rank| newest.couples[rank as usize].to_cell()).collect();
        let covers: Array2<u16> = rasterise(&polygons, &couples, grid);
        Ok(Map {
            title: format!("Couverture du sol en {}, couleurs officielles", step.interval.after),
            alt: "Carte de la couverture ; les surfaces par poste sont dans le tableau « Stock et \
                  flux par couverture »."
                .to_owned(),
            image: picture::covers(covers.view(), self.norms.nomenclature, inside)?,
            marks: Vec::new(),
        })
    }

    /// How a change is painted, by the matrix alone.
    pub(super) fn highlight(&self, step: &Step, share: &Share) -> Highlight {
        let (before, after) = step.changed[share.piece].key;
        let is = |couple| self.norms.judge.is_artificial(couple);
        match (is(before), is(after)) {
            (false, true) => Highlight::Artificialised,
            (true, false) => Highlight::Restored,
            _ => Highlight::Other,
        }
    }
}

/// A point inside a polygon as hundredths of a percent of the width and of the height of a map, from
/// its north-west corner.
fn mark(polygon: &Polygon, grid: &Grid) -> (u32, u32) {
    let inside = interior_point(polygon).and_then(|(x, y)| Point::from_metres(x, y));
    let place = inside.unwrap_or_default();
    let (south_west, north_east) = grid.bounds();
    let part = |of: i32, all: i32| {
        (i64::from(of) * 10_000 / i64::from(all.max(1))).clamp(0, 10_000) as u32
    };
    (
        part(place.x - south_west.x, north_east.x - south_west.x),
        part(north_east.y - place.y, north_east.y - south_west.y),
    )
}
