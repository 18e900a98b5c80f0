#!/usr/bin/env python3
"""The built-in learner beside scikit-learn's forest and LightGBM: one thread, one processor.

    PEERS_PYTHON=.venv/bin/python benches/peers/trees.py [--seeds 1,2,4,5] [--program PATH]

The features and labels are those of generated territories of 800 m that a run classified: features
of every cell as forest.py computes them, labels of the prior, with its wrong codes, away from
limits. Half of the prior's objects are to learn from, at most PER_CLASS cells of a class; cells of
the other half are to predict, so no learner has seen their objects, and *right* is what the truth of
the territory says, not the prior. Everybody gets the same cells in the same order.

The forest has 100 trees and scikit-learn's own parameters. LightGBM has 50 rounds of 63 leaves, once
with its own parameters and once with the best that were found for objects that nobody has seen:
small draws of cells and features, large leaves, strong shrinkage. Ours has the parameters of a run.
A ratio of times only means something at equal accuracy, so both are printed. Probabilities of all
classes are asked of each. See side_by_side.py for the way it is measured: the figure is the time of
prediction alone, on the first territory; that of training stands beside it.
"""

import argparse
import json
import pathlib
import statistics
import sys

import accuracy
import side_by_side as bench

PER_CLASS = 2000
TEST_CELLS = 200_000
SIZE_M = 800
SEED = 1
ORDER = ("train", "test")
SHRUNK = {"subsample": 0.5, "subsample_freq": 1, "feature_fraction_bynode": 0.2,
          "min_child_samples": 200, "reg_lambda": 20.0}
OURS = "ours"
PEERS = {"forest": ("scikit-learn's forest of 100 trees", 8),
         "lightgbm": ("LightGBM, 50 rounds of 63 leaves", 3),
         "shrunk": ("LightGBM, the same at its best", 3)}


def prepare(home, folder):
    """In the tool's process: writes features and labels of the cells to learn and to predict."""
    import numpy
    import pyogrio
    from forest import Forest, inside

    forest = Forest(home / "out" / "D011" / "2021" / ".work", 1)
    good = inside(forest.prior, forest.cube["valid"][:]).ravel()
    labels, objects = forest.prior.ravel(), forest.cube["prior_object"][:].ravel()
    notes = forest.cube["probability"].attrs
    classes = dict(zip(notes["bands"], notes["notes"]["classes"], strict=True))
    layer = pyogrio.read_dataframe(home / "sample" / "truth" / "occupation_after.gpkg",
                                   columns=["code_cs"])
    # A cover that the prior does not know is right for nobody.
    ranks = [classes.get(code, 255) for code in layer.code_cs]
    truth = accuracy.burn(layer.geometry, ranks, forest.cube.attrs["frame"]).ravel()
    cells = forest.features("")
    draws = numpy.random.default_rng(SEED)
    half = draws.integers(0, 2, int(objects.max()) + 1).astype(bool)[objects]
    order = draws.permutation(len(labels))
    taught = [order[(good & half)[order] & (labels[order] == value)][:PER_CLASS]
              for value in numpy.unique(labels[good & half])]
    asked = order[(good & ~half)[order]][:TEST_CELLS]
    folder.mkdir(parents=True, exist_ok=True)
    parts = (labels, numpy.sort(numpy.concatenate(taught))), (truth, numpy.sort(asked))
    for name, (known, places) in zip(ORDER, parts, strict=True):
        numpy.save(folder / f"{name}_features.npy", numpy.ascontiguousarray(cells[places]))
        numpy.save(folder / f"{name}_labels.npy", known[places])
    print(json.dumps({"train": sum(map(len, taught)), "test": len(asked),
                      "features": cells.shape[1]}))


def peer(name, folder):
    """In the tool's process: trains, then times the prediction."""
    import time

    import numpy

    data = {part: [numpy.load(folder / f"{part}_{what}.npy") for what in ("features", "labels")]
            for part in ORDER}
    if name == "forest":
        from sklearn.ensemble import RandomForestClassifier
        learner = RandomForestClassifier(n_estimators=100, random_state=SEED, n_jobs=1)
    else:
        from lightgbm import LGBMClassifier
        learner = LGBMClassifier(n_estimators=50, num_leaves=63, n_jobs=1, verbose=-1,
                                 random_state=SEED, **(SHRUNK if name == "shrunk" else {}))
    features, labels = data["train"]
    began = time.process_time()
    learner.fit(features.astype(numpy.float32), labels)
    fit_s = time.process_time() - began
    cells, truth = data["test"]
    # The conversion is not counted: who works with the tool keeps its cells in its own form.
    cells = cells.astype(numpy.float32)
    bench.timed(lambda: learner.predict_proba(cells), lambda given: {
        "cells": len(truth), "fit_s": fit_s,
        "right": int((learner.classes_[given.argmax(1)] == truth).sum())})


def territory(args, program, seed):
    """The folder of the cells of a territory, which is made when it is not there yet."""
    home = args.folder / f"seed-{seed}"
    if not (home / "sample" / "config.yaml").exists():
        accuracy.run([program, "sample", "--size-m", SIZE_M, "--seed", seed,
                      "--out", home / "sample"])
    accuracy.run([program, "run", home / "sample" / "config.yaml", "--out", home / "out",
                  "--to", "classify"])
    facts = measured([bench.peers_python(), __file__, "--peer", "prepare", home])
    print(f"seed {seed}: {facts['train']:,} cells to learn from, {facts['test']:,} to predict, "
          f"{facts['features']} features")
    return home


def measured(command):
    """The facts that a command prints, or the end of the script with its last words."""
    found = bench.run([str(word) for word in command])
    return sys.exit(f"{command[-2:]}: {found}") if isinstance(found, str) else found


def row(name, title, goal, runs, ours_s):
    """A row: seconds on the first territory, times ours, and the accuracy on each territory."""
    seconds = statistics.median(run["cpu_s"] for run in runs[0])
    shares = [100 * own[0]["result"]["right"] / own[0]["result"]["cells"] for own in runs]
    ratio = seconds / ours_s
    verdict = "" if name == OURS else f" (goal {goal}{'' if ratio >= goal else ', missed'})"
    each = " | ".join(f"{share:.1f} %" for share in shares)
    return (f"| {title} | {seconds:.3f} | {ratio:.1f}{verdict} | {statistics.mean(shares):.1f} % "
            f"| {each} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1,2,4,5", help="numbers, with commas")
    parser.add_argument("--folder", type=pathlib.Path,
                        default=bench.ROOT / "target" / "peers" / "trees")
    parser.add_argument("--program", help="a `millesime` that is built already")
    parser.add_argument("--peers", help="a `peers` that is built already")
    parser.add_argument("--runs", type=int, default=3, help="runs on the first territory")
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        home = pathlib.Path(args.peer[1])
        work = (home, home / "cells") if args.peer[0] == "prepare" else None
        return prepare(*work) if work else peer(args.peer[0], home / "cells")
    ours = args.peers or bench.build()
    program = args.program or bench.build("pipeline", "millesime")
    seeds = args.seeds.split(",")
    homes = [territory(args, program, seed) for seed in seeds]
    commands = {OURS: lambda home: [ours, "time", "predict", home / "cells"]}
    commands |= {name: lambda home, name=name: [bench.peers_python(), __file__, "--peer", name, home]
                 for name in PEERS}
    runs = {name: [[] for _ in homes] for name in commands}
    for rank, home in enumerate(homes):
        for _ in range(args.runs if rank == 0 else 1):
            for name, command in commands.items():
                runs[name][rank].append(measured(command(home)))
    ours_s = statistics.median(run["cpu_s"] for run in runs[OURS][0])
    trees = runs[OURS][0][0]["result"]["trees"]
    print("\n| learner | prediction, CPU s | times ours | right, mean | "
          + " | ".join(f"seed {seed}" for seed in seeds)
          + " |\n|---|---|---|---|" + "---|" * len(seeds))
    for name, (title, goal) in {OURS: (f"ours, {trees} trees", None), **PEERS}.items():
        print(row(name, title, goal, runs[name], ours_s))
    fit = measured([ours, "time", "fit", homes[0] / "cells"])
    print(f"\ntraining, CPU s: ours {fit['cpu_s']:.1f}, " + ", ".join(
        f"{name} {runs[name][0][0]['result']['fit_s']:.1f}" for name in PEERS))
    return None


if __name__ == "__main__":
    main()
