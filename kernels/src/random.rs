//! Numbers that look random and depend on nothing but a seed and a place.
//!
//! A draw is a pure function of its counter, so it is the same for any tiling, order or thread
//! count. The generator is `SplitMix64`: Steele, Lea and Flood, "Fast splittable pseudorandom number
//! generators", OOPSLA 2014.

/// The odd constant by which the state of `SplitMix64` advances: 2^64 over the golden ratio.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Scrambles 64 bits: the finaliser of `SplitMix64` (Steele, Lea and Flood 2014, variant 13 of
/// Stafford). A bijection.
pub const fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A draw that belongs to one seed and one pair of counters, for instance a row and a column.
pub const fn draw(seed: u64, first: u64, second: u64) -> u64 {
    let state = mix(seed.wrapping_add(GAMMA)) ^ first;
    let state = mix(state.wrapping_add(GAMMA)) ^ second;
    mix(state.wrapping_add(GAMMA))
}

/// A stream of draws from one seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// A stream that starts at a seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        mix(self.state)
    }

    /// The next number under `n` (0 when `n` is 0), by the high half of a product; the bias is
    /// under `n` / 2^64.
    pub const fn below(&mut self, n: u64) -> u64 {
        ((self.next_u64() as u128 * n as u128) >> 64) as u64
    }

    /// The next number in `[0, 1)`, a multiple of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_from_seed_zero_is_the_published_one() {
        // First outputs of the reference implementation for state 0.
        let mut stream = SplitMix64::new(0);
        assert_eq!(stream.next_u64(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(stream.next_u64(), 0x6e78_9e6a_a1b9_65f4);
        assert_eq!(stream.next_u64(), 0x06c4_5d18_8009_454f);
    }

    #[test]
    fn a_draw_depends_on_the_order_of_its_counters() {
        assert_eq!(draw(7, 1, 2), draw(7, 1, 2));
        assert_ne!(draw(7, 1, 2), draw(7, 2, 1));
        assert_ne!(draw(7, 1, 2), draw(8, 1, 2));
    }

    #[test]
    fn bounded_draws_stay_under_their_bound_and_reach_every_value() {
        let mut stream = SplitMix64::new(3);
        let mut seen = [0_u32; 5];
        for _ in 0..1000 {
            seen[stream.below(5) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| n > 150), "{seen:?}");
        assert_eq!(stream.below(0), 0);
        assert!((0..100).all(|_| (0.0..1.0).contains(&stream.unit())));
    }
}
