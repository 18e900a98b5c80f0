//! Polygons per second of arranging, checking and dissolving two vintages.
//!
//! The coverages are those of [`benches::coverage`]. `edited`: one arc in twenty is redrawn between the vintages, as in a delivered
//! update. `unrelated`: every arc differs, the worst case.

use std::hint::black_box;

use benches::coverage::pair;
use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use kernels::arrangement::{LayerMask, NO_KEY, arrange};
use kernels::coverage::{Limits, check};

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
