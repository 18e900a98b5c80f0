//! The polygons made again from the faces of their arrangement.

use kernels::arrangement::{Arrangement, Dissolved, FaceId, LayerMask, NO_KEY, UNBOUNDED, arrange};
use kernels::coverage::{Defect, DefectKind};

use super::{Repairs, anchor, key};
use crate::error::Error;
use crate::tally::Tally;
use crate::vintage::Vintage;

/// Arranges all polygons and gives each face to the covering polygon of lowest id.
pub(super) fn rebuild(
    vintage: &Vintage,
    defects: &[Defect],
    repairs: &mut Repairs,
    tally: &Tally,
) -> Result<Vintage, Error> {
    let plane = arrange(&[&vintage.polygons])?;
    let winner = winners(&plane, &priorities(vintage));
    settle(vintage, &plane, &winner, defects, repairs);
    let pieces = plane.dissolve(&winner, LayerMask::ALL);
    report_lost(vintage, &pieces, defects, repairs, tally);
    Ok(assemble(vintage, pieces, repairs, tally))
}

/// The place of each polygon in the order of the ids.
fn priorities(vintage: &Vintage) -> Vec<u32> {
    let mut order: Vec<u32> = (0..vintage.n_polygons() as u32).collect();
    order.sort_by(|&a, &b| {
        vintage.objects[a as usize].id.cmp(&vintage.objects[b as usize].id).then(a.cmp(&b))
    });
    let mut priority = vec![0; order.len()];
    for (place, &rank) in order.iter().enumerate() {
        priority[rank as usize] = place as u32;
    }
    priority
}

/// The polygon that each face is given to; [`NO_KEY`] in gaps.
fn winners(plane: &Arrangement, priority: &[u32]) -> Vec<u32> {
    (0..plane.n_faces() as FaceId)
        .map(|face| {
            let labels = plane.labels(face, 0).iter().copied();
            labels.min_by_key(|&rank| priority[rank as usize]).unwrap_or(NO_KEY)
        })
        .collect()
}

/// Accounts for the ground given away on every face, and for what noding did to every polygon.
fn settle(
    vintage: &Vintage,
    plane: &Arrangement,
    winner: &[u32],
    defects: &[Defect],
    repairs: &mut Repairs,
) {
    let mut covered = vec![0_i128; vintage.n_polygons()];
    for face in UNBOUNDED + 1..plane.n_faces() as FaceId {
        let area = plane.twice_area(face);
        for &rank in plane.labels(face, 0) {
            covered[rank as usize] += area;
            if rank != winner[face as usize] {
                repairs.reassign(DefectKind::Overlap.key(), area);
            }
        }
    }
    let fault = faults(vintage.n_polygons(), defects);
    for (rank, polygon) in vintage.polygons.iter().enumerate() {
        let change = covered[rank] - polygon.twice_area();
        if change == 0 {
            continue;
        }
        if let Some(kind) = fault[rank] {
            repairs.change(kind.key(), change);
        } else {
            repairs.change(key::NODING, change);
            if let Some(repair) = repairs.by_key.get_mut(key::NODING) {
                repair.count += 1;
            }
        }
    }
}

/// What is wrong with each polygon taken alone, if anything; the first kind wins.
fn faults(n_polygons: usize, defects: &[Defect]) -> Vec<Option<DefectKind>> {
    let mut fault = vec![None; n_polygons];
    for defect in defects {
        let is_own = matches!(
            defect.kind,
            DefectKind::SelfIntersection
                | DefectKind::InvalidRing
                | DefectKind::HoleOutside
                | DefectKind::ZeroArea
        );
        if let (true, [rank]) = (is_own, defect.polygons.as_slice()) {
            fault[*rank as usize].get_or_insert(defect.kind);
        }
    }
    fault
}

/// Counts the polygons of which nothing is left because others cover them.
fn report_lost(
    vintage: &Vintage,
    pieces: &[Dissolved],
    defects: &[Defect],
    repairs: &mut Repairs,
    tally: &Tally,
) {
    let mut is_left = vec![false; vintage.n_polygons()];
    for piece in pieces {
        is_left[piece.key as usize] = true;
    }
    let fault = faults(vintage.n_polygons(), defects);
    for (rank, polygon) in vintage.polygons.iter().enumerate() {
        if !is_left[rank] && fault[rank] != Some(DefectKind::ZeroArea) {
            let note = format!("`{}`", vintage.objects[rank].id);
            repairs.count(tally, key::COVERED, anchor(polygon), polygon.twice_area(), note);
        }
    }
}

/// The pieces as polygons of the vintage, sorted by the polygon that they come from.
pub(super) fn assemble(
    vintage: &Vintage,
    mut pieces: Vec<Dissolved>,
    repairs: &mut Repairs,
    tally: &Tally,
) -> Vintage {
    // Sorted by key and ring already; the largest piece comes first and keeps the id.
    pieces.sort_by(|p, q| {
        p.key.cmp(&q.key).then(q.polygon.twice_area().cmp(&p.polygon.twice_area()))
    });
    let mut made = Vintage { year: vintage.year, ..Vintage::default() };
    let mut rest = pieces.into_iter().peekable();
    let mut part = 0;
    while let Some(piece) = rest.next() {
        let rank = piece.key as usize;
        let mut object = vintage.objects[rank].clone();
        part += 1;
        let is_last = rest.peek().is_none_or(|next| next.key != piece.key);
        if part > 1 {
            if is_last {
                let note = format!("`{}` in {part} pieces", object.id);
                repairs.count(tally, key::SPLIT, anchor(&piece.polygon), 0, note);
            }
            object.id = format!("{}/{part}", object.id);
        }
        if is_last {
            part = 0;
        }
        made.objects.push(object);
        made.couples.push(vintage.couples[rank]);
        made.polygons.push(piece.polygon);
    }
    made
}
