//! Standard deviations of few bytes, in the numbers of which a vector holds most.
#![expect(clippy::inline_always, reason = "what is inlined is compiled again for wide vectors")]

use crate::wide::whole;

/// The whole part of `scale * sqrt(spread) / n`.
///
/// * `spread`: `n` times the sum of squares of `n` numbers less the square of their sum, which is
///   `n^2` times their variance.
///
/// Exact as long as `scale^2 * spread` and the square of `n * (result + 1)` are under 2^31 and the
/// result is under 2^11.
#[inline(always)]
pub(crate) fn deviation(scale: u32, spread: u32, n: u32) -> u32 {
    // A conversion with a sign is one instruction.
    let float = |v: u32| v as i32 as f32;
    // Four roundings of 2^-24 each: a little less is right or one too low, and whole numbers tell.
    let near = float(scale) * float(spread).sqrt() / float(n) - 0.01;
    let low = whole(near, 0.0, 2048.0) as u32;
    let next = (low + 1) * n;
    low + u32::from(next * next <= scale * scale * spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_those_of_whole_numbers() {
        for (scale, n) in [(2, 9), (2, 81), (8, 1), (8, 2), (8, 25), (8, 32)] {
            let most = n * n * 255 * 255 / 4;
            let around = |root: u32| {
                let least = (root * n).pow(2).div_ceil(scale * scale);
                least.saturating_sub(2)..=(least + 2).min(most)
            };
            let limits = (0..=scale * 255 / 2).flat_map(around);
            for spread in limits.chain((0..=most).step_by(1 + most as usize / 100_000)) {
                let root = deviation(scale, spread, n);
                let (low, high) = (u64::from(root * n), u64::from((root + 1) * n));
                let square = u64::from(scale * scale) * u64::from(spread);
                assert!(low * low <= square && square < high * high, "{scale} {n} {spread}");
            }
        }
    }
}
