//! Throughput of vector files, in polygons a second: 50,000 polygons of 20 corners.

use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kernels::lattice::{Point, Polygon, Ring};
use pipeline::io::record::{Deliverable, OccupationRecord};
use pipeline::io::schema::Names;
use pipeline::io::vector::VectorSource;

const N_POLYGONS: usize = 50_000;
const N_CORNERS: usize = 20;

fn names() -> Names {
    Names { department: "11".to_owned(), vintage: 2021, prior: 2018, epsg: 2154 }
}

fn polygons() -> Vec<Polygon> {
    let polygon = |i: usize| {
        let (x, y) = (60_000_000 + (i % 500 * 3000) as i32, 620_000_000 + (i / 500 * 3000) as i32);
        let corner = |k: usize| {
            let angle = k as f64 * std::f64::consts::TAU / N_CORNERS as f64;
            Point::new(x + (1400.0 * angle.cos()) as i32, y + (1400.0 * angle.sin()) as i32)
        };
        Polygon { exterior: Ring((0..N_CORNERS).map(corner).collect()), holes: Vec::new() }
    };
    (0..N_POLYGONS).map(polygon).collect()
}

fn write(path: &Path, polygons: &[Polygon]) {
    let mut file = Deliverable::create(path, &names(), &[]).expect("a new file");
    let mut record = OccupationRecord {
        code_cs: "CS1.1.1.1".to_owned(),
        code_us: "US5".to_owned(),
        vintage: 2021,
        source: "bench".to_owned(),
        ..OccupationRecord::default()
    };
    for (index, polygon) in polygons.iter().enumerate() {
        record.id = format!("OCS{index:08}");
        file.add(polygon, &record).expect("a valid row");
    }
    file.finish().expect("a complete file");
}

fn read(path: &Path) -> usize {
    let source = VectorSource::open(path, None).expect("a GeoPackage");
    let columns =
        ["code_cs", "code_us"].map(|name| source.require_column(&[name]).expect("a column"));
    let features = source.features(&columns, 2154).expect("a layer in the right system");
    features.map(|feature| feature.expect("a whole file").polygons.len()).sum()
}

fn files(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.gpkg");
    let polygons = polygons();
    let mut group = c.benchmark_group("GeoPackage");
    group.sample_size(10);
    group.throughput(Throughput::Elements(N_POLYGONS as u64));
    group.bench_function("write, index, close and count", |b| {
        b.iter(|| {
            let _ = std::fs::remove_file(&path);
            write(&path, &polygons);
        });
    });
    group.bench_function("read onto the lattice", |b| b.iter(|| read(&path)));
    group.finish();
}

criterion_group!(benches, files);
criterion_main!(benches);
