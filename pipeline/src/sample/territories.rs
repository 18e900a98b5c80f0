//! Communes, their groupings and the planning zones: parcels gathered.

use std::collections::BTreeSet;

use kernels::lattice::Polygon;

use super::mosaic::Mosaic;
use super::noise::{Dice, unit};
use super::settle::Land;
use super::shape::distance;
use super::usage::{Look, ParcelUse};

/// A commune of the territory; every name is made up.
#[derive(Debug, Clone, PartialEq)]
pub struct Commune {
    /// Its INSEE code, in a range that no commune uses.
    pub insee: String,
    /// Its name.
    pub name: &'static str,
    /// Code and name of its EPCI.
    pub epci: (&'static str, &'static str),
    /// Its ground.
    pub polygons: Vec<Polygon>,
}

/// Code and name of the one SCoT.
pub const SCOT: (&str, &str) = ("SCOT-FICTIF", "SCoT du Pays Imaginaire");

const NAMES: [&str; 6] = [
    "Vignefictive",
    "Saint-Exemple-des-Garrigues",
    "Pontimaginaire",
    "Roquefeinte-le-Neuf",
    "Bourg-Inventé",
    "Valsonge-sur-Rien",
];

const EPCI: [(&str, &str); 2] =
    [("900000001", "CC des Vallons Fictifs"), ("900000002", "CA du Grand Exemple")];

/// A planning zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// Its `TYPEZONE`.
    pub kind: &'static str,
    /// Its ground.
    pub polygon: Polygon,
}

const ZONE_KINDS: [&str; 5] = ["U", "AUc", "AUs", "A", "N"];

/// Which commune each parcel belongs to: parcels are added one by one, nearest to a seed first, so
/// that communes hold together.
pub fn communes_of(land: &Land) -> Vec<u32> {
    let mut dice = Dice::new(land.ground.seed, 0xf1, 0);
    let n_communes = 4 + (dice.bits() % 3) as usize;
    let inside: Vec<usize> = (0..land.uses.len())
        .filter(|&p| land.ground.holds(land.ground.bend(land.middles[p]), 0.0))
        .collect();
    let mut seeds: Vec<usize> = Vec::new();
    while seeds.len() < n_communes.min(inside.len()) {
        let lone = |p: usize| {
            let near = |&s: &usize| distance(land.middles[s], land.middles[p]);
            let wish = 0.8 + 0.4 * unit(land.ground.seed ^ 0xf2, p as i64, 0);
            wish * seeds.iter().map(near).fold(f64::from(land.ground.size_m), f64::min)
        };
        let next = inside
            .iter()
            .copied()
            .filter(|p| !seeds.contains(p))
            .max_by(|&a, &b| lone(a).total_cmp(&lone(b)).then(b.cmp(&a)));
        seeds.extend(next);
    }
    seeds.sort_by(|&a, &b| land.middles[a].0.total_cmp(&land.middles[b].0));
    let mut commune = vec![u32::MAX; land.uses.len()];
    let cost = |p: usize, s: usize| (1000.0 * distance(land.middles[p], land.middles[s])) as u64;
    let mut queue: BTreeSet<(u64, usize, u32)> =
        seeds.iter().enumerate().map(|(c, &s)| (0, s, c as u32)).collect();
    while let Some((_, parcel, c)) = queue.pop_first() {
        if commune[parcel] != u32::MAX {
            continue;
        }
        commune[parcel] = c;
        for next in land.plan.neighbours(parcel).filter(|&p| commune[p] == u32::MAX) {
            queue.insert((cost(next, seeds[c as usize]), next, c));
        }
    }
    commune
}

/// The communes, which cover the territory exactly.
pub fn communes(department: &str, mosaic: &Mosaic, of_parcel: &[u32]) -> Vec<Commune> {
    let pieces = mosaic.by_parcel(&|p| Some(of_parcel[p]), &|_| None);
    let n = of_parcel.iter().max().map_or(0, |&c| c + 1);
    let first = if department.len() == 3 { 91 } else { 991 };
    (0..n)
        .map(|c| Commune {
            insee: format!("{department}{}", first + c),
            name: NAMES[c as usize],
            epci: EPCI[usize::from(2 * c >= n)],
            polygons: pieces.iter().filter(|p| p.0 == c).map(|p| p.1.clone()).collect(),
        })
        .filter(|c| !c.polygons.is_empty())
        .collect()
}

/// The planning zones of all communes but the last, which has no plan; a few parcels are missing.
pub fn zones(land: &Land, after: &[ParcelUse], mosaic: &Mosaic, of_parcel: &[u32]) -> Vec<Zone> {
    let last = of_parcel.iter().max().copied().unwrap_or(0);
    let kind = |p: usize| {
        let draw = unit(land.ground.seed ^ 0xf3, p as i64, 0);
        if of_parcel[p] == last && last > 0 || draw < 0.02 {
            return None;
        }
        let near_town = land.plan.neighbours(p).any(|q| land.uses[q].is_urban());
        Some(match (land.uses[p], after[p]) {
            (first, _) if first.is_urban() => 0,
            (_, second) if second.is_urban() => 1,
            (ParcelUse::Open(look), _) => match look {
                Look::Conifer | Look::Broadleaf | Look::Mixed | Look::Shrub => 4,
                _ if near_town && draw < 0.25 => 2,
                _ => 3,
            },
            _ => 3,
        })
    };
    let pieces = mosaic.by_parcel(&kind, &|_| None);
    pieces.into_iter().map(|(k, polygon)| Zone { kind: ZONE_KINDS[k as usize], polygon }).collect()
}
