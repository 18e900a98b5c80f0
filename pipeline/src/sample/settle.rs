//! Where people settle: villages, the river, the railway, and the use of every parcel at the
//! first date.

use super::ground::{Ground, Place};
use super::noise::{Dice, rough_surface, surface};
use super::parcels::{Cutting, Parcels, middle_of_mass};
use super::shape::{area_m2, distance, distance_to_line};
use super::usage::{Look, ParcelUse};

/// How far the plan goes beyond the territory, so that its limit cuts a land that goes on.
const MARGIN_M: f64 = 160.0;

/// A village with its activity zone.
#[derive(Debug, Clone)]
pub struct Village {
    /// Its main crossroads, on the plan.
    pub centre: Place,
    /// How far its houses go.
    pub radius_m: f64,
    /// Middle of its activity zone.
    pub zone: Place,
    /// How far the zone goes.
    pub zone_radius_m: f64,
}

/// The land at the first date.
#[derive(Debug)]
pub struct Land {
    /// From the plan to the ground.
    pub ground: Ground,
    /// The parcels.
    pub plan: Parcels,
    /// Middle of each parcel, on the plan.
    pub middles: Vec<Place>,
    /// Use of each parcel at the first date.
    pub uses: Vec<ParcelUse>,
    /// The villages.
    pub villages: Vec<Village>,
    /// Course of the river, on the plan.
    pub river: Vec<Place>,
    /// Course of the railway, on the plan.
    pub rail: Vec<Place>,
}

impl Land {
    /// Settles a territory.
    pub fn settle(ground: Ground) -> Self {
        let size_m = f64::from(ground.size_m);
        let villages = found_villages(ground.seed, size_m);
        let river = course(ground.seed ^ 0x51, size_m, false, &villages);
        let rail = course(ground.seed ^ 0x52, size_m, true, &villages);
        let goal_m2 = |p: Place| wished_area_m2(ground.seed, p, &villages);
        let crossings: Vec<Place> = villages.iter().map(|v| v.centre).collect();
        let cutting =
            Cutting { seed: ground.seed ^ 0x9a, goal_m2: &goal_m2, crossings: &crossings };
        let plan = Parcels::cut(-MARGIN_M, size_m + MARGIN_M, &cutting);
        let middles: Vec<Place> =
            (0..plan.rings.len()).map(|p| middle_of_mass(&plan.outline(p))).collect();
        let mut land = Self { ground, plan, middles, uses: Vec::new(), villages, river, rail };
        land.uses = land.first_uses();
        land
    }

    /// Area of a parcel on the plan.
    pub fn area_m2(&self, parcel: usize) -> f64 {
        area_m2(&self.plan.outline(parcel))
    }

    /// The use of each parcel at the first date: towns by distance, the rest by rank of slow
    /// random surfaces, so that every kind of land exists whatever the seed.
    fn first_uses(&self) -> Vec<ParcelUse> {
        let n = self.middles.len();
        let mut uses: Vec<Option<ParcelUse>> = (0..n).map(|p| self.town_use(p)).collect();
        let by_rank = |uses: &[Option<ParcelUse>], seed: u64, scale_m: f64| {
            let mut free: Vec<usize> = (0..n).filter(|&p| uses[p].is_none()).collect();
            let key = |p: usize| {
                let (x, y) = self.middles[p];
                rough_surface(self.ground.seed ^ seed, x, y, scale_m)
            };
            free.sort_by(|&a, &b| key(b).total_cmp(&key(a)).then(a.cmp(&b)));
            free
        };
        let wild = by_rank(&uses, 0x71, 520.0);
        let (n_woods, n_scrub) = (wild.len() * 24 / 100, wild.len() * 8 / 100);
        let mut woods = wild[..n_woods].to_vec();
        let kind = |p: usize| {
            let (x, y) = self.middles[p];
            rough_surface(self.ground.seed ^ 0x72, x, y, 420.0)
        };
        woods.sort_by(|&a, &b| kind(b).total_cmp(&kind(a)).then(a.cmp(&b)));
        for (rank, &p) in woods.iter().enumerate() {
            let look = match 100 * rank / n_woods.max(1) {
                0..35 => Look::Conifer,
                35..60 => Look::Mixed,
                _ => Look::Broadleaf,
            };
            uses[p] = Some(ParcelUse::Open(look));
        }
        for &p in &wild[n_woods..n_woods + n_scrub] {
            uses[p] = Some(ParcelUse::Open(Look::Shrub));
        }
        let farmed = by_rank(&uses, 0x73, 380.0);
        for (rank, &p) in farmed.iter().enumerate() {
            let mut dice = Dice::new(self.ground.seed, 0x74, p);
            uses[p] = Some(ParcelUse::Open(crop(100 * rank / farmed.len(), &mut dice)));
        }
        uses.into_iter().map(|u| u.expect("every parcel has had its turn")).collect()
    }

    /// The use of a parcel of a village or of an activity zone, `None` in the country.
    fn town_use(&self, parcel: usize) -> Option<ParcelUse> {
        let place = self.middles[parcel];
        if distance_to_line(place, &self.river) < 45.0 {
            return None;
        }
        let mut dice = Dice::new(self.ground.seed, 0x75, parcel);
        for village in &self.villages {
            let far = distance(place, village.centre) / village.radius_m;
            if far < 0.38 && village.radius_m > 150.0 {
                return Some(ParcelUse::Centre);
            }
            if far < 1.0 {
                return Some(match dice.unit() {
                    0.0..0.06 => ParcelUse::Park,
                    0.06..0.12 => ParcelUse::Sports,
                    0.12..0.15 => ParcelUse::WorkSite,
                    _ => ParcelUse::Houses,
                });
            }
            if distance(place, village.zone) < village.zone_radius_m {
                return Some(match dice.unit() {
                    0.0..0.42 => ParcelUse::Shops,
                    0.42..0.88 => ParcelUse::Factories,
                    _ => ParcelUse::WorkSite,
                });
            }
        }
        None
    }
}

/// What is grown on a farmed parcel, from its rank (in hundredths) on the vine surface.
fn crop(rank: usize, dice: &mut Dice) -> Look {
    let chance = dice.unit();
    match (rank, chance) {
        (0..38, 0.0..0.80) => Look::Vine,
        (38..50, 0.0..0.45) => Look::Orchard,
        (_, 0.0..0.40) => Look::Meadow,
        (_, 0.97..) => Look::Wasteland,
        _ => Look::Arable,
    }
}

/// Villages and hamlets, far from one another.
fn found_villages(seed: u64, size_m: f64) -> Vec<Village> {
    let area_km2 = size_m * size_m / 1e6;
    let n_villages = (area_km2 / 4.0).round().max(1.0) as usize;
    let n_hamlets = (area_km2 / 4.0).round() as usize;
    let mut centres: Vec<Place> = Vec::new();
    let mut villages = Vec::new();
    for rank in 0..n_villages + n_hamlets {
        let mut dice = Dice::new(seed, 0x61, rank);
        let edge = 0.17 * size_m.min(1500.0);
        let lone = |p: Place| centres.iter().map(|&c| distance(c, p)).fold(size_m, f64::min);
        let centre = (0..10)
            .map(|_| (dice.between(edge, size_m - edge), dice.between(edge, size_m - edge)))
            .max_by(|&a, &b| lone(a).total_cmp(&lone(b)))
            .expect("ten candidates");
        centres.push(centre);
        villages.push(village(centre, rank < n_villages, size_m, &mut dice));
    }
    villages
}

fn village(centre: Place, is_village: bool, size_m: f64, dice: &mut Dice) -> Village {
    let wished_m = if is_village { dice.between(210.0, 300.0) } else { dice.between(75.0, 110.0) };
    let radius_m = wished_m.min(0.3 * size_m);
    let zone_radius_m = if is_village { (0.62 * radius_m).min(0.2 * size_m) } else { 0.0 };
    let (dx, dy) = (size_m / 2.0 - centre.0, size_m / 2.0 - centre.1);
    let angle = dy.atan2(dx) + dice.between(-0.9, 0.9);
    let reach = radius_m + zone_radius_m;
    let zone = (centre.0 + reach * angle.cos(), centre.1 + reach * angle.sin());
    Village { centre, radius_m, zone, zone_radius_m }
}

/// A gentle course from one side of the plan to the other, as far from the villages as it can.
fn course(seed: u64, size_m: f64, northwards: bool, villages: &[Village]) -> Vec<Place> {
    let swing_m = if northwards { 120.0 } else { 210.0 };
    let scale_m = if northwards { 900.0 } else { 430.0 };
    let draw = |rank: usize| {
        let mut dice = Dice::new(seed, 0x81, rank);
        let base_m = dice.between(0.1, 0.9) * size_m;
        let slope = dice.between(-0.25, 0.25);
        let n = ((size_m + 4.0 * MARGIN_M) / 20.0).ceil() as usize;
        (0..=n)
            .map(|i| {
                let u = -2.0 * MARGIN_M + 20.0 * i as f64;
                let wave = swing_m * surface(seed, u / scale_m, 0.5);
                let v = base_m + slope * (u - size_m / 2.0) + wave;
                if northwards { (v, u) } else { (u, v) }
            })
            .collect::<Vec<Place>>()
    };
    let room = |line: &[Place]| {
        villages
            .iter()
            .map(|v| distance_to_line(v.centre, line) - v.radius_m)
            .chain([0.2 * size_m])
            .fold(f64::INFINITY, f64::min)
    };
    (0..12).map(draw).max_by(|a, b| room(a).total_cmp(&room(b))).expect("twelve candidates")
}

/// The wished area of a parcel around a place, in square metres.
fn wished_area_m2(seed: u64, place: Place, villages: &[Village]) -> f64 {
    let mut wished_m2 =
        20_000.0 * (1.0 + 0.5 * surface(seed ^ 0x91, place.0 / 350.0, place.1 / 350.0));
    for village in villages {
        let far = distance(place, village.centre) / village.radius_m;
        wished_m2 = wished_m2.min(match far {
            0.0..0.42 => 4_200.0,
            0.42..1.15 => 6_500.0,
            1.15..1.9 => 10_500.0,
            _ => f64::INFINITY,
        });
        if distance(place, village.zone) < 1.1 * village.zone_radius_m {
            wished_m2 = wished_m2.max(12_500.0);
        }
    }
    wished_m2
}
