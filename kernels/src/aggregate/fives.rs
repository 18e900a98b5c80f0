//! Five lines of bytes summed down their columns at once, as many as the usual cell has, of 1 m under
//! pixels of 0.2 m.

/// Lines that are summed.
pub(super) const FIVE: usize = 5;

/// Writes the sums of five lines, and those of their squares, column by column, in the place of what
/// was there; gives how many columns, from the first on, were summed, maybe none.
///
/// * `sum`, `squares`: at least as long as the lines, which are of one length.
pub(super) fn put(lines: [&[u8]; FIVE], sum: &mut [u16], squares: &mut [u32]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was just asked for the only feature that the function needs.
        return unsafe { vectors::put(lines, sum, squares) };
    }
    let _ = (lines, sum, squares);
    0
}

#[cfg(target_arch = "x86_64")]
mod vectors {
    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_add_epi16, _mm256_add_epi32, _mm256_cvtepu8_epi16,
        _mm256_madd_epi16, _mm256_permute2x128_si256, _mm256_setzero_si256, _mm256_storeu_si256,
        _mm256_unpackhi_epi16, _mm256_unpacklo_epi16,
    };

    use super::FIVE;

    /// Columns that are summed at once.
    const COLS: usize = 16;

    /// [`super::put`] of the whole vectors of the lines.
    #[target_feature(enable = "avx2")]
    pub(super) fn put(lines: [&[u8]; FIVE], sum: &mut [u16], squares: &mut [u32]) -> usize {
        let n = lines[0].len() / COLS;
        let lines = lines.map(|line| &line.as_chunks::<COLS>().0[..n]);
        let sum = &mut sum.as_chunks_mut::<COLS>().0[..n];
        let squares = &mut squares.as_chunks_mut::<COLS>().0[..n];
        let none = _mm256_setzero_si256();
        for (i, (sum, squares)) in sum.iter_mut().zip(squares).enumerate() {
            let [a, b, c, d, e] = lines.map(|line| load(&line[i]));
            let four = _mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_add_epi16(c, d));
            // Columns 0 to 3 and 8 to 11, then 4 to 7 and 12 to 15, as vectors are interleaved.
            let pairs = [squares_of(a, b), squares_of(c, d), squares_of(e, none)];
            let [low, high] = [0, 1].map(|half| {
                let [ab, cd, e] = pairs.map(|pair| pair[half]);
                _mm256_add_epi32(_mm256_add_epi32(ab, cd), e)
            });
            let (first, last) = squares.split_at_mut(COLS / 2);
            let (of_first, of_last) = (
                _mm256_permute2x128_si256::<0x20>(low, high),
                _mm256_permute2x128_si256::<0x31>(low, high),
            );
            // SAFETY: 16 sums take one vector, and 8 sums of squares another one.
            unsafe {
                _mm256_storeu_si256(sum.as_mut_ptr().cast(), _mm256_add_epi16(four, e));
                _mm256_storeu_si256(first.as_mut_ptr().cast(), of_first);
                _mm256_storeu_si256(last.as_mut_ptr().cast(), of_last);
            }
        }
        n * COLS
    }

    /// Sixteen bytes, each in 16 bits.
    #[target_feature(enable = "avx2")]
    fn load(bytes: &[u8; COLS]) -> __m256i {
        // SAFETY: there are as many bytes as are read.
        unsafe { _mm256_cvtepu8_epi16(_mm_loadu_si128(bytes.as_ptr().cast())) }
    }

    /// The squares of two lines, added up: those of the low columns of each half, and of the high ones.
    #[target_feature(enable = "avx2")]
    fn squares_of(a: __m256i, b: __m256i) -> [__m256i; 2] {
        [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)]
            .map(|pairs| _mm256_madd_epi16(pairs, pairs))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_are_those_of_each_column_by_itself(
            bytes in prop::collection::vec(any::<[u8; FIVE]>(), 0..100),
        ) {
            let n = bytes.len();
            let lines: [Vec<u8>; FIVE] =
                std::array::from_fn(|rank| bytes.iter().map(|column| column[rank]).collect());
            let (mut sum, mut squares) = (vec![7; n + 3], vec![7; n + 3]);
            let done = put(lines.each_ref().map(Vec::as_slice), &mut sum, &mut squares);
            #[cfg(target_arch = "x86_64")]
            let expected = if std::arch::is_x86_feature_detected!("avx2") { n / 16 * 16 } else { 0 };
            #[cfg(not(target_arch = "x86_64"))]
            let expected = 0;
            prop_assert_eq!(done, expected);
            let numbers = |column: &[u8; FIVE]| column.map(u32::from);
            for (column, bytes) in bytes[..done].iter().enumerate() {
                prop_assert_eq!(u32::from(sum[column]), numbers(bytes).iter().sum::<u32>());
                let expected: u32 = numbers(bytes).iter().map(|v| v * v).sum();
                prop_assert_eq!(squares[column], expected);
            }
            prop_assert!(sum[done..].iter().all(|&v| v == 7) && squares[done..].iter().all(|&v| v == 7));
        }
    }
}
