#!/usr/bin/env python3
"""The built-in learner beside scikit-learn's forest and LightGBM: one thread, one processor.

    PEERS_PYTHON=.venv/bin/python benches/peers/trees.py [--result FOLDER] [--program PATH]

The features and labels are those of a run (`--result`, a folder such as out/D011/2021; by default a
generated territory of 800 m is made and classified): features of every cell as forest.py computes
them, labels of the prior away from limits. Half of the prior's objects are to learn from, at most
PER_CLASS cells of a class; the cells of the other half are to predict, so the accuracy printed is on
objects that no learner has seen. Everybody gets the same cells in the same order.

The forest has 100 trees and scikit-learn's own parameters; LightGBM 50 rounds of 63 leaves; ours
its defaults, then four times as many trees. A ratio of times only means something at equal accuracy,
so both are printed. Probabilities of all classes are asked of each. See side_by_side.py for the way
it is measured: the figure is the time of prediction alone; that of training stands beside it.
"""

import argparse
import json
import pathlib
import sys

import accuracy
import side_by_side as bench

PER_CLASS = 2000
TEST_CELLS = 200_000
SEED = 1
ORDER = ("train", "test")


def prepare(result, folder):
    """In the tool's process: writes features and labels of the cells to learn and to predict."""
    import numpy
    from forest import Forest, inside

    forest = Forest(result / ".work", 1)
    good = inside(forest.prior, forest.cube["valid"][:]).ravel()
    labels, objects = forest.prior.ravel(), forest.cube["prior_object"][:].ravel()
    cells = forest.features("")
    draws = numpy.random.default_rng(SEED)
    half = draws.integers(0, 2, int(objects.max()) + 1).astype(bool)[objects]
    order = draws.permutation(len(labels))
    taught = [order[(good & half)[order] & (labels[order] == value)][:PER_CLASS]
              for value in numpy.unique(labels[good & half])]
    asked = order[(good & ~half)[order]][:TEST_CELLS]
    folder.mkdir(parents=True, exist_ok=True)
    for name, places in zip(ORDER, (numpy.sort(numpy.concatenate(taught)), numpy.sort(asked))):
        numpy.save(folder / f"{name}_features.npy", numpy.ascontiguousarray(cells[places]))
        numpy.save(folder / f"{name}_labels.npy", labels[places])
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
        learner = LGBMClassifier(n_estimators=50, num_leaves=63, n_jobs=1, verbose=-1)
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


def line(title, runs, ours, goal):
    """A row: seconds, cells per second, accuracy, and how many times ours is faster."""
    seconds = sorted(run["cpu_s"] for run in runs)[len(runs) // 2]
    result = runs[0]["result"]
    ratio = seconds / ours if ours else 1.0
    verdict = "" if goal is None else f" (goal {goal}{'' if ratio >= goal else ', missed'})"
    return (f"| {title} | {seconds:.3f} | {result['cells'] / seconds / 1e6:.3f} "
            f"| {100 * result['right'] / result['cells']:.2f} % | {ratio:.1f}{verdict} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--result", type=pathlib.Path, help="the folder of a run")
    parser.add_argument("--folder", type=pathlib.Path,
                        default=bench.ROOT / "target" / "peers" / "trees")
    parser.add_argument("--program", help="a `millesime` that is built already")
    parser.add_argument("--peers", help="a `peers` that is built already")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer", choices=("prepare", "forest", "lightgbm"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer == "prepare":
        prepare(args.result, args.folder)
        return
    if args.peer:
        peer(args.peer, args.folder)
        return
    ours = args.peers or bench.build()
    if args.result is None:
        program = args.program or bench.build("pipeline", "millesime")
        sample = args.folder / "sample"
        if not (sample / "config.yaml").exists():
            accuracy.run([program, "sample", "--size-m", 800, "--seed", SEED, "--out", sample])
        accuracy.run([program, "run", sample / "config.yaml", "--out", args.folder / "out",
                      "--to", "classify"])
        args.result = args.folder / "out" / "D011" / "2021"

    def command(name):
        words = [bench.peers_python(), __file__, "--peer", name, "--result", args.result,
                 "--folder", args.folder]
        return [str(word) for word in words]

    facts = bench.run(command("prepare"))
    if isinstance(facts, str):
        sys.exit(f"prepare: {facts}")
    print(f"{facts['train']:,} cells to learn from, {facts['test']:,} to predict, "
          f"{facts['features']} features\n")
    print("| learner | prediction, CPU s | million cells/s | right | times ours |\n"
          "|---|---|---|---|---|")
    pairs = {"forest": ("scikit-learn's forest of 100 trees", 8),
             "lightgbm": ("LightGBM, 50 rounds of 63 leaves", 3)}
    folder = str(args.folder)
    own = {name: [] for name in ("predict", "predict-more")}
    theirs = {name: [] for name in pairs}
    for _ in range(args.runs):
        for name, runs in own.items():
            runs.append(bench.run([ours, "time", name, folder]))
        for name, runs in theirs.items():
            runs.append(bench.run(command(name)))
    failed = [run for runs in [*own.values(), *theirs.values()] for run in runs
              if isinstance(run, str)]
    if failed:
        sys.exit(failed[0])
    for name, title in (("predict", "ours, 60 trees"), ("predict-more", "ours, 240 trees")):
        print(line(title, own[name], None, None))
    for name, base in (("predict", "60"), ("predict-more", "240")):
        seconds = sorted(run["cpu_s"] for run in own[name])[args.runs // 2]
        for peer_name, (title, goal) in pairs.items():
            print(line(f"{title}, against our {base} trees", theirs[peer_name], seconds, goal))
    fit = bench.run([ours, "time", "fit", folder])
    print(f"\ntraining, CPU s: ours {fit['cpu_s']:.1f}, " + ", ".join(
        f"{name} {runs[0]['result']['fit_s']:.1f}" for name, runs in theirs.items()))


if __name__ == "__main__":
    main()
