//! Cuts a row of cells into runs of equal value.

use ndarray::ArrayView1;

/// Cells compared at once.
const LANES: usize = 64;

/// Visits the first column and the value of every run of a row, in order.
#[inline]
pub(crate) fn for_each_run<T: Copy + PartialEq>(
    row: ArrayView1<'_, T>,
    mut visit: impl FnMut(usize, T),
) {
    let owned;
    let row = if let Some(slice) = row.to_slice() {
        slice
    } else {
        owned = row.to_vec();
        &owned
    };
    if let Some(&first) = row.first() {
        visit(0, first);
        for_each_start(row, |col| visit(col, row[col]));
    }
}

/// Visits every cell of a row that differs from the one before it, in order.
#[inline]
fn for_each_start<T: Copy + PartialEq>(row: &[T], mut visit: impl FnMut(usize)) {
    let mut start = 1;
    while let Some(here) = row.get(start..).and_then(<[T]>::first_chunk::<LANES>) {
        let before = row[start - 1..].first_chunk().expect("one cell more to the west");
        let mut starts = differences(here, before);
        while starts != 0 {
            visit(start + starts.trailing_zeros() as usize);
            starts &= starts - 1;
        }
        start += LANES;
    }
    for col in start..row.len() {
        if row[col] != row[col - 1] {
            visit(col);
        }
    }
}

/// Where two lists differ, a bit for each place.
#[inline]
fn differences<T: PartialEq>(a: &[T; LANES], b: &[T; LANES]) -> u64 {
    let mut differs = [0_u8; LANES];
    for (differs, (a, b)) in differs.iter_mut().zip(a.iter().zip(b)) {
        *differs = u8::from(a != b);
    }
    let (octets, _) = differs.as_chunks();
    let bits = octets.iter().enumerate().map(|(i, octet)| {
        // The product brings the lowest bits of the eight bytes together in the highest byte.
        let byte = u64::from_le_bytes(*octet).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        byte << (8 * i)
    });
    bits.fold(0, |all, byte| all | byte)
}
