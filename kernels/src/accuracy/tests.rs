use ndarray::array;

use super::*;

fn close(a: f64, b: f64, within: f64) -> bool {
    (a - b).abs() <= within
}

#[test]
fn wilson_intervals_are_the_textbook_ones() {
    let half = Share::of(5, 10);
    assert!(close(half.low, 0.2366, 1e-4) && close(half.high, 0.7634, 1e-4), "{half:?}");
    let all = Share::of(10, 10);
    assert!(close(all.low, 0.7225, 1e-4) && close(all.high, 1.0, 1e-12), "{all:?}");
    let none = Share::of(0, 0);
    assert!(none.value.is_nan() && (none.low, none.high) == (0.0, 1.0));
}

#[test]
fn cells_are_counted_by_mapped_then_true_class_and_nodata_nowhere() {
    let mapped = array![[1_u8, 1, 2], [2, 0, 4]];
    let truth = array![[1_u8, 2, 2], [2, 2, 0]];
    let confusion = Confusion::of_cells(mapped.view(), truth.view()).unwrap();
    assert_eq!(confusion.classes, [ClassId(1), ClassId(2)]);
    assert_eq!(confusion.counts, array![[1, 1], [0, 2]]);
    assert_eq!((confusion.overall().right, confusion.overall().n), (3, 4));
    let shares = |s: Vec<Share>| s.iter().map(|s| (s.right, s.n)).collect::<Vec<_>>();
    assert_eq!(shares(confusion.users()), [(1, 2), (2, 2)]);
    assert_eq!(shares(confusion.producers()), [(1, 1), (2, 3)]);
    assert!(close(confusion.f1()[1], 0.8, 1e-12));
}

#[test]
fn change_is_judged_by_regions_over_the_unit_and_false_change_by_area() {
    let before = array![[1_u8, 1, 1, 1, 1, 1, 1, 0]];
    let after = array![[2_u8, 2, 2, 1, 3, 1, 1, 1]];
    let prior = array![[1_u8, 1, 1, 1, 1, 1, 2, 1]];
    let vintage = array![[2_u8, 2, 1, 1, 1, 2, 1, 2]];
    let maps = ChangeMaps {
        truth_before: before.view(),
        truth_after: after.view(),
        prior: prior.view(),
        vintage: vintage.view(),
    };
    let found = change_accuracy(&maps, &|_| 2.0).unwrap();
    assert_eq!((found.cells, found.cells_changed), (7, 4));
    assert_eq!((found.cells_found, found.cells_said), (2, 4));
    assert_eq!((found.cells_false, found.cells_put_right), (2, 1));
    // The true change of one cell to class 3 is under the unit: not asked for.
    assert_eq!((found.recall.right, found.recall.n), (1, 1));
    assert_eq!((found.precision.right, found.precision.n), (1, 3));
    assert!(close(found.false_share(), 2.0 / 7.0, 1e-12));
    let all = change_accuracy(&maps, &|_| 1.0).unwrap();
    assert_eq!((all.recall.right, all.recall.n), (1, 2));
}
