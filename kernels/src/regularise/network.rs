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

use std::ops::Range;

use rayon::prelude::*;

use super::ShapeRule;
use crate::label::{Labels, NO_REGION, label_plane};
use crate::plane::Plane;

/// The neighbour of stretches that touch the edge of the raster or ground that is not known.
const EDGE: u32 = NO_REGION;

/// Number of connected pieces of the network of a raster.
pub fn n_components(codes: &Plane<u16>, rule: &(impl ShapeRule + ?Sized)) -> usize {
    label_plane(&network_of(codes, rule)).regions.len()
}

/// 1 on the network, 0 elsewhere.
fn network_of(codes: &Plane<u16>, rule: &(impl ShapeRule + ?Sized)) -> Plane<u16> {
    codes.map(|code| u16::from(code != 0 && rule.is_network(code)))
}

/// Takes the stretches of the network that link off the cells that are free to be given away.
pub(super) fn keep_links(
    codes: &Plane<u16>,
    free: &Plane<bool>,
    rule: &(impl ShapeRule + ?Sized),
) -> Plane<bool> {
    keep_stretches(&network_of(codes, rule), Some(codes), free)
}

/// Takes the narrow necks between two parts of a region, of whatever code, off the free cells.
pub(super) fn keep_necks(codes: &Plane<u16>, free: &Plane<bool>) -> Plane<bool> {
    keep_stretches(codes, None, free)
}

/// Takes the free stretches of equal key that link off the free cells.
///
/// * `keys`: what belongs together, 0 nothing.
/// * `edges`: where given, ground of code 0 and the outside of the raster are places behind which a
///   stretch may go on.
fn keep_stretches(
    keys: &Plane<u16>,
    edges: Option<&Plane<u16>>,
    free: &Plane<bool>,
) -> Plane<bool> {
    let part = |wanted: bool| {
        let part = |key: u16, is_free: bool| if is_free == wanted { key } else { 0 };
        label_plane(&keys.zip(free, part))
    };
    let stretches = part(true);
    if stretches.regions.is_empty() {
        return free.clone();
    }
    let stays = part(false);
    let meetings = Meetings { stretches: &stretches, stays: &stays, edges };
    let rows = (0..keys.dim().0).into_par_iter();
    let mut contacts: Vec<Contact> = rows.flat_map_iter(|row| meetings.of_row(row)).collect();
    contacts.par_sort_unstable();
    let mut links = vec![false; stretches.regions.len()];
    for stretch in contacts.chunk_by(|a, b| a.stretch == b.stretch) {
        let is_pair = stretch.iter().any(|contact| contact.neighbour != stretch[0].neighbour);
        links[stretch[0].stretch as usize] = is_pair || n_places(stretch) > 1;
    }
    let linking = stretches.plane(|stretch| links[stretch], false);
    free.zip(&linking, |is_free, links| is_free && !links)
}

/// A cell of a stretch beside a part of the network that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Contact {
    stretch: u32,
    neighbour: u32,
    row: u32,
    col: u32,
}

/// Where stretches meet what stays and the edges.
struct Meetings<'a> {
    stretches: &'a Labels,
    stays: &'a Labels,
    edges: Option<&'a Plane<u16>>,
}

impl Meetings<'_> {
    /// The contacts of the stretches of a row.
    fn of_row(&self, row: usize) -> Vec<Contact> {
        let mut contacts = Vec::new();
        for (cols, stretch) in self.stretches.runs(row).filter(|run| run.1 != NO_REGION) {
            for (own, beside) in sides(row, &cols, self.stretches.dim()) {
                let mut add = |cells: Range<usize>, neighbour: u32| {
                    let contact =
                        |col| Contact { stretch, neighbour, row: row as u32, col: col as u32 };
                    contacts.extend(cells.map(contact));
                };
                let Some((row, span)) = beside else {
                    if self.edges.is_some() {
                        add(own, EDGE);
                    }
                    continue;
                };
                let own_of = |cells: Range<usize>| {
                    own.start + cells.start - span.start..own.start + cells.end - span.start
                };
                let key = self.stretches.regions[stretch as usize].value;
                for (cells, piece) in self.stays.row(row).over(span.clone()) {
                    if piece != NO_REGION && self.stays.regions[piece as usize].value == key {
                        add(own_of(cells), piece);
                    }
                }
                let unknown = self.edges.map(|codes| codes.row(row).over(span.clone()));
                for (cells, _) in unknown.into_iter().flatten().filter(|run| run.1 == 0) {
                    add(own_of(cells), EDGE);
                }
            }
        }
        contacts
    }
}

/// Some of the columns of a run, and the row and columns across from them; `None` outside the raster.
type Side = (Range<usize>, Option<(usize, Range<usize>)>);

/// The cells beside the four sides of a run: which of its own columns, and the row and columns
/// across, as many; `None` outside the raster.
fn sides(row: usize, cols: &Range<usize>, (n_rows, n_cols): (usize, usize)) -> [Side; 4] {
    let (start, end) = (cols.start, cols.end);
    [
        (cols.clone(), row.checked_sub(1).map(|above| (above, cols.clone()))),
        (start..start + 1, start.checked_sub(1).map(|col| (row, col..start))),
        (end - 1..end, (end < n_cols).then_some((row, end..end + 1))),
        (cols.clone(), (row + 1 < n_rows).then_some((row + 1, cols.clone()))),
    ]
}

/// Number of groups of cells that touch by their sides or corners.
fn n_places(contacts: &[Contact]) -> usize {
    let mut cells: Vec<(u32, u32)> = contacts.iter().map(|c| (c.row, c.col)).collect();
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
    codes: &Plane<u16>,
    free: &Plane<bool>,
    rule: &(impl ShapeRule + ?Sized),
) -> Plane<bool> {
    let network = network_of(codes, rule);
    let pieces = label_plane(&network.zip(free, |key, is_free| if is_free { 0 } else { key }));
    let free_ground = codes.zip(free, |code, is_free| if is_free { code } else { 0 });
    let ground =
        label_plane(&free_ground.zip(&network, |code, key| if key == 0 { code } else { 0 }));
    let rows = (0..codes.dim().0).into_par_iter();
    let mut pairs: Vec<(u32, u32)> =
        rows.flat_map_iter(|row| pieces_beside(&ground, &pieces, row)).collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    let mut parts = vec![false; ground.regions.len()];
    for region in pairs.chunk_by(|a, b| a.0 == b.0).filter(|pieces| pieces.len() > 1) {
        parts[region[0].0 as usize] = true;
    }
    ground.plane(|region| parts[region], false)
}

/// The regions of a row with the pieces that touch them by a side.
fn pieces_beside(ground: &Labels, pieces: &Labels, row: usize) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    for (cols, region) in ground.runs(row).filter(|run| run.1 != NO_REGION) {
        for (row, span) in sides(row, &cols, ground.dim()).into_iter().filter_map(|side| side.1) {
            let beside = pieces.row(row).over(span).map(|run| run.1);
            pairs.extend(beside.filter(|&piece| piece != NO_REGION).map(|piece| (region, piece)));
        }
    }
    pairs.dedup();
    pairs
}

/// The free cells without the stretches that were not given away whole; `None` when all were.
pub(super) fn keep_partial(
    codes: &Plane<u16>,
    given: &Plane<bool>,
    free: &Plane<bool>,
    rule: &(impl ShapeRule + ?Sized),
) -> Option<Plane<bool>> {
    let stretches = codes.zip(free, |code, is_free| u16::from(is_free && rule.is_network(code)));
    let left = stretches.zip(given, |stretch, is_given| stretch == 1 && !is_given);
    if left.n_true() == 0 {
        return None;
    }
    let labels = label_plane(&stretches);
    let n_left = labels.count(&left);
    let partial = labels.plane(|stretch| n_left[stretch] > 0, false);
    Some(free.zip(&partial, |is_free, is_partial| is_free && !is_partial))
}

#[cfg(test)]
mod tests;
