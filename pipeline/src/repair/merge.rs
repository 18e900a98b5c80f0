//! Neighbours with the same codes become one polygon.

use kernels::arrangement::{FaceId, LayerMask, NO_KEY, UNBOUNDED, arrange};
use kernels::coverage::unmerged;
use kernels::lattice::Polygon;
use kernels::union_find::UnionFind;

use super::rebuild::assemble;
use super::{Repairs, anchor, key};
use crate::error::Error;
use crate::tally::Tally;
use crate::vintage::Vintage;

/// Merges the polygons of equal couple that share a side; the result has the lowest id of them.
///
/// * `vintage`: a coverage, as [`super::repair`] makes one; its nodata couples merge with nothing.
/// * `repairs`, `tally`: get one entry for each polygon that another one takes in.
///
/// The ground of all polygons together stays the same, and so does the balance of the accounts.
/// Without such neighbours the polygons are left as they are.
///
/// # Errors
/// More boundaries than can be counted; the accounts do not balance, a defect of this program.
pub fn merge(vintage: Vintage, repairs: &mut Repairs, tally: &Tally) -> Result<Vintage, Error> {
    let keys: Vec<u16> = vintage.couples.iter().map(|couple| couple.to_cell()).collect();
    let pairs = unmerged(&vintage.polygons, &keys);
    if pairs.is_empty() {
        return Ok(vintage);
    }
    let mut sets = UnionFind::new(vintage.n_polygons());
    for pair in &pairs {
        sets.union(pair.polygons[0], pair.polygons[1]);
    }
    let keeper = keepers(&vintage, &mut sets);
    let plane = arrange(&[&vintage.polygons])?;
    let mut key_of = vec![NO_KEY; plane.n_faces()];
    let mut covered = 0;
    for face in UNBOUNDED + 1..plane.n_faces() as FaceId {
        if let Some(rank) = plane.label(face, 0) {
            key_of[face as usize] = keeper[rank as usize];
            covered += plane.twice_area(face);
        }
    }
    let before: i128 = vintage.polygons.iter().map(Polygon::twice_area).sum();
    if covered != before {
        repairs.change(key::NODING, covered - before);
    }
    for (rank, polygon) in vintage.polygons.iter().enumerate() {
        let into = keeper[rank] as usize;
        if into != rank {
            let id = |rank: usize| &vintage.objects[rank].id;
            let note = format!("`{}` into `{}`", id(rank), id(into));
            repairs.count(tally, key::MERGED, anchor(polygon), polygon.twice_area(), note);
        }
    }
    let merged = assemble(&vintage, plane.dissolve(&key_of, LayerMask::ALL), repairs, tally);
    repairs.twice_area_kept = merged.polygons.iter().map(Polygon::twice_area).sum();
    repairs.check()?;
    Ok(merged)
}

/// The polygon of lowest id in the set of each polygon.
fn keepers(vintage: &Vintage, sets: &mut UnionFind) -> Vec<u32> {
    let n = vintage.n_polygons() as u32;
    let mut best: Vec<u32> = (0..n).collect();
    let id = |rank: u32| &vintage.objects[rank as usize].id;
    for rank in 0..n {
        let root = sets.root(rank) as usize;
        if (id(rank), rank) < (id(best[root]), best[root]) {
            best[root] = rank;
        }
    }
    (0..n).map(|rank| best[sets.root(rank) as usize]).collect()
}
