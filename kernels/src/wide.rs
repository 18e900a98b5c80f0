//! The same code for wider vectors, where the processor has them.
//!
//! Programs are compiled for every x86-64, whose vectors hold 16 bytes. A loop that goes through
//! [`widest`] is compiled a second time for AVX2 (32 bytes, since 2013), and the processor at hand
//! decides which one runs. Both are the same Rust: whole numbers and the operations that IEEE 754
//! rounds exactly, none of them fused, so the bytes are the same everywhere.
#![expect(clippy::inline_always, reason = "what is inlined is compiled again for wide vectors")]

/// A loop over many cells.
pub(crate) trait Loop {
    /// What it gives.
    type Out;

    /// Runs it. Only what is inlined into it is compiled twice: it and the functions that it calls
    /// are to be `#[inline(always)]`.
    fn run(self) -> Self::Out;
}

/// Runs a loop with the widest vectors that the processor has.
pub(crate) fn widest<L: Loop>(body: L) -> L::Out {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was just asked for the only feature that the function needs.
        return unsafe { with_avx2(body) };
    }
    body.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<L: Loop>(body: L) -> L::Out {
    body.run()
}

/// The whole part of a number, which is first cut to `least..=most`; no number becomes `least`.
///
/// A vector of them takes four instructions; `as` takes its numbers one by one. Both limits are to be
/// within the range of `i32`.
#[inline(always)]
pub(crate) fn whole(value: f32, least: f32, most: f32) -> i32 {
    debug_assert!(i32::MIN as f32 <= least && least <= most && most < i32::MAX as f32);
    // As comparisons, each of which is one instruction, and of which no number holds.
    let value = if value > least { value } else { least };
    let value = if value < most { value } else { most };
    // SAFETY: the number lies between two that fit.
    unsafe { value.to_int_unchecked() }
}

/// [`whole`] of a double.
#[inline(always)]
pub(crate) fn whole_double(value: f64, least: f64, most: f64) -> i32 {
    debug_assert!(f64::from(i32::MIN) <= least && least <= most && most <= f64::from(i32::MAX));
    let value = if value > least { value } else { least };
    let value = if value < most { value } else { most };
    // SAFETY: the number lies between two that fit.
    unsafe { value.to_int_unchecked() }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Roots(Vec<u32>);

    impl Loop for Roots {
        type Out = Vec<u8>;

        fn run(self) -> Vec<u8> {
            self.0.iter().map(|&v| (f64::from(v).sqrt() / 3.0 + 0.5) as u8).collect()
        }
    }

    #[test]
    fn whole_parts_are_cut_to_their_limits() {
        let values = [-9.5, -2.9, -0.4, 0.0, 0.9, 2.999, 300.0, f32::NAN, f32::INFINITY];
        let expected = [-2, -2, 0, 0, 0, 2, 255, -2, 255];
        assert_eq!(values.map(|value| whole(value, -2.0, 255.0)), expected);
        assert_eq!(values.map(|value| whole_double(value.into(), -2.0, 255.0)), expected);
    }

    #[test]
    fn wide_vectors_give_the_same_bytes() {
        let values: Vec<u32> = (0..4099).map(|v| v * v % 60_000).collect();
        assert_eq!(widest(Roots(values.clone())), Roots(values).run());
    }
}
