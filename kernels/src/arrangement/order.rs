//! Sorting by place: items are dealt into narrow bands of eastings, and each band is sorted alone.
//!
//! A band fits in the processor's cache, which one sort of everything does not.

use rayon::prelude::*;

use crate::lattice::Point;

/// Items of a band, on average.
const BAND: usize = 128;

/// Most bands: more would scatter the dealing over too many places at once.
const BANDS_MAX: usize = 1 << 15;

/// Items above which a band is worth several threads.
const CROWD: usize = 1 << 16;

/// A number in the order of [`Point`].
pub(crate) fn rank(p: Point) -> u64 {
    let unsigned = |v: i32| u64::from(v.cast_unsigned() ^ (1 << 31));
    unsigned(p.x) << 32 | unsigned(p.y)
}

/// All items in the order of `key`, which must grow with the easting `x`.
///
/// `items` is walked several times, so that the items are stored only once. Equal keys must mean
/// equal items, else their order is not defined.
pub(super) fn sorted<T, K>(
    items: impl Iterator<Item = T> + Clone,
    x: impl Fn(&T) -> i32,
    key: impl Fn(&T) -> K + Sync,
) -> Vec<T>
where
    T: Copy + Default + Send,
    K: Ord,
{
    let (mut dealt, sizes) = deal(items, x, BAND);
    sort_bands(&mut dealt, &sizes, key);
    dealt
}

/// All items, dealt into bands that follow each other eastwards, and the size of each band.
///
/// * `band_len`: items of a band, on average; items of one easting are in one band.
pub(crate) fn deal<T: Copy + Default>(
    items: impl Iterator<Item = T> + Clone,
    x: impl Fn(&T) -> i32,
    band_len: usize,
) -> (Vec<T>, Vec<usize>) {
    let (n, lo, hi) = items.clone().fold((0_usize, i32::MAX, i32::MIN), |(n, lo, hi), item| {
        let x = x(&item);
        (n + 1, lo.min(x), hi.max(x))
    });
    let span = (i64::from(hi) - i64::from(lo)).max(0) as usize;
    let n_wanted = (n / band_len).clamp(1, BANDS_MAX);
    let mut shift = 0;
    while span >> shift >= n_wanted {
        shift += 1;
    }
    let band = |item: &T| ((i64::from(x(item)) - i64::from(lo)) >> shift) as usize;
    let mut next = vec![0_usize; (span >> shift) + 2];
    items.clone().for_each(|item| next[band(&item) + 1] += 1);
    for i in 1..next.len() {
        next[i] += next[i - 1];
    }
    let sizes: Vec<usize> = next.windows(2).map(|w| w[1] - w[0]).collect();
    let mut dealt = vec![T::default(); n];
    items.for_each(|item| {
        let slot = &mut next[band(&item)];
        dealt[*slot] = item;
        *slot += 1;
    });
    (dealt, sizes)
}

/// Sorts each of the neighbouring bands of the given sizes.
fn sort_bands<T: Send, K: Ord>(dealt: &mut [T], sizes: &[usize], key: impl Fn(&T) -> K + Sync) {
    let mut bands = Vec::with_capacity(sizes.len());
    let mut rest = dealt;
    for &size in sizes {
        let (band, after) = rest.split_at_mut(size);
        bands.push(band);
        rest = after;
    }
    bands.into_par_iter().for_each(|band| {
        if band.len() > CROWD {
            band.par_sort_unstable_by_key(&key);
        } else {
            band.sort_unstable_by_key(&key);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_grow_with_points_across_zero() {
        let steps = [i32::MIN, -7, -1, 0, 1, 9, i32::MAX];
        let points: Vec<Point> =
            steps.iter().flat_map(|&x| steps.map(|y| Point::new(x, y))).collect();
        assert!(points.windows(2).all(|w| w[0] < w[1] && rank(w[0]) < rank(w[1])));
    }

    #[test]
    fn the_order_is_that_of_one_sort_whether_spread_crowded_or_alone() {
        let spread = |n: i32, step: i32| (0..n).map(move |i| (i.wrapping_mul(step), i % 17));
        for (n, step) in [(0, 1), (1, 5), (90_000, 0), (90_000, 2_654_435), (70_000, -97)] {
            let items = spread(n, step).map(|(x, y)| Point::new(x, y));
            let mut whole: Vec<Point> = items.clone().collect();
            whole.sort_unstable();
            assert_eq!(sorted(items, |p| p.x, |&p| rank(p)), whole, "{n} items, step {step}");
        }
    }
}
