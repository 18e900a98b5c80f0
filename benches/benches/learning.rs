//! Throughput of features, training and prediction, in cells a second, on seeded imagery.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kernels::{
    features::{N_BANDS, cell_features, feature_names},
    grid::Window,
    random::SplitMix64,
    trees::{TreeParams, train},
};
use ndarray::{Array2, Array3};
use nomenclature::ClassId;

const SEED: u64 = 20_260_101;
const N_CLASSES: u8 = 14;

fn imagery(side: usize) -> Array3<u8> {
    let mut stream = SplitMix64::new(SEED);
    Array3::from_shape_fn((N_BANDS, side, side), |(_, row, col)| {
        ((row / 40 * 31 + col / 40 * 17) % 160) as u8 + (stream.next_u64() % 40) as u8
    })
}

/// Samples of Gaussian-like classes that overlap.
fn samples(n: usize) -> (Array2<u8>, Vec<ClassId>) {
    let mut stream = SplitMix64::new(SEED);
    let centres: Vec<u64> = (0..usize::from(N_CLASSES) * feature_names(false).len())
        .map(|_| 60 + stream.below(80))
        .collect();
    let mut features = Array2::zeros((n, feature_names(false).len()));
    let mut labels = Vec::with_capacity(n);
    for mut line in features.rows_mut() {
        let class = stream.below(u64::from(N_CLASSES)) as usize;
        for (value, centre) in line.iter_mut().zip(&centres[class * feature_names(false).len()..]) {
            *value = (centre + stream.below(60) + stream.below(60)) as u8;
        }
        labels.push(ClassId(class as u8 + 1));
    }
    (features, labels)
}

fn single<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let pool = rayon_pool();
    pool.install(work)
}

fn rayon_pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread can be had")
}

fn learning(c: &mut Criterion) {
    let mut group = c.benchmark_group("learning, one thread");
    group.sample_size(10);
    let image = imagery(512);
    let inner = Window { row: 0, col: 0, rows: 512, cols: 512 };
    group.throughput(Throughput::Elements(inner.n_cells() as u64));
    group.bench_function("features of 512 x 512 cells", |b| {
        b.iter(|| cell_features(black_box(image.view()), None, inner).expect("eight bands"));
    });
    let (features, labels) = samples(20_000);
    let params = TreeParams::default();
    group.throughput(Throughput::Elements(20_000));
    group.bench_function("train 20 000 samples, 14 classes, 60 trees of depth 6", |b| {
        b.iter(|| single(|| train(features.view(), &labels, feature_names(false), &params)));
    });
    let model = train(features.view(), &labels, feature_names(false), &params).expect("14 classes");
    let (cells, _) = samples(1 << 18);
    group.throughput(Throughput::Elements(1 << 18));
    group.bench_function("predict 262 144 cells, 14 classes, 60 trees of depth 6", |b| {
        b.iter(|| single(|| model.predict(black_box(cells.view()))));
    });
    group.finish();
}

criterion_group!(benches, learning);
criterion_main!(benches);
