#!/usr/bin/env python3
r"""Measures whole runs on territories of growing size, and what they say of departments.

    benches/peers/scale.py --keep DIR [--sides-km 1,2,4,8,16,24.5] [--threads 2] [--program PATH]

Each territory is generated with pixels of the working resolution (1 m, two dates, heights), then
produced stage by stage: one process a stage, which finds the stages before it complete. Processor
time, bytes through the disk and peak memory are the operating system's own account of each process
(`wait4`); what a process takes to open and check what is there already counts in.

The last table draws a straight line through the two largest territories to a department of
6,000 km2, with the largest peak of memory on it, to 13 of them and to metropolitan France
(543,965 km2, IGN: Répertoire géographique des communes), on one node of as many processors as
measured here, kept busy, and on 10 and 100 of them. The line holds for this generated ground at
1 m: imagery of 0.2 m adds its decoding, which `decode.py` measures.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess

from side_by_side import build, cost

STAGES = ["ingest", "classify", "update", "regularise", "vectorise", "change", "artificialise",
          "correct", "indicators", "deliver"]
DEPARTMENT_KM2 = 6_000
FRANCE_KM2 = 543_965
GROUNDS = {"one department": DEPARTMENT_KM2, "13 departments": 13 * DEPARTMENT_KM2,
           "metropolitan France": FRANCE_KM2}
NODES = (1, 10, 100)


def measured(program, folder, side_km, threads):
    """The cost of each stage on a territory of a side, which is generated when it is not there."""
    ground = folder / f"s{side_km * 1000:.0f}"
    if not (ground / "config.yaml").exists():
        shutil.rmtree(ground, ignore_errors=True)
        subprocess.run([program, "sample", "--size-m", f"{side_km * 1000:.0f}", "--cell-m", "1",
                        "--seed", "7", "--out", str(ground)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    stages = {}
    for stage in STAGES:
        stages[stage], _ = cost([program, "run", str(ground / "config.yaml"), "--out", str(out),
                                 "--threads", str(threads), "--to", stage])
    tables = next(out.rglob("manifest.json"), None)
    if tables is None:
        raise SystemExit(f"{out}: no result")
    shutil.rmtree(out)
    return stages


def km2(side_km):
    """The area of a square."""
    return side_km * side_km


def curve(rows):
    """Peak memory of each stage by area."""
    print("\n| peak memory, MB | " + " | ".join(f"{km2(side):.0f} km2" for side, _ in rows) + " |")
    print("|---|" + "---|" * len(rows))
    for stage in STAGES:
        cells = (f"{stages[stage]['peak_mb']:.0f}" for _, stages in rows)
        print(f"| {stage} | " + " | ".join(cells) + " |")


def times(rows):
    """CPU seconds of each stage by area, and all of them per square kilometre."""
    print("\n| CPU s (elapsed s) | " + " | ".join(f"{km2(side):.0f} km2" for side, _ in rows)
          + " |")
    print("|---|" + "---|" * len(rows))
    for stage in STAGES:
        cells = (f"{stages[stage]['cpu_s']:.1f} ({stages[stage]['wall_s']:.1f})"
                 for _, stages in rows)
        print(f"| {stage} | " + " | ".join(cells) + " |")
    def total(stages, key):
        return sum(stage[key] for stage in stages.values())
    cells = (f"{total(stages, 'cpu_s') / km2(side):.2f}" for side, stages in rows)
    print("| all, CPU s per km2 | " + " | ".join(cells) + " |")
    cells = (f"{total(stages, 'written_mb') / km2(side):.1f}" for side, stages in rows)
    print("| all, MB written per km2 | " + " | ".join(cells) + " |")


def line(rows, key, area_km2, stages=STAGES):
    """The straight line through the two largest territories, at an area; never under the larger."""
    (side_a, a), (side_b, b) = rows[-2:]
    at = [sum(of_stages[stage][key] for stage in stages) for of_stages in (a, b)]
    slope = (at[1] - at[0]) / (km2(side_b) - km2(side_a))
    return max(at[1], at[1] + slope * (area_km2 - km2(side_b)))


def projection(rows, processors):
    """What departments would take: whole departments are the pieces that nodes share."""
    elapsed_h = line(rows, "cpu_s", DEPARTMENT_KM2) / processors / 3600
    titles = (f"{n} nodes of {processors} busy processors, h" for n in NODES)
    print("\n| straight line | CPU h | " + " | ".join(titles) + " |")
    print("|---|---|" + "---|" * len(NODES))
    for name, area_km2 in GROUNDS.items():
        n_pieces = -(-area_km2 // DEPARTMENT_KM2)
        cpu_h = line(rows, "cpu_s", DEPARTMENT_KM2) * area_km2 / DEPARTMENT_KM2 / 3600
        hours = (f"{elapsed_h * -(-n_pieces // n):.1f}" for n in NODES)
        print(f"| {name} | {cpu_h:.1f} | " + " | ".join(hours) + " |")
    peaks = {stage: line(rows, "peak_mb", DEPARTMENT_KM2, [stage]) for stage in STAGES}
    largest = max(peaks, key=peaks.get)
    print(f"\nThe largest peak of a department on the same line: {largest}, {peaks[largest]:.0f} MB")


def run_all(args, stored):
    """The costs on every territory, kept in a file as they come."""
    program = args.program or build("pipeline", "millesime")
    rows = []
    for side_km in map(float, args.sides_km.split(",")):
        rows.append((side_km, measured(program, args.keep, side_km, args.threads)))
        print(f"{km2(side_km):.0f} km2: done", flush=True)
        stored.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--keep", type=pathlib.Path, required=True,
                        help="a folder to work in: territories stay there")
    parser.add_argument("--sides-km", default="1,2,4,8,16,24.5")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--program", help="a built millesime, in the place of building one")
    parser.add_argument("--measured", action="store_true",
                        help="print the figures of an earlier run, measure nothing")
    args = parser.parse_args()
    stored = args.keep / "scale.json"
    if args.measured:
        rows = json.loads(stored.read_text(encoding="utf-8"))
    else:
        args.keep.mkdir(parents=True, exist_ok=True)
        rows = run_all(args, stored)
        print(f"\n{args.threads} threads, load {os.getloadavg()[0]:.1f}")
    curve(rows)
    times(rows)
    if len(rows) > 1:
        projection(rows, args.threads)


if __name__ == "__main__":
    main()
