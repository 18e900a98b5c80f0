//! Objects of the evidence that changed as wholes.

use nomenclature::{Footprint, UpdateTables};

use super::Reason;
use super::decide::{Decision, Territory};
use crate::label::{NO_REGION, label};

/// Gives the rest of an object of the evidence the cover that most of it changed to.
///
/// An object is a 4-connected set of cells of a layer. Of its cells that had not the cover before,
/// those that changed to it must be the share that the rules ask for; then all of them do, but for
/// locked ones and those without imagery. The outline of a building is better known to the layer
/// than to the imagery, and a house of 203 m2 that is seen as 190 would be lost below its unit.
pub(super) fn complete(territory: &Territory<'_>, tables: &UpdateTables, decision: &mut Decision) {
    for (footprint, layer) in tables.footprints().iter().zip(territory.footprints) {
        let objects = label(layer.mapv(|value| u16::from(value != 0)).view());
        let mut cells: Vec<Vec<(usize, usize)>> = vec![Vec::new(); objects.regions.len()];
        for row in 0..objects.dim().0 {
            for (cols, object) in objects.runs(row).filter(|run| run.1 != NO_REGION) {
                let open = cols
                    .map(|col| (row, col))
                    .filter(|&at| may_take(territory, decision, footprint, at));
                cells[object as usize].extend(open);
            }
        }
        for cells in &cells {
            let has_changed = |at: &&(usize, usize)| {
                Reason::decided(decision.reason[**at]).is_change()
                    && decision.cover[**at] == footprint.cover.0
            };
            let n_changed = cells.iter().filter(has_changed).count();
            if n_changed == 0 || (n_changed as f64) < footprint.share * cells.len() as f64 {
                continue;
            }
            for &at in cells {
                if decision.cover[at] != footprint.cover.0 {
                    decision.cover[at] = footprint.cover.0;
                    decision.reason[at] = Reason::ChangeWithObject.to_cell();
                    decision.confidence[at] = territory.proposal.certainty_prior[at]
                        .max(territory.proposal.certainty[at]);
                }
            }
        }
    }
}

/// Whether a cell had another cover before and may take that of its footprint.
fn may_take(
    territory: &Territory<'_>,
    decision: &Decision,
    footprint: &Footprint,
    at: (usize, usize),
) -> bool {
    let before = (territory.prior[at] >> 8) as u8;
    let reason = Reason::decided(decision.reason[at]);
    before != 0 && before != footprint.cover.0 && (reason.is_change() || reason.may_follow())
}
