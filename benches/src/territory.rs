//! A class raster that looks like a land cover at 1 m: parcels, roads, buildings, noisy vegetation.

use kernels::random::{SplitMix64, draw};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, Axis, s};

/// Number of classes, numbered from 1.
pub const N_CLASSES: u64 = 14;

/// One parcel for each square of this side, in cells.
const PARCEL: usize = 54;

/// One building for so many cells.
const CELLS_PER_BUILDING: usize = 2_500;

/// One patch of noise for so many cells.
const CELLS_PER_PATCH: usize = 68;

const BUILDING: u16 = 1;

const ROAD: u16 = 2;

/// The first class of vegetation: patches of noise fall there only.
const VEGETATION: u16 = 8;

/// A raster of shape `(side, side)` of the classes `1..=14`, a pure function of its arguments.
///
/// Parcels are the cells nearest to one random place per square (a Voronoi diagram); two families
/// of roads (class 2) cross them; buildings (class 1) are rectangles of 6 to 17 cells beside the
/// roads, which thus stay one huge region; patches of
/// at most 4 x 4 cells of another class speckle the vegetation. At 10^8 cells it has about 7 * 10^5
/// regions.
pub fn classes(side: usize, seed: u64) -> Array2<u16> {
    let places = Places { seed };
    let mut cells = Array2::zeros((side, side));
    cells.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(row, mut line)| {
        for (col, cell) in line.iter_mut().enumerate() {
            *cell = if is_road(row, col) { ROAD } else { places.class_at(row, col) };
        }
    });
    let mut stream = SplitMix64::new(seed);
    let mut below = |n: usize| stream.below(n as u64) as usize;
    for _ in 0..side * side / CELLS_PER_BUILDING {
        let (height, width) = (6 + below(12), 6 + below(12));
        let (row, col) = (below(side - height), below(side - width));
        let ground = cells.slice_mut(s![row..row + height, col..col + width]);
        ground.into_iter().filter(|cell| **cell != ROAD).for_each(|cell| *cell = BUILDING);
    }
    for _ in 0..side * side / CELLS_PER_PATCH {
        let (height, width) = (1 + below(4), 1 + below(4));
        let (row, col) = (below(side - height), below(side - width));
        let class = 3 + below(N_CLASSES as usize - 2) as u16;
        let patch = cells.slice_mut(s![row..row + height, col..col + width]);
        patch.into_iter().filter(|cell| **cell >= VEGETATION).for_each(|cell| *cell = class);
    }
    cells
}

/// Whether a cell lies on one of the two families of parallel roads.
fn is_road(row: usize, col: usize) -> bool {
    (row + col / 3) % 290 < 6 || (col + row / 5) % 370 < 4
}

/// The random places of the parcels.
struct Places {
    seed: u64,
}

impl Places {
    /// The class of the parcel whose place is nearest to a cell.
    fn class_at(&self, row: usize, col: usize) -> u16 {
        let (square_row, square_col) = (row / PARCEL + 1, col / PARCEL + 1);
        let mut nearest = (i64::MAX, 0);
        for r in square_row - 1..=square_row + 1 {
            for c in square_col - 1..=square_col + 1 {
                let bits = draw(self.seed, r as u64, c as u64);
                let dy = ((bits & 0xffff) as usize * PARCEL) >> 16;
                let dx = (((bits >> 16) & 0xffff) as usize * PARCEL) >> 16;
                let y = (r * PARCEL + dy) as i64 - (row + PARCEL) as i64;
                let x = (c * PARCEL + dx) as i64 - (col + PARCEL) as i64;
                let class = 3 + (bits >> 32) % (N_CLASSES - 2);
                nearest = nearest.min((y * y + x * x, class as u16));
            }
        }
        nearest.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_a_class_and_the_seed_decides() {
        let cells = classes(200, 1);
        assert!(cells.iter().all(|class| (1..=14).contains(class)));
        assert_eq!(cells, classes(200, 1));
        assert_ne!(cells, classes(200, 2));
    }
}
