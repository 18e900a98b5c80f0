//! The same code for wider vectors, where the processor has them.
//!
//! Programs are compiled for every x86-64, whose vectors hold 16 bytes. A loop that goes through
//! [`widest`] is compiled a second time for AVX2 (32 bytes, since 2013), and the processor at hand
//! decides which one runs. Both are the same Rust: whole numbers and the operations that IEEE 754
//! rounds exactly, none of them fused, so the bytes are the same everywhere.

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
    fn wide_vectors_give_the_same_bytes() {
        let values: Vec<u32> = (0..4099).map(|v| v * v % 60_000).collect();
        assert_eq!(widest(Roots(values.clone())), Roots(values).run());
    }
}
