#![expect(clippy::float_cmp, reason = "counts divided once have exact expectations")]

use ndarray::array;

use super::*;

/// Eight cells in a row; the territory is known everywhere.
fn maps() -> Maps {
    Maps {
        //                     kept, seen, missed, wrong class, label, outline, false, kept
        truth_before: array![[1, 1, 1, 1, 2, 2, 2, 2]],
        truth_after: array![[1, 3, 3, 3, 2, 2, 2, 2]],
        prior: array![[1, 1, 1, 1, 4, 1, 2, 2]],
        vintage: array![[1, 3, 1, 4, 2, 2, 4, 2]],
    }
}

#[test]
fn change_is_split_by_what_it_truly_is() {
    let is_wrong = array![[false, false, false, false, true, false, false, false]];
    let score = maps().score(&is_wrong, &|_, _| 1.0).unwrap();
    let eighths = |n: f64| n / 8.0;
    assert_eq!(score.agreement, eighths(5.0));
    assert_eq!(score.agreement_without_update, eighths(3.0));
    assert_eq!(score.true_change, eighths(3.0));
    assert_eq!(score.recall, 1.0 / 3.0);
    // Said: seen, wrong class, label, outline, false.
    assert_eq!(score.precision, 2.0 / 5.0);
    assert_eq!(score.false_change, eighths(3.0));
    assert_eq!(score.false_label, eighths(1.0));
    assert_eq!(score.false_outline, eighths(1.0));
    assert_eq!(score.false_plain, eighths(1.0));
}

#[test]
fn the_unit_decides_which_true_regions_are_asked_for() {
    let is_wrong = Array2::from_elem((1, 8), false);
    let unit = |_: ClassId, fine: bool| if fine { 3.0 } else { 4.0 };
    let score = maps().score(&is_wrong, &unit).unwrap();
    assert_eq!((score.recall_objects.right, score.recall_objects.n), (0, 0));
    assert_eq!((score.recall_objects_fine.right, score.recall_objects_fine.n), (0, 1));
}

#[test]
fn a_cell_that_one_map_does_not_know_counts_nowhere() {
    let mut maps = maps();
    maps.prior[[0, 0]] = 0;
    assert_eq!(maps.n_known(), 7);
    let score = maps.score(&Array2::from_elem((1, 8), false), &|_, _| 1.0).unwrap();
    assert_eq!(score.agreement, 4.0 / 7.0);
}

#[test]
fn cells_are_near_a_limit_up_to_the_reach_and_diagonally() {
    let mut classes = Array2::from_elem((7, 7), 1);
    classes[[0, 0]] = 2;
    let near = near_limits(&classes, 2);
    assert!(near[[0, 0]] && near[[2, 2]] && near[[0, 2]]);
    assert!(!near[[3, 0]] && !near[[2, 3]] && !near[[6, 6]]);
}

#[test]
fn errors_are_of_outline_near_limits_and_of_class_elsewhere() {
    let truth = array![[1, 1, 1, 1, 1, 2, 2, 2]];
    let maps = Maps {
        truth_before: truth.clone(),
        truth_after: truth.clone(),
        prior: truth,
        vintage: array![[3, 1, 1, 1, 2, 2, 2, 2]],
    };
    assert_eq!(maps.errors(), (1.0 / 8.0, 1.0 / 8.0));
}

#[test]
fn couples_are_listed_once_without_nodata() {
    assert_eq!(distinct([&array![[5_u16, 5, 0]], &array![[3, 5, 9]]]), [3, 5, 9]);
}
