//! Flux from a difference layer alone: no vintage, hence no stock and no area threshold.

use kernels::arrangement::arrange;
use kernels::flux::{Face, Labels, Ledger};

use crate::error::Error;
use crate::judge::Judge;
use crate::tally::Tally;
use crate::territory::Communes;
use crate::vintage::difference::Difference;

/// Stable key of ground that several polygons of the difference claim; the first one counts.
pub const DIFF_OVERLAP: &str = "diff_overlap";

/// The flux of every commune, from one arrangement of the difference and the communes.
///
/// Ground that several polygons claim counts once, with the first of them, and is counted in
/// `tally`. Stocks of the ledger are those of the changed ground only; ground outside every commune
/// is its remainder.
///
/// # Errors
/// A coordinate beyond the lattice.
pub fn ledger(
    difference: &Difference,
    communes: &Communes,
    judge: &Judge,
    tally: &Tally,
) -> Result<Ledger, Error> {
    let plane = arrange(&[&difference.polygons, &communes.polygons])?;
    let mut faces = Vec::new();
    for face in 1..plane.n_faces() as u32 {
        let labels = plane.labels(face, 0);
        let Some(&first) = labels.first() else { continue };
        let twice_area = plane.twice_area(face);
        if labels.len() > 1 {
            let ring = &difference.polygons[labels[1] as usize].exterior.0;
            let place = ring.first().copied().unwrap_or_default();
            tally.count_at(DIFF_OVERLAP, place, twice_area, "");
        }
        let rank = first as usize;
        let (before, after) = (difference.before[rank], difference.after[rank]);
        let territory = plane.label(face, 1).map(|polygon| communes.owner[polygon as usize]);
        faces.push(Face {
            twice_area,
            labels: Labels {
                territory,
                zone: None,
                before,
                after,
                artif_before: judge.is_artificial(before),
                artif_after: judge.is_artificial(after),
                imper_before: judge.is_impermeable(before),
                imper_after: judge.is_impermeable(after),
                change: None,
            },
        });
    }
    Ok(Ledger::of(&faces))
}

#[cfg(test)]
mod tests;
