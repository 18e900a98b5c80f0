//! One walk over all polygons: each judged alone, and its sides matched with its neighbours'.

use rayon::prelude::*;

use super::frontier::{Clash, Frontier};
use super::seams::Side;
use super::{Defect, DefectKind, Limits, plain, rings};
use crate::lattice::Polygon;

/// Polygons walked by one thread with one frontier.
const STRETCH: usize = 1 << 14;

/// What a walk over all polygons finds.
pub(super) struct Survey {
    /// What is wrong with polygons taken alone.
    pub(super) defects: Vec<Defect>,
    /// The sides that found no partner within their stretch of polygons, by stretch; `None` when a
    /// polygon is not sound, or lies beside another one on the same side of a side of both.
    pub(super) loose: Option<Vec<Vec<Side>>>,
}

/// Judges each polygon and takes away the sides that two polygons have in common, one on each side.
pub(super) fn survey(polygons: &[Polygon], limits: Limits) -> Survey {
    assert!(polygons.len() < 1 << 31, "more polygons than their ranks can count");
    let n_stretches = polygons.len().div_ceil(STRETCH);
    let walks: Vec<_> = polygons
        .par_chunks(STRETCH)
        .zip(0..n_stretches)
        .map_init(Frontier::new, |frontier, (own, idx)| {
            walk(own, (idx * STRETCH) as u32, limits, frontier)
        })
        .collect();
    let (mut defects, mut loose) = (Vec::new(), Some(Vec::with_capacity(n_stretches)));
    for (own, sides) in walks {
        defects.extend(own);
        loose = loose.zip(sides).map(|(mut all, sides)| {
            all.push(sides);
            all
        });
    }
    Survey { defects, loose }
}

/// Judges the polygons of a stretch, ranked from `first`, and matches their sides on an empty
/// frontier, which is left empty.
fn walk(
    polygons: &[Polygon],
    first: u32,
    limits: Limits,
    frontier: &mut Frontier,
) -> (Vec<Defect>, Option<Vec<Side>>) {
    let (mut defects, mut is_sound) = (Vec::new(), true);
    for (polygon, rank) in polygons.iter().zip(first..) {
        let area = plain::proved_area(polygon);
        let is_large = |area: i64| i128::from(area.unsigned_abs()) >= limits.object_twice_area;
        if !area.is_some_and(is_large) {
            let from = defects.len();
            defects.extend(rings::defects(polygon, rank, limits));
            is_sound &= defects[from..].iter().all(|found| found.kind == DefectKind::MicroObject);
        }
        if is_sound {
            is_sound = add(frontier, polygon, rank, area).is_ok();
        }
    }
    let left = frontier.take_all();
    (defects, is_sound.then_some(left))
}

/// Adds the sides of a polygon whose rings may turn either way; `area` is twice its area when it has
/// one ring and this is known.
fn add(
    frontier: &mut Frontier,
    polygon: &Polygon,
    rank: u32,
    area: Option<i64>,
) -> Result<(), Clash> {
    if let Some(area) = area {
        return frontier.add(&polygon.exterior, rank, area > 0);
    }
    polygon.rings().enumerate().try_for_each(|(ring_idx, ring)| {
        frontier.add(ring, rank, (ring.twice_area() > 0) == (ring_idx == 0))
    })
}
