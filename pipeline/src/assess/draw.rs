//! The places: drawn within strata, then shuffled so that their order tells nothing.

use kernels::accuracy::design::{PLACES_PER_OBJECT, share_out};
use kernels::accuracy::{Allotment, draw_places, random_place};
use kernels::lattice::{Point, Polygon};
use kernels::random::{SplitMix64, draw};

use super::frame::Frame;
use super::strata::Part;

/// Second counter of the stream that shuffles; strata have their rank.
const SHUFFLE: u64 = u64::MAX;

/// A place to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub point: Point,
    /// The rank of its stratum.
    pub stratum: usize,
    /// The rank of its unit in the frame.
    pub unit: usize,
}

/// Draws the places of all strata and shuffles them.
///
/// The result is a function of the frame, the allotments and the seed alone.
pub fn places(frame: &Frame, parts: &[Part], allotments: &[Allotment], seed: u64) -> Vec<Place> {
    let mut places = Vec::new();
    for (stratum, (part, allotment)) in parts.iter().zip(allotments).enumerate() {
        let mut stream = SplitMix64::new(draw(seed, stratum as u64, 0));
        let polygon = |unit: &usize| &frame.units[*unit].polygon;
        if allotment.is_full {
            let areas: Vec<i128> =
                part.units.iter().map(|unit| polygon(unit).twice_area()).collect();
            let shares = share_out(&areas, allotment.places, PLACES_PER_OBJECT);
            let shares = shares.expect("a stratum visited in full has two places for each object");
            for (&unit, n) in part.units.iter().zip(shares) {
                for _ in 0..n {
                    let point = random_place(polygon(&unit), &mut stream);
                    places.push(Place { point, stratum, unit });
                }
            }
        } else {
            let polygons: Vec<&Polygon> = part.units.iter().map(polygon).collect();
            let drawn = draw_places(&polygons, allotment.places, &mut stream);
            let place = |(rank, point)| Place { point, stratum, unit: part.units[rank] };
            places.extend(drawn.into_iter().map(place));
        }
    }
    shuffle(&mut places, &mut SplitMix64::new(draw(seed, SHUFFLE, 0)));
    places
}

/// Fisher and Yates: every order has the same chance.
fn shuffle<T>(items: &mut [T], stream: &mut SplitMix64) {
    for last in (1..items.len()).rev() {
        items.swap(last, stream.below(last as u64 + 1) as usize);
    }
}
