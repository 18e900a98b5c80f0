#!/usr/bin/env python3
r"""Measures whole runs on territories of growing size, and what they say of departments.

    benches/peers/scale.py --keep DIR [--sides-km 1,2,4,10,24.5] [--threads 2] [--program PATH]

Each territory is generated with pixels of the working resolution (1 m, two dates, heights), then
produced by one `millesime run`. The figures of a stage are those of its `run.json`; those of the
whole are the operating system's own account of the process (`wait4`), so that `start` (what is
before the first stage and between them: headers, hashes of the inputs, checks) is what is left.

The last table draws a straight line through the two largest territories to a department of
6,000 km2, with the largest peak of memory on it, to 13 of them and to metropolitan France
(543,965 km2, IGN: Répertoire géographique des communes), on one node of as many processors as
measured here, and on 10 and 100 of them, as long as the runs measured here took. The line holds for
this generated ground at 1 m, which has five communes whatever its size: imagery of 0.2 m adds its
decoding, which `decode.py` measures, and communes their pages.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess

from side_by_side import build, cost

STAGES = ["ingest", "classify", "update", "regularise", "vectorise", "change", "artificialise",
          "indicators", "correct", "deliver"]
START = "start"
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
    whole, _ = cost([program, "run", str(ground / "config.yaml"), "--out", str(out),
                     "--threads", str(threads)])
    summary = json.loads(next(out.rglob("run.json")).read_text(encoding="utf-8"))
    stages = {stage["stage"]: of_stage(stage["spent"]) for stage in summary["stages"]}
    if list(stages) != STAGES:
        raise SystemExit(f"{out}: stages {', '.join(stages)}")
    left = {key: max(0.0, whole[key] - sum(stage[key] for stage in stages.values()))
            for key in ("cpu_s", "wall_s")}
    shutil.rmtree(out)
    return stages | {START: {**left, "peak_mb": 0.0, "written_mb": 0.0}}


def of_stage(spent):
    """The figures of a stage."""
    return {"cpu_s": spent["cpu_seconds"], "wall_s": spent["seconds"],
            "peak_mb": spent["memory_peak_bytes"] / 1e6, "written_mb": spent["written_bytes"] / 1e6}


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
    for stage in [*STAGES, START]:
        cells = (f"{stages[stage]['cpu_s']:.1f} ({stages[stage]['wall_s']:.1f})"
                 for _, stages in rows)
        print(f"| {stage} | " + " | ".join(cells) + " |")
    def total(stages, key):
        return sum(stage[key] for stage in stages.values())
    cells = (f"{total(stages, 'cpu_s'):.1f} ({total(stages, 'wall_s'):.1f})" for _, stages in rows)
    print("| all | " + " | ".join(cells) + " |")
    cells = (f"{total(stages, 'cpu_s') / km2(side):.2f}" for side, stages in rows)
    print("| all, CPU s per km2 | " + " | ".join(cells) + " |")
    cells = (f"{total(stages, 'written_mb') / km2(side):.1f}" for side, stages in rows)
    print("| all, MB written per km2 | " + " | ".join(cells) + " |")


def line(rows, key, area_km2, stages=(*STAGES, START)):
    """The straight line through the two largest territories, at an area; never under the larger."""
    (side_a, a), (side_b, b) = rows[-2:]
    at = [sum(of_stages[stage][key] for stage in stages) for of_stages in (a, b)]
    slope = (at[1] - at[0]) / (km2(side_b) - km2(side_a))
    return max(at[1], at[1] + slope * (area_km2 - km2(side_b)))


def projection(rows, threads):
    """What departments would take: whole departments are the pieces that nodes share."""
    elapsed_h = line(rows, "wall_s", DEPARTMENT_KM2) / 3600
    titles = (f"{n} nodes of {threads} processors, h" for n in NODES)
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
    run = {"threads": args.threads, "load": os.getloadavg()[0], "rows": []}
    for side_km in map(float, args.sides_km.split(",")):
        run["rows"].append((side_km, measured(program, args.keep, side_km, args.threads)))
        print(f"{km2(side_km):.0f} km2: done", flush=True)
        stored.write_text(json.dumps(run, indent=1), encoding="utf-8")
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--keep", type=pathlib.Path, required=True,
                        help="a folder to work in: territories stay there")
    parser.add_argument("--sides-km", default="1,2,4,10,24.5")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--program", help="a built millesime, in the place of building one")
    parser.add_argument("--measured", action="store_true",
                        help="print the figures of an earlier run, measure nothing")
    args = parser.parse_args()
    stored = args.keep / "scale.json"
    args.keep.mkdir(parents=True, exist_ok=True)
    run = json.loads(stored.read_text(encoding="utf-8")) if args.measured else run_all(args, stored)
    rows, threads = run["rows"], run["threads"]
    print(f"\n{threads} threads, load before {run['load']:.1f}")
    curve(rows)
    times(rows)
    if len(rows) > 1:
        projection(rows, threads)


if __name__ == "__main__":
    main()
