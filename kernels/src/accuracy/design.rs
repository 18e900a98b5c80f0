//! How many places to look at, and how many of them in each stratum.
//!
//! Olofsson, Foody, Herold, Stehman, Woodcock and Wulder, "Good practices for estimating area and
//! assessing accuracy of land change", Remote Sensing of Environment 148, 2014, section 5.1.

use super::AccuracyError;

/// Least places in each object of a stratum that is visited in full: one tells the class, two tell
/// how far the object agrees with itself.
pub const PLACES_PER_OBJECT: u64 = 2;

/// What a stratum holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Its doubled area, in square lattice steps.
    pub twice_area: i128,
    /// Its objects.
    pub objects: u64,
}

/// The places of a stratum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allotment {
    /// How many.
    pub places: u64,
    /// Whether every object gets its own, at least [`PLACES_PER_OBJECT`].
    pub is_full: bool,
}

/// The places needed for a standard error of the overall accuracy: `(sum W S / error)²`, with `S²
/// = U (1 - U)` (equation 13, which is Cochran's 5.25), rounded up.
///
/// * `expected`: the user's accuracy `U` conjectured for each stratum, from 0 to 1.
///
/// # Panics
/// When there is not one accuracy for each stratum.
pub fn sample_size(strata: &[Extent], expected: &[f64], standard_error: f64) -> u64 {
    assert_eq!(strata.len(), expected.len(), "one expected accuracy for each stratum");
    let total: i128 = strata.iter().map(|stratum| stratum.twice_area).sum();
    let parts = strata.iter().zip(expected).map(|(stratum, u)| {
        stratum.twice_area as f64 / total as f64 * (u * (1.0 - u)).max(0.0).sqrt()
    });
    // Rounding of the sum must not add a place.
    ((parts.sum::<f64>() / standard_error).powi(2) - 1e-6).ceil() as u64
}

/// Shares places among strata: a minimum to the rare ones, the rest in proportion to area.
///
/// A stratum whose every object can have [`PLACES_PER_OBJECT`] of its places is visited in full: the
/// same rule then shares its places among its objects. Rounding is by largest remainder, so the
/// places add up to `total`.
///
/// # Errors
/// [`AccuracyError::TooFew`] when the minimum alone takes more than `total`.
pub fn allocate(
    strata: &[Extent],
    total: u64,
    minimum: u64,
) -> Result<Vec<Allotment>, AccuracyError> {
    let areas: Vec<i128> = strata.iter().map(|stratum| stratum.twice_area).collect();
    let places = share_out(&areas, total, minimum)?;
    let is_full = |(stratum, &places): (&Extent, &u64)| {
        stratum.objects.saturating_mul(PLACES_PER_OBJECT) <= places
    };
    let full: Vec<bool> = strata.iter().zip(&places).map(is_full).collect();
    let pairs = places.into_iter().zip(full);
    Ok(pairs.map(|(places, is_full)| Allotment { places, is_full }).collect())
}

/// Shares `total` places by area, at least `minimum` to each.
///
/// # Errors
/// As [`allocate`].
pub fn share_out(
    twice_areas: &[i128],
    total: u64,
    minimum: u64,
) -> Result<Vec<u64>, AccuracyError> {
    let mut places: Vec<Option<u64>> = vec![None; twice_areas.len()];
    loop {
        let taken: u64 = places.iter().flatten().sum();
        let open: Vec<usize> = (0..places.len()).filter(|&i| places[i].is_none()).collect();
        let rest = total.checked_sub(taken).filter(|rest| *rest > 0 || open.is_empty());
        let Some(rest) = rest else {
            let needed = taken + open.len() as u64 * minimum;
            return Err(AccuracyError::TooFew { total, needed });
        };
        let area: i128 = open.iter().map(|&i| twice_areas[i]).sum();
        let is_rare = |i: &usize| i128::from(rest) * twice_areas[*i] < i128::from(minimum) * area;
        let rare: Vec<usize> = open.iter().copied().filter(is_rare).collect();
        if rare.is_empty() {
            proportional(twice_areas, &open, rest, &mut places);
            return Ok(places.into_iter().map(Option::unwrap_or_default).collect());
        }
        for i in rare {
            places[i] = Some(minimum);
        }
    }
}

/// Gives `rest` places to the strata `open` by area, those of the largest remainders rounded up.
fn proportional(twice_areas: &[i128], open: &[usize], rest: u64, places: &mut [Option<u64>]) {
    let area: i128 = open.iter().map(|&i| twice_areas[i]).sum();
    let mut remainders = Vec::with_capacity(open.len());
    let mut left = rest;
    for &i in open {
        let product = i128::from(rest) * twice_areas[i];
        let whole = (product / area) as u64;
        places[i] = Some(whole);
        left -= whole;
        remainders.push((std::cmp::Reverse(product % area), i));
    }
    remainders.sort_unstable();
    for &(_, i) in remainders.iter().take(left as usize) {
        places[i] = places[i].map(|n| n + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strata(areas: [i128; 4]) -> Vec<Extent> {
        areas.map(|twice_area| Extent { twice_area, objects: 1_000 }).to_vec()
    }

    #[test]
    fn the_sample_of_olofsson_2014_has_641_places() {
        let expected = [0.7, 0.6, 0.9, 0.95];
        let size = sample_size(&strata([20, 15, 320, 645]), &expected, 0.01);
        assert_eq!(size, 641);
    }

    #[test]
    fn rare_strata_get_the_minimum_and_the_others_share_the_rest() {
        let places = |minimum| {
            let allotments = allocate(&strata([20, 15, 320, 645]), 640, minimum).unwrap();
            allotments.iter().map(|a| a.places).collect::<Vec<_>>()
        };
        // Table 5 of the paper rounds these to 165 and 325, 149 and 291, 182 and 358.
        assert_eq!(places(75), [75, 75, 162, 328]);
        assert_eq!(places(100), [100, 100, 146, 294]);
        assert_eq!(places(50), [50, 50, 179, 361]);
        assert_eq!(places(0), [13, 9, 205, 413]);
    }

    #[test]
    fn a_stratum_of_few_objects_is_visited_in_full() {
        let mut strata = strata([20, 15, 320, 645]);
        strata[0].objects = 25;
        strata[1].objects = 26;
        let found = allocate(&strata, 640, 50).unwrap();
        assert_eq!(found[0], Allotment { places: 50, is_full: true });
        assert_eq!(found[1], Allotment { places: 50, is_full: false });
        assert_eq!(found.iter().map(|a| a.places).sum::<u64>(), 640);
        // The places of its objects: two at least, the rest by area.
        assert_eq!(share_out(&[1, 1, 96, 2], 50, PLACES_PER_OBJECT).unwrap(), [2, 2, 44, 2]);
    }

    #[test]
    fn a_minimum_that_does_not_fit_is_refused() {
        let error = allocate(&strata([20, 15, 320, 645]), 150, 75).unwrap_err();
        assert_eq!(error, AccuracyError::TooFew { total: 150, needed: 300 });
        assert!(allocate(&strata([1, 1, 1, 1]), 300, 75).is_ok());
    }
}
