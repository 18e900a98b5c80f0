//! Which bands of two pictures of one ground show the same colour.
//!
//! Two orthos of one flight, RVB (red, green, blue) and IRC (near infrared, red, green), share two
//! bands. They are the same measurement, so they correlate far better than any two different
//! colours do; when another pair of bands correlates better still, the bands are not in the order
//! that they are said to be in.

/// Bands of each of the two pictures.
const N: usize = 3;

/// Fewest places from which anything is concluded.
pub const PLACES_MIN: usize = 256;

/// Least correlation of two bands that are said to be the same.
pub const SAME_MIN: f64 = 0.9;

/// How much more of the variation another order must leave unexplained for this order to be the
/// right one: the unexplained part is one minus the squared correlation.
pub const UNEXPLAINED_RATIO: f64 = 4.0;

/// Two pairs of bands, from 0, that show the same: (band of the first picture, of the second).
pub type Matches = [(usize, usize); 2];

/// Red and green of RVB are the second and third band of IRC.
pub const RVB_AND_IRC: Matches = [(0, 1), (1, 2)];

/// The pairs of bands that show the same, when they are surely not the `expected` ones.
///
/// * `places`: the three bands of the first picture, then of the second, at places of one ground.
///
/// `None` when the expected pairs are right, or when nothing can be told: fewer than [`PLACES_MIN`]
/// places, bands without contrast, no two pairs over [`SAME_MIN`], or none that leaves
/// [`UNEXPLAINED_RATIO`] times less unexplained than the expected pairs do where they differ. So pictures of two
/// dates or of different tones are never called wrong. An order that leaves the two pairs in place
/// (red and green exchanged in both pictures) cannot be seen.
pub fn other_matches(places: &[[u8; 2 * N]], expected: Matches) -> Option<Matches> {
    if places.len() < PLACES_MIN {
        return None;
    }
    let correlation = correlations(places)?;
    let unexplained = |(a, b): (usize, usize)| 1.0 - correlation[a][b].powi(2);
    let cost = |pairs: &Matches| pairs.iter().map(|&pair| unexplained(pair)).sum::<f64>();
    let is_sure = |pairs: &Matches| pairs.iter().all(|&(a, b)| correlation[a][b] >= SAME_MIN);
    let best = all_matches()
        .filter(is_sure)
        .min_by(|a, b| cost(a).total_cmp(&cost(b)).then_with(|| a.cmp(b)))?;
    // A pair that both orders have in common says nothing for either.
    let apart = |pairs: Matches, others: Matches| {
        let own = pairs.into_iter().filter(|pair| !others.contains(pair));
        own.map(unexplained).sum::<f64>()
    };
    let is_better = apart(best, expected) * UNEXPLAINED_RATIO < apart(expected, best);
    (best != expected && is_better).then_some(best)
}

/// Every two pairs that share no band, in ascending order of the first picture's bands.
fn all_matches() -> impl Iterator<Item = Matches> {
    let pairs = || (0..N).flat_map(|a| (0..N).map(move |b| (a, b)));
    pairs().flat_map(move |one| {
        let apart = move |other: &(usize, usize)| one.0 < other.0 && one.1 != other.1;
        pairs().filter(apart).map(move |other| [one, other])
    })
}

/// Pearson's correlation of each band of the first picture with each of the second; `None` when a
/// band has no contrast. Sums are whole numbers, so their order does not matter.
fn correlations(places: &[[u8; 2 * N]]) -> Option<[[f64; N]; N]> {
    let n = places.len() as i64;
    let (mut sum, mut product) = ([0_i64; 2 * N], [[0_i64; 2 * N]; 2 * N]);
    for place in places {
        for (i, &a) in place.iter().enumerate() {
            sum[i] += i64::from(a);
            for (j, &b) in place.iter().enumerate() {
                product[i][j] += i64::from(a) * i64::from(b);
            }
        }
    }
    let covariance = |i: usize, j: usize| (n * product[i][j] - sum[i] * sum[j]) as f64;
    // One step of a byte, as a standard deviation.
    let has_contrast = (0..2 * N).all(|i| n * product[i][i] - sum[i] * sum[i] >= n * n);
    has_contrast.then(|| {
        std::array::from_fn(|a| {
            std::array::from_fn(|b| {
                let b = b + N;
                covariance(a, b) / (covariance(a, a) * covariance(b, b)).sqrt()
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    /// Places of fields, woods, roofs and water: blue, green, red, near infrared with some noise.
    fn ground(noise: u64) -> Vec<[u8; 4]> {
        let covers = [[60, 90, 70, 180], [30, 55, 35, 120], [150, 140, 160, 150], [50, 60, 40, 15]];
        let mut stream = SplitMix64::new(7);
        (0..2_000)
            .map(|rank| {
                let light = stream.below(40) as i64;
                covers[rank % 4].map(|v: i64| {
                    (v + light + stream.below(2 * noise + 1) as i64 - noise as i64).clamp(0, 255)
                        as u8
                })
            })
            .collect()
    }

    /// Both pictures of the ground, their bands taken from blue, green, red, near infrared.
    fn places(noise: u64, bands: [usize; 6]) -> Vec<[u8; 6]> {
        ground(noise).iter().map(|place| bands.map(|band| place[band])).collect()
    }

    const RIGHT: [usize; 6] = [2, 1, 0, 3, 2, 1];

    #[test]
    fn bands_in_order_are_right_whatever_the_noise() {
        for noise in [0, 2, 10, 60] {
            assert_eq!(other_matches(&places(noise, RIGHT), RVB_AND_IRC), None, "{noise}");
        }
    }

    #[test]
    fn every_visible_wrong_order_is_found() {
        for (bands, found) in [
            // Both lists exchanged.
            ([3, 2, 1, 2, 1, 0], [(1, 0), (2, 1)]),
            // Blue, green, red.
            ([0, 1, 2, 3, 2, 1], [(1, 2), (2, 1)]),
            // Red, green, near infrared.
            ([2, 1, 0, 2, 1, 3], [(0, 0), (1, 1)]),
            // RVB twice: every band is there, the first two match.
            ([2, 1, 0, 1, 3, 2], [(0, 2), (1, 0)]),
        ] {
            assert_eq!(other_matches(&places(4, bands), RVB_AND_IRC), Some(found), "{bands:?}");
        }
    }

    #[test]
    fn tones_and_dates_that_differ_are_no_wrong_order() {
        // The second picture is darker, with another gamma, and its light falls elsewhere.
        let mut stream = SplitMix64::new(1);
        let toned: Vec<[u8; 6]> = places(4, RIGHT)
            .into_iter()
            .map(|mut place| {
                for v in &mut place[3..] {
                    let gamma = (f64::from(*v) / 255.0).powf(1.6) * 200.0;
                    *v = (gamma as u64 + stream.below(50)) as u8;
                }
                place
            })
            .collect();
        assert_eq!(other_matches(&toned, RVB_AND_IRC), None);
        let elsewhere: Vec<[u8; 6]> =
            (0..2_000).map(|_| std::array::from_fn(|_| stream.below(256) as u8)).collect();
        assert_eq!(other_matches(&elsewhere, RVB_AND_IRC), None);
    }

    #[test]
    fn nothing_is_told_of_a_picture_without_contrast_or_of_few_places() {
        let swapped = places(4, [3, 2, 1, 2, 1, 0]);
        assert_eq!(other_matches(&swapped[..PLACES_MIN - 1], RVB_AND_IRC), None);
        let flat: Vec<[u8; 6]> =
            swapped.iter().map(|p| [9, p[1], p[2], p[3], p[4], p[5]]).collect();
        assert_eq!(other_matches(&flat, RVB_AND_IRC), None);
        // One picture given twice: every order that keeps the diagonal is as good.
        let twice: Vec<[u8; 6]> = (0..2_000).map(|i| [(i % 251) as u8; 6]).collect();
        assert_eq!(other_matches(&twice, RVB_AND_IRC), None);
    }
}
