//! How many cells of each class every zone holds.
//!
//! A zone is a polygon cut into runs of columns, row by row, exactly as it would be burnt. No
//! raster of zones is made. The cells of a run are dealt to eight histograms in turn: neighbours
//! are mostly of one class, and one counter would have to wait for itself at each cell. That needs
//! no branch, which on noisy ground is worth more than counting whole runs of a class.

use std::borrow::Borrow;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use crate::grid::Grid;
use crate::lattice::{Polygon, Ring};
use crate::rasterise::spans;

/// Histograms that take the cells of a run in turn.
const LANES: usize = 8;

/// Cells counted before the histograms are emptied: no counter can be full by then.
const CELLS_MAX: usize = 1 << 30;

/// Counts the cells of each class in each zone.
///
/// * `codes`: classes, shape `(rows, cols)`, each less than `n_classes`; nodata (0) is counted too.
/// * `zones`: polygons, which may overlap and reach over the limits of the grid.
/// * `grid`: where the cells lie; same shape.
///
/// The result has the shape `(zones, n_classes)`. A cell is in a zone when its centre is, by the
/// rule of [`crate::rasterise::rasterise`]: zones that share an edge share no cell and leave none
/// out. A cell in two zones counts in both. Time grows with the cells, whatever their classes.
///
/// # Panics
/// When the grid has another shape than the raster, or a code is not less than `n_classes`.
pub fn class_cells<P: Borrow<Polygon> + Sync>(
    codes: ArrayView2<'_, u16>,
    zones: &[P],
    n_classes: usize,
    grid: &Grid,
) -> Array2<u64> {
    assert_eq!(codes.dim(), (grid.rows, grid.cols), "the raster has the grid's shape");
    let codes = codes.as_standard_layout();
    let cells = codes.as_slice().expect("the standard layout is contiguous");
    let mut table = Array2::zeros((zones.len(), n_classes));
    let rows = table.axis_iter_mut(Axis(0)).into_par_iter().zip(zones);
    rows.for_each_init(
        || Histogram::new(n_classes),
        |histogram, (mut counts, zone)| {
            for (row, cols) in
                spans(zone.borrow().rings().flat_map(Ring::segments), 0..grid.rows, grid)
            {
                let run = &cells[row * grid.cols..][cols];
                if histogram.n_pending + run.len() > CELLS_MAX {
                    histogram.move_to(counts.iter_mut());
                }
                histogram.add(run);
            }
            histogram.move_to(counts.iter_mut());
        },
    );
    table
}

/// Cells counted by class.
struct Histogram {
    by_class: Vec<[u32; LANES]>,
    /// The cells counted so far.
    n_pending: usize,
}

impl Histogram {
    fn new(n_classes: usize) -> Self {
        Self { by_class: vec![[0; LANES]; n_classes], n_pending: 0 }
    }

    /// Counts the cells of a part of a row.
    fn add(&mut self, run: &[u16]) {
        let (groups, rest) = run.as_chunks::<LANES>();
        for group in groups {
            for (lane, &class) in group.iter().enumerate() {
                self.by_class[usize::from(class)][lane] += 1;
            }
        }
        for &class in rest {
            self.by_class[usize::from(class)][0] += 1;
        }
        self.n_pending += run.len();
    }

    /// Adds what was counted to `counts`, and starts again from nothing.
    fn move_to<'a>(&mut self, counts: impl Iterator<Item = &'a mut u64>) {
        for (count, lanes) in counts.zip(&mut self.by_class) {
            *count += std::mem::take(lanes).into_iter().map(u64::from).sum::<u64>();
        }
        self.n_pending = 0;
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;
    use crate::lattice::Point;
    use crate::rasterise::rasterise;

    fn polygon(corners: &[(i32, i32)]) -> Polygon {
        let exterior = Ring(corners.iter().map(|&(x, y)| Point::new(x, y)).collect());
        Polygon { exterior, holes: Vec::new() }
    }

    fn grid(rows: usize, cols: usize) -> Grid {
        Grid { origin: Point::new(0, 10 * rows as i32), cell: 10, rows, cols }
    }

    #[test]
    fn two_zones_that_share_an_edge_share_no_cell() {
        let codes = array![[1, 1, 2, 0], [1, 2, 2, 0]];
        let west = polygon(&[(0, 0), (15, 0), (15, 20), (0, 20)]);
        let east = polygon(&[(15, 0), (90, 0), (90, 20), (15, 20)]);
        let cells = class_cells(codes.view(), &[west, east], 3, &grid(2, 4));
        assert_eq!(cells, array![[0, 2, 0], [2, 1, 3]]);
    }

    #[test]
    fn a_zone_off_the_grid_holds_nothing_and_overlapping_zones_count_twice() {
        let codes = array![[3, 3], [3, 1]];
        let all = polygon(&[(-50, -50), (50, -50), (50, 50), (-50, 50)]);
        let off = polygon(&[(100, 0), (200, 0), (200, 20), (100, 20)]);
        let cells = class_cells(codes.view(), &[&all, &off, &all], 4, &grid(2, 2));
        assert_eq!(cells, array![[0, 1, 0, 3], [0, 0, 0, 0], [0, 1, 0, 3]]);
    }

    #[test]
    fn runs_longer_than_the_lanes_are_counted_whole() {
        let mut codes = Array2::from_elem((1, 100), 2);
        codes[(0, 16)] = 1;
        codes[(0, 99)] = 0;
        let zone = polygon(&[(0, 0), (1000, 0), (1000, 10), (0, 10)]);
        assert_eq!(class_cells(codes.view(), &[zone], 3, &grid(1, 100)), array![[1, 1, 98]]);
    }

    #[test]
    fn a_histogram_is_empty_after_it_was_moved() {
        let mut histogram = Histogram::new(2);
        let mut counts = [0, 0];
        for _ in 0..2 {
            histogram.add(&[1; 11]);
            histogram.move_to(counts.iter_mut());
        }
        assert_eq!((counts, histogram.n_pending), ([0, 22], 0));
    }

    proptest! {
        #[test]
        fn counts_are_those_of_the_burnt_zones_cell_by_cell(
            codes in proptest::collection::vec(0_u16..4, 12 * 50),
            run in 1_usize..9,
            corners in proptest::collection::vec((-40_i32..540, -40_i32..160), 3..8),
            others in proptest::collection::vec((-40_i32..540, -40_i32..160), 3..6),
        ) {
            // Repeated codes give runs of several lengths.
            let codes = Array2::from_shape_fn((12, 50), |(row, col)| codes[row * 50 + col / run]);
            let grid = grid(12, 50);
            let zones = [polygon(&corners), polygon(&others)];
            let counts = class_cells(codes.view(), &zones, 4, &grid);
            for (zone, counts) in zones.iter().zip(counts.outer_iter()) {
                let burnt = rasterise(&[zone], &[true], &grid);
                let mut naive = [0; 4];
                for (&code, _) in codes.iter().zip(&burnt).filter(|(_, is_in)| **is_in) {
                    naive[usize::from(code)] += 1;
                }
                prop_assert_eq!(counts.to_vec(), naive.to_vec());
            }
        }
    }
}
