//! The region graph: which regions touch, and along how many cell sides.

use rayon::prelude::*;

use super::{Labels, NO_REGION};

/// Rows scanned by one task; only a matter of speed.
const BAND_ROWS: usize = 256;

/// The border of a region with one neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Border {
    /// The neighbour: a region, or [`NO_REGION`] for nodata and the outside of the raster.
    pub neighbour: u32,
    /// Length of the border, in cell sides.
    pub n_sides: u32,
}

/// The neighbours of every region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Borders {
    starts: Vec<usize>,
    borders: Vec<Border>,
}

/// A part of a border: both regions, the lower first in the high half, and a number of sides.
type Piece = (u64, u32);

/// The two regions of a piece as one number that sorts like the pair.
fn key(a: u32, b: u32) -> u64 {
    u64::from(a.min(b)) << 32 | u64::from(a.max(b))
}

/// The regions of a key, the lower first.
fn regions_of(key: u64) -> (u32, u32) {
    ((key >> 32) as u32, key as u32)
}

impl Borders {
    /// The neighbours of a region by ascending index; [`NO_REGION`] comes last.
    pub fn of_region(&self, region: usize) -> &[Border] {
        &self.borders[self.starts[region]..self.starts[region + 1]]
    }

    /// Offsets of the regions in the list of all borders, and that list.
    pub(crate) fn into_parts(self) -> (Vec<usize>, Vec<Border>) {
        (self.starts, self.borders)
    }

    /// Measures the borders of all regions in one pass over the runs.
    pub(super) fn of(labels: &Labels) -> Self {
        let (n_rows, _) = labels.dim();
        let bands: Vec<Vec<Piece>> = (0..n_rows.div_ceil(BAND_ROWS))
            .into_par_iter()
            .map(|band| {
                let rows = band * BAND_ROWS..((band + 1) * BAND_ROWS).min(n_rows);
                let mut sums = Sums::new();
                rows.for_each(|row| add_row(labels, row, &mut sums));
                sum_equal(sums.finish())
            })
            .collect();
        Self::from_pieces(&sum_by_region(bands, labels.regions.len()), labels.regions.len())
    }

    /// Lists each piece, given in ascending order, on both sides, by region.
    fn from_pieces(pieces: &[Piece], n_regions: usize) -> Self {
        let mut starts = vec![0; n_regions + 1];
        for &(key, _) in pieces {
            let (low, high) = regions_of(key);
            starts[low as usize + 1] += 1;
            if high != NO_REGION {
                starts[high as usize + 1] += 1;
            }
        }
        for region in 0..n_regions {
            starts[region + 1] += starts[region];
        }
        let mut next = starts.clone();
        let mut borders = vec![Border { neighbour: 0, n_sides: 0 }; starts[n_regions]];
        let mut put = |region: u32, neighbour: u32, n_sides: u32| {
            let slot = &mut next[region as usize];
            borders[*slot] = Border { neighbour, n_sides };
            *slot += 1;
        };
        // A region comes as the higher of its pairs first, by ascending lower one, then as the
        // lower, by ascending higher one: both orders hold when all of the former are put first.
        for &(key, n_sides) in pieces {
            let (low, high) = regions_of(key);
            if high != NO_REGION {
                put(high, low, n_sides);
            }
        }
        for &(key, n_sides) in pieces {
            let (low, high) = regions_of(key);
            put(low, high, n_sides);
        }
        Self { starts, borders }
    }
}

/// Sums pieces as they come: neighbouring rows mostly cut the same borders again.
struct Sums {
    /// The last piece seen of each hash.
    recent: Vec<Piece>,
    /// The pieces that others have pushed out.
    done: Vec<Piece>,
}

impl Sums {
    /// Slots of the table of recent pieces, as a power of two.
    const BITS: u32 = 12;

    fn new() -> Self {
        Self { recent: vec![(0, 0); 1 << Self::BITS], done: Vec::new() }
    }

    /// Adds the sides between two regions; a region has no border with itself.
    fn add(&mut self, a: u32, b: u32, n_sides: usize) {
        if a == b {
            return;
        }
        let key = key(a, b);
        let slot = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - Self::BITS);
        let recent = &mut self.recent[slot as usize];
        if recent.0 == key {
            recent.1 += n_sides as u32;
            return;
        }
        if recent.1 > 0 {
            self.done.push(*recent);
        }
        *recent = (key, n_sides as u32);
    }

    /// All pieces; a border may come several times.
    fn finish(mut self) -> Vec<Piece> {
        self.done.extend(self.recent.into_iter().filter(|piece| piece.1 > 0));
        self.done
    }
}

/// Sums the lengths of pieces of the same border; sorted by border.
fn sum_equal(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.par_sort_unstable();
    add_up(&mut pieces);
    pieces
}

/// Makes neighbouring pieces of the same border one.
fn add_up(pieces: &mut Vec<Piece>) {
    pieces.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        kept.1 += if is_same { next.1 } else { 0 };
        is_same
    });
}

/// As [`sum_equal`] on the pieces of all bands, without sorting them all again: they are put
/// together by their lower region, which few bands share, and each of these short lists is sorted.
fn sum_by_region(bands: Vec<Vec<Piece>>, n_regions: usize) -> Vec<Piece> {
    let mut next = vec![0_usize; n_regions + 1];
    for &(key, _) in bands.iter().flatten() {
        next[regions_of(key).0 as usize + 1] += 1;
    }
    for region in 0..n_regions {
        next[region + 1] += next[region];
    }
    let mut pieces = vec![(0, 0); next[n_regions]];
    for band in bands {
        for piece in band {
            let slot = &mut next[regions_of(piece.0).0 as usize];
            pieces[*slot] = piece;
            *slot += 1;
        }
    }
    // Each entry has moved to the start of the next list.
    let mut start = 0;
    for &end in &next[..n_regions] {
        pieces[start..end].sort_unstable();
        start = end;
    }
    add_up(&mut pieces);
    pieces
}

/// Adds the borders within a row and with the row below; for the first row also with the outside.
fn add_row(labels: &Labels, row: usize, sums: &mut Sums) {
    let (n_rows, _) = labels.dim();
    let mut west = NO_REGION;
    for (_, region) in labels.runs(row) {
        sums.add(west, region, 1);
        west = region;
    }
    sums.add(west, NO_REGION, 1);
    if row == 0 {
        labels.runs(row).for_each(|(cols, region)| sums.add(region, NO_REGION, cols.len()));
    }
    if row + 1 == n_rows {
        labels.runs(row).for_each(|(cols, region)| sums.add(region, NO_REGION, cols.len()));
        return;
    }
    let mut below_runs = labels.runs(row + 1);
    let mut below = below_runs.next();
    let mut col = 0;
    for (cols, above) in labels.runs(row) {
        while col < cols.end {
            let Some((span, region)) = below.clone() else { break };
            let end = cols.end.min(span.end);
            sums.add(above, region, end - col);
            col = end;
            if end == span.end {
                below = below_runs.next();
            }
        }
    }
}
