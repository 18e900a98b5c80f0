//! Which of the polygons found around a target it really has, and how much of each.

use kernels::arrangement::arrange;
use kernels::lattice::{Point, Polygon, area_m2};

use super::find::Shaped;
use crate::error::Error;
use crate::vintage::bounds_of;

/// Distance within which a place is said to lie on a side, in lattice steps: one centimetre, since
/// places are themselves rounded to the lattice.
const REACH: u16 = 1;
/// How far around a target polygons are looked up, in lattice steps.
const MARGIN: i32 = 2;

/// What the story is about.
pub(super) enum Target {
    /// A place.
    Place(Point),
    /// The parts of a polygon.
    Polygon(Vec<Polygon>),
}

/// A polygon that the target has.
pub(super) struct Selected<T> {
    /// What the polygon is.
    pub(super) item: T,
    /// The area in common with the polygon asked for; `None` for a place.
    pub(super) shared_m2: Option<f64>,
    /// Whether the place lies on one of its sides.
    pub(super) at_side: bool,
}

impl Target {
    /// The window in which to look for polygons.
    pub(super) fn window(&self) -> (Point, Point) {
        let (low, high) = match self {
            Self::Place(point) => (*point, *point),
            Self::Polygon(polygons) => bounds_of(polygons).unwrap_or_default(),
        };
        let grown = |point: Point, by: i32| Point::new(point.x + by, point.y + by);
        (grown(low, -MARGIN), grown(high, MARGIN))
    }

    /// Those of the polygons found that hold the place or share ground with the polygon; for the
    /// latter, the largest share first.
    ///
    /// # Errors
    /// The polygons are too many for one arrangement.
    pub(super) fn select<T: Shaped>(&self, found: Vec<T>) -> Result<Vec<Selected<T>>, Error> {
        match self {
            Self::Place(place) => Ok(at(*place, found)),
            Self::Polygon(polygons) => shared(polygons, found),
        }
    }
}

fn at<T: Shaped>(place: Point, found: Vec<T>) -> Vec<Selected<T>> {
    let judged = found.into_iter().map(|item| {
        let polygons = item.polygons();
        let at_side = polygons.iter().any(|polygon| polygon.has_side_near(place, REACH));
        let holds = polygons.iter().any(|polygon| polygon.holds(place));
        (holds || at_side).then_some(Selected { item, shared_m2: None, at_side })
    });
    judged.flatten().collect()
}

fn shared<T: Shaped>(target: &[Polygon], found: Vec<T>) -> Result<Vec<Selected<T>>, Error> {
    let polygons = found.iter().flat_map(|item| item.polygons().iter().cloned());
    let polygons: Vec<Polygon> = polygons.collect();
    let ranks = found
        .iter()
        .enumerate()
        .flat_map(|(rank, item)| std::iter::repeat_n(rank, item.polygons().len()));
    let owner: Vec<usize> = ranks.collect();
    let plane = arrange(&[target, &polygons])?;
    let mut twice_areas = vec![0_i128; found.len()];
    for face in 1..plane.n_faces() as u32 {
        if plane.label(face, 0).is_some() {
            for &polygon in plane.labels(face, 1) {
                twice_areas[owner[polygon as usize]] += plane.twice_area(face);
            }
        }
    }
    let mut selected: Vec<(i128, T)> = twice_areas.into_iter().zip(found).collect();
    selected.retain(|(twice_area, _)| *twice_area > 0);
    selected.sort_by_key(|(twice_area, _)| std::cmp::Reverse(*twice_area));
    let told = selected.into_iter().map(|(twice_area, item)| Selected {
        item,
        shared_m2: Some(area_m2(twice_area)),
        at_side: false,
    });
    Ok(told.collect())
}
