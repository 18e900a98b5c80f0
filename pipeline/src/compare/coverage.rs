//! What each vintage covers of the ground, and what two of them share.

use kernels::arrangement::FaceId;
use kernels::lattice::area_m2;

use super::Request;
use crate::comparison::{Comparison, Ground};
use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::stage_report::Proof;
use crate::tally::Tally;
use crate::vintage::key;

/// Ground by what covers it, as doubled areas in square lattice steps.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cover {
    /// Covered by the vintage.
    once: i128,
    /// Covered by several of its polygons.
    twice: i128,
    /// Covered by the vintage, outside every commune.
    outside: i128,
    /// Inside a commune, not covered by the vintage: gaps, and ground beyond its limits.
    uncovered: i128,
}

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
        let cover = Cover::of(ground, rank);
        if cover.twice != 0 {
            let details = format!("{} m2 twice in {}", area_m2(cover.twice), vintage.year);
            return Err(Error::invariant("vintage_covers_once", details));
        }
        let Cover { once, twice, outside, uncovered } = cover;
        proofs.push(Proof {
            invariant: format!("vintage_covers_once_{}", vintage.year),
            measured: format!(
                "{} m2 covered, {} m2 covered twice, {} m2 outside the communes, {} m2 of the \
                 communes not covered",
                area_m2(once),
                area_m2(twice),
                area_m2(outside),
                area_m2(uncovered)
            ),
        });
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

impl Cover {
    fn of(ground: &Ground, vintage: usize) -> Self {
        let mut cover = Self::default();
        for face in ground.faces() {
            let area = ground.plane.twice_area(face);
            let is_inside = ground.commune(face).is_some();
            match ground.plane.labels(face, vintage).len() {
                0 => cover.uncovered += if is_inside { area } else { 0 },
                n => {
                    cover.once += area;
                    cover.twice += if n > 1 { area } else { 0 };
                    cover.outside += if is_inside { 0 } else { area };
                }
            }
        }
        cover
    }
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
    Ok(Proof {
        invariant: format!("ground_of_{}_{}", interval.before, interval.after),
        measured: format!(
            "{} m2 in both, {} m2 in {} only, {} m2 in {} only",
            area_m2(both),
            area_m2(before),
            interval.before,
            area_m2(after),
            interval.after
        ),
    })
}

/// Counts the ground that several communes claim.
fn count_disputed(ground: &Ground, tally: &Tally) {
    let layer = ground.vintages.len();
    for face in ground.faces() {
        let labels = ground.plane.labels(face, layer);
        let owner = |polygon: &u32| ground.communes.owner[*polygon as usize];
        let Some((first, others)) = labels.split_first() else { continue };
        if let Some(other) = others.iter().map(owner).find(|&other| other != owner(first)) {
            let code = |rank: u32| &ground.communes.gazetteer.communes[rank as usize].code;
            let corner = ground.communes.polygons[*first as usize].exterior.0.first();
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
