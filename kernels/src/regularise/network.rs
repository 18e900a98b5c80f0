//! Roads and rail stay connected.
//!
//! The network is all cells of a network code together, whatever their cover. Four rules keep it
//! from being cut:
//!
//! 1. A narrow stretch that links stays: it touches two parts of the network that stay, or the
//!    network (or the edge of the raster, behind which it may go on) at two places. A stretch that
//!    ends blindly is given away like other narrow ground.
//! 2. A stretch that cannot be given away whole stays whole: no piece of road is left floating.
//! 3. Narrow ground that parts two pieces of the network goes to it ([`super::width`]), as trees
//!    over a road do; no other ground goes to a network for being narrow.
//! 4. A network region below its unit goes to a network neighbour where it touches one
//!    ([`super::CaptureRule::is_last_resort`]); only a region without any goes elsewhere.
//!
//! So two cells of the network that were connected and are still network are still connected.

use ndarray::{Array2, ArrayView2, Zip};

use super::ShapeRule;
use crate::label::{NO_REGION, label};

/// The neighbour of stretches that touch the edge of the raster or ground that is not known.
const EDGE: u32 = NO_REGION;

/// Number of connected pieces of the network of a raster.
pub fn n_components(codes: ArrayView2<'_, u16>, rule: &(impl ShapeRule + ?Sized)) -> usize {
    let network = codes.mapv(|code| u16::from(code != 0 && rule.is_network(code)));
    label(network.view()).regions.len()
}

/// Takes the stretches of the network that link off the cells that are free to be given away.
pub(super) fn keep_links(
    codes: ArrayView2<'_, u16>,
    free: &mut Array2<bool>,
    rule: &(impl ShapeRule + ?Sized),
) {
    let keys = codes.mapv(|code| u16::from(code != 0 && rule.is_network(code)));
    keep_stretches(&keys, |at| codes.get(at).is_none_or(|&code| code == 0), free);
}

/// Takes the narrow necks between two parts of a region, of whatever code, off the free cells.
pub(super) fn keep_necks(codes: ArrayView2<'_, u16>, free: &mut Array2<bool>) {
    keep_stretches(&codes.to_owned(), |_| false, free);
}

/// Takes the free stretches of equal key that link off the free cells.
///
/// * `keys`: what belongs together, 0 nothing; `is_edge`: places behind which it may go on.
fn keep_stretches(
    keys: &Array2<u16>,
    is_edge: impl Fn((usize, usize)) -> bool,
    free: &mut Array2<bool>,
) {
    let keyed = |wanted: bool| {
        let part = |&key: &u16, &is_free: &bool| if is_free == wanted { key } else { 0 };
        label(Zip::from(keys).and(&*free).map_collect(part).view())
    };
    let (stretches, stays) = (keyed(true), keyed(false));
    let (stretch_of, piece_of) = (stretches.raster(), stays.raster());
    let mut contacts: Vec<Contact> = Vec::new();
    for (at, &stretch) in stretch_of.indexed_iter().filter(|(_, stretch)| **stretch > 0) {
        for to in around(at) {
            let is_same = || keys.get(to) == keys.get(at);
            let piece = piece_of.get(to).copied().filter(|&piece| piece > 0 && is_same());
            let Some(neighbour) = piece.or_else(|| is_edge(to).then_some(EDGE)) else { continue };
            contacts.push(Contact { stretch: stretch - 1, neighbour, row: at.0, col: at.1 });
        }
    }
    contacts.sort_unstable();
    let mut links = vec![false; stretches.regions.len()];
    for stretch in contacts.chunk_by(|a, b| a.stretch == b.stretch) {
        let is_pair = stretch.iter().any(|contact| contact.neighbour != stretch[0].neighbour);
        links[stretch[0].stretch as usize] = is_pair || n_places(stretch) > 1;
    }
    Zip::from(free).and(&stretch_of).for_each(|is_free, &stretch| {
        *is_free &= stretch == 0 || !links[stretch as usize - 1];
    });
}

/// A cell of a stretch beside a part of the network that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Contact {
    stretch: u32,
    neighbour: u32,
    row: usize,
    col: usize,
}

/// The cells at the four sides of a cell; beyond the raster they wrap and are found nowhere.
fn around((row, col): (usize, usize)) -> [(usize, usize); 4] {
    [(row.wrapping_sub(1), col), (row, col.wrapping_sub(1)), (row, col + 1), (row + 1, col)]
}

/// Number of groups of cells that touch by their sides or corners.
fn n_places(contacts: &[Contact]) -> usize {
    let mut cells: Vec<(usize, usize)> = contacts.iter().map(|c| (c.row, c.col)).collect();
    cells.sort_unstable();
    cells.dedup();
    let mut sets = crate::union_find::UnionFind::new(cells.len());
    for (rank, &(row, col)) in cells.iter().enumerate() {
        let before = [
            (row.wrapping_sub(1), col.wrapping_sub(1)),
            (row.wrapping_sub(1), col),
            (row.wrapping_sub(1), col + 1),
            (row, col.wrapping_sub(1)),
        ];
        for other in before.iter().filter_map(|cell| cells.binary_search(cell).ok()) {
            sets.union(rank as u32, other as u32);
        }
    }
    sets.ranks(|_| true).1
}

/// The free cells of narrow regions, themselves no network, that touch two pieces of the network
/// that stays; specks of network do not count.
pub(super) fn parting_cells(
    codes: ArrayView2<'_, u16>,
    free: &Array2<bool>,
    rule: &(impl ShapeRule + ?Sized),
) -> Array2<bool> {
    let is_network = |code: u16| code != 0 && rule.is_network(code);
    let stays = Zip::from(codes)
        .and(free)
        .map_collect(|&code, &is_free| u16::from(is_network(code) && !is_free));
    let network = label(stays.view()).raster();
    let ground = Zip::from(codes)
        .and(free)
        .map_collect(|&code, &is_free| if is_free && !is_network(code) { code } else { 0 });
    let labels = label(ground.view());
    let regions = labels.raster();
    let mut first_piece = vec![0; labels.regions.len()];
    let mut parts = vec![false; labels.regions.len()];
    for (at, &region) in regions.indexed_iter().filter(|(_, region)| **region > 0) {
        let region = region as usize - 1;
        for &piece in around(at).iter().filter_map(|&to| network.get(to)).filter(|p| **p > 0) {
            parts[region] |= first_piece[region] != 0 && first_piece[region] != piece;
            first_piece[region] = piece;
        }
    }
    labels.paint(|region| parts[region])
}

/// Takes the stretches that were not given away whole off the free cells; whether there were any.
pub(super) fn keep_partial(
    codes: ArrayView2<'_, u16>,
    given: &Array2<u16>,
    free: &mut Array2<bool>,
    rule: &(impl ShapeRule + ?Sized),
) -> bool {
    let stretches = Zip::from(codes)
        .and(&*free)
        .map_collect(|&code, &is_free| u16::from(is_free && rule.is_network(code)));
    let left = Zip::from(&stretches)
        .and(codes)
        .and(given)
        .map_collect(|&stretch, &was, &now| stretch == 1 && was == now);
    if !left.iter().any(|&is_left| is_left) {
        return false;
    }
    let labels = label(stretches.view());
    let n_left = labels.count(left.view());
    let regions = labels.raster();
    Zip::from(free).and(&regions).for_each(|is_free, &region| {
        *is_free &= region == 0 || n_left[region as usize - 1] == 0;
    });
    true
}

#[cfg(test)]
mod tests;
