//! Two convolutions in plain arithmetic: what `tests/data/convolutions.onnx` answers, exactly.

use ndarray::{Array2, Array3};

/// What the model takes and gives.
pub(crate) const DESCRIPTION: &str = "\
format: 1
id: test
title: Test
source: [us]
classes: flair-hub
pixel_m: 0.2
patch: 16
margin: 4
answer: logits
channels:
  - { from: rvb, band: 1, mean: 128.0, deviation: 64.0 }
  - { from: rvb, band: 2, mean: 128.0, deviation: 64.0 }
  - { from: rvb, band: 3, mean: 128.0, deviation: 64.0 }
  - { from: irc, band: 1, mean: 128.0, deviation: 64.0 }
outputs: [water, building, deciduous]
";

/// Cell values of the outputs in FLAIR-HUB's numbering.
pub(crate) const VALUES: [u8; 3] = [6, 0, 12];

/// As in `tests/data/convolutions.py`.
fn weight(out: usize, into: usize, row: usize, col: usize) -> f32 {
    ((out * 5 + into * 3 + row * 2 + col) % 7) as f32 / 4.0 - 0.75
}

/// What the model answers for one pixel, from the values around it; exact in `f32`.
pub(crate) fn logits(around: impl Fn(usize, usize, usize) -> f32) -> [f32; 3] {
    let feature = |o: usize| -> f32 {
        (0..36)
            .map(|i| (i / 9, i / 3 % 3, i % 3))
            .map(|(c, r, q)| weight(o, c, r, q) * around(c, r, q))
            .sum()
    };
    let features = [feature(0), feature(1)];
    [0, 1, 2].map(|class| (0..2).map(|o| weight(class, o, 0, 0) * features[o]).sum())
}

/// Values of 4 channels that look like noise, never 0.
pub(crate) fn scene(rows: usize, cols: usize) -> Array3<u8> {
    Array3::from_shape_fn((4, rows, cols), |(c, row, col)| {
        let mixed =
            (row / 3 * 7919 + col / 2 * 104_729 + c * 31 + row * col).wrapping_mul(2_654_435_761);
        1 + (mixed >> 7) as u8 % 255
    })
}

/// The class of each pixel of a scene without voids, mirrored at its limits.
pub(crate) fn truth(scene: &Array3<u8>) -> Array2<u8> {
    let (_, rows, cols) = scene.dim();
    Array2::from_shape_fn((rows, cols), |(row, col)| {
        let [a, b, c] = logits(|ch, r, q| {
            // Mirrored by one pixel is held at the limit.
            let (row, col) = ((row + r).clamp(1, rows) - 1, (col + q).clamp(1, cols) - 1);
            (f32::from(scene[[ch, row, col]]) - 128.0) / 64.0
        });
        let best = if b > a && b >= c { 1 } else { usize::from(c > a) * 2 };
        VALUES[best]
    })
}
