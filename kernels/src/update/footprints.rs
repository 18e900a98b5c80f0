//! Objects of the evidence that changed as wholes.

use std::ops::Range;

use nomenclature::{Footprint, UpdateTables};

use super::Reason;
use super::decide::{Decision, Territory};
use crate::label::{NO_REGION, label_plane};
use crate::plane::Edit;

/// Gives the rest of an object of the evidence the cover that most of it changed to.
///
/// An object is a 4-connected set of cells of a layer. Of its cells that had not the cover before,
/// those that changed to it must be the share that the rules ask for; then all of them do, but for
/// locked ones and those without imagery. The outline of a building is better known to the layer
/// than to the imagery, and a house of 203 m2 that is seen as 190 would be lost below its unit.
pub(super) fn complete(territory: &Territory<'_>, tables: &UpdateTables, decision: &mut Decision) {
    for (footprint, layer) in tables.footprints().iter().zip(territory.footprints) {
        let objects = label_plane(&layer.map(u16::from));
        // Of the cells that may take the cover: those that did, and all.
        let mut counts = vec![(0_u64, 0_u64); objects.regions.len()];
        let mut missing = Vec::new();
        for row in 0..objects.dim().0 {
            for (cols, object) in objects.runs(row).filter(|run| run.1 != NO_REGION) {
                for (cols, cover, reason) in open(territory, decision, footprint, (row, cols)) {
                    let has_cover = cover == footprint.cover.0;
                    let (n_changed, n) = &mut counts[object as usize];
                    *n += cols.len() as u64;
                    *n_changed += cols.len() as u64 * u64::from(has_cover && reason.is_change());
                    if !has_cover {
                        missing.push((object, Edit::new(row, cols, footprint.cover.0)));
                    }
                }
            }
        }
        missing.retain(|&(object, _)| {
            let (n_changed, n) = counts[object as usize];
            n_changed > 0 && n_changed as f64 >= footprint.share * n as f64
        });
        let edits: Vec<_> = missing.into_iter().map(|(_, edit)| edit).collect();
        let takes_best = edits.iter().map(|edit| edit.with(true)).collect();
        decision.takes_best = decision.takes_best.edited(takes_best);
        decision.follow(edits);
    }
}

/// Columns, cover and reason of the cells over some columns of a row that had another cover before
/// and may take that of their footprint.
fn open<'a>(
    territory: &'a Territory<'_>,
    decision: &'a Decision,
    footprint: &'a Footprint,
    (row, cols): (usize, Range<usize>),
) -> impl Iterator<Item = (Range<usize>, u8, Reason)> + 'a {
    let had_another = |&(_, couple): &(Range<usize>, u16)| {
        let before = (couple >> 8) as u8;
        before != 0 && before != footprint.cover.0
    };
    let cells = territory.prior.row(row).over(cols).filter(had_another);
    let cells = cells.flat_map(move |(cols, _)| decision.over(row, cols));
    cells.filter(|(_, _, reason)| reason.is_change() || reason.may_follow())
}
