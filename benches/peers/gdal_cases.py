#!/usr/bin/env python3
"""Record what GDAL's polygonizer finds on small rasters, for `kernels/tests/gdal_oracle.rs`.

    PYTHON benches/peers/gdal_cases.py > kernels/tests/data/gdal_cases.csv

PYTHON needs rasterio and numpy. The rasters are made by a formula of whole numbers that the Rust
test repeats; code 0 is nodata. Recorded per raster, 4-connected: number of polygons, number of
holes, sum of the squared areas in cells, which no order of the polygons changes.
"""

import sys

import numpy as np
from rasterio import features

CASES = 60


def raster(case: int) -> np.ndarray:
    """The codes of a case; keep in step with `raster` of the Rust test."""
    rows, cols = 20 + 7 * case % 90, 20 + 11 * case % 80
    row, col = np.mgrid[0:rows, 0:cols].astype(np.int64)
    grain, n_codes = 1 + case % 5, 2 + case % 7
    mixed = (row // grain * 7919 + col // grain * 104729 + case * 31) % 65521
    mixed = (mixed * mixed + mixed // 7) % 65521
    return (mixed % (n_codes + 1)).astype(np.uint8)


def area(ring: list) -> float:
    """Area of a ring of corners, whatever its direction."""
    x, y = np.array(ring).T
    return abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))) / 2


def main() -> None:
    sys.stdout.write("case,polygons,holes,sum_of_squared_areas\n")
    for case in range(CASES):
        codes = raster(case)
        n_polygons = n_holes = squares = 0
        for shape, _ in features.shapes(codes, mask=codes != 0, connectivity=4):
            rings = shape["coordinates"]
            cells = round(area(rings[0]) - sum(area(ring) for ring in rings[1:]))
            n_polygons += 1
            n_holes += len(rings) - 1
            squares += cells * cells
        sys.stdout.write(f"{case},{n_polygons},{n_holes},{squares}\n")


if __name__ == "__main__":
    main()
