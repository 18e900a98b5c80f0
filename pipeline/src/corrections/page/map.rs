//! Where the corrections are, by verdict.

use kernels::grid::Grid;
use kernels::lattice::{Point, Polygon, STEPS_PER_METRE};
use kernels::rasterise::rasterise;
use ndarray::Array2;

use crate::corrections::follow_up::FollowUp;
use crate::corrections::terms::{Outcome, Term};
use crate::error::Error;
use crate::picture;
use crate::report::Map;
use crate::territory::Communes;
use crate::vintage::bounds_of;

/// Cells along the longer side.
const SIDE_CELLS: i32 = 720;

/// The colour of a verdict; told apart by people who see colours differently, and in grey.
pub(super) fn colour(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Applied) => "#1b7837",
        Some(Outcome::Partly) => "#a6cf5a",
        Some(Outcome::Ignored) => "#b2182b",
        Some(Outcome::Superseded) => "#762a83",
        Some(Outcome::NotAssessable) => "#8d99a1",
        None => "#2f5d7c",
    }
}

/// The corrections as dots over the communes; nothing when there is no correction.
pub(super) fn of(follow_up: &FollowUp<'_>, communes: &Communes) -> Result<Option<Map>, Error> {
    let polygons: Vec<&Polygon> =
        follow_up.followed.iter().map(|followed| &followed.entry.polygon).collect();
    let corners = polygons.iter().filter_map(|polygon| polygon.bounds());
    let Some(own) = corners.reduce(around) else { return Ok(None) };
    let (low, high) = bounds_of(&communes.polygons).map_or(own, |all| around(all, own));
    let side = (high.x - low.x).max(high.y - low.y);
    let cell = (side / SIDE_CELLS + 1).max(STEPS_PER_METRE);
    // A frame for dots at the limit.
    let frame = 8 * cell;
    let low = Point::new(low.x - frame, low.y - frame);
    let grid = Grid::covering(low, Point::new(high.x + frame, high.y + frame), cell);
    let places: Vec<u32> = communes.owner.iter().map(|rank| rank + 1).collect();
    let places: Array2<u32> = rasterise(&communes.polygons, &places, &grid);
    // What needs attention is painted last.
    let order = [
        Some(Outcome::Applied),
        Some(Outcome::NotAssessable),
        None,
        Some(Outcome::Partly),
        Some(Outcome::Superseded),
        Some(Outcome::Ignored),
    ];
    let mut dots = Vec::new();
    let mut told = Vec::new();
    for outcome in order {
        let of_outcome = follow_up.followed.iter().filter(|own| own.outcome() == outcome);
        let before = dots.len();
        let cells = of_outcome.filter_map(|own| grid.cell_at(own.entry.record.anchor));
        dots.extend(cells.map(|cell| (cell, rgb(colour(outcome)))));
        if dots.len() > before {
            let label = outcome.map_or("sans verdict", Outcome::label).to_lowercase();
            told.push(format!("{} {label}", dots.len() - before));
        }
    }
    Ok(Some(Map {
        title: "Corrections par verdict".to_owned(),
        alt: format!("Carte des corrections : {} ; la liste les situe.", told.join(", ")),
        image: picture::dots(places.view(), &dots)?,
        marks: Vec::new(),
    }))
}

type Corners = (Point, Point);

fn around((a, b): Corners, (c, d): Corners) -> Corners {
    (Point::new(a.x.min(c.x), a.y.min(c.y)), Point::new(b.x.max(d.x), b.y.max(d.y)))
}

/// The bytes of a colour written `#rrggbb`.
fn rgb(colour: &str) -> [u8; 3] {
    let digits = u32::from_str_radix(colour.trim_start_matches('#'), 16);
    let [_, red, green, blue] = digits.expect("colours are written here").to_be_bytes();
    [red, green, blue]
}
