#!/usr/bin/env python3
"""From a class raster to a coverage: ours beside cc3d, GDAL, shapely, exactextract and pyogrio.

    PEERS_PYTHON=.venv/bin/python benches/peers/raster_to_coverage.py [--side 10000] [--only NAME]

Prints Markdown tables in some minutes; see side_by_side.py for the way it is measured. Facts that
both sides report (numbers of regions, polygons) must agree. The raster
has 14 classes at 1 m (`--side` cells along each side): parcels, roads, buildings, noisy vegetation;
it is made from a seed, and its sieved form by our own minimum unit of 500 cells. What is compared:

* labels: 4-connected regions with areas (ours: bounds too) beside cc3d's labels and a bincount;
* arcs and rings: ours (every boundary once, noded at every junction, with labels and faces) beside
  GDALPolygonize of rasterio's wheel through its C interface into a layer in memory;
* minimum unit: ours (longest border) beside GDALSieveFilter (rasterio.features.sieve);
* generalisation: all arcs of the sieved raster at 1.5 m, our checks included, beside
  shapely.coverage_simplify of the same polygons;
* coverage check of the polygons of 4,096 x 4,096 sieved cells, which are valid, as they are and
  generalised at 1.5 m, beside
  shapely.coverage_is_valid (which answers yes or no; ours lists places and also checks every
  polygon alone; on the whole raster the tool takes many minutes);
* class areas of 400 communes: ours by cell centres (kernels::zonal), beside exactextract's fractions;
* GeoPackage with spatial index, 199,809 polygons of 16 corners, beside pyogrio's Arrow writer.
"""

import argparse
import ctypes
import glob
import os
import pathlib
import sys

import side_by_side as bench


def label(folder, name):
    import cc3d
    import numpy

    cells = numpy.load(f"{folder}/{name}.npy")

    def work():
        labels, count = cc3d.connected_components(cells, connectivity=4, return_N=True)
        return count, numpy.bincount(labels.ravel())

    bench.timed(work, lambda result: {"regions": int(result[0]), "largest": int(max(result[1]))})


def label_only(folder, name):
    import cc3d
    import numpy

    cells = numpy.load(f"{folder}/{name}.npy")
    bench.timed(lambda: cc3d.connected_components(cells, connectivity=4, return_N=True)[1],
                lambda count: {"regions": int(count)})


def gdal_of_rasterio():
    """The GDAL that rasterio's wheel brings, and its version."""
    import rasterio

    folder = pathlib.Path(rasterio.__file__).parents[1] / "rasterio.libs"
    library = ctypes.CDLL(glob.glob(str(folder / "libgdal*"))[0])
    for name in ("GDALGetDriverByName", "GDALCreate", "GDALGetRasterBand",
                 "GDALDatasetCreateLayer", "OGR_Fld_Create"):
        getattr(library, name).restype = ctypes.c_void_p
    library.OGR_L_GetFeatureCount.restype = ctypes.c_longlong
    library.GDALAllRegister()
    return library


def polygonize(folder, name):
    import numpy

    gdal = gdal_of_rasterio()
    cells = numpy.load(f"{folder}/{name}.npy")
    rows, cols = cells.shape
    pointer, number = ctypes.c_void_p, ctypes.c_int

    def dataset(driver, *shape):
        handle = pointer(gdal.GDALGetDriverByName(driver))
        return pointer(gdal.GDALCreate(handle, b"", *map(number, shape), number(1), None))

    source = dataset(b"MEM", cols, rows, 1)
    band = pointer(gdal.GDALGetRasterBand(source, number(1)))
    wrote = gdal.GDALRasterIO(band, number(1), 0, 0, cols, rows, pointer(cells.ctypes.data),
                              cols, rows, number(1), 0, 0)
    layer = pointer(gdal.GDALDatasetCreateLayer(dataset(b"Memory", 0, 0, 0), b"p", None,
                                                number(3), None))
    gdal.OGR_L_CreateField(layer, pointer(gdal.OGR_Fld_Create(b"v", number(0))), number(1))
    if wrote or not layer:
        sys.exit("GDAL could not make the layers in memory")

    def work():
        if gdal.GDALPolygonize(band, None, layer, number(0), None, None, None):
            sys.exit("GDALPolygonize failed")

    bench.timed(work, lambda _: {"polygons": gdal.OGR_L_GetFeatureCount(layer, number(1))})


def sieve(folder, _):
    import numpy
    import rasterio.features

    cells = numpy.load(f"{folder}/raw.npy")
    bench.timed(lambda: rasterio.features.sieve(cells, 500, connectivity=4), lambda _: {})


def simplify(folder, _):
    import shapely

    coverage = bench.polygons(folder, "sieved")
    bench.timed(lambda: shapely.coverage_simplify(coverage, 1.5, simplify_boundary=False),
                lambda after: {"points": int(shapely.get_num_coordinates(after).sum())})


def is_valid(folder, name):
    import shapely

    coverage = bench.polygons(folder, name)
    bench.timed(lambda: shapely.coverage_is_valid(coverage), lambda valid: {"valid": bool(valid)})


def zonal(folder, _):
    import exactextract
    import exactextract.raster
    import geopandas
    import numpy

    cells = numpy.load(f"{folder}/raw.npy")
    rows, cols = cells.shape
    west, north = 700_000, 6_600_000
    communes = geopandas.GeoDataFrame(geometry=bench.polygons(folder, "communes"), crs="EPSG:2154")
    raster = exactextract.raster.NumPyRasterSource(
        cells, xmin=west, ymin=north - rows, xmax=west + cols, ymax=north,
        srs_wkt=communes.crs.to_wkt())
    source = exactextract.feature.GeoPandasFeatureSource(communes)
    bench.timed(lambda: exactextract.exact_extract(raster, source, ["unique", "frac"]),
                lambda table: {"communes": len(table)})


def write(folder, _):
    import geopandas

    shapes = bench.polygons(folder, "before")
    path = f"{folder}/theirs.gpkg"
    codes = [f"CS{rank % 14}" for rank in range(1, len(shapes) + 1)]
    table = geopandas.GeoDataFrame({"code_cs": codes, "aire": 0.0}, geometry=shapes,
                                   crs="EPSG:2154")
    table["aire"] = table.area
    if os.path.exists(path):
        os.remove(path)
    bench.timed(lambda: table.to_file(path, layer="cover", engine="pyogrio", use_arrow=True),
                lambda _: {"bytes": os.path.getsize(path)})
    os.remove(path)


# (name, work, our kernel, tool, its function, its argument, goal, runs)
CASES = [
    ("label-raw", "labels and areas, raw", "label-raw", "cc3d + bincount", label, "raw", 2.5, 3),
    ("label-alone", "labels and areas, raw", "label-raw", "cc3d, no areas", label_only, "raw", 2.5,
     3),
    ("label-sieved", "labels and areas, sieved", "label-sieved", "cc3d, no areas", label_only,
     "sieved", 2.5, 3),
    ("trace-raw", "noded arcs and rings, raw", "trace-raw", "GDAL polygonize", polygonize, "raw",
     9, 3),
    ("trace-sieved", "noded arcs and rings, sieved", "trace-sieved", "GDAL polygonize", polygonize,
     "sieved", 9, 3),
    ("sieve", "minimum unit of 500 cells", "regularise", "GDAL sieve", sieve, "raw", 2.5, 3),
    ("simplify", "generalisation at 1.5 m", "generalise", "coverage_simplify", simplify, "", 9, 1),
    ("check", "coverage check, cells", "check", "coverage_is_valid", is_valid, "part", 50, 3),
    ("check-fitted", "coverage check, generalised", "check-fitted", "coverage_is_valid", is_valid,
     "fitted", 50, 3),
    ("zonal", "class areas of 400 communes", "zonal", "exactextract", zonal, "", 20, 3),
    ("write", "GeoPackage, 199,809 polygons", "write", "pyogrio Arrow", write, "", 1, 3),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=10_000, help="cells along a side")
    parser.add_argument("--folder", type=pathlib.Path, default=bench.ROOT / "target" / "peers")
    parser.add_argument("--only", action="append", help="the name of a case; may be repeated")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        case = next(case for case in CASES if case[0] == args.peer)
        case[4](args.folder, case[5])
        return
    ours, python = bench.build(), bench.peers_python()
    rasters, vectors = args.folder / f"raster-{args.side}", args.folder / "coverage-447-1"
    for folder, make in ((rasters, ["make-raster", rasters, args.side]),
                         (vectors, ["make-coverages", vectors, 447, 1])):
        made = bench.run([ours, *map(str, make)], pin=False, env=None)
        if isinstance(made, str):
            sys.exit(f"{folder}: {made}")
    versions = bench.run([python, "-c", VERSIONS])
    print(f"{args.side**2:,} cells; {versions}\n\n{bench.HEADER}")
    for name, work, kernel, tool, _, _, goal, runs in CASES:
        if args.only and name not in args.only:
            continue
        folder = str(vectors if name == "write" else rasters)
        peer = [python, __file__, "--peer", name, "--folder", folder]
        pairs, error = bench.compare([ours, "time", kernel, folder], peer, runs)
        line = f"| {work} | | {tool} | absent: {error} | | | |" if error else \
            bench.row(work, tool, goal, pairs)
        print(line, flush=True)
        if not error:
            agree(name, pairs[0][-1]["result"], pairs[1][-1]["result"])
    if not args.only or "scaling" in args.only:
        print(f"\n{SCALING}")
        for kernel in ("label-raw", "trace-raw", "trace-sieved", "regularise"):
            print(scaling(ours, kernel, str(rasters)), flush=True)
    print(f"\nload of the machine at the end: {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")


def agree(name, ours, theirs):
    """Stops when both sides did the same work and found something else."""
    print(f"{name}: ours {ours}, theirs {theirs}", file=sys.stderr)
    for fact in ("regions", "largest", "polygons"):
        if fact in ours and fact in theirs and ours[fact] != theirs[fact]:
            sys.exit(f"{name}: {fact} differ: ours {ours[fact]}, theirs {theirs[fact]}")


VERSIONS = """
import importlib.metadata as m, json
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return "absent"
names = ["connected-components-3d", "rasterio", "shapely", "exactextract", "pyogrio"]
found = {name: version(name) for name in names}
try:
    import rasterio; found["GDAL of rasterio"] = rasterio.__gdal_version__
    import shapely; found["GEOS of shapely"] = shapely.geos_version_string
    import pyogrio; found["GDAL of pyogrio"] = pyogrio.__gdal_version_string__
except ImportError: pass
print(json.dumps(found))
"""


SCALING = """| ours on one thread and on two | elapsed s | gain | CPU s |
|---|---|---|---|"""


def scaling(ours, kernel, folder):
    """The shortest elapsed time on one and on two threads, in turn, and the processor time of each.

    Elapsed times tell only on a quiet machine.
    """
    runs = {1: [], 2: []}
    for _ in range(3):
        for threads, own in runs.items():
            env = dict(bench.ENV, RAYON_NUM_THREADS=str(threads))
            own.append(bench.run([ours, "time", kernel, folder], pin=False, env=env))
    wall = [min(run["wall_s"] for run in own) for own in runs.values()]
    cpu = [min(run["cpu_s"] for run in own) for own in runs.values()]
    return (f"| {kernel} | {wall[0]:.2f}, {wall[1]:.2f} | {wall[0] / wall[1]:.2f} "
            f"| {cpu[0]:.2f}, {cpu[1]:.2f} |")


if __name__ == "__main__":
    main()
