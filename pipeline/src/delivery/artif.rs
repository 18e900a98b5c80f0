//! `artif_<year>_<department>.gpkg`: every polygon of a vintage with its status.

use std::collections::BTreeMap;

use kernels::arrangement::LayerMask;
use kernels::artificialise::Artificialised;
use kernels::lattice::Polygon;

use super::Delivery;
use crate::basis::{Basis, Shares};
use crate::comparison::Ground;
use crate::error::Error;
use crate::io::record::{ArtifRecord, Deliverable};

/// Adds every polygon to the layer; see [`Delivery::artif`].
pub(super) fn add(
    delivery: &Delivery<'_>,
    layer: &mut Deliverable<ArtifRecord>,
    (ground, vintage): (&Ground, usize),
    verdicts: &Artificialised,
) -> Result<(), Error> {
    let shares = ground.shares(vintage, verdicts);
    let parts = parts(ground, vintage, verdicts, &shares);
    for (rank, polygon) in ground.vintages[vintage].polygons.iter().enumerate() {
        let whole = [(polygon.clone(), whole_status(ground, verdicts, rank, &shares[rank]))];
        let parts = parts.get(&(rank as u32)).map_or(whole.as_slice(), Vec::as_slice);
        for (number, (polygon, is_artificial)) in (1..).zip(parts) {
            let mut occupation = delivery.occupation(ground, vintage, rank);
            if number > 1 {
                occupation.id = format!("{}/{number}", occupation.id);
            }
            let record = ArtifRecord {
                occupation,
                area_m2: polygon.area_m2(),
                is_artificial: *is_artificial,
                is_from_threshold: match ground.main_basis() {
                    Basis::Official => shares[rank].official_by_threshold != 0,
                    // An exempted part has not the status that the threshold gave.
                    Basis::Rules | Basis::Unexempted => {
                        let verdict = &verdicts.verdicts[rank];
                        verdict.by_threshold && verdict.status == *is_artificial
                    }
                },
            };
            layer.add(polygon, &record)?;
        }
    }
    Ok(())
}

/// The status of a polygon of one status; without a face of its own, what the rule set says.
fn whole_status(ground: &Ground, verdicts: &Artificialised, rank: usize, shares: &Shares) -> bool {
    let is_hidden = shares.artificial == 0 && shares.natural == 0;
    let by_rules = ground.main_basis() == Basis::Rules && verdicts.verdicts[rank].status;
    if is_hidden { by_rules } else { shares.artificial != 0 }
}

/// The parts of one status of each polygon that has two.
fn parts(
    ground: &Ground,
    vintage: usize,
    verdicts: &Artificialised,
    shares: &[Shares],
) -> BTreeMap<u32, Vec<(Polygon, bool)>> {
    let mut parts: BTreeMap<u32, Vec<(Polygon, bool)>> = BTreeMap::new();
    if !shares.iter().any(Shares::is_mixed) {
        return parts;
    }
    let pieces = ground.pieces(LayerMask::of(&[vintage]), |face| {
        let rank = ground.plane.label(face, vintage)?;
        let status = ground.status(face, vintage, verdicts);
        shares[rank as usize].is_mixed().then_some((rank, status))
    });
    for piece in pieces {
        let (rank, status) = piece.key;
        parts.entry(rank).or_default().push((piece.dissolved.polygon, status));
    }
    parts
}
