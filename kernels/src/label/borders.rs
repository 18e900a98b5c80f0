//! The region graph: which regions touch, and along how many cell sides.

use rayon::prelude::*;

use super::{Labels, NO_REGION, for_each_contact};

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
                sums.finish()
            })
            .collect();
        let mut all = Self::listed(&bands, labels.regions.len());
        drop(bands);
        all.add_up();
        all
    }

    /// Lists each piece on both sides, by region.
    fn listed(bands: &[Vec<Piece>], n_regions: usize) -> Self {
        let pieces = || bands.iter().flatten();
        let mut next = vec![0_usize; n_regions + 1];
        for &(key, _) in pieces() {
            let (low, high) = regions_of(key);
            next[low as usize] += 1;
            if high != NO_REGION {
                next[high as usize] += 1;
            }
        }
        // From numbers of borders to the end of each list, from which it is filled downwards.
        let mut end = 0;
        for next in &mut next {
            end += *next;
            *next = end;
        }
        let mut borders = vec![Border { neighbour: 0, n_sides: 0 }; end];
        let mut put = |region: u32, neighbour: u32, n_sides: u32| {
            let slot = &mut next[region as usize];
            *slot -= 1;
            borders[*slot] = Border { neighbour, n_sides };
        };
        for &(key, n_sides) in pieces() {
            let (low, high) = regions_of(key);
            put(low, high, n_sides);
            if high != NO_REGION {
                put(high, low, n_sides);
            }
        }
        Self { starts: next, borders }
    }

    /// Sorts the list of each region by neighbour and makes one border of all that it has in
    /// common with a neighbour.
    fn add_up(&mut self) {
        let mut kept = 0;
        let mut start = 0;
        for region in 0..self.starts.len() - 1 {
            let end = self.starts[region + 1];
            self.borders[start..end].sort_unstable();
            let first = kept;
            for i in start..end {
                let border = self.borders[i];
                if kept > first && self.borders[kept - 1].neighbour == border.neighbour {
                    self.borders[kept - 1].n_sides += border.n_sides;
                } else {
                    self.borders[kept] = border;
                    kept += 1;
                }
            }
            self.starts[region] = first;
            start = end;
        }
        if let Some(last) = self.starts.last_mut() {
            *last = kept;
        }
        self.borders.truncate(kept);
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
    const BITS: u32 = 13;

    fn new() -> Self {
        Self { recent: vec![(0, 0); 1 << Self::BITS], done: Vec::new() }
    }

    /// Adds the sides between two regions; a region has no border with itself.
    #[inline]
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

/// Adds the borders within a row and with the row below; for the first row also with the outside.
fn add_row(labels: &Labels, row: usize, sums: &mut Sums) {
    let (n_rows, n_cols) = labels.dim();
    let (cols, regions) = labels.row_or_outside(row as i64);
    let (Some(&west), Some(&east)) = (regions.first(), regions.last()) else { return };
    sums.add(NO_REGION, west, 1);
    sums.add(east, NO_REGION, 1);
    for pair in regions.windows(2) {
        sums.add(pair[0], pair[1], 1);
    }
    for is_limit in [row == 0, row + 1 == n_rows] {
        if is_limit {
            labels.runs(row).for_each(|(cols, region)| sums.add(region, NO_REGION, cols.len()));
        }
    }
    let (cols_below, regions_below) = labels.row_or_outside(row as i64 + 1);
    for_each_contact((cols, cols_below), n_cols as u32, |above, below, n_cols| {
        sums.add(regions[above], regions_below[below], n_cols as usize);
    });
}
