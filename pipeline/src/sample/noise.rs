//! Counter-based randomness: a value depends on its seed and its counters only, never on the order
//! or the thread in which it is asked for.

/// Scrambles a seed and two counters into 64 even bits (the finaliser of `SplitMix64`: Steele, Lea
/// and Flood, "Fast splittable pseudorandom number generators", 2014).
pub fn hash(seed: u64, a: i64, b: i64) -> u64 {
    let mut z = seed
        ^ (a as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (b as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(31);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number of `[0, 1)` from a seed and two counters.
pub fn unit(seed: u64, a: i64, b: i64) -> f64 {
    (hash(seed, a, b) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A smooth random surface of values in `[-1, 1]`, with one independent value per unit square.
pub fn surface(seed: u64, x: f64, y: f64) -> f64 {
    let (x_floor, y_floor) = (x.floor(), y.floor());
    let (col, row) = (x_floor as i64, y_floor as i64);
    let fade = |t: f64| t * t * (3.0 - 2.0 * t);
    let (u, v) = (fade(x - x_floor), fade(y - y_floor));
    let at = |dc: i64, dr: i64| unit(seed, col + dc, row + dr);
    let south = at(0, 0) + (at(1, 0) - at(0, 0)) * u;
    let north = at(0, 1) + (at(1, 1) - at(0, 1)) * u;
    2.0 * (south + (north - south) * v) - 1.0
}

/// [`surface`] at `scale_m` with a finer, weaker copy laid over it.
pub fn rough_surface(seed: u64, x_m: f64, y_m: f64, scale_m: f64) -> f64 {
    let (x, y) = (x_m / scale_m, y_m / scale_m);
    0.7 * surface(seed, x, y) + 0.3 * surface(seed ^ 0x5bd1, 2.7 * x + 11.3, 2.7 * y - 4.1)
}

/// A stream of numbers named by a seed: the n-th draw is the hash of n.
#[derive(Debug, Clone)]
pub struct Dice {
    seed: u64,
    drawn: i64,
}

impl Dice {
    /// The stream of a purpose (`name`) and an object (`rank`) under the territory's seed.
    pub fn new(seed: u64, name: u64, rank: usize) -> Self {
        Self { seed: hash(seed, name as i64, rank as i64), drawn: 0 }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.drawn += 1;
        hash(self.seed, self.drawn, 0)
    }

    /// The next number of `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The next number of `[low, high)`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Whether an event of probability `p` happens.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One of the values, each as likely as the others.
    pub fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[(self.bits() % values.len() as u64) as usize]
    }
}
