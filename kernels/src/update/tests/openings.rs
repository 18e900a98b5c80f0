//! Which cells an opening keeps.

use ndarray::{Array2, array};

use super::*;

#[test]
fn opening_keeps_squares_only() {
    let codes = array![[1_u16, 1, 1, 0, 2], [1, 1, 1, 1, 2], [1, 1, 1, 0, 2], [0, 3, 3, 3, 2],];
    let kept = |reach| {
        let is_kept = opening::opened(codes.dim(), |row, col| codes[[row, col]], reach);
        Array2::from_shape_fn(codes.dim(), |at| if is_kept[at] { codes[at] } else { 0 })
    };
    assert_eq!(
        kept(1),
        array![[1_u16, 1, 1, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0],]
    );
    assert_eq!(kept(0), codes);
}
