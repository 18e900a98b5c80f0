//! Throughput of labels, regularisation, tracing, generalisation and burning, in cells a second,
//! on a seeded raster of 14 classes: parcels, roads, buildings and noisy vegetation.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kernels::generalise::{Outline, Tolerance, generalise};
use kernels::grid::Grid;
use kernels::label::label;
use kernels::lattice::Point;
use kernels::random::SplitMix64;
use kernels::rasterise::rasterise;
use kernels::regularise::{CellMasks, UniformUnit, regularise};
use kernels::trace::trace;
use ndarray::Array2;

const SEED: u64 = 20_260_102;
const SIDE: usize = 2000;
const CELL: i32 = 100;
const N_CLASSES: u64 = 14;

/// One parcel for each square of this side, in cells.
const PARCEL: usize = 60;

/// Parcels as the cells nearest to one random place per square, crossed by two families of roads,
/// dotted with buildings, a tenth of the vegetation speckled.
fn classes() -> Array2<u16> {
    let mut stream = SplitMix64::new(SEED);
    let n = SIDE.div_ceil(PARCEL) + 2;
    let mut draw = |below: u64| stream.below(below);
    let places = Array2::from_shape_simple_fn((n, n), || {
        (draw(PARCEL as u64), draw(PARCEL as u64), 3 + draw(N_CLASSES - 2) as u16)
    });
    let mut cells = Array2::from_shape_fn((SIDE, SIDE), |(row, col)| {
        if (row + col / 3) % 290 < 6 || (col + row / 5) % 370 < 4 {
            return 2;
        }
        let (r, c) = (row / PARCEL + 1, col / PARCEL + 1);
        let around = (r - 1..=r + 1).flat_map(|r| (c - 1..=c + 1).map(move |c| (r, c)));
        let nearest = around.min_by_key(|&(r, c)| {
            let (dy, dx, _) = places[(r, c)];
            let y = (r * PARCEL) as i64 + dy as i64 - (row + PARCEL) as i64;
            let x = (c * PARCEL) as i64 + dx as i64 - (col + PARCEL) as i64;
            y * y + x * x
        });
        nearest.map_or(3, |place| places[place].2)
    });
    for _ in 0..SIDE * SIDE / 2500 {
        let (row, col) = (draw(SIDE as u64 - 20) as usize, draw(SIDE as u64 - 20) as usize);
        let (height, width) = (6 + draw(12) as usize, 6 + draw(12) as usize);
        cells.slice_mut(ndarray::s![row..row + height, col..col + width]).fill(1);
    }
    for cell in cells.iter_mut().filter(|cell| **cell > 10) {
        if draw(10) == 0 {
            *cell = 3 + draw(N_CLASSES - 2) as u16;
        }
    }
    cells
}

fn raster(criterion: &mut Criterion) {
    let raw = classes();
    let grid = Grid { origin: Point::new(0, 0), cell: CELL, rows: SIDE, cols: SIDE };
    let unit = UniformUnit { min_cells: 500 };
    let sieved = regularise(raw.view(), &CellMasks::default(), &unit).codes;
    let traced = trace(sieved.view(), &grid);
    let tolerance = Tolerance { distance: 150, area_permille: 50, outline: Outline::Kept };
    let polygons = traced.polygons();
    let values: Vec<u16> = traced.faces().iter().map(|face| face.value).collect();
    let mut group = criterion.benchmark_group("raster");
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64)).sample_size(10);
    group.bench_function("label_raw", |b| b.iter(|| black_box(label(raw.view()))));
    group.bench_function("label_sieved", |b| b.iter(|| black_box(label(sieved.view()))));
    group.bench_function("regularise_500_m2", |b| {
        b.iter(|| black_box(regularise(raw.view(), &CellMasks::default(), &unit)));
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
