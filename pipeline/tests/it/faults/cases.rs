//! Which faults are tried: drawn from a seed, so that a failure can be met again.

use std::time::Duration;

/// What happens to a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Case {
    /// It is killed after so long.
    KillAfter(Duration),
    /// It is killed when it passes a named place for the n-th time.
    KillAt(String, usize),
    /// It is killed, and the next one as well.
    KillTwice(Duration, Duration),
    /// The disk takes so many bytes more.
    Full(u64),
    /// Its n-th read fails.
    Unreadable(u64),
}

impl Case {
    /// The kind of fault.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::KillAfter(_) => "killed at any time",
            Self::KillAt(..) => "killed at a named place",
            Self::KillTwice(..) => "killed twice",
            Self::Full(_) => "disk full",
            Self::Unreadable(_) => "read refused",
        }
    }
}

/// What cases are drawn from.
pub(super) struct Cases<'a> {
    pub(super) seed: u64,
    /// Of a run that nothing happens to.
    pub(super) time: Duration,
    /// Bytes written, reads made.
    pub(super) traffic: (u64, u64),
    /// Fault points in the order in which a run passes them.
    pub(super) points: &'a [String],
}

impl Cases<'_> {
    /// So many of each kind: killed at any time, at a place, twice, full, unreadable. Moments, bytes
    /// and reads are spread evenly over a run, each at a random place of its share of it.
    pub(super) fn some(&self, counts: [usize; 5]) -> Vec<Case> {
        let mut draw = Draw(self.seed);
        let [any, places, twice, full, unreadable] = counts;
        let time = |share: f64| self.time.mul_f64(share);
        let mut cases: Vec<Case> =
            draw.shares(any).into_iter().map(|share| Case::KillAfter(time(share))).collect();
        for share in draw.shares(places) {
            let passed = (share * self.points.len() as f64) as usize;
            let name = &self.points[passed];
            let nth = self.points[..=passed].iter().filter(|point| *point == name).count();
            cases.push(Case::KillAt(name.clone(), nth));
        }
        for share in draw.shares(twice) {
            let second = draw.share();
            cases.push(Case::KillTwice(time(share), time(second)));
        }
        let of = |total: u64, share: f64| (total as f64 * share) as u64;
        cases.extend(draw.shares(full).into_iter().map(|s| Case::Full(of(self.traffic.0, s))));
        let reads = draw.shares(unreadable).into_iter();
        cases.extend(reads.map(|s| Case::Unreadable(1 + of(self.traffic.1, s))));
        cases
    }
}

/// Numbers that look random and are not (`SplitMix64`).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One share in each of `n` equal parts of the whole.
    fn shares(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|part| (part as f64 + self.share()) / n as f64).collect()
    }
}
