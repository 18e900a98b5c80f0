//! Polygons per second of arranging, checking and dissolving two vintages.
//!
//! A coverage is a grid of cells whose corners and arcs are moved at random (16 corners a cell,
//! about 40 m wide). `edited`: one arc in twenty is redrawn between the vintages, as in a delivered
//! update. `unrelated`: every arc differs, the worst case.

use std::hint::black_box;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use kernels::arrangement::{LayerMask, NO_KEY, arrange};
use kernels::coverage::{Limits, check};
use kernels::lattice::{Point, Polygon, Ring};

/// Lattice steps between two corners of the grid.
const CELL: i32 = 4000;

/// Corners inside each arc.
const INNER: i32 = 3;

/// A number that depends on all of `parts` and looks random (splitmix64).
fn draw(parts: [u64; 3]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |hash, part| {
        let mut z = (hash ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// A random step in `-reach..=reach`.
fn jitter(reach: i32, parts: [u64; 3]) -> i32 {
    (draw(parts) % (2 * reach as u64 + 1)) as i32 - reach
}

/// One coverage of `n x n` cells; arcs differ from seed 0 with a chance of `one_in`.
struct Coverage {
    n: i32,
    seed: u64,
    one_in: u64,
}

impl Coverage {
    /// The seed that drew the arc or corner `id`.
    fn author(&self, id: u64) -> u64 {
        if draw([self.seed, id, 1]).is_multiple_of(self.one_in) { self.seed } else { 0 }
    }

    /// A corner of the grid; only a wholly redrawn coverage moves it.
    fn corner(&self, row: i32, col: i32) -> Point {
        let id = (row * (self.n + 1) + col) as u64;
        let seed = if self.one_in == 1 { self.seed } else { 0 };
        let reach = CELL / 6;
        let (dx, dy) = (jitter(reach, [seed, id, 2]), jitter(reach, [seed, id, 3]));
        Point::new(70_000_000 + col * CELL + dx, 660_000_000 + row * CELL + dy)
    }

    /// The corners strictly inside the arc from one grid corner to the next east or north one.
    fn arc(&self, (row, col): (i32, i32), north: bool) -> Vec<Point> {
        let id = 2 * (row * (self.n + 1) + col) as u64 + u64::from(north);
        let seed = self.author(id);
        let a = self.corner(row, col);
        let b = self.corner(row + i32::from(north), col + i32::from(!north));
        let inner = |k: i32| {
            let at = |from: i32, to: i32, axis: u64| {
                let move_by = jitter(CELL / 24, [seed, id, 4 + axis + 2 * k as u64]);
                from + (to - from) / (INNER + 1) * k + move_by
            };
            Point::new(at(a.x, b.x, 0), at(a.y, b.y, 1))
        };
        (1..=INNER).map(inner).collect()
    }

    fn polygons(&self) -> Vec<Polygon> {
        let mut polygons = Vec::with_capacity((self.n * self.n) as usize);
        for row in 0..self.n {
            for col in 0..self.n {
                let mut ring = vec![self.corner(row, col)];
                ring.extend(self.arc((row, col), false));
                ring.push(self.corner(row, col + 1));
                ring.extend(self.arc((row, col + 1), true));
                ring.push(self.corner(row + 1, col + 1));
                ring.extend(self.arc((row + 1, col), false).into_iter().rev());
                ring.push(self.corner(row + 1, col));
                ring.extend(self.arc((row, col), true).into_iter().rev());
                polygons.push(Polygon { exterior: Ring(ring), holes: Vec::new() });
            }
        }
        polygons
    }
}

/// The two vintages of a pair.
fn pair(n: i32, one_in: u64) -> [Vec<Polygon>; 2] {
    [Coverage { n, seed: 0, one_in: 1 }.polygons(), Coverage { n, seed: 1, one_in }.polygons()]
}

fn arrangement(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("arrangement");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for n in [100, 224] {
        let n_polygons = 2 * (n * n) as u64;
        group.throughput(Throughput::Elements(n_polygons));
        for (name, one_in) in [("edited", 20), ("unrelated", 1)] {
            let [before, after] = pair(n, one_in);
            let id = |what: &str| BenchmarkId::new(format!("{what}/{name}"), n_polygons);
            group.bench_function(id("arrange"), |b| {
                b.iter(|| arrange(black_box(&[&before, &after])).expect("on the lattice"));
            });
            let arranged = arrange(&[&before, &after]).expect("on the lattice");
            let key: Vec<u32> = (0..arranged.n_faces() as u32)
                .map(|f| arranged.label(f, 0).map_or(NO_KEY, |rank| rank % 14))
                .collect();
            group.bench_function(id("dissolve"), |b| {
                b.iter(|| arranged.dissolve(black_box(&key), LayerMask::NONE));
            });
        }
        let [before, _] = pair(n, 20);
        group.throughput(Throughput::Elements(n_polygons / 2));
        group.bench_function(BenchmarkId::new("check/clean", n_polygons / 2), |b| {
            b.iter(|| check(black_box(&before), None, Limits::default()).expect("on the lattice"));
        });
    }
    group.finish();
}

criterion_group!(benches, arrangement);
criterion_main!(benches);
