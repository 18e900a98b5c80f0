#!/usr/bin/env python3
r"""Measures the deliverables at the scale of a department.

    PEERS_PYTHON=.venv/bin/python benches/peers/deliver.py [--side 707] [--keep FOLDER]

Two generated vintages of 707 x 707 = 499,849 polygons of 16 corners, about 40 m wide (the coverage of
overlay.py), of which every tenth object is another one at the second date; 20 communes and a layer
of 20 activity zones. They are compared, and the result is packed, checked, drawn and published. Each
command is one process on every core; the tables give its time, the peak of its memory, and what the
files and the pages weigh.

There is no public tool that does this; the yardsticks are the goals: minutes, bounded memory, a
department's page under 5 MB and a territory's under 1 MB.
"""

import argparse
import pathlib

from department import ground, write_communes, write_vintage
from side_by_side import build, measured, prepared

YEARS, DEPARTMENT = (2018, 2021), "11"
# Couples of OCS GE that may follow each other: field, wood, meadow, house, yard, water.
COUPLES = [("CS2.2.1", "US1.1"), ("CS2.1.1.1", "US1.2"), ("CS2.2.1", "US6.2"),
           ("CS1.1.1.1", "US5"), ("CS1.1.2.1", "US2"), ("CS1.2.2", "US6.3")]
# One object in so many is another one at the second date.
ONE_IN = 10


def prepare(folder, side):
    """In the process that has the public tools: the vintages and the territories as GeoPackages."""
    import geopandas
    import numpy

    shapes = ground(folder)
    ranks = numpy.arange(len(shapes))
    first = (ranks * 7 + ranks // side) % len(COUPLES)
    second = numpy.where(ranks % ONE_IN == 0, (first + 3) % len(COUPLES), first)
    for year, couple_of in zip(YEARS, (first, second)):
        write_vintage(folder / f"{year}.gpkg", shapes, [COUPLES[couple] for couple in couple_of], year)
    communes = write_communes(folder / "communes.gpkg", shapes)
    ranks = range(len(communes))
    zones = [commune.centroid.buffer(400) for commune in communes]
    geopandas.GeoDataFrame({
        "code": [f"Z{k + 1:02}" for k in ranks], "nom": [f"Zone {k + 1}" for k in ranks],
    }, geometry=zones, crs=2154).to_file(folder / "zae.gpkg", engine="pyogrio")


def deliver(program, folder):
    """Every command, one after the other, and what came of it."""
    out = folder / "out"
    print("| command | s | CPU s | peak MB |\n|---|---|---|---|")
    years = [f"--vintage={year}={folder}/{year}.gpkg" for year in YEARS]
    measured("compare, with report and pages", [
        program, "compare", "--department", DEPARTMENT, *years, "--territories",
        str(folder / "communes.gpkg"), "--custom", f"zae={folder}/zae.gpkg", "--out", str(out)])
    measured("deliver archives", [program, "deliver", "archives", str(out), "--forms", "zip",
                                  "--organisation", "Essai", "--email", "essai@exemple.fr"])
    zips = sorted(str(path) for path in (out / "archives").glob("*.zip"))
    measured(f"deliver check, {len(zips)} archives", [program, "deliver", "check", *zips])
    measured("deliver qgis", [program, "deliver", "qgis", str(out)])
    measured("deliver web", [program, "deliver", "web", str(out)])
    measured("verify", [program, "verify", str(out)])
    size = lambda path: path.stat().st_size / 1e6
    whole = lambda name: sum(size(path) for path in (out / name).rglob("*") if path.is_file())
    pages = sorted((out / "territoires").glob("*.html"), key=size)
    print("\n| what | MB |\n|---|---|")
    print(f"| report.html | {size(out / 'report.html'):.2f} |")
    print(f"| largest of {len(pages)} pages of territories, {pages[-1].name} | {size(pages[-1]):.2f} |")
    for name in ("archives", "qgis", "web"):
        print(f"| {name}/ | {whole(name):.1f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=707, help="polygons along a side")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the files, kept")
    parser.add_argument("--program", help="a millesime to measure in the place of this tree's")
    parser.add_argument("--prepare", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.prepare:
        return prepare(pathlib.Path(args.prepare), args.side)
    program = args.program or build("pipeline", "millesime")
    with prepared(__file__, args) as folder:
        deliver(program, folder)
    return None


if __name__ == "__main__":
    main()
