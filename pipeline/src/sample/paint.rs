//! Everything drawn on the ground, from the bottom up: what comes later covers what came before.

use kernels::lattice::{Point, Ring};

use super::build;
use super::ground::Place;
use super::noise::hash;
use super::settle::Land;
use super::shape::{blob, distance, distance_to_line, distance_to_outline, ribbon};
use super::usage::{Look, ParcelUse};

/// One thing on the ground.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts about one drawing")]
pub struct Paint {
    /// Its outline as the capture rules want it.
    pub ring: Ring,
    /// Its outline as seen from above, when the capture rules enlarge it.
    pub seen: Option<Ring>,
    /// What it looks like.
    pub look: Look,
    /// Whether it is there at the first date.
    pub before: bool,
    /// Whether it is there at the second date.
    pub after: bool,
    /// Whether it belongs to the skeleton of main roads and railways.
    pub is_ossature: bool,
    /// Whether it is the ground of a parcel of a town at one of the dates.
    pub is_urban: bool,
    /// Direction of its rows, ridge or axis, in radians counter-clockwise from the east.
    pub heading: f64,
    /// What makes it differ from others of its look.
    pub seed: u64,
}

/// What lies in the country as nature or a quarry left it.
struct Natural {
    look: Look,
    /// How many in a square kilometre.
    per_km2: f64,
    /// Radius of the smallest and of the largest, in metres.
    least_m: f64,
    most_m: f64,
    /// The looks of the parcels that may hold it.
    hosts: &'static [Look],
}

const NATURAL: [Natural; 3] = [
    Natural {
        look: Look::Water,
        per_km2: 0.9,
        least_m: 31.0,
        most_m: 44.0,
        hosts: &[Look::Arable, Look::Meadow],
    },
    Natural {
        look: Look::Rock,
        per_km2: 0.6,
        least_m: 31.0,
        most_m: 60.0,
        hosts: &[Look::Shrub, Look::Conifer, Look::Mixed],
    },
    Natural {
        look: Look::Quarry,
        per_km2: 0.3,
        least_m: 40.0,
        most_m: 95.0,
        hosts: &[Look::Shrub, Look::Conifer, Look::Mixed, Look::Broadleaf],
    },
];

/// A road, a railway or a river as its axis.
#[derive(Debug, Clone)]
pub struct Axis {
    /// Its course on the lattice.
    pub points: Vec<Point>,
    /// Its width.
    pub width_m: f64,
    /// What it is.
    pub look: Look,
}

/// The whole drawing.
#[derive(Debug, Default)]
pub struct Drawing {
    /// Things from the bottom up; the first ones are the parcels.
    pub paints: Vec<Paint>,
    /// Axes at the second date.
    pub axes: Vec<Axis>,
    /// The parcel of each of the first paints.
    pub parcel_of: Vec<usize>,
}

/// When a thing is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// At the first date.
    pub before: bool,
    /// At the second date.
    pub after: bool,
}

/// At both dates.
pub const ALWAYS: Dates = Dates { before: true, after: true };

/// Width of a village street.
const STREET_M: f64 = 6.0;

impl Drawing {
    /// Draws a land at both dates.
    pub fn of(land: &Land, uses_after: &[ParcelUse]) -> Self {
        let mut drawing = Self::default();
        drawing.parcels(land, uses_after);
        build::grounds(&mut drawing, land, uses_after);
        drawing.natural(land, uses_after);
        drawing.river(land);
        drawing.roads(land);
        drawing.rail(land);
        build::buildings(&mut drawing, land, uses_after);
        drawing
    }

    /// Adds a thing drawn on the ground, unless nothing is left of it on the lattice.
    pub fn add(
        &mut self,
        land: &Land,
        outline: &[Place],
        look: Look,
        dates: Dates,
    ) -> Option<usize> {
        let ring = land.ground.ring(outline)?;
        let rank = self.paints.len();
        self.paints.push(Paint {
            ring,
            seen: None,
            look,
            before: dates.before,
            after: dates.after,
            is_ossature: false,
            is_urban: false,
            heading: 0.0,
            seed: hash(land.ground.seed, 0x9999, rank as i64),
        });
        Some(rank)
    }

    fn parcels(&mut self, land: &Land, uses_after: &[ParcelUse]) {
        for (parcel, (&first, &second)) in land.uses.iter().zip(uses_after).enumerate() {
            let plan = land.plan.outline(parcel);
            let outline = land.ground.bend_outline(&plan);
            let heading = build::long_side(&plan) + land.ground.turn(land.middles[parcel]);
            let moments = if first.look() == second.look() {
                vec![(first, ALWAYS)]
            } else {
                vec![
                    (first, Dates { before: true, after: false }),
                    (second, Dates { before: false, after: true }),
                ]
            };
            for (used, dates) in moments {
                if let Some(rank) = self.add(land, &outline, used.look(), dates) {
                    self.paints[rank].is_urban = first.is_urban() || second.is_urban();
                    self.paints[rank].heading = heading;
                    self.parcel_of.push(parcel);
                }
            }
        }
    }

    /// Ponds, bare rock and quarries, in parcels of the country that stay what they are.
    fn natural(&mut self, land: &Land, uses_after: &[ParcelUse]) {
        let size_m = f64::from(land.ground.size_m);
        let area_km2 = size_m * size_m / 1e6;
        for Natural { look, per_km2, least_m, most_m, hosts } in NATURAL {
            let mut found: Vec<(u64, Place, f64)> = (0..land.uses.len())
                .filter(|&p| land.uses[p] == uses_after[p])
                .filter(|&p| matches!(land.uses[p], ParcelUse::Open(host) if hosts.contains(&host)))
                .map(|p| {
                    let room_m = room_m(land, p).min(most_m);
                    let seed = hash(land.ground.seed ^ 0x1f, look as i64, p as i64);
                    (seed, land.ground.bend(land.middles[p]), room_m)
                })
                .filter(|&(_, centre, room_m)| {
                    room_m >= least_m && land.ground.holds(centre, room_m)
                })
                .collect();
            found.sort_by_key(|f| f.0);
            let wished = ((area_km2 * per_km2).round() as usize).max(usize::from(area_km2 >= 0.9));
            for &(seed, centre, radius_m) in found.iter().take(wished) {
                self.add(land, &blob(seed, centre, radius_m), look, ALWAYS);
            }
        }
    }

    fn river(&mut self, land: &Land) {
        let course: Vec<Place> = land.river.iter().map(|&p| land.ground.bend(p)).collect();
        self.add(land, &ribbon(&course, 44.0), Look::Riparian, ALWAYS);
        self.add(land, &ribbon(&course, 17.0), Look::Water, ALWAYS);
    }

    fn rail(&mut self, land: &Land) {
        let course: Vec<Place> = land.rail.iter().map(|&p| land.ground.bend(p)).collect();
        if let Some(rank) = self.add(land, &ribbon(&course, 9.0), Look::Rail, ALWAYS) {
            self.paints[rank].is_ossature = true;
        }
        self.axis(land, &course, 9.0, Look::Rail);
    }

    /// Keeps an axis for the evidence and the markings.
    pub fn axis(&mut self, land: &Land, course: &[Place], width_m: f64, look: Look) {
        let points = course.iter().map(|&p| land.ground.point(p)).collect();
        self.axes.push(Axis { points, width_m, look });
    }

    /// Roads along the first cuts of the plan, streets around every parcel of a town.
    fn roads(&mut self, land: &Land) {
        let size_m = f64::from(land.ground.size_m);
        let local_m = 520.0_f64.min(0.7 * size_m);
        for (rank, line) in land.plan.lines.iter().enumerate() {
            let is_main = rank == 0 || line.side_m > 1300.0;
            let kind = |a: u32, b: u32| {
                let is_street = [(a, b), (b, a)].iter().any(|side| {
                    land.plan.left_of.get(side).is_some_and(|&p| land.uses[p as usize].is_urban())
                });
                if is_main {
                    Some((9.0, true))
                } else if is_street || line.side_m > local_m {
                    Some((STREET_M, false))
                } else {
                    None
                }
            };
            let sides: Vec<(u32, u32)> = line.corners.windows(2).map(|w| (w[0], w[1])).collect();
            for run in sides.chunk_by(|&s, &t| kind(s.0, s.1) == kind(t.0, t.1)) {
                if let Some((width_m, is_ossature)) = kind(run[0].0, run[0].1) {
                    self.road(land, run, width_m, is_ossature);
                }
            }
        }
    }

    fn road(&mut self, land: &Land, run: &[(u32, u32)], width_m: f64, is_ossature: bool) {
        let place = |c: u32| land.plan.places[c as usize];
        let mut course: Vec<Place> =
            run.iter().flat_map(|&(a, b)| land.ground.bend_line(place(a), place(b))).collect();
        course.push(land.ground.bend(place(run[run.len() - 1].1)));
        course.dedup_by(|a, b| distance(*a, *b) < 1.0);
        if let Some(rank) = self.add(land, &ribbon(&course, width_m), Look::Road, ALWAYS) {
            self.paints[rank].is_ossature = is_ossature;
        }
        self.axis(land, &course, width_m, Look::Road);
    }
}

/// Largest mean radius of a rounded outline that stays inside a parcel, clear of its limit, of the
/// river and of the railway.
fn room_m(land: &Land, parcel: usize) -> f64 {
    let centre = land.middles[parcel];
    let limit_m = distance_to_outline(centre, &land.plan.outline(parcel)) - 6.0;
    let river_m = distance_to_line(centre, &land.river) - 40.0;
    let rail_m = distance_to_line(centre, &land.rail) - 14.0;
    // The outline swings by 28 % around its mean radius, little of it all at once.
    0.86 * limit_m.min(river_m).min(rail_m)
}
