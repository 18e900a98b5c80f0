//! What a model answers, as integer shares of the classes.

use ndarray::{Array2, Array3, ArrayView3, Axis};

/// The share of a class that is certain.
pub const SHARE_ONE: u16 = u16::MAX;

/// How far the sum of probabilities may be from 1, and one of them from its limits.
const SLACK: f32 = 1e-2;

/// A pixel whose answer is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unusable {
    /// Row in the part of the patch that was looked at.
    pub row: usize,
    /// Column, likewise.
    pub col: usize,
    /// The figure of a class that is no number, or the sum of the probabilities.
    pub got: f32,
}

/// Softmax of the logits of each pixel, out of [`SHARE_ONE`], rounded to the nearest.
///
/// * `logits`: shape (class, rows, cols); the shares have the same shape.
///
/// # Errors
/// The first pixel with a logit that is not finite.
pub fn shares_of_logits(logits: ArrayView3<'_, f32>) -> Result<Array3<u16>, Unusable> {
    of_pixels(logits, |values| {
        let top = values.iter().fold(f32::NEG_INFINITY, |top, &value| top.max(value));
        if let Some(&wrong) = values.iter().find(|value| !value.is_finite()) {
            return Err(wrong);
        }
        let mut sum = 0.0;
        for value in values.iter_mut() {
            *value = (*value - top).exp();
            sum += *value;
        }
        for value in values.iter_mut() {
            *value /= sum;
        }
        Ok(())
    })
}

/// Probabilities out of [`SHARE_ONE`], rounded to the nearest.
///
/// * `probabilities`: shape (class, rows, cols); the shares have the same shape.
///
/// # Errors
/// The first pixel whose figures are not probabilities with a sum of 1, within a hundredth.
pub fn shares_of_probabilities(
    probabilities: ArrayView3<'_, f32>,
) -> Result<Array3<u16>, Unusable> {
    of_pixels(probabilities, |values| {
        let is_probability = |value: &f32| (-SLACK..=1.0 + SLACK).contains(value);
        if let Some(&wrong) = values.iter().find(|value| !is_probability(value)) {
            return Err(wrong);
        }
        let sum: f32 = values.iter().sum();
        if (sum - 1.0).abs() > SLACK {
            return Err(sum);
        }
        for value in values.iter_mut() {
            *value = value.clamp(0.0, 1.0);
        }
        Ok(())
    })
}

/// Rewrites the figures of each pixel as probabilities, then as shares.
fn of_pixels(
    answer: ArrayView3<'_, f32>,
    rewrite: impl Fn(&mut [f32]) -> Result<(), f32>,
) -> Result<Array3<u16>, Unusable> {
    let (n_classes, rows, cols) = answer.dim();
    let mut shares = Array3::zeros((n_classes, rows, cols));
    // Planes of a patch lie a power of two apart: read across, they would push each other out of
    // the cache.
    let mut line = Array2::zeros((n_classes, cols));
    let mut values = vec![0.0; n_classes];
    for row in 0..rows {
        line.assign(&answer.index_axis(Axis(1), row));
        for col in 0..cols {
            for (value, &figure) in values.iter_mut().zip(line.column(col)) {
                *value = figure;
            }
            rewrite(&mut values).map_err(|got| Unusable { row, col, got })?;
            for (class, &value) in values.iter().enumerate() {
                // Never negative: adding a half and cutting rounds, without a call.
                shares[[class, row, col]] = (value * f32::from(SHARE_ONE) + 0.5) as u16;
            }
        }
    }
    Ok(shares)
}
