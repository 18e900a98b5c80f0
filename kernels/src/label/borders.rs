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

/// A border seen from the lower region index, before the lengths are summed.
type Piece = ((u32, u32), u32);

impl Borders {
    /// The neighbours of a region by ascending index; [`NO_REGION`] comes last.
    pub fn of_region(&self, region: usize) -> &[Border] {
        &self.borders[self.starts[region]..self.starts[region + 1]]
    }

    /// Measures the borders of all regions in one pass over the runs.
    pub(super) fn of(labels: &Labels) -> Self {
        let (n_rows, _) = labels.dim();
        let bands: Vec<Vec<Piece>> = (0..n_rows.div_ceil(BAND_ROWS))
            .into_par_iter()
            .map(|band| {
                let rows = band * BAND_ROWS..((band + 1) * BAND_ROWS).min(n_rows);
                sum_equal(rows.flat_map(|row| pieces_of_row(labels, row)).collect())
            })
            .collect();
        Self::from_pieces(sum_equal(bands.concat()), labels.regions.len())
    }

    /// Lists each piece on both sides, by region.
    fn from_pieces(pieces: Vec<Piece>, n_regions: usize) -> Self {
        let mut sides: Vec<(u32, Border)> = Vec::with_capacity(2 * pieces.len());
        for ((low, high), n_sides) in pieces {
            sides.push((low, Border { neighbour: high, n_sides }));
            if high != NO_REGION {
                sides.push((high, Border { neighbour: low, n_sides }));
            }
        }
        sides.par_sort_unstable();
        let mut starts = vec![0; n_regions + 1];
        for (region, _) in &sides {
            starts[*region as usize + 1] += 1;
        }
        for region in 0..n_regions {
            starts[region + 1] += starts[region];
        }
        Self { starts, borders: sides.into_iter().map(|(_, border)| border).collect() }
    }
}

/// Sums the lengths of pieces of the same border; sorted by border.
fn sum_equal(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.par_sort_unstable();
    pieces.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        kept.1 += if is_same { next.1 } else { 0 };
        is_same
    });
    pieces
}

/// The borders within a row and with the row below; for the first row also with the outside.
fn pieces_of_row(labels: &Labels, row: usize) -> Vec<Piece> {
    let (n_rows, n_cols) = labels.dim();
    let mut pieces = Vec::new();
    let mut add = |a: u32, b: u32, n_sides: usize| {
        if a != b {
            pieces.push(((a.min(b), a.max(b)), n_sides as u32));
        }
    };
    let mut west = NO_REGION;
    for (_, region) in labels.runs(row) {
        add(west, region, 1);
        west = region;
    }
    add(west, NO_REGION, 1);
    if row == 0 {
        labels.runs(row).for_each(|(cols, region)| add(region, NO_REGION, cols.len()));
    }
    if row + 1 == n_rows {
        labels.runs(row).for_each(|(cols, region)| add(region, NO_REGION, cols.len()));
        return pieces;
    }
    let mut below_runs = labels.runs(row + 1);
    let mut below = below_runs.next();
    let mut col = 0;
    for (cols, above) in labels.runs(row) {
        while col < cols.end.min(n_cols) {
            let Some((span, region)) = below.clone() else { break };
            let end = cols.end.min(span.end);
            add(above, region, end - col);
            col = end;
            if end == span.end {
                below = below_runs.next();
            }
        }
    }
    pieces
}
