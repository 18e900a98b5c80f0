//! What each vintage covers of the ground, and what two of them share.

use kernels::arrangement::FaceId;

use super::Request;
use crate::comparison::{Comparison, Ground};
use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::proof::{Area, Cover, Measures, Proof, Shared};
use crate::tally::Tally;
use crate::vintage::key;

/// Measures every vintage against itself, the communes and the next vintage.
///
/// # Errors
/// [`Error::Invariant`] when a vintage covers a place twice, which reading excludes;
/// [`Error::Input`] when two consecutive vintages, or the last one and the communes, share no
/// ground.
pub(super) fn measure(
    request: &Request,
    ground: &Ground,
    tally: &Tally,
) -> Result<Vec<Proof>, Error> {
    let mut proofs = Vec::new();
    for (rank, vintage) in ground.vintages.iter().enumerate() {
        let cover = cover(ground, rank);
        if cover.twice_m2 != Area(0) {
            let details = format!("{} m2 twice in {}", cover.twice_m2, vintage.year);
            return Err(Error::invariant("vintage_covers_once", details));
        }
        proofs.push(Proof::new(Measures::VintageCoversOnce(cover)).of(vintage.year));
    }
    for step in ground.steps() {
        proofs.push(shared(request, &step)?);
    }
    let newest = ground.vintages.len() - 1;
    let is_covered = |face: &FaceId| ground.plane.label(*face, newest).is_some();
    if !ground.faces().filter(is_covered).any(|face| ground.commune(face).is_some()) {
        return Err(apart(&request.territories[0], "the last vintage"));
    }
    count_disputed(ground, tally);
    Ok(proofs)
}

/// What a vintage covers of the ground.
fn cover(ground: &Ground, vintage: usize) -> Cover {
    let mut cover = Cover::default();
    for face in ground.faces() {
        let area = ground.plane.twice_area(face);
        let is_inside = ground.commune(face).is_some();
        match ground.plane.labels(face, vintage).len() {
            0 => cover.uncovered_m2.0 += if is_inside { area } else { 0 },
            n => {
                cover.covered_m2.0 += area;
                cover.twice_m2.0 += if n > 1 { area } else { 0 };
                cover.outside_m2.0 += if is_inside { 0 } else { area };
            }
        }
    }
    cover
}

/// The ground of two vintages, together and apart.
fn shared(request: &Request, step: &Comparison<'_>) -> Result<Proof, Error> {
    let (mut both, mut before, mut after) = (0, 0, 0);
    for face in step.faces() {
        let area = step.ground.plane.twice_area(face);
        match step.pair(face) {
            (Some(_), Some(_)) => both += area,
            (Some(_), None) => before += area,
            (None, Some(_)) => after += area,
            (None, None) => {}
        }
    }
    let interval = step.interval();
    if both == 0 {
        let layer = request.vintages.iter().find(|vintage| vintage.of == interval.after);
        let layer = &layer.expect("the year comes from the request").layer;
        return Err(apart(layer, &format!("vintage {}", interval.before)));
    }
    let shared = Shared {
        before: interval.before,
        after: interval.after,
        both_m2: Area(both),
        only_before_m2: Area(before),
        only_after_m2: Area(after),
    };
    Ok(Proof::new(Measures::GroundOf(shared)).of(interval.before).of(interval.after))
}

/// Counts the ground that several communes claim.
fn count_disputed(ground: &Ground, tally: &Tally) {
    let layer = ground.vintages.len();
    for face in ground.faces() {
        let labels = ground.plane.labels(face, layer);
        let owner = |polygon: &u32| ground.territory.communes.owner[*polygon as usize];
        let Some((first, others)) = labels.split_first() else { continue };
        if let Some(other) = others.iter().map(owner).find(|&other| other != owner(first)) {
            let code =
                |rank: u32| &ground.territory.communes.gazetteer.communes[rank as usize].code;
            let corner = ground.territory.communes.polygons[*first as usize].exterior.0.first();
            let note = format!("`{}`, `{}`", code(owner(first)), code(other));
            let area = ground.plane.twice_area(face);
            tally.count_at(key::COMMUNES_OVERLAP, corner.copied().unwrap_or_default(), area, note);
        }
    }
}

fn apart(layer: &Layer, other: &str) -> Error {
    InputError::new(&layer.path, format!("this layer shares no ground with {other}"))
        .expected("layers of the same territory")
        .hint("check the files and their CRS")
        .into()
}
