use ndarray::{Array2, array};
use proptest::prelude::*;

use super::*;
use crate::grid::Window;

/// Random rasters with few codes, nodata among them.
pub(crate) fn rasters() -> impl Strategy<Value = Array2<u16>> {
    (1..14_usize, 1..14_usize, 2..5_u16).prop_flat_map(|(rows, cols, n_codes)| {
        proptest::collection::vec(0..n_codes, rows * cols)
            .prop_map(move |cells| Array2::from_shape_vec((rows, cols), cells).unwrap())
    })
}

#[test]
fn diagonal_neighbours_are_two_regions() {
    let labels = label(array![[1, 2], [2, 1]].view());
    assert_eq!(labels.raster(), array![[1, 2], [3, 4]]);
}

#[test]
fn a_spiral_is_one_region_named_by_its_first_cell() {
    let codes = array![[2, 1, 1, 1], [1, 1, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1]];
    let labels = label(codes.view());
    assert_eq!(labels.raster(), array![[1, 2, 2, 2], [2, 2, 3, 2], [2, 3, 3, 2], [2, 2, 2, 2]]);
    let ring = labels.regions[1];
    assert_eq!((ring.value, ring.n_cells, ring.first), (1, 12, (0, 1)));
    assert_eq!(ring.bounds(), Window { row: 0, col: 0, rows: 4, cols: 4 });
    assert_eq!(labels.regions[2].bounds(), Window { row: 1, col: 1, rows: 2, cols: 2 });
}

#[test]
fn nodata_forms_no_region() {
    let labels = label(array![[0, 3, 0], [0, 3, 0], [3, 3, 0]].view());
    assert_eq!(labels.raster(), array![[0, 1, 0], [0, 1, 0], [1, 1, 0]]);
    assert_eq!((labels.regions.len(), labels.regions[0].n_cells), (1, 4));
}

#[test]
fn borders_count_cell_sides_with_neighbours_nodata_and_the_outside() {
    let borders = label(array![[1, 1, 2], [1, 0, 2]].view()).borders();
    let one = [Border { neighbour: 1, n_sides: 1 }, Border { neighbour: NO_REGION, n_sides: 7 }];
    let two = [Border { neighbour: 0, n_sides: 1 }, Border { neighbour: NO_REGION, n_sides: 5 }];
    assert_eq!((borders.of_region(0), borders.of_region(1)), (&one[..], &two[..]));
}

#[test]
fn a_cell_outside_the_raster_has_no_region() {
    let labels = label(array![[5, 6]].view());
    let at = |row, col| labels.region_at(row, col);
    assert_eq!([at(0, 0), at(0, 1)], [0, 1]);
    assert_eq!([at(-1, 0), at(0, -1), at(1, 0), at(0, 2)], [NO_REGION; 4]);
}

#[test]
fn a_mask_is_counted_by_region() {
    let labels = label(array![[1, 1, 2], [0, 1, 2]].view());
    let mask = array![[true, false, true], [true, true, true]];
    assert_eq!(labels.count(&Plane::of(mask.view())), [2, 2]);
}

#[test]
fn a_raster_without_rows_or_columns_has_no_region() {
    assert!(label(Array2::zeros((0, 5)).view()).regions.is_empty());
    assert!(label(Array2::zeros((5, 0)).view()).regions.is_empty());
}

/// Labels by flooding, cell by cell: slow and plain.
fn flood(codes: &Array2<u16>) -> Array2<u32> {
    let mut labels = Array2::zeros(codes.dim());
    let mut n_regions = 0;
    for ((row, col), &value) in codes.indexed_iter() {
        if value == NODATA || labels[(row, col)] != 0 {
            continue;
        }
        n_regions += 1;
        let mut stack = vec![(row, col)];
        while let Some(cell @ (row, col)) = stack.pop() {
            if codes.get(cell) == Some(&value) && labels[cell] == 0 {
                labels[cell] = n_regions;
                stack.extend([(row.wrapping_sub(1), col), (row + 1, col)]);
                stack.extend([(row, col.wrapping_sub(1)), (row, col + 1)]);
            }
        }
    }
    labels
}

#[test]
fn borders_that_several_tasks_measure_are_added_up() {
    // A region beside all rows, and cells of other codes beside it.
    let codes = Array2::from_shape_fn(
        (600, 2),
        |(row, col)| {
            if col == 0 { 1 } else { 2 + (row / 300) as u16 }
        },
    );
    let borders = label(codes.view()).borders();
    let sides = |region| -> Vec<(u32, u32)> {
        borders.of_region(region).iter().map(|border| (border.neighbour, border.n_sides)).collect()
    };
    assert_eq!(sides(0), [(1, 300), (2, 300), (NO_REGION, 602)]);
    assert_eq!(sides(1), [(0, 300), (2, 1), (NO_REGION, 301)]);
    assert_eq!(sides(2), [(0, 300), (1, 1), (NO_REGION, 301)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn runs_find_the_regions_that_flooding_finds(codes in rasters()) {
        let labels = label(codes.view());
        prop_assert_eq!(labels.raster(), flood(&codes));
        let n_valid = codes.iter().filter(|&&code| code != NODATA).count() as u64;
        prop_assert_eq!(labels.regions.iter().map(|r| r.n_cells).sum::<u64>(), n_valid);
    }

    #[test]
    fn rows_of_more_cells_than_are_compared_or_painted_at_once_are_labelled_and_painted(
        cells in proptest::collection::vec(0..3_u16, 60..200), repeats in 1..40_usize,
    ) {
        // Runs of all lengths: some cells are repeated.
        let stretched = cells.iter().enumerate();
        let row: Vec<u16> = stretched
            .flat_map(|(i, &code)| vec![code; if i % 7 == 0 { repeats } else { 1 }])
            .collect();
        let codes = Array2::from_shape_fn((2, row.len() - 1), |(r, col)| row[col + r]);
        let labels = label(codes.view());
        prop_assert_eq!(labels.raster(), flood(&codes));
        prop_assert_eq!(labels.paint(|region| labels.regions[region].value), codes);
    }

    #[test]
    fn bands_do_not_change_the_labels(codes in rasters(), band_rows in 1..6_usize) {
        prop_assert_eq!(label_in_bands(codes.view(), band_rows), label(codes.view()));
    }

    #[test]
    fn strips_do_not_change_the_labels(codes in rasters(), cut in 0..8_usize) {
        let (above, below) = codes.view().split_at(Axis(0), cut.min(codes.nrows()));
        let mut labeller = Labeller::new(codes.ncols());
        labeller.push(above);
        labeller.push(below);
        prop_assert_eq!(labeller.finish(), label(codes.view()));
    }

    #[test]
    fn a_plane_is_labelled_and_painted_as_its_cells_are(codes in rasters(), times in 1..60_usize) {
        let tall = Array2::from_shape_fn((codes.nrows() * times, codes.ncols()), |(r, c)| {
            codes[(r % codes.nrows(), c)]
        });
        let labels = label_plane(&Plane::of(tall.view()));
        prop_assert_eq!(&labels, &label(tall.view()));
        let value = |region: usize| region as u16 % 7 + 1;
        prop_assert_eq!(labels.plane(value, 0).to_array(), labels.paint(value));
    }

    #[test]
    fn recoding_is_labelling_the_recoded_cells(codes in rasters(), shift in 0..4_u16) {
        let labels = label(codes.view());
        let code_of = |region: usize| (labels.regions[region].value + shift) % 4;
        let recoded = labels.paint(code_of);
        prop_assert_eq!(labels.recoded(code_of), label(recoded.view()));
    }

    #[test]
    fn borders_are_symmetric_and_sum_to_the_perimeter(codes in rasters()) {
        let labels = label(codes.view());
        let borders = labels.borders();
        for (region, shape) in labels.regions.iter().enumerate() {
            let mut perimeter = 0;
            for (row, col) in ndarray::indices(codes.dim()) {
                let (r, c) = (row as i64, col as i64);
                if labels.region_at(r, c) == region as u32 {
                    let sides = [(r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)];
                    let is_edge = |&(r, c): &(i64, i64)| labels.region_at(r, c) != region as u32;
                    perimeter += sides.iter().filter(|side| is_edge(side)).count();
                    prop_assert_eq!(codes[(row, col)], shape.value);
                }
            }
            let own = borders.of_region(region);
            prop_assert_eq!(own.iter().map(|b| b.n_sides as usize).sum::<usize>(), perimeter);
            for border in own.iter().filter(|b| b.neighbour != NO_REGION) {
                let back = Border { neighbour: region as u32, n_sides: border.n_sides };
                prop_assert!(borders.of_region(border.neighbour as usize).contains(&back));
            }
        }
    }
}
