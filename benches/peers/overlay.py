#!/usr/bin/env python3
"""Two vintages laid over each other: ours beside geopandas.overlay and pairwise intersections.

    PEERS_PYTHON=.venv/bin/python benches/peers/overlay.py [--only table|curve]

Prints Markdown tables; see side_by_side.py for the way it is measured. A coverage is a grid of
polygons of 16 corners, about 40 m wide, whose corners and arcs are moved at random from a seed.
`unrelated`: every corner and arc differs between the two vintages, the worst case; `edited`: one
arc in twenty does, as in a delivered update. Ours makes one arrangement of all boundaries, labels
every face, and sums areas by class before and after.

`network`: parcels in city blocks between roads, which are one polygon with 144 holes and 16,000
corners per sector, as in real land cover; one line in twenty is redrawn in the second vintage, and
one pair of parcels in twenty is split or merged.

* geopandas.overlay (GEOS) takes a block of 60 x 60 polygons of each vintage, and its time is
  scaled by the number of polygons to that of the whole: its cost grows with the polygons, so this
  is in its favour. The block of `network` has about 8,700 polygons: one whole sector of the network
  and parts of three.
* The pairwise intersections are those of the crate geo (its engine is i_overlay), for every pair
  of polygons whose boxes meet; the search for the pairs is not counted. For `network` they too are
  those of the block, scaled.
* The public tools run once on `network`, where they are slow.
* The curve is ours alone: processor time per polygon and peak memory from 50,000 to 1,000,000
  polygons in each vintage.
"""

import argparse
import ast
import pathlib
import statistics
import sys

import side_by_side as bench

# Polygons along a side of a coverage of about 200,000.
WHOLE = 447

# Polygons along a side of the block for geopandas.
BLOCK = 60

KINDS = {"unrelated": ["make-coverages", "1"], "edited": ["make-coverages", "20"],
         "network": ["make-network"]}

# Cells along a side of a whole network of about 200,000 polygons, and of a block.
NETWORK_WHOLE, NETWORK_BLOCK = 535, 112

# Polygons along a side of the coverages of the curve.
CURVE = [224, 316, 447, 707, 1000]


def geopandas_overlay(folder):
    import geopandas

    def vintage(name):
        shapes = bench.polygons(folder, name)
        classes = [rank % 14 for rank in range(len(shapes))]
        return geopandas.GeoDataFrame({f"class_{name}": classes}, geometry=shapes)

    before, after = vintage("before"), vintage("after")

    def work():
        pieces = geopandas.overlay(before, after, how="intersection", keep_geom_type=True)
        pieces["area"] = pieces.area
        return pieces, pieces.groupby(["class_before", "class_after"])["area"].sum()

    bench.timed(work, lambda made: {"pieces": len(made[0]), "common_m2": float(made[1].sum())})


def coverages(ours, folder, side, kind):
    """The folder of two coverages, made if they are not there."""
    path = folder / f"coverage-{side}-{kind}"
    if not (path / "after_polygons.npy").exists():
        make, *one_in = KINDS[kind]
        made = bench.run([ours, make, str(path), str(side), *one_in], pin=False)
        if isinstance(made, str):
            sys.exit(f"{path}: {made}")
    return str(path)


def n_polygons(path):
    """Polygons of both vintages of a folder, from the headers of their files."""
    total = 0
    for name in ("before", "after"):
        head = pathlib.Path(path, f"{name}_polygons.npy").read_bytes()[:256]
        length = int.from_bytes(head[8:10], "little")
        total += ast.literal_eval(head[10:10 + length].decode("latin-1"))["shape"][0] - 1
    return total


def peers_of(kind, ours, whole, block):
    """The public tools of a kind: name, goal, share of the work, command, most runs."""
    scale = n_polygons(whole) / n_polygons(block)
    geopandas = [bench.peers_python(), __file__, "--peer", block]
    if kind == "network":
        return [("geopandas.overlay of a block, scaled", 50, scale, geopandas, 1),
                ("geo, pairwise on a block, scaled", 3, scale, [ours, "time", "pairs", block], 1)]
    return [("geopandas.overlay of a block, scaled", 50, scale, geopandas, 3),
            ("geo, pairwise", 3, 1.0, [ours, "time", "pairs", whole], 3)]


def table(ours, folder, runs, kinds):
    print(f"About 200,000 polygons in each vintage\n\n{bench.HEADER}")
    for kind in kinds:
        sides = (NETWORK_WHOLE, NETWORK_BLOCK) if kind == "network" else (WHOLE, BLOCK)
        whole, block = (coverages(ours, folder, side, kind) for side in sides)
        for tool, goal, scale, command, most in peers_of(kind, ours, whole, block):
            pairs, error = bench.compare([ours, "time", "overlay", whole], command,
                                         min(runs, most))
            work = f"overlay, {kind}"
            print(f"| {work} | | {tool} | absent: {error} | | | |" if error else
                  bench.row(work, tool, goal, pairs, scale), flush=True)
            if not error:
                results = [side[-1]["result"] for side in pairs]
                print(f"{work}: ours {results[0]}, {tool} {results[1]}", file=sys.stderr)


def curve(ours, folder, runs, sides):
    print("\n| polygons in each vintage | ours, CPU s | CPU us per polygon | peak MB |")
    print("|---|---|---|---|")
    for side in sides:
        path = coverages(ours, folder, side, "unrelated")
        results = [bench.run([ours, "time", "overlay", path]) for _ in range(runs)]
        seconds = statistics.median(result["cpu_s"] for result in results)
        memory = max(result["peak_mb"] for result in results)
        each = seconds / (2 * side**2) * 1e6
        print(f"| {side**2:,} | {seconds:.2f} | {each:.2f} | {memory:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=pathlib.Path, default=bench.ROOT / "target" / "peers")
    parser.add_argument("--only", choices=["table", "curve"], help="one part alone")
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="these kinds alone")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        geopandas_overlay(args.peer)
        return
    ours = bench.build()
    if args.only != "curve":
        table(ours, args.folder, args.runs, args.kind or list(KINDS))
    if args.only != "table":
        curve(ours, args.folder, args.runs, CURVE)


if __name__ == "__main__":
    main()
