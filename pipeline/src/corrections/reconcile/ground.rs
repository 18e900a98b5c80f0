//! Two versions of a vintage, a patch and corrections in one exact arrangement: the ground of every
//! correction.
//!
//! Only polygons whose box meets that of a correction are arranged: whatever touches the ground of a
//! correction lies in its box, so its faces are what they would be among all polygons.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use kernels::arrangement::{Arrangement, FaceId, arrange};
use kernels::boxes::{Boxes, Corners};
use kernels::fate::{Ground, Seen};
use kernels::lattice::Polygon;
use nomenclature::{ClassId, Couple};

use super::patch::{Patch, Says, Statement};
use crate::corrections::claim::{Ask, Claims};
use crate::corrections::follow_up::Stake;
use crate::error::Error;
use crate::judge::Judge;
use crate::vintage::Vintage;

/// Ranks of the layers of the arrangement.
const BEFORE: usize = 0;
const AFTER: usize = 1;
const PATCH: usize = 2;
const CLAIMS: usize = 3;

/// What became of the ground of one correction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Found {
    /// Its areas.
    pub(super) ground: Ground,
    /// What of its wrong ground would change its artificial status; of an outline, of the ground
    /// that the object should gain: nobody says what becomes of the ground that it gives up.
    pub(super) stake: Stake,
    /// Wrong ground that a patch says was looked at and left.
    pub(super) left: i128,
}

/// The two versions and the patch, reduced to what lies near corrections.
pub(super) struct Sides {
    /// The version that was corrected, sorted by id.
    pub(super) before: Vintage,
    /// The version to look at, sorted by id.
    pub(super) after: Vintage,
    /// What IGN says the older vintage should have been.
    pub(super) patch: Patch,
}

/// Where there is something to look at: the boxes of the claims and of the objects that they
/// redraw.
pub(super) fn places(claims: &Claims, before: &Vintage) -> Boxes {
    let redrawn: BTreeSet<&str> = claims.asks.iter().filter_map(Ask::object).collect();
    let objects = before.objects.iter().zip(&before.polygons);
    let objects = objects.filter(|(object, _)| redrawn.contains(object.id.as_str()));
    let claims = claims.polygons.iter();
    Boxes::new(claims.chain(objects.map(|(_, polygon)| polygon)).filter_map(Polygon::bounds))
}

/// Keeps what of a vintage lies near, sorted by id: contested ground goes to the lowest one.
pub(super) fn near(vintage: Vintage, places: &Boxes) -> Vintage {
    let Vintage { year, polygons, couples, objects, .. } = vintage;
    let is_near =
        |polygon: &Polygon| polygon.bounds().is_some_and(|one: Corners| places.any_meets(one));
    let rows = polygons.into_iter().zip(couples).zip(objects);
    let mut rows: Vec<_> = rows.filter(|((polygon, _), _)| is_near(polygon)).collect();
    rows.sort_by(|((p, _), a), ((q, _), b)| a.id.cmp(&b.id).then_with(|| p.cmp(q)));
    let mut kept = Vintage { year, ..Vintage::default() };
    for ((polygon, couple), object) in rows {
        kept.polygons.push(polygon);
        kept.couples.push(couple);
        kept.objects.push(object);
    }
    kept
}

/// The claims that redraw each object of a vintage, by its rank.
fn outlines(before: &Vintage, claims: &Claims) -> BTreeMap<u32, Vec<u32>> {
    let mut of_id: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (rank, ask) in (0..).zip(&claims.asks) {
        if let Some(object) = ask.object() {
            of_id.entry(object).or_default().push(rank);
        }
    }
    let objects = (0..).zip(&before.objects);
    objects.filter_map(|(rank, object)| Some((rank, of_id.remove(object.id.as_str())?))).collect()
}

/// The codes that each claim wants inside its polygon: of an outline, those of its object.
fn wanted(before: &Vintage, claims: &Claims, outlines: &BTreeMap<u32, Vec<u32>>) -> Vec<Couple> {
    let mut wanted: Vec<Couple> =
        claims.asks.iter().map(|ask| ask.proposed().unwrap_or_default()).collect();
    for (&object, ranks) in outlines {
        for &rank in ranks {
            wanted[rank as usize] = before.couples[object as usize];
        }
    }
    wanted
}

/// Corrections between two versions, arranged.
pub(super) struct Look<'a> {
    sides: &'a Sides,
    claims: &'a Claims,
    judge: &'a Judge,
    plane: Arrangement,
    /// The claims that redraw each object of the version before.
    outlines: BTreeMap<u32, Vec<u32>>,
    /// The codes that each claim wants inside its polygon.
    wanted: Vec<Couple>,
}

/// What the layers say of a face.
struct Place {
    before: Couple,
    after: Couple,
    /// Ranks of the polygons of the two versions.
    holders: [Option<u32>; 2],
    patch: Statement,
    twice_area: i128,
}

impl<'a> Look<'a> {
    /// Arranges the versions, the patch and the corrections.
    ///
    /// # Errors
    /// As [`arrange`].
    pub(super) fn new(
        sides: &'a Sides,
        claims: &'a Claims,
        judge: &'a Judge,
    ) -> Result<Self, Error> {
        let Sides { before, after, patch } = sides;
        let plane =
            arrange(&[&before.polygons, &after.polygons, &patch.polygons, &claims.polygons])?;
        let outlines = outlines(before, claims);
        let wanted = wanted(before, claims, &outlines);
        Ok(Self { sides, claims, judge, plane, outlines, wanted })
    }

    /// The ground of every claim, in their order.
    pub(super) fn found(&self) -> Vec<Found> {
        let mut found = vec![Found::default(); self.claims.asks.len()];
        let successors = self.successors();
        for face in self.faces() {
            let inside = self.plane.labels(face, CLAIMS);
            let redrawn = self.plane.label(face, BEFORE).and_then(|rank| self.outlines.get(&rank));
            if inside.is_empty() && redrawn.is_none() {
                continue;
            }
            let place = self.place(face);
            for &rank in inside {
                self.add(&mut found[rank as usize], (rank, true), &place, &successors);
            }
            // Ground that an object should give up.
            for &rank in redrawn.into_iter().flatten().filter(|rank| !inside.contains(rank)) {
                self.add(&mut found[rank as usize], (rank, false), &place, &successors);
            }
        }
        found
    }

    /// The ground whose artificial status is at stake, each place counted once with all codes that
    /// are proposed for it; of two proposals of one dimension the first correction counts.
    ///
    /// * `counts`: whether each claim takes part.
    pub(super) fn stake(&self, counts: &[bool]) -> Stake {
        let mut total = Stake::default();
        let is_known = |couple: Couple| !couple.cs.is_nodata() && !couple.us.is_nodata();
        for face in self.faces() {
            let inside = self.plane.labels(face, CLAIMS).iter().rev();
            let inside = inside.map(|&rank| rank as usize).filter(|&rank| counts[rank]);
            let asks: Vec<Couple> = inside.map(|rank| self.wanted[rank]).collect();
            if asks.is_empty() {
                continue;
            }
            let place = self.place(face);
            if is_known(place.before) && is_known(place.after) {
                let should = asks.into_iter().fold(place.before, Couple::overlaid);
                total.add(self.statuses(&place, should), place.twice_area);
            }
        }
        total
    }

    fn faces(&self) -> std::ops::Range<FaceId> {
        1..self.plane.n_faces() as FaceId
    }

    fn place(&self, face: FaceId) -> Place {
        let Sides { before, after, patch } = self.sides;
        let holders = [BEFORE, AFTER].map(|layer| self.plane.label(face, layer));
        let couple = |vintage: &Vintage, rank: Option<u32>| {
            rank.map_or(Couple::NODATA, |rank| vintage.couples[rank as usize])
        };
        let was = couple(before, holders[0]);
        let patch = self.plane.label(face, PATCH).map(|rank| patch.says[rank as usize]);
        let patch = patch.unwrap_or_default();
        // A later vintage may differ from the older one by a true change: where the patch says that
        // nothing was wrong, it is believed.
        let is_later = after.year != before.year;
        let now = |says: Says, was: ClassId, next: ClassId| match says {
            Says::Corrected(class) => class,
            Says::Left if is_later => was,
            Says::Left | Says::Silent => next,
        };
        let next = couple(after, holders[1]);
        Place {
            before: was,
            after: Couple {
                cs: now(patch.cs, was.cs, next.cs),
                us: now(patch.us, was.us, next.us),
            },
            holders,
            patch,
            twice_area: self.plane.twice_area(face),
        }
    }

    /// Adds a face to what was found of a claim.
    fn add(
        &self,
        found: &mut Found,
        (rank, is_inside): (u32, bool),
        place: &Place,
        successors: &BTreeMap<u32, u32>,
    ) {
        let codes = (place.before, place.after);
        let (seen, is_left) = match &self.claims.asks[rank as usize] {
            &Ask::Codes { stated, proposed } => {
                let says = [(proposed.cs, place.patch.cs), (proposed.us, place.patch.us)];
                let is_left = says.iter().any(|(id, says)| !id.is_nodata() && *says == Says::Left);
                (Seen::of_codes(codes, stated, proposed), is_left)
            }
            Ask::Outline { .. } => {
                let is_of =
                    |holder: Option<u32>, one: Option<u32>| holder.is_some() && holder == one;
                let own = place.holders[0].filter(|object| {
                    self.outlines.get(object).is_some_and(|claims| claims.contains(&rank))
                });
                let successor = successors.get(&rank).copied();
                let held = (own.is_some(), is_of(place.holders[1], successor));
                (Seen::of_outline(is_inside, held, codes), false)
            }
        };
        found.ground.add(seen, place.twice_area);
        if let Seen::Wrong { .. } = seen {
            found.left += if is_left { place.twice_area } else { 0 };
            if is_inside {
                let should = place.before.overlaid(self.wanted[rank as usize]);
                found.stake.add(self.statuses(place, should), place.twice_area);
            }
        }
    }

    fn statuses(&self, place: &Place, should: Couple) -> (bool, bool, bool) {
        let is = |couple| self.judge.is_artificial(couple);
        (is(place.before), is(should), is(place.after))
    }

    /// The polygon of the version after that holds most of each proposed outline; of equals, that
    /// of the first face, which does not depend on the order of polygons.
    fn successors(&self) -> BTreeMap<u32, u32> {
        let mut held: BTreeMap<u32, BTreeMap<u32, (i128, Reverse<FaceId>)>> = BTreeMap::new();
        for face in self.faces() {
            let Some(holder) = self.plane.label(face, AFTER) else { continue };
            for &rank in self.plane.labels(face, CLAIMS) {
                if self.claims.asks[rank as usize].object().is_some() {
                    let of_claim = held.entry(rank).or_default();
                    let share = of_claim.entry(holder).or_insert((0, Reverse(face)));
                    share.0 += self.plane.twice_area(face);
                }
            }
        }
        let most = held.into_iter().filter_map(|(rank, holders)| {
            let most = holders.into_iter().max_by_key(|&(_, share)| share)?;
            Some((rank, most.0))
        });
        most.collect()
    }
}
