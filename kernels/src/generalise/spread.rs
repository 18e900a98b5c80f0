//! How far the areas of faces went, over a class or over all.

use std::collections::BTreeMap;

use super::Generalised;

/// Parts per million in the whole.
const PPM: i128 = 1_000_000;

/// What generalising did to the areas of some faces; exact sums, doubled, in square lattice steps.
///
/// A share is what a face won or lost of the area of its cells, in parts per million, rounded up:
/// a bound on the shares is a bound on the faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// Number of faces.
    pub n_faces: u64,
    /// Those whose area is not what it was.
    pub n_moved: u64,
    /// Their areas before, summed.
    pub twice_before: i128,
    /// What the faces that won have won.
    pub twice_won: i128,
    /// What the faces that lost have lost, positive.
    pub twice_lost: i128,
    /// The largest share.
    pub max_ppm: u32,
    /// The share that 99 faces of 100 do not exceed (nearest rank).
    pub p99_ppm: u32,
    /// The mean of the shares, rounded up.
    pub mean_ppm: u32,
    /// The face of the largest share, the first of them; `None` without faces.
    pub worst: Option<usize>,
}

impl Spread {
    /// Areas after, summed.
    pub fn twice_after(&self) -> i128 {
        self.twice_before + self.twice_won - self.twice_lost
    }
}

impl Generalised {
    /// The spread of the faces of each code, and of all faces.
    pub fn spreads(&self) -> (BTreeMap<u16, Spread>, Spread) {
        let mut by_code: BTreeMap<u16, Gathered> = BTreeMap::new();
        let mut all = Gathered::default();
        let areas = self.coverage.twice_areas();
        for (face, (now, &drift)) in areas.into_iter().zip(&self.twice_drifts).enumerate() {
            by_code.entry(self.coverage.faces()[face].value).or_default().add(
                face,
                now - drift,
                drift,
            );
            all.add(face, now - drift, drift);
        }
        (by_code.into_iter().map(|(code, of)| (code, of.finish())).collect(), all.finish())
    }
}

/// A spread whose shares are still to be ranked.
#[derive(Default)]
struct Gathered {
    sums: Spread,
    shares: Vec<u32>,
}

impl Gathered {
    fn add(&mut self, face: usize, before: i128, drift: i128) {
        // A face has an area; whoever loses more than all of it has lost all.
        let share = (PPM * drift.abs() + before - 1).div_euclid(before.max(1));
        let share = u32::try_from(share).unwrap_or(u32::MAX);
        let sums = &mut self.sums;
        if sums.worst.is_none() || share > sums.max_ppm {
            (sums.worst, sums.max_ppm) = (Some(face), share);
        }
        sums.n_faces += 1;
        sums.n_moved += u64::from(drift != 0);
        sums.twice_before += before;
        sums.twice_won += drift.max(0);
        sums.twice_lost += (-drift).max(0);
        self.shares.push(share);
    }

    fn finish(mut self) -> Spread {
        let n = self.shares.len();
        if n == 0 {
            return self.sums;
        }
        let total: u64 = self.shares.iter().map(|&share| u64::from(share)).sum();
        let rank = (99 * n).div_ceil(100) - 1;
        let (_, &mut p99_ppm, _) = self.shares.select_nth_unstable(rank);
        Spread { p99_ppm, mean_ppm: total.div_ceil(n as u64) as u32, ..self.sums }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_area_before_and_ranked() {
        let mut gathered = Gathered::default();
        // 99 faces that keep their area, one that loses a third of its own.
        (0..99).for_each(|face| gathered.add(face, 600, 0));
        gathered.add(99, 300, -100);
        let spread = gathered.finish();
        assert_eq!((spread.n_faces, spread.n_moved, spread.worst), (100, 1, Some(99)));
        assert_eq!((spread.max_ppm, spread.p99_ppm, spread.mean_ppm), (333_334, 0, 3_334));
        assert_eq!((spread.twice_before, spread.twice_won, spread.twice_lost), (59_700, 0, 100));
        assert_eq!(spread.twice_after(), 59_600);
    }

    #[test]
    fn one_face_of_fifty_is_in_the_last_hundredth() {
        let mut gathered = Gathered::default();
        (0..50).for_each(|face| gathered.add(face, 1_000, if face == 7 { 10 } else { 1 }));
        let spread = gathered.finish();
        assert_eq!((spread.max_ppm, spread.p99_ppm, spread.worst), (10_000, 10_000, Some(7)));
        assert_eq!(spread.mean_ppm, 1_180);
    }

    #[test]
    fn without_faces_there_is_nothing() {
        assert_eq!(Gathered::default().finish(), Spread::default());
    }
}
