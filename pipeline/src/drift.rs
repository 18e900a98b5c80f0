//! What each class of a raster lost and won when it was regularised.

use std::collections::BTreeMap;

/// Cells of one class before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drift {
    /// Cells before.
    pub n_before: u64,
    /// Cells after.
    pub n_after: u64,
    /// Cells that went to other classes.
    pub n_lost: u64,
    /// Cells that came from other classes.
    pub n_won: u64,
}

impl Drift {
    /// Net change in hundredths of what there was; `None` where there was nothing.
    pub fn percent(&self) -> Option<f64> {
        let net = self.n_won as f64 - self.n_lost as f64;
        (self.n_before > 0).then(|| 100.0 * net / self.n_before as f64)
    }

    /// The sum of two.
    #[must_use]
    fn plus(self, other: &Self) -> Self {
        Self {
            n_before: self.n_before + other.n_before,
            n_after: self.n_after + other.n_after,
            n_lost: self.n_lost + other.n_lost,
            n_won: self.n_won + other.n_won,
        }
    }
}

/// The drift of each code that the raster had or has, and of all together.
///
/// * `before`: numbers of cells by code, in any order; 0 is nodata and counted nowhere.
/// * `moved`: cells that went from one code to another.
///
/// Over all classes what is lost is what is won, and the area before is the area after.
pub fn drifts(
    before: impl IntoIterator<Item = (u16, u64)>,
    moved: &BTreeMap<(u16, u16), u64>,
) -> (BTreeMap<u16, Drift>, Drift) {
    let mut n_before = vec![0_u64; 1 << 16];
    before.into_iter().for_each(|(code, n_cells)| n_before[usize::from(code)] += n_cells);
    let mut by_code: BTreeMap<u16, Drift> = BTreeMap::new();
    for code in (1..=u16::MAX).filter(|&code| n_before[usize::from(code)] > 0) {
        by_code.entry(code).or_default().n_before = n_before[usize::from(code)];
    }
    for (&(from, to), &n) in moved {
        by_code.entry(from).or_default().n_lost += n;
        by_code.entry(to).or_default().n_won += n;
    }
    for drift in by_code.values_mut() {
        drift.n_after = drift.n_before + drift.n_won - drift.n_lost;
    }
    let total = by_code.values().fold(Drift::default(), Drift::plus);
    (by_code, total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_class_loses_another_wins() {
        let before = [(1, 2), (2, 1), (0, 1), (1, 1), (3, 1), (2, 2)];
        let (by_code, total) = drifts(before, &BTreeMap::from([((1, 2), 2), ((3, 4), 1)]));
        let drift = |n_before, n_after, n_lost, n_won| Drift { n_before, n_after, n_lost, n_won };
        let expected = [
            (1, drift(3, 1, 2, 0)),
            (2, drift(3, 5, 0, 2)),
            (3, drift(1, 0, 1, 0)),
            (4, drift(0, 1, 0, 1)),
        ];
        assert_eq!(by_code, BTreeMap::from(expected));
        assert_eq!(total, drift(7, 7, 3, 3));
        assert_eq!(by_code[&3].percent(), Some(-100.0));
        assert_eq!(by_code[&4].percent(), None);
    }
}
