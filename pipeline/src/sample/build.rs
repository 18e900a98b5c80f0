//! What people build on the parcels of towns: yards, lanes, houses, halls, barns.

use super::ground::Place;
use super::noise::{Dice, hash};
use super::paint::{ALWAYS, Dates, Drawing};
use super::settle::Land;
use super::shape::{
    distance, distance_to_line, distance_to_outline, inset, is_inside, middle, oriented_box, ribbon,
};
use super::usage::{Look, ParcelUse};

/// Smallest footprint of a captured building, with a margin for rounding to the lattice.
const BUILT_MIN_M2: f64 = 203.0;

/// The uses of a parcel with when they hold: one when nothing changes, else two.
fn moments(first: ParcelUse, second: ParcelUse) -> Vec<(ParcelUse, Dates)> {
    if first == second {
        vec![(first, ALWAYS)]
    } else {
        vec![
            (first, Dates { before: true, after: false }),
            (second, Dates { before: false, after: true }),
        ]
    }
}

/// Draws what lies flat: yards, car parks, the squares of old centres, the lanes of new estates.
pub fn grounds(drawing: &mut Drawing, land: &Land, uses_after: &[ParcelUse]) {
    for (parcel, (&before, &after)) in land.uses.iter().zip(uses_after).enumerate() {
        let plan = land.plan.outline(parcel);
        for (used, dates) in moments(before, after) {
            let (look, depth_m) = match used {
                ParcelUse::Shops => (Look::CarPark, 9.0),
                ParcelUse::Factories => (Look::Gravel, 8.5),
                ParcelUse::Centre => {
                    let is_square = hash(land.ground.seed, 0x3a, parcel as i64).is_multiple_of(4);
                    (if is_square { Look::Square } else { Look::Garden }, 16.0)
                }
                ParcelUse::Houses if dates != ALWAYS && dates.after => {
                    lane(drawing, land, parcel, dates);
                    continue;
                }
                _ => continue,
            };
            let Some(yard) = inset(&plan, depth_m).filter(|y| super::shape::area_m2(y) > 560.0)
            else {
                continue;
            };
            let outline = land.ground.bend_outline(&yard);
            if let Some(rank) = drawing.add(land, &outline, look, dates) {
                drawing.paints[rank].heading =
                    long_side(&plan) + land.ground.turn(land.middles[parcel]);
            }
        }
    }
}

/// The course of the lane that serves a new estate, on the ground: from the town across it.
fn lane_course(land: &Land, parcel: usize) -> Option<Vec<Place>> {
    let town_side = land.plan.sides(parcel).find(|&(a, b)| {
        land.plan.left_of.get(&(b, a)).is_some_and(|&p| land.uses[p as usize].is_urban())
    });
    let (a, b) = town_side.or_else(|| {
        land.uses[parcel].is_urban().then(|| land.plan.sides(parcel).next()).flatten()
    })?;
    let place = |c: u32| land.plan.places[c as usize];
    let start = middle(&[place(a), place(b)]);
    let heart = land.middles[parcel];
    let length = distance(start, heart);
    let stretch = ((2.0 * length - 13.0) / length).max(1.0);
    let end = (start.0 + stretch * (heart.0 - start.0), start.1 + stretch * (heart.1 - start.1));
    let mut course = land.ground.bend_line(start, end);
    course.push(land.ground.bend(end));
    Some(course)
}

fn lane(drawing: &mut Drawing, land: &Land, parcel: usize, dates: Dates) {
    if let Some(course) = lane_course(land, parcel) {
        drawing.add(land, &ribbon(&course, 6.5), Look::Road, dates);
        drawing.axis(land, &course, 6.5, Look::Road);
    }
}

/// Draws every building.
pub fn buildings(drawing: &mut Drawing, land: &Land, uses_after: &[ParcelUse]) {
    let river: Vec<Place> = land.river.iter().map(|&p| land.ground.bend(p)).collect();
    let rail: Vec<Place> = land.rail.iter().map(|&p| land.ground.bend(p)).collect();
    let site = Site { land, river: &river, rail: &rail };
    for (parcel, (&before, &after)) in land.uses.iter().zip(uses_after).enumerate() {
        for (used, dates) in moments(before, after) {
            match used {
                ParcelUse::Houses => site.houses(drawing, parcel, dates),
                ParcelUse::Shops => site.hall(drawing, parcel, Look::Shop, dates),
                ParcelUse::Factories => site.hall(drawing, parcel, Look::Factory, dates),
                ParcelUse::Open(Look::Arable | Look::Vine | Look::Meadow) if dates == ALWAYS => {
                    site.barn(drawing, parcel);
                }
                _ => {}
            }
        }
    }
}

/// Where one may build.
struct Site<'a> {
    land: &'a Land,
    river: &'a [Place],
    rail: &'a [Place],
}

impl Site<'_> {
    /// Whether a building fits in a parcel, `clear_m` away from its limit, the river and the rail.
    fn fits(&self, corners: &[Place], outline: &[Place], clear_m: f64) -> bool {
        corners.iter().all(|&c| {
            is_inside(c, outline)
                && distance_to_outline(c, outline) >= clear_m
                && distance_to_line(c, self.river) >= 30.0
                && distance_to_line(c, self.rail) >= 12.0
        })
    }

    /// Detached houses along the sides of a parcel; small ones are captured enlarged.
    fn houses(&self, drawing: &mut Drawing, parcel: usize, dates: Dates) {
        let land = self.land;
        let plan = land.plan.outline(parcel);
        let Some(row) = inset(&plan, 14.5) else { return };
        let outline = land.ground.bend_outline(&plan);
        let lane = if dates == ALWAYS { None } else { lane_course(land, parcel) };
        let mut dice = Dice::new(land.ground.seed, 0x44 + u64::from(dates.before), parcel);
        let mut built: Vec<Place> = Vec::new();
        for i in 0..row.len() {
            let (a, b) = (row[i], row[(i + 1) % row.len()]);
            let length = distance(a, b);
            let mut at = dice.between(2.0, 12.0);
            while at < length {
                let t = at / length;
                let plan_place = (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
                at += dice.between(25.0, 34.0);
                let centre = land.ground.bend(plan_place);
                let heading = (b.1 - a.1).atan2(b.0 - a.0)
                    + land.ground.turn(plan_place)
                    + dice.between(-0.06, 0.06);
                let (seen, captured) = house_boxes(centre, heading, &mut dice);
                let near = built.iter().any(|&h| distance(h, centre) < 25.0);
                let on_lane = lane
                    .as_ref()
                    .is_some_and(|l| captured.iter().any(|&c| distance_to_line(c, l) < 5.0));
                if near || on_lane || !self.fits(&captured, &outline, 4.8) {
                    continue;
                }
                built.push(centre);
                if let Some(rank) = drawing.add(land, &captured, Look::House, dates) {
                    drawing.paints[rank].heading = heading;
                    drawing.paints[rank].seen = seen.and_then(|s| land.ground.ring(&s));
                }
            }
        }
    }

    /// One large building in the middle of a parcel of an activity zone.
    fn hall(&self, drawing: &mut Drawing, parcel: usize, look: Look, dates: Dates) {
        let land = self.land;
        let plan = land.plan.outline(parcel);
        let outline = land.ground.bend_outline(&plan);
        let mut dice = Dice::new(land.ground.seed, 0x55 + look as u64, parcel);
        let side = super::shape::area_m2(&plan).sqrt();
        let (mut length, mut width) =
            (dice.between(0.5, 0.72) * side, dice.between(0.3, 0.5) * side);
        let heart = land.middles[parcel];
        let centre = land.ground.bend(heart);
        let heading = long_side(&plan) + land.ground.turn(heart);
        for _ in 0..8 {
            let corners = oriented_box(centre, length, width, heading);
            if self.fits(&corners, &outline, 15.0) && length * width > BUILT_MIN_M2 {
                if let Some(rank) = drawing.add(land, &corners, look, dates) {
                    drawing.paints[rank].heading = heading;
                }
                return;
            }
            (length, width) = (0.86 * length, 0.86 * width);
        }
    }

    /// A barn in one field out of sixteen.
    fn barn(&self, drawing: &mut Drawing, parcel: usize) {
        let land = self.land;
        let mut dice = Dice::new(land.ground.seed, 0x66, parcel);
        if !dice.chance(1.0 / 16.0) {
            return;
        }
        let plan = land.plan.outline(parcel);
        let Some(&corner) = inset(&plan, 26.0).as_ref().and_then(|inner| inner.first()) else {
            return;
        };
        let heading = long_side(&plan) + land.ground.turn(corner);
        let (length, width) = (dice.between(22.0, 38.0), dice.between(11.0, 16.0));
        let corners = oriented_box(land.ground.bend(corner), length, width, heading);
        if self.fits(&corners, &land.ground.bend_outline(&plan), 6.0)
            && let Some(rank) = drawing.add(land, &corners, Look::Barn, ALWAYS)
        {
            drawing.paints[rank].heading = heading;
        }
    }
}

/// The box of a house as seen (when it is small) and as captured.
fn house_boxes(centre: Place, heading: f64, dice: &mut Dice) -> (Option<Vec<Place>>, Vec<Place>) {
    let width = dice.between(10.0, 12.8);
    if dice.chance(0.14) {
        let seen_m2 = dice.between(110.0, 190.0);
        let seen = oriented_box(centre, seen_m2 / width, width, heading);
        let scale = (BUILT_MIN_M2 / seen_m2).sqrt();
        let captured = oriented_box(centre, scale * seen_m2 / width, scale * width, heading);
        return (Some(seen), captured);
    }
    let captured_m2 = dice.between(BUILT_MIN_M2, 255.0);
    (None, oriented_box(centre, captured_m2 / width, width, heading))
}

/// Direction of the longest side of an outline, in radians.
pub fn long_side(outline: &[Place]) -> f64 {
    let n = outline.len();
    (0..n)
        .map(|i| (outline[i], outline[(i + 1) % n]))
        .max_by(|s, t| distance(s.0, s.1).total_cmp(&distance(t.0, t.1)))
        .map_or(0.0, |(a, b)| (b.1 - a.1).atan2(b.0 - a.0))
}
