use ndarray::{Array2, Array3, Axis, array, s};
use proptest::prelude::*;

use super::*;

fn tiling(patch: usize, margin: usize) -> Tiling {
    Tiling::new(patch, margin).unwrap()
}

#[test]
fn patches_of_512_with_a_margin_of_128_advance_by_256() {
    let t = tiling(512, 128);
    assert_eq!((t.stride(), t.reach_len(), t.guard()), (256, 384, 64));
    assert_eq!((t.core(2), t.span(2), t.reach(2)), (512..768, 384..896, 448..832));
    assert_eq!((t.core(-1), t.span(-1), t.strip(-1)), (-256..0, -384..128, -320..-64));
    let weights = t.weights();
    assert_eq!((weights[0], weights[64], weights[128], weights[255]), (1, 129, 256, 256));
    assert_eq!((weights[256], weights[383]), (255, 1));
}

#[test]
fn a_margin_over_a_third_of_the_patch_is_refused() {
    assert_eq!(Tiling::new(0, 0), None);
    assert_eq!(Tiling::new(512, 171), None);
    assert!(Tiling::new(513, 170).is_some() && Tiling::new(1, 0).is_some());
    assert_eq!(Tiling::new(9, 3), None, "an odd margin is as wide as the next even one");
}

#[test]
fn the_patches_and_strips_over_pixels_are_counted_from_the_origin() {
    let t = tiling(16, 4);
    assert_eq!(t.cores_over(&(0..8)), 0..1);
    assert_eq!(t.cores_over(&(-1..9)), -1..2);
    // Strip k is [8 k - 2, 8 k + 6).
    assert_eq!(t.strips_over(&(0..6)), 0..1);
    assert_eq!(t.strips_over(&(0..7)), 0..2);
    assert_eq!(t.strips_over(&(-3..1)), -1..1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every pixel is in one core and one strip, and the weights on it sum to one.
    #[test]
    fn cores_and_strips_part_the_pixels_and_weights_sum_to_one(
        patch in 1usize..70, margin in 0usize..24, from in -300i64..300, len in 1i64..200,
    ) {
        prop_assume!(Tiling::new(patch, margin).is_some());
        let t = tiling(patch, margin);
        let pixels = from..from + len;
        let weights = t.weights();
        prop_assert_eq!(weights.len(), t.reach_len());
        let ranks = t.cores_over(&pixels).start - 1..t.cores_over(&pixels).end + 1;
        for pixel in pixels.clone() {
            let n = |of: &dyn Fn(i64) -> Range<i64>| {
                ranks.clone().filter(|&k| of(k).contains(&pixel)).count()
            };
            prop_assert_eq!(n(&|k| t.core(k)), 1);
            prop_assert_eq!(n(&|k| t.strip(k)), 1);
            let sum: u32 = ranks.clone().filter(|&k| t.reach(k).contains(&pixel))
                .map(|k| weights[(pixel - t.reach(k).start) as usize]).sum();
            prop_assert_eq!(sum, WEIGHT_ONE);
        }
        for k in t.strips_over(&pixels) {
            prop_assert!(t.strip(k).start < pixels.end && pixels.start < t.strip(k).end);
        }
    }
}

#[test]
fn voids_take_the_mirrored_data_beside_them() {
    let row = [0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 9.0];
    let valid = array![[0u8, 0, 0, 1, 1, 0, 0, 0, 0, 1]];
    let mut cells = Array3::from_shape_vec((1, 1, 10), row.to_vec()).unwrap();
    fill_by_reflection(&mut cells, valid.view());
    // Left of the first run: 1, 2, then mirrored again. Between runs: each side has its half.
    assert_eq!(cells, array![[[2.0, 2.0, 1.0, 1.0, 2.0, 2.0, 1.0, 9.0, 9.0, 9.0]]]);
}

#[test]
fn a_row_without_data_mirrors_the_rows_beside_it() {
    let valid = array![[0u8, 0], [1, 0], [0, 1], [0, 0], [0, 0], [0, 0]];
    let mut cells = Array3::zeros((2, 6, 2));
    cells.slice_mut(s![0, 1..3, ..]).assign(&array![[3.0, 0.0], [0.0, 4.0]]);
    cells.slice_mut(s![1, 1..3, ..]).assign(&array![[30.0, 0.0], [0.0, 40.0]]);
    fill_by_reflection(&mut cells, valid.view());
    let columns = array![[3.0, 3.0], [3.0, 3.0], [4.0, 4.0], [4.0, 4.0], [3.0, 3.0], [3.0, 3.0]];
    assert_eq!(cells.index_axis(Axis(0), 0), columns);
    assert_eq!(cells.index_axis(Axis(0), 1), columns * 10.0);
}

#[test]
fn whole_patches_and_empty_ones_stay_as_they_are() {
    let cells = Array3::from_shape_fn((1, 2, 2), |(_, r, c)| (r * 2 + c) as f32);
    for valid in [1u8, 0] {
        let mut filled = cells.clone();
        fill_by_reflection(&mut filled, Array2::from_elem((2, 2), valid).view());
        assert_eq!(filled, cells);
    }
}

#[test]
fn shares_are_the_softmax_of_logits_out_of_65535() {
    let ln3 = 3.0_f32.ln();
    let logits = Array3::from_shape_vec((2, 1, 3), vec![0.0, ln3, 900.0, 0.0, 0.0, -900.0]);
    let shares = shares_of_logits(logits.unwrap().view()).unwrap();
    assert_eq!(shares, array![[[32768, 49151, 65535]], [[32768, 16384, 0]]]);
    let wrong = Array3::from_shape_vec((2, 1, 2), vec![0.0, 1.0, 0.0, f32::NAN]).unwrap();
    let error = shares_of_logits(wrong.view()).unwrap_err();
    assert_eq!((error.row, error.col), (0, 1));
    assert!(error.got.is_nan());
}

#[test]
fn probabilities_must_be_probabilities() {
    let of = |values: [f32; 2]| {
        let answer = Array3::from_shape_vec((2, 1, 1), values.to_vec()).unwrap();
        shares_of_probabilities(answer.view())
    };
    assert_eq!(of([0.25, 0.75]), Ok(array![[[16384]], [[49151]]]));
    assert_eq!(of([-0.001, 1.0]), Ok(array![[[0]], [[65535]]]));
    assert_eq!(of([0.4, 0.4]), Err(Unusable { row: 0, col: 0, got: 0.8 }));
    assert_eq!(of([3.0, -2.0]), Err(Unusable { row: 0, col: 0, got: 3.0 }));
    assert!(of([f32::NAN, 1.0]).is_err());
}

/// What a patch says: everything for one class.
fn certain(t: &Tiling, n_classes: usize, class: usize) -> Array3<u16> {
    let side = t.reach_len();
    Array3::from_shape_fn(
        (n_classes, side, side),
        |(k, _, _)| if k == class { SHARE_ONE } else { 0 },
    )
}

#[test]
fn neighbours_that_disagree_pass_from_one_class_to_the_other_along_their_overlap() {
    let t = tiling(12, 4);
    // Cores of 4 pixels, reaches of 8, overlaps of 4 with weights 32, 96, 160, 224 of 256.
    assert_eq!(t.weights(), [32, 96, 160, 224, 224, 160, 96, 32]);
    let mut blend = Blend::new(&t, 2, 12);
    blend.add(certain(&t, 2, 0).view(), 0);
    blend.add(certain(&t, 2, 1).view(), 4);
    assert_eq!(blend.classes().row(0).to_vec(), [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    let second = blend.probabilities().slice(s![1, 0, ..]).to_vec();
    // 32/256, 96/256, 160/256 and 224/256 of 255; beyond the overlap one speaks alone.
    assert_eq!(second, [0, 0, 0, 0, 32, 96, 159, 223, 255, 255, 255, 255]);
}

#[test]
fn rows_of_patches_blend_like_columns_of_patches() {
    let t = tiling(12, 4);
    let mut blend = Blend::new(&t, 2, 8);
    blend.add(certain(&t, 2, 0).view(), 0);
    assert_eq!(blend.probabilities().slice(s![1, .., 0]).to_vec(), [0, 0, 0, 0]);
    blend.advance();
    blend.add(certain(&t, 2, 1).view(), 0);
    assert_eq!(blend.probabilities().slice(s![1, .., 0]).to_vec(), [32, 96, 159, 223]);
    blend.advance();
    assert_eq!(blend.probabilities().slice(s![1, .., 0]).to_vec(), [255, 255, 255, 255]);
    blend.advance();
    assert_eq!(blend.probabilities().sum(), 0, "nothing was said");
    blend.add(certain(&t, 2, 1).view(), 0);
    blend.clear();
    assert_eq!(blend.probabilities().sum(), 0);
}

#[test]
fn patches_in_any_order_and_partly_outside_the_band_give_the_same_sums() {
    let t = tiling(12, 3);
    let answers: Vec<(Array3<u16>, i64)> = (0..4u32)
        .map(|k| {
            let side = t.reach_len();
            let share = |(class, r, c): (usize, usize, usize)| {
                ((k as usize * 7919 + class * 104_729 + r * 31 + c * 1009) % 65_536) as u16
            };
            (Array3::from_shape_fn((3, side, side), share), i64::from(k) * 6 - 5)
        })
        .collect();
    let sums = |order: [usize; 4]| {
        let mut blend = Blend::new(&t, 3, 15);
        for (answer, col) in order.map(|k| &answers[k]) {
            blend.add(answer.view(), *col);
        }
        (blend.classes(), blend.probabilities())
    };
    assert_eq!(sums([0, 1, 2, 3]), sums([3, 1, 0, 2]));
}
