//! What happens between the two dates: believable changes of parcels, near one another.

use super::noise::Dice;
use super::settle::Land;
use super::shape::distance;
use super::usage::{Look, ParcelUse};

/// Share of the territory that changes.
const CHANGED_SHARE: f64 = 0.03;

/// One kind of story, its share of the changed area, and where it happens.
struct Story {
    share: f64,
    in_town: bool,
    from: fn(ParcelUse) -> bool,
    to: &'static [ParcelUse],
}

const STORIES: [Story; 10] = [
    Story { share: 0.26, in_town: true, from: is_farmed, to: &[ParcelUse::Houses] },
    Story {
        share: 0.16,
        in_town: true,
        from: is_farmed,
        to: &[ParcelUse::Shops, ParcelUse::Factories],
    },
    Story {
        share: 0.08,
        in_town: true,
        from: |u| u == ParcelUse::WorkSite,
        to: &[ParcelUse::Houses, ParcelUse::Shops],
    },
    Story { share: 0.05, in_town: true, from: is_farmed, to: &[ParcelUse::WorkSite] },
    Story {
        share: 0.06,
        in_town: true,
        from: |u| u == ParcelUse::Factories,
        to: &[ParcelUse::Open(Look::Wasteland)],
    },
    Story { share: 0.10, in_town: false, from: is_vine, to: &[ParcelUse::Open(Look::Meadow)] },
    Story { share: 0.05, in_town: false, from: is_vine, to: &[ParcelUse::Open(Look::Wasteland)] },
    Story { share: 0.09, in_town: false, from: is_wood, to: &[ParcelUse::Open(Look::Arable)] },
    Story {
        share: 0.07,
        in_town: false,
        from: |u| u == ParcelUse::Open(Look::Conifer),
        to: &[ParcelUse::Open(Look::Felled)],
    },
    Story {
        share: 0.08,
        in_town: false,
        from: |u| matches!(u, ParcelUse::Open(Look::Arable | Look::Meadow)),
        to: &[ParcelUse::Open(Look::Shrub)],
    },
];

fn is_farmed(used: ParcelUse) -> bool {
    matches!(used, ParcelUse::Open(Look::Arable | Look::Meadow | Look::Vine | Look::Orchard))
}

fn is_vine(used: ParcelUse) -> bool {
    used == ParcelUse::Open(Look::Vine)
}

fn is_wood(used: ParcelUse) -> bool {
    matches!(used, ParcelUse::Open(Look::Broadleaf | Look::Mixed | Look::Conifer))
}

/// The use of every parcel at the second date: about 3 % of the territory changes, around the
/// villages and a few places of the country.
pub fn second_uses(land: &Land) -> Vec<ParcelUse> {
    let size_m = f64::from(land.ground.size_m);
    let budget_m2 = CHANGED_SHARE * size_m * size_m;
    let mut uses = land.uses.clone();
    let mut spent_m2 = 0.0;
    for (rank, story) in STORIES.iter().enumerate() {
        let mut share_m2 = story.share * budget_m2;
        for parcel in candidates(land, story, rank) {
            let area_m2 = land.area_m2(parcel);
            let is_known = uses[parcel] != land.uses[parcel];
            let is_isolated = story.in_town && !touches_town(land, parcel);
            if is_known || is_isolated || area_m2 > 1.5 * share_m2.max(0.012 * budget_m2) {
                continue;
            }
            if spent_m2 + area_m2 > 1.08 * budget_m2 {
                continue;
            }
            let mut dice = Dice::new(land.ground.seed, 0xc0 + rank as u64, parcel);
            uses[parcel] = dice.pick(story.to);
            spent_m2 += area_m2;
            share_m2 -= area_m2;
            if share_m2 <= 0.0 {
                break;
            }
        }
    }
    uses
}

/// The parcels where a story may happen, the likeliest first.
fn candidates(land: &Land, story: &Story, rank: usize) -> Vec<usize> {
    let seed = land.ground.seed;
    let size_m = f64::from(land.ground.size_m);
    let n_foci = 1 + (size_m * size_m / 8e6) as usize;
    let foci: Vec<(f64, f64)> = if story.in_town {
        land.villages.iter().map(|v| v.centre).collect()
    } else {
        (0..n_foci)
            .map(|focus| {
                let mut dice = Dice::new(seed, 0xd0 + rank as u64 % 3, focus);
                (dice.between(0.15, 0.85) * size_m, dice.between(0.15, 0.85) * size_m)
            })
            .collect()
    };
    let mut found: Vec<(f64, usize)> = (0..land.uses.len())
        .filter(|&p| (story.from)(land.uses[p]))
        .filter(|&p| {
            let outline = land.plan.outline(p);
            outline.iter().all(|&c| land.ground.holds(land.ground.bend(c), 12.0))
        })
        .map(|p| {
            let near =
                foci.iter().map(|&f| distance(f, land.middles[p])).fold(f64::INFINITY, f64::min);
            let mut dice = Dice::new(seed, 0xe0 + rank as u64, p);
            (near * dice.between(0.75, 1.3), p)
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    found.into_iter().map(|(_, p)| p).collect()
}

/// Whether a parcel has a neighbour with streets, or has some itself.
fn touches_town(land: &Land, parcel: usize) -> bool {
    land.uses[parcel].is_urban() || land.plan.neighbours(parcel).any(|p| land.uses[p].is_urban())
}
