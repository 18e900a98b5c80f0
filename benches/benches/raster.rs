//! Throughput of labels, regularisation, tracing, generalisation and burning, in cells a second,
//! on a seeded raster of 14 classes: parcels, roads, buildings and noisy vegetation.

use std::hint::black_box;

use benches::territory::classes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kernels::generalise::{Outline, Tolerance, generalise};
use kernels::grid::Grid;
use kernels::label::label;
use kernels::lattice::Point;
use kernels::rasterise::rasterise;
use kernels::regularise::{CellMasks, UniformUnit, regularise};
use kernels::trace::trace;

const SEED: u64 = 20_260_102;
const SIDE: usize = 2000;
const CELL: i32 = 100;
fn raster(criterion: &mut Criterion) {
    let raw = classes(SIDE, SEED);
    let grid = Grid { origin: Point::new(0, 0), cell: CELL, rows: SIDE, cols: SIDE };
    let unit = UniformUnit { min_cells: 500 };
    let sieved = regularise(raw.clone(), &CellMasks::default(), &unit).codes;
    let traced = trace(sieved.view(), &grid);
    let tolerance = Tolerance { distance: 150, area_permille: 50, outline: Outline::Kept };
    let polygons = traced.polygons();
    let values: Vec<u16> = traced.faces().iter().map(|face| face.value).collect();
    let mut group = criterion.benchmark_group("raster");
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64)).sample_size(10);
    group.bench_function("label_raw", |b| b.iter(|| black_box(label(raw.view()))));
    group.bench_function("label_sieved", |b| b.iter(|| black_box(label(sieved.view()))));
    group.bench_function("regularise_500_m2", |b| {
        let run = |raw| black_box(regularise(raw, &CellMasks::default(), &unit));
        b.iter_batched(|| raw.clone(), run, BatchSize::PerIteration);
    });
    group.bench_function("trace_raw", |b| b.iter(|| black_box(trace(raw.view(), &grid))));
    group.bench_function("trace_sieved", |b| b.iter(|| black_box(trace(sieved.view(), &grid))));
    group.bench_function("generalise_1_5_m", |b| {
        b.iter(|| black_box(generalise(&traced, CELL, &tolerance)));
    });
    group.bench_function("rasterise_sieved", |b| {
        b.iter(|| black_box(rasterise(&polygons, &values, &grid)));
    });
    group.finish();
}

criterion_group!(benches, raster);
criterion_main!(benches);
