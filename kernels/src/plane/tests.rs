use ndarray::{Array2, array, s};
use proptest::prelude::*;

use super::*;
use crate::label::tests::rasters;

fn whole<T: CellValue>(plane: &Plane<T>) -> Window {
    Window { row: 0, col: 0, rows: plane.dim().0, cols: plane.dim().1 }
}

#[test]
fn a_plane_holds_the_runs_of_its_rows() {
    let plane = Plane::of(array![[1, 1, 2], [3, 3, 3]].view());
    assert_eq!(plane.n_runs(), 3);
    assert_eq!(plane.row(0).runs().collect::<Vec<_>>(), [(0..2, 1), (2..3, 2)]);
    assert_eq!(plane.row(0).over(1..3).collect::<Vec<_>>(), [(1..2, 1), (2..3, 2)]);
    assert_eq!([plane.get((0, 1)), plane.get((0, 2)), plane.get((1, 2))], [1, 2, 3]);
    assert!(plane.is_constant(Window { row: 1, col: 0, rows: 1, cols: 3 }));
    assert!(!plane.is_constant(whole(&plane)));
}

#[test]
fn edits_cross_runs_and_leave_other_bands_as_they_are() {
    let plane = Plane::filled((300, 10), 1_u16);
    let edited = plane.edited(vec![Edit::new(2, 5..7, 3), Edit::new(2, 3..5, 2)]);
    assert_eq!(edited.row(2).runs().map(|run| run.1).collect::<Vec<_>>(), [1, 2, 3, 1]);
    assert!(!Arc::ptr_eq(&edited.bands[0], &plane.bands[0]));
    assert!(Arc::ptr_eq(&edited.bands[1], &plane.bands[1]));
    assert_eq!(plane.differences(&edited), BTreeMap::from([((1, 2), 2), ((1, 3), 2)]));
}

#[test]
fn rows_are_appended_at_the_end_of_a_band() {
    let mut plane = Plane::filled((BAND_ROWS, 4), 1_u8);
    plane.append(Plane::filled((3, 4), 2));
    assert_eq!(plane.dim(), (BAND_ROWS + 3, 4));
    assert_eq!([plane.get((BAND_ROWS - 1, 0)), plane.get((BAND_ROWS, 3))], [1, 2]);
}

#[test]
fn the_bounds_are_those_of_the_true_cells_of_the_window() {
    let mask = array![[true, false, false], [false, false, true], [false, true, false]];
    let plane = Plane::of(mask.view());
    let window = Window { row: 1, col: 0, rows: 2, cols: 3 };
    assert_eq!(plane.bounds(window), Some(Window { row: 1, col: 1, rows: 2, cols: 2 }));
    assert_eq!(plane.bounds(Window { row: 0, col: 1, rows: 1, cols: 2 }), None);
    assert!(!plane.any(Window { row: 0, col: 1, rows: 1, cols: 2 }));
    assert_eq!(plane.n_true(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn strips_give_the_plane_of_the_whole(tall in rasters(), times in 1..40_usize, cut: usize) {
        let cells = Array2::from_shape_fn((tall.nrows() * times, tall.ncols()), |(r, c)| {
            tall[(r % tall.nrows(), c)] + (r / tall.nrows() % 2) as u16
        });
        let cut = cut % (cells.nrows() + 1);
        let mut plane = Plane::with_cols(cells.ncols());
        plane.push(cells.slice(s![..cut, ..]));
        plane.push(cells.slice(s![cut.., ..]));
        prop_assert_eq!(&plane, &Plane::of(cells.view()));
        prop_assert_eq!(plane.to_array(), cells);
    }

    #[test]
    fn blocks_give_the_plane_of_the_whole(cells in rasters(), side in 1..20_usize) {
        let plane = Plane::of(cells.view());
        let blocks: Vec<_> = Window::blocks(cells.dim(), side)
            .iter()
            .map(|block| Plane::of(whole(&plane).part(cells.view(), block)))
            .collect();
        prop_assert_eq!(Plane::joined(cells.dim(), side, &blocks), plane);
    }

    #[test]
    fn planes_do_what_arrays_do(a in rasters(), b in rasters()) {
        let b = Array2::from_shape_fn(a.dim(), |(r, c)| b[(r % b.nrows(), c % b.ncols())]);
        let planes = (Plane::of(a.view()), Plane::of(b.view()));
        let sum = ndarray::Zip::from(&a).and(&b).map_collect(|a, b| (a + b) % 3);
        prop_assert_eq!(planes.0.zip(&planes.1, |a, b| (a + b) % 3), Plane::of(sum.view()));
        prop_assert_eq!(planes.0.map(|a| a > 1), Plane::of(a.mapv(|a| a > 1).view()));
        let edits = edits_between(a.view(), b.view(), whole(&planes.0));
        prop_assert_eq!(&planes.0.edited(edits), &planes.1);
        prop_assert_eq!(planes.0.edited(planes.0.edits_to(&planes.1)), planes.1);
    }
}
