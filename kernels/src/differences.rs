//! Pixels stored as what they differ from the one before them, as most compressed imagery is.

/// Puts back the bytes of a line of which each pixel but the first was stored as its difference from
/// the one before it, band by band (TIFF 6.0 specification, section 14, "horizontal differencing").
///
/// * `line`: pixel by pixel, the bands of a pixel together; sums wrap, as the differences did.
/// * `n_bands`: bands of a pixel, at least 1.
pub fn undo(line: &mut [u8], n_bands: usize) {
    let done = undo_in_vectors(line, n_bands);
    for at in done.max(n_bands)..line.len() {
        line[at] = line[at].wrapping_add(line[at - n_bands]);
    }
}

/// [`undo`] of the first bytes of a line; how many, maybe none.
#[cfg(target_arch = "x86_64")]
fn undo_in_vectors(line: &mut [u8], n_bands: usize) -> usize {
    if !std::arch::is_x86_feature_detected!("ssse3") {
        return 0;
    }
    // SAFETY: the processor was just asked for the only feature that the functions need.
    unsafe {
        match n_bands {
            1 => wide::undo::<1, 2, 4, 8>(line),
            3 => wide::undo::<3, 6, 12, 16>(line),
            4 => wide::undo::<4, 8, 16, 16>(line),
            _ => 0,
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn undo_in_vectors(_: &mut [u8], _: usize) -> usize {
    0
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi8, _mm_loadu_si128, _mm_setzero_si128, _mm_shuffle_epi8,
        _mm_slli_si128, _mm_storeu_si128,
    };

    /// Bytes of a vector.
    const WIDTH: usize = 16;

    /// [`super::undo`] of the whole vectors of a line, of pixels of `BY_1` bytes; the others are twice,
    /// four and eight times as many, [`WIDTH`] for all that are more.
    #[target_feature(enable = "ssse3")]
    pub(super) fn undo<const BY_1: i32, const BY_2: i32, const BY_4: i32, const BY_8: i32>(
        line: &mut [u8],
    ) -> usize {
        let n_bands = BY_1 as usize;
        // What each byte takes from the vector before it: the last pixel, over and over.
        let last: [u8; WIDTH] = std::array::from_fn(|i| (WIDTH - n_bands + i % n_bands) as u8);
        let last = load(&last);
        let mut before = _mm_setzero_si128();
        let vectors = line.as_chunks_mut::<WIDTH>().0;
        for vector in &mut *vectors {
            // Sums of two differences, of four, of eight, of sixteen.
            let mut sums = load(vector);
            sums = _mm_add_epi8(sums, _mm_slli_si128::<BY_1>(sums));
            sums = _mm_add_epi8(sums, _mm_slli_si128::<BY_2>(sums));
            sums = _mm_add_epi8(sums, _mm_slli_si128::<BY_4>(sums));
            sums = _mm_add_epi8(sums, _mm_slli_si128::<BY_8>(sums));
            before = _mm_add_epi8(sums, _mm_shuffle_epi8(before, last));
            // SAFETY: the vector has as many bytes as are written.
            unsafe { _mm_storeu_si128(vector.as_mut_ptr().cast(), before) };
        }
        vectors.len() * WIDTH
    }

    #[target_feature(enable = "ssse3")]
    fn load(bytes: &[u8; WIDTH]) -> __m128i {
        // SAFETY: there are as many bytes as are read.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_made_differences_comes_back(
            n_bands in 1_usize..6,
            pixels in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let line = &pixels[..pixels.len() / n_bands * n_bands];
            let mut stored = line.to_vec();
            for at in (n_bands..line.len()).rev() {
                stored[at] = stored[at].wrapping_sub(stored[at - n_bands]);
            }
            undo(&mut stored, n_bands);
            prop_assert_eq!(stored, line);
        }
    }
}
