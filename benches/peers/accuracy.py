#!/usr/bin/env python3
"""How right the next vintage is: ours beside a random forest with post-classification comparison.

    PEERS_PYTHON=.venv/bin/python benches/peers/accuracy.py [--seeds 7,1,3] [--program PATH]

Generates a territory with its truth for every seed (kept in --folder), runs `millesime` on it, and
measures both with the definitions of `millesime score`, by cover; what is computed here for ours
must be what `millesime score` says, or the script stops. Two baselines, see forest.py; each is also
given with the change under the fine unit dropped, which such chains do not do by themselves:

* forest: the second date classified, compared with the prior vintage;
* forest, two dates: both dates classified by the one forest and compared with each other; the
  prior stays where they agree.

A forest writes over wrong codes of the prior; `millesime` keeps them and lists them for correction.
So ours is measured twice: as it was delivered, and once every listed correction is accepted, in the
prior and in the vintage alike, which is what the correction loop is for (nothing is picked: wrong
candidates are applied as well).

Objects are regions of cells that became the same cover. Recall asks for true changes over the unit
(200 m2 built, 2,500 m2 other; fine: 500 m2 other) of which half took the right cover; precision for
said changes of which half is true. False change is a share of the territory. Intervals are Wilson's
at 95 %. The forests take most of the time and do not see our rules: `--forests FOLDER` takes their
figures from an earlier run, and says so. The update's rules were made while looking at the seeds 7, 1 and 3, and 11 to 13 were
measured between two late revisions of them, so only other seeds are a clean proof. Takes some
minutes for each seed.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys

import side_by_side as bench

# What the makers of the update's rules had seen of a territory before they were done.
HISTORY = {"used while the rules were made": (7, 1, 3),
           "measured between late revisions of the rules": (11, 12, 13)}
UNSEEN = "never looked at while the rules were made"
BUILT = "CS1.1.1.1"
UNITS_M2 = {"recall": 2500, "recall_fine": 500}
BUILT_UNIT_M2 = 200
OURS = "millesime"
CORRECTED = "millesime, its corrections accepted"


def burn(shapes, values, grid):
    """Values of polygons on the cells whose centre they hold, 0 elsewhere."""
    import numpy
    import rasterio.features
    from affine import Affine

    west, north = (end / 100 for end in grid["origin_cm"])
    cell = grid["cell_cm"] / 100
    # A centre that lies on an edge belongs to the east, then to the north of it.
    place = Affine(cell, 0, west + 1e-6, 0, -cell, north + 1e-8)
    return rasterio.features.rasterize(zip(shapes, values), (grid["rows"], grid["cols"]),
                                       transform=place, dtype=numpy.uint8)


def truth_maps(sample, result, grid):
    """The truths, prior and vintage as ranks from 1 of covers on the grid, and the covers."""
    import pyogrio

    paths = (f"{sample}/truth/occupation_before.gpkg", f"{sample}/truth/occupation_after.gpkg",
             f"{sample}/prior/OCCUPATION_SOL.gpkg", f"{result}/OCCUPATION_SOL.gpkg")
    layers = [pyogrio.read_dataframe(path, columns=["code_cs"]) for path in paths]
    covers = sorted(set().union(*(layer.code_cs for layer in layers)))
    ranks = [[covers.index(code) + 1 for code in layer.code_cs] for layer in layers]
    return [burn(layer.geometry, rank, grid) for layer, rank in zip(layers, ranks)], covers


def corrected(result, covers, grid, maps):
    """Prior and vintage once the covers that a run lists for correction are accepted."""
    import numpy
    import pyogrio

    listed = pyogrio.read_dataframe(result / "corrections" / "candidates.gpkg",
                                    columns=["dimension", "proposed_code"])
    listed = listed[listed.dimension == "cs"]
    # A cover that is nowhere in the truth is wrong wherever it is proposed.
    ranks = [covers.index(code) + 1 if code in covers else 255 for code in listed.proposed_code]
    proposed = burn(listed.geometry, ranks, grid) if ranks else numpy.zeros_like(maps[0])
    prior, vintage = maps
    # What changed since is not a matter of the prior's code.
    accepted = (proposed != 0) & (vintage == prior)
    return [numpy.where(accepted, proposed, cells) for cells in maps]


def objects_right(asked, right):
    """Of some regions, how many have half of their cells right: [number, all]."""
    import numpy

    n = len(asked)
    return [int(numpy.count_nonzero(2 * right >= asked)), n]


def measure(maps, covers, cell_m2):
    """The figures of a vintage, as counts that add up over territories."""
    import cc3d
    import numpy
    from forest import changed

    before, after, prior, vintage = maps
    known = (before != 0) & (after != 0) & (prior != 0) & (vintage != 0)
    truth, said = (numpy.where(known, changed(*pair), 0)
                   for pair in ((before, after), (prior, vintage)))

    def regions(classes, right):
        labels, n = cc3d.connected_components(classes, connectivity=4, return_N=True)
        flat = labels.ravel()
        values = numpy.zeros(n + 1, numpy.uint8)
        values[flat] = classes.ravel()
        return (values[1:], numpy.bincount(flat, minlength=n + 1)[1:],
                numpy.bincount(flat[right.ravel()], minlength=n + 1)[1:])

    value, sizes, seen = regions(truth, truth == said)
    counts = {}
    for name, unit in UNITS_M2.items():
        built = [covers[v - 1] == BUILT for v in value]
        asked = sizes * cell_m2 >= numpy.where(built, BUILT_UNIT_M2, unit)
        counts[name] = objects_right(sizes[asked], seen[asked])
    _, sizes, held = regions(said, truth != 0)

    def share(part, of):
        return [int(numpy.count_nonzero(part)), int(numpy.count_nonzero(of))]

    return {**counts, "precision": objects_right(sizes, held),
            "agreement": share(known & (vintage == after), known),
            "false": share((said != 0) & (truth == 0), known),
            "ground": share((truth != 0) & (truth == said), truth),
            "ground_right": share((said != 0) & (truth != 0), said)}


def child(sample, result, jobs, has_forests):
    """In the tool's process: measures the result, maybe forests too, and prints one JSON object."""
    import numpy
    from forest import Forest

    forest = Forest(f"{result}/.work", jobs)
    maps, covers = truth_maps(sample, result, forest.cube.attrs["frame"])
    truths, prior, vintage = maps[:2], maps[2], maps[3]
    figures = {OURS: measure(maps, covers, forest.cell_m2),
               CORRECTED: measure([*truths, *corrected(pathlib.Path(result), covers,
                                                       forest.cube.attrs["frame"],
                                                       (prior, vintage))], covers, forest.cell_m2),
               "no update": measure([*truths, prior, prior], covers, forest.cell_m2)}
    # The cube's classes as ours; a cover that two classes share would be a mistake.
    as_cover = numpy.zeros(256, numpy.uint8)
    as_cover[forest.prior.ravel()] = prior.ravel()
    if not (as_cover[forest.prior] == prior).all():
        sys.exit(f"{result}: the prior of the cube is not that of {sample}")
    if not has_forests:
        print(json.dumps({"samples": 0, "figures": figures}))
        return
    forest.train()
    dates = [as_cover[forest.regular(forest.raw(date))] for date in forest.dates]
    for name, line in forest_lines(prior, dates, unit_cells(covers, forest.cell_m2)).items():
        figures[name] = measure([*truths, prior, line], covers, forest.cell_m2)
    print(json.dumps({"samples": forest.n_samples, "figures": figures}))


def unit_cells(covers, cell_m2):
    """The fine unit of each cover by its rank from 1, in cells; rank 0 is none."""
    units = [BUILT_UNIT_M2 if code == BUILT else UNITS_M2["recall_fine"] for code in covers]
    return [0, *(unit / cell_m2 for unit in units)]


def forest_lines(prior, dates, units):
    """The vintages that the classified dates give, by method."""
    import numpy
    from forest import without_small_change

    lines = {"forest": dates[-1]}
    if len(dates) == 2:
        lines["forest, two dates"] = numpy.where(dates[0] == dates[1], prior, dates[1])
    sieved = {f"{name}, change sieved": without_small_change(prior, line, units)
              for name, line in lines.items()}
    return {**lines, **sieved}


def wilson(right, n):
    """The score interval of Wilson (1927) at 95 %."""
    if n == 0:
        return 0.0, 1.0
    z2, share = 1.959963984540054**2, right / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def objects(counts):
    right, n = counts
    low, high = (100 * end for end in wilson(right, n))
    return f"{right}/{n} = {100 * right / n:.0f} % [{low:.0f}, {high:.0f}]" if n else "none"


def ground(counts):
    return f"{100 * counts[0] / counts[1]:.2f} %" if counts[1] else "none"


HEADER = """| | cover agrees | changes found | found, fine unit | said changes right \
| false change | changed ground found | said ground right |
|---|---|---|---|---|---|---|---|"""


def row(name, figures):
    parts = [ground(figures["agreement"]), objects(figures["recall"]),
             objects(figures["recall_fine"]), objects(figures["precision"]),
             ground(figures["false"]), ground(figures["ground"]), ground(figures["ground_right"])]
    return f"| {name} | " + " | ".join(parts) + " |"


def pooled(all_figures):
    """The sums of the counts of several territories, by method."""
    names = all_figures[0].keys()
    return {name: {fact: [sum(own[name][fact][i] for own in all_figures) for i in (0, 1)]
                   for fact in all_figures[0][name]} for name in names}


def value(counts):
    return counts[0] / counts[1] if counts[1] else math.nan


def verdicts(figures):
    """Whether the goals are met, and on which lines a baseline is not beaten."""
    ours = figures[OURS]
    yield f"false change {ground(ours['false'])}, goal 0.2 %: " + (
        "met" if value(ours["false"]) <= 0.002 else "missed")
    yield f"changes found {objects(ours['recall'])}, goal 90 %: " + (
        "met" if value(ours["recall"]) >= 0.9 else "missed")
    for name, theirs in figures.items():
        if name in (OURS, CORRECTED, "no update"):
            continue
        for title, own in ((OURS, ours), (CORRECTED, figures.get(CORRECTED, ours))):
            lost = [fact for fact in own
                    if (value(theirs[fact]) < value(own[fact]) if fact == "false"
                        else value(theirs[fact]) > value(own[fact]))]
            yield f"{name} by {title}: " + (
                f"not beaten on {', '.join(lost)}" if lost else "beaten on every line")


def history(seed):
    """What the makers of the rules had seen of a territory."""
    return next((what for what, seeds in HISTORY.items() if seed in seeds), UNSEEN)


def run(command):
    """Runs a command of ours; its output, or the end of the script with its last words."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr.strip()[-2000:]}")
    return done.stdout


def agree(score, ours, seed):
    """Stops when the figures computed here are not those of `millesime score`."""
    pairs = [(score["recall_objects"], "recall"), (score["recall_objects_fine"], "recall_fine"),
             (score["precision_objects"], "precision")]
    same = all([share["right"], share["n"]] == ours[fact] for share, fact in pairs)
    for name, fact in (("agreement", "agreement"), ("false_change", "false"), ("recall", "ground"),
                       ("precision", "ground_right")):
        same &= abs(score[name] - value(ours[fact])) < 1e-6
    if not same:
        sys.exit(f"seed {seed}: `score` says {score}, this script {ours}")


def territory(args, program, seed):
    """Figures of one territory; made, run and measured when they are not there yet."""
    home = args.folder / f"seed-{seed}-{args.size_m}"
    sample, out = home / "sample", home / "out"
    result = out / "D011" / "2021"
    if not (sample / "config.yaml").exists():
        run([program, "sample", "--department", "11", "--size-m", args.size_m, "--seed", seed,
             "--out", sample])
    run([program, "run", sample / "config.yaml", "--out", out])
    score = json.loads(run([program, "score", result, "--sample", sample, "--format", "json"]))
    command = [bench.peers_python(), __file__, "--peer", sample, result, "--jobs", args.jobs]
    if args.forests:
        command += ["--forests", args.forests]
    measured = bench.run([str(word) for word in command], pin=False, env=None)
    if isinstance(measured, str):
        sys.exit(f"seed {seed}: {measured}")
    agree(score["cover"], measured["figures"][OURS], seed)
    if args.forests:
        earlier = json.loads((args.forests / home.name / "figures.json").read_text("ascii"))
        measured["samples"] = earlier["samples"]
        measured["figures"] = {**earlier["figures"], **measured["figures"]}
    (home / "figures.json").write_text(json.dumps(measured), encoding="ascii")
    return measured


def table(title, figures):
    print(f"\n### {title}\n\n{HEADER}")
    for name, own in figures.items():
        print(row(name, own))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="7,1,3,11,12,13,21,22", help="numbers, with commas")
    parser.add_argument("--size-m", type=int, default=2000, help="side of a territory, in metres")
    parser.add_argument("--folder", type=pathlib.Path,
                        default=bench.ROOT / "target" / "peers" / "accuracy")
    parser.add_argument("--program", help="a `millesime` that is built already")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="threads of the forest")
    parser.add_argument("--forests", type=pathlib.Path,
                        help="the --folder of an earlier run, to take its forests' figures from")
    parser.add_argument("--measured", action="store_true",
                        help="print the figures of an earlier run, compute nothing")
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        child(*args.peer, args.jobs, not args.forests)
        return
    program = args.program or (None if args.measured else bench.build("pipeline", "millesime"))
    seeds = [int(seed) for seed in args.seeds.split(",")]
    measured = {}
    for seed in seeds:
        kept = args.folder / f"seed-{seed}-{args.size_m}" / "figures.json"
        measured[seed] = json.loads(kept.read_text(encoding="ascii")) if args.measured else \
            territory(args, program, seed)
        n = measured[seed]["samples"]
        table(f"seed {seed}, {history(seed)}; {n:,} samples" + (
            ", forests of an earlier run" if args.forests else ""), measured[seed]["figures"])
        sys.stdout.flush()
    groups = {}
    for seed in seeds:
        groups.setdefault(history(seed), []).append(seed)
    if len(groups) > 1:
        groups["all"] = seeds
    for title, group in groups.items():
        figures = pooled([measured[seed]["figures"] for seed in group])
        table(f"seeds {', '.join(map(str, group))}: {title}", figures)
        print("\n" + "\n".join(f"* {line}" for line in verdicts(figures)))


if __name__ == "__main__":
    main()
