//! The tracing beside GDAL's polygonizer, on recorded cases (`benches/peers/gdal_cases.py`).

use kernels::grid::Grid;
use kernels::lattice::Point;
use kernels::trace::trace;
use ndarray::Array2;

/// The codes of a case, by the formula of the script that recorded the cases.
fn raster(case: usize) -> Array2<u16> {
    let (rows, cols) = (20 + 7 * case % 90, 20 + 11 * case % 80);
    let (grain, n_codes) = (1 + case % 5, 2 + case % 7);
    Array2::from_shape_fn((rows, cols), |(row, col)| {
        let mixed = (row / grain * 7919 + col / grain * 104_729 + case * 31) % 65_521;
        let mixed = (mixed * mixed + mixed / 7) % 65_521;
        (mixed % (n_codes + 1)) as u16
    })
}

#[test]
fn polygons_holes_and_areas_are_those_of_gdal() {
    let mut n_cases = 0;
    for line in include_str!("data/gdal_cases.csv").lines().skip(1) {
        let recorded: Vec<u64> = line.split(',').map(|number| number.parse().unwrap()).collect();
        let codes = raster(recorded[0] as usize);
        let (rows, cols) = codes.dim();
        let grid = Grid { origin: Point::new(0, 100 * rows as i32), cell: 100, rows, cols };
        let polygons = trace(codes.view(), &grid).polygons();
        let holes: usize = polygons.iter().map(|polygon| polygon.holes.len()).sum();
        let cells = polygons.iter().map(|polygon| (polygon.twice_area() / 20_000) as u64);
        let squares: u64 = cells.map(|cells| cells * cells).sum();
        assert_eq!([polygons.len() as u64, holes as u64, squares], recorded[1..], "{line}");
        n_cases += 1;
    }
    assert_eq!(n_cases, 60);
}
