#!/usr/bin/env python3
r"""Measures the correction loop at the scale of a department.

    PEERS_PYTHON=.venv/bin/python benches/peers/corrections.py [--side 707] [--corrections 50000]

A generated vintage of 707 x 707 = 499,849 polygons of 16 corners, about 40 m wide (the coverage of
overlay.py), stands for IGN's; in the local one every fifth object has another cover and another
usage: about 200,000 candidates. Some of them, 50,000 by default, are entered in a ledger, applied,
taken back, exported, and looked for in a next version that follows every second one of them. Each
command is one process on every core; the table gives its time and the peak of its memory.

There is no public tool that does this; the yardstick is the goal, minutes and bounded memory.
"""

import argparse
import pathlib
import subprocess

from department import ground, write_communes, write_vintage
from side_by_side import build, measured, peers_python, prepared

YEAR, DEPARTMENT = 2021, "11"
# Couples of OCS GE that may follow each other: field, wood, meadow, yard, water.
COUPLES = [("CS2.2.1", "US1.1"), ("CS2.1.1.1", "US1.2"), ("CS2.2.1", "US6.2"),
           ("CS1.1.1.1", "US5"), ("CS1.1.2.1", "US2")]
# One object in so many is seen otherwise by the local vintage.
ONE_IN = 5


def prepare(folder):
    """In the process that has the public tools: the vintages and the communes as GeoPackages."""
    import numpy

    shapes = ground(folder)
    ranks = numpy.arange(len(shapes))

    def write(name, couple_of):
        codes = [COUPLES[couple] for couple in couple_of]
        write_vintage(folder / f"{name}.gpkg", shapes, codes, YEAR)

    ign = ranks % 2
    other = 3 + ranks // ONE_IN % 2
    is_other = ranks % ONE_IN == 0
    write("ign", ign)
    write("local", numpy.where(is_other, other, ign))
    write("next", numpy.where(is_other & (ranks % (2 * ONE_IN) == 0), other, ign))
    write_communes(folder / "communes.gpkg", shapes)


def choose(folder, count):
    """In that process: the best candidates, as a file of their own."""
    import pyogrio

    best = pyogrio.read_dataframe(folder / "candidates.gpkg", max_features=count)
    pyogrio.write_dataframe(best, folder / "chosen.gpkg", layer="corrections")


def loop(program, folder, count):
    """Every command of the loop, one after the other."""
    at = lambda name: str(folder / name)
    corrections = [program, "corrections"]
    department = ["--department", DEPARTMENT]
    print("| command | s | CPU s | peak MB |\n|---|---|---|---|")
    said = measured("candidates", [
        *corrections, "candidates", *department, "--year", str(YEAR), "--ign", at("ign.gpkg"),
        "--local", at("local.gpkg"), "--territories", at("communes.gpkg"), "--out", at("candidates.gpkg")])
    subprocess.run([peers_python(), __file__, "--choose", str(folder), "--corrections", str(count)],
                   check=True)
    imported = [*corrections, "import", at("chosen.gpkg"), "--as", "OPenIG", "--ledger",
                at("ledger.gpkg"), "--vintage", at("ign.gpkg"), "--year", str(YEAR), *department,
                "--territories", at("communes.gpkg")]
    measured(f"import of {count:,}", imported)
    measured("the same again", imported)
    measured("apply", [*corrections, "apply", "--ledger", at("ledger.gpkg"), "--vintage",
                       at("ign.gpkg"), "--year", str(YEAR), "--out", at("applied")])
    measured("revert", [*corrections, "revert", "--in", at("applied"), "--out", at("back.gpkg")])
    measured("reconcile", [*corrections, "reconcile", "--ledger", at("ledger.gpkg"), *department,
                           "--before", at("ign.gpkg"), "--after", at("next.gpkg"), "--years",
                           f"{YEAR},{YEAR}", "--territories", at("communes.gpkg"), "--out", at("verdicts")])
    for form, name in [("ign-report", "reports.jsonl"), ("xlsx", "corrections.xlsx")]:
        measured(f"export, {form}", [*corrections, "export", "--ledger", at("ledger.gpkg"),
                                     "--format", form, "--out", at(name)])
    print(f"\n{said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=707, help="polygons along a side")
    parser.add_argument("--corrections", type=int, default=50_000)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the files, kept")
    parser.add_argument("--prepare", help=argparse.SUPPRESS)
    parser.add_argument("--choose", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.prepare:
        return prepare(pathlib.Path(args.prepare))
    if args.choose:
        return choose(pathlib.Path(args.choose), args.corrections)
    program = build("pipeline", "millesime")
    with prepared(__file__, args) as folder:
        loop(program, folder, args.corrections)
    return None


if __name__ == "__main__":
    main()
