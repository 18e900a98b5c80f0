#!/usr/bin/env python3
"""Ours beside a random forest on real imagery with real labels: the patches of `naip_wv`.

    PEERS_PYTHON=.venv/bin/python benches/peers/patches.py [--patches FOLDER] [--program PATH]

Eight patches of 256 x 256 cells of 1 m with imagery of two dates, a 30 m map as the prior and a
photo-interpreted 1 m map of the second date as the truth. Their georeference is arbitrary, so they
pass for a territory of department 11. Nobody knows what the ground was at the first date, so the
prior stands for it: *change* is here what the truth says otherwise than the 30 m map, mostly its
coarseness, little of it change on the ground. Classes are compared as the truth has them (water,
trees, low vegetation, bare, sealed). `millesime` runs three times: with the second date alone, with
both, and with the second date from scratch. With the imagery of the first date, what already was so
then is an error of the prior, which goes to the list of corrections and not to the map; from scratch
the prior only teaches the model, which is the way to use a prior that is coarser than the vintage.

The forests get the samples per class of our model of each run; see forest.py.
"""

import argparse
import json
import os
import pathlib
import sys

import accuracy
import side_by_side as bench

N_PATCHES = 8
# Codes of the 30 m map (NLCD legend) and of the truth (Chesapeake Land Cover) as covers.
PRIOR = {11: "CS1.2.2", 21: "CS2.2.1", 22: "CS1.1.1.2", 23: "CS1.1.1.2", 24: "CS1.1.1.2",
         31: "CS1.2.1", 41: "CS2.1.1.1", 42: "CS2.1.1.2", 43: "CS2.1.1.3", 52: "CS2.1.2",
         71: "CS2.2.1", 81: "CS2.2.1", 82: "CS2.2.1", 90: "CS2.1.1.1", 95: "CS2.2.1"}
TRUTH = {1: "water", 2: "trees", 3: "low", 4: "bare", 5: "sealed", 6: "sealed"}
COMPARED = {"CS1.1.1": "sealed", "CS1.1.2": "bare", "CS1.2.1": "bare", "CS1.2.2": "water",
            "CS2.1": "trees", "CS2.2": "low"}
CLASSES = sorted(set(TRUTH.values()))
VINTAGES = (2011, 2014)
CONFIG = """department: "11"
vintage: {after}
crs: EPSG:2154
cell_m: 1.0
nomenclature: ocsge-2-0
rules: decree-2023-1096
prior:
  vintage: {before}
  path: prior.gpkg{imagery}
imagery: {{ rvb: [new_rvb_*.tif], irc: [new_irc_*.tif] }}
# The box around the patches is mostly void.
limits: {{ no_imagery: 1.0, no_prior: 1.0 }}
territories:
  communes: {{ path: communes.gpkg, layer: communes }}
"""
BEFORE = "\n  imagery: { rvb: [old_rvb_*.tif], irc: [old_irc_*.tif] }"


def compared(code):
    """The rank from 1 of the class that a cover is compared as."""
    best = max((start for start in COMPARED if code.startswith(start)), key=len)
    return CLASSES.index(COMPARED[best]) + 1


def prepare(patches, folder):
    """In the tool's process: writes the inputs of `millesime`."""
    import geopandas
    import rasterio
    import rasterio.features
    import shapely

    folder.mkdir(parents=True, exist_ok=True)
    shapes, codes = [], []
    for rank in range(N_PATCHES):
        for date in ("old", "new"):
            with rasterio.open(patches / f"{rank}_naip_{date}.tif") as source:
                bands, profile = source.read(), {**source.profile, "count": 3, "driver": "GTiff"}
            for product, order in (("rvb", [0, 1, 2]), ("irc", [3, 0, 1])):
                path = folder / f"{date}_{product}_{rank}.tif"
                with rasterio.open(path, "w", **profile) as file:
                    file.write(bands[order])
        with rasterio.open(patches / f"{rank}_nlcd.tif") as source:
            cells, place = source.read(1), source.transform
        for shape, code in rasterio.features.shapes(cells.astype("int16"), transform=place):
            shapes.append(shapely.geometry.shape(shape))
            codes.append(PRIOR[int(code)])
    n = len(codes)
    prior = geopandas.GeoDataFrame({
        "id": [f"PATCH{i:06}" for i in range(n)], "code_cs": codes, "code_us": ["US6.3"] * n,
        "millesime": VINTAGES[0], "source": "NLCD", "ossature": 0}, geometry=shapes, crs=2154)
    prior.to_file(folder / "prior.gpkg", layer="OCCUPATION_SOL")
    names = {"insee": "11990", "nom": "Patches", "epci": "900000009", "epci_nom": "Patches",
             "scot": "PATCHES", "scot_nom": "Patches"}
    ground = geopandas.GeoDataFrame({key: [name] for key, name in names.items()},
                                    geometry=[shapely.union_all(prior.geometry)], crs=2154)
    ground.to_file(folder / "communes.gpkg", layer="communes")
    for name, imagery in (("two", BEFORE), ("one", "")):
        text = CONFIG.format(before=VINTAGES[0], after=VINTAGES[1], imagery=imagery)
        (folder / f"{name}.yaml").write_text(text, encoding="ascii")
    print(json.dumps({"polygons": n}))


def truth_on(patches, grid):
    """The truth on the grid of a run, as ranks of the classes compared."""
    import numpy
    import rasterio

    truth = numpy.zeros((grid["rows"], grid["cols"]), numpy.uint8)
    as_class = numpy.zeros(256, numpy.uint8)
    for code, name in TRUTH.items():
        as_class[code] = CLASSES.index(name) + 1
    west, north = (value / 100 for value in grid["origin_cm"])
    for rank in range(N_PATCHES):
        with rasterio.open(patches / f"{rank}_lc.tif") as source:
            row, col = round(north - source.transform.f), round(source.transform.c - west)
            truth[row:row + source.height, col:col + source.width] = as_class[source.read(1)]
    return truth


def measured(patches, result, jobs):
    """In the tool's process: the figures of a run and of the forests, as one JSON object."""
    import numpy
    import pyogrio
    from forest import Forest

    forest = Forest(f"{result}/.work", jobs)
    grid = forest.cube.attrs["frame"]
    truth = truth_on(patches, grid)
    as_class = numpy.zeros(256, numpy.uint8)
    layer = pyogrio.read_dataframe(f"{result}/OCCUPATION_SOL.gpkg", columns=["code_cs"])
    vintage = accuracy.burn(layer.geometry, [compared(code) for code in layer.code_cs], grid)
    layer = pyogrio.read_dataframe(result.parents[2] / "prior.gpkg", columns=["code_cs"])
    prior = accuracy.burn(layer.geometry, [compared(code) for code in layer.code_cs], grid)
    as_class[forest.prior.ravel()] = prior.ravel()
    forest.train()
    lines = {accuracy.OURS: vintage, "no update": prior}
    names = forest.cube["probability"].attrs["bands"]
    best = forest.cube["probability"][:].argmax(0)
    ours = numpy.array([compared(name) for name in names], numpy.uint8)[best]
    raw = numpy.where(forest.cube["valid"][:] != 0, ours, 0)
    lines["our classes, filtered as the forest's"] = forest.regular(raw)
    dates = [as_class[forest.regular(forest.raw(date))] for date in forest.dates]
    lines.update(accuracy.forest_lines(prior, dates, accuracy.unit_cells(CLASSES, 1.0)))
    return {"samples": forest.n_samples,
            "figures": {name: accuracy.measure((prior, truth, prior, line), CLASSES, 1.0)
                        for name, line in lines.items()}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patches", type=pathlib.Path, help="the folder of the patches",
                        default=bench.ROOT.parent / "shared" / "data" / "naip_wv")
    parser.add_argument("--folder", type=pathlib.Path,
                        default=bench.ROOT / "target" / "peers" / "patches")
    parser.add_argument("--program", help="a `millesime` that is built already")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="threads of the forest")
    parser.add_argument("--peer", choices=("prepare", "one", "two", "scratch"),
                        help=argparse.SUPPRESS)
    args = parser.parse_args()
    result = args.folder / str(args.peer) / "D011" / str(VINTAGES[1])
    if args.peer == "prepare":
        prepare(args.patches, args.folder)
        return
    if args.peer:
        print(json.dumps(measured(args.patches, result, args.jobs)))
        return
    if not args.patches.is_dir():
        print(f"no patches in {args.patches} (--patches names their folder): not measured")
        return
    program = args.program or bench.build("pipeline", "millesime")

    def peer(what):
        command = [bench.peers_python(), __file__, "--peer", what, "--patches", args.patches,
                   "--folder", args.folder, "--jobs", args.jobs]
        found = bench.run([str(word) for word in command], pin=False, env=None)
        return sys.exit(f"{what}: {found}") if isinstance(found, str) else found

    print(f"{peer('prepare')['polygons']} polygons of the prior")
    runs = (("one", "one.yaml", [], "the second date alone"), ("two", "two.yaml", [], "both dates"),
            ("scratch", "one.yaml", ["--scratch"], "the second date alone, from scratch"))
    for name, config, options, title in runs:
        accuracy.run([program, "run", args.folder / config, "--out", args.folder / name, *options])
        found = peer(name)
        accuracy.table(f"{title} ({found['samples']:,} samples)", found["figures"])


if __name__ == "__main__":
    main()
